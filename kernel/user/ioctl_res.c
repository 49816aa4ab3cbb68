// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl_res.c - reservations and bindings: RESERVE, UNRESERVE, REF, RES_INFO, BIND, UNBIND.
 *
 * Checks what the ABI adds to the core's own checks: flags, reserved members, ids of this file.
 */
#include <linux/err.h>

#include "user/user.h"

/* VCM_IOC_RESERVE */
int vcm_ioctl_reserve(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_reserve *io = arg;
	const struct vcm_req req = {
		.len = io->len,
		.start = io->start,
		.limit = io->limit,
		.align = io->align,
		.flags = io->flags,
	};
	struct vcm_hctx *hctx = vcm_file_context(vf, io->vcm);
	struct vcm_res *res;
	int err;

	if (!hctx)
		return -ENOENT;
	res = vcm_reserve(hctx->vcm, &req);
	if (IS_ERR(res))
		return PTR_ERR(res);
	io->res = vcm_res_id(res);
	io->start = vcm_res_start(res);
	err = vcm_hctx_add_res(hctx, res);
	return err;
}

static int vcm_ioc_res_check(const struct vcm_ioc_res *io)
{
	if (io->flags)
		return -EOPNOTSUPP;
	return io->refs ? -EINVAL : 0;
}

/* VCM_IOC_UNRESERVE */
int vcm_ioctl_unreserve(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_res *io = arg;
	struct vcm_res_info info;
	struct vcm_hres *hres;
	int err = vcm_ioc_res_check(io);

	if (err)
		return err;
	hres = vcm_file_res(vf, io->vcm, io->res);
	if (!hres)
		return -ENOENT;
	vcm_res_info(hres->res, &info);
	io->refs = info.refs - 1;
	vcm_hctx_drop_res(vcm_file_context(vf, io->vcm), hres);
	return 0;
}

/* VCM_IOC_REF */
int vcm_ioctl_ref(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_res *io = arg;
	struct vcm_res_info info;
	struct vcm_hres *hres;
	int err = vcm_ioc_res_check(io);

	if (err)
		return err;
	hres = vcm_file_res(vf, io->vcm, io->res);
	if (!hres)
		return -ENOENT;
	err = vcm_ref_reserve(hres->res);
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

/* VCM_IOC_BIND */
int vcm_ioctl_bind(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_bind *io = arg;
	struct vcm_hphys *hphys;
	struct vcm_hres *hres;

	if (io->flags)
		return -EOPNOTSUPP;
	hres = vcm_file_res(vf, io->vcm, io->res);
	hphys = vcm_file_phys(vf, io->phys);
	if (!hres || !hphys)
		return -ENOENT;
	return vcm_bind(hres->res, hphys->phys, io->off, io->prot);
}

/* VCM_IOC_UNBIND */
int vcm_ioctl_unbind(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_res *io = arg;
	struct vcm_hres *hres;
	int err = vcm_ioc_res_check(io);

	if (err)
		return err;
	hres = vcm_file_res(vf, io->vcm, io->res);
	if (!hres)
		return -ENOENT;
	return vcm_unbind(hres->res);
}
