// SPDX-License-Identifier: GPL-2.0-only
/*
 * peer_lib.c - the maple tree and gen_pool of the kernel's library.
 *
 * The maple tree cannot search for an aligned hole, so it is asked for enough room to align in,
 * as its users do.  gen_pool wants a bitmap of its whole space: it gets a smaller one.
 */
#include <linux/genalloc.h>
#include <linux/maple_tree.h>
#include <linux/slab.h>

#include "peer.h"

#define BENCH_GENPOOL_PAGES	0x1000000ull
#define BENCH_GENPOOL_BASE	0x1000000000000000ul	/* 0 is a failure */
#define BENCH_GENPOOL_LIVE	10000		/* above this it takes hours */

struct bench_maple {
	struct maple_tree tree;
	unsigned long last;	/* page */
};

static void *bench_maple_create(u64 last)
{
	struct bench_maple *maple = kzalloc(sizeof(*maple), GFP_KERNEL);

	if (!maple)
		return NULL;
	mt_init_flags(&maple->tree, MT_FLAGS_ALLOC_RANGE);
	maple->last = last >> PAGE_SHIFT;
	return maple;
}

static void bench_maple_destroy(void *space)
{
	struct bench_maple *maple = space;

	mtree_destroy(&maple->tree);
	kfree(maple);
}

static int bench_maple_alloc(void *space, struct bench_slot *slot, u64 align)
{
	struct bench_maple *maple = space;
	unsigned long nr = slot->len >> PAGE_SHIFT, unit = align >> PAGE_SHIFT, first;
	int err;

	MA_STATE(mas, &maple->tree, 0, 0);

	mas_lock(&mas);
	err = mas_empty_area(&mas, 0, maple->last, nr + unit - 1);
	if (!err) {
		first = ALIGN(mas.index, unit);
		mas_set_range(&mas, first, first + nr - 1);
		slot->start = (u64)first << PAGE_SHIFT;
		err = mas_store_gfp(&mas, slot, GFP_ATOMIC);
	}
	mas_unlock(&mas);
	return err;
}

static void bench_maple_free(void *space, struct bench_slot *slot)
{
	struct bench_maple *maple = space;

	mtree_erase(&maple->tree, slot->start >> PAGE_SHIFT);
}

static void *bench_genpool_create(u64 last)
{
	struct gen_pool *pool = gen_pool_create(PAGE_SHIFT, NUMA_NO_NODE);
	u64 pages = min((last >> PAGE_SHIFT) + 1, BENCH_GENPOOL_PAGES);

	if (!pool)
		return NULL;
	if (gen_pool_add(pool, BENCH_GENPOOL_BASE, pages << PAGE_SHIFT, NUMA_NO_NODE)) {
		gen_pool_destroy(pool);
		return NULL;
	}
	return pool;
}

static void bench_genpool_destroy(void *space)
{
	gen_pool_destroy(space);
}

static int bench_genpool_alloc(void *space, struct bench_slot *slot, u64 align)
{
	struct genpool_data_align data = { .align = align };
	unsigned long at;

	if (align > PAGE_SIZE)
		at = gen_pool_alloc_algo(space, slot->len, gen_pool_first_fit_align, &data);
	else
		at = gen_pool_alloc(space, slot->len);
	slot->start = at - BENCH_GENPOOL_BASE;
	return at ? 0 : -ENOSPC;
}

static void bench_genpool_free(void *space, struct bench_slot *slot)
{
	gen_pool_free(space, slot->start + BENCH_GENPOOL_BASE, slot->len);
}

const struct bench_impl bench_maple = {
	.name = "maple_tree",
	.create = bench_maple_create,
	.destroy = bench_maple_destroy,
	.alloc = bench_maple_alloc,
	.free = bench_maple_free,
};

const struct bench_impl bench_genpool = {
	.name = "gen_pool",
	.max_live = BENCH_GENPOOL_LIVE,
	.create = bench_genpool_create,
	.destroy = bench_genpool_destroy,
	.alloc = bench_genpool_alloc,
	.free = bench_genpool_free,
};
