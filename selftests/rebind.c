// SPDX-License-Identifier: GPL-2.0-only
/*
 * rebind.c - the memory of a reservation exchanged, part of memory bound, and the fused calls.
 */
#include "vcm_space.h"

#define OLD	1	/* seeds of patterns */
#define NEW	2

FIXTURE(rebind) {
	struct stats before;
	int fd;
	struct space space;	/* OLD in the source */
	struct mem new;		/* one page of NEW */
};

FIXTURE_SETUP(rebind)
{
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	space_create(_metadata, self->fd, &self->space, OLD);
	test_mem_alloc(self->fd, PAGE, 0, &self->new);
	pattern_fill(self->new.uva, PAGE, NEW);
}

FIXTURE_TEARDOWN(rebind)
{
	expect_invariants();
	space_destroy(_metadata, &self->space);
	EXPECT_EQ(0, munmap(self->new.uva, PAGE));
	EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
}

/* REBIND of the source, with more members of struct vcm_ioc_bind. */
#define rebind_src(self, phys, ...)						\
	_vcm_rebind((self)->fd, (self)->space.vcm, (self)->space.src_res, phys, ##__VA_ARGS__)

TEST_F(rebind, the_reservation_keeps_its_address_and_has_the_new_memory)
{
	struct vcm_ioc_res_info info;
	struct stats before;

	test_stats_read(&before);
	test_ok(rebind_src(self, self->new.phys, .prot = VCM_PROT_READ));
	test_res_info(self->fd, self->space.vcm, self->space.src_res, &info);
	EXPECT_EQ(SRC_IOVA, info.start);
	EXPECT_EQ(self->new.phys, info.phys);
	EXPECT_EQ(VCM_PROT_READ, info.prot);
	EXPECT_EQ(1, info.refs);
	expect_stats(&before);
}

TEST_F(rebind, the_device_sees_the_new_memory_and_never_the_old)
{
	struct space *space = &self->space;

	if (!edu_exists())
		SKIP(return, "no edu device");
	space_activate(_metadata, space);
	/* the translation of the old page is in the IOTLB now */
	ASSERT_EQ(0, seen_wrong(_metadata, space, SRC_IOVA, EDU_MAX, OLD));
	test_ok(rebind_src(self, self->new.phys));
	EXPECT_EQ(0, seen_wrong(_metadata, space, SRC_IOVA, EDU_MAX, NEW));
	load_device(_metadata, space, EDU_MAX, 3);
	test_edu_write_ram(SRC_IOVA, 0, EDU_MAX);
	EXPECT_EQ(0, pattern_wrong(space->src.uva, PAGE, OLD));
	EXPECT_EQ(0, pattern_wrong(self->new.uva, EDU_MAX, 3));
}

TEST_F_TIMEOUT(rebind, a_dma_meanwhile_sees_one_or_the_other_and_no_mixture, 120)
{
	struct space *space = &self->space;
	struct dma_child child;

	if (!edu_exists())
		SKIP(return, "no edu device");
	space_activate(_metadata, space);
	ASSERT_EQ(0, seen_wrong(_metadata, space, SRC_IOVA, EDU_MAX, OLD));
	dma_child_start(_metadata, &child, space->dst.uva, OLD, NEW);
	for (int round = 0; round < 12; round++) {
		for (int i = 0; i < 50; i++)
			test_ok(rebind_src(self, i % 2 ? space->src.phys : self->new.phys));
		dma_child_round(_metadata, &child);
	}
	dma_child_stop(_metadata, &child);
	EXPECT_EQ(0, seen_wrong(_metadata, space, SRC_IOVA, EDU_MAX, OLD));
}

TEST_F(rebind, a_refused_exchange_leaves_the_old_memory_live)
{
	struct vcm_ioc_phys_alloc large = { .len = 2 * PAGE };
	struct vcm_ioc_phys_alloc wc = { .len = PAGE, .cache = VCM_CACHE_WC };
	struct space *space = &self->space;
	__u64 new = self->new.phys;

	test_phys_alloc(self->fd, &large);
	if (edu_exists())
		space_activate(_metadata, space);
	test_refused(ENOSPC, rebind_src(self, large.phys));
	if (CACHE_CHANGES) {
		test_phys_alloc(self->fd, &wc);
		test_refused(EBUSY, rebind_src(self, wc.phys));
	}
	test_refused(EBUSY, rebind_src(self, new, .cache = VCM_CACHE_WC));
	test_refused(EINVAL, rebind_src(self, new, .prot = 0));
	test_refused(EOPNOTSUPP, rebind_src(self, new, .prot = 4));
	test_refused(EINVAL, rebind_src(self, new, .off = PAGE));
	test_refused(EINVAL, rebind_src(self, new, .off = 1));
	test_refused(EINVAL, rebind_src(self, new, .len = 2 * PAGE));
	test_refused(ENOENT, rebind_src(self, NO_ID));
	test_refused(ENOENT, _vcm_rebind(self->fd, space->vcm, NO_ID, new));
	if (edu_exists())
		EXPECT_EQ(0, seen_wrong(_metadata, space, SRC_IOVA, EDU_MAX, OLD));
}

TEST_F(rebind, what_is_not_bound_cannot_be_exchanged)
{
	test_unbind(self->fd, self->space.vcm, self->space.src_res);
	test_refused(ENXIO, rebind_src(self, self->new.phys));
}

TEST_F(rebind, memory_pinned_for_reading_is_not_exchanged_for_writing)
{
	unsigned char *uva = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u64 phys;

	ASSERT_NE(MAP_FAILED, uva);
	test_pin_user(self->fd, uva, PAGE, 0, &phys);
	test_refused(EACCES, rebind_src(self, phys));
	test_ok(rebind_src(self, phys, .prot = VCM_PROT_READ));
	test_ok(rebind_src(self, self->new.phys));
	EXPECT_EQ(0, munmap(uva, PAGE));
}

TEST_F(rebind, the_same_memory_can_be_exchanged_for_itself)
{
	if (!edu_exists())
		SKIP(return, "no edu device");
	space_activate(_metadata, &self->space);
	test_ok(rebind_src(self, self->space.src.phys, .prot = VCM_PROT_READ));
	load_device(_metadata, &self->space, 64, 3);
	test_edu_write_ram(SRC_IOVA, 0, 64);
	EXPECT_EQ(0, pattern_wrong(self->space.src.uva, PAGE, OLD));
	EXPECT_EQ(0, seen_wrong(_metadata, &self->space, SRC_IOVA, 64, OLD));
}

TEST_F(rebind, memory_that_was_given_up_goes_with_the_exchange)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };
	struct stats now;

	test_phys_alloc(self->fd, &alloc);
	test_ok(rebind_src(self, alloc.phys));
	test_phys_free(self->fd, alloc.phys);
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages + 4, now.pages);
	test_ok(rebind_src(self, self->new.phys));
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages + 3, now.pages);
}

