// SPDX-License-Identifier: GPL-2.0-only
/* gen.c - see gen.h. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "tap.h"

#define SLOT_BYTES 0x10000ull	/* of address space for each reservation */
#define PAGE 0x1000ull

void gen_init(struct gen *g, uint64_t seed)
{
	memset(g, 0, sizeof(*g));
	g->random = seed;
	g->next_vcm = 1;
	g->next_stream = 1;
	g->next_id = 1;
}

static uint64_t below(struct gen *g, uint64_t n)
{
	return tap_random(&g->random) % n;
}

/* What an event tells beside its own fields. */
struct head {
	unsigned int type;
	uint32_t stream;
	uint64_t *seq;
	uint32_t vcm;
	uint64_t id;
	uint32_t refs;
};

/* @nr own fields follow as uint64_t. */
static void emit(struct gen *g, struct head head, int nr, ...)
{
	struct vcm_event ev = { .type = (__u16)head.type, .nr_arg = (__u16)nr,
				.stream = head.stream, .seq = ++*head.seq, .vcm = head.vcm,
				.id = head.id, .refs = head.refs, .pid = 40, .tid = 41, .cpu = 1,
				.comm = "gen" };
	va_list ap;
	int i;

	ev.ts_ns = g->clock += 1000;
	ev.err = head.type == VCM_EVENT_error ? -28 : 0;
	va_start(ap, nr);
	for (i = 0; i < nr; i++)
		ev.arg[i] = va_arg(ap, uint64_t);
	va_end(ap);
	g->emitted++;
	if (g->emit)
		g->emit(g->arg, &ev);
}

