// SPDX-License-Identifier: GPL-2.0-only
/*
 * diag_test.c - every rule on the smallest story that it is about, and what must not mislead it.
 */
#include <string.h>

#include "story.h"
#include "tap.h"

#define CAMERA	"0000:00:05.0"
#define RW	(VCM_PROT_READ | VCM_PROT_WRITE)
#define MS	1000000u

static struct story s;
static struct diag_result res;
static struct diag how;
static uint32_t vcm, dev;
static uint64_t assoc, buffer;

/* A camera active in a context, and 16K of memory that it may use at 0x100000. */
static void begin(void)
{
	story_begin(&s);
	how = (struct diag){ .model = &s.model };
	vcm = story_context(&s);
	dev = story_device(&s, 7, CAMERA);
	buffer = story_reserve(&s, vcm, 0x100000, 0x4000);
	story_bind(&s, vcm, buffer, 0x4000, RW);
	assoc = story_assoc(&s, vcm, dev);
	story_activate(&s, assoc);
	story_wait(&s, 50 * MS);
	story_actor(&s, 812, "app");
}

static void fault_at(const struct diag_fault *f)
{
	diag_run(&how, f, &res);
	CHECK(res.nr > 0);
}

static void fault(uint64_t iova, enum diag_access access)
{
	const struct diag_fault f = story_fault(&s, CAMERA, iova, access);

	fault_at(&f);
}

static const struct diag_verdict *best(void)
{
	return &res.verdict[0];
}

static void expect(const char *rule, enum diag_confidence confidence)
{
	if (strcmp(best()->rule->id, rule))
		tap_note("%s: %s", best()->rule->id, best()->text);
	CHECK_STR(best()->rule->id, rule);
	CHECK_STR(diag_confidence_text(best()->confidence), diag_confidence_text(confidence));
	CHECK(best()->next[0]);
}

static void expect_culprit(uint32_t pid, const char *comm)
{
	CHECK_EQ(best()->pid, pid);
	CHECK_STR(best()->comm, comm);
	CHECK(best()->nr_evidence && best()->evidence[0].is_event);
	CHECK_EQ(best()->evidence[0].pid, pid);
}

static void test_never_reserved(void)
{
	begin();
	fault(0x700000, DIAG_READ);
	expect("never-reserved", DIAG_CERTAIN);
	CHECK_EQ(best()->vcm, vcm);
	CHECK_EQ(best()->pid, 0);
	story_end(&s);
}

static void test_not_bound(void)
{
	uint64_t other;

	begin();
	other = story_reserve(&s, vcm, 0x200000, 0x1000);
	fault(0x200800, DIAG_WRITE);
	expect("not-bound", DIAG_CERTAIN);
	CHECK_EQ(best()->res, other);
	story_end(&s);
}

static void test_unbound(void)
{
	begin();
	story_unbind(&s, vcm, buffer);
	story_actor(&s, 1, "other");
	story_wait(&s, 5 * MS);
	fault(0x100040, DIAG_WRITE);
	expect("unbound", DIAG_CERTAIN);
	expect_culprit(812, "app");
	CHECK_EQ(best()->age_ns, 5 * MS + 1000);
	CHECK_EQ(best()->evidence[0].seq, s.seq[vcm]);
	story_end(&s);
}

static void test_freed(void)
{
	begin();
	story_unbind(&s, vcm, buffer);
	story_actor(&s, 813, "other");
	story_unreserve(&s, vcm, buffer);
	fault(0x100040, DIAG_WRITE);
	expect("freed", DIAG_CERTAIN);
	expect_culprit(813, "other");
	CHECK_EQ(best()->res, buffer);
	story_end(&s);
}

static void test_protection(void)
{
	uint64_t in, out;

	begin();
	in = story_reserve(&s, vcm, 0x200000, 0x1000);
	out = story_reserve(&s, vcm, 0x300000, 0x1000);
	story_bind(&s, vcm, in, 0x1000, VCM_PROT_WRITE);
	story_bind(&s, vcm, out, 0x1000, VCM_PROT_READ);
	story_wait(&s, 50 * MS);
	fault(0x200800, DIAG_READ);
	expect("write-only", DIAG_CERTAIN);
	CHECK_EQ(best()->res, in);
	fault(0x300800, DIAG_WRITE);
	expect("read-only", DIAG_CERTAIN);
	CHECK_EQ(best()->res, out);
	fault(0x300800, DIAG_ACCESS_UNKNOWN);
	expect("read-only", DIAG_LIKELY);
	story_end(&s);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_never_reserved, "an address that nobody ever had is never-reserved"),
	TAP_TEST(test_not_bound, "a reservation without memory is not-bound"),
	TAP_TEST(test_unbound, "memory that was unbound is unbound, by whom and when"),
	TAP_TEST(test_freed, "a reservation that was given back is freed, by whom"),
	TAP_TEST(test_protection, "an access that the binding forbids is told by its protection"),
};

int main(void)
{
	return tap_main("diag", tests, ARRAY_LEN(tests));
}
