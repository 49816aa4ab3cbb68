// SPDX-License-Identifier: GPL-2.0-only
/*
 * bind.c - bindings: memory behind a reservation, live in every mapping domain or in none (I3).
 *
 * A binding made while no device is active is bookkeeping; the first activation makes all of
 * them live (vcm_map_all_locked).  While devices are active, a binding goes live in each
 * mapping domain in turn, and a failure in the n-th undoes the first n - 1.
 *
 * The order of the end is fixed: the tables of a domain are cleared and its IOTLBs invalidated
 * (vcm_driver.unmap does both), for every domain; then the reservation is unbound and its
 * range may be used again; then, outside the lock, the memory is released.
 *
 * Locking: the lock of the context, which keeps its domains too.
 */
#include "core.h"
#include "vcm_probe.h"

#define VCM_PROT_ALL (VCM_PROT_READ | VCM_PROT_WRITE)

/* Can a domain with @caps translate [@start, @start + @len)? */
bool vcm_caps_cover(const struct vcm_domain_caps *caps, u64 start, u64 len)
{
	return start >= caps->start && start + (len - 1) <= caps->last;
}

static int vcm_map_one(struct vcm *vcm, struct vcm_dom *dom, const struct vcm_res *res)
{
	if (!vcm_caps_cover(&dom->caps, res->range.start, res->bound_len))
		return -ERANGE;
	return vcm->driver->map(dom->domain, res->range.start, res->bound_len, res->phys,
				res->off, res->prot);
}

/* A short unmap is a defect below the driver: the event carries the error, the range is gone. */
static int vcm_unmap_one(struct vcm *vcm, struct vcm_dom *dom, const struct vcm_res *res)
{
	int err = vcm->driver->unmap(dom->domain, res->range.start, res->bound_len);

	WARN_ON_ONCE(err);
	return err;
}

static void vcm_tell_map(struct vcm *vcm, const struct vcm_dom *dom, const struct vcm_res *res)
{
	vcm_probe_map(vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
		      res->refs, 0, res->range.start, res->bound_len, dom->id, res->prot);
}

static void vcm_tell_unmap(struct vcm *vcm, const struct vcm_dom *dom, const struct vcm_res *res,
			   int err)
{
	vcm_probe_unmap(vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
			res->refs, err, res->range.start, res->bound_len, dom->id);
}

/* Make every binding of @vcm live in @dom, a domain that is not on its list yet; all or none. */
int vcm_map_all_locked(struct vcm *vcm, struct vcm_dom *dom)
{
	struct vcm_range *range, *failed;
	int err = 0;

	lockdep_assert_held(&vcm->stream.lock);
	for (range = vcm_gaps_first(&vcm->ranges); range; range = vcm_range_next(range)) {
		if (vcm_res_of(range)->phys)
			err = vcm_map_one(vcm, dom, vcm_res_of(range));
		if (err)
			goto err_unmap;
	}
	for (range = vcm_gaps_first(&vcm->ranges); range; range = vcm_range_next(range))
		if (vcm_res_of(range)->phys)
			vcm_tell_map(vcm, dom, vcm_res_of(range));
	return 0;

err_unmap:
	failed = range;
	for (range = vcm_gaps_first(&vcm->ranges); range != failed; range = vcm_range_next(range))
		if (vcm_res_of(range)->phys)
			vcm_unmap_one(vcm, dom, vcm_res_of(range));
	return err;
}

/* Remove every binding of @vcm from @dom. */
void vcm_unmap_all_locked(struct vcm *vcm, struct vcm_dom *dom)
{
	struct vcm_range *range;
	int err;

	lockdep_assert_held(&vcm->stream.lock);
	for (range = vcm_gaps_first(&vcm->ranges); range; range = vcm_range_next(range)) {
		if (!vcm_res_of(range)->phys)
			continue;
		err = vcm_unmap_one(vcm, dom, vcm_res_of(range));
		vcm_tell_unmap(vcm, dom, vcm_res_of(range), err);
	}
}

/* Make the binding of @res live in every domain, or in none. */
static int vcm_map_res(struct vcm *vcm, struct vcm_res *res)
{
	struct vcm_dom *dom;
	int err;

	list_for_each_entry(dom, &vcm->domains, node) {
		err = vcm_map_one(vcm, dom, res);
		if (err)
			goto err_unmap;
	}
	return 0;

err_unmap:
	list_for_each_entry_continue_reverse(dom, &vcm->domains, node)
		vcm_unmap_one(vcm, dom, res);
	return err;
}

static int vcm_bind_check(const struct vcm_res *res, const struct vcm_phys *phys, u64 off)
{
	if (res->dead || res->vcm->dead)
		return -ENODEV;
	if (res->phys)
		return res->phys == phys ? -EALREADY : -EADDRINUSE;
	return phys->len - off > vcm_res_len(res) ? -ENOSPC : 0;
}

