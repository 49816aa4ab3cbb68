// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapfile.c - debugfs/vcm/snapshot: open() copies the state, read() hands the copy out.
 *
 * The format is in uapi/vcm.h.  Each open file has its own copy, so a slow reader holds up
 * nobody.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>

#include "core/core.h"
#include "obs/obs.h"

/**
 * struct vcm_snapfile - an open snapshot
 * @data: the bytes; immutable
 * @len:  how many; immutable
 */
struct vcm_snapfile {
	void *data;
	size_t len;
};

static int vcm_snapfile_open(struct inode *inode, struct file *file)
{
	struct vcm_snapfile *snap = vcm_os_zalloc(sizeof(*snap));
	int err;

	if (!snap)
		return -ENOMEM;
	err = vcm_obs_snapshot(&snap->data, &snap->len);
	if (err) {
		vcm_os_free(snap);
		return err;
	}
	file->private_data = snap;
	return 0;
}

static ssize_t vcm_snapfile_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	const struct vcm_snapfile *snap = file->private_data;

	return simple_read_from_buffer(to, len, pos, snap->data, snap->len);
}

static loff_t vcm_snapfile_llseek(struct file *file, loff_t off, int whence)
{
	const struct vcm_snapfile *snap = file->private_data;

	return fixed_size_llseek(file, off, whence, snap->len);
}

static int vcm_snapfile_release(struct inode *inode, struct file *file)
{
	struct vcm_snapfile *snap = file->private_data;

	vcm_os_free(snap->data);
	vcm_os_free(snap);
	return 0;
}

static const struct file_operations vcm_snapfile_fops = {
	.owner = THIS_MODULE,
	.open = vcm_snapfile_open,
	.read = vcm_snapfile_read,
	.llseek = vcm_snapfile_llseek,
	.release = vcm_snapfile_release,
};

/* Add the file to @dir. */
void vcm_snapfile_add(struct dentry *dir)
{
	debugfs_create_file("snapshot", 0400, dir, NULL, &vcm_snapfile_fops);
}
