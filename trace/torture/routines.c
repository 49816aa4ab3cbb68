// SPDX-License-Identifier: GPL-2.0-only
/*
 * routines.c - what the threads of a life do: each routine is simple, makes sense alone, and
 * leaves nothing behind.  The torture is their sum.
 *
 * Any call that may fail may fail for lack of memory, because faults are injected for whoever
 * comes next; what a routine made for itself has to give exact results otherwise.
 */
#include <stdio.h>

#include "os_test.h"
#include "torture.h"

struct torture_shared torture_shared;
__thread struct torture_worker *torture_self;

u64 torture_dice(u64 n)
{
	return (unit_random(&torture_self->random) >> 8) % n;
}

/* True for success; everything else has to be the failure that was asked for. */
static bool is_well(long err, const char *call)
{
	if (err && err != -ENOMEM)
		printf("# error %ld of %s\n", err, call);
	CHECK(!err || err == -ENOMEM);
	return !err;
}

#define went_well(err) is_well(err, #err)

/*
 * Two failures that others asked for may meet in one call: the second one hits its way back.  Then
 * neither the new nor the old is left, and @gone(), the call that would end it, has nothing to end.
 */
#define lost_both(err, gone) ((err) == -ENOTRECOVERABLE && (CHECK_ERR(-ENXIO, gone), true))

/* @err is @want, unless the failure that was asked for came first. */
static void is_refused(int want, int err)
{
	CHECK(err == want || err == -ENOMEM);
}

#define is_there(ptr) is_well(unit_ptr_err(ptr), #ptr)

static struct vcm *any_context(void)
{
	return torture_shared.context[torture_dice(TORTURE_SHARED)];
}

static struct vcm_res *take(struct vcm *vcm, u32 flags, struct vcm_res *within)
{
	const struct vcm_req req = {
		.len = (1 + torture_dice(within ? 2 : 8)) * PAGE * (flags ? 8 : 1),
		.align = within ? 0 : torture_dice(16),
		.guard_after = torture_dice(4) ? 0 : PAGE,
		.flags = flags,
		.within = within,
		.holder = torture_dice(2) ? torture_self->holder : NULL,
	};
	struct vcm_res *res = vcm_reserve(vcm, &req);

	if (within && unit_ptr_err(res) == -ENOSPC)
		return NULL;
	return is_there(res) ? res : NULL;
}

/* Give up the one reference of take(), whosever it is. */
static void give(struct vcm_res *res)
{
	if (vcm_unreserve_as(res, torture_self->holder))
		CHECK_ERR(0, vcm_unreserve_as(res, NULL));
}

static struct vcm_phys *memory(u64 pages)
{
	const struct vcm_phys_req req = { .len = pages * PAGE, .orders = torture_dice(4) };
	struct vcm_phys *phys;

	if (req.orders == 2 && pages % 2)
		return NULL;
	phys = vcm_phys_alloc(&req);
	return is_there(phys) ? phys : NULL;
}

static void find_what_was_reserved(void)
{
	struct vcm *vcm = any_context();
	struct vcm_res *res = take(vcm, 0, NULL), *found;

	if (!res)
		return;
	found = vcm_find_res(vcm, vcm_res_start(res) + vcm_res_len(res) - 1);
	CHECK(found == res);
	vcm_unreserve(found);
	if (went_well(vcm_ref_reserve_as(res, torture_self->holder)))
		CHECK_ERR(0, vcm_unreserve_as(res, torture_self->holder));
	give(res);
}

/* What is bound to @res for other memory, and perhaps for none. */
static void exchange(struct vcm_res *res)
{
	const struct vcm_bind_req other = { torture_shared.phys, 0, PAGE, RW, VCM_CACHE_WB };
	int err = vcm_rebind(res, &other);

	if (lost_both(err, vcm_unbind(res)))
		return;
	went_well(err);
	if (torture_dice(2))
		CHECK_ERR(0, vcm_unbind(res));
}

