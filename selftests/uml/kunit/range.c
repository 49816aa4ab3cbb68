// SPDX-License-Identifier: GPL-2.0-only
/*
 * range.c - the range allocator of the core, alone: its own copy in this module.
 */
#include <linux/slab.h>

#include "bench/oracle.h"
#include "core/pool.h"
#include "kunit.h"

#define RANGE_PAGES	512
#define RANGE_OPS	20000	/* of each kind of space */

static int pieces;

static struct vcm_piece *range_piece_alloc(void *priv)
{
	struct vcm_piece *piece = kzalloc(sizeof(*piece), GFP_KERNEL);

	pieces += !!piece;
	return piece;
}

static void range_piece_free(void *priv, struct vcm_piece *piece)
{
	pieces--;
	kfree(piece);
}

static int range_flush(void *priv)
{
	return 0;
}

static const struct vcm_space_ops range_ops = {
	.piece_alloc = range_piece_alloc,
	.piece_free = range_piece_free,
	.flush = range_flush,
};

static struct vcm_space *range_space(u64 pages)
{
	const struct vcm_space_cfg cfg = {
		.last = pages * VCM_PAGE_SIZE - 1,
		.pools = 4,
		.cached = 8,
		.ops = &range_ops,
	};

	return vcm_space_create(&cfg);
}

static struct vcm_piece *range_take(struct vcm_space *space, u64 pages, u32 order)
{
	return vcm_space_take_len(space, pages * VCM_PAGE_SIZE, VCM_PAGE_SHIFT + order, ~0ULL);
}

/* Random calls on every kind of space beside a map of its pages. */
static void range_agrees_with_the_oracle(struct kunit *test)
{
	struct oracle_counts counts = {};

	for (u32 i = 0; i < 16; i++) {
		const struct oracle_cfg cfg = {
			.seed = vcm_kunit_seed + i,
			.ops = RANGE_OPS,
			.pools = 1U << (i >> 2),
			.cached = i & 1 ? 8 : 0,
			.top = i & 2,
		};
		const char *bad = vcm_oracle_run(&cfg, &counts);

		KUNIT_ASSERT_NULL_MSG(test, bad, "kind %u, seed %llu: %s", i, cfg.seed, bad);
		cond_resched();
	}
	KUNIT_EXPECT_GT(test, counts.takes, 0ULL);
	KUNIT_EXPECT_GT(test, counts.exact, 0ULL);
	KUNIT_EXPECT_GT(test, counts.refused, 0ULL);
	KUNIT_EXPECT_GT(test, counts.later, 0ULL);
}

/* Every page is taken, one hole is made, and that is what an aligned request of its size gets. */
static void range_finds_the_exact_fit_in_a_full_space(struct kunit *test)
{
	struct vcm_piece **all = kunit_kcalloc(test, RANGE_PAGES / 8, sizeof(*all), GFP_KERNEL);
	struct vcm_space *space = range_space(RANGE_PAGES);
	const u32 hole = 37;
	u64 start;

	KUNIT_ASSERT_NOT_NULL(test, all);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, space);
	for (u32 i = 0; i < RANGE_PAGES / 8; i++) {
		all[i] = range_take(space, 8, 3);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, all[i]);
	}
	KUNIT_EXPECT_EQ(test, PTR_ERR(range_take(space, 1, 0)), -ENOSPC);
	start = all[hole]->range.start;
	vcm_space_give(space, all[hole]);
	all[hole] = range_take(space, 8, 3);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, all[hole]);
	KUNIT_EXPECT_EQ(test, all[hole]->range.start, start);
	for (u32 i = 0; i < RANGE_PAGES / 8; i++)
		vcm_space_give(space, all[i]);
	KUNIT_EXPECT_NULL(test, vcm_space_check(space));
	vcm_space_destroy(space);
	KUNIT_EXPECT_EQ(test, pieces, 0);
}

static void range_ends_with_the_address_space(struct kunit *test)
{
	const struct vcm_space_cfg cfg = {
		.start = -(u64)RANGE_PAGES * VCM_PAGE_SIZE,
		.last = ~0ULL,
		.pools = 1,
		.ops = &range_ops,
	};
	struct vcm_space *space = vcm_space_create(&cfg);
	struct vcm_piece *piece;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, space);
	piece = vcm_space_take_at(space, -VCM_PAGE_SIZE, ~0ULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, piece);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vcm_space_take_at(space, -VCM_PAGE_SIZE, ~0ULL)),
			-EADDRINUSE);
	vcm_space_give(space, piece);
	piece = range_take(space, RANGE_PAGES, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, piece);
	KUNIT_EXPECT_EQ(test, piece->range.last, ~0ULL);
	vcm_space_give(space, piece);
	vcm_space_destroy(space);
}

static int range_run(struct kunit *test)
{
	struct vcm_piece *piece[4] = {};
	struct vcm_space *space = range_space(RANGE_PAGES);
	int err = 0;

	if (IS_ERR(space))
		return PTR_ERR(space);
	for (u32 i = 0; i < ARRAY_SIZE(piece) && !err; i++) {
		piece[i] = range_take(space, 100, 0);
		err = PTR_ERR_OR_ZERO(piece[i]);
	}
	for (u32 i = 0; i < ARRAY_SIZE(piece); i++) {
		if (!IS_ERR_OR_NULL(piece[i]))
			vcm_space_give(space, piece[i]);
	}
	KUNIT_EXPECT_NULL(test, vcm_space_check(space));
	vcm_space_destroy(space);
	return err;
}

static void range_no_piece_left(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, pieces, 0);
}

static void range_survives_each_failing_allocation(struct kunit *test)
{
	struct vcm_nth nth = { .run = range_run, .after = range_no_piece_left };

	vcm_nth_sweep(test, &nth);
	KUNIT_EXPECT_GE(test, nth.failed - nth.hidden, 4);
}

static struct kunit_case range_cases[] = {
	KUNIT_CASE_SLOW(range_agrees_with_the_oracle),
	KUNIT_CASE(range_finds_the_exact_fit_in_a_full_space),
	KUNIT_CASE(range_ends_with_the_address_space),
	KUNIT_CASE(range_survives_each_failing_allocation),
	{}
};

struct kunit_suite vcm_range_suite = {
	.name = "vcm_range",
	.test_cases = range_cases,
};
