// SPDX-License-Identifier: GPL-2.0-only
/*
 * carve.c - memory of carve-outs for core/: clearing it, and the kernel's mapping of it.
 *
 * Such memory is not the system's, so it is in no mapping of the kernel's until one is made, and
 * may have no struct page.  A mapping made here is the only one the kernel has and has the cache
 * attribute of the memory.  What an earlier user left in the processor's caches is written back
 * and dropped before memory with another attribute than write-back is seen, so that it cannot
 * come down on what is written later.
 */
#include <linux/cacheflush.h>
#include <linux/io.h>
#include <linux/string.h>

#include "vcm.h"
#include "vcm_os.h"

#ifdef CONFIG_X86
static bool vcm_carve_can(enum vcm_cache cache)
{
	return true;
}

static void vcm_carve_flush(void *kva, u64 len)
{
	clflush_cache_range(kva, len);
}
#else
static bool vcm_carve_can(enum vcm_cache cache)
{
	return cache == VCM_CACHE_WB;
}

static void vcm_carve_flush(void *kva, u64 len)
{
}
#endif

/**
 * vcm_os_carve_clear() - zero memory that nobody sees yet
 * @pa:    physical address
 * @len:   bytes
 * @cache: the attribute it will have
 *
 * Context: may sleep. Return: 0, -ENOMEM, -EOPNOTSUPP for a cache attribute that this machine
 * cannot give.
 */
int vcm_os_carve_clear(u64 pa, u64 len, enum vcm_cache cache)
{
	void *kva;

	if (!vcm_carve_can(cache))
		return -EOPNOTSUPP;
	kva = vcm_os_should_fail() ? NULL : memremap(pa, len, MEMREMAP_WB);
	if (!kva)
		return -ENOMEM;
	memset(kva, 0, len);
	if (cache != VCM_CACHE_WB)
		vcm_carve_flush(kva, len);
	memunmap(kva);
	return 0;
}

/**
 * vcm_os_carve_map() - map memory into the kernel
 * @pa:    physical address
 * @len:   bytes
 * @cache: its attribute
 *
 * Context: may sleep. Return: the address, to be given to vcm_os_carve_unmap(); or NULL.
 */
void *vcm_os_carve_map(u64 pa, u64 len, enum vcm_cache cache)
{
	if (vcm_os_should_fail())
		return NULL;
	switch (cache) {
	case VCM_CACHE_WB:
		return memremap(pa, len, MEMREMAP_WB);
	case VCM_CACHE_WC:
		return memremap(pa, len, MEMREMAP_WC);
	default:
		return (__force void *)ioremap(pa, len);
	}
}

/**
 * vcm_os_carve_unmap() - undo vcm_os_carve_map()
 * @kva:   the address
 * @cache: as then
 */
void vcm_os_carve_unmap(void *kva, enum vcm_cache cache)
{
	if (cache == VCM_CACHE_UC)
		iounmap((__force void __iomem *)kva);
	else
		memunmap(kva);
}
