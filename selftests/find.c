// SPDX-License-Identifier: GPL-2.0-only
/*
 * find.c - look-ups: from an address to its reservation, from memory to its reservations, from
 * one context to another, and what a context is.
 */
#include "vcm_space.h"

#define START	0x100000ull
#define LAST	0x4fffffull
#define MANY	64

FIXTURE(find) {
	struct stats before;
	int fd;
	__u32 vcm;
};

FIXTURE_SETUP(find)
{
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, START, LAST, &self->vcm);
}

FIXTURE_TEARDOWN(find)
{
	expect_invariants();
	EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
}

/* The reservation records of @vcm in a snapshot, in its order.  Return: how many. */
static unsigned int snapshot_res(struct __test_metadata *_metadata, __u32 vcm,
				 struct vcm_snap_res *res, unsigned int room)
{
	struct vcm_snap_header *head;
	unsigned int nr = 0;
	struct state state;

	test_state_read(&state);
	head = (void *)state.data;
	for (size_t at = head->header_len; at < state.len;) {
		struct vcm_snap_rec *rec = (void *)(state.data + at);
		struct vcm_snap_res *payload = (void *)(rec + 1);

		if (rec->type == VCM_SNAP_RES && payload->vcm == vcm) {
			ASSERT_GT(room, nr);
			res[nr++] = *payload;
		}
		at += sizeof(*rec) + rec->len;
	}
	free(state.data);
	return nr;
}

TEST_F(find, every_byte_of_a_reservation_leads_to_it_and_no_other_byte)
{
	struct vcm_ioc_find find;
	__u64 res;

	test_reserve_at(self->fd, self->vcm, START + 4 * PAGE, 2 * PAGE, &res);
	for (__u64 at = 4 * PAGE; at < 6 * PAGE; at += 1023) {
		test_find(self->fd, self->vcm, START + at, 0, &find);
		EXPECT_EQ(res, find.res);
		EXPECT_EQ(START + 4 * PAGE, find.start);
		EXPECT_EQ(2 * PAGE, find.len);
		EXPECT_EQ(VCM_RESERVE_FIXED, find.rflags);
	}
	test_find(self->fd, self->vcm, START + 6 * PAGE - 1, 0, &find);
	test_refused(ENOENT, _vcm_find(self->fd, self->vcm, START + 6 * PAGE, 0, &find));
	test_refused(ENOENT, _vcm_find(self->fd, self->vcm, START + 4 * PAGE - 1, 0, &find));
	test_refused(ENOENT, _vcm_find(self->fd, self->vcm, 0, 0, &find));
	test_refused(ENOENT, _vcm_find(self->fd, self->vcm, ~0ull, 0, &find));
}

TEST_F(find, going_from_one_to_the_next_visits_what_the_snapshot_has)
{
	struct vcm_snap_res shown[MANY];
	struct vcm_ioc_find find;
	unsigned int nr, i;
	__u64 at = 0;

	for (i = 0; i < MANY; i++) {
		struct vcm_ioc_reserve req = {
			.vcm = self->vcm, .len = (1 + i % 5) * PAGE, .align = 12 + i % 4,
			.guard_after = i % 3 * PAGE,
		};

		test_reserve(self->fd, &req);
		if (i % 4 == 3)
			test_unreserve(self->fd, self->vcm, req.res, NULL);
	}
	nr = snapshot_res(_metadata, self->vcm, shown, MANY);
	EXPECT_EQ(MANY * 3 / 4, nr);
	for (i = 0; !_vcm_find(self->fd, self->vcm, at, VCM_FIND_NEXT, &find); i++) {
		ASSERT_GT(nr, i);
		EXPECT_EQ(shown[i].res, find.res);
		EXPECT_EQ(shown[i].start, find.start);
		EXPECT_EQ(shown[i].len, find.len);
		EXPECT_EQ(shown[i].rflags, find.rflags);
		at = find.start + 1;
	}
	EXPECT_EQ(nr, i);
}

