/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reorder.h - events that came by several ways, in an order that keeps every stream in order.
 *
 * Buffers of one CPU each are read one after the other, so an event may be read before one that
 * is older.  What has been read waits until everything older must have been read too: the caller
 * tells a time before which nothing more can come.  An event is written before the lock of its
 * stream is released and the next of the stream is made after that; so when the caller takes the
 * time first and then reads every buffer until it is empty, that time is safe.
 *
 * Only an order, never a judgement: a missing number is for the model to notice.
 */
#ifndef VCMSTAT_REORDER_H
#define VCMSTAT_REORDER_H

#include <stddef.h>
#include <stdint.h>

#include "vcm_events.h"

struct reorder {
	struct vcm_event *ev;
	size_t nr;
	size_t cap;
	size_t sorted;	/* of the first so many the order is made */
	size_t at;	/* the first that was not given */
};

void reorder_fini(struct reorder *r);
void reorder_add(struct reorder *r, const struct vcm_event *ev);
/* Nothing older than @safe_ns will be added any more. */
void reorder_settle(struct reorder *r, uint64_t safe_ns);
/* The next in order that is settled, NULL when there is none; good until the next call. */
const struct vcm_event *reorder_next(struct reorder *r);

#endif
