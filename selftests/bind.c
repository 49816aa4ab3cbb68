// SPDX-License-Identifier: GPL-2.0-only
/*
 * bind.c - memory and bindings: every refusal, rebinding, sharing, chunk sizes, the aperture.
 */
#include "vcm_dma.h"

#define WINDOW_START	0x100000ull
#define WINDOW_LAST	0x1ffffffull
#define BEYOND		(1ull << 57)	/* outside the aperture, where that has an end */

FIXTURE(bind) {
	struct stats before;
	int fd;
	__u32 vcm;
	__u64 res;		/* four pages */
	__u64 start;
	__u64 phys;		/* four pages */
	__u64 other;		/* four other pages */
};

FIXTURE_SETUP(bind)
{
	struct vcm_ioc_phys_alloc alloc = { .len = 4 * PAGE };

	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, WINDOW_START, WINDOW_LAST, &self->vcm);
	test_reserve_any(self->fd, self->vcm, 4 * PAGE, &self->res, &self->start);
	test_phys_alloc(self->fd, &alloc);
	self->phys = alloc.phys;
	test_phys_alloc(self->fd, &alloc);
	self->other = alloc.phys;
}

FIXTURE_TEARDOWN(bind)
{
	expect_invariants();
	EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
}

/* Allocate @len bytes of chunks as @orders allows.  Return: how many chunks it took. */
static __u32 chunks_of(struct __test_metadata *_metadata, int fd, __u64 len, __u32 orders)
{
	struct vcm_ioc_phys_alloc alloc = { .len = len, .orders = orders };

	test_phys_alloc(fd, &alloc);
	test_phys_free(fd, alloc.phys);
	return alloc.chunks;
}

TEST_F(bind, a_binding_shows_in_the_reservation)
{
	struct vcm_ioc_res_info info;

	test_res_info(self->fd, self->vcm, self->res, &info);
	EXPECT_EQ(0, info.phys);
	EXPECT_EQ(0, info.bound_len);
	EXPECT_EQ(0, info.prot);
	test_bind(self->fd, self->vcm, self->res, self->phys, .off = PAGE,
		  .prot = VCM_PROT_READ);
	test_res_info(self->fd, self->vcm, self->res, &info);
	EXPECT_EQ(self->start, info.start);
	EXPECT_EQ(4 * PAGE, info.len);
	EXPECT_EQ(self->phys, info.phys);
	EXPECT_EQ(PAGE, info.off);
	EXPECT_EQ(3 * PAGE, info.bound_len);
	EXPECT_EQ(VCM_PROT_READ, info.prot);
	EXPECT_EQ(0, info.mapped);
	EXPECT_EQ(1, info.refs);
}

TEST_F(bind, the_same_memory_again_is_ealready)
{
	test_bind(self->fd, self->vcm, self->res, self->phys);
	test_refused(EALREADY, _vcm_bind(self->fd, self->vcm, self->res, self->phys));
	test_refused(EALREADY, _vcm_bind(self->fd, self->vcm, self->res, self->phys, .off = PAGE));
}

TEST_F(bind, other_memory_is_eaddrinuse)
{
	test_bind(self->fd, self->vcm, self->res, self->phys);
	test_refused(EADDRINUSE, _vcm_bind(self->fd, self->vcm, self->res, self->other));
}

TEST_F(bind, memory_larger_than_the_reservation_is_enospc)
{
	struct vcm_ioc_phys_alloc alloc = { .len = 5 * PAGE };

	test_phys_alloc(self->fd, &alloc);
	test_refused(ENOSPC, _vcm_bind(self->fd, self->vcm, self->res, alloc.phys));
	test_bind(self->fd, self->vcm, self->res, alloc.phys, .off = PAGE);
}

TEST_F(bind, memory_smaller_than_the_reservation_is_bound_at_its_start)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };
	struct vcm_ioc_res_info info;

	test_phys_alloc(self->fd, &alloc);
	test_bind(self->fd, self->vcm, self->res, alloc.phys);
	test_res_info(self->fd, self->vcm, self->res, &info);
	EXPECT_EQ(PAGE, info.bound_len);
	EXPECT_EQ(4 * PAGE, info.len);
}

TEST_F(bind, a_protection_that_allows_nothing_is_einval)
{
	test_refused(EINVAL, _vcm_bind(self->fd, self->vcm, self->res, self->phys, .prot = 0));
}

TEST_F(bind, an_unknown_protection_is_eopnotsupp)
{
	for (int bit = 2; bit < 32; bit++)
		test_refused(EOPNOTSUPP, _vcm_bind(self->fd, self->vcm, self->res, self->phys,
						   .prot = VCM_PROT_READ | 1u << bit));
}

