/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tui.h - the live screen: what keys do to it, and how it looks.
 *
 * No terminal here: a key is a number, a screen is a grid.  What is selected is kept by its
 * number, not its place, so it stays when rows come and go.
 */
#ifndef VCMSTAT_TUI_H
#define VCMSTAT_TUI_H

#include "filter.h"
#include "grid.h"
#include "src_sim.h"
#include "top.h"

/* Keys beside characters. */
enum tui_code {
	TUI_UP = 0x1000,
	TUI_DOWN,
	TUI_PAGE_UP,
	TUI_PAGE_DOWN,
	TUI_HOME,
	TUI_BOTTOM,
	TUI_BACK,	/* escape, left, backspace outside a line */
	TUI_ENTER,
	TUI_ERASE,	/* backspace inside a line */
};

enum tui_view {
	TUI_CONTEXTS,
	TUI_CONTEXT,	/* its reservations */
	TUI_RES,	/* one reservation */
	TUI_HELP,
};

enum tui_pane {
	TUI_EVENTS,
	TUI_FAULTS,
	TUI_FREED,
	TUI_IOMMUS,	/* simulated ones */
	TUI_PANES,
};

enum tui_sort {
	TUI_BY_ID,
	TUI_BY_RATE,
	TUI_BY_REFS,
	TUI_BY_RESERVED,
	TUI_BY_BOUND,
	TUI_BY_ACTIVE,
	TUI_SORTS,
};

#define TUI_LINE 96

struct tui {
	enum tui_view view;
	enum tui_view before_help;
	enum tui_pane pane;
	enum tui_sort sort;
	bool reverse;
	bool paused;
	bool editing;
	unsigned int zoom;		/* of the strip: each step halves what it shows */
	uint32_t vcm;			/* selected, 0 before anything is */
	uint64_t res;
	struct filter filter;
	char filter_words[TUI_LINE];	/* what filter points into */
	char line[TUI_LINE];		/* being edited */
	char message[TUI_LINE];		/* until the next key */
};

/* What is shown; nothing of it is changed. */
struct tui_data {
	const struct top *top;
	const struct model *model;
	const struct totals *totals;
	const struct sim *sim;		/* NULL for none */
};

enum tui_action {
	TUI_NOTHING,
	TUI_REDRAW,
	TUI_QUIT,
};

void tui_init(struct tui *t, const struct filter *filter);
enum tui_action tui_key(struct tui *t, const struct tui_data *d, int key);
void tui_draw(struct tui *t, struct grid *g, const struct tui_data *d);

/* tui_rows.c: the rows of the tables, in the order they are shown in; the caller frees them. */
struct tui_row {
	const struct vcm_snap_context *context;
	const struct vcm_snap_res *res;
	struct model_sum sum;		/* of the context */
	double rate;			/* events a second */
};

struct tui_row *tui_contexts(const struct tui *t, const struct tui_data *d, size_t *nr);
struct tui_row *tui_reservations(const struct tui *t, const struct tui_data *d, size_t *nr);
/* The place of what is selected, 0 when it is gone. */
size_t tui_selected(const struct tui *t, const struct tui_row *rows, size_t nr);
void tui_select(struct tui *t, const struct tui_row *row);
const char *tui_sort_name(enum tui_sort sort);

#endif
