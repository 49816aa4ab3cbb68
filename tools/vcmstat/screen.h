/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * screen.h - a terminal that is redrawn whole, by ANSI sequences.
 *
 * A frame is text; it is cut to the size the terminal has at that moment and written in one go,
 * each line clearing its rest, so nothing flickers and nothing wraps.  Marks '\1' (bold), '\2'
 * (warning) and '\3' (plain again) in the text become colours, or nothing without colours.
 */
#ifndef VCMSTAT_SCREEN_H
#define VCMSTAT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <termios.h>

#define SCREEN_BOLD	"\1"
#define SCREEN_WARN	"\2"
#define SCREEN_PLAIN	"\3"

struct screen {
	FILE *out;
	bool color;
	bool has_keys;
	struct termios saved;
};

bool screen_begin(struct screen *s, FILE *out, bool color);
void screen_end(struct screen *s);
void screen_size(const struct screen *s, unsigned int *rows, unsigned int *cols);

/* The bytes that show @text in @rows x @cols; the caller frees them.  No terminal is needed. */
char *screen_render(const char *text, unsigned int rows, unsigned int cols, bool color);
void screen_draw(const struct screen *s, const char *text);

#endif
