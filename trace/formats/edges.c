// SPDX-License-Identifier: GPL-2.0-only
/*
 * edges.c - where windows begin and end, what is refused, and that a live entry stays.
 */
#include "bank.h"
#include "unit.h"

#define FOR_EACH_FMT(fmt) \
	for (u32 nr = 0; ((fmt) = vcm_fmt_nth(nr)); nr++)

/* An address in the middle of the window that any page size can begin at. */
static u64 middle(const struct vcm_pt *pt)
{
	return pt->regs.start + (pt->regs.fmt->level[0].bits ? G1 : 16 * M1);
}

TEST(both_ends_of_the_window_are_ordinary)
{
	const struct vcm_fmt *fmt;
	struct vcm_pt pt;

	FOR_EACH_FMT(fmt) {
		bank_pt(&pt, fmt);
		bank_map(&pt, 0, pt.regs.start, 0, K4, 1);
		bank_map(&pt, 0, pt.regs.last - K4 + 1, 5 * K4, K4, 1);
		CHECK_EQ(0, bank_at(&pt, pt.regs.start));
		CHECK_EQ(K4 - 1, bank_at(&pt, pt.regs.start + K4 - 1));
		CHECK_EQ(~0ull, bank_at(&pt, pt.regs.start + K4));
		CHECK_EQ(6 * K4 - 1, bank_at(&pt, pt.regs.last));
		CHECK_EQ(~0ull, bank_at(&pt, pt.regs.last + 1));
		CHECK_EQ(K4, bank_unmap(&pt, 0, pt.regs.start, K4, 1));
		CHECK_EQ(K4, bank_unmap(&pt, 0, pt.regs.last - K4 + 1, K4, 1));
		CHECK_EQ(0, pt.count.entries);
		bank_pt_end(&pt);
	}
}

TEST(nothing_outside_the_window_is_mapped)
{
	const struct vcm_fmt *fmt;
	struct vcm_pt pt;

	FOR_EACH_FMT(fmt) {
		bank_pt(&pt, fmt);
		bank_map(&pt, -ERANGE, pt.regs.last - K4 + 1, 0, K4, 2);
		bank_map(&pt, -ERANGE, pt.regs.last + 1, 0, K4, 1 + !fmt->level[0].bits);
		bank_map(&pt, -ERANGE, middle(&pt), 0, K4, ~0ull >> 12);
		bank_map(&pt, -ERANGE, middle(&pt), 0, K4, ~0ull);
		if (pt.regs.start)
			bank_map(&pt, -ERANGE, pt.regs.start - K4, 0, K4, 2);
		CHECK_EQ(0, bank_unmap(&pt, -ERANGE, pt.regs.last - K4 + 1, K4, 2));
		CHECK_EQ(0, pt.count.pages);
		CHECK_EQ(1, bank_held());
		bank_pt_end(&pt);
	}
}

TEST(windows_end_where_the_address_space_does)
{
	struct vcm_pt_cfg cfg = { .fmt = &vcm_fmt_tce, .mem = &bank_mem, .last = ~0ull };
	struct vcm_pt pt;

	cfg.start = -16 * M1;
	CHECK_ERR(0, vcm_pt_init(&pt, &cfg));
	bank_map(&pt, 0, -2 * K4, 7 * K4, K4, 2);
	CHECK_EQ(9 * K4 - 1, bank_at(&pt, ~0ull));
	bank_map(&pt, -ERANGE, -K4, 0, K4, 2);
	CHECK_EQ(2 * K4, bank_unmap(&pt, 0, -2 * K4, K4, 2));
	bank_pt_end(&pt);
}

TEST(addresses_that_are_not_aligned_are_refused)
{
	const struct vcm_fmt *fmt;
	struct vcm_pt pt;

	FOR_EACH_FMT(fmt) {
		bank_pt(&pt, fmt);
		for (u64 sizes = pt.pgsizes; sizes; sizes &= sizes - 1) {
			u64 size = sizes & -sizes, iova = middle(&pt);

			for (u64 off = 1; off < size; off *= 2) {
				bank_map(&pt, -EINVAL, iova + off, 0, size, 1);
				bank_map(&pt, -EINVAL, iova, off, size, 1);
				CHECK_EQ(0, bank_unmap(&pt, -EINVAL, iova + off, size, 1));
			}
			bank_map(&pt, 0, iova, size, size, 1);
			CHECK_EQ(size, bank_unmap(&pt, 0, iova, size, 1));
		}
		bank_pt_end(&pt);
	}
}

