// SPDX-License-Identifier: GPL-2.0-only
/*
 * tui_view.c - how the live screen looks; see tui.h.
 *
 * Rows are given out from the top: what happened to the truth of the screen (losses) always has
 * one, the last is for keys, and what is between is shared by table, strip and lines.  A screen
 * too small for all has less of each, down to the first two rows.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "out_map.h"
#include "tui.h"

#define STRIP_ROWS	4
#define TALL		16	/* rows from which there is room for everything */
#define NARROW		79	/* columns of the lines of narrow events */
#define WIDE		120	/* columns from which events are told with all their fields */

static void draw_title(const struct tui *t, struct grid *g, const struct tui_data *d)
{
	const struct top *top = d->top;
	char filter[TUI_LINE];
	unsigned int col;

	col = grid_text(g, 0, 0, GRID_BOLD, "vcmstat");
	col = grid_text(g, 0, col, GRID_PLAIN, "  %s, faults %s  %.0fs", top->header.source,
			top->header.faults, (double)(top->ts_ns - top->started_ns) / 1e9);
	if (t->paused)
		col = grid_text(g, 0, col, GRID_WARN, "  PAUSED");
	if (filter_is_set(&t->filter))
		grid_text(g, 0, col, GRID_BOLD, "  only %s",
			  filter_text(&t->filter, filter, sizeof(filter)));
}

static void draw_truth(struct grid *g, unsigned int row, const struct tui_data *d)
{
	const struct totals *t = d->totals;
	bool alarm = totals_lost(t) || t->faults || d->model->conflicts;

	grid_text(g, row, 0, alarm ? GRID_WARN : GRID_PLAIN, "lost %" PRIu64 "  resyncs %" PRIu64
		  "  faults %" PRIu64 "  events %" PRIu64 "  %.0f/s%s", totals_lost(t), t->resyncs,
		  t->faults, t->events, top_rate_all(d->top),
		  d->model->conflicts ? "  EVENTS CONTRADICT THE STATE" : "");
}

static void draw_sums(struct grid *g, unsigned int row, const struct tui_data *d)
{
	char reserved[16], bound[16], active[16], memory[16];
	struct model_sum sum;

	model_total(d->model, &sum);
	grid_text(g, row, 0, GRID_PLAIN, "contexts %" PRIu64 "  reservations %" PRIu64
		  "  reserved %s  bound %s  active %s  memory %s", sum.contexts, sum.reservations,
		  size_text(reserved, sum.reserved), size_text(bound, sum.bound),
		  size_text(active, sum.mapped), size_text(memory, sum.memory_bytes));
}

/* Events a second, an interval a column, the last at the right. */
static void draw_spark(struct grid *g, unsigned int row, const struct tui_data *d)
{
	const struct top *top = d->top;
	unsigned int left, width, i;
	double peak = 0;
	uint64_t nr;

	left = grid_text(g, row, 0, GRID_PLAIN, "events/s ");
	width = g->cols > left + 12 ? g->cols - left - 12 : 0;
	nr = top->nr_rates < TOP_RATES ? top->nr_rates : TOP_RATES;
	nr = nr < width ? nr : width;
	for (i = 0; i < nr; i++) {
		double rate = top->rates[(top->nr_rates - nr + i) % TOP_RATES];

		peak = rate > peak ? rate : peak;
	}
	for (i = 0; i < nr; i++) {
		double rate = top->rates[(top->nr_rates - nr + i) % TOP_RATES];

		grid_put(g, row, left + width - (unsigned int)nr + i,
			 grid_bar(g, (uint64_t)(rate * 100), (uint64_t)(peak * 100)), GRID_ACTIVE);
	}
	grid_text(g, row, left + width + 1, GRID_DIM, "peak %.0f", peak);
}

static void draw_context_row(struct grid *g, unsigned int row, const struct tui_row *r,
			     enum grid_style style)
{
	char reserved[16], bound[16], active[16];

	grid_text(g, row, 0, style, "%8u %-7s %5u %6" PRIu64 " %8s %8s %8s %2" PRIu64 "/%-2" PRIu64
		  " %6" PRIu64 " %8.1f", r->context->vcm,
		  schema_enum_text(SCHEMA_driver, r->context->driver), r->context->refs,
		  r->sum.reservations, size_text(reserved, r->sum.reserved),
		  size_text(bound, r->sum.bound), size_text(active, r->sum.mapped), r->sum.active,
		  r->sum.associations, r->sum.refs, r->rate);
}

static void draw_res_row(struct grid *g, unsigned int row, const struct tui_row *r,
			 enum grid_style style)
{
	const struct vcm_snap_res *res = r->res;
	char len[16], bound[16], prot[4];

