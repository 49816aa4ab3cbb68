// SPDX-License-Identifier: GPL-2.0-only
/*
 * formats.c - the page-table formats in vcm_fmt.ko; tables are memory of this module.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "formats/format.h"
#include "kunit.h"

#define FORMATS_PAGES	48
#define FORMATS_WINDOW	((u64)64 << 20)

static int tables;

static void *formats_alloc(void *priv, u64 len, u64 last)
{
	void *table = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, get_order(len));

	tables += !!table;
	return table;
}

static void formats_free(void *priv, void *table, u64 len)
{
	tables--;
	free_pages((unsigned long)table, get_order(len));
}

static u64 formats_to_pa(void *priv, const void *table)
{
	return virt_to_phys((void *)table);
}

static void *formats_to_va(void *priv, u64 pa, u64 len)
{
	return pfn_valid(PHYS_PFN(pa)) ? phys_to_virt(pa) : NULL;
}

static const struct vcm_pt_mem_ops formats_ops = {
	.alloc = formats_alloc,
	.free = formats_free,
	.to_pa = formats_to_pa,
	.to_va = formats_to_va,
};

static const struct vcm_pt_mem formats_mem = { .ops = &formats_ops };

static void formats_range(struct vcm_pt_gather *gather, u64 iova, u64 len, u64 pgsize)
{
}

/* Nothing walks meanwhile. */
static void formats_table(struct vcm_pt_gather *gather, void *table, u64 len)
{
	formats_free(NULL, table, len);
}

static const struct vcm_fmt *formats_of(struct kunit *test)
{
	return *(const struct vcm_fmt *const *)test->param_value;
}

static const void *formats_next(const void *prev, char *desc)
{
	static const struct vcm_fmt *fmt;
	static u32 n;

	n = prev ? n + 1 : 0;
	fmt = vcm_fmt_nth(n);
	if (!fmt)
		return NULL;
	strscpy(desc, fmt->name, KUNIT_PARAM_DESC_SIZE);
	return &fmt;
}

/* A device finds what was mapped, as it was mapped, and nothing once it is gone. */
static int formats_use(struct kunit *test)
{
	const struct vcm_fmt *fmt = formats_of(test);
	struct vcm_pt_gather gather = { .range = formats_range, .table = formats_table };
	const u64 pgsize = 1ULL << __ffs64(fmt->pgsizes);
	const struct vcm_pt_cfg cfg = {
		.fmt = fmt, .mem = &formats_mem, .last = FORMATS_WINDOW - 1, .pgsizes = pgsize,
	};
	struct vcm_pt_map map = {
		.iova = FORMATS_WINDOW / 2, .pa = 16 * pgsize, .pgsize = pgsize,
		.pgcount = FORMATS_PAGES, .prot = VCM_PT_RW,
	};
	struct vcm_pt_walk walk = {};
	struct vcm_pt pt;
	int err = vcm_pt_init(&pt, &cfg);

	if (err)
		return err;
	err = vcm_pt_map(&pt, &map);
	if (!err) {
		KUNIT_EXPECT_EQ(test, vcm_pt_walk(&pt.regs, map.iova, VCM_PT_WRITE, &walk),
				VCM_PT_OK);
		KUNIT_EXPECT_EQ(test, vcm_pt_walk_pa(&walk, map.iova + 5), map.pa + 5);
	}
	if (map.mapped)
		vcm_pt_unmap(&pt, map.iova, map.pgsize, map.mapped / map.pgsize, &gather);
	KUNIT_EXPECT_NE(test, vcm_pt_walk(&pt.regs, map.iova, 0, &walk), VCM_PT_OK);
	vcm_pt_fini(&pt);
	return err;
}

static void formats_no_table_left(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, tables, 0);
}

static void formats_translate(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, formats_use(test), 0);
	formats_no_table_left(test);
}

static void formats_survive_each_failing_allocation(struct kunit *test)
{
	struct vcm_nth nth = { .run = formats_use, .after = formats_no_table_left };

	vcm_nth_sweep(test, &nth);
	KUNIT_EXPECT_GE(test, nth.failed, 1);
	KUNIT_EXPECT_EQ(test, nth.hidden, 0);
}

static struct kunit_case formats_cases[] = {
	KUNIT_CASE_PARAM(formats_translate, formats_next),
	KUNIT_CASE_PARAM(formats_survive_each_failing_allocation, formats_next),
	{}
};

struct kunit_suite vcm_formats_suite = {
	.name = "vcm_formats",
	.test_cases = formats_cases,
};
