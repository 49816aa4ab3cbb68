// SPDX-License-Identifier: GPL-2.0-only
/*
 * res.c - reservations: where they go, what is refused, and what they say about themselves.
 */
#include "fake.h"
#include "unit.h"

static struct vcm_res *take(struct vcm *vcm, u64 pages, u32 align, u64 limit)
{
	const struct vcm_req req = { .len = pages * PAGE, .align = align, .limit = limit };

	return vcm_reserve(vcm, &req);
}

TEST(address_0_is_ordinary)
{
	struct vcm *vcm = unit_context(0, 4 * PAGE - 1);
	struct vcm_res *res = take(vcm, 1, 0, 0);

	CHECK_PTR_ERR(0, res);
	CHECK_EQ(0, vcm_res_start(res));
	CHECK_EQ(PAGE, vcm_res_len(res));
	CHECK_EQ(1, vcm_res_id(res));
	vcm_unreserve(res);
	res = unit_res_at(vcm, 0, 1);
	CHECK_EQ(0, vcm_res_start(res));
	CHECK_EQ(2, vcm_res_id(res));
	vcm_unreserve(res);
	vcm_destroy(vcm);
}

TEST(info_is_the_reservation_at_this_moment)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 16 * PAGE, 4);
	struct vcm_phys *phys = unit_phys(3);
	struct vcm_res_info info;

	CHECK_ERR(0, vcm_ref_reserve(res));
	CHECK_ERR(0, vcm_bind(res, phys, PAGE, VCM_PROT_READ));
	vcm_res_info(res, &info);
	CHECK_EQ(1, info.id);
	CHECK_EQ(16 * PAGE, info.start);
	CHECK_EQ(4 * PAGE, info.len);
	CHECK_EQ(vcm_phys_id(phys), info.phys);
	CHECK_EQ(PAGE, info.off);
	CHECK_EQ(2 * PAGE, info.bound_len);
	CHECK_EQ(2, info.refs);
	CHECK_EQ(VCM_PROT_READ, info.prot);
	CHECK_EQ(0, info.mapped);
	CHECK_ERR(0, vcm_unbind(res));
	vcm_unreserve(res);
	vcm_res_info(res, &info);
	CHECK_EQ(0, info.phys | info.off | info.bound_len | info.prot);
	CHECK_EQ(1, info.refs);
	vcm_unreserve(res);
	vcm_phys_put(phys);
	vcm_destroy(vcm);
}

TEST(full_space_takes_an_exact_fit_and_nothing_more)
{
	struct vcm *vcm = unit_context(PAGE, 9 * PAGE - 1);
	struct vcm_res *res[8];

	for (u64 i = 0; i < 8; i++) {
		res[i] = take(vcm, 1, 0, 0);
		CHECK_PTR_ERR(0, res[i]);
		CHECK_EQ((i + 1) * PAGE, vcm_res_start(res[i]));
	}
	CHECK_PTR_ERR(-ENOSPC, take(vcm, 1, 0, 0));
	vcm_unreserve(res[3]);
	vcm_unreserve(res[4]);
	CHECK_PTR_ERR(-ENOSPC, take(vcm, 3, 0, 0));
	CHECK_PTR_ERR(-ENOSPC, take(vcm, 2, 13, 4 * PAGE));
	res[3] = take(vcm, 2, 13, 0);
	CHECK_PTR_ERR(0, res[3]);
	CHECK_EQ(4 * PAGE, vcm_res_start(res[3]));
	vcm_destroy(vcm);
	for (u64 i = 0; i < 8; i++)
		if (i != 4)
			vcm_unreserve(res[i]);
}

TEST(alignment_and_limit_are_kept)
{
	struct vcm *vcm = unit_context(PAGE, ~0ull);
	struct vcm_res *res[3];

	res[0] = take(vcm, 1, 21, 0);
	CHECK_EQ(1 << 21, vcm_res_start(res[0]));
	CHECK_EQ(21, unit_event(1)->arg[2]);
	res[1] = take(vcm, 1, 3, 0);
	CHECK_EQ(PAGE, vcm_res_start(res[1]));
	CHECK_EQ(12, unit_event(2)->arg[2]);
	CHECK_PTR_ERR(-ENOSPC, take(vcm, 1, 21, 1 << 21));
	CHECK_PTR_ERR(-ENOSPC, take(vcm, 1, 0, PAGE));
	res[2] = take(vcm, 1, 0, 3 * PAGE - 1);
	CHECK_EQ(2 * PAGE, vcm_res_start(res[2]));
	for (u64 i = 0; i < 3; i++)
		vcm_unreserve(res[i]);
	vcm_destroy(vcm);
}

