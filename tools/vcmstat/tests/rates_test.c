// SPDX-License-Identifier: GPL-2.0-only
/*
 * rates_test.c - rates of a source without events, and lines that stay narrow.
 */
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "top.h"

static void count(struct model *m, uint32_t event, uint32_t op, uint64_t nr)
{
	const struct vcm_snap_count row = { event, op, nr };

	CHECK(!model_add_record(m, VCM_SNAP_COUNT, &row));
}

static void state(struct top *top, uint64_t reserves, uint64_t failed, uint64_t seq)
{
	struct vcm_snap_stream *s;
	struct model m;

	model_init(&m);
	count(&m, VCM_EVENT_reserve, 0, reserves);
	count(&m, VCM_EVENT_error, VCM_OP_BIND, failed);
	count(&m, VCM_EVENT_error, VCM_OP_RESERVE, 2 * failed);
	s = table_add(&m.stream, 1, 0);
	s->stream = 1;
	s->vcm = 7;
	s->seq = seq;
	top->sink.ops->state(&top->sink, &m, false);
	model_fini(&m);
}

/* What the module counted since the last look, and nothing of before the first. */
static void test_polled(void)
{
	const struct header h = { .source = "snapshot" };
	struct top top;

	top_init(&top, 0);
	top.sink.ops->header(&top.sink, &h);
	state(&top, 1000, 10, 500);
	top_begin(&top, 0);
	top_mark(&top, 1000000000);
	CHECK_EQ(top_rate_all(&top), 0);
	CHECK_EQ(top_context_rate(&top, 7), 0);
	top_unmark(&top);
	state(&top, 1400, 20, 700);
	top_mark(&top, 3000000000u);
	CHECK_EQ(top_rate(&top, VCM_EVENT_reserve), 200);
	CHECK_EQ(top_rate(&top, VCM_EVENT_error), 15);
	CHECK_EQ(top_context_rate(&top, 7), 100);
	top_unmark(&top);
	state(&top, 1400, 20, 700);
	top_mark(&top, 4000000000u);
	CHECK_EQ(top_rate_all(&top), 0);
	top_fini(&top);
}

/* One that has events counts those, whatever the module says. */
static void test_events(void)
{
	const struct header h = { .source = "tp_btf" };
	const struct vcm_event ev = { .type = VCM_EVENT_reserve, .vcm = 7 };
	struct top top;

	top_init(&top, 0);
	top.sink.ops->header(&top.sink, &h);
	state(&top, 1000, 10, 500);
	top.sink.ops->event(&top.sink, &ev);
	state(&top, 2000, 10, 500);
	top_mark(&top, 1000000000);
	CHECK_EQ(top_rate_all(&top), 1);
	top_fini(&top);
}

static size_t width_of(const struct top *top, const struct model *m, uint64_t lost)
{
	size_t len, width = 0;
	char *text, *line;
	FILE *out = open_memstream(&text, &len);

	out_rates_head(out);
	out_rates(out, top, m, lost);
	fclose(out);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		tap_note("%s", line);
		width = strlen(line) > width ? strlen(line) : width;
	}
	free(text);
	return width;
}

static void add_contexts(struct model *m, uint32_t nr, uint64_t len)
{
	uint32_t i;

	for (i = 1; i <= nr; i++) {
		struct vcm_snap_res *r;

		((struct vcm_snap_context *)table_add(&m->context, i, 0))->vcm = i;
		r = table_add(&m->res, i, i);
		r->vcm = i;
		r->res = i;
		r->refs = UINT32_MAX;
		r->len = len;
		r->bound_len = len;
		r->phys = 1;
		r->mapped = 1;
	}
}

static void test_width(void)
{
	static const uint64_t lens[] = { 4096, 1024 * 1023, 99999999, 1ull << 60, UINT64_MAX };
	struct top top;
	size_t i;

	top_init(&top, 0);
	for (i = 0; i < ARRAY_LEN(lens); i++) {
		struct model m;

		model_init(&m);
		add_contexts(&m, 15000, lens[i] / 15000);
		CHECK(width_of(&top, &m, lens[i]) < 80);
		memset(top.ops, 0xff, sizeof(top.ops));
		top.ops[VCM_EVENT_fault] = lens[i];
		top_mark(&top, 100000000 * (i + 1));
		CHECK(width_of(&top, &m, lens[i]) < 80);
		model_fini(&m);
	}
	top_fini(&top);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_polled, "without events the rates are those of what the module counts"),
	TAP_TEST(test_events, "with events they are those of the events"),
	TAP_TEST(test_width, "a line of rates fits 80 columns whatever is in it"),
};

int main(void)
{
	return tap_main("rates", tests, ARRAY_LEN(tests));
}
