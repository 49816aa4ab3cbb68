// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommu.c - the iommu_ops of the simulated IOMMUs: a driver like any other.
 *
 * One table of operations serves all instances and formats; what differs is in the domain.  A
 * domain belongs to the instance of the device it was made for, and a device of another is
 * refused with -EINVAL, which the IOMMU API defines as "try another domain".
 *
 * Unmapping gathers: entries are cleared by unmap_pages, and iotlb_sync invalidates once for the
 * whole call.  What the page tables no longer need is freed after that (S5): with the gather when
 * unmapping is strict, by flush_iotlb_all() when it is lazy.
 *
 * Called by the IOMMU core, by map and unmap with any lock held and from any context.
 */
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "compat.h"
#include "sim.h"

/**
 * struct vcm_sim_gather - what an unmap collects
 * @pt:     for the page table
 * @domain: whose
 * @gather: the core's
 */
struct vcm_sim_gather {
	struct vcm_pt_gather pt;
	struct vcm_sim_domain *domain;
	struct iommu_iotlb_gather *gather;
};

static struct vcm_sim_domain *vcm_sim_domain_of(struct iommu_domain *iommu)
{
	return container_of(iommu, struct vcm_sim_domain, iommu);
}

static void vcm_sim_gather_range(struct vcm_pt_gather *pt, u64 iova, u64 len, u64 pgsize)
{
	struct vcm_sim_gather *gather = container_of(pt, struct vcm_sim_gather, pt);

	if (!iommu_iotlb_gather_queued(gather->gather))
		iommu_iotlb_gather_add_range(gather->gather, iova, len);
}

/* Tables below the first are a page or less, see vcm_sim_mem_ops. */
static void vcm_sim_gather_table(struct vcm_pt_gather *pt, void *table, u64 len)
{
	struct vcm_sim_gather *gather = container_of(pt, struct vcm_sim_gather, pt);
	struct page *page = virt_to_page(table);

	WARN_ON_ONCE(len > PAGE_SIZE);
	if (iommu_iotlb_gather_queued(gather->gather))
		list_add_tail(&page->lru, &gather->domain->retired);
	else
		list_add_tail(&page->lru, vcm_gather_pages(gather->gather));
}

static void vcm_sim_free_list(struct vcm_sim_mmu *mmu, struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		list_del(&page->lru);
		vcm_sim_table_free(mmu, page_address(page), PAGE_SIZE);
	}
}

static int vcm_sim_map_pages(struct iommu_domain *iommu, unsigned long iova, phys_addr_t pa,
			     size_t pgsize, size_t pgcount, int prot, gfp_t gfp, size_t *mapped)
{
	struct vcm_sim_domain *domain = vcm_sim_domain_of(iommu);
	struct vcm_pt_map map = {
		.iova = iova,
		.pa = pa,
		.pgsize = pgsize,
		.pgcount = pgcount,
		/* hints that the format has no bit for are dropped, rights are not */
		.prot = prot & (domain->pt.regs.fmt->prots | VCM_PT_RW),
	};
	unsigned long flags;
	int err;

	spin_lock_irqsave(&domain->lock, flags);
	err = vcm_pt_map(&domain->pt, &map);
	spin_unlock_irqrestore(&domain->lock, flags);
	*mapped += map.mapped;
	return err;
}

static size_t vcm_sim_unmap_pages(struct iommu_domain *iommu, unsigned long iova, size_t pgsize,
				  size_t pgcount, struct iommu_iotlb_gather *core)
{
	struct vcm_sim_domain *domain = vcm_sim_domain_of(iommu);
	struct vcm_sim_gather gather = {
		.pt = { .range = vcm_sim_gather_range, .table = vcm_sim_gather_table },
		.domain = domain,
		.gather = core,
	};
	unsigned long flags;
	size_t len;

	spin_lock_irqsave(&domain->lock, flags);
	len = vcm_pt_unmap(&domain->pt, iova, pgsize, pgcount, &gather.pt);
	spin_unlock_irqrestore(&domain->lock, flags);
	return len;
}

static void vcm_sim_iotlb_sync(struct iommu_domain *iommu, struct iommu_iotlb_gather *gather)
{
	struct vcm_sim_domain *domain = vcm_sim_domain_of(iommu);

	if (gather->start <= gather->end)
		vcm_sim_flush_range(domain, gather->start, gather->end);
	vcm_sim_free_list(domain->mmu, vcm_gather_pages(gather));
}

static void vcm_sim_flush_iotlb_all(struct iommu_domain *iommu)
{
	struct vcm_sim_domain *domain = vcm_sim_domain_of(iommu);
	unsigned long flags;
	LIST_HEAD(retired);

	spin_lock_irqsave(&domain->lock, flags);
	list_splice_init(&domain->retired, &retired);
	spin_unlock_irqrestore(&domain->lock, flags);
	vcm_sim_flush_domain(domain);
	vcm_sim_free_list(domain->mmu, &retired);
}

static phys_addr_t vcm_sim_iova_to_phys(struct iommu_domain *iommu, dma_addr_t iova)
{
	struct vcm_sim_domain *domain = vcm_sim_domain_of(iommu);
	struct vcm_pt_walk walk = {};
	enum vcm_pt_reason reason;
	unsigned long flags;

	spin_lock_irqsave(&domain->lock, flags);
	reason = vcm_pt_walk(&domain->pt.regs, iova, 0, &walk);
	spin_unlock_irqrestore(&domain->lock, flags);
	return reason == VCM_PT_OK ? vcm_pt_walk_pa(&walk, iova) : 0;
}

