// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_svg.c - a picture of the state: one lane a context, one box a reservation, the memory below
 * with a line to each binding, a mark for each fault seen.
 *
 * One file that needs nothing: no script, no font, no network.  Colour never says alone what a
 * letter or a line does not say too.  The same state gives the same bytes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "faultfmt.h"
#include "sink.h"
#include "svg_space.h"

#define WIDTH		960.0
#define MARGIN		16.0
#define LANE		104.0	/* height of a context */
#define BOX_TOP		40.0	/* in its lane */
#define BOX		34.0
#define TOP		64.0	/* above the first lane */
#define MEMORY		64.0
#define FAULTS_MAX	64
#define CHAR		6.3	/* width of a character */

struct svg_fault {
	uint32_t vcm;		/* 0: not known, marked in every lane */
	uint64_t iova;
	uint8_t access;		/* enum vcm_fault_access */
};

struct out_svg {
	struct sink sink;
	struct svg_fault fault[FAULTS_MAX];
	unsigned int nr_fault;
	uint64_t faults;
};

static const char style[] =
	"text{font:11px ui-monospace,Menlo,Consolas,monospace;fill:#24292f}"
	".h{font-weight:bold;font-size:13px}.d{fill:#57606a}"
	".lane{fill:#f6f8fa;stroke:#d0d7de}"
	".reserved{fill:#fff;stroke:#57606a;stroke-dasharray:4 2}"
	".bound{fill:#b6d4f2;stroke:#0550ae}.active{fill:#2f8f5b;stroke:#1a5c39}"
	".mem{fill:#f3e3b3;stroke:#8a6d1a}.line{fill:none;stroke:#8a6d1a;stroke-opacity:.55}"
	".fault{fill:#cf222e}.t{fill:#fff}.tf{fill:#cf222e}"
	"rect:hover{stroke-width:3}"
	"@media(prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}"
	".d{fill:#8b949e}.lane{fill:#161b22;stroke:#30363d}.reserved{fill:#0d1117;stroke:#8b949e}"
	".bound{fill:#1f4b7a;stroke:#79b8ff}.mem{fill:#4d3f14;stroke:#d9b84a}"
	".line{stroke:#d9b84a}.tf{fill:#ff7b72}}";

/* Text that others chose, as XML has it. */
static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '"')
			fputs("&quot;", out);
		else
			fputc(*text, out);
	}
}

static void text_at(FILE *out, double x, double y, const char *class, const char *text)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
	put_text(out, text);
	fputs("</text>\n", out);
}

static const char *cell_state(const struct svg_cell *c)
{
	return c->active ? "active" : c->bound ? "bound" : "reserved";
}

static void cell_title(FILE *out, const struct svg_cell *c)
{
	const struct vcm_snap_res *r = c->first;
	char size[16], prot[4];

	if (c->nr > 1) {
		fprintf(out, "<title>%u reservations, %u bound, %u active\n%016" PRIx64 "-%016"
			PRIx64 "</title>", c->nr, c->bound, c->active, c->start, c->last);
		return;
	}
	fprintf(out, "<title>reservation %" PRIu64 ": %s\n%016" PRIx64 "-%016" PRIx64 " (%s)\n"
		"references %u", (uint64_t)r->res, model_res_state(r), c->start, c->last,
		size_text(size, r->len), r->refs);
	if (r->phys)
		fprintf(out, "\nmemory %" PRIu64 " at 0x%" PRIx64 ", %s, %s, in %u domains",
			(uint64_t)r->phys, (uint64_t)r->off, size_text(size, r->bound_len),
			prot_text(prot, r->prot), r->mapped);
	fputs("</title>", out);
}

/* The part of a box that memory is behind. */
static double cell_share(const struct svg_cell *c)
{
	const struct vcm_snap_res *r = c->first;

	return c->nr == 1 && r->phys && r->bound_len < r->len ?
	       (double)r->bound_len / (double)r->len : 1;
}

