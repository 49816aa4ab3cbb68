// SPDX-License-Identifier: GPL-2.0-only
/*
 * hist.bpf.c - how long the operations of the module take, counted where it happens.
 *
 * A pair of programs an operation, all written by VCM_TIMED: one at its begin, one at its return.
 * On the first rung by fentry and fexit, which need the BTF of the module; on the second by kprobe
 * and kretprobe.  The user loads those of one rung.  An operation that calls another is timed as
 * a whole, and the other by itself too.
 *
 * Nothing goes to user space but the counts: buckets of vcm_hist_bucket(), for each CPU.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "vcm_bpf.h"

char LICENSE[] SEC("license") = "GPL";

__u64 vcm_hist_missed;	/* begins that found no room, or returns without a begin */

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
	__uint(max_entries, VCM_TIMED_END * VCM_HIST_BUCKETS);
	__type(key, __u32);
	__type(value, __u64);
} vcm_hist_buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VCM_TIMED_END);
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

static __always_inline int vcm_hist_end(__u32 op)
{
	struct vcm_hist_key key = { bpf_get_current_pid_tgid(), op };
	__u64 now = bpf_ktime_get_ns(), ns, *begun, *bucket;
	struct vcm_hist_sum *sum;
	__u32 at;

	begun = bpf_map_lookup_elem(&vcm_hist_begun, &key);
	if (!begun) {	/* it was under way when the programs came */
		__sync_fetch_and_add(&vcm_hist_missed, 1);
		return 0;
	}
	ns = now - *begun;
	bpf_map_delete_elem(&vcm_hist_begun, &key);
	at = op * VCM_HIST_BUCKETS + vcm_hist_bucket(ns);
	bucket = bpf_map_lookup_elem(&vcm_hist_buckets, &at);
	sum = bpf_map_lookup_elem(&vcm_hist_sums, &op);
	if (!bucket || !sum)
		return 0;
	__sync_fetch_and_add(bucket, 1);
	__sync_fetch_and_add(&sum->ns, ns);
	if (ns > sum->max)
		sum->max = ns;
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
