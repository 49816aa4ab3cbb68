// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk.c - what a device meets: reasons, damaged tables, tables that change under it.
 */
#include "bank.h"
#include "unit.h"

static enum vcm_pt_reason reach(const struct vcm_pt *pt, u64 iova, u32 access)
{
	struct vcm_pt_walk walk = { 0 };

	return vcm_pt_walk(&pt->regs, iova, access, &walk);
}

static void map_prot(struct vcm_pt *pt, u64 iova, u32 prot)
{
	struct vcm_pt_map map = { .iova = iova, .pgsize = K4, .pgcount = 1, .prot = prot };

	CHECK_ERR(0, vcm_pt_map(pt, &map));
}

TEST(what_is_not_mapped_is_a_translation_fault)
{
	for (u32 nr = 0; vcm_fmt_nth(nr); nr++) {
		struct vcm_pt pt;

		bank_pt(&pt, vcm_fmt_nth(nr));
		bank_map(&pt, 0, pt.regs.start + M1, 0, K4, 1);
		CHECK_EQ(VCM_PT_TRANSLATION, reach(&pt, pt.regs.start, VCM_PT_READ));
		CHECK_EQ(VCM_PT_TRANSLATION, reach(&pt, pt.regs.start + M1 + K4, VCM_PT_READ));
		CHECK_EQ(VCM_PT_TRANSLATION, reach(&pt, pt.regs.last + 1, VCM_PT_READ));
		CHECK_EQ(VCM_PT_TRANSLATION, reach(&pt, pt.regs.start - 1, VCM_PT_READ));
		CHECK_EQ(VCM_PT_OK, reach(&pt, pt.regs.start + M1, VCM_PT_RW));
		bank_pt_end(&pt);
	}
}

TEST(read_only_pages_are_not_written)
{
	struct vcm_pt pt;

	for (u32 nr = 0; vcm_fmt_nth(nr); nr++) {
		bool omap = vcm_fmt_nth(nr) == &vcm_fmt_omap;

		bank_pt(&pt, vcm_fmt_nth(nr));
		map_prot(&pt, pt.regs.start, VCM_PT_READ);
		CHECK_EQ(VCM_PT_OK, reach(&pt, pt.regs.start, VCM_PT_READ));
		CHECK_EQ(omap ? VCM_PT_OK : VCM_PT_PERMISSION,
			 reach(&pt, pt.regs.start, VCM_PT_WRITE));
		CHECK_EQ(omap ? VCM_PT_OK : VCM_PT_PERMISSION,
			 reach(&pt, pt.regs.start, VCM_PT_RW));
		bank_pt_end(&pt);
	}
}

TEST(write_only_pages_are_not_read_where_there_are_any)
{
	struct vcm_pt pt;

	for (u32 nr = 0; vcm_fmt_nth(nr); nr++) {
		bool arm = vcm_fmt_nth(nr)->entry_len == 4;

		bank_pt(&pt, vcm_fmt_nth(nr));
		map_prot(&pt, pt.regs.start, VCM_PT_WRITE);
		CHECK_EQ(VCM_PT_OK, reach(&pt, pt.regs.start, VCM_PT_WRITE));
		CHECK_EQ(arm ? VCM_PT_OK : VCM_PT_PERMISSION,
			 reach(&pt, pt.regs.start, VCM_PT_READ));
		bank_pt_end(&pt);
	}
}

TEST(armv7s_keeps_code_and_privilege_apart)
{
	struct vcm_pt pt;

	bank_pt(&pt, &vcm_fmt_armv7s);
	map_prot(&pt, 0, VCM_PT_RW | VCM_PT_NOEXEC);
	map_prot(&pt, K4, VCM_PT_RW | VCM_PT_PRIV);
	map_prot(&pt, 2 * K4, VCM_PT_READ | VCM_PT_PRIV);
	CHECK_EQ(VCM_PT_PERMISSION, reach(&pt, 0, VCM_PT_READ | VCM_PT_FETCH));
	CHECK_EQ(VCM_PT_OK, reach(&pt, K4, VCM_PT_READ | VCM_PT_FETCH | VCM_PT_PRIV));
	CHECK_EQ(VCM_PT_PERMISSION, reach(&pt, K4, VCM_PT_READ));
	CHECK_EQ(VCM_PT_OK, reach(&pt, K4, VCM_PT_RW | VCM_PT_PRIV));
	CHECK_EQ(VCM_PT_PERMISSION, reach(&pt, 2 * K4, VCM_PT_WRITE | VCM_PT_PRIV));
	bank_pt_end(&pt);
}

