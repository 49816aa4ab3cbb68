// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_text.c - the stream for people: one line an event, comments begin with '#'.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sink.h"

const char *prot_text(char *buf, uint32_t prot)
{
	snprintf(buf, 4, "%c%c", prot & VCM_PROT_READ ? 'r' : '-',
		 prot & VCM_PROT_WRITE ? 'w' : '-');
	return buf;
}

struct out_text {
	struct sink sink;
	bool wide;
};

static void text_header(struct sink *s, const struct header *h)
{
	fprintf(s->out, "# vcmstat %s on %s, events by %s, faults by %s\n", h->version, h->kernel,
		h->source, h->faults);
	if (h->filter && *h->filter)
		fprintf(s->out, "# only %s\n", h->filter);
}

static void text_state(struct sink *s, const struct model *m, bool resync)
{
	fprintf(s->out, "# %s\n", resync ? "state after the loss:" : "state at the start:");
	out_list(s->out, m);
	fputs("# ready\n", s->out);
	out_event_head(s->out, ((struct out_text *)s)->wide);
	fflush(s->out);
}

static void text_name(struct sink *s, unsigned int type, const void *row)
{
	const struct vcm_snap_holder *holder = row;
	const struct vcm_snap_device *dev = row;
	char name[VCM_DEVICE_NAME_LEN];

	if (type == VCM_SNAP_HOLDER)
		fprintf(s->out, "# holder %u is %s\n", holder->holder,
			name_text(name, sizeof(name), holder->name, sizeof(holder->name)));
	else
		fprintf(s->out, "# device %u is %s\n", dev->dev,
			name_text(name, sizeof(name), dev->name, sizeof(dev->name)));
	fflush(s->out);
}

static void text_event(struct sink *s, const struct vcm_event *ev)
{
	if (((struct out_text *)s)->wide)
		out_event(s->out, ev);
	else
		out_event_narrow(s->out, s->model, ev);
	fflush(s->out);
}

static void text_fault(struct sink *s, const struct vcm_fault *fault)
{
	if (((struct out_text *)s)->wide)
		out_fault(s->out, fault);
	else
		out_fault_narrow(s->out, fault);
	fflush(s->out);
}

static void text_gap(struct sink *s, const struct model_gap *gap)
{
	fprintf(s->out, "# LOST %" PRIu64 " events of stream %u: %" PRIu64 " to %" PRIu64 "\n",
		gap->got - gap->expected, gap->stream, gap->expected, gap->got - 1);
	fflush(s->out);
}

static void text_dropped(struct sink *s, uint64_t nr)
{
	fprintf(s->out, "# LOST %" PRIu64
		" events: no room for them, or no word of their context\n", nr);
	fflush(s->out);
}

static void text_totals(FILE *out, const struct totals *t)
{
	fprintf(out, "%" PRIu64 " events, %" PRIu64 " lost, %" PRIu64 " faults", t->events,
		totals_lost(t), t->faults);
	if (t->fault_dropped)
		fprintf(out, ", %" PRIu64 " faults lost", t->fault_dropped);
	if (t->fault_overflow)
		fprintf(out, ", IOMMU overran %" PRIu64 " times", t->fault_overflow);
}

static void text_tick(struct sink *s, uint64_t ts_ns, const struct totals *t)
{
	fprintf(s->out, "# %.6f: ", (double)ts_ns / 1e9);
	text_totals(s->out, t);
	fputc('\n', s->out);
	fflush(s->out);
}

static void text_end(struct sink *s, const struct totals *t, const char *cause)
{
	fputs("# end: ", s->out);
	text_totals(s->out, t);
	fprintf(s->out, " (%s)\n", cause);
	fflush(s->out);
}

static void text_close(struct sink *s)
{
	free(s);
}

static const struct sink_ops out_text_ops = {
	.header = text_header,
	.state = text_state,
	.name = text_name,
	.event = text_event,
	.fault = text_fault,
	.gap = text_gap,
	.dropped = text_dropped,
	.tick = text_tick,
	.end = text_end,
	.close = text_close,
};

struct sink *out_text_new(FILE *out)
{
	struct out_text *o = xcalloc(1, sizeof(*o));

	o->sink.ops = &out_text_ops;
	o->sink.out = out;
	return &o->sink;
}

struct sink *out_wide_new(FILE *out)
{
	struct sink *s = out_text_new(out);

	((struct out_text *)s)->wide = true;
	return s;
}
