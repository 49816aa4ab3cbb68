// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostmap.bpf.c - every mapping of every IOMMU domain, as the kernel makes and removes it.
 *
 * All ways to a page table go through four functions of the IOMMU core, and the caller owns the
 * range from before it maps to after it unmaps.  So an entry is made when the call to map returns
 * and removed when the call to unmap returns, and two calls for one address never meet.
 *
 * Two rungs: fexit with fentry, and where there are no trampolines kretprobe with kprobe.  The
 * user loads those of one.
 *
 * What is unmapped need not be what was mapped.  The programs take apart what begins in the range;
 * what they cannot explain they count in @odd of the domain, and the user reads its tables again.
 * Nothing that found no room goes uncounted: see struct vcm_host_losses.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "host.bpf.h"
#include "vcm_bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define VCM_HOST_ROUNDS (1u << 20)	/* pages of a range that are looked at one by one */

const volatile bool vcm_host_stacks = true;	/* take them */

struct vcm_host_losses vcm_host_losses;

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, VCM_HOST_STACKS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, VCM_HOST_FRAMES * sizeof(__u64));
} vcm_host_stack SEC(".maps");

/* The oldest go first. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, VCM_HOST_GONE);
	__type(key, struct vcm_host_key);
	__type(value, struct vcm_host_gone);
} vcm_host_gone SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VCM_HOST_SLOTS);
	__type(key, __u32);
	__type(value, struct vcm_host_count);
} vcm_host_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VCM_HOST_SLOTS * VCM_HOST_OPS);
	__type(key, __u32);
	__type(value, struct vcm_host_times);
} vcm_host_buckets SEC(".maps");

/* A call that is under way. */
struct vcm_host_call {
	__u64 ns;
	__u64 domain;
	__u64 iova;
	__u64 len;
	__u32 prot;
	__u32 rsvd;
};

/*
 * Named by a place on the stack of the call, which no other call has: a thread does not do, because
 * an interrupt may map while the thread does.  It is where the context lies, and on the second
 * rung, where entry and return have contexts of their own, where the stack stands.
 */
struct vcm_host_call_key {
	__u64 at;
	__u64 op;
};

#ifdef __TARGET_ARCH_x86
#define VCM_HOST_RETURN 8	/* bytes that the call has pushed, and the return has not */
#else
#define VCM_HOST_RETURN 0
#endif

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vcm_host_call_key);
	__type(value, struct vcm_host_call);
} vcm_host_calls SEC(".maps");

static __always_inline int vcm_host_begin(__u64 at, __u64 op, const struct vcm_host_call *args)
{
	struct vcm_host_call_key key = { at, op };

	if (bpf_map_update_elem(&vcm_host_calls, &key, args, BPF_ANY))
		__sync_fetch_and_add(&vcm_host_losses.begun, 1);
	return 0;
}

/* Into @call what vcm_host_begin() wrote; without it the time is that of the return. */
static __always_inline bool vcm_host_end(__u64 at, __u64 op, struct vcm_host_call *call)
{
	struct vcm_host_call_key key = { at, op };
	struct vcm_host_call *begun = bpf_map_lookup_elem(&vcm_host_calls, &key);

	if (!begun) {
		__sync_fetch_and_add(&vcm_host_losses.begun, 1);
		call->ns = 0;
		return false;
	}
	*call = *begun;
	bpf_map_delete_elem(&vcm_host_calls, &key);
	return true;
}

static __always_inline void vcm_host_time(const struct vcm_host_slot *slot, enum vcm_host_op op,
					  __u64 ns)
{
	__u32 at = slot->index * VCM_HOST_OPS + op, bucket = vcm_hist_bucket(ns);
	struct vcm_host_times *times = bpf_map_lookup_elem(&vcm_host_buckets, &at);

	if (times && bucket < VCM_HIST_BUCKETS)
		__sync_fetch_and_add(&times->bucket[bucket], 1);
}

static __always_inline void vcm_host_who(void *ctx, struct vcm_host_who *who, __u64 ns)
{
	who->ts_ns = ns ? ns : bpf_ktime_get_ns();
	who->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(who->comm, sizeof(who->comm));
	who->stack = -1;
	if (!vcm_host_stacks)
		return;
	who->stack = bpf_get_stackid(ctx, &vcm_host_stack, 0);
	if (who->stack < 0)
		__sync_fetch_and_add(&vcm_host_losses.stacks, 1);
}

