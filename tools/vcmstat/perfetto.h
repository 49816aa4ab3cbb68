/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perfetto.h - the packets of a Perfetto trace: tracks, slices, instants, counters.
 *
 * A track is described once, before its first event.  Its number is made of what it is of, so
 * that it need not be remembered.
 */
#ifndef VCMSTAT_PERFETTO_H
#define VCMSTAT_PERFETTO_H

#include "pb.h"
#include "sink.h"
#include "table.h"

enum perfetto_kind {
	PERFETTO_ROOT,
	PERFETTO_CONTEXT,
	PERFETTO_RES,
	PERFETTO_PHYS,
	PERFETTO_ASSOC,
	PERFETTO_COUNTER,
};

enum perfetto_event_type {
	PERFETTO_BEGIN = 1,
	PERFETTO_END = 2,
	PERFETTO_INSTANT = 3,
	PERFETTO_VALUE = 4,
};

struct perfetto {
	FILE *out;
	struct pb pb;
	struct table told;	/* tracks described, by number */
	bool cleared;		/* the first event said that nothing is before it */
};

struct perfetto_counts {
	uint64_t reserved;
	uint64_t active;
	uint64_t refs;
};

void perfetto_begin(struct perfetto *p, FILE *out);
void perfetto_flush(struct perfetto *p);
void perfetto_fini(struct perfetto *p);

/* The number of a track, which is described if it was not. */
uint64_t perfetto_track(struct perfetto *p, enum perfetto_kind kind, uint32_t vcm, uint64_t id,
			const char *name);
/* That of a context, 0 for what is of none. */
uint64_t perfetto_context(struct perfetto *p, uint32_t vcm, const struct model *m);
/* @name: NULL for an end; @ev: what caused it, as annotations, or NULL. */
void perfetto_event(struct perfetto *p, enum perfetto_event_type type, uint64_t track,
		    uint64_t ts_ns, const char *name, const struct vcm_event *ev);
void perfetto_counts(struct perfetto *p, uint32_t vcm, uint64_t ts_ns,
		     const struct perfetto_counts *c);

#endif
