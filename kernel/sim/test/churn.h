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
#ifndef VCM_SIM_CHURN_H
#define VCM_SIM_CHURN_H

#include "vcm_os.h"
#include "../formats/format.h"
#include "../formats/iotlb.h"

#define VCM_CHURN_AREAS	3
#define VCM_CHURN_SETS	16
#define VCM_CHURN_WAYS	4

/**
 * struct vcm_churn_env - where it runs
 * @mem:     source of tables
 * @priv:    for the functions
 * @retire:  keep a table that was unlinked
 * @reclaim: free those that are kept
 * @fail:    let the @nth table from now fail, once; 0 for none
 * @failed:  did it?
 * @held:    tables that are allocated
 * @relax:   called now and then; whoever runs in a kernel gives others a chance
 */
struct vcm_churn_env {
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
 * struct vcm_churn_page - what the oracle knows of a page of the smallest size
 * @pa:   where it is translated to
 * @prot: what is permitted, 0 for a page that is not mapped
 */
struct vcm_churn_page {
	u64 pa;
	u32 prot;
};

/**
 * struct vcm_churn_area - consecutive pages of the oracle
 * @iova:  address of the first
 * @first: its index
 * @nr:    how many
 */
struct vcm_churn_area {
	u64 iova;
	u64 first;
	u64 nr;
};

/**
 * struct vcm_churn_stats - what was done, to see that it is not always the same
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
struct vcm_churn_stats {
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
 * struct vcm_churn - one run
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
struct vcm_churn {
	const struct vcm_churn_env *env;
	struct vcm_pt pt;
	struct vcm_iotlb tlb;
	struct vcm_iotlb_slot slots[VCM_CHURN_SETS * VCM_CHURN_WAYS];
	struct vcm_pt_gather gather;
	struct vcm_churn_area area[VCM_CHURN_AREAS];
	u32 areas;
	struct vcm_churn_page *page;
	u32 shift;
	u64 live;
	u64 random;
	struct vcm_churn_stats stats;
};

/* Pages of the oracle that a format needs. */
u64 vcm_churn_pages(const struct vcm_fmt *fmt);

/* Each returns NULL, or what is wrong. */
const char *vcm_churn_begin(struct vcm_churn *churn, const struct vcm_churn_env *env,
			    const struct vcm_fmt *fmt, struct vcm_churn_page *page, u64 seed);
const char *vcm_churn_step(struct vcm_churn *churn);
/* All of the oracle against all of the tables. */
const char *vcm_churn_compare(struct vcm_churn *churn);
/* Unmap everything; nothing may be left.  vcm_churn_drop() is for runs that went wrong. */
const char *vcm_churn_end(struct vcm_churn *churn);
void vcm_churn_drop(struct vcm_churn *churn);

/* Begin, @steps steps with a comparison now and then, end. */
const char *vcm_churn_run(struct vcm_churn *churn, u64 steps);

/* For churn.c alone. */
u64 vcm_churn_random(struct vcm_churn *churn, u64 below);
const char *vcm_churn_look(struct vcm_churn *churn, u64 index);
const char *vcm_churn_map(struct vcm_churn *churn);
const char *vcm_churn_unmap(struct vcm_churn *churn);
const char *vcm_churn_sweep(struct vcm_churn *churn);
const char *vcm_churn_refuse(struct vcm_churn *churn);
const char *vcm_churn_clear(struct vcm_churn *churn, u64 first, u64 nr);
u64 vcm_churn_iova(const struct vcm_churn *churn, u64 index);

#endif
