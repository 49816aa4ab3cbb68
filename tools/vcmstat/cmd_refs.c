// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_refs.c - vcmstat refs: who holds what, from a snapshot or at the end of a recording.
 */
#include "json.h"
#include "vcmstat.h"

static struct {
	uint64_t context;
} env;

static const struct opt opts[] = {
	{ OPT_U64, "context", 'c', "N", &env.context,
	  "only of that context, with the memory bound in it", .min = 1, .max = UINT32_MAX,
	  .task = "what is shown" },
	{ OPT_END },
};

static int print(const struct settings *set, const struct model *m, struct error *err)
{
	uint32_t vcm = (uint32_t)env.context;
	struct totals none = { 0 };
	struct sink *sink;
	struct header h;
	struct json j;

	if (vcm && !table_find(&m->context, vcm, 0))
		return error_set(err, EXIT_FAILED, "no context %u in that state", vcm);
	if (!set->json) {
		out_refs(set->out, m, vcm);
		return 0;
	}
	sink = out_json_new(set->out);
	fill_header(&h, load_source(), "none");
	sink->ops->header(sink, &h);
	json_init(&j, set->out);
	out_refs_json(&j, m, vcm);
	json_fini(&j);
	sink->ops->end(sink, &none, "complete");
	sink->ops->close(sink);
	return 0;
}

static int run_refs(const struct settings *set)
{
	struct error err = { 0 };
	struct model m;
	int ret;

	model_init(&m);
	ret = load_state(set, &m, &err);
	if (ret >= 0 && print(set, &m, &err))
		ret = -1;
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
	.shared = { input_opts, until_opts, strict_opts },
	.run = run_refs,
};
