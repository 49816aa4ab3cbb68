/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_edu.h - one edu device as the sample driver keeps it; shared by its files.
 *
 * Locking: vcm_edu.lock makes the engine, its buffer and the counters belong to one user.
 * Removal sets vcm_edu.gone first, which ends a run at its next transfer, and then waits for
 * the users of the debugfs files to leave.
 */
#ifndef VCM_EDU_H
#define VCM_EDU_H

#include <linux/mutex.h>
#include <linux/types.h>

#include "vcm_edu_hw.h"

struct dentry;

/**
 * struct vcm_edu_stats - what the runs did
 * @runs:              rounds that ended well
 * @buffers:           buffers they moved
 * @bytes_to_device:   bytes the device read from memory
 * @bytes_from_device: bytes the device wrote to memory
 * @bytes_verified:    bytes compared
 * @mismatches:        bytes that were wrong
 */
struct vcm_edu_stats {
	u64 runs;
	u64 buffers;
	u64 bytes_to_device;
	u64 bytes_from_device;
	u64 bytes_verified;
	u64 mismatches;
};

/**
 * struct vcm_edu - one device
 * @hw:    the device; its engine is under @lock
 * @lock:  one user at a time
 * @gone:  the device is being removed; set once, read without a lock
 * @seed:  of the next round; under @lock
 * @stats: under @lock
 * @dir:   debugfs folder; immutable
 */
struct vcm_edu {
	struct vcm_edu_hw hw;
	struct mutex lock;	/* one user at a time */
	bool gone;
	u64 seed;
	struct vcm_edu_stats stats;
	struct dentry *dir;
};

struct vcm_phys;

struct vcm_phys *vcm_edu_mem(u32 pages, u32 way);
int vcm_edu_transfer(struct vcm_edu *edu, enum vcm_edu_dir dir, u64 iova, u32 off, u32 len);
int vcm_edu_run_locked(struct vcm_edu *edu, u32 rounds, u32 nr);

void vcm_edu_debugfs_init(void);
void vcm_edu_debugfs_fini(void);
void vcm_edu_debugfs_add(struct vcm_edu *edu);
void vcm_edu_debugfs_remove(struct vcm_edu *edu);

#endif
