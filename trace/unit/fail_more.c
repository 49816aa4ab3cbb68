// SPDX-License-Identifier: GPL-2.0-only
/*
 * fail_more.c - calls that count for holders, exchange, fuse and move, with every failure below
 * them; see sweep.h.
 */
#include "os_test.h"
#include "sweep.h"

static int run_holder(struct bench *bench)
{
	bench->made = vcm_holder_create("new");
	return bench->made ? 0 : -ENOMEM;
}

static void undo_holder(struct bench *bench)
{
	vcm_holder_put(bench->made);
}

TEST(holder_create)
{
	sweep_all(&(struct call) { run_holder, undo_holder, { [OBJECTS] = 1 } });
}

static struct vcm_holder *first;

/* The first hold of an object needs no memory: somebody has it already. */
static void hold_first(struct bench *bench)
{
	first = unit_holder("first");
	CHECK_ERR(0, vcm_get_as(bench->vcm, first));
	CHECK_ERR(0, vcm_phys_get_as(bench->phys, first));
	CHECK_ERR(0, vcm_ref_reserve_as(bench->res[0], first));
}

/* Whatever is still held goes with the bench. */
static void let_go(struct bench *bench)
{
	CHECK_ERR(0, vcm_put_as(bench->vcm, first));
	CHECK_ERR(0, vcm_phys_put_as(bench->phys, first));
	CHECK_ERR(0, vcm_unreserve_as(bench->res[0], first));
	vcm_holder_put(first);
}

static int run_get_as(struct bench *bench)
{
	return vcm_get_as(bench->vcm, bench->holder);
}

static void undo_get_as(struct bench *bench)
{
	CHECK_ERR(0, vcm_put_as(bench->vcm, bench->holder));
}

static int run_phys_get_as(struct bench *bench)
{
	return vcm_phys_get_as(bench->phys, bench->holder);
}

static void undo_phys_get_as(struct bench *bench)
{
	CHECK_ERR(0, vcm_phys_put_as(bench->phys, bench->holder));
}

static int run_ref_as(struct bench *bench)
{
	return vcm_ref_reserve_as(bench->res[0], bench->holder);
}

static void undo_ref_as(struct bench *bench)
{
	CHECK_ERR(0, vcm_unreserve_as(bench->res[0], bench->holder));
}

TEST(second_hold_of_a_context)
{
	sweep_around(&(struct call) { run_get_as, undo_get_as, { [OBJECTS] = 1 } }, hold_first,
		     let_go);
}

TEST(second_hold_of_memory)
{
	sweep_around(&(struct call) { run_phys_get_as, undo_phys_get_as, { [OBJECTS] = 1 } },
		     hold_first, let_go);
}

TEST(second_hold_of_a_reservation)
{
	sweep_around(&(struct call) { run_ref_as, undo_ref_as, { [OBJECTS] = 1 } }, hold_first,
		     let_go);
}

static int run_first_holds(struct bench *bench)
{
	CHECK_ERR(0, vcm_get_as(bench->vcm, bench->holder));
	CHECK_ERR(0, vcm_phys_get_as(bench->phys, bench->holder));
	return vcm_ref_reserve_as(bench->res[0], bench->holder);
}

static void undo_first_holds(struct bench *bench)
{
	undo_get_as(bench);
	undo_phys_get_as(bench);
	undo_ref_as(bench);
}

TEST(first_hold_of_an_object_does_not_allocate)
{
	sweep_all(&(struct call) { run_first_holds, undo_first_holds, {} });
}

static int run_reserve(struct bench *bench)
{
	const struct vcm_req req = { .len = PAGE, .within = bench->within, .guard_after = PAGE,
				     .holder = bench->holder };

	return made(bench, vcm_reserve(bench->vcm, &req));
}

static void undo_reserve(struct bench *bench)
{
	CHECK_ERR(0, vcm_unreserve_as(bench->made, bench->holder));
}

static void make_bound(struct bench *bench)
{
	const struct vcm_req req = { .len = 8 * PAGE, .flags = VCM_RESERVE_BOUND };

	bench->within = vcm_reserve(bench->vcm, &req);
	CHECK_PTR_ERR(0, bench->within);
}

static void drop_bound(struct bench *bench)
{
	vcm_unreserve(bench->within);
	bench->within = NULL;
}

TEST(reserve_in_a_sub_window)
{
	sweep_around(&(struct call) { run_reserve, undo_reserve, { [OBJECTS] = 1 } }, make_bound,
		     drop_bound);
}

