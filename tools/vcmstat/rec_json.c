// SPDX-License-Identifier: GPL-2.0-only
/*
 * rec_json.c - what 'vcmstat events --json' wrote, as a recording.
 *
 * Every line must be whole and of our own making; the first that is not ends the reading with its
 * number.  Only the last may be cut: then its writer was killed.  Records of types that this
 * build does not know are skipped, unknown members too.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "faultfmt.h"
#include "jsonin.h"
#include "rec.h"
#include "schema_json.h"

#define LINE_MAX_BYTES	65536

struct rec_json {
	struct rec rec;
	uint64_t line;
	char *text;
	size_t cap;
	struct jsonin j;
	struct model state;
	bool header;	/* seen */
	bool in_state;	/* state records may come */
	bool resync;
	bool again;	/* the line was read and is yet to be looked at */
	struct error *err;	/* of the call */
	union {
		unsigned char bytes[1];
		struct vcm_snap_device device;
		struct vcm_snap_holder holder;
		struct vcm_snap_res res;
	} row;
};

static int bad(const struct rec_json *r, const char *what, const char *name)
{
	return error_set(r->err, EXIT_DAMAGED, "%s:%" PRIu64 ": %s%s%s", r->rec.path, r->line,
			 what, name ? " " : "", name ? name : "");
}

static const char *text_or_empty(const struct rec_json *r, const char *name)
{
	const char *text = jsonin_text(&r->j, name);

	return text ? text : "";
}

/* Members that are only told or counted may be absent: an older writer had fewer. */
static uint64_t number_or_0(const struct rec_json *r, const char *name)
{
	uint64_t value;

	return jsonin_u64(&r->j, name, UINT64_MAX, &value) ? value : 0;
}

static int read_header(struct rec_json *r, struct rec_item *item)
{
	uint64_t schema;

	if (r->header)
		return bad(r, "a second header", NULL);
	if (!jsonin_u64(&r->j, "schema", UINT64_MAX, &schema))
		return bad(r, "header without", "schema");
	if (schema != JSON_SCHEMA)
		return error_set(r->err, EXIT_VERSION,
				 "%s:%" PRIu64 ": recording of schema %" PRIu64
				 ", this vcmstat reads %u", r->rec.path, r->line, schema,
				 JSON_SCHEMA);
	r->header = true;
	r->in_state = true;
	item->type = REC_HEADER;
	item->header = (struct header){
		text_or_empty(r, "version"), text_or_empty(r, "kernel"),
		text_or_empty(r, "source"), text_or_empty(r, "faults"),
		number_or_0(r, "ts_ns"), number_or_0(r, "realtime_ns"),
	};
	return 1;
}

static int read_member(const struct rec_json *r, const struct schema_member *m, unsigned char *row)
{
	const char *text;
	uint64_t value;
	__u32 v32;

	if (m->size == 4 || m->size == 8) {
		if (!jsonin_u64(&r->j, m->name, m->size == 4 ? UINT32_MAX : UINT64_MAX, &value))
			return bad(r, "missing or bad member", m->name);
		v32 = (__u32)value;
		memcpy(row + m->off, m->size == 4 ? (void *)&v32 : (void *)&value, m->size);
		return 0;
	}
	text = jsonin_text(&r->j, m->name);
	if (!text)
		return bad(r, "missing or bad member", m->name);
	/* the writer may have made each invalid byte into the three of U+FFFD */
	memcpy(row + m->off, text, strnlen(text, m->size - 1));
	return 0;
}

/* A record of the state, or behind it a name. */
static int read_state(struct rec_json *r, const struct schema_record *schema,
		      struct rec_item *item)
{
	bool named = schema->type == VCM_SNAP_DEVICE || schema->type == VCM_SNAP_HOLDER;
	const char *why;
	unsigned int i;

	if (!r->in_state && !named)
		return bad(r, "a state record among the events", NULL);
	memset(&r->row, 0, sizeof(r->row));
	for (i = 0; i < schema->nr_member; i++) {
		if (read_member(r, &schema->member[i], r->row.bytes))
			return -1;
	}
	if (!r->in_state) {
		item->type = REC_NAME;
		item->name_type = schema->type;
		item->name = &r->row;
		return 1;
	}
	why = model_add_record(&r->state, schema->type, &r->row);
	return why ? bad(r, why, NULL) : 0;
}