/* Text in the part of a box that has room for it, if any has. */
static void label_at(FILE *out, const struct svg_cell *c, double y, const char *text)
{
	double filled = c->width * cell_share(c), need = (double)strlen(text) * CHAR + 6;

	if (filled > need)
		text_at(out, c->x + 4, y, c->active ? "t" : "", text);
	else if (c->width - filled > need)
		text_at(out, c->x + filled + 4, y, "", text);
}

static void cell_label(FILE *out, const struct svg_cell *c, double y)
{
	const struct vcm_snap_res *r = c->first;
	char text[32], size[16], prot[4];

	if (c->nr > 1) {
		snprintf(text, sizeof(text), "%u x", c->nr);
		label_at(out, c, y + 14, text);
		return;
	}
	label_at(out, c, y + 14, size_text(text, r->len));
	if (!r->phys)
		return;
	snprintf(text, sizeof(text), "%s %s", prot_text(prot, r->prot),
		 r->bound_len < r->len ? size_text(size, r->bound_len) : "");
	label_at(out, c, y + 28, text);
}

static void draw_cell(FILE *out, const struct svg_cell *c, double y)
{
	double share = cell_share(c);

	fputs("<g>", out);
	cell_title(out, c);
	if (c->break_before)
		fprintf(out, "<path d=\"M%.1f %.1fl3 -6 3 12 3 -6\" class=\"line\"/>", c->x - 12,
			y + BOX / 2);
	if (share < 1)
		fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
			"class=\"reserved\"/>", c->x, y, c->width, BOX);
	fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s\" "
		"stroke-width=\"%u\"/>\n", c->x, y, c->width * share, BOX, cell_state(c),
		c->refs > 3 ? 3 : c->refs ? c->refs : 1);
	cell_label(out, c, y);
	fputs("</g>\n", out);
}

/* First addresses below the boxes, where there is room for them. */
static void draw_axis(FILE *out, const struct svg_space *s, double y)
{
	double free_from = 0;
	char text[24];
	size_t i;

	for (i = 0; i < s->nr; i++) {
		const struct svg_cell *c = &s->cell[i];

		if (c->x < free_from)
			continue;
		snprintf(text, sizeof(text), "%" PRIx64, c->start);
		text_at(out, c->x, y + BOX + 16, "d", text);
		free_from = c->x + (double)strlen(text) * CHAR + 8;
	}
}

static void draw_faults(const struct out_svg *o, const struct svg_space *s, uint32_t vcm, double y)
{
	unsigned int i;
	double x;

	for (i = 0; i < o->nr_fault; i++) {
		const struct svg_fault *f = &o->fault[i];

		if ((f->vcm && f->vcm != vcm) || !s->nr)
			continue;
		if (!svg_space_at(s, f->iova, &x) && !f->vcm)
			continue;
		fprintf(o->sink.out, "<g><title>fault: %s of 0x%" PRIx64 "</title>"
			"<path d=\"M%.1f %.1fl-5 -9h10z\" class=\"fault\"/></g>\n",
			fault_access_text(f->access), f->iova, x, y - 1);
	}
}

static void devices_text(char *buf, size_t len, const struct model *m, uint32_t vcm)
{
	size_t nr, i, at = 0;
	const void **rows = model_sorted(m, VCM_SNAP_ASSOC, &nr);

	buf[0] = '\0';
	for (i = 0; i < nr && at < len; i++) {
		const struct vcm_snap_assoc *a = rows[i];
		const struct vcm_snap_device *d = table_find(&m->device, a->dev, 0);
		char name[VCM_DEVICE_NAME_LEN] = "unknown";

		if (a->vcm != vcm)
			continue;
		if (d)
			name_text(name, sizeof(name), d->name, sizeof(d->name));
		at += (size_t)snprintf(buf + at, len - at, "%s%s%s", at ? ", " : "; ", name,
				       a->active ? " (active)" : "");
	}
	free(rows);
}

