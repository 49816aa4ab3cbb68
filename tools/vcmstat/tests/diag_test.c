// SPDX-License-Identifier: GPL-2.0-only
/*
 * diag_test.c - every rule on the smallest story that it is about, and what must not mislead it.
 */
#include <string.h>

#include "judge.h"
#include "tap.h"

static struct story *const s = &judged.story;

static void test_never_reserved(void)
{
	judge_begin();
	judge(0x700000, DIAG_READ);
	judge_expect("never-reserved", DIAG_CERTAIN);
	CHECK_EQ(judge_best()->vcm, judged.vcm);
	CHECK_EQ(judge_best()->pid, 0);
	story_end(s);
}

static void test_not_bound(void)
{
	uint64_t other;

	judge_begin();
	other = story_reserve(s, judged.vcm, 0x200000, 0x1000);
	judge(0x200800, DIAG_WRITE);
	judge_expect("not-bound", DIAG_CERTAIN);
	CHECK_EQ(judge_best()->res, other);
	story_end(s);
}

static void test_unbound(void)
{
	judge_begin();
	story_unbind(s, judged.vcm, judged.buffer);
	story_actor(s, 1, "other");
	story_wait(s, 5 * MS);
	judge(0x100040, DIAG_WRITE);
	judge_expect("unbound", DIAG_CERTAIN);
	judge_culprit(812, "app");
	CHECK_EQ(judge_best()->age_ns, 5 * MS + 1000);
	CHECK_EQ(judge_best()->evidence[0].seq, s->seq[judged.vcm]);
	story_end(s);
}

static void test_freed(void)
{
	judge_begin();
	story_unbind(s, judged.vcm, judged.buffer);
	story_actor(s, 813, "other");
	story_unreserve(s, judged.vcm, judged.buffer);
	judge(0x100040, DIAG_WRITE);
	judge_expect("freed", DIAG_CERTAIN);
	judge_culprit(813, "other");
	CHECK_EQ(judge_best()->res, judged.buffer);
	story_end(s);
}

static void test_protection(void)
{
	uint64_t in, out;

	judge_begin();
	in = story_reserve(s, judged.vcm, 0x200000, 0x1000);
	out = story_reserve(s, judged.vcm, 0x300000, 0x1000);
	story_bind(s, judged.vcm, in, 0x1000, VCM_PROT_WRITE);
	story_bind(s, judged.vcm, out, 0x1000, VCM_PROT_READ);
	story_wait(s, 50 * MS);
	judge(0x200800, DIAG_READ);
	judge_expect("write-only", DIAG_CERTAIN);
	CHECK_EQ(judge_best()->res, in);
	judge(0x300800, DIAG_WRITE);
	judge_expect("read-only", DIAG_CERTAIN);
	CHECK_EQ(judge_best()->res, out);
	judge(0x300800, DIAG_ACCESS_UNKNOWN);
	judge_expect("read-only", DIAG_LIKELY);
	story_end(s);
}

static void test_protection_was_better(void)
{
	judge_begin();
	story_unbind(s, judged.vcm, judged.buffer);
	story_bind(s, judged.vcm, judged.buffer, 0x4000, VCM_PROT_READ);
	story_actor(s, 1, "other");
	story_wait(s, 50 * MS);
	judge(0x100000, DIAG_WRITE);
	judge_expect("read-only", DIAG_CERTAIN);
	judge_culprit(812, "app");
	story_end(s);
}

static void test_past_binding(void)
{
	uint64_t other;

	judge_begin();
	other = story_reserve(s, judged.vcm, 0x200000, 0x4000);
	story_bind(s, judged.vcm, other, 0x1000, RW);
	judge(0x201010, DIAG_READ);
	judge_expect("past-binding", DIAG_CERTAIN);
	CHECK_EQ(judge_best()->res, other);
	CHECK_EQ(judge_best()->bytes, 0x10);
	story_end(s);
}

static void test_beside(void)
{
	struct diag_fault f;

	judge_begin();
	judge(0x104040, DIAG_WRITE);
	judge_expect("past-end", DIAG_LIKELY);
	CHECK_EQ(judge_best()->bytes, 0x40);
	CHECK_EQ(judge_best()->res, judged.buffer);
	judge(0xffffc, DIAG_WRITE);
	judge_expect("before-start", DIAG_LIKELY);
	CHECK_EQ(judge_best()->bytes, 4);
	/* further away than anybody runs over */
	judge(0x104000 + 0x10000, DIAG_WRITE);
	judge_expect("never-reserved", DIAG_CERTAIN);
	/* the page only */
	f = story_fault(s, CAMERA, 0x105000, DIAG_READ);
	f.grain = DIAG_PAGE;
	judge_at(&f);
	judge_expect("past-end", DIAG_POSSIBLE);
	CHECK_EQ(judge_best()->bytes, 0x1000);
	CHECK(strstr(judge_best()->text, "4096 to 8191 bytes behind"));
	f.iova = 0xff000;
	judge_at(&f);
	judge_expect("before-start", DIAG_LIKELY);
	CHECK_EQ(judge_best()->bytes, 1);
	CHECK(strstr(judge_best()->text, "1 to 4096 bytes before"));
	story_end(s);
}

