// SPDX-License-Identifier: GPL-2.0-only
/*
 * resv.c - regions that devices cannot use are reserved while they are associated.
 */
#include <stdio.h>

#include "fake.h"
#include "os_test.h"
#include "unit.h"

static void add_region(struct fake_device *fake, u64 first_page, u64 pages)
{
	fake->region[fake->regions++] = (struct fake_region) {
		first_page * PAGE, (first_page + pages) * PAGE - 1
	};
}

static const struct vcm_snap_res *res_at(const struct state *state, u64 start)
{
	for (u32 i = 0; i < state->table[VCM_SNAP_RES].nr; i++) {
		const struct vcm_snap_res *res = state_record(state, VCM_SNAP_RES, i);

		if (res->start == start)
			return res;
	}
	return NULL;
}

TEST(regions_of_a_device_are_taken_by_its_name)
{
	struct fake_device *fake = fake_device("0000:00:05.0", 0);
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);
	const struct vcm_snap_res *res;
	const struct vcm_snap_hold *hold;
	struct vcm_assoc *assoc;
	struct state state;

	add_region(fake, 4, 2);
	add_region(fake, 16, 1);
	unit_events_clear();
	assoc = unit_assoc(vcm, fake);
	CHECK_STR("reserve reserve assoc", unit_event_names());
	unit_snapshot(&state);
	res = res_at(&state, 4 * PAGE);
	CHECK_EQ(2 * PAGE, res->len);
	CHECK_EQ(VCM_RESERVE_FIXED | VCM_RESERVE_SYSTEM, res->rflags);
	hold = state_record(&state, VCM_SNAP_HOLD, 0);
	CHECK_STR("0000:00:05.0", state_holder_name(&state, hold->holder));
	state_clear(&state);
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 5 * PAGE, PAGE));
	unit_events_clear();
	CHECK_ERR(0, vcm_deassoc(assoc));
	CHECK_STR("unreserve unreserve deassoc", unit_event_names());
	vcm_unreserve(unit_res_at(vcm, 0, 64));
	vcm_destroy(vcm);
}

TEST(devices_share_a_region)
{
	struct fake_device *fake[2] = { fake_device("a", 0), fake_device("b", 0) };
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);
	struct vcm_assoc *assoc[2];

	add_region(fake[0], 4, 4);
	add_region(fake[1], 5, 3);	/* the end of it */
	assoc[0] = unit_assoc(vcm, fake[0]);
	unit_events_clear();
	assoc[1] = unit_assoc(vcm, fake[1]);
	CHECK_STR("ref assoc", unit_event_names());
	CHECK_EQ(vcm_holder_id(fake[1]->dev->holder), unit_event(0)->arg[1]);
	CHECK_ERR(0, vcm_deassoc(assoc[0]));
	unit_verify();
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 7 * PAGE, PAGE));
	CHECK_ERR(0, vcm_deassoc(assoc[1]));
	vcm_unreserve(unit_res_at(vcm, 4 * PAGE, 4));
	vcm_destroy(vcm);
}

/* "4+2 8+1": the regions there are, in pages. */
static const char *regions(void)
{
	static char text[256];
	struct state state;
	size_t len = 0;

	unit_snapshot(&state);
	text[0] = '\0';
	for (u32 i = 0; i < state.table[VCM_SNAP_RES].nr; i++) {
		const struct vcm_snap_res *res = state_record(&state, VCM_SNAP_RES, i);

		CHECK_EQ(VCM_RESERVE_FIXED | VCM_RESERVE_SYSTEM, res->rflags);
		len += snprintf(text + len, sizeof(text) - len, "%s%llu+%llu", i ? " " : "",
				(unsigned long long)(res->start / PAGE),
				(unsigned long long)(res->len / PAGE));
		CHECK(len < sizeof(text));
	}
	state_clear(&state);
	return text;
}

