// SPDX-License-Identifier: GPL-2.0-only
/*
 * pool.c - the pools of a space: one tree and one lock for each part of the window.
 *
 * Pools are where ranges are looked for, not where they have to end: when no pool has room, all
 * are locked, what the processors keep goes back into the trees, and a hole that lies on a
 * border, or on several, is used like any other.  Such a range spans: it is in the tree of the
 * pool that it begins in, and the windows of the pools above begin behind it (S1).
 *
 * The locks are those of space.h.
 */
#include "space.h"

enum { LOW, HIGH };

/* The pool that an address is in. */
struct vcm_pool *vcm_pool_of(struct vcm_space *space, u64 addr)
{
	return &space->pools[(addr - space->cfg.start) >> space->shift];
}

/* Lock every pool; there may be no other lock of the space held. */
void vcm_pools_lock(struct vcm_space *space, unsigned long *flags)
	__acquires(&space->slow)
{
	spin_lock_irqsave(&space->slow, *flags);
	for (u32 i = 0; i < space->nr_pools; i++) {
		spin_lock_nest_lock(&space->pools[i].lock, &space->slow);
		__release(&space->pools[i].lock);	/* sparse cannot count these */
	}
}

void vcm_pools_unlock(struct vcm_space *space, unsigned long flags)
	__releases(&space->slow)
{
	for (u32 i = space->nr_pools; i--;) {
		__acquire(&space->pools[i].lock);
		spin_unlock(&space->pools[i].lock);
	}
	spin_unlock_irqrestore(&space->slow, flags);
}

/* Let others see what room a locked pool has. */
static void vcm_pool_publish(struct vcm_pool *pool)
{
	const struct vcm_gaps *gaps = &pool->gaps;
	const struct vcm_range *lowest = gaps->edge[LOW];
	u64 tail = pool->covered ? 0 : vcm_gaps_tail(gaps);
	u64 room = lowest ? gaps->root->max_gap : 0;

	WRITE_ONCE(pool->room, room);
	WRITE_ONCE(pool->head, lowest ? lowest->gap : tail);
	WRITE_ONCE(pool->tail, tail);
	WRITE_ONCE(pool->some, tail || room);
}

void vcm_pool_init(struct vcm_pool *pool, u64 base, u64 last)
{
	spin_lock_init(&pool->lock);
	vcm_gaps_init(&pool->gaps, base, last);
	pool->base = base;
	vcm_pool_publish(pool);
}

/* Could this pool have @need free bytes in one place?  Asked without its lock. */
static bool vcm_pool_may(struct vcm_pool *pool, u64 need)
{
	return max(READ_ONCE(pool->room), READ_ONCE(pool->tail)) >= need;
}

/* Does any of @req lie in the pool? */
static bool vcm_pool_in_reach(const struct vcm_pool *pool, const struct vcm_gap_req *req)
{
	return pool->base <= req->limit && pool->gaps.last >= req->lower;
}

/* A range of the trees is taken: say so, and where else it may go. */
void vcm_piece_settle(struct vcm_piece *piece, u32 state)
{
	WRITE_ONCE(piece->range.state, state);
	piece->range.tag = state & VCM_PIECE_SPANS ? VCM_NO_SIZE :
			   vcm_size_of(vcm_piece_len(piece) >> VCM_PAGE_SHIFT);
}

static bool vcm_pool_take(struct vcm_pool *pool, const struct vcm_gap_req *req, u64 need,
			  struct vcm_piece *piece)
{
	unsigned long flags;
	bool found;

