// SPDX-License-Identifier: GPL-2.0-only
/*
 * place2.c - where reservations go when more is asked for: guards, boundaries, limits,
 * sub-windows, and the addresses that a device cannot use.
 */
#include "vcm_space.h"

#define PAGES		64u
#define WINDOW_START	0x40000ull
#define WINDOW_LAST	(WINDOW_START + PAGES * PAGE - 1)
#define MSI_START	0xfee00000ull	/* of x86 */
#define MSI_LAST	0xfeefffffull

FIXTURE(place2) {
	struct stats before;
	int fd;
	__u32 vcm;
};

FIXTURE_SETUP(place2)
{
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, WINDOW_START, WINDOW_LAST, &self->vcm);
}

FIXTURE_TEARDOWN(place2)
{
	expect_invariants();
	EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
}

#define request(self, ...)	/* members of struct vcm_ioc_reserve */		\
	((struct vcm_ioc_reserve) { .vcm = (self)->vcm, ##__VA_ARGS__ })

/* A sub-window of @pages pages.  Return: its request, answered. */
static struct vcm_ioc_reserve window(struct __test_metadata *_metadata,
				     FIXTURE_DATA(place2) *self, __u64 pages, __u64 within)
{
	struct vcm_ioc_reserve req = request(self, .len = pages * PAGE, .within = within,
					     .flags = VCM_RESERVE_BOUND);

	test_reserve(self->fd, &req);
	return req;
}

TEST_F(place2, nobody_is_given_a_guard)
{
	const __u64 at = WINDOW_START + 8 * PAGE;
	struct vcm_ioc_reserve req = request(self, .flags = VCM_RESERVE_FIXED, .start = at,
					     .len = 2 * PAGE, .guard_before = PAGE,
					     .guard_after = 3 * PAGE);
	__u64 res;

	test_reserve(self->fd, &req);
	test_refused(EADDRINUSE, _vcm_reserve_at(self->fd, self->vcm, at - PAGE, PAGE, &res));
	for (int i = 2; i < 5; i++)
		test_refused(EADDRINUSE, _vcm_reserve_at(self->fd, self->vcm, at + i * PAGE,
							 PAGE, &res));
	test_reserve_at(self->fd, self->vcm, at - 2 * PAGE, PAGE, &res);
	test_reserve_at(self->fd, self->vcm, at + 5 * PAGE, PAGE, &res);
	test_unreserve(self->fd, self->vcm, req.res, NULL);
	test_reserve_at(self->fd, self->vcm, at - PAGE, 6 * PAGE, &res);
}

TEST_F(place2, a_guard_is_no_part_of_the_reservation)
{
	struct vcm_ioc_reserve req = request(self, .len = PAGE, .guard_before = 2 * PAGE,
					     .guard_after = PAGE);
	struct vcm_ioc_res_info info;
	struct vcm_ioc_find find;

	test_reserve(self->fd, &req);
	EXPECT_EQ(WINDOW_START + 2 * PAGE, req.start);
	test_res_info(self->fd, self->vcm, req.res, &info);
	EXPECT_EQ(req.start, info.start);
	EXPECT_EQ(PAGE, info.len);
	test_find(self->fd, self->vcm, req.start, 0, &find);
	test_err_find(ENOENT, self->fd, self->vcm, req.start - 1, 0, &find);
	test_err_find(ENOENT, self->fd, self->vcm, req.start + PAGE, 0, &find);
}

TEST_F(place2, a_guard_stays_inside_the_window)
{
	struct vcm_ioc_reserve low = request(self, .flags = VCM_RESERVE_FIXED, .len = PAGE,
					     .start = WINDOW_START, .guard_before = PAGE);
	struct vcm_ioc_reserve high = request(self, .flags = VCM_RESERVE_FIXED, .len = PAGE,
					      .start = WINDOW_LAST + 1 - PAGE,
					      .guard_after = PAGE);
	struct vcm_ioc_reserve all = request(self, .len = (PAGES - 1) * PAGE,
					     .guard_before = PAGE, .guard_after = PAGE);

	test_refused(ERANGE, _vcm_reserve(self->fd, &low));
	test_refused(ERANGE, _vcm_reserve(self->fd, &high));
	test_refused(ENOSPC, _vcm_reserve(self->fd, &all));
	all.len -= PAGE;
	test_reserve(self->fd, &all);
	EXPECT_EQ(WINDOW_START + PAGE, all.start);
}

TEST_F(place2, guards_of_neighbours_do_not_overlap)
{
	struct vcm_ioc_reserve a = request(self, .len = PAGE, .guard_after = 2 * PAGE);
	struct vcm_ioc_reserve b = request(self, .len = PAGE, .guard_before = 3 * PAGE);

	test_reserve(self->fd, &a);
	test_reserve(self->fd, &b);
	EXPECT_EQ(a.start + 6 * PAGE, b.start);
}

TEST_F(place2, a_guard_that_is_no_page_or_too_long_is_einval)
{
	const __u64 bad[] = { 1, PAGE - 1, PAGE + 1, PAGE << 16, 1ull << 63, ~0ull };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct vcm_ioc_reserve a = request(self, .len = PAGE, .guard_before = bad[i]);
		struct vcm_ioc_reserve b = request(self, .len = PAGE, .guard_after = bad[i]);

		test_refused(EINVAL, _vcm_reserve(self->fd, &a));
		test_refused(EINVAL, _vcm_reserve(self->fd, &b));
	}
}

TEST_F(place2, the_longest_guards_fit_a_large_window)
{
	struct vcm_ioc_reserve req = { .len = PAGE, .guard_before = PAGE * 0xffff,
				       .guard_after = PAGE * 0xffff };
	__u64 res;

	test_create(self->fd, 0, ~0ull, &req.vcm);
	test_reserve(self->fd, &req);
	EXPECT_EQ(PAGE * 0xffff, req.start);
	test_refused(EADDRINUSE, _vcm_reserve_at(self->fd, req.vcm, 0, PAGE, &res));
	test_refused(EADDRINUSE, _vcm_reserve_at(self->fd, req.vcm, PAGE * 0x1fffe, PAGE, &res));
	test_reserve_at(self->fd, req.vcm, PAGE * 0x1ffff, PAGE, &res);
}

TEST_F(place2, no_range_crosses_its_boundary)
{
	unsigned int nr = 0;

	for (;;) {
		struct vcm_ioc_reserve req = request(self, .len = 3 * PAGE, .boundary = 4 * PAGE);
		int err = _vcm_reserve(self->fd, &req);

		if (err) {
			EXPECT_EQ(-ENOSPC, err);
			break;
		}
		EXPECT_EQ(req.start / (4 * PAGE), (req.start + req.len - 1) / (4 * PAGE));
		nr++;
	}
	EXPECT_EQ(PAGES / 4, nr);
}

TEST_F(place2, a_boundary_that_cannot_be_is_einval)
{
	const __u64 bad[] = { 3 * PAGE, PAGE, 1, PAGE + 1, ~0ull };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct vcm_ioc_reserve req = request(self, .len = 2 * PAGE, .boundary = bad[i]);

		test_refused(EINVAL, _vcm_reserve(self->fd, &req));
	}
}

