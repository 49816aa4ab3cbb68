// SPDX-License-Identifier: GPL-2.0-only
/*
 * lookup.c - from addresses to reservations and memory, and from memory to reservations.
 */
#include "fake.h"
#include "unit.h"

TEST(address_leads_to_its_reservation)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 8 * PAGE, 2);

	CHECK_PTR_ERR(-ENOENT, vcm_find_res(vcm, 8 * PAGE - 1));
	CHECK_PTR_ERR(-ENOENT, vcm_find_res(vcm, 10 * PAGE));
	CHECK_PTR_ERR(-ENOENT, vcm_find_res(vcm, ~0ull));
	unit_events_clear();
	CHECK(vcm_find_res(vcm, 8 * PAGE) == res);
	CHECK(vcm_find_res(vcm, 10 * PAGE - 1) == res);
	CHECK_STR("ref ref", unit_event_names());
	CHECK_EQ(0, unit_event(0)->arg[1]);
	unit_verify();
	vcm_unreserve(res);
	vcm_unreserve(res);
	res->refs.total = res->refs.unnamed = VCM_REFS_MAX;
	CHECK_PTR_ERR(-EOVERFLOW, vcm_find_res(vcm, 8 * PAGE));
	res->refs.total = res->refs.unnamed = 1;
	vcm_get(vcm);
	vcm_destroy(vcm);
	CHECK_PTR_ERR(-ENODEV, vcm_find_res(vcm, 8 * PAGE));
	vcm_put(vcm);
	vcm_unreserve(res);
}

TEST(address_leads_to_the_innermost_reservation)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_req req = { .len = 8 * PAGE, .start = 8 * PAGE, .flags = VCM_RESERVE_BOUND };
	struct vcm_res *bound = vcm_reserve(vcm, &req), *res;

	req = (struct vcm_req) { .len = PAGE, .within = bound, .guard_before = PAGE };
	res = vcm_reserve(vcm, &req);
	CHECK(vcm_find_res(vcm, 9 * PAGE) == res);
	CHECK(vcm_find_res(vcm, 8 * PAGE) == bound);	/* in a guard of what is inside */
	CHECK(vcm_find_res(vcm, 10 * PAGE) == bound);
	CHECK(vcm_find_res(vcm, 16 * PAGE - 1) == bound);
	CHECK_PTR_ERR(-ENOENT, vcm_find_res(vcm, 16 * PAGE));
	for (u32 i = 0; i < 3; i++)
		vcm_unreserve(bound);
	vcm_unreserve(res);
	vcm_unreserve(res);
	vcm_unreserve(bound);
	vcm_destroy(vcm);
}

/* As a visit by vcm_for_each_res() sees them. */
struct listed {
	struct vcm_res_info info[128];
	u32 nr;
};

static int list_one(const struct vcm_res_info *info, void *data)
{
	struct listed *listed = data;

	CHECK(listed->nr < ARRAY_SIZE(listed->info));
	listed->info[listed->nr++] = *info;
	return 0;
}

/* Reservations and sub-windows at random, some inside others and some of those at their start. */
static u32 nest_at_random(struct vcm *vcm, struct vcm_res **res, u32 room)
{
	u64 seed = unit_seed();
	u32 nr = 0;

	for (u32 i = 0; i < room; i++) {
		struct vcm_res *within = nr ? res[unit_random(&seed) % nr] : NULL;
		struct vcm_req req = {
			.len = PAGE << unit_random(&seed) % 5,
			.flags = unit_random(&seed) % 2 ? VCM_RESERVE_BOUND : 0,
			.guard_before = unit_random(&seed) % 2 * PAGE,
			.guard_after = unit_random(&seed) % 2 * PAGE,
		};

		if (within && within->flags & VCM_RESERVE_BOUND)
			req.within = within;
		res[nr] = vcm_reserve(vcm, &req);
		nr += !IS_ERR(res[nr]);
	}
	return nr;
}

