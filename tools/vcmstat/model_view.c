// SPDX-License-Identifier: GPL-2.0-only
/* model_view.c - the model in order, and in sums. */
#include <stdlib.h>
#include <string.h>

#include "model.h"

const char *model_res_state(const struct vcm_snap_res *r)
{
	if (r->rflags & VCM_RESERVE_BOUND)
		return "window";
	if (!r->phys)
		return "reserved";
	return r->mapped ? "active" : "bound";
}

static int order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Streams, devices, holders and contexts begin with their number in 32 bits. */
static int order_u32(const void *x, const void *y)
{
	return order(**(const __u32 * const *)x, **(const __u32 * const *)y);
}

/* Associations and memory with 64 bits. */
static int order_u64(const void *x, const void *y)
{
	return order(**(const __u64 * const *)x, **(const __u64 * const *)y);
}

static int order_res(const void *x, const void *y)
{
	const struct vcm_snap_res *a = *(const struct vcm_snap_res * const *)x;
	const struct vcm_snap_res *b = *(const struct vcm_snap_res * const *)y;
	int by = order(a->vcm, b->vcm);

	if (!by)
		by = order(a->start, b->start);
	return by ? by : order(a->res, b->res);
}

static int order_count(const void *x, const void *y)
{
	const struct vcm_snap_count *a = *(const struct vcm_snap_count * const *)x;
	const struct vcm_snap_count *b = *(const struct vcm_snap_count * const *)y;
	int by = order(a->event, b->event);

	return by ? by : order(a->op, b->op);
}

/* The holds of one object behind the @nr rows that are there. */
static size_t add_holds(const void **rows, size_t nr, const struct holds *h)
{
	uint32_t i;

	for (i = 0; h && i < h->nr; i++)
		rows[nr++] = &h->hold[i];
	return nr;
}

/* In the order of the objects, then by age. */
static const void **sorted_holds(const struct model *m, size_t *nr)
{
	size_t contexts, reservations, memory, i, all = 0;
	const void **context = model_sorted(m, VCM_SNAP_CONTEXT, &contexts);
	const void **res = model_sorted(m, VCM_SNAP_RES, &reservations);
	const void **phys = model_sorted(m, VCM_SNAP_PHYS, &memory);
	const void **rows;

	for (i = 0; i < m->holds.nr; i++)
		all += ((const struct holds *)table_row(&m->holds, i))->nr;
	rows = xcalloc(all + 1, sizeof(*rows));
	*nr = 0;
	for (i = 0; i < contexts; i++) {
		uint32_t vcm = ((const struct vcm_snap_context *)context[i])->vcm;

		*nr = add_holds(rows, *nr, holds_of(&m->holds, VCM_KIND_CONTEXT, vcm, vcm));
	}
	for (i = 0; i < reservations; i++) {
		const struct vcm_snap_res *r = res[i];

		*nr = add_holds(rows, *nr, holds_of(&m->holds, VCM_KIND_RES, r->vcm, r->res));
	}
	for (i = 0; i < memory; i++) {
		uint64_t id = ((const struct vcm_snap_phys *)phys[i])->phys;

		*nr = add_holds(rows, *nr, holds_of(&m->holds, VCM_KIND_PHYS, 0, id));
	}
	free(phys);
	free(res);
	free(context);
	return rows;
}

