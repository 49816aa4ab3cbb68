// SPDX-License-Identifier: GPL-2.0-only
/*
 * inject.c - failure points of VCM's own, for kernels without CONFIG_FAULT_INJECTION.
 *
 * debugfs/vcm/fail_nth: a task that writes N makes its own N-th failure point from now on fail,
 * once; 0 ends that.  Reading gives what is left of N and how many points have failed since the
 * last write: "0 1" after an injection, "N' 0" when the task had fewer points than N.  One task
 * at a time.
 *
 * The kernel's fail-nth is the model; this one reaches every allocation of this module, every
 * call of a driver that the core makes, every call into other subsystems that can fail, and
 * nothing else.  When it is not in use it costs a branch that is patched out.
 */
#include <linux/debugfs.h>
#include <linux/jump_label.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "vcm.h"
#include "vcm_os.h"

static DEFINE_STATIC_KEY_FALSE(vcm_inject_key);
static DEFINE_MUTEX(vcm_inject_lock);	/* the three below, against other writers */
static struct task_struct *vcm_inject_task;	/* compared only; whose points count */
static u64 vcm_inject_left;
static u64 vcm_inject_hits;

/**
 * vcm_os_should_fail() - is this the failure point that is to fail?
 *
 * Context: any. Return: the answer.
 */
bool vcm_os_should_fail(void)
{
	if (!static_branch_unlikely(&vcm_inject_key))
		return false;
	if (READ_ONCE(vcm_inject_task) != current || !vcm_inject_left)
		return false;
	if (--vcm_inject_left)
		return false;
	vcm_inject_hits++;
	return true;
}

/**
 * vcm_should_fail() - is what a driver is about to do to fail?
 *
 * To be asked by a driver before an allocation of its own and before a call that can fail, so
 * that tests reach what it does then.
 *
 * Context: any. Return: the answer.
 */
bool vcm_should_fail(void)
{
	return vcm_os_should_fail();
}
EXPORT_SYMBOL_GPL(vcm_should_fail);

static int vcm_inject_set(u64 nth)
{
	if (vcm_inject_task && vcm_inject_task != current)
		return -EBUSY;
	if (nth && !vcm_inject_task)
		static_branch_enable(&vcm_inject_key);
	else if (!nth && vcm_inject_task)
		static_branch_disable(&vcm_inject_key);
	vcm_inject_left = nth;
	vcm_inject_hits = 0;
	WRITE_ONCE(vcm_inject_task, nth ? current : NULL);
	return 0;
}

static ssize_t vcm_inject_write(struct file *file, const char __user *from, size_t len,
				loff_t *pos)
{
	u64 nth;
	int err = kstrtoull_from_user(from, len, 0, &nth);

	if (err)
		return err;
	mutex_lock(&vcm_inject_lock);
	err = vcm_inject_set(nth);
	mutex_unlock(&vcm_inject_lock);
	return err ? err : len;
}

static ssize_t vcm_inject_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	char text[48];
	int n;

	mutex_lock(&vcm_inject_lock);
	n = scnprintf(text, sizeof(text), "%llu %llu\n", vcm_inject_left, vcm_inject_hits);
	mutex_unlock(&vcm_inject_lock);
	return simple_read_from_buffer(to, len, pos, text, n);
}

/* A task that goes without writing 0 must not leave its place taken. */
static int vcm_inject_release(struct inode *inode, struct file *file)
{
	mutex_lock(&vcm_inject_lock);
	if (vcm_inject_task == file->private_data || vcm_inject_task == current) {
		static_branch_disable(&vcm_inject_key);
		WRITE_ONCE(vcm_inject_task, NULL);
		vcm_inject_left = 0;
	}
	mutex_unlock(&vcm_inject_lock);
	return 0;
}

static int vcm_inject_open(struct inode *inode, struct file *file)
{
	file->private_data = current;
	return 0;
}

static const struct file_operations vcm_inject_fops = {
	.owner = THIS_MODULE,
	.open = vcm_inject_open,
	.read = vcm_inject_read,
	.write = vcm_inject_write,
	.release = vcm_inject_release,
};

/* Add the knob to @dir. */
void vcm_inject_add(struct dentry *dir)
{
	debugfs_create_file("fail_nth", 0600, dir, NULL, &vcm_inject_fops);
}
