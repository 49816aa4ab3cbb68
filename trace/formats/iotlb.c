// SPDX-License-Identifier: GPL-2.0-only
/*
 * iotlb.c - T1 to T5: what is remembered, for how long, and what a missing flush does.
 */
#include "bank.h"
#include "unit.h"

#define SETS	4
#define WAYS	2

static struct vcm_iotlb_slot slots[SETS * WAYS];
static struct vcm_iotlb tlb;
static struct vcm_pt pt;

static void begin(const struct vcm_fmt *fmt, u32 sets, u32 ways)
{
	bank_pt(&pt, fmt);
	CHECK_ERR(0, vcm_iotlb_init(&tlb, sets, ways, slots));
}

/* Where the device gets to, ~0 minus the reason for nowhere. */
static u64 get(u64 iova, u32 access)
{
	struct vcm_pt_walk walk = { 0 };
	enum vcm_pt_reason reason = vcm_iotlb_translate(&tlb, &pt.regs, iova, access, &walk);

	return reason == VCM_PT_OK ? vcm_pt_walk_pa(&walk, iova) : ~(u64)reason;
}

static u32 flush(enum vcm_iotlb_kind kind, u32 asid, u64 iova, u64 len)
{
	const struct vcm_iotlb_inv inv = { kind, asid, iova, iova + len - 1 };

	return vcm_iotlb_flush(&tlb, &inv);
}

static void defer(u64 iova, u64 len)
{
	const struct vcm_iotlb_inv inv = { VCM_IOTLB_RANGE, 0, iova, iova + len - 1 };

	vcm_iotlb_defer(&tlb, &inv);
}

TEST(second_access_needs_no_walk)
{
	struct vcm_pt_walk walk = { 0 };

	begin(&vcm_fmt_x86, SETS, WAYS);
	bank_map(&pt, 0, M2, G1, M2, 1);
	CHECK_EQ(G1 + 5, get(M2 + 5, VCM_PT_READ));
	CHECK_EQ(VCM_PT_OK, vcm_iotlb_translate(&tlb, &pt.regs, 2 * M2 - 1, VCM_PT_WRITE, &walk));
	CHECK_EQ(0, walk.levels);
	CHECK_EQ(M2, walk.len);
	CHECK_EQ(1, tlb.stats.walks);
	CHECK_EQ(1, tlb.stats.misses);
	CHECK_EQ(1, tlb.stats.hits);
	CHECK_EQ(1, tlb.stats.inserts);
	bank_pt_end(&pt);
}

/* The reason for all of it: memory that was unmapped is still reached. */
TEST(what_was_not_invalidated_stays_usable)
{
	begin(&vcm_fmt_armv7s, SETS, WAYS);
	bank_map(&pt, 0, 0, G1, K4, 1);
	CHECK_EQ(G1, get(0, VCM_PT_READ));
	CHECK_EQ(K4, bank_unmap(&pt, 0, 0, K4, 1));
	CHECK_EQ(G1, get(0, VCM_PT_READ));
	bank_map(&pt, 0, 0, 5 * K4, K4, 1);
	CHECK_EQ(G1, get(0, VCM_PT_READ));
	CHECK_EQ(1, flush(VCM_IOTLB_RANGE, 0, 0, K4));
	CHECK_EQ(5 * K4, get(0, VCM_PT_READ));
	bank_pt_end(&pt);
}

TEST(permission_is_cached_with_the_translation)
{
	struct vcm_pt_map map = { .pgsize = K4, .pgcount = 1, .prot = VCM_PT_READ };

	begin(&vcm_fmt_tce, SETS, WAYS);
	map.iova = pt.regs.start;
	CHECK_ERR(0, vcm_pt_map(&pt, &map));
	CHECK_EQ(0, get(map.iova, VCM_PT_READ));
	CHECK_EQ(~(u64)VCM_PT_PERMISSION, get(map.iova, VCM_PT_WRITE));
	CHECK_EQ(1, tlb.stats.hits);
	bank_unmap(&pt, 0, map.iova, K4, 1);
	map.prot = VCM_PT_RW;
	CHECK_ERR(0, vcm_pt_map(&pt, &map));
	CHECK_EQ(~(u64)VCM_PT_PERMISSION, get(map.iova, VCM_PT_WRITE));
	flush(VCM_IOTLB_ASID, 0, 0, 1);
	CHECK_EQ(0, get(map.iova, VCM_PT_WRITE));
	bank_pt_end(&pt);
}

