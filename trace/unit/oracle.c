// SPDX-License-Identifier: GPL-2.0-only
/*
 * oracle.c - see oracle.h: bindings, activations, look-ups.
 */
#include "unit.h"
#include "oracle.h"

u32 oracle_total(const struct oracle_refs *refs)
{
	u32 total = 0;

	for (u32 i = 0; i < ORACLE_HOLDERS; i++)
		total += refs->of[i];
	return total;
}

u32 oracle_res_refs(const struct oracle_context *context, u32 res)
{
	u32 refs = oracle_total(&context->res[res].refs);

	for (u32 i = 0; i < ORACLE_RES; i++)
		refs += context->res[i].res && context->res[i].parent == (int)res;
	return refs;
}

int oracle_create(const struct vcm_cfg *cfg)
{
	if (cfg->start % PAGE || (cfg->last + 1) % PAGE || cfg->start > cfg->last)
		return -EINVAL;
	return 0;
}

int oracle_phys_alloc(const struct vcm_phys_req *req)
{
	u32 smallest = 0;

	if (req->orders >> (VCM_MAX_ORDER + 1))
		return -EINVAL;
	if ((req->flags & VCM_PHYS_CONTIG) && req->orders)
		return -EINVAL;
	while (req->orders && !(req->orders >> smallest & 1))
		smallest++;
	if (!req->len || req->len % (PAGE << smallest))
		return -EINVAL;
	return 0;
}

/* Is a device attached in @context, by an association that is active? */
static bool oracle_is_on(const struct oracle_context *context, u32 dev)
{
	return context->assoc[dev].active && !context->saved;
}

void oracle_reach(const struct oracle *oracle, const struct oracle_context *context, u64 *start,
		  u64 *last)
{
	*start = context->start;
	*last = context->last;
	for (u32 dev = 0; dev < ORACLE_DEVICES; dev++) {
		if (!oracle_is_on(context, dev))
			continue;
		*start = max(*start, oracle->fake[dev]->caps.start);
		*last = min(*last, oracle->fake[dev]->caps.last);
	}
}

u32 oracle_domains(const struct oracle *oracle, const struct oracle_context *context)
{
	bool has[ORACLE_KINDS] = {};
	u32 nr = 0;

	for (u32 dev = 0; dev < ORACLE_DEVICES; dev++) {
		u32 kind = oracle->fake[dev]->kind;

		if (!oracle_is_on(context, dev) || has[kind])
			continue;
		has[kind] = true;
		nr++;
	}
	return nr;
}

/* What can be said without the reservation; *@len is what would be bound. */
static int oracle_bind_check(const struct oracle *oracle, const struct oracle_bind *with, u64 *len)
{
	u64 all = oracle->phys[with->phys].len;

	if (with->prot & ~RW)
		return -EOPNOTSUPP;
	if (!with->prot || with->off >= all || with->off % PAGE || with->len % PAGE)
		return -EINVAL;
	if (with->len > all || with->off + with->len > all)
		return -EINVAL;
	*len = with->len ? with->len : all - with->off;
	return 0;
}

static int oracle_bind_fits(const struct oracle *oracle, const struct oracle_context *context,
			    const struct oracle_res *res, const struct oracle_bind *with, u64 len)
{
	if (res->dead)
		return -ENODEV;
	if (res->flags & VCM_RESERVE_BOUND)
		return -EINVAL;
	if (len > res->len)
		return -ENOSPC;
	if (with->cache != VCM_CACHE_WB)
		return -EBUSY;
	for (u32 dev = 0; dev < ORACLE_DEVICES; dev++) {
		const struct vcm_domain_caps *caps = &oracle->fake[dev]->caps;

		if (oracle_is_on(context, dev) &&
		    (res->start < caps->start || res->start + (len - 1) > caps->last))
			return -ERANGE;
	}
	return 0;
}

int oracle_bind(const struct oracle *oracle, const struct oracle_context *context,
		const struct oracle_res *res, const struct oracle_bind *with)
{
	u64 len = 0;
	int err = oracle_bind_check(oracle, with, &len);

	if (err)
		return err;
	if (!res->dead && res->phys >= 0)
		return res->phys == (int)with->phys ? -EALREADY : -EADDRINUSE;
	return oracle_bind_fits(oracle, context, res, with, len);
}

int oracle_rebind(const struct oracle *oracle, const struct oracle_context *context,
		  const struct oracle_res *res, const struct oracle_bind *with)
{
	u64 len = 0;
	int err = oracle_bind_check(oracle, with, &len);

	if (err)
		return err;
	if (!res->dead && res->phys < 0)
		return -ENXIO;
	return oracle_bind_fits(oracle, context, res, with, len);
}

int oracle_unbind(const struct oracle_res *res)
{
	if (res->dead)
		return -ENODEV;
	return res->phys < 0 ? -ENXIO : 0;
}

/* Can @dev be attached in @context? */
static int oracle_attach(const struct oracle *oracle, const struct oracle_context *context, u32 dev)
{
	const struct vcm_domain_caps *caps = &oracle->fake[dev]->caps;

	if (oracle->user[dev] >= 0)
		return -EBUSY;
	for (u32 i = 0; i < ORACLE_RES; i++) {
		const struct oracle_res *res = &context->res[i];

		if (res->res && res->phys >= 0 &&
		    (res->start < caps->start || res->start + (res->bound_len - 1) > caps->last))
			return -ERANGE;
	}
	return 0;
}

