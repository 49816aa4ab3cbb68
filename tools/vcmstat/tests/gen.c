// SPDX-License-Identifier: GPL-2.0-only
/* gen.c - see gen.h. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gen_priv.h"
#include "tap.h"

#define SLOT_BYTES 0x10000ull	/* of address space for each reservation */
#define HALF_BYTES 0x8000ull	/* of a sub-window, for what is inside */
#define PAGE 0x1000ull

void gen_init(struct gen *g, uint64_t seed)
{
	memset(g, 0, sizeof(*g));
	g->random = seed;
	g->next_vcm = 1;
	g->next_stream = 1;
	g->next_id = 1;
	g->holders = 2;
}

uint64_t gen_below(struct gen *g, uint64_t n)
{
	return tap_random(&g->random) % n;
}

void gen_emit(struct gen *g, struct gen_head head, int nr, ...)
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
	g->count[ev.type][ev.type == VCM_EVENT_error ? ev.arg[0] : 0]++;
	if (g->emit)
		g->emit(g->arg, &ev);
}

unsigned int gen_slot_of(const struct gen *g, uint32_t vcm)
{
	unsigned int i;

	for (i = 0; i < GEN_CONTEXTS; i++) {
		if (g->context[i].vcm == vcm)
			return i;
	}
	abort();
}

struct gen_head gen_head_of(struct gen *g, unsigned int type, const struct vcm_snap_res *r)
{
	unsigned int slot = gen_slot_of(g, r->vcm), shard = r->res % GEN_STREAMS;

	return (struct gen_head){ type, g->context[slot].first_stream + shard, &g->seq[slot][shard],
			      r->vcm, r->res, r->refs };
}

static void do_create(struct gen *g, struct vcm_snap_context *c)
{
	unsigned int slot = (unsigned int)(c - g->context);
	uint32_t holder;

	if (c->vcm)
		return;
	*c = (struct vcm_snap_context){ .vcm = g->next_vcm++, .refs = 1, .start = 0x100000,
		.last = 0xffffffff, .driver = VCM_DRIVER_IOMMU, .first_stream = g->next_stream,
		.nr_streams = GEN_STREAMS };
	g->next_stream += GEN_STREAMS;
	memset(g->seq[slot], 0, sizeof(g->seq[0]));
	holder = gen_first_hold(g, &g->context_holds[slot]);
	REGISTRY(g, create, c->vcm, c->vcm, 1, 6, U(c->start), U(c->last), U(c->driver),
		 U(c->first_stream), U(c->nr_streams), U(holder));
}

/* Take the range that @r describes, inside slot @within - 1 unless that is 0. */
static void res_make(struct gen *g, struct vcm_snap_res *r, unsigned int within)
{
	unsigned int slot = (unsigned int)(r - g->res);
	uint32_t holder;

	if (within) {
		struct vcm_snap_res *w = &g->res[within - 1];

		w->refs++;
		CONTEXT(g, ref, w, 2, U(VCM_KIND_RES), U(0));
	}
	g->within[slot] = within;
	r->res = g->next_id++;
	r->refs = 1;
	r->align = 12;
	holder = gen_first_hold(g, &g->res_holds[slot]);
	CONTEXT(g, reserve, r, 6, U(r->start), U(r->len), U(r->align), U(r->rflags), U(r->guard),
		U(holder));
}

static bool half_is_taken(const struct gen *g, unsigned int within, uint64_t start)
{
	unsigned int i;

	for (i = 0; i < GEN_RES; i++) {
		if (g->res[i].res && g->within[i] == within && g->res[i].start == start)
			return true;
	}
	return false;
}

static bool has_inside(const struct gen *g, const struct vcm_snap_res *r)
{
	unsigned int within = (unsigned int)(r - g->res) + 1, i;

	for (i = 0; i < GEN_RES; i++) {
		if (g->res[i].res && g->within[i] == within)
			return true;
	}
	return false;
}

/* In one of the two halves of the sub-window in slot @at, if it is one and the half is free. */
static void reserve_inside(struct gen *g, struct vcm_snap_res *r, unsigned int at)
{
	const struct vcm_snap_res *w = &g->res[at];
	uint64_t start = w->start + HALF_BYTES * gen_below(g, 2);

	if (!w->res || !(w->rflags & VCM_RESERVE_BOUND) || half_is_taken(g, at + 1, start))
		return;
	*r = (struct vcm_snap_res){ .vcm = w->vcm, .start = start,
				    .len = PAGE * (1 + gen_below(g, 8)) };
	res_make(g, r, at + 1);
}

