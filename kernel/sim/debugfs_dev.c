// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs_dev.c - debugfs/vcm_sim/dev/NAME: the engine of a device, by hand.
 *
 *   dma      write a command; the write returns when it is done, with -EFAULT after a fault:
 *              to IOVA OFF LEN      memory -> the device's buffer of 64 KiB
 *              from IOVA OFF LEN    the device's buffer -> memory
 *              copy SRC DST LEN
 *              fill IOVA LEN BYTE
 *              sum IOVA LEN
 *              scatter SRC DST LEN PIECE STRIDE
 *            the first two are those of the edu sample.  Read: the checksum of the bytes of the
 *            last command, see struct vcm_sim_cmd
 *   submit   write a command; it is queued
 *   queue    read: waits for what is queued; then counters of jobs
 *   burst    write "start" and a command, or "stop"; read: rounds that ended well, that failed,
 *            the last error
 *   resume   write retry or terminate: let accesses that a fault holds up go on or not
 *   stalled  read: how many are held up, and the address of the last
 *
 * Numbers are in C notation.  Nothing here takes vcm_sim_lock, see debugfs.c.
 */
#include <linux/debugfs.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "debugfs.h"
#include "sim.h"

/**
 * struct vcm_sim_verb - how a command is written
 * @name: first word
 * @op:   what it does
 * @nr:   numbers that follow
 * @at:   offset in struct vcm_sim_cmd of each
 */
struct vcm_sim_verb {
	const char *name;
	enum vcm_sim_op op;
	int nr;
	size_t at[5];
};

#define AT(member) offsetof(struct vcm_sim_cmd, member)

static const struct vcm_sim_verb vcm_sim_verbs[] = {
	{ "to", VCM_SIM_OP_TO_DEVICE, 3, { AT(src), AT(dst), AT(len) } },
	{ "from", VCM_SIM_OP_FROM_DEVICE, 3, { AT(dst), AT(src), AT(len) } },
	{ "copy", VCM_SIM_OP_COPY, 3, { AT(src), AT(dst), AT(len) } },
	{ "fill", VCM_SIM_OP_FILL, 3, { AT(dst), AT(len), AT(value) } },
	{ "sum", VCM_SIM_OP_SUM, 2, { AT(src), AT(len) } },
	{ "scatter", VCM_SIM_OP_SCATTER, 5, { AT(src), AT(dst), AT(len), AT(piece), AT(value) } },
};

/* Read a command from word @from on. */
static int vcm_sim_cmd_parse(const struct vcm_sim_line *line, int from, struct vcm_sim_cmd *cmd)
{
	const struct vcm_sim_verb *verb;
	int i;

	*cmd = (struct vcm_sim_cmd) {};
	if (from >= line->nr)
		return -EINVAL;
	for (verb = vcm_sim_verbs; verb < vcm_sim_verbs + ARRAY_SIZE(vcm_sim_verbs); verb++)
		if (!strcmp(line->word[from], verb->name))
			break;
	if (verb == vcm_sim_verbs + ARRAY_SIZE(vcm_sim_verbs) || line->nr != from + 1 + verb->nr)
		return -EINVAL;
	cmd->op = verb->op;
	for (i = 0; i < verb->nr; i++)
		if (kstrtou64(line->word[from + 1 + i], 0, (u64 *)((u8 *)cmd + verb->at[i])))
			return -EINVAL;
	return 0;
}

static int vcm_sim_cmd_get(const char __user *ubuf, size_t len, struct vcm_sim_cmd *cmd)
{
	struct vcm_sim_line line;
	int err = vcm_sim_line_get(&line, ubuf, len);

	return err ? err : vcm_sim_cmd_parse(&line, 0, cmd);
}

static int vcm_sim_dma_show(struct seq_file *m, void *v)
{
	struct vcm_sim_dev *sdev = m->private;

	seq_printf(m, "%#llx\n", READ_ONCE(sdev->sum));
	return 0;
}

static int vcm_sim_dma_open(struct inode *inode, struct file *file)
{
	return single_open(file, vcm_sim_dma_show, inode->i_private);
}

static ssize_t vcm_sim_dma_write(struct file *file, const char __user *ubuf, size_t len,
				 loff_t *pos)
{
	struct vcm_sim_dev *sdev = ((struct seq_file *)file->private_data)->private;
	struct vcm_sim_cmd cmd;
	int err = vcm_sim_cmd_get(ubuf, len, &cmd);

	if (!err)
		err = vcm_sim_engine_run(sdev, &cmd);
	return err ? err : len;
}

