/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * progress.h - how far long work has come: a line on stderr, only where that is a terminal, only
 * when it takes longer than a blink, and gone when the work is done.
 */
#ifndef VCMSTAT_PROGRESS_H
#define VCMSTAT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what;
	uint64_t total;		/* 0 when unknown: nothing is shown */
	uint64_t next_ns;	/* when to look again */
	unsigned int steps;
	bool shown;
};

void progress_begin(struct progress *p, const char *what, uint64_t total);
void progress_step(struct progress *p, uint64_t done);
void progress_end(struct progress *p);

#endif
