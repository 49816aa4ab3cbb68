/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fake.h - a driver for tests: devices behind IOMMUs of several kinds, with true page tables.
 *
 * The tables hold every page with its address and protection, so that "live in every domain" is
 * looked up and not believed.  The driver keeps no lock: the core promises one.
 */
#ifndef UNIT_FAKE_H
#define UNIT_FAKE_H

#include "core.h"

/* What can be told to fail. */
enum fake_op {
	FAKE_ALLOC, FAKE_ATTACH, FAKE_MAP, FAKE_UNMAP, FAKE_PLACE, FAKE_RESERVED, FAKE_OPS
};

#define FAKE_REGIONS 4

/* First and last address of a region that a device cannot use. */
struct fake_region {
	u64 start;
	u64 last;
};

/**
 * struct fake_device - a device
 * @dev:  as the core knows it, NULL when unregistered
 * @kind: kind of its IOMMU; domains take devices of one kind
 * @caps: what its IOMMU can translate
 * @region: what it cannot use
 * @regions: how many
 * @on:   domain it translates through, NULL for none
 */
struct fake_device {
	struct vcm_device *dev;
	u32 kind;
	struct vcm_domain_caps caps;
	struct fake_region region[FAKE_REGIONS];
	u32 regions;
	struct vcm_domain *on;
};

/**
 * struct fake_counts - what happened since the process began
 * @domains:     that exist
 * @calls:       of each operation, failed ones included
 * @flushes:     IOTLB invalidations, one for each device of the domain of an unmap
 */
struct fake_counts {
	u64 domains;
	u64 calls[FAKE_OPS];
	u64 flushes;
};

extern const struct vcm_driver fake_driver;
/* Addresses are the physical ones; the second makes contiguous memory. */
extern const struct vcm_driver fake_o2o_driver;
extern const struct vcm_driver fake_contig_driver;
/* Addresses are those of kernel mappings. */
extern const struct vcm_driver fake_fused_driver;
extern struct fake_counts fake_counts;

/* Register a device with an aperture of the whole address space; it lasts until the test ends. */
struct fake_device *fake_device(const char *name, u32 kind);

void fake_register(struct fake_device *fake, const char *name);
void fake_unregister(struct fake_device *fake);

/* Unregister what is left, and make sure that nothing is translated any more. */
void fake_teardown(void);

/* The @nth call of @op from now fails with @err, once; 0 for none. */
void fake_fail_nth(enum fake_op op, u64 nth, int err);
/* The same for @times calls in a row. */
void fake_fail_from(enum fake_op op, u64 nth, u64 times, int err);
bool fake_fail_fired(void);

/* Where the device reads and writes at @iova, 0 when it faults. */
u64 fake_translate(const struct fake_device *fake, u64 iova, u32 prot);

/* The domain through which @fake translates, as the core handed it to the driver. */
struct vcm_dom *fake_dom(const struct fake_device *fake);

/* Called once by the next unplace, with the memory of it unmapped. */
extern void (*fake_unplaced)(void);

/* Compare all tables with all bindings.  Return: NULL, or what is wrong. */
const char *fake_check(void);

#endif
