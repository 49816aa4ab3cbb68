/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_probe.h - vcm_probe_<event>() for core/, user side: a struct vcm_event for a sink.
 *
 * Generated from the schema, like the tracepoints of the kernel side; the caller holds the lock
 * of the stream, so a sink must not call the core.
 */
#ifndef VCM_PROBE_H
#define VCM_PROBE_H

#include "vcm_events.h"

/* Where events go; NULL drops them. */
extern void (*vcm_probe_sink)(const struct vcm_event *event);

/* Add who and when, and hand @event to the sink. */
void vcm_probe_emit(struct vcm_event *event);

#define VCM_PROBE_PARAM(type, name, fmt, text)	, type name
#define VCM_PROBE_VALUE(type, name, fmt, text)	name,
#define VCM_PROBE_COUNT(type, name, fmt, text)	+ 1

#define VCM_PROBE(name, nr, text)						\
static inline void vcm_probe_##name(__u32 stream, __u64 seq, __u32 vcm,	\
				    __u64 id, __u32 refs, __s32 err		\
				    VCM_EV_##name(VCM_PROBE_PARAM))		\
{										\
	struct vcm_event event = {						\
		.type = nr,							\
		.nr_arg = 0 VCM_EV_##name(VCM_PROBE_COUNT),			\
		.stream = stream,						\
		.seq = seq,							\
		.id = id,							\
		.vcm = vcm,							\
		.refs = refs,							\
		.err = err,							\
		.arg = { VCM_EV_##name(VCM_PROBE_VALUE) },			\
	};									\
										\
	vcm_probe_emit(&event);							\
}

VCM_EVENTS(VCM_PROBE)

#undef VCM_PROBE
#undef VCM_PROBE_COUNT
#undef VCM_PROBE_VALUE
#undef VCM_PROBE_PARAM

#endif
