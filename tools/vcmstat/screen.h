/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * screen.h - a terminal that shows a grid and gives keys, by ncursesw.
 *
 * Only what differs from the last frame is written.  The terminal is put back by screen_end().
 * Where ncursesw was not there to build with, screen_begin() says no and nothing else is called.
 */
#ifndef VCMSTAT_SCREEN_H
#define VCMSTAT_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

#include "grid.h"

/* False when the terminal cannot show it. */
bool screen_begin(FILE *out, bool color);
void screen_end(void);
/* After the terminal has changed its size, and at the start. */
void screen_size(unsigned int *rows, unsigned int *cols);
void screen_draw(const struct grid *g);
/* The next key that waits, as in tui.h; -1 when none does. */
int screen_key(void);

#endif
