/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * faultfmt.h - the fields of a struct vcm_fault as text, and back.
 */
#ifndef VCMSTAT_FAULTFMT_H
#define VCMSTAT_FAULTFMT_H

#include "vcm_bpf.h"

#define FAULT_DEVICE_LEN (VCM_FAULT_NAME_LEN + 1)

/* "0000:00:05.0", else the name, else "unknown"; @buf of FAULT_DEVICE_LEN, safe on a terminal. */
const char *fault_device(char *buf, const struct vcm_fault *fault);
/* What fault_device() made; a name stays one. */
void fault_set_device(struct vcm_fault *fault, const char *text);

/* Give a fault that has the name of a PCI device, and no number, the number. */
void fault_find_device(struct vcm_fault *fault);

/* "vtd", "read", "not writable"; "unknown" for numbers that a later build may have. */
const char *fault_source_text(unsigned int source);
const char *fault_access_text(unsigned int access);
const char *fault_reason_text(const struct vcm_fault *fault);

/* What is no source is VCM_FAULT_SOURCES, what is no access VCM_FAULT_UNKNOWN. */
unsigned char fault_source_number(const char *text);
unsigned char fault_access_number(const char *text);

#endif
