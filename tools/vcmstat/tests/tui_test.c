// SPDX-License-Identifier: GPL-2.0-only
/*
 * tui_test.c - the drawn address space and the live screen, without a terminal.
 */
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "golden.h"
#include "out_map.h"
#include "tap.h"
#include "tui.h"

static const struct header header = { "1.2.3", "6.12.0-test", "tp_btf", "vtd" };

struct stage {
	struct top top;
	struct model model;
	struct totals totals;
	struct tui tui;
	struct tui_data data;
};

static void to_sink(void *arg, const struct vcm_event *ev)
{
	struct sink *s = arg;

	s->ops->event(s, ev);
}

static void stage_begin(struct stage *s)
{
	static const double rates[] = { 0, 3, 12, 40, 80, 75, 20, 20, 20, 0, 0, 5 };
	struct gen g;
	size_t i;

	memset(s, 0, sizeof(*s));
	top_init(&s->top, 1000000000);
	s->top.sink.ops->header(&s->top.sink, &header);
	gen_init(&g, 1);
	g.emit = to_sink;
	g.arg = &s->top.sink;
	gen_scene_into(&g);
	for (i = 0; i < ARRAY_LEN(rates); i++)
		s->top.rates[s->top.nr_rates++] = rates[i];
	top_mark(&s->top, 3000000000);
	golden_scene(&s->model);
	freed_add(&s->model.freed, &(struct freed){ .vcm = 1, .start = 0x104000, .len = 0x4000,
						    .ts_ns = 123456, .pid = 42, .comm = "dma" });
	s->totals = (struct totals){ .events = g.emitted };
	tui_init(&s->tui, &(struct filter){ 0 });
	s->data = (struct tui_data){ &s->top, &s->model, &s->totals };
}

static void stage_end(struct stage *s)
{
	model_fini(&s->model);
	top_fini(&s->top);
}

static void keys(struct stage *s, const char *text)
{
	for (; *text; text++) {
		int key = *text == '\n' ? TUI_ENTER : *text == '\033' ? TUI_BACK : *text;

		tui_key(&s->tui, &s->data, key);
	}
}

static void show(struct stage *s, unsigned int rows, unsigned int cols, bool ascii,
		 const char *name)
{
	FILE *out = golden_begin();
	struct grid g;

	grid_init(&g, rows, cols, ascii);
	tui_draw(&s->tui, &g, &s->data);
	grid_print(&g, out, false);
	grid_fini(&g);
	fclose(out);
	golden_compare(name);
}

static void test_sizes(void)
{
	static const struct { unsigned int rows, cols; bool ascii; const char *name; } sizes[] = {
		{ 24, 80, false, "top-80x24.txt" }, { 24, 80, true, "top-80x24-ascii.txt" },
		{ 10, 40, false, "top-40x10.txt" }, { 10, 40, true, "top-40x10-ascii.txt" },
		{ 60, 200, false, "top-200x60.txt" }, { 60, 200, true, "top-200x60-ascii.txt" },
	};
	struct stage s;
	size_t i;

	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		stage_begin(&s);
		show(&s, sizes[i].rows, sizes[i].cols, sizes[i].ascii, sizes[i].name);
		stage_end(&s);
	}
}

static bool is_ascii(const char *text)
{
	for (; *text; text++) {
		if (*text & 0x80)
			return false;
	}
	return true;
}

static void test_ascii(void)
{
	struct stage s;

	stage_begin(&s);
	show(&s, 24, 80, true, "top-80x24-ascii.txt");
	CHECK(is_ascii(golden_text()));
	stage_end(&s);
}

/* Every state has a letter and a style of its own; without colours the letters stay. */
static void test_styles(void)
{
	FILE *out = golden_begin();
	struct stage s;
	struct grid g;

	stage_begin(&s);
	s.totals.gaps = 2;
	grid_init(&g, 24, 80, true);
	tui_draw(&s.tui, &g, &s.data);
	grid_print_styles(&g, out);
	grid_fini(&g);
	fclose(out);
	golden_compare("top-80x24-styles.txt");
	stage_end(&s);
}

