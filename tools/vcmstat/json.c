// SPDX-License-Identifier: GPL-2.0-only
/* json.c - see json.h. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "utf8.h"
#include "util.h"

void json_init(struct json *j, FILE *out)
{
	memset(j, 0, sizeof(*j));
	j->out = out;
}

void json_fini(struct json *j)
{
	free(j->buf);
	json_init(j, j->out);
}

static void put(struct json *j, const char *bytes, size_t len)
{
	if (j->len + len > j->cap) {
		j->cap = 2 * (j->len + len) + 256;
		j->buf = xrealloc(j->buf, j->cap);
	}
	memcpy(j->buf + j->len, bytes, len);
	j->len += len;
}

static void put_text(struct json *j, const char *text)
{
	put(j, text, strlen(text));
}

static void put_escape(struct json *j, unsigned char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", code[] = "\"\\bfnrt";
	const char *at = strchr(plain, c);
	char buf[8];

	if (at)
		snprintf(buf, sizeof(buf), "\\%c", code[at - plain]);
	else
		snprintf(buf, sizeof(buf), "\\u%04x", c);
	put_text(j, buf);
}

static void put_string(struct json *j, const char *value, size_t max)
{
	const unsigned char *s = (const unsigned char *)value;
	size_t len = strnlen(value, max), i, n;

	put(j, "\"", 1);
	for (i = 0; i < len; i += n ? n : 1) {
		n = utf8_len(s + i, len - i);
		if (!n)
			put_text(j, "\xef\xbf\xbd");	/* U+FFFD */
		else if (s[i] < 0x20 || s[i] == 0x7f || strchr("\"\\<", s[i]))
			put_escape(j, s[i]);
		else
			put(j, value + i, n);
	}
	put(j, "\"", 1);
}

static void name(struct json *j, const char *text)
{
	if (!j->first)
		put(j, ",", 1);
	j->first = false;
	put_string(j, text, SIZE_MAX);
	put(j, ":", 1);
}

void json_begin(struct json *j, const char *type)
{
	j->len = 0;
	j->first = true;
	put(j, "{", 1);
	json_str(j, "type", type);
}

void json_u64(struct json *j, const char *text, uint64_t value)
{
	char buf[24];

	name(j, text);
	snprintf(buf, sizeof(buf), "%" PRIu64, value);
	put_text(j, buf);
}

void json_s64(struct json *j, const char *text, int64_t value)
{
	char buf[24];

	name(j, text);
	snprintf(buf, sizeof(buf), "%" PRId64, value);
	put_text(j, buf);
}

void json_real(struct json *j, const char *text, double value)
{
	char buf[400];

	name(j, text);
	if (isfinite(value))
		snprintf(buf, sizeof(buf), "%.3f", value);
	else
		snprintf(buf, sizeof(buf), "null");
	put_text(j, buf);
}

void json_strn(struct json *j, const char *text, const char *value, size_t max)
{
	name(j, text);
	put_string(j, value, max);
}

void json_str(struct json *j, const char *text, const char *value)
{
	json_strn(j, text, value, SIZE_MAX);
}

void json_end(struct json *j)
{
	put(j, "}\n", 2);
	fwrite(j->buf, 1, j->len, j->out);
	j->len = 0;
}
