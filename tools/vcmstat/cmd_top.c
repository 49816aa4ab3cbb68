// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_top.c - vcmstat top: a screen on a terminal, a report an interval anywhere else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feed.h"
#include "screen.h"
#include "src_sim.h"
#include "tui.h"

static struct {
	double interval;
	uint64_t count;
	const char *speed;
} env = { .interval = 1 };

static const struct opt opts[] = {
	{ OPT_SECONDS, NULL, 0, "interval", &env.interval, "seconds between reports (default 1)",
	  .task = "how long and how often" },
	{ OPT_U64, NULL, 0, "count", &env.count, "end after so many reports", .min = 1 },
	{ OPT_TEXT, "speed", 0, "N", &env.speed,
	  "of a recording: 1 (default) as it happened, 0 as fast as possible" },
	{ OPT_END },
};

struct view {
	const struct settings *set;
	struct top top;
	struct feed feed;
	struct tui tui;
	bool has_screen;
	struct sim sim;
	struct json json;
	uint64_t reports;
};

static struct tui_data data_of(const struct view *v)
{
	return (struct tui_data){
		&v->top, feed_model(&v->feed), feed_totals(&v->feed), &v->sim,
	};
}

static void draw(struct view *v)
{
	struct tui_data d = data_of(v);
	unsigned int rows, cols;
	struct grid g;

	screen_size(&rows, &cols);
	grid_init(&g, rows, cols, v->set->ascii);
	tui_draw(&v->tui, &g, &d);
	screen_draw(&g);
	grid_fini(&g);
}

static void report(struct view *v)
{
	const struct totals *t = feed_totals(&v->feed);
	struct model part;

	model_init(&part);
	if (filter_is_set(&v->set->filter))
		filter_model(&v->set->filter, feed_model(&v->feed), &part);
	if (v->set->json)
		top_json(&v->json, &v->top, filter_is_set(&v->set->filter) ? &part :
			 feed_model(&v->feed), t);
	else
		top_text(v->set->out, &v->top, filter_is_set(&v->set->filter) ? &part :
			 feed_model(&v->feed), t);
	if (!v->set->json)
		sim_text(v->set->out, &v->sim);
	model_fini(&part);
	fflush(v->set->out);
}

/* A recording has none; what cannot be read is not there. */
static void look_at_sim(struct view *v)
{
	struct error err = { 0 };

	sim_free(&v->sim);
	if (!v->set->input)
		sim_read(&v->sim, NULL, &err);
}

static void tick(struct view *v)
{
	look_at_sim(v);
	top_mark(&v->top, now_ns());
	if (!v->has_screen)
		report(v);
	else if (!v->tui.paused)
		draw(v);
	top_unmark(&v->top);
	v->reports++;
}

/* False when the last one says to end. */
static bool take_keys(struct view *v)
{
	struct tui_data d = data_of(v);
	enum tui_action what, all = TUI_NOTHING;
	int key;

	while ((key = screen_key()) >= 0) {
		what = tui_key(&v->tui, &d, key);
		all = what > all ? what : all;
	}
	if (all == TUI_REDRAW)
		draw(v);
	return all != TUI_QUIT;
}

static int watch(struct view *v, struct run *run, struct error *err)
{
	int ended = 0;

	while (!env.count || v->reports < env.count) {
		enum run_wake wake = run_wait(run);

		ended = feed_poll(&v->feed, err);
		if (ended < 0)
			return -1;
		run->data_fd = feed_fd(&v->feed);
		if (wake == RUN_STOP)
			return 0;
		if (wake == RUN_KEY && !take_keys(v))
			return 0;
		if (wake == RUN_RESIZE && v->has_screen)
			draw(v);
		if (wake == RUN_TICK)
			tick(v);
		if (ferror(v->set->out))
			return error_set(err, EXIT_FAILED, "cannot write: %s", strerror(errno));
		if (ended && !v->has_screen)
			break;
	}
	if (ended && !v->has_screen && v->reports < (env.count ? env.count : UINT64_MAX))
		tick(v);	/* what came after the last */
	return 0;
}

/* The terminal is put back whatever happens in between. */
static int watch_screen(struct view *v, struct run *run, struct error *err)
{
	const char *term = getenv("TERM");
	bool dumb = !term || !*term || !strcmp(term, "dumb");
	int ret;

	v->has_screen = !v->set->json && !dumb && isatty(fileno(v->set->out)) &&
			screen_begin(v->set->out, !v->set->no_color);
	if (!v->has_screen)
		return watch(v, run, err);
	if (isatty(STDIN_FILENO)) {
		run->key_fd = STDIN_FILENO;
		run->own_keys = true;
	}
	draw(v);
	ret = watch(v, run, err);
	screen_end();
	return ret;
}

static int top_all(struct view *v, double speed, struct error *err)
{
	struct run run = { .key_fd = -1, .interval = env.interval };
	struct sink *json = NULL;
	int ret;

	if (run_begin(&run, err))
		return -1;
	ret = feed_open(&v->feed, v->set, &v->top.sink, speed, err);
	if (!ret && v->set->json) {
		json = out_json_new(v->set->out);
		json->ops->header(json, &v->top.header);
	}
	run.data_fd = ret ? -1 : feed_fd(&v->feed);
	run_restart(&run);
	top_begin(&v->top, now_ns());
	if (!ret)
		ret = watch_screen(v, &run, err);
	if (!ret)
		ret = feed_verdict(&v->feed, v->set, err);
	if (json) {
		if (ret >= 0)
			json->ops->end(json, feed_totals(&v->feed),
				       run.cause ? run.cause : "complete");
		json->ops->close(json);
	}
	run_end(&run);
	return ret;
}

static int run_top(const struct settings *set)
{
	struct error err = { 0 };
	struct view v = { .set = set };
	double speed = 1;
	char rest;
	int ret;

	if (env.speed && (sscanf(env.speed, "%lf%c", &speed, &rest) != 1 || !(speed >= 0))) {
		error_set(&err, EXIT_USAGE, "--speed: '%s' is not a number of 0 or more",
			  env.speed);
		return error_print(&err);
	}
	top_init(&v.top, now_ns());
	tui_init(&v.tui, &set->filter);
	json_init(&v.json, set->out);
	ret = top_all(&v, speed, &err);
	feed_close(&v.feed);
	sim_free(&v.sim);
	json_fini(&v.json);
	top_fini(&v.top);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_top = {
	.name = "top",
	.task = TASK_WATCH,
	.summary = "live screen: contexts, address strip, rates, events, losses",
	.examples =
		"  vcmstat top                       a screen; ? tells its keys, q ends\n"
		"  vcmstat top 5 12 --json           a report each 5 seconds for a minute\n"
		"  vcmstat top -i run.vcm --speed 10 a recording, ten times as fast\n",
	.opts = opts,
	.shared = { filter_opts, input_opts, until_opts, strict_opts },
	.run = run_top,
};
