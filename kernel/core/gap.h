/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gap.h - a set of disjoint ranges in a window, and the search for a free one.
 *
 * Knows ranges only: no references, no memory, no locks.  Nodes are embedded by the caller, so
 * nothing here allocates and removing cannot fail.
 */
#ifndef VCM_GAP_H
#define VCM_GAP_H

#include "vcm_os.h"

/**
 * struct vcm_range - one range, embedded in what it belongs to
 * @start:   first address
 * @last:    last address
 * @height:  private, levels of the subtree
 * @state:   for spaces, see space.h, like the next two; a tree does not look at them
 * @cpu:     whose cache it is in
 * @tag:     shelf that it belongs on, or flush that it waits for
 * @gap:     free bytes between this range and the one before it, or the start of the window
 * @max_gap: largest @gap in the subtree of this node
 * @parent:  private
 * @child:   private, lower and higher side
 *
 * What is used of a range while the tree is at rest comes first, to share a line.
 */
struct vcm_range {
	u64 start;
	u64 last;
	u8 height;
	u8 state;
	u16 cpu;
	u32 tag;
	u64 gap;
	u64 max_gap;
	struct vcm_range *parent;
	struct vcm_range *child[2];
};

/**
 * struct vcm_gaps - the set
 * @start: first address of the window
 * @last:  last address of the window
 * @root:  private
 * @edge:  private, lowest and highest range
 */
struct vcm_gaps {
	u64 start;
	u64 last;
	struct vcm_range *root;
	struct vcm_range *edge[2];
};

/**
 * struct vcm_gap_req - what to search for
 * @len:      bytes, not 0
 * @lower:    first address that may be used
 * @limit:    last address that may be used
 * @boundary: power of two that the range may not cross a multiple of, not below @len; 0 for none
 * @before:   free bytes wanted below the range, in the window; they may be below @lower
 * @after:    free bytes wanted above it; they may be above @limit
 * @align:    alignment, log2 of bytes, below 64
 */
struct vcm_gap_req {
	u64 len;
	u64 lower;
	u64 limit;
	u64 boundary;
	u64 before;
	u64 after;
	u32 align;
};

void vcm_gaps_init(struct vcm_gaps *gaps, u64 start, u64 last);
int vcm_gaps_find(const struct vcm_gaps *gaps, const struct vcm_gap_req *req, u64 *start);
int vcm_gaps_take(struct vcm_gaps *gaps, const struct vcm_gap_req *req, struct vcm_range *range);
bool vcm_gap_fits(const struct vcm_gap_req *req, u64 start, u64 last, u64 *fit);
struct vcm_range *vcm_gaps_overlap(const struct vcm_gaps *gaps, u64 start, u64 last);
void vcm_gaps_insert(struct vcm_gaps *gaps, struct vcm_range *range);
void vcm_gaps_remove(struct vcm_gaps *gaps, struct vcm_range *range);
void vcm_gaps_set_start(struct vcm_gaps *gaps, u64 start);
u64 vcm_gaps_tail(const struct vcm_gaps *gaps);
struct vcm_range *vcm_gaps_first(const struct vcm_gaps *gaps);
struct vcm_range *vcm_range_next(struct vcm_range *range);
const char *vcm_gaps_check(const struct vcm_gaps *gaps);

#endif
