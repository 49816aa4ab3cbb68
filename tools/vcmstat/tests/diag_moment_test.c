// SPDX-License-Identifier: GPL-2.0-only
/*
 * diag_moment_test.c - the state that counts is that of the fault; what is missing, or explains it
 * as well, makes a verdict less sure.
 */
#include <string.h>

#include "judge.h"
#include "tap.h"

static struct story *const s = &judged.story;

/* Told of after a change, a fault is judged as before it. */
static void test_late_report(void)
{
	struct diag_fault f;
	uint64_t other;

	judge_begin();
	other = story_reserve(s, judged.vcm, 0x200000, 0x1000);
	f = story_fault(s, CAMERA, 0x100000, DIAG_READ);
	story_unbind(s, judged.vcm, judged.buffer);
	story_unreserve(s, judged.vcm, judged.buffer);
	story_deactivate(s, judged.assoc);
	story_deassoc(s, judged.assoc);
	judge_at(&f);
	judge_expect("stale-iotlb", DIAG_POSSIBLE);	/* it was all there */
	f.iova = 0x200000;
	judge_at(&f);
	judge_expect("not-bound", DIAG_CERTAIN);
	CHECK_EQ(judge_best()->res, other);
	f.iova = 0x300000;
	judge_at(&f);
	judge_expect("never-reserved", DIAG_CERTAIN);
	story_reserve(s, judged.vcm, 0x300000, 0x1000);
	judge_at(&f);
	judge_expect("never-reserved", DIAG_CERTAIN);
	story_end(s);
}

/* An event of the context is exactly where its number says, whatever the clocks of two CPUs do. */
static void test_place_in_stream(void)
{
	struct diag_fault f;

	judge_begin();
	story_unbind(s, judged.vcm, judged.buffer);
	f = story_fault(s, CAMERA, 0x100000, DIAG_READ);
	f.is_event = true;
	f.vcm = judged.vcm;
	f.stream = judged.vcm;
	f.seq = s->seq[judged.vcm] + 1;
	f.ts_ns -= 5 * MS;
	judge_at(&f);
	judge_expect("unbound", DIAG_CERTAIN);
	f.seq = s->seq[judged.vcm] - 2;
	judge_at(&f);
	CHECK(strcmp(judge_best()->rule->id, "unbound"));
	story_end(s);
}

static void test_reused(void)
{
	uint64_t next;

	judge_begin();
	story_unbind(s, judged.vcm, judged.buffer);
	story_unreserve(s, judged.vcm, judged.buffer);
	story_actor(s, 900, "next");
	next = story_reserve(s, judged.vcm, 0x100000, 0x4000);
	judge(0x100000, DIAG_WRITE);
	judge_expect("freed", DIAG_LIKELY);
	judge_culprit(812, "app");
	CHECK_EQ(judge_best()->res, judged.buffer);
	CHECK_STR(judged.res.verdict[1].rule->id, "not-bound");
	CHECK_EQ(judged.res.verdict[1].res, next);
	/* who has had it for long, or had memory there, is nearer */
	story_wait(s, 5000 * (uint64_t)MS);
	judge(0x100000, DIAG_WRITE);
	judge_expect("not-bound", DIAG_LIKELY);
	story_bind(s, judged.vcm, next, 0x4000, RW);
	story_unbind(s, judged.vcm, next);
	judge(0x100000, DIAG_WRITE);
	judge_expect("unbound", DIAG_CERTAIN);
	judge_culprit(900, "next");
	story_end(s);
}

/* Freed, and just behind something else: both explain it. */
static void test_two_causes(void)
{
	uint64_t behind;

	judge_begin();
	behind = story_reserve(s, judged.vcm, 0x104000, 0x1000);
	story_bind(s, judged.vcm, behind, 0x1000, RW);
	story_unbind(s, judged.vcm, behind);
	story_unreserve(s, judged.vcm, behind);
	judge(0x104010, DIAG_READ);
	judge_expect("freed", DIAG_LIKELY);
	CHECK_STR(judged.res.verdict[1].rule->id, "past-end");
	story_wait(s, 500 * MS);
	judge(0x104010, DIAG_READ);
	judge_expect("past-end", DIAG_LIKELY);
	CHECK_STR(judged.res.verdict[1].rule->id, "freed");
	story_end(s);
}

/* Other memory behind an address, in one go: what is in between is the exchange. */
static void test_exchange(void)
{
	struct diag_fault f;

	judge_begin();
	story_unbind(s, judged.vcm, judged.buffer);
	f = story_fault(s, CAMERA, 0x100000, DIAG_READ);
	s->now -= 1800000;
	story_bind(s, judged.vcm, judged.buffer, 0x4000, RW);
	f.ts_ns = s->now - 900000;
	judge_at(&f);
	judge_expect("race", DIAG_LIKELY);
	story_end(s);
	/* by somebody else, later: it was taken away */
	judge_begin();
	story_unbind(s, judged.vcm, judged.buffer);
	f = story_fault(s, CAMERA, 0x100000, DIAG_READ);
	story_actor(s, 900, "next");
	story_wait(s, 3 * MS);
	story_bind(s, judged.vcm, judged.buffer, 0x4000, RW);
	judge_at(&f);
	judge_expect("unbound", DIAG_LIKELY);
	judge_culprit(812, "app");
	story_end(s);
}

