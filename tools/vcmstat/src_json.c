// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_json.c - the state at the end of a recording made by 'vcmstat events --json'.
 *
 * Every line must be whole and of our own making; the first that is not ends the reading with its
 * number.  Records of types that this build does not know are skipped, unknown members too.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsonin.h"
#include "model.h"
#include "source.h"

#define LINE_MAX_BYTES	65536

struct reader {
	const char *path;
	uint64_t line;
	struct jsonin j;
	struct model *m;
	struct json_recording *rec;
	struct error *err;
	bool header;	/* seen */
	bool in_state;	/* state records may come */
	struct model_gap told;	/* the last loss record */
};

static int bad(const struct reader *r, const char *what, const char *name)
{
	return error_set(r->err, EXIT_FAILED, "%s:%" PRIu64 ": %s%s%s", r->path, r->line, what,
			 name ? " " : "", name ? name : "");
}

static int read_header(struct reader *r)
{
	uint64_t schema;

	if (r->header)
		return bad(r, "a second header", NULL);
	if (!jsonin_u64(&r->j, "schema", UINT64_MAX, &schema))
		return bad(r, "header without", "schema");
	if (schema != 1)
		return bad(r, "recording of another schema, this vcmstat reads 1", NULL);
	r->header = true;
	r->in_state = true;
	return 0;
}

static int read_member(const struct reader *r, const struct schema_member *m, unsigned char *row)
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

static int read_state(struct reader *r, const struct schema_record *schema)
{
	union {
		unsigned char bytes[1];
		struct vcm_snap_device device;
		struct vcm_snap_holder holder;
		struct vcm_snap_res res;
	} row;
	const char *why;
	unsigned int i;

	if (!r->in_state && schema->type != VCM_SNAP_DEVICE && schema->type != VCM_SNAP_HOLDER)
		return bad(r, "a state record among the events", NULL);
	memset(&row, 0, sizeof(row));
	for (i = 0; i < schema->nr_member; i++) {
		if (read_member(r, &schema->member[i], row.bytes))
			return -1;
	}
	why = model_add_record(r->m, schema->type, &row);
	return why ? bad(r, why, NULL) : 0;
}

/* The head of the event by name, so that the order of members does not matter. */
#define HEAD(type, name, fmt, text)						\
	if (strcmp(#name, "err")) {						\
		if (!jsonin_u64(&r->j, #name, (type)~0ull, &value))		\
			return bad(r, "missing or bad member", #name);		\
		ev->name = (type)value;						\
	}

static int read_head(const struct reader *r, struct vcm_event *ev)
{
	const struct jsonin_member *err = jsonin_find(&r->j, "err");
	uint64_t value;

	VCM_EVENT_HEAD(HEAD)
	if (!err || err->text || (int64_t)err->number < INT32_MIN || (int64_t)err->number > 0)
		return bad(r, "missing or bad member", "err");
	ev->err = (__s32)err->number;
	return 0;
}

static int take_event(struct reader *r, const struct vcm_event *ev)
{
	enum model_result result = model_apply(r->m, ev);
	struct vcm_event held;

	if (result == MODEL_GAP && (r->told.stream != ev->stream || r->told.got != ev->seq))
		r->rec->lost += r->m->gap.got - r->m->gap.expected;
	if (result == MODEL_STALE)
		return bad(r, "an event that the state contains already", NULL);
	if (ev->type == VCM_EVENT_create) {
		while (model_release(r->m, &held)) {
			if (take_event(r, &held))
				return -1;
		}
	}
	return 0;
}

static int read_event(struct reader *r)
{
	const char *name = jsonin_text(&r->j, "event");
	const struct schema_event *schema;
	struct vcm_event ev = { 0 };
	unsigned int i;

	if (!name)
		return bad(r, "missing or bad member", "event");
	ev.type = (__u16)schema_event_type(name);
	schema = schema_event(ev.type);
	if (!schema)
		return bad(r, "unknown event", name);
	if (read_head(r, &ev))
		return -1;
	ev.nr_arg = (__u16)schema->nr_arg;
	for (i = 0; i < schema->nr_arg; i++) {
		uint64_t max = schema->arg[i].size == 4 ? UINT32_MAX : UINT64_MAX, value;

		if (!jsonin_u64(&r->j, schema->arg[i].name, max, &value))
			return bad(r, "missing or bad member", schema->arg[i].name);
		ev.arg[i] = value;
	}
	r->rec->events++;
	r->rec->faults += ev.type == VCM_EVENT_fault;
	return take_event(r, &ev);
}

/* A loss without a stream is counted by the source; the numbers tell which events they were. */
static int read_lost(struct reader *r)
{
	uint64_t stream, expected, got;

	if (!jsonin_u64(&r->j, "stream", UINT32_MAX, &stream))
		return 0;
	if (!jsonin_u64(&r->j, "expected", UINT64_MAX, &expected) ||
	    !jsonin_u64(&r->j, "got", UINT64_MAX, &got) || got <= expected)
		return bad(r, "bad loss record", NULL);
	r->rec->lost += got - expected;
	r->told = (struct model_gap){ (uint32_t)stream, expected, got };
	return 0;
}

static int read_resync(struct reader *r)
{
	model_fini(r->m);
	model_init(r->m);
	r->rec->lost = 0;
	r->in_state = true;
	return 0;
}

static int read_record(struct reader *r)
{
	const char *type = jsonin_text(&r->j, "type");
	const struct schema_record *schema;

	if (!type)
		return bad(r, "missing or bad member", "type");
	if (r->rec->ended)
		return bad(r, "a record after the end", NULL);
	if (!strcmp(type, "header"))
		return read_header(r);
	if (!r->header)
		return bad(r, "the first record is not a header", NULL);
	schema = schema_record_named(type);
	if (schema)
		return read_state(r, schema);
	if (!strcmp(type, "resync"))
		return read_resync(r);
	if (!strcmp(type, "ready"))
		r->in_state = false;
	if (!strcmp(type, "event"))
		return read_event(r);
	if (!strcmp(type, "lost"))
		return read_lost(r);
	r->rec->faults += !strcmp(type, "fault");
	r->rec->ended = !strcmp(type, "end");
	return 0;
}

static int read_line(struct reader *r, char *line, size_t len)
{
	char what[128];

	if (!len || line[len - 1] != '\n')
		return bad(r, "line is cut short", NULL);
	if (len > LINE_MAX_BYTES)
		return bad(r, "line is too long", NULL);
	line[--len] = '\0';
	if (!jsonin_parse(&r->j, line, len)) {
		snprintf(what, sizeof(what), "column %zu: %s", r->j.column, r->j.error);
		return bad(r, what, NULL);
	}
	return read_record(r);
}

int src_json_read(const char *path, struct model *m, struct json_recording *rec,
		  struct error *err)
{
	struct reader r = { .path = path, .m = m, .rec = rec, .err = err };
	FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int ret = 0;

	memset(rec, 0, sizeof(*rec));
	if (!in)
		return error_set(err, errno == EACCES ? EXIT_PERMISSION : EXIT_FAILED,
				 "cannot read %s: %s", path, strerror(errno));
	while (!ret && (len = getline(&line, &cap, in)) >= 0) {
		r.line++;
		ret = read_line(&r, line, (size_t)len);
	}
	if (!ret && ferror(in))
		ret = error_set(err, EXIT_FAILED, "cannot read %s: %s", path, strerror(errno));
	if (!ret && !r.header)
		ret = error_set(err, EXIT_FAILED, "%s: empty, not a recording", path);
	free(line);
	if (in != stdin)
		fclose(in);
	return ret;
}
