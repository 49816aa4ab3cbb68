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
