/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clock.h - choosing the clock of vcm_bench.ko; bench.h reads it.
 */
#ifndef VCM_BENCH_CLOCK_H
#define VCM_BENCH_CLOCK_H

#include "bench.h"

void bench_clock_set(bool counts);

#endif
