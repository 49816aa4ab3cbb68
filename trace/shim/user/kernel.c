// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel.c - the kernel facilities of kernel/user in user space, see linux/kernel.h; and what a
 * test can say about the caller's memory, see caller.h.
 */
#include <linux/kernel.h>

#include "caller.h"

static struct task_struct myself = { "test" };
struct task_struct *current = &myself;

void xa_init_flags(struct xarray *xa, unsigned int flags)
{
	(void)flags;
	xa->first = NULL;
}

/* The link that leads to the first node at or above @index. */
static struct xa_node **xa_link(struct xarray *xa, unsigned long index)
{
	struct xa_node **link = &xa->first;

	while (*link && (*link)->index < index)
		link = &(*link)->next;
	return link;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	struct xa_node *node = *xa_link(xa, index);

	return node && node->index == index ? node->entry : NULL;
}

int xa_insert(struct xarray *xa, unsigned long index, void *entry, unsigned int gfp)
{
	struct xa_node **link = xa_link(xa, index), *node;

	(void)gfp;
	if (*link && (*link)->index == index)
		return -EBUSY;
	node = vcm_os_zalloc(sizeof(*node));
	if (!node)
		return -ENOMEM;
	*node = (struct xa_node) { *link, index, entry };
	*link = node;
	return 0;
}

int xa_alloc(struct xarray *xa, u32 *index, void *entry, u32 highest, unsigned int gfp)
{
	u32 at = 0;

	while (xa_load(xa, at))
		if (at++ == highest)
			return -EBUSY;
	*index = at;
	return xa_insert(xa, at, entry, gfp);
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	struct xa_node **link = xa_link(xa, index), *node = *link;
	void *entry;

	if (!node || node->index != index)
		return NULL;
	entry = node->entry;
	*link = node->next;
	vcm_os_free(node);
	return entry;
}

void *xa_find_from(struct xarray *xa, unsigned long *index)
{
	struct xa_node *node = *xa_link(xa, *index);

	if (!node)
		return NULL;
	*index = node->index;
	return node->entry;
}

void xa_destroy(struct xarray *xa)
{
	if (xa->first)
		os_bug(__FILE__, __LINE__, "a table of handles destroyed while it is not empty");
}

struct caller caller;

/* Is [@at, @at + @len) the caller's, and does it work this time? */
static bool caller_allows(const void *at, unsigned long len, u32 *fails_at)
{
	const u8 *from = at;

	if (from < caller.memory || len > caller.len ||
	    (size_t)(from - caller.memory) > caller.len - len)
		return false;
	return !*fails_at || --*fails_at;
}

unsigned long copy_to_user(void *to, const void *from, unsigned long len)
{
	if (!caller_allows(to, len, &caller.write_fails_at))
		return len;
	memcpy(to, from, len);
	caller.writes++;
	return 0;
}

unsigned long copy_from_user(void *to, const void *from, unsigned long len)
{
	if (!caller_allows(from, len, &caller.read_fails_at))
		return len;
	memcpy(to, from, len);
	if (caller.size_later && !caller.reads++)
		memcpy(caller.memory, &caller.size_later, sizeof(caller.size_later));
	return 0;
}

int copy_struct_from_user(void *to, size_t room, const void *from, size_t len)
{
	size_t known = len < room ? len : room;
	const u8 *rest = (const u8 *)from + known;

	if ((size_t)((const u8 *)from - caller.memory) + len > caller.len)
		return -EFAULT;
	for (size_t i = 0; i < len - known; i++)
		if (rest[i])
			return -E2BIG;
	memset(to, 0, room);
	return copy_from_user(to, from, known) ? -EFAULT : 0;
}
