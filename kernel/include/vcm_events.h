/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_events.h - every event VCM emits, written once.
 *
 * Expanded into: the TRACE_EVENTs of the module (kernel/os/vcm_trace.h), the BPF programs
 * (bpf/stream.bpf.c), the tables of vcmstat and the probes of the user-space build
 * (trace/shim/vcm_probe.h).  Adding a field here changes all of them.
 *
 * Rules
 *   - numbers are ABI: append, never renumber; to retire an event leave a hole
 *   - scalars only, ids instead of pointers, at most 6 fields beside the head (12 arguments
 *     in all, the most a BPF raw tracepoint can read)
 *   - an event is emitted while the lock of its stream is held, after the change it tells of;
 *     seq has no gaps within a stream, so a missing number is a lost event
 *   - applying the events of a stream to a snapshot of it gives the state of the kernel
 *
 * Streams: stream 0 is the registry (contexts, physical memory, associations); each context
 * has streams of its own for its reservations, named by its vcm_create event.  An object never
 * changes stream.
 */
#ifndef VCM_EVENTS_H
#define VCM_EVENTS_H

#ifndef __VMLINUX_H__	/* BPF programs have the fixed-width types from vmlinux.h */
#include <linux/types.h>
#endif

/*
 * F(type, name, fmt, text)
 * fmt is how people see the value: dec, hex, or the name of an enum list below.
 */
#define VCM_EVENT_HEAD(F)							\
	F(__u32, stream, dec, "stream the event belongs to")			\
	F(__u64, seq, dec, "number of the event in its stream, from 1")		\
	F(__u32, vcm, dec, "context, 0 for events of no context")		\
	F(__u64, id, dec, "object: reservation, memory, association or context") \
	F(__u32, refs, dec, "references after the event; of an association, activations") \
	F(__s32, err, dec, "0, or the negative errno of what failed")

#define VCM_EV_create(F)							\
	F(__u64, start, hex, "first address of the window")			\
	F(__u64, last, hex, "last address of the window")			\
	F(__u32, driver, driver, "driver behind the context")			\
	F(__u32, first_stream, dec, "first stream of the context")		\
	F(__u32, nr_streams, dec, "number of its streams")			\
	F(__u32, holder, dec, "who holds the first reference, 0 for nobody named")

#define VCM_EV_destroy(F)

#define VCM_EV_reserve(F)							\
	F(__u64, start, hex, "first address of the range")			\
	F(__u64, len, hex, "bytes")						\
	F(__u32, align, dec, "alignment, log2 of bytes")			\
	F(__u32, flags, hex, "VCM_RESERVE_* flags")				\
	F(__u32, guard, hex, "guard pages: below in bits 0-15, above in 16-31") \
	F(__u32, holder, dec, "who holds the first reference, 0 for nobody named")

#define VCM_EV_unreserve(F)							\
	F(__u64, start, hex, "first address of the range")			\
	F(__u64, len, hex, "bytes")

#define VCM_EV_ref(F)								\
	F(__u32, kind, kind, "kind of object")					\
	F(__u32, holder, dec, "whose reference, 0 for nobody named")

#define VCM_EV_unref(F)								\
	F(__u32, kind, kind, "kind of object")					\
	F(__u32, holder, dec, "whose reference, 0 for nobody named")

#define VCM_EV_phys_alloc(F)							\
	F(__u64, len, hex, "bytes")						\
	F(__u32, chunks, dec, "physically contiguous pieces")			\
	F(__u32, orders, hex, "chunk sizes allowed, bit n for 2^n pages; 0 from elsewhere") \
	F(__u32, cache, cache, "cache attribute")				\
	F(__u32, source, source, "where the memory comes from")			\
	F(__u32, holder, dec, "who holds the first reference, 0 for nobody named")

#define VCM_EV_phys_free(F)							\
	F(__u64, len, hex, "bytes")

#define VCM_EV_bind(F)								\
	F(__u64, start, hex, "first address of the binding")			\
	F(__u64, len, hex, "bytes")						\
	F(__u64, phys, dec, "physical memory")					\
	F(__u64, off, hex, "offset into it, bytes")				\
	F(__u32, prot, hex, "VCM_PROT_* flags")

#define VCM_EV_unbind(F)							\
	F(__u64, start, hex, "first address of the binding")			\
	F(__u64, len, hex, "bytes")						\
	F(__u64, phys, dec, "physical memory")

