// SPDX-License-Identifier: GPL-2.0-only
/*
 * iter.bpf.c - a snapshot by the open-coded iterator of the module, record by record.
 *
 * Run once by its user, who has sized the map of records; what finds no room is counted.  The
 * kfuncs are strong symbols: where the module has none the program does not load.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "vcm_bpf.h"

char LICENSE[] SEC("license") = "GPL";

__u32 vcm_iter_records;	/* stored, from the first */
__u32 vcm_iter_dropped;	/* found no room, or could not be read */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);	/* set before loading */
	__type(key, __u32);
	__type(value, struct vcm_iter_slot);
} vcm_iter_slots SEC(".maps");

/* What the module defines. */
struct vcm_iter_rec {
	u32 type;
	u32 len;
	u8 data[VCM_ITER_PAYLOAD];
} __attribute__((preserve_access_index));

struct bpf_iter_vcm {
	__u64 __opaque[1];
} __attribute__((aligned(8)));

extern int bpf_iter_vcm_new(struct bpf_iter_vcm *it) __ksym;
extern struct vcm_iter_rec *bpf_iter_vcm_next(struct bpf_iter_vcm *it) __ksym;
extern void bpf_iter_vcm_destroy(struct bpf_iter_vcm *it) __ksym;

static __always_inline bool vcm_iter_store(const struct vcm_iter_rec *rec)
{
	__u32 at = vcm_iter_records;
	struct vcm_iter_slot *slot = bpf_map_lookup_elem(&vcm_iter_slots, &at);

	if (!slot)
		return false;
	slot->type = rec->type;
	slot->len = rec->len;
	return !bpf_probe_read_kernel(slot->data, sizeof(slot->data), rec->data);
}

SEC("syscall")
int vcm_iter_run(void *ctx)
{
	struct vcm_iter_rec *rec;
	struct bpf_iter_vcm it;
	int err;

	vcm_iter_records = 0;
	vcm_iter_dropped = 0;
	err = bpf_iter_vcm_new(&it);
	while ((rec = bpf_iter_vcm_next(&it))) {
		if (vcm_iter_store(rec))
			vcm_iter_records++;
		else
			vcm_iter_dropped++;
	}
	bpf_iter_vcm_destroy(&it);
	return err;
}
