// SPDX-License-Identifier: GPL-2.0-only
/*
 * churn.c - a run from its beginning to its end, and what the device sees.
 *
 * The calls are in churn_calls.c.
 */
#include "churn.h"

#define VCM_CHURN_COMPARE	50000	/* steps between two comparisons of everything */

/* One step of splitmix64. */
u64 vcm_churn_random(struct vcm_churn *churn, u64 below)
{
	u64 x = churn->random += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return (x ^ (x >> 31)) % below;
}

/* The area of a page of the oracle. */
static const struct vcm_churn_area *vcm_churn_area_of(const struct vcm_churn *churn, u64 index)
{
	const struct vcm_churn_area *area = churn->area;

	while (index >= area->first + area->nr)
		area++;
	return area;
}

u64 vcm_churn_iova(const struct vcm_churn *churn, u64 index)
{
	const struct vcm_churn_area *area = vcm_churn_area_of(churn, index);

	return area->iova + ((index - area->first) << churn->shift);
}

/*
 * One area at the beginning of the address space and one at its end, which has room for the
 * largest page; one that begins in the middle of a table.
 */
static u64 vcm_churn_areas(const struct vcm_fmt *fmt, struct vcm_churn_area *area, u32 *areas)
{
	u64 size = (u64)1 << __ffs64(fmt->pgsizes), last = ~0ull >> (64 - fmt->ias), nr = 0;
	u64 large = (u64)1 << (fls64(fmt->pgsizes) - 1);

	if (!fmt->level[0].bits) {
		area[0] = (struct vcm_churn_area) { .iova = (u64)5 << 59, .nr = 16384 };
		*areas = 1;
		return area[0].nr;
	}
	area[0] = (struct vcm_churn_area) { .iova = 0, .nr = 1024 };
	area[1] = (struct vcm_churn_area) { .iova = (u64)1 << 30, .nr = ((u64)48 << 20) / size };
	area[1].iova -= (u64)24 << 20;
	area[2] = (struct vcm_churn_area) { .iova = last - large + 1, .nr = large / size };
	*areas = 3;
	for (u32 i = 0; i < 3; i++) {
		area[i].first = nr;
		nr += area[i].nr;
	}
	return nr;
}

u64 vcm_churn_pages(const struct vcm_fmt *fmt)
{
	struct vcm_churn_area area[VCM_CHURN_AREAS];
	u32 areas;

	return vcm_churn_areas(fmt, area, &areas);
}

static void vcm_churn_range(struct vcm_pt_gather *gather, u64 iova, u64 len, u64 pgsize)
{
	struct vcm_churn *churn = container_of(gather, struct vcm_churn, gather);
	const struct vcm_iotlb_inv inv = {
		.kind = VCM_IOTLB_RANGE,
		.asid = churn->pt.regs.asid,
		.iova = iova,
		.last = iova + (len - 1),
	};

	vcm_iotlb_flush(&churn->tlb, &inv);
}

static void vcm_churn_table(struct vcm_pt_gather *gather, void *table, u64 len)
{
	struct vcm_churn *churn = container_of(gather, struct vcm_churn, gather);

	churn->env->retire(churn->env->priv, table, len);
}

const char *vcm_churn_begin(struct vcm_churn *churn, const struct vcm_churn_env *env,
			    const struct vcm_fmt *fmt, struct vcm_churn_page *page, u64 seed)
{
	struct vcm_pt_cfg cfg = { .fmt = fmt, .mem = env->mem, .asid = 7 };
	u64 nr;

	*churn = (struct vcm_churn) {
		.env = env,
		.page = page,
		.shift = __ffs64(fmt->pgsizes),
		.random = seed,
		.gather = { .range = vcm_churn_range, .table = vcm_churn_table },
	};
	nr = vcm_churn_areas(fmt, churn->area, &churn->areas);
	for (u64 i = 0; i < nr; i++)
		page[i] = (struct vcm_churn_page) { 0 };
	cfg.last = ~0ull >> (64 - fmt->ias);
	if (churn->areas == 1) {
		cfg.start = churn->area[0].iova;
		cfg.last = cfg.start + (nr << churn->shift) - 1;
	}
	if (vcm_iotlb_init(&churn->tlb, VCM_CHURN_SETS, VCM_CHURN_WAYS, churn->slots))
		return "no IOTLB";
	return vcm_pt_init(&churn->pt, &cfg) ? "no page table" : NULL;
}

/* What the device gets for an access is what the oracle says of the page. */
const char *vcm_churn_look(struct vcm_churn *churn, u64 index)
{
	static const u32 accesses[] = { VCM_PT_READ, VCM_PT_WRITE, VCM_PT_RW,
					VCM_PT_READ | VCM_PT_PRIV, VCM_PT_READ | VCM_PT_FETCH };
	u32 access = accesses[vcm_churn_random(churn, ARRAY_SIZE(accesses))];
	u64 off = vcm_churn_random(churn, (u64)1 << churn->shift);
	const struct vcm_churn_page *page = &churn->page[index];
	u64 iova = vcm_churn_iova(churn, index) + off;
	struct vcm_pt_walk walk = { 0 };
	enum vcm_pt_reason reason;

	reason = vcm_iotlb_translate(&churn->tlb, &churn->pt.regs, iova, access, &walk);
	churn->stats.looks++;
	if (!page->prot)
		return reason == VCM_PT_TRANSLATION ? NULL : "a page that is not mapped is reached";
	if (reason != vcm_pt_permits(page->prot, access))
		return reason == VCM_PT_OK ? "an access is permitted that must not be" :
		       reason == VCM_PT_PERMISSION ? "an access is not permitted that must be" :
		       "a page that is mapped is not reached";
	churn->stats.hits += !walk.levels;
	if (vcm_pt_walk_pa(&walk, iova) != page->pa + off)
		return "a page is translated to a wrong address";
	return walk.prot == page->prot ? NULL : "a page has the wrong protection";
}

