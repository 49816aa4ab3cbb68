// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_filter.c - a sink before another that lets pass what a filter does.
 *
 * States become smaller models, events are told or not.  Losses, totals and names always pass:
 * what was lost might have been what was asked for.
 */
#include <stdlib.h>

#include "filter.h"
#include "sink.h"

struct out_filter {
	struct sink sink;
	const struct filter *filter;
	struct sink *to;
	const struct model *model;	/* of the last state; whoever follows keeps it true */
};

static struct out_filter *of(struct sink *s)
{
	return (struct out_filter *)s;
}

static void filter_header(struct sink *s, const struct header *h)
{
	of(s)->to->ops->header(of(s)->to, h);
}

static void filter_state(struct sink *s, const struct model *m, bool resync)
{
	struct model part;

	of(s)->model = m;
	of(s)->to->model = m;	/* has the names; what is drawn at the end is less, see there */
	filter_model(of(s)->filter, m, &part);
	of(s)->to->ops->state(of(s)->to, &part, resync);
	model_fini(&part);
}

static void filter_name(struct sink *s, unsigned int type, const void *row)
{
	of(s)->to->ops->name(of(s)->to, type, row);
}

static void filter_one_event(struct sink *s, const struct vcm_event *ev)
{
	if (of(s)->model && filter_event(of(s)->filter, of(s)->model, ev))
		of(s)->to->ops->event(of(s)->to, ev);
}

/* What the IOMMU itself tells has a device and an address, and no context. */
static void filter_fault(struct sink *s, const struct vcm_fault *fault)
{
	of(s)->to->ops->fault(of(s)->to, fault);
}

static void filter_gap(struct sink *s, const struct model_gap *gap)
{
	of(s)->to->ops->gap(of(s)->to, gap);
}

static void filter_dropped(struct sink *s, uint64_t nr)
{
	of(s)->to->ops->dropped(of(s)->to, nr);
}

static void filter_tick(struct sink *s, uint64_t ts_ns, const struct totals *t)
{
	of(s)->to->ops->tick(of(s)->to, ts_ns, t);
}

static void filter_end(struct sink *s, const struct totals *t, const char *cause)
{
	struct sink *to = of(s)->to;
	struct model part;

	model_init(&part);
	if (of(s)->model) {
		filter_model(of(s)->filter, of(s)->model, &part);
		to->model = &part;
	}
	to->ops->end(to, t, cause);
	to->model = of(s)->model;
	model_fini(&part);
}

static void filter_close(struct sink *s)
{
	of(s)->to->ops->close(of(s)->to);
	free(s);
}

/* Of an event that was not told it is of no use and does no harm. */
static void filter_past(struct sink *s, uint32_t stream, uint64_t seq, const struct past *past)
{
	sink_past(of(s)->to, stream, seq, past);
}

static void filter_symbol(struct sink *s, const struct ksym *sym)
{
	sink_symbol(of(s)->to, sym);
}

static const struct sink_ops filter_ops = {
	.header = filter_header,
	.state = filter_state,
	.name = filter_name,
	.event = filter_one_event,
	.fault = filter_fault,
	.gap = filter_gap,
	.dropped = filter_dropped,
	.tick = filter_tick,
	.end = filter_end,
	.close = filter_close,
	.past = filter_past,
	.symbol = filter_symbol,
};

struct sink *out_filter_new(struct sink *to, const struct filter *filter)
{
	struct out_filter *f;

	if (!filter_is_set(filter))
		return to;
	f = xcalloc(1, sizeof(*f));
	f->sink.ops = &filter_ops;
	f->sink.out = to->out;
	f->filter = filter;
	f->to = to;
	return &f->sink;
}
