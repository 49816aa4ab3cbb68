// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl_context.c - contexts: CREATE, DESTROY, SAVE, RESTORE, INFO.
 *
 * Checks what the ABI adds to the core's own checks: flags, reserved members, ids of this file.
 */
#include <linux/err.h>

#include "core/core.h"
#include "user/user.h"

static const struct vcm_driver *vcm_user_driver(u32 kind)
{
	switch (kind) {
	case 0:
	case VCM_DRIVER_IOMMU:
		return &vcm_iommu_driver;
	case VCM_DRIVER_O2O:
		return &vcm_o2o_driver;
	case VCM_DRIVER_VMM:
		return &vcm_vmm_driver;
	case VCM_DRIVER_CONTIG:
		return &vcm_contig_driver;
	default:
		return NULL;
	}
}

/* VCM_IOC_CREATE */
int vcm_ioctl_create(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_create *io = arg;
	const struct vcm_cfg cfg = {
		.start = io->start,
		.last = io->last,
		.driver = vcm_user_driver(io->driver),
		.holder = vf->holder,
	};
	struct vcm *vcm;
	int err;

	if (io->flags || !cfg.driver)
		return -EOPNOTSUPP;
	vcm = vcm_create(&cfg);
	if (IS_ERR(vcm))
		return PTR_ERR(vcm);
	io->vcm = vcm_id(vcm);
	err = vcm_file_add_context(vf, vcm);
	return err;
}

/* The checks that the calls on a whole context share. */
static int vcm_ioc_context_find(struct vcm_file *vf, const struct vcm_ioc_destroy *io,
				struct vcm_hctx **hctx)
{
	if (io->flags)
		return -EOPNOTSUPP;
	if (io->rsvd)
		return -EINVAL;
	*hctx = vcm_file_context(vf, io->vcm);
	return *hctx ? 0 : -ENOENT;
}

/* VCM_IOC_DESTROY */
int vcm_ioctl_destroy(struct vcm_file *vf, void *arg)
{
	struct vcm_hctx *hctx;
	int err = vcm_ioc_context_find(vf, arg, &hctx);

	if (!err)
		vcm_file_drop_context(vf, hctx);
	return err;
}

/* VCM_IOC_SAVE */
int vcm_ioctl_save(struct vcm_file *vf, void *arg)
{
	struct vcm_hctx *hctx;
	int err = vcm_ioc_context_find(vf, arg, &hctx);

	return err ? err : vcm_save(hctx->vcm);
}

/* VCM_IOC_RESTORE */
int vcm_ioctl_restore(struct vcm_file *vf, void *arg)
{
	struct vcm_hctx *hctx;
	int err = vcm_ioc_context_find(vf, arg, &hctx);

	return err ? err : vcm_restore(hctx->vcm);
}

/* VCM_IOC_INFO */
int vcm_ioctl_info(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_info *io = arg;
	struct vcm_hctx *hctx;
	struct vcm_info info;

	if (io->flags)
		return -EOPNOTSUPP;
	hctx = vcm_file_context(vf, io->vcm);
	if (!hctx)
		return -ENOENT;
	vcm_info(hctx->vcm, &info);
	io->refs = info.refs;
	io->start = info.start;
	io->last = info.last;
	io->reach_start = info.reach_start;
	io->reach_last = info.reach_last;
	io->pgsizes = info.pgsizes;
	io->reservations = info.reservations;
	io->domains = info.domains;
	io->state = info.saved ? VCM_SNAP_CONTEXT_SAVED : 0;
	return 0;
}
