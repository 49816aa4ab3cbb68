/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hist.h - how values are spread, in the buckets of vcm_hist_bucket(): within an eighth.
 */
#ifndef VCMSTAT_HIST_H
#define VCMSTAT_HIST_H

#include <stdint.h>

#include "vcm_bpf.h"

struct hist {
	uint64_t bucket[VCM_HIST_BUCKETS];
	uint64_t count;
	uint64_t ns;	/* of all */
	uint64_t max;
};

/* The greatest value of a bucket. */
uint64_t hist_upper(unsigned int bucket);
void hist_add(struct hist *h, uint64_t value);
/* Count in @h what @other holds, too. */
void hist_join(struct hist *h, const struct hist *other);
/* What came since @before, which @h holds too; the maximum is that of both. */
void hist_since(struct hist *h, const struct hist *before);
/* The least value that @permille of all do not exceed, an eighth too great at most; 0 of none. */
uint64_t hist_percentile(const struct hist *h, unsigned int permille);
const char *hist_op_name(unsigned int op);
/* "1.5us", @buf of 16 */
const char *hist_time_text(char *buf, uint64_t ns);

struct hists {
	struct hist op[VCM_TIMED_END];
	uint64_t missed;
};

/* src_hist.c: histograms of the running module. */
struct error;
struct src_hist;
struct src_hist *src_hist_open(int verbose, struct error *err);
const char *src_hist_name(const struct src_hist *s);
/* What was counted since it was opened. */
int src_hist_read(struct src_hist *s, struct hists *out, struct error *err);
void src_hist_close(struct src_hist *s);

#endif
