// SPDX-License-Identifier: GPL-2.0-only
/*
 * place.c - where reservations go: first and last address, boundary, guards, sub-windows, reach.
 */
#include "fake.h"
#include "unit.h"

static struct vcm_res *good(struct vcm *vcm, const struct vcm_req *req, u64 start)
{
	struct vcm_res *res = vcm_reserve(vcm, req);

	CHECK_PTR_ERR(0, res);
	CHECK_EQ(start, vcm_res_start(res));
	CHECK_EQ(req->len, vcm_res_len(res));
	unit_verify();
	return res;
}

TEST(start_is_the_first_address_used)
{
	struct vcm *vcm = unit_context(0, 32 * PAGE - 1);
	struct vcm_req req = { .len = 2 * PAGE, .start = 5 * PAGE };
	struct vcm_res *res[4];

	res[0] = good(vcm, &req, 5 * PAGE);
	res[1] = good(vcm, &req, 7 * PAGE);
	req.align = VCM_PAGE_SHIFT + 2;
	req.start = 3 * PAGE;
	res[2] = good(vcm, &req, 12 * PAGE);
	req = (struct vcm_req) { .len = PAGE, .start = 31 * PAGE };
	res[3] = good(vcm, &req, 31 * PAGE);
	CHECK_PTR_ERR(-ENOSPC, vcm_reserve(vcm, &req));
	req.start = 32 * PAGE;
	CHECK_PTR_ERR(-ENOSPC, vcm_reserve(vcm, &req));
	req.start = 1;
	CHECK_PTR_ERR(-EINVAL, vcm_reserve(vcm, &req));
	for (u32 i = 0; i < 4; i++)
		vcm_unreserve(res[i]);
	vcm_destroy(vcm);
}

TEST(start_above_the_limit_is_nowhere)
{
	struct vcm *vcm = unit_context(0, 32 * PAGE - 1);
	const struct vcm_req req = { .len = PAGE, .start = 9 * PAGE, .limit = 9 * PAGE - 1 };

	CHECK_PTR_ERR(-ENOSPC, vcm_reserve(vcm, &req));
	vcm_destroy(vcm);
}

TEST(boundary_is_not_crossed)
{
	struct vcm *vcm = unit_context(3 * PAGE, 64 * PAGE - 1);
	struct vcm_req req = { .len = 3 * PAGE, .boundary = 4 * PAGE };
	struct vcm_res *res[3];

	res[0] = good(vcm, &req, 4 * PAGE);
	res[1] = good(vcm, &req, 8 * PAGE);
	req.len = 4 * PAGE;
	res[2] = good(vcm, &req, 12 * PAGE);
	req.len = 5 * PAGE;
	CHECK_PTR_ERR(-EINVAL, vcm_reserve(vcm, &req));
	req.boundary = 12 * PAGE;
	CHECK_PTR_ERR(-EINVAL, vcm_reserve(vcm, &req));
	req = (struct vcm_req) { .len = 2 * PAGE, .start = 23 * PAGE, .boundary = 4 * PAGE,
				 .flags = VCM_RESERVE_FIXED };
	CHECK_PTR_ERR(-EINVAL, vcm_reserve(vcm, &req));
	req.boundary = 16 * PAGE;
	vcm_unreserve(good(vcm, &req, 23 * PAGE));
	for (u32 i = 0; i < 3; i++)
		vcm_unreserve(res[i]);
	vcm_destroy(vcm);
}

TEST(boundary_and_alignment_together)
{
	struct vcm *vcm = unit_context(PAGE, 64 * PAGE - 1);
	struct vcm_req req = { .len = 3 * PAGE, .boundary = 8 * PAGE, .align = 13 };
	struct vcm_res *res[3];

	res[0] = good(vcm, &req, 2 * PAGE);
	res[1] = good(vcm, &req, 8 * PAGE);
	req.align = VCM_PAGE_SHIFT + 4;
	res[2] = good(vcm, &req, 16 * PAGE);
	for (u32 i = 0; i < 3; i++)
		vcm_unreserve(res[i]);
	vcm_destroy(vcm);
}