/* Put @raw where the entry of @iova is, in the format's byte order. */
static void poke(struct vcm_pt *pt, u32 depth, u64 iova, u64 raw)
{
	const struct vcm_fmt *fmt = pt->regs.fmt;
	u64 index = fmt->level[depth].bits ?
		    iova >> fmt->level[depth].shift & (((u64)1 << fmt->level[depth].bits) - 1) :
		    (iova - pt->regs.start) / K4;
	u8 *at = (u8 *)bank_table(pt, depth, iova) + index * fmt->entry_len;

	for (u32 i = 0; i < fmt->entry_len; i++)
		at[i] = raw >> 8 * (fmt->big_endian ? fmt->entry_len - 1 - i : i);
}

/**
 * struct bad - an entry that is none
 * @fmt:   format
 * @depth: where
 * @raw:   the entry
 * @why:   what is wrong with it
 */
struct bad {
	const struct vcm_fmt *fmt;
	u32 depth;
	u64 raw;
	const char *why;
};

static const struct bad bads[] = {
	{ &vcm_fmt_armv7s, 0, 0x89a31c0f, "type 11" },
	{ &vcm_fmt_armv7s, 0, 0x89a3900e, "AP 100 of a section" },
	{ &vcm_fmt_armv7s, 1, 0x89abce02, "AP 100 of a page" },
	{ &vcm_fmt_omap, 0, 0x89a00003, "type 11" },
	{ &vcm_fmt_omap, 1, 0x89abc003, "type 11" },
	{ &vcm_fmt_tce, 0, 0x0010000000000003, "address bit 52" },
	{ &vcm_fmt_tce, 0, 0x0000000000001803, "a reserved bit" },
	{ &vcm_fmt_x86, 0, 0x0000000080000083, "a large page in the topmost table" },
	{ &vcm_fmt_x86, 1, 0x0000000080200083, "1G that is not aligned" },
	{ &vcm_fmt_x86, 2, 0x0000000080001083, "2M that is not aligned" },
};

TEST(entries_that_are_none_end_the_walk)
{
	struct vcm_pt pt;

	for (u32 i = 0; i < ARRAY_SIZE(bads); i++) {
		u64 raw;

		bank_pt(&pt, bads[i].fmt);
		bank_map(&pt, 0, pt.regs.start, 0, K4, 1);
		raw = bank_bytes(&pt, bads[i].depth, pt.regs.start);
		if (!bads[i].fmt->big_endian)
			raw = bads[i].fmt->entry_len == 4 ? __builtin_bswap32(raw) :
			      __builtin_bswap64(raw);
		poke(&pt, bads[i].depth, pt.regs.start, bads[i].raw);
		if (reach(&pt, pt.regs.start, VCM_PT_READ) != VCM_PT_WALK)
			unit_fail(bads[i].fmt->name, bads[i].depth, bads[i].why);
		CHECK(vcm_pt_check(&pt, NULL));
		poke(&pt, bads[i].depth, pt.regs.start, raw);
		bank_pt_end(&pt);
	}
}

TEST(tables_that_cannot_be_read_end_the_walk)
{
	for (u32 nr = 0; vcm_fmt_nth(nr); nr++) {
		const struct vcm_fmt *fmt = vcm_fmt_nth(nr);
		struct vcm_pt_walk walk = { 0 };
		struct vcm_pt pt;

		bank_pt(&pt, fmt);
		bank_map(&pt, 0, pt.regs.start, 0, K4, 1);
		for (u32 depth = 0; depth < fmt->levels; depth++) {
			bank_break(bank_mem.ops->to_pa(NULL, bank_table(&pt, depth,
									pt.regs.start)));
			CHECK_EQ(VCM_PT_WALK, vcm_pt_walk(&pt.regs, pt.regs.start, VCM_PT_READ,
							  &walk));
			CHECK_EQ(depth, walk.levels);
			bank_break(0);
		}
		CHECK_EQ(VCM_PT_OK, vcm_pt_walk(&pt.regs, pt.regs.start, VCM_PT_READ, &walk));
		CHECK_EQ(fmt->levels, walk.levels);
		bank_pt_end(&pt);
	}
}

