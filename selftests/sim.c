// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim.c - one simulated IOMMU of each format, and devices behind it, through /dev/vcm.
 *
 * The same for every format: what is bound is reached in full, what is not bound any more is not
 * reached, and each fault says what happened.  sim_multi.c has several IOMMUs at once.
 */
#include <sched.h>

#include "sim_util.h"

#define WINDOW_START	0x10000000ull
#define WINDOW_LAST	0x1fffffffull
#define SRC_IOVA	0x10000000ull
#define DST_IOVA	0x10100000ull
#define FREE_IOVA	0x10200000ull	/* for the test's own use */
#define UNMAPPED_IOVA	0x18000000ull	/* never bound */
#define LEN		(4 * PAGE)

#define MMU	"t0"
#define DEV	"sim-t0.a"
#define OTHER	"sim-t0.b"

FIXTURE(sim) {
	struct stats before;
	int fd;
	__u32 vcm;
	__u64 assoc;
	struct area src;
	struct area dst;
};

FIXTURE_VARIANT(sim) {
	const char *format;
	bool no_rights;		/* its entries have no permission bits: everything mapped is rw */
};

FIXTURE_VARIANT_ADD(sim, armv7s) { .format = "armv7s" };
FIXTURE_VARIANT_ADD(sim, omap) { .format = "omap", .no_rights = true };
FIXTURE_VARIANT_ADD(sim, tce) { .format = "tce" };
FIXTURE_VARIANT_ADD(sim, x86) { .format = "x86" };

FIXTURE_SETUP(sim)
{
	const struct sim_cfg cfg = { .format = variant->format };

	if (!sim_exists())
		SKIP(return, "vcm_sim and vcm_sim_dev are not loaded");
	sim_remove_all();
	test_stats_read(&self->before);
	test_sim_mmu_add(MMU, &cfg);
	test_sim_dev_add(MMU, "a");
	test_sim_dev_add(MMU, "b");
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, WINDOW_START, WINDOW_LAST, &self->vcm);
	area_create(self->fd, self->vcm, &self->src, SRC_IOVA, LEN, 0);
	area_create(self->fd, self->vcm, &self->dst, DST_IOVA, LEN, 1u << 0);
	self->assoc = dev_join(_metadata, self->fd, self->vcm, DEV);
	pattern_fill(self->src.mem.uva, LEN, 1);
}

FIXTURE_TEARDOWN(sim)
{
	expect_invariants();
	if (self->src.mem.uva)
		test_mem_free(self->fd, &self->src.mem);
	if (self->dst.mem.uva)
		test_mem_free(self->fd, &self->dst.mem);
	EXPECT_EQ(0, close(self->fd));
	EXPECT_EQ(0, sim_stat(MMU, "flush_skipped"));
	test_sim_mmu_remove(MMU);
	expect_stats(&self->before);
}