TEST(faults_are_not_cached)
{
	struct vcm_pt_map map = { .iova = K4, .pgsize = K4, .pgcount = 1, .prot = VCM_PT_READ };

	begin(&vcm_fmt_x86, SETS, WAYS);
	CHECK_EQ(~(u64)VCM_PT_TRANSLATION, get(0, VCM_PT_READ));
	CHECK_ERR(0, vcm_pt_map(&pt, &map));
	CHECK_EQ(~(u64)VCM_PT_PERMISSION, get(K4, VCM_PT_WRITE));
	CHECK_EQ(0, tlb.stats.inserts);
	bank_map(&pt, 0, 0, G1, K4, 1);
	CHECK_EQ(G1, get(0, VCM_PT_READ));
	bank_pt_end(&pt);
}

TEST(asids_do_not_see_each_other)
{
	struct vcm_pt other;

	begin(&vcm_fmt_x86, SETS, WAYS);
	bank_pt(&other, &vcm_fmt_x86);
	other.regs.asid = 1;
	bank_map(&pt, 0, 0, K4, K4, 1);
	bank_map(&other, 0, 0, 2 * K4, K4, 1);
	CHECK_EQ(K4, get(0, VCM_PT_READ));
	{
		struct vcm_pt_walk walk = { 0 };

		CHECK_EQ(VCM_PT_OK, vcm_iotlb_translate(&tlb, &other.regs, 0, VCM_PT_READ, &walk));
		CHECK_EQ(2 * K4, walk.pa);
		CHECK_EQ(1, flush(VCM_IOTLB_RANGE, 1, 0, K4));
		CHECK_EQ(K4, get(0, VCM_PT_READ));
		CHECK_EQ(1, tlb.stats.hits);
		CHECK_EQ(VCM_PT_OK, vcm_iotlb_translate(&tlb, &other.regs, 0, VCM_PT_READ, &walk));
		CHECK_EQ(1, flush(VCM_IOTLB_ASID, 0, 0, 1));
		CHECK_EQ(VCM_PT_OK, vcm_iotlb_translate(&tlb, &other.regs, 0, VCM_PT_READ, &walk));
		CHECK_EQ(0, walk.levels);
	}
	vcm_pt_fini(&other);
	bank_pt_end(&pt);
}

TEST(a_range_takes_every_page_that_it_touches)
{
	begin(&vcm_fmt_armv7s, SETS, WAYS);
	bank_map(&pt, 0, 0, 0, M16, 1);
	bank_map(&pt, 0, M16, 0, K4, 2);
	get(M1, VCM_PT_READ);
	get(M16, VCM_PT_READ);
	get(M16 + K4, VCM_PT_READ);
	CHECK_EQ(2, flush(VCM_IOTLB_RANGE, 0, M16 - 1, 2));
	CHECK_EQ(1, flush(VCM_IOTLB_RANGE, 0, M16 + K4, ~0ull - M16 - K4));
	CHECK_EQ(3, tlb.stats.dropped);
	CHECK_EQ(2, tlb.stats.flushes[VCM_IOTLB_RANGE]);
	bank_pt_end(&pt);
}

