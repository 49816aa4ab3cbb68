/* SPDX-License-Identifier: GPL-2.0-only */
/* iommu_compare.h - what is known of a domain beside what its tables have.  No I/O. */
#ifndef VCMSTAT_IOMMU_COMPARE_H
#define VCMSTAT_IOMMU_COMPARE_H

#include "iommu_host.h"

struct iommu_compared {
	uint64_t both;		/* bytes */
	uint64_t only_list;
	uint64_t only_table;
};

/* @run: @nr runs in order, that do not touch. */
void iommu_compare(const struct iommu_host *h, uint32_t number, const struct vcm_host_run *run,
		   size_t nr, struct iommu_compared *c);

#endif
