// SPDX-License-Identifier: GPL-2.0-only
/*
 * oracle_place.c - where a reservation has to go: holes are looked for range by range, addresses
 * page by page.
 */
#include "unit.h"
#include "oracle.h"

/* First and last address that are free between two neighbours; @tail when nothing is above. */
struct oracle_hole {
	u64 start;
	u64 last;
	bool tail;
};

static u64 oracle_first(const struct oracle_res *res)
{
	return res->start - res->before;
}

static u64 oracle_last(const struct oracle_res *res)
{
	return res->start + (res->len - 1) + res->after;
}

static bool oracle_is_free(const struct oracle_context *context, int parent, u64 start, u64 last)
{
	for (u32 i = 0; i < ORACLE_RES; i++) {
		const struct oracle_res *res = &context->res[i];

		if (res->res && res->parent == parent && start <= oracle_last(res) &&
		    last >= oracle_first(res))
			return false;
	}
	return true;
}

static void oracle_window(const struct oracle_context *context, int parent,
			  struct oracle_hole *window)
{
	const struct oracle_res *res = parent < 0 ? NULL : &context->res[parent];

	window->start = res ? res->start : context->start;
	window->last = res ? res->start + (res->len - 1) : context->last;
}

/* The lowest address in @hole at which @req may be. */
static bool oracle_fit(const struct oracle_hole *hole, const struct vcm_req *req, u64 lower,
		       u64 limit, u64 *start)
{
	u64 room = hole->last - hole->start, align = (u64)1 << max(req->align, 12u);

	for (u64 at = 0; at <= room && room - at >= req->len - 1; at += PAGE) {
		u64 body = hole->start + at, end = body + (req->len - 1);

		if (at < req->guard_before || hole->last - end < req->guard_after)
			continue;
		if (body < lower || end > limit || body % align)
			continue;
		if (req->boundary && body / req->boundary != end / req->boundary)
			continue;
		*start = body;
		return true;
	}
	return false;
}

/* Holes in which any address would do go first, the hole above everything last. */
static u32 oracle_rank(const struct oracle_hole *hole, const struct vcm_req *req)
{
	u64 align = (u64)1 << max(req->align, 12u);
	unsigned __int128 need = req->len;

	need += req->guard_before + req->guard_after + max(align, req->boundary) - 1;
	if (hole->tail)
		return 3;
	if (max(align, req->boundary) <= PAGE)
		return 1;
	return (unsigned __int128)(hole->last - hole->start) + 1 >= need ? 1 : 2;
}

/* The hole that begins at @from, if one does. */
static bool oracle_hole(const struct oracle_context *context, int parent, u64 from,
			struct oracle_hole *hole)
{
	oracle_window(context, parent, hole);
	if (!oracle_is_free(context, parent, from, from))
		return false;
	hole->start = from;
	hole->tail = true;
	for (u32 i = 0; i < ORACLE_RES; i++) {
		const struct oracle_res *res = &context->res[i];

		if (!res->res || res->parent != parent || oracle_first(res) < from)
			continue;
		hole->tail = false;
		hole->last = min(hole->last, oracle_first(res) - 1);
	}
	return true;
}

static int oracle_search(const struct oracle_context *context, const struct vcm_req *req,
			 int parent, u64 lower, u64 limit, u64 *start)
{
	struct oracle_hole window, hole;
	u32 best = ~0u;

	oracle_window(context, parent, &window);
	for (int i = -1; i < ORACLE_RES; i++) {
		const struct oracle_res *res = i < 0 ? NULL : &context->res[i];
		u64 from = window.start, at;
		u32 rank;

		if (res && (!res->res || res->parent != parent || oracle_last(res) == window.last))
			continue;
		if (res)
			from = oracle_last(res) + 1;
		if (!oracle_hole(context, parent, from, &hole) ||
		    !oracle_fit(&hole, req, lower, limit, &at))
			continue;
		rank = oracle_rank(&hole, req);
		if (rank > best || (rank == best && at > *start))
			continue;
		best = rank;
		*start = at;
	}
	return best == ~0u ? -ENOSPC : 0;
}

static int oracle_fixed(const struct oracle_context *context, const struct vcm_req *req, int parent)
{
	u64 last = req->start + (req->len - 1);
	struct oracle_hole window;

	oracle_window(context, parent, &window);
	if (last < req->start)
		return -EINVAL;
	if (req->boundary && req->start / req->boundary != last / req->boundary)
		return -EINVAL;
	if (req->start < window.start || last > window.last || (req->limit && last > req->limit))
		return -ERANGE;
	if (req->start - window.start < req->guard_before || window.last - last < req->guard_after)
		return -ERANGE;
	return oracle_is_free(context, parent, req->start - req->guard_before,
			      last + req->guard_after) ? 0 : -EADDRINUSE;
}

static bool oracle_is_bad(const struct vcm_req *req)
{
	bool fixed = req->flags & VCM_RESERVE_FIXED;

	if (!req->len || req->len % PAGE || req->start % PAGE || (req->align > 63 && !fixed))
		return true;
	if (req->guard_before % PAGE || req->guard_after % PAGE)
		return true;
	if (req->guard_before >= PAGE << 16 || req->guard_after >= PAGE << 16)
		return true;
	return req->boundary && (__builtin_popcountll(req->boundary) != 1 ||
				 req->boundary < req->len);
}

int oracle_reserve(const struct oracle *oracle, const struct oracle_context *context,
		   const struct vcm_req *req, int parent, u64 *start)
{
	u64 reach_start, reach_last;

	if (req->flags & ~(VCM_RESERVE_FIXED | VCM_RESERVE_BOUND))
		return -EOPNOTSUPP;
	if (oracle_is_bad(req))
		return -EINVAL;
	if (context->dead)
		return -ENODEV;
	*start = req->start;
	if (req->flags & VCM_RESERVE_FIXED)
		return oracle_fixed(context, req, parent);
	oracle_reach(oracle, context, &reach_start, &reach_last);
	return oracle_search(context, req, parent, max(req->start, reach_start),
			     req->limit ? min(req->limit, reach_last) : reach_last, start);
}
