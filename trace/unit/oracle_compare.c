// SPDX-License-Identifier: GPL-2.0-only
/*
 * oracle_compare.c - is a snapshot what the oracle believes?
 */
#include "unit.h"
#include "oracle.h"

/* The holds of one object; *@nr counts them. */
static const char *oracle_compare_holds(const struct oracle *oracle, const struct state *state,
					const struct oracle_refs *refs, struct vcm_snap_hold hold,
					u32 *nr)
{
	for (u32 i = 1; i < ORACLE_HOLDERS; i++) {
		const struct vcm_snap_hold *got;

		got = state_hold(state, hold.kind, hold.vcm, hold.id,
				 vcm_holder_id(oracle->holder[i]));
		if ((got ? got->count : 0) != refs->of[i])
			return "the oracle has other holds";
		*nr += !!got;
	}
	return NULL;
}

static const char *oracle_compare_res(const struct oracle *oracle,
				      const struct oracle_context *context, u32 nr,
				      const struct state *state, u32 *holds)
{
	const struct oracle_res *res = &context->res[nr];
	const struct vcm_snap_res want = {
		.res = vcm_res_id(res->res),
		.vcm = vcm_id(context->vcm),
		.refs = oracle_res_refs(context, nr),
		.start = res->start,
		.len = res->len,
		.phys = res->phys < 0 ? 0 : oracle->phys[res->phys].id,
		.off = res->off,
		.bound_len = res->bound_len,
		.prot = res->prot,
		.mapped = res->phys < 0 ? 0 : oracle_domains(oracle, context),
		.align = res->align,
		.rflags = res->flags,
		.guard = res->before / PAGE | res->after / PAGE << 16,
	};
	const struct vcm_snap_hold hold = { want.res, VCM_KIND_RES, want.vcm, 0, 0 };
	const struct vcm_snap_res *got = state_res(state, want.vcm, want.res);

	if (!got || memcmp(got, &want, sizeof(want)))
		return "the oracle has another reservation";
	return oracle_compare_holds(oracle, state, &res->refs, hold, holds);
}

/* Return: what is wrong with a live context; @nr counts the records by type. */
static const char *oracle_compare_context(const struct oracle *oracle,
					  const struct oracle_context *context,
					  const struct state *state, u32 *nr)
{
	const struct vcm_snap_context *got = state_context(state, vcm_id(context->vcm));
	const struct vcm_snap_hold hold = { vcm_id(context->vcm), VCM_KIND_CONTEXT,
					    vcm_id(context->vcm), 0, 0 };
	const char *bad;

	if (!got || got->refs != oracle_total(&context->refs) || got->start != context->start ||
	    got->last != context->last || got->flags != context->saved)
		return "the oracle has another context";
	bad = oracle_compare_holds(oracle, state, &context->refs, hold, &nr[VCM_SNAP_HOLD]);
	for (u32 i = 0; i < ORACLE_RES && !bad; i++) {
		if (!context->res[i].res)
			continue;
		bad = oracle_compare_res(oracle, context, i, state, &nr[VCM_SNAP_HOLD]);
		nr[VCM_SNAP_RES]++;
	}
	for (u32 dev = 0; dev < ORACLE_DEVICES && !bad; dev++) {
		const struct oracle_assoc *assoc = &context->assoc[dev];
		const struct vcm_snap_assoc *rec;

		if (!assoc->assoc || assoc->dead)
			continue;
		rec = state_assoc(state, vcm_assoc_id(assoc->assoc));
		if (!rec || rec->active != assoc->active ||
		    !rec->domain != (!assoc->active || context->saved))
			bad = "the oracle has another association";
		nr[VCM_SNAP_ASSOC]++;
	}
	return bad;
}

static const char *oracle_compare_phys(const struct oracle *oracle, const struct oracle_phys *phys,
				       const struct state *state, u32 *holds)
{
	const struct vcm_snap_hold hold = { phys->id, VCM_KIND_PHYS, 0, 0, 0 };
	const struct vcm_snap_phys *got = state_phys(state, phys->id);

	if (!got || got->refs != oracle_total(&phys->refs) || got->len != phys->len)
		return "the oracle has other memory";
	return oracle_compare_holds(oracle, state, &phys->refs, hold, holds);
}

const char *oracle_compare(const struct oracle *oracle, const struct state *state)
{
	u32 nr[STATE_TABLES] = {};
	const char *bad = NULL;

	for (u32 i = 0; i < ORACLE_CONTEXTS && !bad; i++) {
		const struct oracle_context *context = &oracle->context[i];

		if (!context->vcm || context->dead)
			continue;
		bad = oracle_compare_context(oracle, context, state, nr);
		nr[VCM_SNAP_CONTEXT]++;
	}
	for (u32 i = 0; i < ORACLE_PHYS && !bad; i++) {
		const struct oracle_phys *phys = &oracle->phys[i];

		if (!oracle_total(&phys->refs) && !phys->bindings)
			continue;
		bad = oracle_compare_phys(oracle, phys, state, &nr[VCM_SNAP_HOLD]);
		nr[VCM_SNAP_PHYS]++;
	}
	for (unsigned int type = VCM_SNAP_CONTEXT; type < STATE_TABLES && !bad; type++)
		if (type != VCM_SNAP_HOLDER && nr[type] != state->table[type].nr)
			bad = "the oracle has another number of objects";
	return bad;
}
