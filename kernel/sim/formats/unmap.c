// SPDX-License-Identifier: GPL-2.0-only
/*
 * unmap.c - pages are unmapped, and pages that are larger than what is unmapped are split.
 *
 * F3 and F4 are kept here.  The order for a page is: its entries are cleared; the table, when it
 * has become empty, is unlinked; both are told to the caller's gather, the range first.  A range
 * that was split is told as a whole, since a cached translation of the large page covers the part
 * that is gone.
 *
 * A split puts the same translation in smaller pages, one size down at a time, so it never leaves
 * a moment in which an address that stays mapped is not: a table of the smaller pages is filled
 * and then linked over the leaf by one store; sixteen entries of a run are each replaced by one
 * that says the same of the part that it covers.  Architectures differ in what a walk may cache
 * meanwhile; here it is one translation of the old size or one of the new, and the gather has
 * the range.
 *
 * A page whose address the smaller size cannot encode is not split: a 16M page of ARM above 4G
 * goes as a whole or stays as a whole.
 */
#include "pt.h"

/**
 * struct vcm_pt_undo - what is being unmapped
 * @pt:       where
 * @gather:   who is told
 * @iova:     next address
 * @left:     bytes from there
 * @gone:     start of a range that the gather has not been told of
 * @gone_len: its length, 0 for none
 * @gone_size: its page size
 */
struct vcm_pt_undo {
	struct vcm_pt *pt;
	struct vcm_pt_gather *gather;
	u64 iova;
	u64 left;
	u64 gone;
	u64 gone_len;
	u64 gone_size;
};

static void vcm_pt_tell(struct vcm_pt_undo *undo)
{
	if (undo->gone_len)
		undo->gather->range(undo->gather, undo->gone, undo->gone_len, undo->gone_size);
	undo->gone_len = 0;
}

/* Pages next to each other, of one size, are told as one range. */
static void vcm_pt_gone(struct vcm_pt_undo *undo, u64 iova, u64 len)
{
	if (undo->gone_len && (undo->gone_size != len || undo->gone + undo->gone_len != iova))
		vcm_pt_tell(undo);
	if (!undo->gone_len) {
		undo->gone = iova;
		undo->gone_size = len;
	}
	undo->gone_len += len;
}

/* The page size below @len; the page has one, or it would not have to be split. */
static u64 vcm_pt_smaller(const struct vcm_fmt *fmt, u64 len)
{
	u64 below = fmt->pgsizes & (len - 1);

	return below ? (u64)1 << (fls64(below) - 1) : 0;
}

/* Write pages of @size from @index of @table on, that translate @page->len bytes of @page. */
static void vcm_pt_fill_pages(struct vcm_pt *pt, void *table, u64 index,
			      const struct vcm_pt_entry *page, u64 size)
{
	u64 run = vcm_pt_run(&pt->regs, size), nr = page->len / size;

	for (u64 i = 0; i < nr; i++)
		vcm_pt_fill(&pt->regs, table, index + i * run, run,
			    pt->regs.fmt->leaf(page->pa + i * size, size, page->prot));
	pt->count.pages += nr - 1;
}

/*
 * Split the page of @iova, which @table of @depth has, into pages of the next smaller size.
 * Translations stay what they are, also after -ENOMEM.
 */
int vcm_pt_split(struct vcm_pt *pt, void *table, u32 depth, u64 iova,
		 const struct vcm_pt_entry *page)
{
	u64 size = vcm_pt_smaller(pt->regs.fmt, page->len);
	u64 index = vcm_pt_index(&pt->regs, depth, iova & ~(page->len - 1));
	void *below;

	if (!size)
		return -EINVAL;
	if (page->pa + (page->len - 1) > vcm_pt_pa_last(pt, size))
		return -EOPNOTSUPP;
	if (vcm_pt_depth(&pt->regs, size) == depth) {
		vcm_pt_fill_pages(pt, table, index, page, size);
		return 0;
	}
	below = vcm_pt_table_alloc(pt, depth + 1);
	if (!below)
		return -ENOMEM;
	vcm_pt_fill_pages(pt, below, 0, page, size);
	vcm_pt_write(&pt->regs, table, index, vcm_pt_link(pt, below));
	pt->count.tables++;
	pt->count.entries += vcm_pt_entries(&pt->regs, depth + 1);
	return 0;
}

/* Looks first where @from is, which is where entries are likely to be left. */
static bool vcm_pt_is_empty(const struct vcm_pt *pt, const void *table, u32 depth, u64 from)
{
	u64 nr = vcm_pt_entries(&pt->regs, depth);
	struct vcm_pt_entry entry;

	for (u64 i = 0; i < nr; i++) {
		vcm_pt_decode(&pt->regs, depth, table, (from + i) % nr, &entry);
		if (entry.kind != VCM_PT_NONE)
			return false;
	}
	return true;
}

