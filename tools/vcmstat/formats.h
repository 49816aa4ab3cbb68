/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * formats.h - the formats that a recording can be turned into: one list, for the options of
 * export and replay, their help and the sink that is made.
 */
#ifndef VCMSTAT_FORMATS_H
#define VCMSTAT_FORMATS_H

#include "sink.h"

/* The lists are literal because options are: format_sink() knows every word of them. */
#define FORMATS_WORDS	"html svg perfetto metrics openmetrics ndjson recording"
#define FORMATS_HELP	"html (a report), svg (a picture), perfetto (a trace), metrics (for " \
			"node_exporter), openmetrics, ndjson or recording"

/* A sink for a word of the list, or for "text". */
struct sink *format_sink(const char *name, FILE *out);

#endif
