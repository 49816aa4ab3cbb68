// SPDX-License-Identifier: GPL-2.0-only
/* model.c - events change the state; see model.h for the rules. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define HELD_MAX	65536	/* events of unknown streams kept; the oldest go first */
#define DEAD_MAX	65536	/* streams of destroyed contexts remembered */
#define STREAMS_MAX	4096	/* of one context; more is nonsense */

struct model_dead {
	__u64 seq;
	uint32_t stream;
	uint32_t vcm;
	bool ignore;	/* the context was gone before the snapshot */
};

/* Names the own fields of an event inside the function that applies it. */
#define AT(type, name, fmt, text) at_##name,

void model_init(struct model *m)
{
	memset(m, 0, sizeof(*m));
	table_init(&m->stream, sizeof(struct vcm_snap_stream));
	table_init(&m->device, sizeof(struct vcm_snap_device));
	table_init(&m->context, sizeof(struct vcm_snap_context));
	table_init(&m->assoc, sizeof(struct vcm_snap_assoc));
	table_init(&m->phys, sizeof(struct vcm_snap_phys));
	table_init(&m->res, sizeof(struct vcm_snap_res));
	table_init(&m->dead, sizeof(struct model_dead));
}

void model_fini(struct model *m)
{
	table_fini(&m->stream);
	table_fini(&m->device);
	table_fini(&m->context);
	table_fini(&m->assoc);
	table_fini(&m->phys);
	table_fini(&m->res);
	table_fini(&m->dead);
	free(m->held);
	m->held = NULL;
	m->nr_held = 0;
	m->cap_held = 0;
}

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

