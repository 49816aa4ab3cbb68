// SPDX-License-Identifier: GPL-2.0-only
/*
 * lookup.c - from an address to its reservation, from memory to its reservations, and from one
 * context to another.
 *
 * VCMM declared all of these and implemented none.  What is returned as a pointer is held;
 * what is handed to a callback is a copy, made under the lock that the callback runs under.
 *
 * Locking: the lock of one context at a time; to go through all of them, the registry lock.
 */
#include "core.h"

static bool vcm_res_has(const struct vcm_res *res, u64 iova)
{
	return iova >= res->start && iova - res->start < res->len;
}

/* The innermost reservation that @iova is in, guards not included; or NULL. */
struct vcm_res *vcm_res_at(const struct vcm *vcm, u64 iova)
{
	struct vcm_range *range = vcm_gaps_overlap(&vcm->ranges, iova, iova);
	struct vcm_res *found = NULL;

	while (range) {
		struct vcm_res *res = container_of(range, struct vcm_res, range);

		if (!vcm_res_has(res, iova))
			break;
		found = res;
		if (!(res->flags & VCM_RESERVE_BOUND))
			break;
		range = vcm_gaps_overlap(&res->inner, iova, iova);
	}
	return found;
}

/**
 * vcm_find_res() - the reservation that an address is in
 * @vcm:  the context
 * @iova: the address
 *
 * Context: may sleep. Return: the reservation with a reference of nobody named, to be given up
 * by vcm_unreserve(); or ERR_PTR(): -ENOENT, -ENODEV when the context was destroyed,
 * -EOVERFLOW.
 */
struct vcm_res *vcm_find_res(struct vcm *vcm, __u64 iova)
{
	struct vcm_res *res;
	int err = -ENOENT;

	vcm_stream_lock(&vcm->stream);
	res = vcm_res_at(vcm, iova);
	if (vcm->dead)
		err = -ENODEV;
	else if (res)
		err = vcm_res_get_locked(res, NULL);
	vcm_stream_unlock(&vcm->stream);
	return err ? ERR_PTR(err) : res;
}
EXPORT_SYMBOL_GPL(vcm_find_res);

/* A copy of @res; the lock of its context is held. */
void vcm_res_info_locked(const struct vcm_res *res, struct vcm_res_info *info)
{
	*info = (struct vcm_res_info) {
		.id = res->id,
		.vcm = res->vcm->id,
		.start = res->start,
		.len = res->len,
		.phys = res->phys ? res->phys->id : 0,
		.off = res->off,
		.bound_len = res->bound_len,
		.refs = res->refs.total,
		.prot = res->prot,
		.mapped = res->phys ? res->vcm->nr_domains : 0,
		.flags = res->flags,
	};
}

/**
 * vcm_find_info() - what is known of the reservation that an address is in
 * @vcm:  the context
 * @iova: the address
 * @info: out: the innermost reservation, guards not included
 *
 * Context: may sleep. Return: 0, or -ENOENT.
 */
int vcm_find_info(struct vcm *vcm, __u64 iova, struct vcm_res_info *info)
{
	const struct vcm_res *res;

	vcm_stream_lock(&vcm->stream);
	res = vcm_res_at(vcm, iova);
	if (res)
		vcm_res_info_locked(res, info);
	vcm_stream_unlock(&vcm->stream);
	return res ? 0 : -ENOENT;
}
EXPORT_SYMBOL_GPL(vcm_find_info);

static struct vcm_res *vcm_res_from(const struct vcm_gaps *gaps, u64 iova)
{
	struct vcm_range *range = vcm_gaps_overlap(gaps, iova, gaps->last);

	return range ? container_of(range, struct vcm_res, range) : NULL;
}

/* The first one beyond (@iova, @id), see vcm_find_next(); goes down, and never through, a tree. */
static struct vcm_res *vcm_res_beyond(const struct vcm *vcm, u64 iova, u64 id)
{
	struct vcm_res *res = vcm_res_from(&vcm->ranges, iova);

	while (res && (res->start < iova || (res->start == iova && res->id <= id))) {
		struct vcm_res *inner = NULL;

		if (res->flags & VCM_RESERVE_BOUND)
			inner = vcm_res_from(&res->inner, iova);
		res = inner ? inner : vcm_res_skip(res);
	}
	return res;
}

/**
 * vcm_find_next() - go from one reservation of a context to the next
 * @vcm:  the context
 * @iova: where to go on from
 * @id:   0, or the id of the reservation at @iova that was seen last
 * @info: out: the first reservation that starts above @iova, or at @iova with an id above @id
 *
 * Address and id are the order of a visit: a sub-window comes before what is inside it and has
 * the lower id.  So going on from what was found last visits every reservation that is there all
 * the time once, whatever comes and goes meanwhile, that one included.
 *
 * Context: may sleep. Return: 0, or -ENOENT after the last.
 */