/* A hole of exactly the size, with its boundary in the right place, in a space that is full. */
TEST(exact_fit_between_boundaries_is_found)
{
	struct vcm *vcm = unit_context(0, 16 * PAGE - 1);
	struct vcm_req req = { .len = 3 * PAGE, .boundary = 4 * PAGE };
	struct vcm_res *low = unit_res_at(vcm, 0, 2), *mid = unit_res_at(vcm, 5 * PAGE, 3);
	struct vcm_res *high = unit_res_at(vcm, 11 * PAGE, 5), *res;

	res = good(vcm, &req, 8 * PAGE);	/* [2, 5) crosses 4; [8, 11) does not cross 12 */
	CHECK_PTR_ERR(-ENOSPC, vcm_reserve(vcm, &req));
	vcm_unreserve(res);
	vcm_unreserve(low);
	vcm_unreserve(mid);
	vcm_unreserve(high);
	vcm_destroy(vcm);
}

TEST(guards_belong_to_nobody_else)
{
	struct vcm *vcm = unit_context(0, 16 * PAGE - 1);
	struct vcm_req req = { .len = 2 * PAGE, .guard_before = PAGE, .guard_after = 2 * PAGE };
	struct vcm_res *res[3];

	res[0] = good(vcm, &req, PAGE);		/* takes [0, 5) */
	CHECK_EQ(2 << 16 | 1, unit_event(1)->arg[4]);
	res[1] = good(vcm, &req, 6 * PAGE);	/* takes [5, 10) */
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 0, PAGE));
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 4 * PAGE, PAGE));
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 9 * PAGE, PAGE));
	req.len = 4 * PAGE;
	CHECK_PTR_ERR(-ENOSPC, vcm_reserve(vcm, &req));
	req.len = 3 * PAGE;
	res[2] = good(vcm, &req, 11 * PAGE);	/* [10, 16): full to the last page */
	CHECK_PTR_ERR(-ENOENT, vcm_find_res(vcm, 0));
	CHECK_PTR_ERR(-ENOENT, vcm_find_res(vcm, 3 * PAGE));
	for (u32 i = 0; i < 3; i++)
		vcm_unreserve(res[i]);
	vcm_unreserve(unit_res_at(vcm, 0, 16));
	vcm_destroy(vcm);
}

TEST(guards_may_lie_outside_of_start_and_limit)
{
	struct vcm *vcm = unit_context(0, 16 * PAGE - 1);
	const struct vcm_req req = { .len = 2 * PAGE, .start = 4 * PAGE, .limit = 6 * PAGE - 1,
				     .guard_before = 2 * PAGE, .guard_after = 3 * PAGE };
	struct vcm_res *res = good(vcm, &req, 4 * PAGE);

	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 2 * PAGE, PAGE));
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 8 * PAGE, PAGE));
	vcm_unreserve(unit_res_at(vcm, 0, 2));
	vcm_unreserve(unit_res_at(vcm, 9 * PAGE, 1));
	vcm_unreserve(res);
	vcm_destroy(vcm);
}

TEST(guards_of_a_fixed_range_have_to_be_free_and_inside)
{
	struct vcm *vcm = unit_context(PAGE, 16 * PAGE - 1);
	struct vcm_req req = { .len = PAGE, .start = 2 * PAGE, .guard_before = 2 * PAGE,
			       .flags = VCM_RESERVE_FIXED };
	struct vcm_res *res = unit_res_at(vcm, 8 * PAGE, 1);

	CHECK_PTR_ERR(-ERANGE, vcm_reserve(vcm, &req));
	req.start = 3 * PAGE;
	vcm_unreserve(good(vcm, &req, 3 * PAGE));
	req.start = 10 * PAGE;
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve(vcm, &req));
	req.start = 11 * PAGE;
	vcm_unreserve(good(vcm, &req, 11 * PAGE));
	req.guard_before = 0;
	req.guard_after = 2 * PAGE;
	req.start = 14 * PAGE;
	CHECK_PTR_ERR(-ERANGE, vcm_reserve(vcm, &req));
	req.start = 13 * PAGE;
	vcm_unreserve(good(vcm, &req, 13 * PAGE));
	req.start = 6 * PAGE;
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve(vcm, &req));
	req.start = 5 * PAGE;
	vcm_unreserve(good(vcm, &req, 5 * PAGE));
	vcm_unreserve(res);
	vcm_destroy(vcm);
}

