// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_leak.c - vcmstat leak: what is held for longer than it should be, and who took it where.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "leak_log.h"
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
	struct sink *out;	/* of the header and the end, as NDJSON */
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

/* Those of @leaks that @m still has, as of @now. */
static void show(struct watch *w, struct leaks *leaks, const struct model *m, uint64_t now)
{
	const struct leak_look look = { .now_ns = now, .older_ns = (uint64_t)(env.older * 1e9),
					.stacks = !env.no_stacks };

	leaks_select(leaks, m, &look);
	if (w->set->json)
		out_leaks_json(&w->json, leaks, m, &w->ksyms, &look);
	else
		out_leaks(w->set->out, leaks, m, &w->ksyms, &look);
	fflush(w->set->out);
}

static void begin(struct watch *w, const char *source)
{
	struct header h;

	fill_header(&h, source, "none");
	if (w->set->json)
		w->out->ops->header(w->out, &h);
	else
		fprintf(w->set->out, "# references by %s\n", source);
	fflush(w->set->out);
}

static void end(struct watch *w, const char *cause)
{
	struct totals none = { 0 };

	if (w->set->json)
		w->out->ops->end(w->out, &none, cause);
}

static int report(struct watch *w, struct error *err)
{
	struct leaks leaks;
	struct model m;
	int ret;

	model_init(&m);
	ret = src_leak_read(w->src, &leaks, err);
	if (!ret)
		ret = load_now(&m, err);
	if (!ret)
		ret = filter_apply(&w->set->filter, &m, err);
	if (!ret)
		show(w, &leaks, &m, now_ns());
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
	int ret;

	begin(w, src_leak_name(w->src));
	ret = run_begin(&run, err);
	if (!ret) {
		ret = watch(w, &run, err);
		run_end(&run);
	}
	if (!ret)
		end(w, run.cause ? run.cause : "complete");
	return ret;
}

static int leak_of_module(struct watch *w, struct error *err)
{
	int ret;

	w->src = src_leak_open(w->set->verbose, err);
	if (!w->src)
		return -1;
	load_symbols(&w->ksyms);
	ret = leak_all(w, err);
	ksyms_fini(&w->ksyms);
	src_leak_close(w->src);
	return ret;
}

/* A recording, up to its end. */
struct told {
	struct sink sink;
	struct watch *watch;
	struct leak_log log;
};

static void told_event(struct sink *s, const struct vcm_event *ev)
{
	leak_log_event(&((struct told *)s)->log, ev);
}

static void told_end(struct sink *s, const struct totals *t, const char *cause)
{
	struct told *told = (struct told *)s;
	struct leaks leaks;
	struct model part;

	(void)t;
	(void)cause;
	leak_log_read(&told->log, &leaks);
	filter_model(&told->watch->set->filter, s->model, &part);
	show(told->watch, &leaks, &part, told->log.now_ns);
	leaks_fini(&leaks);
	model_fini(&part);
}

static const struct sink_ops told_ops = {
	.header = sink_no_header,
	.state = sink_no_state,
	.name = sink_no_name,
	.event = told_event,
	.fault = sink_no_fault,
	.gap = sink_no_gap,
	.dropped = sink_no_dropped,
	.tick = sink_no_tick,
	.end = told_end,
};

static int leak_of_file(struct watch *w, struct error *err)
{
	struct told told = { .sink = { .ops = &told_ops, .out = w->set->out }, .watch = w };
	int ret;

	env.no_stacks = true;
	begin(w, "recording");
	leak_log_init(&told.log);
	ret = load_tell(w->set, w->set->input, &told.sink, 0, err);
	leak_log_fini(&told.log);
	if (ret >= 0)
		end(w, "complete");
	return ret;
}

static int run_leak(const struct settings *set)
{
	struct watch w = { .set = set };
	struct error err = { 0 };
	int ret;

	json_init(&w.json, set->out);
	w.out = out_json_new(set->out);
	ret = set->input ? leak_of_file(&w, &err) : leak_of_module(&w, &err);
	w.out->ops->close(w.out);
	json_fini(&w.json);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_leak = {
	.name = "leak",
	.task = TASK_WATCH,
	.summary = "what is held for long, and where it was taken",
	.examples =
		"  vcmstat leak --older 10           every 5 s what is held for 10 s or more\n"
		"  vcmstat leak 60 1 --older 30 --json\n"
		"  vcmstat leak -i run.vcm           what was held at the end of a recording\n",
	.opts = opts,
	.shared = { filter_opts, input_opts, until_opts, strict_opts },
	.run = run_leak,
};
