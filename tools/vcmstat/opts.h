/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opts.h - options as a table: what parses them also prints the help, so they cannot disagree.
 */
#ifndef VCMSTAT_OPTS_H
#define VCMSTAT_OPTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "util.h"

enum opt_type {
	OPT_END,	/* of the table */
	OPT_FLAG,	/* bool: set */
	OPT_U64,	/* uint64_t: decimal or 0x, within min and max; K, M, G multiply */
	OPT_SECONDS,	/* double: more than 0, fractions allowed */
	OPT_TEXT,	/* const char *: any */
	OPT_CHOICE,	/* const char *: one of the words in @choices */
};

struct opt {
	enum opt_type type;
	const char *name;	/* without the dashes; NULL for a positional argument */
	char letter;		/* short form, 0 for none */
	const char *arg;	/* what the help calls the value */
	void *value;
	const char *help;
	uint64_t min;
	uint64_t max;		/* 0: no limit */
	const char *choices;	/* "one two three" */
};

/*
 * Parse up to the end, or with @stop at the first argument that is no option.  Every table in
 * @tables (ended by NULL) is searched.  Returns the index where it stopped, or -1 with @err.
 */
int opts_parse(const struct opt *const *tables, int argc, char **argv, bool stop,
	       struct error *err);
void opts_help(FILE *out, const char *title, const struct opt *table);

#endif
