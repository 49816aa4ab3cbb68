// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl.c - the table of calls, and the one place where user memory is read and written.
 *
 * A struct is copied in, the call runs under the lock of the file, and the struct is copied
 * out.  Before the call the struct is written back unchanged once: memory that cannot be
 * written is refused with -EFAULT while nothing has happened yet.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "user/user.h"

/**
 * struct vcm_ioctl_desc - one call
 * @fn:   what it does; NULL for a number that is not used
 * @size: of its struct as this kernel knows it
 * @min:  of the first version of its struct
 * @out:  results are copied back
 */
struct vcm_ioctl_desc {
	int (*fn)(struct vcm_file *vf, void *arg);
	u32 size;
	u32 min;
	bool out;
};

#define VCM_IOCTL(cmd, func, type, last, results)				\
	[_IOC_NR(cmd)] = {							\
		.fn = func,							\
		.size = sizeof(struct type),					\
		.min = offsetofend(struct type, last),				\
		.out = results,							\
	}

static const struct vcm_ioctl_desc vcm_ioctls[] = {
	VCM_IOCTL(VCM_IOC_CREATE, vcm_ioctl_create, vcm_ioc_create, vcm, true),
	VCM_IOCTL(VCM_IOC_DESTROY, vcm_ioctl_destroy, vcm_ioc_destroy, rsvd, false),
	VCM_IOCTL(VCM_IOC_RESERVE, vcm_ioctl_reserve, vcm_ioc_reserve, res, true),
	VCM_IOCTL(VCM_IOC_UNRESERVE, vcm_ioctl_unreserve, vcm_ioc_res, res, true),
	VCM_IOCTL(VCM_IOC_REF, vcm_ioctl_ref, vcm_ioc_res, res, true),
	VCM_IOCTL(VCM_IOC_RES_INFO, vcm_ioctl_res_info, vcm_ioc_res_info, mapped, true),
	VCM_IOCTL(VCM_IOC_PHYS_ALLOC, vcm_ioctl_phys_alloc, vcm_ioc_phys_alloc, mmap_offset, true),
	VCM_IOCTL(VCM_IOC_PHYS_FREE, vcm_ioctl_phys_free, vcm_ioc_phys_free, phys, false),
	VCM_IOCTL(VCM_IOC_BIND, vcm_ioctl_bind, vcm_ioc_bind, off, false),
	VCM_IOCTL(VCM_IOC_UNBIND, vcm_ioctl_unbind, vcm_ioc_res, res, false),
	VCM_IOCTL(VCM_IOC_REBIND, vcm_ioctl_rebind, vcm_ioc_bind, rsvd, false),
	VCM_IOCTL(VCM_IOC_MAP, vcm_ioctl_map, vcm_ioc_map, mmap_offset, true),
	VCM_IOCTL(VCM_IOC_MAKE_BINDING, vcm_ioctl_make_binding, vcm_ioc_map, mmap_offset, true),
	VCM_IOCTL(VCM_IOC_UNMAP, vcm_ioctl_unmap, vcm_ioc_res, res, false),
	VCM_IOCTL(VCM_IOC_SWITCH, vcm_ioctl_switch, vcm_ioc_switch, rsvd, true),
	VCM_IOCTL(VCM_IOC_SAVE, vcm_ioctl_save, vcm_ioc_destroy, rsvd, false),
	VCM_IOCTL(VCM_IOC_RESTORE, vcm_ioctl_restore, vcm_ioc_destroy, rsvd, false),
	VCM_IOCTL(VCM_IOC_FIND, vcm_ioctl_find, vcm_ioc_find, len, true),
	VCM_IOCTL(VCM_IOC_PHYS_FIND, vcm_ioctl_phys_find, vcm_ioc_phys_find, start, true),
	VCM_IOCTL(VCM_IOC_TRANSLATE, vcm_ioctl_translate, vcm_ioc_translate, out, true),
	VCM_IOCTL(VCM_IOC_INFO, vcm_ioctl_info, vcm_ioc_info, state, true),
	VCM_IOCTL(VCM_IOC_PIN_USER, vcm_ioctl_pin_user, vcm_ioc_pin, phys, true),
	VCM_IOCTL(VCM_IOC_IMPORT_DMABUF, vcm_ioctl_import_dmabuf, vcm_ioc_dmabuf, len, true),
	VCM_IOCTL(VCM_IOC_EXPORT_DMABUF, vcm_ioctl_export_dmabuf, vcm_ioc_dmabuf, len, true),
	VCM_IOCTL(VCM_IOC_ASSOC, vcm_ioctl_assoc, vcm_ioc_assoc, assoc, true),
	VCM_IOCTL(VCM_IOC_DEASSOC, vcm_ioctl_deassoc, vcm_ioc_assoc_op, assoc, false),
	VCM_IOCTL(VCM_IOC_ACTIVATE, vcm_ioctl_activate, vcm_ioc_assoc_op, assoc, true),
	VCM_IOCTL(VCM_IOC_DEACTIVATE, vcm_ioctl_deactivate, vcm_ioc_assoc_op, assoc, true),
};

