// SPDX-License-Identifier: GPL-2.0-only
/*
 * res.c - reservations: address ranges of one context that nobody else can be given.
 *
 * A reservation is counted: its creator owns one reference, whoever keeps the pointer takes
 * one by vcm_ref_reserve(), and vcm_unreserve() gives one up.  The last unbinds and frees the
 * range (I1, I2).  This is the ownership rule of KyongHo Cho's second proposal; that each
 * reference has a holder (I8) is new.
 *
 * Locking: everything here is under the lock of the context.  Memory is released after it.
 */
#include "core.h"
#include "vcm_probe.h"

static struct vcm_res *vcm_res_of(struct vcm_range *range)
{
	return range ? container_of(range, struct vcm_res, range) : NULL;
}

/* The lowest reservation inside a sub-window, or NULL. */
struct vcm_res *vcm_res_inner(const struct vcm_res *res)
{
	return res->flags & VCM_RESERVE_BOUND ? vcm_res_of(vcm_gaps_first(&res->inner)) : NULL;
}

/* The lowest reservation of a context, or NULL. */
struct vcm_res *vcm_res_first(const struct vcm *vcm)
{
	return vcm_res_of(vcm_gaps_first(&vcm->ranges));
}

/* The next in address order that is not inside @res; NULL after the last. */
struct vcm_res *vcm_res_skip(struct vcm_res *res)
{
	struct vcm_res *next = NULL;

	for (; !next && res; res = res->parent)
		next = vcm_res_of(vcm_range_next(&res->range));
	return next;
}

/* The next in address order, a sub-window before what is inside it; NULL after the last. */
struct vcm_res *vcm_res_next(struct vcm_res *res)
{
	struct vcm_res *inner = vcm_res_inner(res);

	return inner ? inner : vcm_res_skip(res);
}

/* Make a placed reservation visible; cannot fail. */
static void vcm_res_finalize_locked(struct vcm *vcm, struct vcm_res *res)
{
	lockdep_assert_held(&vcm->stream.lock);
	refcount_inc(&vcm->mem);
	res->id = ++vcm->next_res;
	if (res->flags & VCM_RESERVE_BOUND)
		vcm_gaps_init(&res->inner, res->start, res->start + (res->len - 1));
	else
		vcm->bytes_reserved += res->len;
	vcm_gaps_insert(vcm_res_tree(res), &res->range);
	vcm->nr_res++;
	vcm_probe(reserve, vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
		  res->refs.total, 0, res->start, res->len, res->align, res->flags, res->guard,
		  vcm_holder_id(res->refs.first.holder));
}

static struct vcm_res *vcm_res_alloc(struct vcm *vcm, const struct vcm_req *req)
{
	struct vcm_res *res = vcm_os_zalloc(vcm_res_size(req->flags));

	if (!res)
		return NULL;
	res->vcm = vcm;
	res->parent = req->within;
	res->align = vcm_req_align(req);
	res->flags = req->flags;
	res->guard = (req->guard_before >> VCM_PAGE_SHIFT) |
		     (req->guard_after >> VCM_PAGE_SHIFT) << 16;
	vcm_refs_init(&res->refs, req->holder);
	return res;
}

static void vcm_res_free(struct vcm_res *res)
{
	vcm_refs_put(&res->refs, res->refs.first.holder);
	vcm_os_free(res);
}

/* Take the reference to the sub-window (I9), then the range. */
static int vcm_reserve_locked(struct vcm *vcm, const struct vcm_req *req, struct vcm_res *res)
{
	struct vcm_res *within = req->within;
	int err;

	err = vcm_place_locked(vcm, req, res);
	if (err)
		return err;
	if (within) {
		err = vcm_res_get_locked(within, NULL);
		if (err)
			return err;
		within->inside++;
	}
	vcm_res_finalize_locked(vcm, res);
	return 0;
}

/* vcm_reserve() without what a caller from outside is not allowed. */
struct vcm_res *vcm_res_make(struct vcm *vcm, const struct vcm_req *req)
{
	const struct vcm_failure what = {
		VCM_OP_RESERVE, 0, { req->start, req->len, req->flags }
	};
	struct vcm_res *res = NULL;
	int err = vcm_req_check(req);

	if (!err) {
		res = vcm_res_alloc(vcm, req);
		err = res ? 0 : -ENOMEM;
	}
	vcm_stream_lock(&vcm->stream);
	if (!err)
		err = vcm_reserve_locked(vcm, req, res);
	if (err && !vcm->dead)
		vcm_fail_locked(&vcm->stream, vcm->id, &what, err);
	vcm_stream_unlock(&vcm->stream);
	if (!err)
		return res;
	if (res)
		vcm_res_free(res);
	return ERR_PTR(err);
}

static int vcm_reserve_refuse(struct vcm *vcm, const struct vcm_req *req, int err)
{
	const struct vcm_failure what = {
		VCM_OP_RESERVE, 0, { req->start, req->len, req->flags }
	};

	vcm_stream_lock(&vcm->stream);
	if (!vcm->dead)
		vcm_fail_locked(&vcm->stream, vcm->id, &what, err);
	vcm_stream_unlock(&vcm->stream);
	return err;
}

