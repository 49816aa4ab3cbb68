// SPDX-License-Identifier: GPL-2.0-only
/*
 * map.c - pages are mapped: the way down is built first, and linked when it leads somewhere.
 *
 * F1 and F2 are kept here.  A table that is missing is allocated, filled with everything of the
 * request that lies in it, and then linked with one store; when nothing could be mapped in it,
 * it is freed and was never seen.  A request that fails half way therefore has changed nothing
 * but the pages that it reports as mapped, which the caller unmaps, or keeps.
 */
#include "pt.h"

/* What of a request is still to do. */
static u64 vcm_pt_left(const struct vcm_pt_map *map)
{
	return map->pgsize * map->pgcount - map->mapped;
}

/* Are @nr entries from @index on empty? */
static bool vcm_pt_are_none(const struct vcm_pt *pt, const void *table, u32 depth, u64 index,
			    u64 nr)
{
	struct vcm_pt_entry entry;

	for (u64 i = 0; i < nr; i++) {
		vcm_pt_decode(&pt->regs, depth, table, index + i, &entry);
		if (entry.kind != VCM_PT_NONE)
			return false;
	}
	return true;
}

/* Map what of @map lies in @table, whose entries are the leaves. */
static int vcm_pt_map_leaves(struct vcm_pt *pt, void *table, u32 depth, struct vcm_pt_map *map)
{
	u64 run = vcm_pt_run(&pt->regs, map->pgsize);
	u64 nr = vcm_pt_entries(&pt->regs, depth);
	u64 index = vcm_pt_index(&pt->regs, depth, map->iova + map->mapped);

	for (; vcm_pt_left(map) && index < nr; index += run) {
		if (!vcm_pt_are_none(pt, table, depth, index, run))
			return -EEXIST;
		vcm_pt_fill(&pt->regs, table, index, run,
			    pt->regs.fmt->leaf(map->pa + map->mapped, map->pgsize, map->prot));
		map->mapped += map->pgsize;
		pt->count.pages++;
		pt->count.entries += run;
		pt->count.bytes += map->pgsize;
	}
	return 0;
}

static int vcm_pt_map_table(struct vcm_pt *pt, void *table, u32 depth, struct vcm_pt_map *map);

/* The same for an empty entry: in a table of its own, which is linked when it has an entry. */
static int vcm_pt_map_new(struct vcm_pt *pt, void *table, u32 depth, struct vcm_pt_map *map)
{
	u64 index = vcm_pt_index(&pt->regs, depth, map->iova + map->mapped), before = map->mapped;
	void *below = vcm_pt_table_alloc(pt, depth + 1);
	int err;

	if (!below)
		return -ENOMEM;
	err = vcm_pt_map_table(pt, below, depth + 1, map);
	if (map->mapped == before) {
		vcm_pt_table_free(pt, below, depth + 1);
		return err;
	}
	vcm_pt_write(&pt->regs, table, index, vcm_pt_link(pt, below));
	pt->count.tables++;
	pt->count.entries++;
	return err;
}

/* Map what of @map lies in one entry of @table, which is above the leaves. */
static int vcm_pt_map_entry(struct vcm_pt *pt, void *table, u32 depth, struct vcm_pt_map *map)
{
	struct vcm_pt_entry entry;
	void *below;

	vcm_pt_decode(&pt->regs, depth, table,
		      vcm_pt_index(&pt->regs, depth, map->iova + map->mapped), &entry);
	switch (entry.kind) {
	case VCM_PT_NONE:
		return vcm_pt_map_new(pt, table, depth, map);
	case VCM_PT_LINK:
		below = vcm_pt_table_at(pt, entry.pa, depth + 1);
		return below ? vcm_pt_map_table(pt, below, depth + 1, map) : -EIO;
	case VCM_PT_LEAF:
		return -EEXIST;
	default:
		return -EIO;
	}
}

/* Map what of @map lies in @table; -EEXIST and -ENOMEM as soon as a page cannot be mapped. */
static int vcm_pt_map_table(struct vcm_pt *pt, void *table, u32 depth, struct vcm_pt_map *map)
{
	u64 nr = vcm_pt_entries(&pt->regs, depth);
	u64 index = vcm_pt_index(&pt->regs, depth, map->iova + map->mapped);
	int err = 0;

	if (depth == vcm_pt_depth(&pt->regs, map->pgsize))
		return vcm_pt_map_leaves(pt, table, depth, map);
	for (; !err && vcm_pt_left(map) && index < nr; index++)
		err = vcm_pt_map_entry(pt, table, depth, map);
	return err;
}

static int vcm_pt_map_check(const struct vcm_pt *pt, const struct vcm_pt_map *map)
{
	const struct vcm_fmt *fmt = pt->regs.fmt;
	int err = vcm_pt_range_check(pt, map->iova, map->pgsize, map->pgcount);
	u64 last;

	if (err)
		return err;
	if (map->prot & ~fmt->prots)
		return -EOPNOTSUPP;
	if (!(map->prot & VCM_PT_RW) || !IS_ALIGNED(map->pa, map->pgsize))
		return -EINVAL;
	last = vcm_pt_pa_last(pt, map->pgsize);
	return map->pa > last || map->pgsize * map->pgcount - 1 > last - map->pa ? -ERANGE : 0;
}

/**
 * vcm_pt_map - map pages
 * @pt:  the page table
 * @map: what and where to
 *
 * Never changes an entry that is not empty.  After a failure @map->mapped says how much is mapped
 * nevertheless; nothing else has changed, and no table is left that was not there and leads
 * nowhere.  Nothing has to be invalidated: what was empty is in no IOTLB.
 *
 * Context: the caller keeps map and unmap of @pt apart.  Walks may run.
 * Return: 0; -EINVAL when an address or the size is not one of the page table's or no access is
 * asked for, -ERANGE outside the window or above the output address size, -EOPNOTSUPP for
 * protection bits that the format has not, -EEXIST where something is mapped, -ENOMEM without
 * memory for a table, -EIO for tables that somebody else has written to.
 */
int vcm_pt_map(struct vcm_pt *pt, struct vcm_pt_map *map)
{
	int err;

	map->mapped = 0;
	err = vcm_pt_map_check(pt, map);
	return err ?: vcm_pt_map_table(pt, pt->root, 0, map);
}
EXPORT_SYMBOL_GPL(vcm_pt_map);
