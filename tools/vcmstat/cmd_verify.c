// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_verify.c - vcmstat verify: does snapshot plus stream give the later snapshot, byte for byte?
 *
 * And does the iterator for BPF programs give the bytes of the snapshot file?  That is compared
 * between two readings of the file that are the same, so that nothing happened meanwhile; when
 * something always happens, the events have to give what the iterator gives.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "follow.h"
#include "json.h"
#include "vcmstat.h"

#define QUIET_TRIES	10
#define QUIET_WAIT_MS	20

/* What was found out about the iterator. */
struct iterator {
	const char *result;	/* "equal", "equal by events", "absent" */
	uint32_t records;
	struct error absent;	/* why */
};

static struct {
	double seconds;
	uint64_t rounds;
	bool lossy;
} env = { .seconds = 1, .rounds = 1 };

static const struct opt opts[] = {
	{ OPT_SECONDS, NULL, 0, "seconds", &env.seconds,
	  "how long to follow before each comparison (default 1)" },
	{ OPT_U64, "rounds", 0, "N", &env.rounds, "compare so many times (default 1)", .min = 1 },
	{ OPT_FLAG, "lossy", 0, NULL, &env.lossy,
	  "go on after a loss, which only has to be noticed and made good" },
	{ OPT_END },
};

/* What the rounds came to. */
struct rounds {
	uint64_t equal;
	uint64_t lossy;		/* something was lost, so nothing to compare */
};

static void report(const struct settings *set, const struct follow *f, const struct rounds *r,
		   const struct iterator *it)
{
	uint64_t events = model_ops(&f->model);
	struct json j;

	if (!set->json) {
		fprintf(set->out, "source %s: %" PRIu64 " rounds equal, %" PRIu64 " with losses, "
			"%" PRIu64 " events lost, %" PRIu64 " resyncs\n", f->src->name, r->equal,
			r->lossy, totals_lost(&f->totals), f->totals.resyncs);
		if (r->equal)
			fprintf(set->out, "OK: %" PRIu64
				" events on %zu streams give the snapshot\n",
				events, f->model.stream.nr);
		if (it->records)
			fprintf(set->out, "OK: %u records by the iterator: %s\n", it->records,
				it->result);
		else if (it->result)
			fprintf(set->out, "iterator not compared: %s\n", it->absent.text);
		return;
	}
	json_init(&j, set->out);
	json_begin(&j, "verify");
	json_u64(&j, "events", events);
	json_u64(&j, "streams", f->model.stream.nr);
	json_str(&j, "source", f->src->name);
	json_u64(&j, "rounds_equal", r->equal);
	json_u64(&j, "rounds_lossy", r->lossy);
	json_u64(&j, "lost", totals_lost(&f->totals));
	json_u64(&j, "resyncs", f->totals.resyncs);
	json_str(&j, "result", r->equal ? "equal" : "lost");
	json_str(&j, "iterator", it->result ? it->result : "not compared");
	json_u64(&j, "iterator_records", it->records);
	json_end(&j);
	json_fini(&j);
}

/*
 * Compare the model with a snapshot of the source and with the stream itself.  After a loss there
 * may be nothing to compare, then *@equal is false and the snapshot has replaced the model.
 */
static int verify_events(struct follow *f, bool *equal, struct error *err)
{
	bool lost = false;

	*equal = true;
	if (follow_verify(f, &lost, err))
		return -1;
	if (follow_unexplained(f))
		return error_set(err, EXIT_FAILED, "%" PRIu64
				 " numbers are missing in the streams and no event was dropped",
				 follow_unexplained(f));
	if (env.lossy && totals_lost(&f->totals)) {
		*equal = !lost;
		return 0;
	}
	if (lost || totals_lost(&f->totals))
		return error_set(err, EXIT_LOST, "%" PRIu64
				 " events were lost, nothing to compare: try a larger --ring",
				 totals_lost(&f->totals));
	if (f->model.conflicts)
		return error_set(err, EXIT_FAILED, "the events contradict the state: %s",
				 f->model.conflict);
	return 0;
}

static int iter_snapshot(struct source *src, void **buf, size_t *len, struct error *err)
{
	(void)src;
	return src_iter_read(buf, len, err);
}