/* Map and unmap meet them too, and say so instead of following them. */
TEST(damaged_tables_are_not_followed)
{
	struct vcm_pt pt;
	u64 raw;

	bank_pt(&pt, &vcm_fmt_x86);
	bank_map(&pt, 0, 0, 0, K4, 1);
	raw = __builtin_bswap64(bank_bytes(&pt, 1, 0));
	poke(&pt, 1, 0, (u64)1 << 50 | 3);
	CHECK_EQ(VCM_PT_WALK, reach(&pt, 0, VCM_PT_READ));
	{
		struct vcm_pt_map map = { .pgsize = K4, .pgcount = 1, .prot = VCM_PT_RW };
		struct bank_gather to;

		bank_gather_init(&to);
		CHECK_ERR(-EIO, vcm_pt_map(&pt, &map));
		CHECK_EQ(0, vcm_pt_unmap(&pt, 0, K4, 1, &to.gather));
		CHECK_ERR(-EIO, to.gather.err);
	}
	poke(&pt, 1, 0, raw);
	bank_pt_end(&pt);
}

TEST(a_link_can_limit_what_is_below_it)
{
	struct vcm_pt pt;
	u64 raw;

	bank_pt(&pt, &vcm_fmt_x86);
	bank_map(&pt, 0, 0, 0, K4, 1);
	raw = __builtin_bswap64(bank_bytes(&pt, 1, 0));
	poke(&pt, 1, 0, raw & ~2ull);
	CHECK_EQ(VCM_PT_OK, reach(&pt, 0, VCM_PT_READ));
	CHECK_EQ(VCM_PT_PERMISSION, reach(&pt, 0, VCM_PT_WRITE));
	poke(&pt, 1, 0, raw);
	CHECK_EQ(VCM_PT_OK, reach(&pt, 0, VCM_PT_RW));
	bank_pt_end(&pt);
}

/* Whatever is in a table, a walk ends, reads only tables, and never goes in circles. */
TEST(walks_survive_any_entry)
{
	u64 random = unit_seed();
	u32 seen[VCM_PT_REASONS] = { 0 };

	for (u32 nr = 0; vcm_fmt_nth(nr); nr++) {
		const struct vcm_fmt *fmt = vcm_fmt_nth(nr);
		struct vcm_pt pt;

		bank_pt(&pt, fmt);
		for (u32 i = 0; i < 40000; i++) {
			u64 iova = pt.regs.start + unit_random(&random) % (16 * M1);
			u64 raw = unit_random(&random);

			/* Half of them point to the root itself: a circle. */
			if (raw & 4)
				raw = pt.regs.root | (raw & 3);
			poke(&pt, 0, iova, raw);
			seen[reach(&pt, iova, VCM_PT_READ)]++;
		}
		memset(pt.root, 0, fmt->level[0].bits ?
		       (size_t)fmt->entry_len << fmt->level[0].bits : 16384 * 8);
		bank_pt_end(&pt);
	}
	CHECK(seen[VCM_PT_OK] && seen[VCM_PT_TRANSLATION] && seen[VCM_PT_WALK]);
}

/**
 * struct torn - a walk during which the page goes
 * @pt:     where
 * @iova:   the page
 * @depth:  it goes before an entry of this depth is read
 * @gather: what unmap told
 */
struct torn {
	struct vcm_pt *pt;
	u64 iova;
	u32 depth;
	struct bank_gather gather;
};

static void tear(void *priv, u32 depth)
{
	struct torn *torn = priv;

	if (depth == torn->depth)
		CHECK_EQ(K4, vcm_pt_unmap(torn->pt, torn->iova, K4, 1, &torn->gather.gather));
}

/*
 * F3: a device that has read the link goes on to read the table, although the page and the table
 * are gone meanwhile.  A table that was freed is a use after free here.
 */
