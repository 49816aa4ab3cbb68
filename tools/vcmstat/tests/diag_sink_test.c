// SPDX-License-Identifier: GPL-2.0-only
/*
 * diag_sink_test.c - faults as a stream has them: late, in pairs, in crowds, after losses; and what
 * is printed.
 */
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "judge.h"
#include "out_diag.h"
#include "tap.h"

static struct story *const s = &judged.story;
static struct filter filter;
static struct diag_cfg cfg;
static struct sink *sink;
static FILE *out;
static const struct totals none;

static void hear(void *arg, const struct vcm_event *ev)
{
	struct sink *to = arg;

	to->ops->event(to, ev);
}

/* The story of judge_begin(), and a sink that hears what comes. */
static void begin(bool json)
{
	static const struct header h = { "1.2.3", "6.12.0-test", "tp_btf", "vtd" };

	judge_begin();
	out = golden_begin();
	cfg.json = json;
	cfg.filter = &filter;
	sink = out_diag_new(out, &cfg);
	sink->model = &s->model;
	s->emit = hear;
	s->arg = sink;
	sink->ops->header(sink, &h);
	sink->ops->state(sink, &s->model, false);
}

/* To the end; the counts, which have been printed. */
static struct diag_counts end(void)
{
	struct diag_counts counts;

	sink->ops->end(sink, &none, "complete");
	counts = *out_diag_counts(sink);
	sink->ops->close(sink);
	fclose(out);
	story_end(s);
	memset(&filter, 0, sizeof(filter));
	memset(&cfg, 0, sizeof(cfg));
	return counts;
}

static void record_at(uint64_t iova, uint64_t ts_ns)
{
	const struct vcm_fault f = { .ts_ns = ts_ns, .iova = iova, .device = 0x28, .reason = 6 };

	sink->ops->fault(sink, &f);
}

static void record(uint64_t iova)
{
	record_at(iova, s->now + 1000);
}

static unsigned int times(const char *text)
{
	const char *at = golden_text();
	unsigned int nr = 0;

	while ((at = strstr(at, text))) {
		at += strlen(text);
		nr++;
	}
	return nr;
}

static void test_folded(void)
{
	struct diag_counts c;
	unsigned int i;

	begin(false);
	for (i = 0; i < 5; i++) {
		record(0x700000 + 0x1000 * i);
		story_wait(s, 50 * MS);
	}
	c = end();
	CHECK_EQ(c.faults, 5);
	CHECK_EQ(c.folded, 4);
	CHECK_EQ(times("never-reserved:"), 1);
	CHECK(strstr(golden_text(), "fault 1 again: 4 times, 701000 to 704000"));
	cfg.all = true;
	begin(false);
	for (i = 0; i < 5; i++)
		record(0x700000 + 0x1000 * i);
	CHECK_EQ(end().folded, 0);
	CHECK_EQ(times("never-reserved:"), 5);
}

/* Nor are two rules the same because neither has a reservation to name. */
static void test_two_rules(void)
{
	const struct vcm_fault poison = { .ts_ns = 1100000000, .iova = 0x6b6b6b6b6b6b6b6b,
					  .device = 0x28, .source = VCM_FAULT_AMD };

	begin(false);
	record(0x700000);
	sink->ops->fault(sink, &poison);
	CHECK_EQ(end().folded, 0);
	CHECK_EQ(times("certain   never-reserved:"), 1);
	CHECK_EQ(times("certain   poison:"), 1);
}

/* The same page before and after a change is not the same fault. */
static void test_not_folded(void)
{
	begin(false);
	record(0x100000);
	story_unbind(s, judged.vcm, judged.buffer);
	record(0x100000);
	story_wait(s, 50 * MS);
	CHECK_EQ(end().folded, 0);
	CHECK_EQ(times("stale-iotlb:"), 1);
	CHECK_EQ(times("unbound:"), 1);
}

static void test_late(void)
{
	uint64_t then;

	begin(false);
	story_reserve(s, judged.vcm, 0x200000, 0x1000);
	story_wait(s, 50 * MS);
	then = s->now;
	story_wait(s, 3 * MS);
	story_deactivate(s, judged.assoc);
	record_at(0x200000, then);
	end();
	CHECK_EQ(times("certain   not-bound:"), 1);
}

/* The module and the IOMMU tell of the same fault; then the IOMMU alone of another. */
static void test_pairs(void)
{
	struct vcm_event ev = { .type = VCM_EVENT_fault, .nr_arg = 4, .stream = judged.vcm,
				.arg = { 0x700010, VCM_ACCESS_WRITE, 7, 1 } };
	struct diag_counts c;

	begin(false);
	ev.stream = judged.vcm;
	ev.vcm = judged.vcm;
	ev.seq = s->seq[judged.vcm] + 1;
	ev.ts_ns = s->now + 5000;
	record(0x700000);
	sink->ops->event(sink, &ev);
	record(0x700000);
	c = end();
	CHECK_EQ(c.faults, 2);
	CHECK_EQ(times("write 700010 (vcm)"), 1);
	CHECK_EQ(times("read 700000 (vtd, not readable)"), 1);
}

