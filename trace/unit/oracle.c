// SPDX-License-Identifier: GPL-2.0-only
/*
 * oracle.c - see oracle.h.
 */
#include "unit.h"
#include "oracle.h"

int oracle_create(const struct vcm_cfg *cfg)
{
	if (cfg->start % PAGE || (cfg->last + 1) % PAGE || cfg->start > cfg->last)
		return -EINVAL;
	return 0;
}

static bool oracle_is_free(const struct oracle_context *context, u64 start, u64 last)
{
	for (u32 i = 0; i < ORACLE_RES; i++) {
		const struct oracle_res *res = &context->res[i];

		if (res->res && start <= res->start + (res->len - 1) && last >= res->start)
			return false;
	}
	return true;
}

/* Does @req fit where a hole begins?  *@start is the address, *@room what the hole has. */
static bool oracle_fit(const struct oracle_context *context, const struct vcm_req *req, u64 from,
		       u64 *start)
{
	u64 align = (u64)1 << max(req->align, (u32)VCM_PAGE_SHIFT);
	u64 limit = req->limit ? min(req->limit, context->last) : context->last;
	u64 up = from % align ? align - from % align : 0;

	if (from + up < from || from + up + (req->len - 1) < from + up)
		return false;
	*start = from + up;
	if (*start + (req->len - 1) > limit)
		return false;
	return oracle_is_free(context, *start, *start + (req->len - 1));
}

/* The start of the reservation above @from, or false when there is none. */
static bool oracle_above(const struct oracle_context *context, u64 from, u64 *above)
{
	bool found = false;

	*above = 0;
	for (u32 i = 0; i < ORACLE_RES; i++) {
		const struct oracle_res *res = &context->res[i];

		if (!res->res || res->start < from || (found && res->start >= *above))
			continue;
		*above = res->start;
		found = true;
	}
	return found;
}

/*
 * Rank of a hole, the lowest wins: holes between reservations in which any address would do,
 * then those in which this one does, then the hole above all reservations.
 */
static u32 oracle_rank(const struct oracle_context *context, const struct vcm_req *req, u64 from)
{
	u64 align = (u64)1 << max(req->align, (u32)VCM_PAGE_SHIFT), above, need;

	if (!oracle_above(context, from, &above))
		return 3;
	if (align == PAGE)
		return 1;
	if (__builtin_add_overflow(req->len, align - 1, &need))
		return 2;
	return above - from >= need ? 1 : 2;
}

static int oracle_place(const struct oracle_context *context, const struct vcm_req *req, u64 *start)
{
	u32 best = ~0u;

	for (int i = -1; i < ORACLE_RES; i++) {
		const struct oracle_res *res = i < 0 ? NULL : &context->res[i];
		u64 from = res ? res->start + res->len : context->start, at;
		u32 rank;

		if (res && (!res->res || res->start + (res->len - 1) == context->last))
			continue;
		if (!oracle_is_free(context, from, from) || !oracle_fit(context, req, from, &at))
			continue;
		/* A place in another hole than the one that begins at @from is not its own. */
		if (!oracle_is_free(context, from, at))
			continue;
		rank = oracle_rank(context, req, from);
		if (rank > best || (rank == best && at > *start))
			continue;
		best = rank;
		*start = at;
	}
	return best == ~0u ? -ENOSPC : 0;
}

static int oracle_place_fixed(const struct oracle_context *context, const struct vcm_req *req)
{
	u64 limit = req->limit ? min(req->limit, context->last) : context->last;
	u64 last = req->start + (req->len - 1);

	if (req->start % PAGE || last < req->start)
		return -EINVAL;
	if (req->start < context->start || last > limit)
		return -ERANGE;
	return oracle_is_free(context, req->start, last) ? 0 : -EADDRINUSE;
}

int oracle_reserve(const struct oracle_context *context, const struct vcm_req *req, u64 *start)
{
	bool fixed = req->flags & VCM_RESERVE_FIXED;

	if (req->flags & ~VCM_RESERVE_FIXED)
		return -EOPNOTSUPP;
	if (!req->len || req->len % PAGE || (req->align > 63 && !fixed))
		return -EINVAL;
	if (context->dead)
		return -ENODEV;
	*start = req->start;
	return fixed ? oracle_place_fixed(context, req) : oracle_place(context, req, start);
}

