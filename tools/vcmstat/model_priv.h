/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model_priv.h - between model.c, which orders events, model_apply.c, which applies them, and
 * model_past.c, which keeps what they changed.
 */
#ifndef VCMSTAT_MODEL_PRIV_H
#define VCMSTAT_MODEL_PRIV_H

#include "model.h"

/* Names the own fields of an event inside the function that reads them. */
#define AT(type, name, fmt, text) at_##name,

#define MODEL_STREAMS_MAX 4096	/* of one context; more is nonsense */

/* A stream of a destroyed context. */
struct model_dead {
	__u64 seq;
	uint32_t stream;
	uint32_t vcm;
	bool ignore;	/* the context was gone before the snapshot */
};

void model_bury(struct model *m, const struct vcm_snap_stream *s, bool ignore);
/* What @ev is going to change goes into the history. */
void model_note(struct model *m, const struct vcm_event *ev);
/* Apply the next event of its stream; one of an unknown type changes nothing. */
void model_change(struct model *m, const struct vcm_event *ev);

#endif
