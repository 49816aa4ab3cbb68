/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * space.h - the inside of a space; pool.h is for users.
 *
 * S1  a pool's tree holds the ranges that start between its base and its last address; the
 *     highest may end above, and then the window of each pool above begins behind it
 * S2  a piece is in a tree from its first take until piece_free(), and in a cache or waiting
 *     exactly while its state says so
 * S3  a cached piece is taken, or removed from its tree, only by whoever unlinked it from its
 *     cache under the lock of that cache
 * S4  a piece that waits leaves only after a flush that began after it came has ended
 *
 * Locks: slow, then pools by address, then one cache, then flush.  All are spinlocks that are
 * taken with interrupts off; nothing is allocated, freed or flushed under one.
 *
 * A give that has not returned may still hide its range; one that has may not.  Whoever fails
 * has therefore seen all of: no piece cached, none moving, no hole, and no give meanwhile.
 */
#ifndef VCM_SPACE_H
#define VCM_SPACE_H

#include "pool.h"

#define VCM_SIZES	68	/* lengths that caches keep: 1 to 64, 128, 256, 512, 1024 pages */
#define VCM_SIZES_ALL	64	/* up to here each number of pages */
#define VCM_LOOK	4	/* pieces of a list that are tried */
#define VCM_LATER_MAX	256	/* pieces of one processor that wait before a flush */
#define VCM_LINE	64
#define VCM_NO_SIZE	(~0u)

/* One of the first three; what spans is never cached. */
#define VCM_PIECE_TAKEN	0
#define VCM_PIECE_CACHED 1
#define VCM_PIECE_LATER	2
#define VCM_PIECE_SPANS	4	/* flag: ends above its pool */

/**
 * struct vcm_shelf - cached pieces of one length
 * @first: the one given last
 * @nr:    how many
 */
struct vcm_shelf {
	struct vcm_piece *first;
	u32 nr;
};

/**
 * struct vcm_stock - what one processor keeps
 * @lock:   everything here; others take it only when they run out
 * @count:  pieces on all shelves in the lower half, and in the upper half how many ranges became
 *          free through this processor; read without the lock
 * @later:  oldest piece that waits for a flush
 * @later_end: link of the youngest
 * @nr_later: how many; read without the lock
 * @later_bytes: in them
 * @shelf:  by length
 * @pad:    keeps neighbours off the line
 */
struct vcm_stock {
	spinlock_t lock;	/* everything here */
	u64 count;
	struct vcm_piece *later;
	struct vcm_piece **later_end;
	u64 nr_later;
	u64 later_bytes;
	struct vcm_shelf shelf[VCM_SIZES];
	u8 pad[VCM_LINE];
};

#define VCM_COUNT_PIECE	((u64)1)
#define VCM_COUNT_GIVE	((u64)1 << 32)

/**
 * struct vcm_pool - part of the window
 * @lock:    everything here
 * @gaps:    the tree; its window begins above what spans from below
 * @base:    first address; immutable
 * @covered: what spans from below leaves nothing
 * @some:    there is a free byte; like the next three, read without the lock
 * @room:    largest hole below the highest range
 * @head:    free bytes below the lowest range; all when there is none
 * @tail:    free bytes above the highest range; all when there is none
 * @pad:     keeps neighbours off the line
 */
struct vcm_pool {
	spinlock_t lock;	/* everything here */
	struct vcm_gaps gaps;
	u64 base;
	bool covered;
	bool some;
	u64 room;
	u64 head;
	u64 tail;
	u8 pad[VCM_LINE];
};

/**
 * struct vcm_space - see pool.h
 * @cfg:      immutable, like the members below
 * @shift:    log2 of the bytes of a pool
 * @nr_pools: pools in use
 * @nr_cpus:  stocks
 * @stocks:   one for each processor
 * @slow:     held by whoever needs all pools
 * @moving:   pieces are between caches and trees; under @slow, read without
 * @drains:   see struct vcm_space_stats; under @slow, like @spans
 * @spans:    see there
 * @flush_lock: the numbers below
 * @begun:    flushes that have begun
 * @ended:    the youngest flush that has ended
 * @flushes:  how many have
 * @pools:    by address
 */
struct vcm_space {
	struct vcm_space_cfg cfg;
	u32 shift;
	u32 nr_pools;
	u32 nr_cpus;
	struct vcm_stock *stocks;
	spinlock_t slow;	/* all pools at once */
	u32 moving;
	u64 drains;
	u64 spans;
	spinlock_t flush_lock;	/* the numbers of flushes */
	u32 begun;
	u32 ended;
	u64 flushes;
	struct vcm_pool pools[VCM_POOLS_MAX];
};

static inline u64 vcm_piece_len(const struct vcm_piece *piece)
{
	return piece->range.last - piece->range.start + 1;
}

/* Pieces on the shelves of a stock. */
static inline u32 vcm_stock_pieces(const struct vcm_stock *stock)
{
	return (u32)READ_ONCE(stock->count);
}

/*
 * The shelf for a number of pages, VCM_NO_SIZE when there is none.  0 pages are none, and so are
 * the 2^52 that 0 is when a length wraps.
 */
static inline u32 vcm_size_of(u64 pages)
{
	if (pages - 1 < VCM_SIZES_ALL)
		return pages - 1;
	if (!pages || pages & (pages - 1) || pages > VCM_SIZES_ALL << (VCM_SIZES - VCM_SIZES_ALL))
		return VCM_NO_SIZE;
	return VCM_SIZES_ALL - 1 + __ffs64(pages / VCM_SIZES_ALL);
}

/* space_cache.c */
struct vcm_piece *vcm_stock_take(struct vcm_space *space, const struct vcm_gap_req *req, u64 len);
bool vcm_stock_drop(struct vcm_space *space, struct vcm_piece *piece);
struct vcm_piece *vcm_stock_empty(struct vcm_stock *stock);
void vcm_stock_gave(struct vcm_space *space);
u64 vcm_stock_bytes(const struct vcm_stock *stock);

/* space.c */
struct vcm_piece *vcm_space_take_more(struct vcm_space *space, u64 len, u32 align, u64 limit);
void vcm_space_give_tree(struct vcm_space *space, struct vcm_piece *piece);

/* pool.c */
void vcm_piece_settle(struct vcm_piece *piece, u32 state);
void vcm_pool_init(struct vcm_pool *pool, u64 base, u64 last);
struct vcm_pool *vcm_pool_of(struct vcm_space *space, u64 addr);
void vcm_pools_lock(struct vcm_space *space, unsigned long *flags);
void vcm_pools_unlock(struct vcm_space *space, unsigned long flags);
bool vcm_pools_take(struct vcm_space *space, const struct vcm_gap_req *req, u64 need,
		    struct vcm_piece *piece);
bool vcm_pools_take_anywhere(struct vcm_space *space, const struct vcm_gap_req *req,
			     struct vcm_piece *piece, struct vcm_piece **chain);
int vcm_pools_take_at(struct vcm_space *space, struct vcm_piece *piece, struct vcm_piece **chain);
void vcm_pools_give(struct vcm_space *space, struct vcm_piece *piece);
struct vcm_piece *vcm_pools_drain(struct vcm_space *space);
bool vcm_pools_are_full(struct vcm_space *space, u64 need);

/* space_flush.c */
u64 vcm_space_waiting(struct vcm_space *space);

#endif