/* A place of each binding, for its line to the memory. */
static void draw_lines(FILE *out, const struct svg_space *s, const struct model *m, double y,
		       double below)
{
	size_t nr, i, at;
	const void **phys = model_sorted(m, VCM_SNAP_PHYS, &nr);

	for (i = 0; i < s->nr; i++) {
		const struct svg_cell *c = &s->cell[i];
		double x = c->x + c->width * cell_share(c) / 2, to;

		for (at = 0; at < nr && c->nr == 1 && c->first->phys; at++) {
			if (((const struct vcm_snap_phys *)phys[at])->phys != c->first->phys)
				continue;
			to = MARGIN + 10 + (WIDTH - 2 * MARGIN - 20) *
			     ((double)at + 0.5) / (double)nr;
			fprintf(out, "<path d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f\" "
				"class=\"line\"/>\n", x, y + BOX, x, y + BOX + 50, to, below - 50,
				to, below);
		}
	}
	free(phys);
}

static double lane_y(size_t nr)
{
	return TOP + (double)nr * LANE;
}

static void draw_lane(const struct out_svg *o, const struct vcm_snap_context *c,
		      const struct model_sum *sum, double y)
{
	FILE *out = o->sink.out;
	char text[512], devices[256], size[16];

	devices_text(devices, sizeof(devices), o->sink.model, c->vcm);
	fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"6\" "
		"class=\"lane\"/>\n", MARGIN, y, WIDTH - 2 * MARGIN, LANE - 8);
	snprintf(text, sizeof(text), "context %u", c->vcm);
	text_at(out, MARGIN + 8, y + 18, "h", text);
	snprintf(text, sizeof(text), "%s, %" PRIu64 " reservations, %s reserved%s",
		 schema_enum_text(SCHEMA_driver, c->driver), sum->reservations,
		 size_text(size, sum->reserved), devices);
	text_at(out, MARGIN + 100, y + 18, "d", text);
}

static void draw_context(const struct out_svg *o, const struct svg_space *space, uint32_t vcm,
			 double y)
{
	size_t i;

	for (i = 0; i < space->nr; i++)
		draw_cell(o->sink.out, &space->cell[i], y + BOX_TOP);
	draw_axis(o->sink.out, space, y + BOX_TOP);
	draw_faults(o, space, vcm, y + BOX_TOP);
}

/* Lanes, on them the lines to the memory, on those the boxes. */
static void draw_contexts(const struct out_svg *o, const void **rows, size_t nr, double memory)
{
	struct model_sum *sums = model_sums(o->sink.model);
	struct svg_space *space = xcalloc(nr + 1, sizeof(*space));
	const struct vcm_snap_context *c;
	size_t i;

	for (i = 0; i < nr; i++) {
		c = rows[i];
		draw_lane(o, c, &sums[i], lane_y(i));
		svg_space_lay(&space[i], o->sink.model, c->vcm, MARGIN, WIDTH - 2 * MARGIN - 8);
	}
	for (i = 0; i < nr; i++)
		draw_lines(o->sink.out, &space[i], o->sink.model, lane_y(i) + BOX_TOP, memory);
	for (i = 0; i < nr; i++) {
		c = rows[i];
		draw_context(o, &space[i], c->vcm, lane_y(i));
		svg_space_fini(&space[i]);
	}
	free(space);
	free(sums);
}

static void draw_memory(FILE *out, const struct model *m, double y)
{
	size_t nr, i;
	const void **rows = model_sorted(m, VCM_SNAP_PHYS, &nr);
	double step = (WIDTH - 2 * MARGIN - 20) / (double)(nr ? nr : 1);
	double width = step - 8 > 110 ? 110 : step > 10 ? step - 8 : step * 0.8;

	text_at(out, MARGIN + 8, y + BOX + 18, "h", nr ? "physical memory" : "no physical memory");
	for (i = 0; i < nr; i++) {
		const struct vcm_snap_phys *p = rows[i];
		double x = MARGIN + 10 + step * ((double)i + 0.5) - width / 2;
		char text[64], size[16];

		snprintf(text, sizeof(text), "%" PRIu64 ": %s", (uint64_t)p->phys,
			 size_text(size, p->len));
		fprintf(out, "<g><title>memory %s, %s, %u chunks, references %u, bindings %" PRIu64
			"</title><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
			"class=\"mem\"/>", text, schema_enum_text(SCHEMA_source, p->source),
			p->chunks, p->refs, model_bindings_of(m, p->phys), x, y, width, BOX);
		if (width > (double)strlen(text) * CHAR + 6)
			text_at(out, x + 4, y + 14, "", text);
		if (width > (double)strlen(schema_enum_text(SCHEMA_source, p->source)) * CHAR + 6)
			text_at(out, x + 4, y + 28, "d",
				schema_enum_text(SCHEMA_source, p->source));
		fputs("</g>\n", out);
	}
	free(rows);
}

