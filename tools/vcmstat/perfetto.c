// SPDX-License-Identifier: GPL-2.0-only
/* perfetto.c - see perfetto.h; field numbers are those of protos/perfetto/trace/. */
#include <inttypes.h>
#include <string.h>

#include "perfetto.h"

enum { TRACE_PACKET = 1 };

enum {
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE = 10,
	PACKET_TRACK_EVENT = 11,
	PACKET_SEQUENCE_FLAGS = 13,
	PACKET_TRACK = 60,
};

enum { SEQUENCE_CLEARED = 1 };

enum {
	EVENT_ANNOTATION = 4,
	EVENT_TYPE = 9,
	EVENT_TRACK = 11,
	EVENT_CATEGORY = 22,
	EVENT_NAME = 23,
	EVENT_VALUE = 30,
};

enum { ANNOTATION_UINT = 3, ANNOTATION_STRING = 6, ANNOTATION_NAME = 10 };
enum { TRACK_UUID = 1, TRACK_NAME = 2, TRACK_PARENT = 5, TRACK_COUNTER = 8 };
enum { COUNTER_UNIT = 3, UNIT_COUNT = 2, UNIT_BYTES = 3 };

#define SEQUENCE 1	/* all packets are of one writer */

static uint64_t uuid_of(enum perfetto_kind kind, uint32_t vcm, uint64_t id)
{
	return (uint64_t)(kind + 1) << 60 | (uint64_t)(vcm & 0xfffff) << 40 |
	       (id & 0xffffffffff);
}

static size_t open_packet(struct perfetto *p, uint64_t ts_ns)
{
	size_t mark = pb_open(&p->pb, TRACE_PACKET);

	if (ts_ns)
		pb_u64(&p->pb, PACKET_TIMESTAMP, ts_ns);
	pb_u64(&p->pb, PACKET_SEQUENCE, SEQUENCE);
	if (!p->cleared)
		pb_u64(&p->pb, PACKET_SEQUENCE_FLAGS, SEQUENCE_CLEARED);
	p->cleared = true;
	return mark;
}

/* @unit: of a counter, 0 for a track of slices.  False when it was described before. */
static bool describe(struct perfetto *p, uint64_t uuid, uint64_t parent, const char *name,
		     unsigned int unit)
{
	size_t packet, track, counter;

	if (table_find(&p->told, uuid, 0))
		return false;
	table_add(&p->told, uuid, 0);
	packet = open_packet(p, 0);
	track = pb_open(&p->pb, PACKET_TRACK);
	pb_u64(&p->pb, TRACK_UUID, uuid);
	pb_str(&p->pb, TRACK_NAME, name);
	if (parent)
		pb_u64(&p->pb, TRACK_PARENT, parent);
	if (unit) {
		counter = pb_open(&p->pb, TRACK_COUNTER);
		pb_u64(&p->pb, COUNTER_UNIT, unit);
		pb_close(&p->pb, counter);
	}
	pb_close(&p->pb, track);
	pb_close(&p->pb, packet);
	return true;
}

void perfetto_begin(struct perfetto *p, FILE *out)
{
	p->out = out;
	table_init(&p->told, sizeof(uint64_t));
	describe(p, uuid_of(PERFETTO_ROOT, 0, 0), 0, "VCM", 0);
}

void perfetto_flush(struct perfetto *p)
{
	if (p->pb.len)
		fwrite(p->pb.buf, 1, p->pb.len, p->out);
	p->pb.len = 0;
}

void perfetto_fini(struct perfetto *p)
{
	pb_fini(&p->pb);
	if (p->told.row)
		table_fini(&p->told);
}

uint64_t perfetto_track(struct perfetto *p, enum perfetto_kind kind, uint32_t vcm, uint64_t id,
			const char *name)
{
	uint64_t uuid = uuid_of(kind, vcm, id);

	describe(p, uuid, vcm ? uuid_of(PERFETTO_CONTEXT, vcm, 0) :
		 uuid_of(PERFETTO_ROOT, 0, 0), name, 0);
	return uuid;
}

