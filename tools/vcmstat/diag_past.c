// SPDX-License-Identifier: GPL-2.0-only
/*
 * diag_past.c - what the history has about a device and an address, as of the fault.
 */
#include <string.h>

#include "diag_priv.h"

/* for (each change before the fault, the newest first) */
#define each_before(c, i, l)							\
	for (i = 0; (c = history_at(&(l)->d->model->history, i)); i++)		\
		if (!diag_is_after((l)->f, c))

static struct diag_link *link_of(struct diag_look *l, uint32_t vcm)
{
	unsigned int i;

	for (i = 0; i < l->nr_link; i++) {
		if (l->link[i].vcm == vcm)
			return &l->link[i];
	}
	if (l->nr_link == DIAG_LINKS)
		return NULL;
	l->link[l->nr_link] = (struct diag_link){ .vcm = vcm };
	return &l->link[l->nr_link++];
}

/* Did the change take the device off the context? */
static bool is_leaving(const struct change *c)
{
	switch (c->type) {
	case VCM_EVENT_deactivate:
		return c->was.assoc.active <= 1;
	case VCM_EVENT_deassoc:
		return true;
	case VCM_EVENT_switch:
		return c->was.assoc.active > 0;
	default:
		return false;
	}
}

static void find_left(struct diag_look *l)
{
	const struct change *c;
	struct diag_link *link;
	uint64_t i;

	each_before(c, i, l) {
		if (c->kind != VCM_KIND_ASSOC || !c->existed || c->was.assoc.dev != l->dev ||
		    !is_leaving(c))
			continue;
		link = link_of(l, c->was.assoc.vcm);
		if (link && !link->left)
			link->left = c;
	}
}

static uint32_t device_number(const struct diag_look *l)
{
	size_t i;

	if (l->f->dev)
		return l->f->dev;
	for (i = 0; l->f->device[0] && i < l->d->model->device.nr; i++) {
		const struct vcm_snap_device *d = table_row(&l->d->model->device, i);

		if (!strncmp(d->name, l->f->device, sizeof(d->name)))
			return d->dev;
	}
	return 0;
}

void diag_find_links(struct diag_look *l)
{
	const struct vcm_snap_assoc *a;
	struct diag_iter it = { 0 };

	l->dev = device_number(l);
	while (l->dev && (a = diag_next_assoc(&l->view, &it))) {
		struct diag_link *link = a->dev == l->dev ? link_of(l, a->vcm) : NULL;

		if (link)
			link->active += a->active;
	}
	l->nr_now = l->nr_link;
	if (l->dev)
		find_left(l);
}

static bool had_address(const struct change *c, uint64_t iova)
{
	const struct vcm_snap_res *r = &c->was.res;

	if (c->kind != VCM_KIND_RES || !c->existed || r->rflags & VCM_RESERVE_BOUND)
		return false;
	if (c->type == VCM_EVENT_unreserve)
		return diag_contains(r->start, r->len, iova);
	return c->type == VCM_EVENT_unbind && diag_contains(r->start, r->bound_len, iova);
}

const struct change *diag_find_ended(const struct diag_look *l, uint32_t vcm)
{
	const struct change *c;
	uint64_t i;

	each_before(c, i, l) {
		if (c->vcm == vcm && had_address(c, l->f->iova) &&
		    !(l->spot.in && vcm == l->vcm && c->id == l->spot.in->res))
			return c;
	}
	return NULL;
}

const struct change *diag_find_unbound(const struct diag_look *l, uint32_t vcm, uint64_t res)
{
	const struct change *c;
	uint64_t i;

	each_before(c, i, l) {
		if (c->type == VCM_EVENT_unbind && c->vcm == vcm && c->id == res &&
		    had_address(c, l->f->iova))
			return c;
	}
	return NULL;
}

/* Does it decide what the device gets at the address? */
static bool is_about(const struct diag_look *l, const struct change *c)
{
	const struct vcm_snap_res *in = l->spot.in;

	switch (c->type) {
	case VCM_EVENT_bind:
	case VCM_EVENT_unbind:
	case VCM_EVENT_map:
	case VCM_EVENT_unmap:
		return in && c->vcm == l->vcm && c->id == in->res;
	case VCM_EVENT_activate:
		return c->was.assoc.dev == l->dev && c->vcm == l->vcm && !c->was.assoc.active;
	case VCM_EVENT_switch:
		return c->was.assoc.dev == l->dev;
	case VCM_EVENT_save:
	case VCM_EVENT_restore:
		return c->vcm == l->vcm;
	default:
		return false;
	}
}

const struct change *diag_find_recent(const struct diag_look *l)
{
	const struct change *c;
	uint64_t i;

	each_before(c, i, l) {
		if (is_about(l, c))
			return c;
	}
	return NULL;
}

/* The first that, within the time that faults are late by, made the access possible. */
const struct change *diag_find_soon(const struct diag_look *l)
{
	const struct change *c, *found = NULL;
	uint64_t i;

	for (i = 0; (c = history_at(&l->d->model->history, i)); i++) {
		if (!diag_is_after(l->f, c)) {
			if (c->ts_ns + DIAG_LATE_NS < l->f->ts_ns)
				break;
			continue;
		}
		if (c->type != VCM_EVENT_map || c->vcm != l->vcm || !c->existed ||
		    c->ts_ns > l->f->ts_ns + DIAG_LATE_NS)
			continue;
		if (diag_contains(c->was.res.start, c->was.res.bound_len, l->f->iova) &&
		    diag_allows(&c->was.res, l->f->access))
			found = c;
	}
	return found;
}

bool diag_knows_begin(const struct diag_look *l, uint32_t vcm)
{
	const struct history *h = &l->d->model->history;
	const struct change *c;
	uint64_t i;

	for (i = 0; (c = history_at(h, i)); i++) {
		if (c->type == VCM_EVENT_create && c->vcm == vcm)
			return true;
	}
	return false;
}