FIXTURE(part) {
	struct stats before;
	int fd;
	struct space space;
	struct mem mem;		/* four pages, page i the pattern 10 + i */
	__u64 res;		/* four pages at FREE_IOVA */
};

FIXTURE_SETUP(part)
{
	if (!edu_exists())
		SKIP(return, "no edu device");
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	space_create(_metadata, self->fd, &self->space, OLD);
	test_mem_alloc(self->fd, 4 * PAGE, 1, &self->mem);
	for (int i = 0; i < 4; i++)
		pattern_fill(self->mem.uva + i * PAGE, PAGE, 10 + i);
	test_reserve_at(self->fd, self->space.vcm, FREE_IOVA, 4 * PAGE, &self->res);
	space_activate(_metadata, &self->space);
}

FIXTURE_TEARDOWN(part)
{
	expect_invariants();
	space_destroy(_metadata, &self->space);
	EXPECT_EQ(0, munmap(self->mem.uva, self->mem.len));
	EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
}

/* Pages from FREE_IOVA on are those of the memory from @first on, and then nothing. */
static void expect_pages(struct __test_metadata *_metadata, FIXTURE_DATA(part) *self, int first,
			 int nr)
{
	for (int i = 0; i < 4; i++) {
		load_device(_metadata, &self->space, 64, 99);
		EXPECT_EQ(i >= nr, !!seen_wrong(_metadata, &self->space, FREE_IOVA + i * PAGE, 64,
						10 + first + i)) TH_LOG("page %d", i);
	}
}

TEST_F(part, a_binding_has_the_part_that_was_asked_for_and_no_more)
{
	struct vcm_ioc_res_info info;

	test_bind(self->fd, self->space.vcm, self->res, self->mem.phys, .off = PAGE,
		  .len = 2 * PAGE);
	test_res_info(self->fd, self->space.vcm, self->res, &info);
	EXPECT_EQ(PAGE, info.off);
	EXPECT_EQ(2 * PAGE, info.bound_len);
	expect_pages(_metadata, self, 1, 2);
}

TEST_F(part, a_part_can_be_exchanged_for_another_of_the_same_memory)
{
	test_bind(self->fd, self->space.vcm, self->res, self->mem.phys, .len = 3 * PAGE);
	expect_pages(_metadata, self, 0, 3);
	test_rebind(self->fd, self->space.vcm, self->res, self->mem.phys, .off = 3 * PAGE);
	expect_pages(_metadata, self, 3, 1);
	test_rebind(self->fd, self->space.vcm, self->res, self->mem.phys);
	expect_pages(_metadata, self, 0, 4);
}

