// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_fault.c - see src_fault.h.
 *
 * Whether the machine has an IOMMU of a kind is asked of sysfs first, so that no program is loaded
 * for what cannot happen; report_iommu_fault() can be called by anybody.  Each source is a BPF
 * object of its own: one that the kernel refuses takes no other with it.
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
#define OWN_HANDLER	"vcm_iommu_fault"	/* in module vcm */

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
	struct vcm_fault_bpf *bpf[VCM_FAULT_SOURCES];	/* NULL where there is none */
	struct ring_buffer *rings;			/* of all */
	char names[32];		/* as long as a recording has room for */
	__u64 own_handler;
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

static void choose_programs(struct bpf_object *obj, const struct fault_kind *kind, const char *rung)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj) {
		const char *section = bpf_program__section_name(prog);
		size_t len = strcspn(section, "/");

		bpf_program__set_autoload(prog, strlen(rung) == len &&
					  !strncmp(section, rung, len) &&
					  !strncmp(bpf_program__name(prog), kind->program,
						   strlen(kind->program)));
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

/* 0, or -errno of what the kernel refused. */
static int open_rung(struct fault_capture *f, unsigned int source, const char *rung)
{
	struct vcm_fault_bpf *bpf = vcm_fault_bpf__open();
	int ret;

	if (!bpf)
		return -errno;
	if (f->config.ring_bytes)
		bpf_map__set_max_entries(bpf->maps.vcm_faults, (__u32)f->config.ring_bytes);
	bpf->rodata->vcm_fault_reports = !!f->bpf[VCM_FAULT_REPORT];
	bpf->rodata->vcm_fault_handler = f->own_handler;
	choose_programs(bpf->obj, &kinds[source], rung);
	ret = vcm_fault_bpf__load(bpf);
	if (!ret)
		ret = vcm_fault_bpf__attach(bpf);
	if (!ret)
		ret = add_ring(f, bpf);
	if (!ret)
		f->bpf[source] = bpf;
	else
		vcm_fault_bpf__destroy(bpf);
	return ret;
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

	if (!(f->config.sources & 1u << source) || !is_present(kind->present))
		return;
	for (i = 0; kind->rung[i]; i++) {
		int ret = open_rung(f, source, kind->rung[i]);

		if (!ret) {
			add_name(f, source, i ? kind->rung[i] : NULL);
			return;
		}
		if (f->config.verbose)
			fprintf(stderr, "vcmstat: no faults by %s of %s: %s\n", kind->rung[i],
				fault_source_text(source), strerror(-ret));
	}
}

/* Where the module handles faults of its domains, 0 when that cannot be known. */
static __u64 find_own_handler(void)
{
	FILE *in = fopen("/proc/kallsyms", "re");
	unsigned long long addr = 0;
	char line[256];

	if (!in)
		return 0;
	while (fgets(line, sizeof(line), in)) {
		const char *at = strstr(line, " " OWN_HANDLER "\t[vcm]");

		if (at && sscanf(line, "%llx", &addr) == 1)
			break;
	}
	fclose(in);
	return addr;
}

/*
 * The source that tells what others do not comes first, because those ask whether it is there.
 * Without the address of the handler its faults would be told twice.
 */
struct fault_capture *fault_open(const struct fault_config *config)
{
	struct fault_capture *f = xcalloc(1, sizeof(*f));
	unsigned int source;

	f->config = *config;
	if (!config->verbose)
		libbpf_set_print(NULL);
	if (config->without_events)
		f->own_handler = find_own_handler();
	if (config->without_events && !f->own_handler) {
		f->config.sources &= ~FAULT_SOURCE(REPORT);
		if (config->verbose)
			fprintf(stderr, "vcmstat: no faults by report: the kernel hides where "
				OWN_HANDLER " is\n");
	}
	open_source(f, VCM_FAULT_REPORT);
	for (source = 0; source < VCM_FAULT_REPORT; source++)
		open_source(f, source);
	if (!f->names[0])
		snprintf(f->names, sizeof(f->names), "none");
	return f;
}

void fault_close(struct fault_capture *f)
{
	unsigned int source;

	ring_buffer__free(f->rings);
	for (source = 0; source < VCM_FAULT_SOURCES; source++)
		vcm_fault_bpf__destroy(f->bpf[source]);
	free(f);
}

const char *fault_names(const struct fault_capture *f)
{
	return f->names;
}

unsigned int fault_sources(const struct fault_capture *f)
{
	unsigned int source, sources = 0;

	for (source = 0; source < VCM_FAULT_SOURCES; source++)
		sources |= f->bpf[source] ? 1u << source : 0;
	return sources;
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
	unsigned int source;

	memset(losses, 0, sizeof(*losses));
	for (source = 0; source < VCM_FAULT_SOURCES; source++) {
		struct vcm_fault_bpf *bpf = f->bpf[source];

		if (!bpf)
			continue;
		losses->dropped[source] = __atomic_load_n(&bpf->bss->vcm_fault_dropped,
							  __ATOMIC_RELAXED);
		losses->overflow[source] = __atomic_load_n(&bpf->bss->vcm_fault_overflow,
							   __ATOMIC_RELAXED);
		losses->own += __atomic_load_n(&bpf->bss->vcm_fault_own, __ATOMIC_RELAXED);
	}
}
