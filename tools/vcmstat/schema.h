/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * schema.h - the event schema and the snapshot records as tables.
 *
 * Made from VCM_EVENTS and the structs of uapi/vcm.h, so that writers, readers and comparisons
 * share one description of what a field is called and where it lies.
 */
#ifndef VCMSTAT_SCHEMA_H
#define VCMSTAT_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "uapi/vcm.h"
#include "vcm_events.h"

enum schema_fmt {
	SCHEMA_dec,
	SCHEMA_hex,
	SCHEMA_driver,
	SCHEMA_kind,
	SCHEMA_op,
	SCHEMA_cache,
	SCHEMA_source,
	SCHEMA_access,
};

struct schema_arg {
	const char *name;
	enum schema_fmt fmt;
	unsigned int size;	/* bytes of the kernel's type */
};

struct schema_event {
	const char *name;	/* of the tracepoint: "vcm_reserve" */
	unsigned int nr_arg;
	struct schema_arg arg[VCM_EVENT_ARGS];
};

/* NULL for numbers and names that this build does not know. */
const struct schema_event *schema_event(unsigned int type);
unsigned int schema_event_type(const char *name);	/* 0 when unknown */
const char *schema_enum(enum schema_fmt fmt, uint64_t value);
/* The same, "unknown" in place of NULL. */
const char *schema_enum_text(enum schema_fmt fmt, uint64_t value);

/* Members of a snapshot record: 4 or 8 bytes are numbers, others are strings. */
struct schema_member {
	const char *name;
	size_t off;
	size_t size;
};

struct schema_record {
	const char *name;	/* "context" */
	unsigned int type;	/* enum vcm_snap_type */
	size_t size;
	unsigned int nr_member;
	struct schema_member member[13];
};

#define SCHEMA_RECORDS (VCM_SNAP_COUNT + 1)

extern const struct schema_record schema_records[SCHEMA_RECORDS];

/* The types in the order that a snapshot has them. */
#define SCHEMA_SNAP_TYPES 9
extern const unsigned int schema_snap_order[SCHEMA_SNAP_TYPES];

/* NULL when unknown. */
const struct schema_record *schema_record_named(const char *name);

#endif
