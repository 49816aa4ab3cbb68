// SPDX-License-Identifier: GPL-2.0-only
/*
 * format.c - fuzz target: the bytes are calls on a page table of one format.
 *
 * The name of the program says which format: fuzz-armv7s and so on.  The oracle is a list of
 * ranges with addresses; it knows no tables.  After each call the errno and the length are the
 * oracle's, vcm_pt_check() is content, the bytes that are mapped are as many, and walks lead where
 * the oracle says.
 *
 * With the first bit of the input set, the bytes are the tables themselves, as somebody else would
 * write them: whatever is done with them has to come to an end and may touch nothing else.
 */
#include <stdio.h>
#include <stdlib.h>

#include "vcm_os.h"
#include "formats/format.h"

#define CHECK(cond)								\
	do {									\
		if (!(cond)) {							\
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);	\
			abort();						\
		}								\
	} while (0)

#define SLOTS		512		/* tables at most */
#define SLOT_SHIFT	22		/* a table has this much of the address space */
#define RANGES		256		/* mapped at most */
#define CALLS		24
#define COUNT_MAX	600		/* pages of a call that is to succeed */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static const struct vcm_fmt *fmt;

/* Memory of tables: a physical address names the slot. */
static struct {
	void *va[SLOTS];
	u64 len[SLOTS];
	u32 used;
	u32 fails_at;		/* the how manieth allocation fails, 0 for none */
	bool failed;
} arena;

/* [iova, iova + len) leads to pa and beyond. */
struct range {
	u64 iova;
	u64 len;
	u64 pa;
	u32 prot;
};

static struct {
	struct range range[RANGES];
	u32 nr;
} oracle;

static void *arena_alloc(void *priv, u64 len, u64 last)
{
	u32 slot = 0;

	(void)priv;
	if (arena.fails_at && !--arena.fails_at) {
		arena.failed = true;
		return NULL;
	}
	while (slot < SLOTS && arena.va[slot])
		slot++;
	if (slot == SLOTS || ((u64)(slot + 1) << SLOT_SHIFT) + len - 1 > last) {
		arena.failed = true;
		return NULL;
	}
	arena.va[slot] = calloc(1, len);
	CHECK(arena.va[slot]);
	arena.len[slot] = len;
	arena.used++;
	return arena.va[slot];
}

static u32 arena_slot(const void *table)
{
	u32 slot = 0;

	while (slot < SLOTS && arena.va[slot] != table)
		slot++;
	CHECK(slot < SLOTS);
	return slot;
}

static void arena_free(void *priv, void *table, u64 len)
{
	u32 slot = arena_slot(table);

	(void)priv;
	CHECK(arena.len[slot] == len);
	free(table);
	arena.va[slot] = NULL;
	arena.used--;
}

static u64 arena_pa(void *priv, const void *table)
{
	(void)priv;
	return (u64)(arena_slot(table) + 1) << SLOT_SHIFT;
}

static void *arena_va(void *priv, u64 pa, u64 len)
{
	u64 slot = (pa >> SLOT_SHIFT) - 1, off = pa & (((u64)1 << SLOT_SHIFT) - 1);

	(void)priv;
	if (slot >= SLOTS || !arena.va[slot] || off > arena.len[slot] ||
	    len > arena.len[slot] - off)
		return NULL;
	return (char *)arena.va[slot] + off;
}

static const struct vcm_pt_mem_ops arena_ops = {
	.alloc = arena_alloc,
	.free = arena_free,
	.to_pa = arena_pa,
	.to_va = arena_va,
};

static const struct vcm_pt_mem memory = { .ops = &arena_ops };

/* What unmap gives up: freed when the call is over. */
struct gather {
	struct vcm_pt_gather base;
	void *table[SLOTS];
	u64 len[SLOTS];
	u32 nr;
	u64 start;	/* all ranges that were told lie inside */
	u64 end;
};

static void gather_range(struct vcm_pt_gather *base, u64 iova, u64 len, u64 pgsize)
{
	struct gather *gather = container_of(base, struct gather, base);

	CHECK(len && pgsize);
	gather->start = min(gather->start, iova);
	gather->end = max(gather->end, iova + (len - 1));
}

