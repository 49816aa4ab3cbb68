// SPDX-License-Identifier: GPL-2.0-only
/*
 * calls.c - one random call at a time, with what the oracle says it has to give.
 *
 * Everything is drawn from one row of numbers, so a seed determines the row of calls.
 */
#include <stdio.h>

#include "calls.h"
#include "os_test.h"
#include "unit.h"

#define WINDOW_PAGES 48

struct oracle oracle;
static u64 calls_random;
u64 calls_injected;

/* A number below @n. */
static u64 dice(u64 n)
{
	return (unit_random(&calls_random) >> 8) % n;
}

static bool chance(u64 percent)
{
	return dice(100) < percent;
}

static void arm(void)
{
	os_fail_nth(chance(8), OS_FAIL_OBJECTS);
	fake_fail_nth(dice(FAKE_UNMAP), chance(25) ? 1 + dice(3) : 0, -EIO);
}

/* What a call has to give when @want is what it would give undisturbed. */
static int disarm(int want)
{
	if (os_fail_fired())
		want = -ENOMEM;
	else if (fake_fail_fired())
		want = -EIO;
	calls_injected += os_fail_fired() || fake_fail_fired();
	os_fail_nth(0, 0);
	fake_fail_nth(0, 0, 0);
	return want;
}

static void do_create(struct oracle_context *context)
{
	static const u64 starts[4] = { 0, PAGE, 1 << 20, -WINDOW_PAGES * PAGE };
	struct vcm_cfg cfg = { .start = starts[dice(4)], .driver = &fake_driver };
	struct vcm *vcm;
	int want;

	cfg.last = cfg.start + (16 + dice(WINDOW_PAGES - 15)) * PAGE - 1;
	if (chance(5))
		cfg.start += dice(2 * WINDOW_PAGES) * (PAGE / 2);
	want = oracle_create(&cfg);
	arm();
	vcm = vcm_create(&cfg);
	CHECK_PTR_ERR(disarm(want), vcm);
	if (IS_ERR(vcm))
		return;
	memset(context, 0, sizeof(*context));
	context->vcm = vcm;
	context->start = cfg.start;
	context->last = cfg.last;
	context->refs = 1;
}

static void do_release(u32 nr, bool destroy)
{
	struct oracle_context *context = &oracle.context[nr];

	context->refs--;
	if (!context->dead && (destroy || !context->refs))
		oracle_context_gone(&oracle, nr);
	(destroy ? vcm_destroy : vcm_put)(context->vcm);
	oracle_forget(context);
}

/* Contexts live long enough to fill up; what is left of a dead one goes soon. */
static void do_context(u32 nr)
{
	struct oracle_context *context = &oracle.context[nr];

	if (!context->vcm) {
		do_create(context);
	} else if (context->refs && context->refs < 4 && chance(context->dead ? 10 : 45)) {
		vcm_get(context->vcm);
		context->refs++;
	} else if (context->refs > 1) {
		do_release(nr, chance(context->dead ? 50 : 10));
	} else if (context->refs && chance(context->dead ? 90 : 20)) {
		do_release(nr, chance(50));
	}
}

static void random_req(const struct oracle_context *context, struct vcm_req *req)
{
	u64 pages = (context->last - context->start) / PAGE + 1;

	*req = (struct vcm_req) {
		.len = (1 + dice(chance(10) ? pages + 2 : 6)) * PAGE,
		.align = chance(50) ? 0 : dice(17),
		.flags = chance(25) ? VCM_RESERVE_FIXED : 0,
	};
	if (chance(20))
		req->limit = context->start + dice(pages + 4) * PAGE - dice(2);
	if (req->flags)
		req->start = context->start + (dice(pages + 4) - 2) * PAGE;
	if (!chance(5))
		return;
	req->len -= dice(3) * (PAGE / 2);
	req->align = dice(66);
	req->start += dice(2) * 8;
	req->flags |= dice(2) << dice(32);
}

static void do_reserve(struct oracle_context *context, struct oracle_res *res)
{
	struct vcm_req req;
	struct vcm_res *got;
	u64 start = 0;
	int want;

	random_req(context, &req);
	want = oracle_reserve(context, &req, &start);
	arm();
	got = vcm_reserve(context->vcm, &req);
	CHECK_PTR_ERR(disarm(want), got);
	if (IS_ERR(got))
		return;
	CHECK_EQ(start, vcm_res_start(got));
	CHECK_EQ(req.len, vcm_res_len(got));
	*res = (struct oracle_res) {
		.res = got,
		.start = start,
		.len = req.len,
		.align = req.flags ? VCM_PAGE_SHIFT : max(req.align, (u32)VCM_PAGE_SHIFT),
		.flags = req.flags,
		.refs = 1,
		.phys = -1,
	};
}

static void do_unreserve(struct oracle_context *context, struct oracle_res *res)
{
	vcm_unreserve(res->res);
	if (--res->refs)
		return;
	oracle_unbound(&oracle, res);
	res->res = NULL;
	oracle_forget(context);
}

static void do_ref(struct oracle_res *res)
{
	arm();
	CHECK_ERR(disarm(res->dead ? -ENODEV : 0), vcm_ref_reserve(res->res));
	res->refs += !res->dead;
}

static void do_bind(struct oracle_context *context, struct oracle_res *res, u32 phys)
{
	struct oracle_res with = { .phys = phys, .prot = 1 + dice(3) };
	int want, got;

	if (!oracle.phys[phys].refs)
		return;
	if (chance(40))
		with.off = dice(oracle.phys[phys].len / PAGE + 1) * PAGE;
	if (chance(5)) {
		with.prot = dice(8);
		with.off += dice(2) * 8;
	}
	want = oracle_bind(&oracle, context, res, &with);
	arm();
	got = vcm_bind(res->res, oracle.phys[phys].phys, with.off, with.prot);
	CHECK_ERR(disarm(want), got);
	if (got)
		return;
	res->phys = phys;
	res->off = with.off;
	res->bound_len = oracle.phys[phys].len - with.off;
	res->prot = with.prot;
	oracle.phys[phys].bindings++;
}

