// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl_assoc.c - associations: ASSOC, DEASSOC, ACTIVATE, DEACTIVATE, SWITCH.
 *
 * Checks what the ABI adds to the core's own checks: flags, reserved members, ids of this file.
 * Only devices that their driver offered are found by name.
 */
#include <linux/err.h>
#include <linux/string.h>

#include "core/core.h"
#include "user/user.h"

static struct vcm_assoc *vcm_user_assoc(struct vcm *vcm, const char *name)
{
	struct vcm_device *dev = vcm_device_find_user(name);
	struct vcm_assoc *assoc;

	if (!dev)
		return ERR_PTR(-ENODEV);
	assoc = vcm_assoc_device(vcm, dev);
	vcm_device_put(dev);
	return assoc;
}

/* VCM_IOC_ASSOC */
int vcm_ioctl_assoc(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_assoc *io = arg;
	struct vcm_assoc *assoc;
	struct vcm_hctx *hctx;

	if (io->flags)
		return -EOPNOTSUPP;
	if (io->rsvd || !io->name[0] || strnlen(io->name, sizeof(io->name)) == sizeof(io->name))
		return -EINVAL;
	hctx = vcm_file_context(vf, io->vcm);
	if (!hctx)
		return -ENOENT;
	assoc = vcm_user_assoc(hctx->vcm, io->name);
	if (IS_ERR(assoc))
		return PTR_ERR(assoc);
	io->assoc = vcm_assoc_id(assoc);
	return vcm_hctx_add_assoc(vf, hctx, assoc);
}

/* The checks that the calls on an association share. */
static int vcm_ioc_assoc_find(struct vcm_file *vf, const struct vcm_ioc_assoc_op *io,
			      struct vcm_assoc **assoc)
{
	if (io->flags)
		return -EOPNOTSUPP;
	if (io->active)
		return -EINVAL;
	*assoc = vcm_file_assoc(vf, io->vcm, io->assoc);
	return *assoc ? 0 : -ENOENT;
}

/* VCM_IOC_DEASSOC */
int vcm_ioctl_deassoc(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_assoc_op *io = arg;
	struct vcm_assoc *assoc;
	int err = vcm_ioc_assoc_find(vf, io, &assoc);

	if (err)
		return err;
	return vcm_hctx_drop_assoc(vf, vcm_file_context(vf, io->vcm), assoc);
}

/* VCM_IOC_ACTIVATE */
int vcm_ioctl_activate(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_assoc_op *io = arg;
	struct vcm_assoc *assoc;
	int err = vcm_ioc_assoc_find(vf, io, &assoc);

	if (err)
		return err;
	err = vcm_activate(assoc);
	if (!err)
		io->active = vcm_assoc_activations(assoc);
	return err;
}

/* VCM_IOC_DEACTIVATE */
int vcm_ioctl_deactivate(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_assoc_op *io = arg;
	struct vcm_assoc *assoc;
	int err = vcm_ioc_assoc_find(vf, io, &assoc);

	if (err)
		return err;
	err = vcm_deactivate(assoc);
	if (!err)
		io->active = vcm_assoc_activations(assoc);
	return err;
}

/* VCM_IOC_SWITCH */
int vcm_ioctl_switch(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_switch *io = arg;
	struct vcm_assoc *from = vcm_file_assoc(vf, io->from_vcm, io->from);
	struct vcm_assoc *to = vcm_file_assoc(vf, io->to_vcm, io->to);
	int err;

	if (io->flags)
		return -EOPNOTSUPP;
	if (io->active || io->rsvd)
		return -EINVAL;
	if (!from || !to)
		return -ENOENT;
	err = vcm_switch(from, to);
	if (!err)
		io->active = vcm_assoc_activations(to);
	return err;
}
