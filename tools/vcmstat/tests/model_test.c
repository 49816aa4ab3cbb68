// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_test.c - events change the model as they changed the state they tell of.
 */
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "model.h"
#include "tap.h"

static void feed(void *arg, const struct vcm_event *ev)
{
	model_apply(arg, ev);
}

static void load(struct model *m, const struct gen *g)
{
	struct error err = { 0 };
	size_t len;
	void *buf = gen_snapshot(g, &len);

	model_init(m);
	CHECK_EQ(model_load(m, buf, len, &err), 0);
	free(buf);
}

static bool is_equal(const struct model *m, const struct gen *g, struct error *err)
{
	size_t len;
	void *buf = gen_snapshot(g, &len);
	int ret = model_compare(m, buf, len, err);

	free(buf);
	return !ret;
}

static void test_round_trip(void)
{
	size_t len, mine_len;
	void *buf, *mine;
	struct model m;
	struct gen g;

	gen_scene(&g);
	buf = gen_snapshot(&g, &len);
	load(&m, &g);
	mine = model_encode(&m, &mine_len);
	CHECK_EQ(mine_len, len);
	CHECK(!memcmp(mine, buf, len));
	free(mine);
	free(buf);
	model_fini(&m);
}

static void test_random(void)
{
	uint64_t seed = tap_seed();
	struct error err = { 0 };
	struct model m;
	struct gen g;
	int i;

	gen_init(&g, seed);
	load(&m, &g);
	g.emit = feed;
	g.arg = &m;
	for (i = 0; i < 20000; i++) {
		gen_step(&g);
		if (i % 97 == 0 && !is_equal(&m, &g, &err)) {
			tap_note("step %d: %s", i, err.text);
			CHECK(!"equal");
		}
	}
	CHECK(is_equal(&m, &g, &err));
	CHECK_EQ(m.conflicts, 0);
	CHECK_EQ(model_ops(&m), g.emitted);
	/* nothing is kept of what is gone */
	CHECK(m.holds.nr <= m.context.nr + m.res.nr + m.phys.nr);
	model_fini(&m);
}

static struct vcm_event event(unsigned int type, uint32_t stream, uint64_t seq)
{
	return (struct vcm_event){ .type = (__u16)type, .stream = stream, .seq = seq, .vcm = 1,
				   .id = 1, .refs = 1 };
}

/* A model with one context whose streams are 1 and 2. */
static void with_context(struct model *m)
{
	struct gen g;

	gen_init(&g, 1);
	load(m, &g);
	g.emit = feed;
	g.arg = m;
	while (!g.context[0].vcm && !g.context[1].vcm && !g.context[2].vcm && !g.context[3].vcm)
		gen_step(&g);
	CHECK_EQ(m->context.nr, 1);
}

static void test_gap(void)
{
	struct vcm_event ev = event(VCM_EVENT_reserve, 1, 1);
	struct model m;

	with_context(&m);
	CHECK_EQ(model_apply(&m, &ev), MODEL_APPLIED);
	CHECK_EQ(model_apply(&m, &ev), MODEL_STALE);
	ev = event(VCM_EVENT_ref, 1, 5);
	ev.arg[0] = VCM_KIND_RES;
	ev.refs = 9;
	CHECK_EQ(model_apply(&m, &ev), MODEL_GAP);
	CHECK_EQ(m.gap.stream, 1);
	CHECK_EQ(m.gap.expected, 2);
	CHECK_EQ(m.gap.got, 5);
	CHECK_EQ(((struct vcm_snap_res *)table_find(&m.res, 1, 1))->refs, 9);
	ev.seq = 6;
	CHECK_EQ(model_apply(&m, &ev), MODEL_APPLIED);
	ev = event(VCM_EVENT_reserve, 2, 2);
	CHECK_EQ(model_apply(&m, &ev), MODEL_GAP);
	CHECK_EQ(m.gap.stream, 2);
	model_fini(&m);
}

