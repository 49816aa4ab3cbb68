/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * vcm.h - what user space sees of VCM: /dev/vcm and the snapshot file.
 *
 * The event stream is described by vcm_events.h, the names of the states by docs/design.md.
 */
#ifndef UAPI_VCM_H
#define UAPI_VCM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: ioctl rules
 *
 * An open file of /dev/vcm owns the contexts and the physical memory made through it; when it is
 * closed and the last mmap(2) of it is gone, they are destroyed.  Another file sees none of
 * them: their ids give -ENOENT there.
 *
 * Every argument is a struct whose first member is its size.  A larger struct than the kernel
 * knows is accepted when the bytes that it does not know are zero, a smaller one when it holds
 * all members of the first version.  Reserved members must be zero.  A call that fails changes
 * nothing.
 *
 * ============= ================================================================
 * errno         meaning, for every call
 * ============= ================================================================
 * -EINVAL       a bad length, alignment or address; a reserved member not zero
 * -EOPNOTSUPP   an unknown flag, or something this kernel or driver cannot do
 * -E2BIG        a struct larger than known whose extra bytes are not zero
 * -EFAULT       the struct cannot be read or written
 * -ENOENT       no such context, reservation, memory or association in this file
 * -ENODEV       no such device offered, or it is gone
 * -ENOMEM       out of memory
 * -ENOTTY       no such call
 * ============= ================================================================
 *
 * Other values are listed at the call.
 */
#define VCM_IOC_TYPE 0xBD

#define VCM_IOC_CREATE		_IO(VCM_IOC_TYPE, 0x01)
#define VCM_IOC_DESTROY		_IO(VCM_IOC_TYPE, 0x02)
#define VCM_IOC_RESERVE		_IO(VCM_IOC_TYPE, 0x03)
#define VCM_IOC_UNRESERVE	_IO(VCM_IOC_TYPE, 0x04)
#define VCM_IOC_REF		_IO(VCM_IOC_TYPE, 0x05)
#define VCM_IOC_RES_INFO	_IO(VCM_IOC_TYPE, 0x06)
#define VCM_IOC_PHYS_ALLOC	_IO(VCM_IOC_TYPE, 0x07)
#define VCM_IOC_PHYS_FREE	_IO(VCM_IOC_TYPE, 0x08)
#define VCM_IOC_BIND		_IO(VCM_IOC_TYPE, 0x09)
#define VCM_IOC_UNBIND		_IO(VCM_IOC_TYPE, 0x0a)
#define VCM_IOC_ASSOC		_IO(VCM_IOC_TYPE, 0x0b)
#define VCM_IOC_DEASSOC		_IO(VCM_IOC_TYPE, 0x0c)
#define VCM_IOC_ACTIVATE	_IO(VCM_IOC_TYPE, 0x0d)
#define VCM_IOC_DEACTIVATE	_IO(VCM_IOC_TYPE, 0x0e)

#define VCM_DEVICE_NAME_LEN	40	/* with the terminating zero */
#define VCM_MAX_ORDER		10	/* largest chunk: 2^10 pages */

#define VCM_PROT_READ	(1u << 0)	/* the device may read */
#define VCM_PROT_WRITE	(1u << 1)	/* the device may write */

#define VCM_RESERVE_FIXED (1u << 0)	/* at @start, or fail */

/**
 * struct vcm_ioc_create - make a context (VCM_IOC_CREATE)
 * @size:   sizeof(struct vcm_ioc_create)
 * @flags:  must be 0
 * @start:  first address of the window, page aligned
 * @last:   last address of the window; @last + 1 is page aligned or wraps to 0
 * @driver: enum vcm_driver_kind, 0 for the default (iommu)
 * @vcm:    out: id of the context
 */
struct vcm_ioc_create {
	__u32 size;
	__u32 flags;
	__u64 start;
	__u64 last;
	__u32 driver;
	__u32 vcm;
};