static int run_contig(struct bench *bench)
{
	const struct vcm_phys_req req = { .len = 5 * PAGE, .flags = VCM_PHYS_CONTIG,
					  .holder = bench->holder };

	return made(bench, vcm_phys_alloc(&req));
}

static void undo_phys(struct bench *bench)
{
	CHECK_ERR(0, vcm_phys_put_as(bench->made, bench->holder));
}

TEST(phys_alloc_in_one_piece)
{
	sweep_all(&(struct call) { run_contig, undo_phys, { [OBJECTS] = 2, [PAGES] = 1 } });
}

static void give_back(void *priv)
{
	++*(u32 *)priv;
}

static u32 given_back;

/* On failure the memory stays the caller's: it is not given back. */
static int run_wrap(struct bench *bench)
{
	static const struct vcm_phys_ops ops = { give_back };
	const struct vcm_chunk chunk = { os_foreign(0), PAGE };
	const struct vcm_phys_desc desc = { .chunks = &chunk, .nr_chunks = 1, .ops = &ops,
					    .source = VCM_SOURCE_ARRAY, .priv = &given_back,
					    .holder = bench->holder };
	u32 before = given_back;
	int err = made(bench, vcm_phys_wrap(&desc));

	CHECK_EQ(before, given_back);
	return err;
}

TEST(phys_wrap)
{
	sweep_all(&(struct call) { run_wrap, undo_phys, { [OBJECTS] = 2 } });
}

static int run_rebind(struct bench *bench)
{
	const struct vcm_bind_req req = { bench->phys, PAGE, 3 * PAGE, RW, VCM_CACHE_WB };

	return vcm_rebind(bench->res[0], &req);
}

static void undo_rebind(struct bench *bench)
{
	const struct vcm_bind_req req = { bench->phys, 0, 0, RW, VCM_CACHE_WB };

	CHECK_ERR(0, vcm_rebind(bench->res[0], &req));
}

TEST(rebind_in_two_domains)
{
	sweep_all(&(struct call) { run_rebind, undo_rebind, { [CALLS] = 2, [MAPS] = 2 } });
}

static int run_map(struct bench *bench)
{
	const struct vcm_req where = { .holder = bench->holder };

	return made(bench, vcm_map(bench->vcm, bench->phys, &where, RW));
}

static void undo_map(struct bench *bench)
{
	CHECK_ERR(0, vcm_unmap(bench->made, bench->holder));
}

TEST(map_in_two_domains)
{
	sweep_all(&(struct call) { run_map, undo_map,
		{ [OBJECTS] = 1, [CALLS] = 2, [MAPS] = 2 } });
}

static int run_make(struct bench *bench)
{
	const struct vcm_phys_req what = { .len = 3 * PAGE, .orders = 1, .holder = bench->holder };

	return made(bench, vcm_make_binding(bench->vcm, &what, NULL, RW));
}

static void undo_make(struct bench *bench)
{
	CHECK_ERR(0, vcm_destroy_binding(bench->made, NULL));
}

TEST(make_binding_in_two_domains)
{
	sweep_all(&(struct call) { run_make, undo_make,
		{ [OBJECTS] = 3, [PAGES] = 3, [CALLS] = 2, [MAPS] = 2 } });
}

static struct vcm *fused;

static void make_fused(struct bench *bench)
{
	(void)bench;
	fused = unit_context_of(&fake_fused_driver);
}

static void drop_fused(struct bench *bench)
{
	(void)bench;
	vcm_destroy(fused);
}

static int run_fused(struct bench *bench)
{
	return made(bench, vcm_map(fused, bench->phys, NULL, RW));
}

static void undo_fused(struct bench *bench)
{
	CHECK_ERR(0, vcm_unmap(bench->made, NULL));
}

TEST(map_where_the_driver_places_it)
{
	sweep_around(&(struct call) { run_fused, undo_fused,
		{ [OBJECTS] = 1, [VMAPS] = 1, [PLACES] = 1 } }, make_fused, drop_fused);
}

static int run_make_fused(struct bench *bench)
{
	const struct vcm_phys_req what = { .len = 2 * PAGE, .orders = 1 };

	return made(bench, vcm_make_binding(fused, &what, NULL, RW));
}

TEST(make_binding_where_the_driver_places_it)
{
	sweep_around(&(struct call) { run_make_fused, undo_fused,
		{ [OBJECTS] = 3, [PAGES] = 2, [VMAPS] = 1, [PLACES] = 1 } }, make_fused,
		drop_fused);
}

static int run_vmap(struct bench *bench)
{
	return made(bench, vcm_vmap(bench->phys));
}