static void gather_table(struct vcm_pt_gather *base, void *table, u64 len)
{
	struct gather *gather = container_of(base, struct gather, base);

	gather->table[gather->nr] = table;
	gather->len[gather->nr++] = len;
}

/* The range that @iova is in, or NULL. */
static struct range *find(u64 iova)
{
	for (u32 i = 0; i < oracle.nr; i++)
		if (iova - oracle.range[i].iova < oracle.range[i].len)
			return &oracle.range[i];
	return NULL;
}

static bool is_free(u64 iova, u64 len)
{
	for (u32 i = 0; i < oracle.nr; i++) {
		const struct range *range = &oracle.range[i];

		if (iova <= range->iova + (range->len - 1) && range->iova <= iova + (len - 1))
			return false;
	}
	return true;
}

static void add(u64 iova, u64 len, u64 pa, u32 prot)
{
	if (len)
		oracle.range[oracle.nr++] = (struct range) { iova, len, pa, prot };
}

/* Take [@iova, @iova + @len) out, whatever is there. */
static void cut(u64 iova, u64 len)
{
	u64 last = iova + (len - 1);
	u32 nr = oracle.nr;

	for (u32 i = 0; len && i < nr; i++) {
		struct range was = oracle.range[i];
		u64 was_last = was.iova + (was.len - 1);

		if (iova > was_last || last < was.iova)
			continue;
		oracle.range[i].len = was.iova < iova ? iova - was.iova : 0;
		if (was_last > last)
			add(last + 1, was_last - last, was.pa + (last + 1 - was.iova), was.prot);
	}
	for (u32 i = oracle.nr; i-- > 0;)
		if (!oracle.range[i].len)
			oracle.range[i] = oracle.range[--oracle.nr];
}

/* Bytes from @iova on without a hole, at most @len. */
static u64 whole(u64 iova, u64 len)
{
	u64 done = 0;

	while (done < len) {
		const struct range *range = find(iova + done);

		if (!range)
			break;
		done = min(len, range->iova - iova + range->len);
	}
	return done;
}

static u64 bytes(void)
{
	u64 sum = 0;

	for (u32 i = 0; i < oracle.nr; i++)
		sum += oracle.range[i].len;
	return sum;
}

/* A device at @iova reaches what the oracle says. */
static void check_walk(const struct vcm_pt *pt, u64 iova)
{
	const struct range *range = find(iova);
	u32 access = VCM_PT_PRIV | (range ? range->prot & VCM_PT_RW : VCM_PT_READ);
	struct vcm_pt_walk walk = {};
	enum vcm_pt_reason reason = vcm_pt_walk(&pt->regs, iova, access, &walk);

	CHECK(walk.levels <= VCM_PT_LEVELS);
	CHECK(reason == (range ? VCM_PT_OK : VCM_PT_TRANSLATION));
	CHECK(!range || vcm_pt_walk_pa(&walk, iova) == range->pa + (iova - range->iova));
}

static void check_all(const struct vcm_pt *pt, u64 iova, u64 len)
{
	struct vcm_pt_count count;

	CHECK(!vcm_pt_check(pt, &count));
	CHECK(count.bytes == bytes());
	CHECK(count.tables == arena.used);
	check_walk(pt, iova);
	check_walk(pt, iova - 1);
	check_walk(pt, iova + len);
	check_walk(pt, iova + len - 1);
	for (u32 i = 0; i < oracle.nr; i += 7)
		check_walk(pt, oracle.range[i].iova + oracle.range[i].len - 1);
}

/* A request, see next(). */
struct call {
	u8 what;
	u8 prot;
	u64 pgsize;
	u64 pgcount;
	u64 iova;
	u64 pa;
};

/* What the documentation of map and unmap says of a range. */
static int want_range(const struct vcm_pt *pt, const struct call *call)
{
	u64 len, last;

	if (!call->pgsize || __builtin_popcountll(call->pgsize) != 1 ||
	    !(pt->pgsizes & call->pgsize) || !call->pgcount || call->iova % call->pgsize)
		return -EINVAL;
	if (__builtin_mul_overflow(call->pgsize, call->pgcount, &len) ||
	    __builtin_add_overflow(call->iova, len - 1, &last) ||
	    call->iova < pt->regs.start || last > pt->regs.last)
		return -ERANGE;
	return 0;
}

