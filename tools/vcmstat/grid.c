// SPDX-License-Identifier: GPL-2.0-only
/* grid.c - see grid.h. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "util.h"

void grid_init(struct grid *g, unsigned int rows, unsigned int cols, bool ascii)
{
	size_t i;

	g->rows = rows;
	g->cols = cols;
	g->ascii = ascii;
	g->cell = xcalloc((size_t)rows * cols + 1, sizeof(*g->cell));
	for (i = 0; i < (size_t)rows * cols; i++)
		g->cell[i].ch = ' ';
}

void grid_fini(struct grid *g)
{
	free(g->cell);
	g->cell = NULL;
}

void grid_put(struct grid *g, unsigned int row, unsigned int col, uint32_t ch,
	      enum grid_style style)
{
	struct grid_cell *cell;

	if (row >= g->rows || col >= g->cols)
		return;
	cell = &g->cell[(size_t)row * g->cols + col];
	if (ch < 0x20 || (ch >= 0x7f && ch < 0xa0) || (g->ascii && ch > 0x7e))
		ch = '?';
	cell->ch = ch;
	cell->style = (uint8_t)style;
}

unsigned int grid_text(struct grid *g, unsigned int row, unsigned int col, enum grid_style style,
		       const char *fmt, ...)
{
	char text[512];
	const char *at;
	bool cut = false;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (at = text; *at; at++) {
		if (col >= g->cols && *at != ' ')
			cut = true;
		grid_put(g, row, col++, (unsigned char)*at, style);
	}
	if (cut)
		grid_put(g, row, g->cols - 1, '~', style);
	return col;
}

void grid_style_row(struct grid *g, unsigned int row, enum grid_style style)
{
	unsigned int col;

	for (col = 0; row < g->rows && col < g->cols; col++)
		g->cell[(size_t)row * g->cols + col].style = (uint8_t)style;
}

static void put_utf8(FILE *out, uint32_t ch)
{
	if (ch < 0x80) {
		fputc((int)ch, out);
	} else if (ch < 0x800) {
		fputc((int)(0xc0 | ch >> 6), out);
		fputc((int)(0x80 | (ch & 0x3f)), out);
	} else {
		fputc((int)(0xe0 | ch >> 12), out);
		fputc((int)(0x80 | ((ch >> 6) & 0x3f)), out);
		fputc((int)(0x80 | (ch & 0x3f)), out);
	}
}

static unsigned int used_cols(const struct grid *g, unsigned int row)
{
	unsigned int col = g->cols;

	while (col && g->cell[(size_t)row * g->cols + col - 1].ch == ' ')
		col--;
	return col;
}

static void put_style(FILE *out, unsigned int style)
{
	static const char * const sgr[GRID_STYLES] = {
		[GRID_PLAIN] = "0", [GRID_DIM] = "0;2", [GRID_BOLD] = "0;1", [GRID_HEAD] = "0;7",
		[GRID_CURSOR] = "0;7;1", [GRID_WARN] = "0;1;31", [GRID_RESERVED] = "0;36",
		[GRID_BOUND] = "0;33", [GRID_ACTIVE] = "0;32", [GRID_WINDOW] = "0;34",
		[GRID_FREED] = "0;35",
	};

	fprintf(out, "\033[%sm", sgr[style]);
}

void grid_print(const struct grid *g, FILE *out, bool color)
{
	unsigned int style = GRID_PLAIN;
	unsigned int rows = g->rows, row, col, cols;

	while (rows && !used_cols(g, rows - 1))
		rows--;
	for (row = 0; row < rows; row++) {
		cols = used_cols(g, row);
		for (col = 0; col < cols; col++) {
			const struct grid_cell *cell = &g->cell[(size_t)row * g->cols + col];

			if (color && cell->style != style)
				put_style(out, style = cell->style);
			put_utf8(out, cell->ch);
		}
		if (color && style != GRID_PLAIN)
			put_style(out, style = GRID_PLAIN);
		fputc('\n', out);
	}
}

void grid_print_styles(const struct grid *g, FILE *out)
{
	static const char letters[GRID_STYLES + 1] = ".dBHC!rbawx";
	unsigned int row, col;

	for (row = 0; row < g->rows; row++) {
		for (col = 0; col < g->cols; col++)
			fputc(letters[g->cell[(size_t)row * g->cols + col].style], out);
		fputc('\n', out);
	}
}

uint32_t grid_bar(const struct grid *g, uint64_t value, uint64_t max)
{
	static const char ascii[] = " ._-=+*%#";
	unsigned int eighths;

	if (!value || !max)
		return ' ';
	eighths = value >= max ? 8 : (unsigned int)((double)value / (double)max * 8);
	if (!eighths)
		eighths = 1;
	return g->ascii ? (uint32_t)ascii[eighths] : 0x2580 + eighths;	/* lower blocks */
}