#define VCM_EV_map(F)								\
	F(__u64, start, hex, "first address translated")			\
	F(__u64, len, hex, "bytes")						\
	F(__u32, domain, dec, "mapping domain whose tables hold it")		\
	F(__u32, prot, hex, "VCM_PROT_* flags")

#define VCM_EV_unmap(F)								\
	F(__u64, start, hex, "first address no longer translated")		\
	F(__u64, len, hex, "bytes")						\
	F(__u32, domain, dec, "mapping domain it was removed from")

#define VCM_EV_assoc(F)								\
	F(__u32, dev, dec, "device")

#define VCM_EV_deassoc(F)							\
	F(__u32, dev, dec, "device")

#define VCM_EV_activate(F)							\
	F(__u32, dev, dec, "device")						\
	F(__u32, domain, dec, "mapping domain the device uses")

#define VCM_EV_deactivate(F)							\
	F(__u32, dev, dec, "device")						\
	F(__u32, domain, dec, "mapping domain the device used")

#define VCM_EV_switch(F)								\
	F(__u32, dev, dec, "device")						\
	F(__u32, domain, dec, "mapping domain the device uses")			\
	F(__u32, from_vcm, dec, "context it left")				\
	F(__u64, from, dec, "association it left")				\
	F(__u32, from_active, dec, "activations of that association after the event")

#define VCM_EV_fault(F)								\
	F(__u64, iova, hex, "address the device used")				\
	F(__u32, access, access, "what it tried")				\
	F(__u32, dev, dec, "device, 0 when unknown")				\
	F(__u32, domain, dec, "mapping domain")

#define VCM_EV_save(F)

#define VCM_EV_restore(F)

#define VCM_EV_error(F)								\
	F(__u32, op, op, "operation that failed")				\
	F(__u64, arg0, hex, "first argument, usually an address")		\
	F(__u64, arg1, hex, "second argument, usually a length")		\
	F(__u64, arg2, hex, "third argument, usually flags or another object")

/* EV(name, number, text): when it fires and what it goes with */
#define VCM_EVENTS(EV)								\
	EV(create, 1, "a context became visible")				\
	EV(destroy, 2, "a context is gone; all in it went before, each with its event") \
	EV(reserve, 3, "a range was taken")					\
	EV(unreserve, 4, "the last reference went, or the context ends; the range is free") \
	EV(ref, 5, "a reference was taken")					\
	EV(unref, 6, "a reference was dropped; of a context, also the last")		\
	EV(phys_alloc, 7, "physical memory became visible")			\
	EV(phys_free, 8, "memory was released: no reference and no binding is left") \
	EV(bind, 9, "memory was bound to a reservation; goes with one map per mapping domain") \
	EV(unbind, 10, "memory was unbound; every unmap of it went before")	\
	EV(map, 11, "a binding is live in one mapping domain")			\
	EV(unmap, 12, "a binding was removed from one mapping domain and its IOTLB invalidated") \
	EV(assoc, 13, "a device was associated with a context")			\
	EV(deassoc, 14, "an association ended")					\
	EV(activate, 15, "one more activation; on the first, the device was attached") \
	EV(deactivate, 16, "an activation ended; on the last, the device was detached") \
	EV(error, 17, "an operation failed and changed nothing")		\
	EV(switch, 18, "a device moved to another context; id is where it is now") \
	EV(fault, 19, "the IOMMU told of a fault; id is the reservation hit, or 0") \
	EV(save, 20, "a context let its IOMMUs go; activations stay counted") \
	EV(restore, 21, "a saved context is back on its IOMMUs; maps went before")

/* EN(NAME, number, string) */
#define VCM_ENUM_driver(EN)							\
	EN(IOMMU, 1, "iommu")							\
	EN(O2O, 2, "o2o")							\
	EN(VMM, 3, "vmm")							\
	EN(CONTIG, 4, "contig")

#define VCM_ENUM_cache(EN)							\
	EN(WB, 0, "wb")								\
	EN(WC, 1, "wc")								\
	EN(UC, 2, "uc")

#define VCM_ENUM_source(EN)							\
	EN(PAGES, 1, "pages")							\
	EN(CONTIG, 2, "contig")							\
	EN(SGT, 3, "sgt")							\
	EN(ARRAY, 4, "array")							\
	EN(DMABUF, 5, "dmabuf")							\
	EN(USER, 6, "user")							\
	EN(CARVEOUT, 7, "carveout")

