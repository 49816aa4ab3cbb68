/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * vcm.h - what user space sees of VCM: the rules of /dev/vcm, contexts, reservations,
 * associations and look-ups.
 *
 * Includes the rest: vcm_memory.h (memory and bindings) and vcm_snapshot.h (the snapshot file).
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
 * nothing; memory for results is tried before the call, so only a thread that takes it away
 * meanwhile can see -EFAULT for a call that was carried out.
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
 * -EMFILE       this file owns as many objects as it may (module parameter max_objects)
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
#define VCM_IOC_REBIND		_IO(VCM_IOC_TYPE, 0x0f)
#define VCM_IOC_MAP		_IO(VCM_IOC_TYPE, 0x10)
#define VCM_IOC_MAKE_BINDING	_IO(VCM_IOC_TYPE, 0x11)
#define VCM_IOC_UNMAP		_IO(VCM_IOC_TYPE, 0x12)
#define VCM_IOC_SWITCH		_IO(VCM_IOC_TYPE, 0x13)
#define VCM_IOC_SAVE		_IO(VCM_IOC_TYPE, 0x14)
#define VCM_IOC_RESTORE		_IO(VCM_IOC_TYPE, 0x15)
#define VCM_IOC_FIND		_IO(VCM_IOC_TYPE, 0x16)
#define VCM_IOC_PHYS_FIND	_IO(VCM_IOC_TYPE, 0x17)
#define VCM_IOC_TRANSLATE	_IO(VCM_IOC_TYPE, 0x18)
#define VCM_IOC_INFO		_IO(VCM_IOC_TYPE, 0x19)
#define VCM_IOC_PIN_USER	_IO(VCM_IOC_TYPE, 0x1a)
#define VCM_IOC_IMPORT_DMABUF	_IO(VCM_IOC_TYPE, 0x1b)
#define VCM_IOC_EXPORT_DMABUF	_IO(VCM_IOC_TYPE, 0x1c)

#define VCM_HOLDER_NAME_LEN	32	/* with the terminating zero */
#define VCM_DEVICE_NAME_LEN	40	/* with the terminating zero */
#define VCM_MAX_ORDER		12	/* largest chunk: 2^12 pages */

#define VCM_PROT_READ	(1u << 0)	/* the device may read */
#define VCM_PROT_WRITE	(1u << 1)	/* the device may write */

#define VCM_PHYS_CONTIG	(1u << 0)	/* one chunk, or fail */
#define VCM_PHYS_NODE	(1u << 1)	/* from the NUMA node given, if it has memory */
#define VCM_PHYS_CARVEOUT (1u << 2)	/* one chunk of memory set aside for VCM */

#define VCM_RESERVE_FIXED (1u << 0)	/* at @start, or fail */
#define VCM_RESERVE_BOUND (1u << 1)	/* a sub-window for others to go inside */
#define VCM_RESERVE_SYSTEM (1u << 2)	/* by VCM itself, for a device; never in a request */

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
 * struct vcm_ioc_destroy - VCM_IOC_DESTROY, VCM_IOC_SAVE, VCM_IOC_RESTORE
 * @size:  sizeof(struct vcm_ioc_destroy)
 * @flags: must be 0
 * @vcm:   context
 * @rsvd:  must be 0
 *
 * VCM_IOC_DESTROY ends the context and all in it.  VCM_IOC_SAVE takes it off its IOMMUs and
 * keeps everything (-EALREADY when it is), VCM_IOC_RESTORE puts it back (-EINVAL when it is
 * not saved, or as VCM_IOC_ACTIVATE).
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
 * @flags: VCM_RESERVE_FIXED, VCM_RESERVE_BOUND
 * @vcm:   context
 * @align: alignment, log2 of bytes; 0 for the page size; ignored with VCM_RESERVE_FIXED
 * @start: in: the first address with VCM_RESERVE_FIXED, else the first that may be used; out:
 *         first address
 * @len:   bytes, a multiple of the page size
 * @limit: last address that may be used, 0 for the end of the window
 * @res:   out: id of the reservation, unique in its context
 * @boundary:     power of two, not below @len, that the range may not cross a multiple of;
 *                0 for none
 * @guard_before: bytes kept free below the range, page aligned, below 2^16 pages
 * @guard_after:  bytes kept free above it, likewise
 * @within:       reservation made with VCM_RESERVE_BOUND to stay inside of, 0 for the window
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
	__u64 boundary;
	__u64 guard_before;
	__u64 guard_after;
	__u64 within;
};