TEST(whole_window_is_one_reservation)
{
	struct vcm *vcm = unit_context(PAGE, ~0ull);
	struct vcm_res *res = take(vcm, -PAGE / PAGE, 0, 0);

	CHECK_PTR_ERR(0, res);
	CHECK_EQ(PAGE, vcm_res_start(res));
	CHECK_EQ(-PAGE, vcm_res_len(res));
	CHECK_PTR_ERR(-ENOSPC, take(vcm, 1, 0, 0));
	vcm_unreserve(res);
	vcm_destroy(vcm);
}

TEST(bad_requests_are_refused)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_req req = { .len = 0 };

	CHECK_PTR_ERR(-EINVAL, vcm_reserve(vcm, &req));
	req.len = PAGE - 1;
	CHECK_PTR_ERR(-EINVAL, vcm_reserve(vcm, &req));
	req.len = PAGE + 1;
	CHECK_PTR_ERR(-EINVAL, vcm_reserve(vcm, &req));
	req.len = PAGE;
	req.align = 64;
	CHECK_PTR_ERR(-EINVAL, vcm_reserve(vcm, &req));
	req.align = 0;
	req.flags = VCM_RESERVE_SYSTEM;
	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_reserve(vcm, &req));
	req.flags = ~0u;
	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_reserve(vcm, &req));
	CHECK_STR("create error error error error error error", unit_event_names());
	CHECK_EQ(VCM_OP_RESERVE, unit_event(6)->arg[0]);
	CHECK_EQ(PAGE, unit_event(6)->arg[2]);
	CHECK_EQ(~0u, unit_event(6)->arg[3]);
	vcm_destroy(vcm);
}

TEST(fixed_address_is_taken_or_refused)
{
	struct vcm *vcm = unit_context(4 * PAGE, 16 * PAGE - 1);
	struct vcm_req req = { .start = 5 * PAGE, .len = 2 * PAGE, .limit = 6 * PAGE,
			       .flags = VCM_RESERVE_FIXED };
	struct vcm_res *res = unit_res_at(vcm, 8 * PAGE, 2);

	CHECK_PTR_ERR(-EINVAL, vcm_reserve_at(vcm, 8 * PAGE + 1, PAGE));
	CHECK_PTR_ERR(-EINVAL, vcm_reserve_at(vcm, 8 * PAGE, 0));
	CHECK_PTR_ERR(-EINVAL, vcm_reserve_at(vcm, -PAGE, 2 * PAGE));
	CHECK_PTR_ERR(-ERANGE, vcm_reserve_at(vcm, 3 * PAGE, 2 * PAGE));
	CHECK_PTR_ERR(-ERANGE, vcm_reserve_at(vcm, 15 * PAGE, 2 * PAGE));
	CHECK_PTR_ERR(-ERANGE, vcm_reserve_at(vcm, -PAGE, PAGE));
	CHECK_PTR_ERR(-ERANGE, vcm_reserve(vcm, &req));
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 9 * PAGE, PAGE));
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 7 * PAGE, 2 * PAGE));
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 4 * PAGE, 12 * PAGE));
	vcm_unreserve(unit_res_at(vcm, 7 * PAGE, 1));
	vcm_unreserve(unit_res_at(vcm, 10 * PAGE, 6));
	vcm_unreserve(unit_res_at(vcm, 4 * PAGE, 4));
	vcm_unreserve(res);
	vcm_unreserve(unit_res_at(vcm, 4 * PAGE, 12));
	vcm_destroy(vcm);
}

TEST(fixed_address_ignores_the_alignment)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_req req = { .start = PAGE, .len = PAGE, .align = 21,
			       .flags = VCM_RESERVE_FIXED };
	struct vcm_res *res = vcm_reserve(vcm, &req);

	CHECK_PTR_ERR(0, res);
	CHECK_EQ(PAGE, vcm_res_start(res));
	vcm_unreserve(res);
	req.align = 64;
	res = vcm_reserve(vcm, &req);
	CHECK_PTR_ERR(0, res);
	vcm_unreserve(res);
	vcm_destroy(vcm);
}

TEST(contexts_do_not_share_addresses)
{
	struct vcm *one = unit_context(0, ~0ull), *two = unit_context(0, ~0ull);
	struct vcm_res *a = unit_res_at(one, 0, 1), *b = unit_res_at(two, 0, 1);

	CHECK_EQ(1, vcm_res_id(a));
	CHECK_EQ(1, vcm_res_id(b));
	vcm_unreserve(a);
	vcm_unreserve(b);
	vcm_destroy(one);
	vcm_destroy(two);
}
