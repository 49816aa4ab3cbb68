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
		const char *driver = schema_enum(SCHEMA_driver, c->driver);

		fprintf(out, "%u %s %u %016" PRIx64 " %016" PRIx64 " %" PRIu64 " %" PRIu64
			" %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", c->vcm,
			driver ? driver : "unknown", c->refs, (uint64_t)c->start,
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
			(uint64_t)(r->start + r->len - 1), (uint64_t)r->len, res_state(r), r->refs,
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

static void debugfs_all(FILE *out, const struct model *m)
{
	size_t nr, i;
	const void **rows = model_sorted(m, VCM_SNAP_CONTEXT, &nr);

	debugfs_contexts(out, m);
	for (i = 0; i < nr; i++)
		debugfs_map(out, m, ((const struct vcm_snap_context *)rows[i])->vcm);
	debugfs_memory(out, m);
	debugfs_assocs(out, m);
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
	else if (sscanf(file, "%9u/map%n", &vcm, &end) == 1 && end && !file[end] &&
		 table_find(&m->context, vcm, 0))
		debugfs_map(out, m, vcm);
	else
		return -1;
	return 0;
}
