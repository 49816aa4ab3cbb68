// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_perfetto.c - a trace for ui.perfetto.dev: contexts as groups of tracks, one track for each
 * reservation, memory and association, counters of bytes and references, instants for the rest.
 *
 * Of a reservation "reserved" encloses "bound", that encloses "active".  What is open when the
 * recording ends, or when a loss makes the state start anew, ends there.  The messages are those
 * of protos/perfetto/trace/, of which tests/perfetto.proto names the part that is used.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "faultfmt.h"
#include "perfetto.h"

/* What is open on the track of an object. */
struct open_track {
	uint64_t uuid;
	uint32_t depth;
	uint32_t vcm;
	/* of a reservation */
	uint32_t mapped;	/* domains */
	uint32_t refs;
	bool bound;
	uint64_t len;		/* 0 of a sub-window: what is in it counts */
	uint64_t bound_len;
};

struct out_perfetto {
	struct sink sink;
	struct perfetto p;
	struct table open;	/* struct open_track by kind and context, id */
	struct table counts;	/* struct perfetto_counts by context */
	uint64_t now;
};

static struct out_perfetto *of(struct sink *s)
{
	return (struct out_perfetto *)s;
}

static struct table_key key_of(enum perfetto_kind kind, uint32_t vcm, uint64_t id)
{
	return (struct table_key){ (uint64_t)kind << 32 | vcm, id };
}

static struct open_track *find(struct out_perfetto *o, enum perfetto_kind kind, uint32_t vcm,
			       uint64_t id)
{
	struct table_key key = key_of(kind, vcm, id);

	return table_find(&o->open, key.a, key.b);
}

static struct open_track *begin_track(struct out_perfetto *o, enum perfetto_kind kind,
				      uint32_t vcm, uint64_t id, const char *name)
{
	struct table_key key = key_of(kind, vcm, id);
	struct open_track *t = table_add(&o->open, key.a, key.b);

	t->uuid = perfetto_track(&o->p, kind, vcm, id, name);
	return t;
}

static void begin(struct out_perfetto *o, struct open_track *t, const char *name,
		  const struct vcm_event *ev)
{
	t->depth++;
	perfetto_event(&o->p, PERFETTO_BEGIN, t->uuid, o->now, name, ev);
}

static void end_to(struct out_perfetto *o, struct open_track *t, uint32_t depth)
{
	for (; t->depth > depth; t->depth--)
		perfetto_event(&o->p, PERFETTO_END, t->uuid, o->now, NULL, NULL);
}

static struct perfetto_counts *counts(struct out_perfetto *o, uint32_t vcm)
{
	return table_add(&o->counts, vcm, 0);
}

static void set_refs(struct out_perfetto *o, struct open_track *t, uint32_t refs)
{
	if (!t)
		return;
	counts(o, t->vcm)->refs += (uint64_t)refs - t->refs;
	t->refs = refs;
}

static void unbind(struct out_perfetto *o, struct open_track *t)
{
	if (!t)
		return;
	if (t->mapped)
		counts(o, t->vcm)->active -= t->bound_len;
	end_to(o, t, 1);
	t->bound = false;
	t->mapped = 0;
}

static void end_track(struct out_perfetto *o, enum perfetto_kind kind, uint32_t vcm, uint64_t id)
{
	struct open_track *t = find(o, kind, vcm, id);
	struct table_key key = key_of(kind, vcm, id);

	if (!t)
		return;
	if (kind == PERFETTO_RES) {
		unbind(o, t);
		set_refs(o, t, 0);
		counts(o, vcm)->reserved -= t->len;
	}
	end_to(o, t, 0);
	table_remove(&o->open, key.a, key.b);
}

static void end_all(struct out_perfetto *o)
{
	size_t i;

	for (i = 0; i < o->open.nr; i++)
		end_to(o, table_row(&o->open, i), 0);
	table_fini(&o->open);
	table_fini(&o->counts);
}

static void tell_counts(struct out_perfetto *o, uint32_t vcm)
{
	if (vcm && table_find(&o->sink.model->context, vcm, 0))
		perfetto_counts(&o->p, vcm, o->now, counts(o, vcm));
}

