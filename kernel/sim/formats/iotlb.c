// SPDX-License-Identifier: GPL-2.0-only
/*
 * iotlb.c - the cache of an IOMMU: found, walked for, evicted, invalidated.
 *
 * T1 to T5 of iotlb.h.  Replacement is round robin over the ways of a set, past locked slots, and
 * takes free slots first: the same calls give the same contents.
 */
#include "vcm_os.h"
#include "format.h"
#include "iotlb.h"

static struct vcm_iotlb_slot *vcm_iotlb_set(const struct vcm_iotlb *tlb, u64 iova, u64 len)
{
	return tlb->slots + ((iova >> __ffs64(len)) & (tlb->sets - 1)) * tlb->ways;
}

/**
 * vcm_iotlb_init - make an empty IOTLB
 * @tlb:   to be made
 * @sets:  how many, a power of two; 1 for a fully associative one
 * @ways:  slots of a set
 * @slots: memory for @sets times @ways of them, as long as @tlb is used
 *
 * Context: any.
 * Return: 0, or -EINVAL for a geometry that there is not.
 */
int vcm_iotlb_init(struct vcm_iotlb *tlb, u32 sets, u32 ways, struct vcm_iotlb_slot *slots)
{
	if (!sets || sets & (sets - 1) || !ways || sets > VCM_IOTLB_SLOTS_MAX ||
	    ways > VCM_IOTLB_SLOTS_MAX / sets)
		return -EINVAL;
	*tlb = (struct vcm_iotlb) { .sets = sets, .ways = ways, .slots = slots };
	for (u32 i = 0; i < sets * ways; i++)
		slots[i] = (struct vcm_iotlb_slot) { 0 };
	return 0;
}
EXPORT_SYMBOL_GPL(vcm_iotlb_init);

/**
 * vcm_iotlb_find - look what is cached, without counting it
 * @tlb:  the IOTLB
 * @asid: whose translations to look at
 * @iova: an address
 * @slot: out: one of the slots that translate it, when there are any
 *
 * Context: any; the caller serialises.
 * Return: how many slots translate it.
 */
u32 vcm_iotlb_find(const struct vcm_iotlb *tlb, u32 asid, u64 iova,
		   const struct vcm_iotlb_slot **slot)
{
	u32 found = 0;

	for (u64 sizes = tlb->sizes; sizes; sizes &= sizes - 1) {
		u64 len = sizes & -sizes;
		const struct vcm_iotlb_slot *set = vcm_iotlb_set(tlb, iova, len);

		for (u32 i = 0; i < tlb->ways; i++) {
			if (set[i].len != len || set[i].asid != asid ||
			    set[i].iova != (iova & ~(len - 1)))
				continue;
			*slot = &set[i];
			found++;
		}
	}
	return found;
}
EXPORT_SYMBOL_GPL(vcm_iotlb_find);

/* The slot of a set for a new page: a free one, or the next that is not locked, or none. */
static struct vcm_iotlb_slot *vcm_iotlb_victim(struct vcm_iotlb *tlb, struct vcm_iotlb_slot *set)
{
	for (u32 i = 0; i < tlb->ways; i++)
		if (!set[i].len)
			return &set[i];
	for (u32 i = 0; i < tlb->ways; i++) {
		struct vcm_iotlb_slot *slot = &set[set->victim];

		set->victim = (set->victim + 1) % tlb->ways;
		if (!slot->locked)
			return slot;
	}
	return NULL;
}

/* Cache a page, if there is room or somebody to make some.  Return: whether it is. */
static bool vcm_iotlb_insert(struct vcm_iotlb *tlb, const struct vcm_iotlb_slot *page)
{
	struct vcm_iotlb_slot *set = vcm_iotlb_set(tlb, page->iova, page->len);
	struct vcm_iotlb_slot *slot = vcm_iotlb_victim(tlb, set);
	u32 victim;

	if (!slot)
		return false;
	if (slot->len)
		tlb->stats.evictions++;
	victim = slot->victim;
	*slot = *page;
	slot->victim = victim;
	tlb->sizes |= page->len;
	tlb->stats.inserts++;
	return true;
}

/* Walk the tables for an address that no slot translates. */
static enum vcm_pt_reason vcm_iotlb_miss(struct vcm_iotlb *tlb, const struct vcm_pt_regs *regs,
					 u64 iova, u32 access, struct vcm_pt_walk *walk)
{
	struct vcm_iotlb_slot page;

	tlb->stats.misses++;
	tlb->stats.walks++;
	if (vcm_pt_walk(regs, iova, access, walk) != VCM_PT_OK)
		return walk->reason;
	page = (struct vcm_iotlb_slot) {
		.iova = walk->iova,
		.pa = walk->pa,
		.len = walk->len,
		.asid = regs->asid,
		.prot = walk->prot,
	};
	if (!vcm_iotlb_insert(tlb, &page))
		tlb->stats.bypasses++;
	return walk->reason;
}