static const struct file_operations vcm_sim_dma_fops = {
	.owner = THIS_MODULE,
	.open = vcm_sim_dma_open,
	.read = seq_read,
	.write = vcm_sim_dma_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static void vcm_sim_submit_done(struct vcm_sim_job *job)
{
	kfree(job);
}

static ssize_t vcm_sim_submit_write(struct file *file, const char __user *ubuf, size_t len,
				    loff_t *pos)
{
	struct vcm_sim_dev *sdev = file->private_data;
	struct vcm_sim_job *job = kzalloc(sizeof(*job), GFP_KERNEL);
	int err;

	if (!job)
		return -ENOMEM;
	job->done = vcm_sim_submit_done;
	err = vcm_sim_cmd_get(ubuf, len, &job->cmd);
	if (!err)
		err = vcm_sim_engine_submit(sdev, job);
	if (!err)
		return len;
	kfree(job);
	return err;
}

static const struct file_operations vcm_sim_submit_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = vcm_sim_submit_write,
	.llseek = noop_llseek,
};

static int vcm_sim_queue_show(struct seq_file *m, void *v)
{
	struct vcm_sim_dev *sdev = m->private;

	flush_workqueue(sdev->queue);
	spin_lock_irq(&sdev->mmu->lock);
	seq_printf(m, "submitted: %llu\n", sdev->stats.submitted);
	seq_printf(m, "done: %llu\n", sdev->stats.done);
	seq_printf(m, "failed: %llu\n", sdev->stats.failed);
	seq_printf(m, "error: %d\n", sdev->stats.err);
	spin_unlock_irq(&sdev->mmu->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_sim_queue);

static int vcm_sim_burst_show(struct seq_file *m, void *v)
{
	struct vcm_sim_dev *sdev = m->private;

	seq_printf(m, "rounds: %llu\n", READ_ONCE(sdev->burst.rounds));
	seq_printf(m, "failed: %llu\n", READ_ONCE(sdev->burst.failed));
	seq_printf(m, "error: %d\n", READ_ONCE(sdev->burst.err));
	return 0;
}

static int vcm_sim_burst_open(struct inode *inode, struct file *file)
{
	return single_open(file, vcm_sim_burst_show, inode->i_private);
}

static ssize_t vcm_sim_burst_write(struct file *file, const char __user *ubuf, size_t len,
				   loff_t *pos)
{
	struct vcm_sim_dev *sdev = ((struct seq_file *)file->private_data)->private;
	struct vcm_sim_line line;
	struct vcm_sim_cmd cmd;
	int err = vcm_sim_line_get(&line, ubuf, len);

	if (err)
		return err;
	if (!strcmp(line.word[0], "stop"))
		err = line.nr == 1 ? vcm_sim_burst_stop(sdev) : -EINVAL;
	else if (!strcmp(line.word[0], "start"))
		err = vcm_sim_cmd_parse(&line, 1, &cmd) ?: vcm_sim_burst_start(sdev, &cmd);
	else
		err = -EINVAL;
	return err ? err : len;
}

static const struct file_operations vcm_sim_burst_fops = {
	.owner = THIS_MODULE,
	.open = vcm_sim_burst_open,
	.read = seq_read,
	.write = vcm_sim_burst_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static ssize_t vcm_sim_resume_write(struct file *file, const char __user *ubuf, size_t len,
				    loff_t *pos)
{
	struct vcm_sim_dev *sdev = file->private_data;
	struct vcm_sim_line line;
	int err = vcm_sim_line_get(&line, ubuf, len);

	if (err)
		return err;
	if (!strcmp(line.word[0], "retry"))
		err = vcm_sim_resume(sdev, true);
	else if (!strcmp(line.word[0], "terminate"))
		err = vcm_sim_resume(sdev, false);
	else
		err = -EINVAL;
	return err ? err : len;
}

static const struct file_operations vcm_sim_resume_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = vcm_sim_resume_write,
	.llseek = noop_llseek,
};

static int vcm_sim_stalled_show(struct seq_file *m, void *v)
{
	struct vcm_sim_dev *sdev = m->private;

	spin_lock_irq(&sdev->mmu->lock);
	seq_printf(m, "%u %#llx\n", sdev->stalled, sdev->stalled_at);
	spin_unlock_irq(&sdev->mmu->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_sim_stalled);

void vcm_sim_debugfs_dev_add(struct vcm_sim_dev *sdev)
{
	sdev->dir = debugfs_create_dir(sdev->name, vcm_sim_dev_dir);
	debugfs_create_file("dma", 0600, sdev->dir, sdev, &vcm_sim_dma_fops);
	debugfs_create_file("submit", 0200, sdev->dir, sdev, &vcm_sim_submit_fops);
	debugfs_create_file("queue", 0400, sdev->dir, sdev, &vcm_sim_queue_fops);
	debugfs_create_file("burst", 0600, sdev->dir, sdev, &vcm_sim_burst_fops);
	debugfs_create_file("resume", 0200, sdev->dir, sdev, &vcm_sim_resume_fops);
	debugfs_create_file("stalled", 0400, sdev->dir, sdev, &vcm_sim_stalled_fops);
}

/* Nobody is inside a file of the device after this. */
void vcm_sim_debugfs_dev_remove(struct vcm_sim_dev *sdev)
{
	debugfs_remove(sdev->dir);
}
