// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream.bpf.c - every VCM event into one ring buffer.
 *
 * Three programs an event, all written by VCM_EVENTS, of which the user loads those of one rung:
 * tp_btf needs the BTF of the module, raw_tp only the tracepoint, tp the event's file in tracefs.
 * The arguments of the tracepoints are scalars: the head of the schema, then the event's own
 * fields.  On the first two rungs each is a u64 of the context; on the third they lie as in the
 * trace buffer, which the user has compared with struct vcm_tp_* before it loads the programs.
 *
 * An event is committed to the ring inside the tracepoint, so while the lock of its stream is
 * held: whoever takes a snapshot afterwards finds every event up to the snapshot's seq in the
 * ring, or in vcm_dropped.  Nothing is lost uncounted.  Who made it is kept beside, see past.bpf.h.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "ring.bpf.h"
#include "vcm_bpf.h"
#include "vcm_events.h"

#include "past.bpf.h"

char LICENSE[] SEC("license") = "GPL";

__u64 vcm_dropped;	/* events that found no room in the ring */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, VCM_RING_BYTES);
} vcm_events SEC(".maps");

/* Indices of the head in the context, in the order of VCM_EVENT_HEAD. */
#define VCM_HEAD_INDEX(type, name, fmt, text) VCM_HEAD_##name,
enum { VCM_EVENT_HEAD(VCM_HEAD_INDEX) VCM_HEAD_FIELDS };

static __always_inline struct vcm_event *vcm_event_begin(__u16 type)
{
	struct vcm_event *ev = bpf_ringbuf_reserve(&vcm_events, sizeof(*ev), 0);
	__u64 who = bpf_get_current_pid_tgid();

	if (!ev) {
		__sync_fetch_and_add(&vcm_dropped, 1);
		return NULL;
	}
	__builtin_memset(ev, 0, sizeof(*ev));
	ev->type = type;
	ev->ts_ns = bpf_ktime_get_ns();
	ev->pid = who >> 32;
	ev->tid = who;
	ev->cpu = bpf_get_smp_processor_id();
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	return ev;
}

/* Whoever reads the event may ask for its past at once. */
static __always_inline int vcm_event_end(void *ctx, struct vcm_event *ev)
{
	if (vcm_past_is_kept(ev->type))
		vcm_past_note(ctx, ev);
	bpf_ringbuf_submit(ev, vcm_ring_wakeup(&vcm_events, sizeof(*ev)));
	return 0;
}

#define VCM_STREAM_HEAD(type, name, fmt, text)	ev->name = ctx[VCM_HEAD_##name];
#define VCM_STREAM_ARG(type, name, fmt, text)					\
	ev->arg[n] = (type)ctx[VCM_HEAD_FIELDS + n];				\
	n++;

#define VCM_STREAM_BODY(name, nr)						\
{										\
	struct vcm_event *ev = vcm_event_begin(nr);				\
	int n = 0;								\
										\
	if (!ev)								\
		return 0;							\
	VCM_EVENT_HEAD(VCM_STREAM_HEAD)						\
	VCM_EV_##name(VCM_STREAM_ARG)						\
	ev->nr_arg = n;								\
	return vcm_event_end(ctx, ev);						\
}

#define VCM_STREAM_PROG(name, nr, text)						\
SEC("tp_btf/vcm_" #name)							\
int vcm_on_##name(__u64 *ctx)							\
VCM_STREAM_BODY(name, nr)							\
SEC("raw_tp/vcm_" #name)							\
int vcm_raw_##name(__u64 *ctx)							\
VCM_STREAM_BODY(name, nr)

VCM_EVENTS(VCM_STREAM_PROG)

#define VCM_TP_HEAD(type, name, fmt, text)	ev->name = tp->name;
#define VCM_TP_ARG(type, name, fmt, text)	ev->arg[n++] = tp->name;

#define VCM_TP_PROG(name, nr, text)						\
SEC("tp/vcm/vcm_" #name)							\
int vcm_tp_##name(struct vcm_tp_##name *tp)					\
{										\
	struct vcm_event *ev = vcm_event_begin(nr);				\
	int n = 0;								\
										\
	if (!ev)								\
		return 0;							\
	VCM_EVENT_HEAD(VCM_TP_HEAD)						\
	VCM_EV_##name(VCM_TP_ARG)						\
	ev->nr_arg = n;								\
	return vcm_event_end(tp, ev);						\
}

VCM_EVENTS(VCM_TP_PROG)