/**
 * struct vcm_ioc_destroy - destroy a context and all in it (VCM_IOC_DESTROY)
 * @size:  sizeof(struct vcm_ioc_destroy)
 * @flags: must be 0
 * @vcm:   context
 * @rsvd:  must be 0
 */
struct vcm_ioc_destroy {
	__u32 size;
	__u32 flags;
	__u32 vcm;
	__u32 rsvd;
};

/**
 * struct vcm_ioc_reserve - take a range (VCM_IOC_RESERVE)
 * @size:  sizeof(struct vcm_ioc_reserve)
 * @flags: VCM_RESERVE_FIXED
 * @vcm:   context
 * @align: alignment, log2 of bytes; 0 for the page size; ignored with VCM_RESERVE_FIXED
 * @start: in with VCM_RESERVE_FIXED; out: first address
 * @len:   bytes, a multiple of the page size
 * @limit: last address that may be used, 0 for the end of the window
 * @res:   out: id of the reservation, unique in its context
 *
 * -ENOSPC: no free range fits.  -EADDRINUSE: VCM_RESERVE_FIXED and part of it is taken.
 * -ERANGE: VCM_RESERVE_FIXED and part of it is outside the window or above @limit.
 */
struct vcm_ioc_reserve {
	__u32 size;
	__u32 flags;
	__u32 vcm;
	__u32 align;
	__u64 start;
	__u64 len;
	__u64 limit;
	__u64 res;
};

/**
 * struct vcm_ioc_res - name one reservation (VCM_IOC_UNRESERVE, VCM_IOC_REF, VCM_IOC_UNBIND)
 * @size:  sizeof(struct vcm_ioc_res)
 * @flags: must be 0
 * @vcm:   context
 * @refs:  out, VCM_IOC_REF and VCM_IOC_UNRESERVE: references left; in: must be 0
 * @res:   reservation
 *
 * VCM_IOC_REF takes one more reference for this file, VCM_IOC_UNRESERVE drops one; the last
 * one dropped unbinds and frees the range.  VCM_IOC_REF: -EOVERFLOW at 2^31 references.
 * VCM_IOC_UNBIND: -ENXIO when nothing is bound.
 */
struct vcm_ioc_res {
	__u32 size;
	__u32 flags;
	__u32 vcm;
	__u32 refs;
	__u64 res;
};

/**
 * struct vcm_ioc_res_info - read one reservation (VCM_IOC_RES_INFO)
 * @size:      sizeof(struct vcm_ioc_res_info)
 * @flags:     must be 0
 * @vcm:       context
 * @refs:      out: references
 * @res:       reservation
 * @start:     out: first address
 * @len:       out: bytes
 * @phys:      out: memory bound, 0 for none
 * @off:       out: offset into it
 * @bound_len: out: bytes bound
 * @prot:      out: VCM_PROT_* flags of the binding
 * @mapped:    out: mapping domains the binding is live in
 */
struct vcm_ioc_res_info {
	__u32 size;
	__u32 flags;
	__u32 vcm;
	__u32 refs;
	__u64 res;
	__u64 start;
	__u64 len;
	__u64 phys;
	__u64 off;
	__u64 bound_len;
	__u32 prot;
	__u32 mapped;
};

/**
 * struct vcm_ioc_phys_alloc - allocate physical memory (VCM_IOC_PHYS_ALLOC)
 * @size:   sizeof(struct vcm_ioc_phys_alloc)
 * @flags:  must be 0
 * @len:    bytes, a multiple of the page size
 * @orders: chunk sizes allowed, bit n for 2^n pages, n <= VCM_MAX_ORDER; 0 for any
 * @chunks: out: physically contiguous pieces allocated
 * @phys:   out: id of the memory
 * @mmap_offset: out: offset for mmap(2) of this file that maps the memory
 *
 * Memory is zeroed.  -ENOMEM also when @len cannot be made of the chunk sizes available.
 * -EINVAL when @len is not a multiple of the smallest chunk size allowed.
 */
struct vcm_ioc_phys_alloc {
	__u32 size;
	__u32 flags;
	__u64 len;
	__u32 orders;
	__u32 chunks;
	__u64 phys;
	__u64 mmap_offset;
};

