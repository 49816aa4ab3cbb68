// SPDX-License-Identifier: GPL-2.0-only
/* hist.c - see hist.h. */
#include <stdio.h>

#include "hist.h"
#include "util.h"

uint64_t hist_upper(unsigned int bucket)
{
	unsigned int shift;

	if (bucket < 16)
		return bucket;
	shift = bucket / 8 - 1;
	return ((uint64_t)(bucket % 8 + 9) << shift) - 1;
}

void hist_add(struct hist *h, uint64_t value)
{
	h->bucket[vcm_hist_bucket(value)]++;
	h->count++;
	h->ns += value;
	if (value > h->max)
		h->max = value;
}

void hist_join(struct hist *h, const struct hist *other)
{
	unsigned int i;

	for (i = 0; i < VCM_HIST_BUCKETS; i++)
		h->bucket[i] += other->bucket[i];
	h->count += other->count;
	h->ns += other->ns;
	if (other->max > h->max)
		h->max = other->max;
}

void hist_since(struct hist *h, const struct hist *before)
{
	unsigned int i;

	for (i = 0; i < VCM_HIST_BUCKETS; i++)
		h->bucket[i] -= before->bucket[i];
	h->count -= before->count;
	h->ns -= before->ns;
}

uint64_t hist_percentile(const struct hist *h, unsigned int permille)
{
	uint64_t want = (h->count * permille + 999) / 1000, seen = 0, upper;
	unsigned int i;

	for (i = 0; h->count && i < VCM_HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen < want || !h->bucket[i])
			continue;
		upper = hist_upper(i);
		return upper < h->max && i < VCM_HIST_BUCKETS - 1 ? upper : h->max;
	}
	return 0;
}

const char *hist_op_name(unsigned int op)
{
#define NAME(name, func) #name,
	static const char * const names[VCM_TIMED_END] = { VCM_TIMED(NAME) };
#undef NAME

	return op < VCM_TIMED_END ? names[op] : "unknown";
}

const char *hist_time_text(char *buf, uint64_t ns)
{
	static const char * const unit[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	unsigned int i = 0;

	while (value >= 999.5 && i + 1 < ARRAY_LEN(unit)) {
		value /= 1000;
		i++;
	}
	snprintf(buf, 16, value < 9.95 && i ? "%.1f%s" : "%.0f%s", value, unit[i]);
	return buf;
}
