// SPDX-License-Identifier: GPL-2.0-only
/*
 * load.c - one state for the verbs that show one: from a snapshot, or at the end of a recording.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "source.h"
#include "vcmstat.h"

static const char *source = "snapshot";

static int load_snapshot(const struct settings *set, struct model *m, struct error *err)
{
	size_t len;
	void *buf;
	int ret;

	if (src_snap_read(set->input, &buf, &len, err))
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

/* What does not begin as a snapshot is taken for a recording: reading tells what is wrong. */
static bool is_snapshot(const char *path)
{
	__u32 magic = 0;
	FILE *in = fopen(path, "re");
	size_t n = in ? fread(&magic, sizeof(magic), 1, in) : 0;

	if (in)
		fclose(in);
	return n && magic == VCM_SNAP_MAGIC;
}

int load_state(const struct settings *set, struct model *m, struct error *err)
{
	if (!set->input || is_snapshot(set->input))
		return load_snapshot(set, m, err);
	source = "recording";
	return load_recording(set->input, set->strict, m, err);
}

const char *load_source(void)
{
	return source;
}
