// SPDX-License-Identifier: GPL-2.0-only
/*
 * hist_test.c - latencies in buckets, symbols, and what is held for long.
 */
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "gen.h"
#include "leak_log.h"
#include "out_hist.h"
#include "tap.h"
#include "util.h"

static void test_buckets(void)
{
	uint64_t random = tap_seed();
	unsigned int i;

	for (i = 0; i + 1 < VCM_HIST_BUCKETS; i++) {
		CHECK_EQ(vcm_hist_bucket(hist_upper(i)), i);
		CHECK_EQ(vcm_hist_bucket(hist_upper(i) + 1), i + 1);
	}
	CHECK_EQ(vcm_hist_bucket(UINT64_MAX), VCM_HIST_BUCKETS - 1);
	for (i = 0; i < 100000; i++) {
		uint64_t value = tap_random(&random) >> (22 + tap_random(&random) % 42);
		uint64_t upper = hist_upper(vcm_hist_bucket(value));

		CHECK(value <= upper && upper - value <= value / 8);
	}
}

static int by_value(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* Against the sorted values themselves: never below, and an eighth above at most. */
static void test_percentiles(void)
{
	static const unsigned int permille[] = { 1, 500, 900, 990, 999, 1000 };
	enum { N = 5000 };
	uint64_t random = tap_seed(), value[N];
	struct hist h = { 0 };
	size_t i;

	CHECK_EQ(hist_percentile(&h, 500), 0);
	for (i = 0; i < N; i++) {
		value[i] = tap_random(&random) >> (30 + tap_random(&random) % 34);
		hist_add(&h, value[i]);
	}
	qsort(value, N, sizeof(*value), by_value);
	for (i = 0; i < ARRAY_LEN(permille); i++) {
		uint64_t exact = value[(N * (uint64_t)permille[i] + 999) / 1000 - 1];
		uint64_t got = hist_percentile(&h, permille[i]);

		CHECK(got >= exact && got - exact <= exact / 8);
	}
	CHECK_EQ(hist_percentile(&h, 1000), value[N - 1]);
}

static void fill(struct hists *h)
{
	uint64_t i;

	memset(h, 0, sizeof(*h));
	for (i = 1; i <= 1000; i++) {
		hist_add(&h->op[VCM_TIMED_reserve], 700 + i);
		hist_add(&h->op[VCM_TIMED_bind], i % 100 ? 2500 : 400000 * i);
	}
	hist_add(&h->op[VCM_TIMED_switch], 12);
	h->missed = 3;
}

static void test_output(void)
{
	static struct hists h;
	struct json j;
	FILE *out = golden_begin();

	fill(&h);
	out_hist(out, &h);
	out_hist_bars(out, &h.op[VCM_TIMED_bind], "bind");
	out_hist_bars(out, &h.op[VCM_TIMED_map], "map");
	json_init(&j, out);
	out_hist_json(&j, &h, 5, true);
	json_fini(&j);
	fclose(out);
	golden_compare("hist.txt");
}

static void test_since(void)
{
	static struct hists h, before;

	fill(&before);
	fill(&h);
	hist_add(&h.op[VCM_TIMED_bind], 77);
	hist_since(&h.op[VCM_TIMED_bind], &before.op[VCM_TIMED_bind]);
	CHECK_EQ(h.op[VCM_TIMED_bind].count, 1);
	CHECK_EQ(h.op[VCM_TIMED_bind].ns, 77);
	CHECK_EQ(hist_percentile(&h.op[VCM_TIMED_bind], 500), hist_upper(vcm_hist_bucket(77)));
}

/* Of two halves: what all of it in one would be. */
static void test_join(void)
{
	uint64_t random = tap_seed(), value;
	struct hist all = { 0 }, half[2] = { 0 }, joined = { 0 };
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		value = tap_random(&random) >> (30 + tap_random(&random) % 34);
		hist_add(&all, value);
		hist_add(&half[tap_random(&random) % 2], value);
	}
	hist_join(&joined, &half[0]);
	hist_join(&joined, &half[1]);
	CHECK(!memcmp(&joined, &all, sizeof(all)));
}

static const char kallsyms[] =
	"0000000000000000 A fixed_percpu_data\n"
	"ffffffff81000000 T startup_64\n"
	"ffffffff81000100 d not_a_function\n"
	"ffffffff81000200 t do_ioctl\n"
	"ffffffffb0000000 t bpf_prog_0123_vcm_leak_reserve\t[bpf]\n"
	"ffffffffb0000100 T bpf_trace_run12\n"
	"ffffffffc0400000 t vcm_reserve\t[vcm]\n"
	"ffffffffc0400080 T vcm_bind\t[vcm]\n"
	"garbage\n";

static void read_symbols(struct ksyms *k)
{
	FILE *in = fmemopen((void *)kallsyms, sizeof(kallsyms) - 1, "r");

	ksyms_read(k, in);
	fclose(in);
}

