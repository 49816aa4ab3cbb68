/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_dev.h - a simulated device as its driver sees it: the DMA engine.
 *
 * Every address that a command names is what the device puts on the bus: it goes through the
 * simulated IOMMU, whatever the device is attached to at that moment.
 *
 * A command that is terminated by a fault has moved the bytes before it, like the hardware.
 */
#ifndef VCM_SIM_DEV_H
#define VCM_SIM_DEV_H

#include <linux/types.h>
#include <linux/workqueue.h>

struct device;

/* What the devices are to drivers; on the bus each has a name of its own. */
#define VCM_SIM_DEV_DRIVER	"vcm_sim_dev"

#define VCM_SIM_BUFFER		65536	/* bytes of memory inside of a device */

/**
 * enum vcm_sim_op - what the engine can do
 * @VCM_SIM_OP_TO_DEVICE:   memory at @src -> the device's own buffer at @dst
 * @VCM_SIM_OP_FROM_DEVICE: the device's own buffer at @src -> memory at @dst
 * @VCM_SIM_OP_COPY:        memory at @src -> memory at @dst
 * @VCM_SIM_OP_FILL:        every byte at @dst becomes @value
 * @VCM_SIM_OP_SUM:         the checksum of memory at @src
 * @VCM_SIM_OP_SCATTER:     memory at @src, cut into pieces of @piece bytes, goes to @dst,
 *                          @dst + @value, @dst + 2 * @value, ...
 */
enum vcm_sim_op {
	VCM_SIM_OP_TO_DEVICE,
	VCM_SIM_OP_FROM_DEVICE,
	VCM_SIM_OP_COPY,
	VCM_SIM_OP_FILL,
	VCM_SIM_OP_SUM,
	VCM_SIM_OP_SCATTER,
};

/**
 * struct vcm_sim_cmd - one command of the engine
 * @op:    what to do
 * @piece: VCM_SIM_OP_SCATTER: bytes of a piece, not 0
 * @src:   where from
 * @dst:   where to
 * @len:   bytes, not 0
 * @value: VCM_SIM_OP_FILL: the byte; VCM_SIM_OP_SCATTER: distance of the pieces
 * @moved: out: bytes that were moved
 * @sum:   out: 64-bit FNV-1a of the bytes moved, in their order
 */
struct vcm_sim_cmd {
	enum vcm_sim_op op;
	u64 piece;
	u64 src;
	u64 dst;
	u64 len;
	u64 value;
	u64 moved;
	u64 sum;
};

/**
 * struct vcm_sim_job - a command that the engine does by itself
 * @cmd:  what to do; the results are there when @done is called
 * @err:  out: as vcm_sim_dev_run()
 * @done: called in a process when the command has ended, in the order of submission; it may
 *        free the job
 * @work: the engine's
 * @sdev: the engine's
 */
struct vcm_sim_job {
	struct vcm_sim_cmd cmd;
	int err;
	void (*done)(struct vcm_sim_job *job);
	struct work_struct work;
	struct vcm_sim_dev *sdev;
};

int vcm_sim_dev_run(struct device *dev, struct vcm_sim_cmd *cmd);
int vcm_sim_dev_submit(struct device *dev, struct vcm_sim_job *job);
u8 *vcm_sim_dev_buffer(struct device *dev);

#endif