static void test_views(void)
{
	struct stage s;

	stage_begin(&s);
	keys(&s, "\n");
	show(&s, 24, 80, true, "top-context.txt");
	keys(&s, "jjj\n");
	show(&s, 24, 80, true, "top-reservation.txt");
	keys(&s, "\033");
	CHECK_EQ(s.tui.view, TUI_CONTEXT);
	keys(&s, "++++\t\t");
	show(&s, 24, 80, true, "top-zoomed-freed.txt");
	keys(&s, "?");
	show(&s, 24, 80, true, "top-help.txt");
	keys(&s, "x");
	CHECK_EQ(s.tui.view, TUI_CONTEXT);
	stage_end(&s);
}

static void test_loss_shows(void)
{
	static const unsigned int sizes[][2] = { { 24, 80 }, { 10, 40 }, { 60, 200 }, { 2, 30 } };
	struct stage s;
	size_t i;

	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		FILE *out = golden_begin();
		struct grid g;

		stage_begin(&s);
		s.totals.dropped = 77;
		grid_init(&g, sizes[i][0], sizes[i][1], true);
		tui_draw(&s.tui, &g, &s.data);
		grid_print(&g, out, false);
		CHECK_EQ(g.cell[sizes[i][1]].style, GRID_WARN);
		grid_fini(&g);
		fclose(out);
		CHECK(strstr(golden_text(), "lost 77"));
		stage_end(&s);
	}
}

static void test_filter_line(void)
{
	struct stage s;

	stage_begin(&s);
	keys(&s, "/context=2\n");
	CHECK_EQ(s.tui.filter.vcm, 2);
	show(&s, 24, 80, true, "top-filtered.txt");
	keys(&s, "/ state=wrong\n");
	CHECK(!filter_is_set(&s.tui.filter));
	CHECK(strstr(s.tui.message, "state is one of"));
	keys(&s, "/nothing");
	CHECK(s.tui.editing);
	keys(&s, "\033");
	CHECK(!s.tui.editing && !filter_is_set(&s.tui.filter));
	keys(&s, "/app pid=41\n");
	CHECK_STR(s.tui.filter.comm, "app");
	CHECK_EQ(s.tui.filter.pid, 41);
	stage_end(&s);
}

static void test_sort(void)
{
	static const enum tui_sort by[] = { TUI_BY_RATE, TUI_BY_REFS, TUI_BY_RESERVED,
					    TUI_BY_BOUND, TUI_BY_ACTIVE };
	struct tui_row *rows;
	struct stage s;
	size_t nr, i;

	stage_begin(&s);
	rows = tui_contexts(&s.tui, &s.data, &nr);
	CHECK_EQ(nr, 3);
	CHECK(rows[0].context->vcm == 1 && rows[2].context->vcm == 3);
	free(rows);
	for (i = 0; i < ARRAY_LEN(by); i++) {
		keys(&s, "s");
		CHECK_EQ(s.tui.sort, by[i]);
		rows = tui_contexts(&s.tui, &s.data, &nr);
		CHECK(rows[0].sum.reserved >= rows[nr - 1].sum.reserved);
		free(rows);
	}
	keys(&s, "r");
	rows = tui_contexts(&s.tui, &s.data, &nr);
	CHECK(rows[0].context->vcm != 1);
	free(rows);
	stage_end(&s);
}

/* The selection is a number: it stays on its context when others go. */
static void test_selection(void)
{
	struct stage s;

	stage_begin(&s);
	keys(&s, "jj");
	CHECK_EQ(s.tui.vcm, 3);
	table_remove(&s.model.context, 1, 0);
	keys(&s, "k");
	CHECK_EQ(s.tui.vcm, 2);
	table_remove(&s.model.context, 2, 0);
	keys(&s, "G");
	CHECK_EQ(s.tui.vcm, 3);
	table_remove(&s.model.context, 3, 0);
	keys(&s, "jk\n\n\033");	/* nothing there is nothing to crash on */
	stage_end(&s);
}

