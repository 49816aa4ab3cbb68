// SPDX-License-Identifier: GPL-2.0-only
/*
 * context.c - contexts: what may be created, and an end that leaves nothing and tells all of it.
 *
 * Some tests play a second thread: a hook runs its call at the one moment of the first thread's
 * call at which it hurts most.  Both hold a reference of their own, so both are in their right.
 */
#include "fake.h"
#include "os_test.h"
#include "unit.h"

static struct vcm *create(u64 start, u64 last, const struct vcm_driver *driver)
{
	const struct vcm_cfg cfg = { .start = start, .last = last, .driver = driver };

	return vcm_create(&cfg);
}

TEST(create_gives_one_reference_and_an_id)
{
	struct vcm *first = unit_context(0, ~0ull), *second = unit_context(PAGE, 2 * PAGE - 1);

	CHECK_EQ(1, vcm_id(first));
	CHECK_EQ(2, vcm_id(second));
	CHECK_STR("create create", unit_event_names());
	CHECK_EQ(1, unit_event(1)->refs);
	CHECK_EQ(PAGE, unit_event(1)->arg[0]);
	CHECK_EQ(2 * PAGE - 1, unit_event(1)->arg[1]);
	CHECK_EQ(VCM_DRIVER_IOMMU, unit_event(1)->arg[2]);
	vcm_destroy(first);
	vcm_put(second);
}

TEST(create_refuses_a_window_that_is_not_one)
{
	CHECK_PTR_ERR(-EINVAL, create(1, PAGE - 1, &fake_driver));
	CHECK_PTR_ERR(-EINVAL, create(0, PAGE, &fake_driver));
	CHECK_PTR_ERR(-EINVAL, create(0, PAGE - 2, &fake_driver));
	CHECK_PTR_ERR(-EINVAL, create(2 * PAGE, PAGE - 1, &fake_driver));
	CHECK_PTR_ERR(-EINVAL, create(PAGE, PAGE - 1, &fake_driver));
	CHECK_STR("error error error error error", unit_event_names());
	CHECK_EQ(-EINVAL, (s64)unit_event(4)->err);
	CHECK_EQ(VCM_OP_CREATE, unit_event(4)->arg[0]);
	CHECK_EQ(PAGE, unit_event(4)->arg[1]);
	CHECK_EQ(PAGE - 1, unit_event(4)->arg[2]);
}

TEST(create_refuses_a_driver_with_a_member_missing)
{
	struct vcm_driver driver[7];

	for (int i = 0; i < 7; i++)
		driver[i] = fake_driver;
	driver[0].name = NULL;
	driver[1].domain_alloc = NULL;
	driver[2].domain_free = NULL;
	driver[3].attach = NULL;
	driver[4].detach = NULL;
	driver[5].map = NULL;
	driver[6].unmap = NULL;
	for (int i = 0; i < 7; i++)
		CHECK_PTR_ERR(-EINVAL, create(0, PAGE - 1, &driver[i]));
	CHECK_PTR_ERR(-EINVAL, create(0, PAGE - 1, NULL));
}

TEST(last_put_ends_the_context_as_destroy_does)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 1);

	CHECK(vcm_get(vcm) == vcm);
	vcm_put(vcm);
	unit_events_clear();
	vcm_put(vcm);
	CHECK_STR("unref unreserve destroy", unit_event_names());
	vcm_unreserve(res);
}

/* The life of all: two devices of different kinds active, two bindings, one reservation bare. */
struct life {
	struct vcm *vcm;
	struct vcm_res *res[3];
	struct vcm_assoc *assoc[2];
};

static void life_begin(struct life *life)
{
	static const char *const name[2] = { "one", "two" };
	struct vcm_phys *phys = unit_phys(2);

	life->vcm = unit_context(0, ~0ull);
	for (u32 i = 0; i < 3; i++)
		life->res[i] = unit_res_at(life->vcm, i * 4 * PAGE, 2);
	for (u32 i = 0; i < 2; i++) {
		struct fake_device *fake = fake_device(name[i], i);

		life->assoc[i] = vcm_assoc_device(life->vcm, fake->dev);
		CHECK_PTR_ERR(0, life->assoc[i]);
		CHECK_ERR(0, vcm_activate(life->assoc[i]));
		CHECK_ERR(0, vcm_bind(life->res[i], phys, 0, RW));
	}
	CHECK_ERR(0, vcm_activate(life->assoc[0]));
	vcm_phys_put(phys);
	unit_verify();
	unit_events_clear();
}

static void life_give_up(const struct life *life)
{
	for (u32 i = 0; i < 3; i++)
		vcm_unreserve(life->res[i]);
	for (u32 i = 0; i < 2; i++)
		CHECK_ERR(0, vcm_deassoc(life->assoc[i]));
}

TEST(destroy_with_everything_live_tells_all_of_it_in_order)
{
	struct life life;

	life_begin(&life);
	vcm_destroy(life.vcm);
	CHECK_STR("unref unmap unmap deactivate deassoc unmap unmap deactivate deassoc "
		  "unbind unreserve unbind unreserve phys_free unreserve destroy",
		  unit_event_names());
	CHECK_EQ(0, unit_event(3)->refs);
	CHECK_EQ(0, vcm_os_pages_held());
	CHECK_EQ(0, fake_counts.domains);
	life_give_up(&life);
	CHECK_EQ(16, unit_events());
}

