/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core.h - the private structs of the core.  Read this first.
 *
 * The core is a state machine over contexts, reservations, physical memory, devices and
 * associations.  It knows no struct device, file, iommu_domain or BPF; struct vcm_driver does
 * the work behind it.
 *
 * Invariants; vcm_check() in check.c tests each
 *   I1  the ranges of a context's reservations are disjoint and inside its window (G1 to G3)
 *   I2  a reservation in the tree has at least one reference, and is bound exactly when it
 *       names memory; the binding fits both the reservation and the memory
 *   I3  a bound reservation is mapped in every mapping domain of its context, an unbound one
 *       in none
 *   I4  a mapping domain exists exactly while it has active associations; its device count is
 *       their number; a saved context has no domain
 *   I5  every chunk list adds up to the length of its memory
 *   I6  memory is in the registry exactly while it has a reference or a binding
 *   I7  contexts, memory and associations are listed in the order of their ids
 *   I8  the references of an object are those of its holders and of nobody named
 *   I9  a sub-window is never bound; what is inside it holds one reference to it each
 *   I10 what is handed out of a carve-out is disjoint and inside it, and adds up to what it says;
 *       memory of that source lies in one carve-out
 *
 * Locks
 *   vcm_registry.stream.lock   contexts, memory, associations, devices, their references
 *   vcm.stream.lock            reservations and bindings of one context
 *   vcm_registry.holders_lock  the list of holders, nothing else
 *   vcm_registry.carve_lock    the carve-outs and what is handed out of them
 * Order: registry, then one context, then the holders or the carve-outs, below which nothing is
 * taken.  Two contexts are never locked at once.
 * All are mutexes; drivers are called under the first two.  A field that says "both" is written
 * with registry and context locked and may be read with either.
 *
 * Events: seq is taken by vcm_stream_next() with the lock of the stream held, after the change,
 * in the critical section of the change.
 *
 * Life of the structs.  References (refs) keep an object in function.  Memory (the mem counts)
 * outlives that: a holder whose context was destroyed still holds a valid, dead pointer until
 * it gives it up.  What is gone emits no events.
 */
#ifndef VCM_CORE_H
#define VCM_CORE_H

#include "vcm_os.h"
#include "vcm.h"
#include "gap.h"
#include "ref.h"

/**
 * struct vcm_stream - an ordered stream of events and the lock that orders it
 * @lock: held for every change and its event
 * @id:   as in events; immutable
 * @seq:  number of the last event; under @lock
 */
struct vcm_stream {
	struct mutex lock;	/* every change of the stream, with its event */
	u32 id;
	u64 seq;
};

/**
 * struct vcm_registry - stream 0 and what it orders
 * @stream:      the lock and the numbers
 * @contexts:    struct vcm, by id; under the lock
 * @physes:      struct vcm_phys, by id; under the lock
 * @devices:     struct vcm_device, by id; under the lock
 * @next_vcm:    id of the next context; under the lock, like the next_ members below
 * @next_stream: id of the next stream
 * @next_domain: id of the next mapping domain
 * @next_dev:    id of the next device
 * @next_phys:   id of the next memory
 * @next_assoc:  id of the next association
 * @holders_lock: see above
 * @holders:     struct vcm_holder, by id; under @holders_lock
 * @next_holder: id of the next holder; under @holders_lock
 * @carve_lock:  see above
 * @carveouts:   struct vcm_carveout, in the order they came; under @carve_lock
 * @observer:    told of contexts, see vcm_set_observer(); under the lock
 */
struct vcm_registry {
	struct vcm_stream stream;
	struct list_head contexts;
	struct list_head physes;
	struct list_head devices;
	u32 next_vcm;
	u32 next_stream;
	u32 next_domain;
	u32 next_dev;
	u64 next_phys;
	u64 next_assoc;
	struct mutex holders_lock;	/* the list of holders */
	struct list_head holders;
	u32 next_holder;
	struct mutex carve_lock;	/* the carve-outs */
	struct list_head carveouts;
	const struct vcm_observer *observer;
};

/**
 * struct vcm_carveout - physical memory set aside for VCM
 * @node:   in vcm_registry.carveouts; carve_lock, like the members below
 * @ranges: what is handed out
 * @held:   sum of its bytes
 * @pieces: number of ranges
 */
