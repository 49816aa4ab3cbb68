/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * oracle.h - a space beside a map of its pages, for the kernel and for user space.
 */
#ifndef VCM_BENCH_ORACLE_H
#define VCM_BENCH_ORACLE_H

#include "vcm_os.h"

/**
 * struct oracle_cfg - how to test a space
 * @seed:   of the random numbers
 * @ops:    operations
 * @pools:  pools to ask for
 * @cached: as in struct vcm_space_cfg
 * @top:    the window ends with the address space; else it begins with it
 * @move:   called now and then to go on as another processor; optional
 */
struct oracle_cfg {
	u64 seed;
	u64 ops;
	u32 pools;
	u32 cached;
	bool top;
	void (*move)(u64 dice);
};

/**
 * struct oracle_counts - what happened
 * @takes:   requests that succeeded
 * @refused: requests that could not be satisfied, rightly
 * @exact:   requests for which one place only was left
 * @fixed:   fixed addresses taken
 * @gives:   ranges given back, @later of them to wait for a flush
 * @later:   see there
 * @flushes: flushes
 * @spans:   ranges taken across a border of pools
 * @drains:  times the caches were emptied for a request
 * @first:   times the first page of the window was taken
 * @last:    times the last page was
 */
struct oracle_counts {
	u64 takes;
	u64 refused;
	u64 exact;
	u64 fixed;
	u64 gives;
	u64 later;
	u64 flushes;
	u64 spans;
	u64 drains;
	u64 first;
	u64 last;
};

const char *vcm_oracle_run(const struct oracle_cfg *cfg, struct oracle_counts *counts);

#endif
