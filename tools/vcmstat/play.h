/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * play.h - a recording, told to a sink again and applied to a model.
 *
 * The sink hears what the sink that wrote the file heard, and a loss that the file has and does
 * not tell of.  Stopping early ends it with an end that says why.
 */
#ifndef VCMSTAT_PLAY_H
#define VCMSTAT_PLAY_H

#include "rec.h"

/* Where to stop; nothing set: at the end of the file. */
struct play_until {
	bool at_time;
	bool relative;		/* to the first event */
	uint64_t ts_ns;
	unsigned int event;	/* enum vcm_event_type: behind the first of them */
	bool at_seq;		/* behind that event */
	uint32_t stream;
	uint64_t seq;
};

struct play {
	struct model model;
	struct sink *sink;
	struct play_until until;
	uint64_t limit;		/* stop behind so many events, 0 for never */
	const struct header *as;	/* what the sink is told of a file without a header */

	struct totals totals;
	/* of events missing and not made good by a later state: see play_lost() */
	uint64_t gaps;
	uint64_t dropped;
	uint64_t first_ns;	/* of the first event, 0 before */
	uint64_t last_ns;
	bool told_header;
	bool stopped;		/* by until or limit */
	bool cut;		/* made from a recording that was cut */
	struct model_gap told;	/* the last loss told by the file */
	struct table past;	/* what the file tells of who made events, see play_past() */
	struct ksyms symbols;	/* and the functions in it */
};

/* "12.5", "+2.5", "STREAM:SEQ" or the name of an event; -1 with @err. */
int play_until_parse(struct play_until *until, const char *text, struct error *err);

void play_init(struct play *p, struct sink *sink);
void play_fini(struct play *p);

/* As past() of a source, for a recording made with --stacks. */
int play_past(const struct play *p, uint32_t stream, uint64_t seq, struct past *out);

/* Missing numbers and what found no room are the same events, one of them later. */
static inline uint64_t play_lost(const struct play *p)
{
	return p->gaps > p->dropped ? p->gaps : p->dropped;
}

/* The moment an item is of, 0 when it is of none. */
uint64_t play_time(const struct rec_item *item);
/* 1 taken, 0 when it lies behind until, -1 with @err. */
int play_take(struct play *p, const struct rec *r, struct rec_item *item, struct error *err);
/* The end for the sink, unless the file had one. */
void play_end(struct play *p, const struct rec *r);
/* All of it, as fast as possible. */
int play_all(struct play *p, struct rec *r, struct error *err);

#endif
