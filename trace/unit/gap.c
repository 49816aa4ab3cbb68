// SPDX-License-Identifier: GPL-2.0-only
/*
 * gap.c - the range search alone: where ranges are found, and that G1 to G3 hold.
 */
#include "unit.h"

#define MAP_PAGES	256
#define BASE		((u64)0x10000)

/* Take [@first, @first + @nr) pages of @gaps. */
static void put(struct vcm_gaps *gaps, struct vcm_range *range, u64 first, u64 nr)
{
	range->start = gaps->start + first * PAGE;
	range->last = range->start + nr * PAGE - 1;
	vcm_gaps_insert(gaps, range);
	CHECK_NONE(vcm_gaps_check(gaps));
}

static void drop(struct vcm_gaps *gaps, struct vcm_range *range)
{
	vcm_gaps_remove(gaps, range);
	CHECK_NONE(vcm_gaps_check(gaps));
}

static int find(const struct vcm_gaps *gaps, u64 pages, u32 align, u64 *start)
{
	const struct vcm_gap_req req = { .len = pages * PAGE, .align = align, .limit = gaps->last };

	return vcm_gaps_find(gaps, &req, start);
}

TEST(empty_window_gives_its_first_address)
{
	struct vcm_gaps gaps;
	u64 start = 1;

	vcm_gaps_init(&gaps, 0, 16 * PAGE - 1);
	CHECK_ERR(0, find(&gaps, 16, 12, &start));
	CHECK_EQ(0, start);
	CHECK_ERR(-ENOSPC, find(&gaps, 17, 12, &start));
	CHECK(!vcm_gaps_first(&gaps));
	CHECK(!vcm_gaps_overlap(&gaps, 0, ~0ull));
}

TEST(lowest_hole_that_fits_is_used)
{
	struct vcm_range range[3];
	struct vcm_gaps gaps;
	u64 start;

	vcm_gaps_init(&gaps, BASE, BASE + 32 * PAGE - 1);
	put(&gaps, &range[0], 1, 4);	/* holes: 1 page, 3 pages, 5 pages, the rest */
	put(&gaps, &range[1], 8, 1);
	put(&gaps, &range[2], 14, 2);
	CHECK_ERR(0, find(&gaps, 1, 12, &start));
	CHECK_EQ(BASE, start);
	CHECK_ERR(0, find(&gaps, 2, 12, &start));
	CHECK_EQ(BASE + 5 * PAGE, start);
	CHECK_ERR(0, find(&gaps, 4, 12, &start));
	CHECK_EQ(BASE + 9 * PAGE, start);
	CHECK_ERR(0, find(&gaps, 6, 12, &start));
	CHECK_EQ(BASE + 16 * PAGE, start);
	CHECK_ERR(0, find(&gaps, 16, 12, &start));
	CHECK_ERR(-ENOSPC, find(&gaps, 17, 12, &start));
}

TEST(exact_fit_in_a_full_space_is_found)
{
	struct vcm_range range[8];
	struct vcm_gaps gaps;
	u64 start;

	vcm_gaps_init(&gaps, 0, 8 * PAGE - 1);
	for (u64 i = 0; i < 8; i++)
		put(&gaps, &range[i], i, 1);
	CHECK_ERR(-ENOSPC, find(&gaps, 1, 12, &start));
	for (u64 i = 0; i < 8; i++) {
		drop(&gaps, &range[i]);
		CHECK_ERR(0, find(&gaps, 1, 12, &start));
		CHECK_EQ(i * PAGE, start);
		CHECK_ERR(-ENOSPC, find(&gaps, 2, 12, &start));
		put(&gaps, &range[i], i, 1);
	}
}

