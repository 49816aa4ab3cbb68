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
#define VCM_FAULT_RING_BYTES	(64u << 10)	/* fault ring */

/**
 * struct vcm_fault - one DMA that an IOMMU refused, as its fault registers tell it
 * @ts_ns:  CLOCK_MONOTONIC when it was read
 * @iova:   faulting address; VT-d gives the page only
 * @device: PCI segment << 16 | bus << 8 | device << 3 | function
 * @reason: reason code of the IOMMU
 * @pasid:  address space of the device when @has_pasid
 * @write:  1 for a write, 0 for a read
 * @has_pasid: @pasid is meant
 * @rsvd:   0
 */
struct vcm_fault {
	__u64 ts_ns;
	__u64 iova;
	__u32 device;
	__u32 reason;
	__u32 pasid;
	__u8 write;
	__u8 has_pasid;
	__u16 rsvd;
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

#define VCM_LEAK_FRAMES 24

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
