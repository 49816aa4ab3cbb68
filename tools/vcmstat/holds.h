/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * holds.h - the references to one object by whose they are, oldest holder first.
 *
 * A table of struct holds, one row for each object that anybody named has a reference to.  A
 * holder whose count reaches 0 is gone, and comes back as the youngest.
 */
#ifndef VCMSTAT_HOLDS_H
#define VCMSTAT_HOLDS_H

#include "table.h"
#include "uapi/vcm.h"

struct holds {
	struct vcm_snap_hold *hold;
	uint32_t nr;
	uint32_t cap;
};

void holds_init(struct table *t);
void holds_fini(struct table *t);

/* NULL when nobody named has a reference to that object. */
const struct holds *holds_of(const struct table *t, uint32_t kind, uint32_t vcm, uint64_t id);
/* How many references those are; of NULL none. */
uint64_t holds_sum(const struct holds *h);

/* Count @what.count more; false when there would be too many to count. */
bool holds_get(struct table *t, const struct vcm_snap_hold *what);
/* One less; false when @what.holder has none. */
bool holds_put(struct table *t, const struct vcm_snap_hold *what);
/* The object is gone. */
void holds_drop(struct table *t, uint32_t kind, uint32_t vcm, uint64_t id);

#endif
