// SPDX-License-Identifier: GPL-2.0-only
/* addrmap.c - see addrmap.h. */
#include <stdlib.h>
#include <string.h>

#include "addrmap.h"

#define PAGE_SHIFT	12
#define SHIFT_MAX	63
#define PAST		64	/* freed ranges and faults that get cells of their own */
#define FREE_CELLS	3	/* drawn; more in a row are a break */

struct range {
	uint64_t first;
	uint64_t last;
};

struct builder {
	struct addrmap *a;
	const struct addrmap_want *want;
	struct range show;
	const struct vcm_snap_res **res;	/* that meet it, in order */
	size_t nr_res;
	struct range *shown;	/* what needs cells, in order */
	size_t nr_shown;
};

char addrmap_letter(enum addrmap_state state)
{
	static const char letters[ADDRMAP_STATES + 1] = ".xrbaF~";

	return letters[state];
}

/* The pieces that cells have to show, in cells of 1 << @shift, joined when they meet or nearly. */
static size_t islands(const struct builder *b, unsigned int shift, struct range *out)
{
	size_t i, nr = 0;

	for (i = 0; i < b->nr_shown; i++) {
		struct range at = b->shown[i];

		at.first >>= shift;
		at.last >>= shift;
		if (nr && at.first <= out[nr - 1].last + 1 + FREE_CELLS) {
			if (at.last > out[nr - 1].last)
				out[nr - 1].last = at.last;
		} else {
			out[nr++] = at;
		}
	}
	return nr;
}

/* Cells for all islands and the breaks around them; SIZE_MAX for very many. */
static size_t cells_needed(const struct builder *b, unsigned int shift, const struct range *isle,
			   size_t nr)
{
	size_t sum = 0, i;

	if (!nr)
		return 1;
	for (i = 0; i < nr; i++) {
		uint64_t len = isle[i].last - isle[i].first + 1;

		if (len > b->want->cells)
			return SIZE_MAX;
		sum += (size_t)len;
	}
	return sum + (nr - 1) + (isle[0].first > b->show.first >> shift) +
	       (isle[nr - 1].last < b->show.last >> shift);
}

static struct addrmap_cell *add_cell(struct builder *b, uint64_t first, uint64_t last)
{
	struct addrmap_cell *cell = &b->a->cell[b->a->nr++];

	*cell = (struct addrmap_cell){ .first = first, .last = last };
	return cell;
}

static void add_break(struct builder *b, uint64_t first, uint64_t last)
{
	add_cell(b, first, last)->state = ADDRMAP_BREAK;
}

static uint64_t end_of(uint64_t index, unsigned int shift)
{
	return (index << shift) | ((1ull << shift) - 1);
}

static void lay_cells(struct builder *b, const struct range *isle, size_t nr)
{
	unsigned int shift = b->a->shift;
	uint64_t next = b->show.first, at;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (isle[i].first > next >> shift)
			add_break(b, next, (isle[i].first << shift) - 1);
		for (at = isle[i].first; at <= isle[i].last; at++)
			add_cell(b, at << shift, end_of(at, shift));
		next = (isle[i].last + 1) << shift;
		if (end_of(isle[i].last, shift) >= b->show.last)
			return;
	}
	add_break(b, next, b->show.last);
}

/* The memory lies at the beginning of the reservation and may end before it. */
static enum addrmap_state state_at(const struct vcm_snap_res *r, uint64_t iova)
{
	if (!r->phys || iova - r->start >= r->bound_len)
		return ADDRMAP_RESERVED;
	return r->mapped ? ADDRMAP_ACTIVE : ADDRMAP_BOUND;
}

