// SPDX-License-Identifier: GPL-2.0-only
/*
 * table.c - page tables come and go; what a range must be like; the list of formats.
 *
 * Tables come from the caller's memory with what the format demands of their address, and are
 * counted while they are linked or are the root.
 */
#include "pt.h"

static const struct vcm_fmt *const vcm_fmts[] = {
	&vcm_fmt_armv7s,
	&vcm_fmt_omap,
	&vcm_fmt_tce,
	&vcm_fmt_x86,
};

/**
 * vcm_fmt_nth - one format after the other
 * @nr: which, from 0
 *
 * Context: any.
 * Return: the format, NULL after the last.
 */
const struct vcm_fmt *vcm_fmt_nth(u32 nr)
{
	return nr < ARRAY_SIZE(vcm_fmts) ? vcm_fmts[nr] : NULL;
}
EXPORT_SYMBOL_GPL(vcm_fmt_nth);

/**
 * vcm_fmt_find - a format by its name
 * @name: as in struct vcm_fmt
 *
 * Context: any.
 * Return: the format, NULL when there is none of that name.
 */
const struct vcm_fmt *vcm_fmt_find(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(vcm_fmts); i++)
		if (!strcmp(vcm_fmts[i]->name, name))
			return vcm_fmts[i];
	return NULL;
}
EXPORT_SYMBOL_GPL(vcm_fmt_find);

/* The largest number of @bits bits. */
static u64 vcm_pt_last(u32 bits)
{
	return ~0ull >> (64 - bits);
}

/* A table that nothing links to yet, NULL when the caller has none for us. */
void *vcm_pt_table_alloc(struct vcm_pt *pt, u32 depth)
{
	const struct vcm_pt_mem *mem = pt->regs.mem;
	u64 len = vcm_pt_len(&pt->regs, depth), last = vcm_pt_last(pt->regs.fmt->table_oas), pa;
	void *table = mem->ops->alloc(mem->priv, len, last);

	if (!table)
		return NULL;
	pa = mem->ops->to_pa(mem->priv, table);
	if (IS_ALIGNED(pa, len) && pa <= last && len - 1 <= last - pa)
		return table;
	mem->ops->free(mem->priv, table, len);
	return NULL;
}

/* For tables that nothing links to, and no walk can have seen. */
void vcm_pt_table_free(struct vcm_pt *pt, void *table, u32 depth)
{
	const struct vcm_pt_mem *mem = pt->regs.mem;

	mem->ops->free(mem->priv, table, vcm_pt_len(&pt->regs, depth));
}

void *vcm_pt_table_at(const struct vcm_pt *pt, u64 pa, u32 depth)
{
	const struct vcm_pt_mem *mem = pt->regs.mem;

	return mem->ops->to_va(mem->priv, pa, vcm_pt_len(&pt->regs, depth));
}

/* The entry that points to @table. */
u64 vcm_pt_link(const struct vcm_pt *pt, const void *table)
{
	const struct vcm_pt_mem *mem = pt->regs.mem;

	return pt->regs.fmt->link(mem->ops->to_pa(mem->priv, table));
}

/* May pages of that size be at that address?  -EINVAL, or -ERANGE outside the window. */
int vcm_pt_range_check(const struct vcm_pt *pt, u64 iova, u64 pgsize, u64 pgcount)
{
	u64 len, last;

	if (!pgsize || pgsize & (pgsize - 1) || !(pt->pgsizes & pgsize) || !pgcount)
		return -EINVAL;
	if (!IS_ALIGNED(iova, pgsize))
		return -EINVAL;
	if (pgcount - 1 > ~0ull / pgsize)
		return -ERANGE;
	len = (pgcount - 1) * pgsize;
	if (check_add_overflow(iova, len, &last) || check_add_overflow(last, pgsize - 1, &last))
		return -ERANGE;
	return iova < pt->regs.start || last > pt->regs.last ? -ERANGE : 0;
}