static void begin_res(struct out_perfetto *o, const struct vcm_snap_res *r,
		      const struct vcm_event *ev)
{
	bool window = r->rflags & VCM_RESERVE_BOUND;
	char name[96], size[16];
	struct open_track *t;

	snprintf(name, sizeof(name), "res %" PRIu64 " 0x%" PRIx64 " +%s", (uint64_t)r->res,
		 (uint64_t)r->start, size_text(size, r->len));
	t = begin_track(o, PERFETTO_RES, r->vcm, r->res, name);
	begin(o, t, window ? "window" : "reserved", ev);
	t->vcm = r->vcm;
	t->len = window ? 0 : r->len;
	counts(o, t->vcm)->reserved += t->len;
	set_refs(o, t, r->refs);
}

static void begin_bound(struct out_perfetto *o, struct open_track *t,
			const struct vcm_snap_res *r, const struct vcm_event *ev)
{
	char name[64], text[4];

	if (!t || t->bound)
		return;
	snprintf(name, sizeof(name), "bound to memory %" PRIu64 " %s", (uint64_t)r->phys,
		 prot_text(text, r->prot));
	begin(o, t, name, ev);
	t->bound = true;
	t->bound_len = r->bound_len;
}

static void map(struct out_perfetto *o, struct open_track *t, const struct vcm_event *ev)
{
	if (!t || t->mapped++)
		return;
	begin(o, t, "active", ev);
	counts(o, t->vcm)->active += t->bound_len;
}

static void unmap(struct out_perfetto *o, struct open_track *t)
{
	if (!t || !t->mapped || --t->mapped)
		return;
	end_to(o, t, 2);
	counts(o, t->vcm)->active -= t->bound_len;
}

static void begin_phys(struct out_perfetto *o, uint64_t id, uint64_t len,
		       const struct vcm_event *ev)
{
	char name[64], size[16];

	snprintf(name, sizeof(name), "memory %" PRIu64 " %s", id, size_text(size, len));
	begin(o, begin_track(o, PERFETTO_PHYS, 0, id, name), "allocated", ev);
}

static void begin_assoc(struct out_perfetto *o, uint32_t vcm, uint64_t id, uint32_t dev,
			const struct vcm_event *ev)
{
	const struct vcm_snap_device *d = table_find(&o->sink.model->device, dev, 0);
	char name[96], device[VCM_DEVICE_NAME_LEN] = "unknown";

	if (d)
		name_text(device, sizeof(device), d->name, sizeof(d->name));
	snprintf(name, sizeof(name), "assoc %" PRIu64 " of %s", id, device);
	begin(o, begin_track(o, PERFETTO_ASSOC, vcm, id, name), "associated", ev);
}

/* Active while @active is not 0. */
static void set_active(struct out_perfetto *o, struct open_track *t, uint32_t active,
		       const struct vcm_event *ev)
{
	if (t && active && t->depth == 1)
		begin(o, t, "active", ev);
	if (t && !active)
		end_to(o, t, 1);
}

static void instant(struct out_perfetto *o, uint32_t vcm, const char *name,
		    const struct vcm_event *ev)
{
	uint64_t uuid = perfetto_context(&o->p, vcm, o->sink.model);

	perfetto_event(&o->p, PERFETTO_INSTANT, uuid, o->now, name, ev);
}

static void perfetto_header(struct sink *s, const struct header *h)
{
	struct out_perfetto *o = of(s);

	o->now = h->ts_ns;
	perfetto_begin(&o->p, s->out);
}

static void state_res(struct out_perfetto *o, const struct vcm_snap_res *r)
{
	struct open_track *t;
	uint32_t i;

	begin_res(o, r, NULL);
	t = find(o, PERFETTO_RES, r->vcm, r->res);
	if (r->phys)
		begin_bound(o, t, r, NULL);
	for (i = 0; r->phys && i < r->mapped; i++)
		map(o, t, NULL);
}

