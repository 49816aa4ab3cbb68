// SPDX-License-Identifier: GPL-2.0-only
/*
 * fail_nth.c - every call of the API with every failure below it, one at a time.
 *
 * A call is repeated with the first, second, ... allocation or driver call failing, until it
 * gets through without meeting the failure.  Each failed try has to give the errno of what
 * failed and leave the state as it was: compared as snapshots, as tables of the driver, and by
 * counting.  Calls that cannot fail show here that they do not allocate.
 */
#include <stdio.h>

#include "fake.h"
#include "os_test.h"
#include "unit.h"

enum source { OBJECTS, PAGES, DOMAINS, ATTACHES, MAPS, SOURCES };

static const char *const source_names[SOURCES] = {
	"objects", "pages", "domains", "attaches", "maps"
};

/**
 * struct bench - what the calls work on
 * @vcm:   a context
 * @fake:  devices behind IOMMUs of the kinds 0, 1, 2, 1
 * @spare: a device that is not associated
 * @assoc: of @fake; 1 and 2 are active
 * @res:   two bound, one bare
 * @phys:  in three chunks, bound twice
 * @made:  what the call under test made
 */
struct bench {
	struct vcm *vcm;
	struct fake_device *fake[4];
	struct fake_device *spare;
	struct vcm_assoc *assoc[4];
	struct vcm_res *res[3];
	struct vcm_phys *phys;
	void *made;
};

/**
 * struct call - a call under test
 * @run:    do it; what it made goes to bench.made
 * @undo:   bring the state before it back
 * @points: failures that it has to meet at least, by source
 */
struct call {
	int (*run)(struct bench *bench);
	void (*undo)(struct bench *bench);
	u32 points[SOURCES];
};

static void bench_begin(struct bench *bench)
{
	static const char *const name[4] = { "a", "b", "c", "d" };
	static const u32 kind[4] = { 0, 1, 2, 1 };

	bench->vcm = unit_context(0, ~0ull);
	bench->phys = unit_phys(7);
	bench->spare = fake_device("spare", 0);
	for (u32 i = 0; i < 4; i++) {
		bench->fake[i] = fake_device(name[i], kind[i]);
		bench->assoc[i] = vcm_assoc_device(bench->vcm, bench->fake[i]->dev);
		CHECK_PTR_ERR(0, bench->assoc[i]);
	}
	for (u32 i = 0; i < 3; i++)
		bench->res[i] = unit_res_at(bench->vcm, i * 16 * PAGE, 8);
	for (u32 i = 0; i < 2; i++) {
		CHECK_ERR(0, vcm_activate(bench->assoc[i + 1]));
		CHECK_ERR(0, vcm_bind(bench->res[i], bench->phys, 0, RW));
	}
}

static void bench_end(struct bench *bench)
{
	if (bench->vcm)
		vcm_destroy(bench->vcm);
	for (u32 i = 0; i < 4; i++)
		if (bench->assoc[i])
			CHECK_ERR(0, vcm_deassoc(bench->assoc[i]));
	for (u32 i = 0; i < 3; i++)
		if (bench->res[i])
			vcm_unreserve(bench->res[i]);
	vcm_phys_put(bench->phys);
}

/* What a failed call must leave alone, beside the snapshot. */
struct counts {
	u64 objects;
	u64 pages;
	u64 domains;
};

static struct counts counts_now(void)
{
	return (struct counts) { vcm_os_objects_held(), vcm_os_pages_held(), fake_counts.domains };
}

static void check_same(const struct state *before, const struct counts *counts)
{
	const struct counts now = counts_now();
	struct state after;

	unit_verify();
	unit_snapshot(&after);
	CHECK_NONE(state_compare(before, &after, false));
	state_clear(&after);
	CHECK(!memcmp(&now, counts, sizeof(now)));
}

static void arm(enum source source, u64 nth)
{
	os_fail_nth(source == OBJECTS || source == PAGES ? nth : 0,
		    source == OBJECTS ? OS_FAIL_OBJECTS : OS_FAIL_PAGES);
	fake_fail_nth(source == DOMAINS ? FAKE_ALLOC : source == ATTACHES ? FAKE_ATTACH : FAKE_MAP,
		      source >= DOMAINS ? nth : 0, -EIO);
}

/* Return: the failures met before the call got through. */
static u32 sweep(struct bench *bench, const struct call *call, enum source source)
{
	const struct counts counts = counts_now();
	struct state before;
	u32 met = 0;
	bool fired;
	int err;

	unit_snapshot(&before);
	do {
		arm(source, met + 1);
		err = call->run(bench);
		fired = os_fail_fired() || fake_fail_fired();
		arm(source, 0);
		met += fired;
		if (err) {
			CHECK(fired);
			CHECK_ERR(source >= DOMAINS ? -EIO : -ENOMEM, err);
		} else {
			/* Only missing pages can be made up for, by smaller chunks. */
			CHECK(!fired || source == PAGES);
			unit_verify();
			call->undo(bench);
		}
		check_same(&before, &counts);
	} while (fired);
	state_clear(&before);
	return met;
}

static void sweep_all(const struct call *call)
{
	struct bench bench = {};

	bench_begin(&bench);
	for (enum source source = 0; source < SOURCES; source++) {
		u32 met = sweep(&bench, call, source);

		if (met)
			printf("# %u %s\n", met, source_names[source]);
		CHECK_EQ(call->points[source], met);
	}
	bench_end(&bench);
}

/* Keep a good pointer in bench.made.  Return: 0 or the errno in it. */
static int made(struct bench *bench, void *ptr)
{
	bench->made = IS_ERR(ptr) ? NULL : ptr;
	return unit_ptr_err(ptr);
}

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
	sweep_all(&(struct call) { run_bind, undo_bind, { [MAPS] = 2 } });
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
		{ [OBJECTS] = 1, [DOMAINS] = 1, [ATTACHES] = 1, [MAPS] = 2 } });
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
	sweep_all(&(struct call) { run_join, undo_join, { [ATTACHES] = 1 } });
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
	sweep_all(&(struct call) { run_register, undo_register, { [OBJECTS] = 1 } });
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
