// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault.bpf.c - DMA faults, from wherever the IOMMU of the machine tells of them.
 *
 * One source a section below, of which the user loads the programs of one rung each, for the
 * IOMMUs that the machine has:
 *
 *   vtd     entry of dmar_fault(), the interrupt handler: no record is consumed yet, so all that
 *           the hardware kept are seen.  The registers are only read.
 *   amd     entry of iommu_poll_events(): the event log before it is consumed.
 *   virtio  return of virtqueue_get_buf(), of the event queue of virtio-iommu only.
 *   report  report_iommu_fault(), which drivers of most other IOMMUs call, and the simulated ones.
 *
 * None of them tells a fault that another tells:
 *   - Linux calls report_iommu_fault() for what the AMD log has, unless it cannot: then, and only
 *     then, amd tells it.  The condition is that of amd_iommu_report_page_fault().  Neither VT-d
 *     nor virtio-iommu calls it.
 *   - report_iommu_fault() calls the handler of the domain.  That of VCM makes the event
 *     vcm_fault of it, so for such a domain report is silent and counts vcm_fault_own.  The
 *     module makes none when the context is gone by then.
 *
 * What the hardware itself could not keep shows as vcm_fault_overflow; a fault that found no room
 * in the ring, or was gone before it could be read, as vcm_fault_dropped.  virtio-iommu does not
 * tell that it dropped one.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "iommu_x86.bpf.h"
#include "ring.bpf.h"
#include "vcm_bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Whether programs of source report run, which then tell what the AMD driver reports. */
const volatile bool vcm_fault_reports;
/* The handler of domains whose faults become events of VCM; 0: report those too. */
__u64 vcm_fault_handler;

/* By enum vcm_fault_source. */
__u64 vcm_fault_dropped[VCM_FAULT_SOURCES];
__u64 vcm_fault_overflow[VCM_FAULT_SOURCES];
__u64 vcm_fault_own;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, VCM_FAULT_RING_BYTES);	/* unless set before loading */
} vcm_faults SEC(".maps");

static __always_inline struct vcm_fault *vcm_fault_begin(__u8 source, __u32 device, __u64 iova)
{
	struct vcm_fault *fault = bpf_ringbuf_reserve(&vcm_faults, sizeof(*fault), 0);

	if (!fault) {
		__sync_fetch_and_add(&vcm_fault_dropped[source], 1);
		return NULL;
	}
	__builtin_memset(fault, 0, sizeof(*fault));
	fault->ts_ns = bpf_ktime_get_ns();
	fault->source = source;
	fault->device = device;
	fault->iova = iova;
	return fault;
}

static __always_inline void vcm_fault_end(struct vcm_fault *fault)
{
	bpf_ringbuf_submit(fault, vcm_ring_wakeup(&vcm_faults, sizeof(*fault)));
}

/*
 * Intel VT-d: Intel VT-d specification, 11.4.9 and 11.4.14.
 */
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

static __always_inline void vcm_vtd_emit(__u64 lo, __u64 hi, __u16 segment)
{
	struct vcm_fault *fault = vcm_fault_begin(VCM_FAULT_VTD,
						  (__u32)segment << 16 | VTD_FRCD_SOURCE(hi),
						  lo & VTD_FRCD_PAGE);

	if (!fault)
		return;
	fault->reason = VTD_FRCD_REASON(hi);
	fault->access = hi & VTD_FRCD_READ ? VCM_FAULT_READ : VCM_FAULT_WRITE;
	fault->has_pasid = !!(hi & VTD_FRCD_HAS_PASID);
	fault->pasid = fault->has_pasid ? VTD_FRCD_PASID(hi) : 0;
	vcm_fault_end(fault);
}

/* Where a walk over the records stands. */
struct vcm_vtd_walk {
	void *records;
	__u32 index;	/* the oldest record is not the first in the registers */
	__u32 nr;
	__u16 segment;
};