static int vcm_sim_attach(struct iommu_domain *iommu,
			  struct device *dev VCM_ATTACH_OLD(old))
{
	struct vcm_sim_domain *domain = vcm_sim_domain_of(iommu);
	struct vcm_sim_dev *sdev = dev_iommu_priv_get(dev);

	if (domain->mmu != sdev->mmu)
		return -EINVAL;
	return vcm_sim_bank_switch(sdev, domain);
}

static void vcm_sim_domain_free(struct iommu_domain *iommu)
{
	struct vcm_sim_domain *domain = vcm_sim_domain_of(iommu);

	WARN_ON_ONCE(domain->bank);
	vcm_sim_free_list(domain->mmu, &domain->retired);
	vcm_pt_fini(&domain->pt);
	kfree(domain);
}

static struct vcm_sim_dev *vcm_sim_dev_of(struct device *dev)
{
	struct vcm_sim_dev **sdev = dev_get_platdata(dev);

	return *sdev;
}

static int vcm_sim_domain_init(struct vcm_sim_domain *domain, struct vcm_sim_mmu *mmu)
{
	struct vcm_pt_cfg cfg = {
		.fmt = mmu->cfg.fmt,
		.mem = &domain->mem,
		.start = mmu->cfg.start,
		.last = mmu->cfg.last,
		.pgsizes = mmu->cfg.page_sizes,
	};
	int err;

	domain->mmu = mmu;
	spin_lock_init(&domain->lock);
	INIT_LIST_HEAD(&domain->retired);
	domain->mem.ops = &vcm_sim_mem_ops_init;
	domain->mem.priv = mmu;
	spin_lock_irq(&mmu->lock);
	cfg.asid = ++mmu->next_asid;
	spin_unlock_irq(&mmu->lock);
	err = vcm_pt_init(&domain->pt, &cfg);
	domain->mem.ops = &vcm_sim_mem_ops;
	return err;
}

static struct iommu_domain *vcm_sim_domain_alloc(struct device *dev)
{
	struct vcm_sim_domain *domain;
	struct vcm_sim_mmu *mmu;
	int err;

	/* the legacy way to ask names a bus, and every instance is another kind */
	if (!dev)
		return ERR_PTR(-ENODEV);
	mmu = vcm_sim_dev_of(dev)->mmu;
	domain = kzalloc(sizeof(*domain), GFP_KERNEL);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	err = vcm_sim_domain_init(domain, mmu);
	if (err) {
		kfree(domain);
		return ERR_PTR(err);
	}
	domain->iommu.pgsize_bitmap = domain->pt.pgsizes;
	domain->iommu.geometry = (struct iommu_domain_geometry) {
		.aperture_start = mmu->cfg.start,
		.aperture_end = mmu->cfg.last,
		.force_aperture = true,
	};
	return &domain->iommu;
}

static int vcm_sim_attach_identity(struct iommu_domain *iommu,
				   struct device *dev VCM_ATTACH_OLD(old))
{
	vcm_sim_bank_leave(dev_iommu_priv_get(dev), true);
	return 0;
}

static int vcm_sim_attach_blocked(struct iommu_domain *iommu,
				  struct device *dev VCM_ATTACH_OLD(old))
{
	vcm_sim_bank_leave(dev_iommu_priv_get(dev), false);
	return 0;
}

static struct iommu_domain vcm_sim_identity = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &(const struct iommu_domain_ops) { .attach_dev = vcm_sim_attach_identity },
};

static struct iommu_domain vcm_sim_blocked = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &(const struct iommu_domain_ops) { .attach_dev = vcm_sim_attach_blocked },
};

static bool vcm_sim_capable(struct device *dev, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_CACHE_COHERENCY || cap == IOMMU_CAP_DEFERRED_FLUSH;
}

static struct iommu_device *vcm_sim_probe(struct device *dev)
{
	struct vcm_sim_dev *sdev;

	if (!dev_is_platform(dev) || !dev_get_platdata(dev))
		return ERR_PTR(-ENODEV);
	sdev = vcm_sim_dev_of(dev);
	dev_iommu_priv_set(dev, sdev);
	return &sdev->mmu->iommu;
}

/* dma-iommu cannot work with pages larger than the CPU's. */
static int vcm_sim_def_domain_type(struct device *dev)
{
	struct vcm_sim_dev *sdev = vcm_sim_dev_of(dev);
	const struct vcm_sim_cfg *cfg = &sdev->mmu->cfg;
	u64 sizes = cfg->page_sizes ? cfg->page_sizes : cfg->fmt->pgsizes;

	if (1ULL << __ffs64(sizes) > PAGE_SIZE)
		return IOMMU_DOMAIN_IDENTITY;
	return vcm_sim_dev_default_type(sdev);
}

const struct iommu_ops vcm_sim_iommu_ops = {
	.owner = THIS_MODULE,
	.capable = vcm_sim_capable,
	.probe_device = vcm_sim_probe,
	.device_group = generic_device_group,
	.def_domain_type = vcm_sim_def_domain_type,
	.domain_alloc_paging = vcm_sim_domain_alloc,
	.identity_domain = &vcm_sim_identity,
	.blocked_domain = &vcm_sim_blocked,
	.release_domain = &vcm_sim_blocked,
	.default_domain_ops = &(const struct iommu_domain_ops) {
		.attach_dev = vcm_sim_attach,
		.map_pages = vcm_sim_map_pages,
		.unmap_pages = vcm_sim_unmap_pages,
		.iova_to_phys = vcm_sim_iova_to_phys,
		.iotlb_sync = vcm_sim_iotlb_sync,
		.flush_iotlb_all = vcm_sim_flush_iotlb_all,
		.free = vcm_sim_domain_free,
	},
};
