// SPDX-License-Identifier: GPL-2.0-only
/*
 * follow_test.c - snapshot plus stream is the later snapshot, and a loss never goes unseen.
 */
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "follow.h"
#include "tap.h"

struct world {
	struct fake fake;
	struct follow follow;
	struct sink *sink;
	struct error err;
};

static void world_begin(struct world *w, uint64_t seed, size_t capacity)
{
	memset(w, 0, sizeof(*w));
	fake_init(&w->fake, seed, capacity);
	w->sink = out_none_new();
	follow_init(&w->follow, &w->fake.src, w->sink);
	w->follow.sync_gap_ns = 0;
	w->follow.settle_tries = 2;
}

static void world_end(struct world *w)
{
	follow_fini(&w->follow);
	w->sink->ops->close(w->sink);
	fake_fini(&w->fake);
}

/* Verify; a difference fails the test. */
static bool is_lost(struct world *w)
{
	bool lost = false;
	int ret = follow_verify(&w->follow, &lost, &w->err);

	if (ret)
		tap_note("%s", w->err.text);
	CHECK_EQ(ret, 0);
	return lost;
}

static void rounds(struct world *w, int nr)
{
	int i;

	fake_steps(&w->fake, 50);	/* before the first snapshot: stale */
	CHECK_EQ(follow_start(&w->follow, &w->err), 0);
	for (i = 0; i < nr; i++) {
		fake_steps(&w->fake, 20);
		CHECK_EQ(follow_poll(&w->follow, &w->err), 0);
		fake_steps(&w->fake, 3);
		if (i % 5 == 0)
			CHECK(!is_lost(w));
	}
	CHECK_EQ(totals_lost(&w->follow.totals), 0);
	CHECK_EQ(w->follow.totals.resyncs, 0);
	if (w->follow.model.conflicts)
		tap_note("%s", w->follow.model.conflict);
	CHECK_EQ(w->follow.model.conflicts, 0);
}

static void test_quiet(void)
{
	struct world w;

	world_begin(&w, tap_seed(), 8192);
	rounds(&w, 400);
	world_end(&w);
}

static void test_busy(void)
{
	struct world w;

	world_begin(&w, tap_seed(), 8192);
	w.fake.steps_around = 7;
	rounds(&w, 400);
	CHECK(w.follow.totals.events > 1000);
	world_end(&w);
}

static void test_shuffled(void)
{
	struct world w;

	world_begin(&w, tap_seed(), 8192);
	w.fake.steps_around = 7;
	w.fake.shuffle = true;
	rounds(&w, 400);
	world_end(&w);
}

/* Every event after the first snapshot is told exactly once. */
static void test_count(void)
{
	struct world w;
	uint64_t before;

	world_begin(&w, tap_seed(), 8192);
	fake_steps(&w.fake, 100);
	CHECK_EQ(follow_start(&w.follow, &w.err), 0);
	before = w.fake.gen.emitted;
	w.fake.steps_around = 5;
	fake_steps(&w.fake, 300);
	CHECK(!is_lost(&w));
	fake_steps(&w.fake, 300);
	CHECK(!is_lost(&w));
	CHECK_EQ(w.follow.totals.events, w.fake.gen.emitted - before);
	world_end(&w);
}

static void test_small_ring(void)
{
	struct world w;
	uint64_t before, dropped;
	int i;

	world_begin(&w, tap_seed(), 64);
	CHECK_EQ(follow_start(&w.follow, &w.err), 0);
	before = w.fake.gen.emitted;
	for (i = 0; i < 200; i++) {
		fake_steps(&w.fake, (int)(tap_random(&w.fake.random) % 200));
		CHECK_EQ(follow_poll(&w.follow, &w.err), 0);
		CHECK(!is_lost(&w));	/* resynced, so equal again */
	}
	dropped = w.fake.src.losses.events;
	CHECK(dropped > 1000);
	CHECK_EQ(w.follow.totals.dropped, dropped);
	CHECK(w.follow.totals.gaps <= dropped);
	CHECK_EQ(totals_lost(&w.follow.totals), dropped);
	CHECK_EQ(w.follow.totals.events + dropped, w.fake.gen.emitted - before);
	world_end(&w);
}

