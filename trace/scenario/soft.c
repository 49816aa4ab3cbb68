// SPDX-License-Identifier: GPL-2.0-only
/*
 * soft.c - the simulated IOMMU as a driver of the core, and devices behind it.
 *
 * The page tables are those of kernel/sim/formats, walked by the walk that is there.  Their memory
 * is of this file: a table has a slot, and what an entry calls its physical address is the number
 * of the slot, below 4 GiB for every format.  A table that unmap has emptied is freed at once,
 * because nothing walks meanwhile and nothing caches.
 *
 * See soft.h for locking.
 */
#include "scenario.h"
#include "soft.h"

#define SOFT_TABLES	512	/* of one domain */

/**
 * struct vcm_domain - the driver's side of a mapping domain
 * @dom:     the core's
 * @kind:    kind of IOMMU
 * @devices: number of devices attached
 * @flushes: IOTLB invalidations
 * @pt:      the page table
 * @mem:     where its tables come from
 * @table:   those; slot n is at physical address (n + 1) * VCM_PT_TABLE_MAX
 */
struct vcm_domain {
	struct vcm_dom *dom;
	u32 kind;
	u32 devices;
	u64 flushes;
	struct vcm_pt pt;
	struct vcm_pt_mem mem;
	void *table[SOFT_TABLES];
};

/**
 * struct soft_device - a device
 * @vdev: what the core knows it as
 * @cfg:  what it is
 * @on:   domain it is attached to, or NULL
 * @name: of the scenario
 */
struct soft_device {
	struct vcm_device *vdev;
	struct soft_cfg cfg;
	struct vcm_domain *on;
	char name[SCN_NAME];
};

void (*soft_watch)(u64 pa, bool mapped);
void (*soft_refused)(const char *device, u64 iova, enum vcm_access access);

static u64 soft_slot_pa(u32 slot)
{
	return (slot + 1) * VCM_PT_TABLE_MAX;
}

static void *soft_table_alloc(void *priv, u64 len, u64 last)
{
	struct vcm_domain *domain = priv;
	u32 slot = 0;

	while (slot < SOFT_TABLES && domain->table[slot])
		slot++;
	if (slot == SOFT_TABLES || soft_slot_pa(slot) + (len - 1) > last)
		return NULL;
	domain->table[slot] = vcm_os_zalloc(len);
	return domain->table[slot];
}

static u64 soft_table_pa(void *priv, const void *table)
{
	const struct vcm_domain *domain = priv;
	u32 slot = 0;

	while (domain->table[slot] != table)
		slot++;
	return soft_slot_pa(slot);
}

static void soft_table_free(void *priv, void *table, u64 len)
{
	struct vcm_domain *domain = priv;

	(void)len;
	domain->table[soft_table_pa(priv, table) / VCM_PT_TABLE_MAX - 1] = NULL;
	vcm_os_free(table);
}

static void *soft_table_va(void *priv, u64 pa, u64 len)
{
	const struct vcm_domain *domain = priv;
	const u64 slot = pa / VCM_PT_TABLE_MAX - 1;

	(void)len;
	if (slot >= SOFT_TABLES || !domain->table[slot])
		return NULL;
	return (char *)domain->table[slot] + (pa - soft_slot_pa(slot));
}

static const struct vcm_pt_mem_ops soft_mem_ops = {
	.alloc = soft_table_alloc,
	.free = soft_table_free,
	.to_pa = soft_table_pa,
	.to_va = soft_table_va,
};

static struct vcm_domain *soft_domain_alloc(struct vcm_device *vdev, struct vcm_dom *dom)
{
	const struct soft_device *soft = vcm_device_priv(vdev);
	struct vcm_domain *domain = vcm_os_zalloc(sizeof(*domain));
	struct vcm_pt_cfg cfg = {
		.fmt = soft->cfg.fmt,
		.start = soft->cfg.start,
		.last = soft->cfg.last,
	};
	int err;

	if (!domain)
		return ERR_PTR(-ENOMEM);
	domain->mem = (struct vcm_pt_mem) { &soft_mem_ops, domain };
	cfg.mem = &domain->mem;
	err = vcm_pt_init(&domain->pt, &cfg);
	if (err) {
		vcm_os_free(domain);
		return ERR_PTR(err);
	}
	domain->kind = soft->cfg.kind;
	domain->dom = dom;
	return domain;
}

