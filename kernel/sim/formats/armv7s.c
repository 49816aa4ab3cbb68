// SPDX-License-Identifier: GPL-2.0-only
/*
 * armv7s.c - ARMv7 short descriptors as the System MMUs of MSM walk them: 4K, 64K, 1M and 16M.
 *
 * Source: ARM Architecture Reference Manual, ARMv7-A and ARMv7-R edition (DDI 0406C), B3.5
 * "Short-descriptor translation table format" and B3.7, B3.8 for access permissions and memory
 * attributes; without TEX remap and access flag, and every domain is a client.
 *
 *   4K      31..12 address  11 nG  10 S  9 AP2  8..6 TEX  5..4 AP1..0  3 C  2 B  1  0 XN
 *   64K     31..16 address  15 XN  14..12 TEX  11 nG  10 S  9 AP2  5..4 AP1..0  3 C  2 B  01
 *   1M      31..20 address  19 NS  18 0  17 nG  16 S  15 AP2  14..12 TEX  11..10 AP1..0
 *           8..5 domain  4 XN  3 C  2 B  1  0 PXN
 *   16M     as 1M with bit 18; 31..24, 23..20 and 8..5 are address bits 31..24, 35..32, 39..36
 *   link    31..10 table  8..5 domain  3 NS  01
 *
 * As in the System MMUs of MSM every context has an ASID, so pages are not global (nG).
 * Permissions: a page is never for writing alone, and what may be read may be read by PRIV too.
 * Memory: CACHE is normal, write-back, write-allocate; MMIO is device; otherwise normal and not
 * cached.  Without PXN, type 11 of depth 0 is reserved, and so is AP 100: both are bad.
 */
#include "vcm_os.h"
#include "format.h"
#include "arm_short.h"

/* Attributes as a 4K page has them; depth 0 has them 6 bits higher, but for C, B, XN and TEX. */
#define V7S_B		(1u << 2)
#define V7S_C		(1u << 3)
#define V7S_AP0		(1u << 4)	/* always set here: what has no access is not mapped */
#define V7S_AP1		(1u << 5)	/* for all, not for PRIV alone */
#define V7S_AP2		(1u << 9)	/* read only */
#define V7S_S		(1u << 10)
#define V7S_NG		(1u << 11)
#define V7S_AP		(V7S_AP2 | V7S_AP1 | V7S_AP0)
#define V7S_HIGHER	(V7S_AP | V7S_S | V7S_NG)

/* TEX, C and B together. */
#define V7S_TEX(n)	((u32)(n) << 16)
#define V7S_NORMAL	V7S_TEX(1)
#define V7S_CACHED	(V7S_TEX(1) | V7S_C | V7S_B)
#define V7S_DEVICE	(V7S_TEX(0) | V7S_B)
#define V7S_MEMORY	(V7S_TEX(7) | V7S_C | V7S_B)

/* Where TEX begins, and XN is, in a page of @len bytes. */
static u32 vcm_v7s_tex(u64 len)
{
	return len == ARM_4K ? 6 : 12;
}

static u32 vcm_v7s_xn(u64 len)
{
	return len == ARM_4K ? 1u : len == ARM_64K ? 1u << 15 : 1u << 4;
}

static u8 vcm_v7s_oas(u64 pgsize)
{
	return pgsize == ARM_16M ? 40 : 32;
}

static u32 vcm_v7s_grants(u32 prot)
{
	prot |= VCM_PT_READ;
	return prot & VCM_PT_MMIO ? prot & ~VCM_PT_CACHE : prot;
}

/* Address bits above 4G of a 16M page. */
static u32 vcm_v7s_high(u64 pa)
{
	return (u32)(pa >> 32 & 0xf) << 20 | (u32)(pa >> 36 & 0xf) << 5;
}

static u64 vcm_v7s_high_pa(u32 raw)
{
	return (u64)(raw >> 20 & 0xf) << 32 | (u64)(raw >> 5 & 0xf) << 36;
}

static u64 vcm_v7s_leaf(u64 pa, u64 len, u32 prot)
{
	u32 memory = prot & VCM_PT_MMIO ? V7S_DEVICE :
		     prot & VCM_PT_CACHE ? V7S_CACHED : V7S_NORMAL;
	u32 bits = V7S_AP0 | V7S_NG | (prot & VCM_PT_PRIV ? 0 : V7S_AP1) |
		   (prot & VCM_PT_WRITE ? 0 : V7S_AP2) | (prot & VCM_PT_MMIO ? 0 : V7S_S);

	if (len >= ARM_1M)
		bits <<= 6;
	bits |= memory & (V7S_C | V7S_B);
	bits |= memory >> 16 << vcm_v7s_tex(len);
	bits |= prot & VCM_PT_NOEXEC ? vcm_v7s_xn(len) : 0;
	bits |= len == ARM_16M ? vcm_v7s_high(pa) : 0;
	return vcm_arm_short_leaf(pa, len) | bits;
}

/* Protection of a leaf; 0 for AP 000, and -1 for AP 100. */
static int vcm_v7s_prot(u32 ap)
{
	switch (ap) {
	case 0:
		return 0;
	case V7S_AP0:
		return VCM_PT_RW | VCM_PT_PRIV;
	case V7S_AP2 | V7S_AP0:
		return VCM_PT_READ | VCM_PT_PRIV;
	case V7S_AP1 | V7S_AP0:
		return VCM_PT_RW;
	case V7S_AP2:
		return -1;
	default:
		return VCM_PT_READ;
	}
}

static void vcm_v7s_decode(const struct vcm_pt_regs *regs, u32 depth, u64 raw64,
			   struct vcm_pt_entry *entry)
{
	u32 raw = (u32)raw64, ap, memory;
	int prot;

	vcm_arm_short_decode(depth, raw, entry);
	if (entry->kind != VCM_PT_LEAF)
		return;
	ap = (depth ? raw : raw >> 6) & V7S_AP;
	memory = (raw & (V7S_C | V7S_B)) | V7S_TEX(raw >> vcm_v7s_tex(entry->len) & 7);
	prot = vcm_v7s_prot(ap);
	if (prot < 0) {
		entry->kind = VCM_PT_BAD;
		return;
	}
	if (entry->len == ARM_16M)
		entry->pa |= vcm_v7s_high_pa(raw);
	entry->prot = prot;
	entry->prot |= memory == V7S_CACHED ? VCM_PT_CACHE : 0;
	entry->prot |= memory == V7S_DEVICE ? VCM_PT_MMIO : 0;
	entry->prot |= raw & vcm_v7s_xn(entry->len) ? VCM_PT_NOEXEC : 0;
}

const struct vcm_fmt vcm_fmt_armv7s = {
	.name = "armv7s",
	ARM_SHORT_GEOMETRY,
	.oas = 40,
	.oas_of = vcm_v7s_oas,
	.prots = VCM_PT_RW | VCM_PT_CACHE | VCM_PT_NOEXEC | VCM_PT_MMIO | VCM_PT_PRIV,
	.grants = vcm_v7s_grants,
	.leaf = vcm_v7s_leaf,
	.link = vcm_arm_short_link,
	.decode = vcm_v7s_decode,
};
EXPORT_SYMBOL_GPL(vcm_fmt_armv7s);
