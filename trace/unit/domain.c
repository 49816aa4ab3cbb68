// SPDX-License-Identifier: GPL-2.0-only
/*
 * domain.c - what mapping domains can translate, as devices join and leave, and what a context
 * says of itself.
 */
#include "fake.h"
#include "os_test.h"
#include "unit.h"

static void check_reach(struct vcm *vcm, u64 start, u64 last, u64 pgsizes)
{
	struct vcm_info info;

	unit_verify();
	vcm_info(vcm, &info);
	CHECK_EQ(start, info.reach_start);
	CHECK_EQ(last, info.reach_last);
	CHECK_EQ(pgsizes, info.pgsizes);
}

TEST(device_that_leaves_no_longer_limits_the_others)
{
	struct fake_device *wide = fake_device("wide", 0), *narrow = fake_device("narrow", 0);
	struct fake_device *other = fake_device("other", 1);
	struct vcm *vcm = unit_context(PAGE, (1ull << 40) - 1);
	struct vcm_assoc *assoc[3] = { unit_assoc(vcm, wide), unit_assoc(vcm, narrow),
				       unit_assoc(vcm, other) };
	struct vcm_res *res = unit_res_at(vcm, 1ull << 32, 1);
	struct vcm_phys *phys = unit_phys(1);

	narrow->caps = (struct vcm_domain_caps) { 2 * PAGE, (1ull << 32) - 1, PAGE };
	other->caps = (struct vcm_domain_caps) { 4 * PAGE, ~0ull, PAGE | PAGE << 18 };
	check_reach(vcm, PAGE, (1ull << 40) - 1, 0);
	CHECK_ERR(0, vcm_activate(assoc[0]));
	check_reach(vcm, PAGE, (1ull << 40) - 1, PAGE | PAGE << 9);
	CHECK_ERR(0, vcm_activate(assoc[1]));
	check_reach(vcm, 2 * PAGE, (1ull << 32) - 1, PAGE);
	CHECK_ERR(0, vcm_activate(assoc[2]));
	check_reach(vcm, 4 * PAGE, (1ull << 32) - 1, PAGE);
	CHECK_ERR(-ERANGE, vcm_bind(res, phys, 0, RW));
	CHECK_ERR(0, vcm_deactivate(assoc[1]));
	check_reach(vcm, 4 * PAGE, (1ull << 40) - 1, PAGE);
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	CHECK_ERR(0, vcm_deactivate(assoc[2]));
	check_reach(vcm, PAGE, (1ull << 40) - 1, PAGE | PAGE << 9);
	CHECK_ERR(0, vcm_deactivate(assoc[0]));
	check_reach(vcm, PAGE, (1ull << 40) - 1, 0);
	vcm_destroy(vcm);
	vcm_unreserve(res);
	vcm_phys_put(phys);
	for (u32 i = 0; i < 3; i++)
		CHECK_ERR(0, vcm_deassoc(assoc[i]));
}

