// SPDX-License-Identifier: GPL-2.0-only
/*
 * chunks.c - what a request for memory may say, and the chunks that pages are taken in.
 *
 * Chunk sizes are powers of two pages, as many as the caller allows, the largest first: the
 * idea of the multi-order allocators of both VCM proposals.
 *
 * Takes no locks: memory is built by one thread and visible to nobody else.
 */
#include "core.h"

#define VCM_ORDERS_KNOWN	(((u32)1 << (VCM_MAX_ORDER + 1)) - 1)
#define VCM_ORDERS_USUAL	(((u32)1 << 11) - 1)	/* what the page allocator has */
#define VCM_CHUNKS_FIRST	8
#define VCM_PHYS_FLAGS		(VCM_PHYS_CONTIG | VCM_PHYS_NODE | VCM_PHYS_CARVEOUT)
#define VCM_PHYS_ONE_CHUNK	(VCM_PHYS_CONTIG | VCM_PHYS_CARVEOUT)

bool vcm_cache_is_known(enum vcm_cache cache)
{
	return cache == VCM_CACHE_WB || cache == VCM_CACHE_WC || cache == VCM_CACHE_UC;
}

/* Chunk sizes allowed, of which the smallest is what the length is a multiple of. */
static u32 vcm_phys_req_allowed(const struct vcm_phys_req *req)
{
	if (req->flags & VCM_PHYS_ONE_CHUNK)
		return 1;
	return req->orders ? req->orders : VCM_ORDERS_USUAL;
}

/* Chunk sizes that the caller chose from; 0 when that was not for them to say. */
u32 vcm_phys_req_orders(const struct vcm_phys_req *req)
{
	return req->flags & VCM_PHYS_ONE_CHUNK ? 0 : vcm_phys_req_allowed(req);
}

/* What can be said of a request without looking for memory.  Return: 0 or -errno. */
int vcm_phys_req_check(const struct vcm_phys_req *req)
{
	u32 orders = vcm_phys_req_allowed(req);

	if (req->flags & ~VCM_PHYS_FLAGS)
		return -EOPNOTSUPP;
	if (orders & ~VCM_ORDERS_KNOWN || !vcm_cache_is_known(req->cache))
		return -EINVAL;
	if ((req->flags & VCM_PHYS_ONE_CHUNK) && req->orders)
		return -EINVAL;
	if ((req->flags & VCM_PHYS_NODE) && (s32)req->node < 0)
		return -EINVAL;
	if (!req->len || !IS_ALIGNED(req->len, VCM_PAGE_SIZE << __ffs64(orders)))
		return -EINVAL;
	if (req->flags & VCM_PHYS_CARVEOUT)
		return 0;
	if (req->len >> VCM_PAGE_SHIFT > vcm_os_pages_total())
		return -ENOMEM;
	return 0;
}

/* Make room for one more chunk; @room is the length of the array. */
static int vcm_chunks_grow(struct vcm_phys *phys, u32 *room)
{
	struct vcm_chunk *chunks;
	u32 more;

	if (phys->nr_chunks < *room)
		return 0;
	more = *room ? *room * 2 : VCM_CHUNKS_FIRST;
	chunks = vcm_os_zalloc(more * sizeof(*chunks));
	if (!chunks)
		return -ENOMEM;
	if (phys->chunks)
		memcpy(chunks, phys->chunks, phys->nr_chunks * sizeof(*chunks));
	vcm_os_free(phys->chunks);
	phys->chunks = chunks;
	*room = more;
	return 0;
}

/* The largest allowed order that is not above @left bytes; @orders is not 0. */
static int vcm_order_for(u32 orders, u64 left)
{
	int order = fls64(left >> VCM_PAGE_SHIFT) - 1;
	u64 fitting = orders;

	if (order < VCM_MAX_ORDER)
		fitting &= ((u64)2 << order) - 1;
	return fls64(fitting) - 1;
}

/* Get pages in one piece and append them; there is room in the list. */
static int vcm_phys_add_chunk(struct vcm_phys *phys, const struct vcm_os_pages_req *req)
{
	u64 pa;
	int err = vcm_os_pages_alloc(req, &pa);

	if (err)
		return err;
	phys->chunks[phys->nr_chunks++] = (struct vcm_chunk) {
		.pa = pa,
		.len = req->nr << VCM_PAGE_SHIFT,
	};
	return 0;
}

/* Get the pages that @req asks for.  Return: 0, or -errno with those that were got in the list. */
int vcm_phys_fill(struct vcm_phys *phys, const struct vcm_phys_req *req)
{
	struct vcm_os_pages_req pages = {
		.cache = req->cache,
		.node = req->flags & VCM_PHYS_NODE ? (s32)req->node : -1,
	};
	u32 orders = vcm_phys_req_allowed(req);
	u64 left = phys->len;
	u32 room = 0;
	int err;

	while (left) {
		int order = vcm_order_for(orders, left);

		if (order < 0 || vcm_chunks_grow(phys, &room))
			return -ENOMEM;
		pages.nr = req->flags & VCM_PHYS_CONTIG ? left >> VCM_PAGE_SHIFT : (u64)1 << order;
		pages.last_resort = !(orders & (((u32)1 << order) - 1));
		err = vcm_phys_add_chunk(phys, &pages);
		if (err == -ENOMEM && !pages.last_resort) {
			/* The page allocator has none of these left: do without them. */
			orders &= ~((u32)1 << order);
			continue;
		}
		if (err)
			return err;
		left -= pages.nr << VCM_PAGE_SHIFT;
	}
	return 0;
}
