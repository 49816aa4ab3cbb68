// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine.c - the DMA engine of a device: commands, jobs, bursts.
 *
 * A device has three channels that work at the same time: one for commands that somebody waits
 * for, one for jobs that are done one after the other with a completion each, and one for a
 * burst, the same command again and again in a thread of its own.  Each holds at most one page
 * of bytes on their way.
 *
 * Locking: the lock of the channel for the time of a command.  Commands sleep, for as long as a
 * fault holds them up.
 */
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "sim.h"

#define VCM_SIM_FNV_START	0xcbf29ce484222325ULL
#define VCM_SIM_FNV_PRIME	0x100000001b3ULL

/* FNV-1a, so that whoever compares needs no library. */
static u64 vcm_sim_sum(u64 sum, const u8 *data, u64 len)
{
	while (len--)
		sum = (sum ^ *data++) * VCM_SIM_FNV_PRIME;
	return sum;
}

/* Where the next piece of a command goes. */
static u64 vcm_sim_dst(const struct vcm_sim_cmd *cmd)
{
	if (cmd->op != VCM_SIM_OP_SCATTER)
		return cmd->dst + cmd->moved;
	return cmd->dst + cmd->moved / cmd->piece * cmd->value + cmd->moved % cmd->piece;
}

/* Bytes of the next piece: a page, or less at the end of the command or of a scattered piece. */
static u64 vcm_sim_piece_len(const struct vcm_sim_cmd *cmd)
{
	u64 len = min_t(u64, cmd->len - cmd->moved, PAGE_SIZE);

	if (cmd->op == VCM_SIM_OP_SCATTER)
		len = min_t(u64, len, cmd->piece - cmd->moved % cmd->piece);
	return len;
}

static int vcm_sim_get(struct vcm_sim_dev *sdev, const struct vcm_sim_cmd *cmd, u8 *page, u64 len)
{
	u64 src = cmd->src + cmd->moved;

	switch (cmd->op) {
	case VCM_SIM_OP_FILL:
		memset(page, cmd->value, len);
		return 0;
	case VCM_SIM_OP_FROM_DEVICE:
		memcpy(page, sdev->buffer + src, len);
		return 0;
	default:
		return vcm_sim_access(sdev, src, page, len, false);
	}
}

static int vcm_sim_put(struct vcm_sim_dev *sdev, const struct vcm_sim_cmd *cmd, u8 *page, u64 len)
{
	u64 dst = vcm_sim_dst(cmd);

	switch (cmd->op) {
	case VCM_SIM_OP_SUM:
		return 0;
	case VCM_SIM_OP_TO_DEVICE:
		memcpy(sdev->buffer + dst, page, len);
		return 0;
	default:
		return vcm_sim_access(sdev, dst, page, len, true);
	}
}

static int vcm_sim_cmd_check(const struct vcm_sim_cmd *cmd)
{
	u64 off = cmd->op == VCM_SIM_OP_TO_DEVICE ? cmd->dst : cmd->src;
	u64 end;

	if (!cmd->len || check_add_overflow(cmd->src, cmd->len - 1, &end) ||
	    check_add_overflow(cmd->dst, cmd->len - 1, &end))
		return -EINVAL;
	switch (cmd->op) {
	case VCM_SIM_OP_TO_DEVICE:
	case VCM_SIM_OP_FROM_DEVICE:
		return off < VCM_SIM_BUFFER && cmd->len <= VCM_SIM_BUFFER - off ? 0 : -EINVAL;
	case VCM_SIM_OP_SCATTER:
		return cmd->piece && cmd->value >= cmd->piece ? 0 : -EINVAL;
	case VCM_SIM_OP_FILL:
		return cmd->value <= U8_MAX ? 0 : -EINVAL;
	default:
		return 0;
	}
}

/* The other channels' users see whole bytes of the buffer, in any order: like the hardware. */
static int vcm_sim_cmd_run(struct vcm_sim_dev *sdev, struct vcm_sim_chan *chan,
			   struct vcm_sim_cmd *cmd)
{
	int err = vcm_sim_cmd_check(cmd);
	u64 len;

