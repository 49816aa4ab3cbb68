// SPDX-License-Identifier: GPL-2.0-only
/*
 * calls_res.c - random calls on reservations and bindings, and look-ups after every call.
 */
#include "calls.h"
#include "unit.h"

static u32 random_holder(const struct oracle_refs *refs)
{
	u32 holder = dice(ORACLE_HOLDERS);

	/* Mostly one that has a reference. */
	for (u32 i = 0; i < ORACLE_HOLDERS && !refs->of[holder] && !chance(5); i++)
		holder = (holder + 1) % ORACLE_HOLDERS;
	return holder;
}

/* A sub-window that the test has a reference to, or -1. */
static int random_bound(const struct oracle_context *context)
{
	u32 first = dice(ORACLE_RES);

	for (u32 i = 0; i < ORACLE_RES; i++) {
		u32 at = (first + i) % ORACLE_RES;
		const struct oracle_res *res = &context->res[at];

		if (res->res && res->flags & VCM_RESERVE_BOUND && oracle_total(&res->refs))
			return at;
	}
	return -1;
}

/* The compiler chooses which of two dice in one expression falls first: each gets its own. */
static void random_req(const struct oracle_context *context, struct vcm_req *req)
{
	u64 pages = (context->last - context->start) / PAGE + 1;
	u32 bit;

	*req = (struct vcm_req) { .len = (1 + dice(chance(10) ? pages + 2 : 6)) * PAGE };
	req->align = chance(60) ? 0 : dice(17);
	req->flags = chance(25) ? VCM_RESERVE_FIXED : 0;
	req->guard_before = chance(15) ? dice(3) * PAGE : 0;
	req->guard_after = chance(15) ? dice(3) * PAGE : 0;
	if (chance(12))
		req->flags |= VCM_RESERVE_BOUND;
	if (chance(15))
		req->boundary = PAGE << dice(6);
	if (chance(20))
		req->limit = context->start + dice(pages + 4) * PAGE;
	if (req->limit)
		req->limit -= dice(2);
	if (chance(20) || req->flags & VCM_RESERVE_FIXED)
		req->start = context->start + (dice(pages + 4) - 2) * PAGE;
	if (!chance(5))
		return;
	req->len -= dice(3) * (PAGE / 2);
	req->align = dice(66);
	req->start += dice(2) * 8;
	req->guard_after += dice(2) * 8;
	req->boundary += dice(2) * PAGE;
	bit = dice(32);
	req->flags |= dice(2) << bit;
}

static void note_res(struct oracle_res *res, struct vcm_res *got, const struct vcm_req *req,
		     int parent, u32 holder)
{
	bool fixed = req->flags & VCM_RESERVE_FIXED;

	*res = (struct oracle_res) {
		.res = got,
		.parent = parent,
		.start = vcm_res_start(got),
		.len = req->len,
		.before = req->guard_before,
		.after = req->guard_after,
		.align = fixed ? VCM_PAGE_SHIFT : max(req->align, (u32)VCM_PAGE_SHIFT),
		.flags = req->flags,
		.phys = -1,
	};
	res->refs.of[holder] = 1;
}

static void do_reserve(struct oracle_context *context, struct oracle_res *res)
{
	int parent = chance(30) ? random_bound(context) : -1, want;
	u32 holder = dice(ORACLE_HOLDERS);
	struct vcm_req req;
	struct vcm_res *got;
	u64 start = 0;

	random_req(context, &req);
	req.holder = oracle.holder[holder];
	req.within = parent < 0 ? NULL : context->res[parent].res;
	want = oracle_reserve(&oracle, context, &req, parent, &start);
	calls_arm();
	got = vcm_reserve(context->vcm, &req);
	CHECK_PTR_ERR(calls_disarm(want), got);
	if (IS_ERR(got))
		return;
	CHECK_EQ(start, vcm_res_start(got));
	CHECK_EQ(req.len, vcm_res_len(got));
	note_res(res, got, &req, parent, holder);
}

void calls_unreserve(struct oracle_context *context, u32 nr, u32 holder)
{
	struct oracle_res *res = &context->res[nr];
	bool held = res->refs.of[holder];

	calls_made++;
	CHECK_ERR(held ? 0 : -ENOENT, vcm_unreserve_as(res->res, oracle.holder[holder]));
	res->refs.of[holder] -= held;
	if (held)
		oracle_dropped(&oracle, context, nr);
}

static void do_ref(struct oracle_res *res)
{
	u32 holder = dice(ORACLE_HOLDERS);
	int got;

	calls_arm();
	got = vcm_ref_reserve_as(res->res, oracle.holder[holder]);
	CHECK_ERR(calls_disarm(res->dead ? -ENODEV : 0), got);
	res->refs.of[holder] += !got;
}

