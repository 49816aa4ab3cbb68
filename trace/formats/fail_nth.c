// SPDX-License-Identifier: GPL-2.0-only
/*
 * fail_nth.c - every table that a call allocates fails in turn: what was there stays.
 */
#include "bank.h"
#include "unit.h"

#define BASE	G1
#define KEPT	(BASE - K4)		/* a page in the table before, and one after, the range */

static void check_kept(const struct vcm_pt *pt, u64 after)
{
	CHECK_EQ(M1, bank_at(pt, KEPT));
	CHECK_EQ(M16, bank_at(pt, after));
	CHECK_NONE(vcm_pt_check(pt, NULL));
}

/* A range that needs several tables of every level. */
static u32 sweep_map(const struct vcm_fmt *fmt)
{
	const u64 pages = 3 * 512 + 7, after = BASE + pages * K4;
	u32 failures = 0;
	bool failed;

	do {
		struct vcm_pt_map map = { .iova = BASE, .pgsize = K4, .pgcount = pages };
		struct vcm_pt_count before;
		struct vcm_pt pt;
		u64 held;
		int err;

		map.prot = VCM_PT_RW;
		bank_pt(&pt, fmt);
		bank_map(&pt, 0, KEPT, M1, K4, 1);
		bank_map(&pt, 0, after, M16, K4, 1);
		before = pt.count;
		held = bank_held();
		bank_fail(++failures);
		err = vcm_pt_map(&pt, &map);
		failed = bank_failed();
		CHECK_ERR(failed ? -ENOMEM : 0, err);
		bank_fail(0);
		check_kept(&pt, after);
		CHECK(failed == (map.mapped < pages * K4));
		if (map.mapped)
			CHECK_EQ(map.mapped, bank_unmap(&pt, 0, BASE, K4, map.mapped / K4));
		check_kept(&pt, after);
		CHECK_EQ(before.tables, pt.count.tables);
		CHECK_EQ(before.entries, pt.count.entries);
		CHECK_EQ(held, bank_held());
		bank_pt_end(&pt);
	} while (failed);
	return failures - 1;
}

TEST(map_without_a_table_leaves_what_was_there)
{
	CHECK_EQ(6, sweep_map(&vcm_fmt_armv7s));
	CHECK_EQ(6, sweep_map(&vcm_fmt_omap));
	CHECK_EQ(3, sweep_map(&vcm_fmt_x86));
}

/* An empty page table: each level fails on the way to the first page. */
TEST(no_table_is_left_that_leads_nowhere)
{
	struct vcm_pt pt;

	bank_pt(&pt, &vcm_fmt_x86);
	for (u32 nth = 1; nth <= 3; nth++) {
		bank_fail(nth);
		bank_map(&pt, -ENOMEM, BASE, 0, K4, 1);
		CHECK(bank_failed());
		CHECK_EQ(1, bank_held());
		CHECK_EQ(0, pt.count.entries);
	}
	bank_fail(4);
	bank_map(&pt, 0, BASE, 0, K4, 1);
	CHECK(!bank_failed());
	bank_fail(0);
	bank_pt_end(&pt);
}

/* Splitting a page of each level of x86, 1G down to 4K. */
TEST(split_without_a_table_leaves_what_was_there)
{
	for (u32 nth = 1; nth <= 3; nth++) {
		struct vcm_pt pt;
		u64 want = nth < 3 ? 0 : K4;

		bank_pt(&pt, &vcm_fmt_x86);
		bank_map(&pt, 0, BASE, 0, G1, 1);
		bank_fail(nth);
		CHECK_EQ(want, bank_unmap(&pt, nth < 3 ? -ENOMEM : 0, BASE + M1, K4, 1));
		CHECK_EQ(nth < 3, bank_failed());
		bank_fail(0);
		CHECK_EQ(nth < 3 ? M1 : ~0ull, bank_at(&pt, BASE + M1));
		CHECK_EQ(G1 - 1, bank_at(&pt, BASE + G1 - 1));
		CHECK_EQ(G1 - want, pt.count.bytes);
		bank_pt_end(&pt);
	}
}

TEST(init_without_a_table_fails)
{
	for (u32 nr = 0; vcm_fmt_nth(nr); nr++) {
		struct vcm_pt_cfg cfg = { .fmt = vcm_fmt_nth(nr), .mem = &bank_mem };
		struct vcm_pt pt;

		cfg.last = 64 * M1 - 1;
		bank_fail(1);
		CHECK_ERR(-ENOMEM, vcm_pt_init(&pt, &cfg));
		CHECK_ERR(0, vcm_pt_init(&pt, &cfg));
		bank_pt_end(&pt);
	}
}

TEST(memory_for_tables_can_be_bounded)
{
	struct vcm_pt pt;
	u64 at = 0;

	bank_limit(16384 + 5 * 1024);
	bank_pt(&pt, &vcm_fmt_armv7s);
	for (; at < 5; at++)
		bank_map(&pt, 0, at * M1, 0, K4, 1);
	bank_map(&pt, -ENOMEM, at * M1, 0, K4, 1);
	bank_map(&pt, 0, at * M1, 0, M1, 1);	/* needs none */
	CHECK_EQ(K4, bank_unmap(&pt, 0, 0, K4, 1));
	bank_map(&pt, 0, 7 * M1, 0, K4, 1);
	bank_pt_end(&pt);
	bank_limit(~0ull);
}
