/* SPDX-License-Identifier: GPL-2.0-only */
/* src_iommu_priv.h - between src_iommu.c, which records, and src_iommu_walk.c, which looks. */
#ifndef VCMSTAT_SRC_IOMMU_PRIV_H
#define VCMSTAT_SRC_IOMMU_PRIV_H

#include "src_iommu.h"

/* these need the types of host_bpf.h */
#include "hostmap.skel.h"
#include "hostwalk.skel.h"

struct src_iommu {
	struct vcm_hostmap_bpf *map;
	struct vcm_hostwalk_bpf *walk;	/* NULL where the kernel cannot be looked at */
	const char *name;
	uint32_t slots;
	uint32_t devices;	/* room for them */
	int cpus;
	uint64_t *odd;		/* of each slot: as it was when its tables were read */
	uint32_t *seen;		/* of each slot: number of the domain whose tables were read */
	uint64_t resyncs;	/* tables that were read again */
	uint64_t unsynced;	/* times that this did not succeed */
};

/* src_iommu_walk.c */
int src_iommu_walk_open(struct src_iommu *s);
int src_iommu_devices(struct src_iommu *s, struct iommu_host *h);
int src_iommu_about(struct src_iommu *s, uint64_t ptr, struct vcm_host_domain *about);
/* Walk the domains of @h->device that nobody has walked, or that are odd. */
void src_iommu_look(struct src_iommu *s, const struct iommu_host *h);

/* src_iommu_sync.c: drop what the tables of the domain do not have any more. */
int src_iommu_sync(struct src_iommu *s, const struct vcm_host_slot *slot, struct error *err);

/* src_iommu.c */
int src_iommu_slot(struct src_iommu *s, uint32_t at, struct vcm_host_slot *slot);
int src_iommu_maps(struct src_iommu *s, struct iommu_host *h, struct error *err);

#endif
