// SPDX-License-Identifier: GPL-2.0-only
/*
 * clock.c - the clock of vcm_bench.ko: instructions where the time stamp counter counts them, or
 * nanoseconds.
 *
 * User-mode Linux tells time in steps of 256 ns, more than most of what is measured takes; there
 * the time stamp counter of the machine is read, and scaled.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/timex.h>

#include "clock.h"

#define BENCH_CALIBRATE_NS	(20 * NSEC_PER_MSEC)

static bool bench_counts;	/* set before a job, as bench_scale is */

#ifdef CONFIG_UML
static u32 bench_scale;		/* ns of a tick, with 32 bits behind the point */

static u64 bench_ticks(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return (u64)high << 32 | low;
}

static u64 bench_ns(void)
{
	return mul_u64_u32_shr(bench_ticks(), bench_scale, 32);
}

static void bench_ns_begin(void)
{
	u64 from = ktime_get_ns(), ticks = bench_ticks(), ns;

	do
		ns = ktime_get_ns() - from;
	while (ns < BENCH_CALIBRATE_NS);
	bench_scale = div64_u64(ns << 32, bench_ticks() - ticks);
}
#else
static u64 bench_ns(void)
{
	return ktime_get_ns();
}

static void bench_ns_begin(void)
{
}
#endif

u64 bench_clock(void)
{
	return bench_counts ? get_cycles() : bench_ns();
}

/**
 * bench_clock_set() - what bench_clock() shows from here on
 * @counts: instructions; else nanoseconds
 */
void bench_clock_set(bool counts)
{
	bench_counts = counts;
	if (!counts)
		bench_ns_begin();
}
