// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcm_edu_mem.c - memory of a buffer in each of the ways that a driver may come by it.
 *
 * VCM allocates it, or the driver has pages already and hands them over as an array or as a
 * scatterlist.  What is handed over stays as long as VCM uses it: the driver gives its own
 * references up at once.
 *
 * Takes no locks.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "vcm.h"
#include "vcm_edu.h"

enum { VCM_EDU_ALLOC, VCM_EDU_ARRAY, VCM_EDU_SGT, VCM_EDU_KINDS };

static void vcm_edu_pages_put(struct page **pages, u32 nr)
{
	while (nr--)
		__free_page(pages[nr]);
	kfree(pages);
}

static struct page **vcm_edu_pages_get(u32 nr)
{
	struct page **pages = kcalloc(nr, sizeof(*pages), GFP_KERNEL);
	u32 i;

	if (!pages)
		return NULL;
	for (i = 0; i < nr; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		if (!pages[i]) {
			vcm_edu_pages_put(pages, i);
			return NULL;
		}
	}
	return pages;
}

static struct vcm_phys *vcm_edu_mem_sgt(struct page **pages, u32 nr)
{
	struct vcm_phys *phys;
	struct sg_table sgt;
	int err;

	err = sg_alloc_table_from_pages(&sgt, pages, nr, 0, (size_t)nr << PAGE_SHIFT, GFP_KERNEL);
	if (err)
		return ERR_PTR(err);
	phys = vcm_phys_import_sgt(&sgt, NULL);
	sg_free_table(&sgt);
	return phys;
}

static struct vcm_phys *vcm_edu_mem_import(u32 nr, u32 kind)
{
	struct page **pages = vcm_edu_pages_get(nr);
	struct vcm_phys *phys;

	if (!pages)
		return ERR_PTR(-ENOMEM);
	if (kind == VCM_EDU_ARRAY)
		phys = vcm_phys_import_pages(pages, nr, NULL);
	else
		phys = vcm_edu_mem_sgt(pages, nr);
	vcm_edu_pages_put(pages, nr);
	return phys;
}

/**
 * vcm_edu_mem() - memory for a buffer
 * @pages: how long
 * @way:   which way of the several, counted without end
 *
 * Return: the memory with one reference, or ERR_PTR().
 */
struct vcm_phys *vcm_edu_mem(u32 pages, u32 way)
{
	const struct vcm_phys_req req = {
		.len = (u64)pages << PAGE_SHIFT,
		.orders = way % 2 ? BIT(0) : 0,	/* every second time in single pages */
	};
	u32 kind = way % VCM_EDU_KINDS;

	return kind == VCM_EDU_ALLOC ? vcm_phys_alloc(&req) : vcm_edu_mem_import(pages, kind);
}
