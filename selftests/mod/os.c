// SPDX-License-Identifier: GPL-2.0-only
/*
 * os.c - what the scenario files use of the seam and vcm.ko does not export.
 */
#include <linux/slab.h>

#include "vcm_os.h"

void *vcm_os_zalloc(size_t len)
{
	return kvzalloc(len, GFP_KERNEL);
}

void vcm_os_free(const void *ptr)
{
	kvfree(ptr);
}
