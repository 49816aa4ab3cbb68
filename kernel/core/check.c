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

	if (!res->refs || res->dead)
		return "I2: a reservation in the tree without reference";
	if (!phys && (res->off || res->bound_len || res->prot))
		return "I2: unbound, yet not clear";
	if (!phys)
		return NULL;
	if (!res->bound_len || res->bound_len > vcm_res_len(res))
		return "I2: the binding does not fit the reservation";
	if (res->off + res->bound_len != phys->len || !res->prot)
		return "I2: the binding does not fit the memory";
	return NULL;
}

static const char *vcm_check_ranges(struct vcm *vcm)
{
	u64 nr = 0, reserved = 0, bound = 0;
	struct vcm_range *range;
	const char *bad;

	bad = vcm_gaps_check(&vcm->ranges);
	for (range = vcm_gaps_first(&vcm->ranges); range && !bad; range = vcm_range_next(range)) {
		const struct vcm_res *res = vcm_res_of(range);

		bad = vcm_check_res(res);
		if (!bad && res->vcm != vcm)
			bad = "I1: a reservation of another context";
		nr++;
		reserved += vcm_res_len(res);
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
	struct vcm_range *range;
	u32 devices = 0;

	list_for_each_entry(assoc, &vcm->assocs, node)
		devices += assoc->dom == dom;
	if (!devices || devices != dom->devices)
		return "I4: device count of a mapping domain";
	for (range = vcm_gaps_first(&vcm->ranges); range; range = vcm_range_next(range)) {
		const struct vcm_res *res = vcm_res_of(range);

		if (res->phys && !vcm_caps_cover(&dom->caps, range->start, res->bound_len))
			return "I3: a binding outside the aperture";
	}
	return NULL;
}

static const char *vcm_check_assocs(const struct vcm *vcm)
{
	const struct vcm_assoc *assoc;
	u64 before = 0;

	list_for_each_entry(assoc, &vcm->assocs, node) {
		if (assoc->id <= before)
			return "I7: associations out of order";
		if (assoc->dead || !assoc->active != !assoc->dom)
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

static const char *vcm_check_phys(const struct vcm_phys *phys)
{
	u64 len = 0;

	for (u32 i = 0; i < phys->nr_chunks; i++)
		len += phys->chunks[i].len;
	if (len != phys->len)
		return "I5: chunks do not add up";
	if (!refcount_read(&phys->uses))
		return "I6: memory without use in the registry";
	return NULL;
}

static const char *vcm_check_registry(void)
{
	const struct vcm_registry *reg = &vcm_registry;
	const struct vcm_phys *phys;
	const char *bad = NULL;
	struct vcm *vcm;
	u64 before = 0;

	list_for_each_entry(phys, &reg->physes, node) {
		if (phys->id <= before)
			return "I7: memory out of order";
		before = phys->id;
		bad = vcm_check_phys(phys);
		if (bad)
			return bad;
	}
	before = 0;
	list_for_each_entry(vcm, &reg->contexts, node) {
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

/* Test I1 to I7.  Return: NULL, or the first that is violated. */
const char *vcm_check(void)
{
	const char *bad;

	vcm_stream_lock(&vcm_registry.stream);
	bad = vcm_check_registry();
	vcm_stream_unlock(&vcm_registry.stream);
	return bad;
}
