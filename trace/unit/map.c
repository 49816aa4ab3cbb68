// SPDX-License-Identifier: GPL-2.0-only
/*
 * map.c - the steps fused, over each kind of driver.
 */
#include "fake.h"
#include "os_test.h"
#include "unit.h"

static u64 pa_of(const struct vcm_phys *phys)
{
	u32 nr;

	return vcm_phys_chunks(phys, &nr)->pa;
}

/* The same body over every driver: map, look, unmap, and nothing is left. */
static void check_map(const struct vcm_driver *driver, u64 (*address)(const struct vcm_phys *phys))
{
	struct vcm *vcm = unit_context_of(driver);
	struct vcm_phys *phys = unit_phys(4);
	struct vcm_res *res;
	u64 pa;

	unit_events_clear();
	res = vcm_map(vcm, phys, NULL, RW);
	CHECK_PTR_ERR(0, res);
	CHECK_STR("reserve bind", unit_event_names());
	unit_verify();
	CHECK_EQ(4 * PAGE, vcm_res_len(res));
	CHECK_EQ(address(phys), vcm_res_start(res));
	CHECK_ERR(0, vcm_iova_to_phys(vcm, vcm_res_start(res) + PAGE, &pa));
	CHECK_EQ(pa_of(phys) + PAGE, pa);
	CHECK_ERR(0, vcm_unmap(res, NULL));
	CHECK_STR("reserve bind unbind unreserve", unit_event_names());
	CHECK_EQ(0, os_vmaps_held());
	res = vcm_map(vcm, phys, NULL, RW);
	CHECK_PTR_ERR(0, res);
	vcm_phys_put(phys);
	unit_verify();
	CHECK_EQ(4, vcm_os_pages_held());
	vcm_destroy(vcm);
	CHECK_EQ(0, vcm_os_pages_held());
	CHECK_EQ(0, os_vmaps_held());
	vcm_unreserve(res);
}

static u64 lowest(const struct vcm_phys *phys)
{
	(void)phys;
	return 0;
}

static u64 kernel_address(const struct vcm_phys *phys)
{
	return (uintptr_t)phys->kva;
}

TEST(memory_is_mapped_where_the_driver_has_it)
{
	check_map(&fake_driver, lowest);
	check_map(&fake_o2o_driver, pa_of);
	check_map(&fake_contig_driver, pa_of);
	check_map(&fake_fused_driver, kernel_address);
}

static void check_make(const struct vcm_driver *driver, u32 chunks)
{
	const struct vcm_phys_req what = { .len = 3 * PAGE };
	struct vcm *vcm = unit_context_of(driver);
	struct vcm_res *res;
	struct vcm_phys *phys;
	u32 nr;

	unit_events_clear();
	res = vcm_make_binding(vcm, &what, NULL, RW);
	CHECK_PTR_ERR(0, res);
	CHECK_STR("phys_alloc reserve bind unref", unit_event_names());
	CHECK_EQ(0, unit_event(3)->refs);
	unit_verify();
	phys = vcm_res_phys(res);
	vcm_phys_chunks(phys, &nr);
	CHECK_EQ(chunks, nr);
	vcm_phys_put(phys);
	unit_events_clear();
	CHECK_ERR(0, vcm_destroy_binding(res, NULL));
	CHECK_EQ(3, unit_events());	/* unbind, and unreserve and phys_free */
	CHECK_EQ(0, vcm_os_pages_held());
	vcm_destroy(vcm);
}

TEST(binding_is_made_with_its_memory)
{
	check_make(&fake_driver, 2);
	check_make(&fake_contig_driver, 1);
	check_make(&fake_fused_driver, 2);
}

TEST(one_to_one_needs_one_piece)
{
	const struct vcm_phys_req what = { .len = 3 * PAGE };
	struct vcm *vcm = unit_context_of(&fake_o2o_driver);
	struct vcm_phys *phys = unit_phys(3);
	struct vcm_res *res;
	u32 nr;

	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_map(vcm, phys, NULL, RW));
	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_make_binding(vcm, &what, NULL, RW));
	CHECK_EQ(3, vcm_os_pages_held());
	/* Reserved where the memory is, it can be bound like any other. */
	res = unit_res_at(vcm, vcm_phys_chunks(phys, &nr)[1].pa, 2);
	CHECK_ERR(-EOPNOTSUPP, vcm_bind(res, phys, PAGE, RW));
	CHECK_ERR(0, vcm_bind(res, phys, 2 * PAGE, RW));
	unit_verify();
	vcm_unreserve(res);
	vcm_phys_put(phys);
	vcm_destroy(vcm);
}