TEST(full_sets_evict_and_others_do_not)
{
	begin(&vcm_fmt_x86, SETS, WAYS);
	bank_map(&pt, 0, 0, 0, K4, 16);
	for (u64 i = 0; i < SETS * WAYS; i++)
		get(i * K4, VCM_PT_READ);
	CHECK_EQ(0, tlb.stats.evictions);
	get(SETS * WAYS * K4, VCM_PT_READ);
	CHECK_EQ(1, tlb.stats.evictions);
	get(1 * K4, VCM_PT_READ);
	CHECK_EQ(1, tlb.stats.hits);
	get(0, VCM_PT_READ);
	CHECK_EQ(2, tlb.stats.evictions);
	bank_pt_end(&pt);
}

/* T2: 4K is cached, the range is mapped anew as 2M without a flush, and both translate it. */
TEST(two_slots_for_one_address_are_a_multi_hit)
{
	begin(&vcm_fmt_x86, SETS, WAYS);
	bank_map(&pt, 0, 0, G1, K4, 512);
	CHECK_EQ(G1 + K4, get(K4, VCM_PT_READ));
	bank_unmap(&pt, 0, 0, K4, 512);
	bank_map(&pt, 0, 0, 2 * G1, M2, 1);
	CHECK_EQ(2 * G1, get(0, VCM_PT_READ));
	CHECK_EQ(~(u64)VCM_PT_MULTIHIT, get(K4, VCM_PT_READ));
	CHECK_EQ(~(u64)VCM_PT_MULTIHIT, get(K4 + 5, VCM_PT_READ));
	CHECK_EQ(2 * G1 + 2 * K4, get(2 * K4, VCM_PT_READ));
	CHECK_EQ(2, tlb.stats.multihits);
	CHECK_EQ(2, flush(VCM_IOTLB_RANGE, 0, K4, 1));
	CHECK_EQ(2 * G1 + K4, get(K4, VCM_PT_READ));
	bank_pt_end(&pt);
}

static const struct vcm_iotlb_slot locked = {
	.iova = 5 * M1,
	.pa = 7 * M1,
	.len = M1,
	.prot = VCM_PT_RW,
	.locked = true,
};

TEST(locked_slots_stay)
{
	begin(&vcm_fmt_omap, 1, 4);
	CHECK_ERR(0, vcm_iotlb_load(&tlb, &locked));
	CHECK_EQ(7 * M1 + 5, get(5 * M1 + 5, VCM_PT_WRITE));
	bank_map(&pt, 0, 0, 0, K4, 16);
	for (u64 i = 0; i < 16; i++)
		CHECK_EQ(i * K4, get(i * K4, VCM_PT_READ));
	CHECK_EQ(7 * M1, get(5 * M1, VCM_PT_WRITE));
	CHECK_EQ(3, flush(VCM_IOTLB_ALL, 0, 0, 1));
	CHECK_EQ(0, flush(VCM_IOTLB_ASID, 0, 0, 1));
	CHECK_EQ(7 * M1, get(5 * M1, VCM_PT_WRITE));
	CHECK_EQ(1, flush(VCM_IOTLB_RANGE, 0, 5 * M1 + K4, 1));
	CHECK_EQ(~(u64)VCM_PT_TRANSLATION, get(5 * M1, VCM_PT_READ));
	bank_pt_end(&pt);
}

TEST(power_loss_forgets_all)
{
	begin(&vcm_fmt_omap, 1, 4);
	CHECK_ERR(0, vcm_iotlb_load(&tlb, &locked));
	defer(0, K4);
	CHECK_EQ(1, flush(VCM_IOTLB_RESET, 0, 0, 1));
	CHECK_EQ(~(u64)VCM_PT_TRANSLATION, get(5 * M1, VCM_PT_READ));
	CHECK_EQ(0, vcm_iotlb_sync(&tlb));
	CHECK_EQ(0, tlb.stats.flushes[VCM_IOTLB_RANGE]);
	bank_pt_end(&pt);
}

