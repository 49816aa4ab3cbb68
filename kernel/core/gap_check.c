// SPDX-License-Identifier: GPL-2.0-only
/*
 * gap_check.c - do G1 to G4 of gap.c hold?
 *
 * Trusts nothing that gap.c keeps: what can be computed anew is.
 */
#include "gap.h"

enum { LOW, HIGH };

static struct vcm_range *vcm_range_end(struct vcm_range *range, int side)
{
	while (range && range->child[side])
		range = range->child[side];
	return range;
}

static u32 vcm_range_levels(const struct vcm_range *range)
{
	return range ? range->height : 0;
}

static u64 vcm_range_largest(const struct vcm_range *range)
{
	return range ? range->max_gap : 0;
}

static const char *vcm_range_check(const struct vcm_range *range)
{
	const struct vcm_range *low = range->child[LOW], *high = range->child[HIGH];
	u32 low_height = vcm_range_levels(low), high_height = vcm_range_levels(high);

	if ((low && low->parent != range) || (high && high->parent != range))
		return "G2: a child does not know its parent";
	if (range->height != 1 + max(low_height, high_height))
		return "G2: height";
	if (range->max_gap != max(range->gap, max(vcm_range_largest(low), vcm_range_largest(high))))
		return "G2: max_gap";
	if (low_height > high_height + 1 || high_height > low_height + 1)
		return "G3: out of balance";
	return NULL;
}

/**
 * vcm_gaps_check() - test G1 to G4
 * @gaps: the set
 *
 * Return: NULL, or what is violated.
 */
const char *vcm_gaps_check(const struct vcm_gaps *gaps)
{
	struct vcm_range *range;
	u64 free_from = gaps->start;
	const char *bad;

	for (range = vcm_range_end(gaps->root, LOW); range; range = vcm_range_next(range)) {
		if (range->start < free_from || range->last < range->start ||
		    range->last > gaps->last)
			return "G1: order, overlap or window";
		if (range->gap != range->start - free_from)
			return "G2: gap";
		bad = vcm_range_check(range);
		if (bad)
			return bad;
		if (range->last == gaps->last && vcm_range_next(range))
			return "G1: a range above the window";
		free_from = range->last + 1;
	}
	if (gaps->edge[LOW] != vcm_range_end(gaps->root, LOW) ||
	    gaps->edge[HIGH] != vcm_range_end(gaps->root, HIGH))
		return "G4: the lowest or the highest range";
	return NULL;
}
