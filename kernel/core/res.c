// SPDX-License-Identifier: GPL-2.0-only
/*
 * res.c - reservations: address ranges of one context that nobody else can be given.
 *
 * A reservation is counted: its creator owns one reference, whoever keeps the pointer takes
 * one by vcm_ref_reserve(), and vcm_unreserve() gives one up.  The last unbinds and frees the
 * range (I1, I2).  This is the ownership rule of KyongHo Cho's second proposal.
 *
 * Locking: everything here is under the lock of the context.  Memory is released after it.
 */
#include "core.h"
#include "vcm_probe.h"

#define VCM_REFS_MAX ((u32)1 << 31)

/* The reservation that @range is embedded in. */
struct vcm_res *vcm_res_of(struct vcm_range *range)
{
	return container_of(range, struct vcm_res, range);
}

static int vcm_req_check(const struct vcm_req *req)
{
	if (req->flags & ~VCM_RESERVE_FIXED)
		return -EOPNOTSUPP;
	if (!req->len || !IS_ALIGNED(req->len, VCM_PAGE_SIZE))
		return -EINVAL;
	return req->align >= 64 && !(req->flags & VCM_RESERVE_FIXED) ? -EINVAL : 0;
}

/* A fixed address has the alignment that it has. */
static u32 vcm_req_align(const struct vcm_req *req)
{
	const u32 page = VCM_PAGE_SHIFT;

	return req->flags & VCM_RESERVE_FIXED ? page : max(req->align, page);
}

static int vcm_place_fixed(const struct vcm *vcm, const struct vcm_req *req, u64 limit)
{
	u64 last;

	if (!IS_ALIGNED(req->start, VCM_PAGE_SIZE) ||
	    check_add_overflow(req->start, req->len - 1, &last))
		return -EINVAL;
	if (req->start < vcm->ranges.start || last > limit)
		return -ERANGE;
	return vcm_gaps_overlap(&vcm->ranges, req->start, last) ? -EADDRINUSE : 0;
}

/* Find the range for @res; nothing is taken yet. */
static int vcm_place_locked(struct vcm *vcm, const struct vcm_req *req, struct vcm_res *res)
{
	u64 limit = req->limit ? min(req->limit, vcm->ranges.last) : vcm->ranges.last;
	struct vcm_gap_req gap = { .len = req->len, .limit = limit, .align = res->align };
	u64 start = req->start;
	int err;

	lockdep_assert_held(&vcm->stream.lock);
	if (vcm->dead)
		return -ENODEV;
	if (req->flags & VCM_RESERVE_FIXED)
		err = vcm_place_fixed(vcm, req, limit);
	else
		err = vcm_gaps_find(&vcm->ranges, &gap, &start);
	if (err)
		return err;
	res->range.start = start;
	res->range.last = start + (req->len - 1);
	return 0;
}

/* Make a placed reservation visible; cannot fail. */
static void vcm_res_finalize_locked(struct vcm *vcm, struct vcm_res *res)
{
	u64 len = res->range.last - res->range.start + 1;

	lockdep_assert_held(&vcm->stream.lock);
	refcount_inc(&vcm->mem);
	res->vcm = vcm;
	res->id = ++vcm->next_res;
	res->refs = 1;
	vcm_gaps_insert(&vcm->ranges, &res->range);
	vcm->nr_res++;
	vcm->bytes_reserved += len;
	vcm_probe_reserve(vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
			  res->refs, 0, res->range.start, len, res->align, res->flags);
}

/**
 * vcm_reserve() - take a range of a context
 * @vcm: the context
 * @req: how large, where and how aligned
 *
 * The lowest hole that is certain to fit is used; when none is certain, every hole is tried,
 * so that an exact aligned fit in a full space is found.  Address 0 is an ordinary address.
 *
 * Context: may sleep. Return: the reservation with one reference, or ERR_PTR(): -EINVAL,
 * -EOPNOTSUPP for unknown flags, -ENOSPC; with VCM_RESERVE_FIXED -EADDRINUSE or -ERANGE;
 * -ENODEV when the context was destroyed; -ENOMEM.
 */
struct vcm_res *vcm_reserve(struct vcm *vcm, const struct vcm_req *req)
{
	const struct vcm_failure what = {
		VCM_OP_RESERVE, 0, { req->start, req->len, req->flags }
	};
	struct vcm_res *res = NULL;
	int err = vcm_req_check(req);

	if (!err) {
		res = vcm_os_zalloc(sizeof(*res));
		err = res ? 0 : -ENOMEM;
	}
	if (!err) {
		res->align = vcm_req_align(req);
		res->flags = req->flags;
	}
	vcm_stream_lock(&vcm->stream);
	if (!err)
		err = vcm_place_locked(vcm, req, res);
	if (!err)
		vcm_res_finalize_locked(vcm, res);
	else if (!vcm->dead)
		vcm_fail_locked(&vcm->stream, vcm->id, &what, err);
	vcm_stream_unlock(&vcm->stream);
	if (!err)
		return res;
	vcm_os_free(res);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(vcm_reserve);

/**
 * vcm_reserve_at() - take exactly one range
 * @vcm:   the context
 * @start: first address
 * @len:   bytes
 *
 * Context: may sleep. Return: as vcm_reserve() with VCM_RESERVE_FIXED.
 */
struct vcm_res *vcm_reserve_at(struct vcm *vcm, __u64 start, __u64 len)
{
	const struct vcm_req req = { .start = start, .len = len, .flags = VCM_RESERVE_FIXED };

