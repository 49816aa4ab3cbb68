// SPDX-License-Identifier: GPL-2.0-only
/*
 * snap_test.c - a snapshot is data of a stranger: damaged ones are refused, not believed.
 *
 * The bytes are copied to memory of their exact length, so that the address sanitizer sees every
 * read behind the end.
 */
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "model.h"
#include "tap.h"

static unsigned char *scene;
static size_t scene_len;

static int load(const void *buf, size_t len, struct error *err)
{
	void *exact = malloc(len ? len : 1);
	struct model m;
	int ret;

	memset(err, 0, sizeof(*err));
	memcpy(exact, buf, len);
	model_init(&m);
	ret = model_load(&m, exact, len, err);
	if (ret)	/* whole or not at all */
		CHECK_EQ(m.context.nr + m.res.nr + m.stream.nr, 0);
	CHECK_EQ(!ret, !err->code);
	model_fini(&m);
	free(exact);
	return ret;
}

static int load_changed(size_t at, const void *bytes, size_t nr, struct error *err)
{
	unsigned char *copy = malloc(scene_len);
	int ret;

	memcpy(copy, scene, scene_len);
	memcpy(copy + at, bytes, nr);
	ret = load(copy, scene_len, err);
	free(copy);
	return ret;
}

static void test_cut(void)
{
	struct error err;
	size_t len;

	for (len = 0; len < scene_len; len++) {
		CHECK_EQ(load(scene, len, &err), -1);
		CHECK_EQ(err.code, EXIT_DAMAGED);
	}
	CHECK_EQ(load(scene, scene_len, &err), 0);
}

/* The header says that it is whole: then a record ends outside. */
static void test_cut_told(void)
{
	unsigned char *copy = malloc(scene_len);
	struct error err;
	size_t len;

	memcpy(copy, scene, scene_len);
	for (len = sizeof(struct vcm_snap_header); len < scene_len; len++) {
		uint64_t total = len;

		memcpy(copy + offsetof(struct vcm_snap_header, total_len), &total, 8);
		CHECK_EQ(load(copy, len, &err), -1);
	}
	free(copy);
}

static void test_lengths(void)
{
	static const uint32_t values[] = { 0, 1, 4, 7, 0x7fffffff, 0x80000000, 0xfffffff8,
					   0xffffffff };
	size_t at = sizeof(struct vcm_snap_header);
	struct error err;
	size_t i;

	while (at < scene_len) {
		struct vcm_snap_rec rec;

		memcpy(&rec, scene + at, sizeof(rec));
		for (i = 0; i < ARRAY_LEN(values); i++)
			CHECK_EQ(load_changed(at + 4, &values[i], 4, &err), -1);
		for (i = 0; i < ARRAY_LEN(values); i++) {
			uint32_t longer = rec.len + 8;

			CHECK_EQ(load_changed(at + 4, &longer, 4, &err), -1);
		}
		at += sizeof(rec) + rec.len;
	}
	CHECK_EQ(at, scene_len);
}

/* All lengths agree, but the last record is too small for what it says to be. */
static void test_short_record(void)
{
	const size_t last = sizeof(struct vcm_snap_rec) + sizeof(struct vcm_snap_count);
	unsigned char *copy = malloc(scene_len);
	uint32_t len = sizeof(struct vcm_snap_count) - 8;
	uint64_t total = scene_len - 8;
	struct error err;

	memcpy(copy, scene, scene_len);
	memcpy(copy + scene_len - last + offsetof(struct vcm_snap_rec, len), &len, 4);
	memcpy(copy + offsetof(struct vcm_snap_header, total_len), &total, 8);
	CHECK_EQ(load(copy, total, &err), -1);
	CHECK(strstr(err.text, "shorter than its type"));
	free(copy);
}

static void test_header(void)
{
	static const uint16_t header_len[] = { 0, 8, 16, 23, 25, 0xfff8, 0xffff };
	static const uint32_t records[] = { 0, 1, 0x7fffffff, 0xffffffff };
	struct error err;
	uint16_t version;
	size_t i;

	CHECK_EQ(load_changed(0, "XXXX", 4, &err), -1);
	CHECK_STR(err.text, "not a VCM snapshot");
	version = VCM_SNAP_VERSION + 1;
	CHECK_EQ(load_changed(4, &version, 2, &err), -1);
	CHECK(strstr(err.text, "update it"));
	version = 0;
	CHECK_EQ(load_changed(4, &version, 2, &err), -1);
	for (i = 0; i < ARRAY_LEN(header_len); i++)
		CHECK_EQ(load_changed(6, &header_len[i], 2, &err), -1);
	for (i = 0; i < ARRAY_LEN(records); i++)
		CHECK_EQ(load_changed(16, &records[i], 4, &err), -1);
}