TEST(regions_that_overlap_in_part_are_one_union)
{
	struct fake_device *fake[3] = { fake_device("a", 0), fake_device("b", 0),
					fake_device("c", 0) };
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);
	struct vcm_assoc *assoc[3];

	add_region(fake[0], 4, 4);
	add_region(fake[1], 6, 4);	/* the end of it, and more */
	add_region(fake[2], 2, 10);	/* around both */
	assoc[0] = unit_assoc(vcm, fake[0]);
	unit_events_clear();
	assoc[1] = unit_assoc(vcm, fake[1]);
	CHECK_STR("ref reserve assoc", unit_event_names());
	CHECK_STR("4+4 8+2", regions());
	unit_events_clear();
	assoc[2] = unit_assoc(vcm, fake[2]);
	CHECK_STR("reserve ref ref reserve assoc", unit_event_names());
	CHECK_STR("2+2 4+4 8+2 10+2", regions());
	unit_verify();
	CHECK_ERR(0, vcm_deassoc(assoc[0]));
	CHECK_STR("2+2 4+4 8+2 10+2", regions());
	CHECK_ERR(0, vcm_deassoc(assoc[2]));
	CHECK_STR("4+4 8+2", regions());	/* all that was shared with the one that stays */
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 6 * PAGE, PAGE));
	CHECK_ERR(0, vcm_deassoc(assoc[1]));
	CHECK_STR("", regions());
	vcm_unreserve(unit_res_at(vcm, 0, 64));
	vcm_destroy(vcm);
}

TEST(regions_of_one_device_may_overlap)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);
	struct vcm_assoc *assoc;

	add_region(fake, 4, 4);
	add_region(fake, 5, 1);
	add_region(fake, 60, 4);	/* up to the end of the window */
	add_region(fake, 7, 54);
	assoc = unit_assoc(vcm, fake);
	CHECK_STR("4+4 8+52 60+4", regions());
	unit_verify();
	CHECK_ERR(0, vcm_deassoc(assoc));
	CHECK_STR("", regions());
	vcm_destroy(vcm);
}

TEST(union_ends_where_somebody_else_is)
{
	struct fake_device *fake[2] = { fake_device("a", 0), fake_device("b", 0) };
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);
	struct vcm_res *res = unit_res_at(vcm, 12 * PAGE, 1);
	struct state before, after;
	struct vcm_assoc *assoc;

	add_region(fake[0], 4, 4);
	add_region(fake[1], 2, 11);
	assoc = unit_assoc(vcm, fake[0]);
	unit_snapshot(&before);
	unit_events_clear();
	CHECK_PTR_ERR(-EADDRINUSE, vcm_assoc_device(vcm, fake[1]->dev));
	CHECK_STR("reserve ref error unreserve unref error", unit_event_names());
	unit_snapshot(&after);
	CHECK_NONE(state_compare(&before, &after, false));
	state_clear(&before);
	state_clear(&after);
	unit_verify();
	vcm_unreserve(res);
	CHECK_ERR(0, vcm_deassoc(unit_assoc(vcm, fake[1])));
	CHECK_ERR(0, vcm_deassoc(assoc));
	vcm_destroy(vcm);
}

TEST(regions_are_whole_pages_inside_the_window)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(8 * PAGE, 16 * PAGE - 1);
	struct vcm_assoc *assoc;
	struct state state;

	fake->region[0] = (struct fake_region) { 0, 8 * PAGE + 5 };
	fake->region[1] = (struct fake_region) { 12 * PAGE + 1, 12 * PAGE + 1 };
	fake->region[2] = (struct fake_region) { 15 * PAGE, ~0ull };
	fake->region[3] = (struct fake_region) { 0, 8 * PAGE - 1 };
	fake->regions = 4;
	assoc = unit_assoc(vcm, fake);
	unit_snapshot(&state);
	CHECK_EQ(3, state.table[VCM_SNAP_RES].nr);
	CHECK_EQ(PAGE, res_at(&state, 8 * PAGE)->len);
	CHECK_EQ(PAGE, res_at(&state, 12 * PAGE)->len);
	CHECK_EQ(PAGE, res_at(&state, 15 * PAGE)->len);
	state_clear(&state);
	CHECK_ERR(0, vcm_deassoc(assoc));
	vcm_destroy(vcm);
}

