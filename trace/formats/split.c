// SPDX-License-Identifier: GPL-2.0-only
/*
 * split.c - a part of a large page is unmapped: the rest stays what it was.
 */
#include "bank.h"
#include "unit.h"

#define BASE	G1		/* every page size can begin here */
#define PROT	(VCM_PT_READ | VCM_PT_CACHE | VCM_PT_NOEXEC)

/**
 * struct size - a size of a format that can be split
 * @fmt:    the format
 * @pgsize: the size
 */
struct size {
	const struct vcm_fmt *fmt;
	u64 pgsize;
};

static const struct size sizes[] = {
	{ &vcm_fmt_armv7s, K64 }, { &vcm_fmt_armv7s, M1 }, { &vcm_fmt_armv7s, M16 },
	{ &vcm_fmt_omap, K64 }, { &vcm_fmt_omap, M1 }, { &vcm_fmt_omap, M16 },
	{ &vcm_fmt_x86, M2 }, { &vcm_fmt_x86, G1 },
};

static void map_large(struct vcm_pt *pt, const struct size *size, u64 pgcount)
{
	struct vcm_pt_map map = {
		.iova = BASE,
		.pa = G1,
		.pgsize = size->pgsize,
		.pgcount = pgcount,
		.prot = PROT,
	};

	bank_pt(pt, size->fmt);
	CHECK_ERR(0, vcm_pt_map(pt, &map));
}

/* @off is translated as map_large() did, with its protection. */
static void check_kept(const struct vcm_pt *pt, u64 off)
{
	struct vcm_pt_walk walk = { 0 };

	CHECK_EQ(VCM_PT_OK, vcm_pt_walk(&pt->regs, BASE + off, VCM_PT_READ, &walk));
	CHECK_EQ(G1 + off, vcm_pt_walk_pa(&walk, BASE + off));
	CHECK_EQ(pt->regs.fmt->grants(PROT), walk.prot);
}

/* All of @len but [@from, @from + @hole) is as it was. */
static void check_rest(const struct vcm_pt *pt, u64 len, u64 from, u64 hole)
{
	u64 step = max(len / 4096, K4);

	for (u64 off = 0; off < len; off += step)
		if (off < from || off >= from + hole)
			check_kept(pt, off);
	if (from)
		check_kept(pt, from - 1);
	if (from + hole < len)
		check_kept(pt, from + hole);
	CHECK_EQ(~0ull, bank_at(pt, BASE + from));
	CHECK_EQ(~0ull, bank_at(pt, BASE + from + hole - 1));
	CHECK_EQ(len - hole, pt->count.bytes);
}

TEST(a_hole_anywhere_leaves_the_rest)
{
	struct vcm_pt pt;

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		const u64 len = sizes[i].pgsize;
		const u64 at[] = { 0, K4, len / 2, len / 2 - K4, len - K4 };

		for (u32 n = 0; n < ARRAY_SIZE(at); n++) {
			map_large(&pt, &sizes[i], 1);
			CHECK_EQ(K4, bank_unmap(&pt, 0, BASE + at[n], K4, 1));
			check_rest(&pt, len, at[n], K4);
			bank_pt_end(&pt);
		}
	}
}

TEST(a_range_over_the_edge_of_two_pages_splits_both)
{
	struct vcm_pt pt;

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		const u64 len = sizes[i].pgsize;

		map_large(&pt, &sizes[i], 2);
		CHECK_EQ(len, bank_unmap(&pt, 0, BASE + len / 2, K4, len / K4));
		check_rest(&pt, 2 * len, len / 2, len);
		bank_pt_end(&pt);
	}
}

TEST(everything_can_go_in_the_smallest_pages)
{
	struct vcm_pt pt;

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		map_large(&pt, &sizes[i], 2);
		CHECK_EQ(2 * sizes[i].pgsize,
			 bank_unmap(&pt, 0, BASE, K4, 2 * sizes[i].pgsize / K4));
		CHECK_EQ(0, pt.count.entries);
		CHECK_EQ(1, pt.count.tables);
		bank_pt_end(&pt);
	}
}