	grid_text(g, row, 0, style, "%16" PRIx64 " %8s %-8s %5u %7" PRIu64 " %6" PRIu64
		  " %8s %-4s %4u", (uint64_t)res->start, size_text(len, res->len),
		  model_res_state(res), res->refs, (uint64_t)res->res, (uint64_t)res->phys,
		  res->phys ? size_text(bound, res->bound_len) : "-",
		  res->phys ? prot_text(prot, res->prot) : "-", res->mapped);
}

/* A heading and as many rows as fit around the selected one; returns the rows used. */
static unsigned int draw_table(struct tui *t, struct grid *g, unsigned int row, unsigned int rows,
			       const struct tui_data *d)
{
	bool contexts = t->view == TUI_CONTEXTS;
	size_t nr, at, first, i;
	struct tui_row *line = contexts ? tui_contexts(t, d, &nr) : tui_reservations(t, d, &nr);

	grid_text(g, row, 0, GRID_HEAD, contexts ?
		  " CONTEXT DRIVER   REFS RESERV RESERVED    BOUND   ACTIVE  DEVS  RREFS EVENTS/S" :
		  "           START      LEN STATE     REFS     RES MEMORY    BOUND PROT MAPS");
	grid_style_row(g, row, GRID_HEAD);
	at = tui_selected(t, line, nr);
	if (nr)
		tui_select(t, &line[at]);
	first = at + 1 > rows - 1 ? at + 2 - rows : 0;
	for (i = first; i < nr && i - first + 1 < rows; i++) {
		enum grid_style style = i == at ? GRID_CURSOR : GRID_PLAIN;

		(contexts ? draw_context_row : draw_res_row)
			(g, row + 1 + (unsigned int)(i - first), &line[i], style);
		if (i == at)
			grid_style_row(g, row + 1 + (unsigned int)(i - first), style);
	}
	free(line);
	return nr + 1 < rows ? (unsigned int)nr + 1 : rows;
}

/* With zoom, what lies around the selected reservation. */
static void strip_range(const struct tui *t, const struct grid *g, const struct model *m,
			struct addrmap_want *want)
{
	const struct vcm_snap_res *r = table_find(&m->res, t->vcm, t->res);
	struct addrmap a;
	uint64_t half;

	if (!t->zoom || !r || !addrmap_build(&a, m, want))
		return;
	want->shift = a.shift > t->zoom + 12 ? a.shift - t->zoom : 12;
	addrmap_fini(&a);
	half = (uint64_t)(g->cols / 2) << want->shift;
	want->first = r->start > half ? (r->start - half) >> want->shift << want->shift : 0;
	want->last = want->first + ((uint64_t)g->cols << want->shift) - 1;
	if (want->last < want->first)
		want->last = UINT64_MAX;
}

static bool is_selected(const struct tui *t, const struct model *m, const struct addrmap_cell *c)
{
	const struct vcm_snap_res *r = table_find(&m->res, t->vcm, t->res);

	return r && t->view != TUI_CONTEXTS && c->state != ADDRMAP_BREAK &&
	       c->first <= r->start + (r->len - 1) && c->last >= r->start;
}

/* How much is free below a break, when there is room for the whole number; the next free column. */
static unsigned int draw_free(struct grid *g, unsigned int row, unsigned int col,
			      const struct addrmap_cell *c)
{
	char size[16];

	if (c->last - c->first == UINT64_MAX)
		strcpy(size, "2^64");
	else
		size_text(size, c->last - c->first + 1);
	if (col + 1 + strlen(size) > g->cols)
		return col;
	return grid_text(g, row, col, GRID_DIM, "~%s", size) + 1;
}

static void draw_strip(const struct tui *t, struct grid *g, unsigned int row,
		       const struct tui_data *d)
{
	struct addrmap_want want = { .vcm = t->vcm, .last = UINT64_MAX, .cells = g->cols };
	unsigned int i, free_col = 0;
	struct addrmap a;
	char unit[16];

	if (g->cols < 3)
		return;
	strip_range(t, g, d->model, &want);
	if (!addrmap_build(&a, d->model, &want))
		return;
	grid_text(g, row, 0, GRID_DIM, "context %u  a cell is %s%s  . free x freed r reserved "
		  "b bound a active F fault", t->vcm, size_text(unit, 1ull << a.shift),
		  t->zoom ? "  zoomed" : "");
	for (i = 0; i < a.nr; i++) {
		const struct addrmap_cell *c = &a.cell[i];
		enum grid_style style = is_selected(t, d->model, c) ? GRID_CURSOR :
					map_style(c->state);

		grid_put(g, row + 1, i, (uint32_t)addrmap_letter(c->state), style);
		if (c->state == ADDRMAP_BREAK && i >= free_col)
			free_col = draw_free(g, row + 3, i, c);
		if (c->state == ADDRMAP_BREAK)
			continue;
		grid_put(g, row + 2, i, c->refs > 1 ? (uint32_t)map_refs(c->refs) :
			 grid_bar(g, c->taken, c->last - c->first + 1), style);
	}
	addrmap_fini(&a);
}