static __always_inline struct vcm_host_count *vcm_host_count_of(const struct vcm_host_slot *slot)
{
	__u32 at = slot->index;

	return bpf_map_lookup_elem(&vcm_host_counts, &at);
}

static __always_inline int vcm_host_mapped(void *ctx, const struct vcm_host_call *call, __s64 done)
{
	struct vcm_host_slot *slot = vcm_host_slot_of(call->domain);
	struct vcm_host_key key = { .iova = call->iova };
	struct vcm_host_count *count;
	struct vcm_host_live live = {};

	if (!slot) {
		__sync_fetch_and_add(&vcm_host_losses.domains, 1);
		return 0;
	}
	if (call->ns)
		vcm_host_time(slot, VCM_HOST_MAP, bpf_ktime_get_ns() - call->ns);
	count = vcm_host_count_of(slot);
	if (!count)
		return 0;
	if (done <= 0) {
		__sync_fetch_and_add(&count->failed, 1);
		return 0;
	}
	__sync_fetch_and_add(&count->maps, 1);
	__sync_fetch_and_add(&count->map_bytes, done);
	key.domain = slot->domain;
	live.len = done;
	live.prot = call->prot;
	vcm_host_who(ctx, &live.made, call->ns);
	if (!bpf_map_update_elem(&vcm_host_live, &key, &live, BPF_ANY))
		return 0;
	__sync_fetch_and_add(&count->lost, 1);
	__sync_fetch_and_add(&vcm_host_losses.live, 1);
	__sync_fetch_and_add(&slot->odd, 1);
	return 0;
}

/*
 * An unmapping on its way through its range.  Offsets are made of the number of the round and not
 * counted down: the verifier would follow every value of a counter.
 */
struct vcm_host_undo {
	__u64 iova;
	__u64 len;
	__u64 next;	/* nothing begins before this offset */
	__u64 covered;	/* up to this offset there were entries, */
	__u64 found;	/* and so many bytes of what was looked at had one */
	__u64 walked_ns;	/* as in the slot */
	__u32 domain;
	__u32 first;	/* @made is set */
	struct vcm_host_who made;
};

/*
 * Take away what begins at offset @off, but what lies behind the range; how much that was.
 * *@alone: no leaf can have an entry of its own within.
 */
static __always_inline __u64 vcm_host_take(struct vcm_host_undo *u, struct vcm_host_key *key,
					   struct vcm_host_live *live, __u64 left, bool *alone)
{
	struct vcm_host_live copy = *live;
	struct vcm_host_key rest = *key;
	__u64 len = copy.len;

	*alone = copy.walked || copy.made.ts_ns > u->walked_ns;
	if (!u->first)
		u->made = copy.made;
	u->first = 1;
	bpf_map_delete_elem(&vcm_host_live, key);
	if (len <= left)
		return len;
	copy.len -= left;
	rest.iova += left;
	if (bpf_map_update_elem(&vcm_host_live, &rest, &copy, BPF_ANY))
		__sync_fetch_and_add(&vcm_host_losses.live, 1);
	return left;
}

/* One page; a loop in place would be verified round by round. */
static long vcm_host_undo_round(__u32 round, struct vcm_host_undo *u)
{
	__u64 off = (__u64)round * VCM_HOST_PAGE, step = VCM_HOST_PAGE, taken;
	struct vcm_host_key key = { .iova = u->iova + off, .domain = u->domain };
	struct vcm_host_live *live;
	bool alone;

	if (off >= u->len)
		return 1;
	if (off < u->next)
		return 0;
	live = bpf_map_lookup_elem(&vcm_host_live, &key);
	if (live) {
		taken = vcm_host_take(u, &key, live, u->len - off, &alone);
		if (off + taken > u->covered)
			u->covered = off + taken;
		if (alone)
			step = taken;
	}
	if (u->covered > off)
		u->found += u->covered - off < step ? u->covered - off : step;
	u->next = off + step;
	return 0;
}

