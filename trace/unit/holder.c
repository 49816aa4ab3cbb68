// SPDX-License-Identifier: GPL-2.0-only
/*
 * holder.c - references that know whose they are: nobody gives up what belongs to somebody else.
 */
#include "fake.h"
#include "os_test.h"
#include "unit.h"

static u32 held_by(u32 kind, u32 vcm, u64 id, const struct vcm_holder *holder)
{
	const struct vcm_snap_hold *hold;
	struct state state;
	u32 count;

	unit_snapshot(&state);
	hold = state_hold(&state, kind, vcm, id, vcm_holder_id(holder));
	count = hold ? hold->count : 0;
	state_clear(&state);
	return count;
}

TEST(holder_has_a_name_and_a_number)
{
	struct vcm_holder *one = unit_holder("one");
	struct vcm_holder *two = unit_holder("a name of more than thirty-one characters");
	struct state state;

	unit_snapshot(&state);
	CHECK_EQ(2, state.table[VCM_SNAP_HOLDER].nr);
	CHECK_STR("one", state_holder_name(&state, vcm_holder_id(one)));
	CHECK_STR("a name of more than thirty-one ", state_holder_name(&state, vcm_holder_id(two)));
	CHECK_EQ(2, vcm_holder_id(two));
	CHECK_EQ(0, vcm_holder_id(NULL));
	state_clear(&state);
	CHECK_EQ(0, unit_events());
	vcm_holder_put(one);
	vcm_holder_put(NULL);
	unit_snapshot(&state);
	CHECK_EQ(1, state.table[VCM_SNAP_HOLDER].nr);
	state_clear(&state);
	vcm_holder_put(two);
}

TEST(context_is_held_by_name)
{
	struct vcm_holder *one = unit_holder("one"), *two = unit_holder("two");
	const struct vcm_cfg cfg = { .last = ~0ull, .driver = &fake_driver, .holder = one };
	struct vcm *vcm = vcm_create(&cfg);

	CHECK_EQ(vcm_holder_id(one), unit_event(0)->arg[5]);
	CHECK_ERR(0, vcm_get_as(vcm, one));
	CHECK_ERR(0, vcm_get_as(vcm, two));
	CHECK_EQ(2, held_by(VCM_KIND_CONTEXT, 1, 1, one));
	CHECK_EQ(1, held_by(VCM_KIND_CONTEXT, 1, 1, two));
	unit_events_clear();
	CHECK_ERR(-ENOENT, vcm_put_as(vcm, NULL));
	vcm_put(vcm);
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_put_as(vcm, two));
	CHECK_ERR(-ENOENT, vcm_put_as(vcm, two));
	CHECK_STR("error error error unref error", unit_event_names());
	CHECK_EQ(VCM_OP_UNREF, unit_event(0)->arg[0]);
	CHECK_EQ(VCM_KIND_CONTEXT, unit_event(0)->arg[1]);
	CHECK_EQ(vcm_holder_id(two), unit_event(3)->arg[1]);
	CHECK_EQ(vcm_holder_id(two), unit_event(4)->arg[2]);
	CHECK_EQ(2, held_by(VCM_KIND_CONTEXT, 1, 1, one));
	CHECK_ERR(0, vcm_put_as(vcm, one));
	CHECK_ERR(0, vcm_put_as(vcm, one));
	CHECK_STR("error error error unref error unref unref destroy", unit_event_names());
	vcm_holder_put(one);
	vcm_holder_put(two);
}

TEST(context_is_destroyed_by_who_holds_it)
{
	struct vcm_holder *one = unit_holder("one"), *two = unit_holder("two");
	const struct vcm_cfg cfg = { .last = ~0ull, .driver = &fake_driver, .holder = one };
	struct vcm *vcm = vcm_create(&cfg);

	unit_events_clear();
	vcm_destroy_as(vcm, two);
	CHECK_STR("error", unit_event_names());
	vcm_destroy_as(vcm, one);
	CHECK_STR("error unref destroy", unit_event_names());
	vcm_holder_put(one);
	vcm_holder_put(two);
}

