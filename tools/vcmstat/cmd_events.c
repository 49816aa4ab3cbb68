// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_events.c - vcmstat events: the state, then everything that changes it, as it happens.
 *
 * The header and the state come first and are flushed: whoever reads them may start the work that
 * is to be seen.  With the end of the output every event before it has been written, or the loss
 * of it.
 */
#include <errno.h>
#include <string.h>

#include "follow.h"
#include "formats.h"
#include "vcmstat.h"

static struct {
	double interval;
	uint64_t reports;
	uint64_t count;
	double seconds;
	bool wide;
} env;

static const struct opt opts[] = {
	{ OPT_SECONDS, NULL, 0, "interval", &env.interval,
	  "print the totals so far every so many seconds", .task = "when it ends" },
	{ OPT_U64, NULL, 0, "count", &env.reports, "end after so many intervals", .min = 1 },
	{ OPT_U64, "count", 'n', "N", &env.count, "end after N events", .min = 1 },
	{ OPT_SECONDS, "for", 0, "SECONDS", &env.seconds, "end after so long" },
	{ OPT_FLAG, "wide", 'w', NULL, &env.wide, "every field of every event",
	  .task = "how it is shown" },
	{ OPT_END },
};

/* Follow until something says stop; the cause is in @run. */
static int follow_until(struct follow *f, struct run *run, struct error *err)
{
	uint64_t reports = 0;
	enum run_wake wake = RUN_DATA;

	while (wake != RUN_STOP) {
		wake = run_wait(run);
		if (follow_poll(f, err))
			return -1;
		if (follow_done(f)) {
			run->cause = "count reached";
			return 0;
		}
		if (wake == RUN_TICK) {
			f->sink->ops->tick(f->sink, now_ns(), &f->totals);
			if (++reports == env.reports) {
				run->cause = "count reached";
				return 0;
			}
		}
		if (ferror(f->sink->out))
			return error_set(err, EXIT_FAILED, "cannot write: %s", strerror(errno));
	}
	return follow_finish(f, err);
}

static int verdict(const struct settings *set, const struct follow *f, struct error *err)
{
	bool lost = totals_lost(&f->totals) || f->totals.fault_dropped;

	if (!lost && f->model.conflicts)
		return error_set(err, EXIT_FAILED, "the events contradict the state: %s",
				 f->model.conflict);
	return lost && set->strict ? EXIT_LOST : EXIT_OK;
}

static int follow_all(const struct settings *set, struct source *src, struct sink *sink,
		      struct error *err)
{
	struct run run = { .data_fd = src->ops->fd(src), .key_fd = -1,
			   .interval = env.interval, .seconds = env.seconds };
	struct follow f;
	struct header h;
	int ret;

	if (run_begin(&run, err))
		return -1;
	follow_init(&f, src, sink);
	f.limit = env.count;
	fill_header(&h, src->name, src->faults);
	sink->ops->header(sink, &h);
	ret = follow_start(&f, err);
	if (!ret)
		ret = follow_until(&f, &run, err);
	if (!ret) {
		sink->ops->end(sink, &f.totals, run.cause);
		ret = verdict(set, &f, err);
	}
	follow_fini(&f);
	run_end(&run);
	return ret;
}

static int events_of_module(const struct settings *set, struct sink *sink, struct error *err)
{
	struct source *src = src_open(set, false, err);
	int ret;

	if (!src)
		return -1;
	ret = follow_all(set, src, sink, err);
	src->ops->close(src);
	return ret;
}

static int events_of_file(const struct settings *set, struct sink *sink, struct error *err)
{
	if (env.interval > 0 || env.seconds > 0)
		return error_set(err, EXIT_USAGE, "interval and --for go with the running module "
				 "only");
	return load_tell(set, set->input, sink, env.count, err);
}

static int run_events(const struct settings *set)
{
	struct sink *sink = format_sink(set->json ? "ndjson" : env.wide ? "wide" : "text",
					set->out);
	struct error err = { 0 };
	int ret;

	sink = out_filter_new(sink, &set->filter);
	ret = set->input ? events_of_file(set, sink, &err) : events_of_module(set, sink, &err);
	sink->ops->close(sink);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_events = {
	.name = "events",
	.task = TASK_WATCH,
	.summary = "everything that happens, as it happens",
	.examples =
		"  vcmstat events                    one line an event until Ctrl-C\n"
		"  vcmstat events --json --for 10    ten seconds as NDJSON, state first\n"
		"  vcmstat events --range 0x10000000+64K  what happens to a range\n"
		"  vcmstat events --count 1          wait for the next event\n"
		"  vcmstat events --source ctf:trace what LTTng recorded in a folder\n",
	.opts = opts,
	.shared = { filter_opts, strict_opts },
	.run = run_events,
};
