// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_iommu.c - vcmstat iommu: every IOMMU domain of the machine, whoever made it.
 *
 * Needs no module of VCM.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "iommu_compare.h"
#include "iommu_fault.h"
#include "iommu_leak.h"
#include "src_fault.h"
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
	bool verify;
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
	{ OPT_SECONDS, "leak", 0, "SECONDS", &env.leak,
	  "where in the code what is held for at least so long was mapped; exit with 4 if any" },
	{ OPT_FLAG, "verify", 0, NULL, &env.verify,
	  "compare with the tables, which is exact at rest; exit with 4 if they differ" },
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
	struct fault_capture *capture;
	struct ksyms ksyms;
	struct iommu_look look;
	struct iommu_host now, before, then;	/* then: at the last fault */
	struct iommu_leaks leaks;
	struct iommu_faults faults;
	struct json json;
	bool found;	/* what the exit code tells */
};

/* Once a stack is to be shown: there are a lot of them. */
static void need_ksyms(struct watch *w)
{
	FILE *in = w->ksyms.nr ? NULL : fopen("/proc/kallsyms", "re");

	if (!in)
		return;
	ksyms_read(&w->ksyms, in);
	fclose(in);
}

/* Have devices come or gone, or others than before translate for them? */
static bool devices_differ(const struct iommu_host *a, const struct iommu_host *b)
{
	if (a->nr_device != b->nr_device)
		return true;
	return a->nr_device &&
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
	if (w->look.leak_ns)
		iommu_leaks_text(out, &w->leaks, &w->now, &w->look);
	if (env.map)
		iommu_text_map(out, &w->now);
	iommu_faults_text(out, &w->faults);
	iommu_text_losses(out, &w->now);
}

static void show_json(struct watch *w)
{
	if (devices_differ(&w->now, &w->before))
		iommu_json_devices(&w->json, &w->now);
	iommu_json_domains(&w->json, &w->now, &w->before);
	if (env.oldest)
		iommu_json_oldest(&w->json, &w->now, &w->look);
	if (w->look.leak_ns)
		iommu_leaks_json(&w->json, &w->leaks, &w->now, &w->look);
	if (env.map)
		iommu_json_map(&w->json, &w->now, &w->look);
	iommu_faults_json(&w->json, &w->faults);
}

static void show_compared(struct watch *w, uint32_t number, const struct iommu_compared *c)
{
	if (c->only_list || c->only_table)
		w->found = true;
	if (!w->set->json) {
		fprintf(w->set->out, "# domain %u: %s: %" PRIu64 " bytes, %" PRIu64
			" only listed, %" PRIu64 " only in its tables\n", number,
			c->only_list || c->only_table ? "differs" : "as its tables", c->both,
			c->only_list, c->only_table);
		return;
	}
	json_begin(&w->json, "iommu_verify");
	json_u64(&w->json, "domain", number);
	json_u64(&w->json, "both", c->both);
	json_u64(&w->json, "only_list", c->only_list);
	json_u64(&w->json, "only_table", c->only_table);
	json_end(&w->json);
}

/* What is listed was read just before; whatever happens in between shows as a difference. */
static int verify(struct watch *w, struct error *err)
{
	struct iommu_compared c;
	struct vcm_host_run *run;
	size_t i;
	long nr;

	for (i = 0; i < w->now.nr_dom; i++) {
		const struct iommu_dom *d = &w->now.dom[i];

		if (!iommu_dom_whole(d) || (!d->live && !d->count.maps))
			continue;
		nr = src_iommu_tables(w->src, d->slot.ptr, &run, err);
		if (nr < 0)
			return -1;
		iommu_compare(&w->now, d->slot.domain, run, (size_t)nr, &c);
		free(run);
		show_compared(w, d->slot.domain, &c);
	}
	return 0;
}

static int report(struct watch *w, struct error *err)
{
	struct iommu_host old = w->before;

	w->before = w->now;
	w->now = old;
	if (src_iommu_read(w->src, &w->now, SRC_IOMMU_MAPS, err))
		return -1;
	if (w->look.leak_ns && iommu_leaks_look(&w->leaks, &w->now, w->look.leak_ns))
		w->found = true;
	if (env.oldest || env.map || w->look.leak_ns)
		need_ksyms(w);
	if (w->set->json)
		show_json(w);
	else
		show_text(w);
	iommu_faults_told(&w->faults);
	if (env.verify && verify(w, err))
		return -1;
	if (w->set->json)
		iommu_json_losses(&w->json, &w->now);
	else
		fputc('\n', w->set->out);
	fflush(w->set->out);
	if (ferror(w->set->out))
		return error_set(err, EXIT_FAILED, "cannot write: %s", strerror(errno));
	return 0;
}

static void on_fault(void *arg, const struct vcm_fault *fault)
{
	struct watch *w = arg;

	w->found = true;
	iommu_faults_add(&w->faults, fault);
}

