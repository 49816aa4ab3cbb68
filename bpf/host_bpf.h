/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host_bpf.h - what the programs that follow every IOMMU domain share with their user.
 *
 * A domain gets a number when it is first met.  A kernel address can be that of another domain
 * later, a number cannot: so what is keyed by it is never taken for another domain's.  Beside it
 * a domain has a slot, which is used again once its user has taken note that the domain is gone.
 *
 * Plain types only: the file is compiled for BPF (types from vmlinux.h) and for user space.
 */
#ifndef VCM_HOST_BPF_H
#define VCM_HOST_BPF_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#include "vcm_bpf.h"

#define VCM_HOST_FRAMES		24
#define VCM_HOST_COMM		16
#define VCM_HOST_NAME		32
#define VCM_HOST_PAGE		4096	/* no IOMMU maps less */

#define VCM_HOST_LIVE		262144	/* live mappings that can be followed, unless set */
#define VCM_HOST_GONE		16384	/* unmapped ranges that are remembered, unless set */
#define VCM_HOST_STACKS		16384
#define VCM_HOST_SLOTS		64	/* domains at one time, unless set */

/* Operations that are timed. */
enum vcm_host_op { VCM_HOST_MAP, VCM_HOST_UNMAP, VCM_HOST_OPS };

/* One mapping begins at one address of one domain. */
struct vcm_host_key {
	__u64 iova;
	__u32 domain;	/* number */
	__u32 rsvd;
};

/**
 * struct vcm_host_who - when something was done, and by whom
 * @ts_ns: CLOCK_MONOTONIC when the call began, 0 for before anybody looked
 * @stack: key in the map of stacks, negative for none
 * @pid:   process that was running; in an interrupt it has nothing to do with it
 */
struct vcm_host_who {
	__u64 ts_ns;
	__s32 stack;
	__u32 pid;
	char comm[VCM_HOST_COMM];
};

/**
 * struct vcm_host_live - a mapping that is there
 * @len:    bytes
 * @prot:   IOMMU_READ and friends, as the kernel has them
 * @walked: found in a page table and not seen being made: a leaf, @made says nothing
 */
struct vcm_host_live {
	__u64 len;
	__u32 prot;
	__u32 walked;
	struct vcm_host_who made;
};

/* A range that was unmapped, and what its first mapping was. */
struct vcm_host_gone {
	__u64 len;
	struct vcm_host_who made;
	struct vcm_host_who undone;
};

/**
 * struct vcm_host_slot - a domain that is followed
 * @ptr:       address of its struct iommu_domain, 0 for a slot that nobody has
 * @born_ns:   when it was met
 * @freed_ns:  when it was freed, 0 before; then its user gives the slot back
 * @walked_ns: end of the last walk through its tables, the greatest number during a walk, 0
 *             before; a mapping that began before it may have leaves beside its own entry
 * @odd:       calls that what is known does not explain; the tables have to be read again
 * @domain:    number
 * @index:     of the slot
 */
struct vcm_host_slot {
	__u64 ptr;
	__u64 born_ns;
	__u64 freed_ns;
	__u64 walked_ns;
	__u64 odd;
	__u32 domain;
	__u32 index;
};

/* For each CPU. */
struct vcm_host_count {
	__u64 maps;
	__u64 unmaps;
	__u64 map_bytes;
	__u64 unmap_bytes;
	__u64 failed;	/* maps that the kernel refused */
	__u64 lost;	/* mappings that found no room */
};

/* Times of one operation of one domain, by vcm_hist_bucket(); for each CPU. */
struct vcm_host_times {
	__u64 bucket[VCM_HIST_BUCKETS];
};

/* What the programs could not keep. */
struct vcm_host_losses {
	__u64 live;	/* mappings without room */
	__u64 stacks;	/* mappings and unmappings without a stack */
	__u64 domains;	/* calls for a domain without a slot */
	__u64 begun;	/* calls whose begin found no room, or began before */
	__u64 gone;	/* unmapped ranges that could not be remembered */
};

/* Formats of page tables that can be walked. */
enum vcm_host_format {
	VCM_HOST_NO_TABLE,	/* none, or not known: its mappings of before stay unknown */
	VCM_HOST_VTD_SECOND,
	VCM_HOST_X86,		/* VT-d first stage, AMD v2 */
	VCM_HOST_AMD_V1,
	VCM_HOST_VIRTIO,	/* an interval tree in the driver */
};

/* A device and the domains of its group. */
struct vcm_host_device {
	__u64 domain;		/* what translates for it, address */
	__u64 default_domain;
	__u64 dma_mask;
	__u32 group;
	__u32 rsvd;
	char name[VCM_HOST_NAME];
	char driver[VCM_HOST_NAME];
	char iommu[VCM_HOST_NAME];
};

struct vcm_host_domain {
	__u64 ptr;
	__u64 pgsizes;
	__u64 start;
	__u64 last;
	__u32 type;	/* IOMMU_DOMAIN_*, as the kernel has them */
	__u32 format;	/* enum vcm_host_format */
};

/* A run of a page table, for whoever compares. */
struct vcm_host_run {
	__u64 iova;
	__u64 len;
};

/*
 * Addresses of symbols of the kernel, 0 for what it has not.  As externs they would make libbpf
 * read all the symbols there are, which takes longer than all else before the first report.
 */
struct vcm_host_symbols {
	__u64 iommu_group_kset;
	__u64 page_offset_base;
	__u64 sme_me_mask;
	__u64 intel_iommu_ops;
	__u64 amd_iommu_ops;
	__u64 amd_iommu_gpt_level;
	__u64 viommu_ops;
};

#define VCM_HOST_LEVELS 8	/* room; six are in use at most */

/**
 * struct vcm_host_walk - where a walk stands
 * @table:  address of the table of each level, 1 the last
 * @base:   first address that the table translates
 * @index:  next entry of it
 * @level:  where the walk is
 * @top:    level of the root
 * @format: enum vcm_host_format
 * @slot:   of the domain
 * @number: of the domain
 * @dump:   runs are written down and nothing is added to what is known
 * @done:   the whole table was seen
 * @covered: what is below this address belongs to a mapping that is known
 * @leaves: seen
 * @added:  of them, put among the live mappings
 * @lost:   without room
 * @faults: entries that could not be read
 * @runs:   written down
 */
struct vcm_host_walk {
	__u64 table[VCM_HOST_LEVELS];
	__u64 base[VCM_HOST_LEVELS];
	__u32 index[VCM_HOST_LEVELS];
	__u32 level;
	__u32 top;
	__u32 format;
	__u32 slot;
	__u32 number;
	__u32 dump;
	__u32 done;
	__u32 rsvd;
	__u64 covered;
	__u64 leaves;
	__u64 added;
	__u64 lost;
	__u64 faults;
	__u64 runs;
};

#endif
