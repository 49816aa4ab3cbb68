// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_leak.c - vcmstat leak: what is held for longer than it should be, and who took it where.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "leak.h"
#include "source.h"
#include "vcmstat.h"

static struct {
	double interval;
	uint64_t count;
	double older;
	bool no_stacks;
} env = { .interval = 5, .older = 1 };

static const struct opt opts[] = {
	{ OPT_SECONDS, NULL, 0, "interval", &env.interval, "seconds between reports (default 5)",
	  .task = "how long and how often" },
	{ OPT_U64, NULL, 0, "count", &env.count, "end after so many reports", .min = 1 },
	{ OPT_SECONDS, "older", 0, "SECONDS", &env.older,
	  "held for at least so long (default 1)", .task = "how it is shown" },
	{ OPT_FLAG, "no-stacks", 0, NULL, &env.no_stacks, "a line each" },
	{ OPT_END },
};

struct watch {
	const struct settings *set;
	struct src_leak *src;
	struct ksyms ksyms;
	struct json json;
};

static int load_now(struct model *m, struct error *err)
{
	size_t len;
	void *buf;
	int ret;

	if (src_snap_read(NULL, &buf, &len, err))
		return -1;
	ret = model_load(m, buf, len, err);
	free(buf);
	return ret;
}

static int report(struct watch *w, struct error *err)
{
	struct leak_look look = { .older_ns = (uint64_t)(env.older * 1e9),
				  .stacks = !env.no_stacks };
	struct leaks leaks;
	struct model m;
	int ret;

	model_init(&m);
	ret = src_leak_read(w->src, &leaks, err);
	if (!ret)
		ret = load_now(&m, err);
	if (!ret)
		ret = filter_apply(&w->set->filter, &m, err);
	look.now_ns = now_ns();
	if (!ret) {
		leaks_select(&leaks, &m, &look);
		if (w->set->json)
			out_leaks_json(&w->json, &leaks, &m, &w->ksyms, &look);
		else
			out_leaks(w->set->out, &leaks, &m, &w->ksyms, &look);
		fflush(w->set->out);
	}
	leaks_fini(&leaks);
	model_fini(&m);
	if (!ret && ferror(w->set->out))
		return error_set(err, EXIT_FAILED, "cannot write: %s", strerror(errno));
	return ret;
}

static int watch(struct watch *w, struct run *run, struct error *err)
{
	uint64_t reports = 0;

	while (!env.count || reports < env.count) {
		enum run_wake wake = run_wait(run);

		if (wake == RUN_STOP)
			return 0;
		if (wake != RUN_TICK)
			continue;
		if (report(w, err))
			return -1;
		reports++;
	}
	return 0;
}

static int leak_all(struct watch *w, struct error *err)
{
	struct run run = { .data_fd = -1, .key_fd = -1, .interval = env.interval };
	struct sink *sink = out_json_new(w->set->out);
	struct totals none = { 0 };
	struct header h;
	int ret;

	fill_header(&h, src_leak_name(w->src), "none");
	if (w->set->json)
		sink->ops->header(sink, &h);
	else
		fprintf(w->set->out, "# references by %s\n", h.source);
	fflush(w->set->out);
	ret = run_begin(&run, err);
	if (!ret) {
		ret = watch(w, &run, err);
		run_end(&run);
	}
	if (w->set->json && !ret)
		sink->ops->end(sink, &none, run.cause ? run.cause : "complete");
	sink->ops->close(sink);
	return ret;
}

static int run_leak(const struct settings *set)
{
	struct watch w = { .set = set };
	struct error err = { 0 };
	int ret;

	w.src = src_leak_open(set->verbose, &err);
	if (!w.src)
		return error_print(&err);
	json_init(&w.json, set->out);
	load_symbols(&w.ksyms);
	ret = leak_all(&w, &err);
	ksyms_fini(&w.ksyms);
	json_fini(&w.json);
	src_leak_close(w.src);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_leak = {
	.name = "leak",
	.task = TASK_WATCH,
	.summary = "what is held for long, and where it was taken",
	.examples =
		"  vcmstat leak --older 10           every 5 s what is held for 10 s or more\n"
		"  vcmstat leak 60 1 --older 30 --json\n",
	.opts = opts,
	.shared = { filter_opts },
	.run = run_leak,
};