/**
 * vcm_iotlb_translate - translate an address as the IOMMU does for a device
 * @tlb:    the IOTLB
 * @regs:   what the IOMMU was told for this device
 * @iova:   the address
 * @access: VCM_PT_READ, _WRITE, _FETCH, _PRIV
 * @walk:   as for vcm_pt_walk(); no levels when the translation was cached
 *
 * Context: any; the caller serialises.
 * Return: walk->reason.
 */
enum vcm_pt_reason vcm_iotlb_translate(struct vcm_iotlb *tlb, const struct vcm_pt_regs *regs,
				       u64 iova, u32 access, struct vcm_pt_walk *walk)
{
	const struct vcm_iotlb_slot *slot;
	u32 found = vcm_iotlb_find(tlb, regs->asid, iova, &slot);

	if (!found)
		return vcm_iotlb_miss(tlb, regs, iova, access, walk);
	walk->levels = 0;
	if (found > 1) {
		tlb->stats.multihits++;
		walk->reason = VCM_PT_MULTIHIT;
		return walk->reason;
	}
	tlb->stats.hits++;
	walk->iova = slot->iova;
	walk->pa = slot->pa;
	walk->len = slot->len;
	walk->prot = slot->prot;
	walk->reason = vcm_pt_permits(slot->prot, access);
	return walk->reason;
}
EXPORT_SYMBOL_GPL(vcm_iotlb_translate);

/**
 * vcm_iotlb_load - software writes a translation, as it can on OMAP
 * @tlb:  the IOTLB
 * @page: the translation, locked or not; its victim does not matter
 *
 * Does not look whether the address is translated already: neither does the hardware, which
 * reports a multi-hit when it is used.
 *
 * Context: any; the caller serialises.
 * Return: 0, -EINVAL when @page is not one, -ENOSPC when all ways of the set are locked.
 */
int vcm_iotlb_load(struct vcm_iotlb *tlb, const struct vcm_iotlb_slot *page)
{
	if (!page->len || page->len & (page->len - 1) || !IS_ALIGNED(page->iova, page->len) ||
	    !IS_ALIGNED(page->pa, page->len))
		return -EINVAL;
	return vcm_iotlb_insert(tlb, page) ? 0 : -ENOSPC;
}
EXPORT_SYMBOL_GPL(vcm_iotlb_load);

static bool vcm_iotlb_is_hit(const struct vcm_iotlb_slot *slot, const struct vcm_iotlb_inv *inv)
{
	switch (inv->kind) {
	case VCM_IOTLB_ALL:
		return !slot->locked;
	case VCM_IOTLB_ASID:
		return !slot->locked && slot->asid == inv->asid;
	case VCM_IOTLB_RANGE:
		return slot->asid == inv->asid && slot->iova <= inv->last &&
		       slot->iova + (slot->len - 1) >= inv->iova;
	default:
		return true;
	}
}

/**
 * vcm_iotlb_flush - invalidate at once
 * @tlb: the IOTLB
 * @inv: what
 *
 * Context: any; the caller serialises.
 * Return: how many translations went.
 */
u32 vcm_iotlb_flush(struct vcm_iotlb *tlb, const struct vcm_iotlb_inv *inv)
{
	u64 sizes = 0;
	u32 went = 0;

	for (u32 i = 0; i < tlb->sets * tlb->ways; i++) {
		struct vcm_iotlb_slot *slot = &tlb->slots[i];

		if (slot->len && vcm_iotlb_is_hit(slot, inv)) {
			slot->len = 0;
			slot->locked = false;
			went++;
		}
		sizes |= slot->len;
	}
	if (inv->kind == VCM_IOTLB_RESET)
		tlb->nr_deferred = 0;
	tlb->sizes = sizes;
	tlb->stats.flushes[inv->kind]++;
	tlb->stats.dropped += went;
	return went;
}
EXPORT_SYMBOL_GPL(vcm_iotlb_flush);

/**
 * vcm_iotlb_defer - invalidate at the next sync
 * @tlb: the IOTLB
 * @inv: what; not a reset
 *
 * Until then everything stays usable.  Cannot fail: without room it makes a sync first.
 *
 * Context: any; the caller serialises.
 */
void vcm_iotlb_defer(struct vcm_iotlb *tlb, const struct vcm_iotlb_inv *inv)
{
	if (tlb->nr_deferred == VCM_IOTLB_DEFERRED)
		vcm_iotlb_sync(tlb);
	tlb->deferred[tlb->nr_deferred++] = *inv;
	tlb->stats.deferred++;
}
EXPORT_SYMBOL_GPL(vcm_iotlb_defer);

/**
 * vcm_iotlb_sync - make the invalidations that were deferred
 * @tlb: the IOTLB
 *
 * Context: any; the caller serialises.
 * Return: how many translations went.
 */
u32 vcm_iotlb_sync(struct vcm_iotlb *tlb)
{
	u32 went = 0;

	tlb->stats.syncs++;
	for (u32 i = 0; i < tlb->nr_deferred; i++)
		went += vcm_iotlb_flush(tlb, &tlb->deferred[i]);
	tlb->nr_deferred = 0;
	return went;
}
EXPORT_SYMBOL_GPL(vcm_iotlb_sync);
