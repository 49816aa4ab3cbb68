/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_os.h - every kernel facility that core/ may use, kernel side.
 *
 * core/ and the page-table formats are compiled for the kernel and for user space from the same
 * files; the seam is the include path.  trace/shim/vcm_os.h offers the same names there.  What
 * core/ needs beyond this list has to be added here first, where a reviewer sees it:
 *
 *   types     u8..u64, s32, bool, size_t, NULL, ERR_PTR family, container_of
 *   sums      min, max, ARRAY_SIZE, check_add_overflow, IS_ALIGNED, ALIGN, fls64, __ffs64
 *   memory    vcm_os_zalloc, vcm_os_free, vcm_os_objects_held, memcpy, memmove
 *   strings   strscpy, strlen, strcmp
 *   pages     VCM_PAGE_SHIFT, vcm_os_pages_alloc, _free, _held, _total
 *   mapping   vcm_os_vmap, vcm_os_vunmap
 *   carve-outs vcm_os_carve_clear, _map, _unmap
 *   failures  vcm_os_should_fail, for calls of drivers; what allocates asks by itself
 *   locks     struct mutex, mutex_init/lock/unlock, lockdep_assert_held
 *             spinlock_t, spin_lock_init, spin_lock, spin_lock_irqsave, spin_lock_nest_lock
 *             and their unlocks
 *   order     READ_ONCE, WRITE_ONCE, smp_load_acquire, smp_store_release, smp_rmb, smp_wmb
 *   CPUs      vcm_os_cpu, vcm_os_cpus
 *   counts    refcount_t and its set/read/inc/dec/dec_and_test
 *             vcm_os_put_and_wake, vcm_os_put_and_wait
 *   lists     struct list_head and its usual helpers
 *   tables    smp_load_acquire, smp_store_release, __le32, __le64, __be64 and their conversions
 *   checks    WARN_ON_ONCE
 *   exports   EXPORT_SYMBOL_GPL
 */
#ifndef VCM_OS_H
#define VCM_OS_H

#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/cpumask.h>
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
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/wait_bit.h>

#include "vcm_events.h"

#define VCM_PAGE_SHIFT	PAGE_SHIFT
#define VCM_PAGE_SIZE	((u64)1 << VCM_PAGE_SHIFT)

/* The processor this runs on, for now; a number below vcm_os_cpus(). */
static inline u32 vcm_os_cpu(void)
{
	return raw_smp_processor_id();
}

static inline u32 vcm_os_cpus(void)
{
	return nr_cpu_ids;
}

/* Give up one of a count that somebody may wait for; its memory may be gone on return. */
static inline void vcm_os_put_and_wake(refcount_t *count)
{
	if (refcount_dec_and_test(count)) {
		smp_mb();	/* the count, before wake_up_var() looks for who waits */
		wake_up_var(count);
	}
}

/* Give up one of a count, and wait until all others have been; one caller in its life. */
static inline void vcm_os_put_and_wait(refcount_t *count)
{
	if (!refcount_dec_and_test(count))
		wait_var_event(count, !refcount_read(count));
	smp_mb();	/* what was done before the last was given up is seen */
}

void *vcm_os_zalloc(size_t len);
void vcm_os_free(const void *ptr);
u64 vcm_os_objects_held(void);

/**
 * struct vcm_os_pages_req - what pages to allocate
 * @nr:          how many, physically contiguous
 * @node:        NUMA node to prefer, -1 for any
 * @cache:       cache attribute of the kernel's own mapping of them
 * @last_resort: the caller has nothing smaller to fall back to
 */
struct vcm_os_pages_req {
	u64 nr;
	s32 node;
	enum vcm_cache cache;
	bool last_resort;
};

struct dentry;

bool vcm_os_should_fail(void);
void vcm_inject_add(struct dentry *dir);

int vcm_os_pages_alloc(const struct vcm_os_pages_req *req, u64 *pa);
void vcm_os_pages_free(u64 pa, u64 len, enum vcm_cache cache);
u64 vcm_os_pages_held(void);
u64 vcm_os_pages_total(void);

struct vcm_chunk;

void *vcm_os_vmap(const struct vcm_chunk *chunks, u32 nr_chunks, enum vcm_cache cache);
void vcm_os_vunmap(void *kva);

int vcm_os_carve_clear(u64 pa, u64 len, enum vcm_cache cache);
void *vcm_os_carve_map(u64 pa, u64 len, enum vcm_cache cache);
void vcm_os_carve_unmap(void *kva, enum vcm_cache cache);

#endif
