// SPDX-License-Identifier: GPL-2.0-only
/*
 * space_check.c - do S1 and S2 of space.h hold?
 */
#include "space.h"

/* What a pool's window has to begin at, given the end of what is below. */
static const char *vcm_pool_check(const struct vcm_pool *pool, bool below, u64 below_last)
{
	struct vcm_gaps gaps = pool->gaps;
	bool covered = below && below_last >= gaps.last;
	u64 start = below && below_last >= pool->base ? below_last + 1 : pool->base;

	if (covered != pool->covered)
		return "S1: a pool is covered, or is not";
	if (covered)
		return gaps.root ? "S1: something in a covered pool" : NULL;
	if (gaps.start != start)
		return "S1: a window does not begin behind what spans from below";
	if (gaps.edge[1] && gaps.edge[1]->last > gaps.last)
		gaps.last = gaps.edge[1]->last;
	return vcm_gaps_check(&gaps);
}

static u64 vcm_pool_cached(const struct vcm_pool *pool)
{
	struct vcm_range *range;
	u64 nr = 0;

	for (range = vcm_gaps_first(&pool->gaps); range; range = vcm_range_next(range))
		nr += READ_ONCE(range->state) == VCM_PIECE_CACHED;
	return nr;
}

static u64 vcm_stock_count(struct vcm_stock *stock)
{
	const struct vcm_piece *piece;
	u64 nr = 0;

	for (u32 i = 0; i < VCM_SIZES; i++)
		for (piece = stock->shelf[i].first; piece; piece = piece->next)
			nr += piece->range.state == VCM_PIECE_CACHED &&
			      piece->range.tag == i &&
			      vcm_size_of(vcm_piece_len(piece) >> VCM_PAGE_SHIFT) == i;
	return nr;
}

/**
 * vcm_space_check() - test G1 to G4 of each tree, S1 and S2
 * @space: the space; nobody else uses it
 *
 * Return: NULL, or what is violated.
 */
const char *vcm_space_check(struct vcm_space *space)
{
	u64 in_trees = 0, in_caches = 0, below_last = 0;
	bool below = false;
	const char *bad;

	for (u32 i = 0; i < space->nr_pools; i++) {
		const struct vcm_pool *pool = &space->pools[i];

		bad = vcm_pool_check(pool, below, below_last);
		if (bad)
			return bad;
		if (pool->gaps.edge[1]) {
			below = true;
			below_last = pool->gaps.edge[1]->last;
		}
		in_trees += vcm_pool_cached(pool);
	}
	for (u32 i = 0; i < space->nr_cpus; i++) {
		if (vcm_stock_pieces(&space->stocks[i]) != vcm_stock_count(&space->stocks[i]))
			return "S2: pieces of a stock";
		in_caches += vcm_stock_pieces(&space->stocks[i]);
	}
	return in_trees == in_caches ? NULL : "S2: cached pieces";
}