/* The state is stale: nothing is certain.  Taken anew: only what did not happen is less sure. */
static void test_losses(void)
{
	judge_begin();
	story_unbind(s, judged.vcm, judged.buffer);
	judged.how.lost_ns = s->now;
	judged.how.stale = true;
	judge(0x100000, DIAG_READ);
	judge_expect("unbound", DIAG_LIKELY);
	CHECK(judge_best()->after_loss);
	judge(0x700000, DIAG_READ);
	judge_expect("never-reserved", DIAG_LIKELY);
	judged.how.stale = false;
	judge(0x100000, DIAG_READ);
	judge_expect("unbound", DIAG_CERTAIN);
	CHECK(!judge_best()->after_loss);
	judge(0x700000, DIAG_READ);
	judge_expect("never-reserved", DIAG_LIKELY);
	CHECK(judge_best()->after_loss);
	story_end(s);
}

/* The begin of the context is not known any more: what never was may have been. */
static void test_short_history(void)
{
	unsigned int i;

	judge_begin();
	judge(0x700000, DIAG_READ);
	judge_expect("never-reserved", DIAG_CERTAIN);
	for (i = 0; i < HISTORY_MAX / 4; i++) {
		story_unbind(s, judged.vcm, judged.buffer);
		story_bind(s, judged.vcm, judged.buffer, 0x4000, RW);
	}
	CHECK(judged.story.model.history.nr > HISTORY_MAX);
	judge(0x700000, DIAG_READ);
	judge_expect("never-reserved", DIAG_LIKELY);
	CHECK(strstr(judge_best()->text, "as far back as is known"));
	story_end(s);
}

/* A context that is gone with all in it. */
static void test_destroyed(void)
{
	judge_begin();
	story_unbind(s, judged.vcm, judged.buffer);
	story_unreserve(s, judged.vcm, judged.buffer);
	story_deactivate(s, judged.assoc);
	story_deassoc(s, judged.assoc);
	story_destroy(s, judged.vcm);
	judge(0x100000, DIAG_READ);
	judge_expect("not-associated", DIAG_CERTAIN);
	judge_culprit(812, "app");
	CHECK_EQ(judge_best()->vcm, judged.vcm);
	story_end(s);
}

static void test_next(void)
{
	judge_begin();
	story_unbind(s, judged.vcm, judged.buffer);
	judge(0x100000, DIAG_READ);
	CHECK_STR(judge_best()->next, "vcmstat events -c 1 --range 0x100000");
	judged.how.input = "run.vcm";
	judge(0x100000, DIAG_READ);
	CHECK_STR(judge_best()->next, "vcmstat replay run.vcm -c 1 --range 0x100000");
	judged.how.input = "-";
	judge(0x100000, DIAG_READ);
	CHECK_STR(judge_best()->next, "vcmstat replay FILE -c 1 --range 0x100000");
	story_end(s);
}

/* A name that a process chose does not reach a terminal raw. */
static void test_hostile_names(void)
{
	const char *at;

	judge_begin();
	story_actor(s, 4294967295u, "\033[2J\n\xc2\x9b" "aaaaaaaa");
	story_unbind(s, judged.vcm, judged.buffer);
	judge(0x100000, DIAG_READ);
	judge_expect("unbound", DIAG_CERTAIN);
	for (at = judge_best()->text; *at; at++)
		CHECK(*at >= ' ' && *at <= '~');
	CHECK(strstr(judge_best()->text, "?[2J???aaaaaaaa"));
	story_end(s);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_late_report, "what changed after the fault is undone"),
	TAP_TEST(test_place_in_stream, "an event is at its place in the stream"),
	TAP_TEST(test_reused, "a range that is somebody else's by now: who came last, and when"),
	TAP_TEST(test_two_causes, "two causes: neither is certain, the fresh one goes first"),
	TAP_TEST(test_exchange, "memory being exchanged is a race, and only then"),
	TAP_TEST(test_losses, "missing events make what rests on them less sure"),
	TAP_TEST(test_short_history, "what the history has lost may have been"),
	TAP_TEST(test_destroyed, "a context that was destroyed is told of by who ended it"),
	TAP_TEST(test_next, "the command to go on with fits where the fault was seen"),
	TAP_TEST(test_hostile_names, "names of others are made printable"),
};

int main(void)
{
	return tap_main("diag_moment", tests, ARRAY_LEN(tests));
}
