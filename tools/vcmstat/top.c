// SPDX-License-Identifier: GPL-2.0-only
/* top.c - see top.h.  The text fits 80 columns. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "top.h"

static struct top *of(struct sink *s)
{
	return (struct top *)s;
}

static struct top_recent *recent_slot(struct top *top, bool is_fault)
{
	struct top_recent *slot = &top->recent[top->nr_recent++ % TOP_RECENT];

	slot->is_fault = is_fault;
	return slot;
}

static void top_header(struct sink *s, const struct header *h)
{
	of(s)->header = *h;
}

/* Events of each context by the numbers of its streams; a new one has had all of them just now. */
static void count_contexts(struct top *top, const struct model *m)
{
	size_t i;

	for (i = 0; i < top->contexts.nr; i++)
		((struct top_context *)table_row(&top->contexts, i))->events = 0;
	for (i = 0; i < m->stream.nr; i++) {
		const struct vcm_snap_stream *stream = table_row(&m->stream, i);
		struct top_context *c;

		if (!stream->vcm)
			continue;
		c = table_add(&top->contexts, stream->vcm, 0);
		c->events += stream->seq;
		if (!top->counted)
			c->events_before = c->events;
	}
}

/* A source without events: the module has counted them. */
static void top_state(struct sink *s, const struct model *m, bool resync)
{
	struct top *top = of(s);
	size_t i;

	(void)resync;
	if (!top->header.source || strcmp(top->header.source, "snapshot"))
		return;
	memset(top->ops, 0, sizeof(top->ops));
	for (i = 0; i < m->count.nr; i++) {
		const struct vcm_snap_count *count = table_row(&m->count, i);

		if (count->event < VCM_EVENT_END)
			top->ops[count->event] += count->count;
	}
	count_contexts(top, m);
	if (!top->counted)
		memcpy(top->ops_before, top->ops, sizeof(top->ops));
	top->counted = true;
}

static void top_name(struct sink *s, unsigned int type, const void *row)
{
	(void)s;
	(void)type;
	(void)row;
}

static void top_event(struct sink *s, const struct vcm_event *ev)
{
	struct top *top = of(s);
	struct top_context *c;

	recent_slot(top, false)->event = *ev;
	if (ev->type < VCM_EVENT_END)
		top->ops[ev->type]++;
	if (ev->type == VCM_EVENT_destroy) {
		table_remove(&top->contexts, ev->vcm, 0);
		return;
	}
	c = table_add(&top->contexts, ev->vcm, 0);
	c->events++;
	c->errors += ev->type == VCM_EVENT_error;
}

static void top_fault(struct sink *s, const struct vcm_fault *fault)
{
	recent_slot(of(s), true)->fault = *fault;
}

static void top_gap(struct sink *s, const struct model_gap *gap)
{
	(void)s;
	(void)gap;
}

static void top_dropped(struct sink *s, uint64_t nr)
{
	(void)s;
	(void)nr;
}

static void top_tick(struct sink *s, uint64_t ts_ns, const struct totals *t)
{
	(void)s;
	(void)ts_ns;
	(void)t;
}

static void top_end(struct sink *s, const struct totals *t, const char *cause)
{
	(void)s;
	(void)t;
	(void)cause;
}

static void top_close(struct sink *s)
{
	top_fini(of(s));
}

static const struct sink_ops top_ops = {
	.header = top_header,
	.state = top_state,
	.name = top_name,
	.event = top_event,
	.fault = top_fault,
	.gap = top_gap,
	.dropped = top_dropped,
	.tick = top_tick,
	.end = top_end,
	.close = top_close,
};

void top_init(struct top *top, uint64_t now)
{
	memset(top, 0, sizeof(*top));
	top->sink.ops = &top_ops;
	top->ts_ns = now;
	top->started_ns = now;
	table_init(&top->contexts, sizeof(struct top_context));
}

void top_fini(struct top *top)
{
	table_fini(&top->contexts);
}

