// SPDX-License-Identifier: GPL-2.0-only
/* leak.c - see leak.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "leak.h"

void leaks_fini(struct leaks *l)
{
	free(l->entry);
	memset(l, 0, sizeof(*l));
}

/* References of the holder that the model knows; of holder 0 those that nobody named has. */
static uint32_t held_now(const struct model *m, const struct vcm_leak_key *key)
{
	const struct holds *h = holds_of(&m->holds, key->kind, key->vcm, key->id);
	const struct vcm_snap_context *c = table_find(&m->context, key->vcm, 0);
	const struct vcm_snap_res *r = table_find(&m->res, key->vcm, key->id);
	const struct vcm_snap_phys *p = table_find(&m->phys, key->id, 0);
	uint32_t refs = 0, i;

	if (key->kind == VCM_KIND_CONTEXT && c)
		refs = c->refs;
	else if (key->kind == VCM_KIND_RES && r)
		refs = r->refs;
	else if (key->kind == VCM_KIND_PHYS && p)
		refs = p->refs;
	if (!key->holder)
		return model_unnamed(h, refs);
	for (i = 0; h && i < h->nr; i++) {
		if (h->hold[i].holder == key->holder)
			return h->hold[i].count;
	}
	return 0;
}

static int by_age(const void *x, const void *y)
{
	const struct leak_entry *a = x, *b = y;

	return (a->leak.ts_ns > b->leak.ts_ns) - (a->leak.ts_ns < b->leak.ts_ns);
}

static uint64_t all_holds(const struct model *m)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < m->holds.nr; i++)
		sum += ((const struct holds *)table_row(&m->holds, i))->nr;
	return sum;
}

void leaks_select(struct leaks *l, const struct model *m, const struct leak_look *look)
{
	uint64_t known = 0;
	size_t i, to = 0;

	for (i = 0; i < l->nr; i++) {
		const struct leak_entry *e = &l->entry[i];

		if (!held_now(m, &e->key))
			continue;
		known += !!e->key.holder;
		if (look->now_ns >= e->leak.ts_ns &&
		    look->now_ns - e->leak.ts_ns >= look->older_ns)
			l->entry[to++] = *e;
	}
	l->nr = to;
	l->before = all_holds(m) > known ? all_holds(m) - known : 0;
	if (l->nr)
		qsort(l->entry, l->nr, sizeof(*l->entry), by_age);
}

static const char *holder_text(const struct model *m, uint32_t holder, char *buf, size_t len)
{
	const char *name = model_holder_name(m, holder);

	if (!holder)
		return "nobody named";
	return name ? name_text(buf, len, name, VCM_HOLDER_NAME_LEN) : "no name";
}

/* The innermost frames are those of the program that recorded it. */
static unsigned int first_frame(const struct leak_entry *e, const struct ksyms *k)
{
	unsigned int i;
	char name[96];

	for (i = 0; i < VCM_LEAK_FRAMES && e->frame[i]; i++) {
		ksyms_text(k, e->frame[i], name, sizeof(name));
		if (strncmp(name, "bpf_prog_", 9) && strncmp(name, "bpf_trace_run", 13))
			break;
	}
	return i;
}

/* As events name it: "context 3", "res 3/1", "memory 13". */
static void object_text(char *buf, size_t len, const struct vcm_leak_key *key)
{
	if (key->kind == VCM_KIND_RES)
		snprintf(buf, len, "res %u/%" PRIu64, key->vcm, (uint64_t)key->id);
	else
		snprintf(buf, len, "%s %" PRIu64, key->kind == VCM_KIND_PHYS ? "memory" :
			 schema_enum_text(SCHEMA_kind, key->kind), (uint64_t)key->id);
}

static void out_entry(FILE *out, const struct leak_entry *e, const struct model *m,
		      const struct ksyms *k, const struct leak_look *look)
{
	char object[40], holder[21], comm[17], name[96];
	unsigned int i;

	object_text(object, sizeof(object), &e->key);
	fprintf(out, "%9.3f %-17s %5u  %-20s %s/%u\n",
		(double)(look->now_ns - e->leak.ts_ns) / 1e9, object, held_now(m, &e->key),
		holder_text(m, e->key.holder, holder, sizeof(holder)),
		name_text(comm, sizeof(comm), e->leak.comm, sizeof(e->leak.comm)), e->leak.pid);
	for (i = first_frame(e, k); look->stacks && i < VCM_LEAK_FRAMES && e->frame[i]; i++)
		fprintf(out, "          %s\n", ksyms_text(k, e->frame[i], name, sizeof(name)));
}

void out_leaks(FILE *out, const struct leaks *l, const struct model *m, const struct ksyms *k,
	       const struct leak_look *look)
{
	size_t i;

	fprintf(out, "%9s %-17s %5s  %-20s %s\n", "SECONDS", "OBJECT", "REFS", "HELD BY",
		"TAKEN BY");
	for (i = 0; i < l->nr; i++)
		out_entry(out, &l->entry[i], m, k, look);
	fprintf(out, "# %zu held for %.3g s or more; %" PRIu64
		" since before this began, their age is not known\n", l->nr,
		(double)look->older_ns / 1e9, l->before);
	if (l->missed)
		fprintf(out, "# %" PRIu64 " references found no room and are missing here\n",
			l->missed);
}

static void entry_json(struct json *j, const struct leak_entry *e, const struct model *m,
		       const struct ksyms *k, const struct leak_look *look)
{
	const char *holder = model_holder_name(m, e->key.holder);
	char stack[1024], name[96];
	size_t len = 0;
	unsigned int i;

	stack[0] = '\0';
	for (i = first_frame(e, k); look->stacks && i < VCM_LEAK_FRAMES && e->frame[i] &&
	     len < sizeof(stack); i++)
		len += (size_t)snprintf(stack + len, sizeof(stack) - len, "%s%s", len ? ";" : "",
					ksyms_text(k, e->frame[i], name, sizeof(name)));
	json_begin(j, "leak");
	json_u64(j, "age_ns", look->now_ns - e->leak.ts_ns);
	json_str(j, "kind", schema_enum_text(SCHEMA_kind, e->key.kind));
	json_u64(j, "vcm", e->key.vcm);
	json_u64(j, "id", e->key.id);
	json_u64(j, "holder", e->key.holder);
	json_str(j, "holder_name", holder ? holder : "");
	json_u64(j, "refs", held_now(m, &e->key));
	json_u64(j, "pid", e->leak.pid);
	json_strn(j, "comm", e->leak.comm, sizeof(e->leak.comm));
	json_str(j, "stack", stack);
	json_end(j);
}

void out_leaks_json(struct json *j, const struct leaks *l, const struct model *m,
		    const struct ksyms *k, const struct leak_look *look)
{
	size_t i;

	for (i = 0; i < l->nr; i++)
		entry_json(j, &l->entry[i], m, k, look);
	json_begin(j, "leaks");
	json_u64(j, "ts_ns", look->now_ns);
	json_u64(j, "older_ns", look->older_ns);
	json_u64(j, "held", l->nr);
	json_u64(j, "before", l->before);
	json_u64(j, "missed", l->missed);
	json_end(j);
}