static void soft_domain_free(struct vcm_domain *domain)
{
	WARN_ON_ONCE(domain->devices || domain->pt.count.bytes);
	vcm_pt_fini(&domain->pt);
	vcm_os_free(domain);
}

static int soft_attach(struct vcm_domain *domain, struct vcm_device *vdev,
		       struct vcm_domain_caps *caps)
{
	struct soft_device *soft = vcm_device_priv(vdev);

	if (soft->cfg.kind != domain->kind || soft->cfg.fmt != domain->pt.regs.fmt)
		return -EINVAL;
	if (soft->on)
		return -EBUSY;
	caps->start = soft->cfg.start;
	caps->last = soft->cfg.last;
	caps->pgsizes = domain->pt.pgsizes;
	soft->on = domain;
	domain->devices++;
	return 0;
}

static void soft_detach(struct vcm_domain *domain, struct vcm_device *vdev)
{
	struct soft_device *soft = vcm_device_priv(vdev);

	WARN_ON_ONCE(soft->on != domain);
	soft->on = NULL;
	domain->devices--;
}

/* The physical address of byte @off of @phys, and how many follow it in one piece. */
static u64 soft_pa(const struct vcm_phys *phys, u64 off, u64 *follow)
{
	const struct vcm_chunk *chunk;
	u32 nr;

	for (chunk = vcm_phys_chunks(phys, &nr); nr; nr--, chunk++) {
		if (off < chunk->len) {
			*follow = chunk->len - off;
			return chunk->pa + off;
		}
		off -= chunk->len;
	}
	*follow = 0;
	return 0;
}

/* Tell of every page of a range that comes or goes. */
static void soft_tell(const struct vcm_domain *domain, u64 start, u64 len, bool mapped)
{
	struct vcm_pt_walk walk;

	for (u64 at = 0; at < len && soft_watch; at += VCM_PAGE_SIZE) {
		walk = (struct vcm_pt_walk) {};
		if (vcm_pt_walk(&domain->pt.regs, start + at, 0, &walk) == VCM_PT_OK)
			soft_watch(vcm_pt_walk_pa(&walk, start + at), mapped);
	}
}

/**
 * struct soft_gather - what an unmap left to do
 * @gather: of the page table
 * @domain: whose tables they are
 */
struct soft_gather {
	struct vcm_pt_gather gather;
	struct vcm_domain *domain;
};

static void soft_gather_range(struct vcm_pt_gather *gather, u64 iova, u64 len, u64 pgsize)
{
	(void)iova;
	(void)len;
	(void)pgsize;
	container_of(gather, struct soft_gather, gather)->domain->flushes++;
}

static void soft_gather_table(struct vcm_pt_gather *gather, void *table, u64 len)
{
	soft_table_free(container_of(gather, struct soft_gather, gather)->domain, table, len);
}

static int soft_unmap(struct vcm_domain *domain, u64 start, u64 len)
{
	struct soft_gather gather = {
		.gather = { .range = soft_gather_range, .table = soft_gather_table },
		.domain = domain,
	};

	soft_tell(domain, start, len, false);
	return vcm_pt_unmap(&domain->pt, start, VCM_PAGE_SIZE, len >> VCM_PAGE_SHIFT,
			    &gather.gather) == len ? 0 : -EIO;
}

/* The largest page that fits an address, its memory and what is left. */
static u64 soft_pgsize(const struct vcm_domain *domain, u64 iova, u64 pa, u64 len)
{
	u64 best = VCM_PAGE_SIZE;

	for (u64 sizes = domain->pt.pgsizes; sizes; sizes &= sizes - 1) {
		const u64 size = sizes & -sizes;

		if (size > best && size <= len && IS_ALIGNED(iova | pa, size))
			best = size;
	}
	return best;
}

