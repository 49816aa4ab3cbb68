/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pt.h - private to the engine: where an entry is, and how it is read and written.
 *
 * The only place that knows the width, the byte order and the memory order of entries.
 */
#ifndef VCM_SIM_PT_H
#define VCM_SIM_PT_H

#include "vcm_os.h"
#include "format.h"

/* log2 of the bytes that an entry of a table of @depth covers. */
static inline u32 vcm_pt_shift(const struct vcm_pt_regs *regs, u32 depth)
{
	return regs->fmt->level[depth].shift ?: regs->pgshift;
}

/* Entries of a table of @depth. */
static inline u64 vcm_pt_entries(const struct vcm_pt_regs *regs, u32 depth)
{
	u32 bits = regs->fmt->level[depth].bits;

	if (bits)
		return (u64)1 << bits;
	return ((regs->last - regs->start) >> regs->pgshift) + 1;
}

/* Bytes of a table of @depth; a power of two. */
static inline u64 vcm_pt_len(const struct vcm_pt_regs *regs, u32 depth)
{
	u64 len = vcm_pt_entries(regs, depth) * regs->fmt->entry_len;

	return max((u64)1 << fls64(len - 1), (u64)1024);
}

/* Which entry of a table of @depth is that of @iova, an address of the window. */
static inline u64 vcm_pt_index(const struct vcm_pt_regs *regs, u32 depth, u64 iova)
{
	if (!regs->fmt->level[depth].bits)
		return (iova - regs->start) >> regs->pgshift;
	return (iova >> vcm_pt_shift(regs, depth)) & (vcm_pt_entries(regs, depth) - 1);
}

/* The depth whose entries are the leaves of pages of @pgsize. */
static inline u32 vcm_pt_depth(const struct vcm_pt_regs *regs, u64 pgsize)
{
	u32 depth = 0;

	while (vcm_pt_shift(regs, depth) > __ffs64(pgsize))
		depth++;
	return depth;
}

/* Entries of a page of @pgsize. */
static inline u64 vcm_pt_run(const struct vcm_pt_regs *regs, u64 pgsize)
{
	return pgsize >> vcm_pt_shift(regs, vcm_pt_depth(regs, pgsize));
}

/* The last address that a page of @pgsize can be translated to. */
static inline u64 vcm_pt_pa_last(const struct vcm_pt *pt, u64 pgsize)
{
	const struct vcm_fmt *fmt = pt->regs.fmt;
	u32 oas = fmt->oas_of ? fmt->oas_of(pgsize) : fmt->oas;

	return ~0ull >> (64 - min(oas, pt->oas));
}

/* Acquire, with the release of vcm_pt_write(): what an entry points to was filled before. */
static inline u64 vcm_pt_read(const struct vcm_pt_regs *regs, const void *table, u64 index)
{
	const __le32 *le32 = table;
	const __le64 *le64 = table;
	const __be64 *be64 = table;

	if (regs->fmt->entry_len == 4)
		return le32_to_cpu(smp_load_acquire(&le32[index]));
	if (regs->fmt->big_endian)
		return be64_to_cpu(smp_load_acquire(&be64[index]));
	return le64_to_cpu(smp_load_acquire(&le64[index]));
}

/* Release, with the acquire of vcm_pt_read(). */
static inline void vcm_pt_write(const struct vcm_pt_regs *regs, void *table, u64 index, u64 raw)
{
	__le32 *le32 = table;
	__le64 *le64 = table;
	__be64 *be64 = table;

	if (regs->fmt->entry_len == 4)
		smp_store_release(&le32[index], cpu_to_le32((u32)raw));
	else if (regs->fmt->big_endian)
		smp_store_release(&be64[index], cpu_to_be64(raw));
	else
		smp_store_release(&le64[index], cpu_to_le64(raw));
}

static inline void vcm_pt_fill(const struct vcm_pt_regs *regs, void *table, u64 index, u64 nr,
			       u64 raw)
{
	for (u64 i = 0; i < nr; i++)
		vcm_pt_write(regs, table, index + i, raw);
}

static inline void vcm_pt_decode(const struct vcm_pt_regs *regs, u32 depth, const void *table,
				 u64 index, struct vcm_pt_entry *entry)
{
	regs->fmt->decode(regs, depth, vcm_pt_read(regs, table, index), entry);
}

void *vcm_pt_table_alloc(struct vcm_pt *pt, u32 depth);
void vcm_pt_table_free(struct vcm_pt *pt, void *table, u32 depth);
void *vcm_pt_table_at(const struct vcm_pt *pt, u64 pa, u32 depth);
u64 vcm_pt_link(const struct vcm_pt *pt, const void *table);

int vcm_pt_range_check(const struct vcm_pt *pt, u64 iova, u64 pgsize, u64 pgcount);
int vcm_pt_split(struct vcm_pt *pt, void *table, u32 depth, u64 iova,
		 const struct vcm_pt_entry *page);

#endif
