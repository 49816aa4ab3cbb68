/* SPDX-License-Identifier: GPL-2.0-only */
/* out_hist.h - latencies as a table, as bars, and as records. */
#ifndef VCMSTAT_OUT_HIST_H
#define VCMSTAT_OUT_HIST_H

#include <stdio.h>

#include "hist.h"
#include "json.h"

/* Operations that happened, a line each. */
void out_hist(FILE *out, const struct hists *h);
/* How the times of one operation are spread: a line for each power of two. */
void out_hist_bars(FILE *out, const struct hist *h, const char *name);
void out_hist_json(struct json *j, const struct hists *h, uint64_t ts_ns, bool buckets);

#endif
