// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree.c - the tree of kernel/core/gap.c alone, under one lock.
 *
 * It is what a context uses below its own lock, and shows what the pools and caches add.
 */
#include "bench.h"
#include "core/gap.h"

struct bench_tree {
	struct vcm_gaps gaps;
	spinlock_t lock;	/* all of gaps */
};

static void *bench_tree_create(u64 last)
{
	struct bench_tree *tree = bench_alloc(sizeof(*tree));

	if (!tree)
		return NULL;
	vcm_gaps_init(&tree->gaps, 0, last);
	spin_lock_init(&tree->lock);
	return tree;
}

static void bench_tree_destroy(void *space)
{
	bench_free(space);
}

static int bench_tree_prepare(struct bench_slot *slot)
{
	slot->node = bench_node_alloc();
	return slot->node ? 0 : -ENOMEM;
}

static void bench_tree_unprepare(struct bench_slot *slot)
{
	bench_node_free(slot->node);
}

static int bench_tree_alloc(void *space, struct bench_slot *slot, u64 align)
{
	struct bench_tree *tree = space;
	const struct vcm_gap_req req = {
		.len = slot->len,
		.limit = tree->gaps.last,
		.align = fls64(align) - 1,
	};
	struct vcm_range *range = slot->node;
	unsigned long flags;
	int err;

	spin_lock_irqsave(&tree->lock, flags);
	err = vcm_gaps_find(&tree->gaps, &req, &slot->start);
	if (!err) {
		range->start = slot->start;
		range->last = slot->start + (slot->len - 1);
		vcm_gaps_insert(&tree->gaps, range);
	}
	spin_unlock_irqrestore(&tree->lock, flags);
	return err;
}

static void bench_tree_free(void *space, struct bench_slot *slot)
{
	struct bench_tree *tree = space;
	unsigned long flags;

	spin_lock_irqsave(&tree->lock, flags);
	vcm_gaps_remove(&tree->gaps, slot->node);
	spin_unlock_irqrestore(&tree->lock, flags);
}

const struct bench_impl bench_tree = {
	.name = "vcm_tree",
	.create = bench_tree_create,
	.destroy = bench_tree_destroy,
	.prepare = bench_tree_prepare,
	.unprepare = bench_tree_unprepare,
	.alloc = bench_tree_alloc,
	.free = bench_tree_free,
};