static void bind_and_exchange(void)
{
	struct vcm_res *res = take(any_context(), 0, NULL);
	struct vcm_phys *phys = memory(1 + torture_dice(4));
	int err;

	if (res && phys) {
		err = vcm_bind(res, phys, 0, RW);
		if (err != -ENOSPC && went_well(err)) {
			is_refused(-EALREADY, vcm_bind(res, phys, 0, RW));
			exchange(res);
		}
	}
	if (phys)
		vcm_phys_put(phys);
	if (res)
		give(res);
}

static void map_shared_memory(void)
{
	struct vcm_res *res = vcm_map(any_context(), torture_shared.phys, NULL, VCM_PROT_READ);

	if (is_there(res))
		CHECK_ERR(0, vcm_unmap(res, NULL));
}

static void make_binding(void)
{
	const struct vcm_phys_req what = { .len = (1 + torture_dice(3)) * PAGE };
	struct vcm_res *res = vcm_make_binding(any_context(), &what, NULL, RW);

	if (is_there(res))
		vcm_destroy_binding(res, NULL);
}

/* A context that ends while there are references to what is in it. */
static void live_and_die(void)
{
	const struct vcm_cfg cfg = { .last = ~0ull, .driver = &fake_driver };
	struct vcm *vcm = vcm_create(&cfg);
	struct vcm_res *res;
	struct vcm_phys *phys;

	if (!is_there(vcm))
		return;
	vcm_get(vcm);
	res = take(vcm, 0, NULL);
	phys = memory(1);
	if (res && phys)
		went_well(vcm_bind(res, phys, 0, RW));
	if (phys)
		vcm_phys_put(phys);
	if (went_well(vcm_save(vcm)))
		went_well(vcm_restore(vcm));
	vcm_destroy(vcm);
	if (res) {
		CHECK_ERR(-ENODEV, vcm_unbind(res));
		give(res);
	}
	vcm_put(vcm);
}

static void look_at_memory(void)
{
	struct vcm_phys *phys = memory(2 + 2 * torture_dice(8));
	void *kva;

	if (!phys)
		return;
	kva = vcm_vmap(phys);
	if (is_there(kva)) {
		CHECK(vcm_vmap(phys) == kva);
		vcm_vunmap(phys);
		vcm_vunmap(phys);
	}
	if (went_well(vcm_phys_get_as(phys, torture_self->holder)))
		CHECK_ERR(0, vcm_phys_put_as(phys, torture_self->holder));
	vcm_phys_put(phys);
}

/* Through all contexts, with what is bound in them going live and dead on the way. */
static void use_device(void)
{
	u32 nr = torture_dice(TORTURE_SHARED), other = (nr + 1) % TORTURE_SHARED;
	struct vcm_assoc **assoc = torture_self->assoc;
	int err;

	if (!assoc[nr] || !assoc[other] || !went_well(vcm_activate(assoc[nr])))
		return;
	is_refused(-EBUSY, vcm_activate(assoc[other]));
	CHECK_ERR(-EBUSY, vcm_deassoc(assoc[nr]));
	if (torture_dice(2)) {
		err = vcm_switch(assoc[nr], assoc[other]);
		if (lost_both(err, vcm_deactivate(assoc[nr])))
			return;
		nr = went_well(err) ? other : nr;
	}
	CHECK_ERR(0, vcm_deactivate(assoc[nr]));
}

/* The device goes away in use, and comes back. */
static void replug(void)
{
	char name[VCM_DEVICE_NAME_LEN];

	strscpy(name, torture_self->fake->dev->name, sizeof(name));
	if (torture_self->assoc[0])
		went_well(vcm_activate(torture_self->assoc[0]));
	fake_unregister(torture_self->fake);
	os_fail_nth(0, 0);
	torture_self->fake->dev = NULL;
	for (u32 nr = 0; nr < TORTURE_SHARED; nr++) {
		if (torture_self->assoc[nr])
			CHECK_ERR(0, vcm_deassoc(torture_self->assoc[nr]));
		torture_self->assoc[nr] = NULL;
	}
	while (!torture_self->fake->dev) {
		struct vcm_device *dev = vcm_device_register(name, "fake-iommu", 0,
							     torture_self->fake);

		if (is_there(dev))
			torture_self->fake->dev = dev;
	}
	for (u32 nr = 0; nr < TORTURE_SHARED; nr++)
		torture_join(nr);
}

