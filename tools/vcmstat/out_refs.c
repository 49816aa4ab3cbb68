// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_refs.c - who holds what: the references of a model by holder, under 80 columns or NDJSON.
 *
 * By holder and not by object, because that is the question after a leak.  What is nobody's comes
 * last.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "sink.h"

/* The references of one holder to one object. */
struct ref {
	uint32_t holder;
	uint32_t kind;
	uint32_t vcm;
	uint32_t count;
	uint64_t id;
	uint64_t len;	/* of the object, 0 for a context */
	size_t at;	/* place in the order of the snapshot */
};

struct refs {
	const struct model *m;
	uint32_t only;	/* context, 0 for all */
	struct ref *ref;
	size_t nr;
	size_t cap;
};

static void add(struct refs *r, struct ref ref)
{
	if (r->nr == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 64;
		r->ref = xrealloc(r->ref, r->cap * sizeof(*r->ref));
	}
	ref.at = r->nr;
	r->ref[r->nr++] = ref;
}

/* All references to the object that @ref names; its count is that of all. */
static void add_object(struct refs *r, struct ref ref)
{
	const struct holds *h = holds_of(&r->m->holds, ref.kind, ref.vcm, ref.id);
	uint32_t i, unnamed = model_unnamed(h, ref.count);

	for (i = 0; h && i < h->nr; i++) {
		ref.holder = h->hold[i].holder;
		ref.count = h->hold[i].count;
		add(r, ref);
	}
	ref.holder = 0;
	ref.count = unnamed;
	if (unnamed)
		add(r, ref);
}

static bool is_bound_in(const struct refs *r, uint64_t phys)
{
	size_t i;

	for (i = 0; i < r->m->res.nr; i++) {
		const struct vcm_snap_res *res = table_row(&r->m->res, i);

		if (res->vcm == r->only && res->phys == phys)
			return true;
	}
	return false;
}

static void add_kind(struct refs *r, unsigned int type)
{
	size_t nr, i;
	const void **rows = model_sorted(r->m, type, &nr);

	for (i = 0; i < nr; i++) {
		const struct vcm_snap_context *c = rows[i];
		const struct vcm_snap_phys *p = rows[i];
		const struct vcm_snap_res *res = rows[i];
		struct ref ref;

		if (type == VCM_SNAP_CONTEXT)
			ref = (struct ref){ .kind = VCM_KIND_CONTEXT, .vcm = c->vcm, .id = c->vcm,
					    .count = c->refs };
		else if (type == VCM_SNAP_RES)
			ref = (struct ref){ .kind = VCM_KIND_RES, .vcm = res->vcm, .id = res->res,
					    .count = res->refs, .len = res->len };
		else
			ref = (struct ref){ .kind = VCM_KIND_PHYS, .id = p->phys,
					    .count = p->refs, .len = p->len };
		if (!r->only || ref.vcm == r->only ||
		    (ref.kind == VCM_KIND_PHYS && is_bound_in(r, ref.id)))
			add_object(r, ref);
	}
	free(rows);
}

static int by_holder(const void *x, const void *y)
{
	const struct ref *a = x, *b = y;

	if (a->holder != b->holder)	/* 0 wraps to the end */
		return a->holder - 1u < b->holder - 1u ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

static void collect(struct refs *r, const struct model *m, uint32_t vcm)
{
	*r = (struct refs){ .m = m, .only = vcm };
	add_kind(r, VCM_SNAP_CONTEXT);
	add_kind(r, VCM_SNAP_RES);
	add_kind(r, VCM_SNAP_PHYS);
	if (r->nr)
		qsort(r->ref, r->nr, sizeof(*r->ref), by_holder);
}

static const char *holder_text(char *buf, size_t len, const struct model *m, uint32_t holder)
{
	const char *name = model_holder_name(m, holder);

	if (!holder)
		return "nobody named";
	return name ? name_text(buf, len, name, VCM_HOLDER_NAME_LEN) : "not known";
}

static void print_ref(FILE *out, const struct model *m, const struct ref *ref, bool first)
{
	char name[VCM_HOLDER_NAME_LEN], len[16] = "-", vcm[16] = "-", holder[16] = "";

	if (first && ref->holder)
		snprintf(holder, sizeof(holder), "%u", ref->holder);
	if (ref->vcm)
		snprintf(vcm, sizeof(vcm), "%u", ref->vcm);
	if (ref->len)
		size_text(len, ref->len);
	fprintf(out, "%6s %-31s %-11s %7s %5" PRIu64 " %6s %5u\n", holder,
		first ? holder_text(name, sizeof(name), m, ref->holder) : "",
		schema_enum(SCHEMA_kind, ref->kind), vcm, ref->id, len, ref->count);
}

void out_refs(FILE *out, const struct model *m, uint32_t vcm)
{
	uint64_t sum = 0, holders = 0, nobody = 0;
	struct refs r;
	size_t i;

	collect(&r, m, vcm);
	fprintf(out, "%6s %-31s %-11s %7s %5s %6s %5s\n", "HOLDER", "NAME", "KIND", "CONTEXT",
		"ID", "LEN", "COUNT");
	for (i = 0; i < r.nr; i++) {
		const struct ref *ref = &r.ref[i];
		bool first = !i || r.ref[i - 1].holder != ref->holder;

		print_ref(out, m, ref, first);
		sum += ref->count;
		holders += first && ref->holder;
		nobody += ref->holder ? 0 : ref->count;
	}
	fprintf(out, "total: %" PRIu64 " references, %" PRIu64 " holders, %" PRIu64
		" of nobody named\n", sum, holders, nobody);
	free(r.ref);
}

void out_refs_json(struct json *j, const struct model *m, uint32_t vcm)
{
	struct refs r;
	size_t i;

	collect(&r, m, vcm);
	for (i = 0; i < r.nr; i++) {
		const struct ref *ref = &r.ref[i];
		const char *name = model_holder_name(m, ref->holder);

		json_begin(j, "reference");
		json_u64(j, "holder", ref->holder);
		json_strn(j, "name", name ? name : "", VCM_HOLDER_NAME_LEN);
		json_str(j, "kind", schema_enum(SCHEMA_kind, ref->kind));
		json_u64(j, "vcm", ref->vcm);
		json_u64(j, "id", ref->id);
		json_u64(j, "len", ref->len);
		json_u64(j, "count", ref->count);
		json_end(j);
	}
	free(r.ref);
}