/* Remove the entries of a range of @len bytes; what is known of it into @gone. */
static __always_inline void vcm_host_undo_range(struct vcm_host_slot *slot, __u64 iova, __u64 len,
						struct vcm_host_gone *gone)
{
	struct vcm_host_undo undo = { .iova = iova, .len = len };

	undo.domain = slot->domain;
	undo.walked_ns = slot->walked_ns;
	undo.made.stack = -1;
	vcm_host_undo_round(0, &undo);
	if (undo.next < len)
		bpf_loop(VCM_HOST_ROUNDS, vcm_host_undo_round, &undo, 0);
	gone->made = undo.made;
	if (undo.found < len)
		__sync_fetch_and_add(&slot->odd, 1);
}

static __always_inline int vcm_host_unmapped(void *ctx, const struct vcm_host_call *call,
					     __u64 done)
{
	struct vcm_host_slot *slot = vcm_host_slot_of(call->domain);
	struct vcm_host_key key = { .iova = call->iova };
	struct vcm_host_count *count;
	struct vcm_host_gone gone = {};

	if (!slot) {
		__sync_fetch_and_add(&vcm_host_losses.domains, 1);
		return 0;
	}
	if (call->ns)
		vcm_host_time(slot, VCM_HOST_UNMAP, bpf_ktime_get_ns() - call->ns);
	count = vcm_host_count_of(slot);
	if (!count || !done)
		return 0;
	if (done > call->len) {	/* some drivers take more away than they are asked to */
		__sync_fetch_and_add(&slot->odd, 1);
		done = call->len;
	}
	__sync_fetch_and_add(&count->unmaps, 1);
	__sync_fetch_and_add(&count->unmap_bytes, done);
	vcm_host_undo_range(slot, call->iova, done, &gone);
	key.domain = slot->domain;
	gone.len = done;
	vcm_host_who(ctx, &gone.undone, call->ns);
	if (bpf_map_update_elem(&vcm_host_gone, &key, &gone, BPF_ANY))
		__sync_fetch_and_add(&vcm_host_losses.gone, 1);
	return 0;
}

#define VCM_HOST_ARGS(domain, iova, len, prot)					\
	{ bpf_ktime_get_ns(), (__u64)(domain), iova, len, prot, 0 }

/* First rung: the arguments are there at the return too. */

