// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_list.c - a model for people, under 80 columns: contexts with their devices and ranges,
 * then memory, then totals.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "sink.h"

struct list {
	FILE *out;
	const struct model *m;
	const void **res;	/* by context and start */
	size_t nr_res;
	size_t next_res;
	const void **assocs;
	size_t nr_assocs;
};

static void list_devices(const struct list *l, uint32_t vcm)
{
	size_t i;

	for (i = 0; i < l->nr_assocs; i++) {
		const struct vcm_snap_assoc *a = l->assocs[i];
		const struct vcm_snap_device *dev = table_find(&l->m->device, a->dev, 0);

		if (a->vcm != vcm)
			continue;
		fprintf(l->out, "  assoc %" PRIu64 "  ", (uint64_t)a->assoc);
		if (dev)
			fprintf(l->out, "device %s behind %s", dev->name,
				dev->iommu[0] ? dev->iommu : "no known IOMMU");
		else
			fprintf(l->out, "device %u", a->dev);
		if (a->active)
			fprintf(l->out, "  active %u  domain %u\n", a->active, a->domain);
		else
			fputs("  not active\n", l->out);
	}
}

static void list_res(FILE *out, const struct vcm_snap_res *r)
{
	char len[16], off[16], prot[4];

	fprintf(out, "  %016" PRIx64 " %6s %-8s %4u %5" PRIu64, (uint64_t)r->start,
		size_text(len, r->len), res_state(r), r->refs, (uint64_t)r->res);
	if (r->phys)
		fprintf(out, " %6" PRIu64 " %6s %6s %-4s %4u\n", (uint64_t)r->phys,
			size_text(off, r->off), size_text(len, r->bound_len),
			prot_text(prot, r->prot), r->mapped);
	else
		fputs("      -      -      - -       0\n", out);
}

static void list_context(struct list *l, const struct vcm_snap_context *c,
			 const struct model_sum *sum)
{
	const char *driver = schema_enum(SCHEMA_driver, c->driver);
	char reserved[16], bound[16], mapped[16];

	fprintf(l->out, "context %u  driver %s  refs %u  window %016" PRIx64 "-%016" PRIx64 "\n",
		c->vcm, driver ? driver : "unknown", c->refs, (uint64_t)c->start,
		(uint64_t)c->last);
	fprintf(l->out, "  reservations %" PRIu64 "  reserved %s  bound %s  active %s\n",
		sum->reservations, size_text(reserved, sum->reserved),
		size_text(bound, sum->bound), size_text(mapped, sum->mapped));
	list_devices(l, c->vcm);
	if (sum->reservations)
		fprintf(l->out, "  %-16s %6s %-8s %4s %5s %6s %6s %6s %-4s %4s\n", "START", "LEN",
			"STATE", "REFS", "RES", "MEMORY", "OFFSET", "BOUND", "PROT", "MAPS");
	for (; l->next_res < l->nr_res; l->next_res++) {
		const struct vcm_snap_res *r = l->res[l->next_res];

		if (r->vcm > c->vcm)
			break;
		if (r->vcm == c->vcm)
			list_res(l->out, r);
	}
}

static void list_memory(FILE *out, const struct model *m)
{
	size_t nr, i;
	const void **rows = model_sorted(m, VCM_SNAP_PHYS, &nr);

	if (nr)
		fprintf(out, "memory\n  %8s %9s %8s %6s %8s\n", "MEMORY", "LEN", "CHUNKS", "REFS",
			"BINDINGS");
	for (i = 0; i < nr; i++) {
		const struct vcm_snap_phys *p = rows[i];
		char len[16];

		fprintf(out, "  %8" PRIu64 " %9s %8u %6u %8" PRIu64 "\n", (uint64_t)p->phys,
			size_text(len, p->len), p->chunks, p->refs, model_bindings_of(m, p->phys));
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
