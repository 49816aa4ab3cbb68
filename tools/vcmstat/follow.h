/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * follow.h - keeps a model true while events come in, and tells a sink.
 *
 * The protocol: the source records already; take a snapshot; drop events that it contains; apply
 * the rest.  When a number is missing or the source dropped something, the loss is told, and once
 * what waits is drained a new snapshot replaces the model.  Around that snapshot no event is lost
 * or told twice: events up to its seqs still go to the old model and to the sink, later ones wait
 * until the sink has been given the new state.
 *
 * Events tell holders and devices by number.  When one comes that the model has no name for, the
 * names are read from a snapshot, which changes nothing else: a holder is in every snapshot for as
 * long as it has a reference, so at the end all that matter are known.
 */
#ifndef VCMSTAT_FOLLOW_H
#define VCMSTAT_FOLLOW_H

#include "model.h"
#include "sink.h"
#include "source.h"

/* Numbers of holders, or of devices, whose names are to be asked for. */
struct follow_names {
	uint32_t wanted;	/* the highest that an event told and the model could not name */
	uint32_t asked;		/* a snapshot was read since every one up to here was told */
	signed char at[VCM_EVENT_END];	/* place of the number among the fields, -1 for none */
};

struct follow {
	struct source *src;
	struct sink *sink;
	struct model model;
	struct totals totals;
	uint64_t limit;		/* stop after so many events, 0 for never */
	uint64_t sync_gap_ns;	/* least time between two snapshots after losses */
	uint64_t look_ns;	/* time between two looks at a source without events */
	struct past_teller *past;	/* tells the sink who made an event; NULL: nobody asks */
	unsigned int settle_tries;	/* how often to look for events that a snapshot promises */

	/* private */
	struct source_losses seen;
	uint64_t dropped_before;	/* by the source, before the last snapshot */
	struct model next;	/* of the snapshot being taken in */
	struct follow_names holders;
	struct follow_names devices;
	struct vcm_event *later;
	size_t nr_later;
	size_t cap_later;
	bool started;
	bool syncing;
	bool stale;		/* the model has missed something */
	uint64_t last_sync_ns;
	uint64_t last_names_ns;
};

void follow_init(struct follow *f, struct source *src, struct sink *sink);
void follow_fini(struct follow *f);

/* The first snapshot; the sink gets the state. */
int follow_start(struct follow *f, struct error *err);
/* Take in what waits. */
int follow_poll(struct follow *f, struct error *err);
/* Drain, and make the last state true if something was lost. */
int follow_finish(struct follow *f, struct error *err);
/* Compare with a new snapshot; -1 with the difference in @err, *@lost when it cannot be told. */
int follow_verify(struct follow *f, bool *lost, struct error *err);

/*
 * Numbers that are missing though no buffer was ever full: a defect, not a loss.  What found no
 * room behind the first snapshot was dropped before anything was told, so the totals lack it.
 */
static inline uint64_t follow_unexplained(const struct follow *f)
{
	return f->totals.dropped || f->seen.events ? 0 : f->totals.gaps;
}

static inline bool follow_done(const struct follow *f)
{
	return f->limit && f->totals.events >= f->limit;
}

#endif
