/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * caller.h - the memory of the one process that calls an ioctl.
 */
#ifndef SHIM_USER_CALLER_H
#define SHIM_USER_CALLER_H

#include <linux/types.h>

/**
 * struct caller - what accesses to user memory meet
 * @memory: the only memory there is
 * @len:    of it
 * @read_fails_at: the how manieth read fails, 0 for none
 * @write_fails_at: likewise
 * @size_later: what another thread writes to the first member after the first read, 0 for nothing
 * @reads:  that were done
 * @writes: that were done
 */
struct caller {
	u8 *memory;
	size_t len;
	u32 read_fails_at;
	u32 write_fails_at;
	u32 size_later;
	u32 reads;
	u32 writes;
};

extern struct caller caller;

#endif