static void random_bind(u32 phys, struct oracle_bind *with)
{
	u64 pages = oracle.phys[phys].len / PAGE;

	*with = (struct oracle_bind) { .phys = phys, .prot = 1 + dice(3) };
	if (chance(40))
		with->off = dice(pages + 1) * PAGE;
	if (chance(40))
		with->len = dice(pages + 2) * PAGE;
	if (!chance(6))
		return;
	with->prot = dice(8);
	with->off += dice(2) * 8;
	with->len += dice(2) * 8;
	with->cache = dice(2) ? VCM_CACHE_WC : VCM_CACHE_WB;
}

static void do_bind(struct oracle_context *context, struct oracle_res *res, bool rebind)
{
	u32 phys = dice(ORACLE_PHYS);
	struct vcm_bind_req req;
	struct oracle_bind with;
	int want, got;

	if (!oracle_total(&oracle.phys[phys].refs))
		return;
	random_bind(phys, &with);
	req = (struct vcm_bind_req) { oracle.phys[phys].phys, with.off, with.len, with.prot,
				      with.cache };
	want = (rebind ? oracle_rebind : oracle_bind)(&oracle, context, res, &with);
	calls_arm();
	got = (rebind ? vcm_rebind : vcm_bind_range)(res->res, &req);
	CHECK_ERR(calls_disarm(want), got);
	if (got)
		return;
	oracle_unbound(&oracle, res);
	oracle_bound(&oracle, res, &with);
}

static void do_unbind(struct oracle_res *res)
{
	int want = oracle_unbind(res), got;

	calls_arm();
	got = vcm_unbind(res->res);
	CHECK_ERR(calls_disarm(want), got);
	if (!got)
		oracle_unbound(&oracle, res);
}

/* Both steps have to be possible; if the second is not, the first is undone. */
static int want_map(const struct oracle_context *context, const struct vcm_req *where,
		    const struct oracle_bind *with, u64 *start)
{
	struct oracle_res res = { .parent = -1, .len = where->len, .flags = where->flags,
				  .phys = -1 };
	int want = oracle_reserve(&oracle, context, where, -1, start);

	res.start = *start;
	return want ? want : oracle_bind(&oracle, context, &res, with);
}

static void do_map(struct oracle_context *context, struct oracle_res *res)
{
	struct oracle_bind with = { .phys = dice(ORACLE_PHYS) };
	struct oracle_phys *phys = &oracle.phys[with.phys];
	u32 holder = dice(ORACLE_HOLDERS);
	struct vcm_req where, asked;
	struct vcm_res *got;
	u64 start = 0;
	int want;

	if (!oracle_total(&phys->refs))
		return;
	with.prot = dice(4);
	random_req(context, &where);
	where.len = chance(70) ? phys->len : where.len;
	where.holder = oracle.holder[holder];
	asked = where;
	where.len = where.len ? where.len : phys->len;
	want = want_map(context, &where, &with, &start);
	calls_arm();
	got = vcm_map(context->vcm, phys->phys, &asked, with.prot);
	CHECK_PTR_ERR(calls_disarm(want), got);
	if (IS_ERR(got))
		return;
	CHECK_EQ(start, vcm_res_start(got));
	note_res(res, got, &where, -1, holder);
	oracle_bound(&oracle, res, &with);
}

static void do_unmap(struct oracle_context *context, u32 nr)
{
	struct oracle_res *res = &context->res[nr];
	u32 holder = random_holder(&res->refs);
	int want = oracle_unbind(res);

	if (!want && !res->refs.of[holder])
		want = -ENOENT;
	calls_made++;
	CHECK_ERR(want, vcm_unmap(res->res, oracle.holder[holder]));
	if (want)
		return;
	res->refs.of[holder]--;
	oracle_dropped(&oracle, context, nr);
}

/* The memory has no reference but the one that the test takes through the reservation. */
static void do_make(struct oracle_context *context, struct oracle_res *res)
{
	const struct vcm_phys_req what = { .len = (1 + dice(4)) * PAGE };
	const struct vcm_req where = { .len = what.len };
	struct oracle_bind with = { .phys = dice(ORACLE_PHYS), .prot = RW };
	struct oracle_phys *phys = &oracle.phys[with.phys];
	struct vcm_res *got;
	u64 start = 0;
	int want;

	if (oracle_total(&phys->refs) || phys->bindings)
		return;
	*phys = (struct oracle_phys) { .len = what.len };
	want = want_map(context, &where, &with, &start);
	calls_arm();
	got = vcm_make_binding(context->vcm, &what, NULL, RW);
	CHECK_PTR_ERR(calls_disarm(want), got);
	if (IS_ERR(got))
		return;
	CHECK_EQ(start, vcm_res_start(got));
	note_res(res, got, &where, -1, 0);
	phys->phys = vcm_res_phys(got);
	CHECK_PTR_ERR(0, phys->phys);
	phys->id = vcm_phys_id(phys->phys);
	phys->refs.of[0] = 1;
	oracle_bound(&oracle, res, &with);
}

