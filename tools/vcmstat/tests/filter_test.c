// SPDX-License-Identifier: GPL-2.0-only
/*
 * filter_test.c - a filter leaves what it says and nothing else; what was freed is remembered.
 */
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "gen.h"
#include "golden.h"
#include "tap.h"

static void part_of(const struct filter *f, struct model *part)
{
	struct filter copy = *f;
	struct error err = { 0 };
	struct model m;

	CHECK_EQ(filter_range(&copy, &err), 0);
	golden_scene(&m);
	filter_model(&copy, &m, part);
	model_fini(&m);
}

static void counts(const struct filter *f, size_t contexts, size_t res, size_t phys,
		   size_t assocs)
{
	struct model part;

	part_of(f, &part);
	CHECK_EQ(part.context.nr, contexts);
	CHECK_EQ(part.res.nr, res);
	CHECK_EQ(part.phys.nr, phys);
	CHECK_EQ(part.assoc.nr, assocs);
	model_fini(&part);
}

static void test_each(void)
{
	counts(&(struct filter){ 0 }, 3, 7, 4, 4);
	counts(&(struct filter){ .vcm = 2 }, 1, 1, 1, 1);
	counts(&(struct filter){ .vcm = 9 }, 0, 0, 0, 0);
	counts(&(struct filter){ .state = "bound" }, 1, 1, 1, 1);
	counts(&(struct filter){ .state = "active" }, 1, 4, 3, 2);
	counts(&(struct filter){ .state = "reserved" }, 1, 1, 0, 2);
	counts(&(struct filter){ .range = "0x120000" }, 1, 1, 1, 2);
	counts(&(struct filter){ .range = "0x11ffff-0x12ffff" }, 1, 1, 1, 2);
	counts(&(struct filter){ .range = "0x11f000+0x1000" }, 0, 0, 0, 0);
	counts(&(struct filter){ .device = "0000:00:07.0" }, 1, 0, 0, 1);
	counts(&(struct filter){ .device = "0000:00:05.0" }, 2, 7, 3, 2);
	counts(&(struct filter){ .holder = "app/43" }, 1, 2, 1, 2);
	counts(&(struct filter){ .pid = 43 }, 1, 2, 1, 2);
	counts(&(struct filter){ .comm = "app", .pid = 43 }, 1, 2, 1, 2);
	counts(&(struct filter){ .comm = "ap" }, 0, 0, 0, 0);
	counts(&(struct filter){ .vcm = 1, .state = "bound" }, 0, 0, 0, 0);
}

static void test_bad_ranges(void)
{
	static const char * const bad[] = { "", "x", "-1", "1-", "2-1", "1+0", "1+2+3", "0x", "1,2",
					    "0xffffffffffffffff+2" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++) {
		struct filter f = { .range = bad[i] };
		struct error err = { 0 };

		if (!filter_range(&f, &err))
			tap_note("'%s' was taken", bad[i]);
		CHECK_EQ(err.code, EXIT_USAGE);
	}
}

/* What is left is itself whole: it can be written and loaded; filtering again changes nothing. */
static void test_random(void)
{
	uint64_t random = tap_seed();
	int i;

	for (i = 0; i < 200; i++) {
		static const char * const states[] = { NULL, "reserved", "bound", "active" };
		struct filter f = { .vcm = tap_random(&random) % 6,
				    .state = states[tap_random(&random) % 4] };
		struct model m, part, again, loaded;
		struct error err = { 0 };
		size_t len, len2;
		struct gen g;
		void *buf, *two;
		int step;

		gen_init(&g, tap_random(&random));
		for (step = 0; step < 300; step++)
			gen_step(&g);
		buf = gen_snapshot(&g, &len);
		model_init(&m);
		CHECK_EQ(model_load(&m, buf, len, &err), 0);
		free(buf);
		filter_model(&f, &m, &part);
		filter_model(&f, &part, &again);
		buf = model_encode(&part, &len);
		two = model_encode(&again, &len2);
		CHECK(len == len2 && !memcmp(buf, two, len));
		model_init(&loaded);
		CHECK_EQ(model_load(&loaded, buf, len, &err), 0);
		free(buf);
		free(two);
		model_fini(&m);
		model_fini(&part);
		model_fini(&again);
		model_fini(&loaded);
	}
}