/* Say of each fault of a new page or device what there is to know of it, while it is known. */
static int look_for_faults(struct watch *w, struct error *err)
{
	struct iommu_faults *f = &w->faults;
	struct iommu_verdict v;

	fault_poll(w->capture);
	if (f->judged == f->seen.nr)
		return 0;
	need_ksyms(w);
	if (src_iommu_read(w->src, &w->then, SRC_IOMMU_MAPS | SRC_IOMMU_GONE, err))
		return -1;
	for (; f->judged < f->seen.nr; f->judged++) {
		const struct iommu_seen *s = table_row(&f->seen, f->judged);

		iommu_judge(&w->then, &s->first, &v);
		if (w->set->json)
			iommu_verdict_json(&w->json, &w->then, &w->look, &s->first, &v);
		else
			iommu_verdict_text(w->set->out, &w->then, &w->look, &s->first, &v);
	}
	fflush(w->set->out);
	return 0;
}

static int watch(struct watch *w, struct run *run, struct error *err)
{
	uint64_t reports = 0;

	while (!env.count || reports < env.count) {
		enum run_wake wake = run_wait(run);

		if (look_for_faults(w, err))
			return -1;
		if (wake == RUN_STOP)	/* with what came since the last report */
			return strcmp(run->cause, "output is gone") ? report(w, err) : 0;
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

	fill_header(&h, src_iommu_name(w->src), fault_names(w->capture));
	if (w->set->json) {
		sink->ops->header(sink, &h);
		iommu_json_devices(&w->json, &w->now);
		iommu_json_losses(&w->json, &w->now);
	} else {
		fprintf(w->set->out, "# mappings by %s, faults by %s\n", h.source, h.faults);
		iommu_text_devices(w->set->out, &w->now);
	}
	fflush(w->set->out);
}

static void show_end(struct watch *w, struct sink *sink, const char *cause)
{
	struct totals t = { .faults = w->faults.all };
	struct fault_losses lost;
	unsigned int i;

	fault_losses(w->capture, &lost);
	for (i = 0; i < VCM_FAULT_SOURCES; i++) {
		t.fault_dropped += lost.dropped[i];
		t.fault_overflow += lost.overflow[i];
	}
	if (w->set->json)
		sink->ops->end(sink, &t, cause);
	else if (t.faults)
		fprintf(w->set->out, "# %" PRIu64 " faults, %" PRIu64 " more found no room here, "
			"%" PRIu64 " times the IOMMU had none\n", t.faults, t.fault_dropped,
			t.fault_overflow);
}

static int iommu_all(struct watch *w, struct error *err)
{
	struct run run = { .key_fd = -1, .interval = env.interval };
	struct sink *sink = out_json_new(w->set->out);
	int ret;

	run.data_fd = fault_fd(w->capture);
	ret = src_iommu_read(w->src, &w->now, 0, err);
	if (!ret) {
		show_begin(w, sink);
		ret = run_begin(&run, err);
	}
	if (!ret) {
		ret = watch(w, &run, err);
		run_end(&run);
	}
	if (!ret)
		show_end(w, sink, run.cause ? run.cause : "complete");
	sink->ops->close(sink);
	return ret || !w->found ? ret : EXIT_FOUND;
}

static void watch_init(struct watch *w, const struct settings *set)
{
	struct fault_config faults = { .sources = FAULT_ALL, .verbose = set->verbose,
				       .handler = on_fault, .arg = w };

	iommu_host_init(&w->now);
	iommu_host_init(&w->before);
	iommu_host_init(&w->then);
	iommu_leaks_init(&w->leaks);
	iommu_faults_init(&w->faults);
	json_init(&w->json, set->out);
	w->look = (struct iommu_look){ .ksyms = &w->ksyms, .stacks = !env.no_stacks,
				       .oldest = env.oldest,
				       .leak_ns = (uint64_t)(env.leak * 1e9) };
	w->capture = fault_open(&faults);
}

static void watch_fini(struct watch *w)
{
	fault_close(w->capture);
	json_fini(&w->json);
	ksyms_fini(&w->ksyms);
	iommu_faults_fini(&w->faults);
	iommu_leaks_fini(&w->leaks);
	iommu_host_fini(&w->then);
	iommu_host_fini(&w->before);
	iommu_host_fini(&w->now);
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
	watch_init(&w, set);
	ret = iommu_all(&w, &err);
	watch_fini(&w);
	src_iommu_close(w.src);
	return ret < 0 ? error_print(&err) : ret;
}

const struct command cmd_iommu = {
	.name = "iommu",
	.task = TASK_WATCH,
	.summary = "every IOMMU domain of the machine: what drivers map",
	.examples =
		"  vcmstat iommu                     domains, rates and faults, each second\n"
		"  vcmstat iommu 10 1 --oldest 5     what has been there the longest, from where\n"
		"  vcmstat iommu 60 --leak 30        what is held for long and becomes more\n"
		"  vcmstat iommu 1 1 --map           all live mappings\n",
	.opts = opts,
	.run = run_iommu,
};
