// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads.c - devices walk while pages come and go: F2 and F3, for the thread sanitizer too.
 *
 * One thread maps, unmaps and splits; the others walk.  Every address has one place that it may
 * be translated to, so whatever a walk finds is right or nothing.  Pages that stay are always
 * found.  Tables that were unlinked are kept until the walkers are done.  Nothing orders the
 * threads but the entries themselves.
 */
#include <stdio.h>

#include "bank.h"
#include "unit.h"

#define WALKERS	2
#define ROUNDS	3000
#define ENOUGH	3000		/* pages found and tables gone */
#define WINDOW	(4 * M1)	/* that comes and goes */

static struct vcm_pt pt;
static u64 base;
static u32 done;
static u64 found[WALKERS];

static u64 place_of(u64 iova)
{
	return iova + G1;
}

static void *walk_about(void *arg)
{
	u64 nr = (uintptr_t)arg, random = unit_seed() + nr;

	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		u64 iova = base + unit_random(&random) % (WINDOW + M1);
		struct vcm_pt_walk walk = { 0 };
		enum vcm_pt_reason reason = vcm_pt_walk(&pt.regs, iova, VCM_PT_READ, &walk);

		if (iova >= base + WINDOW)
			CHECK_EQ(VCM_PT_OK, reason);
		CHECK(reason == VCM_PT_OK || reason == VCM_PT_TRANSLATION);
		if (reason != VCM_PT_OK)
			continue;
		CHECK_EQ(place_of(iova), vcm_pt_walk_pa(&walk, iova));
		__atomic_fetch_add(&found[nr], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* A page of any size somewhere comes or goes, as a whole or in part. */
static void change(u64 *random, struct bank_gather *to)
{
	u64 sizes = pt.pgsizes & (4 * M1 - 1), size;
	struct vcm_pt_map map = { .pgcount = 1, .prot = VCM_PT_RW };

	while (sizes & (sizes - 1) && unit_random(random) & 1)
		sizes &= sizes - 1;
	size = sizes & -sizes;
	map.pgsize = size;
	map.iova = base + (unit_random(random) % WINDOW & ~(size - 1));
	map.pa = place_of(map.iova);
	if (unit_random(random) % 3) {
		vcm_pt_map(&pt, &map);
		return;
	}
	vcm_pt_unmap(&pt, map.iova, size, 1, &to->gather);
	for (u64 off = 0; off < size; off += K4)
		vcm_pt_unmap(&pt, map.iova + off, K4, 1, &to->gather);
}

/* Did everybody have a chance?  The walkers may start late on a machine that is busy. */
static bool is_enough(u64 round, const struct bank_gather *to)
{
	if (to->tables > 4 * ENOUGH / 3)
		return true;	/* as many as the bank keeps */
	for (u32 i = 0; i < WALKERS; i++)
		if (__atomic_load_n(&found[i], __ATOMIC_RELAXED) < ENOUGH)
			return false;
	return round >= unit_steps(ROUNDS);
}

static void run(const struct vcm_fmt *fmt)
{
	pthread_t walker[WALKERS];
	struct bank_gather to;
	u64 random = unit_seed();

	printf("# %s, seed %llu\n", fmt->name, unit_seed());
	bank_pt(&pt, fmt);
	bank_gather_init(&to);
	base = fmt->level[0].bits ? G1 - 2 * M1 : pt.regs.start;
	bank_map(&pt, 0, base + WINDOW, place_of(base + WINDOW), K4, M1 / K4);
	done = 0;
	memset(found, 0, sizeof(found));
	for (u32 i = 0; i < WALKERS; i++)
		CHECK_ERR(0, pthread_create(&walker[i], NULL, walk_about, (void *)(uintptr_t)i));
	for (u64 i = 0; !is_enough(i, &to); i++)
		change(&random, &to);
	__atomic_store_n(&done, 1, __ATOMIC_RELAXED);
	for (u32 i = 0; i < WALKERS; i++)
		pthread_join(walker[i], NULL);
	printf("# %llu and %llu pages found, %u tables waited\n", found[0], found[1], to.tables);
	CHECK(found[0] + found[1]);
	CHECK(fmt->levels == 1 || to.tables);
	bank_pt_end(&pt);
}

TEST(walks_run_beside_armv7s)
{
	run(&vcm_fmt_armv7s);
}

TEST(walks_run_beside_omap)
{
	run(&vcm_fmt_omap);
}

TEST(walks_run_beside_tce)
{
	run(&vcm_fmt_tce);
}

TEST(walks_run_beside_x86)
{
	run(&vcm_fmt_x86);
}