static void test_storm(void)
{
	struct diag_counts c;
	unsigned int i;

	begin(false);
	for (i = 0; i < 100000; i++)
		record_at(0x1000000 + 0x10000ull * i, s->now + i * 1000);
	c = end();
	CHECK_EQ(c.faults, 100000);
	CHECK(c.judged <= 512);
	CHECK_EQ(c.judged + c.stormed, 100000);
	CHECK(strstr(golden_text(), "more faults of " CAMERA));
	CHECK(strstr(golden_text(), "certain   repeating:") == NULL);	/* all of it one group */
	begin(false);
	for (i = 0; i < 100000; i++)
		record_at(0x1000000, s->now + i * 1000);
	story_wait(s, 200 * MS);
	story_unbind(s, judged.vcm, judged.buffer);
	record(0x100000);
	c = end();
	CHECK_EQ(c.faults, 100001);
	CHECK_EQ(c.judged, 2);
	CHECK_EQ(c.stormed, 0);
	CHECK_EQ(times("unbound:"), 1);
}

static void test_losses(void)
{
	static const struct model_gap gap = { 1, 5, 8 };

	begin(false);
	story_unbind(s, judged.vcm, judged.buffer);
	sink->ops->gap(sink, &gap);
	record(0x100000);
	story_wait(s, 50 * MS);
	story_reserve(s, judged.vcm, 0x200000, 0x1000);
	sink->ops->state(sink, &s->model, true);
	record(0x100000);
	end();
	CHECK_EQ(times("LOST 3 events"), 1);
	CHECK_EQ(times("likely    unbound:"), 1);
	CHECK_EQ(times("certain   unbound:"), 1);
	CHECK(strstr(golden_text(), "events are missing"));
}

static unsigned int passing(void)
{
	begin(false);
	record(0x700000);
	story_unbind(s, judged.vcm, judged.buffer);
	record(0x100000);
	return (unsigned int)end().faults;
}

static void test_filters(void)
{
	CHECK_EQ(passing(), 2);
	filter.vcm = 2;
	CHECK_EQ(passing(), 0);
	filter.vcm = 1;
	CHECK_EQ(passing(), 2);
	filter.device = "0000:00:06.0";
	CHECK_EQ(passing(), 0);
	filter.device = CAMERA;
	CHECK_EQ(passing(), 2);
	filter.range = "0x100000";
	filter.start = 0x100000;
	filter.last = 0x100fff;
	CHECK_EQ(passing(), 1);
	filter.pid = 812;
	CHECK_EQ(passing(), 1);
	filter.pid = 813;
	CHECK_EQ(passing(), 0);
	filter.comm = "app";
	CHECK_EQ(passing(), 1);
	filter.comm = "nobody";
	CHECK_EQ(passing(), 0);
	filter.state = "reserved";
	CHECK_EQ(passing(), 1);
	filter.state = "active";
	CHECK_EQ(passing(), 0);
	filter.holder = "somebody";
	CHECK_EQ(passing(), 0);
}

static void stack(void *arg, uint32_t stream, uint64_t seq, char *buf, size_t len)
{
	(void)arg;
	if (stream == 1 && seq == s->seq[1])
		snprintf(buf, len, "vcm_unbind+0x2a [vcm];vcm_ioctl+0x11 [vcm]");
}

static void scene(bool json)
{
	cfg.stack = stack;
	cfg.input = "run.vcm";
	begin(json);
	record(0x700000);
	record(0x700000);
	story_wait(s, 50 * MS);
	story_unbind(s, judged.vcm, judged.buffer);
	story_wait(s, 2 * MS);
	record(0x100000);
	end();
}

static void test_text(void)
{
	scene(false);
	CHECK(golden_widest() < 80);
	golden_compare("fault.txt");
}

static void test_json(void)
{
	scene(true);
	golden_compare("fault.ndjson");
}

static void test_rules(void)
{
	unsigned int i;

	out = golden_begin();
	out_diag_rules(out);
	fclose(out);
	CHECK(golden_widest() < 80);
	for (i = 0; i < DIAG_RULE_END; i++)
		CHECK(strstr(golden_text(), diag_rules[i].id));
}

static const struct tap_test tests[] = {
	TAP_TEST(test_folded, "equal verdicts are told once and counted, unless all are wanted"),
	TAP_TEST(test_two_rules, "two rules are two verdicts, whatever else they share"),
	TAP_TEST(test_not_folded, "a change in between makes it another fault"),
	TAP_TEST(test_late, "a fault that is told late is judged as of its time"),
	TAP_TEST(test_pairs, "what the module and the IOMMU tell is one fault"),
	TAP_TEST(test_storm, "of 100,000 faults the count is exact, and another one is seen"),
	TAP_TEST(test_losses, "losses are told, and made good by a new state"),
	TAP_TEST(test_filters, "filters hold for the fault, its place and its culprit"),
	TAP_TEST(test_text, "text is as expected and narrower than 80 columns"),
	TAP_TEST(test_json, "NDJSON is as expected"),
	TAP_TEST(test_rules, "every rule is listed"),
};

int main(void)
{
	int ret = tap_main("diag_sink", tests, ARRAY_LEN(tests));

	golden_end();
	return ret;
}
