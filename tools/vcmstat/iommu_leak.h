/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iommu_leak.h - mappings that are held for long, put together by where they were made.  No I/O.
 *
 * Rings and tables of drivers are held for good and do not become more; a leak does.  So what
 * counts is how many have come since the first look.
 */
#ifndef VCMSTAT_IOMMU_LEAK_H
#define VCMSTAT_IOMMU_LEAK_H

#include "iommu_show.h"

struct iommu_leak {
	uint32_t domain;
	int32_t stack;
	uint64_t nr;
	uint64_t bytes;
	uint64_t oldest_ns;	/* when it was made */
	uint64_t first_nr;	/* in the first look */
	struct vcm_host_who made;	/* the oldest */
};

/* The state over all looks: rows of struct iommu_leak by domain and stack. */
struct iommu_leaks {
	struct table row;
	bool looked;
};

void iommu_leaks_init(struct iommu_leaks *l);
void iommu_leaks_fini(struct iommu_leaks *l);
/* What is held for @older_ns or more; the number of places. */
size_t iommu_leaks_look(struct iommu_leaks *l, const struct iommu_host *h, uint64_t older_ns);
/* Those that grew the most come first. */
void iommu_leaks_text(FILE *out, const struct iommu_leaks *l, const struct iommu_host *h,
		      const struct iommu_look *look);
void iommu_leaks_json(struct json *j, const struct iommu_leaks *l, const struct iommu_host *h,
		      const struct iommu_look *look);

#endif
