// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcm_edu_debugfs.c - the sample driver on demand.
 *
 * debugfs/vcm_edu/<pci name>/
 *   dma     write "to IOVA OFF LEN" or "from IOVA OFF LEN": one transfer of the engine between
 *           memory at IOVA and its own buffer at OFF, through whatever the device is attached
 *           to; OFF + LEN <= 4095, for what happens otherwise see VCM_EDU_DMA_MAX
 *   run     write "ROUNDS BUFFERS": the sample, see vcm_edu.c
 *   result  read: counters of all runs
 *
 * A write returns when the work is done.  Numbers are in C notation.
 */
#include <linux/debugfs.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "vcm_edu.h"

#define VCM_EDU_LINE	80	/* longest line written to a file */

static struct dentry *vcm_edu_root;

/* Copy one written line and cut it into @nr words; fewer or more are an error. */
static int vcm_edu_words(const char __user *ubuf, size_t len, char *line, char **word, int nr)
{
	char *rest, *next;
	int i = 0;

	if (!len || len >= VCM_EDU_LINE)
		return -EINVAL;
	if (copy_from_user(line, ubuf, len))
		return -EFAULT;
	line[len] = '\0';
	rest = strim(line);
	while ((next = strsep(&rest, " \t")) != NULL) {
		if (!*next)
			continue;
		if (i == nr)
			return -EINVAL;
		word[i++] = next;
	}
	return i == nr ? 0 : -EINVAL;
}

static ssize_t vcm_edu_dma_write(struct file *file, const char __user *ubuf, size_t len,
				 loff_t *pos)
{
	struct vcm_edu *edu = file->private_data;
	char line[VCM_EDU_LINE], *word[4];
	enum vcm_edu_dir dir;
	u32 off, count;
	u64 iova;
	int err;

	err = vcm_edu_words(ubuf, len, line, word, ARRAY_SIZE(word));
	if (err)
		return err;
	if (!strcmp(word[0], "to"))
		dir = VCM_EDU_TO_DEVICE;
	else if (!strcmp(word[0], "from"))
		dir = VCM_EDU_FROM_DEVICE;
	else
		return -EINVAL;
	if (kstrtou64(word[1], 0, &iova) || kstrtou32(word[2], 0, &off) ||
	    kstrtou32(word[3], 0, &count))
		return -EINVAL;
	if (mutex_lock_interruptible(&edu->lock))
		return -EINTR;
	err = vcm_edu_transfer(edu, dir, iova, off, count);
	mutex_unlock(&edu->lock);
	return err ? err : len;
}

static const struct file_operations vcm_edu_dma_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = vcm_edu_dma_write,
	.llseek = noop_llseek,
};

static ssize_t vcm_edu_run_write(struct file *file, const char __user *ubuf, size_t len,
				 loff_t *pos)
{
	struct vcm_edu *edu = file->private_data;
	char line[VCM_EDU_LINE], *word[2];
	u32 rounds, nr;
	int err;

	err = vcm_edu_words(ubuf, len, line, word, ARRAY_SIZE(word));
	if (err)
		return err;
	if (kstrtou32(word[0], 0, &rounds) || kstrtou32(word[1], 0, &nr))
		return -EINVAL;
	if (mutex_lock_interruptible(&edu->lock))
		return -EINTR;
	err = vcm_edu_run_locked(edu, rounds, nr);
	mutex_unlock(&edu->lock);
	return err ? err : len;
}

static const struct file_operations vcm_edu_run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = vcm_edu_run_write,
	.llseek = noop_llseek,
};

static int vcm_edu_result_show(struct seq_file *m, void *unused)
{
	struct vcm_edu *edu = m->private;
	struct vcm_edu_stats stats;

	mutex_lock(&edu->lock);
	stats = edu->stats;
	mutex_unlock(&edu->lock);
	seq_printf(m, "runs: %llu\n", stats.runs);
	seq_printf(m, "buffers: %llu\n", stats.buffers);
	seq_printf(m, "bytes_to_device: %llu\n", stats.bytes_to_device);
	seq_printf(m, "bytes_from_device: %llu\n", stats.bytes_from_device);
	seq_printf(m, "bytes_verified: %llu\n", stats.bytes_verified);
	seq_printf(m, "mismatches: %llu\n", stats.mismatches);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_edu_result);

/* Make the folder that every device gets one in. */
void vcm_edu_debugfs_init(void)
{
	vcm_edu_root = debugfs_create_dir("vcm_edu", NULL);
}

void vcm_edu_debugfs_fini(void)
{
	debugfs_remove(vcm_edu_root);
}

/* The device can be used from here on. */
void vcm_edu_debugfs_add(struct vcm_edu *edu)
{
	edu->dir = debugfs_create_dir(pci_name(edu->hw.pdev), vcm_edu_root);
	debugfs_create_file("dma", 0200, edu->dir, edu, &vcm_edu_dma_fops);
	debugfs_create_file("run", 0200, edu->dir, edu, &vcm_edu_run_fops);
	debugfs_create_file("result", 0400, edu->dir, edu, &vcm_edu_result_fops);
}

/* Nobody is inside a file of the device after this. */
void vcm_edu_debugfs_remove(struct vcm_edu *edu)
{
	debugfs_remove(edu->dir);
}
