/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bank.h - memory for page tables that watches who uses it, and what most tests of formats need.
 *
 * Each table is an allocation of its own, so the address sanitizer sees every byte that is read
 * beside one or after it was freed.  Physical addresses are made up: small tables lie below 4G,
 * and no address is used again soon.
 */
#ifndef FORMATS_BANK_H
#define FORMATS_BANK_H

#include "formats/format.h"
#include "formats/iotlb.h"

#define K4	((u64)1 << 12)
#define K64	((u64)1 << 16)
#define M1	((u64)1 << 20)
#define M2	((u64)1 << 21)
#define M16	((u64)1 << 24)
#define G1	((u64)1 << 30)

extern const struct vcm_pt_mem bank_mem;

/* The @nth table from now cannot be had, once; 0 for none.  bank_failed(): has it happened? */
void bank_fail(u64 nth);
bool bank_failed(void);

/* Called each time that a table is asked for, NULL for nothing. */
extern void (*bank_asked)(void);

/* Tables that are allocated, tables that were ever freed. */
u64 bank_held(void);
u64 bank_freed(void);

/* Only @bytes of table memory from now on, ~0 for no limit. */
void bank_limit(u64 bytes);

/* Tables are placed above 4G although the caller wants them below. */
void bank_high(bool on);

/* Memory at @pa cannot be read any more, as if it were not there; 0 for none. */
void bank_break(u64 pa);

/**
 * struct bank_gather - a gather that keeps what it is told, for tests to look at
 * @gather: the gather
 * @ranges: calls of range
 * @bytes:  bytes in them
 * @iova:   of the last
 * @len:    of the last
 * @pgsize: of the last
 * @tables: tables that were handed over and are not freed yet
 */
struct bank_gather {
	struct vcm_pt_gather gather;
	u32 ranges;
	u64 bytes;
	u64 iova;
	u64 len;
	u64 pgsize;
	u32 tables;
};

void bank_gather_init(struct bank_gather *to);
void bank_retire(void *table, u64 len);
void bank_reclaim(struct bank_gather *from);

/* Page tables over the whole window of a format; of the flat one 64 MiB from 256 MiB on. */
void bank_pt(struct vcm_pt *pt, const struct vcm_fmt *fmt);
/* All of it is in order; nothing is left of it afterwards. */
void bank_pt_end(struct vcm_pt *pt);

/* Map and unmap with an errno to expect; unmap frees the tables at once. */
void bank_map(struct vcm_pt *pt, int want, u64 iova, u64 pa, u64 pgsize, u64 pgcount);
u64 bank_unmap(struct vcm_pt *pt, int want, u64 iova, u64 pgsize, u64 pgcount);

/* Where an address goes, ~0 for nowhere. */
u64 bank_at(const struct vcm_pt *pt, u64 iova);

/* An entry as it lies in memory, byte by byte in order of address, first byte in the top bits. */
u64 bank_bytes(const struct vcm_pt *pt, u32 depth, u64 iova);
void *bank_table(const struct vcm_pt *pt, u32 depth, u64 iova);

#endif
