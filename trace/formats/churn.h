/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * churn.h - random use of one page-table format against an oracle that is an array of pages.
 *
 * Pure code like the formats themselves: the unit tests and the test module of the kernel run the
 * same.  The oracle knows nothing of tables: it has, for every page of a few areas of the address
 * space, where it is translated to.  A device looks on through an IOTLB which is told what the
 * page table tells, and has to see what the oracle says, at once and always.
 *
 * Memory is the caller's, and so is the source of tables, which can be told to fail.
 */
#ifndef FORMATS_CHURN_H
#define FORMATS_CHURN_H

#include "vcm_os.h"
#include "formats/format.h"
#include "formats/iotlb.h"

#define CHURN_AREAS	3
#define CHURN_SETS	16
#define CHURN_WAYS	4

/**
 * struct churn_env - where it runs
 * @mem:     source of tables
 * @priv:    for the functions
 * @retire:  keep a table that was unlinked
 * @reclaim: free those that are kept
 * @fail:    let the @nth table from now fail, once; 0 for none
 * @failed:  did it?
 * @held:    tables that are allocated
 * @relax:   called now and then; whoever runs in a kernel gives others a chance
 */
struct churn_env {
	const struct vcm_pt_mem *mem;
	void *priv;
	void (*retire)(void *priv, void *table, u64 len);
	void (*reclaim)(void *priv);
	void (*fail)(void *priv, u64 nth);
	bool (*failed)(void *priv);
	u64 (*held)(void *priv);
	void (*relax)(void *priv);
};

/**
 * struct churn_page - what the oracle knows of a page of the smallest size
 * @pa:   where it is translated to
 * @prot: what is permitted, 0 for a page that is not mapped
 */
struct churn_page {
	u64 pa;
	u32 prot;
};

/**
 * struct churn_area - consecutive pages of the oracle
 * @iova:  address of the first
 * @first: its index
 * @nr:    how many
 */
struct churn_area {
	u64 iova;
	u64 first;
	u64 nr;
};

/**
 * struct churn_stats - what was done, to see that it is not always the same
 * @maps:    calls that mapped something
 * @exists:  calls that ran into something
 * @unmaps:  calls that unmapped something
 * @holes:   calls that ran into a hole
 * @splits:  pages that were split
 * @nomem:   calls for which a table failed
 * @refused: calls that make no sense
 * @looks:   accesses by the device
 * @hits:    those that the IOTLB answered
 */
struct churn_stats {
	u64 maps;
	u64 exists;
	u64 unmaps;
	u64 holes;
	u64 splits;
	u64 nomem;
	u64 refused;
	u64 looks;
	u64 hits;
};

/**
 * struct churn - one run
 * @env:     where it runs
 * @pt:      the page table
 * @tlb:     what the device remembers
 * @slots:   for @tlb
 * @gather:  for unmap
 * @area:    areas, the last is the largest
 * @areas:   how many
 * @page:    the oracle
 * @shift:   log2 of its pages
 * @live:    pages of it that are mapped
 * @random:  state of the random numbers
 * @stats:   what was done
 */
struct churn {
	const struct churn_env *env;
	struct vcm_pt pt;
	struct vcm_iotlb tlb;
	struct vcm_iotlb_slot slots[CHURN_SETS * CHURN_WAYS];
	struct vcm_pt_gather gather;
	struct churn_area area[CHURN_AREAS];
	u32 areas;
	struct churn_page *page;
	u32 shift;
	u64 live;
	u64 random;
	struct churn_stats stats;
};

/* Pages of the oracle that a format needs. */
u64 churn_pages(const struct vcm_fmt *fmt);

/* Each returns NULL, or what is wrong. */
const char *churn_begin(struct churn *churn, const struct churn_env *env,
			const struct vcm_fmt *fmt, struct churn_page *page, u64 seed);
const char *churn_step(struct churn *churn);
/* All of the oracle against all of the tables. */
const char *churn_compare(struct churn *churn);
/* Unmap everything; nothing may be left.  churn_drop() is for runs that went wrong. */
const char *churn_end(struct churn *churn);
void churn_drop(struct churn *churn);

/* Begin, @steps steps with a comparison now and then, end. */
const char *churn_run(struct churn *churn, u64 steps);

/* For churn.c alone. */
u64 churn_random(struct churn *churn, u64 below);
const char *churn_look(struct churn *churn, u64 index);
const char *churn_map(struct churn *churn);
const char *churn_unmap(struct churn *churn);
const char *churn_sweep(struct churn *churn);
const char *churn_refuse(struct churn *churn);
const char *churn_clear(struct churn *churn, u64 first, u64 nr);
u64 churn_iova(const struct churn *churn, u64 index);

#endif
