// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommu.c - struct vcm_driver over the generic IOMMU API.
 *
 * A mapping domain is one iommu_domain.  What IOMMU drivers below do not check, the core and
 * this file see to: nothing is mapped before a device is attached, nothing over a live
 * mapping, and exactly what was mapped is unmapped, never part of a large page.
 *
 * Paging domains made here are strict: iommu_unmap() returns with the IOTLBs of every attached
 * device invalidated.
 *
 * Called with the locks of the core held; takes none of its own.
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "drivers/drivers.h"
#include "vcm.h"

/* Bytes of one list entry at most; its length is an unsigned int. */
#define VCM_IOMMU_RUN_MAX ((u64)UINT_MAX & PAGE_MASK)

/* Entries of a list at most; more chunks than that are mapped a batch at a time. */
#define VCM_IOMMU_LIST_MAX 1048576

/* Chunks handed to the IOMMU in one call where only part of memory is; the list is on the stack. */
#define VCM_IOMMU_BATCH 32

/**
 * struct vcm_iommu_list - all of some memory as the IOMMU API wants it
 * @note:  kept with the memory
 * @nents: length of @sg
 * @sg:    its chunks, neighbours put together
 */
struct vcm_iommu_list {
	struct vcm_phys_note note;
	unsigned int nents;
	struct scatterlist sg[] __counted_by(nents);
};

static DEFINE_MUTEX(vcm_iommu_lists_lock);	/* two contexts make no list of the same memory */

/**
 * struct vcm_domain - a mapping domain of this driver
 * @iommu:  the page tables; immutable
 * @prot:   IOMMU_* flags of mappings of cached memory; immutable
 * @bells:  what its devices write to when they interrupt, see iommu_msi.c; registry lock
 * @faults: what it reports; immutable
 */
struct vcm_domain {
	struct iommu_domain *iommu;
	int prot;
	struct list_head bells;
	struct vcm_faults *faults;
};

/**
 * struct vcm_iommu_cursor - how far a mapping has got
 * @chunk: next chunk
 * @off:   offset into it
 * @left:  bytes still to map
 */
struct vcm_iommu_cursor {
	const struct vcm_chunk *chunk;
	u64 off;
	u64 left;
};

static struct vcm_domain *vcm_iommu_domain_alloc(struct vcm_device *vdev, struct vcm_dom *dom)
{
	struct device *dev = vcm_device_priv(vdev);
	struct vcm_domain *domain = vcm_driver_zalloc(sizeof(*domain));
	struct iommu_domain *iommu;
	int err;

	if (!domain)
		return ERR_PTR(-ENOMEM);
	iommu = vcm_should_fail() ? ERR_PTR(-ENOMEM) : iommu_paging_domain_alloc(dev);
	err = PTR_ERR_OR_ZERO(iommu);
	if (err)
		goto err_free;
	err = -ENOMEM;
	domain->faults = vcm_faults_follow(iommu, dom);
	if (!domain->faults)
		goto err_domain;
	domain->iommu = iommu;
	domain->prot = dev_is_dma_coherent(dev) ? IOMMU_CACHE : 0;
	INIT_LIST_HEAD(&domain->bells);
	return domain;

err_domain:
	iommu_domain_free(iommu);
err_free:
	kvfree(domain);
	return ERR_PTR(err);
}

static void vcm_iommu_domain_free(struct vcm_domain *domain)
{
	iommu_domain_free(domain->iommu);
	vcm_faults_put(domain->faults);
	kvfree(domain);
}

/* Attached, but interrupts that are translated lead nowhere between the two steps. */
static int vcm_iommu_attach_device(struct vcm_domain *domain, struct device *dev)
{
	LIST_HEAD(bells);
	int err = vcm_msi_find(dev, &bells);

	if (err)
		return err;
	err = iommu_attach_device(domain->iommu, dev);
	if (err) {
		vcm_msi_forget(&bells);
		return err;
	}
	err = vcm_msi_map(domain->iommu, &domain->bells, dev, &bells);
	if (err)
		iommu_detach_device(domain->iommu, dev);
	return err;
}

/* Geometry and page sizes are final only once a device is attached. */
static int vcm_iommu_attach(struct vcm_domain *domain, struct vcm_device *vdev,
			    struct vcm_domain_caps *caps)
{
	struct device *dev = vcm_device_priv(vdev);
	int err = vcm_iommu_attach_device(domain, dev);