TEST(only_sizes_of_the_format_are_mapped)
{
	const struct vcm_fmt *fmt;
	struct vcm_pt pt;

	FOR_EACH_FMT(fmt) {
		bank_pt(&pt, fmt);
		for (u32 bit = 0; bit < 64; bit++)
			if (!(pt.pgsizes >> bit & 1))
				bank_map(&pt, -EINVAL, 0, 0, (u64)1 << bit, 1);
		bank_map(&pt, -EINVAL, middle(&pt), 0, 0, 1);
		bank_map(&pt, -EINVAL, middle(&pt), 0, K4, 0);
		bank_map(&pt, -EINVAL, middle(&pt), 0, 3 * K4, 1);
		bank_map(&pt, -EINVAL, middle(&pt), 0, K4 | K64, 1);
		bank_pt_end(&pt);
	}
}

TEST(protection_has_to_make_sense)
{
	const struct vcm_fmt *fmt;
	struct vcm_pt pt;

	FOR_EACH_FMT(fmt) {
		struct vcm_pt_map map = { .pgsize = K4, .pgcount = 1, .prot = VCM_PT_CACHE };

		bank_pt(&pt, fmt);
		map.iova = middle(&pt);
		CHECK_ERR(-EINVAL, vcm_pt_map(&pt, &map));
		map.prot = VCM_PT_RW | VCM_PT_FETCH;
		CHECK_ERR(-EOPNOTSUPP, vcm_pt_map(&pt, &map));
		map.prot = VCM_PT_RW | VCM_PT_OMAP_BIG;
		CHECK_ERR(fmt == &vcm_fmt_omap ? 0 : -EOPNOTSUPP, vcm_pt_map(&pt, &map));
		bank_pt_end(&pt);
	}
}

TEST(output_addresses_end_where_the_format_says)
{
	const struct vcm_fmt *fmt;
	struct vcm_pt pt;

	FOR_EACH_FMT(fmt) {
		bank_pt(&pt, fmt);
		for (u64 sizes = pt.pgsizes; sizes; sizes &= sizes - 1) {
			u64 size = sizes & -sizes, iova = middle(&pt);
			u64 end = (u64)1 << (fmt->oas_of ? fmt->oas_of(size) : fmt->oas);

			bank_map(&pt, -ERANGE, iova, end, size, 1);
			bank_map(&pt, -ERANGE, iova, end - size, size, 2);
			bank_map(&pt, 0, iova, end - size, size, 1);
			CHECK_EQ(end - 1, bank_at(&pt, iova + size - 1));
			CHECK_EQ(size, bank_unmap(&pt, 0, iova, size, 1));
		}
		bank_pt_end(&pt);
	}
}

TEST(output_addresses_can_have_fewer_bits)
{
	struct vcm_pt_cfg cfg = { .fmt = &vcm_fmt_x86, .mem = &bank_mem, .last = ~0ull >> 16 };
	struct vcm_pt pt;

	cfg.oas = 39;
	CHECK_ERR(0, vcm_pt_init(&pt, &cfg));
	bank_map(&pt, -ERANGE, 0, (u64)1 << 39, K4, 1);
	bank_map(&pt, 0, 0, ((u64)1 << 39) - K4, K4, 1);
	bank_pt_end(&pt);
}

/* Each size over, into, and around a page of @size. */
static void map_over(struct vcm_pt *pt, u64 iova, u64 size)
{
	for (u64 others = pt->pgsizes; others; others &= others - 1) {
		u64 other = others & -others;

		bank_map(pt, -EEXIST, iova, 0, other, 1);
		if (other < size)
			bank_map(pt, -EEXIST, iova + size - other, 0, other, 1);
	}
}

TEST(nothing_is_mapped_over_anything)
{
	const struct vcm_fmt *fmt;
	struct vcm_pt pt;

	FOR_EACH_FMT(fmt) {
		bank_pt(&pt, fmt);
		for (u64 sizes = pt.pgsizes; sizes; sizes &= sizes - 1) {
			u64 size = sizes & -sizes, iova = middle(&pt);

			bank_map(&pt, 0, iova, size, size, 1);
			map_over(&pt, iova, size);
			CHECK_EQ(size, bank_at(&pt, iova));
			CHECK_EQ(2 * size - 1, bank_at(&pt, iova + size - 1));
			CHECK_EQ(1, pt.count.pages);
			CHECK_EQ(size, bank_unmap(&pt, 0, iova, size, 1));
		}
		bank_pt_end(&pt);
	}
}

