/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * src_fault.h - DMA faults as the IOMMUs of the machine tell them, by bpf/fault.bpf.c.
 *
 * Needs no module of ours.  Several sources can be open at once; each is attached by the first of
 * its rungs that works here.  What is told twice by the kernel comes once, see there.  Records from
 * the moment it is open until it is closed.
 *
 *	struct fault_config config = { .sources = FAULT_ALL, .handler = on_fault, .arg = me };
 *	struct fault_capture *faults = fault_open(&config);
 *
 *	... fault_poll(faults) several times a second, or when fault_fd(faults) is readable ...
 *	fault_close(faults);
 */
#ifndef VCMSTAT_SRC_FAULT_H
#define VCMSTAT_SRC_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vcm_bpf.h"

#define FAULT_SOURCE(name)	(1u << VCM_FAULT_##name)
#define FAULT_ALL		((1u << VCM_FAULT_SOURCES) - 1)

struct fault_config {
	unsigned int sources;	/* FAULT_SOURCE() of those that are wanted */
	/*
	 * Leave out the faults that module vcm itself tells as event vcm_fault; for whoever
	 * listens to its events too.
	 */
	bool without_events;
	size_t ring_bytes;	/* room for faults, a power of two; 0 for VCM_FAULT_RING_BYTES */
	bool verbose;		/* say on stderr what could not be attached and why */

	/* A fault of a PCI device has its number, whoever told it. */
	void (*handler)(void *arg, const struct vcm_fault *fault);
	void *arg;
};

/* Since it was opened, by enum vcm_fault_source. */
struct fault_losses {
	uint64_t dropped[VCM_FAULT_SOURCES];	/* told, and found no room here */
	uint64_t overflow[VCM_FAULT_SOURCES];	/* times the IOMMU itself could not keep one */
	uint64_t own;				/* left out by @without_events */
};

struct fault_capture;

/* Never NULL: without any source there are no faults, see fault_names(). */
struct fault_capture *fault_open(const struct fault_config *config);
void fault_close(struct fault_capture *f);

/* "vtd report"; a source that is not on its best rung with the rung; "none". */
const char *fault_names(const struct fault_capture *f);
/* FAULT_SOURCE() of those that are attached. */
unsigned int fault_sources(const struct fault_capture *f);

/* Give what waits to the handler; the number, or -errno. */
int fault_poll(struct fault_capture *f);
/* Readable when much waits; -1 when there is no source. */
int fault_fd(const struct fault_capture *f);
void fault_losses(const struct fault_capture *f, struct fault_losses *losses);

#endif
