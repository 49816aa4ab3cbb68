/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sink.h - where a followed stream goes.  A sink never asks the kernel and never changes a model.
 */
#ifndef VCMSTAT_SINK_H
#define VCMSTAT_SINK_H

#include <stdbool.h>
#include <stdio.h>

#include "ksyms.h"
#include "model.h"
#include "past.h"
#include "vcm_bpf.h"

/* Names the own fields of an event inside the function that reads them. */
#define AT(type, name, fmt, text) at_##name,

/* What a run amounts to so far. */
struct totals {
	uint64_t events;
	uint64_t faults;
	uint64_t gaps;		/* events missing by their seq */
	uint64_t dropped;	/* events that the source could not keep */
	uint64_t resyncs;
	uint64_t fault_dropped;	/* faults that vcmstat or the module could not keep */
	uint64_t fault_overflow;
};

/* One more event, which may tell of many faults that are told by no other. */
static inline void totals_count(struct totals *t, const struct vcm_event *ev)
{
	enum { VCM_EV_error(AT) };

	t->events++;
	t->faults += ev->type == VCM_EVENT_fault;
	if (ev->type == VCM_EVENT_error && ev->arg[at_op] == VCM_OP_FAULT)
		t->fault_dropped += ev->arg[at_arg1];
}

/* Missing numbers and full buffers tell of the same events, one of them later. */
static inline uint64_t totals_lost(const struct totals *t)
{
	return t->gaps > t->dropped ? t->gaps : t->dropped;
}

struct header {
	const char *version;
	const char *kernel;
	const char *source;
	const char *faults;
	uint64_t ts_ns;		/* CLOCK_MONOTONIC, as in events */
	uint64_t realtime_ns;	/* CLOCK_REALTIME at the same moment */
	const char *filter;	/* "" when everything is told; NULL for the same */
};

struct sink;

struct sink_ops {
	void (*header)(struct sink *s, const struct header *h);
	/*
	 * The state that what follows builds on; @resync: after a loss, not at the start.  @m goes
	 * on to be kept true: it has every later event when that is told.
	 */
	void (*state)(struct sink *s, const struct model *m, bool resync);
	/* A device or holder that the state did not name; @row as in a snapshot of @type. */
	void (*name)(struct sink *s, unsigned int type, const void *row);
	void (*event)(struct sink *s, const struct vcm_event *ev);
	void (*fault)(struct sink *s, const struct vcm_fault *fault);
	void (*gap)(struct sink *s, const struct model_gap *gap);
	void (*dropped)(struct sink *s, uint64_t nr);
	void (*tick)(struct sink *s, uint64_t ts_ns, const struct totals *t);
	void (*end)(struct sink *s, const struct totals *t, const char *cause);
	void (*close)(struct sink *s);

	/* Optional: who made an event told before, and the names of functions in his stack. */
	void (*past)(struct sink *s, uint32_t stream, uint64_t seq, const struct past *past);
	void (*symbol)(struct sink *s, const struct ksym *sym);
};

struct sink {
	const struct sink_ops *ops;
	FILE *out;
	const struct model *model;	/* with what was told applied; set by the teller */
};

static inline void sink_past(struct sink *s, uint32_t stream, uint64_t seq,
			     const struct past *past)
{
	if (s->ops->past)
		s->ops->past(s, stream, seq, past);
}

static inline void sink_symbol(struct sink *s, const struct ksym *sym)
{
	if (s->ops->symbol)
		s->ops->symbol(s, sym);
}

struct sink *out_text_new(FILE *out);
struct sink *out_wide_new(FILE *out);
struct sink *out_json_new(FILE *out);
struct sink *out_rec_new(FILE *out);
struct sink *out_metrics_new(FILE *out);
struct sink *out_openmetrics_new(FILE *out);
struct sink *out_perfetto_new(FILE *out);
struct sink *out_svg_new(FILE *out);
struct sink *out_html_new(FILE *out);
struct sink *out_none_new(void);
/* Before @to, which it then closes; @to itself when the filter lets everything pass. */
struct filter;
struct sink *out_filter_new(struct sink *to, const struct filter *filter);

/* out_none.c: for sinks that do not care; close frees what xcalloc() gave. */
void sink_no_header(struct sink *s, const struct header *h);
void sink_no_state(struct sink *s, const struct model *m, bool resync);
void sink_no_name(struct sink *s, unsigned int type, const void *row);
void sink_no_event(struct sink *s, const struct vcm_event *ev);
void sink_no_fault(struct sink *s, const struct vcm_fault *fault);
void sink_no_gap(struct sink *s, const struct model_gap *gap);
void sink_no_dropped(struct sink *s, uint64_t nr);
void sink_no_tick(struct sink *s, uint64_t ts_ns, const struct totals *t);
void sink_no_end(struct sink *s, const struct totals *t, const char *cause);
void sink_no_close(struct sink *s);

/* out_event.c: one line each. */
void out_event_head(FILE *out, bool wide);
void out_event(FILE *out, const struct vcm_event *ev);
void out_fault(FILE *out, const struct vcm_fault *fault);
/* The same below 80 columns.  @m: has names, may be NULL. */
void out_event_narrow(FILE *out, const struct model *m, const struct vcm_event *ev);
void out_fault_narrow(FILE *out, const struct vcm_fault *fault);

/* out_json.c: a record of a snapshot as an object. */
struct json;
void out_json_record(struct json *j, const struct schema_record *r, const void *row);

/* out_list.c, out_refs.c, out_debugfs.c: a model as text. */
void out_list(FILE *out, const struct model *m);
/* @vcm: what belongs to that context and the memory bound in it; 0 for all. */
void out_refs(FILE *out, const struct model *m, uint32_t vcm);
void out_refs_json(struct json *j, const struct model *m, uint32_t vcm);
/*
 * @file: "contexts", "<id>/map", "memory", "assocs", "reference_counts", or NULL for all; -1 when
 * there is none.
 */
int out_debugfs(FILE *out, const struct model *m, const char *file);

/* "rw", @buf of 4 */
const char *prot_text(char *buf, uint32_t prot);

#endif
