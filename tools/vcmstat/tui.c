// SPDX-License-Identifier: GPL-2.0-only
/* tui.c - what keys do; see tui.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tui.h"

#define ZOOM_MAX 24

void tui_init(struct tui *t, const struct filter *filter)
{
	memset(t, 0, sizeof(*t));
	t->filter = *filter;
}

/* What the screen shows is filtered; keys move over the same rows. */
static void with_rows(struct tui *t, const struct tui_data *d, long move)
{
	struct tui_row *rows;
	size_t nr, at;

	rows = t->view == TUI_CONTEXTS ? tui_contexts(t, d, &nr) : tui_reservations(t, d, &nr);
	if (nr) {
		at = tui_selected(t, rows, nr);
		if (move < 0)
			at = at < (size_t)-move ? 0 : at - (size_t)-move;
		else
			at = (size_t)move >= nr - at ? nr - 1 : at + (size_t)move;
		tui_select(t, &rows[at]);
	}
	free(rows);
}

static void move(struct tui *t, const struct tui_data *d, long by)
{
	struct model part;
	struct tui_data seen = *d;

	if (t->view != TUI_CONTEXTS && t->view != TUI_CONTEXT)
		return;
	model_init(&part);
	if (filter_is_set(&t->filter)) {
		filter_model(&t->filter, d->model, &part);
		seen.model = &part;
	}
	with_rows(t, &seen, by);
	model_fini(&part);
}

static void enter(struct tui *t, const struct tui_data *d)
{
	move(t, d, 0);	/* something is selected when anything is there */
	if (t->view == TUI_CONTEXTS && t->vcm) {
		t->view = TUI_CONTEXT;
		t->res = 0;
		move(t, d, 0);
	} else if (t->view == TUI_CONTEXT && t->res) {
		t->view = TUI_RES;
	}
}

static void back(struct tui *t)
{
	if (t->view == TUI_HELP)
		t->view = t->before_help;
	else if (t->view == TUI_RES)
		t->view = TUI_CONTEXT;
	else
		t->view = TUI_CONTEXTS;
	t->zoom = 0;
}

static const char *set_word(struct filter *f, const char *name, const char *value)
{
	static const char * const states = " reserved bound active window ";
	char word[16];

	if (!strcmp(name, "context")) {
		f->vcm = strtoull(value, NULL, 0);
	} else if (!strcmp(name, "pid")) {
		f->pid = strtoull(value, NULL, 0);
	} else if (!strcmp(name, "device")) {
		f->device = value;
	} else if (!strcmp(name, "holder")) {
		f->holder = value;
	} else if (!strcmp(name, "range")) {
		f->range = value;
	} else if (!strcmp(name, "comm")) {
		f->comm = value;
	} else if (!strcmp(name, "state")) {
		snprintf(word, sizeof(word), " %.12s ", value);
		if (!strstr(states, word))
			return "state is one of: reserved bound active window";
		f->state = value;
	} else {
		return "known: context device holder state range pid comm";
	}
	return NULL;
}

/* "context=3 state=bound"; a word alone is the name of a process. */
static const char *parse_filter(struct tui *t, struct filter *f)
{
	struct error err = { 0 };
	char *word, *value, *save;
	const char *why = NULL;

	memset(f, 0, sizeof(*f));
	snprintf(t->filter_words, sizeof(t->filter_words), "%s", t->line);
	for (word = strtok_r(t->filter_words, " ", &save); word && !why;
	     word = strtok_r(NULL, " ", &save)) {
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		why = value ? set_word(f, word, value) : set_word(f, "comm", word);
	}
	if (!why && filter_range(f, &err))
		why = "range is ADDRESS, FIRST-LAST or FIRST+LEN";
	return why;
}

static enum tui_action edit_key(struct tui *t, int key)
{
	struct filter f;
	const char *why;
	size_t len = strlen(t->line);

	if (key == TUI_BACK) {
		t->editing = false;
	} else if (key == TUI_ERASE) {
		t->line[len ? len - 1 : 0] = '\0';
	} else if (key == TUI_ENTER) {
		why = parse_filter(t, &f);
		memset(&t->filter, 0, sizeof(t->filter));
		if (why)
			snprintf(t->message, sizeof(t->message), "%s", why);
		else
			t->filter = f;
		t->editing = false;
	} else if (key >= ' ' && key < 0x7f && len + 1 < sizeof(t->line)) {
		t->line[len] = (char)key;
		t->line[len + 1] = '\0';
	}
	return TUI_REDRAW;
}

static bool move_key(struct tui *t, const struct tui_data *d, int key)
{
	static const struct { int key; long by; } keys[] = {
		{ TUI_UP, -1 }, { 'k', -1 }, { TUI_DOWN, 1 }, { 'j', 1 },
		{ TUI_PAGE_UP, -10 }, { TUI_PAGE_DOWN, 10 },
		{ TUI_HOME, -1000000000 }, { 'g', -1000000000 },
		{ TUI_BOTTOM, 1000000000 }, { 'G', 1000000000 },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(keys); i++) {
		if (keys[i].key == key) {
			move(t, d, keys[i].by);
			return true;
		}
	}
	return false;
}

static enum tui_action plain_key(struct tui *t, const struct tui_data *d, int key)
{
	switch (key) {
	case 'q': case 'Q':
		return TUI_QUIT;
	case TUI_ENTER:
		enter(t, d);
		break;
	case TUI_BACK: case TUI_ERASE:
		back(t);
		break;
	case '?': case 'h':
		t->before_help = t->view == TUI_HELP ? t->before_help : t->view;
		t->view = TUI_HELP;
		break;
	case 's':
		t->sort = (t->sort + 1) % TUI_SORTS;
		break;
	case 'r':
		t->reverse = !t->reverse;
		break;
	case ' ':
		t->paused = !t->paused;
		break;
	case '\t':
		t->pane = (t->pane + 1) % TUI_PANES;
		break;
	case '/':
		t->editing = true;
		filter_text(&t->filter, t->line, sizeof(t->line));
		break;
	case '+': case '=':
		t->zoom += t->zoom < ZOOM_MAX;
		break;
	case '-':
		t->zoom -= t->zoom > 0;
		break;
	default:
		return TUI_NOTHING;
	}
	return TUI_REDRAW;
}

enum tui_action tui_key(struct tui *t, const struct tui_data *d, int key)
{
	t->message[0] = '\0';
	if (t->editing)
		return edit_key(t, key);
	if (t->view == TUI_HELP && key != 'q' && key != 'Q') {
		back(t);
		return TUI_REDRAW;
	}
	return move_key(t, d, key) ? TUI_REDRAW : plain_key(t, d, key);
}
