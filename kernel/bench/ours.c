// SPDX-License-Identifier: GPL-2.0-only
/*
 * ours.c - the allocator of kernel/core/pool.h, as bench.h wants it.
 */
#include "bench.h"
#include "core/pool.h"

#define BENCH_POOLS	4
#define BENCH_CACHED	64

static struct vcm_piece *bench_piece_alloc(void *priv)
{
	return bench_node_alloc();
}

static void bench_piece_free(void *priv, struct vcm_piece *piece)
{
	bench_node_free(piece);
}

static const struct vcm_space_ops bench_space_ops = {
	.piece_alloc = bench_piece_alloc,
	.piece_free = bench_piece_free,
};

static void *bench_vcm_create(u64 last)
{
	const struct vcm_space_cfg cfg = {
		.last = last,
		.pools = BENCH_POOLS,
		.cached = BENCH_CACHED,
		.ops = &bench_space_ops,
	};
	struct vcm_space *space = vcm_space_create(&cfg);

	return IS_ERR(space) ? NULL : space;
}

static void bench_vcm_destroy(void *space)
{
	vcm_space_destroy(space);
}

static int bench_vcm_alloc(void *space, struct bench_slot *slot, u64 align)
{
	struct vcm_piece *piece = vcm_space_take_len(space, slot->len, fls64(align) - 1, ~0ull);

	if (IS_ERR(piece))
		return PTR_ERR(piece);
	slot->start = piece->range.start;
	slot->node = piece;
	return 0;
}

static void bench_vcm_free(void *space, struct bench_slot *slot)
{
	vcm_space_give(space, slot->node);
	slot->node = NULL;
}

const struct bench_impl bench_vcm = {
	.name = "vcm",
	.create = bench_vcm_create,
	.destroy = bench_vcm_destroy,
	.alloc = bench_vcm_alloc,
	.free = bench_vcm_free,
};