TEST(a_set_of_locked_slots_is_passed_by)
{
	struct vcm_iotlb_slot page = locked;

	begin(&vcm_fmt_omap, 1, 2);
	CHECK_ERR(0, vcm_iotlb_load(&tlb, &page));
	page.iova = 6 * M1;
	CHECK_ERR(0, vcm_iotlb_load(&tlb, &page));
	page.iova = 8 * M1;
	CHECK_ERR(-ENOSPC, vcm_iotlb_load(&tlb, &page));
	bank_map(&pt, 0, 0, 0, K4, 1);
	CHECK_EQ(0, get(0, VCM_PT_READ));
	CHECK_EQ(0, get(0, VCM_PT_READ));
	CHECK_EQ(2, tlb.stats.bypasses);
	CHECK_EQ(2, tlb.stats.walks);
	bank_pt_end(&pt);
}

/* Software can load what is there already; the hardware tells when it is used. */
TEST(loading_twice_is_a_multi_hit)
{
	struct vcm_iotlb_slot page = locked;

	begin(&vcm_fmt_omap, 1, 4);
	CHECK_ERR(0, vcm_iotlb_load(&tlb, &page));
	CHECK_ERR(0, vcm_iotlb_load(&tlb, &page));
	CHECK_EQ(~(u64)VCM_PT_MULTIHIT, get(5 * M1, VCM_PT_READ));
	page.len = 3 * M1;
	CHECK_ERR(-EINVAL, vcm_iotlb_load(&tlb, &page));
	page.len = 0;
	CHECK_ERR(-EINVAL, vcm_iotlb_load(&tlb, &page));
	page.len = M16;
	CHECK_ERR(-EINVAL, vcm_iotlb_load(&tlb, &page));
	bank_pt_end(&pt);
}

TEST(deferred_invalidations_wait_for_the_sync)
{
	begin(&vcm_fmt_x86, SETS, WAYS);
	bank_map(&pt, 0, 0, 0, K4, 4);
	for (u64 i = 0; i < 4; i++)
		get(i * K4, VCM_PT_READ);
	defer(0, K4);
	defer(2 * K4, K4);
	CHECK_EQ(4, bank_unmap(&pt, 0, 0, K4, 4) / K4);
	for (u64 i = 0; i < 4; i++)
		CHECK_EQ(i * K4, get(i * K4, VCM_PT_READ));
	CHECK_EQ(2, vcm_iotlb_sync(&tlb));
	CHECK_EQ(~(u64)VCM_PT_TRANSLATION, get(0, VCM_PT_READ));
	CHECK_EQ(K4, get(K4, VCM_PT_READ));
	CHECK_EQ(~(u64)VCM_PT_TRANSLATION, get(2 * K4, VCM_PT_READ));
	CHECK_EQ(0, vcm_iotlb_sync(&tlb));
	CHECK_EQ(2, tlb.stats.deferred);
	CHECK_EQ(2, tlb.stats.syncs);
	bank_pt_end(&pt);
}

TEST(without_room_to_defer_the_others_are_made_first)
{
	begin(&vcm_fmt_x86, SETS, WAYS);
	bank_map(&pt, 0, 0, 0, K4, 1);
	get(0, VCM_PT_READ);
	defer(0, K4);
	for (u32 i = 1; i < VCM_IOTLB_DEFERRED; i++)
		defer(M2, K4);
	CHECK_EQ(0, tlb.stats.syncs);
	defer(M2, K4);
	CHECK_EQ(1, tlb.stats.syncs);
	CHECK_EQ(1, tlb.stats.dropped);
	CHECK_EQ(1, tlb.nr_deferred);
	bank_pt_end(&pt);
}

TEST(geometries_that_make_no_sense_are_refused)
{
	CHECK_ERR(-EINVAL, vcm_iotlb_init(&tlb, 0, 1, slots));
	CHECK_ERR(-EINVAL, vcm_iotlb_init(&tlb, 3, 1, slots));
	CHECK_ERR(-EINVAL, vcm_iotlb_init(&tlb, 1, 0, slots));
	CHECK_ERR(-EINVAL, vcm_iotlb_init(&tlb, 1u << 31, 4, slots));
	CHECK_ERR(-EINVAL, vcm_iotlb_init(&tlb, 256, 257, slots));
}
