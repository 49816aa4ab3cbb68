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
#include <linux/msi.h>
#include <linux/preempt.h>
#include <linux/version.h>

/* MODULE_IMPORT_NS() takes a string since 6.13; goes when 6.12 is no longer built for. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define VCM_IMPORT_NS(ns) MODULE_IMPORT_NS(#ns)
#else
#define VCM_IMPORT_NS(ns) MODULE_IMPORT_NS(ns)
#endif

/*
 * What an unmap leaves to be freed is a list of a type of its own since 6.16; goes with 6.12, when
 * users name the member.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define vcm_gather_pages(gather) (&(gather)->freelist.pages)
#else
#define vcm_gather_pages(gather) (&(gather)->freelist)
#endif

/*
 * The lock of a device's interrupts is for a guard since 6.16, whose two functions have other
 * names; goes with 6.12, when a guard stands where these do.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define vcm_msi_lock(dev) __msi_lock_descs(dev)
#define vcm_msi_unlock(dev) __msi_unlock_descs(dev)
#else
#define vcm_msi_lock(dev) msi_lock_descs(dev)
#define vcm_msi_unlock(dev) msi_unlock_descs(dev)
#endif

/*
 * attach_dev of struct iommu_domain_ops is told the domain that the device leaves since 6.19;
 * goes with 6.12, when the parameter is written where this stands.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define VCM_ATTACH_OLD(old) , struct iommu_domain *(old)
#else
#define VCM_ATTACH_OLD(old)
#endif

/*
 * What is attached to a tracepoint can be preempted since 7.0, and a BPF program that is preempted
 * by its own event on the same processor is not run for that one: the event would be missing from
 * the stream although nobody dropped it.  Goes with 6.12, as a pair of plain calls.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define vcm_trace_begin() preempt_disable_notrace()
#define vcm_trace_end() preempt_enable_notrace()
#else
#define vcm_trace_begin() do { } while (0)
#define vcm_trace_end() do { } while (0)
#endif

#endif
