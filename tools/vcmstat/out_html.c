// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_html.c - a report that replays the recording: one page, which has the NDJSON in it and the
 * program that shows it, and asks the network for nothing.
 *
 * The page is made of the files in report/, which the assembler takes in as they are.  NDJSON has
 * no '<' in it (see json.c), so nothing that it tells can end the element that it is in.
 */
#include <stdlib.h>

#include "sink.h"

#define INCLUDE_FILE(name, path)						\
	__asm__(".section .rodata\n"						\
		".global report_" #name "\n"					\
		"report_" #name ":\n.incbin \"" REPORT "/" path "\"\n.byte 0\n"	\
		".previous\n");							\
	extern const char report_##name[]

INCLUDE_FILE(head, "head.html");
INCLUDE_FILE(css, "report.css");
INCLUDE_FILE(body, "body.html");
INCLUDE_FILE(model, "model.js");
INCLUDE_FILE(view, "view.js");
INCLUDE_FILE(tail, "tail.html");

struct out_html {
	struct sink sink;
	struct sink *json;
	bool open;	/* the page has its beginning and not its end */
};

static struct sink *inner(struct sink *s)
{
	return ((struct out_html *)s)->json;
}

static void begin_page(struct out_html *o)
{
	fputs(report_head, o->sink.out);
	fputs(report_css, o->sink.out);
	fputs(report_body, o->sink.out);
	o->open = true;
}

static void end_page(struct out_html *o)
{
	if (!o->open)
		return;
	fputs("</script>\n<script>\n", o->sink.out);
	fputs(report_model, o->sink.out);
	fputs("</script>\n<script>\n", o->sink.out);
	fputs(report_view, o->sink.out);
	fputs(report_tail, o->sink.out);
	fflush(o->sink.out);
	o->open = false;
}

static void html_header(struct sink *s, const struct header *h)
{
	begin_page((struct out_html *)s);
	inner(s)->ops->header(inner(s), h);
}

static void html_state(struct sink *s, const struct model *m, bool resync)
{
	inner(s)->ops->state(inner(s), m, resync);
}

static void html_name(struct sink *s, unsigned int type, const void *row)
{
	inner(s)->ops->name(inner(s), type, row);
}

static void html_event(struct sink *s, const struct vcm_event *ev)
{
	inner(s)->ops->event(inner(s), ev);
}

static void html_fault(struct sink *s, const struct vcm_fault *fault)
{
	inner(s)->ops->fault(inner(s), fault);
}

static void html_gap(struct sink *s, const struct model_gap *gap)
{
	inner(s)->ops->gap(inner(s), gap);
}

static void html_dropped(struct sink *s, uint64_t nr)
{
	inner(s)->ops->dropped(inner(s), nr);
}

static void html_end(struct sink *s, const struct totals *t, const char *cause)
{
	inner(s)->ops->end(inner(s), t, cause);
	end_page((struct out_html *)s);
}

static void html_close(struct sink *s)
{
	end_page((struct out_html *)s);
	inner(s)->ops->close(inner(s));
	free(s);
}

static const struct sink_ops out_html_ops = {
	.header = html_header,
	.state = html_state,
	.name = html_name,
	.event = html_event,
	.fault = html_fault,
	.gap = html_gap,
	.dropped = html_dropped,
	.tick = sink_no_tick,
	.end = html_end,
	.close = html_close,
};

struct sink *out_html_new(FILE *out)
{
	struct out_html *o = xcalloc(1, sizeof(*o));

	o->sink.ops = &out_html_ops;
	o->sink.out = out;
	o->json = out_json_new(out);
	return &o->sink;
}