TEST(reservation_is_held_by_name)
{
	struct vcm_holder *one = unit_holder("one"), *two = unit_holder("two");
	const struct vcm_req req = { .len = PAGE, .holder = one };
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = vcm_reserve(vcm, &req);

	CHECK_EQ(vcm_holder_id(one), unit_event(1)->arg[5]);
	CHECK_ERR(0, vcm_ref_reserve(res));
	CHECK_ERR(0, vcm_ref_reserve_as(res, two));
	CHECK_ERR(0, vcm_ref_reserve_as(res, two));
	CHECK_EQ(1, held_by(VCM_KIND_RES, 1, 1, one));
	CHECK_EQ(2, held_by(VCM_KIND_RES, 1, 1, two));
	CHECK_ERR(0, vcm_unreserve_as(res, one));
	unit_events_clear();
	CHECK_ERR(-ENOENT, vcm_unreserve_as(res, one));
	CHECK_EQ(VCM_KIND_RES, unit_event(0)->arg[1]);
	CHECK_EQ(vcm_holder_id(one), unit_event(0)->arg[2]);
	vcm_unreserve(res);
	CHECK_ERR(-ENOENT, vcm_unreserve_as(res, NULL));
	CHECK_ERR(0, vcm_unreserve_as(res, two));
	CHECK_STR("error unref error unref", unit_event_names());
	CHECK_EQ(0, held_by(VCM_KIND_RES, 1, 1, one));
	CHECK_ERR(0, vcm_unreserve_as(res, two));
	CHECK_STR("error unref error unref unreserve", unit_event_names());
	vcm_destroy(vcm);
	vcm_holder_put(one);
	vcm_holder_put(two);
}

TEST(memory_is_held_by_name)
{
	struct vcm_holder *one = unit_holder("one"), *two = unit_holder("two");
	const struct vcm_phys_req req = { .len = PAGE, .holder = one };
	struct vcm_phys *phys = vcm_phys_alloc(&req);

	CHECK_EQ(vcm_holder_id(one), unit_event(0)->arg[5]);
	CHECK_ERR(0, vcm_phys_get_as(phys, two));
	CHECK_ERR(0, vcm_phys_get_as(phys, two));
	CHECK_EQ(2, held_by(VCM_KIND_PHYS, 0, 1, two));
	unit_events_clear();
	vcm_phys_put(phys);
	CHECK_ERR(-ENOENT, vcm_phys_put_as(phys, NULL));
	CHECK_EQ(VCM_KIND_PHYS, unit_event(1)->arg[1]);
	CHECK_ERR(0, vcm_phys_put_as(phys, one));
	CHECK_ERR(-ENOENT, vcm_phys_put_as(phys, one));
	CHECK_ERR(0, vcm_phys_put_as(phys, two));
	CHECK_EQ(1, held_by(VCM_KIND_PHYS, 0, 1, two));
	CHECK_ERR(0, vcm_phys_put_as(phys, two));
	CHECK_STR("error error unref error unref phys_free", unit_event_names());
	vcm_holder_put(one);
	vcm_holder_put(two);
}

/* The first hold has room in the object; it is used again when its holder has let go. */
TEST(holds_are_listed_by_age_and_made_again)
{
	struct vcm_holder *holder[4] = { unit_holder("a"), unit_holder("b"), unit_holder("c"),
					 unit_holder("d") };
	struct vcm_phys *phys = unit_phys(1);
	u64 held = vcm_os_objects_held();
	struct state state;

	for (u32 i = 0; i < 4; i++)
		CHECK_ERR(0, vcm_phys_get_as(phys, holder[i]));
	CHECK_EQ(held + 3, vcm_os_objects_held());
	CHECK_ERR(0, vcm_phys_put_as(phys, holder[0]));
	CHECK_ERR(0, vcm_phys_put_as(phys, holder[2]));
	CHECK_EQ(held + 2, vcm_os_objects_held());
	CHECK_ERR(0, vcm_phys_get_as(phys, holder[2]));
	CHECK_EQ(held + 2, vcm_os_objects_held());
	unit_verify();
	unit_snapshot(&state);
	for (u32 i = 0; i < 3; i++) {
		const struct vcm_snap_hold *hold = state_record(&state, VCM_SNAP_HOLD, i);

		CHECK_EQ(vcm_holder_id(holder[i == 0 ? 1 : i == 1 ? 3 : 2]), hold->holder);
	}
	state_clear(&state);
	for (u32 i = 1; i < 4; i++)
		CHECK_ERR(0, vcm_phys_put_as(phys, holder[i]));
	vcm_phys_put(phys);
	for (u32 i = 0; i < 4; i++)
		vcm_holder_put(holder[i]);
}

TEST(leak_keeps_the_name_of_its_holder)
{
	struct vcm_holder *holder = unit_holder("leaker");
	struct vcm *vcm = unit_context(0, ~0ull);
	u32 id = vcm_holder_id(holder);
	struct state state;

	CHECK_ERR(0, vcm_get_as(vcm, holder));
	vcm_holder_put(holder);
	unit_snapshot(&state);
	CHECK_STR("leaker", state_holder_name(&state, id));
	state_clear(&state);
	CHECK_ERR(0, vcm_put_as(vcm, holder));
	CHECK(list_empty(&vcm_registry.holders));
	vcm_destroy(vcm);
}