/* The first cell that ends at or behind @iova. */
static size_t cell_at(const struct addrmap *a, uint64_t iova)
{
	size_t low = 0, high = a->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (a->cell[middle].last < iova)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void paint_res(struct addrmap *a, const struct vcm_snap_res *r)
{
	uint64_t last = r->start + (r->len - 1);
	size_t i;

	for (i = cell_at(a, r->start); i < a->nr && a->cell[i].first <= last; i++) {
		struct addrmap_cell *cell = &a->cell[i];
		uint64_t from = r->start > cell->first ? r->start : cell->first;
		uint64_t to = last < cell->last ? last : cell->last;

		if (cell->state == ADDRMAP_BREAK)
			continue;
		if (state_at(r, from) > cell->state)
			cell->state = state_at(r, from);
		if (r->refs > cell->refs)
			cell->refs = r->refs;
		if (!(r->rflags & VCM_RESERVE_BOUND))	/* what lies inside counts */
			cell->taken += to - from + 1;
		cell->nr++;
	}
}

/* The past shows only where the present is nothing, a fault everywhere. */
static void paint_past(struct addrmap *a, const struct model *m, uint32_t vcm)
{
	const struct vcm_event *ev;
	const struct freed *f;
	uint64_t i;
	size_t at;

	for (i = 0; (f = freed_at(&m->freed, i)); i++) {
		if (f->vcm != vcm || !f->len)
			continue;
		for (at = cell_at(a, f->start);
		     at < a->nr && a->cell[at].first <= f->start + (f->len - 1); at++) {
			if (a->cell[at].state == ADDRMAP_FREE)
				a->cell[at].state = ADDRMAP_FREED;
		}
	}
	for (i = 0; (ev = model_fault_at(m, i)); i++) {
		at = ev->vcm == vcm ? cell_at(a, ev->arg[0]) : a->nr;
		if (at < a->nr && a->cell[at].first <= ev->arg[0])
			a->cell[at].state = ADDRMAP_FAULT;
	}
}

static int by_first(const void *x, const void *y)
{
	const struct range *a = x, *b = y;

	return (a->first > b->first) - (a->first < b->first);
}

/* What of it is to be shown gets cells. */
static void show_range(struct builder *b, uint64_t first, uint64_t last)
{
	if (last < b->show.first || first > b->show.last)
		return;
	b->shown[b->nr_shown++] = (struct range){
		first > b->show.first ? first : b->show.first,
		last < b->show.last ? last : b->show.last };
}

static void collect_past(struct builder *b, const struct model *m)
{
	const struct vcm_event *ev;
	const struct freed *f;
	uint64_t i;

	for (i = 0; i < PAST && (f = freed_at(&m->freed, i)); i++) {
		if (f->vcm == b->want->vcm && f->len)
			show_range(b, f->start, f->start + (f->len - 1));
	}
	for (i = 0; i < PAST && (ev = model_fault_at(m, i)); i++) {
		if (ev->vcm == b->want->vcm)
			show_range(b, ev->arg[0], ev->arg[0]);
	}
}

static void collect(struct builder *b, const struct model *m)
{
	size_t i;

	b->res = xcalloc(m->res.nr + 1, sizeof(*b->res));
	b->shown = xcalloc(m->res.nr + 2 * PAST, sizeof(*b->shown));
	for (i = 0; i < m->res.nr; i++) {
		const struct vcm_snap_res *r = table_row(&m->res, i);

		if (r->vcm == b->want->vcm && r->len && r->start <= b->show.last &&
		    r->start + (r->len - 1) >= b->show.first)
			b->res[b->nr_res++] = r;
	}
	for (i = 0; i < b->nr_res; i++)
		show_range(b, b->res[i]->start, b->res[i]->start + (b->res[i]->len - 1));
	collect_past(b, m);
	qsort(b->shown, b->nr_shown, sizeof(*b->shown), by_first);
}

bool addrmap_build(struct addrmap *a, const struct model *m, const struct addrmap_want *want)
{
	const struct vcm_snap_context *c = table_find(&m->context, want->vcm, 0);
	struct builder b = { .a = a, .want = want };
	struct range *isle;
	size_t nr, need, i;

	memset(a, 0, sizeof(*a));
	if (!c)
		return false;
	b.show.first = want->first > c->start ? want->first : c->start;
	b.show.last = want->last < c->last ? want->last : c->last;
	if (b.show.first > b.show.last)
		return true;
	collect(&b, m);
	isle = xcalloc(b.nr_shown + 1, sizeof(*isle));
	a->shift = want->shift ? want->shift : PAGE_SHIFT;
	for (;;) {
		nr = islands(&b, a->shift, isle);
		need = cells_needed(&b, a->shift, isle, nr);
		if (need <= want->cells || a->shift == SHIFT_MAX)
			break;
		a->shift++;
	}
	a->cell = xcalloc(need == SIZE_MAX ? 5 : need + 2, sizeof(*a->cell));
	lay_cells(&b, isle, nr);
	for (i = 0; i < b.nr_res; i++)
		paint_res(a, b.res[i]);
	paint_past(a, m, want->vcm);
	free(isle);
	free(b.shown);
	free(b.res);
	return true;
}

void addrmap_fini(struct addrmap *a)
{
	free(a->cell);
	memset(a, 0, sizeof(*a));
}
