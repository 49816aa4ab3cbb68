// SPDX-License-Identifier: GPL-2.0-only
/*
 * model.c - what a reader of events believes: the state after each event, and every event that
 * makes no sense in the state before it.
 *
 * Written from the schema alone.  A reader that follows these few rules has the state of the
 * kernel; that is the promise of vcm_events.h which the tests hold the core to.
 */
#include <string.h>

#include "state.h"

/* Own fields of the events, by their place in the schema. */
#define MODEL_ARG(type, name, fmt, text)	ARG_##name,
#define MODEL_ARGS(event)	enum { VCM_EV_##event(MODEL_ARG) }

void model_init(struct state *state)
{
	const struct vcm_snap_stream registry = {};

	memset(state, 0, sizeof(*state));
	state_insert(state, VCM_SNAP_STREAM, &registry);
}

static const char *model_create(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(create);
	const struct vcm_snap_context context = {
		.vcm = ev->vcm,
		.refs = ev->refs,
		.start = ev->arg[ARG_start],
		.last = ev->arg[ARG_last],
		.driver = ev->arg[ARG_driver],
		.first_stream = ev->arg[ARG_first_stream],
		.nr_streams = ev->arg[ARG_nr_streams],
	};

	if (state_context(state, ev->vcm) || ev->id != ev->vcm || ev->refs != 1)
		return "create: of a context that is there";
	state_insert(state, VCM_SNAP_CONTEXT, &context);
	for (u32 i = 0; i < context.nr_streams; i++) {
		const struct vcm_snap_stream stream = {
			.stream = context.first_stream + i,
			.vcm = ev->vcm,
		};

		if (state_stream(state, stream.stream))
			return "create: with a stream that is there";
		state_insert(state, VCM_SNAP_STREAM, &stream);
	}
	return NULL;
}

static const char *model_destroy(struct state *state, const struct vcm_event *ev)
{
	struct vcm_snap_context *context = state_context(state, ev->vcm);

	if (!context)
		return "destroy: of no context";
	for (u32 i = 0; i < state->table[VCM_SNAP_RES].nr; i++) {
		struct vcm_snap_res *res = state_record(state, VCM_SNAP_RES, i);

		if (res->vcm == ev->vcm)
			return "destroy: before the last unreserve";
	}
	for (u32 i = 0; i < state->table[VCM_SNAP_ASSOC].nr; i++) {
		struct vcm_snap_assoc *assoc = state_record(state, VCM_SNAP_ASSOC, i);

		if (assoc->vcm == ev->vcm)
			return "destroy: before the last deassoc";
	}
	for (u32 i = 0; i < context->nr_streams; i++)
		state_remove(state, VCM_SNAP_STREAM,
			     state_stream(state, context->first_stream + i));
	state_remove(state, VCM_SNAP_CONTEXT, context);
	return NULL;
}

static const char *model_reserve(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(reserve);
	const struct vcm_snap_res res = {
		.res = ev->id,
		.vcm = ev->vcm,
		.refs = ev->refs,
		.start = ev->arg[ARG_start],
		.len = ev->arg[ARG_len],
		.align = ev->arg[ARG_align],
		.rflags = ev->arg[ARG_flags],
	};

	if (state_res(state, ev->vcm, ev->id) || !state_context(state, ev->vcm))
		return "reserve: of a reservation that is there, or in no context";
	state_insert(state, VCM_SNAP_RES, &res);
	return NULL;
}

static const char *model_unreserve(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(unreserve);
	struct vcm_snap_res *res = state_res(state, ev->vcm, ev->id);

	if (!res || res->start != ev->arg[ARG_start] || res->len != ev->arg[ARG_len])
		return "unreserve: of no reservation";
	if (res->phys || res->mapped)
		return "unreserve: before unbind";
	state_remove(state, VCM_SNAP_RES, res);
	return NULL;
}

/* The count that a ref or unref event is about. */
static u32 *model_refs(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(ref);
	struct vcm_snap_context *context = state_context(state, ev->id);
	struct vcm_snap_phys *phys = state_phys(state, ev->id);
	struct vcm_snap_res *res = state_res(state, ev->vcm, ev->id);

	switch (ev->arg[ARG_kind]) {
	case VCM_KIND_CONTEXT:
		return context ? &context->refs : NULL;
	case VCM_KIND_PHYS:
		return phys ? &phys->refs : NULL;
	case VCM_KIND_RES:
		return res ? &res->refs : NULL;
	default:
		return NULL;
	}
}

static const char *model_count(struct state *state, const struct vcm_event *ev)
{
	u32 *refs = model_refs(state, ev);
	u32 step = ev->type == VCM_EVENT_ref ? 1 : -1;

	if (!refs)
		return "ref or unref: of nothing";
	if (ev->refs != *refs + step)
		return "ref or unref: another count than one more or less";
	*refs = ev->refs;
	return NULL;
}

static const char *model_phys_alloc(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(phys_alloc);
	const struct vcm_snap_phys phys = {
		.phys = ev->id,
		.len = ev->arg[ARG_len],
		.refs = ev->refs,
		.chunks = ev->arg[ARG_chunks],
		.orders = ev->arg[ARG_orders],
	};

	if (state_phys(state, ev->id))
		return "phys_alloc: of memory that is there";
	state_insert(state, VCM_SNAP_PHYS, &phys);
	return NULL;
}