TEST_F(place2, a_fixed_range_across_its_boundary_is_einval)
{
	struct vcm_ioc_reserve req = request(self, .flags = VCM_RESERVE_FIXED, .len = 2 * PAGE,
					     .start = WINDOW_START + 3 * PAGE,
					     .boundary = 4 * PAGE);

	test_refused(EINVAL, _vcm_reserve(self->fd, &req));
	req.start += PAGE;
	test_reserve(self->fd, &req);
}

TEST_F(place2, a_range_lies_between_its_lower_and_its_upper_limit)
{
	const __u64 low = WINDOW_START + 10 * PAGE, high = WINDOW_START + 14 * PAGE - 1;
	struct vcm_ioc_reserve req;

	for (int i = 0; i < 4; i++) {
		req = request(self, .len = PAGE, .start = low, .limit = high);
		test_reserve(self->fd, &req);
		EXPECT_LE(low, req.start);
		EXPECT_GE(high, req.start + PAGE - 1);
	}
	req = request(self, .len = PAGE, .start = low, .limit = high);
	test_refused(ENOSPC, _vcm_reserve(self->fd, &req));
	req = request(self, .len = PAGE, .start = WINDOW_LAST + 1);
	test_refused(ENOSPC, _vcm_reserve(self->fd, &req));
	req = request(self, .len = PAGE, .start = low + 1);
	test_refused(EINVAL, _vcm_reserve(self->fd, &req));
	req = request(self, .len = PAGE, .start = high + 1, .limit = low);
	test_refused(ENOSPC, _vcm_reserve(self->fd, &req));
}

