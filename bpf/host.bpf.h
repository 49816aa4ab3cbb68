/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host.bpf.h - maps of hostmap.bpf.c and hostwalk.bpf.c, one set for both objects, and how a
 * domain gets its number and slot.
 */
#ifndef VCM_HOST_BPF_MAPS_H
#define VCM_HOST_BPF_MAPS_H

#include "host_bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VCM_HOST_LIVE);
	__type(key, struct vcm_host_key);
	__type(value, struct vcm_host_live);
} vcm_host_live SEC(".maps");

/* The slot of the domain at an address. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VCM_HOST_SLOTS);
	__type(key, __u64);
	__type(value, __u32);
} vcm_host_domains SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VCM_HOST_SLOTS);
	__type(key, __u32);
	__type(value, struct vcm_host_slot);
} vcm_host_slots SEC(".maps");

/* Slots that nobody has; the user puts them there. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, VCM_HOST_SLOTS);
	__uint(value_size, sizeof(__u32));
} vcm_host_free SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} vcm_host_number SEC(".maps");	/* the last that was given */

/* A slot for the domain at @ptr, which has none; NULL when there is none. */
static __noinline struct vcm_host_slot *vcm_host_slot_new(__u64 ptr)
{
	__u32 zero = 0, at, *number = bpf_map_lookup_elem(&vcm_host_number, &zero);
	struct vcm_host_slot *slot;
	__u32 *there;

	if (!number || bpf_map_pop_elem(&vcm_host_free, &at))
		return NULL;
	slot = bpf_map_lookup_elem(&vcm_host_slots, &at);
	if (!slot)
		return NULL;
	slot->born_ns = bpf_ktime_get_ns();
	slot->freed_ns = 0;
	slot->walked_ns = 0;
	slot->odd = 0;
	slot->domain = __sync_fetch_and_add(number, 1) + 1;
	slot->index = at;
	slot->ptr = ptr;
	if (!bpf_map_update_elem(&vcm_host_domains, &ptr, &at, BPF_NOEXIST))
		return slot;
	/* another CPU met it at the same moment */
	slot->ptr = 0;
	bpf_map_push_elem(&vcm_host_free, &at, BPF_ANY);
	there = bpf_map_lookup_elem(&vcm_host_domains, &ptr);
	return there ? bpf_map_lookup_elem(&vcm_host_slots, there) : NULL;
}

static __always_inline struct vcm_host_slot *vcm_host_slot_of(__u64 ptr)
{
	__u32 *at = bpf_map_lookup_elem(&vcm_host_domains, &ptr);

	return at ? bpf_map_lookup_elem(&vcm_host_slots, at) : vcm_host_slot_new(ptr);
}

#endif
