// SPDX-License-Identifier: GPL-2.0-only
/*
 * sweep.c - see sweep.h.
 */
#include <stdio.h>

#include "os_test.h"
#include "sweep.h"

static const char *const source_names[SOURCES] = {
	"objects", "pages", "vmaps", "calls", "domains", "attaches", "maps", "places"
};

void bench_begin(struct bench *bench)
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
	bench->holder = unit_holder("bench");
	bench->other = unit_context(0, ~0ull);
	bench->other_res = unit_res_at(bench->other, 0, 8);
	CHECK_ERR(0, vcm_bind(bench->other_res, bench->phys, 0, RW));
	for (u32 i = 0; i < 2; i++)
		bench->other_assoc[i] = unit_assoc(bench->other, bench->fake[1 + 2 * i]);
}

void bench_end(struct bench *bench)
{
	if (bench->vcm)
		vcm_destroy(bench->vcm);
	for (u32 i = 0; i < 4; i++)
		if (bench->assoc[i])
			CHECK_ERR(0, vcm_deassoc(bench->assoc[i]));
	for (u32 i = 0; i < 3; i++)
		if (bench->res[i])
			vcm_unreserve(bench->res[i]);
	vcm_destroy(bench->other);
	for (u32 i = 0; i < 2; i++)
		CHECK_ERR(0, vcm_deassoc(bench->other_assoc[i]));
	vcm_unreserve(bench->other_res);
	vcm_phys_put(bench->phys);
	vcm_holder_put(bench->holder);
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

/* How each source fails: by the seam, with -ENOMEM, or in the driver, with -EIO. */
static const u32 seam[SOURCES] = {
	[OBJECTS] = OS_FAIL_OBJECTS,
	[PAGES] = OS_FAIL_PAGES,
	[VMAPS] = OS_FAIL_VMAP,
	[CALLS] = OS_FAIL_CALLS,
};

static const enum fake_op driver[SOURCES] = {
	[DOMAINS] = FAKE_ALLOC,
	[ATTACHES] = FAKE_ATTACH,
	[MAPS] = FAKE_MAP,
	[PLACES] = FAKE_PLACE,
};

static void arm(enum source source, u64 nth)
{
	os_fail_nth(seam[source] ? nth : 0, seam[source]);
	fake_fail_nth(driver[source], seam[source] ? 0 : nth, -EIO);
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
			CHECK_ERR(seam[source] ? -ENOMEM : -EIO, err);
		} else {
			/* Only missing pages can be made up for, by smaller chunks. */
			CHECK(!fired || source == PAGES);
			unit_verify();
			call->undo(bench);
			if (bench->renumbered) {
				state_clear(&before);
				unit_snapshot(&before);
			}
		}
		check_same(&before, &counts);
	} while (fired);
	state_clear(&before);
	return met;
}

void sweep_around(const struct call *call, void (*before)(struct bench *bench),
		  void (*after)(struct bench *bench))
{
	struct bench bench = {};

	bench_begin(&bench);
	if (before)
		before(&bench);
	for (enum source source = 0; source < SOURCES; source++) {
		u32 met = sweep(&bench, call, source);

		if (met)
			printf("# %u %s\n", met, source_names[source]);
		CHECK_EQ(call->points[source], met);
	}
	if (after)
		after(&bench);
	bench_end(&bench);
}

void sweep_all(const struct call *call)
{
	sweep_around(call, NULL, NULL);
}

int made(struct bench *bench, void *ptr)
{
	bench->made = IS_ERR(ptr) ? NULL : ptr;
	return unit_ptr_err(ptr);
}

