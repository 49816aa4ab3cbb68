// SPDX-License-Identifier: GPL-2.0-only
/* json_test.c - what is written can be read, and only that. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "jsonin.h"
#include "tap.h"
#include "util.h"

static char *text;
static size_t text_len;

static void begin(struct json *j)
{
	free(text);
	text = NULL;
	json_init(j, open_memstream(&text, &text_len));
	json_begin(j, "t");
}

static const char *end(struct json *j)
{
	json_end(j);
	fclose(j->out);
	json_fini(j);
	return text;
}

static void test_numbers(void)
{
	struct json j;

	begin(&j);
	json_u64(&j, "max", UINT64_MAX);
	json_u64(&j, "zero", 0);
	json_s64(&j, "min", INT64_MIN);
	json_real(&j, "real", 1.5);
	json_real(&j, "nan", NAN);
	json_real(&j, "inf", -INFINITY);
	CHECK_STR(end(&j), "{\"type\":\"t\",\"max\":18446744073709551615,\"zero\":0,"
		  "\"min\":-9223372036854775808,\"real\":1.500,\"nan\":null,\"inf\":null}\n");
}

static void test_escapes(void)
{
	struct json j;

	begin(&j);
	json_str(&j, "s", "\"\\\b\f\n\r\t\x01\x1f\x7f/ \xc3\xa4\xf0\x9f\x98\x80");
	CHECK_STR(end(&j), "{\"type\":\"t\",\"s\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f/ "
		  "\xc3\xa4\xf0\x9f\x98\x80\"}\n");
}

static void test_bad_utf8(void)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "\xff", "\xef\xbf\xbd" },			/* never a first byte */
		{ "\x80z", "\xef\xbf\xbdz" },			/* continuation alone */
		{ "\xc3", "\xef\xbf\xbd" },			/* cut at the end */
		{ "\xc3(", "\xef\xbf\xbd(" },			/* cut in the middle */
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },	/* overlong */
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },	/* surrogate */
		{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" },
	};
	char want[128];
	struct json j;
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		begin(&j);
		json_str(&j, "s", cases[i].in);
		snprintf(want, sizeof(want), "{\"type\":\"t\",\"s\":\"%s\"}\n", cases[i].out);
		CHECK_STR(end(&j), want);
	}
}

static void test_strn(void)
{
	static const char full[4] = { 'a', 'b', 'c', 'd' };
	struct json j;

	begin(&j);
	json_strn(&j, "full", full, sizeof(full));
	json_strn(&j, "short", "ab\0cd", 5);
	json_strn(&j, "cut", "ab\xc3\xa4", 3);
	CHECK_STR(end(&j), "{\"type\":\"t\",\"full\":\"abcd\",\"short\":\"ab\","
		  "\"cut\":\"ab\xef\xbf\xbd\"}\n");
}

static bool parse(struct jsonin *in, const char *line)
{
	static char copy[4096];
	size_t len = strlen(line);

	memcpy(copy, line, len + 1);
	return jsonin_parse(in, copy, len);
}

static void test_read(void)
{
	struct jsonin in;
	uint64_t value;

	CHECK(parse(&in, "{\"a\":18446744073709551615,\"b\":\"x\\n\\u0041\\\"\",\"c\":-5}"));
	CHECK(jsonin_u64(&in, "a", UINT64_MAX, &value));
	CHECK_EQ(value, UINT64_MAX);
	CHECK(!jsonin_u64(&in, "a", UINT32_MAX, &value));
	CHECK_STR(jsonin_text(&in, "b"), "x\nA\"");
	CHECK(!jsonin_text(&in, "a"));
	CHECK(!jsonin_u64(&in, "b", UINT64_MAX, &value));
	CHECK(!jsonin_u64(&in, "c", UINT64_MAX, &value));
	CHECK_EQ(jsonin_find(&in, "c")->number, (uint64_t)-5);
	CHECK(!jsonin_find(&in, "d"));
}

static void test_refuse(void)
{
	static const char *const lines[] = {
		"", "{", "}", "{}", "[]", "null", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":1,}",
		"{\"a\":1}x", " {\"a\":1}", "{\"a\": 1}", "{\"a\":1.5}", "{\"a\":1e5}",
		"{\"a\":01}", "{\"a\":-}", "{\"a\":+1}", "{\"a\":true}", "{\"a\":null}",
		"{\"a\":{}}", "{\"a\":[1]}", "{\"a\":1,\"a\":2}", "{\"a\":18446744073709551616}",
		"{\"a\":-9223372036854775809}", "{\"a\":\"x}", "{\"a\":\"\\x\"}", "{\"a\":\"\\",
		"{\"a\":\"\\u00\"}", "{\"a\":\"\\u0000\"}", "{\"a\":\"\\ud800\"}",
		"{\"a\":\"\xff\"}", "{\"a\":\"\t\"}", "{a:1}", "{'a':1}", "{\"a\":1;\"b\":2}",
	};
	struct jsonin in;
	size_t i;

	for (i = 0; i < ARRAY_LEN(lines); i++) {
		if (parse(&in, lines[i]))
			tap_note("accepted: %s", lines[i]);
		CHECK(in.error);
		CHECK(in.column >= 1 && in.column <= strlen(lines[i]) + 1);
	}
}

static void test_members(void)
{
	char line[JSONIN_MEMBERS * 16 + 64] = "{";
	struct jsonin in;
	int i;

	for (i = 0; i <= JSONIN_MEMBERS; i++)
		sprintf(line + strlen(line), "%s\"m%d\":%d", i ? "," : "", i, i);
	strcat(line, "}");
	CHECK(!parse(&in, line));
	CHECK_STR(in.error, "too many members");
}

/* Any bytes through the writer come back, or as U+FFFD. */
static void test_round_trip(void)
{
	uint64_t seed = tap_seed();
	int round, i;

	for (round = 0; round < 5000; round++) {
		char name[17] = { 0 };
		struct jsonin in;
		struct json j;
		bool ascii = round % 2;

		for (i = 0; i < 16; i++) {
			name[i] = (char)(1 + tap_random(&seed) % 255);
			if (ascii)
				name[i] &= 0x7f;
		}
		begin(&j);
		json_strn(&j, "s", name, 16);
		end(&j);
		CHECK(jsonin_parse(&in, text, text_len - 1));
		CHECK(jsonin_text(&in, "s"));
		if (ascii)
			CHECK_STR(jsonin_text(&in, "s"), name);
	}
}

static const struct tap_test tests[] = {
	TAP_TEST(test_numbers, "u64, s64 and reals are written exactly, NaN as null"),
	TAP_TEST(test_escapes, "quotes, backslashes and control characters are escaped"),
	TAP_TEST(test_bad_utf8, "invalid UTF-8 becomes U+FFFD"),
	TAP_TEST(test_strn, "strings that fill their array have an end"),
	TAP_TEST(test_read, "strings and integers are read back"),
	TAP_TEST(test_refuse, "anything else is refused with a column"),
	TAP_TEST(test_members, "too many members are refused"),
	TAP_TEST(test_round_trip, "random bytes survive writing and reading"),
};

int main(void)
{
	int ret = tap_main("json", tests, ARRAY_LEN(tests));

	free(text);
	return ret;
}
