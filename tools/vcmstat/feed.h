/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * feed.h - a model that is kept true and a sink that hears why: of the running module, or of a
 * recording played at its own pace or faster.
 */
#ifndef VCMSTAT_FEED_H
#define VCMSTAT_FEED_H

#include "follow.h"
#include "play.h"
#include "vcmstat.h"

struct feed {
	/* one of the two */
	struct source *src;
	struct follow follow;
	struct rec *rec;
	struct play play;

	/* of a recording */
	double speed;			/* 1 as it happened, 0 as fast as possible */
	struct rec_item item;
	bool pending;			/* @item was not due yet */
	bool ended;
	bool begun;			/* pace is known */
	uint64_t begin_ns;		/* by our clock */
	uint64_t first_ns;		/* of the recording */
	int always;			/* a descriptor that can always be read, -1 for none */
};

/* The sink hears the header and the first state.  -1 with @err. */
int feed_open(struct feed *f, const struct settings *set, struct sink *sink, double speed,
	      struct error *err);
void feed_close(struct feed *f);
/* Take in what is due; 0, 1 when nothing will come any more, -1 with @err. */
int feed_poll(struct feed *f, struct error *err);
/* To wait for, -1 for nothing. */
int feed_fd(const struct feed *f);
/* How it ended: an exit code, or -1 with @err. */
int feed_verdict(struct feed *f, const struct settings *set, struct error *err);

static inline const struct model *feed_model(const struct feed *f)
{
	return f->src ? &f->follow.model : &f->play.model;
}

static inline const struct totals *feed_totals(const struct feed *f)
{
	return f->src ? &f->follow.totals : &f->play.totals;
}

#endif