TEST_F(place2, alignment_is_of_the_range_and_not_of_its_guard)
{
	struct vcm_ioc_reserve req = request(self, .len = PAGE, .align = 15,
					     .guard_before = PAGE, .guard_after = PAGE);

	test_reserve(self->fd, &req);
	EXPECT_EQ(0, req.start % (1u << 15));
	EXPECT_EQ(WINDOW_START + (1u << 15), req.start);
}

TEST_F(place2, what_is_within_a_sub_window_fills_it_and_no_more)
{
	struct vcm_ioc_reserve outer = window(_metadata, self, 4, 0), req;

	for (int i = 0; i < 4; i++) {
		req = request(self, .len = PAGE, .within = outer.res);
		test_reserve(self->fd, &req);
		EXPECT_EQ(outer.start + i * PAGE, req.start);
	}
	req = request(self, .len = PAGE, .within = outer.res);
	test_refused(ENOSPC, _vcm_reserve(self->fd, &req));
	req = request(self, .len = PAGE);
	test_reserve(self->fd, &req);
	EXPECT_EQ(outer.start + 4 * PAGE, req.start);
}

TEST_F(place2, others_stay_out_of_a_sub_window)
{
	struct vcm_ioc_reserve outer = window(_metadata, self, PAGES, 0), req;
	__u64 res;

	req = request(self, .len = PAGE);
	test_refused(ENOSPC, _vcm_reserve(self->fd, &req));
	test_refused(EADDRINUSE, _vcm_reserve_at(self->fd, self->vcm, outer.start, PAGE, &res));
	test_unreserve(self->fd, self->vcm, outer.res, NULL);
	test_reserve_at(self->fd, self->vcm, outer.start, PAGE, &res);
}

TEST_F(place2, a_fixed_range_within_a_sub_window_is_inside_it)
{
	struct vcm_ioc_reserve outer = window(_metadata, self, 4, 0);
	struct vcm_ioc_reserve req = request(self, .flags = VCM_RESERVE_FIXED, .len = 2 * PAGE,
					     .start = outer.start + 3 * PAGE,
					     .within = outer.res);

	test_refused(ERANGE, _vcm_reserve(self->fd, &req));
	req.start = outer.start + 2 * PAGE;
	req.guard_after = PAGE;
	test_refused(ERANGE, _vcm_reserve(self->fd, &req));
	req.guard_after = 0;
	test_reserve(self->fd, &req);
	test_refused(EADDRINUSE, _vcm_reserve(self->fd, &req));
}

TEST_F(place2, sub_windows_nest)
{
	struct vcm_ioc_reserve outer = { .res = 0 };
	struct stats now;

	for (int depth = 0; depth < 16; depth++)
		outer = window(_metadata, self, 32 - depth, outer.res);
	test_stats_read(&now);
	EXPECT_EQ(self->before.reservations + 16, now.reservations);
	/* nobody but what is inside them can take from a sub-window */
	EXPECT_EQ(self->before.bytes_reserved, now.bytes_reserved);
	outer = request(self, .len = 17 * PAGE, .within = outer.res);
	test_reserve(self->fd, &outer);
	EXPECT_EQ(WINDOW_START, outer.start);
}

