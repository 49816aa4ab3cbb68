// SPDX-License-Identifier: GPL-2.0-only
/*
 * visit.c - what is in a page table: for people, and for F1 to F5.
 */
#include "pt.h"

/**
 * struct vcm_pt_tour - on the way through the tables
 * @pt:      whose tables they are
 * @visitor: who is shown the pages, NULL for nobody
 * @count:   what was seen
 * @bad:     what is not as it should be, NULL for nothing
 */
struct vcm_pt_tour {
	const struct vcm_pt *pt;
	struct vcm_pt_visitor *visitor;
	struct vcm_pt_count count;
	const char *bad;
};

static int vcm_pt_tour_table(struct vcm_pt_tour *tour, const void *table, u32 depth, u64 iova);

/* A page, at its first entry: all of its run has to say the same. */
static int vcm_pt_tour_page(struct vcm_pt_tour *tour, const void *table, u64 index, u64 iova,
			    const struct vcm_pt_entry *entry)
{
	const struct vcm_pt_regs *regs = &tour->pt->regs;
	u64 run = vcm_pt_run(regs, entry->len);

	if (!IS_ALIGNED(iova, entry->len)) {
		tour->bad = "the run of a page has no beginning";
		return -EIO;
	}
	for (u64 i = 1; i < run; i++) {
		if (vcm_pt_read(regs, table, index + i) != vcm_pt_read(regs, table, index)) {
			tour->bad = "entries of one page differ";
			return -EIO;
		}
	}
	tour->count.pages++;
	tour->count.entries += run;
	tour->count.bytes += entry->len;
	return tour->visitor ? tour->visitor->page(tour->visitor, iova, entry) : 0;
}

static int vcm_pt_tour_link(struct vcm_pt_tour *tour, u32 depth, u64 iova, u64 pa)
{
	u64 before = tour->count.pages;
	const void *below = vcm_pt_table_at(tour->pt, pa, depth + 1);
	int err;

	if (!below) {
		tour->bad = "an entry points to no table";
		return -EIO;
	}
	/* Tables that lead to each other would be toured again and again. */
	if (tour->count.tables >= tour->pt->count.tables) {
		tour->bad = "more tables are linked than there are";
		return -EIO;
	}
	tour->count.tables++;
	tour->count.entries++;
	err = vcm_pt_tour_table(tour, below, depth + 1, iova);
	if (!err && tour->count.pages == before) {
		tour->bad = "an empty table is linked";
		return -EIO;
	}
	return err;
}

/* All of @table, whose first address is @iova. */
static int vcm_pt_tour_table(struct vcm_pt_tour *tour, const void *table, u32 depth, u64 iova)
{
	const struct vcm_pt_regs *regs = &tour->pt->regs;
	u64 nr = vcm_pt_entries(regs, depth), run = 1, at;
	struct vcm_pt_entry entry;
	int err = 0;

	for (u64 i = 0; !err && i < nr; i += run) {
		at = iova + (i << vcm_pt_shift(regs, depth));
		run = 1;
		vcm_pt_decode(regs, depth, table, i, &entry);
		if (entry.kind == VCM_PT_LEAF) {
			run = vcm_pt_run(regs, entry.len);
			err = vcm_pt_tour_page(tour, table, i, at, &entry);
		} else if (entry.kind == VCM_PT_LINK) {
			err = vcm_pt_tour_link(tour, depth, at, entry.pa);
		} else if (entry.kind == VCM_PT_BAD) {
			tour->bad = "an entry is not one of the format";
			err = -EIO;
		}
	}
	return err;
}

/* The address of the first entry of the root. */
static u64 vcm_pt_base(const struct vcm_pt *pt)
{
	return pt->regs.fmt->level[0].bits ? 0 : pt->regs.start;
}

/**
 * vcm_pt_visit - show all pages of a page table
 * @pt:      the page table
 * @visitor: who is shown them
 *
 * Context: the caller keeps map and unmap of @pt apart from it.
 * Return: 0, what @visitor returned to end it, or -EIO for tables that are damaged.
 */
int vcm_pt_visit(const struct vcm_pt *pt, struct vcm_pt_visitor *visitor)
{
	struct vcm_pt_tour tour = { .pt = pt, .visitor = visitor, .count.tables = 1 };

	return vcm_pt_tour_table(&tour, pt->root, 0, vcm_pt_base(pt));
}
EXPORT_SYMBOL_GPL(vcm_pt_visit);

/**
 * vcm_pt_check - find out what is in the tables, and whether it is in order
 * @pt:    the page table
 * @count: out: what was found; may be NULL
 *
 * Context: the caller keeps map and unmap of @pt apart from it.
 * Return: NULL, or which invariant is broken.
 */
const char *vcm_pt_check(const struct vcm_pt *pt, struct vcm_pt_count *count)
{
	struct vcm_pt_tour tour = { .pt = pt, .count.tables = 1 };
	const struct vcm_pt_count *want = &pt->count;

	vcm_pt_tour_table(&tour, pt->root, 0, vcm_pt_base(pt));
	if (count)
		*count = tour.count;
	if (tour.bad)
		return tour.bad;
	if (tour.count.tables != want->tables)
		return "tables are not counted right";
	if (tour.count.pages != want->pages)
		return "pages are not counted right";
	if (tour.count.entries != want->entries)
		return "entries are not counted right";
	return tour.count.bytes == want->bytes ? NULL : "bytes are not counted right";
}
EXPORT_SYMBOL_GPL(vcm_pt_check);
