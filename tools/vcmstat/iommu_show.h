/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iommu_show.h - the IOMMU domains of a machine as text below 80 columns, and as records.
 */
#ifndef VCMSTAT_IOMMU_SHOW_H
#define VCMSTAT_IOMMU_SHOW_H

#include <stdio.h>

#include "iommu_host.h"
#include "json.h"
#include "ksyms.h"

struct iommu_look {
	const struct ksyms *ksyms;
	bool stacks;
	uint64_t oldest;	/* so many */
	uint64_t leak_ns;	/* held for so long, 0 for not asked */
};

/* Devices and what translates for them. */
void iommu_text_devices(FILE *out, const struct iommu_host *h);
/* What the domains did since @before; those that nobody ever used are only counted. */
void iommu_text_domains(FILE *out, const struct iommu_host *h, const struct iommu_host *before);
void iommu_text_map(FILE *out, const struct iommu_host *h);
/* The ones that are there for the longest time. */
void iommu_text_oldest(FILE *out, const struct iommu_host *h, const struct iommu_look *look);
void iommu_text_losses(FILE *out, const struct iommu_host *h);

void iommu_json_devices(struct json *j, const struct iommu_host *h);
void iommu_json_domains(struct json *j, const struct iommu_host *h,
			const struct iommu_host *before);
void iommu_json_map(struct json *j, const struct iommu_host *h, const struct iommu_look *look);
void iommu_json_oldest(struct json *j, const struct iommu_host *h, const struct iommu_look *look);
void iommu_json_losses(struct json *j, const struct iommu_host *h);

/* iommu_stack.c: the frames, without those of the programs that took it; below each other. */
void iommu_stack_text(FILE *out, const struct iommu_host *h, const struct ksyms *k, int32_t stack);
/* "outer+0x1;inner+0x2", innermost first; @buf of @len */
const char *iommu_stack_line(char *buf, size_t len, const struct iommu_host *h,
			     const struct ksyms *k, int32_t stack);
/* The function that asked for it: the first that is not of the DMA or IOMMU core. */
const char *iommu_stack_asker(char *buf, size_t len, const struct iommu_host *h,
			      const struct ksyms *k, int32_t stack);
/* "nvme/123", or "before" when nobody looked; @buf of 40 */
const char *iommu_who_text(char *buf, const struct vcm_host_who *who);

/* The mappings with a known age, oldest first; the caller frees the array of *@nr. */
const struct iommu_mapping **iommu_by_age(const struct iommu_host *h, size_t *nr);

#endif
