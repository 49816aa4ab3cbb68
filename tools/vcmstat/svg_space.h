/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * svg_space.h - where the reservations of one context go in a picture.
 *
 * Address spaces are mostly empty, so the axis has breaks: what is reserved has a width that grows
 * with the logarithm of its length, what is free between has a fixed one.  When there are more
 * reservations than can be told apart, neighbours share a cell.
 */
#ifndef VCMSTAT_SVG_SPACE_H
#define VCMSTAT_SVG_SPACE_H

#include "model.h"

struct svg_cell {
	const struct vcm_snap_res *first;
	uint64_t start;
	uint64_t last;
	unsigned int nr;	/* reservations in it */
	unsigned int bound;
	unsigned int active;
	uint32_t refs;		/* of the one with most */
	bool break_before;	/* free addresses between the cell before and this */
	double x;
	double width;
};

struct svg_space {
	struct svg_cell *cell;
	size_t nr;
};

/* Cells of @vcm between @x and @x + @width; sub-windows are left out. */
void svg_space_lay(struct svg_space *s, const struct model *m, uint32_t vcm, double x,
		   double width);
void svg_space_fini(struct svg_space *s);
/* Where in the picture an address is; false when it is in no cell: then the nearest place. */
bool svg_space_at(const struct svg_space *s, uint64_t iova, double *x);

#endif
