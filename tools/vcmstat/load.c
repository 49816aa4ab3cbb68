// SPDX-License-Identifier: GPL-2.0-only
/*
 * load.c - one state for the verbs that show one: from a snapshot, or at the end of a recording.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "source.h"
#include "vcmstat.h"

static int load_snapshot(const struct settings *set, struct model *m, struct error *err)
{
	size_t len;
	void *buf;
	int ret;

	if (src_snap_read(set->snapshot, &buf, &len, err))
		return -1;
	ret = model_load(m, buf, len, err);
	free(buf);
	return ret;
}

static int load_recording(const char *events, bool strict, struct model *m, struct error *err)
{
	struct json_recording rec;

	if (src_json_read(events, m, &rec, err))
		return -1;
	if (rec.lost)
		fprintf(stderr, "vcmstat: %" PRIu64 " events are missing in %s, "
			"the state may be wrong\n", rec.lost, events);
	if (!rec.ended)
		fprintf(stderr, "vcmstat: %s has no end record, the recording was cut off\n",
			events);
	if (!rec.lost && m->conflicts)
		return error_set(err, EXIT_FAILED, "%s: the events contradict the state: %s",
				 events, m->conflict);
	return strict && (rec.lost || !rec.ended) ? EXIT_LOST : EXIT_OK;
}

int load_state(const struct settings *set, const char *events, bool strict, struct model *m,
	       struct error *err)
{
	if (events && set->snapshot)
		return error_set(err, EXIT_USAGE, "--events and --snapshot exclude each other");
	return events ? load_recording(events, strict, m, err) : load_snapshot(set, m, err);
}
