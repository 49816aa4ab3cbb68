// SPDX-License-Identifier: GPL-2.0-only
/*
 * o2o.c - contexts without translation: every address is the physical one.
 *
 * For devices behind no IOMMU, or one that passes their DMA through.  A binding is possible
 * where the memory is contiguous and its address is free; vcm_map() finds the address by
 * itself.  The contig driver is the same, and asks for contiguous memory in
 * vcm_make_binding(), as the CMA driver of RFCv2 did.
 *
 * There are no tables: what a device can reach is not limited by the bindings, and unbinding
 * stops nothing.  That is what one-to-one means.
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/mm.h>

#include "vcm.h"

/* All domains are this one: there is nothing to keep. */
struct vcm_domain {
	int unused;
};

static struct vcm_domain vcm_o2o_domain;

static struct vcm_domain *vcm_o2o_domain_alloc(struct vcm_device *vdev, struct vcm_dom *dom)
{
	return &vcm_o2o_domain;
}

static void vcm_o2o_domain_free(struct vcm_domain *domain)
{
}

static int vcm_o2o_attach(struct vcm_domain *domain, struct vcm_device *vdev,
			  struct vcm_domain_caps *caps)
{
	struct device *dev = vcm_device_priv(vdev);
	struct iommu_domain *iommu = iommu_get_domain_for_dev(dev);

	if (iommu && iommu->type != IOMMU_DOMAIN_IDENTITY)
		return -EOPNOTSUPP;
	caps->start = 0;
	caps->last = dma_get_mask(dev);
	caps->pgsizes = PAGE_SIZE;
	return 0;
}

static void vcm_o2o_detach(struct vcm_domain *domain, struct vcm_device *vdev)
{
}

static int vcm_o2o_map(struct vcm_domain *domain, u64 start, u64 len, struct vcm_phys *phys,
		       u64 off, u32 prot)
{
	return 0;
}

static int vcm_o2o_unmap(struct vcm_domain *domain, u64 start, u64 len)
{
	return 0;
}

/* The physical address of @len bytes from @off on, if they are in one piece. */
static int vcm_o2o_pa(const struct vcm_phys *phys, u64 off, u64 len, u64 *pa)
{
	const struct vcm_chunk *chunk, *end;
	u32 nr_chunks;
	u64 next;

	chunk = vcm_phys_chunks(phys, &nr_chunks);
	end = chunk + nr_chunks;
	for (; off >= chunk->len; chunk++)
		off -= chunk->len;
	*pa = chunk->pa + off;
	next = chunk->pa + chunk->len;
	for (chunk++; next - *pa < len; chunk++) {
		if (chunk == end || chunk->pa != next)
			return -EOPNOTSUPP;
		next += chunk->len;
	}
	return 0;
}

static int vcm_o2o_check(const struct vcm_phys *phys, u64 off, u64 len, u64 start)
{
	u64 pa;
	int err = vcm_o2o_pa(phys, off, len, &pa);

	if (err)
		return err;
	return pa == start ? 0 : -EOPNOTSUPP;
}

static int vcm_o2o_place(struct vcm_phys *phys, u64 *start)
{
	return vcm_o2o_pa(phys, 0, vcm_phys_len(phys), start);
}

/* What the two drivers share. */
#define VCM_O2O_OPS								\
	.domain_alloc = vcm_o2o_domain_alloc,					\
	.domain_free = vcm_o2o_domain_free,					\
	.attach = vcm_o2o_attach,						\
	.detach = vcm_o2o_detach,						\
	.map = vcm_o2o_map,							\
	.unmap = vcm_o2o_unmap,							\
	.check = vcm_o2o_check,							\
	.place = vcm_o2o_place

const struct vcm_driver vcm_o2o_driver = {
	.name = "o2o",
	.kind = VCM_DRIVER_O2O,
	VCM_O2O_OPS,
};
EXPORT_SYMBOL_GPL(vcm_o2o_driver);

const struct vcm_driver vcm_contig_driver = {
	.name = "contig",
	.kind = VCM_DRIVER_CONTIG,
	.flags = VCM_DRVF_CONTIG,
	VCM_O2O_OPS,
};
EXPORT_SYMBOL_GPL(vcm_contig_driver);
