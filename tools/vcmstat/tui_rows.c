// SPDX-License-Identifier: GPL-2.0-only
/* tui_rows.c - the tables of the live screen in their order; see tui.h. */
#include <stdlib.h>

#include "tui.h"

const char *tui_sort_name(enum tui_sort sort)
{
	static const char * const name[TUI_SORTS] = {
		"number", "events", "references", "reserved", "bound", "active",
	};

	return name[sort];
}

static double weight(const struct tui_row *row, enum tui_sort sort)
{
	const struct vcm_snap_res *r = row->res;

	switch (sort) {
	case TUI_BY_RATE:
		return row->rate;
	case TUI_BY_REFS:
		return r ? r->refs : (double)row->sum.refs;
	case TUI_BY_RESERVED:
		return (double)(r ? r->len : row->sum.reserved);
	case TUI_BY_BOUND:
		return (double)(r ? r->bound_len : row->sum.bound);
	case TUI_BY_ACTIVE:
		return r ? (r->mapped ? (double)r->bound_len : 0) : (double)row->sum.mapped;
	default:
		return 0;
	}
}

/* The greatest first, but numbers and addresses from the least; ties by those. */
static int compare(const void *x, const void *y, void *arg)
{
	const struct tui_row *a = x, *b = y;
	const struct tui *t = arg;
	double wa = weight(a, t->sort), wb = weight(b, t->sort);
	int by = (wa < wb) - (wa > wb);

	if (!by && a->res)
		by = (a->res->start > b->res->start) - (a->res->start < b->res->start);
	if (!by && a->res)
		by = (a->res->res > b->res->res) - (a->res->res < b->res->res);
	if (!by)
		by = (a->context->vcm > b->context->vcm) - (a->context->vcm < b->context->vcm);
	return t->reverse ? -by : by;
}

struct tui_row *tui_contexts(const struct tui *t, const struct tui_data *d, size_t *nr)
{
	struct model_sum *sums = model_sums(d->model);
	const void **contexts = model_sorted(d->model, VCM_SNAP_CONTEXT, nr);
	struct tui_row *rows = xcalloc(*nr + 1, sizeof(*rows));
	size_t i;

	for (i = 0; i < *nr; i++) {
		rows[i].context = contexts[i];
		rows[i].sum = sums[i];
		rows[i].rate = top_context_rate(d->top, rows[i].context->vcm);
	}
	qsort_r(rows, *nr, sizeof(*rows), compare, (void *)t);
	free(contexts);
	free(sums);
	return rows;
}

struct tui_row *tui_reservations(const struct tui *t, const struct tui_data *d, size_t *nr)
{
	const struct vcm_snap_context *c = table_find(&d->model->context, t->vcm, 0);
	struct tui_row *rows = xcalloc(d->model->res.nr + 1, sizeof(*rows));
	size_t i;

	*nr = 0;
	for (i = 0; c && i < d->model->res.nr; i++) {
		const struct vcm_snap_res *r = table_row(&d->model->res, i);

		if (r->vcm != t->vcm)
			continue;
		rows[*nr].context = c;
		rows[(*nr)++].res = r;
	}
	qsort_r(rows, *nr, sizeof(*rows), compare, (void *)t);
	return rows;
}

size_t tui_selected(const struct tui *t, const struct tui_row *rows, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (rows[i].res ? rows[i].res->res == t->res : rows[i].context->vcm == t->vcm)
			return i;
	}
	return 0;
}

void tui_select(struct tui *t, const struct tui_row *row)
{
	if (row->res)
		t->res = row->res->res;
	else
		t->vcm = row->context->vcm;
}
