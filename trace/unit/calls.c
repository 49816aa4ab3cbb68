// SPDX-License-Identifier: GPL-2.0-only
/*
 * calls.c - one random call at a time, with what the oracle says it has to give: contexts,
 * memory, devices.
 *
 * Everything is drawn from one row of numbers, so a seed determines the row of calls.
 */
#include <stdio.h>

#include "calls.h"
#include "os_test.h"
#include "unit.h"

struct oracle oracle;
static u64 calls_random;
u64 calls_made;
u64 calls_injected;

u64 dice(u64 n)
{
	return (unit_random(&calls_random) >> 8) % n;
}

bool chance(u64 percent)
{
	return dice(100) < percent;
}

/* One failure a call: a second would hit the way back of the first. */
void calls_arm(void)
{
	u64 what = dice(100), op;

	os_fail_nth(what < 12 ? 1 + dice(4) : 0, OS_FAIL_OBJECTS | OS_FAIL_CALLS);
	op = dice(FAKE_UNMAP);
	fake_fail_nth(op, what >= 12 && what < 35 ? 1 + dice(3) : 0, -EIO);
}

int calls_disarm(int want)
{
	if (os_fail_fired())
		want = -ENOMEM;
	else if (fake_fail_fired())
		want = -EIO;
	calls_made++;
	calls_injected += os_fail_fired() || fake_fail_fired();
	os_fail_nth(0, 0);
	fake_fail_nth(0, 0, 0);
	return want;
}

static u32 random_holder(void)
{
	return chance(50) ? 0 : dice(ORACLE_HOLDERS);
}

static void do_create(struct oracle_context *context)
{
	static const u64 starts[4] = { 0, PAGE, 1 << 20, -WINDOW_PAGES * PAGE };
	u32 holder = random_holder();
	struct vcm_cfg cfg = { .start = starts[dice(4)], .driver = &fake_driver,
			       .holder = oracle.holder[holder] };
	struct vcm *vcm;
	int want;

	cfg.last = cfg.start + (16 + dice(WINDOW_PAGES - 15)) * PAGE - 1;
	if (chance(5))
		cfg.start += dice(2 * WINDOW_PAGES) * (PAGE / 2);
	want = oracle_create(&cfg);
	calls_arm();
	vcm = vcm_create(&cfg);
	CHECK_PTR_ERR(calls_disarm(want), vcm);
	if (IS_ERR(vcm))
		return;
	memset(context, 0, sizeof(*context));
	context->vcm = vcm;
	context->start = cfg.start;
	context->last = cfg.last;
	context->refs.of[holder] = 1;
}

static void do_get(struct oracle_context *context, u32 holder)
{
	int got;

	calls_arm();
	got = vcm_get_as(context->vcm, oracle.holder[holder]);
	CHECK_ERR(calls_disarm(0), got);
	context->refs.of[holder] += !got;
}

/* A holder that has no reference takes none from others. */
static void do_release(u32 nr, u32 holder, bool destroy)
{
	struct oracle_context *context = &oracle.context[nr];
	bool held = context->refs.of[holder];

	calls_made++;
	if (held) {
		context->refs.of[holder]--;
		if (!context->dead && (destroy || !oracle_total(&context->refs)))
			oracle_context_gone(&oracle, nr);
	}
	if (destroy)
		vcm_destroy_as(context->vcm, oracle.holder[holder]);
	else
		CHECK_ERR(held ? 0 : -ENOENT, vcm_put_as(context->vcm, oracle.holder[holder]));
	if (held)
		oracle_forget(context);
}

/* Contexts live long enough to fill up; what is left of a dead one goes soon. */
static void do_context(u32 nr)
{
	struct oracle_context *context = &oracle.context[nr];
	u32 refs = oracle_total(&context->refs), holder = random_holder();

	if (!context->vcm)
		do_create(context);
	else if (refs && refs < 5 && chance(context->dead ? 10 : 45))
		do_get(context, holder);
	else if (refs > 1)
		do_release(nr, holder, chance(context->dead ? 50 : 7));
	else if (refs && chance(context->dead ? 90 : 20))
		do_release(nr, holder, chance(50));
}

