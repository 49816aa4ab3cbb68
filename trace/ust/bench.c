// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench.c - what one event costs: vcm_probe_map(), with ten arguments, in a loop.
 *
 *   vcm-bench NAME LIMIT   print "NAME: N ns per event"; 1 when the best batch is above LIMIT
 *
 * The best of many short batches is the cost of the code; what other programs took of the machine
 * is in the others.  The median is printed beside it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "vcm_probe.h"

#define BATCHES	4001
#define EVENTS	1000

static double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

/* Nanoseconds of one event, the loop included. */
static double bench_batch(u64 *seq)
{
	double begin = bench_now();

	for (int i = 0; i < EVENTS; i++) {
		vcm_probe_map(3, ++*seq, 2, i, 1, 0, (u64)i << 12, 4096, 7, 3);
		__asm__ volatile("" ::: "memory");
	}
	return (bench_now() - begin) / EVENTS;
}

static int bench_order(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static double ns[BATCHES];
	double limit;
	u64 seq = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: %s NAME LIMIT\n", argv[0]);
		return 2;
	}
	limit = atof(argv[2]);
	for (int i = 0; i < BATCHES; i++)
		ns[i] = bench_batch(&seq);
	qsort(ns, BATCHES, sizeof(*ns), bench_order);
	printf("%s: %.2f ns per event (median %.2f, limit %.0f, %llu events, hook %s)\n", argv[1],
	       ns[0], ns[BATCHES / 2], limit, seq,
	       *vcm_probe_hooks.on[VCM_EVENT_map] ? "on" : "off");
	return ns[0] > limit;
}
