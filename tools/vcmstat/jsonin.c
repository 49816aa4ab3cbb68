// SPDX-License-Identifier: GPL-2.0-only
/* jsonin.c - see jsonin.h. */
#include <string.h>

#include "jsonin.h"
#include "utf8.h"

struct cursor {
	struct jsonin *j;
	char *start;
	char *at;
	char *end;
};

static bool refuse(struct cursor *c, const char *why)
{
	if (!c->j->error) {
		c->j->error = why;
		c->j->column = (size_t)(c->at - c->start) + 1;
	}
	return false;
}

static bool take(struct cursor *c, char want)
{
	if (c->at == c->end || *c->at != want)
		return false;
	c->at++;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* \uXXXX behind the u; the writer uses it for control characters, so one byte is enough. */
static bool take_code(struct cursor *c, char **to)
{
	int code = 0, i;

	for (i = 0; i < 4; i++) {
		int digit = c->at < c->end ? hex_digit(*c->at) : -1;

		if (digit < 0)
			return refuse(c, "bad \\u escape");
		code = code * 16 + digit;
		c->at++;
	}
	if (!code || code > 0x7f)
		return refuse(c, "unexpected \\u escape");
	*(*to)++ = (char)code;
	return true;
}

static bool take_escape(struct cursor *c, char **to)
{
	static const char codes[] = "\"\\/bfnrt", plain[] = "\"\\/\b\f\n\r\t";
	const char *code;

	if (c->at == c->end)
		return refuse(c, "string without end");
	if (take(c, 'u'))
		return take_code(c, to);
	code = *c->at ? strchr(codes, *c->at) : NULL;
	if (!code)
		return refuse(c, "bad escape");
	c->at++;
	*(*to)++ = plain[code - codes];
	return true;
}

/* A string in place: it never grows by decoding. */
static bool take_string(struct cursor *c, const char **text)
{
	char *to;

	if (!take(c, '"'))
		return refuse(c, "a string must be here");
	*text = c->at;
	to = c->at;
	while (c->at < c->end && *c->at != '"') {
		size_t n = utf8_len((const unsigned char *)c->at, (size_t)(c->end - c->at));

		if (!n)
			return refuse(c, "invalid UTF-8");
		if ((unsigned char)*c->at < 0x20)
			return refuse(c, "control character in a string");
		if (take(c, '\\')) {
			if (!take_escape(c, &to))
				return false;
			continue;
		}
		memmove(to, c->at, n);
		to += n;
		c->at += n;
	}
	if (!take(c, '"'))
		return refuse(c, "string without end");
	*to = '\0';
	return true;
}

static bool take_number(struct cursor *c, struct jsonin_member *m)
{
	const char *first;

	m->negative = take(c, '-');
	first = c->at;
	while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
		uint64_t digit = (uint64_t)(*c->at - '0');

		if (m->number > (UINT64_MAX - digit) / 10)
			return refuse(c, "number too large");
		m->number = m->number * 10 + digit;
		c->at++;
	}
	if (c->at == first)
		return refuse(c, "a string or an integer must be here");
	if (*first == '0' && c->at - first > 1)
		return refuse(c, "number with leading zero");
	if (m->negative && m->number > (1ull << 63))
		return refuse(c, "number too large");
	if (m->negative)
		m->number = 0 - m->number;
	return true;
}

static bool take_member(struct cursor *c)
{
	struct jsonin_member *m = &c->j->member[c->j->nr];

	if (c->j->nr == JSONIN_MEMBERS)
		return refuse(c, "too many members");
	memset(m, 0, sizeof(*m));
	if (!take_string(c, &m->name))
		return false;
	if (jsonin_find(c->j, m->name))
		return refuse(c, "the same name twice");
	if (!take(c, ':'))
		return refuse(c, "':' must be here");
	if (c->at < c->end && *c->at == '"') {
		if (!take_string(c, &m->text))
			return false;
	} else if (!take_number(c, m)) {
		return false;
	}
	c->j->nr++;
	return true;
}

bool jsonin_parse(struct jsonin *j, char *line, size_t len)
{
	struct cursor c = { .j = j, .start = line, .at = line, .end = line + len };

	j->nr = 0;
	j->error = NULL;
	j->column = 0;
	if (!take(&c, '{'))
		return refuse(&c, "'{' must be here");
	do {
		if (!take_member(&c))
			return false;
	} while (take(&c, ','));
	if (!take(&c, '}'))
		return refuse(&c, c.at == c.end ? "line is cut short" : "',' or '}' must be here");
	if (c.at != c.end)
		return refuse(&c, "something follows the object");
	return true;
}

const struct jsonin_member *jsonin_find(const struct jsonin *j, const char *name)
{
	unsigned int i;

	for (i = 0; i < j->nr; i++) {
		if (!strcmp(j->member[i].name, name))
			return &j->member[i];
	}
	return NULL;
}

const char *jsonin_text(const struct jsonin *j, const char *name)
{
	const struct jsonin_member *m = jsonin_find(j, name);

	return m ? m->text : NULL;
}

bool jsonin_u64(const struct jsonin *j, const char *name, uint64_t max, uint64_t *value)
{
	const struct jsonin_member *m = jsonin_find(j, name);

	if (!m || m->text || m->negative || m->number > max)
		return false;
	*value = m->number;
	return true;
}