TEST(pointers_held_over_a_destroy_are_valid_and_dead)
{
	const struct vcm_req req = { .len = PAGE };
	struct fake_device *fake = fake_device("late", 0);
	struct vcm_phys *phys = unit_phys(1);
	struct vcm_res_info info;
	struct life life;

	life_begin(&life);
	vcm_get(life.vcm);
	vcm_destroy(life.vcm);
	unit_events_clear();
	CHECK_PTR_ERR(-ENODEV, vcm_reserve(life.vcm, &req));
	CHECK_PTR_ERR(-ENODEV, vcm_reserve_at(life.vcm, 0, PAGE));
	CHECK_PTR_ERR(-ENODEV, vcm_assoc_device(life.vcm, fake->dev));
	CHECK_ERR(-ENODEV, vcm_ref_reserve(life.res[0]));
	CHECK_ERR(-ENODEV, vcm_bind(life.res[0], phys, 0, RW));
	CHECK_ERR(-ENODEV, vcm_unbind(life.res[0]));
	CHECK_ERR(-ENODEV, vcm_activate(life.assoc[0]));
	CHECK_ERR(-ENODEV, vcm_deactivate(life.assoc[0]));
	vcm_res_info(life.res[1], &info);
	CHECK_EQ(2, info.id);
	CHECK_EQ(4 * PAGE, info.start);
	CHECK_EQ(0, info.phys);
	CHECK_EQ(0, info.mapped);
	CHECK_EQ(1, vcm_id(life.vcm));
	vcm_get(life.vcm);
	vcm_put(life.vcm);
	vcm_put(life.vcm);
	life_give_up(&life);
	CHECK_STR("", unit_event_names());
	vcm_phys_put(phys);
	CHECK_STR("phys_free", unit_event_names());
}

TEST(each_of_two_owners_may_destroy)
{
	struct vcm *vcm = vcm_get(unit_context(0, ~0ull));

	vcm_destroy(vcm);
	vcm_destroy(vcm);
	CHECK_STR("create ref unref destroy", unit_event_names());
}

static u32 observed[2];

static void on_created(u32 vcm)
{
	unit_verify();		/* takes every lock, so none is held */
	observed[0] += vcm;
}

static void on_destroyed(u32 vcm)
{
	unit_verify();
	observed[1] += vcm;
}

TEST(observer_is_told_outside_the_locks)
{
	static const struct vcm_observer observer = { on_created, on_destroyed };
	struct vcm *unseen = unit_context(0, ~0ull), *seen;

	vcm_set_observer(&observer);
	seen = unit_context(0, ~0ull);
	CHECK_EQ(2, observed[0]);
	vcm_destroy(seen);
	CHECK_EQ(2, observed[1]);
	vcm_set_observer(NULL);
	vcm_destroy(unseen);
	CHECK_EQ(2, observed[1]);
}

static struct life other;

/* The second owner gives everything up while the first is between two reservations. */
static void other_gives_up(void)
{
	life_give_up(&other);
	vcm_put(other.vcm);
}

TEST(second_owner_may_let_go_during_destroy)
{
	life_begin(&other);
	vcm_get(other.vcm);
	os_hooks.pages_freed = other_gives_up;
	vcm_destroy(other.vcm);
	CHECK(!os_hooks.pages_freed);
}

TEST(snapshot_during_destroy_is_what_the_events_say)
{
	life_begin(&other);
	vcm_get(other.vcm);
	os_hooks.pages_freed = unit_verify;
	vcm_destroy(other.vcm);
	CHECK(!os_hooks.pages_freed);
	life_give_up(&other);
	vcm_put(other.vcm);
}

static void other_counts(void)
{
	vcm_get(other.vcm);
	unit_verify();
	vcm_put(other.vcm);
	unit_verify();
}

TEST(references_taken_during_destroy_are_told)
{
	life_begin(&other);
	vcm_get(other.vcm);
	os_hooks.pages_freed = other_counts;
	vcm_destroy(other.vcm);
	CHECK(!os_hooks.pages_freed);
	life_give_up(&other);
	vcm_put(other.vcm);
}

static void other_unreserves(void)
{
	vcm_unreserve(other.res[0]);
}

TEST(context_outlives_the_unlock_of_a_reference_that_was_not_the_last)
{
	other.vcm = unit_context(0, ~0ull);
	other.res[0] = unit_res_at(other.vcm, 0, 1);
	CHECK_ERR(0, vcm_ref_reserve(other.res[0]));
	vcm_destroy(other.vcm);
	os_hooks.unlocked = other_unreserves;
	vcm_unreserve(other.res[0]);
	CHECK(!os_hooks.unlocked);
}

/* Between two reservations of a destroy: those that are left belong to a dead context. */
static void other_calls(void)
{
	const struct vcm_req req = { .len = PAGE };
	struct vcm_phys *phys = unit_phys(1);
	struct vcm_bind_req bind = { phys, 0, 0, RW, VCM_CACHE_WB };

	unit_events_clear();
	CHECK_ERR(-ENODEV, vcm_bind(other.res[2], phys, 0, RW));
	CHECK_ERR(-ENXIO, vcm_rebind(other.res[2], &bind));
	CHECK_PTR_ERR(-ENODEV, vcm_reserve(other.vcm, &req));
	CHECK_PTR_ERR(-ENODEV, vcm_find_res(other.vcm, 8 * PAGE));
	CHECK_PTR_ERR(-ENODEV, vcm_map(other.vcm, phys, NULL, RW));
	CHECK_ERR(-ENODEV, vcm_save(other.vcm));
	CHECK_ERR(-ENODEV, vcm_restore(other.vcm));
	/* Its end is told in stream 0, of which it is part until it is gone. */
	CHECK_STR("error error", unit_event_names());
	vcm_phys_put(phys);
}

TEST(calls_during_destroy_find_a_dead_context)
{
	life_begin(&other);
	vcm_get(other.vcm);
	os_hooks.pages_freed = other_calls;
	vcm_destroy(other.vcm);
	CHECK(!os_hooks.pages_freed);
	life_give_up(&other);
	vcm_put(other.vcm);
}