TEST(next_of_each_reservation_is_what_a_visit_sees)
{
	struct vcm *vcm = unit_context(PAGE, ~0ull);
	struct listed listed = {};
	struct vcm_res_info info = {}, found;
	struct vcm_res *res[100];
	u32 nr = nest_at_random(vcm, res, ARRAY_SIZE(res));

	CHECK_ERR(0, vcm_for_each_res(vcm, list_one, &listed));
	CHECK_EQ(nr, listed.nr);
	for (u32 i = 0; i < nr; i++) {
		CHECK_ERR(0, vcm_find_next(vcm, info.start, info.id, &info));
		CHECK_EQ(listed.info[i].id, info.id);
		CHECK_EQ(listed.info[i].start, info.start);
		CHECK_ERR(0, vcm_find_next(vcm, info.start, 0, &found));
		CHECK(found.start == info.start && found.id <= info.id);
		CHECK_ERR(0, vcm_find_info(vcm, info.start + info.len - 1, &found));
		CHECK(found.start + found.len - 1 >= info.start + info.len - 1);
	}
	CHECK_ERR(-ENOENT, vcm_find_next(vcm, info.start, info.id, &info));
	CHECK_ERR(-ENOENT, vcm_find_next(vcm, ~0ull, 0, &info));
	CHECK_ERR(-ENOENT, vcm_find_info(vcm, 0, &info));
	while (nr--)
		vcm_unreserve(res[nr]);
	vcm_destroy(vcm);
}

TEST(next_goes_on_from_what_is_gone)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_req req = { .len = 8 * PAGE, .flags = VCM_RESERVE_BOUND };
	struct vcm_res *outer = vcm_reserve(vcm, &req), *inner;
	struct vcm_res_info info;

	req = (struct vcm_req) { .len = PAGE, .within = outer };
	inner = vcm_reserve(vcm, &req);
	CHECK_ERR(0, vcm_find_next(vcm, 0, 0, &info));
	CHECK_EQ(vcm_res_id(outer), info.id);
	vcm_unreserve(inner);
	CHECK_ERR(-ENOENT, vcm_find_next(vcm, 0, info.id, &info));
	inner = vcm_reserve(vcm, &req);
	CHECK_ERR(0, vcm_find_next(vcm, 0, info.id, &info));
	CHECK_EQ(vcm_res_id(inner), info.id);
	vcm_unreserve(inner);
	vcm_unreserve(outer);
	vcm_destroy(vcm);
}

/* What a visitor saw. */
struct visit {
	u64 start[8];
	u32 vcm[8];
	u32 nr;
	u32 stop_at;
};

static int visitor(const struct vcm_res_info *info, void *data)
{
	struct visit *visit = data;

	visit->start[visit->nr] = info->start;
	visit->vcm[visit->nr++] = info->vcm;
	return visit->nr == visit->stop_at ? -EINTR : 0;
}

TEST(every_reservation_is_visited_in_order)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *high = unit_res_at(vcm, 64 * PAGE, 1), *low = unit_res_at(vcm, 0, 1);
	struct vcm_req req = { .len = 8 * PAGE, .start = 8 * PAGE, .flags = VCM_RESERVE_BOUND };
	struct vcm_res *bound = vcm_reserve(vcm, &req), *inside[2];
	struct visit visit = {};

	req = (struct vcm_req) { .len = PAGE, .within = bound };
	for (u32 i = 0; i < 2; i++)
		inside[i] = vcm_reserve(vcm, &req);
	CHECK_ERR(0, vcm_for_each_res(vcm, visitor, &visit));
	CHECK_EQ(5, visit.nr);
	CHECK_EQ(0, visit.start[0]);
	CHECK_EQ(8 * PAGE, visit.start[1]);
	CHECK_EQ(8 * PAGE, visit.start[2]);
	CHECK_EQ(9 * PAGE, visit.start[3]);
	CHECK_EQ(64 * PAGE, visit.start[4]);
	visit = (struct visit) { .stop_at = 2 };
	CHECK_ERR(-EINTR, vcm_for_each_res(vcm, visitor, &visit));
	CHECK_EQ(2, visit.nr);
	vcm_unreserve(high);
	vcm_unreserve(low);
	vcm_unreserve(bound);
	vcm_unreserve(inside[0]);
	vcm_unreserve(inside[1]);
	CHECK_ERR(0, vcm_for_each_res(vcm, visitor, &visit));
	CHECK_EQ(2, visit.nr);
	vcm_destroy(vcm);
}

static struct vcm_res *live;

