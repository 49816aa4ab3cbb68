/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opts.h - options as a table.
 *
 * A row is all there is of an option: parsing, --help, bash completion and the test of the man
 * pages read the same rows, so none of them can disagree.  Tables are lists of lists: what
 * several commands share is a table of its own (see input_opts and friends in vcmstat.h).
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
	OPT_FILE,	/* const char *: any; completed as a file */
	OPT_DIR,	/* const char *: any; completed as a folder */
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
	const char *task;	/* heading in the help; NULL: that of the row before */
	bool required;		/* of a positional argument */
};

/*
 * Parse up to the end, or with @stop at the first argument that is no option.  Every table in
 * @tables (ended by NULL) is searched.  Returns the index where it stopped, or -1 with @err.
 */
int opts_parse(const struct opt *const *tables, int argc, char **argv, bool stop,
	       struct error *err);
/* for (each row of @tables, which end with NULL) */
#define opts_each(table, o, tables)						\
	for (table = tables; *table; table++)					\
		for (o = *table; o->type != OPT_END; o++)

/* The name of a required argument that nobody gave, or NULL. */
const char *opts_missing(const struct opt *const *tables);
/* "[interval [count]]", the positional arguments of @tables; @buf of @len. */
void opts_args(char *buf, size_t len, const struct opt *const *tables);
/* All rows below their headings, lines shorter than 80 columns. */
void opts_help(FILE *out, const struct opt *const *tables);

#endif
