// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_apply.c - what each event changes; events that contradict the state are conflicts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model_priv.h"

static void conflict(struct model *m, const struct vcm_event *ev, const char *what)
{
	if (m->conflicts++)
		return;
	snprintf(m->conflict, sizeof(m->conflict),
		 "stream %u seq %" PRIu64 ": %s of context %u object %" PRIu64 ": %s",
		 ev->stream, (uint64_t)ev->seq, schema_event(ev->type)->name, ev->vcm,
		 (uint64_t)ev->id, what);
}

static void *expect(struct model *m, const struct table *t, uint64_t a, uint64_t b,
		    const struct vcm_event *ev)
{
	void *row = table_find(t, a, b);

	if (!row)
		conflict(m, ev, "not there");
	return row;
}

static void *add(struct model *m, struct table *t, uint64_t a, uint64_t b,
		 const struct vcm_event *ev)
{
	if (table_find(t, a, b)) {
		conflict(m, ev, "there already");
		table_remove(t, a, b);
	}
	return table_add(t, a, b);
}

static void drop(struct model *m, struct table *t, uint64_t a, uint64_t b,
		 const struct vcm_event *ev)
{
	if (!table_remove(t, a, b))
		conflict(m, ev, "not there");
}

static struct vcm_snap_res *res_of(struct model *m, const struct vcm_event *ev)
{
	return expect(m, &m->res, ev->vcm, ev->id, ev);
}

/* One reference of @holder to the object of @ev, as a snapshot names that object. */
static struct vcm_snap_hold hold_of(const struct vcm_event *ev, uint64_t kind, uint64_t holder)
{
	return (struct vcm_snap_hold){ .id = kind == VCM_KIND_CONTEXT ? ev->vcm : ev->id,
				       .kind = (__u32)kind,
				       .vcm = kind == VCM_KIND_PHYS ? 0 : ev->vcm,
				       .holder = (__u32)holder, .count = 1 };
}

static void drop_holds(struct model *m, const struct vcm_event *ev, uint64_t kind)
{
	const struct vcm_snap_hold any = hold_of(ev, kind, 0);

	holds_drop(&m->holds, any.kind, any.vcm, any.id);
}

/* The references to the object of @ev begin anew, with one of @holder. */
static void first_hold(struct model *m, const struct vcm_event *ev, uint64_t kind,
		       uint64_t holder)
{
	const struct vcm_snap_hold first = hold_of(ev, kind, holder);

	drop_holds(m, ev, kind);
	if (!first.holder)
		return;
	if (!ev->refs)
		conflict(m, ev, "its holder has more references than it has");
	holds_get(&m->holds, &first);
}

static void apply_create(struct model *m, const struct vcm_event *ev)
{
	enum { VCM_EV_create(AT) };
	struct vcm_snap_context *c;
	uint64_t i;

	if (ev->arg[at_nr_streams] > MODEL_STREAMS_MAX) {
		conflict(m, ev, "too many streams");
		return;
	}
	c = add(m, &m->context, ev->vcm, 0, ev);
	c->vcm = ev->vcm;
	c->refs = ev->refs;
	c->start = ev->arg[at_start];
	c->last = ev->arg[at_last];
	c->driver = (__u32)ev->arg[at_driver];
	c->first_stream = (__u32)ev->arg[at_first_stream];
	c->nr_streams = (__u32)ev->arg[at_nr_streams];
	first_hold(m, ev, VCM_KIND_CONTEXT, ev->arg[at_holder]);
	for (i = 0; i < c->nr_streams; i++) {
		__u32 stream = (__u32)(c->first_stream + i);
		struct vcm_snap_stream *s = add(m, &m->stream, stream, 0, ev);

		s->stream = stream;
		s->vcm = ev->vcm;
		waiting_known(&m->waiting, stream);
	}
}

static void apply_destroy(struct model *m, const struct vcm_event *ev)
{
	const struct vcm_snap_context *c = expect(m, &m->context, ev->vcm, 0, ev);
	uint64_t i;

	for (i = 0; c && i < c->nr_streams; i++) {
		__u32 stream = (__u32)(c->first_stream + i);
		const struct vcm_snap_stream *s = table_find(&m->stream, stream, 0);

		if (!s)
			continue;
		model_bury(m, s, false);
		table_remove(&m->stream, stream, 0);
	}
	table_remove(&m->context, ev->vcm, 0);
	drop_holds(m, ev, VCM_KIND_CONTEXT);
}

static void apply_reserve(struct model *m, const struct vcm_event *ev)
{
	enum { VCM_EV_reserve(AT) };
	struct vcm_snap_res *r = add(m, &m->res, ev->vcm, ev->id, ev);

	r->res = ev->id;
	r->vcm = ev->vcm;
	r->refs = ev->refs;
	r->start = ev->arg[at_start];
	r->len = ev->arg[at_len];
	r->align = (__u32)ev->arg[at_align];
	r->rflags = (__u32)ev->arg[at_flags];
	r->guard = (__u32)ev->arg[at_guard];
	first_hold(m, ev, VCM_KIND_RES, ev->arg[at_holder]);
}