void top_begin(struct top *top, uint64_t now)
{
	top->ts_ns = now;
	top->started_ns = now;
}

void top_mark(struct top *top, uint64_t now)
{
	top->seconds = (double)(now - top->ts_ns) / 1e9;
	top->ts_ns = now;
	top->rates[top->nr_rates++ % TOP_RATES] = top_rate_all(top);
}

void top_unmark(struct top *top)
{
	size_t i;

	memcpy(top->ops_before, top->ops, sizeof(top->ops));
	for (i = 0; i < top->contexts.nr; i++) {
		struct top_context *c = table_row(&top->contexts, i);

		c->events_before = c->events;
	}
}

static double rate(const struct top *top, uint64_t now, uint64_t before)
{
	return top->seconds > 0 && now > before ? (double)(now - before) / top->seconds : 0;
}

double top_context_rate(const struct top *top, uint32_t vcm)
{
	const struct top_context *c = table_find(&top->contexts, vcm, 0);

	return c ? rate(top, c->events, c->events_before) : 0;
}

double top_rate(const struct top *top, enum vcm_event_type type)
{
	return rate(top, top->ops[type], top->ops_before[type]);
}

double top_rate_all(const struct top *top)
{
	double sum = 0;
	unsigned int type;

	for (type = 0; type < VCM_EVENT_END; type++)
		sum += top_rate(top, type);
	return sum;
}

static void text_totals(FILE *out, const struct top *top, const struct model *m,
			const struct totals *t)
{
	char reserved[16], bound[16], mapped[16], memory[16];
	struct model_sum sum;

	model_total(m, &sum);
	fprintf(out, "vcmstat top  %s  source %s, faults %s  %.0fs\n", top->header.kernel,
		top->header.source, top->header.faults,
		(double)(top->ts_ns - top->started_ns) / 1e9);
	if (top->header.filter && *top->header.filter)
		fprintf(out, "only %s\n", top->header.filter);
	fprintf(out, "contexts %" PRIu64 "  reservations %" PRIu64 "  references %" PRIu64
		"  associations %" PRIu64 "  active %" PRIu64 "\n", sum.contexts,
		sum.reservations, sum.refs, sum.associations, sum.active);
	fprintf(out, "bytes reserved %s  bound %s  active %s  memory %s\n",
		size_text(reserved, sum.reserved), size_text(bound, sum.bound),
		size_text(mapped, sum.mapped), size_text(memory, sum.memory_bytes));
	fprintf(out, "events %" PRIu64 "  lost %" PRIu64 "  resyncs %" PRIu64 "  faults %" PRIu64
		"%s\n", t->events, totals_lost(t), t->resyncs,
		t->faults, m->conflicts ? "  EVENTS CONTRADICT THE STATE" : "");
}

static void text_rates(FILE *out, const struct top *top)
{
	fprintf(out, "per second: events %.1f  reserve %.1f/%.1f  bind %.1f/%.1f\n",
		top_rate_all(top),
		top_rate(top, VCM_EVENT_reserve), top_rate(top, VCM_EVENT_unreserve),
		top_rate(top, VCM_EVENT_bind), top_rate(top, VCM_EVENT_unbind));
	fprintf(out, "            map %.1f/%.1f  refs %.1f/%.1f  errors %.1f\n",
		top_rate(top, VCM_EVENT_map), top_rate(top, VCM_EVENT_unmap),
		top_rate(top, VCM_EVENT_ref), top_rate(top, VCM_EVENT_unref),
		top_rate(top, VCM_EVENT_error));
}

