// SPDX-License-Identifier: GPL-2.0-only
/* diag.c - asks what all rules want to know, lets every rule judge, and ranks; see diag.h. */
#include <string.h>

#include "diag_priv.h"

/* Weights from which a finding explains a fault, and does not only describe it. */
#define WEIGHT_CAUSE 45

/* Rules that rest on what did not happen: an event that is missing may have been it. */
static const bool rests_on_past[DIAG_RULE_END] = {
	[DIAG_never_reserved] = true, [DIAG_not_bound] = true, [DIAG_stale_iotlb] = true,
	[DIAG_race] = true, [DIAG_freed] = true, [DIAG_wrong_context] = true,
};

static const struct vcm_snap_res *place_in(const struct diag_look *l, uint32_t vcm)
{
	struct diag_spot spot;

	diag_look(&l->view, vcm, l->f->iova, &spot);
	return spot.in;
}

/* When the device uses no context: the one that it most probably meant. */
static uint32_t meant_context(const struct diag_look *l)
{
	const struct diag_link *best = NULL;
	bool best_has = false;
	unsigned int i;

	for (i = 0; i < l->nr_link; i++) {
		const struct diag_link *link = &l->link[i];
		bool has = !!place_in(l, link->vcm);

		if (best && (has < best_has || (l->nr_now && i >= l->nr_now)))
			continue;
		if (!best || has > best_has ||
		    (link->left && (!best->left || link->left->ts_ns > best->left->ts_ns))) {
			best = link;
			best_has = has;
		}
	}
	return best ? best->vcm : 0;
}

/* Whose context has memory at the address, when the device was never of any. */
static uint32_t any_context(const struct diag_look *l)
{
	const struct vcm_snap_res *r;
	struct diag_iter it = { 0 };

	while ((r = diag_next_res(&l->view, &it))) {
		if (r->phys && diag_contains(r->start, r->bound_len, l->f->iova))
			return r->vcm;
	}
	return 0;
}

static void find_context(struct diag_look *l)
{
	const struct vcm_snap_context *c;
	unsigned int i;

	l->vcm = l->f->vcm;
	for (i = 0; i < l->nr_now && !l->vcm; i++) {
		if (l->link[i].active)
			l->vcm = l->link[i].vcm;
	}
	c = l->vcm ? diag_context(&l->view, l->vcm) : NULL;
	l->is_saved = !l->f->vcm && c && c->flags & VCM_SNAP_CONTEXT_SAVED;
	l->attached = l->vcm && !l->is_saved;
	if (!l->vcm)
		l->vcm = meant_context(l);
	if (!l->vcm)
		l->vcm = any_context(l);
}

static void find_other(struct diag_look *l)
{
	const struct vcm_snap_res *r;
	unsigned int i;

	for (i = 0; i < l->nr_link; i++) {
		struct diag_link *link = &l->link[i];

		r = link->vcm == l->vcm ? NULL : place_in(l, link->vcm);
		if (!r || !r->phys || l->f->iova - r->start >= r->bound_len ||
		    !diag_allows(r, l->f->access))
			continue;
		if (l->other && (!link->left || (l->other->left &&
						 l->other->left->ts_ns > link->left->ts_ns)))
			continue;
		l->other = link;
		l->other_res = *r;
	}
}

static void find_past(struct diag_look *l)
{
	l->ended = diag_find_ended(l, l->vcm);
	if (l->ended)
		l->bound_before = diag_find_unbound(l, l->vcm, l->ended->id);
	if (l->spot.in)
		l->unbound = diag_find_unbound(l, l->vcm, l->spot.in->res);
	l->recent = diag_find_recent(l);
	l->soon = diag_find_soon(l);
}

/* A finding goes to its place among those of more weight; the lightest falls out. */
static void put(struct diag_result *out, const struct diag_verdict *v)
{
	unsigned int at = out->nr;

	while (at && out->verdict[at - 1].weight < v->weight)
		at--;
	if (at == DIAG_VERDICTS)
		return;
	if (out->nr < DIAG_VERDICTS)
		out->nr++;
	memmove(&out->verdict[at + 1], &out->verdict[at],
		(out->nr - 1 - at) * sizeof(out->verdict[0]));
	out->verdict[at] = *v;
}

static void lower(struct diag_verdict *v)
{
	if (v->confidence > DIAG_POSSIBLE)
		v->confidence--;
}

static void after_loss(const struct diag *d, struct diag_verdict *v)
{
	enum diag_rule_id id = (enum diag_rule_id)(v->rule - diag_rules);

	if (!d->stale && !(d->lost_ns && rests_on_past[id]))
		return;
	v->after_loss = true;
	lower(v);
}

/* Where two causes explain it, neither is certain; beside a cause a description is no more. */
static void weigh_against(struct diag_result *out)
{
	unsigned int i;

	for (i = 1; i < out->nr; i++) {
		struct diag_verdict *v = &out->verdict[i];

		if (v->weight && v->weight < WEIGHT_CAUSE && out->verdict[0].weight >= WEIGHT_CAUSE)
			v->confidence = DIAG_POSSIBLE;
		if (v->weight < WEIGHT_CAUSE)
			continue;
		if (out->verdict[0].confidence == DIAG_CERTAIN)
			out->verdict[0].confidence = DIAG_LIKELY;
		if (v->confidence == DIAG_CERTAIN)
			v->confidence = DIAG_LIKELY;
	}
}

static void judge_all(struct diag_look *l)
{
	struct diag_verdict v;
	unsigned int i;

	for (i = 0; i < DIAG_RULE_END; i++) {
		memset(&v, 0, sizeof(v));
		v.rule = &diag_rules[i];
		if (!diag_judges[i] || !diag_judges[i](l, &v))
			continue;
		after_loss(l->d, &v);
		put(l->out, &v);
	}
}

/* Nobody has found a cause: say so before what only describes. */
static void admit_unknown(struct diag_look *l)
{
	struct diag_verdict v = { .rule = &diag_rules[DIAG_unknown], .weight = 1 };

	if (l->out->nr && l->out->verdict[0].weight > 1)
		return;
	v.vcm = l->vcm;
	diag_say(&v, "nothing that is known explains this fault");
	if (!l->f->device[0] && !l->f->vcm)
		diag_say(&v, ": neither its device nor its context is known");
	diag_next_history(l, &v);
	put(l->out, &v);
}

void diag_run(const struct diag *d, const struct diag_fault *f, struct diag_result *out)
{
	struct diag_look l = { .d = d, .f = f, .out = out };

	memset(out, 0, sizeof(*out));
	diag_view_init(&l.view, d->model, f);
	diag_find_links(&l);
	find_context(&l);
	diag_look(&l.view, l.vcm, f->iova, &l.spot);
	find_past(&l);
	if (l.attached)
		find_other(&l);
	judge_all(&l);
	weigh_against(out);
	admit_unknown(&l);
	diag_view_fini(&l.view);
}
