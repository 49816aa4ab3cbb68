// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmap.c - a contiguous kernel mapping of chunks, with their cache attribute.
 */
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "vcm.h"
#include "vcm_os.h"

static pgprot_t vcm_kernel_prot(enum vcm_cache cache)
{
	switch (cache) {
	case VCM_CACHE_WC:
		return pgprot_writecombine(PAGE_KERNEL);
	case VCM_CACHE_UC:
		return pgprot_noncached(PAGE_KERNEL);
	default:
		return PAGE_KERNEL;
	}
}

static struct page **vcm_pages_of(const struct vcm_chunk *chunks, u32 nr_chunks, u64 *nr)
{
	struct page **pages;
	u64 n = 0;

	*nr = 0;
	for (u32 i = 0; i < nr_chunks; i++)
		*nr += PHYS_PFN(chunks[i].len);
	pages = kvmalloc_array(*nr, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;
	for (u32 i = 0; i < nr_chunks; i++)
		for (u64 off = 0; off < chunks[i].len; off += PAGE_SIZE)
			pages[n++] = pfn_to_page(PHYS_PFN(chunks[i].pa + off));
	return pages;
}

/**
 * vcm_os_vmap() - map chunks into the kernel, one after the other
 * @chunks:    the chunks
 * @nr_chunks: length of @chunks
 * @cache:     their cache attribute
 *
 * Context: may sleep. Return: the address, to be given to vcm_os_vunmap(); or NULL.
 */
void *vcm_os_vmap(const struct vcm_chunk *chunks, u32 nr_chunks, enum vcm_cache cache)
{
	struct page **pages;
	void *kva;
	u64 nr;

	pages = vcm_os_should_fail() ? NULL : vcm_pages_of(chunks, nr_chunks, &nr);
	if (!pages)
		return NULL;
	kva = nr > UINT_MAX || vcm_os_should_fail() ? NULL :
	      vmap(pages, nr, VM_MAP, vcm_kernel_prot(cache));
	kvfree(pages);
	return kva;
}

/**
 * vcm_os_vunmap() - undo vcm_os_vmap()
 * @kva: the address
 */
void vcm_os_vunmap(void *kva)
{
	vunmap(kva);
}