static int check_live(const struct vcm_res_info *info, void *data)
{
	const struct vcm_res_info *want = data;

	/* All of it up to the last member; what follows is padding. */
	CHECK(!memcmp(info, want, offsetof(struct vcm_res_info, flags)));
	CHECK_EQ(want->flags, info->flags);
	return 0;
}

TEST(visitor_sees_what_info_says)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = unit_assoc(vcm, fake);
	struct vcm_phys *phys = unit_phys(3);
	struct vcm_res_info info;

	live = unit_res_at(vcm, PAGE, 4);
	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_ERR(0, vcm_bind(live, phys, PAGE, VCM_PROT_READ));
	vcm_res_info(live, &info);
	CHECK_EQ(vcm_id(vcm), info.vcm);
	CHECK_EQ(VCM_RESERVE_FIXED, info.flags);
	CHECK_EQ(1, info.mapped);
	CHECK_EQ(2 * PAGE, info.bound_len);
	CHECK_ERR(0, vcm_for_each_res(vcm, check_live, &info));
	vcm_destroy(vcm);
	vcm_unreserve(live);
	vcm_phys_put(phys);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

TEST(memory_leads_to_its_reservations)
{
	struct vcm *vcm[2] = { unit_context(0, ~0ull), unit_context(0, ~0ull) };
	struct vcm_phys *phys = unit_phys(2), *other = unit_phys(1);
	struct vcm_res *res[4];
	struct visit visit = {};

	for (u32 i = 0; i < 4; i++)
		res[i] = unit_res_at(vcm[i / 2], (i + 1) * 4 * PAGE, 2);
	CHECK_ERR(0, vcm_phys_for_each_res(phys, visitor, &visit));
	CHECK_EQ(0, visit.nr);
	CHECK_ERR(0, vcm_bind(res[0], other, 0, RW));
	for (u32 i = 1; i < 4; i++)
		CHECK_ERR(0, vcm_bind(res[i], phys, 0, RW));
	CHECK_ERR(0, vcm_phys_for_each_res(phys, visitor, &visit));
	CHECK_EQ(3, visit.nr);
	for (u32 i = 0; i < 3; i++) {
		CHECK_EQ((i + 2) * 4 * PAGE, visit.start[i]);
		CHECK_EQ(vcm_id(vcm[i > 0]), visit.vcm[i]);
	}
	visit = (struct visit) { .stop_at = 1 };
	CHECK_ERR(-EINTR, vcm_phys_for_each_res(phys, visitor, &visit));
	CHECK_EQ(1, visit.nr);
	vcm_destroy(vcm[0]);
	vcm_destroy(vcm[1]);
	for (u32 i = 0; i < 4; i++)
		vcm_unreserve(res[i]);
	vcm_phys_put(phys);
	vcm_phys_put(other);
}

TEST(address_leads_to_a_physical_one)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 8 * PAGE, 8);
	struct vcm_phys *phys = unit_phys(7);	/* 4, 2, 1 */
	const struct vcm_bind_req req = { phys, PAGE, 5 * PAGE, RW, VCM_CACHE_WB };
	const struct vcm_chunk *chunk;
	u64 pa = 1;
	u32 nr;

	CHECK_ERR(-ENOENT, vcm_iova_to_phys(vcm, 8 * PAGE, &pa));
	CHECK_ERR(-ENOENT, vcm_iova_to_phys(vcm, 0, &pa));
	CHECK_EQ(1, pa);
	CHECK_ERR(0, vcm_bind_range(res, &req));
	chunk = vcm_phys_chunks(phys, &nr);
	CHECK_ERR(0, vcm_iova_to_phys(vcm, 8 * PAGE + 5, &pa));
	CHECK_EQ(chunk[0].pa + PAGE + 5, pa);
	CHECK_ERR(0, vcm_iova_to_phys(vcm, 11 * PAGE, &pa));
	CHECK_EQ(chunk[1].pa, pa);
	CHECK_ERR(0, vcm_iova_to_phys(vcm, 13 * PAGE - 1, &pa));
	CHECK_EQ(chunk[1].pa + 2 * PAGE - 1, pa);
	CHECK_ERR(-ENOENT, vcm_iova_to_phys(vcm, 13 * PAGE, &pa));
	vcm_unreserve(res);
	vcm_phys_put(phys);
	vcm_destroy(vcm);
}

