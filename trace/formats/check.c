// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c - vcm_pt_check() sees every invariant that is broken, and visits go in order.
 */
#include "bank.h"
#include "unit.h"

static struct vcm_pt pt;

/* Write a 32-bit entry of armv7s; return what was there. */
static u32 poke(u32 depth, u64 iova, u32 raw)
{
	u32 index = depth ? iova >> 12 & 0xff : iova >> 20;
	u32 *at = (u32 *)bank_table(&pt, depth, iova) + index, was = *at;

	*at = raw;
	return was;
}

static void begin(void)
{
	bank_pt(&pt, &vcm_fmt_armv7s);
	bank_map(&pt, 0, 0, M16, K64, 1);
	bank_map(&pt, 0, M16, 0, M16, 1);
	bank_map(&pt, 0, M1, 0, K4, 1);
}

TEST(entries_of_a_run_have_to_be_equal)
{
	u32 was;

	begin();
	was = poke(1, 3 * K4, 0);
	CHECK_STR("entries of one page differ", vcm_pt_check(&pt, NULL));
	poke(1, 3 * K4, was);
	was = poke(0, M16 + 15 * M1, 0x00100c0e);
	CHECK_STR("entries of one page differ", vcm_pt_check(&pt, NULL));
	poke(0, M16 + 15 * M1, was);
	bank_pt_end(&pt);
}

TEST(a_run_has_to_begin_where_its_page_does)
{
	u32 was;

	begin();
	was = poke(1, 0, 0);
	CHECK_STR("the run of a page has no beginning", vcm_pt_check(&pt, NULL));
	poke(1, 0, was);
	bank_pt_end(&pt);
}

TEST(linked_tables_may_not_be_empty)
{
	u32 was;

	begin();
	was = poke(1, M1, 0);
	CHECK_STR("an empty table is linked", vcm_pt_check(&pt, NULL));
	poke(1, M1, was);
	bank_pt_end(&pt);
}

TEST(links_have_to_lead_to_tables)
{
	u32 was;

	begin();
	was = poke(0, M1, 0xfffffc01);
	CHECK_STR("an entry points to no table", vcm_pt_check(&pt, NULL));
	poke(0, M1, was);
	bank_pt_end(&pt);
}

static int pass(struct vcm_pt_visitor *visitor, u64 iova, const struct vcm_pt_entry *entry)
{
	return 0;
}

/* Four levels of which every entry leads to the root: 512^3 tables, were they all gone through. */
TEST(tables_that_lead_to_themselves_are_left)
{
	struct vcm_pt_visitor visitor = { 0 };
	u64 *root, was;

	bank_pt(&pt, &vcm_fmt_x86);
	bank_map(&pt, 0, 0, 0, K4, 1);
	root = bank_table(&pt, 0, 0);
	was = root[0];
	for (u32 i = 1; i < 512; i++)
		root[i] = (was & 0xfff) | pt.regs.root;
	CHECK_STR("more tables are linked than there are", vcm_pt_check(&pt, NULL));
	visitor.page = pass;
	CHECK_ERR(-EIO, vcm_pt_visit(&pt, &visitor));
	memset(root + 1, 0, 511 * sizeof(*root));
	CHECK_NONE(vcm_pt_check(&pt, NULL));
	bank_pt_end(&pt);
}

TEST(counters_have_to_be_right)
{
	struct vcm_pt_count count;

	begin();
	CHECK_NONE(vcm_pt_check(&pt, &count));
	CHECK_EQ(3, count.tables);
	CHECK_EQ(3, count.pages);
	CHECK_EQ(2 + 16 + 16 + 1, count.entries);
	CHECK_EQ(K64 + M16 + K4, count.bytes);
	pt.count.tables++;
	CHECK_STR("tables are not counted right", vcm_pt_check(&pt, NULL));
	pt.count.tables--;
	pt.count.pages++;
	CHECK_STR("pages are not counted right", vcm_pt_check(&pt, NULL));
	pt.count.pages--;
	pt.count.entries++;
	CHECK_STR("entries are not counted right", vcm_pt_check(&pt, NULL));
	pt.count.entries--;
	pt.count.bytes++;
	CHECK_STR("bytes are not counted right", vcm_pt_check(&pt, NULL));
	pt.count.bytes--;
	bank_pt_end(&pt);
}

/**
 * struct seen - the pages of a visit
 * @visitor: the visitor
 * @nr:      how many
 * @stop:    end the visit there
 * @iova:    of the last
 */
struct seen {
	struct vcm_pt_visitor visitor;
	u32 nr;
	u32 stop;
	u64 iova;
};

static int see(struct vcm_pt_visitor *visitor, u64 iova, const struct vcm_pt_entry *entry)
{
	struct seen *seen = container_of(visitor, struct seen, visitor);

	CHECK(!seen->nr || iova > seen->iova);
	CHECK_EQ(bank_at(&pt, iova), entry->pa);
	seen->iova = iova;
	return ++seen->nr == seen->stop ? -EINTR : 0;
}

TEST(visits_go_in_order_and_end_when_asked)
{
	struct seen seen = { .visitor.page = see };
	u32 was;

	begin();
	CHECK_ERR(0, vcm_pt_visit(&pt, &seen.visitor));
	CHECK_EQ(3, seen.nr);
	CHECK_EQ(M16, seen.iova);
	seen = (struct seen) { .visitor.page = see, .stop = 2 };
	CHECK_ERR(-EINTR, vcm_pt_visit(&pt, &seen.visitor));
	CHECK_EQ(2, seen.nr);
	CHECK_EQ(M1, seen.iova);
	was = poke(1, M1, 0);
	seen = (struct seen) { .visitor.page = see };
	CHECK_ERR(-EIO, vcm_pt_visit(&pt, &seen.visitor));
	poke(1, M1, was);
	bank_pt_end(&pt);
}

TEST(visits_of_a_flat_table_begin_with_the_window)
{
	struct seen seen = { .visitor.page = see };

	bank_pt(&pt, &vcm_fmt_tce);
	bank_map(&pt, 0, pt.regs.start + 3 * K4, K4, K4, 2);
	CHECK_ERR(0, vcm_pt_visit(&pt, &seen.visitor));
	CHECK_EQ(2, seen.nr);
	CHECK_EQ(pt.regs.start + 4 * K4, seen.iova);
	bank_pt_end(&pt);
}