static void state_rows(struct out_perfetto *o, const struct model *m, unsigned int type)
{
	size_t nr, i;
	const void **rows = model_sorted(m, type, &nr);

	for (i = 0; i < nr; i++) {
		const struct vcm_snap_context *c = rows[i];
		const struct vcm_snap_assoc *a = rows[i];
		const struct vcm_snap_phys *p = rows[i];

		if (type == VCM_SNAP_CONTEXT) {
			perfetto_context(&o->p, c->vcm, m);
		} else if (type == VCM_SNAP_ASSOC) {
			begin_assoc(o, a->vcm, a->assoc, a->dev, NULL);
			set_active(o, find(o, PERFETTO_ASSOC, a->vcm, a->assoc), a->active, NULL);
		} else if (type == VCM_SNAP_PHYS) {
			begin_phys(o, p->phys, p->len, NULL);
		} else {
			state_res(o, rows[i]);
		}
	}
	free(rows);
}

static void perfetto_state(struct sink *s, const struct model *m, bool resync)
{
	struct out_perfetto *o = of(s);
	size_t i;

	if (resync)
		end_all(o);
	table_init(&o->open, sizeof(struct open_track));
	table_init(&o->counts, sizeof(struct perfetto_counts));
	state_rows(o, m, VCM_SNAP_CONTEXT);
	state_rows(o, m, VCM_SNAP_ASSOC);
	state_rows(o, m, VCM_SNAP_PHYS);
	state_rows(o, m, VCM_SNAP_RES);
	for (i = 0; i < m->context.nr; i++)
		tell_counts(o, ((struct vcm_snap_context *)table_row(&m->context, i))->vcm);
	perfetto_flush(&o->p);
}

static void res_event(struct out_perfetto *o, const struct vcm_event *ev)
{
	enum { VCM_EV_reserve(AT) };
	struct open_track *t = find(o, PERFETTO_RES, ev->vcm, ev->id);
	struct vcm_snap_res r = { .res = ev->id, .vcm = ev->vcm, .refs = ev->refs };

	switch (ev->type) {
	case VCM_EVENT_reserve:
		r.start = ev->arg[at_start];
		r.len = ev->arg[at_len];
		r.rflags = (__u32)ev->arg[at_flags];
		begin_res(o, &r, ev);
		break;
	case VCM_EVENT_unreserve:
		end_track(o, PERFETTO_RES, ev->vcm, ev->id);
		break;
	case VCM_EVENT_map:
		map(o, t, ev);
		break;
	case VCM_EVENT_unmap:
		unmap(o, t);
		break;
	default:
		unbind(o, t);
	}
}

static void bind_event(struct out_perfetto *o, const struct vcm_event *ev)
{
	enum { VCM_EV_bind(AT) };
	const struct vcm_snap_res r = { .phys = ev->arg[at_phys],
					.bound_len = ev->arg[at_len],
					.prot = (__u32)ev->arg[at_prot] };

	begin_bound(o, find(o, PERFETTO_RES, ev->vcm, ev->id), &r, ev);
}

static void assoc_event(struct out_perfetto *o, const struct vcm_event *ev)
{
	enum { VCM_EV_switch(AT) };
	struct open_track *t = find(o, PERFETTO_ASSOC, ev->vcm, ev->id);

	switch (ev->type) {
	case VCM_EVENT_assoc:
		begin_assoc(o, ev->vcm, ev->id, (uint32_t)ev->arg[at_dev], ev);
		break;
	case VCM_EVENT_deassoc:
		end_track(o, PERFETTO_ASSOC, ev->vcm, ev->id);
		break;
	case VCM_EVENT_switch:
		set_active(o, find(o, PERFETTO_ASSOC, (uint32_t)ev->arg[at_from_vcm],
				   ev->arg[at_from]), (uint32_t)ev->arg[at_from_active], ev);
		set_active(o, t, ev->refs, ev);
		break;
	default:
		set_active(o, t, ev->refs, ev);
	}
}