/* Room for the largest struct; every one begins with size and flags. */
union vcm_ioctl_arg {
	u32 size;
	struct vcm_ioc_create create;
	struct vcm_ioc_reserve reserve;
	struct vcm_ioc_res_info res_info;
	struct vcm_ioc_phys_alloc phys_alloc;
	struct vcm_ioc_bind bind;
	struct vcm_ioc_map map;
	struct vcm_ioc_switch sw;
	struct vcm_ioc_find find;
	struct vcm_ioc_phys_find phys_find;
	struct vcm_ioc_translate translate;
	struct vcm_ioc_info info;
	struct vcm_ioc_pin pin;
	struct vcm_ioc_dmabuf dmabuf;
	struct vcm_ioc_assoc assoc;
	struct vcm_ioc_assoc_op assoc_op;
};

static const struct vcm_ioctl_desc *vcm_ioctl_of(unsigned int cmd)
{
	unsigned int nr = _IOC_NR(cmd);

	if (nr >= ARRAY_SIZE(vcm_ioctls) || cmd != _IO(VCM_IOC_TYPE, nr) || !vcm_ioctls[nr].fn)
		return NULL;
	return &vcm_ioctls[nr];
}

static int vcm_ioctl_copy_in(const struct vcm_ioctl_desc *desc, union vcm_ioctl_arg *arg,
			     void __user *from, u32 *size)
{
	int err;

	if (get_user(*size, (u32 __user *)from))
		return -EFAULT;
	if (*size < desc->min)
		return -EINVAL;
	if (*size > PAGE_SIZE)
		return -E2BIG;
	memset(arg, 0, sizeof(*arg));
	err = copy_struct_from_user(arg, desc->size, from, *size);
	if (err)
		return err;
	/* Another thread may have changed it meanwhile; what was checked counts. */
	arg->size = *size;
	if (desc->out && copy_to_user(from, arg, min(*size, desc->size)))
		return -EFAULT;
	return 0;
}

/**
 * vcm_ioctl() - every call of /dev/vcm
 * @file: an open file of it
 * @cmd:  VCM_IOC_*
 * @arg:  address of the struct of the call
 *
 * Context: process. Return: 0 or -errno; see DOC: ioctl rules in uapi/vcm.h.
 */
long vcm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct vcm_ioctl_desc *desc = vcm_ioctl_of(cmd);
	struct vcm_file *vf = file->private_data;
	void __user *user = (void __user *)arg;
	union vcm_ioctl_arg buf;
	u32 size;
	int err;

	if (!desc)
		return -ENOTTY;
	err = vcm_ioctl_copy_in(desc, &buf, user, &size);
	if (err)
		return err;
	mutex_lock(&vf->lock);
	err = desc->fn(vf, &buf);
	mutex_unlock(&vf->lock);
	if (!err && desc->out && copy_to_user(user, &buf, min(size, desc->size)))
		err = -EFAULT;
	return err;
}