TEST(a_map_that_runs_into_something_says_how_far_it_came)
{
	const struct vcm_fmt *fmt;
	struct vcm_pt pt;

	FOR_EACH_FMT(fmt) {
		struct vcm_pt_map map = { .pa = M16, .pgsize = K4, .pgcount = 600 };

		map.prot = VCM_PT_RW;
		bank_pt(&pt, fmt);
		map.iova = middle(&pt);
		bank_map(&pt, 0, map.iova + 555 * K4, 0, K4, 1);
		CHECK_ERR(-EEXIST, vcm_pt_map(&pt, &map));
		CHECK_EQ(555 * K4, map.mapped);
		CHECK_EQ(M16 + 554 * K4, bank_at(&pt, map.iova + 554 * K4));
		CHECK_EQ(0, bank_at(&pt, map.iova + 555 * K4));
		CHECK_EQ(~0ull, bank_at(&pt, map.iova + 556 * K4));
		CHECK_EQ(555 * K4, bank_unmap(&pt, 0, map.iova, K4, 555));
		CHECK_EQ(1, pt.count.pages);
		bank_pt_end(&pt);
	}
}

/* A table that became empty must not be in the way of a large page: F4. */
TEST(large_pages_fit_where_small_ones_were)
{
	const struct vcm_fmt *fmt;
	struct vcm_pt pt;

	FOR_EACH_FMT(fmt) {
		bank_pt(&pt, fmt);
		for (u64 sizes = pt.pgsizes & ~K4; sizes; sizes &= sizes - 1) {
			u64 size = sizes & -sizes;
			u64 nr = min(size / K4, (u64)600);

			bank_map(&pt, 0, G1, 0, K4, nr);
			bank_map(&pt, -EEXIST, G1, 0, size, 1);
			CHECK_EQ(nr * K4, bank_unmap(&pt, 0, G1, K4, nr));
			bank_map(&pt, 0, G1, 0, size, 1);
			CHECK_EQ(size, bank_unmap(&pt, 0, G1, size, 1));
		}
		bank_pt_end(&pt);
	}
}

/* The IOMMU core unmaps what was mapped in small pages with the largest size that fits. */
TEST(unmap_takes_another_page_size_than_map)
{
	struct vcm_pt pt;

	bank_pt(&pt, &vcm_fmt_x86);
	bank_map(&pt, 0, M2, M16, K4, 1024);
	CHECK_EQ(2 * M2, bank_unmap(&pt, 0, M2, M2, 2));
	CHECK_EQ(1, pt.count.tables);
	bank_pt_end(&pt);
	bank_pt(&pt, &vcm_fmt_armv7s);
	bank_map(&pt, 0, M16, M16, K64, 512);
	CHECK_EQ(2 * M16, bank_unmap(&pt, 0, M16, M16, 2));
	CHECK_EQ(1, pt.count.tables);
	bank_pt_end(&pt);
}

TEST(unmap_stops_at_a_hole)
{
	const struct vcm_fmt *fmt;
	struct vcm_pt pt;

	FOR_EACH_FMT(fmt) {
		bank_pt(&pt, fmt);
		bank_map(&pt, 0, middle(&pt), 0, K4, 3);
		bank_map(&pt, 0, middle(&pt) + 4 * K4, 0, K4, 1);
		CHECK_EQ(0, bank_unmap(&pt, -ENOENT, middle(&pt) - K4, K4, 2));
		CHECK_EQ(3 * K4, bank_unmap(&pt, -ENOENT, middle(&pt), K4, 5));
		CHECK_EQ(1, pt.count.pages);
		bank_pt_end(&pt);
	}
}

TEST(page_sizes_of_an_instance_can_be_fewer)
{
	struct vcm_pt_cfg cfg = { .fmt = &vcm_fmt_armv7s, .mem = &bank_mem, .last = ~0u };
	struct vcm_pt pt;

	cfg.pgsizes = K64 | M1;
	CHECK_ERR(0, vcm_pt_init(&pt, &cfg));
	bank_map(&pt, -EINVAL, 0, 0, K4, 1);
	bank_map(&pt, -EINVAL, 0, 0, M16, 1);
	bank_map(&pt, 0, 0, 0, K64, 1);
	bank_map(&pt, 0, M1, 0, M1, 1);
	bank_pt_end(&pt);
	cfg.pgsizes = K64 | M2;
	CHECK_ERR(-EINVAL, vcm_pt_init(&pt, &cfg));
}