/* A cached translation of the large page covers the hole, so all of it has to be invalidated. */
TEST(the_gather_is_told_of_the_whole_large_page)
{
	struct bank_gather to;
	struct vcm_pt pt;

	map_large(&pt, &sizes[7], 1);
	bank_gather_init(&to);
	CHECK_EQ(K4, vcm_pt_unmap(&pt, BASE + 5 * M2, K4, 1, &to.gather));
	CHECK_EQ(3, to.ranges);		/* 1G, then 2M of it, then 4K of that */
	CHECK_EQ(G1 + M2 + K4, to.bytes);
	CHECK_EQ(BASE + 5 * M2, to.iova);
	CHECK_EQ(K4, to.pgsize);
	CHECK_EQ(0, to.tables);
	bank_pt_end(&pt);
}

TEST(pages_are_told_together_and_tables_are_handed_over)
{
	struct bank_gather to;
	struct vcm_pt pt;

	bank_pt(&pt, &vcm_fmt_armv7s);
	bank_map(&pt, 0, BASE + 16 * K4, 0, K4, 300);
	bank_map(&pt, 0, BASE + 2 * M1, 0, M1, 1);
	bank_gather_init(&to);
	CHECK_EQ(300 * K4, vcm_pt_unmap(&pt, BASE + 16 * K4, K4, 300, &to.gather));
	CHECK_EQ(2, to.ranges);		/* the first table was handed over between them */
	CHECK_EQ(2, to.tables);
	CHECK_EQ(300 * K4, to.bytes);
	CHECK_EQ(3, bank_held());	/* root, and two that wait */
	bank_reclaim(&to);
	CHECK_EQ(1, bank_held());
	bank_pt_end(&pt);
}

TEST(without_memory_nothing_changes_but_what_was_reported)
{
	struct bank_gather to;
	struct vcm_pt pt;

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		map_large(&pt, &sizes[i], 2);
		bank_limit(0);
		bank_gather_init(&to);
		if (vcm_pt_unmap(&pt, BASE + K4, K4, 1, &to.gather)) {
			CHECK(sizes[i].pgsize == K64);	/* the only one that needs no table */
		} else {
			CHECK_ERR(-ENOMEM, to.gather.err);
			check_kept(&pt, 0);
			check_kept(&pt, K4);
			check_kept(&pt, 2 * sizes[i].pgsize - 1);
			CHECK_EQ(2 * sizes[i].pgsize, pt.count.bytes);
		}
		bank_limit(~0ull);
		bank_pt_end(&pt);
	}
}

/* A page that goes as a whole needs no memory, however little there is. */
TEST(unmapping_what_was_mapped_allocates_nothing)
{
	struct vcm_pt pt;

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		map_large(&pt, &sizes[i], 3);
		bank_limit(0);
		CHECK_EQ(3 * sizes[i].pgsize, bank_unmap(&pt, 0, BASE, sizes[i].pgsize, 3));
		bank_limit(~0ull);
		bank_pt_end(&pt);
	}
}

TEST(a_page_that_smaller_ones_cannot_reach_is_not_split)
{
	struct vcm_pt pt;

	bank_pt(&pt, &vcm_fmt_armv7s);
	bank_map(&pt, 0, BASE, (u64)1 << 39, M16, 2);
	CHECK_EQ(0, bank_unmap(&pt, -EOPNOTSUPP, BASE + K4, K4, 1));
	CHECK_EQ(M16, bank_unmap(&pt, -EOPNOTSUPP, BASE, M1, 17));
	CHECK_EQ(((u64)1 << 39) + M16, bank_at(&pt, BASE + M16));
	CHECK_EQ(M16, bank_unmap(&pt, 0, BASE + M16, K4, M16 / K4));
	bank_pt_end(&pt);
}
