/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * util.h - exit codes, messages, memory: what every part of vcmstat uses.
 */
#ifndef VCMSTAT_UTIL_H
#define VCMSTAT_UTIL_H

#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* One exit code per cause, the same for every command. */
enum vcmstat_exit {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_ABSENT = 3,	/* module or feature absent */
	EXIT_FAULTS = 4,	/* faults found, where a command says so */
	EXIT_LOST = 5,		/* events were lost, with --strict */
	EXIT_PERMISSION = 6,
};

#define ERROR_LEN 256

/* Why something failed and how the program ends for it; code 0 means no error. */
struct error {
	int code;
	char text[ERROR_LEN];
};

/* Fill @err once (the first cause wins) and return -1. */
int error_set(struct error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* "vcmstat: <text>" on stderr; returns the exit code. */
int error_print(const struct error *err);

void *xrealloc(void *p, size_t len);
void *xcalloc(size_t nr, size_t len);

/* Bytes for people: exact when a unit divides them, else one decimal.  @buf of 16. */
const char *size_text(char *buf, uint64_t bytes);
/*
 * A name that others chose, for a terminal: at most @max bytes of @name, those that are not
 * printable ASCII as '?'; cut to @len with the end.  Returns @buf.
 */
const char *name_text(char *buf, size_t len, const char *name, size_t max);
uint64_t now_ns(void);

#endif