/* Any keys in any order at any size: nothing is drawn outside, nothing breaks. */
static void test_random_keys(void)
{
	static const int all[] = { TUI_UP, TUI_DOWN, TUI_PAGE_UP, TUI_PAGE_DOWN, TUI_HOME,
				   TUI_BOTTOM, TUI_BACK, TUI_ENTER, TUI_ERASE, '\t', '/', '?', 's',
				   'r', ' ', '+', '-', 'q', '=', '1', 'a', 0x20ac };
	uint64_t random = tap_seed();
	struct stage s;
	int i;

	stage_begin(&s);
	for (i = 0; i < 3000; i++) {
		struct grid g;

		tui_key(&s.tui, &s.data, all[tap_random(&random) % ARRAY_LEN(all)]);
		grid_init(&g, (unsigned int)(tap_random(&random) % 40),
			  (unsigned int)(tap_random(&random) % 100), tap_random(&random) % 2);
		tui_draw(&s.tui, &g, &s.data);
		grid_fini(&g);
	}
	stage_end(&s);
}

static void draw_map(const struct model *m, const struct map_look *look, const char *name)
{
	FILE *out = golden_begin();

	out_map(out, m, look);
	fclose(out);
	golden_compare(name);
	CHECK(golden_widest() < 80 || !look->ascii);
}

static void test_map(void)
{
	const struct map_look look = { .last = UINT64_MAX, .lines = 8, .ascii = true };
	struct map_look zoom = look, wide = look;
	struct model m;

	golden_scene(&m);
	freed_add(&m.freed, &(struct freed){ .vcm = 1, .start = 0x104000, .len = 0x2000 });
	draw_map(&m, &look, "map.txt");
	zoom.first = 0x110000;
	zoom.last = 0x12ffff;
	draw_map(&m, &zoom, "map-zoom.txt");
	wide.shift = 16;
	wide.ascii = false;
	draw_map(&m, &wide, "map-64k.txt");
	model_fini(&m);
}

/* Oracle: every byte that is taken is in a cell of its own place, and the sums agree. */
static void check_cells(const struct model *m, const struct addrmap *a, uint32_t vcm)
{
	uint64_t taken = 0, in_cells = 0;
	size_t i;

	for (i = 0; i < m->res.nr; i++) {
		const struct vcm_snap_res *r = table_row(&m->res, i);

		if (r->vcm == vcm && !(r->rflags & VCM_RESERVE_BOUND))
			taken += r->len;
	}
	for (i = 0; i < a->nr; i++) {
		CHECK(a->cell[i].first <= a->cell[i].last);
		if (i)
			CHECK_EQ(a->cell[i].first, a->cell[i - 1].last + 1);
		CHECK(a->cell[i].state != ADDRMAP_BREAK || !a->cell[i].taken);
		in_cells += a->cell[i].taken;
	}
	CHECK_EQ(in_cells, taken);
}

static void test_map_random(void)
{
	uint64_t random = tap_seed();
	int round;

	for (round = 0; round < 300; round++) {
		struct addrmap_want want = { .vcm = 1, .last = UINT64_MAX,
					     .cells = 3 + tap_random(&random) % 200 };
		struct vcm_snap_context c = { .vcm = 1, .start = 0, .last = UINT64_MAX };
		uint64_t at = 0, id;
		struct addrmap a;
		struct model m;

		model_init(&m);
		model_add_record(&m, VCM_SNAP_CONTEXT, &c);
		for (id = 1; id < 100; id++) {
			struct vcm_snap_res r = { .res = id, .vcm = 1, .refs = 1 };

			at += (tap_random(&random) >> (8 + tap_random(&random) % 50)) & ~0xfffull;
			r.start = at;
			r.len = 0x1000 << tap_random(&random) % 10;
			if (at + r.len < at)
				break;
			at += r.len;
			model_add_record(&m, VCM_SNAP_RES, &r);
		}
		CHECK(addrmap_build(&a, &m, &want));
		CHECK(a.nr <= want.cells);
		check_cells(&m, &a, 1);
		addrmap_fini(&a);
		model_fini(&m);
	}
}