	if (err)
		return err;
	caps->start = domain->iommu->geometry.aperture_start;
	caps->last = min_t(u64, domain->iommu->geometry.aperture_end, dma_get_mask(dev));
	caps->pgsizes = domain->iommu->pgsize_bitmap;
	return 0;
}

static void vcm_iommu_detach(struct vcm_domain *domain, struct vcm_device *vdev)
{
	struct device *dev = vcm_device_priv(vdev);

	iommu_detach_device(domain->iommu, dev);
	vcm_msi_unmap(domain->iommu, &domain->bells, dev);
}

static struct vcm_iommu_cursor vcm_iommu_seek(const struct vcm_phys *phys, u64 off, u64 len)
{
	struct vcm_iommu_cursor cursor = { .left = len };
	u32 nr_chunks;

	cursor.chunk = vcm_phys_chunks(phys, &nr_chunks);
	while (off >= cursor.chunk->len) {
		off -= cursor.chunk->len;
		cursor.chunk++;
	}
	cursor.off = off;
	return cursor;
}

/* Fill @sg from @cursor.  Return: the entries used. */
static unsigned int vcm_iommu_batch(struct scatterlist *sg, struct vcm_iommu_cursor *cursor)
{
	unsigned int nents = 0;

	sg_init_table(sg, VCM_IOMMU_BATCH);
	while (cursor->left && nents < VCM_IOMMU_BATCH) {
		u64 pa = cursor->chunk->pa + cursor->off;
		u64 len = min(cursor->chunk->len - cursor->off, cursor->left);

		sg_set_page(&sg[nents++], pfn_to_page(PHYS_PFN(pa)), len, 0);
		cursor->left -= len;
		cursor->off = 0;
		cursor->chunk++;
	}
	sg_mark_end(&sg[nents - 1]);
	return nents;
}

static int vcm_iommu_prot(const struct vcm_domain *domain, const struct vcm_phys *phys, u32 prot)
{
	int flags = vcm_phys_cache(phys) == VCM_CACHE_WB ? domain->prot : 0;

	if (prot & VCM_PROT_READ)
		flags |= IOMMU_READ;
	if (prot & VCM_PROT_WRITE)
		flags |= IOMMU_WRITE;
	return flags;
}

/* A piece of a carve-out is one chunk, and has no pages that a scatterlist could name. */
static int vcm_iommu_map_carved(struct vcm_domain *domain, u64 start, u64 len,
				const struct vcm_iommu_cursor *cursor, int flags)
{
	if (vcm_should_fail())
		return -ENOMEM;
	return iommu_map(domain->iommu, start, cursor->chunk->pa + cursor->off, len, flags,
			 GFP_KERNEL_ACCOUNT);
}

static void vcm_iommu_list_free(struct vcm_phys_note *note)
{
	kvfree(container_of(note, struct vcm_iommu_list, note));
}

/*
 * Bytes from @chunk on, of up to @left chunks, that lie in a row; at least its own.  What a list
 * entry can hold ends them.
 */
static u64 vcm_iommu_run(const struct vcm_chunk *chunk, u32 left, u32 *nr)
{
	u64 len = chunk->len;

	for (*nr = 1; *nr < left; ++*nr) {
		const struct vcm_chunk *next = &chunk[*nr];

		if (next->pa != chunk->pa + len || len + next->len > VCM_IOMMU_RUN_MAX)
			break;
		len += next->len;
	}
	return len;
}

/* Return: a list, NULL when it would be too long or an entry of it, or ERR_PTR(-ENOMEM). */
static struct vcm_iommu_list *vcm_iommu_list_make(const struct vcm_phys *phys)
{
	struct vcm_iommu_list *list;
	const struct vcm_chunk *chunks;
	u32 nr_chunks, nr, i, nents = 0;

	chunks = vcm_phys_chunks(phys, &nr_chunks);
	for (i = 0; i < nr_chunks; i += nr, nents++)
		if (vcm_iommu_run(&chunks[i], nr_chunks - i, &nr) > VCM_IOMMU_RUN_MAX)
			return NULL;
	if (nents > VCM_IOMMU_LIST_MAX)
		return NULL;
	list = kvzalloc(struct_size(list, sg, nents), GFP_KERNEL_ACCOUNT);
	if (!list)
		return ERR_PTR(-ENOMEM);
	list->note.free = vcm_iommu_list_free;
	list->nents = nents;
	sg_init_table(list->sg, nents);
	for (i = 0, nents = 0; i < nr_chunks; i += nr, nents++) {
		u64 len = vcm_iommu_run(&chunks[i], nr_chunks - i, &nr);

		sg_set_page(&list->sg[nents], pfn_to_page(PHYS_PFN(chunks[i].pa)), len, 0);
	}
	return list;
}

