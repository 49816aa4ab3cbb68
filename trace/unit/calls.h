/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * calls.h - random calls of the API, each held against the oracle.
 */
#ifndef UNIT_CALLS_H
#define UNIT_CALLS_H

#include "oracle.h"

extern struct oracle oracle;
extern u64 calls_injected;	/* failures that a call met */

void calls_begin(u64 seed);
void calls_step(void);
void calls_give_all_up(void);

#endif