TEST_F(place2, a_sub_window_lives_until_what_is_inside_has_gone)
{
	struct vcm_ioc_reserve outer = window(_metadata, self, 4, 0);
	struct vcm_ioc_reserve inner = request(self, .len = PAGE, .within = outer.res);
	__u32 refs;
	__u64 res;

	test_reserve(self->fd, &inner);
	test_unreserve(self->fd, self->vcm, outer.res, &refs);
	EXPECT_EQ(1, refs);
	test_refused(ENOENT, _vcm_ref(self->fd, self->vcm, outer.res, NULL));
	test_refused(EADDRINUSE, _vcm_reserve_at(self->fd, self->vcm, outer.start + PAGE, PAGE,
						 &res));
	test_unreserve(self->fd, self->vcm, inner.res, NULL);
	test_reserve_at(self->fd, self->vcm, outer.start, 4 * PAGE, &res);
}

TEST_F(place2, nothing_is_bound_to_a_sub_window)
{
	struct vcm_ioc_reserve outer = window(_metadata, self, 4, 0);
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };

	test_phys_alloc(self->fd, &alloc);
	test_refused(EINVAL, _vcm_bind(self->fd, self->vcm, outer.res, alloc.phys));
	test_refused(ENXIO, _vcm_unbind(self->fd, self->vcm, outer.res));
}

TEST_F(place2, only_a_sub_window_of_this_context_can_be_within)
{
	struct vcm_ioc_reserve outer = window(_metadata, self, 4, 0), req;
	struct vcm_ioc_reserve plain = request(self, .len = PAGE);

	test_reserve(self->fd, &plain);
	req = request(self, .len = PAGE, .within = plain.res);
	test_refused(EINVAL, _vcm_reserve(self->fd, &req));
	req = request(self, .len = PAGE, .within = NO_ID);
	test_refused(ENOENT, _vcm_reserve(self->fd, &req));
	test_create(self->fd, WINDOW_START, WINDOW_LAST, &req.vcm);
	req.within = outer.res;
	test_refused(ENOENT, _vcm_reserve(self->fd, &req));
}

TEST_F(place2, nobody_reserves_in_the_name_of_the_system)
{
	struct vcm_ioc_reserve req = request(self, .len = PAGE, .flags = VCM_RESERVE_SYSTEM);

	test_refused(EOPNOTSUPP, _vcm_reserve(self->fd, &req));
}

FIXTURE(regions) {
	struct stats before;
	int fd;
	__u32 vcm;
};

FIXTURE_SETUP(regions)
{
	if (!edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, 0, ~0ull, &self->vcm);
}

FIXTURE_TEARDOWN(regions)
{
	expect_invariants();
	EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
}

TEST_F(regions, the_msi_window_is_reserved_while_a_device_is_associated)
{
	struct vcm_ioc_find find;
	__u64 assoc, res;

	test_err_find(ENOENT, self->fd, self->vcm, MSI_START, 0, &find);
	test_assoc(self->fd, self->vcm, edu_name(), &assoc);
	test_find(self->fd, self->vcm, MSI_START, 0, &find);
	EXPECT_EQ(MSI_START, find.start);
	EXPECT_EQ(MSI_LAST, find.start + find.len - 1);
	EXPECT_TRUE(find.rflags & VCM_RESERVE_SYSTEM);
	test_refused(EADDRINUSE, _vcm_reserve_at(self->fd, self->vcm, MSI_START + PAGE, PAGE,
						 &res));
	test_deassoc(self->fd, self->vcm, assoc);
	test_err_find(ENOENT, self->fd, self->vcm, MSI_START, 0, &find);
	test_reserve_at(self->fd, self->vcm, MSI_START, PAGE, &res);
}

