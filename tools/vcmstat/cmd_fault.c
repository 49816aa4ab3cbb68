// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_fault.c - vcmstat fault: why each fault happened, live or in a recording.
 *
 * EXIT_FOUND says that there were faults, EXIT_OK that there were none.
 */
#include <errno.h>
#include <string.h>

#include "feed.h"
#include "out_diag.h"
#include "vcmstat.h"

static struct {
	const char *file;
	double seconds;
	uint64_t count;
	uint64_t mask_bits;
	bool all;
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

static int explain(const struct settings *set, struct sink *sink, struct error *err)
{
	struct run run = { .data_fd = -1, .key_fd = -1, .seconds = env.seconds };
	struct settings with = *set;
	struct feed f;
	int ret;

	with.input = env.file;
	if (run_begin(&run, err))
		return -1;
	ret = feed_open(&f, &with, sink, 0, err);
	if (!ret && f.src && f.src->polled)
		ret = error_set(err, EXIT_ABSENT, "faults are events, and source %s has none",
				f.src->name);
	run.data_fd = feed_fd(&f);
	run_restart(&run);
	if (!ret)
		ret = watch(&f, sink, &run, err);
	if (!ret && (f.src || !f.ended))
		sink->ops->end(sink, feed_totals(&f), run.cause ? run.cause : "complete");
	if (!ret)
		ret = verdict(&f, &with, sink, err);
	feed_close(&f);
	run_end(&run);
	return ret;
}

static int run_fault(const struct settings *set)
{
	struct diag_cfg cfg = { .json = set->json, .all = env.all, .input = env.file,
				.mask_bits = (uint32_t)env.mask_bits, .filter = &set->filter };
	struct error err = { 0 };
	struct sink *sink;
	int ret;

	if (env.rules)
		return list_rules(set);
	if (!env.file && set->until)
		error_set(&err, EXIT_USAGE, "--until goes with a FILE only");
	if (err.code)
		return error_print(&err);
	sink = out_diag_new(set->out, &cfg);
	ret = explain(set, sink, &err);
	sink->ops->close(sink);
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
	.shared = { filter_opts, until_opts, strict_opts },
	.run = run_fault,
};
