/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iotlb.h - what an IOMMU remembers of its walks, as pure code.
 *
 * A translation that was cached stays usable by the device until it is invalidated, evicted or
 * reset, whatever has become of the tables: exactly what makes a missing flush corrupt memory on
 * hardware.  Sets and ways; a page of any size takes one slot, in the set that the number of the
 * page selects.  ASIDs keep the translations of several contexts apart.
 *
 *  T1  A slot is free, or holds one page of one ASID.
 *  T2  A walk is made only when no slot translates the address, so two slots translate it only
 *      after software has loaded one, or has mapped an address again in another page size without
 *      invalidating the first: VCM_PT_MULTIHIT, until one of them goes.
 *  T3  A locked slot goes when a range that it overlaps is invalidated, or at a reset; it is not
 *      evicted, and invalidating everything or an ASID leaves it (OMAP: MMU_LOCK, preserved).
 *  T4  What is not translated, or not permitted, is not cached.
 *  T5  An invalidation that was deferred has no effect before vcm_iotlb_sync(), which deferring
 *      one makes by itself when there is no room.
 *
 * Locking: none here.  The caller serialises all calls for one IOTLB.  When a walk for it runs
 * under the same lock as the invalidation, tables may be freed as soon as that is over.
 */
#ifndef VCM_SIM_IOTLB_H
#define VCM_SIM_IOTLB_H

#include "vcm_os.h"
#include "format.h"

#define VCM_IOTLB_SLOTS_MAX	65536
#define VCM_IOTLB_DEFERRED	32		/* room for those that wait */

/**
 * enum vcm_iotlb_kind - what to invalidate
 * @VCM_IOTLB_ALL:   everything that is not locked
 * @VCM_IOTLB_ASID:  everything of an ASID that is not locked
 * @VCM_IOTLB_RANGE: pages of an ASID that overlap a range, locked or not
 * @VCM_IOTLB_RESET: everything, as the loss of power does; deferred invalidations are forgotten
 * @VCM_IOTLB_KINDS: how many there are
 */
enum vcm_iotlb_kind {
	VCM_IOTLB_ALL,
	VCM_IOTLB_ASID,
	VCM_IOTLB_RANGE,
	VCM_IOTLB_RESET,
	VCM_IOTLB_KINDS,
};

/**
 * struct vcm_iotlb_inv - an invalidation
 * @kind: what to invalidate
 * @asid: for ASID and RANGE
 * @iova: for RANGE, first address
 * @last: for RANGE, last address
 */
struct vcm_iotlb_inv {
	enum vcm_iotlb_kind kind;
	u32 asid;
	u64 iova;
	u64 last;
};

/**
 * struct vcm_iotlb_slot - one translation
 * @iova:   first address of the page
 * @pa:     where it is translated to
 * @len:    bytes of the page, 0 for a slot that is free
 * @asid:   whose it is
 * @prot:   what it permits
 * @locked: T3
 * @victim: of the first slot of a set, the way that is looked at first for eviction
 */
struct vcm_iotlb_slot {
	u64 iova;
	u64 pa;
	u64 len;
	u32 asid;
	u32 prot;
	u32 victim;
	bool locked;
};

/**
 * struct vcm_iotlb_stats - what happened, since init
 * @hits:      addresses that one slot translated, permitted or not
 * @misses:    addresses that no slot translated
 * @multihits: addresses that several slots translated
 * @walks:     walks of the tables; @misses, but for lookups without one
 * @inserts:   translations that were cached
 * @evictions: translations that went to make room
 * @bypasses:  translations that were not cached since all ways of the set are locked
 * @dropped:   translations that were invalidated
 * @flushes:   invalidations by kind, made at once or by a sync
 * @deferred:  invalidations that were deferred
 * @syncs:     calls of vcm_iotlb_sync()
 */
struct vcm_iotlb_stats {
	u64 hits;
	u64 misses;
	u64 multihits;
	u64 walks;
	u64 inserts;
	u64 evictions;
	u64 bypasses;
	u64 dropped;
	u64 flushes[VCM_IOTLB_KINDS];
	u64 deferred;
	u64 syncs;
};

/**
 * struct vcm_iotlb - the IOTLB of an IOMMU
 * @sets:        a power of two; immutable
 * @ways:        slots of a set; immutable
 * @slots:       @sets times @ways, set by set; the caller's memory
 * @sizes:       page sizes that may be in it, bit n for 2^n bytes
 * @deferred:    invalidations that wait for a sync
 * @nr_deferred: how many
 * @stats:       what happened
 */
struct vcm_iotlb {
	u32 sets;
	u32 ways;
	struct vcm_iotlb_slot *slots;
	u64 sizes;
	struct vcm_iotlb_inv deferred[VCM_IOTLB_DEFERRED];
	u32 nr_deferred;
	struct vcm_iotlb_stats stats;
};

int vcm_iotlb_init(struct vcm_iotlb *tlb, u32 sets, u32 ways, struct vcm_iotlb_slot *slots);
enum vcm_pt_reason vcm_iotlb_translate(struct vcm_iotlb *tlb, const struct vcm_pt_regs *regs,
				       u64 iova, u32 access, struct vcm_pt_walk *walk);
u32 vcm_iotlb_find(const struct vcm_iotlb *tlb, u32 asid, u64 iova,
		   const struct vcm_iotlb_slot **slot);
int vcm_iotlb_load(struct vcm_iotlb *tlb, const struct vcm_iotlb_slot *page);
u32 vcm_iotlb_flush(struct vcm_iotlb *tlb, const struct vcm_iotlb_inv *inv);
void vcm_iotlb_defer(struct vcm_iotlb *tlb, const struct vcm_iotlb_inv *inv);
u32 vcm_iotlb_sync(struct vcm_iotlb *tlb);

#endif