/**
 * vcm_reserve() - take a range of a context
 * @vcm: the context
 * @req: how large, where and how aligned
 *
 * The lowest hole that is certain to fit is used; when none is certain, every hole is tried,
 * so that an exact aligned fit in a full space is found.  Address 0 is an ordinary address.
 * Unless the address is fixed, it is one that every active device can reach.
 *
 * Context: may sleep. Return: the reservation with one reference, or ERR_PTR(): -EINVAL,
 * -EOPNOTSUPP for unknown flags or when only vcm_map() works with the driver of the context,
 * -ENOSPC; with VCM_RESERVE_FIXED -EADDRINUSE or -ERANGE; -ENODEV when the context was
 * destroyed; -ENOMEM.
 */
struct vcm_res *vcm_reserve(struct vcm *vcm, const struct vcm_req *req)
{
	if ((req->flags & VCM_RESERVE_SYSTEM) || (vcm->driver->flags & VCM_DRVF_FUSED))
		return ERR_PTR(vcm_reserve_refuse(vcm, req, -EOPNOTSUPP));
	return vcm_res_make(vcm, req);
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

/* Take a reference to a reservation in the tree, for @holder.  Return: 0 or -errno. */
int vcm_res_get_locked(struct vcm_res *res, struct vcm_holder *holder)
{
	struct vcm *vcm = res->vcm;
	int err;

	lockdep_assert_held(&vcm->stream.lock);
	err = vcm_refs_get(&res->refs, holder);
	if (!err)
		vcm_probe(ref, vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
			  res->refs.total, 0, VCM_KIND_RES, vcm_holder_id(holder));
	return err;
}

/**
 * vcm_ref_reserve_as() - take a reference to a reservation for a holder
 * @res:    a reservation that the caller holds a reference to
 * @holder: whose it shall be, NULL for nobody named
 *
 * Context: may sleep. Return: 0, -ENODEV when its context was destroyed, -EOVERFLOW at 2^31
 * references, -ENOMEM unless @holder is NULL or has one already.
 */
int vcm_ref_reserve_as(struct vcm_res *res, struct vcm_holder *holder)
{
	const struct vcm_failure what = {
		VCM_OP_REF, res->id, { VCM_KIND_RES, vcm_holder_id(holder) }
	};
	struct vcm *vcm = res->vcm;
	int err;

	vcm_stream_lock(&vcm->stream);
	err = res->dead ? -ENODEV : vcm_res_get_locked(res, holder);
	if (err && !vcm->dead)
		vcm_fail_locked(&vcm->stream, vcm->id, &what, err);
	vcm_stream_unlock(&vcm->stream);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_ref_reserve_as);

/**
 * vcm_ref_reserve() - take a reference to a reservation for nobody named
 * @res: a reservation that the caller holds a reference to
 *
 * Context: may sleep. Return: 0, -ENODEV when its context was destroyed, -EOVERFLOW at 2^31
 * references.
 */
int vcm_ref_reserve(struct vcm_res *res)
{
	return vcm_ref_reserve_as(res, NULL);
}
EXPORT_SYMBOL_GPL(vcm_ref_reserve);

/* Free the range of an unbound reservation; the struct stays with its holders. */
void vcm_res_drop_locked(struct vcm_res *res)
{
	struct vcm *vcm = res->vcm;

	lockdep_assert_held(&vcm->stream.lock);
	vcm_gaps_remove(vcm_res_tree(res), &res->range);
	res->dead = true;
	vcm->nr_res--;
	if (!(res->flags & VCM_RESERVE_BOUND))
		vcm->bytes_reserved -= res->len;
	vcm_probe(unreserve, vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
		  res->refs.total, 0, res->start, res->len);
}

/**
 * struct vcm_letgo - how a reference is given up
 * @holder: whose it is
 * @bound:  only if memory is bound
 * @inside: it belongs to something inside this sub-window, which is gone
 * @owed:   out: the sub-window that is owed a reference, because @res was freed
 */
struct vcm_letgo {
	struct vcm_holder *holder;
	bool bound;
	bool inside;
	struct vcm_res *owed;
};

/* Nobody's references may be those of what is inside a sub-window: they are not for taking. */
static bool vcm_letgo_steals(const struct vcm_res *res, const struct vcm_letgo *how)
{
	u32 inside = res->flags & VCM_RESERVE_BOUND ? res->inside : 0;

	return !how->holder && !how->inside && res->refs.unnamed <= inside;
}

/*
 * Drop one reference.  Return: 0 with *@phys to be released without the lock, or -ENOENT.
 */
static int vcm_unreserve_locked(struct vcm_res *res, const struct vcm_letgo *how,
				struct vcm_phys **phys)
{
	const u32 who = vcm_holder_id(how->holder);	/* the holder may go with it */
	struct vcm *vcm = res->vcm;
	int err;