TEST(tables_outlive_the_walks_that_are_in_them)
{
	for (u32 nr = 0; vcm_fmt_nth(nr); nr++) {
		for (u32 depth = 0; depth < vcm_fmt_nth(nr)->levels; depth++) {
			struct vcm_pt pt;
			struct torn torn = { &pt, 0, depth, { .ranges = 0 } };
			struct vcm_pt_walk walk = { .step = tear, .priv = &torn };
			u64 freed;

			bank_pt(&pt, vcm_fmt_nth(nr));
			torn.iova = pt.regs.start + M1;
			bank_gather_init(&torn.gather);
			bank_map(&pt, 0, torn.iova, 0, K4, 1);
			freed = bank_freed();
			CHECK_EQ(VCM_PT_TRANSLATION,
				 vcm_pt_walk(&pt.regs, torn.iova, VCM_PT_READ, &walk));
			CHECK_EQ(freed, bank_freed());
			CHECK_EQ(vcm_fmt_nth(nr)->levels - 1, torn.gather.tables);
			bank_pt_end(&pt);
		}
	}
}

static struct vcm_pt *growing;
static u64 growing_at;
static u32 asked;

/* A device looks while the tables of a map are still being made: it gets no further than before. */
static void look_at_the_root(void)
{
	struct vcm_pt_walk walk = { 0 };

	CHECK_EQ(VCM_PT_TRANSLATION, vcm_pt_walk(&growing->regs, growing_at, VCM_PT_READ, &walk));
	CHECK_EQ(1, walk.levels);
	asked++;
}

/* F2, and what makes it safe to free them when one of them cannot be had. */
TEST(tables_are_linked_when_the_way_down_is_whole)
{
	for (u32 nr = 0; vcm_fmt_nth(nr); nr++) {
		u32 below = vcm_fmt_nth(nr)->levels - 1;
		struct vcm_pt pt;

		bank_pt(&pt, vcm_fmt_nth(nr));
		growing = &pt;
		growing_at = pt.regs.start + M1;
		asked = 0;
		bank_asked = look_at_the_root;
		for (u32 nth = 1; nth <= below; nth++) {
			bank_fail(nth);
			bank_map(&pt, -ENOMEM, growing_at, 0, K4, 1);
		}
		bank_fail(0);
		bank_map(&pt, 0, growing_at, 0, K4, 1);
		bank_asked = NULL;
		CHECK_EQ(below * (below + 1) / 2 + below, asked);
		bank_pt_end(&pt);
	}
}

static void look_at_the_large_page(void)
{
	struct vcm_pt_walk walk = { 0 };

	CHECK_EQ(VCM_PT_OK, vcm_pt_walk(&growing->regs, growing_at, VCM_PT_READ, &walk));
	CHECK_EQ(growing_at, vcm_pt_walk_pa(&walk, growing_at));
	asked++;
}

static const struct vcm_fmt *watched;

/* A device looks before each entry that a split writes. */
static u64 watched_leaf(u64 pa, u64 len, u32 prot)
{
	if (growing)
		look_at_the_large_page();
	return watched->leaf(pa, len, prot);
}

/* Split the largest page below 2G and keep looking at the page beside the hole. */
static void watch_a_split(const struct vcm_fmt *fmt)
{
	u64 large = (u64)1 << (fls64(fmt->pgsizes) - 1);
	struct vcm_fmt spy = *fmt;
	struct vcm_pt pt;

	watched = fmt;
	spy.leaf = watched_leaf;
	growing = NULL;
	bank_pt(&pt, &spy);
	bank_map(&pt, 0, G1, G1, large, 1);
	growing = &pt;
	growing_at = G1 + large - K4;
	asked = 0;
	bank_asked = look_at_the_large_page;
	CHECK_EQ(K4, bank_unmap(&pt, 0, growing_at - K4, K4, 1));
	bank_asked = NULL;
	CHECK(asked > 40);
	bank_pt_end(&pt);
}

TEST(what_is_split_stays_translated_meanwhile)
{
	watch_a_split(&vcm_fmt_armv7s);
	watch_a_split(&vcm_fmt_omap);
	watch_a_split(&vcm_fmt_x86);
}