TEST(references_stop_before_they_wrap)
{
	struct vcm_phys *phys = unit_phys(1);
	struct vcm *vcm = unit_context(0, ~0ull);

	phys->refs.total = phys->refs.unnamed = VCM_REFS_MAX;
	vcm->refs.total = vcm->refs.unnamed = VCM_REFS_MAX;
	unit_events_clear();
	CHECK_ERR(-EOVERFLOW, vcm_phys_get_as(phys, NULL));
	CHECK_ERR(-EOVERFLOW, vcm_get_as(vcm, NULL));
	CHECK_STR("error error", unit_event_names());
	unit_expect_warnings(2);
	CHECK(vcm_get(vcm) == vcm);
	CHECK(vcm_phys_get(phys) == phys);
	phys->refs.total = phys->refs.unnamed = 1;
	vcm->refs.total = vcm->refs.unnamed = 1;
	vcm_phys_put(phys);
	vcm_destroy(vcm);
}

TEST(hold_in_a_gone_context_is_still_somebodys)
{
	struct vcm_holder *one = unit_holder("one"), *two = unit_holder("two");
	struct vcm *vcm = unit_context(0, ~0ull);

	CHECK_ERR(0, vcm_get_as(vcm, one));
	vcm_destroy(vcm);
	unit_events_clear();
	CHECK_ERR(0, vcm_get_as(vcm, two));
	CHECK_ERR(0, vcm_put_as(vcm, two));
	CHECK_STR("", unit_event_names());
	CHECK_ERR(0, vcm_put_as(vcm, one));
	vcm_holder_put(one);
	vcm_holder_put(two);
}

/* What is gone emits no events, not even that a call on it was wrong. */
TEST(wrong_put_of_a_gone_context_is_told_by_its_errno_alone)
{
	struct vcm_holder *one = unit_holder("one"), *two = unit_holder("two");
	struct vcm *vcm = unit_context(0, ~0ull);

	CHECK_ERR(0, vcm_get_as(vcm, one));
	vcm_destroy(vcm);
	unit_events_clear();
	CHECK_ERR(-ENOENT, vcm_put_as(vcm, two));
	CHECK_STR("", unit_event_names());
	os_fail_nth(1, OS_FAIL_OBJECTS);
	CHECK_ERR(-ENOMEM, vcm_get_as(vcm, two));
	os_fail_nth(0, 0);
	CHECK_STR("", unit_event_names());
	CHECK_ERR(0, vcm_put_as(vcm, one));
	vcm_holder_put(one);
	vcm_holder_put(two);
}

static struct vcm *hooked;
static struct vcm_holder *late[3];
static struct vcm_res *late_res[3];

/* Holders that come after the list was copied; the last of them has the first reservation. */
static void hold_meanwhile(void)
{
	for (u32 i = 0; i < 3; i++)
		late[i] = unit_holder("late");
	for (u32 i = 0; i < 3; i++) {
		const struct vcm_req req = { .len = PAGE, .holder = late[(i + 2) % 3] };

		late_res[i] = vcm_reserve(hooked, &req);
		CHECK_PTR_ERR(0, late_res[i]);
	}
	CHECK_ERR(0, vcm_ref_reserve_as(late_res[0], late[1]));
}

static void let_go_of_late(void)
{
	CHECK_ERR(0, vcm_unreserve_as(late_res[0], late[1]));
	for (u32 i = 0; i < 3; i++) {
		CHECK_ERR(0, vcm_unreserve_as(late_res[i], late[(i + 2) % 3]));
		vcm_holder_put(late[(i + 2) % 3]);
	}
}

/* state_decode() refuses a hold whose holder has no record, and holders out of order. */
TEST(snapshot_names_the_holder_of_every_hold)
{
	struct vcm_holder *early = unit_holder("early");
	struct state state;

	hooked = unit_context(0, ~0ull);
	os_hooks.unlocked = hold_meanwhile;
	unit_snapshot(&state);
	CHECK(!os_hooks.unlocked);
	CHECK_EQ(4, state.table[VCM_SNAP_HOLDER].nr);
	CHECK_EQ(4, state.table[VCM_SNAP_HOLD].nr);
	state_clear(&state);
	let_go_of_late();
	vcm_destroy(hooked);
	vcm_holder_put(early);
}

TEST(snapshot_with_late_holders_fails_cleanly)
{
	u64 held = vcm_os_objects_held(), swept = 0;
	void *data = NULL;
	size_t len;
	int err;

	hooked = unit_context(0, ~0ull);
	do {
		/* The hook allocates too: two objects for each holder and a hold. */
		os_hooks.unlocked = hold_meanwhile;
		os_fail_nth(swept + 1 < 2 ? swept + 1 : swept + 8, OS_FAIL_OBJECTS);
		err = vcm_snap_take(&data, &len);
		CHECK_ERR(os_fail_fired() ? -ENOMEM : 0, err);
		os_fail_nth(0, 0);
		if (!os_hooks.unlocked)
			let_go_of_late();
		os_hooks.unlocked = NULL;
		swept++;
	} while (err);
	CHECK(swept > 3);
	vcm_os_free(data);
	vcm_destroy(hooked);
	CHECK_EQ(held, vcm_os_objects_held());
}
