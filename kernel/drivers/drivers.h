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

struct page;
struct vcm_chunk;

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

/* phys_import.c */
struct vcm_chunk *vcm_chunks_of_pages(struct page *const *pages, u64 nr_pages, u32 *nr_chunks);

#endif
