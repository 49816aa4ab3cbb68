/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * vcm_snapshot.h - the format of debugfs/vcm/snapshot; included by vcm.h.
 */
#ifndef UAPI_VCM_SNAPSHOT_H
#define UAPI_VCM_SNAPSHOT_H

#include <linux/types.h>

/**
 * DOC: snapshot file
 *
 * debugfs/vcm/snapshot.  open() copies the state; what read() then returns never changes.  The
 * copy of each stream is consistent and true at the seq in its stream record: with the events
 * of that stream after this seq applied, it stays true.
 *
 * A header, then nr_records records, each a struct vcm_snap_rec followed by its payload.
 * Integers are in the byte order of the machine; readers skip record types that they do not
 * know and the tail of payloads that are longer than they know.  All records have a multiple
 * of 8 bytes.  The order is: streams by id, devices by id, holders by id, contexts by id,
 * associations by id, memory by id, reservations by context, start and id (a sub-window comes
 * before what is inside it), holds of contexts, of reservations and of memory, each in the
 * order of the objects and then by age, counts by event and operation.
 *
 * Device, holder and count records describe; they have no events and belong to no stream.
 */
#define VCM_SNAP_MAGIC		0x534d4356	/* "VCMS" */
#define VCM_SNAP_VERSION	1

/**
 * struct vcm_snap_header - first bytes of a snapshot
 * @magic:      VCM_SNAP_MAGIC
 * @version:    VCM_SNAP_VERSION
 * @header_len: bytes before the first record
 * @total_len:  bytes in all
 * @nr_records: records that follow
 * @rsvd:       0
 */
struct vcm_snap_header {
	__u32 magic;
	__u16 version;
	__u16 header_len;
	__u64 total_len;
	__u32 nr_records;
	__u32 rsvd;
};

enum vcm_snap_type {
	VCM_SNAP_STREAM = 1,
	VCM_SNAP_DEVICE = 2,
	VCM_SNAP_CONTEXT = 3,
	VCM_SNAP_ASSOC = 4,
	VCM_SNAP_PHYS = 5,
	VCM_SNAP_RES = 6,
	VCM_SNAP_HOLDER = 7,
	VCM_SNAP_HOLD = 8,
	VCM_SNAP_COUNT = 9,
};

/**
 * struct vcm_snap_rec - head of a record
 * @type: enum vcm_snap_type
 * @rsvd: 0
 * @len:  bytes of payload that follow
 */
struct vcm_snap_rec {
	__u16 type;
	__u16 rsvd;
	__u32 len;
};

/**
 * struct vcm_snap_stream - one event stream
 * @stream: id, 0 for the registry
 * @vcm:    context it belongs to, 0 for the registry
 * @seq:    last event that the snapshot contains
 */
struct vcm_snap_stream {
	__u32 stream;
	__u32 vcm;
	__u64 seq;
};

/**
 * struct vcm_snap_device - one device that was offered or associated
 * @dev:   id, as in events
 * @rsvd:  0
 * @name:  as its bus names it
 * @iommu: IOMMU that it is behind, as in /sys/class/iommu; empty when unknown
 */
struct vcm_snap_device {
	__u32 dev;
	__u32 rsvd;
	char name[VCM_DEVICE_NAME_LEN];
	char iommu[VCM_DEVICE_NAME_LEN];
};

/**
 * struct vcm_snap_holder - one holder of references
 * @holder: id, as in events
 * @rsvd:   0
 * @name:   for people
 */
struct vcm_snap_holder {
	__u32 holder;
	__u32 rsvd;
	char name[VCM_HOLDER_NAME_LEN];
};

/**
 * struct vcm_snap_hold - references of one holder to one object
 * @id:     the object
 * @kind:   enum vcm_kind of it
 * @vcm:    its context, 0 for memory
 * @holder: whose
 * @count:  how many; those of nobody named have no record
 */
struct vcm_snap_hold {
	__u64 id;
	__u32 kind;
	__u32 vcm;
	__u32 holder;
	__u32 count;
};

/**
 * struct vcm_snap_count - how often something happened
 * @event: enum vcm_event_type
 * @op:    enum vcm_op of what failed, when @event is VCM_EVENT_error; else 0
 * @count: since the module was loaded; never goes back; what never happened has no record
 *
 * At least what the streams of the snapshot contain: taken after them, and never lost, unlike the
 * events, of which a reader may miss some.
 */
struct vcm_snap_count {
	__u32 event;
	__u32 op;
	__u64 count;
};

/**
 * struct vcm_snap_context - one context
 * @vcm:          id
 * @refs:         references
 * @start:        first address of the window
 * @last:         last address of the window
 * @driver:       enum vcm_driver_kind
 * @first_stream: its first stream
 * @nr_streams:   number of its streams
 * @flags:        VCM_SNAP_CONTEXT_SAVED
 */
struct vcm_snap_context {
	__u32 vcm;
	__u32 refs;
	__u64 start;
	__u64 last;
	__u32 driver;
	__u32 first_stream;
	__u32 nr_streams;
	__u32 flags;
};

#define VCM_SNAP_CONTEXT_SAVED (1u << 0)	/* off its IOMMUs */

/**
 * struct vcm_snap_assoc - one association
 * @assoc:  id
 * @vcm:    context
 * @dev:    device
 * @active: activations
 * @domain: mapping domain in use, 0 when not active
 */
struct vcm_snap_assoc {
	__u64 assoc;
	__u32 vcm;
	__u32 dev;
	__u32 active;
	__u32 domain;
};

/**
 * struct vcm_snap_phys - one piece of physical memory
 * @phys:   id
 * @len:    bytes
 * @refs:   references; bindings are not among them, count them in the reservations
 * @chunks: physically contiguous pieces
 * @orders: chunk sizes allowed, 0 for memory from elsewhere
 * @cache:  enum vcm_cache
 * @source: enum vcm_source
 * @rsvd:   0
 */
struct vcm_snap_phys {
	__u64 phys;
	__u64 len;
	__u32 refs;
	__u32 chunks;
	__u32 orders;
	__u32 cache;
	__u32 source;
	__u32 rsvd;
};

/**
 * struct vcm_snap_res - one reservation
 * @res:       id, unique in its context
 * @vcm:       context
 * @refs:      references
 * @start:     first address
 * @len:       bytes
 * @phys:      memory bound, 0 for none
 * @off:       offset into it
 * @bound_len: bytes bound
 * @prot:      VCM_PROT_* flags of the binding
 * @mapped:    mapping domains in which the binding is live
 * @align:     alignment asked for, log2 of bytes
 * @rflags:    VCM_RESERVE_* flags
 * @guard:     guard pages: before in bits 0-15, after in bits 16-31
 * @rsvd:      0
 */
struct vcm_snap_res {
	__u64 res;
	__u32 vcm;
	__u32 refs;
	__u64 start;
	__u64 len;
	__u64 phys;
	__u64 off;
	__u64 bound_len;
	__u32 prot;
	__u32 mapped;
	__u32 align;
	__u32 rflags;
	__u32 guard;
	__u32 rsvd;
};

#endif
