// SPDX-License-Identifier: GPL-2.0-only
/*
 * omap.c - tables of the MMUs of OMAP2 and OMAP3: 4K, 64K, 1M and 16M.
 *
 * Source: OMAP35x Technical Reference Manual (SPRUF98), chapter "Memory Management Units",
 * first-level and second-level descriptor formats.
 *
 *   4K, 64K   11 mixed region   9 endianness, 1 for big   5..4 element size
 *   1M, 16M   17 mixed region  15 endianness, 1 for big  11..10 element size
 *
 * The shape is that of ARM, the attributes are not: where ARM has permissions this MMU has
 * endianness and the size of elements (8, 16, 32 bits, none).  There is no permission at all: a
 * page that is mapped may be read and written, whatever was asked for; the caller has to know.
 * CACHE, NOEXEC, MMIO and PRIV have no encoding and are accepted and dropped.  Type 11 is
 * reserved at both depths and bad.  TLB entries that software loads and locks are the IOTLB's.
 */
#include "vcm_os.h"
#include "format.h"
#include "arm_short.h"

/* Attributes as a 4K page has them; depth 0 has them 6 bits higher. */
#define OMAP_ELSZ_SHIFT	4
#define OMAP_ELSZ	(3u << OMAP_ELSZ_SHIFT)
#define OMAP_BIG	(1u << 9)
#define OMAP_MIXED	(1u << 11)
#define OMAP_ATTR_ELSZ_SHIFT 10		/* of VCM_PT_OMAP_ELSZ */

static u32 vcm_omap_grants(u32 prot)
{
	return (prot & VCM_PT_OMAP_ATTRS) | VCM_PT_RW;
}

static u64 vcm_omap_leaf(u64 pa, u64 len, u32 prot)
{
	u32 bits = (prot & VCM_PT_OMAP_ELSZ(3)) >> OMAP_ATTR_ELSZ_SHIFT << OMAP_ELSZ_SHIFT |
		   (prot & VCM_PT_OMAP_BIG ? OMAP_BIG : 0) |
		   (prot & VCM_PT_OMAP_MIXED ? OMAP_MIXED : 0);

	return vcm_arm_short_leaf(pa, len) | (len >= ARM_1M ? bits << 6 : bits);
}

static void vcm_omap_decode(const struct vcm_pt_regs *regs, u32 depth, u64 raw64,
			    struct vcm_pt_entry *entry)
{
	u32 raw = (u32)raw64, bits = depth ? raw : raw >> 6;

	vcm_arm_short_decode(depth, raw, entry);
	if ((raw & ARM_TYPE) == ARM_TYPE)
		entry->kind = VCM_PT_BAD;
	if (entry->kind != VCM_PT_LEAF)
		return;
	entry->prot |= VCM_PT_OMAP_ELSZ((bits & OMAP_ELSZ) >> OMAP_ELSZ_SHIFT);
	entry->prot |= bits & OMAP_BIG ? VCM_PT_OMAP_BIG : 0;
	entry->prot |= bits & OMAP_MIXED ? VCM_PT_OMAP_MIXED : 0;
}

const struct vcm_fmt vcm_fmt_omap = {
	.name = "omap",
	ARM_SHORT_GEOMETRY,
	.oas = 32,
	.prots = VCM_PT_RW | VCM_PT_CACHE | VCM_PT_NOEXEC | VCM_PT_MMIO | VCM_PT_PRIV |
		 VCM_PT_OMAP_ATTRS,
	.grants = vcm_omap_grants,
	.leaf = vcm_omap_leaf,
	.link = vcm_arm_short_link,
	.decode = vcm_omap_decode,
};
EXPORT_SYMBOL_GPL(vcm_fmt_omap);
