// SPDX-License-Identifier: GPL-2.0-only
/* follow.c - see follow.h. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "follow.h"

#define SYNC_GAP_NS	200000000u	/* a snapshot holds locks: not more often after losses */
#define LOOK_NS		1000000000u
#define SETTLE_MS	5
#define SETTLE_TRIES	40
#define SETTLE_TRIES_STALE 2	/* something is known to be missing: no use to wait for it */
#define FINISH_TRIES	3

static void tell_gap(struct follow *f, const struct model_gap *gap)
{
	f->totals.gaps += gap->got - gap->expected;
	f->stale = true;
	f->sink->ops->gap(f->sink, gap);
}

static void names_init(struct follow_names *names, const char *field)
{
	unsigned int type, i;

	for (type = 0; type < VCM_EVENT_END; type++) {
		const struct schema_event *schema = schema_event(type);

		names->at[type] = -1;
		for (i = 0; schema && i < schema->nr_arg; i++) {
			if (!strcmp(schema->arg[i].name, field))
				names->at[type] = (signed char)i;
		}
	}
}

static void names_note(struct follow_names *names, const struct table *known,
		       const struct vcm_event *ev)
{
	int at = ev->type < VCM_EVENT_END ? names->at[ev->type] : -1;
	uint32_t number = at < 0 ? 0 : (uint32_t)ev->arg[at];

	/* numbers are given in order: what is missing below @asked was gone by then */
	if (number > names->asked && number > names->wanted && !table_find(known, number, 0))
		names->wanted = number;
}

static bool names_wanted(const struct follow *f)
{
	return f->holders.wanted > f->holders.asked || f->devices.wanted > f->devices.asked;
}

/* A snapshot was read that is later than every event taken in. */
static void names_asked(struct follow *f)
{
	f->holders.asked = f->holders.wanted;
	f->devices.asked = f->devices.wanted;
}

static void tell_name(void *arg, unsigned int type, const void *row)
{
	struct follow *f = arg;

	f->sink->ops->name(f->sink, type, row);
}

static int ask_names(struct follow *f, struct error *err)
{
	size_t len;
	void *buf;
	int ret;

	if (f->src->ops->snapshot(f->src, &buf, &len, err))
		return -1;
	f->last_names_ns = now_ns();
	ret = model_learn_names(&f->model, buf, len, tell_name, f, err);
	names_asked(f);
	free(buf);
	return ret;
}

static void take_one(struct follow *f, const struct vcm_event *ev)
{
	enum model_result result = model_apply(&f->model, ev);

	if (result == MODEL_GAP)
		tell_gap(f, &f->model.gap);
	if (result == MODEL_APPLIED || result == MODEL_GAP) {
		totals_count(&f->totals, ev);
		f->sink->ops->event(f->sink, ev);
		if (f->past)
			past_tell(f->past, ev);
		names_note(&f->holders, &f->model.holder, ev);
		names_note(&f->devices, &f->model.device, ev);
	}
}

/* And what has waited for it. */
static void take_event(struct follow *f, const struct vcm_event *ev)
{
	struct vcm_event held;

	take_one(f, ev);
	while (!follow_done(f) && model_release(&f->model, &held))
		take_one(f, &held);
}

/* While a snapshot is taken in: does it contain the event? */
static bool is_in_next(const struct follow *f, const struct vcm_event *ev)
{
	const __u64 *seq = model_seq(&f->next, ev->stream);

	return seq ? ev->seq <= *seq : !!model_seq(&f->model, ev->stream);
}

static void keep_for_later(struct follow *f, const struct vcm_event *ev)
{
	if (f->nr_later == f->cap_later) {
		f->cap_later = f->cap_later ? 2 * f->cap_later : 256;
		f->later = xrealloc(f->later, f->cap_later * sizeof(*f->later));
	}
	f->later[f->nr_later++] = *ev;
}

static void on_event(void *arg, const struct vcm_event *ev)
{
	struct follow *f = arg;

	/*
	 * Kinds of events are attached one after the other.  Of a context that ends meanwhile there
	 * may be some events and not the last, and what waits for its begin would count as lost.
	 */
	if (ev->ts_ns < f->src->attached_ns)
		return;
	if (follow_done(f))
		return;
	if (!f->started || (f->syncing && !is_in_next(f, ev)))
		keep_for_later(f, ev);
	else
		take_event(f, ev);
}

