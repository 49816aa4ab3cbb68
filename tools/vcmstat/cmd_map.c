// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_map.c - vcmstat map: address spaces drawn, from a snapshot or at the end of a recording.
 */
#include <stdlib.h>
#include <unistd.h>

#include "out_map.h"
#include "vcmstat.h"

#define PAGE_BYTES 4096u

static struct {
	const char *zoom;
	uint64_t cell;
	uint64_t lines;
} env = { .lines = 8 };

static const struct opt opts[] = {
	{ OPT_TEXT, "zoom", 0, "RANGE", &env.zoom,
	  "only these addresses, FIRST-LAST or FIRST+LEN", .task = "how it is shown" },
	{ OPT_U64, "cell", 0, "BYTES", &env.cell,
	  "a cell is at least so much, a power of two (default: what fits)", .min = PAGE_BYTES },
	{ OPT_U64, "lines", 0, "N", &env.lines,
	  "at most so many lines of cells for a context (default 8)", .min = 1, .max = 1000 },
	{ OPT_END },
};

static int look_of(const struct settings *set, struct map_look *look, struct error *err)
{
	struct filter zoom = { .range = env.zoom, .last = UINT64_MAX };

	if (env.cell & (env.cell - 1))
		return error_set(err, EXIT_USAGE, "--cell: %llu is not a power of two",
				 (unsigned long long)env.cell);
	if (filter_range(&zoom, err))
		return -1;
	*look = (struct map_look){ .first = zoom.start, .last = zoom.last,
				   .lines = (unsigned int)env.lines, .ascii = set->ascii,
				   .shift = env.cell ?
					    (unsigned int)__builtin_ctzll(env.cell) : 0 };
	look->color = !set->no_color && isatty(fileno(set->out));
	return 0;
}

static void print_json(const struct settings *set, const struct model *m,
		       const struct map_look *look)
{
	struct sink *sink = out_json_new(set->out);
	struct totals none = { 0 };
	struct header h;
	struct json j;

	fill_header(&h, load_source(), "none");
	sink->ops->header(sink, &h);
	json_init(&j, set->out);
	out_map_json(&j, m, look);
	json_fini(&j);
	sink->ops->end(sink, &none, "complete");
	sink->ops->close(sink);
}

static int run_map(const struct settings *set)
{
	struct error err = { 0 };
	struct map_look look;
	struct model m;
	int ret;

	model_init(&m);
	ret = look_of(set, &look, &err) ? -1 : load_state(set, &m, &err);
	if (ret >= 0 && filter_apply(&set->filter, &m, &err))
		ret = -1;
	if (ret >= 0 && set->json)
		print_json(set, &m, &look);
	else if (ret >= 0)
		out_map(set->out, &m, &look);
	model_fini(&m);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_map = {
	.name = "map",
	.task = TASK_SEE,
	.summary = "the address spaces, drawn",
	.examples =
		"  vcmstat map                       every context in 80 columns\n"
		"  vcmstat map -c 3 --zoom 0x10000000+1M --cell 4K\n"
		"  vcmstat map -i run.vcm            at the end of a recording\n",
	.opts = opts,
	.shared = { filter_opts, input_opts, until_opts, strict_opts },
	.run = run_map,
};