static void do_reserve(struct gen *g, struct vcm_snap_res *r)
{
	struct vcm_snap_context *c = &g->context[gen_below(g, GEN_CONTEXTS)];
	unsigned int at = (unsigned int)gen_below(g, 4 * GEN_RES);

	if (r->res || !c->vcm)
		return;
	if (at < GEN_RES) {
		reserve_inside(g, r, at);
		return;
	}
	*r = (struct vcm_snap_res){ .vcm = c->vcm,
		.start = c->start + SLOT_BYTES * (uint64_t)(r - g->res),
		.len = PAGE * (1 + gen_below(g, 16)), .rflags = (__u32)gen_below(g, 2) };
	if (!gen_below(g, 6))
		r->guard = 1 + (__u32)gen_below(g, 3) + ((__u32)gen_below(g, 3) << 16);
	if (!gen_below(g, 4)) {
		r->rflags |= VCM_RESERVE_BOUND;
		r->len = SLOT_BYTES;
	}
	res_make(g, r, 0);
}

void gen_unmap_one(struct gen *g, struct vcm_snap_res *r)
{
	r->mapped--;
	CONTEXT(g, unmap, r, 3, U(r->start), U(r->bound_len), U(1));
}

void gen_map_one(struct gen *g, struct vcm_snap_res *r)
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
		gen_unmap_one(g, r);
	r->phys = 0;
	r->off = 0;
	r->bound_len = 0;
	r->prot = 0;
	CONTEXT(g, unbind, r, 3, U(r->start), len, phys);
}

static void do_bind(struct gen *g, struct vcm_snap_res *r, struct vcm_snap_phys *p)
{
	unsigned int i, domains;

	if (!r->res || r->phys || !p->phys || p->len > r->len || !p->refs ||
	    r->rflags & VCM_RESERVE_BOUND)
		return;
	r->off = p->len > PAGE ? PAGE : 0;
	r->phys = p->phys;
	r->bound_len = p->len - r->off;
	r->prot = 1 + (__u32)gen_below(g, 3);
	CONTEXT(g, bind, r, 5, U(r->start), U(r->bound_len), U(r->phys), U(r->off), U(r->prot));
	domains = gen_domains_of(g, r->vcm);
	for (i = 0; i < domains; i++)
		gen_map_one(g, r);
}

static void unreserve_one(struct gen *g, struct vcm_snap_res *r)
{
	do_unbind(g, r);
	CONTEXT(g, unreserve, r, 2, U(r->start), U(r->len));
	r->res = 0;
}

/* With the reference that it had to its sub-window, whose last that may be. */
static void do_unreserve(struct gen *g, struct vcm_snap_res *r)
{
	unsigned int within = g->within[r - g->res];
	struct vcm_snap_res *w;

	if (!r->res || has_inside(g, r))
		return;
	unreserve_one(g, r);
	if (!within)
		return;
	w = &g->res[within - 1];
	if (--w->refs)
		CONTEXT(g, unref, w, 2, U(VCM_KIND_RES), U(0));
	else
		unreserve_one(g, w);
}

static void do_refs(struct gen *g, struct vcm_snap_res *r)
{
	bool is_window = r->rflags & VCM_RESERVE_BOUND;	/* what is inside has nobody's */
	uint32_t holder;

	if (!r->res)
		return;
	if (gen_change_holds(g, &g->res_holds[r - g->res], &r->refs, !is_window, &holder))
		CONTEXT(g, ref, r, 2, U(VCM_KIND_RES), U(holder));
	else if (holder != UINT32_MAX)
		CONTEXT(g, unref, r, 2, U(VCM_KIND_RES), U(holder));
}

static void do_context_refs(struct gen *g, struct vcm_snap_context *c)
{
	uint32_t holder;

	if (!c->vcm)
		return;
	if (gen_change_holds(g, &g->context_holds[c - g->context], &c->refs, true, &holder))
		REGISTRY(g, ref, c->vcm, c->vcm, c->refs, 2, U(VCM_KIND_CONTEXT), U(holder));
	else if (holder != UINT32_MAX)
		REGISTRY(g, unref, c->vcm, c->vcm, c->refs, 2, U(VCM_KIND_CONTEXT), U(holder));
}

static void do_phys_refs(struct gen *g, struct vcm_snap_phys *p)
{
	uint32_t holder;

	if (!p->phys)
		return;
	if (gen_change_holds(g, &g->phys_holds[p - g->phys], &p->refs, true, &holder))
		REGISTRY(g, ref, 0, p->phys, p->refs, 2, U(VCM_KIND_PHYS), U(holder));
	else if (holder != UINT32_MAX)
		REGISTRY(g, unref, 0, p->phys, p->refs, 2, U(VCM_KIND_PHYS), U(holder));
}

static void do_phys(struct gen *g, struct vcm_snap_phys *p)
{
	uint32_t holder;
	unsigned int i;

	if (!p->phys) {
		*p = (struct vcm_snap_phys){ .phys = g->next_id++,
			.len = PAGE * (1 + gen_below(g, 8)), .refs = 1,
			.chunks = 1 + (__u32)gen_below(g, 3), .orders = 0x7ff,
			.cache = (__u32)gen_below(g, 3), .source = 1 + (__u32)gen_below(g, 7) };
		holder = gen_first_hold(g, &g->phys_holds[p - g->phys]);
		REGISTRY(g, phys_alloc, 0, p->phys, 1, 6, U(p->len), U(p->chunks), U(p->orders),
			 U(p->cache), U(p->source), U(holder));
		return;
	}
	for (i = 0; i < GEN_RES; i++) {
		if (g->res[i].res && g->res[i].phys == p->phys)
			return;
	}
	REGISTRY(g, phys_free, 0, p->phys, 0, 1, U(p->len));
	p->phys = 0;
}