/* One record; a loop in place would be verified round by round. */
static long vcm_vtd_record(__u32 round, struct vcm_vtd_walk *walk)
{
	void *record = walk->records + walk->index * VTD_FRCD_BYTES;
	__u64 lo = 0, hi = 0;

	if (bpf_probe_read_kernel(&hi, sizeof(hi), record + 8) || !(hi & VTD_FRCD_VALID))
		return 1;
	bpf_probe_read_kernel(&lo, sizeof(lo), record);
	vcm_vtd_emit(lo, hi, walk->segment);
	walk->index = walk->index + 1 >= walk->nr ? 0 : walk->index + 1;
	return 0;
}

static __always_inline int vcm_vtd_read(struct intel_iommu *iommu)
{
	void *reg = BPF_CORE_READ(iommu, reg);
	__u64 cap = BPF_CORE_READ(iommu, cap);
	struct vcm_vtd_walk walk = {};
	__u32 fsts = 0;

	if (bpf_probe_read_kernel(&fsts, sizeof(fsts), reg + VTD_FSTS))
		return 0;
	if (fsts & VTD_FSTS_PFO)
		__sync_fetch_and_add(&vcm_fault_overflow[VCM_FAULT_VTD], 1);
	if (!(fsts & VTD_FSTS_PPF))
		return 0;
	walk.records = reg + VTD_CAP_FRO(cap);
	walk.index = VTD_FSTS_FRI(fsts);
	walk.nr = VTD_CAP_NFR(cap);
	walk.segment = BPF_CORE_READ(iommu, segment);
	bpf_loop(walk.nr, vcm_vtd_record, &walk, 0);
	return 0;
}

SEC("fentry/dmar_fault")
int BPF_PROG(vcm_vtd_fentry, int irq, void *dev_id)
{
	return vcm_vtd_read(dev_id);
}

SEC("kprobe/dmar_fault")
int BPF_KPROBE(vcm_vtd_kprobe, int irq, void *dev_id)
{
	return vcm_vtd_read(dev_id);
}

/*
 * AMD-Vi: AMD I/O Virtualization Technology specification, 2.5 and 3.4.
 */
#define AMD_EVT_BASE		0x0010
#define AMD_EVT_ENTRIES(base)	(1u << ((base) >> 56 & 0xf))
#define AMD_EVT_HEAD		0x2010
#define AMD_EVT_TAIL		0x2018
#define AMD_EVT_BYTES		16
#define AMD_EVT_MAX		32768	/* entries of the largest log */
#define AMD_EVT_TYPE(e)		((e)[1] >> 28)
#define AMD_EVT_FLAGS(e)	(((e)[1] >> 16) & 0xfff)
#define AMD_EVT_DEVICE(e)	((e)[0] & 0xffff)
#define AMD_EVT_ADDRESS(e)	((__u64)(e)[3] << 32 | (e)[2])
#define AMD_EVT_PASID(e)	(((e)[0] >> 16 & 0xf) << 16 | ((e)[1] & 0xffff))
#define AMD_FLAG_GUEST		0x001	/* the low half is a PASID */
#define AMD_FLAG_INTERRUPT	0x008
#define AMD_FLAG_WRITE		0x020

enum { AMD_ILL_DEV = 1, AMD_IO_FAULT, AMD_DEV_TAB_ERR, AMD_PAGE_TAB_ERR, AMD_INV_DEV_REQ = 8 };

struct vcm_amd_walk {
	struct amd_iommu *iommu;
	__u32 head;
	__u32 tail;
	__u32 bytes;	/* of the log */
	/* of the search below */
	struct llist_node *node;
	__u16 devid;
	bool known;	/* a device of a domain */
};

/* One device of the segment: is it the one that faulted, and in a domain? */
static long vcm_amd_device(__u32 round, struct vcm_amd_walk *walk)
{
	struct iommu_dev_data *data;
	struct llist_node *node = walk->node;

	if (!node)
		return 1;
	data = (void *)node - bpf_core_field_offset(struct iommu_dev_data, dev_data_list);
	if (BPF_CORE_READ(data, devid) == walk->devid) {
		walk->known = !!BPF_CORE_READ(data, domain);
		return 1;
	}
	walk->node = BPF_CORE_READ(node, next);
	return 0;
}

