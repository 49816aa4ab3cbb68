/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arm_short.h - what the short descriptors of ARM and those of the OMAP MMU have in common.
 *
 * Two levels: 4096 entries of 1M each, then 256 of 4K each; entries of 4 bytes, little-endian.
 *
 *   bits 1..0   depth 0                          depth 1
 *   00          empty                            empty
 *   01          link, table address 31..10       64K page, address 31..16
 *   10          1M (31..20) or, with bit 18,     4K page, address 31..12
 *               16M (31..24)
 *
 * 64K and 16M are sixteen equal entries.  The attributes lie in the other bits, and those of depth
 * 0 lie 6 higher than those of depth 1; each format puts there what it has.
 */
#ifndef VCM_SIM_ARM_SHORT_H
#define VCM_SIM_ARM_SHORT_H

#include "vcm_os.h"
#include "format.h"

#define ARM_4K		((u64)1 << 12)
#define ARM_64K		((u64)1 << 16)
#define ARM_1M		((u64)1 << 20)
#define ARM_16M		((u64)1 << 24)

#define ARM_TYPE	3u
#define ARM_LINK	1u
#define ARM_SECTION	2u
#define ARM_LARGE	1u
#define ARM_SMALL	2u
#define ARM_SUPER	(1u << 18)

#define ARM_SHORT_GEOMETRY						\
	.pgsizes = ARM_4K | ARM_64K | ARM_1M | ARM_16M,			\
	.ias = 32,							\
	.table_oas = 32,						\
	.entry_len = 4,							\
	.levels = 2,							\
	.level = { { 20, 12 }, { 12, 8 } }

/* Type and address of a page; of a 16M page, what is below 4G. */
static inline u64 vcm_arm_short_leaf(u64 pa, u64 len)
{
	switch (len) {
	case ARM_4K:
		return (u32)pa | ARM_SMALL;
	case ARM_64K:
		return (u32)pa | ARM_LARGE;
	case ARM_1M:
		return (u32)pa | ARM_SECTION;
	default:
		return (u32)pa | ARM_SECTION | ARM_SUPER;
	}
}

static inline u64 vcm_arm_short_link(u64 pa)
{
	return pa | ARM_LINK;
}

/* Kind, address and length; the types that the two formats do not share stay bad. */
static inline void vcm_arm_short_decode(u32 depth, u32 raw, struct vcm_pt_entry *entry)
{
	*entry = (struct vcm_pt_entry) { .kind = VCM_PT_BAD, .prot = VCM_PT_RW };
	if (!(raw & ARM_TYPE)) {
		entry->kind = VCM_PT_NONE;
	} else if (depth) {
		entry->kind = VCM_PT_LEAF;
		entry->len = raw & ARM_SMALL ? ARM_4K : ARM_64K;
	} else if ((raw & ARM_TYPE) == ARM_SECTION) {
		entry->kind = VCM_PT_LEAF;
		entry->len = raw & ARM_SUPER ? ARM_16M : ARM_1M;
	} else if ((raw & ARM_TYPE) == ARM_LINK) {
		entry->kind = VCM_PT_LINK;
		entry->pa = raw & ~(u32)0x3ff;
	}
	if (entry->kind == VCM_PT_LEAF)
		entry->pa = raw & ~(u32)(entry->len - 1);
}

#endif