TEST(aligned_hole_of_exactly_the_length_is_found)
{
	struct vcm_range range[2];
	struct vcm_gaps gaps;
	u64 start;

	/* One hole of four pages that is aligned to four pages, and nothing else. */
	vcm_gaps_init(&gaps, 0, 64 * PAGE - 1);
	put(&gaps, &range[0], 0, 20);
	put(&gaps, &range[1], 24, 40);
	CHECK_ERR(0, find(&gaps, 4, 14, &start));
	CHECK_EQ(20 * PAGE, start);
	CHECK_ERR(-ENOSPC, find(&gaps, 4, 15, &start));
}

TEST(misaligned_hole_of_the_length_is_passed_over)
{
	struct vcm_range range[2];
	struct vcm_gaps gaps;
	u64 start;

	vcm_gaps_init(&gaps, 0, 64 * PAGE - 1);
	put(&gaps, &range[0], 0, 21);	/* hole [21, 25), then [26, 64) */
	put(&gaps, &range[1], 25, 1);
	CHECK_ERR(0, find(&gaps, 4, 14, &start));
	CHECK_EQ(28 * PAGE, start);
}

TEST(limit_is_the_last_address_used)
{
	struct vcm_gap_req req = { .len = 4 * PAGE, .align = 12, .limit = 12 * PAGE - 1 };
	struct vcm_range range;
	struct vcm_gaps gaps;
	u64 start;

	vcm_gaps_init(&gaps, 0, 64 * PAGE - 1);
	put(&gaps, &range, 0, 8);
	CHECK_ERR(0, vcm_gaps_find(&gaps, &req, &start));
	CHECK_EQ(8 * PAGE, start);
	req.limit--;
	CHECK_ERR(-ENOSPC, vcm_gaps_find(&gaps, &req, &start));
	req.limit = 0;
	CHECK_ERR(-ENOSPC, vcm_gaps_find(&gaps, &req, &start));
}

TEST(last_page_of_the_address_space_is_ordinary)
{
	struct vcm_range range[2];
	struct vcm_gaps gaps;
	u64 start;

	vcm_gaps_init(&gaps, -4 * PAGE, ~0ull);
	put(&gaps, &range[0], 0, 3);
	CHECK_ERR(0, find(&gaps, 1, 12, &start));
	CHECK_EQ(-PAGE, start);
	CHECK_ERR(-ENOSPC, find(&gaps, 2, 12, &start));
	put(&gaps, &range[1], 3, 1);
	CHECK_EQ(~0ull, range[1].last);
	CHECK_ERR(-ENOSPC, find(&gaps, 1, 12, &start));
	CHECK(vcm_gaps_overlap(&gaps, ~0ull, ~0ull) == &range[1]);
}

TEST(sums_that_overflow_do_not_fit)
{
	struct vcm_gaps gaps;
	u64 start;

	vcm_gaps_init(&gaps, PAGE, ~0ull);
	CHECK_ERR(-ENOSPC, find(&gaps, (u64)1 << 51 | 1, 63, &start));
	CHECK_ERR(0, find(&gaps, 1, 63, &start));
	CHECK_EQ((u64)1 << 63, start);
	CHECK_ERR(0, find(&gaps, (u64)1 << 51, 63, &start));
	CHECK_ERR(0, find(&gaps, -PAGE / PAGE, 12, &start));
	CHECK_EQ(PAGE, start);
	CHECK_ERR(-ENOSPC, find(&gaps, -PAGE / PAGE, 13, &start));
}

TEST(overlap_is_the_lowest_range_touched)
{
	struct vcm_range range[3];
	struct vcm_gaps gaps;

	vcm_gaps_init(&gaps, 0, 64 * PAGE - 1);
	put(&gaps, &range[1], 20, 4);
	put(&gaps, &range[0], 10, 4);
	put(&gaps, &range[2], 30, 4);
	CHECK(!vcm_gaps_overlap(&gaps, 0, 10 * PAGE - 1));
	CHECK(vcm_gaps_overlap(&gaps, 0, 10 * PAGE) == &range[0]);
	CHECK(vcm_gaps_overlap(&gaps, 14 * PAGE - 1, ~0ull) == &range[0]);
	CHECK(vcm_gaps_overlap(&gaps, 14 * PAGE, ~0ull) == &range[1]);
	CHECK(vcm_gaps_overlap(&gaps, 21 * PAGE, 21 * PAGE) == &range[1]);
	CHECK(!vcm_gaps_overlap(&gaps, 24 * PAGE, 30 * PAGE - 1));
	CHECK(!vcm_gaps_overlap(&gaps, 34 * PAGE, ~0ull));
}

