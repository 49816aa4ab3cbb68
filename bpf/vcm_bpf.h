/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_bpf.h - what the BPF programs and their user share beside struct vcm_event.
 *
 * Plain types only: the file is compiled for BPF (types from vmlinux.h) and for user space.
 */
#ifndef VCM_BPF_H
#define VCM_BPF_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#include "vcm_events.h"

#define VCM_RING_BYTES		(4u << 20)	/* event ring unless set before loading */
#define VCM_FAULT_RING_BYTES	(1u << 20)	/* of faults, unless set before loading */

#define VCM_FAULT_NO_DEVICE	(~0u)	/* the source told a name at most */
#define VCM_FAULT_NAME_LEN	32

/* Who told of a fault.  In recordings: append, never renumber. */
enum vcm_fault_source {
	VCM_FAULT_VTD = 0,	/* fault recording registers of Intel VT-d */
	VCM_FAULT_AMD = 1,	/* event log of AMD-Vi */
	VCM_FAULT_VIRTIO = 2,	/* event queue of virtio-iommu */
	VCM_FAULT_REPORT = 3,	/* report_iommu_fault(), which the driver of an IOMMU calls */
	VCM_FAULT_SOURCES,
};

enum vcm_fault_access {
	VCM_FAULT_READ = 0,
	VCM_FAULT_WRITE = 1,
	VCM_FAULT_UNKNOWN = 2,
};

/**
 * struct vcm_fault - one DMA that an IOMMU refused, as its source tells it
 * @ts_ns:  CLOCK_MONOTONIC when it was read
 * @iova:   faulting address; VT-d gives the page only
 * @device: PCI segment << 16 | bus << 8 | device << 3 | function, or VCM_FAULT_NO_DEVICE
 * @reason: what the source has for a reason, raw: VT-d the reason code, AMD-Vi event code << 12 |
 *          flags, virtio-iommu the reason, report_iommu_fault() its flags
 * @pasid:  address space of the device when @has_pasid
 * @access: enum vcm_fault_access
 * @has_pasid: @pasid is meant
 * @source: enum vcm_fault_source
 * @rsvd:   0
 * @domain: address of the struct iommu_domain, 0 when the source does not tell
 * @name:   of the device where the source has it, else empty; not terminated when it fills the
 *          array
 *
 * Recordings have it as it is; those of older builds end before @domain.
 */
struct vcm_fault {
	__u64 ts_ns;
	__u64 iova;
	__u32 device;
	__u32 reason;
	__u32 pasid;
	__u8 access;
	__u8 has_pasid;
	__u8 source;
	__u8 rsvd;
	__u64 domain;
	char name[VCM_FAULT_NAME_LEN];
};

/**
 * struct vcm_past_key - the event that ended or changed something
 * @seq:    of the stream
 * @stream: as in the event
 * @rsvd:   0
 */
struct vcm_past_key {
	__u64 seq;
	__u32 stream;
	__u32 rsvd;
};

#define VCM_PAST_MAX	16384	/* events kept unless set before loading */

/* Kinds of events that are kept: those that end, change or allow something. */
#define VCM_PAST_KINDS								\
	(1u << VCM_EVENT_destroy | 1u << VCM_EVENT_unreserve | 1u << VCM_EVENT_bind |	\
	 1u << VCM_EVENT_unbind | 1u << VCM_EVENT_map | 1u << VCM_EVENT_unmap |	\
	 1u << VCM_EVENT_deassoc | 1u << VCM_EVENT_deactivate | 1u << VCM_EVENT_switch |	\
	 1u << VCM_EVENT_save)

static inline __attribute__((always_inline)) int vcm_past_is_kept(unsigned int type)
{
	return type < 32 && VCM_PAST_KINDS >> type & 1;
}

/**
 * struct vcm_past - who made the event, and from where in the code
 * @ts_ns: CLOCK_MONOTONIC
 * @pid:   process
 * @tid:   thread
 * @comm:  name of the thread, not terminated when it fills the array
 * @nr:    frames
 * @rsvd:  0
 * @frame: addresses in the kernel, innermost first
 */