int oracle_phys_alloc(const struct vcm_phys_req *req)
{
	u32 smallest = 0;

	if (req->orders >> (VCM_MAX_ORDER + 1))
		return -EINVAL;
	while (req->orders && !(req->orders >> smallest & 1))
		smallest++;
	if (!req->len || req->len % (PAGE << smallest))
		return -EINVAL;
	return 0;
}

static bool oracle_covers(const struct vcm_domain_caps *caps, const struct oracle_res *res)
{
	return res->start >= caps->start && res->start + (res->bound_len - 1) <= caps->last;
}

/* Is there a domain of @kind? */
static bool oracle_has_domain(const struct oracle *oracle, const struct oracle_context *context,
			      u32 kind)
{
	for (u32 dev = 0; dev < ORACLE_DEVICES; dev++)
		if (context->assoc[dev].active && oracle->fake[dev]->kind == kind)
			return true;
	return false;
}

u32 oracle_domains(const struct oracle *oracle, const struct oracle_context *context)
{
	u32 nr = 0;

	for (u32 kind = 0; kind < ORACLE_KINDS; kind++)
		nr += oracle_has_domain(oracle, context, kind);
	return nr;
}

/* @with says what is bound: phys, off, prot. */
int oracle_bind(const struct oracle *oracle, const struct oracle_context *context,
		const struct oracle_res *res, const struct oracle_res *with)
{
	struct oracle_res bound = *res;
	u64 len = oracle->phys[with->phys].len;

	if (with->prot & ~RW)
		return -EOPNOTSUPP;
	if (!with->prot || with->off >= len || with->off % PAGE)
		return -EINVAL;
	if (res->dead)
		return -ENODEV;
	if (res->phys >= 0)
		return res->phys == with->phys ? -EALREADY : -EADDRINUSE;
	bound.bound_len = len - with->off;
	if (bound.bound_len > res->len)
		return -ENOSPC;
	for (u32 kind = 0; kind < ORACLE_KINDS; kind++)
		if (oracle_has_domain(oracle, context, kind) &&
		    !oracle_covers(&context->caps[kind], &bound))
			return -ERANGE;
	return 0;
}

int oracle_unbind(const struct oracle_res *res)
{
	if (res->dead)
		return -ENODEV;
	return res->phys < 0 ? -ENXIO : 0;
}

/* The aperture of a domain is what all its devices have, asked for when one joins. */
static void oracle_caps(const struct oracle *oracle, const struct oracle_context *context, u32 dev,
			struct vcm_domain_caps *caps)
{
	*caps = oracle->fake[dev]->caps;
	for (u32 i = 0; i < ORACLE_DEVICES; i++) {
		const struct fake_device *fake = oracle->fake[i];

		if (!context->assoc[i].active || fake->kind != oracle->fake[dev]->kind)
			continue;
		caps->start = max(caps->start, fake->caps.start);
		caps->last = min(caps->last, fake->caps.last);
	}
}

int oracle_activate(const struct oracle *oracle, u32 context, u32 dev,
		    struct vcm_domain_caps *caps)
{
	const struct oracle_context *own = &oracle->context[context];
	const struct oracle_assoc *assoc = &own->assoc[dev];

	if (assoc->dead)
		return -ENODEV;
	*caps = own->caps[oracle->fake[dev]->kind];
	if (assoc->active)
		return 0;
	if (oracle->user[dev] >= 0)
		return -EBUSY;
	oracle_caps(oracle, own, dev, caps);
	for (u32 i = 0; i < ORACLE_RES; i++) {
		const struct oracle_res *res = &own->res[i];

		if (res->res && res->phys >= 0 && !oracle_covers(caps, res))
			return -ERANGE;
	}
	return 0;
}

void oracle_unbound(struct oracle *oracle, struct oracle_res *res)
{
	if (res->phys >= 0)
		oracle->phys[res->phys].bindings--;
	res->phys = -1;
	res->off = 0;
	res->bound_len = 0;
	res->prot = 0;
}

void oracle_inactive(struct oracle *oracle, u32 context, u32 dev)
{
	oracle->context[context].assoc[dev].active = 0;
	oracle->user[dev] = -1;
}

void oracle_device_gone(struct oracle *oracle, u32 dev)
{
	for (u32 i = 0; i < ORACLE_CONTEXTS; i++) {
		struct oracle_assoc *assoc = &oracle->context[i].assoc[dev];

		if (assoc->active)
			oracle_inactive(oracle, i, dev);
		assoc->dead = true;
	}
}

