/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_os.h - every kernel facility that core/ may use, kernel side.
 *
 * core/ and the page-table formats are compiled for the kernel and for user space from the same
 * files; the seam is the include path.  trace/shim/vcm_os.h offers the same names there.  What
 * core/ needs beyond this list has to be added here first, where a reviewer sees it:
 *
 *   types     u8..u64, s32, bool, size_t, NULL, ERR_PTR family, container_of
 *   sums      min, max, check_add_overflow, IS_ALIGNED, ALIGN, fls64, __ffs64
 *   memory    vcm_os_zalloc, vcm_os_free, vcm_os_objects_held, memcpy, strscpy
 *   pages     VCM_PAGE_SHIFT, vcm_os_pages_alloc, _free, _held, _total
 *   locks     struct mutex, mutex_init/lock/unlock, lockdep_assert_held
 *   counts    refcount_t and its set/inc/dec_and_test
 *   lists     struct list_head and its usual helpers
 *   checks    WARN_ON_ONCE
 *   exports   EXPORT_SYMBOL_GPL
 */
#ifndef VCM_OS_H
#define VCM_OS_H

#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#define VCM_PAGE_SHIFT	PAGE_SHIFT
#define VCM_PAGE_SIZE	((u64)1 << VCM_PAGE_SHIFT)

void *vcm_os_zalloc(size_t len);
void vcm_os_free(const void *ptr);
u64 vcm_os_objects_held(void);

int vcm_os_pages_alloc(unsigned int order, u64 *pa);
void vcm_os_pages_free(u64 pa, u64 len);
u64 vcm_os_pages_held(void);
u64 vcm_os_pages_total(void);

#endif
