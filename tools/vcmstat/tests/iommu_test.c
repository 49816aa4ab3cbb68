// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommu_test.c - mappings of all domains without a kernel: sums, verdicts, leaks, storms.
 */
#include <stdlib.h>
#include <string.h>

#include "iommu_compare.h"
#include "iommu_fault.h"
#include "iommu_leak.h"
#include "tap.h"
#include "util.h"

#define NOW	1000000000ull
#define DEVICE	"0000:00:05.0"
#define PTR	0xffff888000001000ull

/* A device behind domain 1, which translates the first 512G. */
static void begin(struct iommu_host *h)
{
	iommu_host_init(h);
	h->ts_ns = NOW;
	h->device = xcalloc(1, sizeof(*h->device));
	h->nr_device = 1;
	strcpy(h->device->name, DEVICE);
	h->device->domain = PTR;
	h->device->dma_mask = 0xffffffff;
	h->dom = xcalloc(1, sizeof(*h->dom));
	h->nr_dom = 1;
	h->dom->slot = (struct vcm_host_slot){ .ptr = PTR, .domain = 1, .walked_ns = 1 };
	h->dom->about = (struct vcm_host_domain){ .last = 0x7fffffffff, .type = 3,
						  .format = VCM_HOST_VTD_SECOND };
}

static void add_map(struct iommu_host *h, uint64_t iova, uint64_t len, uint32_t prot,
		    uint64_t made_ns)
{
	struct iommu_mapping *m;

	h->map = xrealloc(h->map, (h->nr_map + 1) * sizeof(*m));
	m = &h->map[h->nr_map++];
	memset(m, 0, sizeof(*m));
	m->key.iova = iova;
	m->key.domain = 1;
	m->live = (struct vcm_host_live){ .len = len, .prot = prot, .walked = !made_ns };
	m->live.made.ts_ns = made_ns;
	m->live.made.stack = 7;
}

static void add_gone(struct iommu_host *h, uint64_t iova, uint64_t len, uint64_t made_ns,
		     uint64_t undone_ns)
{
	struct iommu_gone *g;

	h->gone = xrealloc(h->gone, (h->nr_gone + 1) * sizeof(*g));
	g = &h->gone[h->nr_gone++];
	memset(g, 0, sizeof(*g));
	g->key.iova = iova;
	g->key.domain = 1;
	g->gone.len = len;
	g->gone.made.ts_ns = made_ns;
	g->gone.undone.ts_ns = undone_ns;
	g->gone.undone.pid = 42;
}

static enum iommu_rule judge(const struct iommu_host *h, uint64_t iova, unsigned char access,
			     struct iommu_verdict *v)
{
	const struct vcm_fault fault = { .ts_ns = NOW, .iova = iova, .device = 5 << 3,
					 .access = access };

	iommu_judge(h, &fault, v);
	return v->rule;
}

/* A leaf that the walk found within a mapping is not another one. */
static void test_sums(void)
{
	struct iommu_host h;

	begin(&h);
	add_map(&h, 0x9000, 0x1000, 3, 0);
	add_map(&h, 0x3000, 0x1000, 3, 0);
	add_map(&h, 0x2000, 0x4000, 3, 5);
	add_map(&h, 0xfffffffffffff000, 0x1000, 3, 5);
	iommu_host_sort(&h);
	CHECK_EQ(h.nr_map, 3);
	CHECK_EQ(h.dom->live, 3);
	CHECK_EQ(h.dom->bytes, 0x6000);
	CHECK_EQ(h.dom->before, 1);
	CHECK_EQ(h.dom->before_bytes, 0x1000);
	iommu_host_fini(&h);
}

