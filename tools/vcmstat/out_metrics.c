// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_metrics.c - meters for Prometheus: the state as gauges, the counts of the kernel as counters.
 *
 * Two spellings of one list.  The text format, which node_exporter reads from its folder and
 * promtool checks, declares a counter under its whole name; OpenMetrics without "_total", and it
 * ends with "# EOF".
 *
 * No label ever is an address, a reservation or a process: there would be no end of them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sink.h"

struct out_metrics {
	struct sink sink;
	bool open;	/* OpenMetrics */
	char version[32];
	char kernel[64];
};

/* What belongs to one context in one state. */
struct metric_state {
	uint64_t nr;
	uint64_t bytes;
};

#define METRIC_STATES 3

static const char *const states[METRIC_STATES] = { "reserved", "bound", "active" };

static bool is_open(const struct sink *s)
{
	return ((const struct out_metrics *)s)->open;
}

/* @name of a counter is without "_total". */
static void declare(const struct sink *s, const char *name, const char *type, const char *help)
{
	const char *suffix = !strcmp(type, "counter") && !is_open(s) ? "_total" : "";

	fprintf(s->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix,
		type);
}

/* A label value: backslash, quote and end of line are written with a backslash. */
static void label(const struct sink *s, const char *name, const char *value, size_t max)
{
	size_t i;

	fprintf(s->out, "%s=\"", name);
	for (i = 0; i < max && value[i]; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c == '\\' || c == '"')
			fprintf(s->out, "\\%c", c);
		else
			fputc(c >= ' ' && c <= '~' ? c : '?', s->out);
	}
	fputc('"', s->out);
}

static void plain(const struct sink *s, const char *name, const char *type, uint64_t value,
		  const char *help)
{
	declare(s, name, type, help);
	fprintf(s->out, "%s%s %" PRIu64 "\n", name, strcmp(type, "counter") ? "" : "_total",
		value);
}

/* A sub-window counts as the reservations in it. */
static void sum_states(const struct model *m, uint32_t vcm, struct metric_state *sum)
{
	size_t i, at;

	memset(sum, 0, METRIC_STATES * sizeof(*sum));
	for (i = 0; i < m->res.nr; i++) {
		const struct vcm_snap_res *r = table_row(&m->res, i);

		if (r->vcm != vcm || r->rflags & VCM_RESERVE_BOUND)
			continue;
		at = !r->phys ? 0 : !r->mapped ? 1 : 2;
		sum[at].nr++;
		sum[at].bytes += r->len;
	}
}

static void per_state(const struct sink *s, const char *name, bool bytes, const char *help)
{
	struct metric_state sum[METRIC_STATES];
	size_t nr, i, at;
	const void **rows = model_sorted(s->model, VCM_SNAP_CONTEXT, &nr);

	declare(s, name, "gauge", help);
	for (i = 0; i < nr; i++) {
		const struct vcm_snap_context *c = rows[i];

		sum_states(s->model, c->vcm, sum);
		for (at = 0; at < METRIC_STATES; at++)
			fprintf(s->out, "%s{context=\"%u\",driver=\"%s\",state=\"%s\"} %" PRIu64
				"\n", name, c->vcm, schema_enum_text(SCHEMA_driver, c->driver),
				states[at], bytes ? sum[at].bytes : sum[at].nr);
	}
	free(rows);
}

static void per_context(const struct sink *s, const char *name, size_t member, const char *help)
{
	struct model_sum *sums = model_sums(s->model);
	size_t nr, i;
	const void **rows = model_sorted(s->model, VCM_SNAP_CONTEXT, &nr);

	declare(s, name, "gauge", help);
	for (i = 0; i < nr; i++) {
		const struct vcm_snap_context *c = rows[i];
		uint64_t value;

		memcpy(&value, (const char *)&sums[i] + member, sizeof(value));
		fprintf(s->out, "%s{context=\"%u\"} %" PRIu64 "\n", name, c->vcm, value);
	}
	free(rows);
	free(sums);
}

static void memory(const struct sink *s, const char *name, bool bytes, const char *help)
{
	uint32_t source;
	size_t i;

	declare(s, name, "gauge", help);
	for (source = 1; schema_enum(SCHEMA_source, source); source++) {
		uint64_t sum = 0;

		for (i = 0; i < s->model->phys.nr; i++) {
			const struct vcm_snap_phys *p = table_row(&s->model->phys, i);

			if (p->source == source)
				sum += bytes ? p->len : 1;
		}
		fprintf(s->out, "%s{source=\"%s\"} %" PRIu64 "\n", name,
			schema_enum(SCHEMA_source, source), sum);
	}
}

