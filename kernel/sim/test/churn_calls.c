// SPDX-License-Identifier: GPL-2.0-only
/*
 * churn_calls.c - the calls of a random run: what they are expected to do, and that they do it.
 */
#include "churn.h"

/* One call in so many meets a table that cannot be had. */
#define VCM_CHURN_FAIL	4

/**
 * struct vcm_churn_call - a range for a call
 * @first:   index of its first page of the oracle
 * @pages:   pages of the oracle in a page of @pgsize
 * @pgsize:  page size
 * @pgcount: pages of that size
 */
struct vcm_churn_call {
	u64 first;
	u64 pages;
	u64 pgsize;
	u64 pgcount;
};

/* One of the page sizes; each is half as likely as the one below it. */
static u64 vcm_churn_pgsize(struct vcm_churn *churn)
{
	u64 sizes = churn->pt.pgsizes;

	while (sizes & (sizes - 1) && vcm_churn_random(churn, 2))
		sizes &= sizes - 1;
	return sizes & -sizes;
}

/* A range of at most @most pages of one size inside an area, if the area has room for one. */
static bool vcm_churn_choose(struct vcm_churn *churn, struct vcm_churn_call *call, u64 most)
{
	const struct vcm_churn_area *area = &churn->area[vcm_churn_random(churn, churn->areas)];
	u64 skip, slots;

	call->pgsize = vcm_churn_pgsize(churn);
	call->pages = call->pgsize >> churn->shift;
	skip = (-area->iova & (call->pgsize - 1)) >> churn->shift;
	if (area->nr < skip + call->pages)
		return false;
	slots = (area->nr - skip) / call->pages;
	call->pgcount = 1 + vcm_churn_random(churn, vcm_churn_random(churn, 2) ? 3 : most);
	call->pgcount = min(call->pgcount, slots);
	call->first = area->first + skip +
		      vcm_churn_random(churn, slots - call->pgcount + 1) * call->pages;
	return true;
}

/* Pages of the oracle from @first on, at most @nr, that are mapped, or are not. */
static u64 vcm_churn_count(const struct vcm_churn *churn, u64 first, u64 nr, bool mapped)
{
	u64 i = 0;

	while (i < nr && !!churn->page[first + i].prot == mapped)
		i++;
	return i;
}

/*
 * Is this page a part of a large one at an address that smaller ones cannot have?  Such a page
 * cannot be split.
 */
static bool vcm_churn_is_whole(const struct vcm_churn *churn, u64 index)
{
	const struct vcm_fmt *fmt = churn->pt.regs.fmt;

	return fmt->oas_of && churn->page[index].prot &&
	       churn->page[index].pa >> fmt->oas_of((u64)1 << churn->shift);
}

/* How much of @nr pages from @first on is not a part of what cannot be split and sticks out. */
static u64 vcm_churn_cut(const struct vcm_churn *churn, u64 first, u64 nr)
{
	u64 large = ((u64)1 << (fls64(churn->pt.pgsizes) - 1)) - 1, end;

	if (nr && vcm_churn_is_whole(churn, first) && vcm_churn_iova(churn, first) & large)
		return 0;
	if (!nr || !vcm_churn_is_whole(churn, first + nr - 1))
		return nr;
	end = vcm_churn_iova(churn, first + nr - 1) + ((u64)1 << churn->shift);
	return nr - min(nr, (end & large) >> churn->shift);
}

static void vcm_churn_note(struct vcm_churn *churn, u64 first, u64 nr,
			   const struct vcm_churn_page *to)
{
	for (u64 i = 0; i < nr; i++) {
		churn->page[first + i].pa = to->pa + (i << churn->shift);
		churn->page[first + i].prot = to->prot;
	}
	churn->live += to->prot ? nr : -nr;
}

/* The device looks at the ends of what was changed, and beside them. */
static const char *vcm_churn_look_around(struct vcm_churn *churn, u64 first, u64 nr)
{
	const struct vcm_churn_area *end = &churn->area[churn->areas - 1];
	const char *bad = vcm_churn_look(churn, first);

	if (!bad)
		bad = vcm_churn_look(churn, first + nr - 1);
	if (!bad && first)
		bad = vcm_churn_look(churn, first - 1);
	if (!bad && first + nr < end->first + end->nr)
		bad = vcm_churn_look(churn, first + nr);
	return bad ?: vcm_churn_look(churn, first + vcm_churn_random(churn, nr));
}

