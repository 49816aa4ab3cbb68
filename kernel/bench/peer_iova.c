// SPDX-License-Identifier: GPL-2.0-only
/*
 * peer_iova.c - the kernel's IOVA allocator, with its per-CPU caches and without.
 */
#include <linux/iova.h>
#include <linux/slab.h>

#include "peer.h"

/* Address 0 is a failure to alloc_iova_fast(), so its space begins one page up. */
static void *bench_iova_create_at(u64 last, unsigned long first)
{
	struct iova_domain *iovad = kzalloc(sizeof(*iovad), GFP_KERNEL);

	if (!iovad)
		return NULL;
	if (iova_cache_get()) {
		kfree(iovad);
		return NULL;
	}
	init_iova_domain(iovad, PAGE_SIZE, first);
	/* Where the search for 32 bits would begin; all of the space is one here. */
	iovad->dma_32bit_pfn = (last >> PAGE_SHIFT) + 1 + first;
	if (iova_domain_init_rcaches(iovad)) {
		put_iova_domain(iovad);
		iova_cache_put();
		kfree(iovad);
		return NULL;
	}
	return iovad;
}

static void *bench_iova_create(u64 last)
{
	return bench_iova_create_at(last, 0);
}

static void *bench_iova_fast_create(u64 last)
{
	return bench_iova_create_at(last, 1);
}

static void bench_iova_destroy(void *space)
{
	put_iova_domain(space);
	iova_cache_put();
	kfree(space);
}

static unsigned long bench_iova_limit(const struct iova_domain *iovad)
{
	return iovad->dma_32bit_pfn - 1;
}

static int bench_iova_alloc(void *space, struct bench_slot *slot, u64 align)
{
	struct iova *iova = alloc_iova(space, slot->len >> PAGE_SHIFT, bench_iova_limit(space),
				       align > PAGE_SIZE);

	if (!iova)
		return -ENOSPC;
	slot->start = (u64)iova->pfn_lo << PAGE_SHIFT;
	slot->node = iova;
	return 0;
}

static void bench_iova_free(void *space, struct bench_slot *slot)
{
	__free_iova(space, slot->node);
	slot->node = NULL;
}

static int bench_iova_fast_alloc(void *space, struct bench_slot *slot, u64 align)
{
	unsigned long pfn = alloc_iova_fast(space, slot->len >> PAGE_SHIFT,
					    bench_iova_limit(space), true);

	slot->start = (u64)pfn << PAGE_SHIFT;
	return pfn ? 0 : -ENOSPC;
}

static void bench_iova_fast_free(void *space, struct bench_slot *slot)
{
	free_iova_fast(space, slot->start >> PAGE_SHIFT, slot->len >> PAGE_SHIFT);
}

const struct bench_impl bench_iova = {
	.name = "alloc_iova",
	.create = bench_iova_create,
	.destroy = bench_iova_destroy,
	.alloc = bench_iova_alloc,
	.free = bench_iova_free,
};

const struct bench_impl bench_iova_fast = {
	.name = "alloc_iova_fast",
	.create = bench_iova_fast_create,
	.destroy = bench_iova_destroy,
	.alloc = bench_iova_fast_alloc,
	.free = bench_iova_fast_free,
};
