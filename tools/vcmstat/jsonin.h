/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * jsonin.h - a strict reader of one line of our own NDJSON: a flat object of strings and integers.
 *
 * Refused, because json.c never writes it: nesting, fractions, exponents, a name twice, anything
 * around the object, invalid UTF-8, escapes of halves of surrogate pairs.
 */
#ifndef VCMSTAT_JSONIN_H
#define VCMSTAT_JSONIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSONIN_MEMBERS 40

struct jsonin_member {
	const char *name;
	const char *text;	/* NULL for a number */
	uint64_t number;	/* two's complement when @negative */
	bool negative;
};

struct jsonin {
	struct jsonin_member member[JSONIN_MEMBERS];
	unsigned int nr;
	const char *error;	/* why the last line was refused */
	size_t column;		/* and where, from 1 */
};

/* Parse @line in place: the members point into it.  false with @j->error. */
bool jsonin_parse(struct jsonin *j, char *line, size_t len);

const struct jsonin_member *jsonin_find(const struct jsonin *j, const char *name);
/* NULL, or false, when it is absent or of another kind. */
const char *jsonin_text(const struct jsonin *j, const char *name);
bool jsonin_u64(const struct jsonin *j, const char *name, uint64_t max, uint64_t *value);

#endif