TEST_F(part, a_part_must_be_pages_of_the_memory)
{
	const struct { __u64 off, len; } bad[] = {
		{ 0, 1 }, { 0, PAGE - 1 }, { 0, 5 * PAGE }, { PAGE, 4 * PAGE },
		{ 3 * PAGE, 2 * PAGE }, { 0, -PAGE }, { PAGE, -PAGE }, { PAGE, ~0ull },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		test_refused(EINVAL, _vcm_bind(self->fd, self->space.vcm, self->res,
					       self->mem.phys, .off = bad[i].off,
					       .len = bad[i].len));
}

TEST_F(part, a_mapping_is_a_reservation_and_a_binding)
{
	struct vcm_ioc_map map = {
		.vcm = self->space.vcm, .phys = self->mem.phys, .flags = VCM_RESERVE_FIXED,
		.start = FREE_IOVA + 16 * PAGE, .prot = VCM_PROT_READ,
	};
	struct vcm_ioc_res_info info;

	test_map(self->fd, &map);
	test_res_info(self->fd, self->space.vcm, map.res, &info);
	EXPECT_EQ(FREE_IOVA + 16 * PAGE, info.start);
	EXPECT_EQ(4 * PAGE, info.len);
	EXPECT_EQ(self->mem.phys, info.phys);
	EXPECT_EQ(1, info.mapped);
	EXPECT_EQ(0, seen_wrong(_metadata, &self->space, map.start + 2 * PAGE, 64, 12));
	map.res = 0;
	test_refused(EADDRINUSE, _vcm_map(self->fd, &map));
	map.flags = 0;
	map.len = PAGE;
	test_refused(ENOSPC, _vcm_map(self->fd, &map));
	map.len = 0;
	map.prot = 4;
	test_refused(EOPNOTSUPP, _vcm_map(self->fd, &map));
}

TEST_F(part, unmapping_is_giving_up_a_reference_to_what_is_bound)
{
	struct vcm_ioc_map map = { .vcm = self->space.vcm, .phys = self->mem.phys };
	struct vcm_ioc_res_info info;

	test_map(self->fd, &map);
	test_ref(self->fd, self->space.vcm, map.res, NULL);
	test_unmap(self->fd, self->space.vcm, map.res);
	test_res_info(self->fd, self->space.vcm, map.res, &info);
	EXPECT_EQ(1, info.refs);
	EXPECT_EQ(self->mem.phys, info.phys);
	test_unbind(self->fd, self->space.vcm, map.res);
	test_refused(ENXIO, _vcm_unmap(self->fd, self->space.vcm, map.res));
	test_bind(self->fd, self->space.vcm, map.res, self->mem.phys);
	test_unmap(self->fd, self->space.vcm, map.res);
	test_refused(ENOENT, _vcm_unmap(self->fd, self->space.vcm, map.res));
}

TEST_F(part, a_binding_can_be_made_with_its_memory)
{
	struct vcm_ioc_map map = { .vcm = self->space.vcm, .len = 2 * PAGE, .orders = 1 };
	struct stats before, now;
	unsigned char *uva;

	test_stats_read(&before);
	test_make_binding(self->fd, &map);
	uva = mmap(NULL, map.len, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, map.mmap_offset);
	ASSERT_NE(MAP_FAILED, uva);
	EXPECT_EQ(0, dma_wrong(_metadata, &self->space, map.start, uva, map.len));
	EXPECT_EQ(0, munmap(uva, map.len));
	test_phys_free(self->fd, map.phys);
	test_stats_read(&now);
	EXPECT_EQ(before.pages + 2, now.pages);
	test_unmap(self->fd, self->space.vcm, map.res);
	expect_stats(&before);
}

TEST_F(part, a_binding_that_cannot_be_made_leaves_no_memory)
{
	const __u64 too_much = SPACE_LAST - SPACE_START + 1 + PAGE;
	struct vcm_ioc_map map = { .vcm = self->space.vcm, .len = too_much };

	test_refused(ENOSPC, _vcm_make_binding(self->fd, &map));
	map = (struct vcm_ioc_map) { .vcm = self->space.vcm, .len = PAGE + 1 };
	test_refused(EINVAL, _vcm_make_binding(self->fd, &map));
	map = (struct vcm_ioc_map) { .vcm = self->space.vcm };
	test_refused(EINVAL, _vcm_make_binding(self->fd, &map));
	map = (struct vcm_ioc_map) {
		.vcm = self->space.vcm, .len = PAGE, .flags = VCM_RESERVE_FIXED,
		.start = SRC_IOVA,
	};
	test_refused(EADDRINUSE, _vcm_make_binding(self->fd, &map));
	map = (struct vcm_ioc_map) {
		.vcm = self->space.vcm, .len = PAGE, .flags = VCM_RESERVE_FIXED,
		.start = SPACE_LAST + 1,
	};
	test_refused(ERANGE, _vcm_make_binding(self->fd, &map));
}

TEST_HARNESS_MAIN