static int verify_iter_by_events(struct follow *f, struct error *err)
{
	const struct source_ops *ops = f->src->ops;
	struct source_ops by_iter = *ops;
	bool equal;
	int ret;

	by_iter.snapshot = iter_snapshot;
	f->src->ops = &by_iter;
	ret = verify_events(f, &equal, err);
	f->src->ops = ops;
	return ret;
}

static int same_bytes(const void *file, size_t file_len, const void *iter, size_t iter_len,
		      struct error *err)
{
	const unsigned char *a = file, *b = iter;
	size_t at = 0;

	while (at < file_len && at < iter_len && a[at] == b[at])
		at++;
	if (at == file_len && at == iter_len)
		return 0;
	return error_set(err, EXIT_FAILED, "the iterator gives %zu bytes, the snapshot file %zu; "
			 "they differ at byte %zu", iter_len, file_len, at);
}

/* 1 compared, 0 something happened meanwhile, -1 they differ or cannot be read. */
static int compare_once(struct follow *f, struct iterator *it, struct error *err)
{
	void *before = NULL, *iter = NULL, *after = NULL;
	size_t before_len, iter_len, after_len;
	int ret = -1;

	if (f->src->ops->snapshot(f->src, &before, &before_len, err) ||
	    src_iter_read(&iter, &iter_len, err) ||
	    f->src->ops->snapshot(f->src, &after, &after_len, err))
		goto out_free;
	it->records = ((const struct vcm_snap_header *)iter)->nr_records;
	ret = 0;
	if (before_len == after_len && !memcmp(before, after, before_len))
		ret = same_bytes(before, before_len, iter, iter_len, err) ? -1 : 1;
out_free:
	free(before);
	free(iter);
	free(after);
	return ret;
}

static int verify_iter(struct follow *f, struct iterator *it, struct error *err)
{
	struct error why = { 0 };
	int try, ret = 0;

	for (try = 0; try < QUIET_TRIES && !ret; try++) {
		if (try)
			poll(NULL, 0, QUIET_WAIT_MS);
		if (follow_poll(f, err))	/* the ring must not fill meanwhile */
			return -1;
		ret = compare_once(f, it, &why);
	}
	it->result = ret ? "equal" : "equal by events";
	if (ret > 0)
		return 0;
	if (!ret)
		return verify_iter_by_events(f, err);
	if (why.code == EXIT_ABSENT) {
		it->result = "absent";
		it->absent = why;
		return 0;
	}
	*err = why;
	return -1;
}

static int verify(const struct settings *set, struct follow *f, struct run *run,
		  struct error *err)
{
	struct rounds rounds = { 0 };
	struct iterator it = { 0 };
	enum run_wake wake;
	bool equal;

	if (follow_start(f, err))
		return -1;
	while (rounds.equal + rounds.lossy < env.rounds) {
		wake = run_wait(run);
		if (follow_poll(f, err))
			return -1;
		if (wake == RUN_STOP)
			return error_set(err, EXIT_FAILED, "ended by %s", run->cause);
		if (wake != RUN_TICK)
			continue;
		if (verify_events(f, &equal, err))
			return -1;
		*(equal ? &rounds.equal : &rounds.lossy) += 1;
	}
	if (!totals_lost(&f->totals) && verify_iter(f, &it, err))
		return -1;
	report(set, f, &rounds, &it);
	return 0;
}

static int run_verify(const struct settings *set)
{
	struct run run = { .key_fd = -1, .interval = env.seconds };
	struct error err = { 0 };
	struct source *src;
	struct sink *sink;
	struct follow f;
	int ret;

	/* Before there are events that loading could hide: see src_iter.c. */
	src_iter_prepare(set->verbose);
	src = src_open(set, false, &err);
	if (!src) {
		src_iter_unload();
		return error_print(&err);
	}
	run.data_fd = src->ops->fd(src);
	sink = out_none_new();
	follow_init(&f, src, sink);
	ret = run_begin(&run, &err);
	if (!ret) {
		ret = verify(set, &f, &run, &err);
		run_end(&run);
	}
	follow_fini(&f);
	sink->ops->close(sink);
	src->ops->close(src);
	src_iter_unload();
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_verify = {
	.name = "verify",
	.task = TASK_CHECK,
	.summary = "check that snapshot, events and iterator agree byte for byte",
	.examples =
		"  vcmstat verify 5                  follow for five seconds, then compare\n"
		"  vcmstat --source tracefs verify 0.1 --rounds 100\n",
	.opts = opts,
	.live = "there is nothing to compare a recording with",
	.run = run_verify,
};