TEST_F(sim, the_device_is_behind_an_iommu_of_its_own)
{
	char path[256], link[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/platform/devices/%s/iommu", DEV);
	n = readlink(path, link, sizeof(link) - 1);
	ASSERT_LT(0, n);
	link[n] = '\0';
	EXPECT_STREQ("sim-" MMU, strrchr(link, '/') + 1);
	snprintf(path, sizeof(path), "/sys/bus/platform/devices/%s/driver", DEV);
	EXPECT_EQ(0, access(path, R_OK));
}

TEST_F(sim, every_byte_is_copied)
{
	test_dma_copy(DEV, SRC_IOVA, DST_IOVA, LEN);
	EXPECT_EQ(0, pattern_wrong(self->dst.mem.uva, LEN, 1));
	EXPECT_EQ(fnv(self->src.mem.uva, LEN), dma_sum(DEV));
}

TEST_F(sim, a_copy_touches_nothing_around_it)
{
	static const struct { __u32 src, dst, len; } copies[] = {
		{ 0, 0, 1 }, { 4095, 1, 2 }, { 4095, 8191, 4098 }, { 1, 16383, 1 }, { 1, 0, 16383 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(copies); i++) {
		__u32 src = copies[i].src, dst = copies[i].dst, len = copies[i].len;

		memset(self->dst.mem.uva, 0xee, LEN);
		test_dma_copy(DEV, SRC_IOVA + src, DST_IOVA + dst, len);
		for (__u64 at = 0; at < LEN; at++)
			if (at < dst || at >= dst + len)
				ASSERT_EQ(0xee, self->dst.mem.uva[at]);
		for (__u64 at = 0; at < len; at++)
			ASSERT_EQ(pattern(1, src + at), self->dst.mem.uva[dst + at]);
	}
}

TEST_F(sim, memory_is_filled_summed_and_scattered)
{
	test_dma_fill(DEV, DST_IOVA + 1, LEN - 2, 0x5a);
	EXPECT_EQ(0, self->dst.mem.uva[0]);
	EXPECT_EQ(0, self->dst.mem.uva[LEN - 1]);
	for (__u64 at = 1; at < LEN - 1; at++)
		ASSERT_EQ(0x5a, self->dst.mem.uva[at]);
	test_dma_sum(DEV, SRC_IOVA + 7, LEN - 7);
	EXPECT_EQ(fnv(self->src.mem.uva + 7, LEN - 7), dma_sum(DEV));
	test_ok(_dma(DEV, "scatter 0x%llx 0x%llx 640 64 1024", SRC_IOVA, DST_IOVA));
	for (__u64 piece = 0; piece < 10; piece++) {
		for (__u64 at = 0; at < 64; at++)
			ASSERT_EQ(pattern(1, piece * 64 + at),
				  self->dst.mem.uva[piece * 1024 + at]);
		EXPECT_EQ(0x5a, self->dst.mem.uva[piece * 1024 + 64]);
	}
}

TEST_F(sim, a_wrong_command_is_refused)
{
	EXPECT_EQ(-EINVAL, _dma(DEV, "copy 0x%llx 0x%llx 0", SRC_IOVA, DST_IOVA));
	EXPECT_EQ(-EINVAL, _dma(DEV, "copy 0x%llx", SRC_IOVA));
	EXPECT_EQ(-EINVAL, _dma(DEV, "to 0x%llx 0 65537", SRC_IOVA));
	EXPECT_EQ(-EINVAL, _dma(DEV, "to 0x%llx 65536 1", SRC_IOVA));
	EXPECT_EQ(-EINVAL, _dma(DEV, "fill 0x%llx 16 256", DST_IOVA));
	EXPECT_EQ(-EINVAL, _dma(DEV, "scatter 0x%llx 0x%llx 64 0 1", SRC_IOVA, DST_IOVA));
	EXPECT_EQ(-EINVAL, _dma(DEV, "sum 0xffffffffffffffff 2"));
	EXPECT_EQ(0, sim_stat(MMU, "accesses"));
}

TEST_F(sim, jobs_are_done_in_order_and_complete)
{
	char line[80];

	for (unsigned int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "fill 0x%llx %llu %u", DST_IOVA, LEN, i);
		test_ok(_sim_dev_write(DEV, "submit", line));
	}
	EXPECT_EQ(100, _sim_dev_value(DEV, "queue", "submitted"));
	EXPECT_EQ(100, _sim_dev_value(DEV, "queue", "done"));
	EXPECT_EQ(0, _sim_dev_value(DEV, "queue", "failed"));
	for (__u64 at = 0; at < LEN; at++)
		ASSERT_EQ(99, self->dst.mem.uva[at]);
	snprintf(line, sizeof(line), "sum 0x%llx 16", UNMAPPED_IOVA);
	test_ok(_sim_dev_write(DEV, "submit", line));
	EXPECT_EQ(1, _sim_dev_value(DEV, "queue", "failed"));
}

TEST_F(sim, a_device_that_was_not_activated_reaches_nothing)
{
	EXPECT_EQ(-EFAULT, _dma_to(OTHER, SRC_IOVA, 0, 16));
	expect_sim_fault(MMU, OTHER, "translation", "read", SRC_IOVA);
}

TEST_F(sim, an_unmapped_address_is_a_translation_fault)
{
	EXPECT_EQ(-EFAULT, _dma_to(DEV, UNMAPPED_IOVA, 0, 16));
	expect_sim_fault(MMU, DEV, "translation", "read", UNMAPPED_IOVA);
	EXPECT_EQ(-EFAULT, _dma_from(DEV, UNMAPPED_IOVA + PAGE, 0, 16));
	expect_sim_fault(MMU, DEV, "translation", "write", UNMAPPED_IOVA + PAGE);
	/* the byte behind the last one */
	EXPECT_EQ(-EFAULT, _dma_to(DEV, SRC_IOVA + LEN - 8, 0, 16));
	expect_sim_fault(MMU, DEV, "translation", "read", SRC_IOVA + LEN);
	EXPECT_EQ(3, sim_stat(MMU, "fault_translation"));
	EXPECT_EQ(3, sim_stat(MMU, "faults"));
}

TEST_F(sim, a_read_only_page_cannot_be_written_where_the_format_can_say_so)
{
	struct mem mem;
	__u64 res;

	test_mem_alloc(self->fd, PAGE, 0, &mem);
	test_reserve_at(self->fd, self->vcm, FREE_IOVA, PAGE, &res);
	test_bind(self->fd, self->vcm, res, mem.phys, .prot = VCM_PROT_READ);
	if (variant->no_rights) {
		test_dma_fill(DEV, FREE_IOVA, 16, 0x33);
		EXPECT_EQ(0x33, mem.uva[15]);
		test_mem_free(self->fd, &mem);
		return;
	}
	pattern_fill(mem.uva, PAGE, 2);
	EXPECT_EQ(-EFAULT, _dma_from(DEV, FREE_IOVA, 0, 16));
	expect_sim_fault(MMU, DEV, "permission", "write", FREE_IOVA);
	test_dma_copy(DEV, FREE_IOVA, DST_IOVA, PAGE);
	EXPECT_EQ(0, pattern_wrong(self->dst.mem.uva, PAGE, 2));
	/* the translation is cached now, and permits no more than before */
	EXPECT_EQ(-EFAULT, _dma_fill(DEV, FREE_IOVA + 100, 1, 0));
	expect_sim_fault(MMU, DEV, "permission", "write", FREE_IOVA + 100);
	EXPECT_EQ(0, pattern_wrong(mem.uva, PAGE, 2));
	test_mem_free(self->fd, &mem);
}

TEST_F(sim, a_walk_that_reads_no_table_is_a_table_walk_fault)
{
	test_ok(_sim_mmu_write(MMU, "erratum", "walk 1"));
	EXPECT_EQ(-EFAULT, _dma_fill(DEV, DST_IOVA + 5, 16, 1));
	expect_sim_fault(MMU, DEV, "table-walk", "write", DST_IOVA + 5);
	test_dma_fill(DEV, DST_IOVA + 5, 16, 1);
	EXPECT_EQ(1, sim_stat(MMU, "fault_table-walk"));
}

TEST_F(sim, memory_that_was_unbound_is_out_of_reach)
{
	test_dma_copy(DEV, SRC_IOVA, DST_IOVA, LEN);
	test_unbind(self->fd, self->vcm, self->src.res);
	for (__u64 at = 0; at < LEN; at += PAGE) {
		EXPECT_EQ(-EFAULT, _dma_to(DEV, SRC_IOVA + at, 0, 16));
		EXPECT_EQ(-EFAULT, _dma_from(DEV, SRC_IOVA + at, 0, 16));
	}
	EXPECT_EQ(0, pattern_wrong(self->src.mem.uva, LEN, 1));
	EXPECT_EQ(2 * LEN / PAGE, sim_stat(MMU, "fault_translation"));
}

TEST_F(sim, new_memory_at_an_address_is_what_the_device_sees)
{
	struct mem mem;

	test_dma_copy(DEV, SRC_IOVA, DST_IOVA, LEN);
	test_mem_alloc(self->fd, LEN, 0, &mem);
	pattern_fill(mem.uva, LEN, 2);
	test_unbind(self->fd, self->vcm, self->src.res);
	test_bind(self->fd, self->vcm, self->src.res, mem.phys);
	test_dma_copy(DEV, SRC_IOVA, DST_IOVA, LEN);
	EXPECT_EQ(0, pattern_wrong(self->dst.mem.uva, LEN, 2));
	test_mem_free(self->fd, &mem);
}

/* Megabytes in the largest chunks there are: large pages where the format has them. */
TEST_F(sim, large_memory_is_reached_from_its_first_to_its_last_byte)
{
	struct area area;
	__u64 len = 4ull << 20;

	area_create(self->fd, self->vcm, &area, 0x11000000, len, 0);
	for (__u64 at = 0; at < len; at += 0x10000 - 32) {
		pattern_fill(area.mem.uva + at, 32, at);
		test_dma_copy(DEV, area.iova + at, DST_IOVA, 32);
		ASSERT_EQ(0, pattern_wrong(self->dst.mem.uva, 32, at));
	}
	test_dma_fill(DEV, area.iova, len, 0x77);
	for (__u64 at = 0; at < len; at++)
		ASSERT_EQ(0x77, area.mem.uva[at]);
	test_unbind(self->fd, self->vcm, area.res);
	EXPECT_EQ(-EFAULT, _dma_to(DEV, area.iova + len - 1, 0, 1));
	test_mem_free(self->fd, &area.mem);
}

/* The address fits a large page and the memory does not: only small pages will do. */
TEST_F(sim, memory_that_is_aligned_to_nothing_is_reached_in_full)
{
	__u64 len = 0x90000, iova = 0x12000000, res;
	struct mem mem;

	test_mem_alloc_arg(self->fd, ((struct vcm_ioc_phys_alloc) {
		.len = len + PAGE, .flags = VCM_PHYS_CONTIG }), &mem);
	test_reserve_at(self->fd, self->vcm, iova, len, &res);
	test_bind(self->fd, self->vcm, res, mem.phys, .off = PAGE, .len = len);
	for (__u64 at = 0; at < len; at += PAGE) {
		test_dma_fill(DEV, iova + at, PAGE, at / PAGE);
		ASSERT_EQ((at / PAGE) & 0xff, mem.uva[PAGE + at]);
		ASSERT_EQ((at / PAGE) & 0xff, mem.uva[PAGE + at + PAGE - 1]);
	}
	for (__u64 at = 0; at < PAGE; at++)
		ASSERT_EQ(0, mem.uva[at]);
	test_unbind(self->fd, self->vcm, res);
	test_mem_free(self->fd, &mem);
}

/*
 * A device walks all the time, slowly and with an IOTLB of one entry, where tables come and go:
 * whatever it finds, it finds no table that was freed.  Only a kernel with KASAN can tell.
 */
TEST_F_TIMEOUT(sim, tables_come_and_go_while_a_device_walks_them, 120)
{
	const struct sim_cfg cfg = {
		.format = variant->format, .tlb_sets = 1, .tlb_ways = 1, .latency_us = 20,
	};
	struct area area;
	char line[80];

	test_sim_mmu_add("t1", &cfg);
	test_sim_dev_add("t1", "a");
	dev_join(_metadata, self->fd, self->vcm, "sim-t1.a");
	area_create(self->fd, self->vcm, &area, 0x13000000, 2 * PAGE, 1u << 0);
	snprintf(line, sizeof(line), "start sum 0x%llx 8192", area.iova);
	test_ok(_sim_dev_write("sim-t1.a", "burst", line));
	for (int i = 0; i < 100; i++) {
		test_unbind(self->fd, self->vcm, area.res);
		test_bind(self->fd, self->vcm, area.res, area.mem.phys);
	}
	while (!_sim_dev_value("sim-t1.a", "burst", "rounds"))
		sched_yield();
	test_ok(_sim_dev_write("sim-t1.a", "burst", "stop"));
	test_dma_sum("sim-t1.a", area.iova, 2 * PAGE);
	EXPECT_EQ(fnv(area.mem.uva, 2 * PAGE), dma_sum("sim-t1.a"));
	EXPECT_EQ(sim_stat("t1", "faults"), sim_stat("t1", "fault_translation"));
	test_mem_free(self->fd, &area.mem);
	test_sim_mmu_remove("t1");
}

TEST_F(sim, a_translation_is_walked_for_once)
{
	__u64 hits, walks;

	test_dma_to(DEV, SRC_IOVA, 0, 16);
	hits = sim_stat(MMU, "tlb_hits");
	walks = sim_stat(MMU, "tlb_walks");
	for (int i = 0; i < 10; i++)
		test_dma_to(DEV, SRC_IOVA + 16 * i, 0, 16);
	EXPECT_EQ(walks, sim_stat(MMU, "tlb_walks"));
	EXPECT_EQ(hits + 10, sim_stat(MMU, "tlb_hits"));
}

/* What keeps every test of this kind honest: without the invalidation the device does reach it. */
TEST_F(sim, a_lost_invalidation_leaves_the_old_page_in_reach)
{
	struct vcm_ioc_info info;

	test_info(self->fd, self->vcm, &info);
	test_dma_to(DEV, SRC_IOVA, 0, 16);
	test_ok(_sim_mmu_write(MMU, "erratum", "skip 1"));
	test_unbind(self->fd, self->vcm, self->src.res);
	test_dma_fill(DEV, SRC_IOVA, 16, 0xaa);
	EXPECT_EQ(0xaa, self->src.mem.uva[15]);
	EXPECT_EQ(1, sim_stat(MMU, "flush_skipped"));
	/* another page was not cached and is gone, unless one page of the IOMMU is all of it */
	if (!(info.pgsizes & LEN))
		EXPECT_EQ(-EFAULT, _dma_to(DEV, SRC_IOVA + LEN - PAGE, 0, 16));
	/* for the teardown, which counts them */
	test_ok(_sim_mmu_write(MMU, "power", "off"));
	test_sim_mmu_remove(MMU);
	test_sim_mmu_add(MMU, &(struct sim_cfg) { .format = variant->format });
}

TEST_HARNESS_MAIN