/**
 * struct vcm_ioc_res - name one reservation
 * @size:  sizeof(struct vcm_ioc_res)
 * @flags: must be 0
 * @vcm:   context
 * @refs:  out, VCM_IOC_REF and VCM_IOC_UNRESERVE: references left; in: must be 0
 * @res:   reservation
 *
 * For VCM_IOC_UNRESERVE, VCM_IOC_REF, VCM_IOC_UNBIND and VCM_IOC_UNMAP.
 *
 * VCM_IOC_REF takes one more reference for this file, VCM_IOC_UNRESERVE drops one; the last
 * one dropped unbinds and frees the range.  VCM_IOC_REF: -EOVERFLOW at 2^31 references.
 * VCM_IOC_UNBIND: -ENXIO when nothing is bound.  VCM_IOC_UNMAP is VCM_IOC_UNRESERVE for a bound
 * reservation: -ENXIO when nothing is bound, and the reference is kept.
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
 * struct vcm_ioc_assoc - associate a device with a context (VCM_IOC_ASSOC)
 * @size:  sizeof(struct vcm_ioc_assoc)
 * @flags: must be 0
 * @vcm:   context
 * @rsvd:  must be 0
 * @name:  device, as its bus names it ("0000:00:05.0"), zero terminated
 * @assoc: out: id of the association
 *
 * -ENODEV unless the driver of the device has offered it.  -EEXIST when it is associated with
 * this context already.  -EADDRINUSE when an address that the device cannot use is reserved.
 * -EINVAL when @name is empty or not terminated.
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
 * struct vcm_ioc_switch - move a device between contexts (VCM_IOC_SWITCH)
 * @size:   sizeof(struct vcm_ioc_switch)
 * @flags:  must be 0
 * @from_vcm: context of @from
 * @to_vcm: context of @to
 * @from:   active association
 * @to:     association of the same device, not active
 * @active: out: activations of @to; in: must be 0
 * @rsvd:   must be 0
 *
 * -EINVAL: not of one device.  -ENXIO: @from is not active.  -EBUSY: @to is, or a context is
 * saved.  Else as VCM_IOC_ACTIVATE; -ENOTRECOVERABLE when the device could go neither on nor
 * back, then it is active in neither.
 */
struct vcm_ioc_switch {
	__u32 size;
	__u32 flags;
	__u32 from_vcm;
	__u32 to_vcm;
	__u64 from;
	__u64 to;
	__u32 active;
	__u32 rsvd;
};

#define VCM_FIND_NEXT (1u << 0)	/* the first that starts at or above @iova */
#define VCM_FIND_AFTER (1u << 1)	/* the one that follows the reservation (@iova, @res) */

/**
 * struct vcm_ioc_find - from an address to a reservation (VCM_IOC_FIND)
 * @size:  sizeof(struct vcm_ioc_find)
 * @flags: VCM_FIND_NEXT or VCM_FIND_AFTER, not both
 * @vcm:   context
 * @rflags: out: VCM_RESERVE_* flags of the reservation
 * @iova:  the address
 * @res:   in, VCM_FIND_AFTER: id of the reservation at @iova that was seen last; out: id
 * @start: out: first address
 * @len:   out: bytes
 *
 * -ENOENT: none.  Going on with VCM_FIND_AFTER from @start and @res of the last answer visits
 * every reservation, also what starts where its sub-window starts; it need not be there any more.
 */
struct vcm_ioc_find {
	__u32 size;
	__u32 flags;
	__u32 vcm;
	__u32 rflags;
	__u64 iova;
	__u64 res;
	__u64 start;
	__u64 len;
};

/**
 * struct vcm_ioc_phys_find - from memory to its reservations (VCM_IOC_PHYS_FIND)
 * @size:  sizeof(struct vcm_ioc_phys_find)
 * @flags: must be 0
 * @phys:  memory
 * @index: which one, from 0, of the reservations of this file that it is bound to
 * @vcm:   out: context
 * @res:   out: id
 * @start: out: first address
 *
 * -ENOENT: not so many.
 */
struct vcm_ioc_phys_find {
	__u32 size;
	__u32 flags;
	__u64 phys;
	__u32 index;
	__u32 vcm;
	__u64 res;
	__u64 start;
};

/**
 * struct vcm_ioc_translate - the same byte in another context (VCM_IOC_TRANSLATE)
 * @size:   sizeof(struct vcm_ioc_translate)
 * @flags:  must be 0
 * @vcm:    context of @iova
 * @to_vcm: the other context
 * @iova:   address with memory behind it
 * @out:    out: the lowest address of @to_vcm with that byte behind it
 *
 * -ENOENT: there is none.
 */
struct vcm_ioc_translate {
	__u32 size;
	__u32 flags;
	__u32 vcm;
	__u32 to_vcm;
	__u64 iova;
	__u64 out;
};

/**
 * struct vcm_ioc_info - what a context is (VCM_IOC_INFO)
 * @size:  sizeof(struct vcm_ioc_info)
 * @flags: must be 0
 * @vcm:   context
 * @refs:  out: references
 * @start: out: first address of the window
 * @last:  out: last address of the window
 * @reach_start: out: first address that every active device can reach
 * @reach_last:  out: last address that every active device can reach
 * @pgsizes: out: page sizes that every active IOMMU has, bit n for 2^n bytes; 0 when none is
 * @reservations: out: number
 * @domains: out: mapping domains
 * @state:   out: VCM_SNAP_CONTEXT_SAVED
 */
struct vcm_ioc_info {
	__u32 size;
	__u32 flags;
	__u32 vcm;
	__u32 refs;
	__u64 start;
	__u64 last;
	__u64 reach_start;
	__u64 reach_last;
	__u64 pgsizes;
	__u64 reservations;
	__u32 domains;
	__u32 state;
};

#include "vcm_memory.h"
#include "vcm_snapshot.h"

#endif