/**
 * struct vcm_ioc_phys_free - give physical memory up (VCM_IOC_PHYS_FREE)
 * @size:  sizeof(struct vcm_ioc_phys_free)
 * @flags: must be 0
 * @phys:  memory
 *
 * The pages are released when the last binding and the last mmap(2) of them are gone too.
 */
struct vcm_ioc_phys_free {
	__u32 size;
	__u32 flags;
	__u64 phys;
};

/**
 * struct vcm_ioc_bind - bind memory to a reservation (VCM_IOC_BIND)
 * @size:  sizeof(struct vcm_ioc_bind)
 * @flags: must be 0
 * @vcm:   context
 * @prot:  VCM_PROT_* flags, at least one
 * @res:   reservation
 * @phys:  memory
 * @off:   offset into the memory, page aligned; all bytes from there are bound
 *
 * -EALREADY: this memory is bound there already.  -EADDRINUSE: other memory is.
 * -ENOSPC: the memory from @off is larger than the reservation.  -ERANGE: the range is outside
 * the aperture of an IOMMU that the context is active on.
 */
struct vcm_ioc_bind {
	__u32 size;
	__u32 flags;
	__u32 vcm;
	__u32 prot;
	__u64 res;
	__u64 phys;
	__u64 off;
};

/**
 * struct vcm_ioc_assoc - associate a device with a context (VCM_IOC_ASSOC)
 * @size:  sizeof(struct vcm_ioc_assoc)
 * @flags: must be 0
 * @vcm:   context
 * @rsvd:  must be 0
 * @name:  device, as its bus names it ("0000:00:05.0"), zero terminated
 * @assoc: out: id of the association
 *
 * -ENODEV unless the driver of the device has offered it.  -EEXIST when it is associated with
 * this context already.  -EINVAL when @name is empty or not terminated.
 */
struct vcm_ioc_assoc {
	__u32 size;
	__u32 flags;
	__u32 vcm;
	__u32 rsvd;
	char name[VCM_DEVICE_NAME_LEN];
	__u64 assoc;
};

/**
 * struct vcm_ioc_assoc_op - VCM_IOC_DEASSOC, VCM_IOC_ACTIVATE, VCM_IOC_DEACTIVATE
 * @size:   sizeof(struct vcm_ioc_assoc_op)
 * @flags:  must be 0
 * @vcm:    context
 * @active: out: activations of the association after the call; in: must be 0
 * @assoc:  association
 *
 * The first activation attaches the device and makes every binding live for it; it fails as
 * the IOMMU does (-EBUSY: another owner has the device), or with -ERANGE when a binding lies
 * outside the aperture.  VCM_IOC_DEACTIVATE: -ENXIO when not active.  VCM_IOC_DEASSOC: -EBUSY
 * while active.
 */
struct vcm_ioc_assoc_op {
	__u32 size;
	__u32 flags;
	__u32 vcm;
	__u32 active;
	__u64 assoc;
};

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
 * of 8 bytes.  The order is: streams by id, devices by id, contexts by id, associations by id,
 * memory by id, reservations by context and start.
 *
 * Device records describe; they have no events and belong to no stream.
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
 * struct vcm_snap_context - one context
 * @vcm:          id
 * @refs:         references
 * @start:        first address of the window
 * @last:         last address of the window
 * @driver:       enum vcm_driver_kind
 * @first_stream: its first stream
 * @nr_streams:   number of its streams
 * @rsvd:         0
 */
struct vcm_snap_context {
	__u32 vcm;
	__u32 refs;
	__u64 start;
	__u64 last;
	__u32 driver;
	__u32 first_stream;
	__u32 nr_streams;
	__u32 rsvd;
};

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
 * @orders: chunk sizes allowed
 * @rsvd:   0
 */
struct vcm_snap_phys {
	__u64 phys;
	__u64 len;
	__u32 refs;
	__u32 chunks;
	__u32 orders;
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
};

#endif
