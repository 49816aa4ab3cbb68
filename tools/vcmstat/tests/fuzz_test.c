// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_test.c - random damage to snapshots and recordings; the sanitizers are the judge.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crc32.h"
#include "gen.h"
#include "play.h"
#include "rec_format.h"
#include "tap.h"

#define ROUNDS 3000

static void damage(unsigned char *buf, size_t len, uint64_t *seed)
{
	static const unsigned char bytes[] = { 0, 1, 8, 0x7f, 0x80, 0xff, '"', '\\', '{', '9' };
	uint64_t nr = 1 + tap_random(seed) % 4;

	while (nr--) {
		size_t at = tap_random(seed) % len;

		if (tap_random(seed) % 2)
			buf[at] = bytes[tap_random(seed) % sizeof(bytes)];
		else
			buf[at] ^= (unsigned char)(1u << tap_random(seed) % 8);
	}
}

/* Whatever was accepted must survive all that commands do with it. */
static void use(const struct model *m)
{
	FILE *out = fopen("/dev/null", "w");
	struct sink *json = out_json_new(out);
	struct error err = { 0 };
	size_t len;
	void *buf;

	out_list(out, m);
	out_debugfs(out, m, NULL);
	json->ops->state(json, m, true);
	json->ops->close(json);
	buf = model_encode(m, &len);
	CHECK_EQ(model_compare(m, buf, len, &err), 0);
	free(buf);
	fclose(out);
}

static void test_snapshots(void)
{
	uint64_t seed = tap_seed();
	unsigned int accepted = 0;
	size_t len;
	struct gen g;
	unsigned char *scene, *copy;
	int i;

	gen_scene(&g);
	scene = gen_snapshot(&g, &len);
	copy = malloc(len);
	for (i = 0; i < ROUNDS; i++) {
		struct error err = { 0 };
		struct model m;

		memcpy(copy, scene, len);
		damage(copy, len, &seed);
		model_init(&m);
		if (!model_load(&m, copy, len, &err)) {
			accepted++;
			use(&m);
		}
		model_fini(&m);
	}
	free(copy);
	free(scene);
	tap_note("%u of %d accepted", accepted, ROUNDS);
	CHECK(accepted > 0 && accepted < ROUNDS);
}

struct log {
	struct sink *sink;
};

static void log_event(void *arg, const struct vcm_event *ev)
{
	struct log *log = arg;

	log->sink->ops->event(log->sink, ev);
}

/* From an empty start, so that events alone make the state. */
static char *recording(struct sink *(*make)(FILE *out), size_t *len)
{
	static const struct header h = { "1", "test", "fake", "none" };
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	struct log log = { .sink = make(out) };
	struct model empty;
	struct gen g;
	int i;

	model_init(&empty);
	model_add_record(&empty, VCM_SNAP_STREAM, &(struct vcm_snap_stream){ 0 });
	log.sink->ops->header(log.sink, &h);
	log.sink->ops->state(log.sink, &empty, false);
	gen_init(&g, 4);
	g.emit = log_event;
	g.arg = &log;
	for (i = 0; i < 120; i++)
		gen_step(&g);
	log.sink->ops->close(log.sink);
	fclose(out);
	model_fini(&empty);
	return text;
}

/* Right checksums for wrong contents, so that what is behind them is reached. */
static void mend(unsigned char *bytes, size_t len)
{
	size_t at = sizeof(struct rec_start);
	struct rec_block head;

	while (at + sizeof(head) <= len) {
		memcpy(&head, bytes + at, sizeof(head));
		if (head.len > len - at - sizeof(head))
			break;
		head.crc = crc32_of(bytes + at + sizeof(head), head.len);
		head.head_crc = crc32_of(&head, offsetof(struct rec_block, head_crc));
		memcpy(bytes + at, &head, sizeof(head));
		at += sizeof(head) + head.len;
	}
}

/* As any command that takes --input would read it. */
static int read_file(const char *path, struct error *err)
{
	struct sink *none = out_none_new();
	struct rec *r = rec_open(path, err);
	struct play p;
	int ret = -1;

	play_init(&p, none);
	if (r) {
		ret = play_all(&p, r, err);
		rec_close(r);
	}
	if (!ret)
		use(&p.model);
	play_fini(&p);
	none->ops->close(none);
	return ret;
}

static void fuzz_recording(struct sink *(*make)(FILE *out), bool mended)
{
	uint64_t seed = tap_seed();
	char path[] = "/tmp/vcmstat-fuzz.XXXXXX";
	int fd = mkstemp(path), i;
	unsigned int accepted = 0;
	size_t len;
	char *text = recording(make, &len);
	unsigned char *copy = malloc(len);

	for (i = 0; i < ROUNDS; i++) {
		struct error err = { 0 };

		memcpy(copy, text, len);
		if (i)	/* the first as it is */
			damage(copy, len, &seed);
		if (mended)
			mend(copy, len);
		CHECK_EQ(pwrite(fd, copy, len, 0), len);
		if (!read_file(path, &err))
			accepted++;
		else
			CHECK(i > 0 && err.code && err.text[0]);
	}
	unlink(path);
	close(fd);
	free(copy);
	free(text);
	tap_note("%u of %d accepted", accepted, ROUNDS);
	CHECK(accepted > 0 && accepted < ROUNDS);
}

static void test_ndjson(void)
{
	fuzz_recording(out_json_new, false);
}

static void test_recordings(void)
{
	fuzz_recording(out_rec_new, true);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_snapshots, "damaged snapshots are refused or used, never trusted"),
	TAP_TEST(test_ndjson, "damaged NDJSON is refused or used, never trusted"),
	TAP_TEST(test_recordings, "damaged recordings are refused or used, never trusted"),
};

int main(void)
{
	return tap_main("fuzz", tests, ARRAY_LEN(tests));
}