int oracle_activate(const struct oracle *oracle, u32 context, u32 dev)
{
	const struct oracle_context *own = &oracle->context[context];

	if (own->assoc[dev].dead)
		return -ENODEV;
	if (own->assoc[dev].active || own->saved)
		return 0;
	return oracle_attach(oracle, own, dev);
}

int oracle_switch(const struct oracle *oracle, u32 from, u32 to, u32 dev)
{
	const struct oracle_context *there = &oracle->context[to], *here = &oracle->context[from];
	struct oracle free = *oracle;

	if (here->assoc[dev].dead || there->assoc[dev].dead)
		return -ENODEV;
	if (from == to)
		return -EINVAL;
	if (!here->assoc[dev].active)
		return -ENXIO;
	if (there->assoc[dev].active || here->saved || there->saved)
		return -EBUSY;
	free.user[dev] = -1;
	return oracle_attach(&free, there, dev);
}

int oracle_save(const struct oracle_context *context)
{
	if (context->dead)
		return -ENODEV;
	return context->saved ? -EALREADY : 0;
}

/* Devices are attached in the order in which they were associated; the first failure counts. */
int oracle_restore(const struct oracle *oracle, u32 context)
{
	const struct oracle_context *own = &oracle->context[context];
	u64 first = ~0ull;
	int err = 0;

	if (own->dead)
		return -ENODEV;
	if (!own->saved)
		return -EINVAL;
	for (u32 dev = 0; dev < ORACLE_DEVICES; dev++) {
		int bad = own->assoc[dev].active ? oracle_attach(oracle, own, dev) : 0;

		if (!bad || vcm_assoc_id(own->assoc[dev].assoc) > first)
			continue;
		first = vcm_assoc_id(own->assoc[dev].assoc);
		err = bad;
	}
	return err;
}

static u32 oracle_depth(const struct oracle_context *context, int res)
{
	u32 depth = 0;

	for (; res >= 0; res = context->res[res].parent)
		depth++;
	return depth;
}

/* The innermost. */
int oracle_find(const struct oracle_context *context, u64 iova)
{
	int found = -1;

	for (int i = 0; i < ORACLE_RES; i++) {
		const struct oracle_res *res = &context->res[i];

		if (!res->res || res->dead || iova < res->start || iova - res->start >= res->len)
			continue;
		if (oracle_depth(context, i) > oracle_depth(context, found))
			found = i;
	}
	return found;
}

bool oracle_memory_at(const struct oracle_context *context, u64 iova, int *phys, u64 *off)
{
	int found = oracle_find(context, iova);
	const struct oracle_res *res = &context->res[max(found, 0)];

	if (found < 0 || res->phys < 0 || iova - res->start >= res->bound_len)
		return false;
	*phys = res->phys;
	*off = res->off + (iova - res->start);
	return true;
}

int oracle_translate(const struct oracle_context *from, u64 iova, const struct oracle_context *to,
		     u64 *out)
{
	int phys, err = -ENOENT;
	u64 off;

	if (!oracle_memory_at(from, iova, &phys, &off))
		return err;
	for (u32 i = 0; i < ORACLE_RES; i++) {
		const struct oracle_res *res = &to->res[i];
		u64 at = res->start + (off - res->off);

		if (!res->res || res->phys != phys || off < res->off ||
		    off >= res->off + res->bound_len || (!err && at > *out))
			continue;
		*out = at;
		err = 0;
	}
	return err;
}

void oracle_bound(struct oracle *oracle, struct oracle_res *res, const struct oracle_bind *with)
{
	res->phys = with->phys;
	res->off = with->off;
	res->bound_len = with->len ? with->len : oracle->phys[with->phys].len - with->off;
	res->prot = with->prot;
	oracle->phys[with->phys].bindings++;
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

/* A reference of the test went: with the last, the place is free, and so may be the sub-window. */
void oracle_dropped(struct oracle *oracle, struct oracle_context *context, u32 res)
{
	for (int at = res; at >= 0 && !oracle_res_refs(context, at);) {
		struct oracle_res *own = &context->res[at];

		oracle_unbound(oracle, own);
		own->res = NULL;
		at = own->parent;
	}
	oracle_forget(context);
}

void oracle_inactive(struct oracle *oracle, u32 context, u32 dev)
{
	oracle->context[context].assoc[dev].active = 0;
	if (oracle->user[dev] == (int)context)
		oracle->user[dev] = -1;
}

void oracle_saved(struct oracle *oracle, u32 context, bool saved)
{
	struct oracle_context *own = &oracle->context[context];

	own->saved = saved;
	for (u32 dev = 0; dev < ORACLE_DEVICES; dev++)
		if (own->assoc[dev].active)
			oracle->user[dev] = saved ? -1 : (int)context;
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
	if (oracle_total(&context->refs))
		return;
	for (u32 i = 0; i < ORACLE_RES; i++)
		if (context->res[i].res)
			return;
	for (u32 dev = 0; dev < ORACLE_DEVICES; dev++)
		if (context->assoc[dev].assoc)
			return;
	context->vcm = NULL;
}
