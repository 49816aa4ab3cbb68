/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_trace.h - the TRACE_EVENTs, expanded from vcm_events.h.
 *
 * <trace/define_trace.h> reads this file several times with other meanings of TRACE_EVENT();
 * the guard allows that.  Formats are key=value, the same key for the same thing everywhere.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vcm

#if !defined(VCM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VCM_TRACE_H

#include <linux/tracepoint.h>

#include "vcm_events.h"

/* Enum names for readers of the trace buffer outside the kernel. */
#define VCM_TRACE_EXPORT_cache(NAME, nr, str)	TRACE_DEFINE_ENUM(VCM_CACHE_##NAME);
#define VCM_TRACE_EXPORT_source(NAME, nr, str)	TRACE_DEFINE_ENUM(VCM_SOURCE_##NAME);
#define VCM_TRACE_EXPORT_access(NAME, nr, str)	TRACE_DEFINE_ENUM(VCM_ACCESS_##NAME);
#define VCM_TRACE_EXPORT_driver(NAME, nr, str)	TRACE_DEFINE_ENUM(VCM_DRIVER_##NAME);
#define VCM_TRACE_EXPORT_kind(NAME, nr, str)	TRACE_DEFINE_ENUM(VCM_KIND_##NAME);
#define VCM_TRACE_EXPORT_op(NAME, nr, str)	TRACE_DEFINE_ENUM(VCM_OP_##NAME);
VCM_ENUM_driver(VCM_TRACE_EXPORT_driver)
VCM_ENUM_access(VCM_TRACE_EXPORT_access)
VCM_ENUM_source(VCM_TRACE_EXPORT_source)
VCM_ENUM_cache(VCM_TRACE_EXPORT_cache)
VCM_ENUM_kind(VCM_TRACE_EXPORT_kind)
VCM_ENUM_op(VCM_TRACE_EXPORT_op)
#undef VCM_TRACE_EXPORT_cache
#undef VCM_TRACE_EXPORT_source
#undef VCM_TRACE_EXPORT_access
#undef VCM_TRACE_EXPORT_driver
#undef VCM_TRACE_EXPORT_kind
#undef VCM_TRACE_EXPORT_op

#ifndef VCM_TRACE_EXPANSIONS
#define VCM_TRACE_EXPANSIONS

#define VCM_TRACE_SYM_cache(NAME, nr, str)	{ VCM_CACHE_##NAME, str },
#define VCM_TRACE_SYM_source(NAME, nr, str)	{ VCM_SOURCE_##NAME, str },
#define VCM_TRACE_SYM_access(NAME, nr, str)	{ VCM_ACCESS_##NAME, str },
#define VCM_TRACE_SYM_driver(NAME, nr, str)	{ VCM_DRIVER_##NAME, str },
#define VCM_TRACE_SYM_kind(NAME, nr, str)	{ VCM_KIND_##NAME, str },
#define VCM_TRACE_SYM_op(NAME, nr, str)		{ VCM_OP_##NAME, str },

#define VCM_TRACE_PROTO(type, name, fmt, text)	, type name
#define VCM_TRACE_ARG(type, name, fmt, text)	, name
#define VCM_TRACE_FIELD(type, name, fmt, text)	__field(type, name)
#define VCM_TRACE_ASSIGN(type, name, fmt, text)	__entry->name = name;

#define VCM_TRACE_FMT(type, name, fmt, text)	" " #name "=" VCM_TRACE_FMT_##fmt
#define VCM_TRACE_FMT_dec	"%llu"
#define VCM_TRACE_FMT_hex	"0x%llx"
#define VCM_TRACE_FMT_cache	"%s"
#define VCM_TRACE_FMT_source	"%s"
#define VCM_TRACE_FMT_access	"%s"
#define VCM_TRACE_FMT_driver	"%s"
#define VCM_TRACE_FMT_kind	"%s"
#define VCM_TRACE_FMT_op	"%s"

#define VCM_TRACE_VAL(type, name, fmt, text)	, VCM_TRACE_VAL_##fmt(name)
#define VCM_TRACE_VAL_dec(name)		(unsigned long long)__entry->name
#define VCM_TRACE_VAL_hex(name)		(unsigned long long)__entry->name
#define VCM_TRACE_VAL_cache(name)						\
	__print_symbolic(__entry->name, VCM_ENUM_cache(VCM_TRACE_SYM_cache) { -1, "?" })
#define VCM_TRACE_VAL_source(name)						\
	__print_symbolic(__entry->name, VCM_ENUM_source(VCM_TRACE_SYM_source) { -1, "?" })
#define VCM_TRACE_VAL_access(name)						\
	__print_symbolic(__entry->name, VCM_ENUM_access(VCM_TRACE_SYM_access) { -1, "?" })
#define VCM_TRACE_VAL_driver(name)						\
	__print_symbolic(__entry->name, VCM_ENUM_driver(VCM_TRACE_SYM_driver) { 0, "default" })
#define VCM_TRACE_VAL_kind(name)						\
	__print_symbolic(__entry->name, VCM_ENUM_kind(VCM_TRACE_SYM_kind) { 0, "none" })
#define VCM_TRACE_VAL_op(name)							\
	__print_symbolic(__entry->name, VCM_ENUM_op(VCM_TRACE_SYM_op) { 0, "none" })

#define VCM_TRACE_EVENT(name, nr, text)						\
TRACE_EVENT(vcm_##name,								\
	TP_PROTO(__u32 stream, __u64 seq, __u32 vcm, __u64 id, __u32 refs,	\
		 __s32 err VCM_EV_##name(VCM_TRACE_PROTO)),			\
	TP_ARGS(stream, seq, vcm, id, refs, err VCM_EV_##name(VCM_TRACE_ARG)),	\
	TP_STRUCT__entry(VCM_EVENT_HEAD(VCM_TRACE_FIELD) VCM_EV_##name(VCM_TRACE_FIELD)), \
	TP_fast_assign(VCM_EVENT_HEAD(VCM_TRACE_ASSIGN) VCM_EV_##name(VCM_TRACE_ASSIGN)), \
	TP_printk("stream=%u seq=%llu vcm=%u id=%llu refs=%u err=%d"		\
		  VCM_EV_##name(VCM_TRACE_FMT),					\
		  __entry->stream, (unsigned long long)__entry->seq, __entry->vcm, \
		  (unsigned long long)__entry->id, __entry->refs, __entry->err	\
		  VCM_EV_##name(VCM_TRACE_VAL))					\
);

#endif /* VCM_TRACE_EXPANSIONS */

VCM_EVENTS(VCM_TRACE_EVENT)

#endif /* VCM_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE vcm_trace
#include <trace/define_trace.h>