TEST(address_leads_to_the_same_byte_elsewhere)
{
	struct vcm *vcm[2] = { unit_context(0, ~0ull), unit_context(0, ~0ull) };
	struct vcm_phys *phys = unit_phys(4), *other = unit_phys(4);
	struct vcm_bind_req req = { phys, PAGE, 2 * PAGE, RW, VCM_CACHE_WB };
	struct vcm_res *res[4];
	u64 out = 7;

	res[0] = unit_res_at(vcm[0], 8 * PAGE, 4);
	res[1] = unit_res_at(vcm[1], 40 * PAGE, 4);
	res[2] = unit_res_at(vcm[1], 16 * PAGE, 4);
	res[3] = unit_res_at(vcm[1], 4 * PAGE, 4);
	CHECK_ERR(-ENOENT, vcm_translate(vcm[0], 8 * PAGE, vcm[1], &out));
	CHECK_ERR(0, vcm_bind(res[0], phys, 0, RW));
	CHECK_ERR(-ENOENT, vcm_translate(vcm[0], 8 * PAGE, vcm[1], &out));
	CHECK_EQ(7, out);
	CHECK_ERR(0, vcm_bind(res[1], phys, 0, RW));
	CHECK_ERR(0, vcm_bind(res[3], other, 0, RW));
	CHECK_ERR(0, vcm_bind_range(res[2], &req));
	CHECK_ERR(0, vcm_translate(vcm[0], 8 * PAGE + 9, vcm[1], &out));
	CHECK_EQ(40 * PAGE + 9, out);		/* page 0 is in one of them only */
	CHECK_ERR(0, vcm_translate(vcm[0], 9 * PAGE, vcm[1], &out));
	CHECK_EQ(16 * PAGE, out);		/* the lowest of two */
	CHECK_ERR(0, vcm_translate(vcm[0], 11 * PAGE, vcm[1], &out));
	CHECK_EQ(43 * PAGE, out);
	CHECK_ERR(0, vcm_translate(vcm[1], 17 * PAGE + 1, vcm[0], &out));
	CHECK_EQ(10 * PAGE + 1, out);
	CHECK_ERR(-ENOENT, vcm_translate(vcm[1], 18 * PAGE, vcm[0], &out));
	CHECK_ERR(0, vcm_translate(vcm[1], 42 * PAGE, vcm[1], &out));
	CHECK_EQ(17 * PAGE, out);		/* within one context */
	vcm_destroy(vcm[0]);
	vcm_destroy(vcm[1]);
	for (u32 i = 0; i < 4; i++)
		vcm_unreserve(res[i]);
	vcm_phys_put(phys);
	vcm_phys_put(other);
}

TEST(reservation_leads_to_its_memory)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 1);
	struct vcm_phys *phys = unit_phys(1);

	CHECK_PTR_ERR(-ENXIO, vcm_res_phys(res));
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	unit_events_clear();
	CHECK(vcm_res_phys(res) == phys);
	CHECK_STR("ref", unit_event_names());
	CHECK_EQ(2, unit_event(0)->refs);
	unit_verify();
	vcm_phys_put(phys);
	vcm_phys_put(phys);
	CHECK(vcm_res_phys(res) == phys);	/* from no reference to one */
	CHECK_EQ(1, unit_event(3)->refs);
	unit_verify();
	CHECK_ERR(0, vcm_unbind(res));
	CHECK_EQ(1, vcm_os_pages_held());
	vcm_phys_put(phys);
	CHECK_EQ(0, vcm_os_pages_held());
	vcm_unreserve(res);
	vcm_destroy(vcm);
}

/* What cannot be counted is not handed out. */
TEST(memory_that_cannot_count_higher_is_not_handed_out)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 1);
	struct vcm_phys *phys = unit_phys(1), *got;

	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	phys->refs.total = phys->refs.unnamed = VCM_REFS_MAX;
	got = vcm_res_phys(res);
	phys->refs.total = phys->refs.unnamed = 1;
	CHECK_PTR_ERR(-EOVERFLOW, got);
	unit_verify();
	vcm_unreserve(res);
	vcm_phys_put(phys);
	vcm_destroy(vcm);
}
