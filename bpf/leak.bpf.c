// SPDX-License-Identifier: GPL-2.0-only
/*
 * leak.bpf.c - since when each holder has its references, and from where in the code.
 *
 * An entry for each object and holder, made by the first reference and removed by the last put.
 * Objects that end take their references with them without a word, so whoever reads the entries
 * compares them with a snapshot and removes those of what is gone.  Two rungs as in stream.bpf.c.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "vcm_bpf.h"
#include "vcm_events.h"

char LICENSE[] SEC("license") = "GPL";

__u64 vcm_leak_missed;	/* references that found no room */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);	/* unless set before loading */
	__type(key, struct vcm_leak_key);
	__type(value, struct vcm_leak);
} vcm_leaks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, VCM_LEAK_FRAMES * sizeof(__u64));
} vcm_leak_stacks SEC(".maps");

#define VCM_HEAD_INDEX(type, name, fmt, text) VCM_HEAD_##name,
enum { VCM_EVENT_HEAD(VCM_HEAD_INDEX) VCM_HEAD_FIELDS };

static __always_inline void vcm_leak_name(struct vcm_leak_key *key, __u64 *ctx, __u32 kind,
					  __u32 holder)
{
	__u64 vcm = ctx[VCM_HEAD_vcm], id = ctx[VCM_HEAD_id];

	/* read both: a choice between two places in the context is refused by the verifier */
	barrier_var(vcm);
	barrier_var(id);
	__builtin_memset(key, 0, sizeof(*key));
	key->kind = kind;
	key->holder = holder;
	key->vcm = kind == VCM_KIND_PHYS ? 0 : vcm;
	key->id = kind == VCM_KIND_CONTEXT ? vcm : id;
}

static __always_inline int vcm_leak_get(__u64 *ctx, __u32 kind, __u32 holder)
{
	__u64 who = bpf_get_current_pid_tgid();
	struct vcm_leak fresh = {}, *leak;
	struct vcm_leak_key key;

	vcm_leak_name(&key, ctx, kind, holder);
	leak = bpf_map_lookup_elem(&vcm_leaks, &key);
	if (leak) {
		__sync_fetch_and_add(&leak->count, 1);
		return 0;
	}
	fresh.ts_ns = bpf_ktime_get_ns();
	fresh.stack = bpf_get_stackid(ctx, &vcm_leak_stacks, 0);
	fresh.pid = who >> 32;
	fresh.tid = who;
	fresh.count = 1;
	bpf_get_current_comm(fresh.comm, sizeof(fresh.comm));
	if (bpf_map_update_elem(&vcm_leaks, &key, &fresh, BPF_ANY))
		__sync_fetch_and_add(&vcm_leak_missed, 1);
	return 0;
}

static __always_inline int vcm_leak_put(__u64 *ctx, __u32 kind, __u32 holder)
{
	struct vcm_leak_key key;
	struct vcm_leak *leak;

	vcm_leak_name(&key, ctx, kind, holder);
	leak = bpf_map_lookup_elem(&vcm_leaks, &key);
	if (!leak)
		return 0;
	/* the lock of the object is held, so nobody counts at the same time */
	if (leak->count > 1)
		leak->count--;
	else
		bpf_map_delete_elem(&vcm_leaks, &key);
	return 0;
}

#define VCM_LEAK_PROG(event, call)						\
SEC("tp_btf/vcm_" #event)							\
int vcm_leak_##event(__u64 *ctx)						\
{										\
	return call;								\
}										\
SEC("raw_tp/vcm_" #event)							\
int vcm_lraw_##event(__u64 *ctx)						\
{										\
	return call;								\
}

#define OWN(n) ctx[VCM_HEAD_FIELDS + (n)]	/* field of the event itself */

VCM_LEAK_PROG(create, vcm_leak_get(ctx, VCM_KIND_CONTEXT, OWN(5)))
VCM_LEAK_PROG(reserve, vcm_leak_get(ctx, VCM_KIND_RES, OWN(5)))
VCM_LEAK_PROG(phys_alloc, vcm_leak_get(ctx, VCM_KIND_PHYS, OWN(5)))
VCM_LEAK_PROG(ref, vcm_leak_get(ctx, OWN(0), OWN(1)))
VCM_LEAK_PROG(unref, vcm_leak_put(ctx, OWN(0), OWN(1)))