static void undo_vmap(struct bench *bench)
{
	vcm_vunmap(bench->phys);
}

TEST(vmap)
{
	sweep_all(&(struct call) { run_vmap, undo_vmap, { [VMAPS] = 1 } });
}

static int run_switch(struct bench *bench)
{
	return vcm_switch(bench->assoc[1], bench->other_assoc[0]);
}

static void undo_switch(struct bench *bench)
{
	CHECK_ERR(0, vcm_switch(bench->other_assoc[0], bench->assoc[1]));
	bench->renumbered = true;
}

TEST(switch_to_a_new_domain)
{
	sweep_all(&(struct call) { run_switch, undo_switch,
		{ [OBJECTS] = 1, [CALLS] = 3, [DOMAINS] = 1, [ATTACHES] = 1, [MAPS] = 1 } });
}

static void activate_mate(struct bench *bench)
{
	CHECK_ERR(0, vcm_activate(bench->other_assoc[1]));
	CHECK_ERR(0, vcm_activate(bench->assoc[1]));
}

static void deactivate_mate(struct bench *bench)
{
	CHECK_ERR(0, vcm_deactivate(bench->other_assoc[1]));
	CHECK_ERR(0, vcm_deactivate(bench->assoc[1]));
}

TEST(switch_to_the_domain_of_another_device)
{
	sweep_around(&(struct call) { run_switch, undo_switch, { [CALLS] = 1, [ATTACHES] = 1 } },
		     activate_mate, deactivate_mate);
}

static int run_restore(struct bench *bench)
{
	return vcm_restore(bench->vcm);
}

static void save(struct bench *bench)
{
	CHECK_ERR(0, vcm_save(bench->vcm));
}

static void restore(struct bench *bench)
{
	CHECK_ERR(0, vcm_restore(bench->vcm));
}

/* Domains get new numbers: the state that is compared has none while the context is saved. */
TEST(restore_of_two_domains)
{
	sweep_around(&(struct call) { run_restore, save,
		{ [OBJECTS] = 2, [CALLS] = 8 + 1, [DOMAINS] = 2, [ATTACHES] = 2, [MAPS] = 4 } },
		save, restore);
}

static int run_save(struct bench *bench)
{
	return vcm_save(bench->other);
}

static void undo_save(struct bench *bench)
{
	CHECK_ERR(0, vcm_restore(bench->other));
}

TEST(save_cannot_fail)
{
	sweep_all(&(struct call) { run_save, undo_save, {} });
}

static int run_find(struct bench *bench)
{
	struct vcm_res *res = vcm_find_res(bench->vcm, 16 * PAGE);
	u64 out;

	CHECK(res == bench->res[1]);
	CHECK(vcm_res_phys(res) == bench->phys);
	CHECK_ERR(0, vcm_iova_to_phys(bench->vcm, PAGE, &out));
	CHECK_ERR(0, vcm_translate(bench->vcm, PAGE, bench->other, &out));
	return 0;
}

static void undo_find(struct bench *bench)
{
	vcm_unreserve(bench->res[1]);
	vcm_phys_put(bench->phys);
}

TEST(look_ups_do_not_allocate)
{
	sweep_all(&(struct call) { run_find, undo_find, {} });
}

static int run_assoc(struct bench *bench)
{
	return made(bench, vcm_assoc_device(bench->vcm, bench->spare->dev));
}

static void undo_assoc(struct bench *bench)
{
	CHECK_ERR(0, vcm_deassoc(bench->made));
}

/* One region that is taken already, by two devices, and one that is new. */
static void add_regions(struct bench *bench)
{
	struct fake_device *fake = bench->spare;

	for (u32 i = 0; i < 2; i++) {
		bench->fake[i]->region[0] = (struct fake_region) { PAGE << 10, (PAGE << 10) + 1 };
		bench->fake[i]->regions = 1;
		CHECK_ERR(0, vcm_deassoc(bench->assoc[3 * i]));
		bench->assoc[3 * i] = unit_assoc(bench->vcm, bench->fake[i ? 3 : 0]);
	}
	fake->region[0] = (struct fake_region) { PAGE << 10, (PAGE << 10) + 1 };
	fake->region[1] = (struct fake_region) { PAGE << 11, (PAGE << 11) + 1 };
	fake->regions = 2;
}

static void nothing(struct bench *bench)
{
	(void)bench;
}

TEST(assoc_with_regions)
{
	sweep_around(&(struct call) { run_assoc, undo_assoc, { [OBJECTS] = 5 } }, add_regions,
		     nothing);
}