static void text_contexts(FILE *out, const struct top *top, const struct model *m)
{
	struct model_sum *sums = model_sums(m);
	size_t nr, i;
	const void **rows = model_sorted(m, VCM_SNAP_CONTEXT, &nr);

	fprintf(out, "%8s %-7s %5s %7s %8s %8s %8s %5s %5s %8s\n", "CONTEXT", "DRIVER", "REFS",
		"RESERV", "RESERVED", "BOUND", "ACTIVE", "DEVS", "RREFS", "EVENTS/S");
	for (i = 0; i < nr; i++) {
		const struct vcm_snap_context *c = rows[i];
		const char *driver = schema_enum(SCHEMA_driver, c->driver);
		char reserved[16], bound[16], mapped[16];

		fprintf(out, "%8u %-7s %5u %7" PRIu64 " %8s %8s %8s %2" PRIu64 "/%-2" PRIu64
			" %5" PRIu64 " %8.1f\n", c->vcm, driver ? driver : "?", c->refs,
			sums[i].reservations, size_text(reserved, sums[i].reserved),
			size_text(bound, sums[i].bound), size_text(mapped, sums[i].mapped),
			sums[i].active, sums[i].associations, sums[i].refs,
			top_context_rate(top, c->vcm));
	}
	free(rows);
	free(sums);
}

void top_text(FILE *out, const struct top *top, const struct model *m, const struct totals *t)
{
	text_totals(out, top, m, t);
	text_rates(out, top);
	fputc('\n', out);
	text_contexts(out, top, m);
	fputc('\n', out);
}

static void json_context(struct json *j, const struct top *top,
			 const struct vcm_snap_context *c, const struct model_sum *sum)
{
	const struct top_context *tc = table_find(&top->contexts, c->vcm, 0);

	json_begin(j, "top_context");
	json_u64(j, "ts_ns", top->ts_ns);
	json_u64(j, "vcm", c->vcm);
	json_u64(j, "refs", c->refs);
	json_u64(j, "reservations", sum->reservations);
	json_u64(j, "reserved_bytes", sum->reserved);
	json_u64(j, "bound_bytes", sum->bound);
	json_u64(j, "active_bytes", sum->mapped);
	json_u64(j, "references", sum->refs);
	json_u64(j, "associations", sum->associations);
	json_u64(j, "active", sum->active);
	json_real(j, "events_per_second", top_context_rate(top, c->vcm));
	json_u64(j, "errors", tc ? tc->errors : 0);
	json_end(j);
}

static void json_sums(struct json *j, const struct model *m)
{
	struct model_sum sum;

	model_total(m, &sum);
	json_u64(j, "contexts", sum.contexts);
	json_u64(j, "reservations", sum.reservations);
	json_u64(j, "reserved_bytes", sum.reserved);
	json_u64(j, "bound_bytes", sum.bound);
	json_u64(j, "active_bytes", sum.mapped);
	json_u64(j, "memory_bytes", sum.memory_bytes);
	json_u64(j, "references", sum.refs);
	json_u64(j, "associations", sum.associations);
	json_u64(j, "active", sum.active);
}

void top_json_totals(struct json *j, const struct top *top, const struct model *m,
		     const struct totals *t)
{
	json_begin(j, "top");
	json_u64(j, "ts_ns", top->ts_ns);
	json_real(j, "interval_seconds", top->seconds);
	json_sums(j, m);
	json_u64(j, "events", t->events);
	json_u64(j, "lost", totals_lost(t));
	json_u64(j, "resyncs", t->resyncs);
	json_u64(j, "faults", t->faults);
	json_real(j, "events_per_second", top_rate_all(top));
	json_real(j, "reserves_per_second", top_rate(top, VCM_EVENT_reserve));
	json_real(j, "binds_per_second", top_rate(top, VCM_EVENT_bind));
	json_real(j, "maps_per_second", top_rate(top, VCM_EVENT_map));
	json_real(j, "errors_per_second", top_rate(top, VCM_EVENT_error));
	json_end(j);
}

void top_json(struct json *j, const struct top *top, const struct model *m,
	      const struct totals *t)
{
	struct model_sum *sums = model_sums(m);
	size_t nr, i;
	const void **rows = model_sorted(m, VCM_SNAP_CONTEXT, &nr);

	top_json_totals(j, top, m, t);
	for (i = 0; i < nr; i++)
		json_context(j, top, rows[i], &sums[i]);
	free(rows);
	free(sums);
}
