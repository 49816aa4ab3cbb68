// SPDX-License-Identifier: GPL-2.0-only
/* schema.c - the tables of schema.h, expanded from the contract headers. */
#include <string.h>

#include "schema.h"
#include "util.h"

#define ARG(type, name, fmt, text)	{ #name, SCHEMA_##fmt, sizeof(type) },
#define ARG_COUNT(type, name, fmt, text) + 1
#define EVENT(name, nr, text)							\
	[nr] = { "vcm_" #name, 0 VCM_EV_##name(ARG_COUNT), { VCM_EV_##name(ARG) } },

static const struct schema_event events[VCM_EVENT_END] = { VCM_EVENTS(EVENT) };

#define ENUM_NAME(id, nr, str) case nr: return str;

const struct schema_event *schema_event(unsigned int type)
{
	return type < VCM_EVENT_END && events[type].name ? &events[type] : NULL;
}

unsigned int schema_event_type(const char *name)
{
	unsigned int type;

	for (type = 1; type < VCM_EVENT_END; type++) {
		if (events[type].name && !strcmp(events[type].name, name))
			return type;
	}
	return 0;
}

#define ENUM_FN(list)								\
static const char *list##_name(uint64_t value)					\
{										\
	switch (value) {							\
	VCM_ENUM_##list(ENUM_NAME)						\
	default: return NULL;							\
	}									\
}

ENUM_FN(driver)
ENUM_FN(kind)
ENUM_FN(op)
ENUM_FN(cache)
ENUM_FN(source)
ENUM_FN(access)

const char *schema_enum(enum schema_fmt fmt, uint64_t value)
{
	switch (fmt) {
	case SCHEMA_driver: return driver_name(value);
	case SCHEMA_kind: return kind_name(value);
	case SCHEMA_op: return op_name(value);
	case SCHEMA_cache: return cache_name(value);
	case SCHEMA_source: return source_name(value);
	case SCHEMA_access: return access_name(value);
	default: return NULL;
	}
}

const char *schema_enum_text(enum schema_fmt fmt, uint64_t value)
{
	const char *name = schema_enum(fmt, value);

	return name ? name : "unknown";
}

#define M(type, name) { #name, offsetof(struct vcm_snap_##type, name),			\
			sizeof(((struct vcm_snap_##type *)0)->name) }

const struct schema_record schema_records[SCHEMA_RECORDS] = {
	[VCM_SNAP_STREAM] = { "stream", VCM_SNAP_STREAM, sizeof(struct vcm_snap_stream), 3, {
		M(stream, stream), M(stream, vcm), M(stream, seq) } },
	[VCM_SNAP_DEVICE] = { "device", VCM_SNAP_DEVICE, sizeof(struct vcm_snap_device), 3, {
		M(device, dev), M(device, name), M(device, iommu) } },
	[VCM_SNAP_CONTEXT] = { "context", VCM_SNAP_CONTEXT, sizeof(struct vcm_snap_context), 8, {
		M(context, vcm), M(context, refs), M(context, start), M(context, last),
		M(context, driver), M(context, first_stream), M(context, nr_streams),
		M(context, flags) } },
	[VCM_SNAP_ASSOC] = { "assoc", VCM_SNAP_ASSOC, sizeof(struct vcm_snap_assoc), 5, {
		M(assoc, assoc), M(assoc, vcm), M(assoc, dev), M(assoc, active),
		M(assoc, domain) } },
	[VCM_SNAP_PHYS] = { "phys", VCM_SNAP_PHYS, sizeof(struct vcm_snap_phys), 7, {
		M(phys, phys), M(phys, len), M(phys, refs), M(phys, chunks), M(phys, orders),
		M(phys, cache), M(phys, source) } },
	[VCM_SNAP_RES] = { "reservation", VCM_SNAP_RES, sizeof(struct vcm_snap_res), 13, {
		M(res, res), M(res, vcm), M(res, refs), M(res, start), M(res, len),
		M(res, phys), M(res, off), M(res, bound_len), M(res, prot), M(res, mapped),
		M(res, align), M(res, rflags), M(res, guard) } },
	[VCM_SNAP_HOLDER] = { "holder", VCM_SNAP_HOLDER, sizeof(struct vcm_snap_holder), 2, {
		M(holder, holder), M(holder, name) } },
	[VCM_SNAP_HOLD] = { "hold", VCM_SNAP_HOLD, sizeof(struct vcm_snap_hold), 5, {
		M(hold, id), M(hold, kind), M(hold, vcm), M(hold, holder), M(hold, count) } },
	[VCM_SNAP_COUNT] = { "count", VCM_SNAP_COUNT, sizeof(struct vcm_snap_count), 3, {
		M(count, event), M(count, op), M(count, count) } },
};

const unsigned int schema_snap_order[SCHEMA_SNAP_TYPES] = {
	VCM_SNAP_STREAM, VCM_SNAP_DEVICE, VCM_SNAP_HOLDER, VCM_SNAP_CONTEXT,
	VCM_SNAP_ASSOC, VCM_SNAP_PHYS, VCM_SNAP_RES, VCM_SNAP_HOLD,
	VCM_SNAP_COUNT,
};

const struct schema_record *schema_record_named(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(schema_records); i++) {
		if (schema_records[i].name && !strcmp(schema_records[i].name, name))
			return &schema_records[i];
	}
	return NULL;
}
