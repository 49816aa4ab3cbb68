// SPDX-License-Identifier: GPL-2.0-only
/*
 * recording_test.c - what 'events --json' and 'record' write is read back to the same state.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"
#include "follow.h"
#include "play.h"
#include "rec_format.h"
#include "tap.h"

static const struct header header = { "1", "test", "fake", "none", 5, 6 };

/* Writes what is tested; each test runs with every one of these. */
static struct sink *(*make_sink)(FILE *out) = out_json_new;
static struct sink *(*plain_sink)(FILE *out);

/* What reading a file came to. */
struct outcome {
	uint64_t events;
	uint64_t lost;
	bool ended;
	bool cut;
};

/* A recording of random operations; the caller frees it.  @g: the state at its end. */
static char *record(uint64_t seed, size_t capacity, int rounds, size_t *len, struct gen *g)
{
	struct error err = { 0 };
	struct follow follow;
	struct fake fake;
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	struct sink *sink = make_sink(out);
	int i;

	fake_init(&fake, seed, capacity);
	fake.steps_around = 3;
	fake_steps(&fake, 100);
	follow_init(&follow, &fake.src, sink);
	follow.sync_gap_ns = 0;
	sink->ops->header(sink, &header);
	CHECK_EQ(follow_start(&follow, &err), 0);
	for (i = 0; i < rounds; i++) {
		fake_steps(&fake, 60);
		CHECK_EQ(follow_poll(&follow, &err), 0);
	}
	fake.steps_around = 0;
	CHECK_EQ(follow_finish(&follow, &err), 0);
	CHECK(capacity > 1000 || follow.totals.resyncs > 0);
	sink->ops->end(sink, &follow.totals, "test");
	sink->ops->close(sink);
	fclose(out);
	*g = fake.gen;
	follow_fini(&follow);
	fake_fini(&fake);
	return text;
}

static int replay_path(const char *path, struct model *m, struct outcome *rec, struct error *err)
{
	struct sink *none = out_none_new();
	struct rec *r = rec_open(path, err);
	struct play p;
	int ret = -1;

	play_init(&p, none);
	if (r) {
		ret = play_all(&p, r, err);
		*rec = (struct outcome){ p.totals.events, play_lost(&p), r->ended, r->cut };
		rec_close(r);
	}
	*m = p.model;
	none->ops->close(none);
	return ret;
}

static int replay(const char *text, size_t len, struct model *m, struct outcome *rec,
		  struct error *err)
{
	char path[] = "/tmp/vcmstat-test.XXXXXX";
	int fd = mkstemp(path), ret;

	memset(err, 0, sizeof(*err));
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, len), len);
	close(fd);
	ret = replay_path(path, m, rec, err);
	unlink(path);
	return ret;
}

static void check_same(const struct model *m, const struct gen *g)
{
	struct error err = { 0 };
	size_t len;
	void *buf = gen_snapshot(g, &len);
	int ret = model_compare(m, buf, len, &err);

	free(buf);
	if (ret)
		tap_note("%s", err.text);
	CHECK_EQ(ret, 0);
}

static void replay_equals(uint64_t seed, size_t capacity)
{
	struct outcome rec;
	struct error err;
	struct model m;
	struct gen g;
	size_t len;
	char *text = record(seed, capacity, 40, &len, &g);
	int ret = replay(text, len, &m, &rec, &err);

	if (ret)
		tap_note("%s", err.text);
	CHECK_EQ(ret, 0);
	CHECK_EQ(rec.lost, 0);
	CHECK(rec.ended);
	check_same(&m, &g);
	model_fini(&m);
	free(text);
}

static char *reference_counts(const struct model *m)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CHECK_EQ(out_debugfs(out, m, "reference_counts"), 0);
	fclose(out);
	return text;
}

/* Counts the names that come behind the state, on their way to the sink. */
static unsigned int late_names;
static const struct sink_ops *named_ops;

static void count_name(struct sink *s, unsigned int type, const void *row)
{
	late_names += type == VCM_SNAP_HOLDER;
	named_ops->name(s, type, row);
}

static struct sink *counting_sink(FILE *out)
{
	static struct sink_ops ops;
	struct sink *s = plain_sink(out);

	named_ops = s->ops;
	ops = *named_ops;
	ops.name = count_name;
	s->ops = &ops;
	return s;
}

/* A recording in which a holder was named after the state was written; few seeds have none. */
static char *record_late_names(size_t *len, struct gen *g)
{
	uint64_t seed = tap_seed();
	char *text;

	late_names = 0;
	for (int tries = 0; ; tries++) {
		plain_sink = make_sink;
		make_sink = counting_sink;
		text = record(seed + tries, 8192, 100, len, g);
		make_sink = plain_sink;
		CHECK_EQ(g->holders, GEN_HOLDERS);
		if (late_names)
			return text;
		free(text);
		CHECK(tries < 20);
	}
}

