// SPDX-License-Identifier: GPL-2.0-only
/*
 * space.c - take a range of a space, and give it back.
 *
 * The way of a take: this processor's cache; then, unless it is certain that there is no room,
 * one pool after the other; then everything at once (pool.c); then what waits for a flush, after
 * one.  A request that fits is found by the end of it.  A give ends in the cache or in the tree,
 * allocates nothing and cannot fail.
 */
#include "space.h"

#define VCM_POOL_LEAST	4	/* log2 of the pages of the smallest pool */

static u32 vcm_space_shift(u64 span, u32 pools)
{
	u32 shift = fls64(span / pools);

	return min(max(shift, (u32)(VCM_PAGE_SHIFT + VCM_POOL_LEAST)), 63u);
}

static void vcm_space_init(struct vcm_space *space)
{
	u64 start = space->cfg.start, span = space->cfg.last - start;
	u32 i;

	space->shift = vcm_space_shift(span, space->cfg.pools);
	space->nr_pools = (span >> space->shift) + 1;
	for (i = 0; i < space->nr_pools; i++) {
		u64 base = start + ((u64)i << space->shift), last = space->cfg.last;

		if (i + 1 < space->nr_pools)
			last = base + (((u64)1 << space->shift) - 1);
		vcm_pool_init(&space->pools[i], base, last);
	}
	spin_lock_init(&space->slow);
	spin_lock_init(&space->flush_lock);
	for (i = 0; i < space->nr_cpus; i++) {
		spin_lock_init(&space->stocks[i].lock);
		space->stocks[i].later_end = &space->stocks[i].later;
	}
}

/**
 * vcm_space_create() - make an empty space
 * @cfg: what it shall be; copied
 *
 * Context: may sleep. Return: the space, or ERR_PTR(): -EINVAL, -ENOMEM.
 */
struct vcm_space *vcm_space_create(const struct vcm_space_cfg *cfg)
{
	struct vcm_space *space;

	if (!IS_ALIGNED(cfg->start, VCM_PAGE_SIZE) || !IS_ALIGNED(cfg->last + 1, VCM_PAGE_SIZE))
		return ERR_PTR(-EINVAL);
	if (cfg->last < cfg->start || !cfg->pools || cfg->pools > VCM_POOLS_MAX)
		return ERR_PTR(-EINVAL);
	if (!cfg->ops || !cfg->ops->piece_alloc || !cfg->ops->piece_free)
		return ERR_PTR(-EINVAL);
	space = vcm_os_zalloc(sizeof(*space));
	if (!space)
		return ERR_PTR(-ENOMEM);
	space->cfg = *cfg;
	space->nr_cpus = vcm_os_cpus();
	space->stocks = vcm_os_zalloc(space->nr_cpus * sizeof(*space->stocks));
	if (!space->stocks) {
		vcm_os_free(space);
		return ERR_PTR(-ENOMEM);
	}
	vcm_space_init(space);
	return space;
}

static u64 vcm_space_free_chain(struct vcm_space *space, struct vcm_piece *chain)
{
	struct vcm_piece *next;
	u64 nr = 0;

	for (; chain; chain = next, nr++) {
		next = chain->next;
		space->cfg.ops->piece_free(space->cfg.priv, chain);
	}
	return nr;
}

/**
 * vcm_space_destroy() - end a space
 * @space: from which nothing is taken; what waits for a flush is taken to need none any more
 *
 * Context: that of the callbacks.
 */
void vcm_space_destroy(struct vcm_space *space)
{
	struct vcm_piece *piece;

	for (u32 i = 0; i < space->nr_cpus; i++) {
		for (piece = space->stocks[i].later; piece; piece = piece->next)
			vcm_pools_give(space, piece);
		vcm_space_free_chain(space, space->stocks[i].later);
	}
	vcm_space_shrink(space);
	vcm_os_free(space->stocks);
	vcm_os_free(space);
}

/* Bytes of a request with what shall be free around it; 0 when that overflows. */
static u64 vcm_space_need(const struct vcm_gap_req *req)
{
	u64 need;

	if (check_add_overflow(req->len, req->before, &need) ||
	    check_add_overflow(need, req->after, &need))
		return 0;
	return need;
}

/* No pool said yes.  Return: 0 or -ENOSPC. */
static int vcm_space_take_slow(struct vcm_space *space, const struct vcm_gap_req *req,
			       struct vcm_piece *piece)
{
	struct vcm_piece *chain;
	bool again, found;

	do {
		found = vcm_pools_take_anywhere(space, req, piece, &chain);
		vcm_space_free_chain(space, chain);
		again = !found && vcm_space_waiting(space);
	} while (again && !vcm_space_flush(space));
	return found ? 0 : -ENOSPC;
}