struct vcm_carveout {
	struct list_head node;
	struct vcm_gaps ranges;
	u64 held;
	u32 pieces;
};

/**
 * struct vcm_holder - whose references are
 * @node: in vcm_registry.holders; holders_lock
 * @mem:  what keeps the struct: its owner, and one for each hold
 * @id:   immutable
 * @name: for people; immutable
 */
struct vcm_holder {
	struct list_head node;
	refcount_t mem;
	u32 id;
	char name[VCM_HOLDER_NAME_LEN];
};

/**
 * struct vcm_observer - told of contexts that come and go
 * @created:   a context is visible
 * @destroyed: a context is gone
 *
 * Called without any lock of the core, in the process that made the change.
 */
struct vcm_observer {
	void (*created)(u32 vcm);
	void (*destroyed)(u32 vcm);
};

/**
 * struct vcm - a context
 * @stream:  lock and events of its reservations
 * @id:      immutable
 * @driver:  immutable
 * @node:    in vcm_registry.contexts; registry lock
 * @refs:    references; registry lock
 * @dead:    torn down or being so; both
 * @gone:    off the list, no event names it any more; registry lock
 * @mem:     what keeps the struct: one for @refs, one for each reservation and association
 * @assocs:  struct vcm_assoc, by id; registry lock
 * @domains: struct vcm_dom; both
 * @nr_domains: length of @domains; both
 * @saved:   off its IOMMUs, by vcm_save(); registry lock
 * @faults:  faults on their way, and one until the context ends
 * @fault_lock: see fault.c
 * @fault_fn:   told of faults; @fault_lock
 * @fault_data: for it; @fault_lock
 * @ranges:  the reservations by address; lock of @stream, like the members below
 * @next_res: id of the next reservation
 * @nr_res:  number of reservations
 * @bytes_reserved: sum of their lengths
 * @bytes_bound:    sum of their bindings
 */
struct vcm {
	struct vcm_stream stream;
	u32 id;
	const struct vcm_driver *driver;
	struct list_head node;
	struct vcm_refs refs;
	bool dead;
	bool gone;
	refcount_t mem;
	struct list_head assocs;
	struct list_head domains;
	u32 nr_domains;
	bool saved;
	refcount_t faults;
	struct mutex fault_lock;	/* the handler does not change while it runs */
	vcm_fault_fn fault_fn;
	void *fault_data;
	struct vcm_gaps ranges;
	u64 next_res;
	u64 nr_res;
	u64 bytes_reserved;
	u64 bytes_bound;
};

/**
 * struct vcm_res - a reservation, or a sub-window of the context (VCM_RESERVE_BOUND)
 * @range:     its addresses with the guards; immutable while in the tree
 * @vcm:       its context, whose memory it keeps; immutable, like the members below
 * @parent:    sub-window it is inside of, one reference; NULL for the context
 * @id:        unique in the context
 * @start:     first address
 * @len:       bytes
 * @guard:     guard pages: before in bits 0-15, after in bits 16-31
 * @align:     log2 of bytes
 * @flags:     VCM_RESERVE_*
 * @dead:      no longer in the tree; lock of the context, like the members below
 * @prot:      VCM_PROT_* of the binding
 * @refs:      references
 * @phys:      memory bound, a use; NULL when not bound
 * @off:       offset into it
 * @bound_len: bytes bound
 * @inner:     with VCM_RESERVE_BOUND, what is inside; otherwise there is no memory behind this
 *             member and what follows, see vcm_res_size()
 * @inside:    references, nobody's, that belong to what is inside (I9)
 */
struct vcm_res {
	struct vcm_range range;
	struct vcm *vcm;
	struct vcm_res *parent;
	u64 id;
	u64 start;
	u64 len;
	u32 guard;
	u8 align;
	u8 flags;
	bool dead;
	u8 prot;
	struct vcm_refs refs;
	struct vcm_phys *phys;
	u64 off;
	u64 bound_len;
	struct vcm_gaps inner;
	u32 inside;
};

/* Bytes of a reservation with these flags; one that is not a sub-window is cut short. */
static inline size_t vcm_res_size(u32 flags)
{
	return flags & VCM_RESERVE_BOUND ? sizeof(struct vcm_res) :
					   offsetof(struct vcm_res, inner);
}