TEST(guards_are_pages_and_not_too_many)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_req req = { .len = PAGE, .guard_before = PAGE / 2 };

	CHECK_PTR_ERR(-EINVAL, vcm_reserve(vcm, &req));
	req.guard_before = 0x10000 * PAGE;
	CHECK_PTR_ERR(-EINVAL, vcm_reserve(vcm, &req));
	req.guard_before = 0;
	req.guard_after = 1;
	CHECK_PTR_ERR(-EINVAL, vcm_reserve(vcm, &req));
	req.guard_after = 0x10000 * PAGE;
	CHECK_PTR_ERR(-EINVAL, vcm_reserve(vcm, &req));
	req.guard_after = 0xffff * PAGE;
	req.guard_before = 0xffff * PAGE;
	vcm_unreserve(good(vcm, &req, 0xffff * PAGE));
	req.len = -PAGE;
	CHECK_PTR_ERR(-ENOSPC, vcm_reserve(vcm, &req));
	vcm_destroy(vcm);
}

TEST(sub_window_holds_what_is_reserved_inside)
{
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);
	struct vcm_req req = { .len = 8 * PAGE, .start = 16 * PAGE, .flags = VCM_RESERVE_BOUND };
	struct vcm_res *bound = good(vcm, &req, 16 * PAGE), *res[3];
	struct vcm_res_info info;

	req = (struct vcm_req) { .len = 3 * PAGE, .within = bound };
	unit_events_clear();
	res[0] = good(vcm, &req, 16 * PAGE);
	CHECK_STR("ref reserve", unit_event_names());
	res[1] = good(vcm, &req, 19 * PAGE);
	CHECK_PTR_ERR(-ENOSPC, vcm_reserve(vcm, &req));
	req.flags = VCM_RESERVE_FIXED;
	req.start = 15 * PAGE;
	CHECK_PTR_ERR(-ERANGE, vcm_reserve(vcm, &req));
	req.start = 22 * PAGE;
	CHECK_PTR_ERR(-ERANGE, vcm_reserve(vcm, &req));
	req.start = 20 * PAGE;
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve(vcm, &req));
	req.start = 22 * PAGE;
	req.len = 2 * PAGE;
	res[2] = good(vcm, &req, 22 * PAGE);
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 20 * PAGE, PAGE));
	vcm_res_info(bound, &info);
	CHECK_EQ(4, info.refs);
	CHECK_EQ(VCM_RESERVE_BOUND, info.flags);
	unit_events_clear();
	vcm_unreserve(bound);
	for (u32 i = 0; i < 3; i++) {
		unit_verify();
		vcm_unreserve(res[i]);
	}
	CHECK_STR("unref unreserve unref unreserve unref unreserve unreserve", unit_event_names());
	vcm_unreserve(unit_res_at(vcm, 0, 64));
	vcm_destroy(vcm);
}

TEST(sub_windows_may_be_nested)
{
	enum { DEPTH = 12 };
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);
	struct vcm_req req = { .len = (DEPTH + 1) * PAGE, .flags = VCM_RESERVE_BOUND };
	struct vcm_res *res[DEPTH], *inmost;

	for (u32 i = 0; i < DEPTH; i++) {
		res[i] = good(vcm, &req, 0);
		req.within = res[i];
		req.len -= PAGE;
	}
	req.flags = 0;
	inmost = good(vcm, &req, 0);
	for (u32 i = 0; i < DEPTH; i++)
		vcm_unreserve(res[i]);
	unit_verify();
	unit_events_clear();
	vcm_unreserve(inmost);		/* takes all of them with it */
	CHECK_EQ(1 + DEPTH, unit_events());
	CHECK_EQ(0, vcm->nr_res);
	vcm_destroy(vcm);
}

TEST(only_a_live_sub_window_of_the_context_has_an_inside)
{
	struct vcm *vcm = unit_context(0, ~0ull), *other = unit_context(0, ~0ull);
	struct vcm_req req = { .len = 8 * PAGE, .flags = VCM_RESERVE_BOUND };
	struct vcm_res *bound = good(vcm, &req, 0), *plain = unit_res_at(vcm, 16 * PAGE, 2);
	struct vcm_phys *phys = unit_phys(1);

	req = (struct vcm_req) { .len = PAGE, .within = plain };
	CHECK_PTR_ERR(-EINVAL, vcm_reserve(vcm, &req));
	req.within = bound;
	CHECK_PTR_ERR(-EINVAL, vcm_reserve(other, &req));
	CHECK_ERR(-EINVAL, vcm_bind(bound, phys, 0, RW));
	CHECK_ERR(-ENXIO, vcm_unbind(bound));
	vcm_destroy(vcm);
	CHECK_PTR_ERR(-ENODEV, vcm_reserve(vcm, &req));
	vcm_unreserve(bound);
	vcm_unreserve(plain);
	vcm_phys_put(phys);
	vcm_destroy(other);
}