TEST_F(find, the_next_starts_at_the_address_or_above)
{
	struct vcm_ioc_find find;
	__u64 low, high;

	test_refused(ENOENT, _vcm_find(self->fd, self->vcm, 0, VCM_FIND_NEXT, &find));
	test_reserve_at(self->fd, self->vcm, START, 4 * PAGE, &low);
	test_reserve_at(self->fd, self->vcm, LAST + 1 - PAGE, PAGE, &high);
	test_find(self->fd, self->vcm, 0, VCM_FIND_NEXT, &find);
	EXPECT_EQ(low, find.res);
	test_find(self->fd, self->vcm, START, VCM_FIND_NEXT, &find);
	EXPECT_EQ(low, find.res);
	test_find(self->fd, self->vcm, START + 1, VCM_FIND_NEXT, &find);
	EXPECT_EQ(high, find.res);
	test_refused(ENOENT, _vcm_find(self->fd, self->vcm, LAST, VCM_FIND_NEXT, &find));
}

TEST_F(find, the_first_and_the_last_address_there_are_can_be_found)
{
	struct vcm_ioc_find find;
	__u64 low, high;
	__u32 vcm;

	test_create(self->fd, 0, ~0ull, &vcm);
	test_reserve_at(self->fd, vcm, 0, PAGE, &low);
	test_reserve_at(self->fd, vcm, -PAGE, PAGE, &high);
	test_find(self->fd, vcm, 0, 0, &find);
	EXPECT_EQ(low, find.res);
	test_find(self->fd, vcm, ~0ull, 0, &find);
	EXPECT_EQ(high, find.res);
	test_find(self->fd, vcm, 1, VCM_FIND_NEXT, &find);
	EXPECT_EQ(high, find.res);
}

TEST_F(find, the_innermost_of_nested_reservations_is_found)
{
	struct vcm_ioc_reserve outer = {
		.vcm = self->vcm, .len = 8 * PAGE, .flags = VCM_RESERVE_BOUND,
	};
	struct vcm_ioc_reserve inner = { .vcm = self->vcm, .len = PAGE };
	struct vcm_ioc_find find;

	test_reserve(self->fd, &outer);
	inner.start = outer.start + 2 * PAGE;
	inner.within = outer.res;
	test_reserve(self->fd, &inner);
	test_find(self->fd, self->vcm, outer.start, 0, &find);
	EXPECT_EQ(outer.res, find.res);
	EXPECT_EQ(VCM_RESERVE_BOUND, find.rflags);
	test_find(self->fd, self->vcm, outer.start + 2 * PAGE, 0, &find);
	EXPECT_EQ(inner.res, find.res);
	test_find(self->fd, self->vcm, outer.start + 3 * PAGE, 0, &find);
	EXPECT_EQ(outer.res, find.res);
	test_find(self->fd, self->vcm, outer.start + 1, VCM_FIND_NEXT, &find);
	EXPECT_EQ(inner.res, find.res);
}

/* Three sub-windows one in the other that start at one address, and what is inside and behind. */
static unsigned int nest(struct __test_metadata *_metadata, int fd, __u32 vcm, __u64 *res)
{
	struct vcm_ioc_reserve req = {
		.vcm = vcm, .len = 16 * PAGE, .flags = VCM_RESERVE_BOUND | VCM_RESERVE_FIXED,
		.start = START,
	};
	unsigned int nr = 0;

	for (; nr < 3; nr++) {
		test_reserve(fd, &req);
		req.within = req.res;
		req.len /= 2;
		res[nr] = req.res;
	}
	req.len = PAGE;
	req.flags = VCM_RESERVE_FIXED;
	for (; nr < 5; nr++, req.start += PAGE) {
		test_reserve(fd, &req);
		res[nr] = req.res;
	}
	test_reserve_at(fd, vcm, START + 32 * PAGE, PAGE, &res[nr++]);
	return nr;
}