TEST(address_that_is_taken_is_refused)
{
	struct vcm *vcm = unit_context_of(&fake_o2o_driver);
	struct vcm_phys *phys = unit_phys(1);
	struct vcm_res *res = vcm_map(vcm, phys, NULL, RW);

	CHECK_PTR_ERR(0, res);
	CHECK_PTR_ERR(-EADDRINUSE, vcm_map(vcm, phys, NULL, RW));
	CHECK_ERR(0, vcm_unmap(res, NULL));
	vcm_destroy(vcm);
	vcm = unit_context_of(&fake_fused_driver);
	res = vcm_map(vcm, phys, NULL, RW);
	CHECK_PTR_ERR(0, res);
	CHECK_PTR_ERR(-EADDRINUSE, vcm_map(vcm, phys, NULL, RW));
	unit_verify();
	CHECK_EQ(1, os_vmaps_held());
	CHECK_ERR(0, vcm_unmap(res, NULL));
	CHECK_EQ(0, os_vmaps_held());
	vcm_phys_put(phys);
	vcm_destroy(vcm);
}

TEST(where_says_how_large_and_where)
{
	struct vcm_holder *holder = unit_holder("mapper");
	struct vcm *vcm = unit_context_of(&fake_driver);
	struct vcm_phys *phys = unit_phys(2);
	struct vcm_req where = { .len = 4 * PAGE, .start = 16 * PAGE, .guard_after = PAGE,
				 .holder = holder };
	struct vcm_res *res = vcm_map(vcm, phys, &where, VCM_PROT_READ);

	CHECK_PTR_ERR(0, res);
	CHECK_EQ(16 * PAGE, vcm_res_start(res));
	CHECK_EQ(4 * PAGE, vcm_res_len(res));
	CHECK_EQ(2 * PAGE, res->bound_len);
	CHECK_ERR(0, vcm_unmap(res, holder));
	unit_events_clear();
	where.len = PAGE;
	CHECK_PTR_ERR(-ENOSPC, vcm_map(vcm, phys, &where, RW));
	CHECK_STR("reserve error unreserve", unit_event_names());
	where.len = 0;
	CHECK_PTR_ERR(-EINVAL, vcm_map(vcm, phys, &where, 0));
	where.flags = VCM_RESERVE_BOUND;
	CHECK_PTR_ERR(-EINVAL, vcm_map(vcm, phys, &where, RW));
	where.flags = VCM_RESERVE_SYSTEM;
	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_map(vcm, phys, &where, RW));
	where.flags = 0;
	res = vcm_map(vcm, phys, &where, RW);
	CHECK_EQ(2 * PAGE, vcm_res_len(res));
	CHECK_ERR(0, vcm_unmap(res, holder));
	unit_verify();
	vcm_phys_put(phys);
	vcm_destroy(vcm);
	vcm_holder_put(holder);
}

/* A call that fails is an event, whichever step it was. */
TEST(placed_memory_cannot_be_asked_elsewhere)
{
	struct vcm *vcm = unit_context_of(&fake_fused_driver);
	struct vcm_phys *phys = unit_phys(2);
	struct vcm_req where = { .len = PAGE };

	unit_events_clear();
	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_map(vcm, phys, &where, RW));
	where.len = 2 * PAGE;
	where.flags = VCM_RESERVE_FIXED;
	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_map(vcm, phys, &where, RW));
	where.flags = 0;
	where.limit = PAGE;
	CHECK_PTR_ERR(-ERANGE, vcm_map(vcm, phys, &where, RW));
	CHECK_PTR_ERR(-EINVAL, vcm_map(vcm, phys, NULL, 0));
	CHECK_EQ(0, os_vmaps_held());
	unit_verify();
	vcm_phys_put(phys);
	vcm_destroy(vcm);
}

