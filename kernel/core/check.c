// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c - the invariants of core.h as code.
 *
 * Called by tests after every step and by reading debugfs/vcm/check; never by the core itself.
 * Takes the registry lock and, inside it, the lock of each context in turn.
 */
#include "core.h"

static const char *vcm_check_res(const struct vcm_res *res)
{
	const struct vcm_phys *phys = res->phys;

	const char *bad = vcm_refs_check(&res->refs);

	if (bad)
		return bad;
	if (!res->refs.total || res->dead)
		return "I2: a reservation in the tree without reference";
	if ((res->flags & (VCM_RESERVE_BOUND | VCM_RESERVE_SYSTEM)) && phys)
		return "I9: a sub-window or a region of a device that is bound";
	if (!phys && (res->off || res->bound_len || res->prot))
		return "I2: unbound, yet not clear";
	if (!phys)
		return NULL;
	if (!res->bound_len || res->bound_len > res->len)
		return "I2: the binding does not fit the reservation";
	if (res->off + res->bound_len > phys->len || !res->prot)
		return "I2: the binding does not fit the memory";
	return NULL;
}

/* The tree inside a sub-window, and the reference of each range in it. */
static const char *vcm_check_bound(const struct vcm_res *bound)
{
	const struct vcm_range *range;
	u32 inside = 0;

	if (!(bound->flags & VCM_RESERVE_BOUND))
		return NULL;
	for (range = vcm_gaps_first(&bound->inner); range;
	     range = vcm_range_next((struct vcm_range *)range))
		inside++;
	if (bound->refs.unnamed < inside || bound->inside < inside)
		return "I9: something inside a sub-window without a reference to it";
	return vcm_gaps_check(&bound->inner);
}

static const char *vcm_check_ranges(struct vcm *vcm)
{
	u64 nr = 0, reserved = 0, bound = 0;
	const char *bad = vcm_gaps_check(&vcm->ranges);
	struct vcm_res *res;

	for (res = vcm_res_first(vcm); res && !bad; res = vcm_res_next(res)) {
		bad = vcm_check_res(res);
		if (!bad)
			bad = vcm_check_bound(res);
		if (!bad && res->vcm != vcm)
			bad = "I1: a reservation of another context";
		nr++;
		reserved += res->flags & VCM_RESERVE_BOUND ? 0 : res->len;
		bound += res->bound_len;
	}
	if (bad)
		return bad;
	if (nr != vcm->nr_res || reserved != vcm->bytes_reserved || bound != vcm->bytes_bound)
		return "I1: the sums of a context";
	return NULL;
}

static const char *vcm_check_dom(const struct vcm *vcm, const struct vcm_dom *dom)
{
	const struct vcm_assoc *assoc;
	struct vcm_res *res;
	u32 devices = 0;

	list_for_each_entry(assoc, &vcm->assocs, node)
		devices += assoc->dom == dom;
	if (!devices || devices != dom->devices)
		return "I4: device count of a mapping domain";
	for (res = vcm_res_first(vcm); res; res = vcm_res_next(res))
		if (res->phys && !vcm_caps_cover(&dom->caps, res->start, res->bound_len))
			return "I3: a binding outside the aperture";
	return NULL;
}

static const char *vcm_check_assocs(const struct vcm *vcm)
{
	const struct vcm_assoc *assoc;
	u64 before = 0;

	list_for_each_entry(assoc, &vcm->assocs, node) {
		if (assoc->id <= before)
			return "I7: associations out of order";
		if (assoc->dead || (!assoc->active || vcm->saved) != !assoc->dom)
			return "I4: an association that is active without a domain, or the reverse";
		before = assoc->id;
	}
	return NULL;
}

static const char *vcm_check_context(struct vcm *vcm)
{
	const struct vcm_dom *dom;
	const char *bad;
	u32 nr = 0;

	bad = vcm_refs_check(&vcm->refs);
	if (!bad)
		bad = vcm_check_assocs(vcm);
	if (!bad)
		bad = vcm_check_ranges(vcm);
	list_for_each_entry(dom, &vcm->domains, node) {
		if (!bad)
			bad = vcm_check_dom(vcm, dom);
		nr++;
	}
	if (!bad && nr != vcm->nr_domains)
		bad = "I3: number of mapping domains";
	return bad;
}

static u32 vcm_count_bindings(struct vcm *vcm, const struct vcm_phys *phys)
{
	const struct vcm_res *res;
	u32 nr = 0;

	vcm_stream_lock(&vcm->stream);
	for (res = vcm_res_first(vcm); res; res = vcm_res_next((struct vcm_res *)res))
		nr += res->phys == phys;
	vcm_stream_unlock(&vcm->stream);
	return nr;
}

/* Uses are given up under the registry lock only, so they are at least what is counted here. */
static u32 vcm_count_uses(const struct vcm_phys *phys)
{
	u32 nr = !!phys->refs.total + phys->kva_users;
	struct vcm *vcm;

	list_for_each_entry(vcm, &vcm_registry.contexts, node)
		nr += vcm_count_bindings(vcm, phys);
	return nr;
}

static const char *vcm_check_phys(const struct vcm_phys *phys)
{
	u32 uses = vcm_count_uses(phys);
	u64 len = 0;

	for (u32 i = 0; i < phys->nr_chunks; i++)
		len += phys->chunks[i].len;
	if (len != phys->len)
		return "I5: chunks do not add up";
	if (phys->source == VCM_SOURCE_CARVEOUT &&
	    !vcm_carveouts_have(phys->chunks->pa, phys->chunks->len))
		return "I10: memory of a carve-out outside of every carve-out";
	/* Read after the count: a binding may be made meanwhile, none can be given up. */
	if (refcount_read(&phys->uses) < uses)
		return "I6: memory with fewer uses than it has references and bindings";
	return vcm_refs_check(&phys->refs);
}

static const char *vcm_check_contexts(void)
{
	const char *bad;
	struct vcm *vcm;
	u32 before = 0;

	list_for_each_entry(vcm, &vcm_registry.contexts, node) {
		if (vcm->id <= before)
			return "I7: contexts out of order";
		before = vcm->id;
		vcm_stream_lock(&vcm->stream);
		bad = vcm_check_context(vcm);
		vcm_stream_unlock(&vcm->stream);
		if (bad)
			return bad;
	}
	return NULL;
}

static const char *vcm_check_physes(void)
{
	const struct vcm_phys *phys;
	const char *bad;
	u64 before = 0;

	list_for_each_entry(phys, &vcm_registry.physes, node) {
		if (phys->id <= before)
			return "I7: memory out of order";
		before = phys->id;
		bad = vcm_check_phys(phys);
		if (bad)
			return bad;
	}
	return NULL;
}

/* Contexts first: counting bindings goes through trees that must be sound. */
static const char *vcm_check_registry(void)
{
	const char *bad = vcm_check_contexts();

	if (!bad)
		bad = vcm_carveouts_check();
	return bad ? bad : vcm_check_physes();
}

/* Test I1 to I10.  Return: NULL, or the first that is violated. */
const char *vcm_check(void)
{
	const char *bad;

	vcm_stream_lock(&vcm_registry.stream);
	bad = vcm_check_registry();
	vcm_stream_unlock(&vcm_registry.stream);
	return bad;
}
