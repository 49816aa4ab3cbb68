/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - one shim for each difference between the kernels that this builds for.
 *
 * The source is written for the newest kernel; what an older one has differently is here, with
 * the version that changed it and when the shim can go.
 */
#ifndef VCM_COMPAT_H
#define VCM_COMPAT_H

#include <linux/module.h>
#include <linux/version.h>

/* MODULE_IMPORT_NS() takes a string since 6.13; goes when 6.12 is no longer built for. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define VCM_IMPORT_NS(ns) MODULE_IMPORT_NS(#ns)
#else
#define VCM_IMPORT_NS(ns) MODULE_IMPORT_NS(ns)
#endif

#endif