	cmd->moved = 0;
	cmd->sum = VCM_SIM_FNV_START;
	while (!err && cmd->moved < cmd->len) {
		len = vcm_sim_piece_len(cmd);
		err = vcm_sim_get(sdev, cmd, chan->page, len);
		if (!err)
			err = vcm_sim_put(sdev, cmd, chan->page, len);
		if (err)
			break;
		cmd->sum = vcm_sim_sum(cmd->sum, chan->page, len);
		cmd->moved += len;
		if (fatal_signal_pending(current))
			return cmd->moved < cmd->len ? -EINTR : 0;
		cond_resched();
	}
	return err;
}

/* Do a command and wait for its end.  Return: as vcm_sim_access(); -EINVAL for a wrong one. */
int vcm_sim_engine_run(struct vcm_sim_dev *sdev, struct vcm_sim_cmd *cmd)
{
	int err;

	if (mutex_lock_killable(&sdev->manual.lock))
		return -EINTR;
	err = vcm_sim_cmd_run(sdev, &sdev->manual, cmd);
	if (!err)
		sdev->sum = cmd->sum;
	mutex_unlock(&sdev->manual.lock);
	return err;
}

static void vcm_sim_job_count(struct vcm_sim_dev *sdev, int err)
{
	spin_lock_irq(&sdev->mmu->lock);
	if (err) {
		sdev->stats.failed++;
		sdev->stats.err = err;
	} else {
		sdev->stats.done++;
	}
	spin_unlock_irq(&sdev->mmu->lock);
}

static void vcm_sim_job_work(struct work_struct *work)
{
	struct vcm_sim_job *job = container_of(work, struct vcm_sim_job, work);
	struct vcm_sim_dev *sdev = job->sdev;

	mutex_lock(&sdev->queued.lock);
	job->err = vcm_sim_cmd_run(sdev, &sdev->queued, &job->cmd);
	mutex_unlock(&sdev->queued.lock);
	vcm_sim_job_count(sdev, job->err);
	job->done(job);
}

/* Queue a job.  Return: 0, -EINVAL for a wrong command, -ENODEV when the device goes away. */
int vcm_sim_engine_submit(struct vcm_sim_dev *sdev, struct vcm_sim_job *job)
{
	int err = vcm_sim_cmd_check(&job->cmd);

	if (!err && READ_ONCE(sdev->gone))
		err = -ENODEV;
	if (err)
		return err;
	job->sdev = sdev;
	INIT_WORK(&job->work, vcm_sim_job_work);
	spin_lock_irq(&sdev->mmu->lock);
	sdev->stats.submitted++;
	spin_unlock_irq(&sdev->mmu->lock);
	queue_work(sdev->queue, &job->work);
	return 0;
}

static void vcm_sim_burst_round(struct vcm_sim_dev *sdev, struct vcm_sim_burst *burst)
{
	struct vcm_sim_cmd cmd = burst->cmd;
	int err;

	mutex_lock(&sdev->bursting.lock);
	err = vcm_sim_cmd_run(sdev, &sdev->bursting, &cmd);
	mutex_unlock(&sdev->bursting.lock);
	if (err)
		WRITE_ONCE(burst->err, err);
	if (err)
		WRITE_ONCE(burst->failed, burst->failed + 1);
	else
		WRITE_ONCE(burst->rounds, burst->rounds + 1);
}

/* A faulting burst leaves time for others: a fault makes work for them. */
static int vcm_sim_burst_thread(void *data)
{
	struct vcm_sim_dev *sdev = data;

	while (!kthread_should_stop()) {
		vcm_sim_burst_round(sdev, &sdev->burst);
		if (READ_ONCE(sdev->burst.err))
			schedule_timeout_interruptible(1);
		cond_resched();
	}
	return 0;
}

/* Return: 0, -EBUSY when there is one, -EINVAL for a wrong command, -ENODEV, -ENOMEM. */
int vcm_sim_burst_start(struct vcm_sim_dev *sdev, const struct vcm_sim_cmd *cmd)
{
	int err = vcm_sim_cmd_check(cmd);
	struct task_struct *task;

	if (err)
		return err;
	mutex_lock(&sdev->burst_lock);
	if (sdev->burst.task) {
		err = -EBUSY;
	} else if (READ_ONCE(sdev->gone)) {
		err = -ENODEV;
	} else {
		sdev->burst = (struct vcm_sim_burst) { .cmd = *cmd };
		task = kthread_run(vcm_sim_burst_thread, sdev, "%s", sdev->name);
		err = PTR_ERR_OR_ZERO(task);
		sdev->burst.task = err ? NULL : task;
	}
	mutex_unlock(&sdev->burst_lock);
	return err;
}

