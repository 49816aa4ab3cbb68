// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_export.c - vcmstat export: a recording, or the state of now, in a format of other programs.
 *
 * With --output the file appears whole or not at all, so that a program that looks at it every
 * while never reads half of one.
 */
#include <stdlib.h>
#include <string.h>

#include "formats.h"
#include "source.h"
#include "vcmstat.h"

static struct {
	const char *file;
	const char *format;
} env;

static const struct opt opts[] = {
	{ OPT_FILE, NULL, 0, "FILE", &env.file,
	  "recording, NDJSON, snapshot or folder of a trace, - is stdin; without, the state of the "
	  "running module",
	  .task = "what into what" },
	{ OPT_CHOICE, "format", 'f', "FORMAT", &env.format, FORMATS_HELP,
	  .choices = FORMATS_WORDS },
	{ OPT_END },
};

static int export_module(const struct settings *set, struct sink *sink, struct error *err)
{
	struct totals none = { 0 };
	struct header h;
	struct model m;
	int ret;

	model_init(&m);
	ret = load_state(set, &m, err);
	if (ret >= 0) {
		fill_header(&h, "snapshot", "none");
		sink->model = &m;	/* a filter sets that of the sink behind it */
		sink->ops->header(sink, &h);
		sink->ops->state(sink, &m, false);
		sink->ops->end(sink, &none, "complete");
	}
	model_fini(&m);
	return ret;
}

static int run_export(const struct settings *set)
{
	struct error err = { 0 };
	struct sink *sink;
	const char *file;
	int ret;

	if (!env.format) {
		error_set(&err, EXIT_USAGE, "export needs --format: one of " FORMATS_WORDS);
		return error_print(&err);
	}
	if (env.file && set->input) {
		error_set(&err, EXIT_USAGE, "FILE and --source: one of them");
		return error_print(&err);
	}
	file = env.file ? env.file : set->input;
	sink = out_filter_new(format_sink(env.format, set->out), &set->filter);
	ret = file ? load_tell(set, file, sink, 0, &err) : export_module(set, sink, &err);
	sink->ops->close(sink);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_export = {
	.name = "export",
	.task = TASK_KEEP,
	.summary = "a recording, or the state of now, in a format of other programs",
	.examples =
		"  vcmstat export run.vcm -f html -o run.html\n"
		"                                    a report with a time slider\n"
		"  vcmstat export run.vcm -f perfetto -o run.pftrace\n"
		"                                    for ui.perfetto.dev\n"
		"  vcmstat export -f metrics -o /var/lib/prometheus/node-exporter/vcm.prom\n"
		"                                    meters of now, for node_exporter\n",
	.opts = opts,
	.shared = { filter_opts, until_opts, strict_opts },
	.whole_output = true,
	.run = run_export,
};
