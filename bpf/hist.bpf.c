// SPDX-License-Identifier: GPL-2.0-only
/*
 * hist.bpf.c - how long the operations of the module take, counted where it happens.
 *
 * A pair of programs an operation, all written by VCM_TIMED: one at its begin, one at its return.
 * On the first rung by fentry and fexit, which need the BTF of the module; on the second by kprobe
 * and kretprobe.  The user loads those of one rung.  An operation that calls another is timed as
 * a whole, and the other by itself too.
 *
 * Nothing goes to user space but the counts: buckets of vcm_hist_bucket(), for each CPU.  There are
 * two sets of them, so that the reader turns the programs to one and reads the other at rest.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "vcm_bpf.h"

char LICENSE[] SEC("license") = "GPL";

__u64 vcm_hist_missed;	/* begins that found no room, or returns without a begin */
__u32 vcm_hist_set;	/* where calls are counted: 0 or 1 */

struct vcm_hist_key {
	__u64 thread;
	__u64 op;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vcm_hist_key);
	__type(value, __u64);
} vcm_hist_begun SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2 * VCM_TIMED_END * VCM_HIST_BUCKETS);
	__type(key, __u32);
	__type(value, __u64);
} vcm_hist_buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2 * VCM_TIMED_END);
	__type(key, __u32);
	__type(value, struct vcm_hist_sum);
} vcm_hist_sums SEC(".maps");

static __always_inline int vcm_hist_begin(__u32 op)
{
	struct vcm_hist_key key = { bpf_get_current_pid_tgid(), op };
	__u64 now = bpf_ktime_get_ns();

	if (bpf_map_update_elem(&vcm_hist_begun, &key, &now, BPF_ANY))
		__sync_fetch_and_add(&vcm_hist_missed, 1);
	return 0;
}

/* Another thread may get this CPU between any two instructions. */
static __always_inline void vcm_hist_max(__u64 *max, __u64 ns)
{
	for (int i = 0; i < 8; i++) {
		__u64 was = *(volatile __u64 *)max;

		if (ns <= was || __sync_val_compare_and_swap(max, was, ns) == was)
			return;
	}
}

/* The call counts last: with as many in the buckets nothing of it is missing. */
static __always_inline void vcm_hist_count(__u32 op, __u64 ns)
{
	__u32 row = (*(volatile __u32 *)&vcm_hist_set & 1) * VCM_TIMED_END + op;
	__u32 at = row * VCM_HIST_BUCKETS + vcm_hist_bucket(ns);
	__u64 *bucket = bpf_map_lookup_elem(&vcm_hist_buckets, &at);
	struct vcm_hist_sum *sum = bpf_map_lookup_elem(&vcm_hist_sums, &row);

	if (!bucket || !sum)
		return;
	__sync_fetch_and_add(bucket, 1);
	__sync_fetch_and_add(&sum->ns, ns);
	vcm_hist_max(&sum->max, ns);
	__sync_fetch_and_add(&sum->calls, 1);
}

static __always_inline int vcm_hist_end(__u32 op)
{
	struct vcm_hist_key key = { bpf_get_current_pid_tgid(), op };
	__u64 now = bpf_ktime_get_ns(), *begun;

	begun = bpf_map_lookup_elem(&vcm_hist_begun, &key);
	if (!begun) {	/* it was under way when the programs came */
		__sync_fetch_and_add(&vcm_hist_missed, 1);
		return 0;
	}
	vcm_hist_count(op, now - *begun);
	bpf_map_delete_elem(&vcm_hist_begun, &key);
	return 0;
}

#define VCM_HIST_PROGS(name, func)						\
SEC("fentry/" #func)								\
int vcm_in_##name(void *ctx)							\
{										\
	return vcm_hist_begin(VCM_TIMED_##name);				\
}										\
SEC("fexit/" #func)								\
int vcm_out_##name(void *ctx)							\
{										\
	return vcm_hist_end(VCM_TIMED_##name);					\
}										\
SEC("kprobe/" #func)								\
int vcm_kin_##name(void *ctx)							\
{										\
	return vcm_hist_begin(VCM_TIMED_##name);				\
}										\
SEC("kretprobe/" #func)								\
int vcm_kout_##name(void *ctx)							\
{										\
	return vcm_hist_end(VCM_TIMED_##name);					\
}

VCM_TIMED(VCM_HIST_PROGS)
