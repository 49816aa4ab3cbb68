/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * src_iommu.h - the kernel's own IOMMU domains as a source, by bpf/hostmap.bpf.c and
 * bpf/hostwalk.bpf.c.
 *
 * Needs the BTF of the kernel and no module of VCM.
 */
#ifndef VCMSTAT_SRC_IOMMU_H
#define VCMSTAT_SRC_IOMMU_H

#include "iommu_host.h"
#include "util.h"

struct src_iommu_config {
	const char *rung;	/* "fexit" or "kprobe", NULL for the first that works */
	uint64_t live;		/* mappings that can be followed */
	uint64_t gone;		/* unmapped ranges to remember */
	bool no_stacks;
	int verbose;
};

/* What has to be read beside devices, domains and counts. */
enum { SRC_IOMMU_MAPS = 1, SRC_IOMMU_GONE = 2 };

struct src_iommu;

/* From here on everything is recorded; what was there is read from page tables. */
struct src_iommu *src_iommu_open(const struct src_iommu_config *config, struct error *err);
const char *src_iommu_name(const struct src_iommu *s);
/* Look again where something changed that the records do not explain, then read into @h. */
int src_iommu_read(struct src_iommu *s, struct iommu_host *h, unsigned int what,
		   struct error *err);
/*
 * What the tables of the domain at @ptr map, in order; the number of runs, or -1.  The caller frees
 * *@runs.
 */
long src_iommu_tables(struct src_iommu *s, uint64_t ptr, struct vcm_host_run **runs,
		      struct error *err);
void src_iommu_close(struct src_iommu *s);

#endif