static void check_info(const struct oracle_context *context, u32 nr)
{
	const struct oracle_res *res = &context->res[nr];
	struct vcm_res_info info;

	vcm_res_info(res->res, &info);
	CHECK_EQ(res->start, info.start);
	CHECK_EQ(oracle_res_refs(context, nr), info.refs);
	CHECK_EQ(res->phys < 0 ? 0 : oracle.phys[res->phys].id, info.phys);
	CHECK_EQ(res->off, info.off);
	CHECK_EQ(res->bound_len, info.bound_len);
	CHECK_EQ(res->phys < 0 ? 0 : oracle_domains(&oracle, context), info.mapped);
}

/* A new one; only a reference makes the context good for that. */
static void make_res(struct oracle_context *context, struct oracle_res *res)
{
	if (!oracle_total(&context->refs))
		return;
	if (chance(20))
		do_map(context, res);
	else if (chance(10))
		do_make(context, res);
	else
		do_reserve(context, res);
}

void calls_res(u32 nr)
{
	struct oracle_context *context = &oracle.context[nr];
	u32 at = dice(ORACLE_RES);
	struct oracle_res *res = &context->res[at];
	u64 what = dice(100);

	if (!context->vcm)
		return;
	if (!res->res)
		make_res(context, res);
	else if (!oracle_total(&res->refs))
		return;		/* the test has let go; what is inside keeps it */
	else if (res->dead && chance(60))
		calls_unreserve(context, at, random_holder(&res->refs));
	else if (what < 35)
		do_bind(context, res, false);
	else if (what < 52)
		do_bind(context, res, true);
	else if (what < 62)
		do_unbind(res);
	else if (what < 68)
		do_unmap(context, at);
	else if (what < 76)
		do_ref(res);
	else
		calls_unreserve(context, at, random_holder(&res->refs));
	if (context->vcm && res->res)
		check_info(context, at);
}

static u64 random_address(const struct oracle_context *context)
{
	u64 pages = (context->last - context->start) / PAGE + 1;

	return context->start + dice((pages + 2) * PAGE) - PAGE;
}

static void look_find(struct oracle_context *context)
{
	u64 iova = random_address(context);
	int at = context->dead ? -1 : oracle_find(context, iova);
	struct vcm_res *got = vcm_find_res(context->vcm, iova);

	CHECK_PTR_ERR(context->dead ? -ENODEV : at < 0 ? -ENOENT : 0, got);
	if (at < 0)
		return;
	CHECK(got == context->res[at].res);
	vcm_unreserve(got);
}

static void look_translate(const struct oracle_context *from, const struct oracle_context *to)
{
	u64 iova = random_address(from), want = 0, got = 0, off = 0, pa = 0;
	int phys = -1, err = oracle_translate(from, iova, to, &want);
	bool bound = oracle_memory_at(from, iova, &phys, &off);
	const struct vcm_chunk *chunk;
	u32 nr;

	CHECK_ERR(err, vcm_translate(from->vcm, iova, to->vcm, &got));
	CHECK_EQ(want, got);
	CHECK_ERR(bound ? 0 : -ENOENT, vcm_iova_to_phys(from->vcm, iova, &pa));
	if (!bound)
		return;
	chunk = vcm_phys_chunks(oracle.phys[phys].phys, &nr);
	for (; off >= chunk->len; chunk++)
		off -= chunk->len;
	CHECK_EQ(chunk->pa + off, pa);
}

static int count(const struct vcm_res_info *info, void *data)
{
	(void)info;
	++*(u32 *)data;
	return 0;
}

static void look_all(const struct oracle_context *context)
{
	const struct oracle_phys *phys = &oracle.phys[dice(ORACLE_PHYS)];
	u32 want = 0, got = 0;

	for (u32 i = 0; i < ORACLE_RES; i++)
		want += context->res[i].res && !context->res[i].dead;
	CHECK_ERR(0, vcm_for_each_res(context->vcm, count, &got));
	CHECK_EQ(want, got);
	if (!oracle_total(&phys->refs))
		return;
	got = 0;
	CHECK_ERR(0, vcm_phys_for_each_res(phys->phys, count, &got));
	CHECK_EQ(phys->bindings, got);
}

static void look_info(const struct oracle_context *context)
{
	struct vcm_info info;
	u64 start, last;

	vcm_info(context->vcm, &info);
	oracle_reach(&oracle, context, &start, &last);
	CHECK_EQ(start, info.reach_start);
	CHECK_EQ(last, info.reach_last);
	CHECK_EQ(oracle_domains(&oracle, context), info.domains);
	CHECK_EQ(oracle_total(&context->refs), info.refs);
}

void calls_look(void)
{
	struct oracle_context *from = &oracle.context[dice(ORACLE_CONTEXTS)];
	struct oracle_context *to = &oracle.context[dice(ORACLE_CONTEXTS)];

	if (!from->vcm || !to->vcm || !oracle_total(&from->refs) || !oracle_total(&to->refs))
		return;
	look_find(from);
	look_translate(from, to);
	look_all(from);
	look_info(from);
}
