// SPDX-License-Identifier: GPL-2.0-only
/*
 * encode.c - entries bit by bit, as the architecture documents have them.
 *
 * The numbers are put together by hand from the tables of those documents, and compared with the
 * bytes in memory, not with what the format decodes.
 */
#include "bank.h"
#include "unit.h"

static u64 leaf(const struct vcm_fmt *fmt, u64 pa, u64 len, u32 prot)
{
	return fmt->leaf(pa, len, prot);
}

TEST(armv7s_small_page)
{
	const struct vcm_fmt *fmt = &vcm_fmt_armv7s;

	/* nG 0x800, S 0x400, AP1..0 0x30, TEX 001 0x40, type 2 */
	CHECK_EQ(0x89abcc72, leaf(fmt, 0x89abc000, K4, VCM_PT_RW));
	/* read only: AP2 0x200 */
	CHECK_EQ(0x89abce72, leaf(fmt, 0x89abc000, K4, VCM_PT_READ));
	/* write-back, write-allocate: C 8, B 4 */
	CHECK_EQ(0x89abce7e, leaf(fmt, 0x89abc000, K4, VCM_PT_READ | VCM_PT_CACHE));
	/* device: TEX 000, B 4, not shared; AP 001; XN 1 */
	CHECK_EQ(0x89abc817, leaf(fmt, 0x89abc000, K4, VCM_PT_RW | VCM_PT_MMIO | VCM_PT_PRIV |
				  VCM_PT_NOEXEC));
}

TEST(armv7s_large_page)
{
	const struct vcm_fmt *fmt = &vcm_fmt_armv7s;

	/* TEX 0x1000, nG 0x800, S 0x400, AP1..0 0x30, type 1 */
	CHECK_EQ(0x89ab1c31, leaf(fmt, 0x89ab0000, K64, VCM_PT_RW));
	/* XN 0x8000, C 8, B 4 */
	CHECK_EQ(0x89ab9c3d, leaf(fmt, 0x89ab0000, K64, VCM_PT_RW | VCM_PT_CACHE |
				  VCM_PT_NOEXEC));
	/* AP 101: read only for PRIV alone */
	CHECK_EQ(0x89ab1e11, leaf(fmt, 0x89ab0000, K64, VCM_PT_READ | VCM_PT_PRIV));
}

TEST(armv7s_section)
{
	const struct vcm_fmt *fmt = &vcm_fmt_armv7s;

	/* nG 0x20000, S 0x10000, TEX 0x1000, AP1..0 0xc00, C 8, B 4, type 2 */
	CHECK_EQ(0x89a31c0e, leaf(fmt, 0x89a00000, M1, VCM_PT_RW | VCM_PT_CACHE));
	/* AP2 0x8000, XN 0x10 */
	CHECK_EQ(0x89a39c1e, leaf(fmt, 0x89a00000, M1, VCM_PT_READ | VCM_PT_CACHE |
				  VCM_PT_NOEXEC));
}

TEST(armv7s_supersection)
{
	const struct vcm_fmt *fmt = &vcm_fmt_armv7s;

	/* bit 18 more than a section */
	CHECK_EQ(0x89071c0e, leaf(fmt, 0x89000000, M16, VCM_PT_RW | VCM_PT_CACHE));
	/* address bits 35..32 in 23..20, 39..36 in 8..5 */
	CHECK_EQ(0x89571d4e, leaf(fmt, 0xa589000000, M16, VCM_PT_RW | VCM_PT_CACHE));
}

TEST(omap_pages_have_the_shape_of_arm_and_other_attributes)
{
	const struct vcm_fmt *fmt = &vcm_fmt_omap;
	const u32 all = VCM_PT_RW | VCM_PT_OMAP_BIG | VCM_PT_OMAP_MIXED;

	CHECK_EQ(0x89abc002, leaf(fmt, 0x89abc000, K4, VCM_PT_RW));
	/* mixed 0x800, big-endian 0x200, elements of 32 bits 0x20 */
	CHECK_EQ(0x89abca22, leaf(fmt, 0x89abc000, K4, all | VCM_PT_OMAP_ELSZ(2)));
	CHECK_EQ(0x89ab0001, leaf(fmt, 0x89ab0000, K64, VCM_PT_RW));
	CHECK_EQ(0x89ab0a31, leaf(fmt, 0x89ab0000, K64, all | VCM_PT_OMAP_ELSZ(3)));
	CHECK_EQ(0x89a00002, leaf(fmt, 0x89a00000, M1, VCM_PT_RW));
	/* mixed 0x20000, big-endian 0x8000, elements of 16 bits 0x400 */
	CHECK_EQ(0x89a28402, leaf(fmt, 0x89a00000, M1, all | VCM_PT_OMAP_ELSZ(1)));
	CHECK_EQ(0x89040002, leaf(fmt, 0x89000000, M16, VCM_PT_RW));
	CHECK_EQ(0x8906840e & ~0xcull, leaf(fmt, 0x89000000, M16, all | VCM_PT_OMAP_ELSZ(1)));
}

