// SPDX-License-Identifier: GPL-2.0-only
/* screen.c - see screen.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "screen.h"
#include "tui.h"

#ifdef HAVE_NCURSES
#include <curses.h>

#define ESCAPE_MS 25	/* after that an escape is the key and not the begin of another */

static struct {
	SCREEN *screen;
	attr_t attr[GRID_STYLES];
	int fd;
} term;

static void set_colors(void)
{
	static const short color[GRID_STYLES] = {
		[GRID_WARN] = COLOR_RED, [GRID_RESERVED] = COLOR_CYAN,
		[GRID_BOUND] = COLOR_YELLOW, [GRID_ACTIVE] = COLOR_GREEN,
		[GRID_WINDOW] = COLOR_BLUE, [GRID_FREED] = COLOR_MAGENTA,
	};
	short i;

	start_color();
	use_default_colors();
	for (i = 0; i < GRID_STYLES; i++) {
		if (!color[i])
			continue;
		init_pair(i, color[i], -1);
		term.attr[i] |= (attr_t)COLOR_PAIR(i);
	}
}

bool screen_begin(FILE *out, bool color)
{
	term.screen = newterm(NULL, out, stdin);
	if (!term.screen)
		return false;
	term.fd = fileno(out);
	set_term(term.screen);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	term.attr[GRID_DIM] = A_DIM;
	term.attr[GRID_BOLD] = A_BOLD;
	term.attr[GRID_HEAD] = A_REVERSE;
	term.attr[GRID_CURSOR] = A_REVERSE | A_BOLD;
	term.attr[GRID_WARN] = A_BOLD;
	term.attr[GRID_ACTIVE] = A_NORMAL;
	if (color && has_colors())
		set_colors();
	return true;
}

void screen_end(void)
{
	endwin();
	delscreen(term.screen);
	term.screen = NULL;
}

void screen_size(unsigned int *rows, unsigned int *cols)
{
	struct winsize size;

	if (!ioctl(term.fd, TIOCGWINSZ, &size) && size.ws_row && size.ws_col &&
	    (size.ws_row != LINES || size.ws_col != COLS))
		resizeterm(size.ws_row, size.ws_col);
	*rows = (unsigned int)LINES;
	*cols = (unsigned int)COLS;
}

void screen_draw(const struct grid *g)
{
	unsigned int row, col;

	erase();
	for (row = 0; row < g->rows; row++) {
		for (col = 0; col < g->cols; col++) {
			const struct grid_cell *cell = &g->cell[(size_t)row * g->cols + col];
			wchar_t text[2] = { (wchar_t)cell->ch };
			cchar_t ch;

			setcchar(&ch, text, term.attr[cell->style] & ~A_COLOR,
				 (short)PAIR_NUMBER(term.attr[cell->style]), NULL);
			mvadd_wch((int)row, (int)col, &ch);
		}
	}
	refresh();
}

static int code_of(int key)
{
	switch (key) {
	case KEY_UP:		return TUI_UP;
	case KEY_DOWN:		return TUI_DOWN;
	case KEY_PPAGE:		return TUI_PAGE_UP;
	case KEY_NPAGE:		return TUI_PAGE_DOWN;
	case KEY_HOME:		return TUI_HOME;
	case KEY_END:		return TUI_BOTTOM;
	case KEY_RIGHT:
	case KEY_ENTER:		return TUI_ENTER;
	case KEY_LEFT:		return TUI_BACK;
	case KEY_BACKSPACE:	return TUI_ERASE;
	default:		return 0;
	}
}

int screen_key(void)
{
	wint_t key;
	int kind = get_wch(&key);

	if (kind == ERR)
		return -1;
	if (kind == KEY_CODE_YES)
		return code_of((int)key);
	if (key == '\r' || key == '\n')
		return TUI_ENTER;
	if (key == 27)
		return TUI_BACK;
	return key == 127 || key == 8 ? TUI_ERASE : (int)key;
}

#else

bool screen_begin(FILE *out, bool color)
{
	(void)out;
	(void)color;
	return false;
}

void screen_end(void)
{
}

void screen_size(unsigned int *rows, unsigned int *cols)
{
	*rows = 0;
	*cols = 0;
}

void screen_draw(const struct grid *g)
{
	(void)g;
}

int screen_key(void)
{
	return -1;
}

#endif