TEST(tree_stays_low_whatever_the_order)
{
	static struct vcm_range range[MAP_PAGES];
	struct vcm_gaps gaps;

	for (u32 order = 0; order < 3; order++) {
		vcm_gaps_init(&gaps, 0, MAP_PAGES * PAGE - 1);
		for (u64 i = 0; i < MAP_PAGES; i++) {
			const u64 at[3] = { i, MAP_PAGES - 1 - i, i * 37 % MAP_PAGES };

			put(&gaps, &range[at[order]], at[order], 1);
		}
		CHECK(gaps.root->height <= 11);	/* 1.44 log2(256) */
		for (u64 i = 0; i < MAP_PAGES; i++)
			drop(&gaps, &range[i * 101 % MAP_PAGES]);
		CHECK(!gaps.root);
	}
}

/* The oracle of the random test: one flag a page. */
static bool used[MAP_PAGES];

static bool map_is_free(u64 first, u64 nr)
{
	for (u64 i = 0; i < nr; i++)
		if (first + i >= MAP_PAGES || used[first + i])
			return false;
	return true;
}

/* Lowest free place for @nr pages at a multiple of @step, below @limit; MAP_PAGES for none. */
static u64 map_find(u64 nr, u64 step, u64 limit)
{
	for (u64 first = 0; first + nr <= limit; first += step)
		if (map_is_free(first, nr))
			return first;
	return MAP_PAGES;
}

static void map_set(u64 first, u64 nr, bool value)
{
	for (u64 i = 0; i < nr; i++)
		used[first + i] = value;
}

/* Ask for @nr pages; what is found has to be free, and lowest when nothing is to be aligned. */
static void map_step(struct vcm_gaps *gaps, struct vcm_range *range, u64 dice)
{
	u32 order = dice >> 8 & 3;
	u64 nr = 1 + (dice >> 16) % 12, limit = 1 + (dice >> 24) % MAP_PAGES;
	const struct vcm_gap_req req = {
		.len = nr * PAGE,
		.align = VCM_PAGE_SHIFT + order,
		.limit = limit * PAGE - 1,
	};
	u64 want = map_find(nr, (u64)1 << order, limit), start;
	int err = vcm_gaps_find(gaps, &req, &start);

	CHECK_ERR(want < MAP_PAGES ? 0 : -ENOSPC, err);
	if (err)
		return;
	start /= PAGE;
	CHECK(start % ((u64)1 << order) == 0 && start + nr <= limit && map_is_free(start, nr));
	CHECK(order || start == want);
	put(gaps, range, start, nr);
	map_set(start, nr, true);
}

TEST(random_ranges_agree_with_a_map_of_pages)
{
	static struct vcm_range range[MAP_PAGES];
	static bool live[MAP_PAGES];
	u64 seed = unit_seed();
	struct vcm_gaps gaps;

	vcm_gaps_init(&gaps, 0, MAP_PAGES * PAGE - 1);
	for (u32 step = 0; step < 20000; step++) {
		u64 dice = unit_random(&seed);
		struct vcm_range *one = &range[dice % 64];

		if (live[dice % 64]) {
			map_set(one->start / PAGE, (one->last + 1 - one->start) / PAGE, false);
			drop(&gaps, one);
			live[dice % 64] = false;
		} else {
			one->last = 0;
			map_step(&gaps, one, dice);
			live[dice % 64] = one->last;
		}
	}
}
