// SPDX-License-Identifier: GPL-2.0-only
/* play.c - see play.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"
#include "progress.h"

static int until_time(struct play_until *until, const char *text, struct error *err)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds >= 0 && seconds < 1e9))
		return error_set(err, EXIT_USAGE, "--until: '%s' is no time, no STREAM:SEQ and no "
				 "event", text);
	until->at_time = true;
	until->ts_ns = (uint64_t)(seconds * 1e9 + 0.5);
	return 0;
}

int play_until_parse(struct play_until *until, const char *text, struct error *err)
{
	char name[32], rest;
	unsigned long long seq;

	memset(until, 0, sizeof(*until));
	snprintf(name, sizeof(name), "vcm_%s", text);
	until->event = schema_event_type(strncmp(text, "vcm_", 4) ? name : text);
	if (until->event)
		return 0;
	if (sscanf(text, "%u:%llu%c", &until->stream, &seq, &rest) == 2 && text[0] != '-') {
		until->at_seq = true;
		until->seq = seq;
		return 0;
	}
	until->relative = text[0] == '+';
	return until_time(until, text, err);
}

void play_init(struct play *p, struct sink *sink)
{
	memset(p, 0, sizeof(*p));
	p->sink = sink;
	model_init(&p->model);
	table_init(&p->past, sizeof(struct past));
	sink->model = &p->model;
}

void play_fini(struct play *p)
{
	model_fini(&p->model);
	table_fini(&p->past);
	ksyms_fini(&p->symbols);
}

int play_past(const struct play *p, uint32_t stream, uint64_t seq, struct past *out)
{
	const struct past *past = table_find(&p->past, seq, stream);

	if (past)
		*out = *past;
	return past ? 0 : -1;
}

uint64_t play_time(const struct rec_item *item)
{
	switch (item->type) {
	case REC_EVENT: return item->event.ts_ns;
	case REC_FAULT: return item->fault.ts_ns;
	case REC_TICK: return item->ts_ns;
	default: return 0;
	}
}

static bool is_behind(const struct play *p, uint64_t ts_ns)
{
	const struct play_until *u = &p->until;

	return u->at_time && ts_ns && ts_ns > u->ts_ns + (u->relative ? p->first_ns : 0);
}

static void tell_gap(struct play *p, const struct model_gap *gap)
{
	p->gaps += gap->got - gap->expected;
	p->totals.gaps += gap->got - gap->expected;
	p->told = *gap;
	p->sink->ops->gap(p->sink, gap);
}

static int take_one(struct play *p, const struct rec *r, const struct vcm_event *ev,
		    struct error *err)
{
	enum model_result result = model_apply(&p->model, ev);

	if (result == MODEL_STALE)
		return error_set(err, EXIT_DAMAGED, "%s: event %u:%" PRIu64
				 " is contained in the state already", r->path, ev->stream,
				 (uint64_t)ev->seq);
	if (result == MODEL_GAP && (p->told.stream != ev->stream || p->told.got != ev->seq))
		tell_gap(p, &p->model.gap);
	if (result != MODEL_HELD) {
		totals_count(&p->totals, ev);
		p->sink->ops->event(p->sink, ev);
	}
	p->stopped |= p->until.event && ev->type == p->until.event;
	p->stopped |= p->until.at_seq && ev->stream == p->until.stream &&
		      ev->seq == p->until.seq;
	p->stopped |= p->limit && p->totals.events >= p->limit;
	return 0;
}

/* And what has waited for it, which may be many and let others go on in turn. */
static int take_event(struct play *p, const struct rec *r, const struct vcm_event *ev,
		      struct error *err)
{
	struct vcm_event held;

	if (take_one(p, r, ev, err))
		return -1;
	while (!p->stopped && model_release(&p->model, &held)) {
		if (take_one(p, r, &held, err))
			return -1;
	}
	return 0;
}

/*
 * Nothing follows, so nothing will tell of the streams that events have waited for: those events
 * were told to nobody.  How many, which are lost.
 */