TEST_F(regions, what_the_system_reserved_is_not_the_file_s)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };
	struct vcm_ioc_find find;
	__u64 assoc;

	test_assoc(self->fd, self->vcm, edu_name(), &assoc);
	test_phys_alloc(self->fd, &alloc);
	test_find(self->fd, self->vcm, MSI_START, 0, &find);
	test_refused(ENOENT, _vcm_unreserve(self->fd, self->vcm, find.res, NULL));
	test_refused(ENOENT, _vcm_ref(self->fd, self->vcm, find.res, NULL));
	test_refused(ENOENT, _vcm_bind(self->fd, self->vcm, find.res, alloc.phys));
}

TEST_F(regions, a_window_has_its_part_of_the_region)
{
	struct vcm_ioc_find find;
	__u64 assoc;
	__u32 vcm;

	test_create(self->fd, MSI_START + PAGE, MSI_START + 3 * PAGE - 1, &vcm);
	test_assoc(self->fd, vcm, edu_name(), &assoc);
	test_find(self->fd, vcm, MSI_START + PAGE, 0, &find);
	EXPECT_EQ(MSI_START + PAGE, find.start);
	EXPECT_EQ(2 * PAGE, find.len);
	test_create(self->fd, 0x1000, 0xffff, &vcm);
	test_assoc(self->fd, vcm, edu_name(), &assoc);
	test_err_find(ENOENT, self->fd, vcm, 0, VCM_FIND_NEXT, &find);
}

TEST_F(regions, a_device_cannot_join_where_its_region_is_taken)
{
	__u64 assoc, res;

	test_reserve_at(self->fd, self->vcm, MSI_LAST + 1 - PAGE, 2 * PAGE, &res);
	test_refused(EADDRINUSE, _vcm_assoc(self->fd, self->vcm, edu_name(), &assoc));
	test_unreserve(self->fd, self->vcm, res, NULL);
	test_assoc(self->fd, self->vcm, edu_name(), &assoc);
}

TEST_F(regions, two_devices_share_a_region)
{
	struct vcm_ioc_find find;
	__u64 one, two;

	if (!edu_exists_dev(edu2_name()))
		SKIP(return, "no second edu device %s", edu2_name());
	test_assoc(self->fd, self->vcm, edu_name(), &one);
	test_assoc(self->fd, self->vcm, edu2_name(), &two);
	test_deassoc(self->fd, self->vcm, one);
	test_find(self->fd, self->vcm, MSI_START, 0, &find);
	EXPECT_EQ(MSI_START, find.start);
	test_deassoc(self->fd, self->vcm, two);
	test_err_find(ENOENT, self->fd, self->vcm, MSI_START, 0, &find);
}

TEST_F(regions, ranges_are_placed_where_the_active_device_can_reach)
{
	struct vcm_ioc_reserve req = { .vcm = self->vcm, .len = PAGE, .start = 1ull << 60 };
	struct vcm_ioc_info info;
	__u64 assoc;

	test_assoc(self->fd, self->vcm, edu_name(), &assoc);
	test_activate(self->fd, self->vcm, assoc, NULL);
	test_info(self->fd, self->vcm, &info);
	EXPECT_GT(1ull << 60, info.reach_last);
	EXPECT_TRUE(info.pgsizes & PAGE);
	test_refused(ENOSPC, _vcm_reserve(self->fd, &req));
	req.start = 0;
	test_reserve(self->fd, &req);
	EXPECT_LE(info.reach_start, req.start);
	test_deactivate(self->fd, self->vcm, assoc, NULL);
	req.start = 1ull << 60;
	test_reserve(self->fd, &req);
	test_info(self->fd, self->vcm, &info);
	EXPECT_EQ(~0ull, info.reach_last);
	EXPECT_EQ(0, info.pgsizes);
}

TEST_HARNESS_MAIN