static void error_event(struct out_perfetto *o, const struct vcm_event *ev)
{
	const char *name = ev->err > -4096 ? strerrorname_np(-ev->err) : NULL;
	char text[64];

	snprintf(text, sizeof(text), "%s failed: %s",
		 schema_enum_text(SCHEMA_op, ev->arg[0]), name ? name : "unknown error");
	instant(o, ev->vcm, text, ev);
}

static void perfetto_told(struct sink *s, const struct vcm_event *ev)
{
	struct out_perfetto *o = of(s);

	o->now = ev->ts_ns;
	switch (ev->type) {
	case VCM_EVENT_create:
		perfetto_context(&o->p, ev->vcm, s->model);
		break;
	case VCM_EVENT_reserve: case VCM_EVENT_unreserve: case VCM_EVENT_map:
	case VCM_EVENT_unmap: case VCM_EVENT_unbind:
		res_event(o, ev);
		break;
	case VCM_EVENT_bind:
		bind_event(o, ev);
		break;
	case VCM_EVENT_phys_alloc:
		begin_phys(o, ev->id, ev->arg[0], ev);
		break;
	case VCM_EVENT_phys_free:
		end_track(o, PERFETTO_PHYS, 0, ev->id);
		break;
	case VCM_EVENT_assoc: case VCM_EVENT_deassoc: case VCM_EVENT_activate:
	case VCM_EVENT_deactivate: case VCM_EVENT_switch:
		assoc_event(o, ev);
		break;
	case VCM_EVENT_error:
		error_event(o, ev);
		break;
	case VCM_EVENT_ref: case VCM_EVENT_unref:
		if (ev->arg[0] == VCM_KIND_RES)
			set_refs(o, find(o, PERFETTO_RES, ev->vcm, ev->id), ev->refs);
		break;
	default:
		instant(o, ev->vcm, schema_event(ev->type)->name + strlen("vcm_"), ev);
	}
	tell_counts(o, ev->vcm);
	perfetto_flush(&o->p);
}

static void perfetto_fault(struct sink *s, const struct vcm_fault *fault)
{
	struct out_perfetto *o = of(s);
	char text[96], device[FAULT_DEVICE_LEN];

	o->now = fault->ts_ns;
	snprintf(text, sizeof(text), "fault: %s %s 0x%" PRIx64, fault_device(device, fault),
		 fault_access_text(fault->access), (uint64_t)fault->iova);
	instant(o, 0, text, NULL);
	perfetto_flush(&o->p);
}

static void perfetto_lost(struct out_perfetto *o, uint64_t nr)
{
	char text[64];

	snprintf(text, sizeof(text), "LOST %" PRIu64 " events", nr);
	instant(o, 0, text, NULL);
	perfetto_flush(&o->p);
}

static void perfetto_gap(struct sink *s, const struct model_gap *gap)
{
	perfetto_lost(of(s), gap->got - gap->expected);
}

static void perfetto_dropped(struct sink *s, uint64_t nr)
{
	perfetto_lost(of(s), nr);
}

static void perfetto_end(struct sink *s, const struct totals *t, const char *cause)
{
	(void)t;
	(void)cause;
	end_all(of(s));
	perfetto_flush(&of(s)->p);
	fflush(s->out);
}

static void perfetto_close(struct sink *s)
{
	table_fini(&of(s)->open);
	table_fini(&of(s)->counts);
	perfetto_fini(&of(s)->p);
	free(s);
}

static const struct sink_ops out_perfetto_ops = {
	.header = perfetto_header,
	.state = perfetto_state,
	.name = sink_no_name,
	.event = perfetto_told,
	.fault = perfetto_fault,
	.gap = perfetto_gap,
	.dropped = perfetto_dropped,
	.tick = sink_no_tick,
	.end = perfetto_end,
	.close = perfetto_close,
};

struct sink *out_perfetto_new(FILE *out)
{
	struct out_perfetto *o = xcalloc(1, sizeof(*o));

	o->sink.ops = &out_perfetto_ops;
	o->sink.out = out;
	table_init(&o->open, sizeof(struct open_track));
	table_init(&o->counts, sizeof(struct perfetto_counts));
	return &o->sink;
}