/* A range that nobody could use was not run over; of two neighbours the nearer one was. */
static void test_beside_what(void)
{
	uint64_t near;

	judge_begin();
	near = story_reserve(s, judged.vcm, 0x106000, 0x1000);
	judge(0x107010, DIAG_READ);
	judge_expect("past-end", DIAG_POSSIBLE);
	CHECK_EQ(judge_best()->res, judged.buffer);
	story_bind(s, judged.vcm, near, 0x1000, RW);
	judge(0x107010, DIAG_READ);
	judge_expect("past-end", DIAG_LIKELY);
	CHECK_EQ(judge_best()->res, near);
	judge(0x105ff0, DIAG_READ);
	judge_expect("before-start", DIAG_LIKELY);
	CHECK_EQ(judge_best()->res, near);
	story_end(s);
}

static void test_guard(void)
{
	uint64_t other;

	judge_begin();
	other = story_reserve_how(s, judged.vcm, 0x200000, 0x1000, 0, 1 | 2 << 16);
	judge(0x202fff, DIAG_WRITE);	/* its last byte */
	judge_expect("guard", DIAG_CERTAIN);
	CHECK_EQ(judge_best()->res, other);
	CHECK_EQ(judge_best()->bytes, 0x1fff);
	judge(0x1ff000, DIAG_WRITE);
	judge_expect("guard", DIAG_CERTAIN);
	CHECK_EQ(judge_best()->bytes, 0x1000);
	judge(0x1feffc, DIAG_WRITE);
	CHECK(strcmp(judge_best()->rule->id, "guard"));
	judge(0x203000, DIAG_WRITE);
	CHECK(strcmp(judge_best()->rule->id, "guard"));
	story_end(s);
}

static void test_not_active(void)
{
	judge_begin();
	story_deactivate(s, judged.assoc);
	story_wait(s, 2 * MS);
	judge(0x100000, DIAG_READ);
	judge_expect("not-active", DIAG_CERTAIN);
	judge_culprit(812, "app");
	CHECK_EQ(judge_best()->vcm, judged.vcm);
	/* an address that nobody has may be one of the device's own driver */
	judge(0x900000, DIAG_READ);
	judge_expect("not-active", DIAG_LIKELY);
	story_end(s);
}

static void test_twice_active(void)
{
	judge_begin();
	story_activate(s, judged.assoc);
	story_deactivate(s, judged.assoc);
	judge(0x700000, DIAG_READ);
	judge_expect("never-reserved", DIAG_CERTAIN);
	story_end(s);
}

static void test_saved(void)
{
	judge_begin();
	story_save(s, judged.vcm);
	judge(0x100000, DIAG_READ);
	judge_expect("saved", DIAG_CERTAIN);
	judge_culprit(812, "app");
	story_restore(s, judged.vcm);
	story_wait(s, 50 * MS);
	judge(0x700000, DIAG_READ);
	judge_expect("never-reserved", DIAG_CERTAIN);
	story_end(s);
}

static void test_not_associated(void)
{
	struct diag_fault f;

	judge_begin();
	f = story_fault(s, "0000:00:09.0", 0x100000, DIAG_READ);
	judge_at(&f);
	judge_expect("not-associated", DIAG_LIKELY);
	CHECK_EQ(judge_best()->res, judged.buffer);
	story_deactivate(s, judged.assoc);
	story_actor(s, 813, "other");
	story_deassoc(s, judged.assoc);
	judge(0x100000, DIAG_READ);
	judge_expect("not-associated", DIAG_CERTAIN);
	judge_culprit(813, "other");
	story_end(s);
}

/* A device in two contexts, @blue being the one that it is not in. */
static uint32_t two_contexts(uint64_t *in_blue)
{
	uint32_t blue;

	judge_begin();
	blue = story_context(s);
	*in_blue = story_assoc(s, blue, judged.dev);
	story_wait(s, 50 * MS);
	return blue;
}

