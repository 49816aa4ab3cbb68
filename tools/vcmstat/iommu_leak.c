// SPDX-License-Identifier: GPL-2.0-only
/* iommu_leak.c - see iommu_leak.h. */
#include <inttypes.h>
#include <stdlib.h>

#include "iommu_leak.h"
#include "util.h"

#define STACK_LEN 2048

void iommu_leaks_init(struct iommu_leaks *l)
{
	table_init(&l->row, sizeof(struct iommu_leak));
	l->looked = false;
}

void iommu_leaks_fini(struct iommu_leaks *l)
{
	table_fini(&l->row);
}

static void add(struct iommu_leaks *l, const struct iommu_mapping *m)
{
	uint64_t stack = (uint32_t)m->live.made.stack;
	struct iommu_leak *leak = table_add(&l->row, m->key.domain, stack);

	leak->domain = m->key.domain;
	leak->stack = m->live.made.stack;
	if (!leak->nr || m->live.made.ts_ns < leak->oldest_ns) {
		leak->oldest_ns = m->live.made.ts_ns;
		leak->made = m->live.made;
	}
	leak->nr++;
	leak->bytes += m->live.len;
}

size_t iommu_leaks_look(struct iommu_leaks *l, const struct iommu_host *h, uint64_t older_ns)
{
	size_t i, places = 0;

	for (i = 0; i < l->row.nr; i++) {
		struct iommu_leak *leak = table_row(&l->row, i);

		leak->nr = 0;
		leak->bytes = 0;
	}
	for (i = 0; i < h->nr_map; i++) {
		const struct vcm_host_live *live = &h->map[i].live;

		if (!live->walked && live->made.ts_ns + older_ns <= h->ts_ns)
			add(l, &h->map[i]);
	}
	for (i = 0; i < l->row.nr; i++) {
		struct iommu_leak *leak = table_row(&l->row, i);

		if (!l->looked)
			leak->first_nr = leak->nr;
		places += !!leak->nr;
	}
	l->looked = true;
	return places;
}

static int64_t growth(const struct iommu_leak *leak)
{
	return (int64_t)leak->nr - (int64_t)leak->first_nr;
}

static int by_growth(const void *x, const void *y)
{
	const struct iommu_leak *a = *(const struct iommu_leak *const *)x;
	const struct iommu_leak *b = *(const struct iommu_leak *const *)y;

	if (growth(a) != growth(b))
		return growth(a) < growth(b) ? 1 : -1;
	return (a->oldest_ns > b->oldest_ns) - (a->oldest_ns < b->oldest_ns);
}

static const struct iommu_leak **sorted(const struct iommu_leaks *l, size_t *nr)
{
	const struct iommu_leak **rows = xcalloc(l->row.nr + 1, sizeof(*rows));
	size_t i;

	*nr = 0;
	for (i = 0; i < l->row.nr; i++) {
		rows[*nr] = table_row(&l->row, i);
		*nr += !!rows[*nr]->nr;
	}
	qsort(rows, *nr, sizeof(*rows), by_growth);
	return rows;
}

void iommu_leaks_text(FILE *out, const struct iommu_leaks *l, const struct iommu_host *h,
		      const struct iommu_look *look)
{
	const struct iommu_leak **rows;
	char bytes[16], by[40], asker[64];
	size_t nr, i;

	rows = sorted(l, &nr);
	fprintf(out, "%9s %6s %7s %7s %7s  %s\n", "SECONDS", "DOMAIN", "HELD", "BYTES", "MORE",
		"MAPPED IN, BY");
	for (i = 0; i < nr; i++) {
		const struct iommu_leak *leak = rows[i];

		fprintf(out, "%9.3f %6u %7" PRIu64 " %7s %+7" PRId64 "  %.28s %.10s\n",
			(double)(h->ts_ns - leak->oldest_ns) / 1e9, leak->domain, leak->nr,
			size_text(bytes, leak->bytes), growth(leak),
			iommu_stack_asker(asker, sizeof(asker), h, look->ksyms, leak->stack),
			iommu_who_text(by, &leak->made));
		if (look->stacks)
			iommu_stack_text(out, h, look->ksyms, leak->stack);
	}
	fprintf(out, "# %zu places hold mappings for %.3g s or more\n", nr,
		(double)look->leak_ns / 1e9);
	free(rows);
}

void iommu_leaks_json(struct json *j, const struct iommu_leaks *l, const struct iommu_host *h,
		      const struct iommu_look *look)
{
	const struct iommu_leak **rows;
	char buf[STACK_LEN];
	size_t nr, i;

	rows = sorted(l, &nr);
	for (i = 0; i < nr; i++) {
		const struct iommu_leak *leak = rows[i];

		json_begin(j, "iommu_leak");
		json_u64(j, "domain", leak->domain);
		json_u64(j, "held", leak->nr);
		json_u64(j, "held_bytes", leak->bytes);
		json_s64(j, "more", growth(leak));
		json_u64(j, "age_ns", h->ts_ns - leak->oldest_ns);
		json_u64(j, "pid", leak->made.pid);
		json_strn(j, "comm", leak->made.comm, sizeof(leak->made.comm));
		json_str(j, "in", iommu_stack_asker(buf, sizeof(buf), h, look->ksyms, leak->stack));
		json_str(j, "stack", iommu_stack_line(buf, sizeof(buf), h, look->ksyms,
						      leak->stack));
		json_end(j);
	}
	free(rows);
}
