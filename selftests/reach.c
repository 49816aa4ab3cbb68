// SPDX-License-Identifier: GPL-2.0-only
/*
 * reach.c - what IOMMUs differ in: page sizes and aperture, up to their edges, by real DMA.
 *
 * Where the IOMMU is known, VCM_PGSIZES and VCM_REACH_LAST say what it shall have (hexadecimal);
 * without them what it says itself is taken and used.
 */
#include "vcm_space.h"

#define EDGE_PAGES	4
#define EDGE		(EDGE_PAGES * PAGE)
#define LARGE_IOVA	(1ull << 30)	/* a multiple of every page size tried */

FIXTURE(reach) {
	struct stats before;
	int fd;
	__u32 vcm;
	__u64 assoc;
	struct mem src;
	struct mem dst;
	struct vcm_ioc_info info;
};

/* All addresses, so that the IOMMU alone is the limit. */
FIXTURE_SETUP(reach)
{
	__u64 res;

	if (!edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, 0, ~0ull, &self->vcm);
	test_assoc(self->fd, self->vcm, edu_name(), &self->assoc);
	test_mem_alloc(self->fd, PAGE, 0, &self->src);
	test_mem_alloc(self->fd, PAGE, 0, &self->dst);
	test_reserve_at(self->fd, self->vcm, SRC_IOVA, PAGE, &res);
	test_bind(self->fd, self->vcm, res, self->src.phys);
	test_reserve_at(self->fd, self->vcm, DST_IOVA, PAGE, &res);
	test_bind(self->fd, self->vcm, res, self->dst.phys);
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_info(self->fd, self->vcm, &self->info);
}

FIXTURE_TEARDOWN(reach)
{
	expect_invariants();
	if (self->fd >= 0) {
		test_mem_free(self->fd, &self->src);
		test_mem_free(self->fd, &self->dst);
		EXPECT_EQ(0, close(self->fd));
	}
	expect_stats(&self->before);
}

/* A whole page of the IOMMU's, in memory that is in one piece, or 0 with what failed. */
static int large_alloc(int fd, __u64 size, struct mem *mem)
{
	struct vcm_ioc_phys_alloc alloc = { .len = size };
	unsigned int order = __builtin_ctzll(size / PAGE);

	if (order <= VCM_MAX_ORDER)
		alloc.orders = 1u << order;
	else
		alloc.flags = VCM_PHYS_CONTIG;
	return _vcm_mem_alloc_arg(fd, alloc, mem);
}

/* Bytes of @uva, which is at @iova, that do not come out at the other end, both ways. */
static __u64 wrong_at(struct __test_metadata *_metadata, FIXTURE_DATA(reach) *self, __u64 iova,
		      unsigned char *uva, __u32 len, __u32 seed)
{
	__u64 wrong;

	pattern_fill(uva, len, seed);
	memset(self->dst.uva, 0, len);
	test_edu_read_ram(iova, 0, len);
	test_edu_write_ram(DST_IOVA, 0, len);
	wrong = pattern_wrong(self->dst.uva, len, seed);
	pattern_fill(self->src.uva, len, seed + 1);
	test_edu_read_ram(SRC_IOVA, 0, len);
	test_edu_write_ram(iova, 0, len);
	return wrong + pattern_wrong(uva, len, seed + 1);
}

/* 0 when there is no such variable. */
static __u64 wanted(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 16) : 0;
}

TEST_F(reach, the_page_sizes_are_those_of_this_iommu)
{
	__u64 want = wanted("VCM_PGSIZES");

	TH_LOG("page sizes 0x%llx", self->info.pgsizes);
	EXPECT_TRUE(self->info.pgsizes & PAGE);
	EXPECT_LE(self->info.pgsizes & -self->info.pgsizes, PAGE);
	if (!want)
		SKIP(return, "VCM_PGSIZES does not say what this IOMMU shall have");
	EXPECT_EQ(want, self->info.pgsizes);
}

TEST_F(reach, the_last_address_is_that_of_this_iommu)
{
	__u64 want = wanted("VCM_REACH_LAST");

	TH_LOG("last address 0x%llx", self->info.reach_last);
	if (!want)
		SKIP(return, "VCM_REACH_LAST does not say how far this IOMMU reaches");
	EXPECT_EQ(want, self->info.reach_last);
}