TEST(failed_placement_is_an_event)
{
	struct vcm *vcm = unit_context_of(&fake_fused_driver);
	struct vcm_phys *phys = unit_phys(2);
	struct vcm_req where = { .len = PAGE };

	unit_events_clear();
	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_map(vcm, phys, &where, RW));
	CHECK_STR("error", unit_event_names());
	fake_fail_nth(FAKE_PLACE, 1, -EIO);
	CHECK_PTR_ERR(-EIO, vcm_map(vcm, phys, NULL, RW));
	CHECK_STR("error error", unit_event_names());
	vcm_phys_put(phys);
	vcm_destroy(vcm);
}

TEST(fused_driver_has_no_separate_steps)
{
	struct vcm *vcm = unit_context_of(&fake_fused_driver);
	struct fake_device *fake = fake_device("dev", 0);
	const struct vcm_req req = { .len = PAGE };
	struct vcm_phys *phys = unit_phys(1);
	struct vcm_bind_req bind = { phys, 0, 0, RW, VCM_CACHE_WB };
	struct vcm_res *res;

	unit_events_clear();
	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_reserve(vcm, &req));
	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_reserve_at(vcm, 0, PAGE));
	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_assoc_device(vcm, fake->dev));
	res = vcm_map(vcm, phys, NULL, RW);
	CHECK_ERR(-EOPNOTSUPP, vcm_rebind(res, &bind));
	CHECK_STR("error error error reserve bind error", unit_event_names());
	CHECK_ERR(0, vcm_unmap(res, NULL));
	vcm_get(vcm);
	vcm_destroy(vcm);
	CHECK_PTR_ERR(-ENODEV, vcm_map(vcm, phys, NULL, RW));
	CHECK_EQ(0, os_vmaps_held());
	vcm_put(vcm);
	vcm_phys_put(phys);
}

/* The kernel mapping of a binding is the driver's; what was not placed must not be unplaced. */
TEST(memory_that_was_not_placed_is_not_bound)
{
	struct vcm *vcm = unit_context_of(&fake_fused_driver);
	struct vcm_phys *phys = unit_phys(1), *other = unit_phys(1);
	struct vcm_res *res = vcm_map(vcm, phys, NULL, RW);

	CHECK_ERR(-EOPNOTSUPP, vcm_unbind(res));
	CHECK_ERR(-EOPNOTSUPP, vcm_bind(res, other, 0, RW));
	unit_verify();
	CHECK_ERR(0, vcm_ref_reserve(res));
	CHECK_ERR(0, vcm_unmap(res, NULL));
	CHECK_EQ(1, os_vmaps_held());
	vcm_unreserve(res);
	CHECK_EQ(0, os_vmaps_held());
	unit_verify();
	vcm_phys_put(phys);
	vcm_phys_put(other);
	vcm_destroy(vcm);
}

static struct vcm *hooked;
static struct vcm_phys *next;
static struct vcm_res *mapped;

static void map_next(void)
{
	mapped = vcm_map(hooked, next, NULL, RW);
}

/* The address comes back with the kernel mapping: its range has to be free before. */
TEST(address_is_free_for_the_next_once_it_is_unplaced)
{
	struct vcm_phys *phys = unit_phys(1);
	struct vcm_res *res;

	hooked = unit_context_of(&fake_fused_driver);
	next = unit_phys(1);
	res = vcm_map(hooked, phys, NULL, RW);
	fake_unplaced = map_next;
	CHECK_ERR(0, vcm_unmap(res, NULL));
	CHECK(!fake_unplaced);
	CHECK_PTR_ERR(0, mapped);
	CHECK_ERR(0, vcm_unmap(mapped, NULL));
	vcm_phys_put(phys);
	vcm_phys_put(next);
	vcm_destroy(hooked);
}