static int vcm_bind_locked(struct vcm_res *res, struct vcm_phys *phys, u64 off, u32 prot)
{
	struct vcm *vcm = res->vcm;
	struct vcm_dom *dom;
	int err;

	lockdep_assert_held(&vcm->stream.lock);
	err = vcm_bind_check(res, phys, off);
	if (err)
		return err;
	res->phys = phys;
	res->off = off;
	res->bound_len = phys->len - off;
	res->prot = prot;
	err = vcm_map_res(vcm, res);
	if (err)
		goto err_clear;
	vcm_phys_use(phys);
	vcm->bytes_bound += res->bound_len;
	vcm_probe_bind(vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
		       res->refs, 0, res->range.start, res->bound_len, phys->id, off, prot);
	list_for_each_entry(dom, &vcm->domains, node)
		vcm_tell_map(vcm, dom, res);
	return 0;

err_clear:
	res->phys = NULL;
	res->off = 0;
	res->bound_len = 0;
	res->prot = 0;
	return err;
}

/**
 * vcm_bind() - put memory behind a reservation
 * @res:  the reservation
 * @phys: the memory; the caller holds a reference
 * @off:  offset into @phys, page aligned; all bytes from there are bound
 * @prot: VCM_PROT_* flags, at least one
 *
 * Live at once in every mapping domain of the context; when there is none, at the first
 * activation.  The same memory may be bound to any number of reservations.  The errors are
 * those of RFCv2 where it had one.
 *
 * Context: may sleep. Return: 0, -EINVAL, -EOPNOTSUPP for unknown @prot, -EALREADY when @phys
 * is bound there, -EADDRINUSE when other memory is, -ENOSPC when the memory is larger than the
 * reservation, -ERANGE when a mapping domain cannot translate the range, -ENODEV when the
 * context was destroyed, or the error of an IOMMU, with no domain changed.
 */
int vcm_bind(struct vcm_res *res, struct vcm_phys *phys, __u64 off, __u32 prot)
{
	const struct vcm_failure what = {
		VCM_OP_BIND, res->id, { res->range.start, off, phys->id }
	};
	struct vcm *vcm = res->vcm;
	int err = 0;

	if (prot & ~VCM_PROT_ALL)
		err = -EOPNOTSUPP;
	else if (!prot || off >= phys->len || !IS_ALIGNED(off, VCM_PAGE_SIZE))
		err = -EINVAL;
	vcm_stream_lock(&vcm->stream);
	if (!err)
		err = vcm_bind_locked(res, phys, off, prot);
	if (err && !vcm->dead)
		vcm_fail_locked(&vcm->stream, vcm->id, &what, err);
	vcm_stream_unlock(&vcm->stream);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_bind);

/*
 * Unbind @res if it is bound.  Return: the memory, for vcm_phys_unuse() once the lock is given
 * up, or NULL.
 */
struct vcm_phys *vcm_unbind_locked(struct vcm_res *res)
{
	struct vcm_phys *phys = res->phys;
	struct vcm *vcm = res->vcm;
	u64 len = res->bound_len;
	struct vcm_dom *dom;
	int err;

	lockdep_assert_held(&vcm->stream.lock);
	if (!phys)
		return NULL;
	list_for_each_entry(dom, &vcm->domains, node) {
		err = vcm_unmap_one(vcm, dom, res);
		vcm_tell_unmap(vcm, dom, res, err);
	}
	res->phys = NULL;
	res->off = 0;
	res->bound_len = 0;
	res->prot = 0;
	vcm->bytes_bound -= len;
	vcm_probe_unbind(vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
			 res->refs, 0, res->range.start, len, phys->id);
	return phys;
}

/**
 * vcm_unbind() - take the memory of a reservation away
 * @res: the reservation, which stays
 *
 * On return no device reaches the memory through this reservation.
 *
 * Context: may sleep. Return: 0, -ENXIO when nothing is bound, -ENODEV when the context was
 * destroyed.
 */
int vcm_unbind(struct vcm_res *res)
{
	const struct vcm_failure what = { VCM_OP_UNBIND, res->id, { res->range.start } };
	struct vcm *vcm = res->vcm;
	struct vcm_phys *phys;
	int err = 0;

	vcm_stream_lock(&vcm->stream);
	phys = vcm_unbind_locked(res);
	if (!phys)
		err = res->dead ? -ENODEV : -ENXIO;
	if (err && !vcm->dead)
		vcm_fail_locked(&vcm->stream, vcm->id, &what, err);
	vcm_stream_unlock(&vcm->stream);
	if (phys)
		vcm_phys_unuse(phys);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_unbind);