TEST_F(bind, an_offset_that_is_not_a_page_of_the_memory_is_einval)
{
	const __u64 bad[] = { 1, PAGE - 1, PAGE + 1, 4 * PAGE, 5 * PAGE, -PAGE, ~0ull };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		test_refused(EINVAL, _vcm_bind(self->fd, self->vcm, self->res, self->phys,
					       .off = bad[i]));
}

TEST_F(bind, the_last_page_of_memory_can_be_bound)
{
	struct vcm_ioc_res_info info;

	test_bind(self->fd, self->vcm, self->res, self->phys, .off = 3 * PAGE);
	test_res_info(self->fd, self->vcm, self->res, &info);
	EXPECT_EQ(PAGE, info.bound_len);
}

TEST_F(bind, what_does_not_exist_cannot_be_bound)
{
	test_refused(ENOENT, _vcm_bind(self->fd, self->vcm, NO_ID, self->phys));
	test_refused(ENOENT, _vcm_bind(self->fd, self->vcm, self->res, NO_ID));
	test_refused(ENOENT, _vcm_bind(self->fd, self->vcm, 0, self->phys));
	test_refused(ENOENT, _vcm_bind(self->fd, self->vcm, self->res, 0));
}

TEST_F(bind, unbinding_what_is_not_bound_is_enxio)
{
	test_refused(ENXIO, _vcm_unbind(self->fd, self->vcm, self->res));
	test_bind(self->fd, self->vcm, self->res, self->phys);
	test_unbind(self->fd, self->vcm, self->res);
	test_refused(ENXIO, _vcm_unbind(self->fd, self->vcm, self->res));
}

TEST_F(bind, a_reservation_can_be_bound_again_after_unbinding)
{
	for (int round = 0; round < 4; round++) {
		test_bind(self->fd, self->vcm, self->res, self->phys);
		test_unbind(self->fd, self->vcm, self->res);
		test_bind(self->fd, self->vcm, self->res, self->other, .prot = VCM_PROT_WRITE);
		test_unbind(self->fd, self->vcm, self->res);
	}
}

TEST_F(bind, one_memory_can_be_bound_many_times)
{
	struct stats now;
	__u64 second, third, start;
	__u32 vcm;

	test_create(self->fd, 0, ~0ull, &vcm);
	test_reserve_any(self->fd, self->vcm, 4 * PAGE, &second, &start);
	test_reserve_any(self->fd, vcm, 4 * PAGE, &third, &start);
	test_bind(self->fd, self->vcm, self->res, self->phys);
	test_bind(self->fd, self->vcm, second, self->phys, .prot = VCM_PROT_READ);
	test_bind(self->fd, vcm, third, self->phys, .off = 2 * PAGE);
	test_stats_read(&now);
	EXPECT_EQ(self->before.bytes_bound + 10 * PAGE, now.bytes_bound);
	EXPECT_EQ(self->before.pages + 8, now.pages);
	test_destroy(self->fd, vcm);
	test_stats_read(&now);
	EXPECT_EQ(self->before.bytes_bound + 8 * PAGE, now.bytes_bound);
}

TEST_F(bind, memory_that_was_given_up_stays_until_it_is_unbound)
{
	struct vcm_ioc_res_info info;
	struct stats now;

	test_bind(self->fd, self->vcm, self->res, self->phys);
	test_phys_free(self->fd, self->phys);
	test_refused(ENOENT, _vcm_phys_free(self->fd, self->phys));
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages + 8, now.pages);
	test_res_info(self->fd, self->vcm, self->res, &info);
	EXPECT_EQ(self->phys, info.phys);
	test_unbind(self->fd, self->vcm, self->res);
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages + 4, now.pages);
	EXPECT_EQ(self->before.memory_objects + 1, now.memory_objects);
}

TEST_F(bind, chunks_have_the_size_that_was_asked_for)
{
	EXPECT_EQ(16, chunks_of(_metadata, self->fd, 16 * PAGE, 1u << 0));
	EXPECT_EQ(8, chunks_of(_metadata, self->fd, 16 * PAGE, 1u << 1));
	EXPECT_EQ(4, chunks_of(_metadata, self->fd, 16 * PAGE, 1u << 2));
	EXPECT_EQ(1, chunks_of(_metadata, self->fd, 16 * PAGE, 1u << 4));
	EXPECT_EQ(3, chunks_of(_metadata, self->fd, 3 * PAGE << 3, 1u << 3));
	EXPECT_EQ(4, chunks_of(_metadata, self->fd, 7 * PAGE, 1u << 0 | 1u << 1));
	EXPECT_LE(1, chunks_of(_metadata, self->fd, 16 * PAGE, 0));
}

