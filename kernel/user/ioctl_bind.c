// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl_bind.c - bindings, alone and fused with what they need: BIND, REBIND, UNBIND, MAP,
 * MAKE_BINDING, UNMAP.
 *
 * Checks what the ABI adds to the core's own checks: flags, reserved members, ids of this file.
 */
#include <linux/err.h>

#include "user/user.h"

static int vcm_ioc_bind_find(struct vcm_file *vf, const struct vcm_ioc_bind *io,
			     struct vcm_hres **hres, struct vcm_bind_req *req)
{
	struct vcm_hphys *hphys;

	if (io->flags)
		return -EOPNOTSUPP;
	if (io->rsvd)
		return -EINVAL;
	*hres = vcm_file_res(vf, io->vcm, io->res);
	hphys = vcm_file_phys(vf, io->phys);
	if (!*hres || !hphys)
		return -ENOENT;
	*req = (struct vcm_bind_req) {
		.phys = hphys->phys,
		.off = io->off,
		.len = io->len,
		.prot = io->prot,
		.cache = io->cache,
	};
	return 0;
}

/* VCM_IOC_BIND */
int vcm_ioctl_bind(struct vcm_file *vf, void *arg)
{
	struct vcm_bind_req req;
	struct vcm_hres *hres;
	int err = vcm_ioc_bind_find(vf, arg, &hres, &req);

	return err ? err : vcm_bind_range(hres->res, &req);
}

/* VCM_IOC_REBIND */
int vcm_ioctl_rebind(struct vcm_file *vf, void *arg)
{
	struct vcm_bind_req req;
	struct vcm_hres *hres;
	int err = vcm_ioc_bind_find(vf, arg, &hres, &req);

	return err ? err : vcm_rebind(hres->res, &req);
}

/* VCM_IOC_UNBIND */
int vcm_ioctl_unbind(struct vcm_file *vf, void *arg)
{
	struct vcm_hres *hres;
	int err = vcm_ioc_res_find(vf, arg, &hres);

	return err ? err : vcm_unbind(hres->res);
}

static struct vcm_req vcm_ioc_map_req(const struct vcm_file *vf, const struct vcm_ioc_map *io)
{
	return (struct vcm_req) {
		.len = io->len,
		.start = io->start,
		.limit = io->limit,
		.align = io->align,
		.flags = io->flags,
		.holder = vf->holder,
	};
}

/* VCM_IOC_MAP */
int vcm_ioctl_map(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_map *io = arg;
	const struct vcm_req where = vcm_ioc_map_req(vf, io);
	struct vcm_hctx *hctx = vcm_file_context(vf, io->vcm);
	struct vcm_hphys *hphys = vcm_file_phys(vf, io->phys);
	struct vcm_res *res;

	if (io->flags & ~VCM_RESERVE_FIXED)
		return -EOPNOTSUPP;
	if (io->orders)
		return -EINVAL;
	if (!hctx || !hphys)
		return -ENOENT;
	res = vcm_map(hctx->vcm, hphys->phys, &where, io->prot);
	if (IS_ERR(res))
		return PTR_ERR(res);
	io->res = vcm_res_id(res);
	io->start = vcm_res_start(res);
	return vcm_hctx_add_res(vf, hctx, res);
}

/* Let the file own the memory of a new binding too. */
static int vcm_user_adopt(struct vcm_file *vf, struct vcm_res *res, struct vcm_ioc_map *io)
{
	struct vcm_phys *phys = vcm_res_phys(res);
	int err;

	if (IS_ERR(phys))
		return PTR_ERR(phys);
	err = vcm_phys_get_as(phys, vf->holder);
	if (!err) {
		io->phys = vcm_phys_id(phys);
		err = vcm_file_add_phys(vf, phys, &io->mmap_offset);
	}
	vcm_phys_put(phys);
	return err;
}

/* VCM_IOC_MAKE_BINDING */
int vcm_ioctl_make_binding(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_map *io = arg;
	const struct vcm_phys_req what = { .len = io->len, .orders = io->orders };
	const struct vcm_req where = vcm_ioc_map_req(vf, io);
	struct vcm_hctx *hctx = vcm_file_context(vf, io->vcm);
	struct vcm_res *res;
	int err;

	if (io->flags & ~VCM_RESERVE_FIXED)
		return -EOPNOTSUPP;
	if (io->phys)
		return -EINVAL;
	if (!hctx)
		return -ENOENT;
	res = vcm_make_binding(hctx->vcm, &what, &where, io->prot);
	if (IS_ERR(res))
		return PTR_ERR(res);
	io->res = vcm_res_id(res);
	io->start = vcm_res_start(res);
	err = vcm_user_adopt(vf, res, io);
	if (err) {
		vcm_destroy_binding(res, vf->holder);
		return err;
	}
	err = vcm_hctx_add_res(vf, hctx, res);
	if (err)
		vcm_file_drop_phys(vf, vcm_file_phys(vf, io->phys));
	return err;
}

/* VCM_IOC_UNMAP */
int vcm_ioctl_unmap(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_res *io = arg;
	struct vcm_hres *hres;
	int err = vcm_ioc_res_find(vf, io, &hres);

	return err ? err : vcm_hctx_unmap_res(vf, vcm_file_context(vf, io->vcm), hres);
}
