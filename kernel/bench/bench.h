/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench.h - what a range allocator has to offer to be measured, and what is measured.
 *
 * Workloads (work.c) know no allocator and no kernel; allocators (peer_*.c, ours.c) know no
 * workload; the clock and the memory come from whoever runs them.  work.c and ours.c are built
 * in the kernel and in user space from the same text.
 *
 * Addresses and lengths are bytes, multiples of the page size.
 */
#ifndef VCM_BENCH_H
#define VCM_BENCH_H

#include "vcm_os.h"

/**
 * struct bench_slot - one range that a workload holds
 * @start: its first address
 * @len:   its length, 0 when the slot is empty
 * @node:  for the allocator; survives a free
 */
struct bench_slot {
	u64 start;
	u64 len;
	void *node;
};

/**
 * struct bench_impl - an allocator
 * @name:     in results
 * @max_live: above this it takes hours; 0 for no such number
 * @create:   an empty space [0, @last]; NULL when there is no memory
 * @destroy:  undo @create; the slots are empty
 * @prepare:  make @slot usable, for allocators whose nodes are embedded; optional
 * @unprepare: undo @prepare; optional
 * @alloc:    take @slot->len bytes at a multiple of @align and set @slot->start; 0 or -errno
 * @free:     give @slot back
 */
struct bench_impl {
	const char *name;
	u64 max_live;
	void *(*create)(u64 last);
	void (*destroy)(void *space);
	int (*prepare)(struct bench_slot *slot);
	void (*unprepare)(struct bench_slot *slot);
	int (*alloc)(void *space, struct bench_slot *slot, u64 align);
	void (*free)(void *space, struct bench_slot *slot);
};

/**
 * struct bench_job - what to measure
 * @impl:  with what
 * @live:  ranges that are live
 * @ops:   measurements to make
 * @budget: stop after so many units of the clock, once 100 measurements are there
 * @seed:  of the random numbers
 */
struct bench_job {
	const struct bench_impl *impl;
	u64 live;
	u64 ops;
	u64 budget;
	u64 seed;
};

/* The series that one job leaves. */
enum bench_series {
	BENCH_MAIN,	/* the operation the job is named after */
	BENCH_FILL,	/* one allocation while the space fills */
	BENCH_FREE,
	BENCH_OK,	/* an allocation that succeeds */
	BENCH_FAIL,	/* one that cannot */
	BENCH_SERIES,
};

/**
 * struct bench_result - the distribution of one series
 * @nr:   measurements
 * @mean: average, in units of the clock like the rest
 * @p50:  median
 * @p99:  99th percentile
 * @p999: 99.9th percentile
 * @max:  largest
 */
struct bench_result {
	u64 nr;
	u64 mean;
	u64 p50;
	u64 p99;
	u64 p999;
	u64 max;
};

/**
 * struct bench_report - what a job leaves
 * @series: by enum bench_series; nr is 0 where the job has no such series
 * @asked:  requests that can be satisfied
 * @found:  how many of them were
 */
struct bench_report {
	struct bench_result series[BENCH_SERIES];
	u64 asked;
	u64 found;
};

#define BENCH_NODE	72	/* bytes, the largest node of an allocator here */

/* Given by whoever runs the workloads. */
u64 bench_clock(void);
unsigned long bench_enter(void);	/* nothing else runs here until bench_leave() */
void bench_leave(unsigned long flags);
void bench_pause(void);			/* a good moment for others */
void *bench_alloc(u64 len);
void bench_free(void *ptr);
void *bench_node_alloc(void);		/* BENCH_NODE zeroed bytes; any context */
void bench_node_free(void *node);

int bench_churn(const struct bench_job *job, struct bench_report *report);
int bench_full(const struct bench_job *job, struct bench_report *report);
int bench_aligned(const struct bench_job *job, struct bench_report *report);
u64 bench_overhead(void);

/* Several threads churning in one space, each with its own slots. */
struct bench_worker;
struct bench_worker *bench_worker_create(const struct bench_job *job, void *space);
u64 bench_worker_run(struct bench_worker *worker, u64 ops);
void bench_worker_destroy(struct bench_worker *worker);

extern const struct bench_impl bench_vcm;
extern const struct bench_impl bench_tree;

#endif