/* A device that was refused leaves no trace in what the others can do. */
TEST(device_that_is_refused_does_not_limit_the_others)
{
	struct fake_device *wide = fake_device("wide", 0), *narrow = fake_device("narrow", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc[2] = { unit_assoc(vcm, wide), unit_assoc(vcm, narrow) };
	struct vcm_res *res = unit_res_at(vcm, 1ull << 32, 1);
	struct vcm_phys *phys = unit_phys(1);

	narrow->caps.last = (1ull << 32) - 1;
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	CHECK_ERR(0, vcm_activate(assoc[0]));
	CHECK_ERR(-ERANGE, vcm_activate(assoc[1]));
	check_reach(vcm, 0, ~0ull, PAGE | PAGE << 9);
	narrow->caps.pgsizes = PAGE << 9;
	CHECK_ERR(-EOPNOTSUPP, vcm_activate(assoc[1]));
	check_reach(vcm, 0, ~0ull, PAGE | PAGE << 9);
	vcm_destroy(vcm);
	vcm_unreserve(res);
	vcm_phys_put(phys);
	for (u32 i = 0; i < 2; i++)
		CHECK_ERR(0, vcm_deassoc(assoc[i]));
}

TEST(info_is_the_context_at_this_moment)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(PAGE, 64 * PAGE - 1);
	struct vcm_assoc *assoc = unit_assoc(vcm, fake);
	struct vcm_res *res = unit_res_at(vcm, 8 * PAGE, 1);
	struct vcm_info info;

	vcm_get(vcm);
	CHECK_ERR(0, vcm_activate(assoc));
	vcm_info(vcm, &info);
	CHECK_EQ(PAGE, info.start);
	CHECK_EQ(64 * PAGE - 1, info.last);
	CHECK_EQ(1, info.reservations);
	CHECK_EQ(2, info.refs);
	CHECK_EQ(1, info.domains);
	CHECK(!info.saved);
	CHECK_EQ(VCM_PAGE_SIZE | VCM_PAGE_SIZE << 9, info.pgsizes);
	vcm_destroy(vcm);
	vcm_info(vcm, &info);
	CHECK_EQ(0, info.reservations);
	CHECK_EQ(1, info.refs);
	CHECK_EQ(0, info.domains);
	vcm_put(vcm);
	vcm_unreserve(res);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

/* Only bindings are in the tables: sub-windows and bare ranges are passed over, at any depth. */
TEST(new_domain_gets_what_is_bound_at_any_depth)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = unit_assoc(vcm, fake);
	struct vcm_req req = { .len = 16 * PAGE, .flags = VCM_RESERVE_BOUND };
	struct vcm_phys *phys = unit_phys(1);
	struct vcm_res *res[6];

	res[0] = vcm_reserve(vcm, &req);
	req = (struct vcm_req) { .len = 4 * PAGE, .flags = VCM_RESERVE_BOUND, .within = res[0] };
	res[1] = vcm_reserve(vcm, &req);
	req = (struct vcm_req) { .len = PAGE, .within = res[1] };
	res[2] = vcm_reserve(vcm, &req);
	res[3] = vcm_reserve(vcm, &req);
	req.within = res[0];
	res[4] = vcm_reserve(vcm, &req);
	res[5] = unit_res_at(vcm, 32 * PAGE, 1);
	for (u32 i = 3; i < 6; i++)
		CHECK_ERR(0, vcm_bind(res[i], phys, 0, RW));
	unit_events_clear();
	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_STR("map map map activate", unit_event_names());
	for (u32 i = 3; i < 6; i++)
		CHECK(fake_translate(fake, vcm_res_start(res[i]), RW));
	unit_verify();
	vcm_destroy(vcm);
	for (u32 i = 0; i < 6; i++)
		vcm_unreserve(res[i]);
	vcm_phys_put(phys);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

/* The failure points before the calls of a driver: the driver is not asked. */
TEST(failure_points_are_before_the_calls_of_a_driver)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = unit_assoc(vcm, fake);
	struct vcm_res *res = unit_res_at(vcm, 0, 1);
	struct vcm_phys *phys = unit_phys(1);

	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	for (u64 nth = 1; nth <= 3; nth++) {
		os_fail_nth(nth, OS_FAIL_CALLS);
		CHECK_ERR(-ENOMEM, vcm_activate(assoc));
		CHECK(os_fail_fired());
		CHECK_EQ(nth > 1 ? nth - 1 : 0, fake_counts.calls[FAKE_ALLOC]);
		CHECK_EQ(nth > 2, fake_counts.calls[FAKE_ATTACH]);
		CHECK_EQ(0, fake_counts.calls[FAKE_MAP]);
		unit_verify();
	}
	os_fail_nth(0, 0);
	CHECK_ERR(0, vcm_activate(assoc));
	vcm_destroy(vcm);
	vcm_unreserve(res);
	vcm_phys_put(phys);
	CHECK_ERR(0, vcm_deassoc(assoc));
}
