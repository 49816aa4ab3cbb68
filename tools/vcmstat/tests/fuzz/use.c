// SPDX-License-Identifier: GPL-2.0-only
/* use.c - see use.h.  A violation ends the program, which is how a fuzz target says no. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "sink.h"
#include "use.h"

static void fuzz_print(const struct model *m)
{
	static FILE *out;
	struct sink *json;

	if (!out)
		out = fopen("/dev/null", "w");
	out_list(out, m);
	out_refs(out, m, 0);
	out_debugfs(out, m, NULL);
	json = out_json_new(out);
	json->ops->state(json, m, true);
	json->ops->close(json);
}

void fuzz_use(const struct model *m)
{
	struct error err = { 0 };
	struct model again;
	void *first, *second;
	size_t len, second_len;

	fuzz_print(m);
	first = model_encode(m, &len);
	model_init(&again);
	if (model_compare(m, first, len, &err))
		abort();
	if (!model_load(&again, first, len, &err)) {
		second = model_encode(&again, &second_len);
		if (len != second_len || memcmp(first, second, len))
			abort();
		free(second);
	} else if (!m->conflicts) {
		abort();
	}
	model_fini(&again);
	free(first);
}
