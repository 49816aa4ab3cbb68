// SPDX-License-Identifier: GPL-2.0-only
/*
 * checks.c - how a test finds out that it fails, and random numbers.
 *
 * Knows nothing of the core, so that tests of other code can be run in the same way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

void (*unit_failed)(void);

/* End the test; _exit() because what the test holds is no leak worth a report. */
void unit_fail(const char *file, int line, const char *what)
{
	printf("# %s:%d: %s\n", file, line, what);
	fflush(NULL);
	if (unit_failed)
		unit_failed();
	_exit(1);
}

void unit_check_eq(const char *file, int line, const char *what, u64 want, u64 got)
{
	char text[256];

	if (want == got)
		return;
	snprintf(text, sizeof(text), "%s is %lld (0x%llx), not %lld (0x%llx)", what, (s64)got, got,
		 (s64)want, want);
	unit_fail(file, line, text);
}

void unit_check_str(const char *file, int line, const char *want, const char *got)
{
	char text[1024];

	if (got && !strcmp(want, got))
		return;
	snprintf(text, sizeof(text), "\"%s\", not \"%s\"", got ? got : "(none)", want);
	unit_fail(file, line, text);
}

void unit_check_err(const char *file, int line, const char *what, long want, long got)
{
	char text[256];

	if (want == got)
		return;
	snprintf(text, sizeof(text), "%s gives %ld (%s), not %ld (%s)", what, got, strerror(-got),
		 want, strerror(-want));
	unit_fail(file, line, text);
}

void unit_check_none(const char *file, int line, const char *bad)
{
	if (bad)
		unit_fail(file, line, bad);
}

long unit_ptr_err(const void *ptr)
{
	return IS_ERR(ptr) ? PTR_ERR(ptr) : 0;
}

/* One step of splitmix64: every seed is as good as any other, 0 included. */
u64 unit_random(u64 *state)
{
	u64 x = *state += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}
