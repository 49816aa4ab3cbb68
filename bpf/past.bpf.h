/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * past.bpf.h - who made the last events that ended or changed something, with the stack.
 *
 * Found by stream and number.  At most vcm_past_max are kept: each new one takes a place in a
 * ring, and who had it before goes and is counted.  A map that forgets by itself would not say
 * how many it forgot.
 */
#ifndef VCM_PAST_BPF_H
#define VCM_PAST_BPF_H

const volatile __u32 vcm_past_max;	/* 0: keep nothing */
__u64 vcm_past_nr;			/* ever */
__u64 vcm_past_gone;			/* given up for later ones, or found no room */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);		/* vcm_past_max is set before loading */
	__type(key, __u32);
	__type(value, struct vcm_past_key);
} vcm_past_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);		/* vcm_past_max and some, see src_bpf.c */
	__type(key, struct vcm_past_key);
	__type(value, struct vcm_past);
} vcm_pasts SEC(".maps");

/* Number 0 is no event, so an empty place has nobody to go. */
static __always_inline void vcm_past_make_room(const struct vcm_past_key *key)
{
	__u32 place = __sync_fetch_and_add(&vcm_past_nr, 1) % vcm_past_max;
	struct vcm_past_key *slot = bpf_map_lookup_elem(&vcm_past_ring, &place);

	if (!slot)
		return;
	if (slot->seq && !bpf_map_delete_elem(&vcm_pasts, slot))
		__sync_fetch_and_add(&vcm_past_gone, 1);
	*slot = *key;
}

static __always_inline void vcm_past_note(void *ctx, const struct vcm_event *ev)
{
	struct vcm_past_key key = { .seq = ev->seq, .stream = ev->stream };
	struct vcm_past past = { .ts_ns = ev->ts_ns, .pid = ev->pid, .tid = ev->tid };
	long bytes;

	if (!vcm_past_max)
		return;
	bytes = bpf_get_stack(ctx, past.frame, sizeof(past.frame), 0);
	past.nr = bytes > 0 ? bytes / sizeof(past.frame[0]) : 0;
	bpf_get_current_comm(past.comm, sizeof(past.comm));
	vcm_past_make_room(&key);
	if (bpf_map_update_elem(&vcm_pasts, &key, &past, BPF_ANY))
		__sync_fetch_and_add(&vcm_past_gone, 1);
}

#endif
