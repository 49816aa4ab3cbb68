// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_record.c - vcmstat record: the state, and everything that changes it, into a file.
 *
 * The file is written as it happens and only ever appended to.  However this process ends, what
 * was written is readable; without its end record it is known to be incomplete.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "follow.h"
#include "ksyms.h"
#include "rec.h"
#include "vcmstat.h"

static struct {
	const char *file;
	double seconds;
	uint64_t count;
	bool stacks;
} env;

static const struct opt opts[] = {
	{ OPT_FILE, NULL, 0, "FILE", &env.file, "recording to write, - is stdout",
	  .required = true, .task = "what and how long" },
	{ OPT_SECONDS, "for", 0, "SECONDS", &env.seconds, "end after so long" },
	{ OPT_U64, "count", 'n', "N", &env.count, "end after N events", .min = 1 },
	{ OPT_FLAG, "stacks", 0, NULL, &env.stacks,
	  "with who ended or changed a mapping, and from where in the kernel" },
	{ OPT_END },
};

/* How much there is by now, where somebody watches. */
static void show_progress(const struct follow *f, bool last)
{
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[Kvcmstat: %" PRIu64 " events, %" PRIu64 " lost%s", f->totals.events,
		totals_lost(&f->totals), last ? "\n" : "");
}

static int follow_until(struct follow *f, struct run *run, struct error *err)
{
	enum run_wake wake = RUN_DATA;

	while (wake != RUN_STOP) {
		wake = run_wait(run);
		if (follow_poll(f, err))
			return -1;
		fflush(f->sink->out);
		if (ferror(f->sink->out))
			return error_set(err, EXIT_FAILED, "cannot write %s: %s", env.file,
					 strerror(errno));
		if (follow_done(f)) {
			run->cause = "count reached";
			return 0;
		}
		if (wake == RUN_TICK)
			show_progress(f, false);
	}
	return follow_finish(f, err);
}

static int record(struct follow *f, struct error *err)
{
	struct source *src = f->src;
	struct run run = { .data_fd = src->ops->fd(src), .key_fd = -1, .interval = 1,
			   .seconds = env.seconds };
	struct header h;
	int ret;

	if (run_begin(&run, err))
		return -1;
	f->limit = env.count;
	fill_header(&h, src->name, src->faults);
	f->sink->ops->header(f->sink, &h);
	ret = follow_start(f, err);
	if (!ret)
		ret = follow_until(f, &run, err);
	if (!ret) {
		f->sink->ops->end(f->sink, &f->totals, run.cause);
		show_progress(f, true);
	}
	run_end(&run);
	return ret;
}

/* What was recorded by somebody else, or in another format. */
static int record_file(const struct settings *set, FILE *out, struct error *err)
{
	struct sink *sink;
	int ret;

	if (env.seconds > 0 || env.stacks)
		return error_set(err, EXIT_USAGE, "%s goes with the running module only",
				 env.stacks ? "--stacks" : "--for");
	sink = out_rec_new(out);
	ret = load_tell(set, set->input, sink, env.count, err);
	sink->ops->close(sink);
	return ret;
}

static int record_all(struct source *src, struct sink *sink, const struct settings *set,
		      struct error *err)
{
	struct ksyms symbols = { 0 };
	struct follow f;
	int ret;

	follow_init(&f, src, sink);
	if (set->stacks) {
		load_symbols(&symbols);
		f.past = past_teller_new(src, sink, &symbols);
	}
	ret = record(&f, err);
	if (!ret && set->strict && totals_lost(&f.totals))
		ret = EXIT_LOST;
	if (f.past && past_missing(f.past))
		fprintf(stderr, "vcmstat: of %" PRIu64 " events it was forgotten who made them: "
			"--past makes room\n", past_missing(f.past));
	past_teller_free(f.past);
	ksyms_fini(&symbols);
	follow_fini(&f);
	return ret;
}

static int record_to(const struct settings *set, FILE *out, struct error *err)
{
	struct settings mine = *set;
	struct source *src;
	struct sink *sink;
	int ret;

	mine.stacks = env.stacks;
	src = src_open(&mine, false, err);
	if (!src)
		return -1;
	if (mine.stacks && !src->ops->past) {
		error_set(err, EXIT_ABSENT, "source %s cannot tell who made an event, which "
			  "--stacks needs: it takes BPF", src->name);
		src->ops->close(src);
		return -1;
	}
	sink = out_rec_new(out);
	ret = record_all(src, sink, &mine, err);
	sink->ops->close(sink);
	src->ops->close(src);
	return ret;
}

static int run_record(const struct settings *set)
{
	struct error err = { 0 };
	FILE *out = strcmp(env.file, "-") ? fopen(env.file, "we") : stdout;
	int ret;

	if (!out) {
		error_set(&err, errno == EACCES ? EXIT_PERMISSION : EXIT_FAILED,
			  "cannot write %s: %s", env.file, strerror(errno));
		return error_print(&err);
	}
	ret = set->input ? record_file(set, out, &err) : record_to(set, out, &err);
	if (out != stdout && fclose(out) && ret == EXIT_OK)
		ret = error_set(&err, EXIT_FAILED, "cannot write %s: %s", env.file,
				strerror(errno));
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_record = {
	.name = "record",
	.task = TASK_KEEP,
	.summary = "the state and all that changes it, into a file",
	.examples =
		"  vcmstat record run.vcm            until Ctrl-C\n"
		"  vcmstat record run.vcm --for 60   for a minute\n",
	.opts = opts,
	.shared = { strict_opts, past_opts },
	.run = run_record,
};