static void test_held(void)
{
	struct vcm_event create = event(VCM_EVENT_create, 0, 1), held;
	struct vcm_event first = event(VCM_EVENT_reserve, 7, 1);
	struct vcm_event second = event(VCM_EVENT_unreserve, 7, 2);
	struct model m;
	struct gen g;

	gen_init(&g, 1);
	load(&m, &g);
	create.arg[3] = 7;
	create.arg[4] = 1;
	CHECK_EQ(model_apply(&m, &first), MODEL_HELD);
	CHECK_EQ(model_apply(&m, &second), MODEL_HELD);
	CHECK(!model_release(&m, &held));
	CHECK_EQ(model_apply(&m, &create), MODEL_APPLIED);
	CHECK(model_release(&m, &held));
	CHECK_EQ(held.seq, 1);
	CHECK_EQ(model_apply(&m, &held), MODEL_APPLIED);
	CHECK_EQ(m.res.nr, 1);
	CHECK(model_release(&m, &held));
	CHECK_EQ(model_apply(&m, &held), MODEL_APPLIED);
	CHECK(!model_release(&m, &held));
	CHECK_EQ(m.res.nr, 0);
	CHECK_EQ(m.conflicts, 0);
	model_fini(&m);
}

/* Made and ended before the snapshot: its events are in the ring, its streams are not known. */
static void test_past_context(void)
{
	struct vcm_event create = event(VCM_EVENT_create, 0, 1);
	struct vcm_event before = event(VCM_EVENT_reserve, 7, 1);
	struct vcm_event after = event(VCM_EVENT_unreserve, 7, 2);
	struct vcm_event destroy = event(VCM_EVENT_destroy, 0, 2), held;
	struct model m;
	struct gen g;

	gen_init(&g, 1);
	g.registry_seq = 2;
	load(&m, &g);
	create.arg[3] = 7;
	create.arg[4] = 1;
	CHECK_EQ(model_apply(&m, &before), MODEL_HELD);
	CHECK_EQ(model_apply(&m, &create), MODEL_STALE);
	CHECK_EQ(model_apply(&m, &after), MODEL_STALE);
	CHECK_EQ(model_apply(&m, &destroy), MODEL_STALE);
	CHECK(!model_release(&m, &held));
	CHECK_EQ(m.res.nr, 0);
	CHECK_EQ(m.conflicts, 0);
	model_fini(&m);
}

static void test_destroy_first(void)
{
	struct vcm_event reserve = event(VCM_EVENT_reserve, 1, 1);
	struct vcm_event unreserve = event(VCM_EVENT_unreserve, 1, 2);
	struct vcm_event destroy;
	struct model m;

	with_context(&m);
	destroy = event(VCM_EVENT_destroy, 0, *model_seq(&m, 0) + 1);
	CHECK_EQ(model_apply(&m, &reserve), MODEL_APPLIED);
	CHECK_EQ(model_apply(&m, &destroy), MODEL_APPLIED);
	CHECK_EQ(m.context.nr, 0);
	CHECK_EQ(m.stream.nr, 1);
	CHECK_EQ(model_apply(&m, &unreserve), MODEL_APPLIED);
	CHECK_EQ(m.res.nr, 0);
	unreserve.seq = 4;
	CHECK_EQ(model_apply(&m, &unreserve), MODEL_GAP);
	model_fini(&m);
}

static void test_conflicts(void)
{
	static const unsigned int types[] = {
		VCM_EVENT_unreserve, VCM_EVENT_ref, VCM_EVENT_unref, VCM_EVENT_phys_free,
		VCM_EVENT_bind, VCM_EVENT_unbind, VCM_EVENT_map, VCM_EVENT_unmap,
		VCM_EVENT_deassoc, VCM_EVENT_activate, VCM_EVENT_deactivate, VCM_EVENT_restore,
	};
	struct model m;
	size_t i;

	with_context(&m);
	for (i = 0; i < ARRAY_LEN(types); i++) {
		struct vcm_event ev = event(types[i], 1, i + 1);

		ev.id = 999;
		ev.arg[0] = VCM_KIND_RES;
		CHECK_EQ(model_apply(&m, &ev), MODEL_APPLIED);
		CHECK_EQ(m.conflicts, i + 1);
	}
	CHECK(strstr(m.conflict, "vcm_unreserve"));
	model_fini(&m);
}

static __u64 next_seq(struct model *m)
{
	return *model_seq(m, 0) + 1;
}

/* The message is that of the first conflict, so each has a model of its own. */
static void check_conflict(struct model *m, struct vcm_event ev, const char *why)
{
	ev.seq = *model_seq(m, ev.stream) + 1;
	CHECK_EQ(model_apply(m, &ev), MODEL_APPLIED);
	if (!strstr(m->conflict, why))
		tap_note("%s in place of %s", m->conflict, why);
	CHECK(strstr(m->conflict, why));
	model_fini(m);
}