static void apply_create(struct model *m, const struct vcm_event *ev)
{
	enum { VCM_EV_create(AT) };
	struct vcm_snap_context *c;
	uint64_t i;

	if (ev->arg[at_nr_streams] > STREAMS_MAX) {
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
	for (i = 0; i < c->nr_streams; i++) {
		struct vcm_snap_stream *s = add(m, &m->stream, c->first_stream + i, 0, ev);

		s->stream = (__u32)(c->first_stream + i);
		s->vcm = ev->vcm;
	}
}

static void bury(struct model *m, const struct vcm_snap_stream *s, bool ignore)
{
	struct model_dead *dead;

	if (m->dead.nr >= DEAD_MAX)
		table_fini(&m->dead);
	dead = table_add(&m->dead, s->stream, 0);
	dead->stream = s->stream;
	dead->vcm = s->vcm;
	dead->seq = s->seq;
	dead->ignore = ignore;
}

static void apply_destroy(struct model *m, const struct vcm_event *ev)
{
	const struct vcm_snap_context *c = expect(m, &m->context, ev->vcm, 0, ev);
	uint64_t i;

	for (i = 0; c && i < c->nr_streams; i++) {
		const struct vcm_snap_stream *s = table_find(&m->stream, c->first_stream + i, 0);

		if (!s)
			continue;
		bury(m, s, false);
		table_remove(&m->stream, c->first_stream + i, 0);
	}
	table_remove(&m->context, ev->vcm, 0);
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
}

static void apply_unreserve(struct model *m, const struct vcm_event *ev)
{
	drop(m, &m->res, ev->vcm, ev->id, ev);
}

static void apply_refs(struct model *m, const struct vcm_event *ev)
{
	enum { VCM_EV_ref(AT) };
	struct vcm_snap_context *c;
	struct vcm_snap_phys *p;
	struct vcm_snap_res *r;

	switch (ev->arg[at_kind]) {
	case VCM_KIND_CONTEXT:
		c = expect(m, &m->context, ev->vcm, 0, ev);
		if (c)
			c->refs = ev->refs;
		break;
	case VCM_KIND_RES:
		r = res_of(m, ev);
		if (r)
			r->refs = ev->refs;
		break;
	case VCM_KIND_PHYS:
		p = expect(m, &m->phys, ev->id, 0, ev);
		if (p)
			p->refs = ev->refs;
		break;
	default:
		conflict(m, ev, "no such kind of object has references");
	}
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
}

static void apply_phys_free(struct model *m, const struct vcm_event *ev)
{
	drop(m, &m->phys, ev->id, 0, ev);
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

static void apply_nothing(struct model *m, const struct vcm_event *ev)
{
	(void)m;
	(void)ev;
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
};

static enum model_result hold(struct model *m, const struct vcm_event *ev)
{
	if (m->nr_held == HELD_MAX) {
		m->nr_held -= HELD_MAX / 2;
		memmove(m->held, m->held + HELD_MAX / 2, m->nr_held * sizeof(*m->held));
	}
	if (m->nr_held == m->cap_held) {
		m->cap_held = m->cap_held ? 2 * m->cap_held : 64;
		m->held = xrealloc(m->held, m->cap_held * sizeof(*m->held));
	}
	m->held[m->nr_held++] = *ev;
	return MODEL_HELD;
}

/*
 * The snapshot contains this event of the registry.  When it makes or ends a context that the
 * snapshot does not have, the events of that context belong to the past as well.
 */
static void note_stale(struct model *m, const struct vcm_event *ev)
{
	enum { VCM_EV_create(AT) };
	uint64_t i, nr = ev->arg[at_nr_streams];
	size_t from, to;

	if (ev->type == VCM_EVENT_create && nr <= STREAMS_MAX) {
		for (i = 0; i < nr; i++) {
			struct vcm_snap_stream s = { .vcm = ev->vcm };

			s.stream = (__u32)(ev->arg[at_first_stream] + i);
			if (!model_seq(m, s.stream))
				bury(m, &s, true);
		}
	}
	if (ev->type != VCM_EVENT_destroy)
		return;
	for (from = 0, to = 0; from < m->nr_held; from++) {
		if (m->held[from].vcm != ev->vcm)
			m->held[to++] = m->held[from];
	}
	m->nr_held = to;
}

const __u64 *model_seq(const struct model *m, uint32_t stream)
{
	const struct vcm_snap_stream *s = table_find(&m->stream, stream, 0);
	const struct model_dead *dead;

	if (s)
		return &s->seq;
	dead = table_find(&m->dead, stream, 0);
	return dead ? &dead->seq : NULL;
}

static bool has_leftovers(const struct model *m, uint32_t vcm)
{
	size_t i;

	for (i = 0; i < m->res.nr; i++) {
		if (((const struct vcm_snap_res *)table_row(&m->res, i))->vcm == vcm)
			return true;
	}
	return false;
}

bool model_leftover(const struct model *m, size_t *at, struct model_gap *gap)
{
	const struct vcm_snap_stream *s;

	while (*at < m->dead.nr) {
		const struct model_dead *dead = table_row(&m->dead, (*at)++);

		if (dead->ignore || !has_leftovers(m, dead->vcm))
			continue;
		s = table_find(&m->stream, dead->stream, 0);
		if (s)	/* the number is in use again */
			continue;
		*gap = (struct model_gap){ dead->stream, dead->seq + 1, dead->seq + 2 };
		return true;
	}
	return false;
}

enum model_result model_apply(struct model *m, const struct vcm_event *ev)
{
	const struct model_dead *dead = table_find(&m->dead, ev->stream, 0);
	__u64 *seq = (__u64 *)model_seq(m, ev->stream);
	enum model_result result = MODEL_APPLIED;

	if (!seq)
		return hold(m, ev);
	if (ev->seq <= *seq || (dead && dead->ignore)) {
		note_stale(m, ev);
		return MODEL_STALE;
	}
	if (ev->seq != *seq + 1) {
		m->gap = (struct model_gap){ ev->stream, *seq + 1, ev->seq };
		result = MODEL_GAP;
	}
	*seq = ev->seq;
	if (ev->type < VCM_EVENT_END && apply[ev->type]) {
		m->ops[ev->type]++;
		apply[ev->type](m, ev);
	}
	return result;
}

bool model_release(struct model *m, struct vcm_event *ev)
{
	size_t i;

	for (i = 0; i < m->nr_held; i++) {
		if (!model_seq(m, m->held[i].stream))
			continue;
		*ev = m->held[i];
		m->nr_held--;
		memmove(m->held + i, m->held + i + 1, (m->nr_held - i) * sizeof(*ev));
		return true;
	}
	return false;
}