static void vcm_churn_fail(struct vcm_churn *churn)
{
	u64 nth = 1 + vcm_churn_random(churn, 2) * vcm_churn_random(churn, 3);

	if (!vcm_churn_random(churn, VCM_CHURN_FAIL))
		churn->env->fail(churn->env->priv, nth);
}

/* Did a table fail since vcm_churn_fail()?  None does after this. */
static bool vcm_churn_failed(struct vcm_churn *churn)
{
	bool failed = churn->env->failed(churn->env->priv);

	churn->env->fail(churn->env->priv, 0);
	churn->stats.nomem += failed;
	return failed;
}

/* An address that a page of @pgsize can be translated to; now and then the highest there is. */
static u64 vcm_churn_pa(struct vcm_churn *churn, u64 pgsize, u64 pgcount)
{
	const struct vcm_fmt *fmt = churn->pt.regs.fmt;
	u64 top = ~0ull >> (64 - (fmt->oas_of ? fmt->oas_of(pgsize) : fmt->oas));
	u64 slots = (top / pgsize + 1) - pgcount;

	return (vcm_churn_random(churn, 50) ? vcm_churn_random(churn, slots + 1) : slots) * pgsize;
}

/* Protection that can be asked for: reading or writing, and anything. */
static u32 vcm_churn_prot(struct vcm_churn *churn)
{
	u32 prot = (u32)vcm_churn_random(churn, (u64)1 << 32) & churn->pt.regs.fmt->prots;

	return prot & VCM_PT_RW ? prot : prot | VCM_PT_READ;
}

static const char *vcm_churn_map_checked(struct vcm_churn *churn, const struct vcm_churn_call *call)
{
	struct vcm_pt_map map = {
		.iova = vcm_churn_iova(churn, call->first),
		.pgsize = call->pgsize,
		.pgcount = call->pgcount,
		.pa = vcm_churn_pa(churn, call->pgsize, call->pgcount),
		.prot = vcm_churn_prot(churn),
	};
	const struct vcm_churn_page to = { map.pa, churn->pt.regs.fmt->grants(map.prot) };
	u64 pages = call->pages * call->pgcount;
	u64 room = vcm_churn_count(churn, call->first, pages, false) / call->pages * call->pgsize;
	int err, want = room < call->pgsize * call->pgcount ? -EEXIST : 0;

	vcm_churn_fail(churn);
	err = vcm_pt_map(&churn->pt, &map);
	if (vcm_churn_failed(churn)) {
		if (err != -ENOMEM || map.mapped >= call->pgsize * call->pgcount)
			return "a map without memory does not say so";
		if (map.mapped > room || map.mapped % call->pgsize)
			return "a map without memory mapped what it could not";
	} else if (err != want) {
		return err ? "a map fails that must not" : "a map over something succeeds";
	} else if (map.mapped != room) {
		return "a map did not go as far as it could";
	}
	vcm_churn_note(churn, call->first, map.mapped >> churn->shift, &to);
	churn->stats.maps += !!map.mapped;
	churn->stats.exists += err == -EEXIST;
	return vcm_churn_look_around(churn, call->first, pages);
}

const char *vcm_churn_map(struct vcm_churn *churn)
{
	struct vcm_churn_call call;

	return vcm_churn_choose(churn, &call, 20) ? vcm_churn_map_checked(churn, &call) : NULL;
}

