// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_list.c - a model for people, under 80 columns: contexts with their devices and ranges,
 * then memory, then totals.
 *
 * What is inside a sub-window is indented below it.  Holders are named with a context and with
 * memory, and with a reservation when they are not just those of its context.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sink.h"

#define WIDTH 79
#define DEPTH_MAX 8	/* of sub-windows told apart */

struct list {
	FILE *out;
	const struct model *m;
	const void **res;	/* by context and start */
	size_t nr_res;
	size_t next_res;
	const void **assocs;
	size_t nr_assocs;
	const struct vcm_snap_res *window[DEPTH_MAX];	/* that the next may be inside of */
	unsigned int depth;
};

static void list_devices(const struct list *l, uint32_t vcm)
{
	char name[VCM_DEVICE_NAME_LEN], iommu[VCM_DEVICE_NAME_LEN];
	size_t i;

	for (i = 0; i < l->nr_assocs; i++) {
		const struct vcm_snap_assoc *a = l->assocs[i];
		const struct vcm_snap_device *dev = table_find(&l->m->device, a->dev, 0);

		if (a->vcm != vcm)
			continue;
		fprintf(l->out, "  assoc %" PRIu64 "  ", (uint64_t)a->assoc);
		if (dev)
			fprintf(l->out, "device %s behind %s",
				name_text(name, sizeof(name), dev->name, sizeof(dev->name)),
				dev->iommu[0] ? name_text(iommu, sizeof(iommu), dev->iommu,
							  sizeof(dev->iommu)) : "no known IOMMU");
		else
			fprintf(l->out, "device %u", a->dev);
		if (a->active && a->domain)
			fprintf(l->out, "  active %u  domain %u\n", a->active, a->domain);
		else if (a->active)
			fprintf(l->out, "  active %u  saved\n", a->active);
		else
			fputs("  not active\n", l->out);
	}
}

/* One holder as "app/412" or "app/412 x3"; the length. */
static size_t holder_text(char *buf, size_t len, const struct model *m,
			  const struct vcm_snap_hold *hold)
{
	const char *name = model_holder_name(m, hold->holder);
	char clean[VCM_HOLDER_NAME_LEN];
	int n;

	if (name)
		n = snprintf(buf, len, "%s", name_text(clean, sizeof(clean), name, sizeof(clean)));
	else
		n = snprintf(buf, len, "#%u", hold->holder);
	if (hold->count > 1)
		n += snprintf(buf + n, len - (size_t)n, " x%u", hold->count);
	return (size_t)n;
}

/* The holders in at most @room columns, the rest as a number. */
static void list_holders(FILE *out, const struct model *m, const struct holds *h,
			 uint32_t refs, size_t room)
{
	uint32_t unnamed = model_unnamed(h, refs), nr = h ? h->nr : 0, all = nr + !!unnamed, i;
	const char *comma = "";
	char one[64], more[24] = "";
	size_t n;

	for (i = 0; i < all; i++) {
		if (i < nr)
			n = holder_text(one, sizeof(one), m, &h->hold[i]);
		else
			n = (size_t)snprintf(one, sizeof(one), "nobody x%u", unnamed);
		if (i + 1 < all)
			snprintf(more, sizeof(more), ", %u more", all - i - 1);
		else
			more[0] = '\0';
		if (strlen(comma) + n + strlen(more) > room)
			break;
		fprintf(out, "%s%s", comma, one);
		room -= strlen(comma) + n;
		comma = ", ";
	}
	if (i < all)
		fprintf(out, "%s%u %s", comma, all - i, i ? "more" : "holders");
	else if (!i)
		fputc('-', out);
}

/* Is it held by others than its context? */
static bool is_held_apart(const struct model *m, const struct vcm_snap_res *r)
{
	const struct holds *mine = holds_of(&m->holds, VCM_KIND_RES, r->vcm, r->res);
	const struct holds *context = holds_of(&m->holds, VCM_KIND_CONTEXT, r->vcm, r->vcm);
	uint32_t i;

	if (!mine || !context)
		return mine != context;
	if (mine->nr != context->nr || model_unnamed(mine, r->refs))
		return true;
	for (i = 0; i < mine->nr; i++) {
		if (mine->hold[i].holder != context->hold[i].holder)
			return true;
	}
	return false;
}

static void list_notes(const struct list *l, const struct vcm_snap_res *r)
{
	if (r->guard)
		fprintf(l->out, "      guard pages: %u before, %u after\n", r->guard & 0xffff,
			r->guard >> 16);
	if (!is_held_apart(l->m, r))
		return;
	fputs("      held by ", l->out);
	list_holders(l->out, l->m, holds_of(&l->m->holds, VCM_KIND_RES, r->vcm, r->res), r->refs,
		     WIDTH - 14);
	fputc('\n', l->out);
}

/* How many of the sub-windows above it is inside of. */
static unsigned int depth_of(struct list *l, const struct vcm_snap_res *r)
{
	while (l->depth) {
		const struct vcm_snap_res *w = l->window[l->depth - 1];

		if (w->vcm == r->vcm && r->start - w->start < w->len)
			break;
		l->depth--;
	}
	return l->depth;
}