void oracle_context_gone(struct oracle *oracle, u32 context)
{
	struct oracle_context *own = &oracle->context[context];

	own->dead = true;
	for (u32 dev = 0; dev < ORACLE_DEVICES; dev++) {
		if (own->assoc[dev].active)
			oracle_inactive(oracle, context, dev);
		own->assoc[dev].dead = true;
	}
	for (u32 i = 0; i < ORACLE_RES; i++) {
		if (own->res[i].res)
			oracle_unbound(oracle, &own->res[i]);
		own->res[i].dead = true;
	}
}

/* Free the place of a context when the test holds nothing of it any more. */
void oracle_forget(struct oracle_context *context)
{
	if (context->refs)
		return;
	for (u32 i = 0; i < ORACLE_RES; i++)
		if (context->res[i].res)
			return;
	for (u32 dev = 0; dev < ORACLE_DEVICES; dev++)
		if (context->assoc[dev].assoc)
			return;
	context->vcm = NULL;
}

static const char *oracle_compare_res(const struct oracle *oracle,
				      const struct oracle_context *context,
				      const struct oracle_res *res, const struct state *state)
{
	const struct vcm_snap_res want = {
		.res = vcm_res_id(res->res),
		.vcm = vcm_id(context->vcm),
		.refs = res->refs,
		.start = res->start,
		.len = res->len,
		.phys = res->phys < 0 ? 0 : oracle->phys[res->phys].id,
		.off = res->off,
		.bound_len = res->bound_len,
		.prot = res->prot,
		.mapped = res->phys < 0 ? 0 : oracle_domains(oracle, context),
		.align = res->align,
		.rflags = res->flags,
	};
	const struct vcm_snap_res *got = state_res(state, want.vcm, want.res);

	if (!got || memcmp(got, &want, sizeof(want)))
		return "the oracle has another reservation";
	return NULL;
}

/* Return: what is wrong with a live context; *@nr counts the reservations, *@assocs likewise. */
static const char *oracle_compare_context(const struct oracle *oracle,
					  const struct oracle_context *context,
					  const struct state *state, u32 *nr, u32 *assocs)
{
	const struct vcm_snap_context *got = state_context(state, vcm_id(context->vcm));
	const char *bad = NULL;

	if (!got || got->refs != context->refs || got->start != context->start)
		return "the oracle has another context";
	for (u32 i = 0; i < ORACLE_RES && !bad; i++) {
		if (!context->res[i].res)
			continue;
		bad = oracle_compare_res(oracle, context, &context->res[i], state);
		++*nr;
	}
	for (u32 dev = 0; dev < ORACLE_DEVICES && !bad; dev++) {
		const struct oracle_assoc *assoc = &context->assoc[dev];
		const struct vcm_snap_assoc *rec;

		if (!assoc->assoc || assoc->dead)
			continue;
		rec = state_assoc(state, vcm_assoc_id(assoc->assoc));
		if (!rec || rec->active != assoc->active)
			bad = "the oracle has another association";
		++*assocs;
	}
	return bad;
}

const char *oracle_compare(const struct oracle *oracle, const struct state *state)
{
	u32 nr[STATE_TABLES] = {};
	const char *bad = NULL;

	for (u32 i = 0; i < ORACLE_CONTEXTS && !bad; i++) {
		const struct oracle_context *context = &oracle->context[i];

		if (!context->vcm || context->dead)
			continue;
		bad = oracle_compare_context(oracle, context, state, &nr[VCM_SNAP_RES],
					     &nr[VCM_SNAP_ASSOC]);
		nr[VCM_SNAP_CONTEXT]++;
	}
	for (u32 i = 0; i < ORACLE_PHYS && !bad; i++) {
		const struct oracle_phys *phys = &oracle->phys[i];
		const struct vcm_snap_phys *got = state_phys(state, phys->id);

		if (!phys->refs && !phys->bindings)
			continue;
		if (!got || got->refs != phys->refs || got->len != phys->len)
			bad = "the oracle has other memory";
		nr[VCM_SNAP_PHYS]++;
	}
	for (unsigned int type = VCM_SNAP_CONTEXT; type < STATE_TABLES && !bad; type++)
		if (nr[type] != state->table[type].nr)
			bad = "the oracle has another number of objects";
	return bad;
}