TEST(region_that_somebody_has_refuses_the_device)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);
	struct vcm_res *res = unit_res_at(vcm, 9 * PAGE, 1);
	struct state before, after;

	add_region(fake, 2, 2);
	add_region(fake, 8, 2);
	unit_snapshot(&before);
	unit_events_clear();
	CHECK_PTR_ERR(-EADDRINUSE, vcm_assoc_device(vcm, fake->dev));
	CHECK_STR("reserve error unreserve error", unit_event_names());
	unit_snapshot(&after);
	CHECK_NONE(state_compare(&before, &after, false));
	state_clear(&before);
	state_clear(&after);
	unit_verify();
	vcm_unreserve(res);
	CHECK_ERR(0, vcm_deassoc(unit_assoc(vcm, fake)));
	vcm_destroy(vcm);
}

TEST(device_whose_regions_cannot_be_told_is_refused)
{
	struct fake_device *fake = fake_device("a", 0);
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);

	add_region(fake, 4, 2);
	add_region(fake, 16, 1);
	for (u32 nth = 1; nth <= 3; nth++) {
		fake_fail_nth(FAKE_RESERVED, nth, -ENOMEM);
		CHECK_PTR_ERR(-ENOMEM, vcm_assoc_device(vcm, fake->dev));
		vcm_unreserve(unit_res_at(vcm, 0, 64));
	}
	CHECK_ERR(0, vcm_deassoc(unit_assoc(vcm, fake)));
	vcm_destroy(vcm);
}

TEST(region_of_a_device_that_went_stays_while_it_is_held)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);
	struct vcm_assoc *assoc;
	struct vcm_res *res;

	add_region(fake, 4, 1);
	assoc = unit_assoc(vcm, fake);
	res = vcm_find_res(vcm, 4 * PAGE);
	CHECK_PTR_ERR(0, res);
	unit_events_clear();
	fake_unregister(fake);
	CHECK_STR("unref deassoc", unit_event_names());
	CHECK_ERR(0, vcm_deassoc(assoc));
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 4 * PAGE, PAGE));
	fake_register(fake, "dev");
	assoc = unit_assoc(vcm, fake);		/* joins what is left of it */
	vcm_unreserve(res);
	unit_verify();
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

TEST(destroy_gives_regions_back)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);
	struct vcm_assoc *assoc;

	add_region(fake, 4, 1);
	assoc = unit_assoc(vcm, fake);
	CHECK_ERR(0, vcm_activate(assoc));
	unit_events_clear();
	vcm_destroy(vcm);
	CHECK_STR("unref deactivate unreserve deassoc destroy", unit_event_names());
	CHECK_ERR(0, vcm_deassoc(assoc));
}

TEST(region_that_cannot_be_shared_for_lack_of_memory_says_so)
{
	struct fake_device *fake[3] = { fake_device("a", 0), fake_device("b", 0),
					fake_device("c", 0) };
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);
	struct vcm_assoc *assoc[3];

	for (u32 i = 0; i < 3; i++)
		add_region(fake[i], 4, 1);
	assoc[0] = unit_assoc(vcm, fake[0]);
	os_fail_nth(3, OS_FAIL_OBJECTS);	/* the association, the region, the hold */
	CHECK_PTR_ERR(-ENOMEM, vcm_assoc_device(vcm, fake[1]->dev));
	CHECK(os_fail_fired());
	unit_verify();
	assoc[1] = unit_assoc(vcm, fake[1]);
	assoc[2] = unit_assoc(vcm, fake[2]);
	vcm_destroy(vcm);
	for (u32 i = 0; i < 3; i++)
		CHECK_ERR(0, vcm_deassoc(assoc[i]));
}

static struct vcm_res *hooked;

static void let_go(void)
{
	vcm_unreserve(hooked);
}

/* The last reference to a region may be anybody's, and goes under the lock of the context. */
TEST(shared_region_may_go_while_it_is_being_shared)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);
	struct vcm_assoc *assoc;

	add_region(fake, 4, 1);
	assoc = unit_assoc(vcm, fake);
	hooked = vcm_find_res(vcm, 4 * PAGE);
	CHECK_ERR(0, vcm_deassoc(assoc));
	os_hooks.unlocked = let_go;
	assoc = unit_assoc(vcm, fake);
	CHECK(!os_hooks.unlocked);
	unit_verify();
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 4 * PAGE, PAGE));
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
}
