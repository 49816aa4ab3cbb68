// SPDX-License-Identifier: GPL-2.0-only
/*
 * chardev.c - /dev/vcm: an open file is the life of what was made through it.
 *
 * Mode 0600: whoever may open it can make an offered device read and write memory of its own
 * contexts, and use kernel memory for them.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "user/user.h"

static int vcm_open(struct inode *inode, struct file *file)
{
	struct vcm_file *vf = vcm_file_create();

	if (!vf)
		return -ENOMEM;
	file->private_data = vf;
	return 0;
}

static int vcm_release_file(struct inode *inode, struct file *file)
{
	vcm_file_destroy(file->private_data);
	return 0;
}

static const struct file_operations vcm_fops = {
	.owner = THIS_MODULE,
	.open = vcm_open,
	.release = vcm_release_file,
	.unlocked_ioctl = vcm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = vcm_user_mmap,
};

static struct miscdevice vcm_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vcm",
	.fops = &vcm_fops,
	.mode = 0600,
};

/* Make /dev/vcm.  Return: 0 or -errno. */
int vcm_user_init(void)
{
	return misc_register(&vcm_misc);
}

/* Remove it. */
void vcm_user_exit(void)
{
	misc_deregister(&vcm_misc);
}