static void use_a_sub_window(void)
{
	struct vcm *vcm = any_context();
	struct vcm_res *bound = take(vcm, VCM_RESERVE_BOUND, NULL), *inside[3];

	if (!bound)
		return;
	for (u32 i = 0; i < 3; i++)
		inside[i] = take(vcm, 0, bound);
	give(bound);		/* what is inside keeps it */
	for (u32 i = 0; i < 3; i++)
		if (inside[i])
			give(inside[i]);
}

static void fight_for_one(void)
{
	struct vcm_res *res = torture_shared.res;
	int err = torture_dice(2) ? vcm_bind(res, torture_shared.phys, 0, RW) : vcm_unbind(res);

	CHECK(!err || err == -EALREADY || err == -ENXIO || err == -ENOMEM);
}

static void come_and_go(void)
{
	struct vcm_holder *holder = vcm_holder_create("guest");

	if (!holder)
		return;
	if (went_well(vcm_get_as(torture_shared.context[0], holder)))
		CHECK_ERR(0, vcm_put_as(torture_shared.context[0], holder));
	CHECK_ERR(-ENOENT, vcm_put_as(torture_shared.context[0], holder));
	vcm_holder_put(holder);
}

static int see(const struct vcm_res_info *info, void *data)
{
	(void)data;
	return info->refs ? 0 : -EIO;
}

static void look_around(void)
{
	u64 start = vcm_res_start(torture_shared.res), pa;
	int err = vcm_iova_to_phys(torture_shared.context[0], start, &pa);

	CHECK(!err || err == -ENOENT);
	CHECK_ERR(0, vcm_for_each_res(torture_shared.context[1], see, NULL));
	CHECK_ERR(0, vcm_phys_for_each_res(torture_shared.phys, see, NULL));
	CHECK_NONE(vcm_check());
	torture_keep_snapshot();
}

/* Each with how often it comes. */
static const struct {
	void (*run)(void);
	u32 weight;
} routines[] = {
	{ find_what_was_reserved, 16 },
	{ bind_and_exchange, 16 },
	{ map_shared_memory, 10 },
	{ make_binding, 10 },
	{ live_and_die, 8 },
	{ look_at_memory, 8 },
	{ use_device, 8 },
	{ use_a_sub_window, 8 },
	{ fight_for_one, 8 },
	{ come_and_go, 4 },
	{ replug, 2 },
	{ look_around, 2 },
};

u32 torture_routines(void)
{
	return ARRAY_SIZE(routines);
}

void torture_routine(void)
{
	u64 dice = torture_dice(100);
	u32 i = 0;

	while (dice >= routines[i].weight)
		dice -= routines[i++].weight;
	if (!torture_dice(5))
		os_fail_nth(1 + torture_dice(12), OS_FAIL_OBJECTS | OS_FAIL_PAGES | OS_FAIL_VMAP |
						  OS_FAIL_CALLS);
	routines[i].run();
	if (os_fail_fired()) {
		os_fail_nth(0, 0);
		__atomic_add_fetch(&torture_log->faults, 1, __ATOMIC_RELAXED);
	}
	__atomic_add_fetch(&torture_log->rounds, 1, __ATOMIC_RELAXED);
}

void torture_join(u32 nr)
{
	struct vcm_assoc *assoc = vcm_assoc_device(torture_shared.context[nr],
						   torture_self->fake->dev);

	torture_self->assoc[nr] = is_there(assoc) ? assoc : NULL;
}
