// SPDX-License-Identifier: GPL-2.0-only
/*
 * tce.c - translation control entries: one flat table, one page size, 64-bit entries.
 *
 * Source: Power Architecture Platform Requirements (PAPR/LoPAR), "Translation Control Entries";
 * the table of a window begins with the entry of the window's first address.
 *
 *   bit   63....52   51................12   11..2   1   0     big-endian in memory
 *         0          real page address      0       W   R
 *
 * Page mapping and control 00 is "no access", which makes the entry empty; a page can be for
 * writing alone.  4K, 64K and 16M pages, one size for a window; with the larger ones the low bits
 * of the address are 0.  A bit that is reserved and set makes the entry bad.  Nothing can be
 * split, since there is no smaller size.  CACHE, NOEXEC, MMIO and PRIV have no encoding and are
 * accepted and dropped.
 */
#include "vcm_os.h"
#include "format.h"

#define TCE_ADDRESS	(((u64)1 << 52) - ((u64)1 << 12))

static u32 vcm_tce_grants(u32 prot)
{
	return prot & VCM_PT_RW;
}

/* R and W are where VCM_PT_READ and VCM_PT_WRITE are. */
static u64 vcm_tce_leaf(u64 pa, u64 len, u32 prot)
{
	return pa | (prot & VCM_PT_RW);
}

static void vcm_tce_decode(const struct vcm_pt_regs *regs, u32 depth, u64 raw,
			   struct vcm_pt_entry *entry)
{
	*entry = (struct vcm_pt_entry) {
		.kind = VCM_PT_NONE,
		.prot = raw & VCM_PT_RW,
		.pa = raw & TCE_ADDRESS,
		.len = (u64)1 << regs->pgshift,
	};
	if (!entry->prot)
		return;
	entry->kind = raw & ~(TCE_ADDRESS | VCM_PT_RW) || !IS_ALIGNED(entry->pa, entry->len) ?
		      VCM_PT_BAD : VCM_PT_LEAF;
}

const struct vcm_fmt vcm_fmt_tce = {
	.name = "tce",
	.pgsizes = ((u64)1 << 12) | ((u64)1 << 16) | ((u64)1 << 24),
	.ias = 64,
	.oas = 52,
	.table_oas = 52,
	.entry_len = 8,
	.big_endian = true,
	.levels = 1,
	.prots = VCM_PT_RW | VCM_PT_CACHE | VCM_PT_NOEXEC | VCM_PT_MMIO | VCM_PT_PRIV,
	.grants = vcm_tce_grants,
	.leaf = vcm_tce_leaf,
	.decode = vcm_tce_decode,
};
EXPORT_SYMBOL_GPL(vcm_fmt_tce);
