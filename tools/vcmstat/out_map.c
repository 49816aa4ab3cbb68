// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_map.c - see out_map.h.
 *
 * A line of cells begins with its address; a stretch with nothing in it is a line of its own that
 * says how much.  Below the states: how full a cell is, when not all are, and the most references
 * that a reservation in it has, when any has more than one.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "out_map.h"

#define LEFT	18	/* columns before the cells */
#define CELLS	58
#define COLS	79

enum grid_style map_style(enum addrmap_state state)
{
	static const enum grid_style style[ADDRMAP_STATES] = {
		[ADDRMAP_FREE] = GRID_DIM, [ADDRMAP_FREED] = GRID_FREED,
		[ADDRMAP_RESERVED] = GRID_RESERVED, [ADDRMAP_BOUND] = GRID_BOUND,
		[ADDRMAP_ACTIVE] = GRID_ACTIVE, [ADDRMAP_FAULT] = GRID_WARN,
		[ADDRMAP_BREAK] = GRID_DIM,
	};

	return style[state];
}

char map_refs(uint32_t refs)
{
	if (!refs)
		return ' ';
	return refs > 9 ? '+' : (char)('0' + refs);
}

/* What the cells of one context have in common. */
struct drawing {
	FILE *out;
	const struct map_look *look;
	const struct addrmap *a;
	bool partial;	/* a cell is not full */
	bool shared;	/* a reservation has more than one reference */
};

static uint64_t cell_len(const struct addrmap_cell *cell)
{
	return cell->last - cell->first + 1;
}

static void print_grid(const struct drawing *d, struct grid *g)
{
	grid_print(g, d->out, d->look->color);
	grid_fini(g);
}

static void draw_break(const struct drawing *d, const struct addrmap_cell *cell)
{
	char size[16];
	struct grid g;

	grid_init(&g, 1, COLS, d->look->ascii);
	if (cell->first || cell->last != UINT64_MAX)
		size_text(size, cell_len(cell));
	else
		strcpy(size, "2^64");
	grid_text(&g, 0, 0, GRID_DIM, "%16c  %s free", '~', size);
	print_grid(d, &g);
}

static void draw_line(const struct drawing *d, const struct addrmap_cell *cell, size_t nr)
{
	unsigned int full = 1, heat = full + d->partial, i;
	struct grid g;

	grid_init(&g, 3, COLS, d->look->ascii);
	grid_text(&g, 0, 0, GRID_PLAIN, "%16" PRIx64, cell->first);
	if (d->partial)
		grid_text(&g, full, 0, GRID_DIM, "%16s", "full");
	if (d->shared)
		grid_text(&g, heat, 0, GRID_DIM, "%16s", "refs");
	for (i = 0; i < nr; i++) {
		enum grid_style style = map_style(cell[i].state);

		grid_put(&g, 0, LEFT + i, (uint32_t)addrmap_letter(cell[i].state), style);
		if (d->partial)
			grid_put(&g, full, LEFT + i,
				 grid_bar(&g, cell[i].taken, cell_len(&cell[i])), style);
		if (d->shared)
			grid_put(&g, heat, LEFT + i, (uint32_t)map_refs(cell[i].refs), GRID_PLAIN);
	}
	print_grid(d, &g);
}

static void draw_cells(const struct drawing *d)
{
	const struct addrmap *a = d->a;
	size_t at = 0, nr;

	while (at < a->nr) {
		if (a->cell[at].state == ADDRMAP_BREAK) {
			draw_break(d, &a->cell[at++]);
			continue;
		}
		for (nr = 0; at + nr < a->nr && nr < CELLS &&
		     a->cell[at + nr].state != ADDRMAP_BREAK;)
			nr++;
		draw_line(d, &a->cell[at], nr);
		at += nr;
	}
}

static bool build(struct addrmap *a, const struct model *m, const struct map_look *look,
		  uint32_t vcm)
{
	struct addrmap_want want = { .vcm = vcm, .first = look->first, .last = look->last,
				     .cells = (size_t)look->lines * CELLS, .shift = look->shift };

	return addrmap_build(a, m, &want);
}

static void draw_context(FILE *out, const struct model *m, const struct map_look *look,
			 const struct vcm_snap_context *c, const struct model_sum *sum)
{
	char reserved[16], bound[16], active[16], unit[16];
	struct drawing d = { .out = out, .look = look };
	struct addrmap a;
	size_t i;

	if (!build(&a, m, look, c->vcm))
		return;
	d.a = &a;
	for (i = 0; i < a.nr; i++) {
		d.partial |= a.cell[i].taken && a.cell[i].taken < cell_len(&a.cell[i]);
		d.shared |= a.cell[i].refs > 1;
	}
	fprintf(out, "context %u  %s  %" PRIx64 "-%" PRIx64 "\n", c->vcm,
		schema_enum_text(SCHEMA_driver, c->driver), (uint64_t)c->start, (uint64_t)c->last);
	fprintf(out, "  %" PRIu64 " reservations, %s reserved, %s bound, %s active; a cell is %s\n",
		sum->reservations, size_text(reserved, sum->reserved), size_text(bound, sum->bound),
		size_text(active, sum->mapped), size_text(unit, 1ull << a.shift));
	draw_cells(&d);
	addrmap_fini(&a);
}

void out_map(FILE *out, const struct model *m, const struct map_look *look)
{
	struct model_sum *sums = model_sums(m);
	size_t nr, i;
	const void **rows = model_sorted(m, VCM_SNAP_CONTEXT, &nr);

	for (i = 0; i < nr; i++) {
		draw_context(out, m, look, rows[i], &sums[i]);
		fputc('\n', out);
	}
	fputs(nr ? ". free   x freed lately   r reserved   b bound   a active   F fault   "
	      "~ nothing\n" : "no contexts\n", out);
	free(rows);
	free(sums);
}

static void cell_json(struct json *j, uint32_t vcm, const struct addrmap_cell *cell)
{
	static const char * const state[ADDRMAP_STATES] = {
		"free", "freed", "reserved", "bound", "active", "fault", "break",
	};

	json_begin(j, "map_cell");
	json_u64(j, "vcm", vcm);
	json_u64(j, "first", cell->first);
	json_u64(j, "last", cell->last);
	json_str(j, "state", state[cell->state]);
	json_u64(j, "taken_bytes", cell->taken);
	json_u64(j, "reservations", cell->nr);
	json_u64(j, "refs_max", cell->refs);
	json_end(j);
}

void out_map_json(struct json *j, const struct model *m, const struct map_look *look)
{
	size_t nr, i, at;
	const void **rows = model_sorted(m, VCM_SNAP_CONTEXT, &nr);
	struct addrmap a;

	for (i = 0; i < nr; i++) {
		const struct vcm_snap_context *c = rows[i];

		if (!build(&a, m, look, c->vcm))
			continue;
		json_begin(j, "map");
		json_u64(j, "vcm", c->vcm);
		json_u64(j, "first", c->start);
		json_u64(j, "last", c->last);
		json_u64(j, "cell_bytes", 1ull << a.shift);
		json_u64(j, "cells", a.nr);
		json_end(j);
		for (at = 0; at < a.nr; at++)
			cell_json(j, c->vcm, &a.cell[at]);
		addrmap_fini(&a);
	}
	free(rows);
}