static void draw_legend(const struct out_svg *o)
{
	static const char *const names[] = { "reserved", "bound", "active" };
	FILE *out = o->sink.out;
	char text[64];
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		fprintf(out, "<rect x=\"%.1f\" y=\"39\" width=\"14\" height=\"12\" class=\"%s\"/>",
			MARGIN + i * 90, names[i]);
		text_at(out, MARGIN + 20 + i * 90, 49, "", names[i]);
	}
	fprintf(out, "<path d=\"M%.1f 40h10l-5 9z\" class=\"fault\"/>", MARGIN + 270);
	snprintf(text, sizeof(text), "fault (%" PRIu64 ")", o->faults);
	text_at(out, MARGIN + 286, 49, "", text);
	text_at(out, MARGIN + 390, 49, "d",
		"widths are logarithmic, free ranges are breaks, borders are references");
}

static void svg_end(struct sink *s, const struct totals *t, const char *cause)
{
	const struct out_svg *o = (const struct out_svg *)s;
	struct model_sum all;
	size_t nr;
	const void **rows = model_sorted(s->model, VCM_SNAP_CONTEXT, &nr);
	double memory = TOP + (double)nr * LANE + 24;
	char text[160], reserved[16], bound[16], active[16];

	(void)t;
	(void)cause;
	model_total(s->model, &all);
	fprintf(s->out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
		"width=\"%.0f\" height=\"%.0f\" role=\"img\">\n<style>%s</style>\n", WIDTH,
		memory + MEMORY, WIDTH, memory + MEMORY, style);
	snprintf(text, sizeof(text), "contexts %" PRIu64 ", reservations %" PRIu64 ": %s reserved, "
		 "%s bound, %s active", all.contexts, all.reservations,
		 size_text(reserved, all.reserved), size_text(bound, all.bound),
		 size_text(active, all.mapped));
	text_at(s->out, MARGIN, 24, "h", text);
	draw_legend(o);
	draw_contexts(o, rows, nr, memory);
	draw_memory(s->out, s->model, memory);
	fputs("</svg>\n", s->out);
	fflush(s->out);
	free(rows);
}

static void add_fault(struct sink *s, struct svg_fault fault)
{
	struct out_svg *o = (struct out_svg *)s;

	o->faults++;
	if (o->nr_fault < FAULTS_MAX)
		o->fault[o->nr_fault++] = fault;
}

static void svg_event(struct sink *s, const struct vcm_event *ev)
{
	enum { VCM_EV_fault(AT) };

	if (ev->type == VCM_EVENT_fault)
		add_fault(s, (struct svg_fault){ ev->vcm, ev->arg[at_iova],
						 ev->arg[at_access] == VCM_ACCESS_WRITE ?
						 VCM_FAULT_WRITE : VCM_FAULT_READ });
}

static void svg_fault(struct sink *s, const struct vcm_fault *fault)
{
	add_fault(s, (struct svg_fault){ 0, fault->iova, fault->access });
}

static const struct sink_ops out_svg_ops = {
	.header = sink_no_header,
	.state = sink_no_state,
	.name = sink_no_name,
	.event = svg_event,
	.fault = svg_fault,
	.gap = sink_no_gap,
	.dropped = sink_no_dropped,
	.tick = sink_no_tick,
	.end = svg_end,
	.close = sink_no_close,
};

struct sink *out_svg_new(FILE *out)
{
	struct out_svg *o = xcalloc(1, sizeof(*o));

	o->sink.ops = &out_svg_ops;
	o->sink.out = out;
	return &o->sink;
}