/* Every byte in turn, three ways: refused or read, but never out of bounds. */
static void test_every_byte(void)
{
	static const unsigned char masks[] = { 0x01, 0x80, 0xff };
	struct error err;
	size_t at, i;

	for (at = 0; at < scene_len; at++) {
		for (i = 0; i < ARRAY_LEN(masks); i++) {
			unsigned char byte = scene[at] ^ masks[i];

			load_changed(at, &byte, 1, &err);
		}
	}
}

static void test_twice(void)
{
	size_t at = sizeof(struct vcm_snap_header);
	size_t one = sizeof(struct vcm_snap_rec) + sizeof(struct vcm_snap_stream);
	struct error err;

	/* the second stream record becomes the first again */
	CHECK_EQ(load_changed(at + one, scene + at, one, &err), -1);
	CHECK(strstr(err.text, "twice"));
}

/* Where the payload of the first record of a type is. */
static size_t first_of(unsigned int type)
{
	size_t at = sizeof(struct vcm_snap_header);
	struct vcm_snap_rec rec;

	for (;;) {
		memcpy(&rec, scene + at, sizeof(rec));
		at += sizeof(rec);
		if (rec.type == type)
			return at;
		at += rec.len;
	}
}

static void test_name(void)
{
	unsigned char full[VCM_DEVICE_NAME_LEN];
	struct error err;

	memset(full, 'x', sizeof(full));
	CHECK_EQ(load_changed(first_of(VCM_SNAP_DEVICE) + offsetof(struct vcm_snap_device, name),
			      full, sizeof(full), &err), -1);
	CHECK(strstr(err.text, "name without end"));
	CHECK_EQ(load_changed(first_of(VCM_SNAP_HOLDER) + offsetof(struct vcm_snap_holder, name),
			      full, VCM_HOLDER_NAME_LEN, &err), -1);
	CHECK(strstr(err.text, "name without end"));
}

static void test_holds(void)
{
	static const struct {
		size_t off;
		uint32_t value;
		const char *why;
	} cases[] = {
		{ offsetof(struct vcm_snap_hold, id), 99999, "not there" },
		{ offsetof(struct vcm_snap_hold, kind), 0, "not there" },
		{ offsetof(struct vcm_snap_hold, kind), VCM_KIND_ASSOC, "not there" },
		{ offsetof(struct vcm_snap_hold, vcm), 99, "not there" },
		{ offsetof(struct vcm_snap_hold, holder), 0, "of nobody" },
		{ offsetof(struct vcm_snap_hold, count), 0, "of nothing" },
		{ offsetof(struct vcm_snap_hold, count), 0xffffffff, "more holds than" },
	};
	size_t at = first_of(VCM_SNAP_HOLD), i;
	struct error err;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CHECK_EQ(load_changed(at + cases[i].off, &cases[i].value, 4, &err), -1);
		CHECK(strstr(err.text, cases[i].why));
	}
}

/* What the rules for readers allow: unknown records and longer payloads. */
static void test_newer(void)
{
	const size_t extra = 8;
	unsigned char *copy = calloc(1, scene_len + 2 * extra + 16);
	size_t at = sizeof(struct vcm_snap_header), end;
	struct vcm_snap_header h;
	struct vcm_snap_rec rec;
	struct error err;

	/* the first record 8 bytes longer */
	memcpy(&h, scene, sizeof(h));
	memcpy(&rec, scene + at, sizeof(rec));
	end = at + sizeof(rec) + rec.len;
	memcpy(copy, scene, end);
	memcpy(copy + end + extra, scene + end, scene_len - end);
	rec.len += extra;
	memcpy(copy + at, &rec, sizeof(rec));
	/* one of an unknown type behind the last */
	rec = (struct vcm_snap_rec){ .type = 999, .len = 8 };
	memcpy(copy + scene_len + extra, &rec, sizeof(rec));
	h.total_len = scene_len + extra + sizeof(rec) + 8;
	h.nr_records++;
	memcpy(copy, &h, sizeof(h));
	CHECK_EQ(load(copy, h.total_len, &err), 0);
	free(copy);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_cut, "a snapshot cut at any byte is refused"),
	TAP_TEST(test_cut_told, "cut at any byte with a header that hides it: refused"),
	TAP_TEST(test_lengths, "a wrong length in any record is refused"),
	TAP_TEST(test_short_record, "a record shorter than its type is refused"),
	TAP_TEST(test_header, "a wrong header is refused, a newer version by name"),
	TAP_TEST(test_every_byte, "no single wrong byte makes the reader read outside"),
	TAP_TEST(test_twice, "the same object twice is refused"),
	TAP_TEST(test_name, "a name without end is refused"),
	TAP_TEST(test_holds, "a hold of what is not there, or of more than there is, is refused"),
	TAP_TEST(test_newer, "unknown records and longer payloads are skipped"),
};

int main(void)
{
	struct gen g;
	int ret;

	gen_scene(&g);
	scene = gen_snapshot(&g, &scene_len);
	ret = tap_main("snapshot", tests, ARRAY_LEN(tests));
	free(scene);
	return ret;
}
