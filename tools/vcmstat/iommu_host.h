/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iommu_host.h - what is known of all IOMMU domains of the machine.  No I/O.
 *
 * A source fills the arrays; iommu_host_sort() makes them what the rest relies on: mappings in the
 * order of domain and address, none within another, with their sums in the domains.
 */
#ifndef VCMSTAT_IOMMU_HOST_H
#define VCMSTAT_IOMMU_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hist.h"
#include "host_bpf.h"
#include "table.h"

struct iommu_mapping {
	struct vcm_host_key key;
	struct vcm_host_live live;
};

struct iommu_gone {
	struct vcm_host_key key;
	struct vcm_host_gone gone;
};

struct iommu_stack {
	uint64_t frame[VCM_HOST_FRAMES];	/* innermost first, 0 behind the last */
};

struct iommu_dom {
	struct vcm_host_slot slot;
	struct vcm_host_domain about;
	struct vcm_host_count count;	/* since it was met */
	struct hist hist[VCM_HOST_OPS];
	/* by iommu_host_sort(): */
	uint64_t live;
	uint64_t bytes;
	uint64_t before;	/* of @live, from before anybody looked: table entries */
	uint64_t before_bytes;
};

struct iommu_host {
	struct vcm_host_device *device;
	size_t nr_device;
	struct iommu_dom *dom;
	size_t nr_dom;
	struct iommu_mapping *map;
	size_t nr_map;
	struct iommu_gone *gone;
	size_t nr_gone;
	struct table stack;	/* by its key in the map of stacks: struct iommu_stack */
	struct vcm_host_losses losses;
	uint64_t unfound;	/* devices that found no room */
	uint64_t resyncs;	/* tables read again, because calls were not as expected */
	uint64_t unsynced;	/* of them, not to their end: what they have may be told wrong */
	uint64_t ts_ns;
};

void iommu_host_init(struct iommu_host *h);
/* Forget all but the stacks. */
void iommu_host_clear(struct iommu_host *h);
void iommu_host_fini(struct iommu_host *h);
void iommu_host_sort(struct iommu_host *h);

const struct iommu_dom *iommu_host_dom(const struct iommu_host *h, uint32_t number);
const struct iommu_dom *iommu_host_dom_at(const struct iommu_host *h, uint64_t ptr);
const struct vcm_host_device *iommu_host_device(const struct iommu_host *h, const char *name);
/* The first device that the domain translates for, NULL when there is none. */
const struct vcm_host_device *iommu_host_device_of(const struct iommu_host *h, uint64_t ptr);
/* The mapping of that address; NULL when there is none, and then *@below the one before it. */
const struct iommu_mapping *iommu_host_find(const struct iommu_host *h, uint32_t number,
					    uint64_t iova, const struct iommu_mapping **below);
/* The frames of a stack, NULL when there are none. */
const struct iommu_stack *iommu_host_stack(const struct iommu_host *h, int32_t stack);
/* Can nothing that was mapped in it before be missing? */
bool iommu_dom_whole(const struct iommu_dom *d);
/* "DMA-FQ" */
const char *iommu_type_text(uint32_t type);
/* "rw", with more letters for what else is asked for; @buf of 8 */
const char *iommu_prot_text(char *buf, uint32_t prot);

#endif
