/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_probe.h - vcm_probe(<event>, ...) for core/, kernel side: the tracepoint of that name, and
 * the count of it, which is there whether anybody traces or not.
 *
 * trace/shim/vcm_probe.h offers the same in user space.  Arguments are the head of the schema,
 * then the event's own fields; the caller holds the lock of the stream.
 */
#ifndef VCM_PROBE_H
#define VCM_PROBE_H

#include "compat.h"
#include "vcm_count.h"
#include "vcm_events.h"
#include "vcm_trace.h"

#define VCM_PROBE_PARAM(type, name, fmt, text)	, type name
#define VCM_PROBE_VALUE(type, name, fmt, text)	name,

#define VCM_PROBE(name, nr, text)						\
static inline void vcm_probe_count_##name(__u32 vcm, __u64 id, __u32 refs,	\
					  __s32 err VCM_EV_##name(VCM_PROBE_PARAM)) \
{										\
	const __u64 own[] = { VCM_EV_##name(VCM_PROBE_VALUE) 0 };		\
										\
	vcm_count(nr, nr == VCM_EVENT_error ? own[0] : 0);			\
}

VCM_EVENTS(VCM_PROBE)

#undef VCM_PROBE
#undef VCM_PROBE_VALUE
#undef VCM_PROBE_PARAM

/*
 * A function would have its arguments fetched before it can see that nobody listens; here only
 * @number, which has a side effect, is.  The rest may have none.
 */
#define vcm_probe(name, stream, number, ...)					\
do {										\
	const __u64 vcm_probe_seq = (number);					\
										\
	if (trace_vcm_##name##_enabled()) {					\
		vcm_trace_begin();						\
		trace_vcm_##name(stream, vcm_probe_seq, __VA_ARGS__);		\
		vcm_trace_end();						\
	}									\
	vcm_probe_count_##name(__VA_ARGS__);					\
} while (0)

#endif
