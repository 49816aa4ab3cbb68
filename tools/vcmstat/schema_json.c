// SPDX-License-Identifier: GPL-2.0-only
/*
 * schema_json.c - see schema_json.h; draft 2020-12, for one line.
 *
 * The records of a stream are described to the last member.  Records that a report of a command
 * adds are a flat object with its type.
 */
#include <stdbool.h>

#include "schema.h"
#include "schema_json.h"
#include "util.h"

/* A member of a record that is none of a snapshot and no event. */
struct member {
	const char *name;
	char kind;	/* u: unsigned, i: integer, s: string */
	bool optional;
};

struct record {
	const char *type;
	const struct member *member;
};

#define TOTALS									\
	{ "events", 'u' }, { "lost", 'u' }, { "faults", 'u' }, { "dropped", 'u' },	\
	{ "resyncs", 'u' }, { "fault_dropped", 'u' }, { "fault_overflow", 'u' }

static const struct record records[] = {
	{ "header", (const struct member[]){
		{ "schema", 'u' }, { "tool", 's' }, { "version", 's' }, { "kernel", 's' },
		{ "source", 's' }, { "faults", 's' }, { "clock", 's' }, { "ts_ns", 'u' },
		{ "realtime_ns", 'u' }, { } } },
	{ "ready", (const struct member[]){ { "records", 'u' }, { } } },
	{ "resync", (const struct member[]){ { } } },
	{ "fault", (const struct member[]){
		{ "source", 's' }, { "ts_ns", 'u' }, { "device", 's' }, { "iova", 'u' },
		{ "access", 's' }, { "reason", 'u' }, { "pasid", 'u', true },
		{ "domain", 'u', true }, { } } },
	{ "past", (const struct member[]){
		{ "ts_ns", 'u' }, { "stream", 'u' }, { "seq", 'u' }, { "pid", 'u' },
		{ "tid", 'u' }, { "comm", 's' }, { "stack", 's' }, { } } },
	{ "lost", (const struct member[]){
		{ "stream", 'u', true }, { "expected", 'u', true }, { "got", 'u', true },
		{ "dropped", 'u', true }, { } } },
	{ "tick", (const struct member[]){ { "ts_ns", 'u' }, TOTALS, { } } },
	{ "end", (const struct member[]){ TOTALS, { "cause", 's' }, { } } },
	{ "verdict", (const struct member[]){
		{ "fault", 'u' }, { "rank", 'u' }, { "ts_ns", 'u' }, { "source", 's' },
		{ "device", 's' }, { "iova", 'u' }, { "grain", 'u' }, { "access", 's' },
		{ "reason", 's', true }, { "rule", 's' }, { "confidence", 's' }, { "vcm", 'u' },
		{ "res", 'u' }, { "pid", 'u' }, { "comm", 's' }, { "age_ns", 'u', true },
		{ "bytes", 'u', true }, { "after_loss", 'u' }, { "text", 's' }, { "next", 's' },
		{ } } },
	{ "evidence", (const struct member[]){
		{ "fault", 'u' }, { "rank", 'u' }, { "text", 's' }, { "stream", 'u', true },
		{ "seq", 'u', true }, { "ts_ns", 'u', true }, { "pid", 'u', true },
		{ "comm", 's', true }, { "stack", 's', true }, { } } },
	{ "repeat", (const struct member[]){
		{ "fault", 'u' }, { "count", 'u' }, { "last_ns", 'u' }, { "lowest", 'u' },
		{ "highest", 'u' }, { } } },
	{ "storm", (const struct member[]){
		{ "device", 's' }, { "count", 'u' }, { "first_ns", 'u' }, { "last_ns", 'u' },
		{ } } },
	{ "faults", (const struct member[]){
		{ "faults", 'u' }, { "judged", 'u' }, { "folded", 'u' }, { "stormed", 'u' },
		{ "unknown", 'u' }, { } } },
	{ "rule", (const struct member[]){ { "rule", 's' }, { "text", 's' }, { } } },
};

