// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_fault.c - vcmstat fault: why each fault happened, live or in a recording.
 *
 * EXIT_FOUND says that there were faults, EXIT_OK that there were none.
 */
#include <errno.h>
#include <string.h>

#include "feed.h"
#include "ksyms.h"
#include "out_diag.h"
#include "vcmstat.h"

static struct {
	const char *file;
	double seconds;
	uint64_t count;
	uint64_t mask_bits;
	bool all;
	bool no_stacks;
	bool rules;
} env;

static const struct opt opts[] = {
	{ OPT_FILE, NULL, 0, "FILE", &env.file,
	  "recording or NDJSON, - is stdin; without, what happens now", .task = "what" },
	{ OPT_SECONDS, "for", 0, "SECONDS", &env.seconds, "end after so long" },
	{ OPT_U64, "count", 'n', "N", &env.count, "end after N faults", .min = 1 },
	{ OPT_U64, "mask", 0, "BITS", &env.mask_bits,
	  "addresses that devices can make have so many bits", .min = 1, .max = 64 },
	{ OPT_FLAG, "all", 'a', NULL, &env.all,
	  "every fault: none counted only, none folded with others", .task = "how it is shown" },
	{ OPT_FLAG, "no-stacks", 0, NULL, &env.no_stacks,
	  "not from where in the kernel the events of the evidence came" },
	{ OPT_FLAG, "rules", 0, NULL, &env.rules, "list the rules, and look at nothing" },
	{ OPT_END },
};

static int list_rules(const struct settings *set)
{
	struct json j;

	if (!set->json) {
		out_diag_rules(set->out);
		return EXIT_OK;
	}
	json_init(&j, set->out);
	out_diag_rules_json(&j);
	json_fini(&j);
	return EXIT_OK;
}

static bool is_enough(const struct sink *sink)
{
	return env.count && out_diag_counts(sink)->faults >= env.count;
}

/* Until the end of the recording, or something says stop; the cause is in @run. */
static int watch(struct feed *f, struct sink *sink, struct run *run, struct error *err)
{
	int ret = 0;

	while (!ret && run_wait(run) != RUN_STOP) {
		ret = feed_poll(f, err);
		run->data_fd = feed_fd(f);
		if (ret < 0)
			return -1;
		if (f->src)
			out_diag_settle(sink, now_ns());
		if (is_enough(sink)) {
			run->cause = "count reached";
			break;
		}
		if (ferror(sink->out))
			return error_set(err, EXIT_FAILED, "cannot write: %s", strerror(errno));
	}
	return f->src && !is_enough(sink) ? follow_finish(&f->follow, err) : 0;
}

static int verdict(struct feed *f, const struct settings *set, const struct sink *sink,
		   struct error *err)
{
	int ret = feed_verdict(f, set, err);

	if (ret == EXIT_OK && out_diag_counts(sink)->faults)
		return EXIT_FOUND;
	return ret;
}

/* Of the running module, or as the recording has it. */
struct stacks {
	struct feed feed;
	struct ksyms symbols;
};

static void find_stack(void *arg, uint32_t stream, uint64_t seq, char *buf, size_t len)
{
	struct stacks *s = arg;
	struct source *src = s->feed.src;
	struct past past;

	if (src && src->ops->past && !src->ops->past(src, stream, seq, &past))
		past_stack(&past, &s->symbols, buf, len);
	else if (!src && !play_past(&s->feed.play, stream, seq, &past))
		past_stack(&past, &s->feed.play.symbols, buf, len);
}

static int explain_feed(struct feed *f, struct settings *with, struct sink *sink,
			struct error *err)
{
	struct run run = { .data_fd = -1, .key_fd = -1, .seconds = env.seconds };
	int ret;

	if (run_begin(&run, err))
		return -1;
	ret = feed_open(f, with, sink, 0, err);
	if (!ret && f->src && f->src->polled)
		ret = error_set(err, EXIT_ABSENT, "faults are events, and source %s has none",
				f->src->name);
	run.data_fd = feed_fd(f);
	run_restart(&run);
	if (!ret)
		ret = watch(f, sink, &run, err);
	if (!ret && (f->src || !f->ended))
		sink->ops->end(sink, feed_totals(f), run.cause ? run.cause : "complete");
	if (!ret)
		ret = verdict(f, with, sink, err);
	feed_close(f);
	run_end(&run);
	return ret;
}

static int run_fault(const struct settings *set)
{
	struct stacks stacks = { .symbols = { 0 } };
	struct diag_cfg cfg = { .json = set->json, .all = env.all, .limit = env.count,
				.input = env.file,
				.mask_bits = (uint32_t)env.mask_bits, .filter = &set->filter,
				.stack = env.no_stacks ? NULL : find_stack, .arg = &stacks };
	struct settings with = *set;
	struct error err = { 0 };
	struct sink *sink;
	int ret;

	if (env.rules)
		return list_rules(set);
	if (!env.file)	/* or --source names it */
		env.file = set->input;
	if (!env.file && set->until)
		error_set(&err, EXIT_USAGE, "--until goes with a FILE only");
	if (err.code)
		return error_print(&err);
	with.input = env.file;
	with.stacks = !env.file && !env.no_stacks;
	if (with.stacks)
		load_symbols(&stacks.symbols);
	sink = out_diag_new(set->out, &cfg);
	ret = explain_feed(&stacks.feed, &with, sink, &err);
	sink->ops->close(sink);
	ksyms_fini(&stacks.symbols);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_fault = {
	.name = "fault",
	.task = TASK_WATCH,
	.summary = "why each fault happened: what was there, and who ended it",
	.examples =
		"  vcmstat fault                     explain faults as they happen\n"
		"  vcmstat fault run.vcm             those of a recording\n"
		"  vcmstat fault run.vcm --json --all\n"
		"                                    every verdict with its evidence\n"
		"  vcmstat fault --for 60 --strict   exit code 4: there were faults\n",
	.opts = opts,
	.shared = { filter_opts, until_opts, past_opts, strict_opts },
	.run = run_fault,
};
