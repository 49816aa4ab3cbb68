// SPDX-License-Identifier: GPL-2.0-only
/* tap.c - see tap.h. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "util.h"

static jmp_buf failed;

int tap_main(const char *suite, const struct tap_test *tests, unsigned int nr)
{
	volatile unsigned int bad = 0;
	volatile unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%u\n", nr);
	for (i = 0; i < nr; i++) {
		if (!setjmp(failed)) {
			tests[i].run();
			printf("ok %u - %s: %s\n", i + 1, suite, tests[i].name);
		} else {
			printf("not ok %u - %s: %s\n", i + 1, suite, tests[i].name);
			bad++;
		}
	}
	return bad ? 1 : 0;
}

void tap_note(const char *fmt, ...)
{
	va_list ap;

	fputs("# ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void tap_check(bool ok, const char *file, int line, const char *what)
{
	if (ok)
		return;
	tap_note("%s:%d: not true: %s", file, line, what);
	longjmp(failed, 1);
}

void tap_check_u64(uint64_t a, uint64_t b, const char *file, int line, const char *what)
{
	if (a == b)
		return;
	tap_note("%s:%d: %s: %" PRIu64 " and %" PRIu64, file, line, what, a, b);
	longjmp(failed, 1);
}

void tap_check_str(const char *a, const char *b, const char *file, int line)
{
	if (a && b && !strcmp(a, b))
		return;
	tap_note("%s:%d: \"%s\" is not \"%s\"", file, line, a ? a : "(null)", b ? b : "(null)");
	longjmp(failed, 1);
}

uint64_t tap_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint64_t tap_seed(void)
{
	const char *text = getenv("VCMSTAT_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : now_ns();

	tap_note("VCMSTAT_SEED=%" PRIu64, seed);
	return seed;
}
