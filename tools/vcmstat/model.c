// SPDX-License-Identifier: GPL-2.0-only
/* model.c - which event is next in its stream and which must wait; see model.h for the rules. */
#include <stdlib.h>
#include <string.h>

#include "model_priv.h"

#define DEAD_MAX	65536	/* streams of destroyed contexts remembered */

void model_init(struct model *m)
{
	memset(m, 0, sizeof(*m));
	table_init(&m->stream, sizeof(struct vcm_snap_stream));
	table_init(&m->device, sizeof(struct vcm_snap_device));
	table_init(&m->holder, sizeof(struct vcm_snap_holder));
	table_init(&m->context, sizeof(struct vcm_snap_context));
	table_init(&m->assoc, sizeof(struct vcm_snap_assoc));
	table_init(&m->phys, sizeof(struct vcm_snap_phys));
	table_init(&m->res, sizeof(struct vcm_snap_res));
	holds_init(&m->holds);
	table_init(&m->count, sizeof(struct vcm_snap_count));
	table_init(&m->dead, sizeof(struct model_dead));
	waiting_init(&m->waiting);
}

void model_fini(struct model *m)
{
	table_fini(&m->stream);
	table_fini(&m->device);
	table_fini(&m->holder);
	table_fini(&m->context);
	table_fini(&m->assoc);
	table_fini(&m->phys);
	table_fini(&m->res);
	holds_fini(&m->holds);
	table_fini(&m->count);
	table_fini(&m->dead);
	freed_fini(&m->freed);
	history_fini(&m->history);
	free(m->fault);
	m->fault = NULL;
	m->nr_fault = 0;
	waiting_fini(&m->waiting);
}

void model_inherit(struct model *m, struct model *old)
{
	memcpy(m->ops, old->ops, sizeof(m->ops));
	m->conflicts = old->conflicts;
	memcpy(m->conflict, old->conflict, sizeof(m->conflict));
	freed_fini(&m->freed);
	m->freed = old->freed;
	old->freed = (struct freed_ring){ 0 };
	history_fini(&m->history);
	m->history = old->history;
	old->history = (struct history){ 0 };
	free(m->fault);
	m->fault = old->fault;
	m->nr_fault = old->nr_fault;
	old->fault = NULL;
	old->nr_fault = 0;
}

const struct vcm_event *model_fault_at(const struct model *m, uint64_t i)
{
	return i < m->nr_fault && i < MODEL_FAULTS ?
	       &m->fault[(m->nr_fault - 1 - i) % MODEL_FAULTS] : NULL;
}

void model_lend_past(struct model *part, const struct model *m)
{
	part->freed = m->freed;
	part->history = m->history;
	part->fault = m->fault;
	part->nr_fault = m->nr_fault;
	part->conflicts = m->conflicts;
}

void model_return_past(struct model *part)
{
	part->freed = (struct freed_ring){ 0 };
	part->history = (struct history){ 0 };
	part->fault = NULL;
	part->nr_fault = 0;
}

void model_bury(struct model *m, const struct vcm_snap_stream *s, bool ignore)
{
	struct model_dead *dead;

	if (m->dead.nr >= DEAD_MAX)
		table_fini(&m->dead);
	dead = table_add(&m->dead, s->stream, 0);
	dead->stream = s->stream;
	dead->vcm = s->vcm;
	dead->seq = s->seq;
	dead->ignore = ignore;
}

/*
 * The snapshot contains this event of the registry.  When it makes or ends a context that the
 * snapshot does not have, the events of that context belong to the past as well.
 */
static void note_stale(struct model *m, const struct vcm_event *ev)
{
	enum { VCM_EV_create(AT) };
	uint64_t i, nr = ev->arg[at_nr_streams];

	if (ev->type == VCM_EVENT_create && nr <= MODEL_STREAMS_MAX) {
		for (i = 0; i < nr; i++) {
			struct vcm_snap_stream s = { .vcm = ev->vcm };

			s.stream = (__u32)(ev->arg[at_first_stream] + i);
			if (!model_seq(m, s.stream)) {
				model_bury(m, &s, true);
				waiting_forget(&m->waiting, s.stream);
			}
		}
	}
	if (ev->type == VCM_EVENT_destroy)
		waiting_forget_context(&m->waiting, ev->vcm);
}

const __u64 *model_seq(const struct model *m, uint32_t stream)
{
	const struct vcm_snap_stream *s = table_find(&m->stream, stream, 0);
	const struct model_dead *dead;

	if (s)
		return &s->seq;
	dead = table_find(&m->dead, stream, 0);
	return dead ? &dead->seq : NULL;
}

static bool has_leftovers(const struct model *m, uint32_t vcm)
{
	size_t i;

	for (i = 0; i < m->res.nr; i++) {
		if (((const struct vcm_snap_res *)table_row(&m->res, i))->vcm == vcm)
			return true;
	}
	return false;
}

bool model_leftover(const struct model *m, size_t *at, struct model_gap *gap)
{
	const struct vcm_snap_stream *s;

	while (*at < m->dead.nr) {
		const struct model_dead *dead = table_row(&m->dead, (*at)++);

		if (dead->ignore || !has_leftovers(m, dead->vcm))
			continue;
		s = table_find(&m->stream, dead->stream, 0);
		if (s)	/* the number is in use again */
			continue;
		*gap = (struct model_gap){ dead->stream, dead->seq + 1, dead->seq + 2 };
		return true;
	}
	return false;
}

enum model_result model_apply(struct model *m, const struct vcm_event *ev)
{
	const struct model_dead *dead = table_find(&m->dead, ev->stream, 0);
	__u64 *seq = (__u64 *)model_seq(m, ev->stream);
	enum model_result result = MODEL_APPLIED;

	if (!seq) {
		waiting_add(&m->waiting, ev);
		return MODEL_HELD;
	}
	if (ev->seq <= *seq || (dead && dead->ignore)) {
		note_stale(m, ev);
		return MODEL_STALE;
	}
	if (ev->seq != *seq + 1) {
		m->gap = (struct model_gap){ ev->stream, *seq + 1, ev->seq };
		result = MODEL_GAP;
	}
	*seq = ev->seq;
	model_change(m, ev);
	return result;
}

bool model_release(struct model *m, struct vcm_event *ev)
{
	return waiting_take(&m->waiting, ev);
}

uint64_t model_give_up_held(struct model *m)
{
	return waiting_give_up(&m->waiting);
}