const void **model_sorted(const struct model *m, unsigned int type, size_t *nr)
{
	static int (*const by[])(const void *, const void *) = {
		[VCM_SNAP_STREAM] = order_u32, [VCM_SNAP_DEVICE] = order_u32,
		[VCM_SNAP_CONTEXT] = order_u32, [VCM_SNAP_ASSOC] = order_u64,
		[VCM_SNAP_PHYS] = order_u64, [VCM_SNAP_RES] = order_res,
		[VCM_SNAP_HOLDER] = order_u32, [VCM_SNAP_COUNT] = order_count,
	};
	const struct table *tables[] = {
		[VCM_SNAP_STREAM] = &m->stream, [VCM_SNAP_DEVICE] = &m->device,
		[VCM_SNAP_CONTEXT] = &m->context, [VCM_SNAP_ASSOC] = &m->assoc,
		[VCM_SNAP_PHYS] = &m->phys, [VCM_SNAP_RES] = &m->res,
		[VCM_SNAP_HOLDER] = &m->holder, [VCM_SNAP_COUNT] = &m->count,
	};
	const struct table *t;
	const void **rows;
	size_t i;

	if (type == VCM_SNAP_HOLD)
		return sorted_holds(m, nr);
	t = tables[type];
	rows = xcalloc(t->nr + 1, sizeof(*rows));
	for (i = 0; i < t->nr; i++)
		rows[i] = table_row(t, i);
	qsort(rows, t->nr, sizeof(*rows), by[type]);
	*nr = t->nr;
	return rows;
}

static void sum_res(struct model_sum *sum, const struct vcm_snap_res *r)
{
	sum->reservations++;
	if (!(r->rflags & VCM_RESERVE_BOUND))
		sum->reserved += r->len;
	sum->refs += r->refs;
	sum->bindings += !!r->phys;
	sum->bound += r->bound_len;
	if (r->mapped)
		sum->mapped += r->bound_len;
}

void model_total(const struct model *m, struct model_sum *sum)
{
	size_t i;

	memset(sum, 0, sizeof(*sum));
	sum->contexts = m->context.nr;
	sum->associations = m->assoc.nr;
	sum->memory = m->phys.nr;
	for (i = 0; i < m->res.nr; i++)
		sum_res(sum, table_row(&m->res, i));
	for (i = 0; i < m->assoc.nr; i++)
		sum->active += !!((struct vcm_snap_assoc *)table_row(&m->assoc, i))->active;
	for (i = 0; i < m->phys.nr; i++)
		sum->memory_bytes += ((struct vcm_snap_phys *)table_row(&m->phys, i))->len;
}

static struct model_sum *sum_of(struct table *by_vcm, uint32_t vcm)
{
	size_t *at = table_find(by_vcm, vcm, 0);

	return at ? (struct model_sum *)*at : NULL;
}

struct model_sum *model_sums(const struct model *m)
{
	size_t nr, i;
	const void **contexts = model_sorted(m, VCM_SNAP_CONTEXT, &nr);
	struct model_sum *sums = xcalloc(nr + 1, sizeof(*sums)), *sum;
	struct table by_vcm;

	table_init(&by_vcm, sizeof(size_t));
	for (i = 0; i < nr; i++) {
		const struct vcm_snap_context *c = contexts[i];

		*(size_t *)table_add(&by_vcm, c->vcm, 0) = (size_t)&sums[i];
		sums[i].contexts = 1;
	}
	for (i = 0; i < m->res.nr; i++) {
		const struct vcm_snap_res *r = table_row(&m->res, i);

		sum = sum_of(&by_vcm, r->vcm);
		if (sum)
			sum_res(sum, r);
	}
	for (i = 0; i < m->assoc.nr; i++) {
		const struct vcm_snap_assoc *a = table_row(&m->assoc, i);

		sum = sum_of(&by_vcm, a->vcm);
		if (sum) {
			sum->associations++;
			sum->active += !!a->active;
		}
	}
	table_fini(&by_vcm);
	free(contexts);
	return sums;
}

uint64_t model_bindings_of(const struct model *m, uint64_t phys)
{
	uint64_t nr = 0;
	size_t i;

	for (i = 0; i < m->res.nr; i++)
		nr += ((struct vcm_snap_res *)table_row(&m->res, i))->phys == phys;
	return nr;
}

uint64_t model_ops(const struct model *m)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < VCM_EVENT_END; i++)
		sum += m->ops[i];
	return sum;
}

uint32_t model_unnamed(const struct holds *h, uint32_t refs)
{
	uint64_t named = holds_sum(h);

	return named < refs ? (uint32_t)(refs - named) : 0;
}

const char *model_holder_name(const struct model *m, uint32_t holder)
{
	const struct vcm_snap_holder *h = table_find(&m->holder, holder, 0);

	return h ? h->name : NULL;
}
