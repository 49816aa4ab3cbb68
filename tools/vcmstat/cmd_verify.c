// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_verify.c - vcmstat verify: does snapshot plus stream give the later snapshot, byte for byte?
 */
#include <inttypes.h>

#include "follow.h"
#include "json.h"
#include "vcmstat.h"

static struct {
	double seconds;
} env = { .seconds = 1 };

static const struct opt opts[] = {
	{ OPT_SECONDS, NULL, 0, "seconds", &env.seconds, "how long to follow (default 1)" },
	{ OPT_END },
};

static void report(const struct settings *set, const struct follow *f)
{
	uint64_t events = model_ops(&f->model);
	struct json j;

	if (!set->json) {
		fprintf(set->out, "OK: %" PRIu64 " events on %zu streams give the snapshot\n",
			events, f->model.stream.nr);
		return;
	}
	json_init(&j, set->out);
	json_begin(&j, "verify");
	json_u64(&j, "events", events);
	json_u64(&j, "streams", f->model.stream.nr);
	json_str(&j, "result", "equal");
	json_end(&j);
	json_fini(&j);
}

static int verify(const struct settings *set, struct follow *f, struct run *run,
		  struct error *err)
{
	bool lost = false;

	if (follow_start(f, err))
		return -1;
	while (run_wait(run) != RUN_STOP) {
		if (follow_poll(f, err))
			return -1;
	}
	if (follow_verify(f, &lost, err))
		return -1;
	if (f->totals.gaps && !f->totals.dropped)
		return error_set(err, EXIT_FAILED, "%" PRIu64
				 " numbers are missing in the streams and no event was dropped",
				 f->totals.gaps);
	if (lost || totals_lost(&f->totals))
		return error_set(err, EXIT_LOST, "%" PRIu64
				 " events were lost, nothing to compare: try a larger --ring",
				 totals_lost(&f->totals));
	if (f->model.conflicts)
		return error_set(err, EXIT_FAILED, "the events contradict the state: %s",
				 f->model.conflict);
	report(set, f);
	return 0;
}

static int run_verify(const struct settings *set)
{
	struct run run = { .key_fd = -1, .seconds = env.seconds };
	struct error err = { 0 };
	struct source *src = src_bpf_open(set->ring, set->verbose, &err);
	struct sink *sink;
	struct follow f;
	int ret;

	if (!src)
		return error_print(&err);
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
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_verify = {
	.name = "verify",
	.args = "[seconds]",
	.summary = "check that snapshot and events agree byte for byte",
	.examples =
		"  vcmstat verify 5                  follow for five seconds, then compare\n",
	.opts = opts,
	.run = run_verify,
};