static void test_wrong_context(void)
{
	uint64_t in_blue;

	two_contexts(&in_blue);
	story_switch(s, judged.assoc, in_blue);
	judge(0x100010, DIAG_WRITE);
	judge_expect("wrong-context", DIAG_CERTAIN);
	judge_culprit(812, "app");
	CHECK_EQ(judge_best()->vcm, judged.vcm);
	CHECK_EQ(judge_best()->res, judged.buffer);
	/* back again: the access is good, and what changed is too long ago */
	story_switch(s, in_blue, judged.assoc);
	story_wait(s, 50 * MS);
	judge(0x100010, DIAG_WRITE);
	judge_expect("stale-iotlb", DIAG_POSSIBLE);
	story_end(s);
}

static void test_same_address(void)
{
	uint64_t in_blue, same;
	uint32_t blue = two_contexts(&in_blue);

	same = story_reserve(s, blue, 0x100000, 0x4000);
	story_bind(s, blue, same, 0x4000, VCM_PROT_READ);
	story_switch(s, judged.assoc, in_blue);
	judge(0x100010, DIAG_WRITE);
	judge_expect("wrong-context", DIAG_LIKELY);
	CHECK_STR(judged.res.verdict[1].rule->id, "read-only");
	/* long after: the device knows where it is */
	story_wait(s, 500 * MS);
	judge(0x100010, DIAG_WRITE);
	judge_expect("read-only", DIAG_LIKELY);
	CHECK_EQ(judge_best()->res, same);
	CHECK_STR(judged.res.verdict[1].rule->id, "wrong-context");
	story_end(s);
}

static void test_too_early(void)
{
	struct diag_fault f;
	uint64_t other;

	judge_begin();
	other = story_reserve(s, judged.vcm, 0x200000, 0x4000);
	story_wait(s, 50 * MS);
	f = story_fault(s, CAMERA, 0x200000, DIAG_READ);
	story_bind(s, judged.vcm, other, 0x4000, RW);
	judge_at(&f);
	judge_expect("race", DIAG_LIKELY);
	judge_culprit(812, "app");
	/* told of so late that the mapping is there */
	f = story_fault(s, CAMERA, 0x200000, DIAG_READ);
	judge_at(&f);
	judge_expect("race", DIAG_LIKELY);
	story_wait(s, 50 * MS);
	judge(0x200000, DIAG_READ);
	judge_expect("stale-iotlb", DIAG_POSSIBLE);
	story_end(s);
}

static void test_stale_iotlb(void)
{
	judge_begin();
	story_unbind(s, judged.vcm, judged.buffer);
	story_bind(s, judged.vcm, judged.buffer, 0x4000, RW);
	story_wait(s, 50 * MS);
	judge(0x100000, DIAG_READ);
	judge_expect("stale-iotlb", DIAG_LIKELY);
	story_end(s);
}

static void test_region(void)
{
	judge_begin();
	story_reserve_how(s, judged.vcm, 0xfee00000, 0x100000, VCM_RESERVE_SYSTEM, 0);
	judge(0xfee01004, DIAG_WRITE);
	judge_expect("region", DIAG_CERTAIN);
	story_end(s);
}

static void test_beyond_mask(void)
{
	struct diag_fault f;

	judge_begin();
	f = story_fault(s, CAMERA, 1ull << 32, DIAG_READ);
	f.mask_bits = 32;
	judge_at(&f);
	judge_expect("beyond-mask", DIAG_CERTAIN);
	f.iova--;
	f.iova -= 0x1000000;
	judge_at(&f);
	judge_expect("never-reserved", DIAG_CERTAIN);
	f.mask_bits = 64;
	f.iova = 0x7000000000000000;
	judge_at(&f);
	judge_expect("never-reserved", DIAG_CERTAIN);
	f.too_wide = true;
	judge_at(&f);
	judge_expect("beyond-mask", DIAG_CERTAIN);
	story_end(s);
}

static void test_truncated(void)
{
	uint64_t high;

	judge_begin();
	high = story_reserve(s, judged.vcm, 0x2fffff000, 0x2000);
	story_bind(s, judged.vcm, high, 0x2000, RW);
	judge(0xfffff010, DIAG_READ);
	judge_expect("truncated", DIAG_LIKELY);
	CHECK_EQ(judge_best()->res, high);
	judge(0x10, DIAG_READ);	/* the second page of it, whose upper bits are one more */
	judge_expect("truncated", DIAG_LIKELY);
	CHECK(strstr(judge_best()->text, "300000010"));
	story_end(s);
}

