// SPDX-License-Identifier: GPL-2.0-only
/*
 * bind.c - bindings: memory behind a reservation, live in every mapping domain or in none (I3).
 *
 * A binding made while no device is active is bookkeeping; the first activation makes all of
 * them live (domain.c).  While devices are active, a binding goes live in each mapping domain
 * in turn, and a failure in the n-th undoes the first n - 1.
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

/* Make the binding of @res live in every domain, or in none. */
static int vcm_map_res(struct vcm *vcm, struct vcm_res *res)
{
	struct vcm_dom *dom;
	int err;

	list_for_each_entry(dom, &vcm->domains, node) {
		err = vcm_dom_map(vcm, dom, res);
		if (err)
			goto err_unmap;
	}
	return 0;

err_unmap:
	list_for_each_entry_continue_reverse(dom, &vcm->domains, node)
		vcm_dom_unmap(vcm, dom, res);
	return err;
}

static int vcm_bind_req_check(const struct vcm_bind_req *req)
{
	if (req->prot & ~VCM_PROT_ALL)
		return -EOPNOTSUPP;
	if (!req->prot || !IS_ALIGNED(req->off | req->len, VCM_PAGE_SIZE))
		return -EINVAL;
	if (req->off >= req->phys->len || req->len > req->phys->len - req->off)
		return -EINVAL;
	return 0;
}

static u64 vcm_bind_req_len(const struct vcm_bind_req *req)
{
	return req->len ? req->len : req->phys->len - req->off;
}

/* Checks that do not depend on what is bound now. */
static int vcm_bind_fits(const struct vcm_res *res, const struct vcm_bind_req *req)
{
	const struct vcm_driver *driver = res->vcm->driver;
	u64 len = vcm_bind_req_len(req);

	if (res->dead || res->vcm->dead)
		return -ENODEV;
	if (res->flags & (VCM_RESERVE_BOUND | VCM_RESERVE_SYSTEM))
		return -EINVAL;
	if (len > res->len)
		return -ENOSPC;
	if (req->cache != req->phys->cache)
		return -EBUSY;
	if (req->phys->readonly && (req->prot & VCM_PROT_WRITE))
		return -EACCES;
	return driver->check ? driver->check(req->phys, req->off, len, res->start) : 0;
}

static void vcm_binding_set(struct vcm_res *res, const struct vcm_bind_req *req)
{
	res->phys = req->phys;
	res->off = req->off;
	res->bound_len = vcm_bind_req_len(req);
	res->prot = req->prot;
}

static void vcm_binding_clear(struct vcm_res *res)
{
	res->phys = NULL;
	res->off = 0;
	res->bound_len = 0;
	res->prot = 0;
}

static void vcm_tell_bind(struct vcm *vcm, const struct vcm_res *res)
{
	struct vcm_dom *dom;

	vcm_probe(bind, vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
		  res->refs.total, 0, res->start, res->bound_len, res->phys->id, res->off,
		  res->prot);
	list_for_each_entry(dom, &vcm->domains, node)
		vcm_tell_map(vcm, dom, res);
}

static int vcm_bind_locked(struct vcm_res *res, const struct vcm_bind_req *req)
{
	struct vcm *vcm = res->vcm;
	int err;

	lockdep_assert_held(&vcm->stream.lock);
	if (!res->dead && res->phys)
		return res->phys == req->phys ? -EALREADY : -EADDRINUSE;
	err = vcm_bind_fits(res, req);
	if (err)
		return err;
	vcm_binding_set(res, req);
	err = vcm_map_res(vcm, res);
	if (err) {
		vcm_binding_clear(res);
		return err;
	}
	vcm_phys_use(req->phys);
	vcm->bytes_bound += res->bound_len;
	vcm_tell_bind(vcm, res);
	return 0;
}