/* The last lines of @text that fit, without the blanks that all of it begins with when narrow. */
static void draw_lines(struct grid *g, unsigned int row, unsigned int rows, char *text)
{
	unsigned int nr = 0, skip;
	size_t blanks = g->cols < NARROW ? strspn(text, " ") : 0;
	char *line, *save;

	for (line = text; (line = strchr(line, '\n')); line++) {
		if (line[1])
			blanks = strspn(line + 1, " ") < blanks ? strspn(line + 1, " ") : blanks;
		nr++;
	}
	skip = nr > rows ? nr - rows : 0;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (skip)
			skip--;
		else
			grid_text(g, row++, 0, GRID_PLAIN, "%s", line + blanks);
	}
}

static bool is_shown(const struct tui *t, const struct tui_data *d, const struct vcm_event *ev)
{
	if (t->view == TUI_CONTEXT && ev->vcm != t->vcm)
		return false;
	if (t->view == TUI_RES && (ev->vcm != t->vcm || ev->id != t->res))
		return false;
	return filter_event(&t->filter, d->model, ev);
}

static void recent_lines(const struct tui *t, FILE *out, const struct tui_data *d, bool wide)
{
	bool faults = t->pane == TUI_FAULTS;
	const struct top *top = d->top;
	uint64_t nr = top->nr_recent < TOP_RECENT ? top->nr_recent : TOP_RECENT, i;

	for (i = top->nr_recent - nr; i < top->nr_recent; i++) {
		const struct top_recent *slot = &top->recent[i % TOP_RECENT];

		if (!slot->is_fault && (!is_shown(t, d, &slot->event) ||
					(faults && slot->event.type != VCM_EVENT_fault)))
			continue;
		if (slot->is_fault)
			(wide ? out_fault : out_fault_narrow)(out, &slot->fault);
		else if (wide)
			out_event(out, &slot->event);
		else
			out_event_narrow(out, d->model, &slot->event);
	}
}

static void freed_lines(const struct tui *t, FILE *out, const struct tui_data *d)
{
	const struct freed *f;
	char size[16], comm[17];
	uint64_t i;

	for (i = TOP_RECENT; i-- > 0;) {
		f = freed_at(&d->model->freed, i);
		if (!f || (t->view != TUI_CONTEXTS && f->vcm != t->vcm))
			continue;
		fprintf(out, "%14.6f  context %u  %" PRIx64 "+%s  %s by %u %s\n",
			(double)f->ts_ns / 1e9, f->vcm, f->start, size_text(size, f->len),
			f->phys ? "unbound" : "unreserved", f->pid,
			name_text(comm, sizeof(comm), f->comm, sizeof(f->comm)));
	}
}

static void sim_lines(FILE *out, const struct tui_data *d)
{
	if (!d->sim || !sim_text(out, d->sim))
		fputs("no simulated IOMMU\n", out);
}

static void draw_pane(const struct tui *t, struct grid *g, unsigned int row, unsigned int rows,
		      const struct tui_data *d)
{
	static const char * const title[TUI_PANES] = { "events", "faults", "freed", "IOMMUs" };
	char *text = NULL;
	size_t len;
	FILE *out;

	if (!rows)
		return;
	grid_text(g, row, 0, GRID_HEAD, "%s", title[t->pane]);
	grid_style_row(g, row, GRID_HEAD);
	out = open_memstream(&text, &len);
	if (!out)
		return;
	if (t->pane == TUI_FREED)
		freed_lines(t, out, d);
	else if (t->pane == TUI_IOMMUS)
		sim_lines(out, d);
	else
		recent_lines(t, out, d, g->cols >= WIDE);
	fclose(out);
	draw_lines(g, row + 1, rows - 1, text);
	free(text);
}

static unsigned int draw_holders(struct grid *g, unsigned int row, const struct model *m,
				 const struct vcm_snap_res *r)
{
	const struct holds *h = holds_of(&m->holds, VCM_KIND_RES, r->vcm, r->res);
	uint32_t i, unnamed = model_unnamed(h, r->refs);
	char name[40];

	for (i = 0; h && i < h->nr && i < 4; i++) {
		const char *whose = model_holder_name(m, h->hold[i].holder);

		grid_text(g, row++, 0, GRID_PLAIN, "  held by %s x%u",
			  whose ? name_text(name, sizeof(name), whose, VCM_HOLDER_NAME_LEN) :
			  "a holder without a name", h->hold[i].count);
	}
	if (unnamed)
		grid_text(g, row++, 0, GRID_PLAIN, "  held by nobody named x%u", unnamed);
	return row;
}