	return vcm_reserve(vcm, &req);
}
EXPORT_SYMBOL_GPL(vcm_reserve_at);

static int vcm_ref_locked(struct vcm_res *res)
{
	if (res->dead)
		return -ENODEV;
	if (res->refs >= VCM_REFS_MAX)
		return -EOVERFLOW;
	res->refs++;
	return 0;
}

/**
 * vcm_ref_reserve() - take a reference to a reservation
 * @res: a reservation that the caller holds a reference to
 *
 * Context: may sleep. Return: 0, -ENODEV when its context was destroyed, -EOVERFLOW at 2^31
 * references.
 */
int vcm_ref_reserve(struct vcm_res *res)
{
	const struct vcm_failure what = { VCM_OP_REF, res->id, { res->range.start } };
	struct vcm *vcm = res->vcm;
	int err;

	vcm_stream_lock(&vcm->stream);
	err = vcm_ref_locked(res);
	if (!err)
		vcm_probe_ref(vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
			      res->refs, 0, VCM_KIND_RES);
	else if (!vcm->dead)
		vcm_fail_locked(&vcm->stream, vcm->id, &what, err);
	vcm_stream_unlock(&vcm->stream);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_ref_reserve);

/* Free the range of an unbound reservation; the struct stays with its holders. */
void vcm_res_drop_locked(struct vcm_res *res)
{
	u64 len = res->range.last - res->range.start + 1;
	struct vcm *vcm = res->vcm;

	lockdep_assert_held(&vcm->stream.lock);
	vcm_gaps_remove(&vcm->ranges, &res->range);
	res->dead = true;
	vcm->nr_res--;
	vcm->bytes_reserved -= len;
	vcm_probe_unreserve(vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
			    res->refs, 0, res->range.start, len);
}

/**
 * vcm_unreserve() - give up a reference to a reservation
 * @res: the reservation
 *
 * The last reference unbinds what is bound and frees the range.  Cannot fail.
 *
 * Context: may sleep.
 */
void vcm_unreserve(struct vcm_res *res)
{
	struct vcm *vcm = res->vcm;
	struct vcm_phys *phys = NULL;
	bool last;

	/* The lock is in the context, and @res may be all that keeps it: until after the unlock. */
	refcount_inc(&vcm->mem);
	vcm_stream_lock(&vcm->stream);
	last = !--res->refs;
	if (last && !res->dead) {
		phys = vcm_unbind_locked(res);
		vcm_res_drop_locked(res);
	} else if (!res->dead) {
		vcm_probe_unref(vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
				res->refs, 0, VCM_KIND_RES);
	}
	vcm_stream_unlock(&vcm->stream);
	if (phys)
		vcm_phys_unuse(phys);
	if (last) {
		vcm_os_free(res);
		vcm_mem_put(vcm);
	}
	vcm_mem_put(vcm);
}
EXPORT_SYMBOL_GPL(vcm_unreserve);

/**
 * vcm_res_start() - first address
 * @res: a reservation
 *
 * Context: any. Return: the address.
 */
__u64 vcm_res_start(const struct vcm_res *res)
{
	return res->range.start;
}
EXPORT_SYMBOL_GPL(vcm_res_start);

/**
 * vcm_res_len() - length
 * @res: a reservation
 *
 * Context: any. Return: bytes.
 */
__u64 vcm_res_len(const struct vcm_res *res)
{
	return res->range.last - res->range.start + 1;
}
EXPORT_SYMBOL_GPL(vcm_res_len);

/**
 * vcm_res_id() - the id of a reservation, as in events
 * @res: a reservation
 *
 * Context: any. Return: the id, unique in its context, never 0.
 */
__u64 vcm_res_id(const struct vcm_res *res)
{
	return res->id;
}
EXPORT_SYMBOL_GPL(vcm_res_id);

/**
 * vcm_res_info() - what a reservation is at this moment
 * @res:  a reservation
 * @info: out
 *
 * Context: may sleep.
 */
void vcm_res_info(struct vcm_res *res, struct vcm_res_info *info)
{
	struct vcm *vcm = res->vcm;

	vcm_stream_lock(&vcm->stream);
	*info = (struct vcm_res_info) {
		.id = res->id,
		.start = res->range.start,
		.len = vcm_res_len(res),
		.phys = res->phys ? vcm_phys_id(res->phys) : 0,
		.off = res->off,
		.bound_len = res->bound_len,
		.refs = res->refs,
		.prot = res->prot,
		.mapped = res->phys ? vcm->nr_domains : 0,
	};
	vcm_stream_unlock(&vcm->stream);
}
EXPORT_SYMBOL_GPL(vcm_res_info);