static void on_fault(void *arg, const struct vcm_fault *fault)
{
	struct follow *f = arg;

	if (follow_done(f))
		return;
	f->totals.faults++;
	f->sink->ops->fault(f->sink, fault);
}

void follow_init(struct follow *f, struct source *src, struct sink *sink)
{
	memset(f, 0, sizeof(*f));
	f->src = src;
	f->sink = sink;
	sink->model = &f->model;
	f->sync_gap_ns = SYNC_GAP_NS;
	f->look_ns = LOOK_NS;
	f->settle_tries = SETTLE_TRIES;
	model_init(&f->model);
	model_init(&f->next);
	names_init(&f->holders, "holder");
	names_init(&f->devices, "dev");
	src->event = on_event;
	src->fault = on_fault;
	src->arg = f;
}

void follow_fini(struct follow *f)
{
	model_fini(&f->model);
	model_fini(&f->next);
	free(f->later);
	f->later = NULL;
}

/* Drain at most what the source can hold: all that happened before the call. */
static int drain(struct follow *f, struct error *err)
{
	const struct source_losses *now = &f->src->losses;

	if (f->src->ops->drain(f->src, f->src->capacity + 1, err) < 0)
		return -1;
	if (now->events != f->seen.events && f->started) {
		f->totals.dropped += now->events - f->seen.events;
		f->stale = true;
		f->sink->ops->dropped(f->sink, now->events - f->seen.events);
	}
	f->totals.fault_dropped += now->faults - f->seen.faults;
	f->seen = *now;
	f->totals.fault_overflow = now->overflow;
	return 0;
}

/* Has every stream that both models know come as far as the snapshot? */
static bool is_settled(const struct follow *f)
{
	size_t i;

	for (i = 0; i < f->next.stream.nr; i++) {
		const struct vcm_snap_stream *s = table_row(&f->next.stream, i);
		const __u64 *mine = model_seq(&f->model, s->stream);

		if (mine && *mine < s->seq)
			return false;
	}
	return true;
}

/*
 * Another CPU may be inside a tracepoint of another stream and keep later records of the ring
 * from being read; that takes microseconds.  What has not come when the time is up is lost.
 */
static int settle(struct follow *f, struct error *err)
{
	unsigned int try;

	for (try = 0; try < (f->stale ? SETTLE_TRIES_STALE : f->settle_tries); try++) {
		if (try)
			poll(NULL, 0, SETTLE_MS);
		if (drain(f, err))
			return -1;
		if (!f->started || is_settled(f) || follow_done(f))
			return 0;
	}
	return 0;
}

/* A loss at the end of a stream shows only against the snapshot, or by what nobody removed. */
static void tell_missing_ends(struct follow *f)
{
	struct model_gap gap;
	size_t i;

	for (i = 0; i < f->next.stream.nr; i++) {
		const struct vcm_snap_stream *s = table_row(&f->next.stream, i);
		const __u64 *mine = model_seq(&f->model, s->stream);

		if (!mine || *mine >= s->seq)
			continue;
		gap = (struct model_gap){ s->stream, *mine + 1, s->seq + 1 };
		tell_gap(f, &gap);
	}
	for (i = 0; model_leftover(&f->model, &i, &gap);)
		tell_gap(f, &gap);
}

/*
 * Take a snapshot and bring the old model up to it; f->next is the new one.  Draining first makes
 * room for what happens meanwhile.
 */
static int sync_begin(struct follow *f, void **buf, size_t *len, struct error *err)
{
	if (drain(f, err))
		return -1;
	f->dropped_before = f->seen.events;
	if (f->src->ops->snapshot(f->src, buf, len, err))
		return -1;
	f->last_sync_ns = now_ns();
	if (model_load(&f->next, *buf, *len, err)) {
		free(*buf);
		return -1;
	}
	f->syncing = true;
	if (settle(f, err)) {
		free(*buf);
		return -1;
	}
	if (f->started && !follow_done(f))
		tell_missing_ends(f);
	return 0;
}