/* Holders made after the state was written are named nevertheless. */
static void test_names(void)
{
	struct outcome rec;
	struct error err = { 0 };
	struct model m, last;
	char *text, *mine, *theirs;
	struct gen g;
	size_t len;
	void *buf;

	text = record_late_names(&len, &g);
	CHECK_EQ(replay(text, len, &m, &rec, &err), 0);
	free(text);
	buf = gen_snapshot(&g, &len);
	model_init(&last);
	CHECK_EQ(model_load(&last, buf, len, &err), 0);
	free(buf);
	mine = reference_counts(&m);
	theirs = reference_counts(&last);
	CHECK_STR(mine, theirs);
	CHECK(!strchr(strstr(mine, "holder"), '#'));
	free(mine);
	free(theirs);
	model_fini(&m);
	model_fini(&last);
}

static void replay_equals_both(uint64_t seed, size_t capacity)
{
	replay_equals(seed, capacity);
	make_sink = out_rec_new;
	replay_equals(seed, capacity);
	make_sink = out_json_new;
}

static void test_replay(void)
{
	uint64_t seed = tap_seed();
	int i;

	for (i = 0; i < 10; i++)
		replay_equals_both(seed + (uint64_t)i, 8192);
}

static void test_replay_lossy(void)
{
	uint64_t seed = tap_seed();
	int i;

	for (i = 0; i < 10; i++)
		replay_equals_both(seed + (uint64_t)i, 32);
}

/* Killed while writing: what is there is read, and it is known that there was more. */
static void check_cuts(size_t from, size_t step)
{
	struct outcome rec, whole;
	struct error err;
	struct model m;
	struct gen g;
	size_t len, cut;
	char *text = record(11, 8192, 1, &len, &g);

	CHECK_EQ(replay(text, len, &m, &whole, &err), 0);
	model_fini(&m);
	for (cut = from; cut < len; cut += step) {
		int ret = replay(text, cut, &m, &rec, &err);

		if (ret)
			tap_note("cut at %zu: %s", cut, err.text);
		CHECK_EQ(ret, 0);
		CHECK(!rec.ended);
		CHECK(rec.events <= whole.events);
		CHECK_EQ(rec.lost, 0);
		model_fini(&m);
	}
	free(text);
}

static void test_cut(void)
{
	check_cuts(200, 7);	/* behind the header line */
	make_sink = out_rec_new;
	check_cuts(sizeof(struct rec_start), 7);
	make_sink = out_json_new;
}

/* One byte other than it was written is found wherever it is. */
static void test_flipped(void)
{
	struct outcome rec;
	struct error err;
	struct model m;
	struct gen g;
	size_t len, at;
	char *text;

	make_sink = out_rec_new;
	text = record(11, 8192, 1, &len, &g);
	make_sink = out_json_new;
	for (at = 0; at < len; at += at < 64 ? 1 : 13) {
		if (at >= offsetof(struct rec_start, len) && at < sizeof(struct rec_start))
			continue;	/* room for a longer beginning */
		text[at] ^= 4;
		if (!replay(text, len, &m, &rec, &err))
			tap_note("byte %zu", at);
		CHECK(err.code == EXIT_DAMAGED || err.code == EXIT_VERSION);
		CHECK(!strchr(err.text, '\n'));
		text[at] ^= 4;
		model_fini(&m);
	}
	free(text);
}

static void test_snapshot(void)
{
	struct outcome rec;
	struct error err;
	struct model m;
	struct gen g;
	size_t len;
	void *buf;

	gen_init(&g, tap_seed());
	for (int i = 0; i < 200; i++)
		gen_step(&g);
	buf = gen_snapshot(&g, &len);
	CHECK_EQ(replay(buf, len, &m, &rec, &err), 0);
	CHECK(rec.ended);
	check_same(&m, &g);
	model_fini(&m);
	CHECK_EQ(replay(buf, len - 1, &m, &rec, &err), -1);
	CHECK_EQ(err.code, EXIT_DAMAGED);
	model_fini(&m);
	free(buf);
}

/* A file turned into the other format and back is the same file. */
static void test_turned(void)
{
	char path[] = "/tmp/vcmstat-test.XXXXXX";
	int fd = mkstemp(path);
	struct error err = { 0 };
	char *text, *again = NULL;
	size_t len, again_len;
	struct gen g;
	struct rec *r;
	struct play p;
	struct sink *s;
	FILE *out;

	make_sink = out_rec_new;
	text = record(12, 32, 30, &len, &g);
	make_sink = out_json_new;
	CHECK_EQ(write(fd, text, len), len);
	close(fd);
	r = rec_open(path, &err);
	CHECK(r != NULL);
	out = open_memstream(&again, &again_len);
	s = out_rec_new(out);
	play_init(&p, s);
	CHECK_EQ(play_all(&p, r, &err), 0);
	s->ops->close(s);
	play_fini(&p);
	rec_close(r);
	fclose(out);
	CHECK_EQ(again_len, len);
	CHECK(!memcmp(text, again, len));
	unlink(path);
	free(text);
	free(again);
}

