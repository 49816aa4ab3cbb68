/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * util.h - exit codes, messages, memory: what every part of vcmstat uses.
 */
#ifndef VCMSTAT_UTIL_H
#define VCMSTAT_UTIL_H

#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/*
 * One exit code per cause, the same for every command: X(NAME, number, text).  Scripts know them:
 * append, never renumber.  The help and the man pages have this list too.
 */
#define VCMSTAT_EXITS(X)							\
	X(OK, 0, "done")							\
	X(FAILED, 1, "failed; the message says how")				\
	X(USAGE, 2, "bad arguments")						\
	X(ABSENT, 3, "the module, its BTF or a feature is absent")		\
	X(FOUND, 4, "found what it looks for, where the command says so")		\
	X(LOST, 5, "events were lost, with --strict")				\
	X(PERMISSION, 6, "no permission")					\
	X(DAMAGED, 7, "the file is damaged, or not one of ours")		\
	X(VERSION, 8, "the file or the module is of a version not known here")

enum vcmstat_exit {
#define VCMSTAT_EXIT_ENTRY(name, nr, text) EXIT_##name = nr,
	VCMSTAT_EXITS(VCMSTAT_EXIT_ENTRY)
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