static void test_event(void)
{
	const struct vcm_event ev = { .type = VCM_EVENT_ref, .vcm = 1, .id = 6, .pid = 41,
				      .comm = "app", .arg = { VCM_KIND_RES, 1 } };
	const struct vcm_event fault = { .type = VCM_EVENT_fault, .vcm = 1, .pid = 41,
					 .arg = { 0x500000, VCM_ACCESS_READ, 1 } };
	struct filter range = { .range = "0x110000+4096" };
	struct error err = { 0 };
	struct model m;

	golden_scene(&m);
	CHECK(filter_event(&(struct filter){ 0 }, &m, &ev));
	CHECK(filter_event(&(struct filter){ .vcm = 1 }, &m, &ev));
	CHECK(!filter_event(&(struct filter){ .vcm = 2 }, &m, &ev));
	CHECK(filter_event(&(struct filter){ .pid = 41, .comm = "app" }, &m, &ev));
	CHECK(!filter_event(&(struct filter){ .pid = 42 }, &m, &ev));
	CHECK(!filter_event(&(struct filter){ .comm = "ap" }, &m, &ev));
	CHECK(filter_event(&(struct filter){ .state = "active" }, &m, &ev));
	CHECK(!filter_event(&(struct filter){ .state = "bound" }, &m, &ev));
	CHECK(filter_event(&(struct filter){ .device = "0000:00:06.0" }, &m, &ev));
	CHECK(!filter_event(&(struct filter){ .device = "0000:00:07.0" }, &m, &ev));
	CHECK_EQ(filter_range(&range, &err), 0);
	CHECK(filter_event(&range, &m, &ev));
	CHECK(!filter_event(&range, &m, &fault));
	range.range = "0x500000";
	CHECK_EQ(filter_range(&range, &err), 0);
	CHECK(filter_event(&range, &m, &fault));
	CHECK(!filter_event(&range, &m, &ev));
	model_fini(&m);
}

static void test_text(void)
{
	struct filter f = { .vcm = 3, .state = "bound", .pid = 7 };
	char buf[64];

	CHECK_STR(filter_text(&f, buf, sizeof(buf)), "context=3 state=bound pid=7");
	CHECK_STR(filter_text(&(struct filter){ 0 }, buf, sizeof(buf)), "");
}

/* Two bindings of one reservation, then its end: the newest first, with who did it. */
static void test_freed(void)
{
	struct vcm_event ev[] = {
		{ .type = VCM_EVENT_reserve, .stream = 5, .vcm = 9, .id = 1, .refs = 1,
		  .arg = { 0x10000, 0x4000, 12 } },
		{ .type = VCM_EVENT_bind, .stream = 5, .vcm = 9, .id = 1,
		  .arg = { 0x10000, 0x2000, 77, 0, 3 } },
		{ .type = VCM_EVENT_unbind, .stream = 5, .vcm = 9, .id = 1, .pid = 812,
		  .ts_ns = 1000, .comm = "dma", .arg = { 0x10000, 0x2000, 77 } },
		{ .type = VCM_EVENT_unreserve, .stream = 5, .vcm = 9, .id = 1, .pid = 813,
		  .ts_ns = 2000, .arg = { 0x10000, 0x4000 } },
	};
	const struct freed *f;
	struct model m;
	size_t i;

	model_init(&m);
	model_add_record(&m, VCM_SNAP_STREAM, &(struct vcm_snap_stream){ 5, 9, 0 });
	for (i = 0; i < ARRAY_LEN(ev); i++) {
		ev[i].seq = i + 1;
		CHECK_EQ(model_apply(&m, &ev[i]), MODEL_APPLIED);
	}
	f = freed_at(&m.freed, 0);
	CHECK(f && f->pid == 813 && !f->phys && f->len == 0x4000);
	f = freed_at(&m.freed, 1);
	CHECK(f && f->pid == 812 && f->phys == 77 && f->len == 0x2000 && f->prot == 3);
	CHECK(f && !strcmp(f->comm, "dma"));
	CHECK(!freed_at(&m.freed, 2));
	CHECK_EQ(freed_find(&m.freed, 9, 0x13fff)->pid, 813);
	CHECK(!freed_find(&m.freed, 9, 0x14000));
	CHECK(!freed_find(&m.freed, 8, 0x10000));
	model_fini(&m);
}

static void test_freed_bound(void)
{
	struct freed_ring r = { 0 };
	struct freed f = { .vcm = 1, .len = 1 };
	uint64_t i;

	for (i = 0; i < 3 * FREED_MAX / 2; i++) {
		f.start = i;
		freed_add(&r, &f);
	}
	CHECK_EQ(freed_at(&r, 0)->start, i - 1);
	CHECK_EQ(freed_at(&r, FREED_MAX - 1)->start, i - FREED_MAX);
	CHECK(!freed_at(&r, FREED_MAX));
	CHECK(!freed_find(&r, 1, 0));
	freed_fini(&r);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_each, "each filter leaves what it says, with what belongs to it"),
	TAP_TEST(test_bad_ranges, "a range that is none is a usage error"),
	TAP_TEST(test_random, "what a filter leaves is whole, and the same when filtered again"),
	TAP_TEST(test_event, "an event passes when its object would"),
	TAP_TEST(test_text, "a filter is told in words"),
	TAP_TEST(test_freed, "what was unbound and given back is kept with who did it"),
	TAP_TEST(test_freed_bound, "the history is bounded, the oldest goes first"),
};

int main(void)
{
	return tap_main("filter", tests, ARRAY_LEN(tests));
}
