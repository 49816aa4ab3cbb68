/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_probe.h - vcm_probe_<event>() for core/, kernel side: the tracepoint of that name, and the
 * count of it, which is there whether anybody traces or not.
 *
 * trace/shim/vcm_probe.h offers the same functions in user space.  Arguments are the head of
 * the schema, then the event's own fields; the caller holds the lock of the stream.
 */
#ifndef VCM_PROBE_H
#define VCM_PROBE_H

#include "compat.h"
#include "vcm_count.h"
#include "vcm_events.h"
#include "vcm_trace.h"

#define VCM_PROBE_PARAM(type, name, fmt, text)	, type name
#define VCM_PROBE_ARG(type, name, fmt, text)	, name
#define VCM_PROBE_VALUE(type, name, fmt, text)	name,

#define VCM_PROBE(name, nr, text)						\
static inline void vcm_probe_##name(__u32 stream, __u64 seq, __u32 vcm,	\
				    __u64 id, __u32 refs, __s32 err		\
				    VCM_EV_##name(VCM_PROBE_PARAM))		\
{										\
	const __u64 own[] = { VCM_EV_##name(VCM_PROBE_VALUE) 0 };		\
										\
	vcm_count(nr, nr == VCM_EVENT_error ? own[0] : 0);			\
	if (!trace_vcm_##name##_enabled())					\
		return;								\
	vcm_trace_begin();							\
	trace_vcm_##name(stream, seq, vcm, id, refs, err			\
			 VCM_EV_##name(VCM_PROBE_ARG));				\
	vcm_trace_end();							\
}

VCM_EVENTS(VCM_PROBE)

#undef VCM_PROBE
#undef VCM_PROBE_VALUE
#undef VCM_PROBE_ARG
#undef VCM_PROBE_PARAM

#endif