static void do_phys_alloc(struct oracle_phys *phys)
{
	static const u32 orders[6] = { 0, 1, 2, 3, 5, 1 << 13 };
	u32 holder = random_holder();
	struct vcm_phys_req req = { .holder = oracle.holder[holder] };
	struct vcm_phys *got;
	int want;

	req.len = (1 + dice(8)) * PAGE;
	req.len -= chance(5) ? dice(PAGE) : 0;
	req.orders = orders[dice(chance(5) ? 6 : 5)];
	req.flags = chance(15) ? VCM_PHYS_CONTIG : 0;
	want = oracle_phys_alloc(&req);
	calls_arm();
	got = vcm_phys_alloc(&req);
	CHECK_PTR_ERR(calls_disarm(want), got);
	if (IS_ERR(got))
		return;
	*phys = (struct oracle_phys) { .phys = got, .id = vcm_phys_id(got), .len = req.len };
	phys->refs.of[holder] = 1;
}

static void do_phys(struct oracle_phys *phys)
{
	u32 refs = oracle_total(&phys->refs), holder = random_holder();
	int got;

	if (!refs && !phys->bindings) {
		do_phys_alloc(phys);
	} else if (refs && refs < 4 && chance(35)) {
		calls_arm();
		got = vcm_phys_get_as(phys->phys, oracle.holder[holder]);
		CHECK_ERR(calls_disarm(0), got);
		phys->refs.of[holder] += !got;
	} else if (refs) {
		calls_made++;
		CHECK_ERR(phys->refs.of[holder] ? 0 : -ENOENT,
			  vcm_phys_put_as(phys->phys, oracle.holder[holder]));
		phys->refs.of[holder] -= !!phys->refs.of[holder];
	}
}

static void do_activate(u32 nr, u32 dev)
{
	struct oracle_context *context = &oracle.context[nr];
	struct oracle_assoc *assoc = &context->assoc[dev];
	int want = oracle_activate(&oracle, nr, dev), got;

	calls_arm();
	got = vcm_activate(assoc->assoc);
	CHECK_ERR(calls_disarm(want), got);
	if (got)
		return;
	assoc->active++;
	if (!context->saved)
		oracle.user[dev] = nr;
}

static void do_switch(u32 from, u32 to, u32 dev)
{
	struct oracle_assoc *here = &oracle.context[from].assoc[dev];
	struct oracle_assoc *there = &oracle.context[to].assoc[dev];
	int want, got;

	if (!here->assoc || !there->assoc)
		return;
	want = oracle_switch(&oracle, from, to, dev);
	if (!want)
		calls_arm();	/* else it would hit the way back */
	got = vcm_switch(here->assoc, there->assoc);
	CHECK_ERR(calls_disarm(want), got);
	if (got)
		return;
	there->active = here->active;
	here->active = 0;
	oracle.user[dev] = to;
}

static void do_save(u32 nr)
{
	struct oracle_context *context = &oracle.context[nr];
	bool save = chance(context->saved ? 10 : 80);
	int want, got;

	if (!context->vcm || !oracle_total(&context->refs))
		return;
	want = save ? oracle_save(context) : oracle_restore(&oracle, nr);
	calls_arm();
	got = save ? vcm_save(context->vcm) : vcm_restore(context->vcm);
	CHECK_ERR(calls_disarm(want), got);
	if (!got)
		oracle_saved(&oracle, nr, save);
}

static void do_deactivate(u32 nr, u32 dev)
{
	struct oracle_assoc *assoc = &oracle.context[nr].assoc[dev];
	int want = assoc->dead ? -ENODEV : assoc->active ? 0 : -ENXIO;

	calls_made++;
	CHECK_ERR(want, vcm_deactivate(assoc->assoc));
	if (want)
		return;
	if (assoc->active == 1)
		oracle_inactive(&oracle, nr, dev);
	else
		assoc->active--;
}

static void do_deassoc(u32 nr, u32 dev)
{
	struct oracle_assoc *assoc = &oracle.context[nr].assoc[dev];
	int want = assoc->active ? -EBUSY : 0;

	calls_made++;
	CHECK_ERR(want, vcm_deassoc(assoc->assoc));
	if (want)
		return;
	assoc->assoc = NULL;
	oracle_forget(&oracle.context[nr]);
}

