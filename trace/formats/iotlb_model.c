// SPDX-License-Identifier: GPL-2.0-only
/*
 * iotlb_model.c - an IOTLB under random calls against a model that is a list.
 *
 * The model has no sets and no ways: it lists what was cached and not invalidated since.  What an
 * IOTLB holds is a part of that, because it evicts; a locked page has to be there.  A second
 * model counts: pages come by being inserted, and go by being evicted or dropped.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bank.h"
#include "unit.h"

#define STEPS	60000
#define PAGES	4096		/* of the list */
#define ASIDS	3

/**
 * struct model - what may be cached
 * @page: pages, locked or not
 * @nr:   how many
 */
static struct model {
	struct vcm_iotlb_slot page[PAGES];
	u32 nr;
} model;

static struct vcm_iotlb tlb;
static struct vcm_iotlb_slot slots[256];
static u64 state;

static u64 some(u64 below)
{
	return unit_random(&state) % below;
}

static bool is_same(const struct vcm_iotlb_slot *a, const struct vcm_iotlb_slot *b)
{
	return a->iova == b->iova && a->len == b->len && a->asid == b->asid && a->pa == b->pa &&
	       a->prot == b->prot && a->locked == b->locked;
}

static bool is_in(const struct vcm_iotlb_slot *page, u64 iova, u32 asid)
{
	return page->asid == asid && iova - page->iova < page->len;
}

static bool model_has(const struct vcm_iotlb_slot *page)
{
	for (u32 i = 0; i < model.nr; i++)
		if (is_same(&model.page[i], page))
			return true;
	return false;
}

static void model_add(const struct vcm_iotlb_slot *page)
{
	const struct vcm_iotlb_inv all = { .kind = VCM_IOTLB_RESET };

	if (model.nr == PAGES) {
		vcm_iotlb_flush(&tlb, &all);
		model.nr = 0;
		return;
	}
	model.page[model.nr++] = *page;
}

static void model_flush(const struct vcm_iotlb_inv *inv)
{
	u32 kept = 0;

	for (u32 i = 0; i < model.nr; i++) {
		const struct vcm_iotlb_slot *page = &model.page[i];
		u64 last = page->iova + page->len - 1;
		bool goes = inv->kind == VCM_IOTLB_RESET ||
			    (inv->kind == VCM_IOTLB_ALL && !page->locked) ||
			    (inv->kind == VCM_IOTLB_ASID && !page->locked &&
			     page->asid == inv->asid) ||
			    (inv->kind == VCM_IOTLB_RANGE && page->asid == inv->asid &&
			     !(inv->last < page->iova || inv->iova > last));

		if (!goes)
			model.page[kept++] = *page;
	}
	model.nr = kept;
}

/* Everything that is cached may be, is in order, and is as much as was counted. */
static void compare(void)
{
	const struct vcm_iotlb_stats *stats = &tlb.stats;
	u64 held = 0;

	for (u32 i = 0; i < tlb.sets * tlb.ways; i++) {
		const struct vcm_iotlb_slot *slot = &tlb.slots[i];

		if (!slot->len)
			continue;
		held++;
		CHECK(model_has(slot));
		CHECK_EQ(i / tlb.ways, slot->iova / slot->len % tlb.sets);
	}
	CHECK_EQ(stats->inserts - stats->evictions - stats->dropped, held);
	CHECK_EQ(stats->misses, stats->walks);
}

/* The page of an address is the same each time, so that what is cached twice is a multi-hit. */
static void page_of(struct vcm_pt *pt, u64 iova, u64 size)
{
	struct vcm_pt_map map = {
		.iova = iova & ~(size - 1),
		.pgsize = size,
		.pgcount = 1,
		.prot = 1 + some(3),
	};

	map.pa = (map.iova + G1) & ~(size - 1);
	vcm_pt_map(pt, &map);
}