static void test_symbols(void)
{
	struct ksyms k, none = { 0 };
	char buf[96];

	read_symbols(&k);
	CHECK_EQ(k.nr, 6);
	CHECK_STR(ksyms_text(&k, 0xffffffffc0400010, buf, sizeof(buf)), "vcm_reserve+0x10 [vcm]");
	CHECK_STR(ksyms_text(&k, 0xffffffff81000150, buf, sizeof(buf)), "startup_64+0x150");
	CHECK_STR(ksyms_text(&k, 0xffffffff81000200, buf, sizeof(buf)), "do_ioctl+0x0");
	CHECK_STR(ksyms_text(&k, 0x1234, buf, sizeof(buf)), "0x1234");
	CHECK_STR(ksyms_text(&k, 0xffffffffd0400080, buf, sizeof(buf)), "0xffffffffd0400080");
	CHECK_STR(ksyms_text(&none, 0x55, buf, sizeof(buf)), "0x55");
	ksyms_fini(&k);
}

/* Of the scene: who holds what is in its snapshot; ages and stacks are made up. */
static void test_leaks(void)
{
	static const struct leak_entry entry[] = {
		{ { 8, 2, VCM_KIND_RES, 1 }, { 3000000000, 1, 41, 42, 2, 0, "app" },
		  { 0xffffffffb0000010, 0xffffffffb0000110, 0xffffffffc0400010,
		    0xffffffff81000250 } },
		{ { 2, 2, VCM_KIND_CONTEXT, 2 }, { 1000000000, -14, 41, 42, 1, 0, "app" }, { 0 } },
		{ { 1, 1, VCM_KIND_CONTEXT, 1 }, { 9500000000, 1, 41, 42, 1, 0, "young" }, { 0 } },
		{ { 99, 2, VCM_KIND_RES, 2 }, { 100, 1, 41, 42, 1, 0, "gone" }, { 0 } },
		{ { 8, 2, VCM_KIND_RES, 77 }, { 100, 1, 41, 42, 1, 0, "put" }, { 0 } },
	};
	const struct leak_look look = { 10000000000, 1000000000, true };
	struct leaks l = { .nr = ARRAY_LEN(entry), .missed = 1 };
	FILE *out = golden_begin();
	struct ksyms k;
	struct model m;
	struct json j;

	golden_scene(&m);
	read_symbols(&k);
	l.entry = xcalloc(l.nr, sizeof(*l.entry));
	memcpy(l.entry, entry, sizeof(entry));
	leaks_select(&l, &m, &look);
	out_leaks(out, &l, &m, &k, &look);
	json_init(&j, out);
	out_leaks_json(&j, &l, &m, &k, &look);
	json_fini(&j);
	fclose(out);
	golden_compare("leak.txt");
	CHECK(!strstr(golden_text(), "gone") && !strstr(golden_text(), "young"));
	CHECK(!strstr(golden_text(), "put"));
	leaks_fini(&l);
	ksyms_fini(&k);
	model_fini(&m);
}

struct held_by_events {
	struct model model;
	struct leak_log log;
};

static void feed_both(void *arg, const struct vcm_event *ev)
{
	struct held_by_events *h = arg;

	model_apply(&h->model, ev);
	leak_log_event(&h->log, ev);
}

/* What the state says is held, the events have said who took, and nothing more; how much it is. */
static uint64_t compare_held(const struct held_by_events *h)
{
	const struct leak_look look = { .now_ns = UINT64_MAX };
	uint64_t sum = 0, want = 0;
	struct leaks l;
	size_t i;

	leak_log_read(&h->log, &l);
	leaks_select(&l, &h->model, &look);
	CHECK_EQ(l.before, 0);
	for (i = 0; i < l.nr; i++) {
		CHECK(l.entry[i].leak.ts_ns && l.entry[i].leak.ts_ns <= h->log.now_ns);
		sum += l.entry[i].key.holder ? l.entry[i].leak.count : 0;
	}
	for (i = 0; i < h->model.holds.nr; i++)
		want += holds_sum(table_row(&h->model.holds, i));
	CHECK_EQ(sum, want);
	leaks_fini(&l);
	return want;
}

static void test_leaks_by_events(void)
{
	struct held_by_events h;
	uint64_t seen = 0;
	struct gen g;
	int i;

	gen_init(&g, tap_seed());
	g.emit = feed_both;
	g.arg = &h;
	model_init(&h.model);
	table_add(&h.model.stream, 0, 0);
	leak_log_init(&h.log);
	for (i = 0; i < 6000; i++) {
		gen_step(&g);
		seen += i % 10 ? 0 : compare_held(&h);
	}
	CHECK(seen > 1000);
	leak_log_fini(&h.log);
	model_fini(&h.model);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_buckets, "a bucket is within an eighth of every value in it"),
	TAP_TEST(test_percentiles, "percentiles are those of the sorted values, within an eighth"),
	TAP_TEST(test_output, "latencies as table, bars and records are as expected"),
	TAP_TEST(test_join, "two histograms joined are that of all their values"),
	TAP_TEST(test_since, "an interval has what came in it"),
	TAP_TEST(test_symbols, "addresses become names of functions, or stay numbers"),
	TAP_TEST(test_leaks, "what is held for long is told, what is young or gone is not"),
	TAP_TEST(test_leaks_by_events, "what a recording says is held, its events say who took"),
};

int main(void)
{
	int ret = tap_main("hist", tests, ARRAY_LEN(tests));

	golden_end();
	return ret;
}
