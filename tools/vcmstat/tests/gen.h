/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gen.h - a toy VCM: state in plain arrays, changed by random operations that emit events.
 *
 * It is the oracle of the tests, so it shares nothing with the model: snapshots are written from
 * its arrays.  A context has two streams (reservations with even and odd ids), more than the
 * kernel uses, to show that nothing depends on there being one.
 */
#ifndef VCMSTAT_GEN_H
#define VCMSTAT_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uapi/vcm.h"
#include "vcm_events.h"

#define GEN_CONTEXTS	4
#define GEN_RES		48
#define GEN_PHYS	12
#define GEN_ASSOCS	8
#define GEN_DEVICES	3
#define GEN_STREAMS	2	/* of a context */
#define GEN_HOLDERS	6
#define GEN_OPS		32

/* The references of one object that are somebody's, oldest holder first. */
struct gen_holds {
	struct {
		uint32_t holder;
		uint32_t count;
	} hold[GEN_HOLDERS];
	unsigned int nr;
};

struct gen {
	uint64_t random;
	struct vcm_snap_context context[GEN_CONTEXTS];	/* vcm 0: slot free */
	uint64_t seq[GEN_CONTEXTS][GEN_STREAMS];
	struct vcm_snap_res res[GEN_RES];		/* res 0: slot free */
	unsigned int within[GEN_RES];			/* slot + 1 of the sub-window */
	struct vcm_snap_phys phys[GEN_PHYS];
	struct vcm_snap_assoc assoc[GEN_ASSOCS];
	struct gen_holds context_holds[GEN_CONTEXTS];
	struct gen_holds res_holds[GEN_RES];
	struct gen_holds phys_holds[GEN_PHYS];
	uint32_t holders;				/* made so far, 1 and up */
	uint64_t registry_seq;
	uint32_t next_vcm;
	uint32_t next_stream;
	uint64_t next_id;
	uint64_t clock;
	uint64_t emitted;
	uint64_t count[VCM_EVENT_END][GEN_OPS];		/* of events, by operation if failed */

	/* receives the events */
	void (*emit)(void *arg, const struct vcm_event *ev);
	void *arg;
};

void gen_init(struct gen *g, uint64_t seed);
/* One random operation; it may emit none, one or many events. */
void gen_step(struct gen *g);
/* A small fixed scene for golden tests: every kind of object and state. */
void gen_scene(struct gen *g);
/* The same in a toy that was just made and has a receiver for the events. */
void gen_scene_into(struct gen *g);
/* The state as a snapshot; the caller frees it. */
void *gen_snapshot(const struct gen *g, size_t *len);

#endif