static uint64_t give_up_held(struct play *p)
{
	uint64_t nr = model_give_up_held(&p->model);

	if (!nr)
		return 0;
	p->dropped += nr;
	p->totals.dropped += nr;
	p->sink->ops->dropped(p->sink, nr);
	return nr;
}

static void tell_header(struct play *p, const struct header *h)
{
	p->told_header = true;
	p->sink->ops->header(p->sink, h);
}

/* A loss up to here is made good: the state is what it is. */
static void take_state(struct play *p, struct rec_item *item)
{
	static const struct header none = { "unknown", "unknown", "snapshot", "none", 0, 0 };

	if (!p->told_header)
		tell_header(p, p->as ? p->as : &none);
	give_up_held(p);
	model_inherit(item->state, &p->model);
	model_fini(&p->model);
	p->model = *item->state;
	model_init(item->state);
	p->gaps = 0;
	p->dropped = 0;
	p->totals.resyncs += item->resync;
	p->sink->ops->state(p->sink, &p->model, item->resync);
}

static int take(struct play *p, const struct rec *r, struct rec_item *item, struct error *err)
{
	const struct sink_ops *ops = p->sink->ops;

	switch (item->type) {
	case REC_HEADER:
		tell_header(p, &item->header);
		break;
	case REC_STATE:
		take_state(p, item);
		break;
	case REC_NAME:
		model_add_record(&p->model, item->name_type, item->name);
		ops->name(p->sink, item->name_type, item->name);
		break;
	case REC_EVENT:
		return take_event(p, r, &item->event, err);
	case REC_FAULT:
		p->totals.faults++;
		p->stopped |= p->until.event == VCM_EVENT_fault;
		ops->fault(p->sink, &item->fault);
		break;
	case REC_PAST:
		*(struct past *)table_add(&p->past, item->seq, item->stream) = item->past;
		sink_past(p->sink, item->stream, item->seq, &item->past);
		break;
	case REC_SYMBOL:
		ksyms_add(&p->symbols, item->symbol.addr, item->symbol.name);
		sink_symbol(p->sink, &item->symbol);
		break;
	case REC_GAP:
		tell_gap(p, &item->gap);
		break;
	case REC_DROPPED:
		p->dropped += item->dropped;
		p->totals.dropped += item->dropped;
		ops->dropped(p->sink, item->dropped);
		break;
	case REC_TICK:
		ops->tick(p->sink, item->ts_ns, &item->totals);
		break;
	case REC_END:
		p->cut = !strcmp(item->cause, REC_CUT);
		item->totals.dropped += give_up_held(p);
		ops->end(p->sink, &item->totals, item->cause);
		break;
	}
	return 0;
}

int play_take(struct play *p, const struct rec *r, struct rec_item *item, struct error *err)
{
	uint64_t ts_ns = play_time(item);

	if (ts_ns && !p->first_ns)
		p->first_ns = ts_ns;
	if (p->stopped || is_behind(p, ts_ns)) {
		p->stopped = true;
		return 0;
	}
	if (ts_ns > p->last_ns)
		p->last_ns = ts_ns;
	return take(p, r, item, err) ? -1 : 1;
}

void play_end(struct play *p, const struct rec *r)
{
	if (!p->stopped)
		give_up_held(p);
	if (p->stopped)
		p->sink->ops->end(p->sink, &p->totals, p->limit && p->totals.events >= p->limit ?
				  "count reached" : "--until reached");
	else if (!r->ended || !p->told_header)
		p->sink->ops->end(p->sink, &p->totals, REC_CUT);
	else if (r->end)
		p->sink->ops->end(p->sink, &p->totals, r->end);
}

int play_all(struct play *p, struct rec *r, struct error *err)
{
	struct progress progress;
	struct rec_item item;
	int ret;

	progress_begin(&progress, r->path, r->size);
	while ((ret = rec_next(r, &item, err)) > 0 && (ret = play_take(p, r, &item, err)) > 0)
		progress_step(&progress, rec_position(r));
	progress_end(&progress);
	if (ret < 0)
		return -1;
	play_end(p, r);
	return 0;
}
