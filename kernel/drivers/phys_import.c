// SPDX-License-Identifier: GPL-2.0-only
/*
 * phys_import.c - memory that somebody else allocated: page arrays and scatterlists.
 *
 * Each page gets a reference of its own, so the memory stays whatever its owner does.
 *
 * Takes no locks.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "drivers/drivers.h"
#include "vcm.h"

/**
 * struct vcm_pages - pages that hold a reference each
 * @nr:    length of @pages
 * @pages: the pages
 */
struct vcm_pages {
	u64 nr;
	struct page *pages[] __counted_by(nr);
};

static void vcm_pages_put(void *priv)
{
	struct vcm_pages *held = priv;

	for (u64 i = 0; i < held->nr; i++)
		put_page(held->pages[i]);
	kvfree(held);
}

static const struct vcm_phys_ops vcm_pages_ops = {
	.release = vcm_pages_put,
};

/**
 * vcm_chunks_of_pages() - the chunks that pages form
 * @pages:     the pages
 * @nr_pages:  how many
 * @nr_chunks: out: length of the result
 *
 * Context: may sleep. Return: the chunks, to be freed by kvfree(); or NULL.
 */
struct vcm_chunk *vcm_chunks_of_pages(struct page *const *pages, u64 nr_pages, u32 *nr_chunks)
{
	struct vcm_chunk *chunks = vcm_driver_zalloc(array_size(nr_pages, sizeof(*chunks)));
	u32 nr = 0;

	if (!chunks)
		return NULL;
	for (u64 i = 0; i < nr_pages; i++) {
		u64 pa = PFN_PHYS(page_to_pfn(pages[i]));

		if (nr && chunks[nr - 1].pa + chunks[nr - 1].len == pa)
			chunks[nr - 1].len += PAGE_SIZE;
		else
			chunks[nr++] = (struct vcm_chunk) { .pa = pa, .len = PAGE_SIZE };
	}
	*nr_chunks = nr;
	return chunks;
}

/* Take @held over and make it known; on failure it is put. */
static struct vcm_phys *vcm_pages_wrap(struct vcm_pages *held, enum vcm_source source,
				       struct vcm_holder *holder)
{
	struct vcm_phys_desc desc = {
		.source = source,
		.ops = &vcm_pages_ops,
		.priv = held,
		.holder = holder,
	};
	struct vcm_chunk *chunks = vcm_chunks_of_pages(held->pages, held->nr, &desc.nr_chunks);
	struct vcm_phys *phys = ERR_PTR(-ENOMEM);

	if (chunks) {
		desc.chunks = chunks;
		phys = vcm_phys_wrap(&desc);
		kvfree(chunks);
	}
	if (IS_ERR(phys))
		vcm_pages_put(held);
	return phys;
}

static struct vcm_pages *vcm_pages_alloc(u64 nr)
{
	struct vcm_pages *held;

	if (!nr || nr > totalram_pages())
		return NULL;
	held = vcm_driver_zalloc(struct_size(held, pages, nr));
	if (held)
		held->nr = nr;
	return held;
}

/**
 * vcm_phys_import_pages() - make an array of pages into memory of VCM
 * @pages:    the pages, in the order of their offsets
 * @nr_pages: how many
 * @holder:   whose the first reference is, NULL for nobody named
 *
 * Context: may sleep. Return: the memory with one reference, or ERR_PTR(): -EINVAL, -ENOMEM.
 */
struct vcm_phys *vcm_phys_import_pages(struct page *const *pages, __u64 nr_pages,
				       struct vcm_holder *holder)
{
	struct vcm_pages *held;

	if (!nr_pages)
		return ERR_PTR(-EINVAL);
	held = vcm_pages_alloc(nr_pages);
	if (!held)
		return ERR_PTR(-ENOMEM);
	for (u64 i = 0; i < nr_pages; i++) {
		held->pages[i] = pages[i];
		get_page(pages[i]);
	}
	return vcm_pages_wrap(held, VCM_SOURCE_ARRAY, holder);
}
EXPORT_SYMBOL_GPL(vcm_phys_import_pages);

/* Pages of @sgt; 0 when an entry is not made of whole pages. */
static u64 vcm_sgt_pages(const struct sg_table *sgt)
{
	struct scatterlist *sg;
	unsigned int i;
	u64 nr = 0;

	for_each_sgtable_sg(sgt, sg, i) {
		if (!sg->length || !PAGE_ALIGNED(sg->offset | sg->length))
			return 0;
		nr += PHYS_PFN(sg->length);
	}
	return nr;
}

/**
 * vcm_phys_import_sgt() - make the pages of a scatterlist into memory of VCM
 * @sgt:    the scatterlist; every entry made of whole pages
 * @holder: whose the first reference is, NULL for nobody named
 *
 * Context: may sleep. Return: the memory with one reference, or ERR_PTR(): -EINVAL, -ENOMEM.
 */
struct vcm_phys *vcm_phys_import_sgt(const struct sg_table *sgt, struct vcm_holder *holder)
{
	struct sg_page_iter iter;
	struct vcm_pages *held;
	u64 nr = vcm_sgt_pages(sgt), i = 0;

	if (!nr)
		return ERR_PTR(-EINVAL);
	held = vcm_pages_alloc(nr);
	if (!held)
		return ERR_PTR(-ENOMEM);
	for_each_sgtable_page(sgt, &iter, 0) {
		held->pages[i] = sg_page_iter_page(&iter);
		get_page(held->pages[i++]);
	}
	return vcm_pages_wrap(held, VCM_SOURCE_SGT, holder);
}
EXPORT_SYMBOL_GPL(vcm_phys_import_sgt);