static void do_unbind(struct oracle_res *res)
{
	int want = oracle_unbind(res), got;

	arm();
	got = vcm_unbind(res->res);
	CHECK_ERR(disarm(want), got);
	if (!got)
		oracle_unbound(&oracle, res);
}

static void check_info(const struct oracle_context *context, const struct oracle_res *res)
{
	struct vcm_res_info info;

	vcm_res_info(res->res, &info);
	CHECK_EQ(res->start, info.start);
	CHECK_EQ(res->refs, info.refs);
	CHECK_EQ(res->phys < 0 ? 0 : oracle.phys[res->phys].id, info.phys);
	CHECK_EQ(res->off, info.off);
	CHECK_EQ(res->bound_len, info.bound_len);
	CHECK_EQ(res->phys < 0 ? 0 : oracle_domains(&oracle, context), info.mapped);
}

static void do_res(u32 nr)
{
	struct oracle_context *context = &oracle.context[nr];
	struct oracle_res *res = &context->res[dice(ORACLE_RES)];
	u64 what = dice(100);

	if (!context->vcm)
		return;
	if (!res->res) {
		/* Only a reference makes the context good for a new reservation. */
		if (context->refs)
			do_reserve(context, res);
		return;
	}
	if (res->dead && chance(60))
		do_unreserve(context, res);
	else if (what < 50)
		do_bind(context, res, dice(ORACLE_PHYS));
	else if (what < 67)
		do_unbind(res);
	else if (what < 75)
		do_ref(res);
	else
		do_unreserve(context, res);
	if (context->vcm && res->res)
		check_info(context, res);
}

static void do_phys_alloc(struct oracle_phys *phys)
{
	static const u32 orders[6] = { 0, 1, 2, 3, 5, 1 << 11 };
	const struct vcm_phys_req req = {
		.len = (1 + dice(8)) * PAGE - (chance(5) ? dice(PAGE) : 0),
		.orders = orders[dice(chance(5) ? 6 : 5)],
	};
	int want = oracle_phys_alloc(&req);
	struct vcm_phys *got;

	arm();
	got = vcm_phys_alloc(&req);
	CHECK_PTR_ERR(disarm(want), got);
	if (IS_ERR(got))
		return;
	*phys = (struct oracle_phys) { got, vcm_phys_id(got), req.len, 1, 0 };
}

static void do_phys(struct oracle_phys *phys)
{
	if (!phys->refs && !phys->bindings) {
		do_phys_alloc(phys);
	} else if (phys->refs && phys->refs < 3 && chance(30)) {
		CHECK(vcm_phys_get(phys->phys) == phys->phys);
		phys->refs++;
	} else if (phys->refs) {
		phys->refs--;
		vcm_phys_put(phys->phys);
	}
}

static void do_activate(u32 nr, u32 dev)
{
	struct oracle_context *context = &oracle.context[nr];
	struct oracle_assoc *assoc = &context->assoc[dev];
	struct vcm_domain_caps caps = {};
	int want = oracle_activate(&oracle, nr, dev, &caps), got;

	arm();
	got = vcm_activate(assoc->assoc);
	CHECK_ERR(disarm(want), got);
	if (got)
		return;
	assoc->active++;
	context->caps[oracle.fake[dev]->kind] = caps;
	oracle.user[dev] = nr;
}

static void do_deactivate(u32 nr, u32 dev)
{
	struct oracle_assoc *assoc = &oracle.context[nr].assoc[dev];
	int want = assoc->dead ? -ENODEV : assoc->active ? 0 : -ENXIO;

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

	arm();
	got = vcm_assoc_device(context->vcm, oracle.fake[dev]->dev);
	CHECK_PTR_ERR(disarm(want), got);
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
		if (context->refs)
			do_assoc(nr, dev);
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
		do_res(nr);
	else if (what < 760)
		do_phys(&oracle.phys[dice(ORACLE_PHYS)]);
	else if (what < 995)
		do_assocs(nr);
	else
		do_replug();
}

void calls_give_all_up(void)
{
	for (u32 nr = 0; nr < ORACLE_CONTEXTS; nr++) {
		struct oracle_context *context = &oracle.context[nr];

		for (u32 i = 0; i < ORACLE_RES; i++)
			while (context->vcm && context->res[i].res)
				do_unreserve(context, &context->res[i]);
		while (context->vcm && context->refs) {
			if (!context->dead)
				oracle_context_gone(&oracle, nr);
			context->refs--;
			vcm_destroy(context->vcm);
			oracle_forget(context);
		}
		for (u32 dev = 0; dev < ORACLE_DEVICES; dev++)
			if (context->vcm && context->assoc[dev].assoc)
				do_deassoc(nr, dev);
	}
	for (u32 i = 0; i < ORACLE_PHYS; i++)
		while (oracle.phys[i].refs) {
			oracle.phys[i].refs--;
			vcm_phys_put(oracle.phys[i].phys);
		}
}

/* Devices of three kinds, two of which cannot reach every address. */
void calls_begin(u64 seed)
{
	calls_random = seed;
	for (u32 dev = 0; dev < ORACLE_DEVICES; dev++) {
		oracle.user[dev] = -1;
		register_device(dev);
	}
	oracle.fake[1]->caps.last = 40 * PAGE - 1;
	oracle.fake[4]->caps.start = 8 * PAGE;
}