static void destroy_reservations(struct gen *g, uint32_t vcm)
{
	unsigned int round, i;

	/* what is inside a sub-window before it, and nothing given back */
	for (round = 0; round < 2; round++) {
		for (i = 0; i < GEN_RES; i++) {
			if (g->res[i].res && g->res[i].vcm == vcm && !has_inside(g, &g->res[i]))
				unreserve_one(g, &g->res[i]);
		}
	}
}

static void do_destroy(struct gen *g, struct vcm_snap_context *c)
{
	uint32_t holder;

	if (!c->vcm)
		return;
	holder = gen_put_any(g, &g->context_holds[c - g->context], &c->refs);
	REGISTRY(g, unref, c->vcm, c->vcm, c->refs, 2, U(VCM_KIND_CONTEXT), U(holder));
	gen_end_assocs(g, c->vcm);
	destroy_reservations(g, c->vcm);
	REGISTRY(g, destroy, c->vcm, c->vcm, c->refs, 0);
	c->vcm = 0;
}

static void do_error(struct gen *g)
{
	REGISTRY(g, error, 0, 0, 0, 4, U(VCM_OP_PHYS_ALLOC), U(PAGE), U(0), U(0));
}

static void do_fault(struct gen *g, const struct vcm_snap_res *r)
{
	if (r->res)
		CONTEXT(g, fault, r, 4, U(r->start), U(VCM_ACCESS_WRITE), U(1), U(1));
}

static void step_memory(struct gen *g, uint64_t what)
{
	struct vcm_snap_phys *p = &g->phys[gen_below(g, GEN_PHYS)];
	struct vcm_snap_res *r = &g->res[gen_below(g, GEN_RES)];

	if (what < 23)
		do_reserve(g, r);
	else if (what < 28)
		do_unreserve(g, r);
	else if (what < 43)
		do_refs(g, r);
	else if (what < 53)
		do_phys(g, p);
	else if (what < 58)
		do_phys_refs(g, p);
	else if (what < 73)
		do_bind(g, r, p);
	else if (what < 78)
		do_unbind(g, r);
	else
		do_fault(g, r);
}

void gen_step(struct gen *g)
{
	struct vcm_snap_context *c = &g->context[gen_below(g, GEN_CONTEXTS)];
	uint64_t what = gen_below(g, 113);

	if (what < 5)
		do_create(g, c);
	else if (what < 7)
		do_destroy(g, c);
	else if (what < 11)
		do_context_refs(g, c);
	else if (what < 12)
		g->holders += g->holders < GEN_HOLDERS;
	else if (what < 34)
		gen_step_assoc(g);
	else
		step_memory(g, what - 34);
	if (!gen_below(g, 50))
		do_error(g);
}

static void scene_windows(struct gen *g)
{
	struct vcm_snap_res *r = &g->res[4];
	uint64_t start = g->context[0].start;

	r[0] = (struct vcm_snap_res){ .vcm = 1, .start = start + 8 * SLOT_BYTES,
				      .len = SLOT_BYTES, .rflags = VCM_RESERVE_BOUND };
	res_make(g, &r[0], 0);
	r[1] = (struct vcm_snap_res){ .vcm = 1, .start = r[0].start, .len = 8 * PAGE,
				      .guard = 1 | 2 << 16 };
	res_make(g, &r[1], 5);
	r[2] = (struct vcm_snap_res){ .vcm = 1, .start = r[0].start + HALF_BYTES, .len = 8 * PAGE };
	res_make(g, &r[2], 5);
}

void gen_scene_into(struct gen *g)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		do_create(g, &g->context[i]);
	for (i = 0; i < 4; i++)
		do_phys(g, &g->phys[i]);
	for (i = 0; i < 4; i++) {
		g->res[i] = (struct vcm_snap_res){ .vcm = 1 + i / 3, .len = (4 + i) * PAGE,
			.start = g->context[0].start + SLOT_BYTES * i, .guard = i == 1 };
		res_make(g, &g->res[i], 0);
	}
	scene_windows(g);
	g->holders = 3;
	for (i = 0; i < 20; i++)
		do_refs(g, &g->res[i % 7]);
	for (i = 0; i < 3; i++) {
		do_context_refs(g, &g->context[i]);
		do_phys_refs(g, &g->phys[i]);
	}
	gen_scene_assocs(g);
	for (i = 0; i < 7; i++)
		do_bind(g, &g->res[i], &g->phys[i % 3]);
	do_unbind(g, &g->res[0]);
	do_fault(g, &g->res[1]);
	do_error(g);
	gen_scene_moves(g);
}

void gen_scene(struct gen *g)
{
	gen_init(g, 1);
	gen_scene_into(g);
}
