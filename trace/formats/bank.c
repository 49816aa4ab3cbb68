// SPDX-License-Identifier: GPL-2.0-only
/*
 * bank.c - memory for page tables, the gate that nothing is left of it, and common steps.
 *
 * One thread allocates and frees; others may look up tables meanwhile.  Relaxed atomics, as in
 * shim/os.c: nothing here orders threads.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bank.h"
#include "os_test.h"
#include "unit.h"

#define BANK_SMALL	((u64)1 << 14)		/* room for one table below 4G */
#define BANK_LARGE	VCM_PT_TABLE_MAX	/* above it */
#define BANK_BASE	((u64)1 << 28)
#define BANK_HIGH	((u64)1 << 36)
#define BANK_SLOTS	8192

/**
 * struct bank_slot - one table
 * @va:   where it is, NULL for none
 * @pa:   its physical address
 * @len:  bytes
 * @next: of the tables that were retired, NULL at the end
 * @retired: it waits to be freed
 */
struct bank_slot {
	char *va;
	u64 pa;
	u64 len;
	struct bank_slot *next;
	bool retired;
};

static struct {
	struct bank_slot slot[BANK_SLOTS];
	struct bank_slot *retired;
	u64 next;
	u64 held;
	u64 bytes;
	u64 freed;
	u64 limit;
	u64 fail_left;
	u64 broken;
	bool failed;
	bool high;
} bank = { .limit = ~0ull };

void (*bank_asked)(void);

#define bank_get(what)		__atomic_load_n(what, __ATOMIC_RELAXED)
#define bank_set(what, to)	__atomic_store_n(what, to, __ATOMIC_RELAXED)

/* A table address says which slot it is: the slot number is above the room of one table. */
static struct bank_slot *bank_slot_of(u64 pa)
{
	u64 nr = pa >= BANK_HIGH ? (pa - BANK_HIGH) / BANK_LARGE : (pa - BANK_BASE) / BANK_SMALL;

	return pa >= BANK_BASE && nr < BANK_SLOTS ? &bank.slot[nr] : NULL;
}

static struct bank_slot *bank_free_slot(void)
{
	for (u64 i = 0; i < BANK_SLOTS; i++) {
		struct bank_slot *slot = &bank.slot[bank.next++ % BANK_SLOTS];

		if (!slot->va)
			return slot;
	}
	return NULL;
}

static bool bank_refuses(u64 len)
{
	if (bank.fail_left && !--bank.fail_left) {
		bank.failed = true;
		return true;
	}
	return bank.bytes + len > bank.limit;
}

static void *bank_alloc(void *priv, u64 len, u64 last)
{
	struct bank_slot *slot;
	bool high = bank.high || len > BANK_SMALL;
	char *table;
	u64 nr, pa;

	if (bank_asked)
		bank_asked();
	CHECK(len >= 1024 && !(len & (len - 1)) && len <= VCM_PT_TABLE_MAX);
	slot = bank_refuses(len) ? NULL : bank_free_slot();
	if (!slot)
		return NULL;
	nr = slot - bank.slot;
	table = aligned_alloc(len, len);
	CHECK(table);
	memset(table, 0, len);
	pa = high ? BANK_HIGH + nr * BANK_LARGE : BANK_BASE + nr * BANK_SMALL;
	CHECK(bank.high || pa + (len - 1) <= last);
	bank_set(&slot->len, len);
	bank_set(&slot->pa, pa);
	bank_set(&slot->va, table);
	bank.held++;
	bank.bytes += len;
	return table;
}

static struct bank_slot *bank_slot_at(const void *table)
{
	for (u64 i = 0; i < BANK_SLOTS; i++)
		if (bank.slot[i].va == table)
			return &bank.slot[i];
	unit_fail(__FILE__, __LINE__, "not a table");
}

static void bank_slot_free(struct bank_slot *slot, u64 len)
{
	CHECK_EQ(slot->len, len);
	free(slot->va);
	bank_set(&slot->va, NULL);
	bank.held--;
	bank.freed++;
	bank.bytes -= len;
}

static void bank_free(void *priv, void *table, u64 len)
{
	struct bank_slot *slot = bank_slot_at(table);

	CHECK(!slot->retired);
	bank_slot_free(slot, len);
}

static u64 bank_to_pa(void *priv, const void *table)
{
	return bank_slot_at(table)->pa;
}

static void *bank_to_va(void *priv, u64 pa, u64 len)
{
	struct bank_slot *slot = bank_slot_of(pa);
	char *va = slot ? bank_get(&slot->va) : NULL;
	u64 off = slot ? pa - bank_get(&slot->pa) : 0;

	if (!va || off + len > bank_get(&slot->len) || pa == bank.broken)
		return NULL;
	return va + off;
}

static const struct vcm_pt_mem_ops bank_ops = {
	.alloc = bank_alloc,
	.free = bank_free,
	.to_pa = bank_to_pa,
	.to_va = bank_to_va,
};

const struct vcm_pt_mem bank_mem = { .ops = &bank_ops };

void bank_fail(u64 nth)
{
	bank.fail_left = nth;
	bank.failed = false;
}

bool bank_failed(void)
{
	return bank.failed;
}

u64 bank_held(void)
{
	return bank.held;
}

u64 bank_freed(void)
{
	return bank.freed;
}

void bank_limit(u64 bytes)
{
	bank.limit = bytes;
}

