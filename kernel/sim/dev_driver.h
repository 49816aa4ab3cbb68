/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dev_driver.h - what the files of vcm_sim_dev.ko share.
 */
#ifndef VCM_SIM_DEV_DRIVER_H
#define VCM_SIM_DEV_DRIVER_H

#include <linux/mutex.h>
#include <linux/types.h>

struct dentry;
struct device;

/**
 * struct vcm_sim_dma_result - what the DMA API was seen to do
 * @maps:   mappings that were made
 * @unmaps: that were undone
 * @bytes:  moved and compared
 * @wrong:  bytes that were not what they should be
 * @leaks:  accesses that went through after the mapping was undone, or against its direction
 */
struct vcm_sim_dma_result {
	u64 maps;
	u64 unmaps;
	u64 bytes;
	u64 wrong;
	u64 leaks;
};

/**
 * struct vcm_sim_drv - a device of this driver
 * @dev:    immutable
 * @lock:   for @result, and one run at a time
 * @result: sums of all runs
 * @dir:    debugfs folder; immutable
 */
struct vcm_sim_drv {
	struct device *dev;
	struct mutex lock;	/* one run at a time */
	struct vcm_sim_dma_result result;
	struct dentry *dir;
};

int vcm_sim_dma_api(struct device *dev, const char *what, struct vcm_sim_dma_result *result);

#endif
