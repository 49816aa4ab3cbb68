// SPDX-License-Identifier: GPL-2.0-only
/*
 * phys.c - physical memory: a counted list of chunks.
 *
 * Memory is zeroed, and made of pages (chunks.c) or one piece of a carve-out (carve.c).  Memory
 * from elsewhere is wrapped, with a way to give it back.
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

static void vcm_phys_free_struct(struct vcm_phys *phys)
{
	if (phys->note)
		phys->note->free(phys->note);
	for (u32 i = 0; !phys->ops && i < phys->nr_chunks; i++)
		vcm_os_pages_free(phys->chunks[i].pa, phys->chunks[i].len, phys->cache);
	if (phys->ops)
		phys->ops->release(phys->priv);
	vcm_os_free(phys->chunks);
	vcm_os_free(phys);
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

static struct vcm_phys *vcm_phys_from_pages(const struct vcm_phys_req *req)
{
	struct vcm_phys *phys = vcm_phys_new(req->len, req->cache, req->holder);
	int err;

	if (!phys)
		return ERR_PTR(-ENOMEM);
	phys->orders = vcm_phys_req_orders(req);
	phys->source = req->flags & VCM_PHYS_CONTIG ? VCM_SOURCE_CONTIG : VCM_SOURCE_PAGES;
	err = vcm_phys_fill(phys, req);
	if (!err)
		return phys;
	vcm_phys_abort(phys);
	return ERR_PTR(err);
}

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

static struct vcm_phys *vcm_phys_from_carveout(const struct vcm_phys_req *req)
{
	struct vcm_chunk chunk;
	struct vcm_phys_desc desc = {
		.chunks = &chunk,
		.nr_chunks = 1,
		.cache = req->cache,
		.source = VCM_SOURCE_CARVEOUT,
		.holder = req->holder,
	};
	struct vcm_phys *phys;
	int err = vcm_carve(req, &desc, &chunk);

	if (err)
		return ERR_PTR(err);
	phys = vcm_phys_copy(&desc);
	if (IS_ERR(phys))
		desc.ops->release(desc.priv);
	return phys;
}

static struct vcm_phys *vcm_phys_make(const struct vcm_phys_req *req)
{
	int err = vcm_phys_req_check(req);

	if (err)
		return ERR_PTR(err);
	if (req->flags & VCM_PHYS_CARVEOUT)
		return vcm_phys_from_carveout(req);
	return vcm_phys_from_pages(req);
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
		vcm_probe(phys_alloc, reg->stream.id, vcm_stream_next(&reg->stream), 0, phys->id,
			  phys->refs.total, 0, phys->len, phys->nr_chunks, phys->orders,
			  phys->cache, phys->source, vcm_holder_id(phys->refs.first.holder));
	}
	vcm_stream_unlock(&reg->stream);
}

/**
 * vcm_phys_alloc() - allocate physical memory
 * @req: how much, in what chunk sizes and with which cache attribute
 *
 * Chunks above the largest order of the page allocator and VCM_PHYS_CONTIG use
 * alloc_contig_range(), which needs no device and no CMA area of its own, at the price of a
 * search for a range that can be emptied.  VCM_PHYS_CARVEOUT takes one chunk from a carve-out.
 *
 * Context: may sleep. Return: the memory with one reference, or ERR_PTR(): -EINVAL for a
 * length that is not a multiple of the smallest chunk, orders above VCM_MAX_ORDER, an unknown
 * @cache, a node or a carve-out that does not exist; -EOPNOTSUPP for unknown flags, a cache
 * attribute that this machine cannot give to memory, or when there is no carve-out; -ENOMEM.
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
	struct vcm_phys *phys = ERR_PTR(-EINVAL);

	/* Only vcm_phys_alloc() makes memory of carve-outs: I10. */
	if (desc->source != VCM_SOURCE_CARVEOUT)
		phys = vcm_phys_copy(desc);
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
		vcm_probe(ref, reg->stream.id, vcm_stream_next(&reg->stream), 0, phys->id,
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
	vcm_probe(phys_free, reg->stream.id, vcm_stream_next(&reg->stream), 0, phys->id,
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
			vcm_probe(unref, reg->stream.id, vcm_stream_next(&reg->stream), 0, phys->id,
				  phys->refs.total, 0, VCM_KIND_PHYS, who);
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
		vcm_probe(ref, reg->stream.id, vcm_stream_next(&reg->stream), 0, phys->id,
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
 * vcm_phys_source() - where memory comes from
 * @phys: the memory
 *
 * Context: any. Return: the source; VCM_SOURCE_CARVEOUT is memory that may have no struct page.
 */
enum vcm_source vcm_phys_source(const struct vcm_phys *phys)
{
	return phys->source;
}
EXPORT_SYMBOL_GPL(vcm_phys_source);

/**
 * vcm_phys_is_own() - is memory made of pages that vcm_phys_alloc() allocated?
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
