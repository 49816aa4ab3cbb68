// SPDX-License-Identifier: GPL-2.0-only
/* svg_space.c - see svg_space.h. */
#include <math.h>
#include <stdlib.h>

#include "svg_space.h"

#define CELLS_MAX	120
#define BREAK		14.0	/* width of a break */
#define UNIT_MAX	24.0	/* a doubling of the length is no wider */
#define PAGE_LOG2	12.0

static void take(struct svg_cell *c, const struct vcm_snap_res *r)
{
	if (!c->nr) {
		c->first = r;
		c->start = r->start;
	}
	c->last = r->start + r->len - 1;
	c->nr++;
	c->bound += r->phys && !r->mapped;
	c->active += r->phys && r->mapped;
	if (r->refs > c->refs)
		c->refs = r->refs;
}

static double weight(const struct svg_cell *c)
{
	double pages = log2((double)(c->last - c->start) + 1) - PAGE_LOG2;

	return 2 + (pages > 0 ? pages : 0);
}

static void place(struct svg_space *s, double x, double width)
{
	double sum = 0, breaks = 0, unit;
	size_t i;

	for (i = 0; i < s->nr; i++) {
		struct svg_cell *c = &s->cell[i];

		c->break_before = !i || s->cell[i - 1].last + 1 != c->start;
		breaks += c->break_before;
		sum += weight(c);
	}
	unit = s->nr ? (width - breaks * BREAK) / sum : 0;
	if (unit > UNIT_MAX)
		unit = UNIT_MAX;
	for (i = 0; i < s->nr; i++) {
		struct svg_cell *c = &s->cell[i];

		x += c->break_before ? BREAK : 0;
		c->x = x;
		c->width = unit * weight(c);
		x += c->width;
	}
}

static bool is_shown(const struct vcm_snap_res *r, uint32_t vcm)
{
	return r->vcm == vcm && !(r->rflags & VCM_RESERVE_BOUND);
}

void svg_space_lay(struct svg_space *s, const struct model *m, uint32_t vcm, double x,
		   double width)
{
	size_t nr, i, mine = 0, at = 0, share;
	const void **rows = model_sorted(m, VCM_SNAP_RES, &nr);

	for (i = 0; i < nr; i++)
		mine += is_shown(rows[i], vcm);
	share = (mine + CELLS_MAX - 1) / CELLS_MAX;
	s->cell = xcalloc(CELLS_MAX + 1, sizeof(*s->cell));
	for (i = 0; i < nr; i++) {
		if (is_shown(rows[i], vcm))
			take(&s->cell[at++ / share], rows[i]);
	}
	s->nr = at ? (at - 1) / share + 1 : 0;
	place(s, x, width);
	free(rows);
}

void svg_space_fini(struct svg_space *s)
{
	free(s->cell);
	s->cell = NULL;
	s->nr = 0;
}

bool svg_space_at(const struct svg_space *s, uint64_t iova, double *x)
{
	size_t i;

	for (i = 0; i < s->nr; i++) {
		const struct svg_cell *c = &s->cell[i];

		if (iova < c->start) {
			*x = c->x - BREAK / 2;
			return false;
		}
		if (iova <= c->last) {
			*x = c->x + c->width * ((double)(iova - c->start) /
						((double)(c->last - c->start) + 1));
			return true;
		}
	}
	if (s->nr)
		*x = s->cell[s->nr - 1].x + s->cell[s->nr - 1].width + BREAK / 2;
	return false;
}