/* End it; the counters stay.  Return: 0, -ENXIO when there is none. */
int vcm_sim_burst_stop(struct vcm_sim_dev *sdev)
{
	int err = -ENXIO;

	mutex_lock(&sdev->burst_lock);
	if (sdev->burst.task) {
		kthread_stop(sdev->burst.task);
		sdev->burst.task = NULL;
		err = 0;
	}
	mutex_unlock(&sdev->burst_lock);
	return err;
}

/* Locks live as long as the device, whether it is live or not. */
void vcm_sim_engine_setup(struct vcm_sim_dev *sdev)
{
	mutex_init(&sdev->manual.lock);
	mutex_init(&sdev->queued.lock);
	mutex_init(&sdev->bursting.lock);
	mutex_init(&sdev->burst_lock);
}

static void vcm_sim_engine_free(struct vcm_sim_dev *sdev)
{
	free_page((unsigned long)sdev->manual.page);
	free_page((unsigned long)sdev->queued.page);
	free_page((unsigned long)sdev->bursting.page);
	kvfree(sdev->buffer);
	sdev->buffer = NULL;
}

/* Return: 0 or -ENOMEM with nothing left. */
int vcm_sim_engine_start(struct vcm_sim_dev *sdev)
{
	sdev->buffer = kvzalloc(VCM_SIM_BUFFER, GFP_KERNEL);
	sdev->manual.page = (u8 *)get_zeroed_page(GFP_KERNEL);
	sdev->queued.page = (u8 *)get_zeroed_page(GFP_KERNEL);
	sdev->bursting.page = (u8 *)get_zeroed_page(GFP_KERNEL);
	if (!sdev->buffer || !sdev->manual.page || !sdev->queued.page || !sdev->bursting.page)
		goto err_free;
	sdev->queue = alloc_ordered_workqueue("%s", 0, sdev->name);
	if (!sdev->queue)
		goto err_free;
	sdev->stats = (struct vcm_sim_dev_stats) {};
	sdev->burst = (struct vcm_sim_burst) {};
	return 0;

err_free:
	vcm_sim_engine_free(sdev);
	return -ENOMEM;
}

/* The device is gone: every job ends, with -ENODEV if it has not begun. */
void vcm_sim_engine_stop(struct vcm_sim_dev *sdev)
{
	vcm_sim_burst_stop(sdev);
	destroy_workqueue(sdev->queue);
	vcm_sim_engine_free(sdev);
}

static struct vcm_sim_dev *vcm_sim_engine_of(struct device *dev)
{
	struct vcm_sim_dev **sdev = dev_get_platdata(dev);

	return *sdev;
}

/**
 * vcm_sim_dev_run() - let the engine do a command, and wait
 * @dev: a device that the caller is the driver of
 * @cmd: the command; results are written to it
 *
 * Context: may sleep, as long as a fault holds the device up. Return: 0; -EINVAL for a wrong
 * command, -EFAULT after a fault, -EIO where there is no memory or no power, -ENODEV when the
 * device goes away, -EINTR.
 */
int vcm_sim_dev_run(struct device *dev, struct vcm_sim_cmd *cmd)
{
	return vcm_sim_engine_run(vcm_sim_engine_of(dev), cmd);
}
EXPORT_SYMBOL_GPL(vcm_sim_dev_run);

/**
 * vcm_sim_dev_submit() - let the engine do a command by itself
 * @dev: a device that the caller is the driver of
 * @job: the command, and whom to call at its end; the caller's until then
 *
 * Context: may sleep. Return: 0; -EINVAL or -ENODEV, then nobody is called.
 */
int vcm_sim_dev_submit(struct device *dev, struct vcm_sim_job *job)
{
	return vcm_sim_engine_submit(vcm_sim_engine_of(dev), job);
}
EXPORT_SYMBOL_GPL(vcm_sim_dev_submit);

/**
 * vcm_sim_dev_buffer() - the memory inside of a device
 * @dev: a device that the caller is the driver of
 *
 * Context: any. Return: VCM_SIM_BUFFER bytes.
 */
u8 *vcm_sim_dev_buffer(struct device *dev)
{
	return vcm_sim_engine_of(dev)->buffer;
}
EXPORT_SYMBOL_GPL(vcm_sim_dev_buffer);
