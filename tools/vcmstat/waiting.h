/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * waiting.h - events of streams that nobody has heard of yet, in the order of each stream.
 *
 * Between streams no order is assumed, so the events of a context may come before the event that
 * makes it.  They lie in one array; each stream has a chain through it, and so have the events
 * whose stream is known by now and those places that are free.  Every operation costs the same
 * however many events wait.
 */
#ifndef VCMSTAT_WAITING_H
#define VCMSTAT_WAITING_H

#include "table.h"
#include "vcm_events.h"

#define WAITING_MAX	65536	/* more are lost, and counted */

struct waiting_place;

/* Places are numbers from 1, 0 is none. */
struct waiting_chain {
	uint32_t first;
	uint32_t last;
};

struct waiting {
	struct waiting_place *place;
	uint32_t cap;
	uint32_t free;			/* a chain by its first place */
	struct table stream;		/* struct waiting_stream, found by number */
	struct waiting_chain ready;
	size_t nr;			/* in all chains */
	uint64_t lost;			/* found no room, since waiting_give_up() */
	uint64_t steps;			/* places looked at, ever: for tests */
};

void waiting_init(struct waiting *w);
void waiting_fini(struct waiting *w);

/* Keep it until its stream is known. */
void waiting_add(struct waiting *w, const struct vcm_event *ev);
/* The stream is known: what waits for it can be taken. */
void waiting_known(struct waiting *w, uint32_t stream);
/* What waits for the stream, or for the streams of a context, belongs to the past. */
void waiting_forget(struct waiting *w, uint32_t stream);
void waiting_forget_context(struct waiting *w, uint32_t vcm);
/* The next that can be taken; false when there is none. */
bool waiting_take(struct waiting *w, struct vcm_event *ev);
/* Nothing is waited for any more; how many events that were. */
uint64_t waiting_give_up(struct waiting *w);

#endif
