// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_fault.c - see src_fault.h.
 *
 * Whether the machine has an IOMMU of a kind is asked of sysfs first, so that no program is loaded
 * for what cannot happen; report_iommu_fault() can be called by anybody.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "fault.skel.h"
#include "faultfmt.h"
#include "src_fault.h"
#include "util.h"

#define RUNGS		3

struct fault_kind {
	const char *present;		/* a file of sysfs that is there, NULL: always */
	const char *rung[RUNGS + 1];	/* sections up to the '/', the best first */
	const char *program;		/* how the names of its programs begin */
};

static const struct fault_kind kinds[VCM_FAULT_SOURCES] = {
	[VCM_FAULT_VTD] = { "/sys/class/iommu/dmar*", { "fentry", "kprobe" }, "vcm_vtd_" },
	[VCM_FAULT_AMD] = { "/sys/class/iommu/ivhd*", { "fentry", "kprobe" }, "vcm_amd_" },
	[VCM_FAULT_VIRTIO] = { "/sys/bus/virtio/drivers/virtio_iommu/virtio*", { "fexit" },
			       "vcm_virtio_" },
	[VCM_FAULT_REPORT] = { NULL, { "fentry", "kprobe", "tp_btf" }, "vcm_report_" },
};

struct fault_capture {
	struct fault_config config;
	struct vcm_fault_bpf *bpf[VCM_FAULT_SOURCES];	/* one for all, or one each */
	unsigned int nr_bpf;
	unsigned int sources;	/* attached */
	struct ring_buffer *rings;	/* of all */
	char names[32];		/* as long as a recording has room for */
};

static int on_fault(void *arg, void *data, size_t len)
{
	struct fault_capture *f = arg;
	struct vcm_fault fault;

	if (len < sizeof(fault))
		return 0;
	memcpy(&fault, data, sizeof(fault));
	if (fault.device == VCM_FAULT_NO_DEVICE)
		fault_find_device(&fault);
	f->config.handler(f->config.arg, &fault);
	return 0;
}

static bool is_present(const char *pattern)
{
	glob_t found;
	int ret = pattern ? glob(pattern, GLOB_NOSORT, NULL, &found) : 0;

	if (pattern)
		globfree(&found);
	return !ret;
}

static void choose_programs(struct bpf_object *obj, unsigned int sources, unsigned int rung)
{
	struct bpf_program *prog;
	unsigned int i;

	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, false);
	bpf_object__for_each_program(prog, obj) {
		const char *section = bpf_program__section_name(prog);
		size_t len = strcspn(section, "/");

		for (i = 0; i < VCM_FAULT_SOURCES; i++) {
			const struct fault_kind *kind = &kinds[i];

			if (sources & 1u << i && strlen(kind->rung[rung]) == len &&
			    !strncmp(section, kind->rung[rung], len) &&
			    !strncmp(bpf_program__name(prog), kind->program,
				     strlen(kind->program)))
				bpf_program__set_autoload(prog, true);
		}
	}
}

static int add_ring(struct fault_capture *f, const struct vcm_fault_bpf *bpf)
{
	int fd = bpf_map__fd(bpf->maps.vcm_faults);

	if (f->rings)
		return ring_buffer__add(f->rings, fd, on_fault, f);
	f->rings = ring_buffer__new(fd, on_fault, f, NULL);
	return f->rings ? 0 : -errno;
}

/* Without the address of the handler of VCM its faults would be told twice. */
static bool needs_handler(const struct fault_capture *f, unsigned int sources)
{
	return f->config.without_events && sources & FAULT_SOURCE(REPORT);
}

static int find_handler(struct vcm_fault_bpf *bpf)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	int ret = bpf_prog_test_run_opts(bpf_program__fd(bpf->progs.vcm_fault_find_handler), &run);

	if (ret)
		return ret;
	return bpf->bss->vcm_fault_handler ? 0 : -ENOENT;
}

