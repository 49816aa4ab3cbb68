// SPDX-License-Identifier: GPL-2.0-only
/* count.c - the counts of vcm_count.h, and their sums. */
#include "vcm_count.h"

DEFINE_PER_CPU(struct vcm_counts, vcm_counts);

/*
 * The sum over all CPUs, also those that are gone.
 * @op: of VCM_EVENT_error the operation, 0 for those of unknown ones; else 0
 * Return: a number that never goes back.
 */
u64 vcm_count_of(u32 event, u32 op)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct vcm_counts *counts = per_cpu_ptr(&vcm_counts, cpu);

		sum += READ_ONCE(*(op ? &counts->failed[op] : &counts->event[event]));
	}
	return sum;
}