static void list_res(struct list *l, const struct vcm_snap_res *r)
{
	unsigned int depth = depth_of(l, r), digits = 16, indent = 0;
	char len[16], off[16], prot[4];

	/* indented over leading zeros, so that the columns stay */
	while (depth && digits > 2 && !(r->start >> (4 * (digits - 2)))) {
		depth--;
		digits -= 2;
		indent += 2;
	}
	fprintf(l->out, "  %*s%0*" PRIx64 " %6s %-8s %4u %5" PRIu64, (int)indent, "",
		(int)digits, (uint64_t)r->start, size_text(len, r->len), model_res_state(r),
		r->refs,
		(uint64_t)r->res);
	if (r->phys)
		fprintf(l->out, " %6" PRIu64 " %6s %6s %-4s %4u\n", (uint64_t)r->phys,
			size_text(off, r->off), size_text(len, r->bound_len),
			prot_text(prot, r->prot), r->mapped);
	else
		fputs("      -      -      - -       0\n", l->out);
	list_notes(l, r);
	if (r->rflags & VCM_RESERVE_BOUND && l->depth < DEPTH_MAX)
		l->window[l->depth++] = r;
}

static void list_context(struct list *l, const struct vcm_snap_context *c,
			 const struct model_sum *sum)
{
	char reserved[16], bound[16], mapped[16];

	fprintf(l->out, "context %u  driver %s  refs %u  window %016" PRIx64 "-%016" PRIx64 "\n",
		c->vcm, schema_enum_text(SCHEMA_driver, c->driver), c->refs, (uint64_t)c->start,
		(uint64_t)c->last);
	fputs("  held by ", l->out);
	list_holders(l->out, l->m, holds_of(&l->m->holds, VCM_KIND_CONTEXT, c->vcm, c->vcm),
		     c->refs, WIDTH - 10);
	fprintf(l->out, "\n  reservations %" PRIu64 "  reserved %s  bound %s  active %s%s\n",
		sum->reservations, size_text(reserved, sum->reserved),
		size_text(bound, sum->bound), size_text(mapped, sum->mapped),
		c->flags & VCM_SNAP_CONTEXT_SAVED ? "  SAVED" : "");
	list_devices(l, c->vcm);
	if (sum->reservations)
		fprintf(l->out, "  %-16s %6s %-8s %4s %5s %6s %6s %6s %-4s %4s\n", "START", "LEN",
			"STATE", "REFS", "RES", "MEMORY", "OFFSET", "BOUND", "PROT", "MAPS");
	for (; l->next_res < l->nr_res; l->next_res++) {
		const struct vcm_snap_res *r = l->res[l->next_res];

		if (r->vcm > c->vcm)
			break;
		if (r->vcm == c->vcm)
			list_res(l, r);
	}
}

static void list_memory(FILE *out, const struct model *m)
{
	size_t nr, i;
	const void **rows = model_sorted(m, VCM_SNAP_PHYS, &nr);

	if (nr)
		fprintf(out, "memory\n  %6s %7s %6s %4s %8s %-5s %-8s %s\n", "MEMORY", "LEN",
			"CHUNKS", "REFS", "BINDINGS", "CACHE", "SOURCE", "HELD BY");
	for (i = 0; i < nr; i++) {
		const struct vcm_snap_phys *p = rows[i];
		char len[16];

		fprintf(out, "  %6" PRIu64 " %7s %6u %4u %8" PRIu64 " %-5s %-8s ",
			(uint64_t)p->phys, size_text(len, p->len), p->chunks, p->refs,
			model_bindings_of(m, p->phys), schema_enum_text(SCHEMA_cache, p->cache),
			schema_enum_text(SCHEMA_source, p->source));
		list_holders(out, m, holds_of(&m->holds, VCM_KIND_PHYS, 0, p->phys), p->refs,
			     WIDTH - 53);
		fputc('\n', out);
	}
	free(rows);
}

static void list_totals(FILE *out, const struct model *m)
{
	struct model_sum sum;
	char reserved[16], bound[16], mapped[16], memory[16];

	model_total(m, &sum);
	fprintf(out, "total: %" PRIu64 " contexts, %" PRIu64 " reservations, %" PRIu64
		" references, %" PRIu64 "/%" PRIu64 " active\n", sum.contexts, sum.reservations,
		sum.refs, sum.active, sum.associations);
	fprintf(out, "       reserved %s, bound %s, active %s, memory %s\n",
		size_text(reserved, sum.reserved), size_text(bound, sum.bound),
		size_text(mapped, sum.mapped), size_text(memory, sum.memory_bytes));
}

void out_list(FILE *out, const struct model *m)
{
	struct list l = { .out = out, .m = m };
	struct model_sum *sums = model_sums(m);
	size_t nr, i;
	const void **contexts = model_sorted(m, VCM_SNAP_CONTEXT, &nr);

	l.res = model_sorted(m, VCM_SNAP_RES, &l.nr_res);
	l.assocs = model_sorted(m, VCM_SNAP_ASSOC, &l.nr_assocs);
	for (i = 0; i < nr; i++)
		list_context(&l, contexts[i], &sums[i]);
	list_memory(out, m);
	list_totals(out, m);
	free(l.assocs);
	free(l.res);
	free(contexts);
	free(sums);
}
