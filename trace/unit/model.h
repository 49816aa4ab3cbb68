/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model.h - the two halves of the model: objects (model.c), and what devices do (model_assoc.c).
 */
#ifndef UNIT_MODEL_H
#define UNIT_MODEL_H

#include "state.h"

#define MODEL_PAGE_SHIFT 12

/* Own fields of the events, by their place in the schema. */
#define MODEL_ARG(type, name, fmt, text)	ARG_##name,
#define MODEL_ARGS(event)	enum { VCM_EV_##event(MODEL_ARG) }

/* Each applies one event.  Return: NULL, or why it makes no sense. */
const char *model_assoc(struct state *state, const struct vcm_event *ev);
const char *model_deassoc(struct state *state, const struct vcm_event *ev);
const char *model_activity(struct state *state, const struct vcm_event *ev);
const char *model_switch(struct state *state, const struct vcm_event *ev);
const char *model_saved(struct state *state, const struct vcm_event *ev);
const char *model_fault(struct state *state, const struct vcm_event *ev);

#endif
