// SPDX-License-Identifier: GPL-2.0-only
/* util.c - see util.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "util.h"

int error_set(struct error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err->code)
		return -1;
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -1;
}

int error_print(const struct error *err)
{
	fprintf(stderr, "vcmstat: %s\n", err->text);
	return err->code;
}

static void *check(void *p)
{
	if (!p) {
		fputs("vcmstat: out of memory\n", stderr);
		exit(EXIT_FAILED);
	}
	return p;
}

void *xrealloc(void *p, size_t len)
{
	return check(realloc(p, len));
}

void *xcalloc(size_t nr, size_t len)
{
	return check(calloc(nr, len));
}

const char *size_text(char *buf, uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	uint64_t n = bytes;
	int unit = -1;

	while (n && n % 1024 == 0 && unit < 5) {
		n /= 1024;
		unit++;
	}
	if (n < 10000) {
		snprintf(buf, 16, "%" PRIu64 "%.*s", n, unit >= 0, units + (unit < 0 ? 0 : unit));
		return buf;
	}
	for (unit = -1, n = bytes; n >= 10000 && unit < 5; unit++)
		n /= 1024;
	snprintf(buf, 16, "%.1f%c", (double)bytes / (double)(1ull << (10 * (unit + 1))),
		 units[unit]);
	return buf;
}

const char *name_text(char *buf, size_t len, const char *name, size_t max)
{
	size_t i;

	for (i = 0; i < max && i + 1 < len && name[i]; i++)
		buf[i] = name[i] < ' ' || name[i] > '~' ? '?' : name[i];
	buf[i] = '\0';
	return buf;
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}