TEST(flat_table_has_one_page_size)
{
	struct vcm_pt_cfg cfg = { .fmt = &vcm_fmt_tce, .mem = &bank_mem, .last = G1 - 1 };
	struct vcm_pt pt;

	cfg.pgsizes = K4 | K64;
	CHECK_ERR(-EINVAL, vcm_pt_init(&pt, &cfg));
	cfg.pgsizes = M16;
	CHECK_ERR(0, vcm_pt_init(&pt, &cfg));
	bank_map(&pt, -EINVAL, 0, 0, K4, 1);
	bank_map(&pt, 0, M16, 3 * M16, M16, 2);
	CHECK_EQ(4 * M16 + 5, bank_at(&pt, 2 * M16 + 5));
	CHECK_EQ(M16, bank_unmap(&pt, 0, 2 * M16, M16, 1));
	bank_pt_end(&pt);
}

TEST(flat_table_is_as_large_as_its_window_and_no_larger_than_can_be)
{
	struct vcm_pt_cfg cfg = { .fmt = &vcm_fmt_tce, .mem = &bank_mem, .last = 3 * K4 - 1 };
	struct vcm_pt pt;

	CHECK_ERR(0, vcm_pt_init(&pt, &cfg));
	bank_map(&pt, 0, 0, 0, K4, 3);
	bank_map(&pt, -ERANGE, 3 * K4, 0, K4, 1);
	bank_pt_end(&pt);
	cfg.last = VCM_PT_TABLE_MAX / 8 * K4 - 1;
	CHECK_ERR(0, vcm_pt_init(&pt, &cfg));
	bank_map(&pt, 0, cfg.last - K4 + 1, 0, K4, 1);
	bank_pt_end(&pt);
	cfg.last += K4;
	CHECK_ERR(-ERANGE, vcm_pt_init(&pt, &cfg));
	cfg.last = ~0ull;
	CHECK_ERR(-ERANGE, vcm_pt_init(&pt, &cfg));
}

TEST(windows_that_make_no_sense_are_refused)
{
	struct vcm_pt_cfg cfg = { .fmt = &vcm_fmt_omap, .mem = &bank_mem, .last = ~0u };
	struct vcm_pt pt;

	cfg.last = (u64)1 << 32 | (K4 - 1);
	CHECK_ERR(-ERANGE, vcm_pt_init(&pt, &cfg));
	cfg.last = ~0u - 1;
	CHECK_ERR(-EINVAL, vcm_pt_init(&pt, &cfg));
	cfg.last = ~0u;
	cfg.start = 1;
	CHECK_ERR(-EINVAL, vcm_pt_init(&pt, &cfg));
	cfg.start = 0;
	cfg.oas = 33;
	CHECK_ERR(-EINVAL, vcm_pt_init(&pt, &cfg));
	cfg.oas = 0;
	cfg.fmt = NULL;
	CHECK_ERR(-EINVAL, vcm_pt_init(&pt, &cfg));
	cfg.fmt = &vcm_fmt_x86;
	cfg.start = M1;
	cfg.last = M1 - 1;
	CHECK_ERR(-EINVAL, vcm_pt_init(&pt, &cfg));
}

/* 32-bit hardware cannot find a table above 4G. */
TEST(tables_are_where_the_format_can_point_to)
{
	struct vcm_pt_cfg cfg = { .fmt = &vcm_fmt_armv7s, .mem = &bank_mem, .last = ~0u };
	struct vcm_pt pt;

	bank_pt(&pt, &vcm_fmt_armv7s);
	bank_high(true);
	bank_map(&pt, -ENOMEM, 0, 0, K4, 1);
	bank_map(&pt, 0, 0, 0, M1, 1);
	bank_pt_end(&pt);
	CHECK_ERR(-ENOMEM, vcm_pt_init(&pt, &cfg));
	CHECK_EQ(0, bank_held());
	bank_pt(&pt, &vcm_fmt_x86);
	bank_map(&pt, 0, 0, 0, K4, 1);
	bank_pt_end(&pt);
}
