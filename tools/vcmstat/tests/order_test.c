// SPDX-License-Identifier: GPL-2.0-only
/*
 * order_test.c - events read from the buffers of several CPUs come out in order.
 *
 * The writers of the toy hold the lock of a stream while they write, as the kernel does: an event
 * is in its buffer before the next of its stream gets its time.  The reader reads the buffers one
 * after the other while more is written.
 */
#include <stdlib.h>
#include <string.h>

#include "tracefmt.h"
#include "reorder.h"
#include "tap.h"
#include "vcm_bpf.h"

#define CPUS	4
#define STREAMS	6
#define MAX	200000

struct toy {
	uint64_t random;
	uint64_t clock;
	uint64_t seq[STREAMS];
	struct vcm_event *buf[CPUS];
	size_t nr[CPUS];
	size_t at[CPUS];
	uint64_t got[STREAMS];
	uint64_t last_ts;
	uint64_t given;
};

static void write_some(struct toy *t, uint64_t nr)
{
	while (nr--) {
		uint64_t r = tap_random(&t->random);
		unsigned int cpu = r % CPUS, stream = (unsigned int)(r >> 8) % STREAMS;
		struct vcm_event *ev = &t->buf[cpu][t->nr[cpu]++];

		t->clock += (r >> 16) % 3;	/* often at the same time */
		memset(ev, 0, sizeof(*ev));
		ev->stream = stream;
		ev->seq = ++t->seq[stream];
		ev->ts_ns = t->clock;
		ev->cpu = cpu;
	}
}

/* One pass over the buffers; writers go on between them. */
static void read_pass(struct toy *t, struct reorder *r)
{
	uint64_t safe = t->clock;
	unsigned int cpu;

	t->clock++;	/* what is written from here on is later */
	for (cpu = 0; cpu < CPUS; cpu++) {
		write_some(t, tap_random(&t->random) % 8);
		while (t->at[cpu] < t->nr[cpu])
			reorder_add(r, &t->buf[cpu][t->at[cpu]++]);
		write_some(t, tap_random(&t->random) % 8);
	}
	reorder_settle(r, safe);
}

static void give(struct toy *t, struct reorder *r, uint64_t max)
{
	const struct vcm_event *ev;

	while (max-- && (ev = reorder_next(r))) {
		CHECK_EQ(ev->seq, t->got[ev->stream] + 1);
		CHECK(ev->ts_ns >= t->last_ts);
		t->got[ev->stream] = ev->seq;
		t->last_ts = ev->ts_ns;
		t->given++;
	}
}

static void test_order(void)
{
	struct toy t = { .random = tap_seed(), .clock = 1000 };
	struct reorder r = { 0 };
	uint64_t all = 0;
	int i;

	for (i = 0; i < CPUS; i++)
		t.buf[i] = xcalloc(MAX, sizeof(*t.buf[i]));
	for (i = 0; i < 2000; i++) {
		read_pass(&t, &r);
		give(&t, &r, tap_random(&t.random) % 60);
	}
	for (i = 0; i < 1000; i++) {	/* the writers have stopped */
		unsigned int cpu;

		for (cpu = 0; cpu < CPUS; cpu++) {
			while (t.at[cpu] < t.nr[cpu])
				reorder_add(&r, &t.buf[cpu][t.at[cpu]++]);
		}
		reorder_settle(&r, t.clock);
		give(&t, &r, UINT64_MAX);
	}
	for (i = 0; i < STREAMS; i++)
		all += t.seq[i];
	CHECK(all > 10000);
	CHECK_EQ(t.given, all);
	for (i = 0; i < CPUS; i++)
		free(t.buf[i]);
	reorder_fini(&r);
}

/* The clocks of two CPUs differ by a little: the numbers decide within a stream. */
static void test_clock_step(void)
{
	static const struct vcm_event ev[] = {
		{ .stream = 1, .seq = 2, .ts_ns = 99 }, { .stream = 1, .seq = 1, .ts_ns = 101 },
		{ .stream = 2, .seq = 1, .ts_ns = 100 }, { .stream = 1, .seq = 3, .ts_ns = 200 },
	};
	static const unsigned int want[][2] = { { 2, 1 }, { 1, 1 }, { 1, 2 } };
	struct reorder r = { 0 };
	const struct vcm_event *got;
	size_t i;

	for (i = 0; i < ARRAY_LEN(ev); i++)
		reorder_add(&r, &ev[i]);
	reorder_settle(&r, 150);
	for (i = 0; i < ARRAY_LEN(want); i++) {
		got = reorder_next(&r);
		CHECK(got && got->stream == want[i][0] && got->seq == want[i][1]);
	}
	CHECK(!reorder_next(&r));
	reorder_settle(&r, 200);
	got = reorder_next(&r);
	CHECK(got && got->seq == 3);
	reorder_fini(&r);
}