static void access(struct vcm_pt *pt)
{
	u64 iova = some(64 * M1);
	struct vcm_pt_walk walk = { 0 };
	const struct vcm_iotlb_slot *slot;
	u32 found = 0;
	struct vcm_iotlb_slot page;

	pt->regs.asid = some(ASIDS);
	for (u32 i = 0; i < model.nr; i++)
		found += is_in(&model.page[i], iova, pt->regs.asid);
	CHECK(vcm_iotlb_find(&tlb, pt->regs.asid, iova, &slot) <= found);
	switch (vcm_iotlb_translate(&tlb, &pt->regs, iova, VCM_PT_READ, &walk)) {
	case VCM_PT_OK:
		page = (struct vcm_iotlb_slot) {
			.iova = walk.iova,
			.pa = walk.pa,
			.len = walk.len,
			.asid = pt->regs.asid,
			.prot = walk.prot,
		};
		if (walk.levels && !model_has(&page))
			model_add(&page);
		break;
	case VCM_PT_MULTIHIT:
		CHECK(found > 1);
		break;
	default:
		break;
	}
}

static void load(void)
{
	const u64 sizes[] = { K4, K64, M1, M16 };
	struct vcm_iotlb_slot page = { .len = sizes[some(4)], .prot = VCM_PT_READ };

	page.asid = some(ASIDS);
	page.iova = some(64 * M1) & ~(page.len - 1);
	page.pa = page.iova;
	page.locked = !some(2);
	if (!vcm_iotlb_load(&tlb, &page))
		model_add(&page);
}

static void invalidate(void)
{
	struct vcm_iotlb_inv inv = { .kind = VCM_IOTLB_RANGE, .asid = some(ASIDS) };
	u64 what = some(400);

	inv.iova = some(64 * M1);
	inv.last = inv.iova + some(some(2) ? M2 : K64);
	if (what < 4)
		inv.kind = what;
	model_flush(&inv);
	vcm_iotlb_flush(&tlb, &inv);
	for (u32 i = 0; i < tlb.sets * tlb.ways; i++) {
		const struct vcm_iotlb_slot *slot = &tlb.slots[i];

		if (inv.kind == VCM_IOTLB_RANGE && slot->len && slot->asid == inv.asid)
			CHECK(slot->iova > inv.last || slot->iova + slot->len <= inv.iova);
	}
}

static void check_locked(void)
{
	for (u32 i = 0; i < model.nr; i++) {
		const struct vcm_iotlb_slot *slot;

		if (model.page[i].locked)
			CHECK(vcm_iotlb_find(&tlb, model.page[i].asid, model.page[i].iova, &slot));
	}
}

static void run(u32 sets, u32 ways)
{
	struct vcm_pt pt;

	state = unit_seed() + sets;
	model.nr = 0;
	printf("# %u sets, %u ways, seed %llu\n", sets, ways, unit_seed());
	CHECK_ERR(0, vcm_iotlb_init(&tlb, sets, ways, slots));
	bank_pt(&pt, &vcm_fmt_armv7s);
	for (u64 i = 0; i < unit_steps(STEPS); i++) {
		u64 what = some(100);

		if (what < 5)
			page_of(&pt, some(64 * M1), K4 << 4 * some(3));
		else if (what < 7)
			load();
		else if (what < 20)
			invalidate();
		else
			access(&pt);
		if (i % 16 == 0) {
			compare();
			check_locked();
		}
	}
	printf("# %llu hits, %llu misses, %llu multi-hits, %llu evictions, %llu bypasses, %llu"
	       " dropped\n", tlb.stats.hits, tlb.stats.misses, tlb.stats.multihits,
	       tlb.stats.evictions, tlb.stats.bypasses, tlb.stats.dropped);
	CHECK(tlb.stats.hits && tlb.stats.misses && tlb.stats.evictions && tlb.stats.dropped);
	CHECK(tlb.stats.multihits);
	pt.regs.asid = 0;
	bank_pt_end(&pt);
}

TEST(fully_associative_is_a_part_of_the_model)
{
	run(1, 32);
}

TEST(sets_and_ways_are_a_part_of_the_model)
{
	run(32, 4);
}

TEST(direct_mapped_is_a_part_of_the_model)
{
	run(64, 1);
}
