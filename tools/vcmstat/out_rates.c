// SPDX-License-Identifier: GPL-2.0-only
/* out_rates.c - a line an interval; see top.h.  Below 80 columns, whatever is counted. */
#include <inttypes.h>

#include "top.h"

/* At most @width (4 or more) columns: in thousands, millions and so on when it is longer. */
static const char *short_number(char *buf, size_t len, double value, int width)
{
	static const char units[] = " kMGTPE";
	int unit;

	for (unit = 0; unit < 6; unit++, value /= 1000) {
		if (snprintf(buf, len, "%.0f%.*s", value, !!unit, units + unit) <= width)
			return buf;
	}
	snprintf(buf, len, "%.0f%c", value, units[unit]);
	return buf;
}

/* Six columns at most. */
static const char *short_size(char *buf, size_t len, uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	double value = (double)bytes;
	int unit;

	if (bytes < 1024) {
		snprintf(buf, len, "%" PRIu64, bytes);
		return buf;
	}
	for (unit = -1; value >= 1023.5 && unit < 5; unit++)
		value /= 1024;
	snprintf(buf, len, "%.*f%c", value < 100 && value != (double)(int)value, value,
		 units[unit]);
	return buf;
}

void out_rates_head(FILE *out)
{
	fputs("----there is---- ----bytes---- ---------------per second---------------\n"
	      " ctx   res  refs resrvd active   rsv  bind   map unmap   ref   err  flt  lost\n",
	      out);
}

void out_rates(FILE *out, const struct top *top, const struct model *m, uint64_t lost)
{
	static const enum vcm_event_type types[] = {
		VCM_EVENT_reserve, VCM_EVENT_bind, VCM_EVENT_map, VCM_EVENT_unmap, VCM_EVENT_ref,
		VCM_EVENT_error,
	};
	struct model_sum sum;
	char buf[32];
	size_t i;

	model_total(m, &sum);
	fprintf(out, "%4s", short_number(buf, sizeof(buf), (double)sum.contexts, 4));
	fprintf(out, " %5s", short_number(buf, sizeof(buf), (double)sum.reservations, 5));
	fprintf(out, " %5s", short_number(buf, sizeof(buf), (double)sum.refs, 5));
	fprintf(out, " %6s", short_size(buf, sizeof(buf), sum.reserved));
	fprintf(out, " %6s", short_size(buf, sizeof(buf), sum.mapped));
	for (i = 0; i < ARRAY_LEN(types); i++)
		fprintf(out, " %5s", short_number(buf, sizeof(buf), top_rate(top, types[i]), 5));
	fprintf(out, " %4s", short_number(buf, sizeof(buf), top_rate(top, VCM_EVENT_fault), 4));
	fprintf(out, " %5s\n", short_number(buf, sizeof(buf), (double)lost, 5));
}
