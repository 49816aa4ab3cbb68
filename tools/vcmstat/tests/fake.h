/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fake.h - the toy VCM of gen.h as a source: a ring of events that can be too small.
 */
#ifndef VCMSTAT_FAKE_H
#define VCMSTAT_FAKE_H

#include "gen.h"
#include "source.h"

struct fake {
	struct source src;
	struct gen gen;
	struct vcm_event *ring;
	size_t nr;
	bool shuffle;		/* deliver streams in no order between each other */
	int steps_around;	/* operations right before and after a snapshot is copied */
	uint64_t random;
	uint64_t snapshots;
	uint64_t drop_next;	/* lose so many events on purpose, counted as dropped */
	bool attaching;		/* events that make or end a context are not told of yet */
	bool drop_behind;	/* lose one event right after the next snapshot is copied */
};

void fake_init(struct fake *f, uint64_t seed, size_t capacity);
void fake_fini(struct fake *f);
void fake_steps(struct fake *f, int nr);
/* Operations until one event was made, and lost if drop_next says so. */
void fake_one_event(struct fake *f);

#endif
