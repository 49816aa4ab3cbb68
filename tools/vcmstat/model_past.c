// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_past.c - before an event is applied: keep what it is going to change, see history.h.
 */
#include <string.h>

#include "model_priv.h"

static void note_res(struct model *m, const struct vcm_event *ev)
{
	const struct vcm_snap_res *r = table_find(&m->res, ev->vcm, ev->id);
	struct change *c = history_add(&m->history, ev);

	c->kind = VCM_KIND_RES;
	c->existed = !!r;
	if (r)
		c->was.res = *r;
}

static void note_assoc(struct model *m, const struct vcm_event *ev, uint64_t id)
{
	const struct vcm_snap_assoc *a = table_find(&m->assoc, id, 0);
	struct change *c = history_add(&m->history, ev);

	c->kind = VCM_KIND_ASSOC;
	c->id = id;
	c->existed = !!a;
	if (!a)
		return;
	c->vcm = a->vcm;
	c->was.assoc = *a;
}

static void note_context(struct model *m, const struct vcm_event *ev)
{
	const struct vcm_snap_context *context = table_find(&m->context, ev->vcm, 0);
	struct change *c = history_add(&m->history, ev);

	c->kind = VCM_KIND_CONTEXT;
	c->id = ev->vcm;
	c->existed = !!context;
	if (context)
		c->was.context = *context;
}

void model_note(struct model *m, const struct vcm_event *ev)
{
	enum { VCM_EV_switch(AT) };

	switch (ev->type) {
	case VCM_EVENT_reserve:
	case VCM_EVENT_unreserve:
	case VCM_EVENT_bind:
	case VCM_EVENT_unbind:
	case VCM_EVENT_map:
	case VCM_EVENT_unmap:
		note_res(m, ev);
		break;
	case VCM_EVENT_switch:
		note_assoc(m, ev, ev->arg[at_from]);
		note_assoc(m, ev, ev->id);
		break;
	case VCM_EVENT_assoc:
	case VCM_EVENT_deassoc:
	case VCM_EVENT_activate:
	case VCM_EVENT_deactivate:
		note_assoc(m, ev, ev->id);
		break;
	case VCM_EVENT_create:
	case VCM_EVENT_destroy:
	case VCM_EVENT_save:
	case VCM_EVENT_restore:
		note_context(m, ev);
		break;
	}
}