static void test_missing_line(void)
{
	struct outcome rec;
	struct error err;
	struct model m;
	struct gen g;
	size_t len;
	char *text = record(11, 8192, 10, &len, &g), *at, *next;

	at = strstr(text, "{\"type\":\"event\"");
	CHECK(at != NULL);
	next = strchr(at, '\n') + 1;
	len -= (size_t)(next - at);
	memmove(at, next, len - (size_t)(at - text) + 1);
	CHECK_EQ(replay(text, len, &m, &rec, &err), 0);
	CHECK_EQ(rec.lost, 1);
	model_fini(&m);
	free(text);
}

/* Lines that are JSON and yet wrong; HEAD is a valid beginning. */
#define HEADER "{\"type\":\"header\",\"schema\":1}\n"
#define STREAM(rest) "{\"type\":\"stream\",\"vcm\":0," rest "}\n"
#define HEAD HEADER STREAM("\"stream\":0,\"seq\":4")
#define EVENT(rest)								\
	"{\"type\":\"event\",\"event\":\"vcm_destroy\",\"ts_ns\":1,\"stream\":0," rest "}\n"

static void test_wrong(void)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{ "", "empty, not a recording" },
		{ "{\"type\":\"end\"}\n", ":1: the first record is not a header" },
		{ "{\"type\":\"header\",\"schema\":2}\n",
		  ":1: recording of schema 2, this vcmstat reads 1" },
		{ "{\"type\":\"header\"}\n", ":1: header without schema" },
		{ HEAD HEADER, ":3: a second header" },
		{ HEAD "x\n", ":3: column 1: '{' must be here" },
		{ HEAD "{\"typ\":\"event\"}\n", ":3: missing or bad member type" },
		{ HEAD STREAM("\"stream\":0,\"seq\":4"), ":3: the same object" },
		{ HEAD STREAM("\"stream\":1"), "bad member seq" },
		{ HEAD STREAM("\"stream\":4294967296,\"seq\":1"), "bad member stream" },
		{ HEAD "{\"type\":\"event\",\"event\":\"vcm_no\"}\n", "unknown event vcm_no" },
		{ HEAD EVENT("\"seq\":5,\"vcm\":1,\"id\":1,\"refs\":0"), "bad member err" },
		{ HEAD EVENT("\"seq\":5,\"vcm\":1,\"id\":1,\"refs\":0,\"err\":1"),
		  "bad member err" },
		{ HEAD EVENT("\"seq\":5,\"vcm\":1,\"id\":1,\"err\":0"), "bad member refs" },
		{ HEAD EVENT("\"seq\":4,\"vcm\":1,\"id\":1,\"refs\":0,\"err\":0"),
		  "is contained in the state already" },
		{ HEAD "{\"type\":\"end\"}\n{\"type\":\"tick\"}\n", ":4: a record after the end" },
		{ HEAD "{\"type\":\"ready\"}\n" STREAM("\"stream\":1,\"seq\":1"),
		  ":4: a state record among the events" },
		{ HEAD "{\"type\":\"lost\",\"stream\":0,\"expected\":5,\"got\":5}\n", "bad loss" },
	};
	struct outcome rec;
	struct error err;
	struct model m;
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CHECK_EQ(replay(cases[i].text, strlen(cases[i].text), &m, &rec, &err), -1);
		if (!strstr(err.text, cases[i].why))
			tap_note("case %zu: %s", i, err.text);
		CHECK(strstr(err.text, cases[i].why));
		CHECK(err.code == EXIT_DAMAGED || err.code == EXIT_VERSION);
		model_fini(&m);
	}
}

static void test_unknown(void)
{
	static const char text[] = HEAD "{\"type\":\"weather\",\"rain\":1}\n"
		EVENT("\"seq\":5,\"vcm\":0,\"id\":0,\"refs\":0,\"err\":0,\"mood\":\"good\"")
		"{\"type\":\"end\"}\n";
	struct outcome rec;
	struct error err;
	struct model m;

	CHECK_EQ(replay(text, strlen(text), &m, &rec, &err), 0);
	CHECK_EQ(rec.events, 1);
	CHECK_EQ(*model_seq(&m, 0), 5);
	model_fini(&m);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_replay, "a recording replayed is the state at its end"),
	TAP_TEST(test_replay_lossy, "the same when events were lost and the state was taken anew"),
	TAP_TEST(test_names, "holders that came later are named, and the counts of all are theirs"),
	TAP_TEST(test_cut, "a recording cut anywhere is read up to there, and known to be cut"),
	TAP_TEST(test_flipped, "a byte that is not as it was written is found"),
	TAP_TEST(test_turned, "a recording replayed into a recording is the same bytes"),
	TAP_TEST(test_snapshot, "a saved snapshot is read like a recording of one state"),
	TAP_TEST(test_missing_line, "a line taken out is counted as a loss"),
	TAP_TEST(test_wrong, "wrong records are errors with their line and reason"),
	TAP_TEST(test_unknown, "unknown records and members are skipped"),
};

int main(void)
{
	return tap_main("recording", tests, ARRAY_LEN(tests));
}