static void test_hold_conflicts(void)
{
	struct vcm_event reserve = event(VCM_EVENT_reserve, 1, 1);
	struct vcm_event ev;
	struct model m;
	int i;

	reserve.arg[5] = 7;
	for (i = 0; i < 3; i++) {
		with_context(&m);
		CHECK_EQ(model_apply(&m, &reserve), MODEL_APPLIED);
		CHECK_EQ(holds_sum(holds_of(&m.holds, VCM_KIND_RES, 1, 1)), 1);
		ev = event(i == 1 ? VCM_EVENT_ref : VCM_EVENT_unref, 1, 2);
		ev.arg[0] = i == 2 ? VCM_KIND_ASSOC : VCM_KIND_RES;
		ev.arg[1] = i == 0 ? 8 : 7;
		ev.refs = 1;
		check_conflict(&m, ev, i == 0 ? "the holder has no reference" :
			       i == 1 ? "more references than it has" : "no such kind");
	}
	/* A first holder without a reference: found by the fuzz target of recordings. */
	with_context(&m);
	reserve.refs = 0;
	check_conflict(&m, reserve, "more references than it has");
	/* A holder whose number has more bits than one can have is nobody. */
	with_context(&m);
	reserve.refs = 1;
	reserve.arg[5] = 1ull << 32;
	CHECK_EQ(model_apply(&m, &reserve), MODEL_APPLIED);
	CHECK_EQ(m.holds.nr, 0);
	model_fini(&m);
}

/* The number of a stream has 32 bits: the one after the highest is that of the registry. */
static void test_streams_that_wrap(void)
{
	struct vcm_event create = event(VCM_EVENT_create, 0, 0);
	struct model m;

	with_context(&m);
	create.vcm = 9;
	create.id = 9;
	create.arg[3] = 0xffffffff;
	create.arg[4] = 2;
	check_conflict(&m, create, "there already");
}

static void test_move_conflicts(void)
{
	struct vcm_event ev = event(VCM_EVENT_save, 0, 0);
	struct vcm_event assoc = event(VCM_EVENT_assoc, 0, 0);
	struct model m;

	with_context(&m);
	ev.seq = next_seq(&m);
	CHECK_EQ(model_apply(&m, &ev), MODEL_APPLIED);
	CHECK_EQ(m.conflicts, 0);
	check_conflict(&m, ev, "saved already");

	with_context(&m);
	assoc.seq = next_seq(&m);
	assoc.arg[0] = 5;
	assoc.refs = 0;
	CHECK_EQ(model_apply(&m, &assoc), MODEL_APPLIED);
	assoc.seq++;
	assoc.id = 2;
	CHECK_EQ(model_apply(&m, &assoc), MODEL_APPLIED);
	ev = event(VCM_EVENT_switch, 0, 0);
	ev.id = 2;
	ev.arg[0] = 6;	/* not their device */
	ev.arg[2] = 1;
	ev.arg[3] = 1;
	check_conflict(&m, ev, "of another device");
}

/* A holder that lets go and comes back is the youngest. */
static void test_age(void)
{
	static const struct { unsigned int type; uint32_t holder; } steps[] = {
		{ VCM_EVENT_ref, 2 }, { VCM_EVENT_ref, 3 }, { VCM_EVENT_ref, 2 },
		{ VCM_EVENT_unref, 1 }, { VCM_EVENT_ref, 1 }, { VCM_EVENT_unref, 3 },
	};
	struct vcm_event reserve = event(VCM_EVENT_reserve, 1, 1);
	const struct holds *h;
	struct model m;
	uint32_t refs = 1;
	size_t i;

	with_context(&m);
	reserve.arg[5] = 1;
	CHECK_EQ(model_apply(&m, &reserve), MODEL_APPLIED);
	for (i = 0; i < ARRAY_LEN(steps); i++) {
		struct vcm_event ev = event(steps[i].type, 1, i + 2);

		ev.arg[0] = VCM_KIND_RES;
		ev.arg[1] = steps[i].holder;
		ev.refs = refs += steps[i].type == VCM_EVENT_ref ? 1 : -1u;
		CHECK_EQ(model_apply(&m, &ev), MODEL_APPLIED);
	}
	CHECK_EQ(m.conflicts, 0);
	h = holds_of(&m.holds, VCM_KIND_RES, 1, 1);
	CHECK_EQ(h->nr, 2);
	CHECK_EQ(h->hold[0].holder, 2);
	CHECK_EQ(h->hold[0].count, 2);
	CHECK_EQ(h->hold[1].holder, 1);
	CHECK_EQ(model_unnamed(h, refs), 0);
	model_fini(&m);
}