	lockdep_assert_held(&vcm->stream.lock);
	if (vcm_letgo_steals(res, how))
		return -ENOENT;
	err = vcm_refs_put(&res->refs, how->holder);
	if (err)
		return err;
	if (how->inside)
		res->inside--;
	if (!res->refs.total && !res->dead) {
		*phys = vcm_unbind_locked(res);
		vcm_res_drop_locked(res);
	} else if (!res->dead) {
		vcm_probe(unref, vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
			  res->refs.total, 0, VCM_KIND_RES, who);
	}
	return 0;
}

static int vcm_letgo_check(const struct vcm_res *res, const struct vcm_letgo *how)
{
	if (!how->bound || res->phys)
		return 0;
	return res->dead ? -ENODEV : -ENXIO;
}

/* Give one reference up, and free @res with the last. */
static int vcm_res_letgo(struct vcm_res *res, struct vcm_letgo *how)
{
	const struct vcm_failure what = {
		VCM_OP_UNREF, res->id, { VCM_KIND_RES, vcm_holder_id(how->holder) }
	};
	struct vcm_phys *phys = NULL;
	struct vcm *vcm = res->vcm;
	bool last;
	int err;

	how->owed = NULL;
	/* The lock is in the context, and @res may be all that keeps it: until after the unlock. */
	refcount_inc(&vcm->mem);
	vcm_stream_lock(&vcm->stream);
	err = vcm_letgo_check(res, how);
	if (!err)
		err = vcm_unreserve_locked(res, how, &phys);
	last = !err && !res->refs.total;
	if (err && !vcm->dead)
		vcm_fail_locked(&vcm->stream, vcm->id, &what, err);
	vcm_stream_unlock(&vcm->stream);
	if (phys)
		vcm_binding_release(vcm, phys);
	if (last) {
		how->owed = res->parent;
		vcm_os_free(res);
		vcm_mem_put(vcm);
	}
	vcm_mem_put(vcm);
	return err;
}

/* Sub-windows may be nested to any depth: no recursion. */
static void vcm_res_settle(struct vcm_res *owed)
{
	struct vcm_letgo how = { .inside = true, .owed = owed };

	while (how.owed)
		vcm_res_letgo(how.owed, &how);
}

/**
 * vcm_unreserve_as() - give up a holder's reference to a reservation
 * @res:    the reservation
 * @holder: whose it is, NULL for nobody named
 *
 * The last reference unbinds what is bound and frees the range.
 *
 * Context: may sleep. Return: 0, or -ENOENT when @holder has none: a defect of the caller, told
 * by an event, that takes no reference from others.
 */
int vcm_unreserve_as(struct vcm_res *res, struct vcm_holder *holder)
{
	struct vcm_letgo how = { .holder = holder };
	int err = vcm_res_letgo(res, &how);

	vcm_res_settle(how.owed);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_unreserve_as);

/**
 * vcm_unmap() - undo vcm_map(): give up a reference to a bound reservation
 * @res:    the reservation
 * @holder: whose reference, NULL for nobody named
 *
 * The last reference unbinds the memory and frees the range, in one step; as in RFCv2 an earlier
 * one only counts down.
 *
 * Context: may sleep. Return: 0, -ENXIO when nothing is bound, -ENODEV when the context was
 * destroyed, -ENOENT when @holder has no reference.  On failure nothing is given up.
 */
int vcm_unmap(struct vcm_res *res, struct vcm_holder *holder)
{
	struct vcm_letgo how = { .holder = holder, .bound = true };
	int err = vcm_res_letgo(res, &how);

	vcm_res_settle(how.owed);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_unmap);

/**
 * vcm_unreserve() - give up a reference of nobody named to a reservation
 * @res: the reservation
 *
 * The last reference unbinds what is bound and frees the range.
 *
 * Context: may sleep.
 */
void vcm_unreserve(struct vcm_res *res)
{
	vcm_unreserve_as(res, NULL);
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
	return res->start;
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
	return res->len;
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
	vcm_res_info_locked(res, info);
	vcm_stream_unlock(&vcm->stream);
}
EXPORT_SYMBOL_GPL(vcm_res_info);

/**
 * vcm_res_phys() - the memory bound to a reservation
 * @res: a reservation
 *
 * Context: may sleep. Return: the memory with a reference of nobody named, to be given up by
 * vcm_phys_put(); or ERR_PTR(): -ENXIO when nothing is bound, -EOVERFLOW at 2^31 references.
 */
struct vcm_phys *vcm_res_phys(struct vcm_res *res)
{
	struct vcm *vcm = res->vcm;
	struct vcm_phys *phys;
	int err;

	vcm_stream_lock(&vcm->stream);
	phys = res->phys;
	if (phys)
		vcm_phys_use(phys);	/* keeps it until the reference is taken */
	vcm_stream_unlock(&vcm->stream);
	if (!phys)
		return ERR_PTR(-ENXIO);
	err = vcm_phys_revive(phys);
	if (!err)
		return phys;
	vcm_phys_unuse(phys);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(vcm_res_phys);