static void test_null(void)
{
	uint64_t zero;

	judge_begin();
	judge(0x10, DIAG_READ);
	judge_expect("null", DIAG_LIKELY);
	zero = story_reserve(s, judged.vcm, 0, 0x1000);
	judge(0x10, DIAG_READ);
	judge_expect("not-bound", DIAG_CERTAIN);
	CHECK_EQ(judge_best()->res, zero);
	story_end(s);
}

static void test_poison(void)
{
	static const uint64_t whole[] = { 0x6b6b6b6b6b6b6b6b, 0xdead000000000122, ~0ull };
	struct diag_fault f;
	unsigned int i;

	judge_begin();
	for (i = 0; i < ARRAY_LEN(whole); i++) {
		judge(whole[i], DIAG_READ);
		judge_expect("poison", DIAG_CERTAIN);
	}
	judge(0xdeadbeef, DIAG_READ);
	judge_expect("poison", DIAG_LIKELY);
	f = story_fault(s, CAMERA, 0xdeadb000, DIAG_READ);
	f.grain = DIAG_PAGE;
	judge_at(&f);
	judge_expect("poison", DIAG_LIKELY);
	judge(0xdeadbeee, DIAG_READ);
	judge_expect("never-reserved", DIAG_CERTAIN);
	story_reserve(s, judged.vcm, 0xdeadb000, 0x1000);
	judge(0xdeadbeef, DIAG_READ);
	judge_expect("not-bound", DIAG_CERTAIN);
	story_end(s);
}

static void test_repeating(void)
{
	judge_begin();
	judged.how.repeats = 8;
	judged.how.repeats_ns = MS;
	judge(0x700000, DIAG_READ);
	judge_expect("never-reserved", DIAG_CERTAIN);
	CHECK_STR(judged.res.verdict[judged.res.nr - 1].rule->id, "repeating");
	judged.how.repeats = 7;
	judge(0x700000, DIAG_READ);
	CHECK_EQ(judged.res.nr, 1);
	story_end(s);
}

static void test_unknown(void)
{
	struct diag_fault f;

	judge_begin();
	f = story_fault(s, "", 0x700000, DIAG_ACCESS_UNKNOWN);
	judge_at(&f);
	judge_expect("unknown", DIAG_POSSIBLE);
	CHECK_EQ(judge_best()->pid, 0);
	/* whose domain faulted is enough */
	f.vcm = judged.vcm;
	judge_at(&f);
	judge_expect("never-reserved", DIAG_CERTAIN);
	story_end(s);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_never_reserved, "an address that nobody ever had is never-reserved"),
	TAP_TEST(test_not_bound, "a reservation without memory is not-bound"),
	TAP_TEST(test_unbound, "memory that was unbound is unbound, by whom and when"),
	TAP_TEST(test_freed, "a reservation that was given back is freed, by whom"),
	TAP_TEST(test_protection, "an access that the binding forbids is told by its protection"),
	TAP_TEST(test_protection_was_better, "and who ended the binding that allowed it"),
	TAP_TEST(test_past_binding, "less memory than reservation is past-binding"),
	TAP_TEST(test_beside, "beside a reservation by how much, of a page only the bounds"),
	TAP_TEST(test_beside_what, "of two neighbours the nearer one with memory was run over"),
	TAP_TEST(test_guard, "a guard page is one up to its last byte"),
	TAP_TEST(test_not_active, "a device that was deactivated is not-active, by whom"),
	TAP_TEST(test_twice_active, "a device with an activation left is active"),
	TAP_TEST(test_saved, "a saved context is saved until it is restored"),
	TAP_TEST(test_not_associated, "a device of no context is not-associated, since whom"),
	TAP_TEST(test_wrong_context, "an address of the context that was left is wrong-context"),
	TAP_TEST(test_same_address, "two contexts with one address: it depends on when"),
	TAP_TEST(test_too_early, "memory that comes just after the fault is a race"),
	TAP_TEST(test_stale_iotlb, "an access that was forbidden before is stale-iotlb"),
	TAP_TEST(test_region, "a region of the IOMMU is region"),
	TAP_TEST(test_beyond_mask, "one bit more than the device has is beyond-mask"),
	TAP_TEST(test_truncated, "the low bits of an address above 4G are truncated"),
	TAP_TEST(test_null, "page 0 is null, unless somebody reserved it"),
	TAP_TEST(test_poison, "patterns are poison, as surely as they are long"),
	TAP_TEST(test_repeating, "eight faults before are told beside the cause"),
	TAP_TEST(test_unknown, "a fault without device and context is unknown, and not guessed"),
};

int main(void)
{
	return tap_main("diag", tests, ARRAY_LEN(tests));
}
