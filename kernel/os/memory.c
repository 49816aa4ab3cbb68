// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - memory for core/, and the counts of what it holds.
 *
 * A chunk of pages is split into single pages at once, so that every page has a reference count
 * of its own and can be mapped into a process; it is freed page by page.
 *
 * The counts exist to be zero: the leak gate of the tests and debugfs/vcm/stats read them.
 */
#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched.h>

#include "vcm_os.h"

static atomic64_t vcm_objects_held = ATOMIC64_INIT(0);
static atomic64_t vcm_pages_held = ATOMIC64_INIT(0);

/**
 * vcm_os_zalloc() - allocate zeroed memory
 * @len: bytes
 *
 * Context: may sleep. Return: the memory or NULL; free with vcm_os_free().
 */
void *vcm_os_zalloc(size_t len)
{
	void *ptr = kvzalloc(len, GFP_KERNEL_ACCOUNT);

	if (ptr)
		atomic64_inc(&vcm_objects_held);
	return ptr;
}

/**
 * vcm_os_free() - free what vcm_os_zalloc() gave
 * @ptr: memory or NULL
 */
void vcm_os_free(const void *ptr)
{
	if (!ptr)
		return;
	atomic64_dec(&vcm_objects_held);
	kvfree(ptr);
}

/**
 * vcm_os_objects_held() - allocations not freed
 *
 * Return: the number.
 */
u64 vcm_os_objects_held(void)
{
	return atomic64_read(&vcm_objects_held);
}

/**
 * vcm_os_pages_alloc() - allocate 2^@order physically contiguous pages, zeroed
 * @order: log2 of pages
 * @pa:    out: physical address
 *
 * A large chunk is not worth reclaim, the caller falls back to smaller ones; a single page is
 * tried for hard, but never by killing a process.
 *
 * Context: may sleep. Return: 0 or -ENOMEM.
 */
int vcm_os_pages_alloc(unsigned int order, u64 *pa)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN;
	struct page *page;

	gfp |= order ? __GFP_NORETRY : __GFP_RETRY_MAYFAIL;
	page = alloc_pages(gfp, order);
	if (!page)
		return -ENOMEM;
	if (order)
		split_page(page, order);
	atomic64_add(1L << order, &vcm_pages_held);
	*pa = PFN_PHYS(page_to_pfn(page));
	return 0;
}

/**
 * vcm_os_pages_free() - free pages
 * @pa:  physical address
 * @len: bytes
 *
 * Context: may sleep.
 */
void vcm_os_pages_free(u64 pa, u64 len)
{
	struct page *page = pfn_to_page(pa >> PAGE_SHIFT);
	u64 nr = len >> PAGE_SHIFT;

	for (u64 i = 0; i < nr; i++)
		__free_page(page + i);
	atomic64_sub(nr, &vcm_pages_held);
	cond_resched();
}

/**
 * vcm_os_pages_held() - pages allocated and not freed
 *
 * Return: the number.
 */
u64 vcm_os_pages_held(void)
{
	return atomic64_read(&vcm_pages_held);
}

/**
 * vcm_os_pages_total() - pages of the machine
 *
 * Return: the number; no request for more can succeed.
 */
u64 vcm_os_pages_total(void)
{
	return totalram_pages();
}