void bank_high(bool on)
{
	bank.high = on;
}

void bank_break(u64 pa)
{
	bank.broken = pa;
}

/* A table that waits for the invalidation is not touched. */
void bank_retire(void *table, u64 len)
{
	struct bank_slot *slot = bank_slot_at(table);

	CHECK(!slot->retired);
	CHECK_EQ(slot->len, len);
	slot->retired = true;
	slot->next = bank.retired;
	bank.retired = slot;
}

static void bank_range(struct vcm_pt_gather *gather, u64 iova, u64 len, u64 pgsize)
{
	struct bank_gather *to = container_of(gather, struct bank_gather, gather);

	to->ranges++;
	to->bytes += len;
	to->iova = iova;
	to->len = len;
	to->pgsize = pgsize;
}

static void bank_keep(struct vcm_pt_gather *gather, void *table, u64 len)
{
	struct bank_gather *to = container_of(gather, struct bank_gather, gather);

	bank_retire(table, len);
	to->tables++;
}

void bank_gather_init(struct bank_gather *to)
{
	*to = (struct bank_gather) { .gather = { .range = bank_range, .table = bank_keep } };
}

void bank_reclaim(struct bank_gather *from)
{
	while (bank.retired) {
		struct bank_slot *slot = bank.retired;

		bank.retired = slot->next;
		slot->retired = false;
		bank_slot_free(slot, slot->len);
	}
	if (from)
		from->tables = 0;
}

void bank_pt(struct vcm_pt *pt, const struct vcm_fmt *fmt)
{
	struct vcm_pt_cfg cfg = { .fmt = fmt, .mem = &bank_mem, .last = ~0ull >> (64 - fmt->ias) };

	if (!fmt->level[0].bits) {
		cfg.start = 256 * M1;
		cfg.last = cfg.start + 64 * M1 - 1;
	}
	CHECK_ERR(0, vcm_pt_init(pt, &cfg));
}

void bank_pt_end(struct vcm_pt *pt)
{
	CHECK_NONE(vcm_pt_check(pt, NULL));
	vcm_pt_fini(pt);
	bank_reclaim(NULL);
	CHECK_EQ(0, bank_held());
}

void bank_map(struct vcm_pt *pt, int want, u64 iova, u64 pa, u64 pgsize, u64 pgcount)
{
	struct vcm_pt_map map = {
		.iova = iova,
		.pa = pa,
		.pgsize = pgsize,
		.pgcount = pgcount,
		.prot = VCM_PT_RW,
	};

	CHECK_ERR(want, vcm_pt_map(pt, &map));
	CHECK(want || map.mapped == pgsize * pgcount);
	CHECK_NONE(vcm_pt_check(pt, NULL));
}

u64 bank_unmap(struct vcm_pt *pt, int want, u64 iova, u64 pgsize, u64 pgcount)
{
	struct bank_gather to;
	u64 freed = bank_freed(), len;

	bank_gather_init(&to);
	len = vcm_pt_unmap(pt, iova, pgsize, pgcount, &to.gather);
	CHECK_ERR(want, to.gather.err);
	CHECK_EQ(freed, bank_freed());
	bank_reclaim(&to);
	CHECK_NONE(vcm_pt_check(pt, NULL));
	return len;
}

u64 bank_at(const struct vcm_pt *pt, u64 iova)
{
	struct vcm_pt_walk walk = { 0 };

	if (vcm_pt_walk(&pt->regs, iova, VCM_PT_READ, &walk) != VCM_PT_OK)
		return ~0ull;
	return vcm_pt_walk_pa(&walk, iova);
}

/* By hand, so that the engine's own way is not what checks it. */
static u64 bank_index(const struct vcm_pt *pt, u32 depth, u64 iova)
{
	const struct vcm_fmt_level *level = &pt->regs.fmt->level[depth];

	if (!level->bits)
		return (iova - pt->regs.start) / pt->pgsizes;
	return iova >> level->shift & (((u64)1 << level->bits) - 1);
}

u64 bank_bytes(const struct vcm_pt *pt, u32 depth, u64 iova)
{
	u32 len = pt->regs.fmt->entry_len;
	const u8 *at = (u8 *)bank_table(pt, depth, iova) + bank_index(pt, depth, iova) * len;
	u64 bytes = 0;

	for (u32 i = 0; i < len; i++)
		bytes = bytes << 8 | at[i];
	return bytes;
}

void *bank_table(const struct vcm_pt *pt, u32 depth, u64 iova)
{
	u64 pa = pt->regs.root, raw;

	for (u32 i = 0; i < depth; i++) {
		const u8 *at = (u8 *)bank_to_va(NULL, pa, 1024) +
			       bank_index(pt, i, iova) * pt->regs.fmt->entry_len;

		raw = 0;
		for (u32 n = pt->regs.fmt->entry_len; n--;)
			raw = raw << 8 | at[n];
		pa = raw & (pt->regs.fmt->entry_len == 4 ? ~0x3ffull : ~0xfffull);
	}
	return bank_to_va(NULL, pa, 1024);
}

/* What main.c calls around every test. */

void unit_setup(void)
{
	os_bug_told = unit_fail;
}

void unit_teardown(void)
{
	bank_reclaim(NULL);
	CHECK_EQ(0, bank_held());
	CHECK_EQ(0, os_warnings());
}