/* vcm_bind_range(), also where the address comes from the memory and vcm_map() took care of it. */
int vcm_bind_any(struct vcm_res *res, const struct vcm_bind_req *req)
{
	const struct vcm_failure what = {
		VCM_OP_BIND, res->id, { res->start, req->off, req->phys->id }
	};
	struct vcm *vcm = res->vcm;
	int err = vcm_bind_req_check(req);

	vcm_stream_lock(&vcm->stream);
	if (!err)
		err = vcm_bind_locked(res, req);
	if (err && !vcm->dead)
		vcm_fail_locked(&vcm->stream, vcm->id, &what, err);
	vcm_stream_unlock(&vcm->stream);
	return err;
}

static int vcm_bind_refuse(struct vcm_res *res, enum vcm_op op, int err)
{
	const struct vcm_failure what = { op, res->id, { res->start } };
	struct vcm *vcm = res->vcm;

	vcm_stream_lock(&vcm->stream);
	if (!vcm->dead)
		vcm_fail_locked(&vcm->stream, vcm->id, &what, err);
	vcm_stream_unlock(&vcm->stream);
	return err;
}

/**
 * vcm_bind_range() - put part of memory behind a reservation
 * @res: the reservation
 * @req: which part, and how the device may use it; the caller holds a reference to the memory
 *
 * Live at once in every mapping domain of the context; when there is none, at the first
 * activation.  The same memory may be bound to any number of reservations, always with its own
 * cache attribute.  The errors are those of RFCv2 where it had one.
 *
 * Context: may sleep. Return: 0, -EINVAL, -EOPNOTSUPP for unknown prot or what the driver of
 * the context cannot do, -EALREADY when this memory is bound there, -EADDRINUSE when other
 * memory is, -ENOSPC when the part is larger than the reservation, -EBUSY for another cache
 * attribute than the memory has, -EACCES for writing to memory that was imported read-only,
 * -ERANGE when a mapping domain cannot translate the range,
 * -ENODEV when the context was destroyed, or the error of an IOMMU, with no domain changed.
 */
int vcm_bind_range(struct vcm_res *res, const struct vcm_bind_req *req)
{
	if (res->vcm->driver->flags & VCM_DRVF_FUSED)
		return vcm_bind_refuse(res, VCM_OP_BIND, -EOPNOTSUPP);
	return vcm_bind_any(res, req);
}
EXPORT_SYMBOL_GPL(vcm_bind_range);

/**
 * vcm_bind() - put memory behind a reservation
 * @res:  the reservation
 * @phys: the memory; the caller holds a reference
 * @off:  offset into @phys, page aligned; all bytes from there are bound
 * @prot: VCM_PROT_* flags, at least one
 *
 * Context: may sleep. Return: as vcm_bind_range().
 */
int vcm_bind(struct vcm_res *res, struct vcm_phys *phys, __u64 off, __u32 prot)
{
	const struct vcm_bind_req req = {
		.phys = phys,
		.off = off,
		.prot = prot,
		.cache = phys->cache,
	};

	return vcm_bind_range(res, &req);
}
EXPORT_SYMBOL_GPL(vcm_bind);

/* Take the binding of @res out of every domain, with the events. */
static void vcm_binding_end(struct vcm *vcm, struct vcm_res *res)
{
	struct vcm_dom *dom;

	list_for_each_entry(dom, &vcm->domains, node)
		vcm_tell_unmap(vcm, dom, res, vcm_dom_unmap(vcm, dom, res));
	vcm->bytes_bound -= res->bound_len;
	vcm_probe(unbind, vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
		  res->refs.total, 0, res->start, res->bound_len, res->phys->id);
}

/*
 * Unbind @res if it is bound.  Return: the memory, for vcm_binding_release() once the lock is
 * given up, or NULL.
 */
struct vcm_phys *vcm_unbind_locked(struct vcm_res *res)
{
	struct vcm_phys *phys = res->phys;

	lockdep_assert_held(&res->vcm->stream.lock);
	if (!phys)
		return NULL;
	vcm_binding_end(res->vcm, res);
	vcm_binding_clear(res);
	return phys;
}

/* What is left of a binding once it is no longer in any domain; no lock of the core is held. */
void vcm_binding_release(struct vcm *vcm, struct vcm_phys *phys)
{
	if (vcm->driver->unplace)
		vcm->driver->unplace(phys);
	vcm_phys_unuse(phys);
}

