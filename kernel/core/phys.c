// SPDX-License-Identifier: GPL-2.0-only
/*
 * phys.c - physical memory: a counted list of chunks.
 *
 * Chunk sizes are powers of two pages, as many as the caller allows, the largest first: the
 * idea of the multi-order allocators of both VCM proposals.  Memory is zeroed.  Memory from
 * elsewhere is wrapped, with a way to give it back.
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

#define VCM_ORDERS_KNOWN	(((u32)1 << (VCM_MAX_ORDER + 1)) - 1)
#define VCM_ORDERS_USUAL	(((u32)1 << 11) - 1)	/* what the page allocator has */
#define VCM_CHUNKS_FIRST	8
#define VCM_PHYS_FLAGS		(VCM_PHYS_CONTIG | VCM_PHYS_NODE)

static bool vcm_cache_is_known(enum vcm_cache cache)
{
	return cache == VCM_CACHE_WB || cache == VCM_CACHE_WC || cache == VCM_CACHE_UC;
}

static u32 vcm_phys_req_orders(const struct vcm_phys_req *req)
{
	if (req->flags & VCM_PHYS_CONTIG)
		return 1;
	return req->orders ? req->orders : VCM_ORDERS_USUAL;
}

static int vcm_phys_req_check(const struct vcm_phys_req *req)
{
	u32 orders = vcm_phys_req_orders(req);

	if (req->flags & ~VCM_PHYS_FLAGS)
		return -EOPNOTSUPP;
	if (orders & ~VCM_ORDERS_KNOWN || !vcm_cache_is_known(req->cache))
		return -EINVAL;
	if ((req->flags & VCM_PHYS_CONTIG) && req->orders)
		return -EINVAL;
	if ((req->flags & VCM_PHYS_NODE) && (s32)req->node < 0)
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
	for (u32 i = 0; !phys->ops && i < phys->nr_chunks; i++)
		vcm_os_pages_free(phys->chunks[i].pa, phys->chunks[i].len, phys->cache);
	if (phys->ops)
		phys->ops->release(phys->priv);
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

static int vcm_phys_fill(struct vcm_phys *phys, const struct vcm_phys_req *req)
{
	struct vcm_os_pages_req pages = {
		.cache = req->cache,
		.node = req->flags & VCM_PHYS_NODE ? (s32)req->node : -1,
	};
	u32 orders = vcm_phys_req_orders(req);
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

static struct vcm_phys *vcm_phys_new(u64 len, enum vcm_cache cache, struct vcm_holder *holder)
{
	struct vcm_phys *phys = vcm_os_zalloc(sizeof(*phys));

	if (!phys)
		return NULL;
	phys->len = len;
	phys->cache = cache;
	vcm_refs_init(&phys->refs, holder);
	refcount_set(&phys->uses, 1);
	return phys;
}

static void vcm_phys_abort(struct vcm_phys *phys)
{
	vcm_refs_put(&phys->refs, phys->refs.first.holder);
	vcm_phys_free_struct(phys);
}

static struct vcm_phys *vcm_phys_make(const struct vcm_phys_req *req)
{
	struct vcm_phys *phys;
	int err = vcm_phys_req_check(req);

	if (err)
		return ERR_PTR(err);
	phys = vcm_phys_new(req->len, req->cache, req->holder);
	if (!phys)
		return ERR_PTR(-ENOMEM);
	phys->orders = req->flags & VCM_PHYS_CONTIG ? 0 : vcm_phys_req_orders(req);
	phys->source = req->flags & VCM_PHYS_CONTIG ? VCM_SOURCE_CONTIG : VCM_SOURCE_PAGES;
	err = vcm_phys_fill(phys, req);
	if (!err)
		return phys;
	vcm_phys_abort(phys);
	return ERR_PTR(err);
}

/* Make @phys visible, or tell why there is none. */
static void vcm_phys_finalize(struct vcm_phys *phys, const struct vcm_failure *what)
{
	struct vcm_registry *reg = &vcm_registry;

	vcm_stream_lock(&reg->stream);
	if (IS_ERR(phys)) {
		vcm_fail_locked(&reg->stream, 0, what, PTR_ERR(phys));
	} else {
		phys->id = ++reg->next_phys;
		list_add_tail(&phys->node, &reg->physes);
		vcm_probe_phys_alloc(reg->stream.id, vcm_stream_next(&reg->stream), 0, phys->id,
				     phys->refs.total, 0, phys->len, phys->nr_chunks,
				     phys->orders, phys->cache, phys->source,
				     vcm_holder_id(phys->refs.first.holder));
	}
	vcm_stream_unlock(&reg->stream);
}

/**
 * vcm_phys_alloc() - allocate physical memory
 * @req: how much, in what chunk sizes and with which cache attribute
 *
 * Chunks above the largest order of the page allocator and VCM_PHYS_CONTIG use
 * alloc_contig_range(), which needs no device and no CMA area of its own, at the price of a
 * search for a range that can be emptied.
 *
 * Context: may sleep. Return: the memory with one reference, or ERR_PTR(): -EINVAL for a
 * length that is not a multiple of the smallest chunk, orders above VCM_MAX_ORDER, an unknown
 * @cache or a node that does not exist; -EOPNOTSUPP for unknown flags or a cache attribute that
 * this machine cannot give to memory; -ENOMEM.
 */
struct vcm_phys *vcm_phys_alloc(const struct vcm_phys_req *req)
{
	const struct vcm_failure what = {
		VCM_OP_PHYS_ALLOC, 0, { req->orders, req->len, req->flags }
	};
	struct vcm_phys *phys = vcm_phys_make(req);

	vcm_phys_finalize(phys, &what);
	return phys;
}
EXPORT_SYMBOL_GPL(vcm_phys_alloc);

static int vcm_desc_len(const struct vcm_phys_desc *desc, u64 *len)
{
	*len = 0;
	if (!desc->nr_chunks || !desc->ops || !desc->ops->release ||
	    !vcm_cache_is_known(desc->cache))
		return -EINVAL;
	for (u32 i = 0; i < desc->nr_chunks; i++) {
		const struct vcm_chunk *chunk = &desc->chunks[i];

		if (!chunk->len || !IS_ALIGNED(chunk->pa | chunk->len, VCM_PAGE_SIZE))
			return -EINVAL;
		if (chunk->pa + (chunk->len - 1) < chunk->pa ||
		    check_add_overflow(*len, chunk->len, len))
			return -EINVAL;
	}
	return 0;
}

static struct vcm_phys *vcm_phys_copy(const struct vcm_phys_desc *desc)
{
	struct vcm_phys *phys;
	u64 len;
	int err = vcm_desc_len(desc, &len);

	if (err)
		return ERR_PTR(err);
	phys = vcm_phys_new(len, desc->cache, desc->holder);
	if (!phys)
		return ERR_PTR(-ENOMEM);
	phys->source = desc->source;
	phys->chunks = vcm_os_zalloc(desc->nr_chunks * sizeof(*phys->chunks));
	if (!phys->chunks) {
		vcm_phys_abort(phys);
		return ERR_PTR(-ENOMEM);
	}
	memcpy(phys->chunks, desc->chunks, desc->nr_chunks * sizeof(*phys->chunks));
	phys->nr_chunks = desc->nr_chunks;
	phys->ops = desc->ops;
	phys->priv = desc->priv;
	phys->readonly = desc->readonly;
	return phys;
}

/**
 * vcm_phys_wrap() - make memory from elsewhere known
 * @desc: where it is, and how to give it back
 *
 * On failure the memory stays the caller's.
 *
 * Context: may sleep. Return: the memory with one reference, or ERR_PTR(): -EINVAL, -ENOMEM.
 */
struct vcm_phys *vcm_phys_wrap(const struct vcm_phys_desc *desc)
{
	const struct vcm_failure what = { VCM_OP_IMPORT, 0, { desc->source, desc->nr_chunks } };
	struct vcm_phys *phys = vcm_phys_copy(desc);

	vcm_phys_finalize(phys, &what);
	return phys;
}
EXPORT_SYMBOL_GPL(vcm_phys_wrap);

/**
 * vcm_phys_get_as() - take a reference for a holder
 * @phys:   memory that the caller holds a reference to
 * @holder: whose it shall be, NULL for nobody named
 *
 * Context: may sleep. Return: 0, -EOVERFLOW at 2^31 references, -ENOMEM unless @holder is NULL
 * or has one already.
 */
int vcm_phys_get_as(struct vcm_phys *phys, struct vcm_holder *holder)
{
	const struct vcm_failure what = {
		VCM_OP_REF, phys->id, { VCM_KIND_PHYS, vcm_holder_id(holder) }
	};
	struct vcm_registry *reg = &vcm_registry;
	int err;

	vcm_stream_lock(&reg->stream);
	err = vcm_refs_get(&phys->refs, holder);
	if (err)
		vcm_fail_locked(&reg->stream, 0, &what, err);
	else
		vcm_probe_ref(reg->stream.id, vcm_stream_next(&reg->stream), 0, phys->id,
			      phys->refs.total, 0, VCM_KIND_PHYS, vcm_holder_id(holder));
	vcm_stream_unlock(&reg->stream);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_phys_get_as);

/**
 * vcm_phys_get() - take a reference for nobody named
 * @phys: memory that the caller holds a reference to
 *
 * Context: may sleep. Return: @phys.
 */
struct vcm_phys *vcm_phys_get(struct vcm_phys *phys)
{
	WARN_ON_ONCE(vcm_phys_get_as(phys, NULL));
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
			    phys->refs.total, 0, phys->len);
	return true;
}

/**
 * vcm_phys_put_as() - give up a reference of a holder
 * @phys:   the memory
 * @holder: whose it is, NULL for nobody named
 *
 * The pages are released with the last reference and the last binding, whichever is later.
 *
 * Context: may sleep. Return: 0, or -ENOENT when @holder has none: a defect of the caller, told
 * by an event, that takes no reference from others.
 */
int vcm_phys_put_as(struct vcm_phys *phys, struct vcm_holder *holder)
{
	const u32 who = vcm_holder_id(holder);	/* @holder may go with its reference */
	const struct vcm_failure what = { VCM_OP_UNREF, phys->id, { VCM_KIND_PHYS, who } };
	struct vcm_registry *reg = &vcm_registry;
	bool unused = false;
	int err;

	vcm_stream_lock(&reg->stream);
	err = vcm_refs_put(&phys->refs, holder);
	if (err) {
		vcm_fail_locked(&reg->stream, 0, &what, err);
	} else {
		if (!phys->refs.total)
			unused = vcm_phys_unuse_locked(phys);
		if (!unused)
			vcm_probe_unref(reg->stream.id, vcm_stream_next(&reg->stream), 0,
					phys->id, phys->refs.total, 0, VCM_KIND_PHYS, who);
	}
	vcm_stream_unlock(&reg->stream);
	if (unused)
		vcm_phys_free_struct(phys);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_phys_put_as);

/**
 * vcm_phys_put() - give up a reference of nobody named
 * @phys: the memory
 *
 * Context: may sleep.
 */
void vcm_phys_put(struct vcm_phys *phys)
{
	vcm_phys_put_as(phys, NULL);
}
EXPORT_SYMBOL_GPL(vcm_phys_put);

/* Count a binding; the caller holds a reference. */
void vcm_phys_use(struct vcm_phys *phys)
{
	refcount_inc(&phys->uses);
}

/*
 * Turn a use into a reference of nobody named, whether or not there are others.  Return: 0, or
 * -EOVERFLOW and the use is left to the caller.
 */
int vcm_phys_revive(struct vcm_phys *phys)
{
	struct vcm_registry *reg = &vcm_registry;
	int err;

	vcm_stream_lock(&reg->stream);
	err = vcm_refs_get(&phys->refs, NULL);
	if (!err) {
		vcm_probe_ref(reg->stream.id, vcm_stream_next(&reg->stream), 0, phys->id,
			      phys->refs.total, 0, VCM_KIND_PHYS, 0);
		/* All references are one use together; the caller's is it if this is the first. */
		if (phys->refs.total > 1)
			refcount_dec(&phys->uses);
	}
	vcm_stream_unlock(&reg->stream);
	return err;
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
 * vcm_phys_cache() - the cache attribute of memory
 * @phys: the memory
 *
 * Context: any. Return: the attribute.
 */
enum vcm_cache vcm_phys_cache(const struct vcm_phys *phys)
{
	return phys->cache;
}
EXPORT_SYMBOL_GPL(vcm_phys_cache);

/**
 * vcm_phys_is_own() - was memory allocated by vcm_phys_alloc()?
 * @phys: the memory
 *
 * Context: any. Return: the answer.
 */
bool vcm_phys_is_own(const struct vcm_phys *phys)
{
	return !phys->ops;
}
EXPORT_SYMBOL_GPL(vcm_phys_is_own);

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