static const char *vcm_churn_unmap_checked(struct vcm_churn *churn,
					   const struct vcm_churn_call *call)
{
	static const struct vcm_churn_page none;
	u64 before = churn->pt.count.pages, pages = call->pages * call->pgcount, went;
	u64 mapped = vcm_churn_count(churn, call->first, pages, true);
	u64 want = vcm_churn_cut(churn, call->first, mapped) << churn->shift;
	int err = mapped < pages ? -ENOENT : 0;
	const char *bad = vcm_churn_look_around(churn, call->first, pages);

	if (bad)
		return bad;
	if (want < mapped << churn->shift)
		err = -EOPNOTSUPP;
	vcm_churn_fail(churn);
	went = vcm_pt_unmap(&churn->pt, vcm_churn_iova(churn, call->first), call->pgsize,
			    call->pgcount, &churn->gather);
	churn->env->reclaim(churn->env->priv);
	if (vcm_churn_failed(churn)) {
		if (churn->gather.err != -ENOMEM || went > want ||
		    went & (((u64)1 << churn->shift) - 1))
			return "an unmap without memory does not say so";
	} else if (went != want || churn->gather.err != err) {
		return "an unmap did not do what it should";
	}
	vcm_churn_note(churn, call->first, went >> churn->shift, &none);
	churn->stats.unmaps += !!went;
	churn->stats.holes += churn->gather.err == -ENOENT;
	churn->stats.splits += churn->pt.count.pages > before;
	return vcm_churn_look_around(churn, call->first, pages);
}

const char *vcm_churn_unmap(struct vcm_churn *churn)
{
	struct vcm_churn_call call;

	return vcm_churn_choose(churn, &call, 60) ? vcm_churn_unmap_checked(churn, &call) : NULL;
}

/* Unmap all that is mapped of a range, in the smallest pages. */
const char *vcm_churn_clear(struct vcm_churn *churn, u64 first, u64 nr)
{
	static const struct vcm_churn_page none;
	u64 i = first, end = first + nr, run, len;

	while (i < end) {
		i += vcm_churn_count(churn, i, end - i, false);
		run = vcm_churn_count(churn, i, end - i, true);
		if (!run)
			break;
		len = vcm_pt_unmap(&churn->pt, vcm_churn_iova(churn, i), (u64)1 << churn->shift,
				   run, &churn->gather);
		churn->env->reclaim(churn->env->priv);
		if (len != run << churn->shift || churn->gather.err)
			return "what is mapped cannot be unmapped";
		vcm_churn_note(churn, i, run, &none);
		i += run;
	}
	return NULL;
}

/* Make room for pages of a size that rarely finds any, and map some. */
const char *vcm_churn_sweep(struct vcm_churn *churn)
{
	struct vcm_churn_call call;
	const char *bad;

	if (!vcm_churn_choose(churn, &call, 1))
		return NULL;
	call.pgcount = 1;
	if (vcm_churn_cut(churn, call.first, call.pages) < call.pages)
		return NULL;
	bad = vcm_churn_clear(churn, call.first, call.pages);
	return bad ?: vcm_churn_map_checked(churn, &call);
}

/* One thing about a good map is made wrong. */
const char *vcm_churn_refuse(struct vcm_churn *churn)
{
	const struct vcm_fmt *fmt = churn->pt.regs.fmt;
	struct vcm_churn_call call;
	struct vcm_pt_map map = { .pgcount = 1, .prot = VCM_PT_RW };
	int want = -EINVAL;

	if (!vcm_churn_choose(churn, &call, 1))
		return NULL;
	map.iova = vcm_churn_iova(churn, call.first);
	map.pgsize = call.pgsize;
	switch (vcm_churn_random(churn, 7)) {
	case 0:
		map.iova += (u64)1 << vcm_churn_random(churn, __ffs64(map.pgsize));
		break;
	case 1:
		map.pa += (u64)1 << vcm_churn_random(churn, __ffs64(map.pgsize));
		break;
	case 2:
		map.pgsize >>= 1 + vcm_churn_random(churn, 3);	/* between the sizes, or below */
		break;
	case 3:
		map.pgcount = 0;
		break;
	case 4:
		map.prot &= ~VCM_PT_RW;
		break;
	case 5:
		map.pa = (u64)1 << (fmt->oas_of ? fmt->oas_of(map.pgsize) : fmt->oas);
		want = -ERANGE;
		break;
	default:
		map.prot |= (u32)1 << 31;
		want = -EOPNOTSUPP;
		break;
	}
	churn->stats.refused++;
	if (vcm_pt_map(&churn->pt, &map) != want || map.mapped)
		return "a map that makes no sense is not refused";
	return NULL;
}