TEST_F(bind, memory_counts_its_pages)
{
	struct vcm_ioc_phys_alloc alloc = { .len = 7 * PAGE };
	struct stats now;

	for (alloc.orders = 0; alloc.orders < 2; alloc.orders++) {
		test_phys_alloc(self->fd, &alloc);
		test_stats_read(&now);
		EXPECT_EQ(self->before.pages + 8 + 7, now.pages);
		test_phys_free(self->fd, alloc.phys);
	}
}

TEST_F(bind, memory_that_is_no_multiple_of_its_chunks_is_einval)
{
	struct vcm_ioc_phys_alloc alloc = { .len = 3 * PAGE, .orders = 1u << 1 };

	test_refused(EINVAL, _vcm_phys_alloc(self->fd, &alloc));
	alloc = (struct vcm_ioc_phys_alloc) { .len = PAGE, .orders = 1u << VCM_MAX_ORDER };
	test_refused(EINVAL, _vcm_phys_alloc(self->fd, &alloc));
	alloc = (struct vcm_ioc_phys_alloc) { .len = PAGE, .orders = 2u << VCM_MAX_ORDER };
	test_refused(EINVAL, _vcm_phys_alloc(self->fd, &alloc));
	alloc = (struct vcm_ioc_phys_alloc) { .len = PAGE, .orders = 1u << 31 | 1u };
	test_refused(EINVAL, _vcm_phys_alloc(self->fd, &alloc));
}

TEST_F(bind, memory_of_no_whole_pages_is_einval)
{
	const __u64 bad[] = { 0, 1, PAGE - 1, PAGE + 1, 1000 * PAGE - 1 };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct vcm_ioc_phys_alloc alloc = { .len = bad[i] };

		test_refused(EINVAL, _vcm_phys_alloc(self->fd, &alloc));
	}
}

TEST_F(bind, more_memory_than_there_is_is_enomem)
{
	struct vcm_ioc_phys_alloc alloc = { .len = 1ull << 40 };

	test_refused(ENOMEM, _vcm_phys_alloc(self->fd, &alloc));
	alloc.len = -PAGE;
	test_refused(ENOMEM, _vcm_phys_alloc(self->fd, &alloc));
}

FIXTURE(aperture) {
	struct stats before;
	int fd;
	__u32 vcm;
	__u64 far;		/* reservation beyond the aperture */
	__u64 phys;
	__u64 assoc;
};

FIXTURE_SETUP(aperture)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };

	if (!edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	if (reach_last(edu_name()) >= BEYOND)
		SKIP(return, "nothing is beyond the aperture of this IOMMU");
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, 0, ~0ull, &self->vcm);
	test_reserve_at(self->fd, self->vcm, BEYOND, PAGE, &self->far);
	test_phys_alloc(self->fd, &alloc);
	self->phys = alloc.phys;
	test_assoc(self->fd, self->vcm, edu_name(), &self->assoc);
}

FIXTURE_TEARDOWN(aperture)
{
	expect_invariants();
	EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
}

TEST_F(aperture, a_binding_beyond_it_is_refused_while_active)
{
	struct vcm_ioc_res_info info;

	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_refused(ERANGE, _vcm_bind(self->fd, self->vcm, self->far, self->phys));
	test_res_info(self->fd, self->vcm, self->far, &info);
	EXPECT_EQ(0, info.phys);
	test_deactivate(self->fd, self->vcm, self->assoc, NULL);
	test_bind(self->fd, self->vcm, self->far, self->phys);
}

TEST_F(aperture, an_activation_with_a_binding_beyond_it_is_refused)
{
	test_bind(self->fd, self->vcm, self->far, self->phys);
	test_refused(ERANGE, _vcm_activate(self->fd, self->vcm, self->assoc, NULL));
	test_unbind(self->fd, self->vcm, self->far);
	test_activate(self->fd, self->vcm, self->assoc, NULL);
}

TEST_F(aperture, a_refused_activation_leaves_nothing_mapped)
{
	struct vcm_ioc_res_info info;
	__u64 near;

	test_reserve_at(self->fd, self->vcm, 0, PAGE, &near);
	test_bind(self->fd, self->vcm, near, self->phys);
	test_bind(self->fd, self->vcm, self->far, self->phys);
	test_refused(ERANGE, _vcm_activate(self->fd, self->vcm, self->assoc, NULL));
	test_res_info(self->fd, self->vcm, near, &info);
	EXPECT_EQ(0, info.mapped);
	test_unbind(self->fd, self->vcm, self->far);
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_res_info(self->fd, self->vcm, near, &info);
	EXPECT_EQ(1, info.mapped);
}

TEST_HARNESS_MAIN