/* The head of the event by name, so that the order of members does not matter. */
#define HEAD(type, name, fmt, text)						\
	if (strcmp(#name, "err")) {						\
		if (!jsonin_u64(&r->j, #name, (type)~0ull, &value))		\
			return bad(r, "missing or bad member", #name);		\
		ev->name = (type)value;						\
	}

static int read_head(const struct rec_json *r, struct vcm_event *ev)
{
	const struct jsonin_member *err = jsonin_find(&r->j, "err");
	uint64_t value;

	VCM_EVENT_HEAD(HEAD)
	if (!err || err->text || (int64_t)err->number < INT32_MIN || (int64_t)err->number > 0)
		return bad(r, "missing or bad member", "err");
	ev->err = (__s32)err->number;
	return 0;
}

static int read_event(struct rec_json *r, struct rec_item *item)
{
	const char *name = jsonin_text(&r->j, "event");
	struct vcm_event *ev = &item->event;
	const struct schema_event *schema;
	const char *comm;
	unsigned int i;

	if (!name)
		return bad(r, "missing or bad member", "event");
	ev->type = (__u16)schema_event_type(name);
	schema = schema_event(ev->type);
	if (!schema)
		return bad(r, "unknown event", name);
	if (read_head(r, ev))
		return -1;
	ev->ts_ns = number_or_0(r, "ts_ns");
	ev->pid = (__u32)number_or_0(r, "pid");
	ev->tid = (__u32)number_or_0(r, "tid");
	ev->cpu = (__u32)number_or_0(r, "cpu");
	comm = text_or_empty(r, "comm");
	memcpy(ev->comm, comm, strnlen(comm, sizeof(ev->comm)));
	ev->nr_arg = (__u16)schema->nr_arg;
	for (i = 0; i < schema->nr_arg; i++) {
		uint64_t max = schema->arg[i].size == 4 ? UINT32_MAX : UINT64_MAX, value;

		if (!jsonin_u64(&r->j, schema->arg[i].name, max, &value))
			return bad(r, "missing or bad member", schema->arg[i].name);
		ev->arg[i] = value;
	}
	item->type = REC_EVENT;
	return 1;
}

/* A loss without a stream is counted by the source; the numbers tell which events they were. */
static int read_lost(struct rec_json *r, struct rec_item *item)
{
	uint64_t stream, expected, got;

	item->type = REC_DROPPED;
	item->dropped = number_or_0(r, "dropped");
	if (!jsonin_u64(&r->j, "stream", UINT32_MAX, &stream))
		return 1;
	if (!jsonin_u64(&r->j, "expected", UINT64_MAX, &expected) ||
	    !jsonin_u64(&r->j, "got", UINT64_MAX, &got) || got <= expected)
		return bad(r, "bad loss record", NULL);
	item->type = REC_GAP;
	item->gap = (struct model_gap){ (uint32_t)stream, expected, got };
	return 1;
}

static int read_fault(struct rec_json *r, struct rec_item *item)
{
	const char *device = jsonin_text(&r->j, "device");
	struct vcm_fault *f = &item->fault;

	if (!device)
		return bad(r, "missing or bad member", "device");
	fault_set_device(f, device);
	f->source = fault_source_number(text_or_empty(r, "source"));
	f->access = fault_access_number(text_or_empty(r, "access"));
	f->domain = number_or_0(r, "domain");
	f->ts_ns = number_or_0(r, "ts_ns");
	f->iova = number_or_0(r, "iova");
	f->reason = (__u32)number_or_0(r, "reason");
	f->has_pasid = !!jsonin_find(&r->j, "pasid");
	f->pasid = (__u32)number_or_0(r, "pasid");
	item->type = REC_FAULT;
	return 1;
}

static int read_totals(struct rec_json *r, struct rec_item *item, enum rec_type type)
{
	item->type = type;
	item->ts_ns = number_or_0(r, "ts_ns");
	item->cause = text_or_empty(r, "cause");
	item->totals = (struct totals){
		.events = number_or_0(r, "events"),
		.faults = number_or_0(r, "faults"),
		.gaps = number_or_0(r, "lost"),
		.dropped = number_or_0(r, "dropped"),
		.resyncs = number_or_0(r, "resyncs"),
		.fault_dropped = number_or_0(r, "fault_dropped"),
		.fault_overflow = number_or_0(r, "fault_overflow"),
	};
	r->rec.ended = type == REC_END;
	return 1;
}

/* The state is whole: with its "ready", or with the first record that is none of it. */
static int state_done(struct rec_json *r, struct rec_item *item)
{
	r->in_state = false;
	item->type = REC_STATE;
	item->state = &r->state;
	item->resync = r->resync;
	return 1;
}

static int begin_state(struct rec_json *r)
{
	model_fini(&r->state);
	model_init(&r->state);
	r->resync = true;
	r->in_state = true;
	return 0;
}

/* 1 with an item, 0 for a line that gives none, -1. */
static int read_record(struct rec_json *r, struct rec_item *item)
{
	const char *type = jsonin_text(&r->j, "type");
	const struct schema_record *schema;

	if (!type)
		return bad(r, "missing or bad member", "type");
	if (r->rec.ended)
		return bad(r, "a record after the end", NULL);
	if (!strcmp(type, "header"))
		return read_header(r, item);
	if (!r->header)
		return bad(r, "the first record is not a header", NULL);
	schema = schema_record_named(type);
	if (schema)
		return read_state(r, schema, item);
	if (!strcmp(type, "ready"))
		return r->in_state ? state_done(r, item) : 0;
	if (r->in_state) {
		r->again = true;
		return state_done(r, item);
	}
	if (!strcmp(type, "resync"))
		return begin_state(r);
	if (!strcmp(type, "event"))
		return read_event(r, item);
	if (!strcmp(type, "fault"))
		return read_fault(r, item);
	if (!strcmp(type, "past"))	/* names without addresses: to be read, not to be kept */
		return 0;
	if (!strcmp(type, "lost"))
		return read_lost(r, item);
	if (!strcmp(type, "tick"))
		return read_totals(r, item, REC_TICK);
	if (!strcmp(type, "end"))
		return read_totals(r, item, REC_END);
	r->rec.skipped++;
	return 0;
}

static int not_ours(const struct rec_json *r)
{
	return error_set(r->err, EXIT_DAMAGED, "%s: not a recording, NDJSON or snapshot of VCM",
			 r->rec.path);
}

/* 1 with a parsed line in r->j, 0 at the end, -1. */
static int read_line(struct rec_json *r)
{
	ssize_t len = getline(&r->text, &r->cap, r->rec.in);
	char what[128];

	if (len < 0 && ferror(r->rec.in))
		return error_set(r->err, EXIT_FAILED, "cannot read %s: %s", r->rec.path,
				 strerror(errno));
	if (len < 0)
		return 0;
	r->line++;
	if (r->text[len - 1] != '\n' && r->header) {
		r->rec.cut = true;
		return 0;
	}
	if (!r->header && r->text[len - 1] != '\n')
		return not_ours(r);
	if (len > LINE_MAX_BYTES)
		return bad(r, "line is too long", NULL);
	r->text[--len] = '\0';
	if (jsonin_parse(&r->j, r->text, (size_t)len))
		return 1;
	if (!r->header)
		return not_ours(r);
	snprintf(what, sizeof(what), "column %zu: %s", r->j.column, r->j.error);
	return bad(r, what, NULL);
}

static int json_next(struct rec *rec, struct rec_item *item, struct error *err)
{
	struct rec_json *r = (struct rec_json *)rec;
	int ret;

	memset(item, 0, sizeof(*item));
	r->err = err;
	for (;;) {
		ret = r->again ? 1 : read_line(r);
		r->again = false;
		if (!ret && r->in_state)	/* cut in the state: as much of it as there is */
			return state_done(r, item);
		if (ret <= 0)
			return ret;
		ret = read_record(r, item);
		if (ret)
			return ret;
	}
}

static void json_close(struct rec *rec)
{
	struct rec_json *r = (struct rec_json *)rec;

	model_fini(&r->state);
	free(r->text);
	free(r);
}

static const struct rec_ops rec_json_ops = { .next = json_next, .close = json_close };

struct rec *rec_json_new(void)
{
	struct rec_json *r = xcalloc(1, sizeof(*r));

	r->rec.ops = &rec_json_ops;
	r->rec.kind = "NDJSON";
	model_init(&r->state);
	return &r->rec;
}
