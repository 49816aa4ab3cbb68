// SPDX-License-Identifier: GPL-2.0-only
/* gen_snap.c - the toy VCM of gen.h as the bytes that a kernel would give. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "util.h"

struct out {
	unsigned char *buf;
	size_t len;
	uint32_t records;
};

static void put(struct out *o, unsigned int type, const void *payload, size_t len)
{
	struct vcm_snap_rec head = { .type = (__u16)type, .len = (__u32)len };

	o->buf = xrealloc(o->buf, o->len + sizeof(head) + len);
	memcpy(o->buf + o->len, &head, sizeof(head));
	memcpy(o->buf + o->len + sizeof(head), payload, len);
	o->len += sizeof(head) + len;
	o->records++;
}

/* The slot with the smallest key above @after, -1 when there is none: sorting by hand. */
#define NEXT(array, used, key, after) __extension__ ({				\
	int best_ = -1;								\
	size_t i_;								\
	for (i_ = 0; i_ < ARRAY_LEN(array); i_++) {				\
		if ((array)[i_].used && (array)[i_].key > (after) &&		\
		    (best_ < 0 || (array)[i_].key < (array)[best_].key))	\
			best_ = (int)i_;					\
	}									\
	best_;									\
})

static void put_streams(struct out *o, const struct gen *g)
{
	struct vcm_snap_stream s = { .seq = g->registry_seq };
	uint64_t after = 0;
	int at;
	unsigned int i;

	put(o, VCM_SNAP_STREAM, &s, sizeof(s));
	while ((at = NEXT(g->context, vcm, first_stream, after)) >= 0) {
		after = g->context[at].first_stream;
		for (i = 0; i < GEN_STREAMS; i++) {
			s = (struct vcm_snap_stream){ .stream = (__u32)after + i,
				.vcm = g->context[at].vcm, .seq = g->seq[at][i] };
			put(o, VCM_SNAP_STREAM, &s, sizeof(s));
		}
	}
}

static void put_devices(struct out *o)
{
	unsigned int i;

	for (i = 1; i <= GEN_DEVICES; i++) {
		struct vcm_snap_device d = { .dev = i };

		snprintf(d.name, sizeof(d.name), "0000:00:%02x.0", 4 + i);
		if (i != 2)
			snprintf(d.iommu, sizeof(d.iommu), "dmar%u", i);
		put(o, VCM_SNAP_DEVICE, &d, sizeof(d));
	}
}

static void put_holders(struct out *o, const struct gen *g)
{
	uint32_t i;

	for (i = 1; i <= g->holders; i++) {
		struct vcm_snap_holder h = { .holder = i };

		snprintf(h.name, sizeof(h.name), i % 2 ? "app/%u" : "0000:00:%02x.0", 40 + i);
		put(o, VCM_SNAP_HOLDER, &h, sizeof(h));
	}
}

/* The reservation of a context that comes after @after, NULL for the first; by hand again. */
static const struct vcm_snap_res *next_res(const struct gen *g, uint32_t vcm,
					   const struct vcm_snap_res *after)
{
	const struct vcm_snap_res *best = NULL, *r;
	size_t i;

	for (i = 0; i < GEN_RES; i++) {
		r = &g->res[i];
		if (!r->res || r->vcm != vcm)
			continue;
		if (after && (r->start < after->start ||
			      (r->start == after->start && r->res <= after->res)))
			continue;
		if (!best || r->start < best->start ||
		    (r->start == best->start && r->res < best->res))
			best = r;
	}
	return best;
}

static void put_holds(struct out *o, const struct gen_holds *h, struct vcm_snap_hold of)
{
	unsigned int i;

	for (i = 0; i < h->nr; i++) {
		of.holder = h->hold[i].holder;
		of.count = h->hold[i].count;
		put(o, VCM_SNAP_HOLD, &of, sizeof(of));
	}
}

static void put_res(struct out *o, const struct gen *g, uint32_t vcm)
{
	const struct vcm_snap_res *r;

	for (r = next_res(g, vcm, NULL); r; r = next_res(g, vcm, r))
		put(o, VCM_SNAP_RES, r, sizeof(*r));
}

static void put_res_holds(struct out *o, const struct gen *g, uint32_t vcm)
{
	const struct vcm_snap_res *r;

	for (r = next_res(g, vcm, NULL); r; r = next_res(g, vcm, r))
		put_holds(o, &g->res_holds[r - g->res], (struct vcm_snap_hold){
			.id = r->res, .kind = VCM_KIND_RES, .vcm = vcm });
}

static void put_all_holds(struct out *o, const struct gen *g)
{
	uint64_t after;
	int at;

	for (after = 0; (at = NEXT(g->context, vcm, vcm, after)) >= 0; after = g->context[at].vcm)
		put_holds(o, &g->context_holds[at], (struct vcm_snap_hold){
			.id = g->context[at].vcm, .kind = VCM_KIND_CONTEXT,
			.vcm = g->context[at].vcm });
	for (after = 0; (at = NEXT(g->context, vcm, vcm, after)) >= 0; after = g->context[at].vcm)
		put_res_holds(o, g, g->context[at].vcm);
	for (after = 0; (at = NEXT(g->phys, phys, phys, after)) >= 0; after = g->phys[at].phys)
		put_holds(o, &g->phys_holds[at], (struct vcm_snap_hold){
			.id = g->phys[at].phys, .kind = VCM_KIND_PHYS });
}

static void put_counts(struct out *o, const struct gen *g)
{
	struct vcm_snap_count c;

	for (c.event = 1; c.event < VCM_EVENT_END; c.event++) {
		for (c.op = 0; c.op < GEN_OPS; c.op++) {
			c.count = g->count[c.event][c.op];
			if (c.count)
				put(o, VCM_SNAP_COUNT, &c, sizeof(c));
		}
	}
}

void *gen_snapshot(const struct gen *g, size_t *len)
{
	struct vcm_snap_header h = { .magic = VCM_SNAP_MAGIC, .version = VCM_SNAP_VERSION,
				     .header_len = sizeof(h) };
	struct out o = { .buf = xcalloc(1, sizeof(h)), .len = sizeof(h) };
	uint64_t after;
	int at;

	put_streams(&o, g);
	put_devices(&o);
	put_holders(&o, g);
	for (after = 0; (at = NEXT(g->context, vcm, vcm, after)) >= 0; after = g->context[at].vcm)
		put(&o, VCM_SNAP_CONTEXT, &g->context[at], sizeof(g->context[at]));
	for (after = 0; (at = NEXT(g->assoc, assoc, assoc, after)) >= 0;
	     after = g->assoc[at].assoc)
		put(&o, VCM_SNAP_ASSOC, &g->assoc[at], sizeof(g->assoc[at]));
	for (after = 0; (at = NEXT(g->phys, phys, phys, after)) >= 0; after = g->phys[at].phys)
		put(&o, VCM_SNAP_PHYS, &g->phys[at], sizeof(g->phys[at]));
	for (after = 0; (at = NEXT(g->context, vcm, vcm, after)) >= 0; after = g->context[at].vcm)
		put_res(&o, g, g->context[at].vcm);
	put_all_holds(&o, g);
	put_counts(&o, g);
	h.total_len = o.len;
	h.nr_records = o.records;
	memcpy(o.buf, &h, sizeof(h));
	*len = o.len;
	return o.buf;
}
