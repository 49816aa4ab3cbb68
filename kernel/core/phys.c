// SPDX-License-Identifier: GPL-2.0-only
/*
 * phys.c - physical memory: a counted list of chunks.
 *
 * Chunk sizes are powers of two pages, as many as the caller allows, the largest first: the
 * idea of the multi-order allocators of both VCM proposals.  Memory is zeroed.
 *
 * References (refs) belong to holders.  A binding is a use, not a reference: memory whose last
 * reference went stays until its last binding goes (I6), so that a device never reaches memory
 * that belongs to somebody else.
 *
 * Locking: the list and refs are under the registry lock.  Pages are allocated and released
 * outside every lock.
 */
#include "core.h"
#include "vcm_probe.h"

#define VCM_ORDERS_ALL		(((u32)1 << (VCM_MAX_ORDER + 1)) - 1)
#define VCM_CHUNKS_FIRST	8

static int vcm_phys_req_check(const struct vcm_phys_req *req)
{
	u32 orders = req->orders ? req->orders : VCM_ORDERS_ALL;

	if (orders & ~VCM_ORDERS_ALL)
		return -EINVAL;
	if (!req->len || !IS_ALIGNED(req->len, VCM_PAGE_SIZE << __ffs64(orders)))
		return -EINVAL;
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

static void vcm_phys_free_struct(struct vcm_phys *phys)
{
	for (u32 i = 0; i < phys->nr_chunks; i++)
		vcm_os_pages_free(phys->chunks[i].pa, phys->chunks[i].len);
	vcm_os_free(phys->chunks);
	vcm_os_free(phys);
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

static int vcm_phys_fill(struct vcm_phys *phys)
{
	u32 orders = phys->orders;
	u64 left = phys->len;
	u32 room = 0;

	while (left) {
		int order = vcm_order_for(orders, left);
		u64 pa;

		if (order < 0 || vcm_chunks_grow(phys, &room))
			return -ENOMEM;
		if (vcm_os_pages_alloc(order, &pa)) {
			/* The page allocator has none of these left: do without them. */
			orders &= ~((u32)1 << order);
			continue;
		}
		phys->chunks[phys->nr_chunks++] = (struct vcm_chunk) {
			.pa = pa,
			.len = VCM_PAGE_SIZE << order,
		};
		left -= VCM_PAGE_SIZE << order;
	}
	return 0;
}

static struct vcm_phys *vcm_phys_make(const struct vcm_phys_req *req)
{
	struct vcm_phys *phys;
	int err = vcm_phys_req_check(req);

	if (err)
		return ERR_PTR(err);
	phys = vcm_os_zalloc(sizeof(*phys));
	if (!phys)
		return ERR_PTR(-ENOMEM);
	phys->len = req->len;
	phys->orders = req->orders ? req->orders : VCM_ORDERS_ALL;
	phys->refs = 1;
	refcount_set(&phys->uses, 1);
	err = vcm_phys_fill(phys);
	if (!err)
		return phys;
	vcm_phys_free_struct(phys);
	return ERR_PTR(err);
}

/**
 * vcm_phys_alloc() - allocate physical memory
 * @req: how much, and in what chunk sizes
 *
 * Context: may sleep. Return: the memory with one reference, or ERR_PTR(): -EINVAL for a
 * length that is not a multiple of the smallest chunk or orders above VCM_MAX_ORDER; -ENOMEM.
 */
struct vcm_phys *vcm_phys_alloc(const struct vcm_phys_req *req)
{
	const struct vcm_failure what = { VCM_OP_PHYS_ALLOC, 0, { 0, req->len, req->orders } };
	struct vcm_registry *reg = &vcm_registry;
	struct vcm_phys *phys = vcm_phys_make(req);

	vcm_stream_lock(&reg->stream);
	if (IS_ERR(phys)) {
		vcm_fail_locked(&reg->stream, 0, &what, PTR_ERR(phys));
	} else {
		phys->id = ++reg->next_phys;
		list_add_tail(&phys->node, &reg->physes);
		vcm_probe_phys_alloc(reg->stream.id, vcm_stream_next(&reg->stream), 0, phys->id,
				     phys->refs, 0, phys->len, phys->nr_chunks, phys->orders);
	}
	vcm_stream_unlock(&reg->stream);
	return phys;
}
EXPORT_SYMBOL_GPL(vcm_phys_alloc);

/**
 * vcm_phys_get() - take a reference
 * @phys: memory that the caller holds a reference to
 *
 * Context: may sleep. Return: @phys.
 */
struct vcm_phys *vcm_phys_get(struct vcm_phys *phys)
{
	struct vcm_registry *reg = &vcm_registry;

	vcm_stream_lock(&reg->stream);
	phys->refs++;
	vcm_probe_ref(reg->stream.id, vcm_stream_next(&reg->stream), 0, phys->id, phys->refs, 0,
		      VCM_KIND_PHYS);
	vcm_stream_unlock(&reg->stream);
	return phys;
}
EXPORT_SYMBOL_GPL(vcm_phys_get);

/* Drop a use under the registry lock.  Return: true when it was the last: release @phys. */
static bool vcm_phys_unuse_locked(struct vcm_phys *phys)
{
	struct vcm_registry *reg = &vcm_registry;

	lockdep_assert_held(&reg->stream.lock);
	if (!refcount_dec_and_test(&phys->uses))
		return false;
	list_del(&phys->node);
	vcm_probe_phys_free(reg->stream.id, vcm_stream_next(&reg->stream), 0, phys->id,
			    phys->refs, 0, phys->len);
	return true;
}

/**
 * vcm_phys_put() - give up a reference
 * @phys: the memory
 *
 * The pages are released with the last reference and the last binding, whichever is later.
 *
 * Context: may sleep.
 */
void vcm_phys_put(struct vcm_phys *phys)
{
	struct vcm_registry *reg = &vcm_registry;
	bool unused = false;

	vcm_stream_lock(&reg->stream);
	phys->refs--;
	if (!phys->refs)
		unused = vcm_phys_unuse_locked(phys);
	if (!unused)
		vcm_probe_unref(reg->stream.id, vcm_stream_next(&reg->stream), 0, phys->id,
				phys->refs, 0, VCM_KIND_PHYS);
	vcm_stream_unlock(&reg->stream);
	if (unused)
		vcm_phys_free_struct(phys);
}
EXPORT_SYMBOL_GPL(vcm_phys_put);

/* Count a binding; the caller holds a reference. */
void vcm_phys_use(struct vcm_phys *phys)
{
	refcount_inc(&phys->uses);
}

/* Undo vcm_phys_use(); no lock of the core may be held. */
void vcm_phys_unuse(struct vcm_phys *phys)
{
	struct vcm_registry *reg = &vcm_registry;
	bool unused;

	vcm_stream_lock(&reg->stream);
	unused = vcm_phys_unuse_locked(phys);
	vcm_stream_unlock(&reg->stream);
	if (unused)
		vcm_phys_free_struct(phys);
}

/**
 * vcm_phys_id() - the id of memory, as in events
 * @phys: the memory
 *
 * Context: any. Return: the id, never 0.
 */
__u64 vcm_phys_id(const struct vcm_phys *phys)
{
	return phys->id;
}
EXPORT_SYMBOL_GPL(vcm_phys_id);

/**
 * vcm_phys_len() - the length of memory
 * @phys: the memory
 *
 * Context: any. Return: bytes.
 */
__u64 vcm_phys_len(const struct vcm_phys *phys)
{
	return phys->len;
}
EXPORT_SYMBOL_GPL(vcm_phys_len);

/**
 * vcm_phys_chunks() - where memory is
 * @phys:      the memory
 * @nr_chunks: out: length of the list
 *
 * Context: any. Return: the chunks in the order of their offsets, valid while the caller holds
 * a reference.
 */
const struct vcm_chunk *vcm_phys_chunks(const struct vcm_phys *phys, __u32 *nr_chunks)
{
	*nr_chunks = phys->nr_chunks;
	return phys->chunks;
}
EXPORT_SYMBOL_GPL(vcm_phys_chunks);
