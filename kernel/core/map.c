// SPDX-License-Identifier: GPL-2.0-only
/*
 * map.c - the steps fused: reserve and bind in one call, and memory with them.
 *
 * A driver whose addresses are given by the memory (one-to-one, the kernel's own mapping) has a
 * place operation, and these calls are the portable way to use it; RFCv2 had them for that.
 *
 * Takes the lock of the context only to tell of a failure.
 */
#include "core.h"

static int vcm_map_fail(struct vcm *vcm, const struct vcm_phys *phys, int err)
{
	const struct vcm_failure what = { VCM_OP_MAP, 0, { 0, phys->len, phys->id } };

	vcm_stream_lock(&vcm->stream);
	if (!vcm->dead)
		vcm_fail_locked(&vcm->stream, vcm->id, &what, err);
	vcm_stream_unlock(&vcm->stream);
	return err;
}

/* The address is the memory's, so little can be asked for. */
static struct vcm_res *vcm_map_place(struct vcm *vcm, struct vcm_phys *phys, struct vcm_req *req)
{
	const struct vcm_driver *driver = vcm->driver;
	struct vcm_res *res;
	int err = -EOPNOTSUPP;
	u64 start;

	if (req->len == phys->len && !req->flags)
		err = driver->place(phys, &start);
	if (err)
		return ERR_PTR(vcm_map_fail(vcm, phys, err));
	req->start = start;
	req->flags = VCM_RESERVE_FIXED;
	res = vcm_res_make(vcm, req);
	if (IS_ERR(res) && driver->unplace)
		driver->unplace(phys);
	return res;
}

static struct vcm_res *vcm_map_reserve(struct vcm *vcm, struct vcm_phys *phys,
				       const struct vcm_req *where)
{
	struct vcm_req req = where ? *where : (struct vcm_req) {};

	if (!req.len)
		req.len = phys->len;
	return vcm->driver->place ? vcm_map_place(vcm, phys, &req) : vcm_reserve(vcm, &req);
}

/**
 * vcm_map() - reserve a range for memory and bind it
 * @vcm:   the context
 * @phys:  the memory; the caller holds a reference
 * @where: what range; NULL, or a length of 0, for one that fits the memory
 * @prot:  VCM_PROT_* flags
 *
 * Context: may sleep. Return: the reservation with one reference, of @where->holder; or
 * ERR_PTR() as vcm_reserve() and vcm_bind().
 */
struct vcm_res *vcm_map(struct vcm *vcm, struct vcm_phys *phys, const struct vcm_req *where,
			__u32 prot)
{
	const struct vcm_bind_req req = { .phys = phys, .prot = prot, .cache = phys->cache };
	struct vcm_res *res = vcm_map_reserve(vcm, phys, where);
	int err;

	if (IS_ERR(res))
		return res;
	err = vcm_bind_any(res, &req);
	if (!err)
		return res;
	vcm_unreserve_as(res, where ? where->holder : NULL);
	if (vcm->driver->unplace)
		vcm->driver->unplace(phys);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(vcm_map);

/**
 * vcm_make_binding() - memory, a range and the binding in one call
 * @vcm:   the context
 * @what:  what memory; drivers that need it contiguous ask for that by themselves
 * @where: what range; NULL, or a length of 0, for one that fits the memory
 * @prot:  VCM_PROT_* flags
 *
 * The memory lives as long as its binding, unless a reference is taken to it by
 * vcm_res_phys().
 *
 * Context: may sleep. Return: the reservation with one reference, of @where->holder; or
 * ERR_PTR() as vcm_phys_alloc() and vcm_map().
 */
struct vcm_res *vcm_make_binding(struct vcm *vcm, const struct vcm_phys_req *what,
				 const struct vcm_req *where, __u32 prot)
{
	struct vcm_phys_req req = *what;
	struct vcm_phys *phys;
	struct vcm_res *res;

	if (vcm->driver->flags & VCM_DRVF_CONTIG) {
		req.flags |= VCM_PHYS_CONTIG;
		req.orders = 0;
	}
	phys = vcm_phys_alloc(&req);
	if (IS_ERR(phys))
		return ERR_CAST(phys);
	res = vcm_map(vcm, phys, where, prot);
	vcm_phys_put_as(phys, req.holder);
	return res;
}
EXPORT_SYMBOL_GPL(vcm_make_binding);

/**
 * vcm_destroy_binding() - undo vcm_make_binding()
 * @res:    the reservation
 * @holder: whose reference, NULL for nobody named
 *
 * Context: may sleep. Return: as vcm_unmap().
 */
int vcm_destroy_binding(struct vcm_res *res, struct vcm_holder *holder)
{
	return vcm_unmap(res, holder);
}
EXPORT_SYMBOL_GPL(vcm_destroy_binding);
