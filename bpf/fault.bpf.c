// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault.bpf.c - DMA faults of Intel VT-d, read from the fault recording registers.
 *
 * Linux has no tracepoint for them and its log drops most.  dmar_fault() is the interrupt
 * handler; on entry no record is consumed, so all that the hardware kept are seen here.  The
 * registers are only read.  Layout: Intel VT-d specification, 11.4.9 and 11.4.14.
 *
 * What the hardware itself could not keep (it has a fixed number of records, and one per
 * requester until cleared) shows as vcm_fault_overflow; a record that found no room in the ring
 * as vcm_fault_dropped.
 *
 * The user turns the program off where the kernel has no dmar_fault.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "ring.bpf.h"
#include "vcm_bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define VTD_FSTS		0x34		/* fault status register */
#define VTD_FSTS_PFO		(1u << 0)	/* a fault was not recorded */
#define VTD_FSTS_PPF		(1u << 1)	/* a record is pending */
#define VTD_FSTS_FRI(fsts)	(((fsts) >> 8) & 0xff)
#define VTD_CAP_FRO(cap)	((((cap) >> 24) & 0x3ff) * 16)
#define VTD_CAP_NFR(cap)	((((cap) >> 40) & 0xff) + 1)
#define VTD_FRCD_BYTES		16
#define VTD_FRCD_VALID		(1ull << 63)
#define VTD_FRCD_READ		(1ull << 62)
#define VTD_FRCD_PASID(hi)	(((hi) >> 40) & 0xfffff)
#define VTD_FRCD_REASON(hi)	(((hi) >> 32) & 0xff)
#define VTD_FRCD_HAS_PASID	(1ull << 31)
#define VTD_FRCD_SOURCE(hi)	((hi) & 0xffff)
#define VTD_FRCD_PAGE		(~0xfffull)

__u64 vcm_fault_dropped;
__u64 vcm_fault_overflow;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, VCM_FAULT_RING_BYTES);
} vcm_faults SEC(".maps");

static __always_inline void vcm_fault_emit(__u64 lo, __u64 hi, __u16 segment)
{
	struct vcm_fault *fault = bpf_ringbuf_reserve(&vcm_faults, sizeof(*fault), 0);

	if (!fault) {
		__sync_fetch_and_add(&vcm_fault_dropped, 1);
		return;
	}
	__builtin_memset(fault, 0, sizeof(*fault));
	fault->ts_ns = bpf_ktime_get_ns();
	fault->iova = lo & VTD_FRCD_PAGE;
	fault->device = (__u32)segment << 16 | VTD_FRCD_SOURCE(hi);
	fault->reason = VTD_FRCD_REASON(hi);
	fault->access = hi & VTD_FRCD_READ ? VCM_FAULT_READ : VCM_FAULT_WRITE;
	fault->has_pasid = !!(hi & VTD_FRCD_HAS_PASID);
	fault->pasid = fault->has_pasid ? VTD_FRCD_PASID(hi) : 0;
	fault->source = VCM_FAULT_VTD;
	bpf_ringbuf_submit(fault, vcm_ring_wakeup(&vcm_faults, sizeof(*fault)));
}

/* Where a walk over the records stands. */
struct vcm_fault_walk {
	void *records;
	__u32 index;	/* the oldest record is not the first in the registers */
	__u32 nr;
	__u16 segment;
};

/* One record; a loop in place would be verified round by round. */
static long vcm_fault_record(__u32 round, struct vcm_fault_walk *walk)
{
	void *record = walk->records + walk->index * VTD_FRCD_BYTES;
	__u64 lo = 0, hi = 0;

	if (bpf_probe_read_kernel(&hi, sizeof(hi), record + 8) || !(hi & VTD_FRCD_VALID))
		return 1;
	bpf_probe_read_kernel(&lo, sizeof(lo), record);
	vcm_fault_emit(lo, hi, walk->segment);
	walk->index = walk->index + 1 >= walk->nr ? 0 : walk->index + 1;
	return 0;
}

SEC("fentry/dmar_fault")
int BPF_PROG(vcm_on_dmar_fault, int irq, void *dev_id)
{
	struct intel_iommu *iommu = dev_id;
	void *reg = BPF_CORE_READ(iommu, reg);
	__u64 cap = BPF_CORE_READ(iommu, cap);
	struct vcm_fault_walk walk = {};
	__u32 fsts = 0;

	if (bpf_probe_read_kernel(&fsts, sizeof(fsts), reg + VTD_FSTS))
		return 0;
	if (fsts & VTD_FSTS_PFO)
		__sync_fetch_and_add(&vcm_fault_overflow, 1);
	if (!(fsts & VTD_FSTS_PPF))
		return 0;
	walk.records = reg + VTD_CAP_FRO(cap);
	walk.index = VTD_FSTS_FRI(fsts);
	walk.nr = VTD_CAP_NFR(cap);
	walk.segment = BPF_CORE_READ(iommu, segment);
	bpf_loop(walk.nr, vcm_fault_record, &walk, 0);
	return 0;
}
