// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl_context.c - VCM_IOC_CREATE and VCM_IOC_DESTROY.
 *
 * Checks what the ABI adds to the core's own checks: flags, reserved members, ids of this file.
 */
#include <linux/err.h>

#include "user/user.h"

static const struct vcm_driver *vcm_user_driver(u32 kind)
{
	switch (kind) {
	case 0:
	case VCM_DRIVER_IOMMU:
		return &vcm_iommu_driver;
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
	};
	struct vcm *vcm;
	int err;

	if (io->flags || !cfg.driver)
		return -EOPNOTSUPP;
	vcm = vcm_create(&cfg);
	if (IS_ERR(vcm))
		return PTR_ERR(vcm);
	err = vcm_file_add_context(vf, vcm);
	if (!err)
		io->vcm = vcm_id(vcm);
	return err;
}

/* VCM_IOC_DESTROY */
int vcm_ioctl_destroy(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_destroy *io = arg;
	struct vcm_hctx *hctx;

	if (io->flags)
		return -EOPNOTSUPP;
	if (io->rsvd)
		return -EINVAL;
	hctx = vcm_file_context(vf, io->vcm);
	if (!hctx)
		return -ENOENT;
	vcm_file_drop_context(vf, hctx);
	return 0;
}