/* Look in the trees for @need bytes that may be there. */
static struct vcm_piece *vcm_space_take_tree(struct vcm_space *space,
					     const struct vcm_gap_req *req, u64 need)
{
	struct vcm_piece *piece = space->cfg.ops->piece_alloc(space->cfg.priv);

	if (!piece)
		return ERR_PTR(-ENOMEM);
	if (vcm_pools_take(space, req, need, piece) || !vcm_space_take_slow(space, req, piece))
		return piece;
	space->cfg.ops->piece_free(space->cfg.priv, piece);
	return ERR_PTR(-ENOSPC);
}

/* vcm_space_take_len() for what this processor does not keep. */
struct vcm_piece *vcm_space_take_more(struct vcm_space *space, u64 len, u32 align, u64 limit)
{
	return vcm_space_take_tree(space, &(struct vcm_gap_req){
		.len = len,
		.limit = limit,
		.align = align,
	}, len);
}

/**
 * vcm_space_take() - take a range
 * @space: the space
 * @req:   how large, where and how aligned; @len not 0
 *
 * Context: that of the callbacks, otherwise any. Return: a piece whose range is what was found
 * with @before and @after around it; or ERR_PTR(): -ENOSPC when there is no such range,
 * -ENOMEM.
 */
struct vcm_piece *vcm_space_take(struct vcm_space *space, const struct vcm_gap_req *req)
{
	u64 need = vcm_space_need(req);
	struct vcm_piece *piece;

	if (!need || vcm_pools_are_full(space, need))
		return ERR_PTR(-ENOSPC);
	piece = vcm_stock_take(space, req, need);
	return piece ? piece : vcm_space_take_tree(space, req, need);
}

/**
 * vcm_space_take_at() - take exactly one range
 * @space: the space
 * @start: first address
 * @last:  last address
 *
 * Takes it out of a cache too, and flushes when a part of it waits for that.
 *
 * Context: that of the callbacks, otherwise any. Return: the piece, or ERR_PTR(): -ERANGE
 * outside of the window, -EADDRINUSE, -ENOMEM.
 */
struct vcm_piece *vcm_space_take_at(struct vcm_space *space, u64 start, u64 last)
{
	struct vcm_piece *piece, *chain;
	int err;

	if (start > last || start < space->cfg.start || last > space->cfg.last)
		return ERR_PTR(-ERANGE);
	piece = space->cfg.ops->piece_alloc(space->cfg.priv);
	if (!piece)
		return ERR_PTR(-ENOMEM);
	piece->range.start = start;
	piece->range.last = last;
	do {
		err = vcm_pools_take_at(space, piece, &chain);
		vcm_space_free_chain(space, chain);
	} while (err == -EAGAIN && !vcm_space_flush(space));
	if (!err)
		return piece;
	space->cfg.ops->piece_free(space->cfg.priv, piece);
	return ERR_PTR(-EADDRINUSE);
}

/* Give a range back that this processor does not keep. */
void vcm_space_give_tree(struct vcm_space *space, struct vcm_piece *piece)
{
	vcm_pools_give(space, piece);
	vcm_stock_gave(space);
	space->cfg.ops->piece_free(space->cfg.priv, piece);
}

/**
 * vcm_space_shrink() - give back what the caches keep
 * @space: the space
 *
 * Context: that of piece_free, otherwise any. Return: the pieces that were freed.
 */
u64 vcm_space_shrink(struct vcm_space *space)
{
	struct vcm_piece *chain;
	unsigned long flags;

	vcm_pools_lock(space, &flags);
	chain = vcm_pools_drain(space);
	vcm_pools_unlock(space, flags);
	return vcm_space_free_chain(space, chain);
}

/**
 * vcm_space_stats() - what is kept and what was done
 * @space: the space
 * @stats: out
 */
void vcm_space_stats(struct vcm_space *space, struct vcm_space_stats *stats)
{
	unsigned long flags;

	*stats = (struct vcm_space_stats){
		.cached_max = (u64)space->cfg.cached * VCM_SIZES * space->nr_cpus,
	};
	for (u32 i = 0; i < space->nr_cpus; i++) {
		struct vcm_stock *stock = &space->stocks[i];

		spin_lock_irqsave(&stock->lock, flags);
		stats->cached += vcm_stock_pieces(stock);
		stats->cached_bytes += vcm_stock_bytes(stock);
		stats->later += stock->nr_later;
		stats->later_bytes += stock->later_bytes;
		spin_unlock_irqrestore(&stock->lock, flags);
	}
	spin_lock_irqsave(&space->flush_lock, flags);
	stats->flushes = space->flushes;
	spin_unlock_irqrestore(&space->flush_lock, flags);
	spin_lock_irqsave(&space->slow, flags);
	stats->drains = space->drains;
	stats->spans = space->spans;
	spin_unlock_irqrestore(&space->slow, flags);
}