static void test_mapped_rules(void)
{
	struct iommu_verdict v;
	struct iommu_host h;

	begin(&h);
	add_map(&h, 0x10000, 0x2000, 1, NOW - 500);
	add_map(&h, 0x40000, 0x1000, 3, NOW + 500);
	iommu_host_sort(&h);
	CHECK_EQ(judge(&h, 0x11000, VCM_FAULT_WRITE, &v), IOMMU_RULE_PROT);
	CHECK_EQ(v.held_ns, 500);
	CHECK_EQ(judge(&h, 0x11000, VCM_FAULT_READ, &v), IOMMU_RULE_STALE);
	CHECK_EQ(judge(&h, 0x11000, VCM_FAULT_UNKNOWN, &v), IOMMU_RULE_STALE);
	CHECK_EQ(judge(&h, 0x40000, VCM_FAULT_READ, &v), IOMMU_RULE_LATER);
	CHECK_EQ(v.ago_ns, 500);
	CHECK_EQ(judge(&h, 0x12008, VCM_FAULT_READ, &v), IOMMU_RULE_PAST_END);
	CHECK_EQ(v.off, 8);
	CHECK_EQ(judge(&h, 0xfff8, VCM_FAULT_READ, &v), IOMMU_RULE_BEFORE);
	CHECK_EQ(v.off, 8);
	CHECK_EQ(judge(&h, 0x800000, VCM_FAULT_READ, &v), IOMMU_RULE_NEVER);
	CHECK_EQ(v.len, 0);
	iommu_host_fini(&h);
}

/* The last before the fault counts, even where somebody else has the address by now. */
static void test_unmapped_rules(void)
{
	struct iommu_verdict v;
	struct iommu_host h;

	begin(&h);
	add_gone(&h, 0x20000, 0x4000, NOW - 900, NOW - 300);
	add_gone(&h, 0x21000, 0x1000, NOW - 2000, NOW - 1000);
	add_map(&h, 0x21000, 0x1000, 3, NOW + 100);
	add_gone(&h, 0x30000, 0x1000, NOW - 500, NOW + 100);
	add_gone(&h, 0x31000, 0x1000, NOW + 50, NOW + 100);
	iommu_host_sort(&h);
	CHECK_EQ(judge(&h, 0x21080, VCM_FAULT_READ, &v), IOMMU_RULE_UNMAPPED);
	CHECK_EQ(v.iova, 0x20000);
	CHECK_EQ(v.off, 0x1080);
	CHECK_EQ(v.ago_ns, 300);
	CHECK_EQ(v.held_ns, 600);
	CHECK_EQ(v.undone.pid, 42);
	CHECK_EQ(judge(&h, 0x30000, VCM_FAULT_READ, &v), IOMMU_RULE_STALE);
	CHECK_EQ(judge(&h, 0x31000, VCM_FAULT_READ, &v), IOMMU_RULE_REUSED);
	iommu_host_fini(&h);
}

static void test_places(void)
{
	struct iommu_verdict v;
	struct iommu_host h;

	begin(&h);
	CHECK_EQ(judge(&h, 0xfee00010, VCM_FAULT_WRITE, &v), IOMMU_RULE_RESERVED);
	CHECK_EQ(judge(&h, 0x100000000, VCM_FAULT_READ, &v), IOMMU_RULE_BEYOND);
	CHECK_EQ(judge(&h, 0x10, VCM_FAULT_READ, &v), IOMMU_RULE_NULL_PAGE);
	h.dom->slot.walked_ns = 0;
	CHECK_EQ(judge(&h, 0x500000, VCM_FAULT_READ, &v), IOMMU_RULE_NO_TABLE);
	h.dom->slot.ptr++;
	CHECK_EQ(judge(&h, 0x500000, VCM_FAULT_READ, &v), IOMMU_RULE_NO_TABLE);
	h.device->name[0] = 'x';
	CHECK_EQ(judge(&h, 0x500000, VCM_FAULT_READ, &v), IOMMU_RULE_UNKNOWN_DEVICE);
	CHECK_EQ(v.domain, 0);
	iommu_host_fini(&h);
}