/**
 * struct vcm_phys - physical memory
 * @node:      in vcm_registry.physes; registry lock
 * @refs:      references; registry lock
 * @uses:      one while there are references, one for each binding and each kernel mapping in
 *             use; at 0 the memory is released
 * @id:        immutable, like the members below
 * @len:       bytes
 * @orders:    chunk sizes allowed, 0 for memory from elsewhere
 * @cache:     its one cache attribute
 * @source:    where it comes from
 * @nr_chunks: length of @chunks
 * @chunks:    the memory in the order of its offsets
 * @note:      of a driver, see vcm_phys_set_note()
 * @ops:       how to release memory from elsewhere, NULL for pages of the core's own
 * @priv:      for @ops
 * @readonly:  devices may not write to it
 * @kva:       the kernel mapping, NULL when there is none; registry lock
 * @kva_users: who uses it; registry lock
 */
struct vcm_phys {
	struct list_head node;
	struct vcm_refs refs;
	refcount_t uses;
	u64 id;
	u64 len;
	u32 orders;
	enum vcm_cache cache;
	enum vcm_source source;
	u32 nr_chunks;
	struct vcm_chunk *chunks;
	struct vcm_phys_note *note;
	const struct vcm_phys_ops *ops;
	void *priv;
	bool readonly;
	void *kva;
	u32 kva_users;
};

/**
 * struct vcm_device - a device that a driver has made known
 * @node:  in vcm_registry.devices; registry lock
 * @mem:   what keeps the struct: one while registered, one for each association
 * @gone:  unregistered, the driver is not called for it any more; registry lock
 * @id:    immutable, like the members below
 * @flags: VCM_DEVICE_*
 * @name:  as its bus names it
 * @iommu: IOMMU it is behind, empty when unknown
 * @priv:  for the driver side
 * @holder: whose the reservations are that it needs; has its name
 */
struct vcm_device {
	struct list_head node;
	refcount_t mem;
	bool gone;
	u32 id;
	u32 flags;
	char name[VCM_DEVICE_NAME_LEN];
	char iommu[VCM_DEVICE_NAME_LEN];
	void *priv;
	struct vcm_holder *holder;
};

/**
 * struct vcm_dom - a mapping domain as the core keeps it
 * @node:    in vcm.domains; both
 * @id:      as in events; immutable
 * @vcm:     its context; immutable
 * @devices: active associations that use it; both
 * @caps:    what it can translate; both
 * @domain:  the driver's; immutable
 */
struct vcm_dom {
	struct list_head node;
	u32 id;
	struct vcm *vcm;
	u32 devices;
	struct vcm_domain_caps caps;
	struct vcm_domain *domain;
};

/**
 * struct vcm_assoc - a context and a device
 * @node:   in vcm.assocs; registry lock
 * @vcm:    whose memory it keeps; immutable
 * @dev:    counted; immutable
 * @id:     immutable
 * @active: activations; registry lock, like the members below
 * @dead:   ended; only its owner still knows it
 * @dom:    mapping domain in use, NULL when not active or the context is saved
 * @caps:   what @dom can translate for this device
 * @resvs:  struct vcm_resv, addresses that the device cannot use
 */
struct vcm_assoc {
	struct list_head node;
	struct vcm *vcm;
	struct vcm_device *dev;
	u64 id;
	u32 active;
	bool dead;
	struct vcm_dom *dom;
	struct vcm_domain_caps caps;
	struct list_head resvs;
};

/**
 * struct vcm_failure - what the vcm_error event of a call says
 * @op:  the operation
 * @id:  the object, 0 when there is none yet
 * @arg: the arguments that matter
 */
struct vcm_failure {
	enum vcm_op op;
	u64 id;
	u64 arg[3];
};

extern struct vcm_registry vcm_registry;

/* Enter the critical section of a stream. */
static inline void vcm_stream_lock(struct vcm_stream *stream)
{
	mutex_lock(&stream->lock);
}

/* Leave it. */
static inline void vcm_stream_unlock(struct vcm_stream *stream)
{
	mutex_unlock(&stream->lock);
}

/* The number of the next event of @stream; each number taken must be emitted. */
static inline u64 vcm_stream_next(struct vcm_stream *stream)
{
	lockdep_assert_held(&stream->lock);
	return ++stream->seq;
}