TEST(unmap_gives_up_one_reference)
{
	struct vcm *vcm = unit_context_of(&fake_driver);
	struct vcm_phys *phys = unit_phys(1);
	struct vcm_res *res = vcm_map(vcm, phys, NULL, RW);

	CHECK_ERR(0, vcm_ref_reserve(res));
	CHECK_ERR(0, vcm_ref_reserve(res));
	unit_events_clear();
	CHECK_ERR(0, vcm_unmap(res, NULL));
	CHECK_STR("unref", unit_event_names());
	CHECK(res->phys == phys);
	CHECK_ERR(0, vcm_unbind(res));
	CHECK_ERR(-ENXIO, vcm_unmap(res, NULL));
	CHECK_EQ(VCM_OP_UNREF, unit_event(2)->arg[0]);
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	vcm_get(vcm);
	vcm_destroy(vcm);
	CHECK_ERR(-ENODEV, vcm_unmap(res, NULL));
	vcm_unreserve(res);
	vcm_unreserve(res);
	vcm_put(vcm);
	vcm_phys_put(phys);
}

/* A call that fails changes nothing. */
TEST(unmap_by_who_has_no_reference_changes_nothing)
{
	struct vcm_holder *holder = unit_holder("stranger");
	struct vcm *vcm = unit_context_of(&fake_driver);
	struct vcm_phys *phys = unit_phys(1);
	struct vcm_res *res = vcm_map(vcm, phys, NULL, RW);

	CHECK_ERR(-ENOENT, vcm_unmap(res, holder));
	CHECK(res->phys == phys);
	CHECK_ERR(0, vcm_unmap(res, NULL));
	vcm_holder_put(holder);
	vcm_phys_put(phys);
	vcm_destroy(vcm);
}

TEST(driver_is_complete_or_refused)
{
	struct vcm_driver driver[5] = { fake_driver, fake_driver, fake_fused_driver,
					fake_fused_driver, fake_o2o_driver };
	struct vcm_cfg cfg = { .last = ~0ull };

	driver[0].flags = VCM_DRVF_FUSED;		/* without a place */
	driver[1].map = NULL;
	driver[2].place = NULL;
	driver[3].unmap = fake_driver.unmap;		/* one of all */
	driver[4].attach = NULL;
	for (u32 i = 0; i < 5; i++) {
		cfg.driver = &driver[i];
		CHECK_PTR_ERR(-EINVAL, vcm_create(&cfg));
	}
	driver[3] = fake_fused_driver;
	driver[3].flags = 0;
	cfg.driver = &driver[3];
	vcm_destroy(vcm_create(&cfg));
}

TEST(one_to_one_context_has_devices_and_no_regions)
{
	struct vcm *vcm = unit_context_of(&fake_o2o_driver);
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm_assoc *assoc = unit_assoc(vcm, fake);
	const struct vcm_phys_req what = { .len = 4 * PAGE, .flags = VCM_PHYS_CONTIG };
	struct vcm_phys *phys = vcm_phys_alloc(&what);
	struct vcm_bind_req bind = { phys, PAGE, PAGE, RW, VCM_CACHE_WB };
	struct vcm_res *res;

	CHECK_ERR(0, vcm_activate(assoc));
	res = vcm_map(vcm, phys, NULL, RW);
	CHECK_PTR_ERR(0, res);
	CHECK_EQ(pa_of(phys) + PAGE, fake_translate(fake, pa_of(phys) + PAGE, RW));
	CHECK_ERR(-EOPNOTSUPP, vcm_rebind(res, &bind));
	unit_verify();
	bind.off = 0;
	CHECK_ERR(0, vcm_rebind(res, &bind));
	CHECK_EQ(0, fake_translate(fake, pa_of(phys) + PAGE, RW));
	unit_verify();
	CHECK_ERR(0, vcm_unmap(res, NULL));
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
	vcm_phys_put(phys);
}

TEST(fused_calls_on_a_dead_context_are_silent)
{
	struct vcm *vcm = unit_context_of(&fake_fused_driver);
	struct vcm_phys *phys = unit_phys(1);
	struct vcm_res *res = vcm_map(vcm, phys, NULL, RW);
	const struct vcm_req where = { .len = 2 * PAGE };

	vcm_get(vcm);
	vcm_destroy(vcm);
	unit_events_clear();
	CHECK_ERR(-EOPNOTSUPP, vcm_bind(res, phys, 0, RW));
	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_map(vcm, phys, &where, RW));
	CHECK_STR("", unit_event_names());
	vcm_unreserve(res);
	vcm_put(vcm);
	vcm_phys_put(phys);
}