/* A page goes, or is split so that the next look finds a smaller one. */
static int vcm_pt_unmap_page(struct vcm_pt_undo *undo, void *table, u32 depth,
			     const struct vcm_pt_entry *page)
{
	struct vcm_pt *pt = undo->pt;
	u64 start = undo->iova & ~(page->len - 1), run = vcm_pt_run(&pt->regs, page->len);
	int err;

	if (start != undo->iova || page->len > undo->left) {
		err = vcm_pt_split(pt, table, depth, undo->iova, page);
		if (!err)
			vcm_pt_gone(undo, start, page->len);
		return err;
	}
	vcm_pt_fill(&pt->regs, table, vcm_pt_index(&pt->regs, depth, start), run, 0);
	pt->count.pages--;
	pt->count.entries -= run;
	pt->count.bytes -= page->len;
	vcm_pt_gone(undo, start, page->len);
	undo->iova += page->len;
	undo->left -= page->len;
	return 0;
}

static int vcm_pt_unmap_table(struct vcm_pt_undo *undo, void *table, u32 depth);

/* What is below an entry goes, and then perhaps the entry. */
static int vcm_pt_unmap_below(struct vcm_pt_undo *undo, void *table, u32 depth, u64 pa)
{
	struct vcm_pt *pt = undo->pt;
	u64 index = vcm_pt_index(&pt->regs, depth, undo->iova), at;
	void *below = vcm_pt_table_at(pt, pa, depth + 1);
	int err;

	if (!below)
		return -EIO;
	err = vcm_pt_unmap_table(undo, below, depth + 1);
	at = vcm_pt_index(&pt->regs, depth + 1, undo->iova);
	if (!vcm_pt_is_empty(pt, below, depth + 1, at))
		return err;
	vcm_pt_write(&pt->regs, table, index, 0);
	pt->count.tables--;
	pt->count.entries--;
	vcm_pt_tell(undo);
	undo->gather->table(undo->gather, below, vcm_pt_len(&pt->regs, depth + 1));
	return err;
}

/* Unmap what of @undo lies in @table. */
static int vcm_pt_unmap_table(struct vcm_pt_undo *undo, void *table, u32 depth)
{
	const struct vcm_pt_regs *regs = &undo->pt->regs;
	u64 above = depth ? undo->iova >> vcm_pt_shift(regs, depth - 1) : 0;
	struct vcm_pt_entry entry;
	int err = 0;

	while (!err && undo->left) {
		if (depth && undo->iova >> vcm_pt_shift(regs, depth - 1) != above)
			return 0;
		vcm_pt_decode(regs, depth, table, vcm_pt_index(regs, depth, undo->iova), &entry);
		if (entry.kind == VCM_PT_LEAF)
			err = vcm_pt_unmap_page(undo, table, depth, &entry);
		else if (entry.kind == VCM_PT_LINK)
			err = vcm_pt_unmap_below(undo, table, depth, entry.pa);
		else
			err = entry.kind == VCM_PT_NONE ? -ENOENT : -EIO;
	}
	return err;
}

/**
 * vcm_pt_unmap - unmap pages
 * @pt:      the page table
 * @iova:    first address, a multiple of @pgsize
 * @pgsize:  one of the page table's sizes; need not be what the pages were mapped with
 * @pgcount: how many of them
 * @gather:  is told what to invalidate and what to free
 *
 * Unmaps exactly the range: a page that reaches out of it is split.  Stops at the first address
 * that is not mapped, and says why in @gather->err.  Allocates only for a split.
 *
 * Context: the caller keeps map and unmap of @pt apart.  Walks may run.
 * Return: bytes unmapped, from @iova on.  When that is less than asked for, @gather->err is
 * -EINVAL or -ERANGE for a range that cannot be mapped either, -ENOENT at a hole, -ENOMEM when
 * there was no memory for a split, -EOPNOTSUPP for a page that the architecture cannot split,
 * -EIO for tables that somebody else has written to.  What is left is translated as before.
 */
u64 vcm_pt_unmap(struct vcm_pt *pt, u64 iova, u64 pgsize, u64 pgcount,
		 struct vcm_pt_gather *gather)
{
	struct vcm_pt_undo undo = { .pt = pt, .gather = gather, .iova = iova };

	gather->err = vcm_pt_range_check(pt, iova, pgsize, pgcount);
	if (gather->err)
		return 0;
	undo.left = pgsize * pgcount;
	gather->err = vcm_pt_unmap_table(&undo, pt->root, 0);
	vcm_pt_tell(&undo);
	return pgsize * pgcount - undo.left;
}
EXPORT_SYMBOL_GPL(vcm_pt_unmap);
