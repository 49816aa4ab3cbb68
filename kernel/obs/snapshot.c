// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapshot.c - what observers are given: the snapshot of the core, and the counts behind it.
 *
 * The counts are read after the streams were, so they contain what the streams do.
 */
#include "core/core.h"
#include "obs/obs.h"
#include "vcm_count.h"

#define VCM_OBS_COUNTS (VCM_EVENT_END + VCM_COUNT_OPS)

struct vcm_obs_count {
	struct vcm_snap_rec rec;
	struct vcm_snap_count count;
};

static u32 vcm_obs_put(struct vcm_obs_count *to, u32 event, u32 op)
{
	u64 count = vcm_count_of(event, op);

	if (!count)
		return 0;
	*to = (struct vcm_obs_count) {
		.rec = { .type = VCM_SNAP_COUNT, .len = sizeof(to->count) },
		.count = { .event = event, .op = op, .count = count },
	};
	return 1;
}

/* Fill @to, by event and operation.  Return: how many records. */
static u32 vcm_obs_counts(struct vcm_obs_count *to)
{
	u32 nr = 0, event, op;

	for (event = 1; event < VCM_EVENT_END; event++) {
		nr += vcm_obs_put(to + nr, event, 0);
		for (op = 1; event == VCM_EVENT_error && op < VCM_COUNT_OPS; op++)
			nr += vcm_obs_put(to + nr, event, op);
	}
	return nr;
}

/*
 * Take a snapshot with counts.
 * @data: out: the bytes, to be freed by vcm_os_free()
 * @len:  out: how many
 * Return: 0 or -ENOMEM.
 */
int vcm_obs_snapshot(void **data, size_t *len)
{
	struct vcm_snap_header *head;
	size_t core_len;
	void *core, *all;
	u32 nr;
	int err;

	err = vcm_snap_take(&core, &core_len);
	if (err)
		return err;
	all = vcm_os_zalloc(core_len + VCM_OBS_COUNTS * sizeof(struct vcm_obs_count));
	if (!all) {
		vcm_os_free(core);
		return -ENOMEM;
	}
	memcpy(all, core, core_len);
	vcm_os_free(core);
	nr = vcm_obs_counts(all + core_len);
	head = all;
	head->nr_records += nr;
	head->total_len += nr * sizeof(struct vcm_obs_count);
	*data = all;
	*len = head->total_len;
	return 0;
}