/**
 * vcm_unbind() - take the memory of a reservation away
 * @res: the reservation, which stays
 *
 * On return no device reaches the memory through this reservation.
 *
 * Context: may sleep. Return: 0, -ENXIO when nothing is bound, -ENODEV when the context was
 * destroyed, -EOPNOTSUPP where only vcm_unmap() works.
 */
int vcm_unbind(struct vcm_res *res)
{
	const struct vcm_failure what = { VCM_OP_UNBIND, res->id, { res->start } };
	struct vcm *vcm = res->vcm;
	struct vcm_phys *phys;
	int err = 0;

	if (vcm->driver->flags & VCM_DRVF_FUSED)
		return vcm_bind_refuse(res, VCM_OP_UNBIND, -EOPNOTSUPP);
	vcm_stream_lock(&vcm->stream);
	phys = vcm_unbind_locked(res);
	if (!phys)
		err = res->dead ? -ENODEV : -ENXIO;
	if (err && !vcm->dead)
		vcm_fail_locked(&vcm->stream, vcm->id, &what, err);
	vcm_stream_unlock(&vcm->stream);
	if (phys)
		vcm_binding_release(vcm, phys);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_unbind);

/*
 * Exchange the memory.  Tables hold one translation an address, so the old one goes first; if
 * the new one cannot be made, the old one is put back.  Return: 0 or -errno; *@gone is the
 * memory that is no longer bound.
 */
static int vcm_rebind_locked(struct vcm_res *res, const struct vcm_bind_req *req,
			     struct vcm_phys **gone)
{
	struct vcm_bind_req old = {
		.phys = res->phys,
		.off = res->off,
		.len = res->bound_len,
		.prot = res->prot,
	};
	struct vcm *vcm = res->vcm;
	int err;

	lockdep_assert_held(&vcm->stream.lock);
	if (!res->dead && !res->phys)
		return -ENXIO;
	err = vcm_bind_fits(res, req);
	if (err)
		return err;
	err = vcm_map_check(vcm, res->start, vcm_bind_req_len(req));
	if (err)
		return err;
	vcm_binding_end(vcm, res);
	vcm_binding_set(res, req);
	err = vcm_map_res(vcm, res);
	if (err) {
		vcm_binding_set(res, &old);
		if (vcm_map_res(vcm, res)) {
			vcm_binding_clear(res);
			*gone = old.phys;
			return -ENOTRECOVERABLE;
		}
	} else {
		vcm_phys_use(req->phys);
		*gone = old.phys;
	}
	vcm->bytes_bound += res->bound_len;
	vcm_tell_bind(vcm, res);
	return err;
}

/**
 * vcm_rebind() - exchange the memory of a reservation, keeping the address
 * @res: the reservation, bound
 * @req: the new memory; may be another part of the same
 *
 * Between the old and the new memory the device faults; it never sees a mixture within a page.
 *
 * Context: may sleep. Return: 0; -ENXIO when nothing is bound; the errors of vcm_bind_range()
 * except those for a bound reservation, with the old binding live as before; -ENOTRECOVERABLE
 * when neither the new nor the old memory could be mapped: then nothing is bound.
 */
int vcm_rebind(struct vcm_res *res, const struct vcm_bind_req *req)
{
	const struct vcm_failure what = {
		VCM_OP_REBIND, res->id, { res->start, req->off, req->phys->id }
	};
	struct vcm_phys *gone = NULL;
	struct vcm *vcm = res->vcm;
	int err = vcm_bind_req_check(req);

	if (vcm->driver->flags & VCM_DRVF_FUSED)
		err = -EOPNOTSUPP;
	vcm_stream_lock(&vcm->stream);
	if (!err)
		err = vcm_rebind_locked(res, req, &gone);
	if (err && !vcm->dead)
		vcm_fail_locked(&vcm->stream, vcm->id, &what, err);
	vcm_stream_unlock(&vcm->stream);
	if (gone)
		vcm_binding_release(vcm, gone);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_rebind);
