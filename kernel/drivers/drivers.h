/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers.h - what main.c calls of the drivers, and what the imports share.
 */
#ifndef VCM_DRIVERS_H
#define VCM_DRIVERS_H

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/types.h>

#include "vcm.h"

struct device;
struct iommu_domain;
struct page;
struct vcm_chunk;
struct vcm_dom;
struct vcm_faults;

int vcm_carveouts_init(void);
void vcm_carveouts_exit(void);
int vcm_dmabuf_init(void);
void vcm_dmabuf_exit(void);
int vcm_iommu_init(void);
void vcm_iommu_exit(void);

/* Zeroed memory, to be freed by kvfree(); or NULL, also on demand. */
static inline void *vcm_driver_zalloc(size_t len)
{
	return vcm_should_fail() ? NULL : kvzalloc(len, GFP_KERNEL_ACCOUNT);
}

/* iommu_msi.c; without interrupts that an IOMMU translates there is nothing to see to */
#ifdef CONFIG_IRQ_MSI_IOMMU
int vcm_msi_find(struct device *dev, struct list_head *bells);
void vcm_msi_forget(struct list_head *bells);
int vcm_msi_nth(struct device *dev, u32 n, u64 *start, u64 *last);
int vcm_msi_map(struct iommu_domain *domain, struct list_head *mapped, struct device *dev,
		struct list_head *bells);
void vcm_msi_unmap(struct iommu_domain *domain, struct list_head *mapped, struct device *dev);
#else
static inline int vcm_msi_find(struct device *dev, struct list_head *bells)
{
	return 0;
}

static inline void vcm_msi_forget(struct list_head *bells)
{
}

static inline int vcm_msi_nth(struct device *dev, u32 n, u64 *start, u64 *last)
{
	return -ENOENT;
}

static inline int vcm_msi_map(struct iommu_domain *domain, struct list_head *mapped,
			      struct device *dev, struct list_head *bells)
{
	return 0;
}

static inline void vcm_msi_unmap(struct iommu_domain *domain, struct list_head *mapped,
				 struct device *dev)
{
}
#endif

/* iommu_fault.c */
struct vcm_faults *vcm_faults_follow(struct iommu_domain *iommu, struct vcm_dom *dom);
void vcm_faults_put(struct vcm_faults *faults);

/* phys_import.c */
struct vcm_chunk *vcm_chunks_of_pages(struct page *const *pages, u64 nr_pages, u32 *nr_chunks);

#endif
