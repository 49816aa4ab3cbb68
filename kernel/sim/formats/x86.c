// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86.c - four-level tables of an Intel IOMMU, second stage: 4K, 2M and 1G pages.
 *
 * Source: Intel Virtualization Technology for Directed I/O, Architecture Specification,
 * chapters "Second-Stage Translation" and "Second-Stage Paging Entries" (48-bit adjusted guest
 * address width).
 *
 *   bit   63    62  61..52   51........12    11   10..8   7    6..3   2   1   0
 *   leaf  ign.  TM  ignored  page address    SNP  A D ..  PS   EMT..  X   W   R
 *   link  ignored            table address   ign. A ..    0    ign.   X   W   R
 *
 * There is no bit that says present: an entry is when it permits reading or writing, and a page
 * can be for writing alone.  What a link does not permit is not permitted below it.  Address bits
 * below the page size are reserved in a large page, and so is PS in the topmost table.
 * NOEXEC, MMIO and PRIV have no encoding in the second stage and are accepted and dropped.
 */
#include "vcm_os.h"
#include "format.h"

#define X86_PS		((u64)1 << 7)
#define X86_SNP		((u64)1 << 11)
#define X86_ADDRESS	(((u64)1 << 52) - ((u64)1 << 12))

static u32 vcm_x86_grants(u32 prot)
{
	return prot & (VCM_PT_RW | VCM_PT_CACHE);
}

/* R and W are where VCM_PT_READ and VCM_PT_WRITE are. */
static u64 vcm_x86_leaf(u64 pa, u64 len, u32 prot)
{
	return pa | (prot & VCM_PT_RW) | (prot & VCM_PT_CACHE ? X86_SNP : 0) |
	       (len > (u64)1 << 12 ? X86_PS : 0);
}

static u64 vcm_x86_link(u64 pa)
{
	return pa | VCM_PT_RW;
}

static void vcm_x86_decode(const struct vcm_pt_regs *regs, u32 depth, u64 raw,
			   struct vcm_pt_entry *entry)
{
	*entry = (struct vcm_pt_entry) {
		.kind = VCM_PT_NONE,
		.prot = raw & VCM_PT_RW,
		.pa = raw & X86_ADDRESS,
	};
	if (!entry->prot)
		return;
	if (depth < 3 && !(raw & X86_PS)) {
		entry->kind = VCM_PT_LINK;
		return;
	}
	entry->len = (u64)1 << regs->fmt->level[depth].shift;
	entry->prot |= raw & X86_SNP ? VCM_PT_CACHE : 0;
	entry->kind = depth && IS_ALIGNED(entry->pa, entry->len) ? VCM_PT_LEAF : VCM_PT_BAD;
}

const struct vcm_fmt vcm_fmt_x86 = {
	.name = "x86",
	.pgsizes = ((u64)1 << 12) | ((u64)1 << 21) | ((u64)1 << 30),
	.ias = 48,
	.oas = 52,
	.table_oas = 52,
	.entry_len = 8,
	.levels = 4,
	.level = { { 39, 9 }, { 30, 9 }, { 21, 9 }, { 12, 9 } },
	.prots = VCM_PT_RW | VCM_PT_CACHE | VCM_PT_NOEXEC | VCM_PT_MMIO | VCM_PT_PRIV,
	.grants = vcm_x86_grants,
	.leaf = vcm_x86_leaf,
	.link = vcm_x86_link,
	.decode = vcm_x86_decode,
};
EXPORT_SYMBOL_GPL(vcm_fmt_x86);
