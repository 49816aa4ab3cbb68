/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * linux/types.h - the short type names of the kernel over the system's <linux/types.h>.
 *
 * Found before the system's by include path, so the headers of kernel/include need no #ifdef.
 */
#ifndef VCM_SHIM_LINUX_TYPES_H
#define VCM_SHIM_LINUX_TYPES_H

#include_next <linux/types.h>

#include <stdbool.h>
#include <stddef.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#endif