/* One reservation: what it is, who holds it; its events are in the pane. */
static unsigned int draw_res(const struct tui *t, struct grid *g, unsigned int row,
			     const struct tui_data *d)
{
	const struct vcm_snap_res *r = table_find(&d->model->res, t->vcm, t->res);
	char len[16], bound[16], prot[4];

	if (!r) {
		grid_text(g, row++, 0, GRID_WARN, "reservation %" PRIu64 " of context %u is gone",
			  t->res, t->vcm);
		return row;
	}
	grid_text(g, row++, 0, GRID_BOLD, "reservation %" PRIu64 " of context %u: %s", t->res,
		  t->vcm, model_res_state(r));
	grid_text(g, row++, 0, GRID_PLAIN, "  %" PRIx64 "-%" PRIx64 "  %s  refs %u",
		  (uint64_t)r->start, (uint64_t)(r->start + (r->len - 1)), size_text(len, r->len),
		  r->refs);
	if (r->phys)
		grid_text(g, row++, 0, GRID_PLAIN, "  memory %" PRIu64 " + %" PRIx64
			  ", %s %s, live in %u domains", (uint64_t)r->phys, (uint64_t)r->off,
			  size_text(bound, r->bound_len), prot_text(prot, r->prot), r->mapped);
	return draw_holders(g, row, d->model, r);
}

static void draw_help(struct grid *g, unsigned int row)
{
	static const char * const lines[] = {
		"up down j k     select             g G  first, last",
		"enter           into a context, then a reservation",
		"esc             back               q    end",
		"s r             sort by the next column, reverse",
		"/               filter: context=3 device=NAME holder=NAME",
		"                state=bound range=FIRST+LEN pid=N comm=NAME",
		"tab             events, faults, freed ranges, simulated IOMMUs",
		"+ -             zoom the strip around the reservation",
		"space           freeze the screen, not the counting",
		"strip           letters are states, ~ is a stretch with nothing",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(lines); i++)
		grid_text(g, row++, 0, GRID_PLAIN, "%s", lines[i]);
}

static void draw_keys(const struct tui *t, struct grid *g)
{
	unsigned int row = g->rows - 1;

	if (t->editing)
		grid_text(g, row, 0, GRID_BOLD, "filter: %s_", t->line);
	else if (t->message[0])
		grid_text(g, row, 0, GRID_WARN, "%s", t->message);
	else
		grid_text(g, row, 0, GRID_DIM, "q end  ? help  enter open  esc back  s sort: %s%s  "
			  "/ filter  tab %s", tui_sort_name(t->sort), t->reverse ? " rev" : "",
			  "lines");
}

static void draw_body(struct tui *t, struct grid *g, unsigned int row, const struct tui_data *d)
{
	unsigned int rows = g->rows - 1 - row;
	unsigned int strip = rows >= 11 ? STRIP_ROWS : 0, table;

	if (t->view == TUI_HELP) {
		draw_help(g, row);
		return;
	}
	if (t->view == TUI_RES) {
		row = draw_res(t, g, row, d);
	} else {
		table = (rows - strip) / 2 + 1;
		row += draw_table(t, g, row, table > 2 ? table : 2, d);
	}
	if (strip && row + strip < g->rows - 1) {
		draw_strip(t, g, row, d);
		row += strip;
	}
	if (row + 1 < g->rows - 1)
		draw_pane(t, g, row, g->rows - 1 - row, d);
}

static void draw_all(struct tui *t, struct grid *g, const struct tui_data *d)
{
	unsigned int row = 1;

	draw_title(t, g, d);
	draw_truth(g, row++, d);
	if (g->rows >= TALL) {
		draw_sums(g, row++, d);
		draw_spark(g, row++, d);
	}
	if (g->rows > row + 1)
		draw_body(t, g, row, d);
	if (g->rows > 2)
		draw_keys(t, g);
}

void tui_draw(struct tui *t, struct grid *g, const struct tui_data *d)
{
	struct tui_data seen = *d;
	struct model part;

	if (!g->rows || !g->cols)
		return;
	model_init(&part);
	if (filter_is_set(&t->filter)) {
		filter_model(&t->filter, d->model, &part);
		model_lend_past(&part, d->model);
		seen.model = &part;
	}
	draw_all(t, g, &seen);
	model_return_past(&part);
	model_fini(&part);
}
