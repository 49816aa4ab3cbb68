// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_list.c - vcmstat list: what there is, from a snapshot or at the end of a recording.
 */
#include <string.h>

#include "src_sim.h"
#include "vcmstat.h"

static struct {
	const char *format;
	const char *file;
	const char *sim;
} env;

static const struct opt opts[] = {
	{ OPT_CHOICE, "format", 0, "FORMAT", &env.format,
	  "text, json, or debugfs: what the files of the module say",
	  .choices = "text json debugfs", .task = "how it is shown" },
	{ OPT_TEXT, "file", 0, "NAME", &env.file,
	  "with debugfs: only contexts, ID/map, memory, assocs or reference_counts" },
	{ OPT_TEXT, "sim", 0, "FILE", &env.sim,
	  "simulated IOMMUs from a copy of debugfs/vcm_sim/state" },
	{ OPT_END },
};

static void print_json(const struct settings *set, const struct model *m)
{
	struct sink *sink = out_json_new(set->out);
	struct totals none = { 0 };
	struct header h;

	fill_header(&h, load_source(), "none");
	sink->ops->header(sink, &h);
	sink->ops->state(sink, m, false);
	sink->ops->end(sink, &none, "complete");
	sink->ops->close(sink);
}

/* Those of the running module go with its state, and not with a file's. */
static int print_text(const struct settings *set, const struct model *m, struct error *err)
{
	struct sim sim = { 0 };

	if ((env.sim || !set->input) && sim_read(&sim, env.sim, err))
		return -1;
	out_list(set->out, m);
	sim_text(set->out, &sim);
	sim_free(&sim);
	return 0;
}

static int print(const struct settings *set, const struct model *m, struct error *err)
{
	const char *format = env.format ? env.format : set->json ? "json" : "text";

	if (env.file && strcmp(format, "debugfs"))
		return error_set(err, EXIT_USAGE, "--file goes with --format debugfs only");
	if (env.sim && strcmp(format, "text"))
		return error_set(err, EXIT_USAGE, "--sim goes with --format text only");
	if (!strcmp(format, "json"))
		print_json(set, m);
	else if (!strcmp(format, "text"))
		return print_text(set, m, err);
	else if (out_debugfs(set->out, m, env.file))
		return error_set(err, EXIT_FAILED, "no file '%s' in that state", env.file);
	return 0;
}

static int run_list(const struct settings *set)
{
	struct error err = { 0 };
	struct model m;
	int ret;

	model_init(&m);
	ret = load_state(set, &m, &err);
	if (ret >= 0 && (filter_apply(&set->filter, &m, &err) || print(set, &m, &err)))
		ret = -1;
	model_fini(&m);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_list = {
	.name = "list",
	.task = TASK_SEE,
	.summary = "contexts, reservations, bindings, references, associations",
	.examples =
		"  vcmstat list                      what there is now\n"
		"  vcmstat list --state bound        what is bound and live nowhere\n"
		"  vcmstat list --json               the same as NDJSON\n"
		"  vcmstat list -i run.vcm           the state at the end of a recording\n",
	.opts = opts,
	.shared = { filter_opts, input_opts, until_opts, strict_opts },
	.run = run_list,
};
