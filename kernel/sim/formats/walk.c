// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk.c - what an IOMMU does with an address: registers and memory, nothing else.
 *
 * Runs beside map and unmap without a lock: each entry is read once, and decoded from what was
 * read.  Takes any memory for tables and ends with a reason; it cannot loop.
 */
#include "pt.h"

/**
 * vcm_pt_permits - whether a page with this protection may be accessed like that
 * @prot:   of the page
 * @access: VCM_PT_READ, _WRITE, _FETCH, _PRIV of the access
 *
 * Context: any.
 * Return: VCM_PT_OK or VCM_PT_PERMISSION.
 */
enum vcm_pt_reason vcm_pt_permits(u32 prot, u32 access)
{
	if (access & VCM_PT_RW & ~prot)
		return VCM_PT_PERMISSION;
	if (access & VCM_PT_FETCH && prot & VCM_PT_NOEXEC)
		return VCM_PT_PERMISSION;
	if (prot & VCM_PT_PRIV && !(access & VCM_PT_PRIV))
		return VCM_PT_PERMISSION;
	return VCM_PT_OK;
}
EXPORT_SYMBOL_GPL(vcm_pt_permits);

/* Go down to the leaf; anything else is the reason why there is none. */
static enum vcm_pt_reason vcm_pt_descend(const struct vcm_pt_regs *regs, u64 iova,
					 struct vcm_pt_walk *walk, struct vcm_pt_entry *entry)
{
	const struct vcm_pt_mem *mem = regs->mem;
	u64 pa = regs->root;
	u32 limit = VCM_PT_RW;
	const void *table;

	for (u32 depth = 0; depth < regs->fmt->levels; depth++) {
		table = mem->ops->to_va(mem->priv, pa, vcm_pt_len(regs, depth));
		if (!table)
			return VCM_PT_WALK;
		if (walk->step)
			walk->step(walk->priv, depth);
		walk->levels++;
		vcm_pt_decode(regs, depth, table, vcm_pt_index(regs, depth, iova), entry);
		if (entry->kind == VCM_PT_NONE)
			return VCM_PT_TRANSLATION;
		if (entry->kind == VCM_PT_LEAF) {
			entry->prot &= limit | ~VCM_PT_RW;
			return VCM_PT_OK;
		}
		if (entry->kind == VCM_PT_BAD)
			return VCM_PT_WALK;
		limit &= entry->prot;
		pa = entry->pa;
	}
	return VCM_PT_WALK;
}

/**
 * vcm_pt_walk - translate an address as an IOMMU with these registers does
 * @regs:   the registers
 * @iova:   the address
 * @access: VCM_PT_READ, _WRITE, _FETCH, _PRIV: what it is to be used for
 * @walk:   step and priv are the caller's, the rest is the result
 *
 * Context: any; no lock needed as long as tables that were unlinked are not freed meanwhile.
 * Return: walk->reason.
 */
enum vcm_pt_reason vcm_pt_walk(const struct vcm_pt_regs *regs, u64 iova, u32 access,
			       struct vcm_pt_walk *walk)
{
	struct vcm_pt_entry entry;

	walk->levels = 0;
	walk->reason = VCM_PT_TRANSLATION;
	if (iova < regs->start || iova > regs->last)
		return walk->reason;
	walk->reason = vcm_pt_descend(regs, iova, walk, &entry);
	if (walk->reason != VCM_PT_OK)
		return walk->reason;
	walk->iova = iova & ~(entry.len - 1);
	walk->pa = entry.pa;
	walk->len = entry.len;
	walk->prot = entry.prot;
	walk->reason = vcm_pt_permits(entry.prot, access);
	return walk->reason;
}
EXPORT_SYMBOL_GPL(vcm_pt_walk);