TEST_F(reach, dma_works_up_to_the_last_page)
{
	__u64 start, last = self->info.reach_last, res;
	struct vcm_ioc_find find;
	struct mem mem;

	/* what the system reserved at the end is not for DMA */
	while (!_vcm_find(self->fd, self->vcm, last - PAGE + 1, 0, &find))
		last = find.start - 1;
	start = last - EDGE + 1;
	test_mem_alloc(self->fd, EDGE, 1u << 0, &mem);
	test_reserve_at(self->fd, self->vcm, start, EDGE, &res);
	test_bind(self->fd, self->vcm, res, mem.phys);
	EXPECT_EQ(0, wrong_at(_metadata, self, start, mem.uva, EDU_MAX, 10));
	EXPECT_EQ(0, wrong_at(_metadata, self, last - 63, mem.uva + EDGE - 64, 64, 20));
	test_unbind(self->fd, self->vcm, res);
	pattern_fill(mem.uva, EDGE, 30);
	test_edu_write_ram(last - 63, 0, 64);
	EXPECT_EQ(0, pattern_wrong(mem.uva, EDGE, 30));
	test_mem_free(self->fd, &mem);
}

TEST_F(reach, nothing_is_bound_or_placed_above_the_last_page)
{
	__u64 above = self->info.reach_last + 1, res;
	struct vcm_ioc_reserve req = { .vcm = self->vcm, .len = PAGE, .start = above };

	if (!above)
		SKIP(return, "every address is in reach");
	test_refused(ENOSPC, _vcm_reserve(self->fd, &req));
	test_reserve_at(self->fd, self->vcm, above, PAGE, &res);
	test_refused(ERANGE, _vcm_bind(self->fd, self->vcm, res, self->src.phys));
	test_reserve_at(self->fd, self->vcm, above - PAGE, PAGE, &req.res);
	test_bind(self->fd, self->vcm, req.res, self->src.phys);
}

/* One page of each size that the IOMMU has: all of it in reach, and all of it gone. */
static void try_size(struct __test_metadata *_metadata, FIXTURE_DATA(reach) *self, __u64 size)
{
	const __u64 at[] = { 0, size / 2, size - 64 };
	struct mem mem;
	__u64 res;
	int err;

	if (!(self->info.pgsizes & size))
		SKIP(return, "the IOMMU has no pages of 0x%llx", size);
	err = large_alloc(self->fd, size, &mem);
	if (err)
		SKIP(return, "no contiguous memory of 0x%llx: %s", size, strerror(-err));
	ASSERT_EQ(1, mem.chunks);
	test_reserve_at(self->fd, self->vcm, LARGE_IOVA, size, &res);
	test_bind(self->fd, self->vcm, res, mem.phys);
	for (unsigned int i = 0; i < ARRAY_SIZE(at); i++)
		EXPECT_EQ(0, wrong_at(_metadata, self, LARGE_IOVA + at[i], mem.uva + at[i], 64,
				      10 * i));
	test_unbind(self->fd, self->vcm, res);
	for (unsigned int i = 0; i < ARRAY_SIZE(at); i++) {
		pattern_fill(mem.uva + at[i], 64, 100);
		test_edu_write_ram(LARGE_IOVA + at[i], 0, 64);
		EXPECT_EQ(0, pattern_wrong(mem.uva + at[i], 64, 100));
	}
	test_mem_free(self->fd, &mem);
}

TEST_F(reach, a_page_of_4K_is_one)
{
	try_size(_metadata, self, 4096);
}

TEST_F(reach, a_page_of_16K_is_one)
{
	try_size(_metadata, self, 16384);
}

TEST_F(reach, a_page_of_2M_is_one)
{
	try_size(_metadata, self, 2ull << 20);
}

TEST_F(reach, a_page_of_32M_is_one)
{
	try_size(_metadata, self, 32ull << 20);
}

TEST_F(reach, a_page_of_1G_is_one)
{
	try_size(_metadata, self, 1ull << 30);
}

/* Not aligned to the large page in the middle: smaller ones around it, and all of it is there. */
TEST_F(reach, a_range_of_mixed_page_sizes_is_whole)
{
	const __u64 large = 2ull << 20, len = large + 2 * PAGE;
	__u64 res, start = LARGE_IOVA + large - PAGE;
	struct mem mem;

	test_mem_alloc(self->fd, len, 0, &mem);
	test_reserve_at(self->fd, self->vcm, start, len, &res);
	test_bind(self->fd, self->vcm, res, mem.phys);
	EXPECT_EQ(0, wrong_at(_metadata, self, start, mem.uva, 64, 1));
	EXPECT_EQ(0, wrong_at(_metadata, self, start + PAGE - 32, mem.uva + PAGE - 32, 64, 2));
	EXPECT_EQ(0, wrong_at(_metadata, self, start + len - 64, mem.uva + len - 64, 64, 3));
	test_unbind(self->fd, self->vcm, res);
	test_mem_free(self->fd, &mem);
}

TEST_HARNESS_MAIN