/* Numbers of a newer module: counted in their stream, nothing else. */
static void test_unknown_type(void)
{
	struct vcm_event ev = event(VCM_EVENT_END + 3, 1, 1);
	struct model m;

	with_context(&m);
	CHECK_EQ(model_apply(&m, &ev), MODEL_APPLIED);
	CHECK_EQ(*model_seq(&m, 1), 1);
	CHECK_EQ(m.conflicts, 0);
	model_fini(&m);
}

static void test_many_streams(void)
{
	struct vcm_event ev = event(VCM_EVENT_create, 0, 1);
	struct model m;
	struct gen g;

	gen_init(&g, 1);
	load(&m, &g);
	ev.arg[4] = UINT32_MAX;
	model_apply(&m, &ev);
	CHECK_EQ(m.conflicts, 1);
	CHECK_EQ(m.context.nr, 0);
	model_fini(&m);
}

static const char *difference(struct model *m, const struct gen *g)
{
	static struct error err;

	memset(&err, 0, sizeof(err));
	return is_equal(m, g, &err) ? "none" : err.text;
}

static void test_difference(void)
{
	struct model m;
	struct gen g;

	gen_scene(&g);
	load(&m, &g);
	CHECK_STR(difference(&m, &g), "none");
	g.res[0].refs += 2;
	CHECK(strstr(difference(&m, &g), "refs is 1 by the events, 3 in the snapshot"));
	g.res[0].refs -= 2;
	g.registry_seq++;
	CHECK(strstr(difference(&m, &g), "stream 0: seq"));
	g.registry_seq--;
	g.res[1].guard = 9;
	CHECK(strstr(difference(&m, &g), "guard is 1 by the events, 9 in the snapshot"));
	g.res[1].guard = 1;
	g.context_holds[0].hold[0].count++;
	CHECK(strstr(difference(&m, &g), "hold of holder"));
	g.context_holds[0].hold[0].count--;
	g.holders++;	/* a name has no events */
	CHECK_STR(difference(&m, &g), "none");
	g.phys[0].rsvd = 1;
	CHECK(strstr(difference(&m, &g), "reserved member"));
	g.phys[0].rsvd = 0;
	g.phys[3].phys = 0;
	CHECK(strstr(difference(&m, &g), "events give phys"));
	model_fini(&m);
}

static void test_table(void)
{
	uint64_t seed = tap_seed();
	static uint64_t there[512];
	struct table t;
	size_t nr = 0, i;
	int step;

	memset(there, 0, sizeof(there));
	table_init(&t, sizeof(uint64_t));
	for (step = 0; step < 200000; step++) {
		uint64_t key = tap_random(&seed) % ARRAY_LEN(there);
		uint64_t *row;

		if (tap_random(&seed) % 2) {
			row = table_add(&t, key / 7, key);
			nr += !there[key];
			there[key] = *row = 1 + tap_random(&seed) / 2;
		} else {
			CHECK_EQ(table_remove(&t, key / 7, key), !!there[key]);
			nr -= !!there[key];
			there[key] = 0;
		}
		CHECK_EQ(t.nr, nr);
	}
	for (i = 0; i < ARRAY_LEN(there); i++) {
		uint64_t *row = table_find(&t, i / 7, i);

		CHECK_EQ(row ? *row : 0, there[i]);
	}
	table_fini(&t);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_round_trip, "a snapshot loaded and encoded is the same bytes"),
	TAP_TEST(test_random, "20000 random operations give the state of the oracle"),
	TAP_TEST(test_gap, "a missing number is a gap of its stream, a repeated one is stale"),
	TAP_TEST(test_held, "events that come before their context are held, then applied"),
	TAP_TEST(test_past_context, "events of a context that was gone before the snapshot drop"),
	TAP_TEST(test_destroy_first, "what comes after its context is gone is still applied"),
	TAP_TEST(test_conflicts, "events on objects that do not exist are conflicts"),
	TAP_TEST(test_hold_conflicts, "references that a holder cannot have or give are conflicts"),
	TAP_TEST(test_streams_that_wrap, "a stream whose number wraps to a known one conflicts"),
	TAP_TEST(test_move_conflicts, "a save of what is saved and a wrong switch are conflicts"),
	TAP_TEST(test_age, "holds are in the order of their age, and end at 0"),
	TAP_TEST(test_unknown_type, "an unknown event counts in its stream and changes nothing"),
	TAP_TEST(test_many_streams, "an absurd number of streams is refused"),
	TAP_TEST(test_difference, "the first difference to a snapshot is named"),
	TAP_TEST(test_table, "the table finds what was added and not removed"),
};

int main(void)
{
	return tap_main("model", tests, ARRAY_LEN(tests));
}