/* seq.c */
void vcm_fail_locked(struct vcm_stream *stream, u32 vcm, const struct vcm_failure *what, int err);

/* context.c */
void vcm_core_init(void);
void vcm_set_observer(const struct vcm_observer *observer);
void vcm_mem_put(struct vcm *vcm);

/* res.c */
void vcm_res_drop_locked(struct vcm_res *res);
int vcm_res_get_locked(struct vcm_res *res, struct vcm_holder *holder);
struct vcm_res *vcm_res_make(struct vcm *vcm, const struct vcm_req *req);
struct vcm_res *vcm_res_first(const struct vcm *vcm);
struct vcm_res *vcm_res_next(struct vcm_res *res);
struct vcm_res *vcm_res_skip(struct vcm_res *res);
struct vcm_res *vcm_res_inner(const struct vcm_res *res);

/* place.c */
int vcm_req_check(const struct vcm_req *req);
u32 vcm_req_align(const struct vcm_req *req);
int vcm_place_locked(struct vcm *vcm, const struct vcm_req *req, struct vcm_res *res);
struct vcm_gaps *vcm_res_tree(const struct vcm_res *res);

/* phys.c */
void vcm_phys_unuse(struct vcm_phys *phys);
void vcm_phys_use(struct vcm_phys *phys);
int vcm_phys_revive(struct vcm_phys *phys);

/* chunks.c */
bool vcm_cache_is_known(enum vcm_cache cache);
u32 vcm_phys_req_orders(const struct vcm_phys_req *req);
int vcm_phys_req_check(const struct vcm_phys_req *req);
int vcm_phys_fill(struct vcm_phys *phys, const struct vcm_phys_req *req);

/* carve.c */
int vcm_carve(const struct vcm_phys_req *req, struct vcm_phys_desc *desc, struct vcm_chunk *chunk);
const char *vcm_carveouts_check(void);
bool vcm_carveouts_have(u64 pa, u64 len);

/* bind.c */
int vcm_bind_any(struct vcm_res *res, const struct vcm_bind_req *req);
struct vcm_phys *vcm_unbind_locked(struct vcm_res *res);
void vcm_binding_release(struct vcm *vcm, struct vcm_phys *phys);

/* domain.c */
bool vcm_caps_cover(const struct vcm_domain_caps *caps, u64 start, u64 len);
int vcm_map_check(const struct vcm *vcm, u64 start, u64 len);
int vcm_dom_map(struct vcm *vcm, struct vcm_dom *dom, const struct vcm_res *res);
int vcm_dom_unmap(struct vcm *vcm, struct vcm_dom *dom, const struct vcm_res *res);
void vcm_tell_map(struct vcm *vcm, const struct vcm_dom *dom, const struct vcm_res *res);
void vcm_tell_unmap(struct vcm *vcm, const struct vcm_dom *dom, const struct vcm_res *res,
		    int err);
int vcm_assoc_attach_locked(struct vcm_assoc *assoc);
void vcm_assoc_detach_locked(struct vcm_assoc *assoc);
void vcm_assoc_pause_locked(struct vcm_assoc *assoc);
int vcm_assoc_unpause_locked(struct vcm_assoc *assoc);
void vcm_assoc_leave_locked(struct vcm_assoc *assoc);
void vcm_reach(const struct vcm *vcm, u64 *start, u64 *last);

/* assoc.c */
const struct vcm_assoc *vcm_assoc_after(u64 id);
void vcm_assoc_end_locked(struct vcm_assoc *assoc);
void vcm_assoc_lost_locked(struct vcm_assoc *assoc, u32 domain);
void vcm_tell_activate(struct vcm_assoc *assoc);

/* resv.c */
int vcm_resv_claim(struct vcm_assoc *assoc);
void vcm_resv_release(struct vcm_assoc *assoc);

/* lookup.c */
struct vcm_res *vcm_res_at(const struct vcm *vcm, u64 iova);
void vcm_res_info_locked(const struct vcm_res *res, struct vcm_res_info *info);

/* device.c */
struct vcm_device *vcm_device_find_user(const char *name);
void vcm_device_put(struct vcm_device *dev);

/* snap.c */
int vcm_snap_take(void **data, size_t *len);

/* check.c */
const char *vcm_check(void);

#endif