	if (!vcm_pool_in_reach(pool, req) || !vcm_pool_may(pool, need))
		return false;
	spin_lock_irqsave(&pool->lock, flags);
	found = !pool->covered && !vcm_gaps_take(&pool->gaps, req, &piece->range);
	if (found) {
		vcm_piece_settle(piece, VCM_PIECE_TAKEN);
		vcm_pool_publish(pool);
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	return found;
}

/* The pool to begin with. */
static u32 vcm_pools_home(const struct vcm_space *space, u64 need)
{
	u32 top = space->nr_pools - 1;

	return top && need <= VCM_SIZES_ALL * VCM_PAGE_SIZE ? vcm_os_cpu() % top : top;
}

/**
 * vcm_pools_take() - look in one pool after the other
 * @space: the space
 * @req:   what is wanted
 * @need:  bytes of it with what shall be free around it
 * @piece: out: the range
 *
 * Long ranges begin with the topmost pool, others with that of this processor, so that the long
 * do not have to live among the short.
 *
 * Return: false when none of them has it; it may still be on a border or in a cache.
 */
bool vcm_pools_take(struct vcm_space *space, const struct vcm_gap_req *req, u64 need,
		    struct vcm_piece *piece)
{
	u32 nr = space->nr_pools, first = vcm_pools_home(space, need);

	for (u32 i = 0; i < nr; i++, first = first + 1 < nr ? first + 1 : 0)
		if (vcm_pool_take(&space->pools[first], req, need, piece))
			return true;
	return false;
}

/* Take a piece out of the tree of its locked pool. */
static void vcm_pool_remove(struct vcm_pool *pool, struct vcm_piece *piece)
{
	vcm_gaps_remove(&pool->gaps, &piece->range);
	vcm_pool_publish(pool);
}

/* Put a range that is set into the trees; all pools are locked, nothing is in its place. */
static void vcm_pools_insert(struct vcm_space *space, struct vcm_piece *piece)
{
	struct vcm_pool *pool = vcm_pool_of(space, piece->range.start);
	struct vcm_pool *top = vcm_pool_of(space, piece->range.last);

	vcm_gaps_insert(&pool->gaps, &piece->range);
	vcm_pool_publish(pool);
	vcm_piece_settle(piece, pool == top ? VCM_PIECE_TAKEN : VCM_PIECE_SPANS);
	space->spans += pool != top;
	for (pool++; pool <= top; pool++) {
		pool->covered = piece->range.last >= pool->gaps.last;
		if (!pool->covered)
			vcm_gaps_set_start(&pool->gaps, piece->range.last + 1);
		vcm_pool_publish(pool);
	}
}

/* Undo it for a range that spans. */
static void vcm_pools_remove(struct vcm_space *space, struct vcm_piece *piece)
{
	struct vcm_pool *pool = vcm_pool_of(space, piece->range.start);
	struct vcm_pool *top = vcm_pool_of(space, piece->range.last);

	vcm_pool_remove(pool, piece);
	for (pool++; pool <= top; pool++) {
		pool->covered = false;
		vcm_gaps_set_start(&pool->gaps, pool->base);
		vcm_pool_publish(pool);
	}
}

/**
 * vcm_pools_give() - make a range free in the trees
 * @space: the space
 * @piece: in no cache; in no tree afterwards
 */
void vcm_pools_give(struct vcm_space *space, struct vcm_piece *piece)
{
	struct vcm_pool *pool = vcm_pool_of(space, piece->range.start);
	unsigned long flags;

	if (piece->range.state & VCM_PIECE_SPANS) {
		vcm_pools_lock(space, &flags);
		vcm_pools_remove(space, piece);
		vcm_pools_unlock(space, flags);
		return;
	}
	spin_lock_irqsave(&pool->lock, flags);
	vcm_pool_remove(pool, piece);
	spin_unlock_irqrestore(&pool->lock, flags);
}

/* Put everything that is cached back; all pools are locked.  Return: the pieces, a chain. */
struct vcm_piece *vcm_pools_drain(struct vcm_space *space)
{
	struct vcm_piece *chain = NULL, *piece, *next;

