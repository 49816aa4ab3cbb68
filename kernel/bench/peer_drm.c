// SPDX-License-Identifier: GPL-2.0-only
/*
 * peer_drm.c - drm_mm, best fit, under the spinlock that its users bring.
 */
#include <drm/drm_mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "peer.h"

struct bench_drm {
	struct drm_mm mm;
	spinlock_t lock;	/* all of mm */
};

static void *bench_drm_create(u64 last)
{
	struct bench_drm *drm = kzalloc(sizeof(*drm), GFP_KERNEL);

	if (!drm)
		return NULL;
	drm_mm_init(&drm->mm, 0, last + 1);
	spin_lock_init(&drm->lock);
	return drm;
}

static void bench_drm_destroy(void *space)
{
	struct bench_drm *drm = space;

	drm_mm_takedown(&drm->mm);
	kfree(drm);
}

static int bench_drm_prepare(struct bench_slot *slot)
{
	struct drm_mm_node *node = kzalloc(sizeof(*node), GFP_KERNEL);

	slot->node = node;
	return node ? 0 : -ENOMEM;
}

static void bench_drm_unprepare(struct bench_slot *slot)
{
	kfree(slot->node);
}

static int bench_drm_alloc(void *space, struct bench_slot *slot, u64 align)
{
	struct bench_drm *drm = space;
	struct drm_mm_node *node = slot->node;
	unsigned long flags;
	int err;

	spin_lock_irqsave(&drm->lock, flags);
	err = drm_mm_insert_node_in_range(&drm->mm, node, slot->len,
					  align > PAGE_SIZE ? align : 0, 0, 0, U64_MAX,
					  DRM_MM_INSERT_BEST);
	spin_unlock_irqrestore(&drm->lock, flags);
	slot->start = node->start;
	return err;
}

static void bench_drm_free(void *space, struct bench_slot *slot)
{
	struct bench_drm *drm = space;
	unsigned long flags;

	spin_lock_irqsave(&drm->lock, flags);
	drm_mm_remove_node(slot->node);
	spin_unlock_irqrestore(&drm->lock, flags);
}

const struct bench_impl bench_drm = {
	.name = "drm_mm",
	.create = bench_drm_create,
	.destroy = bench_drm_destroy,
	.prepare = bench_drm_prepare,
	.unprepare = bench_drm_unprepare,
	.alloc = bench_drm_alloc,
	.free = bench_drm_free,
};
