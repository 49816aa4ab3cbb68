// SPDX-License-Identifier: GPL-2.0-only
/*
 * verify.c - L1 to L4 of torture.h, from the log alone.
 */
#include <stdio.h>

#include "torture.h"

/* Is @event one of those that @snapshot contains?  @model is the state before it. */
static bool is_before(const struct state *snapshot, const struct state *model,
		      const struct vcm_event *event)
{
	const struct vcm_snap_stream *stream = state_stream(snapshot, event->stream);

	if (stream)
		return event->seq <= stream->seq;
	/* The stream came and went before, or is yet to come. */
	return state_stream(model, event->stream);
}

static const char *verify_snapshot(const struct torture_log *log, u64 upto,
				   const struct torture_snapshot *snapshot)
{
	struct state want, model;
	const char *bad;

	memset(&want, 0, sizeof(want));
	model_init(&model);
	bad = state_decode(&want, snapshot->data, snapshot->len);
	for (u64 at = 0; at < upto && !bad; at++)
		if (log->record[at].ready && is_before(&want, &model, &log->record[at].event))
			bad = model_apply(&model, &log->record[at].event);
	if (!bad)
		bad = state_compare(&model, &want, true);
	state_clear(&model);
	state_clear(&want);
	return bad;
}

/* The model tells of a gap in a stream, and of every event that does not follow. */
static const char *verify_events(const struct torture_log *log, u64 upto, u32 *torn)
{
	const char *bad = NULL;
	struct state model;

	*torn = 0;
	model_init(&model);
	for (u64 at = 0; at < upto && !bad; at++) {
		if (__atomic_load_n(&log->record[at].ready, __ATOMIC_ACQUIRE))
			bad = model_apply(&model, &log->record[at].event);
		else
			++*torn;
		if (bad)
			printf("# event %llu: %s\n", at, bad);
	}
	state_clear(&model);
	if (!bad && *torn > TORTURE_THREADS)
		bad = "more records without an end than threads";
	return bad;
}

const char *torture_verify(const struct torture_log *log, u64 upto, u32 *torn, u32 *snapshots)
{
	const char *bad = verify_events(log, upto, torn);

	*snapshots = 0;
	for (u32 i = 0; i < TORTURE_SNAPSHOTS && !bad; i++) {
		if (!__atomic_load_n(&log->snapshot[i].ready, __ATOMIC_ACQUIRE))
			continue;
		bad = verify_snapshot(log, upto, &log->snapshot[i]);
		++*snapshots;
	}
	return bad;
}