TEST(tce_entries)
{
	const struct vcm_fmt *fmt = &vcm_fmt_tce;

	CHECK_EQ(0x000fedcba9876003, leaf(fmt, 0x000fedcba9876000, K4, VCM_PT_RW));
	CHECK_EQ(0x000fedcba9876001, leaf(fmt, 0x000fedcba9876000, K4, VCM_PT_READ));
	CHECK_EQ(0x000fedcba9876002, leaf(fmt, 0x000fedcba9876000, K4, VCM_PT_WRITE));
	CHECK_EQ(0x000fedcba9000003, leaf(fmt, 0x000fedcba9000000, M16, VCM_PT_RW | VCM_PT_CACHE));
}

TEST(x86_entries)
{
	const struct vcm_fmt *fmt = &vcm_fmt_x86;

	CHECK_EQ(0x000fedcba9876003, leaf(fmt, 0x000fedcba9876000, K4, VCM_PT_RW));
	CHECK_EQ(0x000fedcba9876001, leaf(fmt, 0x000fedcba9876000, K4, VCM_PT_READ));
	/* SNP 0x800 */
	CHECK_EQ(0x000fedcba9876802, leaf(fmt, 0x000fedcba9876000, K4,
					  VCM_PT_WRITE | VCM_PT_CACHE));
	/* PS 0x80 */
	CHECK_EQ(0x000fedcba9800083, leaf(fmt, 0x000fedcba9800000, M2, VCM_PT_RW));
	CHECK_EQ(0x000fedcb80000883, leaf(fmt, 0x000fedcb80000000, G1,
					  VCM_PT_RW | VCM_PT_CACHE));
}

/* The physical address of a table, from its neighbour's entry. */
static u64 pa_of(const struct vcm_pt *pt, u32 depth, u64 iova)
{
	return bank_mem.ops->to_pa(NULL, bank_table(pt, depth, iova));
}

TEST(arm_entries_are_little_endian_and_links_are_type_1)
{
	struct vcm_pt pt;

	bank_pt(&pt, &vcm_fmt_armv7s);
	bank_map(&pt, 0, 0x12345000, 0x89abc000, K4, 1);
	bank_map(&pt, 0, 0x22300000, 0x89a00000, M1, 1);
	CHECK_EQ(0x72ccab89, bank_bytes(&pt, 1, 0x12345000));
	CHECK_EQ(__builtin_bswap32(pa_of(&pt, 1, 0x12345000) | 1), bank_bytes(&pt, 0, 0x12345000));
	CHECK_EQ(0x021ca389, bank_bytes(&pt, 0, 0x22300000));
	bank_pt_end(&pt);
}

TEST(runs_of_arm_are_sixteen_equal_entries)
{
	struct vcm_pt pt;

	bank_pt(&pt, &vcm_fmt_armv7s);
	bank_map(&pt, 0, 0x12340000, 0x89ab0000, K64, 1);
	bank_map(&pt, 0, 0x22000000, 0xa589000000, M16, 1);
	for (u64 i = 0; i < 16; i++) {
		CHECK_EQ(0x311cab89, bank_bytes(&pt, 1, 0x12340000 + i * K4));
		CHECK_EQ(0x421d5789, bank_bytes(&pt, 0, 0x22000000 + i * M1));
		CHECK_EQ(0x89ab0000 + i * K4, bank_at(&pt, 0x12340000 + i * K4));
		CHECK_EQ(0xa589000000 + i * M1, bank_at(&pt, 0x22000000 + i * M1));
	}
	CHECK_EQ(0, bank_bytes(&pt, 1, 0x12350000));
	CHECK_EQ(0, bank_bytes(&pt, 0, 0x23000000));
	bank_pt_end(&pt);
}

TEST(tce_entries_are_big_endian_and_begin_with_the_window)
{
	struct vcm_pt pt;

	bank_pt(&pt, &vcm_fmt_tce);
	bank_map(&pt, 0, pt.regs.start + K4, 0x000fedcba9876000, K4, 1);
	CHECK_EQ(0, bank_bytes(&pt, 0, pt.regs.start));
	CHECK_EQ(0x000fedcba9876003, bank_bytes(&pt, 0, pt.regs.start + K4));
	CHECK_EQ(0x03, ((u8 *)pt.root)[15]);
	bank_pt_end(&pt);
}