TEST_F(find, what_starts_where_its_sub_window_starts_is_visited)
{
	struct vcm_ioc_find find = { .vcm = self->vcm };
	struct vcm_snap_res shown[MANY];
	unsigned int nr, i;
	__u64 res[MANY];

	nr = nest(_metadata, self->fd, self->vcm, res);
	ASSERT_EQ(nr, snapshot_res(_metadata, self->vcm, shown, MANY));
	for (i = 0; !_vcm_find_after(self->fd, &find); i++) {
		ASSERT_GT(nr, i);
		EXPECT_EQ(shown[i].res, find.res);
		EXPECT_EQ(res[i], find.res);
		EXPECT_EQ(shown[i].start, find.start);
	}
	EXPECT_EQ(nr, i);
}

TEST_F(find, a_visit_goes_on_from_what_is_gone)
{
	struct vcm_ioc_find find = { .vcm = self->vcm };
	__u64 res[MANY];

	nest(_metadata, self->fd, self->vcm, res);
	for (int i = 0; i < 4; i++)
		test_ok(_vcm_find_after(self->fd, &find));
	EXPECT_EQ(res[3], find.res);
	test_unreserve(self->fd, self->vcm, res[3], NULL);
	test_ok(_vcm_find_after(self->fd, &find));
	EXPECT_EQ(res[4], find.res);
	find.start = ~0ull;
	test_err(ENOENT, _vcm_find_after(self->fd, &find));
}

TEST_F(find, next_and_after_exclude_each_other)
{
	struct vcm_ioc_find find;

	test_refused(EOPNOTSUPP, _vcm_find(self->fd, self->vcm, START,
					   VCM_FIND_NEXT | VCM_FIND_AFTER, &find));
}

TEST_F(find, memory_leads_to_all_its_reservations_in_every_context)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };
	struct vcm_ioc_phys_find find;
	__u32 other;
	__u64 sum = 0;
	int nr;

	test_create(self->fd, START, LAST, &other);
	test_phys_alloc(self->fd, &alloc);
	test_refused(ENOENT, _vcm_phys_find(self->fd, alloc.phys, 0, &find));
	for (int i = 0; i < 6; i++) {
		struct vcm_ioc_map map = { .vcm = i % 2 ? other : self->vcm, .phys = alloc.phys };

		test_map(self->fd, &map);
		sum += map.start + (map.vcm == other);
	}
	for (nr = 0; !_vcm_phys_find(self->fd, alloc.phys, nr, &find); nr++) {
		struct vcm_ioc_res_info info;

		test_res_info(self->fd, find.vcm, find.res, &info);
		EXPECT_EQ(alloc.phys, info.phys);
		EXPECT_EQ(find.start, info.start);
		sum -= find.start + (find.vcm == other);
	}
	EXPECT_EQ(6, nr);
	EXPECT_EQ(0, sum);
	test_destroy(self->fd, other);
	test_phys_find(self->fd, alloc.phys, 2, &find);
	test_refused(ENOENT, _vcm_phys_find(self->fd, alloc.phys, 3, &find));
	test_refused(ENOENT, _vcm_phys_find(self->fd, alloc.phys, ~0u, &find));
}

