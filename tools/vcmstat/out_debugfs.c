// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_debugfs.c - a model as the text that the debugfs files of the module have.
 *
 * Two ways to the same state must give the same bytes: the kernel printing its own, and a
 * recording replayed here.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sink.h"

static void debugfs_contexts(FILE *out, const struct model *m)
{
	struct model_sum *sums = model_sums(m);
	size_t nr, i;
	const void **rows = model_sorted(m, VCM_SNAP_CONTEXT, &nr);

	fputs("# vcm contexts v1\n# vcm driver refs start last reservations reserved bound mapped "
	      "associations active\n", out);
	for (i = 0; i < nr; i++) {
		const struct vcm_snap_context *c = rows[i];

		fprintf(out, "%u %s %u %016" PRIx64 " %016" PRIx64 " %" PRIu64 " %" PRIu64
			" %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", c->vcm,
			schema_enum_text(SCHEMA_driver, c->driver), c->refs, (uint64_t)c->start,
			(uint64_t)c->last, sums[i].reservations, sums[i].reserved, sums[i].bound,
			sums[i].mapped, sums[i].associations, sums[i].active);
	}
	free(rows);
	free(sums);
}

static void debugfs_map(FILE *out, const struct model *m, uint32_t vcm)
{
	size_t nr, i;
	const void **rows = model_sorted(m, VCM_SNAP_RES, &nr);

	fputs("# vcm map v1\n# start last len state refs res phys off prot mapped\n", out);
	for (i = 0; i < nr; i++) {
		const struct vcm_snap_res *r = rows[i];
		char prot[4];

		if (r->vcm != vcm)
			continue;
		fprintf(out, "%016" PRIx64 " %016" PRIx64 " %" PRIu64 " %s %u %" PRIu64 " %" PRIu64
			" %" PRIx64 " %s %u\n", (uint64_t)r->start,
			(uint64_t)(r->start + r->len - 1), (uint64_t)r->len,
			model_res_state(r), r->refs,
			(uint64_t)r->res, (uint64_t)r->phys, (uint64_t)r->off,
			r->phys ? prot_text(prot, r->prot) : "-", r->mapped);
	}
	free(rows);
}

static void debugfs_memory(FILE *out, const struct model *m)
{
	size_t nr, i;
	const void **rows = model_sorted(m, VCM_SNAP_PHYS, &nr);

	fputs("# vcm memory v1\n# phys len chunks refs bindings\n", out);
	for (i = 0; i < nr; i++) {
		const struct vcm_snap_phys *p = rows[i];

		fprintf(out, "%" PRIu64 " %" PRIu64 " %u %u %" PRIu64 "\n", (uint64_t)p->phys,
			(uint64_t)p->len, p->chunks, p->refs, model_bindings_of(m, p->phys));
	}
	free(rows);
}

static void debugfs_assocs(FILE *out, const struct model *m)
{
	size_t nr, i;
	const void **rows = model_sorted(m, VCM_SNAP_ASSOC, &nr);

	fputs("# vcm assocs v1\n# assoc vcm dev active domain\n", out);
	for (i = 0; i < nr; i++) {
		const struct vcm_snap_assoc *a = rows[i];

		fprintf(out, "%" PRIu64 " %u %u %u %u\n", (uint64_t)a->assoc, a->vcm, a->dev,
			a->active, a->domain);
	}
	free(rows);
}

/* An object with what its holders have and what is nobody's. */
struct counted {
	uint32_t kind;
	uint32_t vcm;
	uint64_t id;
	uint32_t refs;
};

static void debugfs_holds(FILE *out, const struct model *m, struct counted of)
{
	const struct holds *h = holds_of(&m->holds, of.kind, of.vcm, of.id);
	const char *kind = schema_enum(SCHEMA_kind, of.kind);
	uint32_t i, unnamed = model_unnamed(h, of.refs);

	for (i = 0; h && i < h->nr; i++) {
		const char *name = model_holder_name(m, h->hold[i].holder);

		fprintf(out, "%s %u %" PRIu64 " %u ", kind, of.vcm, of.id, h->hold[i].count);
		if (name)
			fprintf(out, "%s\n", name);
		else
			fprintf(out, "#%u\n", h->hold[i].holder);
	}
	if (unnamed)
		fprintf(out, "%s %u %" PRIu64 " %u -\n", kind, of.vcm, of.id, unnamed);
}

static void debugfs_reference_counts(FILE *out, const struct model *m)
{
	size_t contexts, reservations, memory, i, at = 0;
	const void **context = model_sorted(m, VCM_SNAP_CONTEXT, &contexts);
	const void **res = model_sorted(m, VCM_SNAP_RES, &reservations);
	const void **phys = model_sorted(m, VCM_SNAP_PHYS, &memory);

	fputs("# vcm reference_counts v1\n# kind vcm id count holder\n", out);
	for (i = 0; i < contexts; i++) {
		const struct vcm_snap_context *c = context[i];

		debugfs_holds(out, m, (struct counted){ VCM_KIND_CONTEXT, c->vcm, c->vcm,
							c->refs });
		for (; at < reservations; at++) {
			const struct vcm_snap_res *r = res[at];

			if (r->vcm > c->vcm)
				break;
			if (r->vcm == c->vcm)
				debugfs_holds(out, m, (struct counted){ VCM_KIND_RES, r->vcm,
									r->res, r->refs });
		}
	}
	for (i = 0; i < memory; i++) {
		const struct vcm_snap_phys *p = phys[i];

		debugfs_holds(out, m, (struct counted){ VCM_KIND_PHYS, 0, p->phys, p->refs });
	}
	free(phys);
	free(res);
	free(context);
}

static void debugfs_all(FILE *out, const struct model *m)
{
	size_t nr, i;
	const void **rows = model_sorted(m, VCM_SNAP_CONTEXT, &nr);

	debugfs_contexts(out, m);
	for (i = 0; i < nr; i++)
		debugfs_map(out, m, ((const struct vcm_snap_context *)rows[i])->vcm);
	debugfs_memory(out, m);
	debugfs_assocs(out, m);
	debugfs_reference_counts(out, m);
	free(rows);
}

int out_debugfs(FILE *out, const struct model *m, const char *file)
{
	unsigned int vcm;
	int end = 0;

	if (!file)
		debugfs_all(out, m);
	else if (!strcmp(file, "contexts"))
		debugfs_contexts(out, m);
	else if (!strcmp(file, "memory"))
		debugfs_memory(out, m);
	else if (!strcmp(file, "assocs"))
		debugfs_assocs(out, m);
	else if (!strcmp(file, "reference_counts"))
		debugfs_reference_counts(out, m);
	else if (sscanf(file, "%9u/map%n", &vcm, &end) == 1 && end && !file[end] &&
		 table_find(&m->context, vcm, 0))
		debugfs_map(out, m, vcm);
	else
		return -1;
	return 0;
}
