// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_refs.c - vcmstat refs: who holds what, from a snapshot or at the end of a recording.
 */
#include "json.h"
#include "vcmstat.h"

static const struct opt opts[] = {
	{ OPT_END },
};

static void print(const struct settings *set, const struct model *m)
{
	struct totals none = { 0 };
	struct sink *sink;
	struct header h;
	struct json j;

	if (!set->json) {
		out_refs(set->out, m, 0);
		return;
	}
	sink = out_json_new(set->out);
	fill_header(&h, load_source(), "none");
	sink->ops->header(sink, &h);
	json_init(&j, set->out);
	out_refs_json(&j, m, 0);
	json_fini(&j);
	sink->ops->end(sink, &none, "complete");
	sink->ops->close(sink);
}

static int run_refs(const struct settings *set)
{
	struct error err = { 0 };
	struct model m;
	int ret;

	model_init(&m);
	ret = load_state(set, &m, &err);
	if (ret >= 0 && filter_apply(&set->filter, &m, &err))
		ret = -1;
	if (ret >= 0)
		print(set, &m);
	model_fini(&m);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_refs = {
	.name = "refs",
	.task = TASK_SEE,
	.summary = "who holds what: every reference by its holder",
	.examples =
		"  vcmstat refs                      all references there are now\n"
		"  vcmstat refs --context 3          who keeps context 3 and what is in it\n"
		"  vcmstat refs -i run.vcm           at the end of a recording\n",
	.opts = opts,
	.shared = { filter_opts, input_opts, until_opts, strict_opts },
	.run = run_refs,
};