static uint64_t count_of(const struct sink *s, uint32_t event, uint32_t op)
{
	const struct vcm_snap_count *c = table_find(&s->model->count, event, op);

	return c ? c->count : 0;
}

/* Every kind that there is, also at 0, so that a rate is right from the first time on. */
static void counters(const struct sink *s)
{
	uint32_t i;

	declare(s, "vcm_operations", "counter", "What was done since the module was loaded.");
	for (i = 1; i < VCM_EVENT_END; i++) {
		if (schema_event(i) && i != VCM_EVENT_error && i != VCM_EVENT_fault)
			fprintf(s->out, "vcm_operations_total{op=\"%s\"} %" PRIu64 "\n",
				schema_event(i)->name + strlen("vcm_"), count_of(s, i, 0));
	}
	declare(s, "vcm_operation_errors", "counter", "What failed and changed nothing.");
	for (i = 1; schema_enum(SCHEMA_op, i); i++)
		fprintf(s->out, "vcm_operation_errors_total{op=\"%s\"} %" PRIu64 "\n",
			schema_enum(SCHEMA_op, i), count_of(s, VCM_EVENT_error, i));
	plain(s, "vcm_faults", "counter", count_of(s, VCM_EVENT_fault, 0),
	      "Faults that an IOMMU told of.");
}

static void metrics_header(struct sink *s, const struct header *h)
{
	struct out_metrics *o = (struct out_metrics *)s;

	snprintf(o->version, sizeof(o->version), "%s", h->version);
	snprintf(o->kernel, sizeof(o->kernel), "%s", h->kernel);
}

static void build_info(const struct out_metrics *o)
{
	const struct sink *s = &o->sink;

	declare(s, "vcm_build_info", "gauge", "Always 1; the labels say what was looked with.");
	fputs("vcm_build_info{", s->out);
	label(s, "version", o->version, sizeof(o->version));
	fputc(',', s->out);
	label(s, "kernel", o->kernel, sizeof(o->kernel));
	fputs("} 1\n", s->out);
}

static void metrics_end(struct sink *s, const struct totals *t, const char *cause)
{
	(void)cause;
	build_info((struct out_metrics *)s);
	plain(s, "vcm_contexts", "gauge", s->model->context.nr, "Contexts that there are.");
	per_state(s, "vcm_reservations", false, "Reservations, by what is behind them.");
	per_state(s, "vcm_bytes", true, "Bytes of reservations, by what is behind them.");
	per_context(s, "vcm_references", offsetof(struct model_sum, refs),
		    "References to reservations.");
	per_context(s, "vcm_associations", offsetof(struct model_sum, associations),
		    "Devices associated.");
	per_context(s, "vcm_active_associations", offsetof(struct model_sum, active),
		    "Devices that use the context.");
	memory(s, "vcm_memory_objects", false, "Pieces of physical memory, by where it is from.");
	memory(s, "vcm_memory_bytes", true, "Bytes of physical memory, by where it is from.");
	counters(s);
	plain(s, "vcmstat_events_lost", "counter", totals_lost(t),
	      "Events that the reader missed; the other meters do not come from events.");
	if (is_open(s))
		fputs("# EOF\n", s->out);
	fflush(s->out);
}

static const struct sink_ops out_metrics_ops = {
	.header = metrics_header,
	.state = sink_no_state,
	.name = sink_no_name,
	.event = sink_no_event,
	.fault = sink_no_fault,
	.gap = sink_no_gap,
	.dropped = sink_no_dropped,
	.tick = sink_no_tick,
	.end = metrics_end,
	.close = sink_no_close,
};

struct sink *out_metrics_new(FILE *out)
{
	struct out_metrics *o = xcalloc(1, sizeof(*o));

	o->sink.ops = &out_metrics_ops;
	o->sink.out = out;
	return &o->sink;
}

struct sink *out_openmetrics_new(FILE *out)
{
	struct sink *s = out_metrics_new(out);

	((struct out_metrics *)s)->open = true;
	return s;
}
