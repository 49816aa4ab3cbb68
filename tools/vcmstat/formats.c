// SPDX-License-Identifier: GPL-2.0-only
/* formats.c - see formats.h. */
#include <string.h>

#include "formats.h"
#include "util.h"

static const struct {
	const char *name;
	struct sink *(*make)(FILE *out);
} formats[] = {
	{ "text", out_text_new },
	{ "wide", out_wide_new },
	{ "html", out_html_new },
	{ "svg", out_svg_new },
	{ "perfetto", out_perfetto_new },
	{ "metrics", out_metrics_new },
	{ "openmetrics", out_openmetrics_new },
	{ "ndjson", out_json_new },
	{ "recording", out_rec_new },
};

struct sink *format_sink(const char *name, FILE *out)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(formats); i++) {
		if (!strcmp(formats[i].name, name))
			return formats[i].make(out);
	}
	return NULL;
}