#define U(x) ((uint64_t)(x))
#define REGISTRY(g, type, vcm, id, refs, ...)					\
	emit(g, (struct head){ VCM_EVENT_##type, 0, &(g)->registry_seq, vcm, id, refs },	\
	     __VA_ARGS__)
#define CONTEXT(g, type, r, ...) emit(g, head_of(g, VCM_EVENT_##type, r), __VA_ARGS__)

static unsigned int slot_of(const struct gen *g, uint32_t vcm)
{
	unsigned int i;

	for (i = 0; i < GEN_CONTEXTS; i++) {
		if (g->context[i].vcm == vcm)
			return i;
	}
	abort();
}

static struct head head_of(struct gen *g, unsigned int type, const struct vcm_snap_res *r)
{
	unsigned int slot = slot_of(g, r->vcm), shard = r->res % GEN_STREAMS;

	return (struct head){ type, g->context[slot].first_stream + shard, &g->seq[slot][shard],
			      r->vcm, r->res, r->refs };
}

static unsigned int domains_of(const struct gen *g, uint32_t vcm)
{
	unsigned int i, nr = 0;

	for (i = 0; i < GEN_ASSOCS; i++)
		nr += g->assoc[i].assoc && g->assoc[i].vcm == vcm && g->assoc[i].active;
	return nr;
}

static void do_create(struct gen *g, struct vcm_snap_context *c)
{
	if (c->vcm)
		return;
	*c = (struct vcm_snap_context){ .vcm = g->next_vcm++, .refs = 1, .start = 0x100000,
		.last = 0xffffffff, .driver = VCM_DRIVER_IOMMU, .first_stream = g->next_stream,
		.nr_streams = GEN_STREAMS };
	g->next_stream += GEN_STREAMS;
	memset(g->seq[slot_of(g, c->vcm)], 0, sizeof(g->seq[0]));
	REGISTRY(g, create, c->vcm, c->vcm, 1, 5, U(c->start), U(c->last), U(c->driver),
		 U(c->first_stream), U(c->nr_streams));
}

static void do_reserve(struct gen *g, struct vcm_snap_res *r)
{
	struct vcm_snap_context *c = &g->context[below(g, GEN_CONTEXTS)];

	if (r->res || !c->vcm)
		return;
	*r = (struct vcm_snap_res){ .res = g->next_id++, .vcm = c->vcm, .refs = 1,
		.start = c->start + SLOT_BYTES * (uint64_t)(r - g->res),
		.len = PAGE * (1 + below(g, 16)), .align = 12, .rflags = (__u32)below(g, 2) };
	CONTEXT(g, reserve, r, 4, U(r->start), U(r->len), U(r->align), U(r->rflags));
}

static void unmap_one(struct gen *g, struct vcm_snap_res *r)
{
	r->mapped--;
	CONTEXT(g, unmap, r, 3, U(r->start), U(r->bound_len), U(1));
}

static void map_one(struct gen *g, struct vcm_snap_res *r)
{
	r->mapped++;
	CONTEXT(g, map, r, 4, U(r->start), U(r->bound_len), U(1), U(r->prot));
}

static void do_unbind(struct gen *g, struct vcm_snap_res *r)
{
	uint64_t len = r->bound_len, phys = r->phys;

	if (!r->res || !phys)
		return;
	while (r->mapped)
		unmap_one(g, r);
	r->phys = 0;
	r->off = 0;
	r->bound_len = 0;
	r->prot = 0;
	CONTEXT(g, unbind, r, 3, U(r->start), len, phys);
}

static void do_bind(struct gen *g, struct vcm_snap_res *r, struct vcm_snap_phys *p)
{
	unsigned int i, domains;

	if (!r->res || r->phys || !p->phys || p->len > r->len)
		return;
	r->off = p->len > PAGE ? PAGE : 0;
	r->phys = p->phys;
	r->bound_len = p->len - r->off;
	r->prot = 1 + (__u32)below(g, 3);
	CONTEXT(g, bind, r, 5, U(r->start), U(r->bound_len), U(r->phys), U(r->off), U(r->prot));
	domains = domains_of(g, r->vcm);
	for (i = 0; i < domains; i++)
		map_one(g, r);
}

static void do_unreserve(struct gen *g, struct vcm_snap_res *r)
{
	if (!r->res)
		return;
	do_unbind(g, r);
	r->refs = 0;
	CONTEXT(g, unreserve, r, 2, U(r->start), U(r->len));
	r->res = 0;
}

static void do_refs(struct gen *g, struct vcm_snap_res *r)
{
	if (!r->res)
		return;
	if (r->refs > 1 && below(g, 2)) {
		r->refs--;
		CONTEXT(g, unref, r, 1, U(VCM_KIND_RES));
	} else {
		r->refs++;
		CONTEXT(g, ref, r, 1, U(VCM_KIND_RES));
	}
}

static void do_phys(struct gen *g, struct vcm_snap_phys *p)
{
	unsigned int i;

	if (!p->phys) {
		*p = (struct vcm_snap_phys){ .phys = g->next_id++, .len = PAGE * (1 + below(g, 8)),
			.refs = 1, .chunks = 1 + (__u32)below(g, 3), .orders = 0x7ff };
		REGISTRY(g, phys_alloc, 0, p->phys, 1, 3, U(p->len), U(p->chunks), U(p->orders));
		return;
	}
	for (i = 0; i < GEN_RES; i++) {
		if (g->res[i].res && g->res[i].phys == p->phys)
			return;
	}
	REGISTRY(g, phys_free, 0, p->phys, 0, 1, U(p->len));
	p->phys = 0;
}

static void do_assoc(struct gen *g, struct vcm_snap_assoc *a)
{
	struct vcm_snap_context *c = &g->context[below(g, GEN_CONTEXTS)];

	if (!a->assoc && c->vcm) {
		*a = (struct vcm_snap_assoc){ .assoc = g->next_id++, .vcm = c->vcm,
			.dev = 1 + (__u32)below(g, GEN_DEVICES) };
		REGISTRY(g, assoc, a->vcm, a->assoc, 0, 1, U(a->dev));
	} else if (a->assoc && !a->active) {
		REGISTRY(g, deassoc, a->vcm, a->assoc, 0, 1, U(a->dev));
		a->assoc = 0;
	}
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

static void do_activate(struct gen *g, struct vcm_snap_assoc *a)
{
	if (!a->assoc)
		return;
	if (!a->active) {
		a->domain = (__u32)(a - g->assoc) + 1;
		each_binding(g, a->vcm, map_one);
	}
	a->active++;
	REGISTRY(g, activate, a->vcm, a->assoc, a->active, 2, U(a->dev), U(a->domain));
}

static void do_deactivate(struct gen *g, struct vcm_snap_assoc *a)
{
	uint32_t domain = a->domain;

	if (!a->assoc || !a->active)
		return;
	if (a->active == 1) {
		each_binding(g, a->vcm, unmap_one);
		a->domain = 0;
	}
	a->active--;
	REGISTRY(g, deactivate, a->vcm, a->assoc, a->active, 2, U(a->dev), U(domain));
}

static void do_destroy(struct gen *g, struct vcm_snap_context *c)
{
	unsigned int i;

	if (!c->vcm)
		return;
	for (i = 0; i < GEN_ASSOCS; i++) {
		struct vcm_snap_assoc *a = &g->assoc[i];

		while (a->assoc && a->vcm == c->vcm && a->active)
			do_deactivate(g, a);
		if (a->assoc && a->vcm == c->vcm)
			do_assoc(g, a);
	}
	for (i = 0; i < GEN_RES; i++) {
		if (g->res[i].res && g->res[i].vcm == c->vcm)
			do_unreserve(g, &g->res[i]);
	}
	REGISTRY(g, destroy, c->vcm, c->vcm, 0, 0);
	c->vcm = 0;
}

static void do_error(struct gen *g)
{
	REGISTRY(g, error, 0, 0, 0, 4, U(VCM_OP_PHYS_ALLOC), U(PAGE), U(0), U(0));
}

void gen_step(struct gen *g)
{
	struct vcm_snap_context *c = &g->context[below(g, GEN_CONTEXTS)];
	struct vcm_snap_assoc *a = &g->assoc[below(g, GEN_ASSOCS)];
	struct vcm_snap_phys *p = &g->phys[below(g, GEN_PHYS)];
	struct vcm_snap_res *r = &g->res[below(g, GEN_RES)];
	uint64_t what = below(g, 100);

	if (what < 5)
		do_create(g, c);
	else if (what < 7)
		do_destroy(g, c);
	else if (what < 30)
		do_reserve(g, r);
	else if (what < 35)
		do_unreserve(g, r);
	else if (what < 50)
		do_refs(g, r);
	else if (what < 60)
		do_phys(g, p);
	else if (what < 75)
		do_bind(g, r, p);
	else if (what < 80)
		do_unbind(g, r);
	else if (what < 86)
		do_assoc(g, a);
	else if (what < 93)
		do_activate(g, a);
	else if (what < 98)
		do_deactivate(g, a);
	else
		do_error(g);
}

void gen_scene_into(struct gen *g)
{
	unsigned int i;

	do_create(g, &g->context[0]);
	do_create(g, &g->context[1]);
	for (i = 0; i < 4; i++)
		do_phys(g, &g->phys[i]);
	for (i = 0; i < 10; i++)
		do_reserve(g, &g->res[i]);
	for (i = 0; i < 4; i++)
		do_bind(g, &g->res[2 * i], &g->phys[i]);
	for (i = 0; i < 10; i++)
		do_refs(g, &g->res[i]);
	while (!g->assoc[0].assoc || g->assoc[0].vcm != 1)
		do_assoc(g, &g->assoc[0]);
	while (!g->assoc[1].assoc)
		do_assoc(g, &g->assoc[1]);
	do_activate(g, &g->assoc[0]);
	for (i = 1; i < 10; i++)
		do_bind(g, &g->res[i], &g->phys[i % 4]);
	do_unbind(g, &g->res[0]);
	do_error(g);
}

void gen_scene(struct gen *g)
{
	gen_init(g, 1);
	gen_scene_into(g);
}
