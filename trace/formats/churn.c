// SPDX-License-Identifier: GPL-2.0-only
/*
 * churn.c - a run from its beginning to its end, and what the device sees.
 *
 * The calls are in churn_calls.c.
 */
#include "churn.h"

#define CHURN_COMPARE	50000			/* steps between two comparisons of everything */

/* One step of splitmix64. */
u64 churn_random(struct churn *churn, u64 below)
{
	u64 x = churn->random += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return (x ^ (x >> 31)) % below;
}

/* The area of a page of the oracle. */
static const struct churn_area *churn_area_of(const struct churn *churn, u64 index)
{
	const struct churn_area *area = churn->area;

	while (index >= area->first + area->nr)
		area++;
	return area;
}

u64 churn_iova(const struct churn *churn, u64 index)
{
	const struct churn_area *area = churn_area_of(churn, index);

	return area->iova + ((index - area->first) << churn->shift);
}

/*
 * One area at the beginning of the address space and one at its end, which has room for the
 * largest page; one that begins in the middle of a table.
 */
static u64 churn_areas(const struct vcm_fmt *fmt, struct churn_area *area, u32 *areas)
{
	u64 size = (u64)1 << __ffs64(fmt->pgsizes), last = ~0ull >> (64 - fmt->ias), nr = 0;
	u64 large = (u64)1 << (fls64(fmt->pgsizes) - 1);

	if (!fmt->level[0].bits) {
		area[0] = (struct churn_area) { .iova = (u64)5 << 59, .nr = 16384 };
		*areas = 1;
		return area[0].nr;
	}
	area[0] = (struct churn_area) { .iova = 0, .nr = 1024 };
	area[1] = (struct churn_area) { .iova = (u64)1 << 30, .nr = ((u64)48 << 20) / size };
	area[1].iova -= (u64)24 << 20;
	area[2] = (struct churn_area) { .iova = last - large + 1, .nr = large / size };
	*areas = 3;
	for (u32 i = 0; i < 3; i++) {
		area[i].first = nr;
		nr += area[i].nr;
	}
	return nr;
}

u64 churn_pages(const struct vcm_fmt *fmt)
{
	struct churn_area area[CHURN_AREAS];
	u32 areas;

	return churn_areas(fmt, area, &areas);
}

static void churn_range(struct vcm_pt_gather *gather, u64 iova, u64 len, u64 pgsize)
{
	struct churn *churn = container_of(gather, struct churn, gather);
	const struct vcm_iotlb_inv inv = {
		.kind = VCM_IOTLB_RANGE,
		.asid = churn->pt.regs.asid,
		.iova = iova,
		.last = iova + (len - 1),
	};

	vcm_iotlb_flush(&churn->tlb, &inv);
}

static void churn_table(struct vcm_pt_gather *gather, void *table, u64 len)
{
	struct churn *churn = container_of(gather, struct churn, gather);

	churn->env->retire(churn->env->priv, table, len);
}

const char *churn_begin(struct churn *churn, const struct churn_env *env,
			const struct vcm_fmt *fmt, struct churn_page *page, u64 seed)
{
	struct vcm_pt_cfg cfg = { .fmt = fmt, .mem = env->mem, .asid = 7 };
	u64 nr;

	*churn = (struct churn) {
		.env = env,
		.page = page,
		.shift = __ffs64(fmt->pgsizes),
		.random = seed,
		.gather = { .range = churn_range, .table = churn_table },
	};
	nr = churn_areas(fmt, churn->area, &churn->areas);
	for (u64 i = 0; i < nr; i++)
		page[i] = (struct churn_page) { 0 };
	cfg.last = ~0ull >> (64 - fmt->ias);
	if (churn->areas == 1) {
		cfg.start = churn->area[0].iova;
		cfg.last = cfg.start + (nr << churn->shift) - 1;
	}
	if (vcm_iotlb_init(&churn->tlb, CHURN_SETS, CHURN_WAYS, churn->slots))
		return "no IOTLB";
	return vcm_pt_init(&churn->pt, &cfg) ? "no page table" : NULL;
}

