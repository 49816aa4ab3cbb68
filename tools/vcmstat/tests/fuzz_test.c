// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_test.c - random damage to snapshots and recordings; the sanitizers are the judge.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen.h"
#include "model.h"
#include "sink.h"
#include "source.h"
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
	struct sink *json;
};

static void log_event(void *arg, const struct vcm_event *ev)
{
	struct log *log = arg;

	log->json->ops->event(log->json, ev);
}

/* From an empty start, so that events alone make the state. */
static char *recording(size_t *len)
{
	static const struct header h = { "1", "test", "fake", "none" };
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	struct log log = { .json = out_json_new(out) };
	struct model empty;
	struct gen g;
	int i;

	model_init(&empty);
	model_add_record(&empty, VCM_SNAP_STREAM, &(struct vcm_snap_stream){ 0 });
	log.json->ops->header(log.json, &h);
	log.json->ops->state(log.json, &empty, false);
	gen_init(&g, 4);
	g.emit = log_event;
	g.arg = &log;
	for (i = 0; i < 120; i++)
		gen_step(&g);
	log.json->ops->close(log.json);
	fclose(out);
	model_fini(&empty);
	return text;
}

static void test_recordings(void)
{
	uint64_t seed = tap_seed();
	char path[] = "/tmp/vcmstat-fuzz.XXXXXX";
	int fd = mkstemp(path), i;
	unsigned int accepted = 0;
	size_t len;
	char *text = recording(&len);
	unsigned char *copy = malloc(len);

	for (i = 0; i < ROUNDS; i++) {
		struct json_recording rec;
		struct error err = { 0 };
		struct model m;

		memcpy(copy, text, len);
		if (i)	/* the first as it is */
			damage(copy, len, &seed);
		CHECK_EQ(pwrite(fd, copy, len, 0), len);
		model_init(&m);
		if (!src_json_read(path, &m, &rec, &err)) {
			accepted++;
			use(&m);
		} else {
			CHECK(i > 0);
		}
		model_fini(&m);
	}
	unlink(path);
	close(fd);
	free(copy);
	free(text);
	tap_note("%u of %d accepted", accepted, ROUNDS);
	CHECK(accepted > 0 && accepted < ROUNDS);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_snapshots, "damaged snapshots are refused or used, never trusted"),
	TAP_TEST(test_recordings, "damaged recordings are refused or used, never trusted"),
};

int main(void)
{
	return tap_main("fuzz", tests, ARRAY_LEN(tests));
}