/* Of commands that report: flat, and no more is promised. */
static const char *const reports[] = {
	"reference", "top", "top_context", "verify", "map", "map_cell", "hist", "hist_bucket",
	"leak", "leaks", "iommu", "iommu_device", "iommu_domain", "iommu_fault", "iommu_faults",
	"iommu_faults_others", "iommu_leak", "iommu_mapping", "iommu_oldest", "iommu_verify",
};

static const struct member head[] = {
	{ "ts_ns", 'u' }, { "stream", 'u' }, { "seq", 'u' }, { "vcm", 'u' }, { "id", 'u' },
	{ "refs", 'u' }, { "err", 'i' }, { "pid", 'u' }, { "tid", 'u' }, { "cpu", 'u' },
	{ "comm", 's' }, { },
};

static void put_type(FILE *out, const char *name, char kind)
{
	static const char u64[] = "\"integer\", \"minimum\": 0, \"maximum\": 18446744073709551615";

	fprintf(out, ",\n      \"%s\": {\"type\": %s}", name,
		kind == 'u' ? u64 : kind == 'i' ? "\"integer\"" : "\"string\"");
}

static void begin(FILE *out, const char *type)
{
	fprintf(out, ",\n    {\"properties\": {\n      \"type\": {\"const\": \"%s\"}", type);
}

static void end(FILE *out)
{
	fputs("],\n     \"additionalProperties\": false}", out);
}

static void put_record(FILE *out, const struct record *r)
{
	const struct member *m;

	begin(out, r->type);
	for (m = r->member; m->name; m++)
		put_type(out, m->name, m->kind);
	fputs("},\n     \"required\": [\"type\"", out);
	for (m = r->member; m->name; m++) {
		if (!m->optional)
			fprintf(out, ", \"%s\"", m->name);
	}
	end(out);
}

static void put_state(FILE *out, const struct schema_record *r)
{
	unsigned int i;

	begin(out, r->name);
	for (i = 0; i < r->nr_member; i++)
		put_type(out, r->member[i].name,
			 r->member[i].size == 4 || r->member[i].size == 8 ? 'u' : 's');
	fputs("},\n     \"required\": [\"type\"", out);
	for (i = 0; i < r->nr_member; i++)
		fprintf(out, ", \"%s\"", r->member[i].name);
	end(out);
}

static void put_event(FILE *out, const struct schema_event *e)
{
	const struct member *m;
	unsigned int i;

	begin(out, "event");
	fprintf(out, ",\n      \"event\": {\"const\": \"%s\"}", e->name);
	for (m = head; m->name; m++)
		put_type(out, m->name, m->kind);
	for (i = 0; i < e->nr_arg; i++)
		put_type(out, e->arg[i].name, 'u');
	fputs("},\n     \"required\": [\"type\", \"event\"", out);
	for (m = head; m->name; m++)
		fprintf(out, ", \"%s\"", m->name);
	for (i = 0; i < e->nr_arg; i++)
		fprintf(out, ", \"%s\"", e->arg[i].name);
	end(out);
}

void schema_json(FILE *out)
{
	unsigned int i;

	fprintf(out, "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
		" \"title\": \"a line of vcmstat --json, schema %u\",\n"
		" \"type\": \"object\",\n \"oneOf\": [\n"
		"    {\"properties\": {\"type\": {\"enum\": [", JSON_SCHEMA);
	for (i = 0; i < ARRAY_LEN(reports); i++)
		fprintf(out, "%s\"%s\"", i ? ", " : "", reports[i]);
	fputs("]}},\n     \"required\": [\"type\"],\n     \"additionalProperties\": "
	      "{\"type\": [\"integer\", \"number\", \"string\", \"null\"]}}", out);
	for (i = 0; i < ARRAY_LEN(records); i++)
		put_record(out, &records[i]);
	for (i = 0; i < SCHEMA_SNAP_TYPES; i++)
		put_state(out, &schema_records[schema_snap_order[i]]);
	for (i = 0; i < VCM_EVENT_END; i++) {
		if (schema_event(i))
			put_event(out, schema_event(i));
	}
	fputs("\n]}\n", out);
}
