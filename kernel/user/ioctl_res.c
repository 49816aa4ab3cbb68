// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl_res.c - reservations: RESERVE, UNRESERVE, REF, RES_INFO.
 *
 * Checks what the ABI adds to the core's own checks: flags, reserved members, ids of this file.
 */
#include <linux/err.h>

#include "user/user.h"

static int vcm_ioc_within(struct vcm_file *vf, const struct vcm_ioc_reserve *io,
			  struct vcm_req *req)
{
	struct vcm_hres *hres;

	if (!io->within)
		return 0;
	hres = vcm_file_res(vf, io->vcm, io->within);
	if (!hres)
		return -ENOENT;
	req->within = hres->res;
	return 0;
}

/* VCM_IOC_RESERVE */
int vcm_ioctl_reserve(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_reserve *io = arg;
	struct vcm_req req = {
		.len = io->len,
		.start = io->start,
		.limit = io->limit,
		.boundary = io->boundary,
		.guard_before = io->guard_before,
		.guard_after = io->guard_after,
		.align = io->align,
		.flags = io->flags,
		.holder = vf->holder,
	};
	struct vcm_hctx *hctx = vcm_file_context(vf, io->vcm);
	struct vcm_res *res;
	int err;

	if (!hctx)
		return -ENOENT;
	err = vcm_ioc_within(vf, io, &req);
	if (err)
		return err;
	res = vcm_reserve(hctx->vcm, &req);
	if (IS_ERR(res))
		return PTR_ERR(res);
	io->res = vcm_res_id(res);
	io->start = vcm_res_start(res);
	return vcm_hctx_add_res(vf, hctx, res);
}

/* The checks that the calls on one reservation share. */
int vcm_ioc_res_find(struct vcm_file *vf, const struct vcm_ioc_res *io, struct vcm_hres **hres)
{
	if (io->flags)
		return -EOPNOTSUPP;
	if (io->refs)
		return -EINVAL;
	*hres = vcm_file_res(vf, io->vcm, io->res);
	return *hres ? 0 : -ENOENT;
}

/* VCM_IOC_UNRESERVE */
int vcm_ioctl_unreserve(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_res *io = arg;
	struct vcm_res_info info;
	struct vcm_hres *hres;
	int err = vcm_ioc_res_find(vf, io, &hres);

	if (err)
		return err;
	vcm_res_info(hres->res, &info);
	io->refs = info.refs - 1;
	vcm_hctx_drop_res(vf, vcm_file_context(vf, io->vcm), hres);
	return 0;
}

/* VCM_IOC_REF */
int vcm_ioctl_ref(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_res *io = arg;
	struct vcm_res_info info;
	struct vcm_hres *hres;
	int err = vcm_ioc_res_find(vf, io, &hres);

	if (!err)
		err = vcm_ref_reserve_as(hres->res, vf->holder);
	if (err)
		return err;
	hres->count++;
	vcm_res_info(hres->res, &info);
	io->refs = info.refs;
	return 0;
}

/* VCM_IOC_RES_INFO */
int vcm_ioctl_res_info(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_res_info *io = arg;
	struct vcm_res_info info;
	struct vcm_hres *hres;

	if (io->flags)
		return -EOPNOTSUPP;
	hres = vcm_file_res(vf, io->vcm, io->res);
	if (!hres)
		return -ENOENT;
	vcm_res_info(hres->res, &info);
	io->refs = info.refs;
	io->start = info.start;
	io->len = info.len;
	io->phys = info.phys;
	io->off = info.off;
	io->bound_len = info.bound_len;
	io->prot = info.prot;
	io->mapped = info.mapped;
	return 0;
}
