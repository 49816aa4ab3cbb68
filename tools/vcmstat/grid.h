/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grid.h - what a screen shows, as cells in memory.
 *
 * Everything is drawn here first and goes to a terminal or to a text from here, so a screen can be
 * compared with what it should be and no terminal is needed for that.  Drawing outside does
 * nothing.  A style says what a cell means; only who shows it knows of colours.
 */
#ifndef VCMSTAT_GRID_H
#define VCMSTAT_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum grid_style {
	GRID_PLAIN,
	GRID_DIM,
	GRID_BOLD,
	GRID_HEAD,	/* of a table */
	GRID_CURSOR,	/* the row that is meant */
	GRID_WARN,	/* losses, faults, contradictions */
	GRID_RESERVED,
	GRID_BOUND,
	GRID_ACTIVE,
	GRID_WINDOW,
	GRID_FREED,
	GRID_STYLES,
};

struct grid_cell {
	uint32_t ch;	/* Unicode, never a control character */
	uint8_t style;
};

struct grid {
	unsigned int rows;
	unsigned int cols;
	bool ascii;	/* nothing but ASCII may be put */
	struct grid_cell *cell;
};

void grid_init(struct grid *g, unsigned int rows, unsigned int cols, bool ascii);
void grid_fini(struct grid *g);
/* A control character is put as '?', and so is what is not ASCII where only that may be. */
void grid_put(struct grid *g, unsigned int row, unsigned int col, uint32_t ch,
	      enum grid_style style);
/* From @col on, returns the column behind it; when it is cut at the right edge a ~ says so. */
unsigned int grid_text(struct grid *g, unsigned int row, unsigned int col, enum grid_style style,
		       const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The whole row, over what is there. */
void grid_style_row(struct grid *g, unsigned int row, enum grid_style style);
/*
 * The rows as UTF-8 without the blanks at their ends, and without empty rows at the end; with
 * @color the styles as sequences of a terminal.
 */
void grid_print(const struct grid *g, FILE *out, bool color);
/* The styles in place of the characters, a letter each; plain is '.'. */
void grid_print_styles(const struct grid *g, FILE *out);
/* Height of a value in eighths: 0 for nothing, else a little or more; @max is full. */
uint32_t grid_bar(const struct grid *g, uint64_t value, uint64_t max);

#endif
