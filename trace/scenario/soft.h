/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * soft.h - simulated devices behind simulated IOMMUs, as drivers of the core.
 *
 * An IOMMU has one of the page-table formats of kernel/sim/formats.  A device that reads or writes
 * has its address walked through the tables; what is not there or not allowed is a fault, told to
 * the core at once.
 *
 * Locking: the tables are changed by the core under its locks.  A device that accesses memory
 * while its context changes in another thread has to be kept from that by whoever runs it.
 */
#ifndef SOFT_H
#define SOFT_H

#include "vcm_os.h"
#include "vcm.h"
#include "formats/format.h"

struct soft_device;

/**
 * struct soft_cfg - what a device shall be
 * @kind:    its IOMMU; devices of one kind can share a mapping domain
 * @fmt:     format of its tables
 * @start:   first address that the IOMMU translates for it
 * @last:    last address
 * @regions: 1 when there is a region that it cannot use
 * @region_start: first address of that
 * @region_last:  last address
 */
struct soft_cfg {
	u32 kind;
	const struct vcm_fmt *fmt;
	u64 start;
	u64 last;
	u32 regions;
	u64 region_start;
	u64 region_last;
};

extern const struct vcm_driver soft_driver;
/* Addresses are physical ones; the second makes contiguous memory. */
extern const struct vcm_driver soft_o2o_driver;
extern const struct vcm_driver soft_contig_driver;

/* Told of every page that comes to be translated, and of every one that no longer is. */
extern void (*soft_watch)(u64 pa, bool mapped);

/* Told of every access of a device that is attached to nothing: an IOMMU would know no context. */
extern void (*soft_refused)(const char *device, u64 iova, enum vcm_access access);

/* Return: the device or ERR_PTR() as vcm_device_register(). */
struct soft_device *soft_device_plug(const char *name, const struct soft_cfg *cfg);
void soft_device_unplug(struct soft_device *soft);
struct vcm_device *soft_device_vdev(const struct soft_device *soft);

/*
 * One read or write.  Return: 0, -EFAULT when the IOMMU refused it and told so, -ENOLINK when the
 * device is attached to nothing, so that the core was not told.
 */
int soft_device_access(struct soft_device *soft, u64 iova, enum vcm_access access);

#endif