/* Whatever comes, every fault is in a row or among the others. */
static void test_storm(void)
{
	struct vcm_fault fault = { .device = 5 << 3, .ts_ns = NOW };
	uint64_t sum = 0, random = tap_seed();
	struct iommu_faults f;
	size_t i;

	iommu_faults_init(&f);
	for (i = 0; i < 100000; i++) {
		fault.iova = (tap_random(&random) % 10000) << 12;
		fault.access = tap_random(&random) % 2;
		iommu_faults_add(&f, &fault);
	}
	CHECK_EQ(f.all, 100000);
	CHECK_EQ(f.seen.nr, IOMMU_FAULTS_MAX);
	for (i = 0; i < f.seen.nr; i++)
		sum += ((struct iommu_seen *)table_row(&f.seen, i))->count;
	CHECK(f.others > 0);
	CHECK_EQ(sum + f.others, 100000);
	iommu_faults_told(&f);
	fault.iova = 0x77000;
	iommu_faults_add(&f, &fault);
	CHECK_EQ(f.seen.nr, 1);
	CHECK_EQ(f.judged, 0);
	iommu_faults_told(&f);
	CHECK_EQ(f.seen.nr, 1);
	iommu_faults_fini(&f);
}

/* What is held of a place is told when it is old enough, and how many came since the first look. */
static void test_leaks(void)
{
	struct iommu_leaks l;
	struct iommu_host h;
	const struct iommu_leak *row;

	iommu_leaks_init(&l);
	begin(&h);
	add_map(&h, 0x1000, 0x1000, 3, NOW - 100);
	add_map(&h, 0x2000, 0x1000, 3, NOW - 50);
	add_map(&h, 0x3000, 0x1000, 3, 0);
	iommu_host_sort(&h);
	CHECK_EQ(iommu_leaks_look(&l, &h, 200), 0);
	CHECK_EQ(iommu_leaks_look(&l, &h, 50), 1);
	row = table_find(&l.row, 1, 7);
	CHECK(row && row->nr == 2 && row->bytes == 0x2000);
	CHECK(row && row->first_nr == 0 && row->oldest_ns == NOW - 100);
	h.nr_map = 0;
	CHECK_EQ(iommu_leaks_look(&l, &h, 50), 0);
	iommu_host_fini(&h);
	iommu_leaks_fini(&l);
}

static void test_compare(void)
{
	const struct vcm_host_run run[] = { { 0x1000, 0x2000 }, { 0x8000, 0x1000 } };
	struct iommu_compared c;
	struct iommu_host h;

	begin(&h);
	add_map(&h, 0x1000, 0x1000, 3, 5);
	add_map(&h, 0x2000, 0x1000, 3, 6);
	add_map(&h, 0x8000, 0x1000, 3, 0);
	iommu_host_sort(&h);
	iommu_compare(&h, 1, run, 2, &c);
	CHECK(c.both == 0x3000 && !c.only_list && !c.only_table);
	iommu_compare(&h, 1, run, 1, &c);
	CHECK(c.both == 0x2000 && c.only_list == 0x1000 && !c.only_table);
	h.nr_map = 1;
	iommu_compare(&h, 1, run, 2, &c);
	CHECK(c.both == 0x1000 && !c.only_list && c.only_table == 0x2000);
	iommu_host_fini(&h);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_sums, "a leaf within a mapping does not count, and sums are right"),
	TAP_TEST(test_mapped_rules, "a fault at or near a mapping is judged by it"),
	TAP_TEST(test_unmapped_rules, "a fault at what was unmapped names who did it"),
	TAP_TEST(test_places, "addresses that nobody can have are told apart"),
	TAP_TEST(test_storm, "a storm of faults is counted to the last, and what follows judged"),
	TAP_TEST(test_leaks, "what is held for long is put together by place"),
	TAP_TEST(test_compare, "a list is compared with tables byte by byte"),
};

int main(void)
{
	return tap_main("iommu", tests, ARRAY_LEN(tests));
}
