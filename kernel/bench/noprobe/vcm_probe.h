/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_probe.h - vcm_probe(<event>, ...) without events, to see what events cost that are off.
 *
 * `make bench` builds the modules a second time with this in place of kernel/os/vcm_probe.h.
 */
#ifndef VCM_PROBE_H
#define VCM_PROBE_H

#include "vcm_events.h"

#define VCM_PROBE_PARAM(type, name, fmt, text)	, type name

#define VCM_PROBE(name, nr, text)						\
static inline void vcm_probe_##name(__u32 stream, __u64 seq, __u32 vcm,	\
				    __u64 id, __u32 refs, __s32 err		\
				    VCM_EV_##name(VCM_PROBE_PARAM))		\
{										\
}

VCM_EVENTS(VCM_PROBE)

#undef VCM_PROBE
#undef VCM_PROBE_PARAM

#define vcm_probe(event, ...)	vcm_probe_##event(__VA_ARGS__)

#endif
