/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * freed.h - what was, and who ended it: the last ranges that were unbound or given back.
 *
 * "What was mapped here before?" is the question after a fault, and only events answer it.  A ring
 * of fixed size; the oldest goes first.  Kept when a new state replaces the model, because that
 * tells nothing about the past.
 */
#ifndef VCMSTAT_FREED_H
#define VCMSTAT_FREED_H

#include <stdint.h>

#include "vcm_events.h"

#define FREED_MAX 4096

struct freed {
	uint64_t ts_ns;
	uint64_t res;
	uint64_t start;
	uint64_t len;
	uint64_t phys;		/* what was bound, 0 for a reservation that ended */
	uint32_t vcm;
	uint32_t prot;		/* of the binding */
	uint32_t pid;		/* who ended it */
	char comm[16];		/* not terminated when it fills the array */
};

struct freed_ring {
	struct freed *slot;	/* allocated by the first */
	uint64_t nr;		/* ever */
};

void freed_fini(struct freed_ring *r);
void freed_add(struct freed_ring *r, const struct freed *f);
/* The @i-th, 0 the newest; NULL when it is not kept. */
const struct freed *freed_at(const struct freed_ring *r, uint64_t i);
/* The newest of the context that had the address. */
const struct freed *freed_find(const struct freed_ring *r, uint32_t vcm, uint64_t iova);

#endif