#define VCM_PAST_FRAMES 24
struct vcm_past {
	__u64 ts_ns;
	__u32 pid;
	__u32 tid;
	char comm[16];
	__u32 nr;
	__u32 rsvd;
	__u64 frame[VCM_PAST_FRAMES];
};

/*
 * struct vcm_tp_NAME - an event as the trace buffer has it.  The compiler lays the fields out as
 * the kernel's did; before a program relies on it the user compares it with the format file.
 */
#define VCM_TP_FIELD(type, name, fmt, text)	type name;
#define VCM_TP_STRUCT(event, nr, text)						\
struct vcm_tp_##event {								\
	__u64 common;	/* of every event; nothing in it is read */		\
	VCM_EVENT_HEAD(VCM_TP_FIELD)						\
	VCM_EV_##event(VCM_TP_FIELD)						\
};
VCM_EVENTS(VCM_TP_STRUCT)

/* Operations that are timed: their names for people, and the functions of the module. */
#define VCM_TIMED(F)								\
	F(create, vcm_create)							\
	F(destroy, vcm_destroy_as)						\
	F(reserve, vcm_reserve)							\
	F(reserve_at, vcm_reserve_at)						\
	F(unreserve, vcm_unreserve_as)						\
	F(phys_alloc, vcm_phys_alloc)						\
	F(bind, vcm_bind_range)							\
	F(unbind, vcm_unbind)							\
	F(rebind, vcm_rebind)							\
	F(map, vcm_map)								\
	F(unmap, vcm_unmap)							\
	F(assoc, vcm_assoc)							\
	F(deassoc, vcm_deassoc)							\
	F(activate, vcm_activate)						\
	F(deactivate, vcm_deactivate)						\
	F(switch, vcm_switch)							\
	F(find_res, vcm_find_res)						\
	F(translate, vcm_translate)

#define VCM_TIMED_ENTRY(name, func) VCM_TIMED_##name,
enum vcm_timed { VCM_TIMED(VCM_TIMED_ENTRY) VCM_TIMED_END };

#define VCM_HIST_BUCKETS 320	/* for times of up to 2^42 ns; longer ones are in the last */

struct vcm_hist_sum {
	__u64 ns;	/* of all */
	__u64 max;
	__u64 calls;
};

/*
 * Eight buckets for each power of two, so that a bucket is within an eighth of every value in it;
 * below 16 each value has its own.
 */
static inline __attribute__((always_inline)) __u32 vcm_hist_bucket(__u64 value)
{
	__u32 shift = 0, at, step;

	for (step = 32; step; step >>= 1) {
		if (value >> shift >> step >= 8) {
			/* the top bits below the step: leave 8 to 15 */
			shift += step;
		}
	}
	at = shift * 8 + (__u32)(value >> shift);
	return at < VCM_HIST_BUCKETS ? at : VCM_HIST_BUCKETS - 1;
}

#define VCM_LEAK_FRAMES VCM_PAST_FRAMES

/* References of one holder to one object, as in struct vcm_snap_hold. */
struct vcm_leak_key {
	__u64 id;
	__u32 vcm;
	__u32 kind;
	__u32 holder;
	__u32 rsvd;
};

struct vcm_leak {
	__u64 ts_ns;	/* CLOCK_MONOTONIC, of the first that is still held */
	__s64 stack;	/* key in the map of stacks, negative for none */
	__u32 pid;
	__u32 tid;
	__u32 count;
	__u32 rsvd;
	char comm[16];
};

#define VCM_ITER_PAYLOAD 96	/* bytes of a record that the iterator of the module hands out */

/**
 * struct vcm_iter_slot - one record of a snapshot as the iterator gave it
 * @type: enum vcm_snap_type
 * @len:  bytes of @data in use
 * @data: struct vcm_snap_*
 */
struct vcm_iter_slot {
	__u32 type;
	__u32 len;
	__u8 data[VCM_ITER_PAYLOAD];
};

#endif
