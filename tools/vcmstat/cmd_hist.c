// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_hist.c - vcmstat hist: how long the operations of the module take.
 */
#include <errno.h>
#include <string.h>

#include "out_hist.h"
#include "vcmstat.h"

static struct {
	double interval;
	uint64_t count;
	const char *op;
	bool buckets;
} env = { .interval = 1 };

static const struct opt opts[] = {
	{ OPT_SECONDS, NULL, 0, "interval", &env.interval, "seconds between reports (default 1)",
	  .task = "how long and how often" },
	{ OPT_U64, NULL, 0, "count", &env.count, "end after so many reports", .min = 1 },
	{ OPT_CHOICE, "op", 0, "OPERATION", &env.op, "how the times of that one are spread",
	  .choices = "create destroy reserve reserve_at unreserve phys_alloc bind unbind rebind "
	  "map unmap assoc deassoc activate deactivate switch find_res translate",
	  .task = "how it is shown" },
	{ OPT_FLAG, "buckets", 0, NULL, &env.buckets, "with --json: all counts, not only sums" },
	{ OPT_END },
};

static struct hists now, before;

static void show(const struct settings *set, struct json *j)
{
	unsigned int op;

	if (set->json) {
		out_hist_json(j, &now, now_ns(), env.buckets);
	} else if (env.op) {
		for (op = 0; op < VCM_TIMED_END; op++) {
			if (!strcmp(env.op, hist_op_name(op)))
				out_hist_bars(set->out, &now.op[op], env.op);
		}
	} else {
		out_hist(set->out, &now);
	}
	fflush(set->out);
}

/* Of the time since the last report; the maximum is that of all the time. */
static int report(const struct settings *set, struct src_hist *src, struct json *j,
		  struct error *err)
{
	static struct hists all;
	unsigned int op;

	if (src_hist_read(src, &all, err))
		return -1;
	now = all;
	for (op = 0; op < VCM_TIMED_END; op++)
		hist_since(&now.op[op], &before.op[op]);
	now.missed -= before.missed;
	before = all;
	show(set, j);
	if (ferror(set->out))
		return error_set(err, EXIT_FAILED, "cannot write: %s", strerror(errno));
	return 0;
}

static int watch(const struct settings *set, struct src_hist *src, struct json *j,
		 struct run *run, struct error *err)
{
	uint64_t reports = 0;

	while (!env.count || reports < env.count) {
		enum run_wake wake = run_wait(run);

		if (wake == RUN_STOP)
			return 0;
		if (wake != RUN_TICK)
			continue;
		if (report(set, src, j, err))
			return -1;
		reports++;
	}
	return 0;
}

static int hist_all(const struct settings *set, struct src_hist *src, struct error *err)
{
	struct run run = { .data_fd = -1, .key_fd = -1, .interval = env.interval };
	struct sink *sink = out_json_new(set->out);
	struct totals none = { 0 };
	struct header h;
	struct json j;
	int ret;

	json_init(&j, set->out);
	fill_header(&h, src_hist_name(src), "none");
	if (set->json)
		sink->ops->header(sink, &h);
	else
		fprintf(set->out, "# times by %s\n", h.source);
	fflush(set->out);
	ret = run_begin(&run, err);
	if (!ret) {
		ret = watch(set, src, &j, &run, err);
		run_end(&run);
	}
	if (set->json && !ret)
		sink->ops->end(sink, &none, run.cause ? run.cause : "complete");
	sink->ops->close(sink);
	json_fini(&j);
	return ret;
}

static int run_hist(const struct settings *set)
{
	struct error err = { 0 };
	struct src_hist *src = src_hist_open(set->verbose, &err);
	int ret;

	if (!src)
		return error_print(&err);
	ret = hist_all(set, src, &err);
	src_hist_close(src);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_hist = {
	.name = "hist",
	.task = TASK_WATCH,
	.summary = "how long operations take: p50, p99, p99.9, maximum",
	.examples =
		"  vcmstat hist                      a table a second until Ctrl-C\n"
		"  vcmstat hist 10 1 --op bind       how the times of bind are spread\n",
	.opts = opts,
	.live = "a recording does not have the times of operations",
	.run = run_hist,
};
