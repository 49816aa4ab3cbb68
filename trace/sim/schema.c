// SPDX-License-Identifier: GPL-2.0-only
/*
 * schema.c - the event schema as tables.
 */
#include "sim.h"

#define ARG(type, name, fmt, text)	 { #name, #fmt },
#define COUNT(type, name, fmt, text)	 + 1
#define EVENT(name, nr, text)							\
	[nr] = { "vcm_" #name, 0 VCM_EV_##name(COUNT), { VCM_EV_##name(ARG) } },

static const struct sim_event sim_events[VCM_EVENT_END] = { VCM_EVENTS(EVENT) };

const struct sim_event *sim_event(u32 type)
{
	return type < VCM_EVENT_END && sim_events[type].name ? &sim_events[type] : NULL;
}

struct sim_name {
	const char *list;
	u64 value;
	const char *name;
};

#define NAME(list, nr, str) { #list, nr, str },
#define NAME_driver(id, nr, str) NAME(driver, nr, str)
#define NAME_cache(id, nr, str) NAME(cache, nr, str)
#define NAME_source(id, nr, str) NAME(source, nr, str)
#define NAME_access(id, nr, str) NAME(access, nr, str)
#define NAME_kind(id, nr, str) NAME(kind, nr, str)
#define NAME_op(id, nr, str) NAME(op, nr, str)

static const struct sim_name sim_names[] = {
	VCM_ENUM_driver(NAME_driver)
	VCM_ENUM_cache(NAME_cache)
	VCM_ENUM_source(NAME_source)
	VCM_ENUM_access(NAME_access)
	VCM_ENUM_kind(NAME_kind)
	VCM_ENUM_op(NAME_op)
};

/* The name of a value of an enum, NULL when there is none. */
const char *sim_enum(const char *fmt, u64 value)
{
	for (u32 i = 0; i < ARRAY_SIZE(sim_names); i++)
		if (sim_names[i].value == value && !strcmp(sim_names[i].list, fmt))
			return sim_names[i].name;
	return NULL;
}