#define VCM_HOST_IN(name, func, op)						\
SEC("fentry/" #func)								\
int vcm_in_##name(void *ctx)							\
{										\
	struct vcm_host_call call = VCM_HOST_ARGS(0, 0, 0, 0);			\
										\
	return vcm_host_begin((__u64)ctx, op, &call);				\
}

VCM_HOST_IN(map, iommu_map, VCM_HOST_MAP)
VCM_HOST_IN(map_sg, iommu_map_sg, VCM_HOST_MAP)
VCM_HOST_IN(unmap, iommu_unmap, VCM_HOST_UNMAP)
VCM_HOST_IN(unmap_f, iommu_unmap_fast, VCM_HOST_UNMAP)

static __always_inline int vcm_host_map_out(void *ctx, struct vcm_host_call *call, __s64 done)
{
	struct vcm_host_call begun;

	call->ns = 0;
	if (vcm_host_end((__u64)ctx, VCM_HOST_MAP, &begun))
		call->ns = begun.ns;
	return vcm_host_mapped(ctx, call, done);
}

static __always_inline int vcm_host_unmap_out(void *ctx, struct vcm_host_call *call, __u64 done)
{
	struct vcm_host_call begun;

	call->ns = 0;
	if (vcm_host_end((__u64)ctx, VCM_HOST_UNMAP, &begun))
		call->ns = begun.ns;
	return vcm_host_unmapped(ctx, call, done);
}

/* Behind the arguments, in their order, is what the function returns. */

SEC("fexit/iommu_map")
int vcm_out_map(__u64 *ctx)	/* domain, iova, pa, len, prot, gfp */
{
	struct vcm_host_call call = VCM_HOST_ARGS(ctx[0], ctx[1], ctx[3], ctx[4]);

	return vcm_host_map_out(ctx, &call, (int)ctx[6] ? 0 : ctx[3]);
}

SEC("fexit/iommu_map_sg")
int vcm_out_map_sg(__u64 *ctx)	/* domain, iova, sg, nents, prot, gfp */
{
	struct vcm_host_call call = VCM_HOST_ARGS(ctx[0], ctx[1], 0, ctx[4]);

	return vcm_host_map_out(ctx, &call, ctx[6]);
}

SEC("fexit/iommu_unmap")
int vcm_out_unmap(__u64 *ctx)	/* domain, iova, len */
{
	struct vcm_host_call call = VCM_HOST_ARGS(ctx[0], ctx[1], ctx[2], 0);

	return vcm_host_unmap_out(ctx, &call, ctx[3]);
}

SEC("fexit/iommu_unmap_fast")
int vcm_out_unmap_f(__u64 *ctx)	/* domain, iova, len, gather */
{
	struct vcm_host_call call = VCM_HOST_ARGS(ctx[0], ctx[1], ctx[2], 0);

	return vcm_host_unmap_out(ctx, &call, ctx[4]);
}

/* Second rung: the entry keeps the arguments for the return. */

#define VCM_HOST_KIN(name, func, op, len, prot)					\
SEC("kprobe/" #func)								\
int vcm_kin_##name(struct pt_regs *ctx)						\
{										\
	struct vcm_host_call call = VCM_HOST_ARGS(PT_REGS_PARM1(ctx),		\
						  PT_REGS_PARM2(ctx), len, prot); \
										\
	return vcm_host_begin(PT_REGS_SP(ctx) + VCM_HOST_RETURN, op, &call);		\
}

VCM_HOST_KIN(map, iommu_map, VCM_HOST_MAP, PT_REGS_PARM4(ctx), PT_REGS_PARM5(ctx))
VCM_HOST_KIN(map_sg, iommu_map_sg, VCM_HOST_MAP, 0, PT_REGS_PARM5(ctx))
VCM_HOST_KIN(unmap, iommu_unmap, VCM_HOST_UNMAP, PT_REGS_PARM3(ctx), 0)
VCM_HOST_KIN(unmap_f, iommu_unmap_fast, VCM_HOST_UNMAP, PT_REGS_PARM3(ctx), 0)

/* Nothing is known of a call that began before: its domain has to be looked at again. */
#define VCM_HOST_KOUT(name, func, op, handle, done)				\
SEC("kretprobe/" #func)								\
int vcm_kout_##name(struct pt_regs *ctx)					\
{										\
	__u64 ret = PT_REGS_RC(ctx);						\
	struct vcm_host_call call;						\
										\
	if (!vcm_host_end(PT_REGS_SP(ctx), op, &call))		\
		return 0;							\
	return handle(ctx, &call, done);					\
}

VCM_HOST_KOUT(map, iommu_map, VCM_HOST_MAP, vcm_host_mapped, (int)ret ? 0 : call.len)
VCM_HOST_KOUT(map_sg, iommu_map_sg, VCM_HOST_MAP, vcm_host_mapped, (__s64)ret)
VCM_HOST_KOUT(unmap, iommu_unmap, VCM_HOST_UNMAP, vcm_host_unmapped, ret)
VCM_HOST_KOUT(unmap_f, iommu_unmap_fast, VCM_HOST_UNMAP, vcm_host_unmapped, ret)

/* A domain goes: the next one at this address is another. */
static __always_inline int vcm_host_freed(__u64 ptr)
{
	__u32 *at = bpf_map_lookup_elem(&vcm_host_domains, &ptr);
	struct vcm_host_slot *slot;

	if (!at)
		return 0;
	slot = bpf_map_lookup_elem(&vcm_host_slots, at);
	if (slot)
		slot->freed_ns = bpf_ktime_get_ns();
	bpf_map_delete_elem(&vcm_host_domains, &ptr);
	return 0;
}

SEC("fentry/iommu_domain_free")
int BPF_PROG(vcm_in_free, struct iommu_domain *domain)
{
	return vcm_host_freed((__u64)domain);
}

SEC("kprobe/iommu_domain_free")
int vcm_kin_free(struct pt_regs *ctx)
{
	return vcm_host_freed(PT_REGS_PARM1(ctx));
}
