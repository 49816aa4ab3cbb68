// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl_find.c - look-ups: FIND, PHYS_FIND, TRANSLATE.
 *
 * Checks what the ABI adds to the core's own checks: flags, ids of this file.
 */
#include <linux/err.h>

#include "user/user.h"

/**
 * struct vcm_find - a visit of vcm_phys_for_each_res() that looks for one reservation
 * @vf:    whose
 * @index: how many to skip
 * @found: the reservation
 */
struct vcm_find {
	struct vcm_file *vf;
	u32 index;
	struct vcm_res_info found;
};

static int vcm_find(struct vcm *vcm, const struct vcm_ioc_find *io, struct vcm_res_info *info)
{
	switch (io->flags) {
	case 0:
		return vcm_find_info(vcm, io->iova, info);
	case VCM_FIND_NEXT:
		return vcm_find_next(vcm, io->iova, 0, info);
	case VCM_FIND_AFTER:
		return vcm_find_next(vcm, io->iova, io->res, info);
	default:
		return -EOPNOTSUPP;
	}
}

/* VCM_IOC_FIND */
int vcm_ioctl_find(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_find *io = arg;
	struct vcm_hctx *hctx = vcm_file_context(vf, io->vcm);
	struct vcm_res_info info;
	int err;

	if (io->flags & ~(VCM_FIND_NEXT | VCM_FIND_AFTER))
		return -EOPNOTSUPP;
	if (!hctx)
		return -ENOENT;
	err = vcm_find(hctx->vcm, io, &info);
	if (err)
		return err;
	io->res = info.id;
	io->start = info.start;
	io->len = info.len;
	io->rflags = info.flags;
	return 0;
}

static int vcm_phys_find_visit(const struct vcm_res_info *info, void *data)
{
	struct vcm_find *find = data;

	if (!vcm_file_context(find->vf, info->vcm) || find->index--)
		return 0;
	find->found = *info;
	return 1;
}

/* VCM_IOC_PHYS_FIND */
int vcm_ioctl_phys_find(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_phys_find *io = arg;
	struct vcm_find find = { .vf = vf, .index = io->index };
	struct vcm_hphys *hphys = vcm_file_phys(vf, io->phys);

	if (io->flags)
		return -EOPNOTSUPP;
	if (!hphys || !vcm_phys_for_each_res(hphys->phys, vcm_phys_find_visit, &find))
		return -ENOENT;
	io->vcm = find.found.vcm;
	io->res = find.found.id;
	io->start = find.found.start;
	return 0;
}

/* VCM_IOC_TRANSLATE */
int vcm_ioctl_translate(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_translate *io = arg;
	struct vcm_hctx *from = vcm_file_context(vf, io->vcm);
	struct vcm_hctx *to = vcm_file_context(vf, io->to_vcm);

	if (io->flags)
		return -EOPNOTSUPP;
	if (!from || !to)
		return -ENOENT;
	return vcm_translate(from->vcm, io->iova, to->vcm, &io->out);
}
