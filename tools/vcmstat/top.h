/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top.h - what top shows: rates over an interval and the last events, kept as a sink.
 */
#ifndef VCMSTAT_TOP_H
#define VCMSTAT_TOP_H

#include "json.h"
#include "sink.h"

#define TOP_RECENT 64	/* a power of two */
#define TOP_RATES 256

/* An event or a fault that was seen lately. */
struct top_recent {
	bool is_fault;
	union {
		struct vcm_event event;
		struct vcm_fault fault;
	};
};

/* Events of one context, in all and since the last report. */
struct top_context {
	uint64_t events;
	uint64_t errors;
	uint64_t events_before;
};

struct top {
	struct sink sink;
	struct header header;
	struct table contexts;			/* struct top_context by context */
	uint64_t ops[VCM_EVENT_END];
	uint64_t ops_before[VCM_EVENT_END];
	uint64_t ts_ns;				/* of the last report */
	uint64_t started_ns;
	bool counted;				/* ops are what the module counts */
	double seconds;				/* what the rates are over */
	double rates[TOP_RATES];		/* events a second of the last intervals */
	uint64_t nr_rates;			/* ever */
	struct top_recent recent[TOP_RECENT];
	uint64_t nr_recent;
};

void top_init(struct top *top, uint64_t now);
void top_fini(struct top *top);
/* Time begins now: making ready may have taken a while. */
void top_begin(struct top *top, uint64_t now);
/* Rates from here on are over the time since the last mark. */
void top_mark(struct top *top, uint64_t now);
void top_unmark(struct top *top);

double top_context_rate(const struct top *top, uint32_t vcm);
double top_rate(const struct top *top, enum vcm_event_type type);
double top_rate_all(const struct top *top);

/* out_rates.c: a line of rates, and what is above it; @lost since the line before. */
void out_rates_head(FILE *out);
void out_rates(FILE *out, const struct top *top, const struct model *m, uint64_t lost);

void top_text(FILE *out, const struct top *top, const struct model *m, const struct totals *t);
/* The record of all, without those of contexts. */
void top_json_totals(struct json *j, const struct top *top, const struct model *m,
		     const struct totals *t);
void top_json(struct json *j, const struct top *top, const struct model *m,
	      const struct totals *t);

#endif
