// SPDX-License-Identifier: GPL-2.0-only
/*
 * waiting_test.c - events that come before the event that makes their stream.
 *
 * What it costs is counted in places looked at, so the bound holds on any machine: twice as many
 * events may take twice as many steps and not more.
 */
#include <stdlib.h>
#include <string.h>

#include "play.h"
#include "tap.h"

#define MANY	20000
#define STREAMS	50
#define EVENTS	4000

/* A recording whose items are given one after the other. */
struct script {
	struct rec rec;
	struct model state;
	struct vcm_event *event;
	size_t nr;
	size_t at;
	bool began;
};

static int script_next(struct rec *r, struct rec_item *item, struct error *err)
{
	struct script *s = (struct script *)r;

	(void)err;
	memset(item, 0, sizeof(*item));
	if (!s->began) {
		s->began = true;
		model_init(&s->state);
		table_add(&s->state.stream, 0, 0);
		item->type = REC_STATE;
		item->state = &s->state;
		return 1;
	}
	if (s->at == s->nr) {
		r->ended = true;
		return 0;
	}
	item->type = REC_EVENT;
	item->event = s->event[s->at++];
	return 1;
}

static const struct rec_ops script_ops = { .next = script_next };

static struct vcm_event create(uint32_t stream, uint64_t seq, uint32_t vcm)
{
	return (struct vcm_event){ .type = VCM_EVENT_create, .nr_arg = 6, .stream = stream,
				   .seq = seq, .vcm = vcm, .id = vcm, .refs = 1,
				   .arg = { [3] = vcm, [4] = 1 } };
}

/*
 * A context in whose stream the next is made, the last first: all wait for the one that comes
 * last, and each lets one more go on.
 */
static void make_chain(struct vcm_event *event, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr; i++)
		event[i] = create(nr - 1 - i, 1, nr - i);
}

/* All of one stream, and then the context. */
static void make_queue(struct vcm_event *event, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr - 1; i++)
		event[i] = (struct vcm_event){ .type = VCM_EVENT_error, .stream = 1, .vcm = 1,
					       .seq = i + 1 };
	event[nr - 1] = create(0, 1, 1);
}

static uint64_t steps_of(void (*make)(struct vcm_event *, uint32_t), uint32_t nr)
{
	struct script s = { .rec = { .ops = &script_ops, .kind = "script", .path = "script",
				     .end = "complete" } };
	struct sink *none = out_none_new();
	struct error err = { 0 };
	struct play p;
	uint64_t steps;

	s.event = xcalloc(nr, sizeof(*s.event));
	s.nr = nr;
	make(s.event, nr);
	play_init(&p, none);
	CHECK_EQ(play_all(&p, &s.rec, &err), 0);
	CHECK_EQ(p.totals.events, nr);
	CHECK_EQ(play_lost(&p), 0);
	steps = p.model.waiting.steps;
	play_fini(&p);
	none->ops->close(none);
	free(s.event);
	return steps;
}

static void check_cost(const char *what, void (*make)(struct vcm_event *, uint32_t))
{
	uint64_t one = steps_of(make, MANY), two = steps_of(make, 2 * MANY);

	tap_note("%s: %u events %llu steps, %u events %llu", what, MANY, (unsigned long long)one,
		 2 * MANY, (unsigned long long)two);
	CHECK(one >= MANY);
	CHECK(one <= 8 * MANY);
	CHECK(two <= 2 * one + 8);
}

static void test_cost(void)
{
	check_cost("a chain", make_chain);
	check_cost("a queue", make_queue);
}

/* Events of many streams, the streams known in any order: each comes out once and in its order. */
static void test_order(void)
{
	uint64_t random = tap_seed(), sent[STREAMS] = { 0 }, got[STREAMS] = { 0 }, all = 0;
	struct vcm_event ev;
	struct waiting w;
	int i;

	waiting_init(&w);
	for (i = 0; i < EVENTS; i++) {
		uint32_t stream = (uint32_t)(tap_random(&random) % STREAMS);

		ev = (struct vcm_event){ .stream = stream, .seq = ++sent[stream] };
		waiting_add(&w, &ev);
		if (tap_random(&random) % 8)
			continue;
		waiting_known(&w, (uint32_t)(tap_random(&random) % STREAMS));
		while (tap_random(&random) % 4 && waiting_take(&w, &ev)) {
			CHECK_EQ(ev.seq, ++got[ev.stream]);
			all++;
		}
	}
	for (i = 0; i < STREAMS; i++)
		waiting_known(&w, (uint32_t)i);
	while (waiting_take(&w, &ev)) {
		CHECK_EQ(ev.seq, ++got[ev.stream]);
		all++;
	}
	CHECK_EQ(all, EVENTS);
	CHECK_EQ(w.nr, 0);
	CHECK_EQ(waiting_give_up(&w), 0);
	waiting_fini(&w);
}

/* What belongs to the past goes without a word, what found no room or a stream is counted. */
static void test_ends(void)
{
	struct vcm_event ev = { .vcm = 1, .stream = 1 }, got;
	struct waiting w;
	uint32_t i;

	waiting_init(&w);
	for (i = 0; i < WAITING_MAX; i++) {
		ev.vcm = 1 + i % 3;
		ev.stream = 1 + i % 6;
		waiting_add(&w, &ev);
	}
	CHECK_EQ(w.nr, WAITING_MAX);
	waiting_add(&w, &ev);
	waiting_add(&w, &ev);
	CHECK_EQ(w.nr, WAITING_MAX);
	waiting_forget_context(&w, 2);
	CHECK_EQ(w.nr, WAITING_MAX - WAITING_MAX / 3);
	waiting_forget(&w, 1);
	waiting_known(&w, 2);	/* of context 2: forgotten */
	CHECK(!waiting_take(&w, &got));
	waiting_known(&w, 4);
	CHECK(waiting_take(&w, &got));
	CHECK_EQ(got.vcm, 1);
	i = (uint32_t)w.nr;
	CHECK_EQ(waiting_give_up(&w), i + 2);
	CHECK_EQ(w.nr, 0);
	CHECK_EQ(waiting_give_up(&w), 0);
	waiting_add(&w, &ev);
	CHECK_EQ(w.nr, 1);
	waiting_fini(&w);
}

/* A recording that begins in the middle: what nobody can place is lost, and said to be. */
static void test_never_known(void)
{
	struct script s = { .rec = { .ops = &script_ops, .kind = "script", .path = "script",
				     .end = "complete" } };
	struct vcm_event ev[3] = { create(7, 1, 9), create(7, 2, 10), create(0, 1, 3) };
	struct sink *none = out_none_new();
	struct error err = { 0 };
	struct play p;

	s.event = ev;
	s.nr = 3;
	play_init(&p, none);
	CHECK_EQ(play_all(&p, &s.rec, &err), 0);
	CHECK_EQ(p.totals.events, 1);
	CHECK_EQ(p.totals.dropped, 2);
	CHECK_EQ(play_lost(&p), 2);
	play_fini(&p);
	none->ops->close(none);
}

static const struct tap_test tests[] = {
	{ "what waits costs what its number is", test_cost },
	{ "every event once, in the order of its stream", test_order },
	{ "what is past is forgotten, what is lost is counted", test_ends },
	{ "events whose stream never comes are lost", test_never_known },
};

int main(void)
{
	return tap_main("waiting", tests, ARRAY_LEN(tests));
}