/* Contexts end while some kinds of events are attached and the others are not yet. */
static void test_attach(void)
{
	struct world w;

	world_begin(&w, tap_seed(), 8192);
	fake_steps(&w.fake, 300);
	w.fake.attaching = true;
	fake_steps(&w.fake, 300);
	w.fake.attaching = false;
	w.fake.src.attached_ns = w.fake.gen.clock + 1;
	rounds(&w, 100);
	CHECK_EQ(follow_finish(&w.follow, &w.err), 0);
	CHECK_EQ(totals_lost(&w.follow.totals), 0);
	world_end(&w);
}

/* One event is lost and nothing follows it: only the counter of the source tells. */
static void test_tail(void)
{
	struct world w;

	world_begin(&w, 7, 8192);
	fake_steps(&w.fake, 200);
	CHECK_EQ(follow_start(&w.follow, &w.err), 0);
	w.fake.drop_next = 1;
	fake_one_event(&w.fake);
	CHECK_EQ(w.fake.src.losses.events, 1);
	CHECK_EQ(follow_finish(&w.follow, &w.err), 0);
	CHECK_EQ(w.follow.totals.resyncs, 1);
	CHECK_EQ(w.follow.totals.dropped, 1);
	CHECK_EQ(totals_lost(&w.follow.totals), 1);
	CHECK(!is_lost(&w));
	world_end(&w);
}

/* Lost after the snapshot was copied and before it was taken in: it does not make that good. */
static void test_behind(void)
{
	struct world w;
	int i;

	for (i = 0; i < 2; i++) {
		world_begin(&w, 7, 8192);
		fake_steps(&w.fake, 200);
		w.fake.drop_behind = i == 0;
		CHECK_EQ(follow_start(&w.follow, &w.err), 0);
		w.fake.drop_behind = i == 1;
		is_lost(&w);
		CHECK_EQ(w.fake.src.losses.events, 1);
		CHECK_EQ(follow_finish(&w.follow, &w.err), 0);
		CHECK(!is_lost(&w));
		CHECK_EQ(w.follow.totals.gaps, 1);
		CHECK_EQ(w.follow.totals.dropped, i);
		CHECK_EQ(follow_unexplained(&w.follow), 0);
		world_end(&w);
	}
}

/* The source loses an event and does not say so: the numbers do. */
static void test_silent(void)
{
	struct world w;
	uint64_t gaps = 0;
	int i;

	world_begin(&w, tap_seed(), 8192);
	fake_steps(&w.fake, 200);
	CHECK_EQ(follow_start(&w.follow, &w.err), 0);
	for (i = 0; i < 100; i++) {
		fake_steps(&w.fake, 5);
		if (!w.fake.nr)
			continue;
		w.fake.nr--;	/* the newest in the ring */
		gaps++;
		if (i % 2)
			fake_steps(&w.fake, 50);	/* else only the snapshot can tell */
		is_lost(&w);
		CHECK(!is_lost(&w));
		/* the lost one was a create, others wait for it */
		model_give_up_held(&w.follow.model);
	}
	CHECK(w.follow.totals.gaps > gaps / 2);
	CHECK(w.follow.totals.gaps <= 2 * gaps);	/* a gone context tells for both streams */
	CHECK(w.follow.totals.dropped < gaps);	/* only what waited for a context that was lost */
	world_end(&w);
}

