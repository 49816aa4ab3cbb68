// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_iommu.c - vcmstat iommu: every IOMMU domain of the machine, whoever made it.
 *
 * Needs no module of VCM.
 */
#include <errno.h>
#include <string.h>

#include "iommu_show.h"
#include "src_iommu.h"
#include "vcmstat.h"

static struct {
	double interval;
	uint64_t count;
	uint64_t oldest;
	uint64_t mappings;
	uint64_t unmapped;
	double leak;
	bool map;
	bool no_stacks;
} env = { .interval = 1, .mappings = VCM_HOST_LIVE, .unmapped = VCM_HOST_GONE };

static const struct opt opts[] = {
	{ OPT_SECONDS, NULL, 0, "interval", &env.interval, "seconds between reports (default 1)",
	  .task = "how long and how often" },
	{ OPT_U64, NULL, 0, "count", &env.count, "end after so many reports", .min = 1 },
	{ OPT_FLAG, "map", 0, NULL, &env.map, "every live mapping, by domain and address",
	  .task = "what is shown" },
	{ OPT_U64, "oldest", 0, "N", &env.oldest, "the N that are there for the longest time",
	  .min = 1 },
	{ OPT_FLAG, "no-stacks", 0, NULL, &env.no_stacks, "take no stacks: they cost the most" },
	{ OPT_U64, "mappings", 0, "N", &env.mappings,
	  "live mappings that there is room for (default 262144)", .min = 16, .max = 1u << 26,
	  .task = "room in the kernel" },
	{ OPT_U64, "unmapped", 0, "N", &env.unmapped,
	  "unmapped ranges that are remembered (default 16384)", .min = 16, .max = 1u << 22 },
	{ OPT_END },
};

struct watch {
	const struct settings *set;
	struct src_iommu *src;
	struct ksyms ksyms;
	struct iommu_look look;
	struct iommu_host now, before;
	struct json json;
};

static void read_ksyms(struct ksyms *k)
{
	FILE *in = fopen("/proc/kallsyms", "re");

	memset(k, 0, sizeof(*k));
	if (!in)
		return;
	ksyms_read(k, in);
	fclose(in);
}

/* Have devices come or gone, or others than before translate for them? */
static bool devices_differ(const struct iommu_host *a, const struct iommu_host *b)
{
	return a->nr_device != b->nr_device ||
	       memcmp(a->device, b->device, a->nr_device * sizeof(*a->device));
}

static void show_text(struct watch *w)
{
	FILE *out = w->set->out;

	if (devices_differ(&w->now, &w->before))
		iommu_text_devices(out, &w->now);
	iommu_text_domains(out, &w->now, &w->before);
	if (env.oldest)
		iommu_text_oldest(out, &w->now, &w->look);
	if (env.map)
		iommu_text_map(out, &w->now);
	iommu_text_losses(out, &w->now);
	fputc('\n', out);
}

static void show_json(struct watch *w)
{
	if (devices_differ(&w->now, &w->before))
		iommu_json_devices(&w->json, &w->now);
	iommu_json_domains(&w->json, &w->now, &w->before);
	if (env.oldest)
		iommu_json_oldest(&w->json, &w->now, &w->look);
	if (env.map)
		iommu_json_map(&w->json, &w->now, &w->look);
	iommu_json_losses(&w->json, &w->now);
}

static int report(struct watch *w, struct error *err)
{
	struct iommu_host old = w->before;

	w->before = w->now;
	w->now = old;
	w->now.stack = w->before.stack;
	table_init(&w->before.stack, sizeof(struct iommu_stack));
	if (src_iommu_read(w->src, &w->now, env.map || env.oldest ? SRC_IOMMU_MAPS : 0, err))
		return -1;
	if (w->set->json)
		show_json(w);
	else
		show_text(w);
	fflush(w->set->out);
	if (ferror(w->set->out))
		return error_set(err, EXIT_FAILED, "cannot write: %s", strerror(errno));
	return 0;
}

static int watch(struct watch *w, struct run *run, struct error *err)
{
	uint64_t reports = 0;

	while (!env.count || reports < env.count) {
		enum run_wake wake = run_wait(run);

		if (wake == RUN_STOP)
			return 0;
		if (wake != RUN_TICK)
			continue;
		if (report(w, err))
			return -1;
		reports++;
	}
	return 0;
}

/* What translates for whom, before the first interval begins. */
static void show_begin(struct watch *w, struct sink *sink)
{
	struct header h;

	fill_header(&h, src_iommu_name(w->src), "none");
	if (w->set->json) {
		sink->ops->header(sink, &h);
		iommu_json_devices(&w->json, &w->now);
	} else {
		fprintf(w->set->out, "# mappings by %s\n", h.source);
		iommu_text_devices(w->set->out, &w->now);
	}
	fflush(w->set->out);
}

static int iommu_all(struct watch *w, struct error *err)
{
	struct run run = { .data_fd = -1, .key_fd = -1, .interval = env.interval };
	struct sink *sink = out_json_new(w->set->out);
	struct totals none = { 0 };
	int ret;

	ret = src_iommu_read(w->src, &w->now, 0, err);
	if (!ret) {
		show_begin(w, sink);
		ret = run_begin(&run, err);
	}
	if (!ret) {
		ret = watch(w, &run, err);
		run_end(&run);
	}
	if (w->set->json && !ret)
		sink->ops->end(sink, &none, run.cause ? run.cause : "complete");
	sink->ops->close(sink);
	return ret;
}

static int run_iommu(const struct settings *set)
{
	const struct src_iommu_config config = {
		.rung = set->source, .live = env.mappings, .gone = env.unmapped,
		.no_stacks = env.no_stacks, .verbose = set->verbose,
	};
	struct watch w = { .set = set };
	struct error err = { 0 };
	int ret;

	w.src = src_iommu_open(&config, &err);
	if (!w.src)
		return error_print(&err);
	iommu_host_init(&w.now);
	iommu_host_init(&w.before);
	read_ksyms(&w.ksyms);
	w.look = (struct iommu_look){ .ksyms = &w.ksyms, .stacks = !env.no_stacks,
				      .oldest = env.oldest };
	json_init(&w.json, set->out);
	ret = iommu_all(&w, &err);
	json_fini(&w.json);
	ksyms_fini(&w.ksyms);
	iommu_host_fini(&w.now);
	iommu_host_fini(&w.before);
	src_iommu_close(w.src);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_iommu = {
	.name = "iommu",
	.task = TASK_WATCH,
	.summary = "every IOMMU domain of the machine: what drivers map",
	.examples =
		"  vcmstat iommu                     domains, mappings and rates each second\n"
		"  vcmstat iommu 10 1 --oldest 5     what has been there the longest, from where\n"
		"  vcmstat iommu 1 1 --map           all live mappings\n",
	.opts = opts,
	.run = run_iommu,
};
