// SPDX-License-Identifier: GPL-2.0-only
/* diag_view.c - see diag_view.h. */
#include <string.h>

#include "diag_view.h"

/*
 * Events of different streams come in the order of the ring, not of their times; so much older
 * than the fault is certainly before it.
 */
#define DISORDER_NS 100000000u

bool diag_is_after(const struct diag_fault *f, const struct change *c)
{
	if (f->is_event && c->stream == f->stream)
		return c->seq > f->seq;
	return c->ts_ns > f->ts_ns;
}

static uint64_t key_of(unsigned int kind, uint32_t vcm)
{
	return (uint64_t)kind << 32 | (kind == VCM_KIND_RES ? vcm : 0);
}

void diag_view_init(struct diag_view *v, const struct model *m, const struct diag_fault *f)
{
	const struct change *c;
	uint64_t i;

	v->m = m;
	v->f = f;
	table_init(&v->before, sizeof(c));
	for (i = 0; (c = history_at(&m->history, i)); i++) {
		if (diag_is_after(f, c))	/* the oldest of them stays */
			*(const struct change **)table_add(&v->before, key_of(c->kind, c->vcm),
							   c->id) = c;
		else if (c->ts_ns + DISORDER_NS < f->ts_ns)
			break;
	}
}

void diag_view_fini(struct diag_view *v)
{
	table_fini(&v->before);
}

static const struct change *undone(const struct diag_view *v, unsigned int kind, uint32_t vcm,
				   uint64_t id)
{
	const struct change **c = v->before.nr ? table_find(&v->before, key_of(kind, vcm), id) :
						 NULL;

	return c ? *c : NULL;
}

/* The next that was there then and was changed since. */
static const struct change *next_undone(const struct diag_view *v, struct diag_iter *it,
					unsigned int kind)
{
	while (it->undone < v->before.nr) {
		const struct change *c =
			*(const struct change **)table_row(&v->before, it->undone++);

		if (c->kind == kind && c->existed)
			return c;
	}
	return NULL;
}

const struct vcm_snap_res *diag_next_res(const struct diag_view *v, struct diag_iter *it)
{
	const struct change *c;

	while (it->at < v->m->res.nr) {
		const struct vcm_snap_res *r = table_row(&v->m->res, it->at++);

		if (!undone(v, VCM_KIND_RES, r->vcm, r->res))
			return r;
	}
	c = next_undone(v, it, VCM_KIND_RES);
	return c ? &c->was.res : NULL;
}

const struct vcm_snap_assoc *diag_next_assoc(const struct diag_view *v, struct diag_iter *it)
{
	const struct change *c;

	while (it->at < v->m->assoc.nr) {
		const struct vcm_snap_assoc *a = table_row(&v->m->assoc, it->at++);

		if (!undone(v, VCM_KIND_ASSOC, a->vcm, a->assoc))
			return a;
	}
	c = next_undone(v, it, VCM_KIND_ASSOC);
	return c ? &c->was.assoc : NULL;
}

const struct vcm_snap_context *diag_context(const struct diag_view *v, uint32_t vcm)
{
	const struct change *c = undone(v, VCM_KIND_CONTEXT, vcm, vcm);

	if (!c)
		return table_find(&v->m->context, vcm, 0);
	return c->existed ? &c->was.context : NULL;
}

uint64_t diag_guard_before(const struct vcm_snap_res *r)
{
	return (uint64_t)(r->guard & 0xffff) * DIAG_PAGE;
}

uint64_t diag_guard_behind(const struct vcm_snap_res *r)
{
	return (uint64_t)(r->guard >> 16) * DIAG_PAGE;
}

/* A device that runs over the end of something had something there to use. */
static bool is_usable(const struct vcm_snap_res *r)
{
	return r->phys && !(r->rflags & (VCM_RESERVE_BOUND | VCM_RESERVE_SYSTEM));
}

static void look_at(const struct vcm_snap_res *r, uint64_t iova, struct diag_spot *spot)
{
	const uint64_t last = r->start + (r->len - 1);

	if (iova >= r->start && iova <= last) {
		if (!(r->rflags & VCM_RESERVE_BOUND))
			spot->in = r;
		else if (!spot->window || r->len < spot->window->len)
			spot->window = r;
		return;
	}
	if (iova < r->start && r->start - iova <= diag_guard_before(r)) {
		spot->guarded = r;
		spot->guard_is_behind = false;
	} else if (iova > last && iova - last <= diag_guard_behind(r)) {
		spot->guarded = r;
		spot->guard_is_behind = true;
	}
	if (!is_usable(r))
		return;
	if (iova > last && (!spot->below || r->start > spot->below->start))
		spot->below = r;
	else if (iova < r->start && (!spot->above || r->start < spot->above->start))
		spot->above = r;
}

void diag_look(const struct diag_view *v, uint32_t vcm, uint64_t iova, struct diag_spot *spot)
{
	struct diag_iter it = { 0 };
	const struct vcm_snap_res *r;

	memset(spot, 0, sizeof(*spot));
	while ((r = diag_next_res(v, &it))) {
		if (r->vcm == vcm && r->len)
			look_at(r, iova, spot);
	}
}
