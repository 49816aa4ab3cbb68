/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter.h - a part of a model, so that a filter holds in every output alike.
 *
 * A filter makes a smaller model: the reservations that pass, the contexts they are in, the memory
 * bound in them, the associations of those contexts, and the references to all that.  Its outputs
 * need not know of it.  An event passes when the object it tells of would.
 *
 * pid and comm of an object are those in the name of a holder ("app/412"); of an event those of
 * whoever caused it.
 */
#ifndef VCMSTAT_FILTER_H
#define VCMSTAT_FILTER_H

#include "model.h"

struct filter {
	uint64_t vcm;		/* 0 for all */
	const char *device;	/* name or number, NULL for all */
	const char *holder;	/* name or number */
	const char *state;	/* "reserved", "bound", "active" or "window" */
	const char *range;	/* as it was given; start and last are meant */
	uint64_t start;
	uint64_t last;
	uint64_t pid;		/* 0 for all */
	const char *comm;
};

/* "A", "A-B" or "A+LEN"; -1 with @err. */
int filter_range(struct filter *f, struct error *err);
bool filter_is_set(const struct filter *f);
/* @out is initialised here; the caller ends it with model_fini(). */
void filter_model(const struct filter *f, const struct model *m, struct model *out);
/* @m: the model after the event. */
bool filter_event(const struct filter *f, const struct model *m, const struct vcm_event *ev);
/* Leave in @m what passes; -1 with @err when the context asked for is not there. */
int filter_apply(const struct filter *f, struct model *m, struct error *err);
/* "context=3 state=bound" for a header; @buf is emptied when nothing is set. */
const char *filter_text(const struct filter *f, char *buf, size_t len);

#endif
