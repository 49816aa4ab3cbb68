/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sweep.h - repeat a call with every failure below it, one at a time.
 *
 * A call is repeated with the first, second, ... allocation or driver call failing, until it
 * gets through without meeting the failure.  Each failed try has to give the errno of what
 * failed and leave the state as it was: compared as snapshots, as tables of the driver, and by
 * counting.  Calls that cannot fail show here that they do not allocate.
 */
#ifndef UNIT_SWEEP_H
#define UNIT_SWEEP_H

#include "fake.h"
#include "unit.h"

/* CALLS are the failure points that the core has before calls of a driver. */
enum source { OBJECTS, PAGES, VMAPS, CALLS, DOMAINS, ATTACHES, MAPS, PLACES, SOURCES };

/**
 * struct bench - what the calls work on
 * @vcm:   a context
 * @fake:  devices behind IOMMUs of the kinds 0, 1, 2, 1
 * @spare: a device that is not associated
 * @assoc: of @fake; 1 and 2 are active
 * @res:   two bound, one bare
 * @phys:  in three chunks, bound twice
 * @made:  what the call under test made
 * @renumbered: undoing it left mapping domains with other numbers
 * @holder: who has no reference yet
 * @within: a sub-window, when the test has made one
 * @other: a second context, with devices 1 and 3 in it and one binding; nothing is active
 * @other_res: bound in @other
 * @other_assoc: of devices 1 and 3 in @other
 */
struct bench {
	struct vcm *vcm;
	struct fake_device *fake[4];
	struct fake_device *spare;
	struct vcm_assoc *assoc[4];
	struct vcm_res *res[3];
	struct vcm_phys *phys;
	void *made;
	bool renumbered;
	struct vcm_holder *holder;
	struct vcm_res *within;
	struct vcm *other;
	struct vcm_res *other_res;
	struct vcm_assoc *other_assoc[2];
};

/**
 * struct call - a call under test
 * @run:    do it; what it made goes to bench.made
 * @undo:   bring the state before it back
 * @points: failures that it has to meet, by source
 */
struct call {
	int (*run)(struct bench *bench);
	void (*undo)(struct bench *bench);
	u32 points[SOURCES];
};

void bench_begin(struct bench *bench);
void bench_end(struct bench *bench);
void sweep_all(const struct call *call);
/* With @before and @after called on the bench, outside of what is swept. */
void sweep_around(const struct call *call, void (*before)(struct bench *bench),
		  void (*after)(struct bench *bench));

/* Keep a good pointer in bench.made.  Return: 0 or the errno in it. */
int made(struct bench *bench, void *ptr);

#endif