/* A kernel that skips a number is caught, as is one that changes state without an event. */
static void test_defects(void)
{
	bool lost = false;
	struct world w;

	world_begin(&w, 3, 8192);
	fake_steps(&w.fake, 300);
	CHECK_EQ(follow_start(&w.follow, &w.err), 0);
	w.fake.gen.registry_seq++;
	while (!w.fake.nr || w.fake.ring[w.fake.nr - 1].stream)
		fake_steps(&w.fake, 1);
	CHECK_EQ(follow_poll(&w.follow, &w.err), 0);
	CHECK_EQ(w.follow.totals.gaps, 1);
	CHECK_EQ(follow_unexplained(&w.follow), 1);
	world_end(&w);

	world_begin(&w, 3, 8192);
	fake_steps(&w.fake, 300);
	CHECK_EQ(follow_start(&w.follow, &w.err), 0);
	while (!w.fake.gen.res[0].res)
		fake_steps(&w.fake, 1);
	w.fake.gen.res[0].refs += 5;
	CHECK_EQ(follow_verify(&w.follow, &lost, &w.err), -1);
	CHECK(!lost);
	CHECK(strstr(w.err.text, "refs is"));
	world_end(&w);
}

static void test_limit(void)
{
	struct world w;

	world_begin(&w, 5, 8192);
	CHECK_EQ(follow_start(&w.follow, &w.err), 0);
	w.follow.limit = 10;
	fake_steps(&w.fake, 300);
	CHECK_EQ(follow_poll(&w.follow, &w.err), 0);
	CHECK(follow_done(&w.follow));
	CHECK_EQ(w.follow.totals.events, 10);
	fake_steps(&w.fake, 300);
	CHECK_EQ(follow_finish(&w.follow, &w.err), 0);
	CHECK_EQ(w.follow.totals.events, 10);
	world_end(&w);
}

static void test_pace(void)
{
	struct world w;
	int i;

	world_begin(&w, 5, 16);
	w.follow.sync_gap_ns = UINT64_MAX / 2;
	CHECK_EQ(follow_start(&w.follow, &w.err), 0);
	for (i = 0; i < 50; i++) {
		fake_steps(&w.fake, 100);
		CHECK_EQ(follow_poll(&w.follow, &w.err), 0);
	}
	CHECK_EQ(w.fake.snapshots, 1);
	CHECK(totals_lost(&w.follow.totals) > 0);
	CHECK_EQ(follow_finish(&w.follow, &w.err), 0);
	CHECK_EQ(w.fake.snapshots, 2);
	CHECK(!is_lost(&w));
	world_end(&w);
}

static void test_lost_faults(void)
{
	struct vcm_event ev = { .type = VCM_EVENT_error, .arg = { VCM_OP_FAULT, 0x1000, 7, 1 } };
	struct totals t = { .fault_dropped = 1 };

	totals_count(&t, &ev);
	ev.arg[0] = VCM_OP_BIND;
	totals_count(&t, &ev);
	ev.type = VCM_EVENT_fault;
	ev.arg[0] = VCM_OP_FAULT;
	totals_count(&t, &ev);
	CHECK_EQ(t.events, 3);
	CHECK_EQ(t.faults, 1);
	CHECK_EQ(t.fault_dropped, 8);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_quiet, "snapshot and stream give the later snapshot"),
	TAP_TEST(test_busy, "the same while events happen around every snapshot"),
	TAP_TEST(test_shuffled, "the same with no order between streams"),
	TAP_TEST(test_count, "every event is told exactly once"),
	TAP_TEST(test_small_ring, "a ring too small: all losses counted, the state is made good"),
	TAP_TEST(test_attach, "what happened while events were attached one by one is no loss"),
	TAP_TEST(test_tail, "the last event lost is noticed by the counter of the source"),
	TAP_TEST(test_behind, "an event lost right behind a snapshot is noticed"),
	TAP_TEST(test_silent, "a loss that the source does not count is noticed by the numbers"),
	TAP_TEST(test_defects, "a skipped number and a silent change are found"),
	TAP_TEST(test_limit, "after so many events no more are told"),
	TAP_TEST(test_lost_faults, "faults that the module lost count as lost"),
	TAP_TEST(test_pace, "losses do not make a snapshot each"),
};

int main(void)
{
	return tap_main("follow", tests, ARRAY_LEN(tests));
}