	WRITE_ONCE(space->moving, 1);
	smp_wmb();	/* seen before anything is missed in a cache */
	for (u32 cpu = 0; cpu < space->nr_cpus; cpu++) {
		for (piece = vcm_stock_empty(&space->stocks[cpu]); piece; piece = next) {
			next = piece->next;
			vcm_pool_remove(vcm_pool_of(space, piece->range.start), piece);
			piece->next = chain;
			chain = piece;
		}
	}
	space->drains += !!chain;
	/* What was moved is seen in the trees. */
	smp_store_release(&space->moving, 0);
	return chain;
}

/**
 * struct vcm_hole - free addresses, perhaps of several pools
 * @start: first
 * @last:  last
 */
struct vcm_hole {
	u64 start;
	u64 last;
};

/*
 * The hole that begins at the end of *@at and goes on into the next pool; *@at becomes the pool
 * that it ends in.  Return: false when what is above *@at is taken.
 */
static bool vcm_pools_border(struct vcm_space *space, u32 *at, struct vcm_hole *hole)
{
	const struct vcm_pool *pool = &space->pools[*at];

	if (!pool->tail)
		return false;
	hole->last = pool->gaps.last;
	hole->start = hole->last - (pool->tail - 1);
	while (++*at < space->nr_pools) {
		pool = &space->pools[*at];
		if (pool->covered || pool->gaps.start != pool->base || !pool->head)
			break;
		hole->last = pool->gaps.start + (pool->head - 1);
		if (pool->gaps.edge[LOW])
			break;
	}
	return true;
}

static bool vcm_pools_span(struct vcm_space *space, const struct vcm_gap_req *req,
			   struct vcm_piece *piece)
{
	struct vcm_hole hole;
	u64 start;
	u32 at;

	for (u32 i = 0; i + 1 < space->nr_pools; i = max(at, i + 1)) {
		at = i;
		if (!vcm_pools_border(space, &at, &hole) ||
		    !vcm_gap_fits(req, hole.start, hole.last, &start))
			continue;
		piece->range.start = start - req->before;
		piece->range.last = start + (req->len - 1) + req->after;
		vcm_pools_insert(space, piece);
		return true;
	}
	return false;
}

/**
 * vcm_pools_take_anywhere() - find a range wherever it is
 * @space: the space
 * @req:   what is wanted
 * @piece: out: the range
 * @chain: out: pieces that are not needed any more
 *
 * Return: false when there is none.
 */
bool vcm_pools_take_anywhere(struct vcm_space *space, const struct vcm_gap_req *req,
			     struct vcm_piece *piece, struct vcm_piece **chain)
{
	unsigned long flags;
	bool found = false;

	vcm_pools_lock(space, &flags);
	*chain = vcm_pools_drain(space);
	for (u32 i = 0; i < space->nr_pools && !found; i++) {
		struct vcm_pool *pool = &space->pools[i];

		found = !pool->covered && !vcm_gaps_take(&pool->gaps, req, &piece->range);
		if (found) {
			vcm_piece_settle(piece, VCM_PIECE_TAKEN);
			vcm_pool_publish(pool);
		}
	}
	if (!found)
		found = vcm_pools_span(space, req, piece);
	vcm_pools_unlock(space, flags);
	return found;
}

/* Why a range cannot be taken: what has it may only have to wait for a flush. */
static int vcm_range_blocks(const struct vcm_range *range)
{
	return READ_ONCE(range->state) & VCM_PIECE_LATER ? -EAGAIN : -EADDRINUSE;
}

/* What spans from below into a pool, whose window is behind it. */
static const struct vcm_range *vcm_pool_spanned_by(const struct vcm_pool *pool)
{
	do
		pool--;
	while (!pool->gaps.edge[HIGH]);
	return pool->gaps.edge[HIGH];
}

/* Make [@start, @last] of one pool free by putting what is cached there on *@chain. */
static int vcm_pool_clear(struct vcm_space *space, struct vcm_pool *pool,
			  const struct vcm_piece *want, struct vcm_piece **chain)
{
	const u64 start = want->range.start, last = want->range.last;
	struct vcm_range *range;

	while ((range = vcm_gaps_overlap(&pool->gaps, start, last))) {
		struct vcm_piece *piece = container_of(range, struct vcm_piece, range);

		if (!vcm_stock_drop(space, piece))
			return vcm_range_blocks(range);
		vcm_pool_remove(pool, piece);
		piece->next = *chain;
		*chain = piece;
	}
	return 0;
}

/* The same for all pools that it touches; all are locked. */
static int vcm_pools_clear(struct vcm_space *space, const struct vcm_piece *want,
			   struct vcm_piece **chain)
{
	struct vcm_pool *pool = vcm_pool_of(space, want->range.start);
	const struct vcm_pool *top = vcm_pool_of(space, want->range.last);
	int err = 0;

