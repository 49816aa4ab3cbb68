/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_probe.h - vcm_probe(<event>, ...) for core/, user side: a struct vcm_event for a sink, and
 * the arguments as they are for a tracing library.
 *
 * Generated from the schema, like the tracepoints of the kernel side; the caller holds the lock
 * of the stream, so neither a sink nor a hook may call the core.
 *
 * Hooks are for libvcm-ust.so (trace/ust/): it fills vcm_probe_hooks in before main() when it is
 * preloaded, and nothing here has to know of LTTng.  An event that nobody wants costs a look at
 * two words.
 */
#ifndef VCM_PROBE_H
#define VCM_PROBE_H

#include "vcm_events.h"

/* Where events go; NULL drops them. */
extern void (*vcm_probe_sink)(const struct vcm_event *event);

/**
 * struct vcm_probe_hooks - tracepoints of a library, by number of the event
 * @on:   does somebody listen? Never NULL
 * @fire: what to call then, with a struct vcm_args_<event>
 */
struct vcm_probe_hooks {
	const int *on[VCM_EVENT_END];
	void (*fire[VCM_EVENT_END])(const void *args);
};

extern struct vcm_probe_hooks vcm_probe_hooks;

/* Add who and when, and hand @event to the sink. */
void vcm_probe_emit(struct vcm_event *event);

#define VCM_PROBE_UNLIKELY(cond)	__builtin_expect(!!(cond), 0)
#define VCM_PROBE_IS_ON(nr) \
	VCM_PROBE_UNLIKELY(__atomic_load_n(vcm_probe_hooks.on[nr], __ATOMIC_RELAXED))

#define VCM_PROBE_PARAM(type, name, fmt, text)	, type name
#define VCM_PROBE_MEMBER(type, name, fmt, text)	type name;
#define VCM_PROBE_VALUE(type, name, fmt, text)	name,
#define VCM_PROBE_COUNT(type, name, fmt, text)	+ 1

#define VCM_PROBE(event, nr, text)						\
struct vcm_args_##event {							\
	VCM_EVENT_HEAD(VCM_PROBE_MEMBER)					\
	VCM_EV_##event(VCM_PROBE_MEMBER)					\
};										\
										\
static inline void vcm_probe_##event(__u32 stream, __u64 seq, __u32 vcm,	\
				     __u64 id, __u32 refs, __s32 err		\
				     VCM_EV_##event(VCM_PROBE_PARAM))		\
{										\
	if (VCM_PROBE_UNLIKELY(vcm_probe_sink)) {				\
		struct vcm_event told = {					\
			.type = nr,						\
			.nr_arg = 0 VCM_EV_##event(VCM_PROBE_COUNT),		\
			.stream = stream,					\
			.seq = seq,						\
			.id = id,						\
			.vcm = vcm,						\
			.refs = refs,						\
			.err = err,						\
			.arg = { VCM_EV_##event(VCM_PROBE_VALUE) },		\
		};								\
										\
		vcm_probe_emit(&told);						\
	}									\
	if (VCM_PROBE_IS_ON(nr)) {						\
		const struct vcm_args_##event args = {				\
			VCM_EVENT_HEAD(VCM_PROBE_VALUE)				\
			VCM_EV_##event(VCM_PROBE_VALUE)				\
		};								\
										\
		vcm_probe_hooks.fire[nr](&args);				\
	}									\
}

VCM_EVENTS(VCM_PROBE)

#undef VCM_PROBE
#undef VCM_PROBE_COUNT
#undef VCM_PROBE_VALUE
#undef VCM_PROBE_MEMBER
#undef VCM_PROBE_PARAM

#define vcm_probe(event, ...)	vcm_probe_##event(__VA_ARGS__)

#endif
