// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_json.c - NDJSON: one object a line, raw numbers, members named as in the schema.
 *
 * Order: header, the records of the state, ready, then events, faults, losses and ticks, end.
 * A device or holder record behind ready names one that the state did not name.  A past tells who
 * made an event before it, where a recording has that.  After a loss:
 * resync, then the records of a new state that replaces the old one.
 */
#include <stdlib.h>
#include <string.h>

#include "faultfmt.h"
#include "json.h"
#include "schema_json.h"
#include "sink.h"

struct out_json {
	struct sink sink;
	struct json json;
	struct ksyms symbols;	/* told so far */
};

static struct json *of(struct sink *s)
{
	return &((struct out_json *)s)->json;
}

static void done(struct sink *s)
{
	json_end(of(s));
	fflush(s->out);
}

static void json_header(struct sink *s, const struct header *h)
{
	struct json *j = of(s);

	json_begin(j, "header");
	json_u64(j, "schema", JSON_SCHEMA);
	json_str(j, "tool", "vcmstat");
	json_str(j, "version", h->version);
	json_str(j, "kernel", h->kernel);
	json_str(j, "source", h->source);
	json_str(j, "faults", h->faults);
	if (h->filter && *h->filter)
		json_str(j, "filter", h->filter);
	json_str(j, "clock", "monotonic");
	json_u64(j, "ts_ns", h->ts_ns);
	json_u64(j, "realtime_ns", h->realtime_ns);
	done(s);
}

void out_json_record(struct json *j, const struct schema_record *r, const void *record)
{
	const unsigned char *row = record;
	unsigned int i;
	__u64 v64;
	__u32 v32;

	json_begin(j, r->name);
	for (i = 0; i < r->nr_member; i++) {
		const struct schema_member *m = &r->member[i];

		switch (m->size) {
		case 4:
			memcpy(&v32, row + m->off, 4);
			json_u64(j, m->name, v32);
			break;
		case 8:
			memcpy(&v64, row + m->off, 8);
			json_u64(j, m->name, v64);
			break;
		default:
			json_strn(j, m->name, (const char *)row + m->off, m->size);
		}
	}
	json_end(j);
}

static void json_state(struct sink *s, const struct model *m, bool resync)
{
	struct json *j = of(s);
	size_t i, order, nr, records = 0;

	if (resync) {
		json_begin(j, "resync");
		json_end(j);
	}
	for (order = 0; order < SCHEMA_SNAP_TYPES; order++) {
		unsigned int type = schema_snap_order[order];
		const void **rows = model_sorted(m, type, &nr);

		for (i = 0; i < nr; i++)
			out_json_record(j, &schema_records[type], rows[i]);
		free(rows);
		records += nr;
	}
	json_begin(j, "ready");
	json_u64(j, "records", records);
	done(s);
}

static void json_name(struct sink *s, unsigned int type, const void *row)
{
	out_json_record(of(s), &schema_records[type], row);
	fflush(s->out);
}

static void json_event(struct sink *s, const struct vcm_event *ev)
{
	const struct schema_event *schema = schema_event(ev->type);
	struct json *j = of(s);
	unsigned int i;

	json_begin(j, "event");
	json_str(j, "event", schema ? schema->name : "unknown");
	json_u64(j, "ts_ns", ev->ts_ns);
	json_u64(j, "stream", ev->stream);
	json_u64(j, "seq", ev->seq);
	json_u64(j, "vcm", ev->vcm);
	json_u64(j, "id", ev->id);
	json_u64(j, "refs", ev->refs);
	json_s64(j, "err", ev->err);
	json_u64(j, "pid", ev->pid);
	json_u64(j, "tid", ev->tid);
	json_u64(j, "cpu", ev->cpu);
	json_strn(j, "comm", ev->comm, sizeof(ev->comm));
	for (i = 0; schema && i < schema->nr_arg; i++)
		json_u64(j, schema->arg[i].name, ev->arg[i]);
	done(s);
}

static void json_fault(struct sink *s, const struct vcm_fault *fault)
{
	struct json *j = of(s);
	char device[FAULT_DEVICE_LEN];

	json_begin(j, "fault");
	json_str(j, "source", fault_source_text(fault->source));
	json_u64(j, "ts_ns", fault->ts_ns);
	json_str(j, "device", fault_device(device, fault));
	json_u64(j, "iova", fault->iova);
	json_str(j, "access", fault_access_text(fault->access));
	json_u64(j, "reason", fault->reason);
	if (fault->has_pasid)
		json_u64(j, "pasid", fault->pasid);
	if (fault->domain)
		json_u64(j, "domain", fault->domain);
	done(s);
}

static void json_gap(struct sink *s, const struct model_gap *gap)
{
	struct json *j = of(s);

	json_begin(j, "lost");
	json_u64(j, "stream", gap->stream);
	json_u64(j, "expected", gap->expected);
	json_u64(j, "got", gap->got);
	done(s);
}

static void json_dropped(struct sink *s, uint64_t nr)
{
	struct json *j = of(s);

	json_begin(j, "lost");
	json_u64(j, "dropped", nr);
	done(s);
}

static void json_totals(struct json *j, const struct totals *t)
{
	json_u64(j, "events", t->events);
	json_u64(j, "lost", totals_lost(t));
	json_u64(j, "faults", t->faults);
	json_u64(j, "dropped", t->dropped);
	json_u64(j, "resyncs", t->resyncs);
	json_u64(j, "fault_dropped", t->fault_dropped);
	json_u64(j, "fault_overflow", t->fault_overflow);
}

static void json_tick(struct sink *s, uint64_t ts_ns, const struct totals *t)
{
	struct json *j = of(s);

	json_begin(j, "tick");
	json_u64(j, "ts_ns", ts_ns);
	json_totals(j, t);
	done(s);
}

static void json_finish(struct sink *s, const struct totals *t, const char *cause)
{
	struct json *j = of(s);

	json_begin(j, "end");
	json_totals(j, t);
	json_str(j, "cause", cause);
	done(s);
}

static void json_past(struct sink *s, uint32_t stream, uint64_t seq, const struct past *past)
{
	struct json *j = of(s);
	char stack[4096];

	json_begin(j, "past");
	json_u64(j, "ts_ns", past->ts_ns);
	json_u64(j, "stream", stream);
	json_u64(j, "seq", seq);
	json_u64(j, "pid", past->pid);
	json_u64(j, "tid", past->tid);
	json_strn(j, "comm", past->comm, sizeof(past->comm));
	json_str(j, "stack", past_stack(past, &((struct out_json *)s)->symbols, stack,
					sizeof(stack)));
	done(s);
}

static void json_symbol(struct sink *s, const struct ksym *sym)
{
	ksyms_add(&((struct out_json *)s)->symbols, sym->addr, sym->name);
}

static void json_close(struct sink *s)
{
	ksyms_fini(&((struct out_json *)s)->symbols);
	json_fini(of(s));
	free(s);
}

static const struct sink_ops out_json_ops = {
	.header = json_header,
	.state = json_state,
	.name = json_name,
	.event = json_event,
	.fault = json_fault,
	.gap = json_gap,
	.dropped = json_dropped,
	.tick = json_tick,
	.end = json_finish,
	.close = json_close,
	.past = json_past,
	.symbol = json_symbol,
};

struct sink *out_json_new(FILE *out)
{
	struct out_json *o = xcalloc(1, sizeof(*o));

	o->sink.ops = &out_json_ops;
	o->sink.out = out;
	json_init(&o->json, out);
	return &o->sink;
}
