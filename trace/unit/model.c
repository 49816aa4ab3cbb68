// SPDX-License-Identifier: GPL-2.0-only
/*
 * model.c - what a reader of events believes: the state after each event, and every event that
 * makes no sense in the state before it.
 *
 * Written from the schema alone.  A reader that follows these few rules has the state of the
 * kernel; that is the promise of vcm_events.h which the tests hold the core to.
 */
#include <string.h>

#include "model.h"

void model_init(struct state *state)
{
	const struct vcm_snap_stream registry = {};

	memset(state, 0, sizeof(*state));
	state_insert(state, VCM_SNAP_STREAM, &registry);
}

/* Count one reference of @holder up or down.  Return: NULL, or what is wrong. */
static const char *model_hold(struct state *state, const struct vcm_snap_hold *whose, bool up)
{
	struct vcm_snap_hold *hold = state_hold(state, whose->kind, whose->vcm, whose->id,
						whose->holder);

	if (!whose->holder)
		return NULL;
	if (!hold && !up)
		return "unref: of a holder that has none";
	if (!hold)
		state_insert(state, VCM_SNAP_HOLD, whose);
	else if (up)
		hold->count++;
	else if (!--hold->count)
		state_remove(state, VCM_SNAP_HOLD, hold);
	return NULL;
}

/* The holds of an object that is gone. */
static void model_drop_holds(struct state *state, u32 kind, u32 vcm, u64 id)
{
	for (u32 i = 0; i < state->table[VCM_SNAP_HOLD].nr;) {
		struct vcm_snap_hold *hold = state_record(state, VCM_SNAP_HOLD, i);

		if (hold->kind == kind && hold->vcm == vcm && hold->id == id)
			state_remove(state, VCM_SNAP_HOLD, hold);
		else
			i++;
	}
}

static const char *model_first_hold(struct state *state, u32 kind, const struct vcm_event *ev,
				    u32 holder)
{
	const struct vcm_snap_hold hold = {
		.id = ev->id,
		.kind = kind,
		.vcm = ev->vcm,
		.holder = holder,
		.count = 1,
	};

	return model_hold(state, &hold, true);
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
	return model_first_hold(state, VCM_KIND_CONTEXT, ev, ev->arg[ARG_holder]);
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
	model_drop_holds(state, VCM_KIND_CONTEXT, ev->vcm, ev->id);
	return NULL;
}

/* First and last address of a reservation with its guards. */
static u64 model_first(const struct vcm_snap_res *res)
{
	return res->start - ((u64)(res->guard & 0xffff) << MODEL_PAGE_SHIFT);
}

static u64 model_last(const struct vcm_snap_res *res)
{
	return res->start + (res->len - 1) + ((u64)(res->guard >> 16) << MODEL_PAGE_SHIFT);
}

/* Is @res with its guards inside of the sub-window @bound? */
static bool model_is_inside(const struct vcm_snap_res *res, const struct vcm_snap_res *bound)
{
	return (bound->rflags & VCM_RESERVE_BOUND) && bound->res < res->res &&
	       model_first(res) >= bound->start &&
	       model_last(res) <= bound->start + (bound->len - 1);
}

/* A new reservation shares no address with another, except with sub-windows it is inside of. */
static const char *model_check_range(const struct state *state, const struct vcm_snap_res *res)
{
	const struct vcm_snap_context *context = state_context(state, res->vcm);

	if (model_first(res) < context->start || model_last(res) > context->last ||
	    model_first(res) > res->start || model_last(res) < res->start)
		return "reserve: outside of the window";
	for (u32 i = 0; i < state->table[VCM_SNAP_RES].nr; i++) {
		const struct vcm_snap_res *other = state_record(state, VCM_SNAP_RES, i);

		if (other->vcm == res->vcm && model_first(res) <= model_last(other) &&
		    model_last(res) >= model_first(other) && !model_is_inside(res, other))
			return "reserve: of what is taken";
	}
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
		.guard = ev->arg[ARG_guard],
	};
	const char *bad;

	if (state_res(state, ev->vcm, ev->id) || !state_context(state, ev->vcm) || ev->refs != 1)
		return "reserve: of a reservation that is there, or in no context";
	bad = model_check_range(state, &res);
	if (bad)
		return bad;
	state_insert(state, VCM_SNAP_RES, &res);
	return model_first_hold(state, VCM_KIND_RES, ev, ev->arg[ARG_holder]);
}

static const char *model_unreserve(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(unreserve);
	struct vcm_snap_res *res = state_res(state, ev->vcm, ev->id);

	if (!res || res->start != ev->arg[ARG_start] || res->len != ev->arg[ARG_len])
		return "unreserve: of no reservation";
	if (res->phys || res->mapped)
		return "unreserve: before unbind";
	for (u32 i = 0; i < state->table[VCM_SNAP_RES].nr; i++) {
		const struct vcm_snap_res *other = state_record(state, VCM_SNAP_RES, i);

		if (other->vcm == ev->vcm && model_is_inside(other, res))
			return "unreserve: of a sub-window with something inside";
	}
	state_remove(state, VCM_SNAP_RES, res);
	model_drop_holds(state, VCM_KIND_RES, ev->vcm, ev->id);
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
	MODEL_ARGS(ref);
	const struct vcm_snap_hold whose = {
		.id = ev->id,
		.kind = ev->arg[ARG_kind],
		.vcm = ev->vcm,
		.holder = ev->arg[ARG_holder],
		.count = 1,
	};
	u32 *refs = model_refs(state, ev);
	u32 step = ev->type == VCM_EVENT_ref ? 1 : -1;
	const char *bad;

	if (!refs)
		return "ref or unref: of nothing";
	if (ev->refs != *refs + step)
		return "ref or unref: another count than one more or less";
	*refs = ev->refs;
	bad = model_hold(state, &whose, ev->type == VCM_EVENT_ref);
	if (!bad && state_held(state, whose.kind, whose.vcm, whose.id) > ev->refs)
		bad = "unref: of nobody, who has none";
	return bad;
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
		.cache = ev->arg[ARG_cache],
		.source = ev->arg[ARG_source],
	};

	if (state_phys(state, ev->id) || ev->refs != 1 || ev->vcm)
		return "phys_alloc: of memory that is there";
	state_insert(state, VCM_SNAP_PHYS, &phys);
	return model_first_hold(state, VCM_KIND_PHYS, ev, ev->arg[ARG_holder]);
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
	model_drop_holds(state, VCM_KIND_PHYS, 0, ev->id);
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
	if (res->rflags & (VCM_RESERVE_BOUND | VCM_RESERVE_SYSTEM))
		return "bind: of a sub-window, or of what a device cannot use";
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

/* An error event tells of a call that changed nothing: it only has to make sense. */
static const char *model_error(struct state *state, const struct vcm_event *ev)
{
	MODEL_ARGS(error);

	if (ev->err >= 0 || !ev->arg[ARG_op] || ev->arg[ARG_op] > VCM_OP_FAULT)
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
	[VCM_EVENT_switch] = model_switch,
	[VCM_EVENT_fault] = model_fault,
	[VCM_EVENT_save] = model_saved,
	[VCM_EVENT_restore] = model_saved,
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