static int want_map(const struct vcm_pt *pt, const struct call *call, u32 prot)
{
	u32 oas = fmt->oas_of ? min(fmt->oas_of(call->pgsize), (u8)pt->oas) : pt->oas;
	int err = want_range(pt, call);
	u64 last;

	if (err)
		return err;
	if (prot & ~fmt->prots)
		return -EOPNOTSUPP;
	if (!(prot & VCM_PT_RW) || call->pa % call->pgsize)
		return -EINVAL;
	if (__builtin_add_overflow(call->pa, call->pgsize * call->pgcount - 1, &last) ||
	    (oas < 64 && last >> oas))
		return -ERANGE;
	return 0;
}

static void do_map(struct vcm_pt *pt, const struct call *call)
{
	u32 prot = call->prot & 0x3f;
	struct vcm_pt_map map = { call->iova, call->pa, call->pgsize, call->pgcount, prot, 99 };
	int want = want_map(pt, call, prot), err;
	u64 pages = 0;

	while (!want && pages < call->pgcount &&
	       is_free(call->iova + pages * call->pgsize, call->pgsize))
		pages++;
	if (!want && pages < call->pgcount)
		want = -EEXIST;
	err = vcm_pt_map(pt, &map);
	if (arena.failed && err == -ENOMEM) {
		CHECK(map.mapped % call->pgsize == 0 && map.mapped < pages * call->pgsize + 1);
		pages = map.mapped / call->pgsize;
	} else {
		CHECK(err == want);
		CHECK(map.mapped == pages * call->pgsize);
	}
	add(call->iova, map.mapped, call->pa, prot);
}

/* The @nth page size of the format. */
static u64 pgsize_of(u32 nth)
{
	u64 sizes = fmt->pgsizes;

	for (nth %= __builtin_popcountll(sizes); nth; nth--)
		sizes &= sizes - 1;
	return sizes & -sizes;
}

/* Does a page of @iova lead where only the largest pages can, so that it cannot be split? */
static bool is_out_of_reach(u64 iova)
{
	u64 largest = (u64)1 << (fls64(fmt->pgsizes) - 1);
	const struct range *range = find(iova);

	return fmt->oas_of && range &&
	       (range->pa + (iova - range->iova) + largest) >> fmt->oas_of(pgsize_of(0));
}

static void do_unmap(struct vcm_pt *pt, const struct call *call)
{
	struct gather gather = {
		.base = { .range = gather_range, .table = gather_table },
		.start = ~0ull,
	};
	int want = want_range(pt, call);
	u64 len = want ? 0 : whole(call->iova, call->pgsize * call->pgcount), got;

	if (!want && len < call->pgsize * call->pgcount)
		want = -ENOENT;
	got = vcm_pt_unmap(pt, call->iova, call->pgsize, call->pgcount, &gather.base);
	if (arena.failed && gather.base.err == -ENOMEM) {
		CHECK(got <= len);
	} else if (gather.base.err == -EOPNOTSUPP) {
		CHECK(got < len && is_out_of_reach(call->iova + got));
	} else {
		CHECK(got == len);
		CHECK(gather.base.err == want);
	}
	if (got)
		CHECK(gather.start <= call->iova && gather.end >= call->iova + (got - 1));
	for (u32 i = 0; i < gather.nr; i++)
		arena_free(NULL, gather.table[i], gather.len[i]);
	cut(call->iova, got);
}

/* A number of 1, 2, 4 or 8 bytes of the input. */
static u64 take(const u8 **data, size_t *size, size_t len)
{
	u64 value = 0;

	len = min(len, *size);
	memcpy(&value, *data, len);
	*data += len;
	*size -= len;
	return value;
}

/*
 * Bits of what: 0 unmap, 1 the nth allocation fails, 2 any page size, 3 any page count, 4 to 5
 * which page size.  Addresses are pages of 4K from the start of the window, near its end with the
 * highest bit, or anything with the second highest.
 */
