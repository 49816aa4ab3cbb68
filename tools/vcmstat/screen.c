// SPDX-License-Identifier: GPL-2.0-only
/* screen.c - see screen.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "screen.h"

#define ALT_SCREEN_ON	"\033[?1049h\033[?25l"
#define ALT_SCREEN_OFF	"\033[0m\033[?25h\033[?1049l"
#define HOME		"\033[H"
#define CLEAR_LINE	"\033[K"
#define CLEAR_BELOW	"\033[J"

bool screen_begin(struct screen *s, FILE *out, bool color)
{
	struct termios raw;

	s->out = out;
	s->color = color;
	s->has_keys = isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &s->saved);
	if (s->has_keys) {
		raw = s->saved;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		raw.c_cc[VSUSP] = _POSIX_VDISABLE;	/* would leave the terminal like this */
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	fputs(ALT_SCREEN_ON, out);
	return !fflush(out);
}

void screen_end(struct screen *s)
{
	fputs(ALT_SCREEN_OFF, s->out);
	fflush(s->out);
	if (s->has_keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &s->saved);
}

void screen_size(const struct screen *s, unsigned int *rows, unsigned int *cols)
{
	struct winsize size;

	*rows = 24;
	*cols = 80;
	if (ioctl(fileno(s->out), TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		return;
	*rows = size.ws_row;
	*cols = size.ws_col;
}

static const char *mark(char c, bool color)
{
	if (!color)
		return "";
	return c == SCREEN_BOLD[0] ? "\033[1m" : c == SCREEN_WARN[0] ? "\033[1;31m" : "\033[0m";
}

/* One line up to its end, cut after @cols; returns where the next begins. */
static const char *render_line(FILE *out, const char *text, unsigned int cols, bool color)
{
	unsigned int col = 0;

	for (; *text && *text != '\n'; text++) {
		if (*text >= SCREEN_BOLD[0] && *text <= SCREEN_PLAIN[0])
			fputs(mark(*text, color), out);
		else if (col++ < cols)
			fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
	}
	fputs(mark(SCREEN_PLAIN[0], color), out);
	return *text ? text + 1 : text;
}

char *screen_render(const char *text, unsigned int rows, unsigned int cols, bool color)
{
	char *bytes = NULL;
	size_t len;
	FILE *out = open_memstream(&bytes, &len);
	unsigned int row;

	if (!out)
		return NULL;
	fputs(HOME, out);
	for (row = 0; row < rows && *text; row++) {
		if (row)
			fputs("\r\n", out);
		text = render_line(out, text, cols, color);
		fputs(CLEAR_LINE, out);
	}
	fputs(CLEAR_BELOW, out);
	fclose(out);
	return bytes;
}

void screen_draw(const struct screen *s, const char *text)
{
	unsigned int rows, cols;
	char *bytes;

	screen_size(s, &rows, &cols);
	bytes = screen_render(text, rows, cols, s->color);
	if (bytes)
		fputs(bytes, s->out);
	fflush(s->out);
	free(bytes);
}