/* Will amd_iommu_report_page_fault() call report_iommu_fault() for it? */
static __always_inline bool vcm_amd_is_told(struct vcm_amd_walk *walk, const __u32 *e)
{
	if (!vcm_fault_reports || AMD_EVT_TYPE(e) != AMD_IO_FAULT ||
	    AMD_EVT_FLAGS(e) & AMD_FLAG_INTERRUPT)
		return false;
	walk->node = BPF_CORE_READ(walk->iommu, pci_seg, dev_data_list.first);
	walk->devid = AMD_EVT_DEVICE(e);
	walk->known = false;
	bpf_loop(AMD_EVT_MAX, vcm_amd_device, walk, 0);
	return walk->known;
}

static __always_inline void vcm_amd_emit(struct vcm_amd_walk *walk, const __u32 *e)
{
	struct vcm_fault *fault;
	__u32 segment = BPF_CORE_READ(walk->iommu, pci_seg, id);

	fault = vcm_fault_begin(VCM_FAULT_AMD, segment << 16 | AMD_EVT_DEVICE(e),
				AMD_EVT_ADDRESS(e));
	if (!fault)
		return;
	fault->reason = e[1] >> 16;
	fault->access = AMD_EVT_FLAGS(e) & AMD_FLAG_WRITE ? VCM_FAULT_WRITE : VCM_FAULT_READ;
	fault->has_pasid = AMD_EVT_FLAGS(e) & AMD_FLAG_GUEST;
	fault->pasid = fault->has_pasid ? AMD_EVT_PASID(e) : 0;
	vcm_fault_end(fault);
}

static long vcm_amd_entry(__u32 round, struct vcm_amd_walk *walk)
{
	__u32 e[4] = {}, type;

	if (walk->head == walk->tail)
		return 1;
	/* an entry may be announced before it is written: the kernel waits, this cannot */
	if (bpf_probe_read_kernel(e, sizeof(e), BPF_CORE_READ(walk->iommu, evt_buf) + walk->head))
		return 1;
	type = AMD_EVT_TYPE(e);
	if (!type)
		__sync_fetch_and_add(&vcm_fault_dropped[VCM_FAULT_AMD], 1);
	else if ((type <= AMD_PAGE_TAB_ERR || type == AMD_INV_DEV_REQ) && !vcm_amd_is_told(walk, e))
		vcm_amd_emit(walk, e);
	walk->head = (walk->head + AMD_EVT_BYTES) % walk->bytes;
	return 0;
}

static __always_inline int vcm_amd_read(struct amd_iommu *iommu)
{
	struct vcm_amd_walk walk = { .iommu = iommu };
	void *mmio = BPF_CORE_READ(iommu, mmio_base);
	__u64 base = 0;

	if (bpf_probe_read_kernel(&base, sizeof(base), mmio + AMD_EVT_BASE) ||
	    bpf_probe_read_kernel(&walk.head, sizeof(walk.head), mmio + AMD_EVT_HEAD) ||
	    bpf_probe_read_kernel(&walk.tail, sizeof(walk.tail), mmio + AMD_EVT_TAIL))
		return 0;
	walk.bytes = AMD_EVT_ENTRIES(base) * AMD_EVT_BYTES;
	bpf_loop(AMD_EVT_ENTRIES(base), vcm_amd_entry, &walk, 0);
	return 0;
}

SEC("fentry/iommu_poll_events")
int BPF_PROG(vcm_amd_fentry, struct amd_iommu *iommu)
{
	return vcm_amd_read(iommu);
}

SEC("kprobe/iommu_poll_events")
int BPF_KPROBE(vcm_amd_kprobe, struct amd_iommu *iommu)
{
	return vcm_amd_read(iommu);
}

/* The log was full: how many it could not take nobody knows. */
SEC("fentry/amd_iommu_restart_event_logging")
int BPF_PROG(vcm_amd_fentry_full)
{
	__sync_fetch_and_add(&vcm_fault_overflow[VCM_FAULT_AMD], 1);
	return 0;
}

SEC("kprobe/amd_iommu_restart_event_logging")
int BPF_KPROBE(vcm_amd_kprobe_full)
{
	__sync_fetch_and_add(&vcm_fault_overflow[VCM_FAULT_AMD], 1);
	return 0;
}

/*
 * virtio-iommu: Virtual I/O Device specification 1.2, 5.13.6.9.  An endpoint of a PCI device has
 * the number of the device.
 */
