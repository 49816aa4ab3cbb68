/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iommu_fault.h - what became of the address that a device was refused, on any domain.  No I/O.
 *
 * Faults come in storms: the first of each device, page and direction is judged, the others are
 * counted with it.
 */
#ifndef VCMSTAT_IOMMU_FAULT_H
#define VCMSTAT_IOMMU_FAULT_H

#include "iommu_show.h"
#include "vcm_bpf.h"

/* From what explains the most to what explains nothing: X(NAME, id, text). */
#define IOMMU_RULES(X)								\
	X(UNKNOWN_DEVICE, "unknown-device", "nothing is known of the device")	\
	X(NO_TABLE, "no-table", "its domain has no tables that could be known")	\
	X(UNMAPPED, "unmapped", "was mapped, and is not any more")		\
	X(LATER, "mapped-later", "was mapped only afterwards")			\
	X(PROT, "not-permitted", "is mapped, but not for that")			\
	X(STALE, "is-mapped", "was mapped at that time: did the IOMMU know?")	\
	X(REUSED, "reused", "was mapped since; what was before is forgotten")	\
	X(RESERVED, "interrupts", "is where interrupts are written to")		\
	X(BEYOND, "beyond", "is beyond what the domain or the device can reach") \
	X(NULL_PAGE, "null", "is in the first page: a pointer that was not set?") \
	X(PAST_END, "past-end", "is behind the end of a mapping")		\
	X(BEFORE, "before-start", "is before the start of a mapping")		\
	X(NEVER, "never-mapped", "was not mapped as long as is remembered")

enum iommu_rule {
#define IOMMU_RULE_ENTRY(name, id, text) IOMMU_RULE_##name,
	IOMMU_RULES(IOMMU_RULE_ENTRY)
};

struct iommu_verdict {
	enum iommu_rule rule;
	uint32_t domain;	/* number, 0 for none */
	uint64_t iova;		/* of the mapping that it is about, if @len */
	uint64_t len;
	uint64_t off;		/* bytes between it and the address */
	uint64_t ago_ns;	/* unmapped so long before, or mapped so long after */
	uint64_t held_ns;	/* it had been mapped for so long, 0 for not known */
	struct vcm_host_who made;
	struct vcm_host_who undone;
};

struct iommu_seen {
	struct vcm_fault first;
	uint64_t count;
	uint64_t told;	/* of them, in the last report */
	bool judged;
};

struct iommu_faults {
	struct table seen;	/* by device and page, see iommu_faults_add() */
	uint64_t all;
	uint64_t others;	/* without room */
	size_t judged;		/* of @seen, from the first */
};

#define IOMMU_FAULTS_MAX 4096	/* different ones that are kept apart */

void iommu_faults_init(struct iommu_faults *f);
void iommu_faults_fini(struct iommu_faults *f);
void iommu_faults_add(struct iommu_faults *f, const struct vcm_fault *fault);
/* All have been told of: when there is no room left, make it, so that the next is judged. */
void iommu_faults_told(struct iommu_faults *f);
/* @h is as it was after the fault. */
void iommu_judge(const struct iommu_host *h, const struct vcm_fault *fault,
		 struct iommu_verdict *v);

const char *iommu_rule_id(enum iommu_rule rule);
void iommu_verdict_text(FILE *out, const struct iommu_host *h, const struct iommu_look *look,
			const struct vcm_fault *fault, const struct iommu_verdict *v);
void iommu_verdict_json(struct json *j, const struct iommu_host *h, const struct iommu_look *look,
			const struct vcm_fault *fault, const struct iommu_verdict *v);
/* Those that came again since the last report. */
void iommu_faults_text(FILE *out, struct iommu_faults *f);
void iommu_faults_json(struct json *j, struct iommu_faults *f);

#endif
