// SPDX-License-Identifier: GPL-2.0-only
/* out_none.c - a sink for commands that want the model only, and what others do not care for. */
#include <stdlib.h>

#include "sink.h"

void sink_no_header(struct sink *s, const struct header *h)
{
	(void)s;
	(void)h;
}

void sink_no_state(struct sink *s, const struct model *m, bool resync)
{
	(void)s;
	(void)m;
	(void)resync;
}

void sink_no_name(struct sink *s, unsigned int type, const void *row)
{
	(void)s;
	(void)type;
	(void)row;
}

void sink_no_event(struct sink *s, const struct vcm_event *ev)
{
	(void)s;
	(void)ev;
}

void sink_no_fault(struct sink *s, const struct vcm_fault *fault)
{
	(void)s;
	(void)fault;
}

void sink_no_gap(struct sink *s, const struct model_gap *gap)
{
	(void)s;
	(void)gap;
}

void sink_no_dropped(struct sink *s, uint64_t nr)
{
	(void)s;
	(void)nr;
}

void sink_no_tick(struct sink *s, uint64_t ts_ns, const struct totals *t)
{
	(void)s;
	(void)ts_ns;
	(void)t;
}

void sink_no_end(struct sink *s, const struct totals *t, const char *cause)
{
	(void)s;
	(void)t;
	(void)cause;
}

void sink_no_close(struct sink *s)
{
	free(s);
}

static const struct sink_ops out_none_ops = {
	.header = sink_no_header,
	.state = sink_no_state,
	.name = sink_no_name,
	.event = sink_no_event,
	.fault = sink_no_fault,
	.gap = sink_no_gap,
	.dropped = sink_no_dropped,
	.tick = sink_no_tick,
	.end = sink_no_end,
	.close = sink_no_close,
};

struct sink *out_none_new(void)
{
	struct sink *s = xcalloc(1, sizeof(*s));

	s->ops = &out_none_ops;
	return s;
}
