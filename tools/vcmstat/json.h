/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json.h - newline-delimited JSON: one flat object a line, written member by member.
 *
 * A line is put together in memory and written whole, so that a reader never sees half of one
 * unless the writer is killed inside write(2).  Strings are made valid UTF-8 and have no
 * '<', so that a line can be part of a page; numbers are integers, or finite, or null.
 */
#ifndef VCMSTAT_JSON_H
#define VCMSTAT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	char *buf;
	size_t len;
	size_t cap;
	bool first;
};

void json_init(struct json *j, FILE *out);
void json_fini(struct json *j);

void json_begin(struct json *j, const char *type);	/* {"type":"..." */
void json_u64(struct json *j, const char *name, uint64_t value);
void json_s64(struct json *j, const char *name, int64_t value);
void json_real(struct json *j, const char *name, double value);
void json_str(struct json *j, const char *name, const char *value);
/* At most @max bytes, fewer when a zero comes first. */
void json_strn(struct json *j, const char *name, const char *value, size_t max);
void json_end(struct json *j);

#endif