#define VCM_ENUM_access(EN)							\
	EN(READ, 1, "read")							\
	EN(WRITE, 2, "write")

#define VCM_ENUM_kind(EN)							\
	EN(CONTEXT, 1, "context")						\
	EN(RES, 2, "reservation")						\
	EN(PHYS, 3, "phys")							\
	EN(ASSOC, 4, "association")

#define VCM_ENUM_op(EN)								\
	EN(CREATE, 1, "create")							\
	EN(RESERVE, 2, "reserve")						\
	EN(REF, 3, "ref")							\
	EN(PHYS_ALLOC, 4, "phys_alloc")						\
	EN(BIND, 5, "bind")							\
	EN(UNBIND, 6, "unbind")							\
	EN(MAP, 7, "map")							\
	EN(ASSOC, 8, "assoc")							\
	EN(DEASSOC, 9, "deassoc")						\
	EN(ACTIVATE, 10, "activate")						\
	EN(DEACTIVATE, 11, "deactivate")					\
	EN(UNREF, 12, "unref")							\
	EN(REBIND, 13, "rebind")						\
	EN(SWITCH, 14, "switch")						\
	EN(SAVE, 15, "save")							\
	EN(RESTORE, 16, "restore")						\
	EN(IMPORT, 17, "import")						\
	EN(VMAP, 18, "vmap")							\
	EN(FAULT, 19, "fault")

#define VCM_ENUM_ENTRY_driver(NAME, nr, str)	VCM_DRIVER_##NAME = nr,
#define VCM_ENUM_ENTRY_kind(NAME, nr, str)	VCM_KIND_##NAME = nr,
#define VCM_ENUM_ENTRY_op(NAME, nr, str)	VCM_OP_##NAME = nr,
#define VCM_ENUM_ENTRY_cache(NAME, nr, str)	VCM_CACHE_##NAME = nr,
#define VCM_ENUM_ENTRY_source(NAME, nr, str)	VCM_SOURCE_##NAME = nr,
#define VCM_ENUM_ENTRY_access(NAME, nr, str)	VCM_ACCESS_##NAME = nr,
#define VCM_ENUM_ENTRY_event(name, nr, text)	VCM_EVENT_##name = nr,

enum vcm_driver_kind { VCM_ENUM_driver(VCM_ENUM_ENTRY_driver) };
enum vcm_kind { VCM_ENUM_kind(VCM_ENUM_ENTRY_kind) };
enum vcm_op { VCM_ENUM_op(VCM_ENUM_ENTRY_op) };
enum vcm_cache { VCM_ENUM_cache(VCM_ENUM_ENTRY_cache) };
enum vcm_source { VCM_ENUM_source(VCM_ENUM_ENTRY_source) };
enum vcm_access { VCM_ENUM_access(VCM_ENUM_ENTRY_access) };
enum vcm_event_type { VCM_EVENTS(VCM_ENUM_ENTRY_event) VCM_EVENT_END };

#define VCM_EVENT_ARGS 6	/* fields beside the head, at most */

/**
 * struct vcm_event - one event outside the kernel's own trace buffer
 * @type:   enum vcm_event_type
 * @nr_arg: members of @arg in use
 * @stream: see VCM_EVENT_HEAD
 * @seq:    see VCM_EVENT_HEAD
 * @ts_ns:  CLOCK_MONOTONIC, taken by whoever recorded the event
 * @id:     see VCM_EVENT_HEAD
 * @vcm:    see VCM_EVENT_HEAD
 * @refs:   see VCM_EVENT_HEAD
 * @err:    see VCM_EVENT_HEAD
 * @pid:    process (thread group) that caused the event
 * @tid:    thread that caused the event
 * @cpu:    where it ran
 * @comm:   its name, not terminated when it fills the array
 * @arg:    the event's own fields in the order of the schema
 */
struct vcm_event {
	__u16 type;
	__u16 nr_arg;
	__u32 stream;
	__u64 seq;
	__u64 ts_ns;
	__u64 id;
	__u32 vcm;
	__u32 refs;
	__s32 err;
	__u32 pid;
	__u32 tid;
	__u32 cpu;
	char comm[16];
	__u64 arg[VCM_EVENT_ARGS];
};

#endif
