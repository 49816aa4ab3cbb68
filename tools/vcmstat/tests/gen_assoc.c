// SPDX-License-Identifier: GPL-2.0-only
/* gen_assoc.c - the devices of the toy VCM: each active association has a domain of its own. */
#include "gen_priv.h"

static bool is_saved(const struct gen *g, uint32_t vcm)
{
	return g->context[gen_slot_of(g, vcm)].flags & VCM_SNAP_CONTEXT_SAVED;
}

unsigned int gen_domains_of(const struct gen *g, uint32_t vcm)
{
	unsigned int i, nr = 0;

	for (i = 0; i < GEN_ASSOCS; i++)
		nr += g->assoc[i].assoc && g->assoc[i].vcm == vcm && g->assoc[i].domain;
	return nr;
}

static void each_binding(struct gen *g, uint32_t vcm,
			 void (*fn)(struct gen *g, struct vcm_snap_res *r))
{
	unsigned int i;

	for (i = 0; i < GEN_RES; i++) {
		if (g->res[i].res && g->res[i].vcm == vcm && g->res[i].phys)
			fn(g, &g->res[i]);
	}
}

/* Attach: with every binding live. */
static void attach(struct gen *g, struct vcm_snap_assoc *a)
{
	a->domain = (__u32)(a - g->assoc) + 1;
	each_binding(g, a->vcm, gen_map_one);
}

static void detach(struct gen *g, struct vcm_snap_assoc *a)
{
	if (!a->domain)
		return;
	each_binding(g, a->vcm, gen_unmap_one);
	a->domain = 0;
}

static void associate(struct gen *g, struct vcm_snap_assoc *a, uint32_t vcm, uint32_t dev)
{
	*a = (struct vcm_snap_assoc){ .assoc = g->next_id++, .vcm = vcm, .dev = dev };
	REGISTRY(g, assoc, a->vcm, a->assoc, 0, 1, U(a->dev));
}

static void do_assoc(struct gen *g, struct vcm_snap_assoc *a)
{
	struct vcm_snap_context *c = &g->context[gen_below(g, GEN_CONTEXTS)];

	if (!a->assoc && c->vcm) {
		associate(g, a, c->vcm, 1 + (uint32_t)gen_below(g, GEN_DEVICES));
	} else if (a->assoc && !a->active) {
		REGISTRY(g, deassoc, a->vcm, a->assoc, 0, 1, U(a->dev));
		a->assoc = 0;
	}
}

static void tell_active(struct gen *g, const struct vcm_snap_assoc *a)
{
	REGISTRY(g, activate, a->vcm, a->assoc, a->active, 2, U(a->dev), U(a->domain));
}

static void do_activate(struct gen *g, struct vcm_snap_assoc *a)
{
	if (!a->assoc)
		return;
	if (!a->active && !is_saved(g, a->vcm))
		attach(g, a);
	a->active++;
	tell_active(g, a);
}

static void do_deactivate(struct gen *g, struct vcm_snap_assoc *a)
{
	uint32_t domain = a->domain;

	if (!a->assoc || !a->active)
		return;
	if (a->active == 1)
		detach(g, a);
	a->active--;
	REGISTRY(g, deactivate, a->vcm, a->assoc, a->active, 2, U(a->dev), U(domain));
}

static void do_switch(struct gen *g, struct vcm_snap_assoc *from, struct vcm_snap_assoc *to)
{
	if (!from->assoc || !to->assoc || from == to || from->dev != to->dev || !from->active ||
	    to->active || is_saved(g, from->vcm) || is_saved(g, to->vcm))
		return;
	attach(g, to);
	detach(g, from);
	to->active = from->active;
	from->active = 0;
	REGISTRY(g, switch, to->vcm, to->assoc, to->active, 5, U(to->dev), U(to->domain),
		 U(from->vcm), U(from->assoc), U(from->active));
}

/* To the first association that will do, if there is one. */
static void switch_any(struct gen *g, struct vcm_snap_assoc *from)
{
	unsigned int i;

	for (i = 0; i < GEN_ASSOCS; i++)
		do_switch(g, from, &g->assoc[i]);
}

static void do_save(struct gen *g, struct vcm_snap_context *c)
{
	unsigned int i;

	if (!c->vcm || c->flags & VCM_SNAP_CONTEXT_SAVED)
		return;
	for (i = 0; i < GEN_ASSOCS; i++) {
		if (g->assoc[i].assoc && g->assoc[i].vcm == c->vcm)
			detach(g, &g->assoc[i]);
	}
	c->flags |= VCM_SNAP_CONTEXT_SAVED;
	REGISTRY(g, save, c->vcm, c->vcm, c->refs, 0);
}

static bool is_active_in(const struct vcm_snap_assoc *a, uint32_t vcm)
{
	return a->assoc && a->vcm == vcm && a->active;
}

static void do_restore(struct gen *g, struct vcm_snap_context *c)
{
	unsigned int i;

	if (!c->vcm || !(c->flags & VCM_SNAP_CONTEXT_SAVED))
		return;
	for (i = 0; i < GEN_ASSOCS; i++) {
		if (is_active_in(&g->assoc[i], c->vcm))
			attach(g, &g->assoc[i]);
	}
	c->flags = 0;
	for (i = 0; i < GEN_ASSOCS; i++) {
		if (is_active_in(&g->assoc[i], c->vcm))
			tell_active(g, &g->assoc[i]);
	}
	REGISTRY(g, restore, c->vcm, c->vcm, c->refs, 0);
}

void gen_step_assoc(struct gen *g)
{
	struct vcm_snap_context *c = &g->context[gen_below(g, GEN_CONTEXTS)];
	struct vcm_snap_assoc *a = &g->assoc[gen_below(g, GEN_ASSOCS)];
	uint64_t what = gen_below(g, 22);

	if (what < 6)
		do_assoc(g, a);
	else if (what < 12)
		do_activate(g, a);
	else if (what < 17)
		do_deactivate(g, a);
	else if (what < 19)
		switch_any(g, a);
	else if (what < 20)
		do_save(g, c);
	else
		do_restore(g, c);
}

void gen_end_assocs(struct gen *g, uint32_t vcm)
{
	unsigned int i;

	for (i = 0; i < GEN_ASSOCS; i++) {
		struct vcm_snap_assoc *a = &g->assoc[i];

		while (a->assoc && a->vcm == vcm && a->active)
			do_deactivate(g, a);
		if (a->assoc && a->vcm == vcm)
			do_assoc(g, a);
	}
}

void gen_scene_assocs(struct gen *g)
{
	associate(g, &g->assoc[0], 1, 1);
	associate(g, &g->assoc[1], 2, 1);
	associate(g, &g->assoc[2], 3, 3);
	associate(g, &g->assoc[3], 1, 2);
	do_activate(g, &g->assoc[1]);
	do_activate(g, &g->assoc[1]);
	do_activate(g, &g->assoc[2]);
	do_activate(g, &g->assoc[3]);
}

void gen_scene_moves(struct gen *g)
{
	do_switch(g, &g->assoc[1], &g->assoc[0]);
	do_save(g, &g->context[0]);
	do_restore(g, &g->context[0]);
	do_save(g, &g->context[2]);
}