TEST_F(find, an_address_leads_to_the_same_byte_in_another_context)
{
	struct vcm_ioc_phys_alloc alloc = { .len = 4 * PAGE };
	struct vcm_ioc_map map;
	__u64 out, res;
	__u32 other;

	test_create(self->fd, 0x8000000, 0x8ffffff, &other);
	test_phys_alloc(self->fd, &alloc);
	map = (struct vcm_ioc_map) { .vcm = self->vcm, .phys = alloc.phys };
	test_map(self->fd, &map);
	test_refused(ENOENT, _vcm_translate(self->fd, self->vcm, map.start, other, &out));
	test_reserve_at(self->fd, other, 0x8100000, 4 * PAGE, &res);
	test_bind(self->fd, other, res, alloc.phys, .off = PAGE, .len = 2 * PAGE);
	test_refused(ENOENT, _vcm_translate(self->fd, self->vcm, map.start, other, &out));
	test_translate(self->fd, self->vcm, map.start + PAGE, other, &out);
	EXPECT_EQ(0x8100000, out);
	test_translate(self->fd, self->vcm, map.start + 3 * PAGE - 1, other, &out);
	EXPECT_EQ(0x8100000 + 2 * PAGE - 1, out);
	test_refused(ENOENT, _vcm_translate(self->fd, self->vcm, map.start + 3 * PAGE, other,
					    &out));
	test_translate(self->fd, other, 0x8100001, self->vcm, &out);
	EXPECT_EQ(map.start + PAGE + 1, out);
	test_refused(ENOENT, _vcm_translate(self->fd, other, 0x8100000 + 2 * PAGE, self->vcm,
					    &out));
	test_refused(ENOENT, _vcm_translate(self->fd, self->vcm, LAST, other, &out));
	test_refused(ENOENT, _vcm_translate(self->fd, self->vcm, map.start, NO_ID, &out));
}

TEST_F(find, the_lowest_of_many_addresses_is_the_answer)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };
	__u64 at[] = { 0x300000, 0x200000, 0x400000 }, res, out;

	test_phys_alloc(self->fd, &alloc);
	for (unsigned int i = 0; i < ARRAY_SIZE(at); i++) {
		test_reserve_at(self->fd, self->vcm, at[i], PAGE, &res);
		test_bind(self->fd, self->vcm, res, alloc.phys);
	}
	test_translate(self->fd, self->vcm, 0x400010, self->vcm, &out);
	EXPECT_EQ(0x200010, out);
}

TEST_F(find, a_context_says_what_it_is)
{
	struct vcm_ioc_info info;
	__u64 res, start;

	test_reserve_any(self->fd, self->vcm, PAGE, &res, &start);
	test_reserve_any(self->fd, self->vcm, PAGE, &res, &start);
	test_info(self->fd, self->vcm, &info);
	EXPECT_EQ(1, info.refs);
	EXPECT_EQ(START, info.start);
	EXPECT_EQ(LAST, info.last);
	EXPECT_EQ(START, info.reach_start);
	EXPECT_EQ(LAST, info.reach_last);
	EXPECT_EQ(0, info.pgsizes);
	EXPECT_EQ(2, info.reservations);
	EXPECT_EQ(0, info.domains);
	EXPECT_EQ(0, info.state);
}

/* What is translated is what the device finds there. */
TEST_F(find, dma_through_a_translated_address_reaches_the_byte)
{
	struct space one, two;
	struct vcm_ioc_map map;
	struct vcm_ioc_info info;
	struct mem mem;
	__u64 out;

	if (!edu_exists())
		SKIP(return, "no edu device");
	space_create(_metadata, self->fd, &one, 1);
	space_create(_metadata, self->fd, &two, 2);
	test_mem_alloc(self->fd, 3 * PAGE, 1, &mem);
	map = (struct vcm_ioc_map) { .vcm = one.vcm, .phys = mem.phys };
	test_map(self->fd, &map);
	out = map.start + 2 * PAGE + 100;
	map = (struct vcm_ioc_map) {
		.vcm = two.vcm, .phys = mem.phys, .flags = VCM_RESERVE_FIXED, .start = FREE_IOVA,
	};
	test_map(self->fd, &map);
	test_translate(self->fd, one.vcm, out, two.vcm, &out);
	EXPECT_EQ(FREE_IOVA + 2 * PAGE + 100, out);
	space_activate(_metadata, &two);
	pattern_fill(mem.uva + 2 * PAGE + 100, 64, 77);
	EXPECT_EQ(0, seen_wrong(_metadata, &two, out, 64, 77));
	test_info(self->fd, two.vcm, &info);
	EXPECT_EQ(1, info.domains);
	EXPECT_TRUE(info.pgsizes & PAGE);
	test_mem_free(self->fd, &mem);
	space_destroy(_metadata, &one);
	space_destroy(_metadata, &two);
}

TEST_HARNESS_MAIN