#define VIRTIO_ID_IOMMU		23
#define VIRTIO_EVENT_QUEUE	1
#define VIRTIO_F_READ		(1u << 0)
#define VIRTIO_F_WRITE		(1u << 1)

struct vcm_virtio_event {
	__u8 reason;
	__u8 rsvd[3];
	__u32 flags;
	__u32 endpoint;
	__u32 rsvd2;
	__u64 address;
};

static __always_inline int vcm_virtio_read(struct virtqueue *vq, const void *event)
{
	struct vcm_virtio_event raw;
	struct vcm_fault *fault;

	if (!event || BPF_CORE_READ(vq, index) != VIRTIO_EVENT_QUEUE ||
	    BPF_CORE_READ(vq, vdev, id.device) != VIRTIO_ID_IOMMU)
		return 0;
	if (bpf_probe_read_kernel(&raw, sizeof(raw), event)) {
		__sync_fetch_and_add(&vcm_fault_dropped[VCM_FAULT_VIRTIO], 1);
		return 0;
	}
	fault = vcm_fault_begin(VCM_FAULT_VIRTIO, raw.endpoint, raw.address);
	if (!fault)
		return 0;
	fault->reason = raw.reason;
	fault->access = raw.flags & VIRTIO_F_WRITE ? VCM_FAULT_WRITE :
			raw.flags & VIRTIO_F_READ ? VCM_FAULT_READ : VCM_FAULT_UNKNOWN;
	vcm_fault_end(fault);
	return 0;
}

SEC("fexit/virtqueue_get_buf")
int BPF_PROG(vcm_virtio_fexit, struct virtqueue *vq, unsigned int *len, void *event)
{
	return vcm_virtio_read(vq, event);
}

/*
 * The others.  The address of the domain, by which its handler is known, is an argument of the
 * function and not of the tracepoint iommu:io_page_fault in it; there it is the domain that the
 * group of the device is attached to.  So the tracepoint is the last rung.
 */
#define REPORT_WRITE		(1 << 0)	/* IOMMU_FAULT_WRITE */

static __always_inline int vcm_report(struct iommu_domain *domain, struct device *dev, __u64 iova,
				      int flags)
{
	const char *name = BPF_CORE_READ(dev, init_name);
	struct vcm_fault *fault;

	if (vcm_fault_handler && domain &&
	    (__u64)BPF_CORE_READ(domain, handler) == vcm_fault_handler) {
		__sync_fetch_and_add(&vcm_fault_own, 1);
		return 0;
	}
	fault = vcm_fault_begin(VCM_FAULT_REPORT, VCM_FAULT_NO_DEVICE, iova);
	if (!fault)
		return 0;
	fault->reason = flags;
	fault->access = flags & REPORT_WRITE ? VCM_FAULT_WRITE : VCM_FAULT_READ;
	fault->domain = (__u64)domain;
	if (!name)
		name = BPF_CORE_READ(dev, kobj.name);
	bpf_probe_read_kernel_str(fault->name, sizeof(fault->name), name);
	vcm_fault_end(fault);
	return 0;
}

SEC("fentry/report_iommu_fault")
int BPF_PROG(vcm_report_fentry, struct iommu_domain *domain, struct device *dev,
	     unsigned long iova, int flags)
{
	return vcm_report(domain, dev, iova, flags);
}

SEC("kprobe/report_iommu_fault")
int BPF_KPROBE(vcm_report_kprobe, struct iommu_domain *domain, struct device *dev,
	       unsigned long iova, int flags)
{
	return vcm_report(domain, dev, iova, flags);
}

SEC("tp_btf/io_page_fault")
int BPF_PROG(vcm_report_tp_btf, struct device *dev, unsigned long iova, int flags)
{
	return vcm_report(BPF_CORE_READ(dev, iommu_group, domain), dev, iova, flags);
}

/* Run once by the user, who wants no fault that is an event of VCM. */
SEC("syscall")
int vcm_fault_find_handler(void *ctx)
{
	static const char name[] = "vcm_iommu_fault";

	return bpf_kallsyms_lookup_name(name, sizeof(name), 0, &vcm_fault_handler);
}