/* Attach all of @sources by a rung that each has: 0, or -errno of what the kernel refused. */
static int open_rung(struct fault_capture *f, unsigned int sources, unsigned int rung)
{
	struct vcm_fault_bpf *bpf = vcm_fault_bpf__open();
	int ret;

	if (!bpf)
		return -errno;
	if (f->config.ring_bytes)
		bpf_map__set_max_entries(bpf->maps.vcm_faults, (__u32)f->config.ring_bytes);
	bpf->rodata->vcm_fault_reports = !!((f->sources | sources) & FAULT_SOURCE(REPORT));
	choose_programs(bpf->obj, sources, rung);
	bpf_program__set_autoload(bpf->progs.vcm_fault_find_handler, needs_handler(f, sources));
	ret = vcm_fault_bpf__load(bpf);
	if (!ret && needs_handler(f, sources))
		ret = find_handler(bpf);
	if (!ret)
		ret = vcm_fault_bpf__attach(bpf);
	if (!ret)
		ret = add_ring(f, bpf);
	if (ret) {
		vcm_fault_bpf__destroy(bpf);
		return ret;
	}
	f->bpf[f->nr_bpf++] = bpf;
	f->sources |= sources;
	return 0;
}

static void add_name(struct fault_capture *f, unsigned int source, const char *rung)
{
	size_t len = strlen(f->names);

	snprintf(f->names + len, sizeof(f->names) - len, "%s%s%s%s%s", len ? " " : "",
		 fault_source_text(source), rung ? "(" : "", rung ? rung : "", rung ? ")" : "");
}

static void open_source(struct fault_capture *f, unsigned int source)
{
	const struct fault_kind *kind = &kinds[source];
	unsigned int i;

	for (i = 0; kind->rung[i]; i++) {
		int ret = open_rung(f, 1u << source, i);

		if (!ret) {
			add_name(f, source, i ? kind->rung[i] : NULL);
			return;
		}
		if (f->config.verbose)
			fprintf(stderr, "vcmstat: no faults by %s of %s: %s\n", kind->rung[i],
				fault_source_text(source), strerror(-ret));
	}
}

/*
 * All at once by their best rungs, or, where the kernel refuses that, each by itself.  Then the
 * one that tells what others do not comes first, because those ask whether it is there.
 */
static void open_sources(struct fault_capture *f, unsigned int wanted)
{
	unsigned int source;

	if (!wanted)
		return;
	if (!open_rung(f, wanted, 0)) {
		for (source = 0; source < VCM_FAULT_SOURCES; source++) {
			if (wanted & 1u << source)
				add_name(f, source, NULL);
		}
		return;
	}
	if (wanted & FAULT_SOURCE(REPORT))
		open_source(f, VCM_FAULT_REPORT);
	for (source = 0; source < VCM_FAULT_REPORT; source++) {
		if (wanted & 1u << source)
			open_source(f, source);
	}
}

static unsigned int present_sources(unsigned int sources)
{
	unsigned int i;

	for (i = 0; i < VCM_FAULT_SOURCES; i++) {
		if (!is_present(kinds[i].present))
			sources &= ~(1u << i);
	}
	return sources;
}

struct fault_capture *fault_open(const struct fault_config *config)
{
	struct fault_capture *f = xcalloc(1, sizeof(*f));
	unsigned int sources = present_sources(config->sources & FAULT_ALL);

	f->config = *config;
	if (!config->verbose)
		libbpf_set_print(NULL);
	open_sources(f, sources);
	if (!f->names[0])
		snprintf(f->names, sizeof(f->names), "none");
	return f;
}

void fault_close(struct fault_capture *f)
{
	unsigned int i;

	ring_buffer__free(f->rings);
	for (i = 0; i < f->nr_bpf; i++)
		vcm_fault_bpf__destroy(f->bpf[i]);
	free(f);
}

const char *fault_names(const struct fault_capture *f)
{
	return f->names;
}

unsigned int fault_sources(const struct fault_capture *f)
{
	return f->sources;
}

int fault_poll(struct fault_capture *f)
{
	return f->rings ? ring_buffer__consume(f->rings) : 0;
}

int fault_fd(const struct fault_capture *f)
{
	return f->rings ? ring_buffer__epoll_fd(f->rings) : -1;
}

void fault_losses(const struct fault_capture *f, struct fault_losses *losses)
{
	unsigned int i, source;

	memset(losses, 0, sizeof(*losses));
	for (i = 0; i < f->nr_bpf; i++) {
		const volatile struct vcm_fault_bpf__bss *bss = f->bpf[i]->bss;

		for (source = 0; source < VCM_FAULT_SOURCES; source++) {
			losses->dropped[source] += bss->vcm_fault_dropped[source];
			losses->overflow[source] += bss->vcm_fault_overflow[source];
		}
		losses->own += bss->vcm_fault_own;
	}
}