static void do_assoc(u32 nr, u32 dev)
{
	struct oracle_context *context = &oracle.context[nr];
	struct oracle_assoc *assoc = &context->assoc[dev];
	int want = context->dead ? -ENODEV : assoc->assoc && !assoc->dead ? -EEXIST : 0;
	struct vcm_assoc *got;

	calls_arm();
	got = vcm_assoc_device(context->vcm, oracle.fake[dev]->dev);
	CHECK_PTR_ERR(calls_disarm(want), got);
	if (!IS_ERR(got))
		*assoc = (struct oracle_assoc) { .assoc = got };
}

static void do_assocs(u32 nr)
{
	struct oracle_context *context = &oracle.context[nr];
	u32 dev = dice(ORACLE_DEVICES);
	struct oracle_assoc *assoc = &context->assoc[dev];
	u64 what = dice(100);

	if (!context->vcm)
		return;
	if (!assoc->assoc || (what < 5 && !assoc->dead)) {
		if (oracle_total(&context->refs))
			do_assoc(nr, dev);
	} else if (chance(15)) {
		do_switch(nr, dice(ORACLE_CONTEXTS), dev);
	} else if (what < 40 && !(assoc->dead && chance(60))) {
		do_activate(nr, dev);
	} else if (what < 75 && !(assoc->dead && chance(60))) {
		do_deactivate(nr, dev);
	} else {
		do_deassoc(nr, dev);
	}
}

static void register_device(u32 dev)
{
	char name[16];

	snprintf(name, sizeof(name), "dev%u", dev);
	if (oracle.fake[dev])
		fake_register(oracle.fake[dev], name);
	else
		oracle.fake[dev] = fake_device(name, dev / 2);
}

/* A device goes away under whoever uses it, and comes back. */
static void do_replug(void)
{
	u32 dev = dice(ORACLE_DEVICES);

	calls_made++;
	fake_unregister(oracle.fake[dev]);
	oracle_device_gone(&oracle, dev);
	register_device(dev);
}

void calls_step(void)
{
	u64 what = dice(1000);
	u32 nr = dice(ORACLE_CONTEXTS);

	if (what < 60)
		do_context(nr);
	else if (what < 620)
		calls_res(nr);
	else if (what < 740)
		do_phys(&oracle.phys[dice(ORACLE_PHYS)]);
	else if (what < 970)
		do_assocs(nr);
	else if (what < 995)
		do_save(nr);
	else
		do_replug();
	calls_look();
}

static void give_up_context(u32 nr)
{
	struct oracle_context *context = &oracle.context[nr];

	for (u32 i = 0; i < ORACLE_RES; i++)
		for (u32 holder = 0; holder < ORACLE_HOLDERS; holder++)
			while (context->vcm && context->res[i].res &&
			       context->res[i].refs.of[holder])
				calls_unreserve(context, i, holder);
	for (u32 holder = 0; holder < ORACLE_HOLDERS; holder++)
		while (context->vcm && context->refs.of[holder])
			do_release(nr, holder, true);
	for (u32 dev = 0; dev < ORACLE_DEVICES; dev++)
		if (context->vcm && context->assoc[dev].assoc)
			do_deassoc(nr, dev);
}

void calls_give_all_up(void)
{
	for (u32 nr = 0; nr < ORACLE_CONTEXTS; nr++)
		give_up_context(nr);
	for (u32 i = 0; i < ORACLE_PHYS; i++)
		for (u32 holder = 0; holder < ORACLE_HOLDERS; holder++)
			for (; oracle.phys[i].refs.of[holder]; oracle.phys[i].refs.of[holder]--)
				vcm_phys_put_as(oracle.phys[i].phys, oracle.holder[holder]);
	for (u32 holder = 1; holder < ORACLE_HOLDERS; holder++)
		vcm_holder_put(oracle.holder[holder]);
}

/* Devices of three kinds, two of which cannot reach every address. */
void calls_begin(u64 seed)
{
	static const char *const names[ORACLE_HOLDERS] = { NULL, "one", "two", "three" };

	calls_random = seed;
	for (u32 holder = 1; holder < ORACLE_HOLDERS; holder++)
		oracle.holder[holder] = unit_holder(names[holder]);
	for (u32 dev = 0; dev < ORACLE_DEVICES; dev++) {
		oracle.user[dev] = -1;
		register_device(dev);
	}
	oracle.fake[1]->caps.last = 40 * PAGE - 1;
	oracle.fake[4]->caps.start = 8 * PAGE;
}
