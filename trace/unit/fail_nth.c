// SPDX-License-Identifier: GPL-2.0-only
/*
 * fail_nth.c - the simple calls of the API with every failure below them; see sweep.h.
 */
#include "os_test.h"
#include "sweep.h"

static int run_create(struct bench *bench)
{
	const struct vcm_cfg cfg = { .last = ~0ull, .driver = &fake_driver };

	return made(bench, vcm_create(&cfg));
}

static void undo_create(struct bench *bench)
{
	vcm_destroy(bench->made);
}

TEST(create)
{
	sweep_all(&(struct call) { run_create, undo_create, { [OBJECTS] = 1 } });
}

static int run_reserve(struct bench *bench)
{
	const struct vcm_req req = { .len = PAGE };

	return made(bench, vcm_reserve(bench->vcm, &req));
}

static int run_reserve_at(struct bench *bench)
{
	return made(bench, vcm_reserve_at(bench->vcm, 100 * PAGE, PAGE));
}

static void undo_reserve(struct bench *bench)
{
	vcm_unreserve(bench->made);
}

TEST(reserve)
{
	sweep_all(&(struct call) { run_reserve, undo_reserve, { [OBJECTS] = 1 } });
}

TEST(reserve_at)
{
	sweep_all(&(struct call) { run_reserve_at, undo_reserve, { [OBJECTS] = 1 } });
}

static int run_ref(struct bench *bench)
{
	vcm_get(bench->vcm);
	vcm_phys_get(bench->phys);
	return vcm_ref_reserve(bench->res[0]);
}

static void undo_ref(struct bench *bench)
{
	vcm_put(bench->vcm);
	vcm_phys_put(bench->phys);
	vcm_unreserve(bench->res[0]);
}

TEST(references_do_not_allocate)
{
	sweep_all(&(struct call) { run_ref, undo_ref, {} });
}

/* 26 pages in chunks of 8, 2: the list of chunks grows twice, and every size can run out. */
static int run_phys(struct bench *bench)
{
	const struct vcm_phys_req req = { .len = 26 * PAGE, .orders = 1 << 1 | 1 << 3 };

	return made(bench, vcm_phys_alloc(&req));
}

/* One size only: each missing chunk is the end. */
static int run_phys_single(struct bench *bench)
{
	const struct vcm_phys_req req = { .len = 20 * PAGE, .orders = 1 };

	return made(bench, vcm_phys_alloc(&req));
}

static void undo_phys(struct bench *bench)
{
	vcm_phys_put(bench->made);
}

TEST(phys_alloc_in_two_sizes)
{
	sweep_all(&(struct call) { run_phys, undo_phys, { [OBJECTS] = 2, [PAGES] = 4 } });
}

TEST(phys_alloc_in_one_size)
{
	sweep_all(&(struct call) { run_phys_single, undo_phys, { [OBJECTS] = 4, [PAGES] = 20 } });
}

static int run_bind(struct bench *bench)
{
	return vcm_bind(bench->res[2], bench->phys, PAGE, VCM_PROT_READ);
}

static void undo_bind(struct bench *bench)
{
	CHECK_ERR(0, vcm_unbind(bench->res[2]));
}

TEST(bind_in_two_domains)
{
	sweep_all(&(struct call) { run_bind, undo_bind, { [CALLS] = 2, [MAPS] = 2 } });
}

static int run_unbind(struct bench *bench)
{
	return vcm_unbind(bench->res[1]);
}

static void undo_unbind(struct bench *bench)
{
	CHECK_ERR(0, vcm_bind(bench->res[1], bench->phys, 0, RW));
}

TEST(unbind_does_not_allocate)
{
	sweep_all(&(struct call) { run_unbind, undo_unbind, {} });
}

static int run_assoc(struct bench *bench)
{
	return made(bench, vcm_assoc_device(bench->vcm, bench->spare->dev));
}

static void undo_assoc(struct bench *bench)
{
	CHECK_ERR(0, vcm_deassoc(bench->made));
}

TEST(assoc)
{
	sweep_all(&(struct call) { run_assoc, undo_assoc, { [OBJECTS] = 1 } });
}

static int run_activate(struct bench *bench)
{
	return vcm_activate(bench->assoc[0]);
}

static void undo_activate(struct bench *bench)
{
	CHECK_ERR(0, vcm_deactivate(bench->assoc[0]));
}

TEST(activate_with_a_new_domain)
{
	sweep_all(&(struct call) { run_activate, undo_activate,
		{ [OBJECTS] = 1, [CALLS] = 6, [DOMAINS] = 1, [ATTACHES] = 1, [MAPS] = 2 } });
}

static int run_join(struct bench *bench)
{
	return vcm_activate(bench->assoc[3]);
}

static void undo_join(struct bench *bench)
{
	CHECK_ERR(0, vcm_deactivate(bench->assoc[3]));
}

TEST(activate_with_the_domain_of_another_device)
{
	sweep_all(&(struct call) { run_join, undo_join, { [CALLS] = 1, [ATTACHES] = 1 } });
}

static int run_again(struct bench *bench)
{
	return vcm_activate(bench->assoc[1]);
}

static void undo_again(struct bench *bench)
{
	CHECK_ERR(0, vcm_deactivate(bench->assoc[1]));
}

TEST(activate_once_more)
{
	sweep_all(&(struct call) { run_again, undo_again, {} });
}

static int run_register(struct bench *bench)
{
	return made(bench, vcm_device_register("new", "", 0, NULL));
}

static void undo_register(struct bench *bench)
{
	vcm_device_unregister(bench->made);
}

TEST(device_register)
{
	sweep_all(&(struct call) { run_register, undo_register, { [OBJECTS] = 2 } });
}

/* Teardown in every form, with the first allocation of each kind set to fail. */
TEST(teardown_does_not_allocate)
{
	struct bench bench = {};

	bench_begin(&bench);
	os_fail_nth(1, OS_FAIL_OBJECTS | OS_FAIL_PAGES);
	CHECK_ERR(0, vcm_deactivate(bench.assoc[1]));
	CHECK_ERR(0, vcm_deassoc(bench.assoc[0]));
	bench.assoc[0] = NULL;
	vcm_unreserve(bench.res[0]);
	bench.res[0] = NULL;
	fake_unregister(bench.fake[2]);
	vcm_destroy(bench.vcm);
	bench.vcm = NULL;
	bench_end(&bench);
	CHECK(!os_fail_fired());
	os_fail_nth(0, 0);
}
