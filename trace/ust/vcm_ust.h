/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_ust.h - the LTTng-UST tracepoints, expanded from vcm_events.h.
 *
 * Names and fields are those of the kernel's TRACE_EVENTs, so that one trace reads like the other.
 * <lttng/tracepoint-event.h> reads this file several times with other meanings of the LTTNG_UST_
 * macros; the guard allows that.  A tracepoint of LTTng takes at most ten arguments, so it gets
 * them in a struct vcm_args_<event> of vcm_probe.h.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER vcm

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./vcm_ust.h"

#if !defined(VCM_UST_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define VCM_UST_H

#include <lttng/tracepoint.h>

#include "vcm_probe.h"

#ifndef VCM_UST_EXPANSIONS
#define VCM_UST_EXPANSIONS

#define VCM_UST_NAME(NAME, nr, str)	lttng_ust_field_enum_value(str, nr)

#define VCM_UST_FIELD(type, name, fmt, text) VCM_UST_FIELD_##fmt(type, name)
#define VCM_UST_FIELD_dec(type, name)	lttng_ust_field_integer(type, name, args->name)
#define VCM_UST_FIELD_hex(type, name)	lttng_ust_field_integer_hex(type, name, args->name)
#define VCM_UST_FIELD_driver(type, name) \
	lttng_ust_field_enum(vcm, driver, type, name, args->name)
#define VCM_UST_FIELD_cache(type, name)	lttng_ust_field_enum(vcm, cache, type, name, args->name)
#define VCM_UST_FIELD_source(type, name) \
	lttng_ust_field_enum(vcm, source, type, name, args->name)
#define VCM_UST_FIELD_access(type, name) \
	lttng_ust_field_enum(vcm, access, type, name, args->name)
#define VCM_UST_FIELD_kind(type, name)	lttng_ust_field_enum(vcm, kind, type, name, args->name)
#define VCM_UST_FIELD_op(type, name)	lttng_ust_field_enum(vcm, op, type, name, args->name)

#define VCM_UST_EVENT(event, nr, text)						\
LTTNG_UST_TRACEPOINT_EVENT(vcm, vcm_##event,					\
	LTTNG_UST_TP_ARGS(const struct vcm_args_##event *, args),		\
	LTTNG_UST_TP_FIELDS(VCM_EVENT_HEAD(VCM_UST_FIELD) VCM_EV_##event(VCM_UST_FIELD)))

#endif /* VCM_UST_EXPANSIONS */

LTTNG_UST_TRACEPOINT_ENUM(vcm, driver, LTTNG_UST_TP_ENUM_VALUES(VCM_ENUM_driver(VCM_UST_NAME)))
LTTNG_UST_TRACEPOINT_ENUM(vcm, cache, LTTNG_UST_TP_ENUM_VALUES(VCM_ENUM_cache(VCM_UST_NAME)))
LTTNG_UST_TRACEPOINT_ENUM(vcm, source, LTTNG_UST_TP_ENUM_VALUES(VCM_ENUM_source(VCM_UST_NAME)))
LTTNG_UST_TRACEPOINT_ENUM(vcm, access, LTTNG_UST_TP_ENUM_VALUES(VCM_ENUM_access(VCM_UST_NAME)))
LTTNG_UST_TRACEPOINT_ENUM(vcm, kind, LTTNG_UST_TP_ENUM_VALUES(VCM_ENUM_kind(VCM_UST_NAME)))
LTTNG_UST_TRACEPOINT_ENUM(vcm, op, LTTNG_UST_TP_ENUM_VALUES(VCM_ENUM_op(VCM_UST_NAME)))

VCM_EVENTS(VCM_UST_EVENT)

LTTNG_UST_TRACEPOINT_LOGLEVEL(vcm, vcm_error, LTTNG_UST_TRACEPOINT_LOGLEVEL_ERR)
LTTNG_UST_TRACEPOINT_LOGLEVEL(vcm, vcm_fault, LTTNG_UST_TRACEPOINT_LOGLEVEL_WARNING)

#endif /* VCM_UST_H */

#include <lttng/tracepoint-event.h>
