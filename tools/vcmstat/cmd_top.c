// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_top.c - vcmstat top: a screen on a terminal, a report an interval anywhere else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "follow.h"
#include "screen.h"
#include "top.h"
#include "vcmstat.h"

static struct {
	double interval;
	uint64_t count;
} env = { .interval = 1 };

static const struct opt opts[] = {
	{ OPT_SECONDS, NULL, 0, "interval", &env.interval, "seconds between reports (default 1)" },
	{ OPT_U64, NULL, 0, "count", &env.count, "end after so many reports", .min = 1 },
	{ OPT_END },
};

struct view {
	const struct settings *set;
	struct top top;
	struct follow follow;
	struct screen screen;
	bool has_screen;
	struct json json;
};

static void draw(struct view *v)
{
	unsigned int rows, cols;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	screen_size(&v->screen, &rows, &cols);
	top_text(out, &v->top, &v->follow.model, &v->follow.totals, rows, true);
	fclose(out);
	screen_draw(&v->screen, text);
	free(text);
}

static void show(struct view *v)
{
	if (v->has_screen)
		draw(v);
	else if (v->set->json)
		top_json(&v->json, &v->top, &v->follow.model, &v->follow.totals);
	else
		top_text(v->set->out, &v->top, &v->follow.model, &v->follow.totals, 0, false);
	fflush(v->set->out);
}

static int watch(struct view *v, struct run *run, struct error *err)
{
	uint64_t reports = 0;
	enum run_wake wake = RUN_DATA;

	while (wake != RUN_STOP && !(wake == RUN_KEY && (run->key == 'q' || run->key == 'Q'))) {
		wake = run_wait(run);
		if (follow_poll(&v->follow, err))
			return -1;
		if (wake == RUN_TICK) {
			top_mark(&v->top, now_ns());
			show(v);
			top_unmark(&v->top);
			if (++reports == env.count)
				return 0;
		} else if (v->has_screen && (wake == RUN_RESIZE || wake == RUN_KEY)) {
			draw(v);
		}
		if (ferror(v->set->out))
			return error_set(err, EXIT_FAILED, "cannot write: %s", strerror(errno));
	}
	return 0;
}

/* The terminal is put back whatever happens in between. */
static int watch_screen(struct view *v, struct run *run, struct error *err)
{
	const char *term = getenv("TERM");
	bool dumb = !term || !*term || !strcmp(term, "dumb");
	int ret;

	v->has_screen = !v->set->json && !dumb && isatty(fileno(v->set->out));
	if (!v->has_screen)
		return watch(v, run, err);
	screen_begin(&v->screen, v->set->out, !v->set->no_color);
	if (v->screen.has_keys)
		run->key_fd = STDIN_FILENO;
	draw(v);
	ret = watch(v, run, err);
	screen_end(&v->screen);
	return ret;
}

static int top_all(struct view *v, struct source *src, struct error *err)
{
	struct run run = { .data_fd = src->ops->fd(src), .key_fd = -1, .interval = env.interval };
	struct sink *json = NULL;
	struct header h;
	int ret;

	if (run_begin(&run, err))
		return -1;
	fill_header(&h, src->name, src->faults);
	v->top.sink.ops->header(&v->top.sink, &h);
	if (v->set->json) {
		json = out_json_new(v->set->out);
		json->ops->header(json, &h);
	}
	ret = follow_start(&v->follow, err);
	if (!ret)
		ret = watch_screen(v, &run, err);
	if (json) {
		if (!ret)
			json->ops->end(json, &v->follow.totals, run.cause ? run.cause : "complete");
		json->ops->close(json);
	}
	run_end(&run);
	return ret;
}

static int run_top(const struct settings *set)
{
	struct error err = { 0 };
	struct source *src = src_open(set, true, &err);
	struct view v = { .set = set };
	int ret;

	if (!src)
		return error_print(&err);
	top_init(&v.top, now_ns());
	json_init(&v.json, set->out);
	follow_init(&v.follow, src, &v.top.sink);
	ret = top_all(&v, src, &err);
	follow_fini(&v.follow);
	json_fini(&v.json);
	top_fini(&v.top);
	src->ops->close(src);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_top = {
	.name = "top",
	.task = TASK_WATCH,
	.summary = "live screen: contexts, bytes, references, rates, faults, losses",
	.examples =
		"  vcmstat top                       refresh every second, q ends\n"
		"  vcmstat top 5 12 --json           a report each 5 seconds for a minute\n",
	.opts = opts,
	.run = run_top,
};