static const char bind_format[] =
	"name: vcm_bind\nID: 1719\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:__u32 stream;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:__u64 seq;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:__u32 vcm;\toffset:24;\tsize:4;\tsigned:0;\n"
	"\tfield:__u64 id;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\tfield:__u32 refs;\toffset:40;\tsize:4;\tsigned:0;\n"
	"\tfield:__s32 err;\toffset:44;\tsize:4;\tsigned:1;\n"
	"\tfield:__u64 start;\toffset:48;\tsize:8;\tsigned:0;\n"
	"\tfield:__u64 len;\toffset:56;\tsize:8;\tsigned:0;\n"
	"\tfield:__u64 phys;\toffset:64;\tsize:8;\tsigned:0;\n"
	"\tfield:__u64 off;\toffset:72;\tsize:8;\tsigned:0;\n"
	"\tfield:__u32 prot;\toffset:80;\tsize:4;\tsigned:0;\n\n"
	"print fmt: \"stream=%u\", REC->stream\n";

static void test_format(void)
{
	struct vcm_tp_bind raw = { .stream = 3, .seq = 1ull << 40, .vcm = 7, .id = 9, .refs = 2,
				   .err = -12, .start = 0x1000, .len = 0x2000, .phys = 5,
				   .off = 0x3000, .prot = 3 };
	struct error err = { 0 };
	struct vcm_event ev;
	struct format f;

	raw.common = 1719 | 4242ull << 32;
	CHECK_EQ(format_parse(&f, VCM_EVENT_bind, bind_format, &err), 0);
	CHECK_EQ(f.id, 1719);
	CHECK_EQ(f.len, 84);
	CHECK_EQ(format_is_compiled(&f, &err), 0);
	format_decode(&f, &raw, &ev);
	CHECK_EQ(ev.type, VCM_EVENT_bind);
	CHECK_EQ(ev.tid, 4242);
	CHECK_EQ(ev.stream, 3);
	CHECK_EQ(ev.seq, 1ull << 40);
	CHECK_EQ(ev.err, -12);
	CHECK_EQ(ev.nr_arg, 5);
	CHECK_EQ(ev.arg[2], 5);
	CHECK_EQ(ev.arg[4], 3);
}

/* A field gone, of another size, or elsewhere: said by name, and the last only to the programs. */
static void test_format_differs(void)
{
	static const struct { const char *from, *to, *says; } cases[] = {
		{ " phys;\toffset:64", " memo;\toffset:64", "has no phys" },
		{ "prot;\toffset:80;\tsize:4", "prot;\toffset:80;\tsize:8", "has prot of 8 bytes" },
		{ "ID: 1719", "IX: 1719", "cannot be read" },
		{ "off;\toffset:72", "off;\toffset:88", NULL },
	};
	char text[sizeof(bind_format)];
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = { 0 };
		struct format f;
		int ret;

		strcpy(text, bind_format);
		memcpy(strstr(text, cases[i].from), cases[i].to, strlen(cases[i].to));
		ret = format_parse(&f, VCM_EVENT_bind, text, &err);
		CHECK_EQ(ret, cases[i].says ? -1 : 0);
		if (!ret)
			CHECK_EQ(format_is_compiled(&f, &err), -1);
		CHECK_EQ(err.code, EXIT_ABSENT);
		CHECK(strstr(err.text, cases[i].says ? cases[i].says : "off lies elsewhere"));
	}
}

static const struct tap_test tests[] = {
	TAP_TEST(test_order, "events of several buffers are in order, none twice, none missing"),
	TAP_TEST(test_clock_step, "a clock that steps back does not turn a stream round"),
	TAP_TEST(test_format, "an event is read from the trace buffer by its format"),
	TAP_TEST(test_format_differs, "another format is refused with the name of the field"),
};

int main(void)
{
	return tap_main("order", tests, ARRAY_LEN(tests));
}