/* Before the change: what @ev ends, kept for whoever asks what was there. */
static void remember(struct model *m, const struct vcm_event *ev, const struct vcm_snap_res *r)
{
	struct freed f = { .ts_ns = ev->ts_ns, .res = ev->id, .start = r->start, .len = r->len,
			   .vcm = ev->vcm, .pid = ev->pid };

	if (ev->type == VCM_EVENT_unbind) {
		f.len = r->bound_len;
		f.phys = r->phys;
		f.prot = r->prot;
	}
	memcpy(f.comm, ev->comm, sizeof(f.comm));
	freed_add(&m->freed, &f);
}

static void apply_unreserve(struct model *m, const struct vcm_event *ev)
{
	const struct vcm_snap_res *r = table_find(&m->res, ev->vcm, ev->id);

	if (r)
		remember(m, ev, r);
	drop(m, &m->res, ev->vcm, ev->id, ev);
	drop_holds(m, ev, VCM_KIND_RES);
}

/* Where the number of references to the object of @ev is, NULL when there is no such object. */
static __u32 *refs_of(struct model *m, const struct vcm_event *ev, uint64_t kind)
{
	struct vcm_snap_context *c;
	struct vcm_snap_phys *p;
	struct vcm_snap_res *r;

	switch (kind) {
	case VCM_KIND_CONTEXT:
		c = expect(m, &m->context, ev->vcm, 0, ev);
		return c ? &c->refs : NULL;
	case VCM_KIND_RES:
		r = res_of(m, ev);
		return r ? &r->refs : NULL;
	case VCM_KIND_PHYS:
		p = expect(m, &m->phys, ev->id, 0, ev);
		return p ? &p->refs : NULL;
	default:
		conflict(m, ev, "no such kind of object has references");
		return NULL;
	}
}

static void apply_refs(struct model *m, const struct vcm_event *ev)
{
	enum { VCM_EV_ref(AT) };
	const struct vcm_snap_hold hold = hold_of(ev, ev->arg[at_kind], ev->arg[at_holder]);
	__u32 *refs = refs_of(m, ev, ev->arg[at_kind]);

	if (!refs)
		return;
	*refs = ev->refs;
	if (hold.holder && ev->type == VCM_EVENT_ref)
		holds_get(&m->holds, &hold);
	else if (hold.holder && !holds_put(&m->holds, &hold))
		conflict(m, ev, "the holder has no reference");
	if (holds_sum(holds_of(&m->holds, hold.kind, hold.vcm, hold.id)) > ev->refs)
		conflict(m, ev, "its holders have more references than it has");
}

static void apply_phys_alloc(struct model *m, const struct vcm_event *ev)
{
	enum { VCM_EV_phys_alloc(AT) };
	struct vcm_snap_phys *p = add(m, &m->phys, ev->id, 0, ev);

	p->phys = ev->id;
	p->refs = ev->refs;
	p->len = ev->arg[at_len];
	p->chunks = (__u32)ev->arg[at_chunks];
	p->orders = (__u32)ev->arg[at_orders];
	p->cache = (__u32)ev->arg[at_cache];
	p->source = (__u32)ev->arg[at_source];
	first_hold(m, ev, VCM_KIND_PHYS, ev->arg[at_holder]);
}

static void apply_phys_free(struct model *m, const struct vcm_event *ev)
{
	drop(m, &m->phys, ev->id, 0, ev);
	drop_holds(m, ev, VCM_KIND_PHYS);
}

static void apply_bind(struct model *m, const struct vcm_event *ev)
{
	enum { VCM_EV_bind(AT) };
	struct vcm_snap_res *r = res_of(m, ev);

	if (!r)
		return;
	if (r->phys)
		conflict(m, ev, "bound already");
	r->phys = ev->arg[at_phys];
	r->off = ev->arg[at_off];
	r->bound_len = ev->arg[at_len];
	r->prot = (__u32)ev->arg[at_prot];
}

static void apply_unbind(struct model *m, const struct vcm_event *ev)
{
	struct vcm_snap_res *r = res_of(m, ev);

	if (!r)
		return;
	if (!r->phys)
		conflict(m, ev, "not bound");
	remember(m, ev, r);
	r->phys = 0;
	r->off = 0;
	r->bound_len = 0;
	r->prot = 0;
}

static void apply_map(struct model *m, const struct vcm_event *ev)
{
	struct vcm_snap_res *r = res_of(m, ev);

	if (r)
		r->mapped++;
}

