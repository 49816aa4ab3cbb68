/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * calls.h - random calls of the API, each held against the oracle.
 */
#ifndef UNIT_CALLS_H
#define UNIT_CALLS_H

#include "oracle.h"

#define WINDOW_PAGES 48

extern struct oracle oracle;
extern u64 calls_made;		/* calls that are to change something */
extern u64 calls_injected;	/* failures that a call met */

void calls_begin(u64 seed);
void calls_step(void);
void calls_give_all_up(void);

/* A number below @n, and true in so many of a hundred cases. */
u64 dice(u64 n);
bool chance(u64 percent);

/* Perhaps fail the next call; what it has to give when @want is what it would give undisturbed. */
void calls_arm(void);
int calls_disarm(int want);

/* calls_res.c */
void calls_res(u32 nr);
void calls_unreserve(struct oracle_context *context, u32 res, u32 holder);
void calls_look(void);

#endif
