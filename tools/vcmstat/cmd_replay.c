// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_replay.c - vcmstat replay: a recording as if it happened now, at any speed, up to any point.
 */
#include <errno.h>
#include <string.h>

#include "formats.h"
#include "play.h"
#include "progress.h"
#include "vcmstat.h"

static struct {
	const char *file;
	const char *format;
	const char *speed;
	bool wide;
} env;

static const struct opt opts[] = {
	{ OPT_FILE, NULL, 0, "FILE", &env.file,
	  "recording, NDJSON, snapshot or folder of a trace, - is stdin",
	  .task = "what and how fast" },
	{ OPT_TEXT, "speed", 0, "N", &env.speed,
	  "1 is as it happened, 10 ten times as fast, 0 (default) as fast as possible" },
	{ OPT_CHOICE, "format", 0, "FORMAT", &env.format,
	  "text (default), " FORMATS_HELP, .choices = "text " FORMATS_WORDS,
	  .task = "how it is shown" },
	{ OPT_FLAG, "wide", 'w', NULL, &env.wide, "as text: every field of every event" },
	{ OPT_END },
};

/* When, by our clock, something that happened at @ts_ns is to be told. */
struct pace {
	double speed;
	uint64_t begin_ns;
	uint64_t first_ns;
};

static int parse_speed(struct pace *pace, struct error *err)
{
	char rest;

	if (!env.speed)
		return 0;
	if (sscanf(env.speed, "%lf%c", &pace->speed, &rest) == 1 && pace->speed >= 0 &&
	    pace->speed <= 1e9)
		return 0;
	return error_set(err, EXIT_USAGE, "--speed: '%s' is not a number of 0 or more", env.speed);
}

/* Wait for the moment; false when a signal or the reader of our output ends the run. */
static bool keep_pace(struct pace *pace, struct run *run, FILE *out, uint64_t ts_ns)
{
	uint64_t due;

	if (!ts_ns || pace->speed <= 0)
		return true;
	if (!pace->first_ns) {
		pace->first_ns = ts_ns;
		pace->begin_ns = now_ns();
	}
	if (ts_ns <= pace->first_ns)
		return true;
	due = pace->begin_ns + (uint64_t)((double)(ts_ns - pace->first_ns) / pace->speed);
	if (due <= now_ns())
		return true;
	fflush(out);
	return run_until(run, due);
}

static int replay(struct play *p, struct rec *r, struct pace *pace, struct error *err)
{
	struct run run = { .data_fd = -1, .key_fd = -1 };
	struct progress progress;
	struct rec_item item;
	int ret;

	if (run_begin(&run, err))
		return -1;
	progress_begin(&progress, r->path, pace->speed > 0 ? 0 : r->size);
	while ((ret = rec_next(r, &item, err)) > 0) {
		if (!keep_pace(pace, &run, p->sink->out, play_time(&item)))
			break;
		ret = play_take(p, r, &item, err);
		if (ret <= 0 || ferror(p->sink->out))
			break;
		progress_step(&progress, rec_position(r));
	}
	progress_end(&progress);
	if (ret >= 0) {
		ret = 0;
		if (run.cause)
			p->sink->ops->end(p->sink, &p->totals, run.cause);
		else
			play_end(p, r);
	}
	run_end(&run);
	return ret;
}

static int replay_file(const struct settings *set, struct sink *sink, struct error *err)
{
	struct rec *r = rec_open(env.file ? env.file : set->input, err);
	struct pace pace = { 0 };
	struct play p;
	int ret;

	if (!r)
		return -1;
	play_init(&p, sink);
	ret = parse_speed(&pace, err);
	if (!ret && set->until)
		ret = play_until_parse(&p.until, set->until, err);
	if (!ret)
		ret = replay(&p, r, &pace, err);
	if (!ret)
		ret = load_verdict(set, &p, r, err);
	play_fini(&p);
	rec_close(r);
	return ret;
}

static int run_replay(const struct settings *set)
{
	struct error err = { 0 };
	const char *text = env.wide ? "wide" : "text";
	const char *format = env.format ? env.format : set->json ? "ndjson" : text;
	struct sink *sink;
	int ret;

	if (!env.file == !set->input) {
		error_set(&err, EXIT_USAGE, env.file ? "FILE and --source: one of them" :
			  "replay needs FILE (see vcmstat replay --help)");
		return error_print(&err);
	}
	sink = out_filter_new(format_sink(format, set->out), &set->filter);
	ret = replay_file(set, sink, &err);
	sink->ops->close(sink);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_replay = {
	.name = "replay",
	.task = TASK_KEEP,
	.summary = "a recording as if it happened now, at any speed",
	.examples =
		"  vcmstat replay run.vcm            all events as text\n"
		"  vcmstat replay run.vcm --speed 1  as they came\n"
		"  vcmstat replay run.vcm --until fault --json\n"
		"                                    NDJSON up to the first fault\n",
	.opts = opts,
	.shared = { filter_opts, until_opts, strict_opts },
	.run = run_replay,
};
