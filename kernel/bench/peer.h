/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * peer.h - the kernel's own allocators, as bench.h wants them.
 */
#ifndef VCM_BENCH_PEER_H
#define VCM_BENCH_PEER_H

#include "bench.h"

extern const struct bench_impl bench_iova;
extern const struct bench_impl bench_iova_fast;
extern const struct bench_impl bench_drm;
extern const struct bench_impl bench_maple;
extern const struct bench_impl bench_genpool;

#endif