/* Nobody's references may belong to what is inside: they are not for taking. */
TEST(reference_of_what_is_inside_cannot_be_given_up)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_req req = { .len = 8 * PAGE, .flags = VCM_RESERVE_BOUND };
	struct vcm_res *bound = good(vcm, &req, 0), *res[2];

	req = (struct vcm_req) { .len = PAGE, .within = bound };
	for (u32 i = 0; i < 2; i++)
		res[i] = good(vcm, &req, i * PAGE);
	vcm_unreserve(bound);
	unit_events_clear();
	CHECK_ERR(-ENOENT, vcm_unreserve_as(bound, NULL));
	CHECK_STR("error", unit_event_names());
	vcm_unreserve(res[0]);
	CHECK_ERR(-ENOENT, vcm_unreserve_as(bound, NULL));
	unit_verify();
	CHECK(vcm_find_res(vcm, 4 * PAGE) == bound);
	vcm_unreserve(bound);
	CHECK_ERR(-ENOENT, vcm_unreserve_as(bound, NULL));
	vcm_get(vcm);
	vcm_destroy(vcm);
	CHECK_ERR(-ENOENT, vcm_unreserve_as(bound, NULL));
	vcm_put(vcm);
	vcm_unreserve(res[1]);
}

TEST(destroy_ends_what_is_inside_first)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_req req = { .len = 8 * PAGE, .flags = VCM_RESERVE_BOUND };
	struct vcm_res *bound = good(vcm, &req, 0), *res[2];
	struct vcm_phys *phys = unit_phys(1);

	req = (struct vcm_req) { .len = PAGE, .within = bound };
	for (u32 i = 0; i < 2; i++) {
		res[i] = good(vcm, &req, i * PAGE);
		CHECK_ERR(0, vcm_bind(res[i], phys, 0, RW));
	}
	unit_events_clear();
	vcm_destroy(vcm);
	CHECK_STR("unref unbind unreserve unbind unreserve unreserve destroy", unit_event_names());
	CHECK_EQ(1, unit_event(2)->refs);
	vcm_unreserve(bound);
	vcm_unreserve(res[0]);
	vcm_unreserve(res[1]);
	vcm_phys_put(phys);
}

TEST(sub_window_that_cannot_count_higher_takes_nothing_in)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_req req = { .len = 8 * PAGE, .flags = VCM_RESERVE_BOUND };
	struct vcm_res *bound = good(vcm, &req, 0);

	bound->refs.total = bound->refs.unnamed = VCM_REFS_MAX;
	req = (struct vcm_req) { .len = PAGE, .within = bound };
	unit_events_clear();
	CHECK_PTR_ERR(-EOVERFLOW, vcm_reserve(vcm, &req));
	CHECK_STR("error", unit_event_names());
	CHECK(!bound->inner.root);
	bound->refs.total = bound->refs.unnamed = 1;
	vcm_unreserve(bound);
	vcm_destroy(vcm);
}

TEST(ranges_are_placed_where_every_active_device_reaches)
{
	struct fake_device *low = fake_device("low", 0), *high = fake_device("high", 1);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc[2] = { unit_assoc(vcm, low), unit_assoc(vcm, high) };
	struct vcm_req req = { .len = 2 * PAGE };
	struct vcm_res *res[3];

	low->caps.last = 8 * PAGE - 1;
	high->caps.start = 4 * PAGE;
	CHECK_ERR(0, vcm_activate(assoc[0]));
	res[0] = good(vcm, &req, 0);
	CHECK_ERR(0, vcm_activate(assoc[1]));
	res[1] = good(vcm, &req, 4 * PAGE);
	res[2] = good(vcm, &req, 6 * PAGE);
	CHECK_PTR_ERR(-ENOSPC, vcm_reserve(vcm, &req));
	vcm_unreserve(unit_res_at(vcm, 100 * PAGE, 1));		/* fixed: as asked for */
	CHECK_ERR(0, vcm_deactivate(assoc[0]));
	vcm_unreserve(good(vcm, &req, 8 * PAGE));
	vcm_destroy(vcm);
	for (u32 i = 0; i < 3; i++)
		vcm_unreserve(res[i]);
	for (u32 i = 0; i < 2; i++)
		CHECK_ERR(0, vcm_deassoc(assoc[i]));
}
