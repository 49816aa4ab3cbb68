// SPDX-License-Identifier: GPL-2.0-only
/* out_none.c - a sink for commands that want the model only. */
#include <stdlib.h>

#include "sink.h"

static void none_header(struct sink *s, const struct header *h)
{
	(void)s;
	(void)h;
}

static void none_state(struct sink *s, const struct model *m, bool resync)
{
	(void)s;
	(void)m;
	(void)resync;
}

static void none_name(struct sink *s, unsigned int type, const void *row)
{
	(void)s;
	(void)type;
	(void)row;
}

static void none_event(struct sink *s, const struct vcm_event *ev)
{
	(void)s;
	(void)ev;
}

static void none_fault(struct sink *s, const struct vcm_fault *fault)
{
	(void)s;
	(void)fault;
}

static void none_gap(struct sink *s, const struct model_gap *gap)
{
	(void)s;
	(void)gap;
}

static void none_dropped(struct sink *s, uint64_t nr)
{
	(void)s;
	(void)nr;
}

static void none_tick(struct sink *s, uint64_t ts_ns, const struct totals *t)
{
	(void)s;
	(void)ts_ns;
	(void)t;
}

static void none_end(struct sink *s, const struct totals *t, const char *cause)
{
	(void)s;
	(void)t;
	(void)cause;
}

static void none_close(struct sink *s)
{
	free(s);
}

static const struct sink_ops out_none_ops = {
	.header = none_header,
	.state = none_state,
	.name = none_name,
	.event = none_event,
	.fault = none_fault,
	.gap = none_gap,
	.dropped = none_dropped,
	.tick = none_tick,
	.end = none_end,
	.close = none_close,
};

struct sink *out_none_new(void)
{
	struct sink *s = xcalloc(1, sizeof(*s));

	s->ops = &out_none_ops;
	return s;
}