TEST(x86_entries_are_little_endian_and_links_permit_all)
{
	struct vcm_pt pt;
	u64 iova = 0x7f5566778000;

	bank_pt(&pt, &vcm_fmt_x86);
	bank_map(&pt, 0, iova, 0x000fedcba9876000, K4, 1);
	CHECK_EQ(__builtin_bswap64(0x000fedcba9876003), bank_bytes(&pt, 3, iova));
	for (u32 depth = 0; depth < 3; depth++)
		CHECK_EQ(__builtin_bswap64(pa_of(&pt, depth + 1, iova) | 3),
			 bank_bytes(&pt, depth, iova));
	CHECK_EQ(4, pt.count.tables);
	bank_pt_end(&pt);
}

/* What is decoded is what was granted, and asking for that again gives the same entry. */
static void round_trip(const struct vcm_fmt *fmt, u64 pgsize, u32 prot)
{
	u32 depth = 0;
	u32 oas = fmt->oas_of ? fmt->oas_of(pgsize) : fmt->oas;
	u64 pa = ~0ull >> (64 - oas) & ~(pgsize - 1);
	struct vcm_pt_regs regs = { .fmt = fmt, .pgshift = __ffs64(pgsize) };
	struct vcm_pt_entry entry;
	u64 raw = leaf(fmt, pa, pgsize, prot);

	if (!(prot & VCM_PT_RW) || prot & ~fmt->prots)
		return;
	while (fmt->level[depth].shift > __ffs64(pgsize))
		depth++;
	fmt->decode(&regs, depth, raw, &entry);
	CHECK_EQ(VCM_PT_LEAF, entry.kind);
	CHECK_EQ(pa, entry.pa);
	CHECK_EQ(pgsize, entry.len);
	CHECK_EQ(fmt->grants(prot), entry.prot);
	CHECK_EQ(fmt->grants(prot), fmt->grants(entry.prot));
	CHECK_EQ(raw, leaf(fmt, pa, pgsize, entry.prot));
	/* Never less than asked for. */
	CHECK(!(prot & VCM_PT_RW & ~entry.prot));
}

TEST(every_protection_of_every_size_is_decoded_as_granted)
{
	for (u32 nr = 0; vcm_fmt_nth(nr); nr++) {
		const struct vcm_fmt *fmt = vcm_fmt_nth(nr);

		for (u64 sizes = fmt->pgsizes; sizes; sizes &= sizes - 1)
			for (u32 prot = 0; prot < 1u << 12; prot++)
				round_trip(fmt, sizes & -sizes, prot);
	}
}

/* What the formats cannot keep back, in one place: the documentation quotes it. */
TEST(permissions_that_are_dropped_are_these)
{
	CHECK_EQ(VCM_PT_RW, vcm_fmt_armv7s.grants(VCM_PT_WRITE));
	CHECK_EQ(VCM_PT_READ, vcm_fmt_armv7s.grants(VCM_PT_READ));
	CHECK_EQ(VCM_PT_READ | VCM_PT_MMIO, vcm_fmt_armv7s.grants(VCM_PT_READ | VCM_PT_MMIO |
								  VCM_PT_CACHE));
	CHECK_EQ(VCM_PT_RW, vcm_fmt_omap.grants(VCM_PT_READ | VCM_PT_PRIV));
	CHECK_EQ(VCM_PT_WRITE, vcm_fmt_tce.grants(VCM_PT_WRITE | VCM_PT_CACHE | VCM_PT_PRIV));
	CHECK_EQ(VCM_PT_WRITE | VCM_PT_CACHE, vcm_fmt_x86.grants(VCM_PT_WRITE | VCM_PT_CACHE |
								 VCM_PT_NOEXEC));
}

TEST(formats_are_found_by_name)
{
	CHECK(vcm_fmt_find("armv7s") == &vcm_fmt_armv7s);
	CHECK(vcm_fmt_find("omap") == &vcm_fmt_omap);
	CHECK(vcm_fmt_find("tce") == &vcm_fmt_tce);
	CHECK(vcm_fmt_find("x86") == &vcm_fmt_x86);
	CHECK(!vcm_fmt_find("arm"));
	CHECK(vcm_fmt_nth(3) && !vcm_fmt_nth(4));
}
