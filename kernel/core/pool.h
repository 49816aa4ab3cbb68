/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool.h - a range allocator for many processors: pools with locks of their own, caches in front.
 *
 * A space is one window of addresses.  What is taken from it is a piece: an owner embeds
 * struct vcm_piece in what the range belongs to.  A piece that is given back may be kept, with its
 * range, and be handed to the next owner who wants such a length; to callers it is free.
 *
 * Ownership: a piece belongs to the owner from the return of a take to the give; else to the
 * space.  The space makes and frees pieces by two symmetric callbacks, never under a lock.
 *
 * Lengths, guards and fixed addresses are multiples of the page size.
 */
#ifndef VCM_POOL_H
#define VCM_POOL_H

#include "vcm_os.h"
#include "gap.h"

/**
 * struct vcm_piece - one range of a space
 * @next:  private while the space has it, else free for the owner
 * @range: its addresses, guards included; immutable while taken
 */
struct vcm_piece {
	struct vcm_piece *next;
	struct vcm_range range;
};

/**
 * struct vcm_space_ops - what a space needs of its owner
 *
 * Every member is called without any lock of the allocator and in the context of the call that
 * needs it: a space whose calls come from atomic context has members that do not sleep.
 */
struct vcm_space_ops {
	/**
	 * @piece_alloc: memory for a piece; its content does not matter.  Called by takes only.
	 *
	 * Return: the piece, or NULL, which makes the take fail with -ENOMEM.
	 */
	struct vcm_piece *(*piece_alloc)(void *priv);

	/** @piece_free: undo @piece_alloc.  Must not fail, and need not allocate. */
	void (*piece_free)(void *priv, struct vcm_piece *piece);

	/**
	 * @flush: see to it that no device reaches a range whose translation was removed before
	 * this call.  Mandatory when vcm_space_give_later() is used.
	 *
	 * Return: 0; any error leaves the ranges that wait where they are.
	 */
	int (*flush)(void *priv);
};

/**
 * struct vcm_space_cfg - what a space shall be
 * @start:  first address of the window, page aligned
 * @last:   last address of the window; @last + 1 is page aligned or wraps to 0
 * @pools:  pools to divide it into, the topmost for long ranges; at most VCM_POOLS_MAX
 * @cached: pieces that a processor keeps of each length, 0 for no caches: then the lowest hole
 *          is used wherever pools allow
 * @ops:    see there
 * @priv:   for @ops
 */
struct vcm_space_cfg {
	u64 start;
	u64 last;
	u32 pools;
	u32 cached;
	const struct vcm_space_ops *ops;
	void *priv;
};

/**
 * struct vcm_space_stats - a space at one moment, not exact while others use it
 * @cached:       pieces kept in caches
 * @cached_bytes: addresses in them
 * @cached_max:   pieces that caches can keep at most
 * @later:        pieces that wait for a flush
 * @later_bytes:  addresses in them
 * @flushes:      flushes that have ended
 * @drains:       times the caches were emptied
 * @spans:        ranges taken across a border of pools
 */
struct vcm_space_stats {
	u64 cached;
	u64 cached_bytes;
	u64 cached_max;
	u64 later;
	u64 later_bytes;
	u64 flushes;
	u64 drains;
	u64 spans;
};

#define VCM_POOLS_MAX	16

struct vcm_space;

struct vcm_space *vcm_space_create(const struct vcm_space_cfg *cfg);
void vcm_space_destroy(struct vcm_space *space);
struct vcm_piece *vcm_space_take(struct vcm_space *space, const struct vcm_gap_req *req);
struct vcm_piece *vcm_space_take_len(struct vcm_space *space, u64 len, u32 align, u64 limit);
struct vcm_piece *vcm_space_take_at(struct vcm_space *space, u64 start, u64 last);
void vcm_space_give(struct vcm_space *space, struct vcm_piece *piece);
void vcm_space_give_later(struct vcm_space *space, struct vcm_piece *piece);
int vcm_space_flush(struct vcm_space *space);
u64 vcm_space_shrink(struct vcm_space *space);
void vcm_space_stats(struct vcm_space *space, struct vcm_space_stats *stats);
const char *vcm_space_check(struct vcm_space *space);

#endif