	if (pool->covered || want->range.start < pool->gaps.start)
		return vcm_range_blocks(vcm_pool_spanned_by(pool));
	for (; pool <= top && !err; pool++)
		err = vcm_pool_clear(space, pool, want, chain);
	return err;
}

/**
 * vcm_pools_take_at() - take exactly one range
 * @space: the space
 * @piece: its range is what is wanted, inside the window
 * @chain: out: pieces that are not needed any more
 *
 * Return: 0, -EADDRINUSE, or -EAGAIN when a flush may help.
 */
int vcm_pools_take_at(struct vcm_space *space, struct vcm_piece *piece, struct vcm_piece **chain)
{
	unsigned long flags;
	int err;

	*chain = NULL;
	vcm_pools_lock(space, &flags);
	WRITE_ONCE(space->moving, 1);
	smp_wmb();	/* seen before anything is missed in a cache */
	err = vcm_pools_clear(space, piece, chain);
	if (!err)
		vcm_pools_insert(space, piece);
	/* What was moved is seen in the trees. */
	smp_store_release(&space->moving, 0);
	vcm_pools_unlock(space, flags);
	return err;
}

/* The largest hole, borders included, as far as can be seen without a lock. */
static u64 vcm_pools_largest(struct vcm_space *space)
{
	u64 run = 0, largest = 0;

	for (u32 i = 0; i < space->nr_pools; i++) {
		struct vcm_pool *pool = &space->pools[i];
		u64 head = READ_ONCE(pool->head), room = READ_ONCE(pool->room);
		u64 tail = READ_ONCE(pool->tail);

		if (check_add_overflow(run, head, &run))
			run = ~0ull;
		largest = max(largest, max(run, room));
		/* Head and tail are the same hole when nothing is between. */
		if (room || head != tail || !tail)
			run = tail;
		largest = max(largest, run);
	}
	return largest;
}

/* Has no pool a free byte?  Seen without a lock. */
static bool vcm_pools_are_empty(const struct vcm_space *space)
{
	const struct vcm_pool *pool = space->pools, *end = pool + space->nr_pools;

	for (; pool < end; pool++)
		if (READ_ONCE(pool->some))
			return false;
	return true;
}

/*
 * In the upper half the ranges that became free so far, in the lower what there is besides what
 * trees show: pieces in caches, and such that wait.
 */
static u64 vcm_space_counts(const struct vcm_space *space)
{
	const struct vcm_stock *stock = space->stocks, *end = stock + space->nr_cpus;
	u64 counts = 0;

	for (; stock < end; stock++) {
		/* What is read after it is no older. */
		counts += smp_load_acquire(&stock->count);
		counts += READ_ONCE(stock->nr_later);
	}
	return counts;
}

/**
 * vcm_pools_are_full() - is it certain that there are not @need free bytes in one place?
 * @space: the space
 * @need:  bytes
 *
 * What is read is true at the end of this function, because nothing became free meanwhile and
 * what is taken meanwhile only makes it truer.
 */
bool vcm_pools_are_full(struct vcm_space *space, u64 need)
{
	u64 counts;

	if (vcm_pool_may(&space->pools[vcm_pools_home(space, need)], need))
		return false;	/* most often, and enough to know */
	counts = vcm_space_counts(space);
	if ((u32)counts)
		return false;
	smp_rmb();	/* what is not kept any more is moving, or was moved */
	/* Not moving any more: the trees have it. */
	if (smp_load_acquire(&space->moving))
		return false;
	if (!vcm_pools_are_empty(space) && vcm_pools_largest(space) >= need)
		return false;
	smp_rmb();	/* all of the above was read before it is asked whether it still holds */
	return counts == vcm_space_counts(space) && !READ_ONCE(space->moving);
}
