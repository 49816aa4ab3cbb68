// SPDX-License-Identifier: GPL-2.0-only
/*
 * place.c - where a reservation goes: the checks of a request and the choice of its range.
 *
 * A context is a tree of ranges; a sub-window (VCM_RESERVE_BOUND, the bounds that VCMM declared
 * and never had) is a reservation with a tree of its own inside.  Guards belong to the range
 * that is taken, not to the addresses that are handed out.
 *
 * Nothing here changes state.  Locking: the lock of the context.
 */
#include "core.h"

#define VCM_GUARD_PAGES 0xffff

static bool vcm_guard_is_bad(u64 bytes)
{
	return !IS_ALIGNED(bytes, VCM_PAGE_SIZE) || bytes >> VCM_PAGE_SHIFT > VCM_GUARD_PAGES;
}

static bool vcm_boundary_is_bad(const struct vcm_req *req)
{
	if (!req->boundary)
		return false;
	return (req->boundary & (req->boundary - 1)) || req->boundary < req->len;
}

/* What can be said of a request without looking at the context.  Return: 0 or -errno. */
int vcm_req_check(const struct vcm_req *req)
{
	if (req->flags & ~(VCM_RESERVE_FIXED | VCM_RESERVE_BOUND | VCM_RESERVE_SYSTEM))
		return -EOPNOTSUPP;
	if (!req->len || !IS_ALIGNED(req->len, VCM_PAGE_SIZE))
		return -EINVAL;
	if (req->align >= 64 && !(req->flags & VCM_RESERVE_FIXED))
		return -EINVAL;
	if (!IS_ALIGNED(req->start, VCM_PAGE_SIZE) || vcm_boundary_is_bad(req))
		return -EINVAL;
	if (vcm_guard_is_bad(req->guard_before) || vcm_guard_is_bad(req->guard_after))
		return -EINVAL;
	return 0;
}

/* The alignment asked for, log2 of bytes; a fixed address has the one that it has. */
u32 vcm_req_align(const struct vcm_req *req)
{
	const u32 page = VCM_PAGE_SHIFT;

	return req->flags & VCM_RESERVE_FIXED ? page : max(req->align, page);
}

/* The tree that @res is or will be in. */
struct vcm_gaps *vcm_res_tree(const struct vcm_res *res)
{
	return res->parent ? &res->parent->inner : &res->vcm->ranges;
}

static int vcm_place_fixed(const struct vcm_gaps *gaps, const struct vcm_req *req, u64 limit)
{
	u64 last, first, end;

	if (check_add_overflow(req->start, req->len - 1, &last))
		return -EINVAL;
	if (req->boundary && (req->start ^ last) >= req->boundary)
		return -EINVAL;
	if (req->start < gaps->start || last > limit || last > gaps->last)
		return -ERANGE;
	if (req->start - gaps->start < req->guard_before || gaps->last - last < req->guard_after)
		return -ERANGE;
	first = req->start - req->guard_before;
	end = last + req->guard_after;
	return vcm_gaps_overlap(gaps, first, end) ? -EADDRINUSE : 0;
}

static int vcm_place_search(const struct vcm_gaps *gaps, const struct vcm_req *req, u64 lower,
			    u64 limit, u64 *start)
{
	const struct vcm_gap_req gap = {
		.len = req->len,
		.lower = lower,
		.limit = limit,
		.boundary = req->boundary,
		.before = req->guard_before,
		.after = req->guard_after,
		.align = vcm_req_align(req),
	};

	return vcm_gaps_find(gaps, &gap, start);
}

static bool vcm_within_is_bad(const struct vcm *vcm, const struct vcm_res *within)
{
	return within && (within->vcm != vcm || !(within->flags & VCM_RESERVE_BOUND));
}

/*
 * Choose the addresses of @res, whose vcm and parent are set; nothing is taken yet.  Return: 0
 * or the errno of vcm_reserve().
 */
int vcm_place_locked(struct vcm *vcm, const struct vcm_req *req, struct vcm_res *res)
{
	const struct vcm_gaps *gaps;
	u64 reach_start, reach_last;
	u64 start = req->start;
	u64 limit;
	int err;

	lockdep_assert_held(&vcm->stream.lock);
	if (vcm_within_is_bad(vcm, req->within))
		return -EINVAL;
	if (vcm->dead || (req->within && req->within->dead))
		return -ENODEV;
	gaps = vcm_res_tree(res);
	limit = req->limit ? min(req->limit, gaps->last) : gaps->last;
	vcm_reach(vcm, &reach_start, &reach_last);
	if (req->flags & VCM_RESERVE_FIXED)
		err = vcm_place_fixed(gaps, req, limit);
	else
		err = vcm_place_search(gaps, req, max(start, reach_start), min(limit, reach_last),
				       &start);
	if (err)
		return err;
	res->start = start;
	res->len = req->len;
	res->range.start = start - req->guard_before;
	res->range.last = start + (req->len - 1) + req->guard_after;
	return 0;
}
