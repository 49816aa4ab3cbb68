// SPDX-License-Identifier: GPL-2.0-only
/*
 * pages.c - physically contiguous pages for core/, and the count of those it holds.
 *
 * Pages are split into single ones at once, so that every page has a reference count of its own
 * and can be mapped into a process; they are freed page by page.
 *
 * What the page allocator has no order for is made by emptying a range of pages with
 * alloc_contig_range(), the mechanism below CMA.
 *
 * A cache attribute other than write-back is given to the kernel's own mapping of the pages
 * before anybody sees them and taken away before they are freed, so that no alias with another
 * attribute exists: what Russell King asked of VCMM in 2010.
 */
#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/log2.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/set_memory.h>

#include "vcm_os.h"

static atomic64_t vcm_pages_held = ATOMIC64_INIT(0);

#ifdef CONFIG_X86
static int vcm_pages_set_cache(struct page *page, u64 nr, enum vcm_cache cache)
{
	unsigned long kva = (unsigned long)page_address(page);

	switch (cache) {
	case VCM_CACHE_WB:
		return 0;
	case VCM_CACHE_WC:
		return set_memory_wc(kva, nr);
	case VCM_CACHE_UC:
		return set_memory_uc(kva, nr);
	default:
		return -EINVAL;
	}
}

static void vcm_pages_clear_cache(struct page *page, u64 nr, enum vcm_cache cache)
{
	if (cache != VCM_CACHE_WB)
		set_memory_wb((unsigned long)page_address(page), nr);
}
#else
static int vcm_pages_set_cache(struct page *page, u64 nr, enum vcm_cache cache)
{
	return cache == VCM_CACHE_WB ? 0 : -EOPNOTSUPP;
}

static void vcm_pages_clear_cache(struct page *page, u64 nr, enum vcm_cache cache)
{
}
#endif

static void vcm_pages_release(struct page *page, u64 nr)
{
	for (u64 i = 0; i < nr; i++)
		__free_page(page + i);
	cond_resched();
}

/* A large chunk is not worth reclaim while there is a smaller one; no process is killed. */
static struct page *vcm_pages_from_buddy(const struct vcm_os_pages_req *req)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN;
	unsigned int order = order_base_2(req->nr);
	struct page *page;

	gfp |= req->last_resort ? __GFP_RETRY_MAYFAIL : __GFP_NORETRY;
	page = alloc_pages_node(req->node, gfp, order);
	if (!page)
		return NULL;
	if (order)
		split_page(page, order);
	vcm_pages_release(page + req->nr, (1UL << order) - req->nr);
	return page;
}

#ifndef CONFIG_CONTIG_ALLOC
/* A small kernel cannot empty a range; then only what the buddy allocator has is contiguous. */
static int alloc_contig_range(unsigned long start, unsigned long end, unsigned int type, gfp_t gfp)
{
	return -EOPNOTSUPP;
}
#endif

/* Could the pages of [@pfn, @pfn + @nr) be emptied?  Cheap; alloc_contig_range() decides. */
static bool vcm_range_is_promising(unsigned long pfn, u64 nr)
{
	const struct zone *zone = NULL;

	for (u64 i = 0; i < nr; i++) {
		struct page *page = pfn_to_online_page(pfn + i);

		if (!page || PageReserved(page) || PageHuge(page))
			return false;
		if (zone && page_zone(page) != zone)
			return false;
		zone = page_zone(page);
	}
	return true;
}

static struct page *vcm_pages_from_node(int node, u64 nr)
{
	unsigned long start = ALIGN(node_start_pfn(node), pageblock_nr_pages);
	unsigned long end = node_end_pfn(node);
	unsigned long step = max_t(unsigned long, rounddown_pow_of_two(nr), pageblock_nr_pages);

	for (unsigned long pfn = ALIGN(start, step); pfn + nr <= end; pfn += step) {
		struct page *page = pfn_to_page(pfn);

		if (fatal_signal_pending(current))
			return NULL;
		cond_resched();
		if (!vcm_range_is_promising(pfn, nr) ||
		    alloc_contig_range(pfn, pfn + nr, MIGRATE_MOVABLE, GFP_KERNEL | __GFP_NOWARN))
			continue;
		for (u64 i = 0; i < nr; i++)
			clear_highpage(page + i);
		return page;
	}
	return NULL;
}

static struct page *vcm_pages_from_range(const struct vcm_os_pages_req *req)
{
	struct page *page = NULL;
	int node;

	if (req->node >= 0 && node_online(req->node))
		page = vcm_pages_from_node(req->node, req->nr);
	for_each_online_node(node)
		if (!page && node != req->node)
			page = vcm_pages_from_node(node, req->nr);
	return page;
}

/**
 * vcm_os_pages_alloc() - allocate physically contiguous pages, zeroed
 * @req: what
 * @pa:  out: physical address
 *
 * Context: may sleep. Return: 0, -ENOMEM, -EINVAL for a node that does not exist, -EOPNOTSUPP
 * for a cache attribute that this machine cannot give.
 */
int vcm_os_pages_alloc(const struct vcm_os_pages_req *req, u64 *pa)
{
	struct page *page;
	int err;

	if (req->node >= 0 && (req->node >= MAX_NUMNODES || !node_online(req->node)))
		return -EINVAL;
	if (vcm_os_should_fail())
		return -ENOMEM;
	if (req->nr <= MAX_ORDER_NR_PAGES)
		page = vcm_pages_from_buddy(req);
	else
		page = vcm_pages_from_range(req);
	if (!page)
		return -ENOMEM;
	/* Write-back is what pages have: nothing is done and nothing can fail. */
	err = req->cache != VCM_CACHE_WB && vcm_os_should_fail() ? -ENOMEM :
	      vcm_pages_set_cache(page, req->nr, req->cache);
	if (err) {
		vcm_pages_release(page, req->nr);
		return err;
	}
	atomic64_add(req->nr, &vcm_pages_held);
	*pa = PFN_PHYS(page_to_pfn(page));
	return 0;
}

/**
 * vcm_os_pages_free() - free pages
 * @pa:    physical address
 * @len:   bytes
 * @cache: as they were allocated
 *
 * Context: may sleep.
 */
void vcm_os_pages_free(u64 pa, u64 len, enum vcm_cache cache)
{
	struct page *page = pfn_to_page(PHYS_PFN(pa));
	u64 nr = len >> PAGE_SHIFT;

	vcm_pages_clear_cache(page, nr, cache);
	vcm_pages_release(page, nr);
	atomic64_sub(nr, &vcm_pages_held);
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
