/* SPDX-License-Identifier: GPL-2.0-only */
/* schema_json.h - what the lines of NDJSON are, as a JSON Schema made from vcm_events.h. */
#ifndef VCMSTAT_SCHEMA_JSON_H
#define VCMSTAT_SCHEMA_JSON_H

#include <stdio.h>

#define JSON_SCHEMA 1	/* "schema" of the header: raised when a reader of old lines must change */

void schema_json(FILE *out);

#endif