/*
 * Made when all of some memory is mapped for the first time, because binding is what happens
 * again and again.  To go on without one when there is no memory for it would be slow whenever
 * this memory is bound, and tell nobody.  The failure point is there whether the list is or not:
 * what a call that fails leaves behind must not renumber those of the next.
 *
 * Return: the list, NULL when there can be none, or ERR_PTR(-ENOMEM).
 */
static struct vcm_iommu_list *vcm_iommu_list(struct vcm_phys *phys)
{
	struct vcm_phys_note *note = vcm_phys_note(phys);
	struct vcm_iommu_list *list;

	if (vcm_should_fail())
		return ERR_PTR(-ENOMEM);
	if (note)
		return container_of(note, struct vcm_iommu_list, note);
	mutex_lock(&vcm_iommu_lists_lock);
	note = vcm_phys_note(phys);
	if (note) {
		list = container_of(note, struct vcm_iommu_list, note);
	} else {
		list = vcm_iommu_list_make(phys);
		if (!IS_ERR_OR_NULL(list))
			vcm_phys_set_note(phys, &list->note);
	}
	mutex_unlock(&vcm_iommu_lists_lock);
	return list;
}

static int vcm_iommu_map_part(struct vcm_domain *domain, u64 start, u64 len,
			      struct vcm_phys *phys, u64 off, int flags)
{
	struct vcm_iommu_cursor cursor = vcm_iommu_seek(phys, off, len);
	struct scatterlist sg[VCM_IOMMU_BATCH];
	u64 done = 0;

	if (vcm_phys_source(phys) == VCM_SOURCE_CARVEOUT)
		return vcm_iommu_map_carved(domain, start, len, &cursor, flags);
	while (cursor.left) {
		unsigned int nents = vcm_iommu_batch(sg, &cursor);
		ssize_t mapped = vcm_should_fail() ? -ENOMEM :
				 iommu_map_sg(domain->iommu, start + done, sg, nents, flags,
					      GFP_KERNEL_ACCOUNT);

		if (mapped < 0) {
			if (done)
				iommu_unmap(domain->iommu, start, done);
			return mapped;
		}
		done += mapped;
	}
	return 0;
}

static int vcm_iommu_map(struct vcm_domain *domain, u64 start, u64 len, struct vcm_phys *phys,
			 u64 off, u32 prot)
{
	int flags = vcm_iommu_prot(domain, phys, prot);
	struct vcm_iommu_list *list = NULL;
	ssize_t mapped;

	if (len == vcm_phys_len(phys) && vcm_phys_source(phys) != VCM_SOURCE_CARVEOUT)
		list = vcm_iommu_list(phys);
	if (IS_ERR(list))
		return PTR_ERR(list);
	if (!list)
		return vcm_iommu_map_part(domain, start, len, phys, off, flags);
	mapped = vcm_should_fail() ? -ENOMEM :
		 iommu_map_sg(domain->iommu, start, list->sg, list->nents, flags,
			      GFP_KERNEL_ACCOUNT);
	return mapped < 0 ? mapped : 0;
}

static int vcm_iommu_unmap(struct vcm_domain *domain, u64 start, u64 len)
{
	return iommu_unmap(domain->iommu, start, len) == len ? 0 : -EIO;
}

static int vcm_iommu_reserved(struct vcm_device *vdev, u32 n, u64 *start, u64 *last)
{
	struct device *dev = vcm_device_priv(vdev);
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	int err = -ENOENT;

	iommu_get_resv_regions(dev, &regions);
	list_for_each_entry(region, &regions, list) {
		if (!region->length || n--)
			continue;
		*start = region->start;
		*last = region->start + (region->length - 1);
		err = 0;
		break;
	}
	iommu_put_resv_regions(dev, &regions);
	return err == -ENOENT ? vcm_msi_nth(dev, n, start, last) : err;
}

const struct vcm_driver vcm_iommu_driver = {
	.name = "iommu",
	.kind = VCM_DRIVER_IOMMU,
	.domain_alloc = vcm_iommu_domain_alloc,
	.domain_free = vcm_iommu_domain_free,
	.attach = vcm_iommu_attach,
	.detach = vcm_iommu_detach,
	.map = vcm_iommu_map,
	.unmap = vcm_iommu_unmap,
	.reserved = vcm_iommu_reserved,
};
EXPORT_SYMBOL_GPL(vcm_iommu_driver);