static bool next(const struct vcm_pt *pt, const u8 **data, size_t *size, struct call *call)
{
	u32 at;

	if (*size < 4)
		return false;
	call->what = take(data, size, 1);
	call->prot = take(data, size, 1);
	call->pgsize = call->what & 4 ? take(data, size, 8) : pgsize_of(call->what >> 4);
	call->pgcount = take(data, size, call->what & 8 ? 8 : 1);
	if (call->pgcount > COUNT_MAX && call->pgcount < (u64)1 << 52)
		call->pgcount %= COUNT_MAX;
	at = take(data, size, 4);
	call->iova = pt->regs.start + ((u64)(at & 0xffffff) << 12);
	if (at >> 31)
		call->iova = pt->regs.last + 1 - ((u64)(at & 0xffff) << 12);
	else if (at >> 30 & 1)
		call->iova = take(data, size, 8);
	call->pa = take(data, size, 8);
	if (!(at >> 29 & 1))
		call->pa = (call->pa & 0xfffff) << 12;
	if (at >> 28 & 1) {
		call->iova &= -call->pgsize;
		call->pa &= -call->pgsize;
	}
	return true;
}

static void play(const u8 *data, size_t size, struct vcm_pt *pt)
{
	struct call call;

	for (u32 i = 0; i < CALLS && oracle.nr < RANGES - 4 && next(pt, &data, &size, &call); i++) {
		arena.fails_at = call.what & 2 ? 1 + call.prot % 4 : 0;
		arena.failed = false;
		if (call.what & 1)
			do_unmap(pt, &call);
		else
			do_map(pt, &call);
		arena.fails_at = 0;
		check_all(pt, call.iova, call.pgsize * call.pgcount);
	}
	oracle.nr = 0;
}

/* Tables that somebody else has written. */
static void suffer(const u8 *data, size_t size, struct vcm_pt *pt)
{
	struct vcm_pt_map map = { pt->regs.start, 0, pgsize_of(0), 3, VCM_PT_RW, 0 };
	struct gather gather = { .base = { .range = gather_range, .table = gather_table } };
	struct vcm_pt_walk walk = {};

	for (; pt->count.tables < 4; pt->count.tables++)
		arena_alloc(NULL, (u64)1 << 12, ~0ull);
	for (u32 slot = 0; slot < 4 && size; slot++)
		for (u64 at = 0; at < arena.len[slot]; at += size)
			memcpy((char *)arena.va[slot] + at, data, min(size, arena.len[slot] - at));
	for (u64 i = 0; i < 64; i++) {
		u64 iova = pt->regs.start + i * ((pt->regs.last - pt->regs.start) / 64);

		CHECK(vcm_pt_walk(&pt->regs, iova, VCM_PT_READ, &walk) < VCM_PT_REASONS);
		CHECK(walk.levels <= VCM_PT_LEVELS);
	}
	vcm_pt_check(pt, NULL);
	vcm_pt_map(pt, &map);
	vcm_pt_unmap(pt, map.iova, map.pgsize, map.pgcount, &gather.base);
}

static void forget_all(void)
{
	for (u32 slot = 0; slot < SLOTS; slot++) {
		free(arena.va[slot]);
		arena.va[slot] = NULL;
	}
	arena.used = 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = strrchr((*argv)[0], '-');

	(void)argc;
	fmt = vcm_fmt_find(name ? name + 1 : "");
	if (!fmt) {
		fprintf(stderr, "%s: no format has that name\n", (*argv)[0]);
		exit(2);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vcm_pt_cfg cfg = { .fmt = fmt, .mem = &memory };
	u32 mode = take(&data, &size, 1);
	struct vcm_pt pt;

	cfg.start = mode & 2 ? (u64)take(&data, &size, 1) << 24 : 0;
	cfg.last = cfg.start + ((u64)1 << (24 + (mode >> 4) % 9)) - 1;
	cfg.pgsizes = mode & 4 ? fmt->pgsizes & take(&data, &size, 8) : 0;
	if (fmt->levels == 1)
		cfg.pgsizes = pgsize_of(mode >> 2);
	arena.fails_at = 0;
	if (vcm_pt_init(&pt, &cfg)) {
		CHECK(!arena.used);
		return 0;
	}
	if (mode & 1) {
		suffer(data, size, &pt);
		forget_all();
		return 0;
	}
	play(data, size, &pt);
	vcm_pt_fini(&pt);
	CHECK(!arena.used);
	return 0;
}