uint64_t perfetto_context(struct perfetto *p, uint32_t vcm, const struct model *m)
{
	const struct vcm_snap_context *c = vcm ? table_find(&m->context, vcm, 0) : NULL;
	uint64_t root = uuid_of(PERFETTO_ROOT, 0, 0), uuid = uuid_of(PERFETTO_CONTEXT, vcm, 0);
	char name[64];

	if (!vcm)
		return root;
	snprintf(name, sizeof(name), "context %u (%s)", vcm,
		 c ? schema_enum_text(SCHEMA_driver, c->driver) : "gone");
	describe(p, uuid, root, name, 0);
	return uuid;
}

static void annotate_u64(struct perfetto *p, const char *name, uint64_t value)
{
	size_t mark = pb_open(&p->pb, EVENT_ANNOTATION);

	pb_str(&p->pb, ANNOTATION_NAME, name);
	pb_u64(&p->pb, ANNOTATION_UINT, value);
	pb_close(&p->pb, mark);
}

static void annotate_str(struct perfetto *p, const char *name, const char *value)
{
	size_t mark = pb_open(&p->pb, EVENT_ANNOTATION);

	pb_str(&p->pb, ANNOTATION_NAME, name);
	pb_str(&p->pb, ANNOTATION_STRING, value);
	pb_close(&p->pb, mark);
}

/* Who and what, as in the other outputs. */
static void annotate(struct perfetto *p, const struct vcm_event *ev)
{
	const struct schema_event *schema = schema_event(ev->type);
	char text[40], comm[sizeof(ev->comm) + 1];
	unsigned int i;

	snprintf(text, sizeof(text), "%s/%u", name_text(comm, sizeof(comm), ev->comm,
		 sizeof(ev->comm)), ev->pid);
	annotate_str(p, "by", text);
	snprintf(text, sizeof(text), "%u:%" PRIu64, ev->stream, (uint64_t)ev->seq);
	annotate_str(p, "event", text);
	annotate_u64(p, "refs", ev->refs);
	for (i = 0; schema && i < schema->nr_arg; i++) {
		const char *name = schema_enum(schema->arg[i].fmt, ev->arg[i]);

		snprintf(text, sizeof(text), "0x%" PRIx64, (uint64_t)ev->arg[i]);
		if (name || schema->arg[i].fmt == SCHEMA_hex)
			annotate_str(p, schema->arg[i].name, name ? name : text);
		else
			annotate_u64(p, schema->arg[i].name, ev->arg[i]);
	}
}

void perfetto_event(struct perfetto *p, enum perfetto_event_type type, uint64_t track,
		    uint64_t ts_ns, const char *name, const struct vcm_event *ev)
{
	size_t packet = open_packet(p, ts_ns ? ts_ns : 1);
	size_t event = pb_open(&p->pb, PACKET_TRACK_EVENT);

	pb_u64(&p->pb, EVENT_TYPE, type);
	pb_u64(&p->pb, EVENT_TRACK, track);
	if (name) {
		pb_str(&p->pb, EVENT_CATEGORY, "vcm");
		pb_str(&p->pb, EVENT_NAME, name);
	}
	if (ev)
		annotate(p, ev);
	pb_close(&p->pb, event);
	pb_close(&p->pb, packet);
}

void perfetto_counts(struct perfetto *p, uint32_t vcm, uint64_t ts_ns,
		     const struct perfetto_counts *c)
{
	static const char *const names[] = { "bytes reserved", "bytes active", "references" };
	static const unsigned int units[] = { UNIT_BYTES, UNIT_BYTES, UNIT_COUNT };
	const uint64_t values[] = { c->reserved, c->active, c->refs };
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		uint64_t uuid = uuid_of(PERFETTO_COUNTER, vcm, i);
		size_t packet, event;
		uint64_t *last;

		describe(p, uuid, uuid_of(PERFETTO_CONTEXT, vcm, 0), names[i], units[i]);
		last = table_find(&p->told, uuid, 0);
		if (*last == values[i] + 1)	/* 0: told nothing yet */
			continue;
		*last = values[i] + 1;
		packet = open_packet(p, ts_ns ? ts_ns : 1);
		event = pb_open(&p->pb, PACKET_TRACK_EVENT);
		pb_u64(&p->pb, EVENT_TYPE, PERFETTO_VALUE);
		pb_u64(&p->pb, EVENT_TRACK, uuid);
		pb_u64(&p->pb, EVENT_VALUE, values[i]);
		pb_close(&p->pb, event);
		pb_close(&p->pb, packet);
	}
}