static const char *model_phys_free(struct state *state, const struct vcm_event *ev)
{
	struct vcm_snap_phys *phys = state_phys(state, ev->id);

	if (!phys || ev->refs)
		return "phys_free: of no memory, or with references";
	for (u32 i = 0; i < state->table[VCM_SNAP_RES].nr; i++) {
		struct vcm_snap_res *res = state_record(state, VCM_SNAP_RES, i);

		if (res->phys == ev->id)
			return "phys_free: before the last unbind";
	}
	state_remove(state, VCM_SNAP_PHYS, phys);
	return NULL;
}

static const char *model_bind(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(bind);
	struct vcm_snap_res *res = state_res(state, ev->vcm, ev->id);

	if (!res || res->phys || res->refs != ev->refs || res->start != ev->arg[ARG_start])
		return "bind: of no reservation, or a bound one";
	if (ev->arg[ARG_len] > res->len || !state_phys(state, ev->arg[ARG_phys]))
		return "bind: to no memory, or too much of it";
	res->phys = ev->arg[ARG_phys];
	res->off = ev->arg[ARG_off];
	res->bound_len = ev->arg[ARG_len];
	res->prot = ev->arg[ARG_prot];
	return NULL;
}

static const char *model_unbind(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(unbind);
	struct vcm_snap_res *res = state_res(state, ev->vcm, ev->id);

	if (!res || !res->phys || res->phys != ev->arg[ARG_phys])
		return "unbind: of what is not bound";
	if (res->start != ev->arg[ARG_start] || res->bound_len != ev->arg[ARG_len])
		return "unbind: of another range than was bound";
	if (res->mapped)
		return "unbind: before the last unmap";
	res->phys = 0;
	res->off = 0;
	res->bound_len = 0;
	res->prot = 0;
	return NULL;
}

static const char *model_map(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(map);
	struct vcm_snap_res *res = state_res(state, ev->vcm, ev->id);

	if (!res || !res->phys || res->start != ev->arg[ARG_start] ||
	    res->bound_len != ev->arg[ARG_len])
		return "map or unmap: of what is not bound";
	if (ev->type == VCM_EVENT_map) {
		if (res->prot != ev->arg[ARG_prot] || ev->err)
			return "map: with another protection than was bound";
		res->mapped++;
		return NULL;
	}
	if (!res->mapped)
		return "unmap: of what is not mapped";
	res->mapped--;
	return NULL;
}

static const char *model_assoc(struct state *state, const struct vcm_event *ev)
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

static const char *model_deassoc(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(deassoc);
	struct vcm_snap_assoc *assoc = state_assoc(state, ev->id);

	if (!assoc || assoc->active || assoc->dev != ev->arg[ARG_dev])
		return "deassoc: of none, or an active one";
	state_remove(state, VCM_SNAP_ASSOC, assoc);
	return NULL;
}

static const char *model_activity(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(activate);
	struct vcm_snap_assoc *assoc = state_assoc(state, ev->id);
	bool up = ev->type == VCM_EVENT_activate;

	if (!assoc || assoc->dev != ev->arg[ARG_dev] || !ev->arg[ARG_domain])
		return "activate or deactivate: of none, or without a domain";
	if (assoc->active && assoc->domain != ev->arg[ARG_domain])
		return "activate or deactivate: in another domain";
	if (up ? ev->refs != assoc->active + 1 : ev->refs >= assoc->active)
		return "activate or deactivate: count";
	assoc->active = ev->refs;
	assoc->domain = ev->refs ? ev->arg[ARG_domain] : 0;
	return NULL;
}

/* An error event tells of a call that changed nothing: it only has to make sense. */
static const char *model_error(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(error);

	if (ev->err >= 0 || !ev->arg[ARG_op] || ev->arg[ARG_op] > VCM_OP_DEACTIVATE)
		return "error: without errno or operation";
	if (ev->vcm && !state_context(state, ev->vcm))
		return "error: in no context";
	return NULL;
}

static const char *(*const model_table[VCM_EVENT_END])(struct state *state,
						       const struct vcm_event *ev) = {
	[VCM_EVENT_create] = model_create,
	[VCM_EVENT_destroy] = model_destroy,
	[VCM_EVENT_reserve] = model_reserve,
	[VCM_EVENT_unreserve] = model_unreserve,
	[VCM_EVENT_ref] = model_count,
	[VCM_EVENT_unref] = model_count,
	[VCM_EVENT_phys_alloc] = model_phys_alloc,
	[VCM_EVENT_phys_free] = model_phys_free,
	[VCM_EVENT_bind] = model_bind,
	[VCM_EVENT_unbind] = model_unbind,
	[VCM_EVENT_map] = model_map,
	[VCM_EVENT_unmap] = model_map,
	[VCM_EVENT_assoc] = model_assoc,
	[VCM_EVENT_deassoc] = model_deassoc,
	[VCM_EVENT_activate] = model_activity,
	[VCM_EVENT_deactivate] = model_activity,
	[VCM_EVENT_error] = model_error,
};

const char *model_apply(struct state *state, const struct vcm_event *event)
{
	struct vcm_snap_stream *stream = state_stream(state, event->stream);

	if (!stream)
		return "an event of no stream";
	if (event->seq != stream->seq + 1)
		return "seq has a gap";
	stream->seq = event->seq;
	if (stream->stream && stream->vcm != event->vcm)
		return "an event in the stream of another context";
	if (!event->type || event->type >= VCM_EVENT_END)
		return "an event of no known type";
	if (event->err && event->type != VCM_EVENT_error && event->type != VCM_EVENT_unmap)
		return "an errno in an event of success";
	return model_table[event->type](state, event);
}