/* The page sizes that @cfg asks for; 0 when it cannot be served. */
static u64 vcm_pt_pgsizes(const struct vcm_pt_cfg *cfg)
{
	u64 all = cfg->fmt->pgsizes, sizes = cfg->pgsizes ?: all;

	if (sizes & ~all)
		return 0;
	if (cfg->fmt->level[0].bits)
		return sizes;
	if (!cfg->pgsizes)
		return (u64)1 << __ffs64(all);
	return sizes & (sizes - 1) ? 0 : sizes;
}

static int vcm_pt_cfg_check(const struct vcm_pt_cfg *cfg, u64 pgsizes)
{
	u64 pgsize;

	if (!cfg->fmt || !cfg->mem || !pgsizes || cfg->oas > cfg->fmt->oas)
		return -EINVAL;
	pgsize = (u64)1 << __ffs64(pgsizes);
	if (cfg->start > cfg->last || !IS_ALIGNED(cfg->start, pgsize) ||
	    !IS_ALIGNED(cfg->last + 1, pgsize))
		return -EINVAL;
	return cfg->last > vcm_pt_last(cfg->fmt->ias) ? -ERANGE : 0;
}

/**
 * vcm_pt_init - make an empty page table
 * @pt:  to be made
 * @cfg: what it shall be
 *
 * Context: as the alloc function of @cfg->mem.
 * Return: 0; -EINVAL for a configuration that the format does not have, -ERANGE for a window
 * that it cannot reach or that would need a table above VCM_PT_TABLE_MAX, -ENOMEM.
 */
int vcm_pt_init(struct vcm_pt *pt, const struct vcm_pt_cfg *cfg)
{
	u64 pgsizes = cfg->fmt ? vcm_pt_pgsizes(cfg) : 0;
	int err = vcm_pt_cfg_check(cfg, pgsizes);

	if (err)
		return err;
	*pt = (struct vcm_pt) {
		.regs = {
			.fmt = cfg->fmt,
			.mem = cfg->mem,
			.start = cfg->start,
			.last = cfg->last,
			.asid = cfg->asid,
		},
		.pgsizes = pgsizes,
		.oas = cfg->oas ?: cfg->fmt->oas,
	};
	if (!cfg->fmt->level[0].bits) {
		pt->regs.pgshift = __ffs64(pgsizes);
		if (vcm_pt_entries(&pt->regs, 0) > VCM_PT_TABLE_MAX / cfg->fmt->entry_len)
			return -ERANGE;
	}
	pt->root = vcm_pt_table_alloc(pt, 0);
	if (!pt->root)
		return -ENOMEM;
	pt->regs.root = cfg->mem->ops->to_pa(cfg->mem->priv, pt->root);
	pt->count.tables = 1;
	return 0;
}
EXPORT_SYMBOL_GPL(vcm_pt_init);

static void vcm_pt_free_below(struct vcm_pt *pt, void *table, u32 depth)
{
	struct vcm_pt_entry entry;

	for (u64 i = 0; depth + 1 < pt->regs.fmt->levels && i < vcm_pt_entries(&pt->regs, depth);
	     i++) {
		vcm_pt_decode(&pt->regs, depth, table, i, &entry);
		if (entry.kind == VCM_PT_LINK)
			vcm_pt_free_below(pt, vcm_pt_table_at(pt, entry.pa, depth + 1), depth + 1);
	}
	vcm_pt_table_free(pt, table, depth);
}

/**
 * vcm_pt_fini - free the tables of a page table, whatever is mapped
 * @pt: the page table; no IOMMU may use it any more, and what they cache has been invalidated
 *
 * Tables that unmap gave to a gather are the caller's and not freed here.  Cannot fail, and
 * allocates nothing.
 *
 * Context: as the free function of its memory.
 */
void vcm_pt_fini(struct vcm_pt *pt)
{
	vcm_pt_free_below(pt, pt->root, 0);
	*pt = (struct vcm_pt) { 0 };
}
EXPORT_SYMBOL_GPL(vcm_pt_fini);
