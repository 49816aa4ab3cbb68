// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - vcm_test.ko: play scenarios in the kernel, through the API of vcm.h.
 *
 * debugfs/vcm_test/
 *   play    write a whole scenario at once: it is played and everything it holds given up
 *   hold    the same, but what it holds stays until the next scenario, "clear" or the unload
 *   clear   write anything: give it up now
 *   result  read: "ok, N commands" or "LINE: what is wrong"
 * A write fails with EINVAL when the text is no scenario, and with EILSEQ when something came
 * otherwise than the scenario expects.
 *
 * The devices are those of trace/scenario/soft.c; no hardware is touched.  The events have the
 * process that writes as their cause.
 *
 * Locking: vcm_test_lock, outside all locks of VCM.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#include "scenario.h"

#define VCM_TEST_TEXT_MAX	((size_t)256 << 10)

static DEFINE_MUTEX(vcm_test_lock);
static struct dentry *vcm_test_dir;
static struct scn *vcm_test_scn;
static char vcm_test_result[192] = "nothing was played\n";

static int vcm_test_foreign(u64 len, u64 *pa)
{
	void *kva;

	if (!len || !IS_ALIGNED(len, PAGE_SIZE))
		return -EINVAL;
	kva = alloc_pages_exact(len, GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN);
	if (!kva)
		return -ENOMEM;
	*pa = virt_to_phys(kva);
	return 0;
}

static void vcm_test_foreign_free(u64 pa, u64 len)
{
	free_pages_exact(phys_to_virt(pa), len);
}

static const struct scn_host vcm_test_host = {
	.foreign = vcm_test_foreign,
	.foreign_free = vcm_test_foreign_free,
	.vmm = &vcm_vmm_driver,
};

static void vcm_test_complain(void)
{
	const struct scn_error *error = &vcm_test_scn->error;
	char text[160];

	scn_error_text(error, text, sizeof(text));
	snprintf(vcm_test_result, sizeof(vcm_test_result), "%u: %s\n", error->line, text);
}

static int vcm_test_end(void)
{
	lockdep_assert_held(&vcm_test_lock);
	if (!scn_end(vcm_test_scn))
		return 0;
	vcm_test_complain();
	return -EILSEQ;
}

static int vcm_test_play(const char *text, size_t len, bool hold)
{
	int err = vcm_test_end(), end;

	if (err)
		return err;
	scn_init(vcm_test_scn, &vcm_test_host);
	if (scn_check(vcm_test_scn, text, len)) {
		vcm_test_complain();
		return -EINVAL;
	}
	if (scn_play(vcm_test_scn, text, len)) {
		vcm_test_complain();
		err = -EILSEQ;
	} else {
		snprintf(vcm_test_result, sizeof(vcm_test_result), "ok, %llu commands\n",
			 vcm_test_scn->commands);
	}
	end = hold ? 0 : vcm_test_end();
	return err ? err : end;
}

static ssize_t vcm_test_write(const char __user *from, size_t len, const loff_t *pos, bool hold)
{
	char *text;
	int err;

	if (*pos || len > VCM_TEST_TEXT_MAX)
		return -EFBIG;
	text = vmemdup_user(from, len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	mutex_lock(&vcm_test_lock);
	err = vcm_test_play(text, len, hold);
	mutex_unlock(&vcm_test_lock);
	kvfree(text);
	return err ? err : len;
}

static ssize_t vcm_test_play_write(struct file *file, const char __user *from, size_t len,
				   loff_t *pos)
{
	return vcm_test_write(from, len, pos, false);
}

static ssize_t vcm_test_hold_write(struct file *file, const char __user *from, size_t len,
				   loff_t *pos)
{
	return vcm_test_write(from, len, pos, true);
}

static ssize_t vcm_test_clear_write(struct file *file, const char __user *from, size_t len,
				    loff_t *pos)
{
	int err;

	mutex_lock(&vcm_test_lock);
	err = vcm_test_end();
	mutex_unlock(&vcm_test_lock);
	return err ? err : len;
}

static ssize_t vcm_test_result_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	ssize_t got;

	mutex_lock(&vcm_test_lock);
	got = simple_read_from_buffer(to, len, pos, vcm_test_result, strlen(vcm_test_result));
	mutex_unlock(&vcm_test_lock);
	return got;
}

static const struct file_operations vcm_test_play_fops = {
	.owner = THIS_MODULE,
	.write = vcm_test_play_write,
};

static const struct file_operations vcm_test_hold_fops = {
	.owner = THIS_MODULE,
	.write = vcm_test_hold_write,
};

static const struct file_operations vcm_test_clear_fops = {
	.owner = THIS_MODULE,
	.write = vcm_test_clear_write,
};

static const struct file_operations vcm_test_result_fops = {
	.owner = THIS_MODULE,
	.read = vcm_test_result_read,
};

static int __init vcm_test_init(void)
{
	vcm_test_scn = vcm_os_zalloc(sizeof(*vcm_test_scn));
	if (!vcm_test_scn)
		return -ENOMEM;
	vcm_test_dir = debugfs_create_dir("vcm_test", NULL);
	debugfs_create_file("play", 0200, vcm_test_dir, NULL, &vcm_test_play_fops);
	debugfs_create_file("hold", 0200, vcm_test_dir, NULL, &vcm_test_hold_fops);
	debugfs_create_file("clear", 0200, vcm_test_dir, NULL, &vcm_test_clear_fops);
	debugfs_create_file("result", 0400, vcm_test_dir, NULL, &vcm_test_result_fops);
	return 0;
}

static void __exit vcm_test_exit(void)
{
	debugfs_remove(vcm_test_dir);
	mutex_lock(&vcm_test_lock);
	vcm_test_end();
	mutex_unlock(&vcm_test_lock);
	vcm_os_free(vcm_test_scn);
}

module_init(vcm_test_init);
module_exit(vcm_test_exit);

MODULE_DESCRIPTION("Scenario player for tests of VCM");
MODULE_LICENSE("GPL");