/*
 * Events that waited for a context of which the begin is lost: nobody was told of them, and what
 * they changed is in the state that comes, or gone.
 */
static void give_up_held(struct follow *f)
{
	uint64_t nr = model_give_up_held(&f->model);

	if (!nr)
		return;
	f->totals.dropped += nr;
	f->sink->ops->dropped(f->sink, nr);
}

/* The new model takes over; what came after the snapshot follows. */
static void sync_end(struct follow *f)
{
	bool dropped = f->seen.events != f->dropped_before;
	struct vcm_event *later = f->later;
	size_t nr = f->nr_later, i;

	give_up_held(f);
	model_inherit(&f->next, &f->model);
	model_fini(&f->model);
	f->model = f->next;
	model_init(&f->next);
	f->syncing = false;
	names_asked(f);
	f->stale = dropped;	/* it may be newer than the snapshot */
	f->sink->ops->state(f->sink, &f->model, f->started);
	f->started = true;

	f->later = NULL;
	f->nr_later = 0;
	f->cap_later = 0;
	for (i = 0; i < nr && !follow_done(f); i++)
		take_event(f, &later[i]);
	free(later);
}

static int resync(struct follow *f, struct error *err)
{
	size_t len;
	void *buf;

	if (sync_begin(f, &buf, &len, err))
		return -1;
	free(buf);
	f->totals.resyncs++;
	sync_end(f);
	return 0;
}

int follow_start(struct follow *f, struct error *err)
{
	size_t len;
	void *buf;

	if (sync_begin(f, &buf, &len, err))
		return -1;
	free(buf);
	sync_end(f);
	return 0;
}

/* How many events the streams have moved on by; of those that ended meanwhile it is not known. */
static uint64_t events_between(const struct model *before, const struct model *after)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < after->stream.nr; i++) {
		const struct vcm_snap_stream *s = table_row(&after->stream, i);
		const struct vcm_snap_stream *was = table_find(&before->stream, s->stream, 0);

		sum += was && was->vcm == s->vcm && was->seq <= s->seq ? s->seq - was->seq : s->seq;
	}
	return sum;
}

static int look(struct follow *f, struct error *err)
{
	size_t len;
	void *buf;
	int ret;

	if (f->src->ops->snapshot(f->src, &buf, &len, err))
		return -1;
	f->last_sync_ns = now_ns();
	ret = model_load(&f->next, buf, len, err);
	free(buf);
	if (ret)
		return ret;
	f->totals.events += events_between(&f->model, &f->next);
	model_inherit(&f->next, &f->model);
	model_fini(&f->model);
	f->model = f->next;
	model_init(&f->next);
	f->sink->ops->state(f->sink, &f->model, false);
	return 0;
}

int follow_poll(struct follow *f, struct error *err)
{
	if (f->src->polled)
		return now_ns() - f->last_sync_ns >= f->look_ns ? look(f, err) : 0;
	if (drain(f, err))
		return -1;
	if (f->stale && !follow_done(f) && now_ns() - f->last_sync_ns >= f->sync_gap_ns)
		return resync(f, err);
	if (names_wanted(f) && now_ns() - f->last_names_ns >= f->sync_gap_ns)
		return ask_names(f, err);
	return 0;
}

int follow_finish(struct follow *f, struct error *err)
{
	int try;

	if (f->src->polled)
		return 0;
	if (drain(f, err))
		return -1;
	for (try = 0; try < FINISH_TRIES && f->stale && !follow_done(f); try++) {
		if (resync(f, err))
			return -1;
	}
	if (!follow_done(f))
		give_up_held(f);
	return names_wanted(f) ? ask_names(f, err) : 0;
}

int follow_verify(struct follow *f, bool *lost, struct error *err)
{
	size_t len;
	void *buf;
	int ret = 0;

	if (sync_begin(f, &buf, &len, err))
		return -1;
	*lost = f->stale;
	if (!f->stale)
		ret = model_compare(&f->model, buf, len, err);
	free(buf);
	if (f->stale)
		f->totals.resyncs++;
	sync_end(f);
	return ret;
}