int vcm_find_next(struct vcm *vcm, __u64 iova, __u64 id, struct vcm_res_info *info)
{
	const struct vcm_res *res;

	vcm_stream_lock(&vcm->stream);
	res = vcm_res_beyond(vcm, iova, id);
	if (res)
		vcm_res_info_locked(res, info);
	vcm_stream_unlock(&vcm->stream);
	return res ? 0 : -ENOENT;
}
EXPORT_SYMBOL_GPL(vcm_find_next);

static int vcm_visit(struct vcm *vcm, const struct vcm_phys *phys, vcm_res_fn fn, void *data)
{
	struct vcm_res_info info;
	struct vcm_res *res;
	int ret = 0;

	vcm_stream_lock(&vcm->stream);
	for (res = vcm_res_first(vcm); res && !ret; res = vcm_res_next(res)) {
		if (phys && res->phys != phys)
			continue;
		vcm_res_info_locked(res, &info);
		ret = fn(&info, data);
	}
	vcm_stream_unlock(&vcm->stream);
	return ret;
}

/**
 * vcm_for_each_res() - visit every reservation of a context
 * @vcm:  the context
 * @fn:   called in address order with the lock of the context held: it must not call this API
 * @data: for @fn
 *
 * Context: may sleep. Return: 0, or what @fn returned when that was not 0; it ends the visit.
 */
int vcm_for_each_res(struct vcm *vcm, vcm_res_fn fn, void *data)
{
	return vcm_visit(vcm, NULL, fn, data);
}
EXPORT_SYMBOL_GPL(vcm_for_each_res);

/**
 * vcm_phys_for_each_res() - visit every reservation that memory is bound to
 * @phys: the memory
 * @fn:   called with the registry lock and the lock of a context held: it must not call this
 *        API
 * @data: for @fn
 *
 * Looks at every reservation there is.
 *
 * Context: may sleep. Return: 0, or what @fn returned when that was not 0; it ends the visit.
 */
int vcm_phys_for_each_res(struct vcm_phys *phys, vcm_res_fn fn, void *data)
{
	struct vcm *vcm;
	int ret = 0;

	vcm_stream_lock(&vcm_registry.stream);
	list_for_each_entry(vcm, &vcm_registry.contexts, node) {
		ret = vcm_visit(vcm, phys, fn, data);
		if (ret)
			break;
	}
	vcm_stream_unlock(&vcm_registry.stream);
	return ret;
}
EXPORT_SYMBOL_GPL(vcm_phys_for_each_res);

/* What memory is at @iova, and at which offset?  The id tells it apart, nothing is held. */
static int vcm_memory_at(struct vcm *vcm, u64 iova, u64 *phys, u64 *off)
{
	const struct vcm_res *res;
	int err = -ENOENT;

	vcm_stream_lock(&vcm->stream);
	res = vcm_res_at(vcm, iova);
	if (res && res->phys && iova - res->start < res->bound_len) {
		*phys = res->phys->id;
		*off = res->off + (iova - res->start);
		err = 0;
	}
	vcm_stream_unlock(&vcm->stream);
	return err;
}

/**
 * vcm_translate() - the address of the same byte in another context
 * @from: the context of @iova
 * @iova: an address of @from with memory behind it
 * @to:   the other context; may be the same
 * @out:  out: the lowest address of @to with that byte behind it
 *
 * Context: may sleep. Return: 0, or -ENOENT.
 */
int vcm_translate(struct vcm *from, __u64 iova, struct vcm *to, __u64 *out)
{
	struct vcm_res *res;
	u64 phys, off;
	int err;

	err = vcm_memory_at(from, iova, &phys, &off);
	if (err)
		return err;
	err = -ENOENT;
	vcm_stream_lock(&to->stream);
	for (res = vcm_res_first(to); res && err; res = vcm_res_next(res)) {
		if (!res->phys || res->phys->id != phys)
			continue;
		if (off < res->off || off - res->off >= res->bound_len)
			continue;
		*out = res->start + (off - res->off);
		err = 0;
	}
	vcm_stream_unlock(&to->stream);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_translate);

static u64 vcm_phys_pa(const struct vcm_phys *phys, u64 off)
{
	const struct vcm_chunk *chunk = phys->chunks;

	while (off >= chunk->len) {
		off -= chunk->len;
		chunk++;
	}
	return chunk->pa + off;
}

/**
 * vcm_iova_to_phys() - the physical address behind an address
 * @vcm:  the context
 * @iova: the address
 * @pa:   out
 *
 * Says what VCM bound, whether or not a device is active.
 *
 * Context: may sleep. Return: 0, or -ENOENT when nothing is bound there.
 */
int vcm_iova_to_phys(struct vcm *vcm, __u64 iova, __u64 *pa)
{
	const struct vcm_res *res;
	int err = -ENOENT;

	vcm_stream_lock(&vcm->stream);
	res = vcm_res_at(vcm, iova);
	if (res && res->phys && iova - res->start < res->bound_len) {
		*pa = vcm_phys_pa(res->phys, res->off + (iova - res->start));
		err = 0;
	}
	vcm_stream_unlock(&vcm->stream);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_iova_to_phys);
