// SPDX-License-Identifier: GPL-2.0-only
/* progress.c - see progress.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"
#include "util.h"

#define BLINK_NS	500000000u
#define AGAIN_NS	200000000u
#define STEPS		4096	/* between two looks at the clock */

void progress_begin(struct progress *p, const char *what, uint64_t total)
{
	memset(p, 0, sizeof(*p));
	p->what = what;
	p->total = isatty(STDERR_FILENO) ? total : 0;
	p->next_ns = now_ns() + BLINK_NS;
}

void progress_step(struct progress *p, uint64_t done)
{
	if (!p->total || ++p->steps % STEPS || now_ns() < p->next_ns)
		return;
	p->next_ns = now_ns() + AGAIN_NS;
	p->shown = true;
	fprintf(stderr, "\r\033[Kvcmstat: %s %" PRIu64 "%%", p->what, done * 100 / p->total);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
}
