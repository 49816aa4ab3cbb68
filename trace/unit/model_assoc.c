// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_assoc.c - the model's half of associations: activations, switches, save, restore, faults.
 */
#include "model.h"

const char *model_assoc(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(assoc);
	const struct vcm_snap_assoc assoc = {
		.assoc = ev->id,
		.vcm = ev->vcm,
		.dev = ev->arg[ARG_dev],
	};

	if (state_assoc(state, ev->id) || !state_context(state, ev->vcm) || ev->refs)
		return "assoc: that is there, or with no context";
	state_insert(state, VCM_SNAP_ASSOC, &assoc);
	return NULL;
}

const char *model_deassoc(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(deassoc);
	struct vcm_snap_assoc *assoc = state_assoc(state, ev->id);

	if (!assoc || assoc->active || assoc->dev != ev->arg[ARG_dev])
		return "deassoc: of none, or an active one";
	state_remove(state, VCM_SNAP_ASSOC, assoc);
	return NULL;
}

const char *model_activity(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(activate);
	struct vcm_snap_assoc *assoc = state_assoc(state, ev->id);
	struct vcm_snap_context *context = state_context(state, ev->vcm);
	bool up = ev->type == VCM_EVENT_activate;

	if (!assoc || !context || assoc->dev != ev->arg[ARG_dev] || assoc->vcm != ev->vcm)
		return "activate or deactivate: of none";
	if ((context->flags & VCM_SNAP_CONTEXT_SAVED) && up && ev->arg[ARG_domain]) {
		/* On the way to vcm_restore: the same count, in a domain again. */
		if (assoc->active != ev->refs || assoc->domain)
			return "activate: of a saved context";
		assoc->domain = ev->arg[ARG_domain];
		return NULL;
	}
	if (!(context->flags & VCM_SNAP_CONTEXT_SAVED) != !!ev->arg[ARG_domain])
		return "activate or deactivate: without a domain, or saved with one";
	if (assoc->active && assoc->domain != ev->arg[ARG_domain])
		return "activate or deactivate: in another domain";
	if (up ? ev->refs != assoc->active + 1 : ev->refs >= assoc->active)
		return "activate or deactivate: count";
	assoc->active = ev->refs;
	assoc->domain = ev->refs ? ev->arg[ARG_domain] : 0;
	return NULL;
}

const char *model_switch(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(switch);
	struct vcm_snap_assoc *from = state_assoc(state, ev->arg[ARG_from]);
	struct vcm_snap_assoc *to = state_assoc(state, ev->id);

	if (!from || !to || from->dev != ev->arg[ARG_dev] || to->dev != ev->arg[ARG_dev] ||
	    from->vcm != ev->arg[ARG_from_vcm] || to->vcm != ev->vcm)
		return "switch: of no association";
	if (to->active || ev->refs != from->active || ev->arg[ARG_from_active] ||
	    !ev->arg[ARG_domain])
		return "switch: count";
	from->active = 0;
	from->domain = 0;
	to->active = ev->refs;
	to->domain = ev->arg[ARG_domain];
	return NULL;
}

/* Nothing of a context that is saved is on an IOMMU, and everything of one that is restored. */
const char *model_saved(struct state *state, const struct vcm_event *ev)
{
	struct vcm_snap_context *context = state_context(state, ev->vcm);
	bool save = ev->type == VCM_EVENT_save;

	if (!context || ev->id != ev->vcm || ev->refs != context->refs ||
	    !(context->flags & VCM_SNAP_CONTEXT_SAVED) != save)
		return "save or restore: of no context, or twice";
	for (u32 i = 0; i < state->table[VCM_SNAP_ASSOC].nr; i++) {
		struct vcm_snap_assoc *assoc = state_record(state, VCM_SNAP_ASSOC, i);

		if (assoc->vcm != ev->vcm)
			continue;
		if (save)
			assoc->domain = 0;
		else if (assoc->active && !assoc->domain)
			return "restore: before an activate";
	}
	for (u32 i = 0; save && i < state->table[VCM_SNAP_RES].nr; i++) {
		const struct vcm_snap_res *res = state_record(state, VCM_SNAP_RES, i);

		if (res->vcm == ev->vcm && res->mapped)
			return "save: before the last unmap";
	}
	context->flags ^= VCM_SNAP_CONTEXT_SAVED;
	return NULL;
}

const char *model_fault(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(fault);
	const struct vcm_snap_res *res = state_res(state, ev->vcm, ev->id);

	if (!ev->id)
		return ev->refs || !state_context(state, ev->vcm) ? "fault: of nothing" : NULL;
	if (!res || res->refs != ev->refs || ev->arg[ARG_iova] - res->start >= res->len)
		return "fault: of another reservation";
	return NULL;
}