/**
 * struct vcm_churn_tour - the pages of the tables in turn, beside those of the oracle
 * @visitor: at the tables
 * @churn:   at the oracle
 * @index:   next page of the oracle
 * @bad:     what is wrong
 */
struct vcm_churn_tour {
	struct vcm_pt_visitor visitor;
	struct vcm_churn *churn;
	u64 index;
	const char *bad;
};

static u64 vcm_churn_total(const struct vcm_churn *churn)
{
	const struct vcm_churn_area *last = &churn->area[churn->areas - 1];

	return last->first + last->nr;
}

/* Go to the next page of the oracle that is mapped. */
static u64 vcm_churn_next(struct vcm_churn_tour *tour)
{
	u64 nr = vcm_churn_total(tour->churn);

	while (tour->index < nr && !tour->churn->page[tour->index].prot)
		tour->index++;
	return tour->index;
}

static int vcm_churn_visit(struct vcm_pt_visitor *visitor, u64 iova,
			   const struct vcm_pt_entry *entry)
{
	struct vcm_churn_tour *tour = container_of(visitor, struct vcm_churn_tour, visitor);
	struct vcm_churn *churn = tour->churn;

	for (u64 off = 0; off < entry->len; off += (u64)1 << churn->shift, tour->index++) {
		const struct vcm_churn_page *page;

		if (vcm_churn_next(tour) == vcm_churn_total(churn) ||
		    vcm_churn_iova(churn, tour->index) != iova + off) {
			tour->bad = "the tables have other pages than the oracle";
			return -EIO;
		}
		page = &churn->page[tour->index];
		if (page->pa != entry->pa + off || page->prot != entry->prot) {
			tour->bad = "the tables have another translation than the oracle";
			return -EIO;
		}
	}
	return 0;
}

const char *vcm_churn_compare(struct vcm_churn *churn)
{
	struct vcm_churn_tour tour = { .visitor.page = vcm_churn_visit, .churn = churn };
	struct vcm_pt_count count;
	const char *bad = vcm_pt_check(&churn->pt, &count);

	if (bad)
		return bad;
	if (count.bytes != churn->live << churn->shift)
		return "the tables have more or less pages than the oracle";
	if (vcm_pt_visit(&churn->pt, &tour.visitor) && !tour.bad)
		return "not all of the tables could be visited";
	if (!tour.bad && vcm_churn_next(&tour) != vcm_churn_total(churn))
		return "the oracle has more pages than the tables";
	if (churn->env->held(churn->env->priv) != count.tables)
		return "tables are allocated that are not linked";
	return tour.bad;
}

const char *vcm_churn_step(struct vcm_churn *churn)
{
	u64 what = vcm_churn_random(churn, 1000);

	if (what < 1)
		return vcm_churn_sweep(churn);
	if (what < 20)
		return vcm_churn_refuse(churn);
	if (what < 350)
		return vcm_churn_map(churn);
	if (what < 650)
		return vcm_churn_unmap(churn);
	return vcm_churn_look(churn, vcm_churn_random(churn, vcm_churn_total(churn)));
}

const char *vcm_churn_end(struct vcm_churn *churn)
{
	const char *bad = NULL;

	for (u32 i = 0; i < churn->areas && !bad; i++)
		bad = vcm_churn_clear(churn, churn->area[i].first, churn->area[i].nr);
	if (!bad)
		bad = vcm_churn_compare(churn);
	if (!bad && (churn->pt.count.pages || churn->pt.count.entries || churn->live))
		bad = "entries are left when everything was unmapped";
	if (!bad && churn->pt.count.tables != 1)
		bad = "tables are left when everything was unmapped";
	vcm_churn_drop(churn);
	if (!bad && churn->env->held(churn->env->priv))
		bad = "a table is left at the end";
	return bad;
}

void vcm_churn_drop(struct vcm_churn *churn)
{
	vcm_pt_fini(&churn->pt);
	churn->env->reclaim(churn->env->priv);
}

const char *vcm_churn_run(struct vcm_churn *churn, u64 steps)
{
	const char *bad = NULL;

	for (u64 i = 0; i < steps && !bad; i++) {
		bad = vcm_churn_step(churn);
		if (!bad && i % VCM_CHURN_COMPARE == VCM_CHURN_COMPARE - 1)
			bad = vcm_churn_compare(churn);
		churn->env->relax(churn->env->priv);
	}
	if (!bad)
		return vcm_churn_end(churn);
	vcm_churn_drop(churn);
	return bad;
}
