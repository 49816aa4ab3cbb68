// SPDX-License-Identifier: GPL-2.0-only
/*
 * table.c - memory of page tables, and what an instance may be configured to.
 *
 * A table has pages of its own, even if it is smaller than one, so that it can be on a list until
 * it is freed (S5).  An instance can be given few of them: a map that needs one more fails with
 * -ENOMEM as it would with an empty machine.
 */
#include <linux/mm.h>
#include <linux/vmstat.h>

#include "sim.h"

static void vcm_sim_table_account(struct page *page, long pages)
{
	mod_node_page_state(page_pgdat(page), NR_IOMMU_PAGES, pages);
}

/* Take @pages from what the instance has.  Return: are there so many? */
static bool vcm_sim_table_charge(struct vcm_sim_mmu *mmu, long pages)
{
	long limit = mmu->cfg.table_pages;

	if (atomic_long_add_return(pages, &mmu->table_pages) <= limit || !limit)
		return true;
	atomic_long_sub(pages, &mmu->table_pages);
	return false;
}

static void *vcm_sim_table_alloc(struct vcm_sim_mmu *mmu, u64 len, u64 last, gfp_t gfp)
{
	u32 order = get_order(len);
	struct page *page;

	if (!vcm_sim_table_charge(mmu, 1L << order))
		return NULL;
	if (last <= U32_MAX)
		gfp |= GFP_DMA32;
	page = alloc_pages(gfp | __GFP_ZERO | __GFP_NOWARN, order);
	if (!page) {
		atomic_long_sub(1L << order, &mmu->table_pages);
		return NULL;
	}
	if (page_to_phys(page) + (len - 1) > last) {
		__free_pages(page, order);
		atomic_long_sub(1L << order, &mmu->table_pages);
		return NULL;
	}
	vcm_sim_table_account(page, 1L << order);
	return page_address(page);
}

/* Under the lock of the domain. */
static void *vcm_sim_mem_alloc(void *priv, u64 len, u64 last)
{
	return vcm_sim_table_alloc(priv, len, last, GFP_ATOMIC);
}

/* The first table, while nobody knows the domain. */
static void *vcm_sim_mem_alloc_first(void *priv, u64 len, u64 last)
{
	return vcm_sim_table_alloc(priv, len, last, GFP_KERNEL_ACCOUNT);
}

/* Give a table back to the machine and to the instance's limit. */
void vcm_sim_table_free(struct vcm_sim_mmu *mmu, void *table, u64 len)
{
	struct page *page = virt_to_page(table);
	u32 order = get_order(len);

	vcm_sim_table_account(page, -(1L << order));
	__free_pages(page, order);
	atomic_long_sub(1L << order, &mmu->table_pages);
}

static void vcm_sim_mem_free(void *priv, void *table, u64 len)
{
	vcm_sim_table_free(priv, table, len);
}

static u64 vcm_sim_mem_to_pa(void *priv, const void *table)
{
	return virt_to_phys((void *)table);
}

/* A walk comes with whatever an entry says; the machine's memory is what can be read. */
static void *vcm_sim_mem_to_va(void *priv, u64 pa, u64 len)
{
	if (pa + (len - 1) < pa || !pfn_valid(PHYS_PFN(pa)) ||
	    !pfn_valid(PHYS_PFN(pa + (len - 1))))
		return NULL;
	return phys_to_virt(pa);
}

const struct vcm_pt_mem_ops vcm_sim_mem_ops = {
	.alloc = vcm_sim_mem_alloc,
	.free = vcm_sim_mem_free,
	.to_pa = vcm_sim_mem_to_pa,
	.to_va = vcm_sim_mem_to_va,
};

/* The same for vcm_pt_init(), which may sleep: a first table can be large. */
const struct vcm_pt_mem_ops vcm_sim_mem_ops_init = {
	.alloc = vcm_sim_mem_alloc_first,
	.free = vcm_sim_mem_free,
	.to_pa = vcm_sim_mem_to_pa,
	.to_va = vcm_sim_mem_to_va,
};

/* A window for which a flat table is a megabyte. */
#define VCM_SIM_FLAT_LAST 0x1fffffffULL

static u64 vcm_sim_last_of(const struct vcm_fmt *fmt)
{
	if (!fmt->level[0].bits)
		return VCM_SIM_FLAT_LAST;
	return fmt->ias >= 64 ? U64_MAX : (1ULL << fmt->ias) - 1;
}

/* What an instance is when nothing is asked for. */
void vcm_sim_cfg_default(struct vcm_sim_cfg *cfg)
{
	*cfg = (struct vcm_sim_cfg) {
		.fmt = vcm_fmt_nth(0),
		.contexts = 8,
		.tlb_sets = 16,
		.tlb_ways = 4,
	};
	cfg->last = vcm_sim_last_of(cfg->fmt);
}

/* Another format; the window and the page sizes are the format's then.  Return: 0 or -EINVAL. */
int vcm_sim_cfg_set_format(struct vcm_sim_cfg *cfg, const char *name)
{
	const struct vcm_fmt *fmt = vcm_fmt_find(name);

	if (!fmt)
		return -EINVAL;
	cfg->fmt = fmt;
	cfg->page_sizes = 0;
	cfg->start = 0;
	cfg->last = vcm_sim_last_of(fmt);
	return 0;
}

/* Return: 0, or -EINVAL for what no IOMMU of the format can be. */
int vcm_sim_cfg_check(const struct vcm_sim_cfg *cfg)
{
	u64 sizes = cfg->page_sizes ? cfg->page_sizes : cfg->fmt->pgsizes;
	u64 page = 1ULL << __ffs64(sizes);

	if (sizes & ~cfg->fmt->pgsizes || cfg->start > cfg->last)
		return -EINVAL;
	if (cfg->start & (page - 1) || (cfg->last + 1) & (page - 1))
		return -EINVAL;
	if (cfg->fmt->ias < 64 && cfg->last >> cfg->fmt->ias)
		return -EINVAL;
	return cfg->contexts && cfg->tlb_sets && cfg->tlb_ways ? 0 : -EINVAL;
}

/* The name of the format, for people. */
const char *vcm_sim_cfg_format(const struct vcm_sim_cfg *cfg)
{
	return cfg->fmt->name;
}