static void apply_unmap(struct model *m, const struct vcm_event *ev)
{
	struct vcm_snap_res *r = res_of(m, ev);

	if (r && r->mapped)
		r->mapped--;
	else if (r)
		conflict(m, ev, "not mapped");
}

static void apply_assoc(struct model *m, const struct vcm_event *ev)
{
	enum { VCM_EV_assoc(AT) };
	struct vcm_snap_assoc *a = add(m, &m->assoc, ev->id, 0, ev);

	a->assoc = ev->id;
	a->vcm = ev->vcm;
	a->active = ev->refs;
	a->dev = (__u32)ev->arg[at_dev];
}

static void apply_deassoc(struct model *m, const struct vcm_event *ev)
{
	drop(m, &m->assoc, ev->id, 0, ev);
}

static void apply_active(struct model *m, const struct vcm_event *ev)
{
	enum { VCM_EV_activate(AT) };
	struct vcm_snap_assoc *a = expect(m, &m->assoc, ev->id, 0, ev);

	if (!a)
		return;
	a->active = ev->refs;
	a->domain = ev->refs ? (__u32)ev->arg[at_domain] : 0;
}

static void apply_switch(struct model *m, const struct vcm_event *ev)
{
	enum { VCM_EV_switch(AT) };
	struct vcm_snap_assoc *to = expect(m, &m->assoc, ev->id, 0, ev);
	struct vcm_snap_assoc *from = expect(m, &m->assoc, ev->arg[at_from], 0, ev);

	if (to) {
		to->active = ev->refs;
		to->domain = (__u32)ev->arg[at_domain];
	}
	if (!from)
		return;
	if (from == to || from->vcm != ev->arg[at_from_vcm] || from->dev != ev->arg[at_dev])
		conflict(m, ev, "the association left is of another device or context");
	from->active = (__u32)ev->arg[at_from_active];
	from->domain = 0;
}

static void apply_save(struct model *m, const struct vcm_event *ev)
{
	struct vcm_snap_context *c = expect(m, &m->context, ev->vcm, 0, ev);
	size_t i;

	if (!c)
		return;
	if (c->flags & VCM_SNAP_CONTEXT_SAVED)
		conflict(m, ev, "saved already");
	c->flags |= VCM_SNAP_CONTEXT_SAVED;
	for (i = 0; i < m->assoc.nr; i++) {
		struct vcm_snap_assoc *a = table_row(&m->assoc, i);

		if (a->vcm == ev->vcm)
			a->domain = 0;
	}
}

static void apply_restore(struct model *m, const struct vcm_event *ev)
{
	struct vcm_snap_context *c = expect(m, &m->context, ev->vcm, 0, ev);

	if (!c)
		return;
	if (!(c->flags & VCM_SNAP_CONTEXT_SAVED))
		conflict(m, ev, "not saved");
	c->flags &= ~VCM_SNAP_CONTEXT_SAVED;
}

static void apply_nothing(struct model *m, const struct vcm_event *ev)
{
	(void)m;
	(void)ev;
}

static void apply_fault(struct model *m, const struct vcm_event *ev)
{
	if (!m->fault)
		m->fault = xcalloc(MODEL_FAULTS, sizeof(*m->fault));
	m->fault[m->nr_fault++ % MODEL_FAULTS] = *ev;
}

static void (*const apply[VCM_EVENT_END])(struct model *, const struct vcm_event *) = {
	[VCM_EVENT_create] = apply_create,
	[VCM_EVENT_destroy] = apply_destroy,
	[VCM_EVENT_reserve] = apply_reserve,
	[VCM_EVENT_unreserve] = apply_unreserve,
	[VCM_EVENT_ref] = apply_refs,
	[VCM_EVENT_unref] = apply_refs,
	[VCM_EVENT_phys_alloc] = apply_phys_alloc,
	[VCM_EVENT_phys_free] = apply_phys_free,
	[VCM_EVENT_bind] = apply_bind,
	[VCM_EVENT_unbind] = apply_unbind,
	[VCM_EVENT_map] = apply_map,
	[VCM_EVENT_unmap] = apply_unmap,
	[VCM_EVENT_assoc] = apply_assoc,
	[VCM_EVENT_deassoc] = apply_deassoc,
	[VCM_EVENT_activate] = apply_active,
	[VCM_EVENT_deactivate] = apply_active,
	[VCM_EVENT_error] = apply_nothing,
	[VCM_EVENT_switch] = apply_switch,
	[VCM_EVENT_fault] = apply_fault,
	[VCM_EVENT_save] = apply_save,
	[VCM_EVENT_restore] = apply_restore,
};

void model_change(struct model *m, const struct vcm_event *ev)
{
	if (ev->type >= VCM_EVENT_END || !apply[ev->type])
		return;
	m->ops[ev->type]++;
	model_note(m, ev);
	apply[ev->type](m, ev);
}
