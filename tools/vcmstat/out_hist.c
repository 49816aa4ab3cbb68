// SPDX-License-Identifier: GPL-2.0-only
/* out_hist.c - see out_hist.h. */
#include <inttypes.h>

#include "out_hist.h"

#define BAR 40	/* columns of the longest */

void out_hist(FILE *out, const struct hists *h)
{
	char text[5][16];
	unsigned int op, shown = 0;

	fprintf(out, "%-12s %10s %9s %9s %9s %9s %9s\n", "OPERATION", "COUNT", "MEAN", "P50",
		"P99", "P99.9", "MAX");
	for (op = 0; op < VCM_TIMED_END; op++) {
		const struct hist *one = &h->op[op];

		if (!one->count)
			continue;
		fprintf(out, "%-12s %10" PRIu64 " %9s %9s %9s %9s %9s\n", hist_op_name(op),
			one->count, hist_time_text(text[0], one->ns / one->count),
			hist_time_text(text[1], hist_percentile(one, 500)),
			hist_time_text(text[2], hist_percentile(one, 990)),
			hist_time_text(text[3], hist_percentile(one, 999)),
			hist_time_text(text[4], one->max));
		shown++;
	}
	if (!shown)
		fputs("nothing happened\n", out);
	if (h->missed)
		fprintf(out, "%" PRIu64 " calls were not timed\n", h->missed);
	fputc('\n', out);
}

/* Buckets of one power of two: those below 16 are 0 to 15, then eight for each. */
static uint64_t count_of(const struct hist *h, unsigned int power)
{
	uint64_t sum = 0;
	unsigned int i, first = power < 4 ? (power ? 1u << power : 0) : 8 * (power - 2),
		     last = power < 4 ? (2u << power) - 1 : first + 7;

	for (i = first; i <= last && i < VCM_HIST_BUCKETS; i++)
		sum += h->bucket[i];
	return sum;
}

void out_hist_bars(FILE *out, const struct hist *h, const char *name)
{
	unsigned int power, first = 64, last = 0;
	uint64_t most = 0;
	char upper[16];

	for (power = 0; power < 42; power++) {
		uint64_t count = count_of(h, power);

		most = count > most ? count : most;
		first = count && first == 64 ? power : first;
		last = count ? power : last;
	}
	fprintf(out, "%s: %" PRIu64 " times\n", name, h->count);
	for (power = first; power <= last && first < 64; power++) {
		uint64_t count = count_of(h, power);
		int width = (int)((double)count / (double)most * BAR + 0.5);

		fprintf(out, "  below %8s %10" PRIu64 "%s%.*s\n",
			hist_time_text(upper, 2ull << power), count, count ? " " : "",
			width ? width : count ? 1 : 0, "########################################");
	}
	fputc('\n', out);
}

static void buckets_json(struct json *j, const struct hist *h, const char *name)
{
	unsigned int i;

	for (i = 0; i < VCM_HIST_BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		json_begin(j, "hist_bucket");
		json_str(j, "op", name);
		json_u64(j, "le_ns", hist_upper(i));
		json_u64(j, "count", h->bucket[i]);
		json_end(j);
	}
}

void out_hist_json(struct json *j, const struct hists *h, uint64_t ts_ns, bool buckets)
{
	unsigned int op;

	for (op = 0; op < VCM_TIMED_END; op++) {
		const struct hist *one = &h->op[op];

		if (!one->count)
			continue;
		json_begin(j, "hist");
		json_u64(j, "ts_ns", ts_ns);
		json_str(j, "op", hist_op_name(op));
		json_u64(j, "count", one->count);
		json_u64(j, "sum_ns", one->ns);
		json_u64(j, "p50_ns", hist_percentile(one, 500));
		json_u64(j, "p99_ns", hist_percentile(one, 990));
		json_u64(j, "p999_ns", hist_percentile(one, 999));
		json_u64(j, "max_ns", one->max);
		json_end(j);
		if (buckets)
			buckets_json(j, one, hist_op_name(op));
	}
}
