/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_count.h - how often each event happened since the module was loaded, per CPU.
 *
 * Counting takes no lock and shares no cache line between CPUs.  Unlike events, which a reader may
 * miss, a count misses nothing: meters are made of these.
 */
#ifndef VCM_COUNT_H
#define VCM_COUNT_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "vcm_events.h"

#define VCM_COUNT_OPS 32	/* enum vcm_op; larger numbers are counted without the operation */

struct vcm_counts {
	u64 event[VCM_EVENT_END];
	u64 failed[VCM_COUNT_OPS];
};

DECLARE_PER_CPU(struct vcm_counts, vcm_counts);

/* @op is meant of VCM_EVENT_error, and is its operation. */
static inline void vcm_count(u32 event, u64 op)
{
	if (event == VCM_EVENT_error && op < VCM_COUNT_OPS)
		this_cpu_inc(vcm_counts.failed[op]);
	else
		this_cpu_inc(vcm_counts.event[event]);
}

u64 vcm_count_of(u32 event, u32 op);

#endif