static int soft_map(struct vcm_domain *domain, u64 start, u64 len, struct vcm_phys *phys, u64 off,
		    u32 prot)
{
	struct vcm_pt_map map = {
		.prot = (prot & VCM_PROT_READ ? VCM_PT_READ : 0) |
			(prot & VCM_PROT_WRITE ? VCM_PT_WRITE : 0),
		.pgcount = 1,
	};
	u64 follow;
	int err;

	for (u64 at = 0; at < len; at += map.pgsize) {
		map.iova = start + at;
		map.pa = soft_pa(phys, off + at, &follow);
		map.pgsize = soft_pgsize(domain, map.iova, map.pa, min(follow, len - at));
		err = vcm_pt_map(&domain->pt, &map);
		if (!err)
			continue;
		soft_unmap(domain, start, at);
		return err;
	}
	soft_tell(domain, start, len, true);
	return 0;
}

static int soft_reserved(struct vcm_device *vdev, u32 n, u64 *start, u64 *last)
{
	const struct soft_device *soft = vcm_device_priv(vdev);

	if (n >= soft->cfg.regions)
		return -ENOENT;
	*start = soft->cfg.region_start;
	*last = soft->cfg.region_last;
	return 0;
}

static int soft_o2o_check(const struct vcm_phys *phys, u64 off, u64 len, u64 start)
{
	u64 follow;

	for (u64 at = 0; at < len; at += VCM_PAGE_SIZE)
		if (soft_pa(phys, off + at, &follow) != start + at)
			return -EOPNOTSUPP;
	return 0;
}

static int soft_o2o_place(struct vcm_phys *phys, u64 *start)
{
	u64 follow;

	*start = soft_pa(phys, 0, &follow);
	return soft_o2o_check(phys, 0, vcm_phys_len(phys), *start);
}

#define SOFT_OPS								\
	.domain_alloc = soft_domain_alloc,					\
	.domain_free = soft_domain_free,					\
	.attach = soft_attach,							\
	.detach = soft_detach,							\
	.map = soft_map,							\
	.unmap = soft_unmap,							\
	.reserved = soft_reserved

const struct vcm_driver soft_driver = {
	.name = "soft",
	.kind = VCM_DRIVER_IOMMU,
	SOFT_OPS,
};

const struct vcm_driver soft_o2o_driver = {
	.name = "soft-o2o",
	.kind = VCM_DRIVER_O2O,
	SOFT_OPS,
	.check = soft_o2o_check,
	.place = soft_o2o_place,
};

const struct vcm_driver soft_contig_driver = {
	.name = "soft-contig",
	.kind = VCM_DRIVER_CONTIG,
	.flags = VCM_DRVF_CONTIG,
	SOFT_OPS,
	.check = soft_o2o_check,
	.place = soft_o2o_place,
};

struct soft_device *soft_device_plug(const char *name, const struct soft_cfg *cfg)
{
	struct soft_device *soft = vcm_os_zalloc(sizeof(*soft));
	struct vcm_device *vdev;

	if (!soft)
		return ERR_PTR(-ENOMEM);
	soft->cfg = *cfg;
	strscpy(soft->name, name, sizeof(soft->name));
	vdev = vcm_device_register(name, "soft", 0, soft);
	if (IS_ERR(vdev)) {
		vcm_os_free(soft);
		return ERR_CAST(vdev);
	}
	soft->vdev = vdev;
	return soft;
}

void soft_device_unplug(struct soft_device *soft)
{
	vcm_device_unregister(soft->vdev);
	vcm_os_free(soft);
}

struct vcm_device *soft_device_vdev(const struct soft_device *soft)
{
	return soft->vdev;
}

static void soft_fault(struct soft_device *soft, u64 iova, enum vcm_access access)
{
	struct vcm_fault fault = { .iova = iova, .access = access };
	struct vcm *vcm = vcm_fault_begin(soft->on->dom, &fault.domain);

	vcm_fault_end(vcm, &fault, soft);
}

int soft_device_access(struct soft_device *soft, u64 iova, enum vcm_access access)
{
	const u32 need = access == VCM_ACCESS_WRITE ? VCM_PT_WRITE : VCM_PT_READ;
	struct vcm_pt_walk walk = {};

	if (!soft->on) {
		if (soft_refused)
			soft_refused(soft->name, iova, access);
		return -ENOLINK;
	}
	if (vcm_pt_walk(&soft->on->pt.regs, iova, need, &walk) == VCM_PT_OK)
		return 0;
	soft_fault(soft, iova, access);
	return -EFAULT;
}
