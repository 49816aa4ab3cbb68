// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_rates.c - vcmstat [rates] interval [count]: a line an interval, like vmstat.
 *
 * There is no line for the time before: what happened since the module was loaded is not a rate
 * anybody asked for.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "feed.h"
#include "top.h"

#define HEAD_EVERY 20	/* lines */

static struct {
	double interval;
	uint64_t count;
} env = { .interval = 1 };

static const struct opt opts[] = {
	{ OPT_SECONDS, NULL, 0, "interval", &env.interval, "seconds between lines (default 1)",
	  .task = "how long and how often" },
	{ OPT_U64, NULL, 0, "count", &env.count, "end after so many lines", .min = 1 },
	{ OPT_END },
};

struct lines {
	struct top top;
	struct feed feed;
	struct json json;
	uint64_t nr;
	uint64_t lost;
};

static void line(struct lines *l, const struct settings *set)
{
	const struct totals *t = feed_totals(&l->feed);

	top_mark(&l->top, now_ns());
	if (set->json) {
		top_json_totals(&l->json, &l->top, feed_model(&l->feed), t);
	} else {
		if (l->nr % HEAD_EVERY == 0)
			out_rates_head(set->out);
		out_rates(set->out, &l->top, feed_model(&l->feed), totals_lost(t) - l->lost);
	}
	l->lost = totals_lost(t);
	l->nr++;
	top_unmark(&l->top);
	fflush(set->out);
}

static int watch(struct lines *l, const struct settings *set, struct run *run, struct error *err)
{
	while (!env.count || l->nr < env.count) {
		enum run_wake wake = run_wait(run);
		int ended = feed_poll(&l->feed, err);

		if (ended < 0)
			return -1;
		run->data_fd = feed_fd(&l->feed);
		if (wake == RUN_STOP)
			return 0;
		if (wake == RUN_TICK || ended)
			line(l, set);
		if (ferror(set->out))
			return error_set(err, EXIT_FAILED, "cannot write: %s", strerror(errno));
		if (ended)
			return 0;
	}
	return 0;
}

static int rates_all(struct lines *l, const struct settings *set, struct error *err)
{
	struct run run = { .key_fd = -1, .interval = env.interval };
	struct sink *json = set->json ? out_json_new(set->out) : NULL;
	int ret;

	if (run_begin(&run, err))
		return -1;
	ret = feed_open(&l->feed, set, &l->top.sink, 1, err);
	if (!ret && json)
		json->ops->header(json, &l->top.header);
	run_restart(&run);
	top_begin(&l->top, now_ns());
	if (!ret) {
		run.data_fd = feed_fd(&l->feed);
		ret = watch(l, set, &run, err);
	}
	if (!ret)
		ret = feed_verdict(&l->feed, set, err);
	if (json && ret >= 0)
		json->ops->end(json, feed_totals(&l->feed), run.cause ? run.cause : "complete");
	if (json)
		json->ops->close(json);
	run_end(&run);
	return ret;
}

static int run_rates(const struct settings *set)
{
	struct error err = { 0 };
	static struct lines l;
	int ret;

	top_init(&l.top, now_ns());
	json_init(&l.json, set->out);
	ret = rates_all(&l, set, &err);
	feed_close(&l.feed);
	json_fini(&l.json);
	top_fini(&l.top);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_rates = {
	.name = "rates",
	.task = TASK_WATCH,
	.summary = "a line an interval, like vmstat; 'vcmstat 1' is short for it",
	.examples =
		"  vcmstat 1                         a line a second until Ctrl-C\n"
		"  vcmstat 5 12                      a minute in lines of five seconds\n",
	.opts = opts,
	.shared = { input_opts, until_opts, strict_opts },
	.run = run_rates,
};