/* Of a sub-window only what is taken inside it counts, or cells would be fuller than full. */
static void test_map_windows(void)
{
	struct addrmap_want want = { .vcm = 1, .last = UINT64_MAX, .cells = 200 };
	struct addrmap a;
	struct model m;

	golden_scene(&m);
	CHECK(addrmap_build(&a, &m, &want));
	CHECK_EQ(a.shift, 12);
	check_cells(&m, &a, 1);
	addrmap_fini(&a);
	model_fini(&m);
}

/* One byte at each end of 64 bits, and a whole space taken. */
static void test_map_edges(void)
{
	static const struct vcm_snap_res ends[] = {
		{ .res = 1, .vcm = 1, .start = 0, .len = 0x1000 },
		{ .res = 2, .vcm = 1, .start = 0xfffffffffffff000ull, .len = 0x1000 },
	};
	const struct vcm_snap_res whole = { .res = 1, .vcm = 1, .start = 0x1000,
					    .len = -0x1000ull };
	struct addrmap_want want = { .vcm = 1, .last = UINT64_MAX, .cells = 3 };
	struct vcm_snap_context c = { .vcm = 1, .last = UINT64_MAX };
	struct addrmap a;
	struct model m;

	model_init(&m);
	CHECK(!addrmap_build(&a, &m, &want));
	model_add_record(&m, VCM_SNAP_CONTEXT, &c);
	CHECK(addrmap_build(&a, &m, &want));
	CHECK_EQ(a.nr, 1);
	CHECK_EQ(a.cell[0].state, ADDRMAP_BREAK);
	addrmap_fini(&a);
	model_add_record(&m, VCM_SNAP_RES, &ends[0]);
	model_add_record(&m, VCM_SNAP_RES, &ends[1]);
	CHECK(addrmap_build(&a, &m, &want));
	CHECK_EQ(a.nr, 3);
	CHECK_EQ(a.shift, 12);
	CHECK_EQ(a.cell[2].last, UINT64_MAX);
	check_cells(&m, &a, 1);
	addrmap_fini(&a);
	table_remove(&m.res, 1, 1);
	table_remove(&m.res, 1, 2);
	model_add_record(&m, VCM_SNAP_RES, &whole);
	CHECK(addrmap_build(&a, &m, &want));
	CHECK(a.nr <= 3);
	check_cells(&m, &a, 1);
	addrmap_fini(&a);
	model_fini(&m);
}

/* Whole, or with a ~ in the last column; blanks behind the edge are nothing that is missing. */
static void test_cut(void)
{
	unsigned int cols, last;
	struct grid g;

	for (cols = 1; cols < 12; cols++) {
		grid_init(&g, 1, cols, true);
		last = cols - 1;
		CHECK_EQ(grid_text(&g, 0, 0, GRID_PLAIN, "len 4096  "), 10);
		CHECK_EQ(g.cell[last].ch, cols < 8 ? '~' : cols == 8 ? '6' : ' ');
		grid_fini(&g);
	}
}

static const struct tap_test tests[] = {
	TAP_TEST(test_sizes, "top looks as expected at 80x24, 40x10 and 200x60"),
	TAP_TEST(test_ascii, "without UTF-8 nothing but ASCII is drawn"),
	TAP_TEST(test_styles, "what is coloured is as expected"),
	TAP_TEST(test_cut, "what is cut at the edge of the screen ends with a ~"),
	TAP_TEST(test_views, "drilling down, zoom, panes and help are as expected"),
	TAP_TEST(test_loss_shows, "a loss shows at every size"),
	TAP_TEST(test_filter_line, "a filter is typed, shown, refused and given up"),
	TAP_TEST(test_sort, "contexts are sorted by every column and back"),
	TAP_TEST(test_selection, "what is selected stays when others go"),
	TAP_TEST(test_random_keys, "random keys at random sizes do no harm"),
	TAP_TEST(test_map, "the drawn address space is as expected"),
	TAP_TEST(test_map_random, "cells hold every byte that is taken, in order, and fit"),
	TAP_TEST(test_map_windows, "of a sub-window only what is taken in it counts"),
	TAP_TEST(test_map_edges, "the ends of 64 bits are cells like others"),
};

int main(void)
{
	int ret = tap_main("tui", tests, ARRAY_LEN(tests));

	golden_end();
	return ret;
}