/* What the device gets for an access is what the oracle says of the page. */
const char *churn_look(struct churn *churn, u64 index)
{
	static const u32 accesses[] = { VCM_PT_READ, VCM_PT_WRITE, VCM_PT_RW,
					VCM_PT_READ | VCM_PT_PRIV, VCM_PT_READ | VCM_PT_FETCH };
	u32 access = accesses[churn_random(churn, ARRAY_SIZE(accesses))];
	u64 off = churn_random(churn, (u64)1 << churn->shift);
	const struct churn_page *page = &churn->page[index];
	u64 iova = churn_iova(churn, index) + off;
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
 * struct churn_tour - the pages of the tables in turn, beside those of the oracle
 * @visitor: at the tables
 * @churn:   at the oracle
 * @index:   next page of the oracle
 * @bad:     what is wrong
 */
struct churn_tour {
	struct vcm_pt_visitor visitor;
	struct churn *churn;
	u64 index;
	const char *bad;
};

static u64 churn_total(const struct churn *churn)
{
	const struct churn_area *last = &churn->area[churn->areas - 1];

	return last->first + last->nr;
}

/* Go to the next page of the oracle that is mapped. */
static u64 churn_next(struct churn_tour *tour)
{
	u64 nr = churn_total(tour->churn);

	while (tour->index < nr && !tour->churn->page[tour->index].prot)
		tour->index++;
	return tour->index;
}

static int churn_visit(struct vcm_pt_visitor *visitor, u64 iova, const struct vcm_pt_entry *entry)
{
	struct churn_tour *tour = container_of(visitor, struct churn_tour, visitor);
	struct churn *churn = tour->churn;

	for (u64 off = 0; off < entry->len; off += (u64)1 << churn->shift, tour->index++) {
		const struct churn_page *page;

		if (churn_next(tour) == churn_total(churn) ||
		    churn_iova(churn, tour->index) != iova + off) {
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

const char *churn_compare(struct churn *churn)
{
	struct churn_tour tour = { .visitor.page = churn_visit, .churn = churn };
	struct vcm_pt_count count;
	const char *bad = vcm_pt_check(&churn->pt, &count);

	if (bad)
		return bad;
	if (count.bytes != churn->live << churn->shift)
		return "the tables have more or less pages than the oracle";
	if (vcm_pt_visit(&churn->pt, &tour.visitor) && !tour.bad)
		return "not all of the tables could be visited";
	if (!tour.bad && churn_next(&tour) != churn_total(churn))
		return "the oracle has more pages than the tables";
	if (churn->env->held(churn->env->priv) != count.tables)
		return "tables are allocated that are not linked";
	return tour.bad;
}

const char *churn_step(struct churn *churn)
{
	u64 what = churn_random(churn, 1000);

	if (what < 1)
		return churn_sweep(churn);
	if (what < 20)
		return churn_refuse(churn);
	if (what < 350)
		return churn_map(churn);
	if (what < 650)
		return churn_unmap(churn);
	return churn_look(churn, churn_random(churn, churn_total(churn)));
}

const char *churn_end(struct churn *churn)
{
	const char *bad = NULL;

	for (u32 i = 0; i < churn->areas && !bad; i++)
		bad = churn_clear(churn, churn->area[i].first, churn->area[i].nr);
	if (!bad)
		bad = churn_compare(churn);
	if (!bad && (churn->pt.count.pages || churn->pt.count.entries || churn->live))
		bad = "entries are left when everything was unmapped";
	if (!bad && churn->pt.count.tables != 1)
		bad = "tables are left when everything was unmapped";
	churn_drop(churn);
	if (!bad && churn->env->held(churn->env->priv))
		bad = "a table is left at the end";
	return bad;
}

void churn_drop(struct churn *churn)
{
	vcm_pt_fini(&churn->pt);
	churn->env->reclaim(churn->env->priv);
}

const char *churn_run(struct churn *churn, u64 steps)
{
	const char *bad = NULL;

	for (u64 i = 0; i < steps && !bad; i++) {
		bad = churn_step(churn);
		if (!bad && i % CHURN_COMPARE == CHURN_COMPARE - 1)
			bad = churn_compare(churn);
		churn->env->relax(churn->env->priv);
	}
	if (!bad)
		return churn_end(churn);
	churn_drop(churn);
	return bad;
}
