/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * history.h - the last changes of a model, each with what it changed as it was before.
 *
 * "What was here before, and who ended it?" is the question after a fault, and a fault is told of
 * late: the state that it met is the state of now with the later changes undone.  A ring of fixed
 * size; the oldest goes first.  Kept when a new state replaces the model, because that tells
 * nothing of the past.  References are not in it: no fault depends on them.
 */
#ifndef VCMSTAT_HISTORY_H
#define VCMSTAT_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "uapi/vcm.h"
#include "vcm_events.h"

#define HISTORY_MAX 8192

/* One object that an event changed; an event that changes two is there twice. */
struct change {
	uint64_t ts_ns;
	uint64_t seq;
	uint64_t id;		/* of the object */
	uint32_t stream;
	uint32_t vcm;
	uint32_t pid;		/* who did it */
	uint32_t tid;
	uint16_t type;		/* enum vcm_event_type */
	uint8_t kind;		/* enum vcm_kind of the object */
	bool existed;		/* before; else the event made it and @was is empty */
	char comm[16];		/* not terminated when it fills the array */
	union {
		struct vcm_snap_res res;
		struct vcm_snap_assoc assoc;
		struct vcm_snap_context context;
	} was;
};

struct history {
	struct change *slot;	/* allocated by the first */
	uint64_t nr;		/* ever */
};

void history_fini(struct history *h);
/* A place for the newest: @ev is in it, the rest is zero. */
struct change *history_add(struct history *h, const struct vcm_event *ev);
/* The @i-th, 0 the newest; NULL when it is not kept. */
const struct change *history_at(const struct history *h, uint64_t i);

#endif
