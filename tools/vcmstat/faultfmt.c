// SPDX-License-Identifier: GPL-2.0-only
/* faultfmt.c - see faultfmt.h. */
#include <stdio.h>
#include <string.h>

#include "faultfmt.h"
#include "util.h"

#define AMD_IO_PAGE_FAULT	2
#define AMD_EVENT(reason)	((reason) >> 12)

static const char * const sources[VCM_FAULT_SOURCES] = {
	[VCM_FAULT_VTD] = "vtd",
	[VCM_FAULT_AMD] = "amd",
	[VCM_FAULT_VIRTIO] = "virtio",
	[VCM_FAULT_REPORT] = "report",
};

static const char * const accesses[] = {
	[VCM_FAULT_READ] = "read",
	[VCM_FAULT_WRITE] = "write",
	[VCM_FAULT_UNKNOWN] = "unknown",
};

const char *fault_device(char *buf, const struct vcm_fault *fault)
{
	if (fault->device != VCM_FAULT_NO_DEVICE)
		snprintf(buf, FAULT_DEVICE_LEN, "%04x:%02x:%02x.%x", fault->device >> 16,
			 (fault->device >> 8) & 0xff, (fault->device >> 3) & 0x1f,
			 fault->device & 7);
	else
		name_text(buf, FAULT_DEVICE_LEN, fault->name[0] ? fault->name : "unknown",
			  VCM_FAULT_NAME_LEN);
	return buf;
}

static uint32_t pci_number(const char *text)
{
	unsigned int segment, bus, dev, fn;
	char rest;

	if (sscanf(text, "%4x:%2x:%2x.%1x%c", &segment, &bus, &dev, &fn, &rest) != 4 ||
	    dev > 0x1f || fn > 7)
		return VCM_FAULT_NO_DEVICE;
	return segment << 16 | bus << 8 | dev << 3 | fn;
}

void fault_set_device(struct vcm_fault *fault, const char *text)
{
	fault->device = pci_number(text);
	memset(fault->name, 0, sizeof(fault->name));
	if (fault->device == VCM_FAULT_NO_DEVICE && strcmp(text, "unknown"))
		memcpy(fault->name, text, strnlen(text, sizeof(fault->name)));
}

void fault_find_device(struct vcm_fault *fault)
{
	char name[FAULT_DEVICE_LEN];

	fault->device = pci_number(name_text(name, sizeof(name), fault->name,
					     sizeof(fault->name)));
}

const char *fault_source_text(unsigned int source)
{
	return source < VCM_FAULT_SOURCES ? sources[source] : "unknown";
}

const char *fault_access_text(unsigned int access)
{
	return access < ARRAY_LEN(accesses) ? accesses[access] : "unknown";
}

/* The codes that a driver of a device can bring about; the manual has the others. */
static const char *vtd_reason(uint32_t reason)
{
	static const char * const text[] = {
		[1] = "no root entry", [2] = "no context entry", [3] = "bad context entry",
		[4] = "address too wide", [5] = "not writable", [6] = "not readable",
	};

	return reason < ARRAY_LEN(text) && text[reason] ? text[reason] : "see the VT-d manual";
}

static const char *virtio_reason(uint32_t reason)
{
	static const char * const text[] = {
		"no reason given", "no domain", "no mapping that allows it",
	};

	return reason < ARRAY_LEN(text) ? text[reason] : "see the virtio specification";
}

const char *fault_reason_text(const struct vcm_fault *fault)
{
	switch (fault->source) {
	case VCM_FAULT_VTD:
		return vtd_reason(fault->reason);
	case VCM_FAULT_AMD:
		return AMD_EVENT(fault->reason) == AMD_IO_PAGE_FAULT ? "page fault" :
		       "see the AMD IOMMU manual";
	case VCM_FAULT_VIRTIO:
		return virtio_reason(fault->reason);
	case VCM_FAULT_REPORT:
		return "told by the driver of the IOMMU";
	default:
		return "from a source that this vcmstat does not know";
	}
}

static unsigned char number_of(const char *text, const char * const *names, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr && strcmp(text, names[i]); i++)
		;
	return (unsigned char)i;
}

unsigned char fault_source_number(const char *text)
{
	return number_of(text, sources, VCM_FAULT_SOURCES);
}

unsigned char fault_access_number(const char *text)
{
	return number_of(text, accesses, VCM_FAULT_UNKNOWN);
}
