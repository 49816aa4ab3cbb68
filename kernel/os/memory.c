// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - memory for core/, and the count of what it holds.
 *
 * The count exists to be zero: the leak gate of the tests and debugfs/vcm/stats read it.
 */
#include <linux/atomic.h>
#include <linux/mm.h>

#include "vcm_os.h"

static atomic64_t vcm_objects_held = ATOMIC64_INIT(0);

/**
 * vcm_os_zalloc() - allocate zeroed memory
 * @len: bytes
 *
 * Context: may sleep. Return: the memory or NULL; free with vcm_os_free().
 */
void *vcm_os_zalloc(size_t len)
{
	void *ptr = vcm_os_should_fail() ? NULL : kvzalloc(len, GFP_KERNEL_ACCOUNT);

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
