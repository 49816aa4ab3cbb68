// SPDX-License-Identifier: GPL-2.0-only
/* iommu_stack.c - stacks of the kernel for people: who asked for a mapping.  See iommu_show.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "iommu_show.h"
#include "util.h"

#define FRAME_LEN 128

static bool begins_with(const char *name, const char *const *prefix)
{
	for (; *prefix; prefix++) {
		if (!strncmp(name, *prefix, strlen(*prefix)))
			return true;
	}
	return false;
}

/* Of the programs and of how the kernel comes to them. */
static bool is_ours(const char *name)
{
	static const char *const prefix[] = {
		"bpf_prog_", "bpf_trampoline", "bpf_trace_run", "kretprobe", "rethook",
		"arch_rethook", "kprobe_", "ftrace_", "kretprobe_", "0x", NULL,
	};

	return begins_with(name, prefix);
}

/* Of the layers that every driver goes through. */
static bool is_core(const char *name)
{
	static const char *const prefix[] = {
		"iommu_", "__iommu_", "dma_", "__dma_", "swiotlb_", "dmam_", "debug_dma", NULL,
	};

	return begins_with(name, prefix);
}

/* The name of frame @i of a stack, NULL behind the last. */
static const char *frame_name(const struct iommu_stack *s, const struct ksyms *k, unsigned int i,
			      char *buf)
{
	if (!s || i >= VCM_HOST_FRAMES || !s->frame[i])
		return NULL;
	return ksyms_text(k, s->frame[i], buf, FRAME_LEN);
}

static unsigned int first_frame(const struct iommu_stack *s, const struct ksyms *k)
{
	char buf[FRAME_LEN];
	unsigned int i = 0;

	while (frame_name(s, k, i, buf) && is_ours(buf))
		i++;
	/* a kernel that hides its addresses has numbers only */
	return frame_name(s, k, i, buf) ? i : 0;
}

void iommu_stack_text(FILE *out, const struct iommu_host *h, const struct ksyms *k, int32_t stack)
{
	const struct iommu_stack *s = iommu_host_stack(h, stack);
	char buf[FRAME_LEN];
	unsigned int i;

	for (i = first_frame(s, k); frame_name(s, k, i, buf); i++)
		fprintf(out, "          %.69s\n", buf);
}

const char *iommu_stack_line(char *buf, size_t len, const struct iommu_host *h,
			     const struct ksyms *k, int32_t stack)
{
	const struct iommu_stack *s = iommu_host_stack(h, stack);
	char name[FRAME_LEN];
	unsigned int i;
	size_t at = 0;

	buf[0] = '\0';
	for (i = first_frame(s, k); frame_name(s, k, i, name) && at < len; i++)
		at += (size_t)snprintf(buf + at, len - at, "%s%s", at ? ";" : "", name);
	return buf;
}

const char *iommu_stack_asker(char *buf, size_t len, const struct iommu_host *h,
			      const struct ksyms *k, int32_t stack)
{
	const struct iommu_stack *s = iommu_host_stack(h, stack);
	char name[FRAME_LEN];
	unsigned int i;

	snprintf(buf, len, "unknown");
	for (i = first_frame(s, k); frame_name(s, k, i, name); i++) {
		if (is_core(name))
			continue;
		/* "nvme_unmap_data+0x1f [nvme]" without where in it */
		snprintf(buf, len, "%.*s%s", (int)strcspn(name, "+"), name,
			 strchr(name, ' ') ? strchr(name, ' ') : "");
		break;
	}
	return buf;
}

const char *iommu_who_text(char *buf, const struct vcm_host_who *who)
{
	char comm[VCM_HOST_COMM + 1];

	if (!who->ts_ns)
		return strcpy(buf, "before");
	snprintf(buf, 40, "%s/%u", name_text(comm, sizeof(comm), who->comm, VCM_HOST_COMM),
		 who->pid);
	return buf;
}

static int by_age(const void *x, const void *y)
{
	const struct iommu_mapping *a = *(const struct iommu_mapping *const *)x;
	const struct iommu_mapping *b = *(const struct iommu_mapping *const *)y;

	if (a->live.made.ts_ns != b->live.made.ts_ns)
		return a->live.made.ts_ns < b->live.made.ts_ns ? -1 : 1;
	return (a->key.iova > b->key.iova) - (a->key.iova < b->key.iova);
}

const struct iommu_mapping **iommu_by_age(const struct iommu_host *h, size_t *nr)
{
	const struct iommu_mapping **sorted = xcalloc(h->nr_map + 1, sizeof(*sorted));
	size_t i;

	*nr = 0;
	for (i = 0; i < h->nr_map; i++) {
		if (!h->map[i].live.walked)
			sorted[(*nr)++] = &h->map[i];
	}
	qsort(sorted, *nr, sizeof(*sorted), by_age);
	return sorted;
}
