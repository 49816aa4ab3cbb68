// SPDX-License-Identifier: GPL-2.0-only
/*
 * context.c - contexts: create, count, and tear down in stages that cannot fail.
 *
 * A context is made complete before vcm_create() puts it on the list of the registry, and
 * nothing fails after that.  Its end has three stages:
 *   1. dead: under both locks; no call finds or changes it any more, devices are detached.
 *      Faults from before that are told now, outside the locks
 *   2. empty: every reservation is unbound and leaves the tree, one critical section each
 *   3. gone: off the list, with the vcm_destroy event
 * The struct stays while a reference, a reservation or an association still points to it, and
 * while one of the stages runs.  References are told by events until the context is gone.
 */
#include "core.h"
#include "vcm_probe.h"

struct vcm_registry vcm_registry;

/* Make the registry ready; nothing else of the core may run before. */
void vcm_core_init(void)
{
	mutex_init(&vcm_registry.stream.lock);
	mutex_init(&vcm_registry.holders_lock);
	mutex_init(&vcm_registry.carve_lock);
	INIT_LIST_HEAD(&vcm_registry.holders);
	INIT_LIST_HEAD(&vcm_registry.contexts);
	INIT_LIST_HEAD(&vcm_registry.physes);
	INIT_LIST_HEAD(&vcm_registry.devices);
	INIT_LIST_HEAD(&vcm_registry.carveouts);
}

/* Tell @observer of contexts from now on; NULL for nobody.  Not while contexts come or go. */
void vcm_set_observer(const struct vcm_observer *observer)
{
	vcm_stream_lock(&vcm_registry.stream);
	vcm_registry.observer = observer;
	vcm_stream_unlock(&vcm_registry.stream);
}

/* A driver has all operations for devices, or none and a place operation. */
static bool vcm_driver_is_complete(const struct vcm_driver *driver)
{
	bool all, any;

	if (!driver || !driver->name)
		return false;
	all = driver->domain_alloc && driver->domain_free && driver->attach && driver->detach &&
	      driver->map && driver->unmap;
	any = driver->domain_alloc || driver->domain_free || driver->attach || driver->detach ||
	      driver->map || driver->unmap;
	if (driver->flags & VCM_DRVF_FUSED && !driver->place)
		return false;
	return all || (!any && driver->place);
}

static int vcm_cfg_check(const struct vcm_cfg *cfg)
{
	if (!vcm_driver_is_complete(cfg->driver))
		return -EINVAL;
	if (cfg->start > cfg->last || !IS_ALIGNED(cfg->start, VCM_PAGE_SIZE) ||
	    !IS_ALIGNED(cfg->last + 1, VCM_PAGE_SIZE))
		return -EINVAL;
	return 0;
}

static struct vcm *vcm_alloc(const struct vcm_cfg *cfg)
{
	struct vcm *vcm = vcm_os_zalloc(sizeof(*vcm));

	if (!vcm)
		return NULL;
	mutex_init(&vcm->stream.lock);
	mutex_init(&vcm->fault_lock);
	INIT_LIST_HEAD(&vcm->assocs);
	INIT_LIST_HEAD(&vcm->domains);
	vcm_gaps_init(&vcm->ranges, cfg->start, cfg->last);
	refcount_set(&vcm->mem, 1);
	refcount_set(&vcm->faults, 1);
	vcm->driver = cfg->driver;
	vcm_refs_init(&vcm->refs, cfg->holder);
	return vcm;
}

/**
 * vcm_create() - make a context
 * @cfg: its window and driver
 *
 * The caller owns one reference.  As vcm_create() of both proposals, without a device: those
 * join later, by vcm_assoc().
 *
 * Context: may sleep. Return: the context, or ERR_PTR(): -EINVAL for a window that is not
 * page aligned or an incomplete driver, -ENOMEM.
 */
struct vcm *vcm_create(const struct vcm_cfg *cfg)
{
	const struct vcm_failure what = { VCM_OP_CREATE, 0, { cfg->start, cfg->last } };
	struct vcm_registry *reg = &vcm_registry;
	const struct vcm_observer *observer;
	struct vcm *vcm = NULL;
	int err = vcm_cfg_check(cfg);
	u32 id;

	if (!err) {
		vcm = vcm_alloc(cfg);
		err = vcm ? 0 : -ENOMEM;
	}
	vcm_stream_lock(&reg->stream);
	if (err) {
		vcm_fail_locked(&reg->stream, 0, &what, err);
		vcm_stream_unlock(&reg->stream);
		return ERR_PTR(err);
	}
	id = ++reg->next_vcm;
	vcm->id = id;
	vcm->stream.id = ++reg->next_stream;
	list_add_tail(&vcm->node, &reg->contexts);
	vcm_probe(create, reg->stream.id, vcm_stream_next(&reg->stream), id, id, vcm->refs.total, 0,
		  cfg->start, cfg->last, cfg->driver->kind, vcm->stream.id, 1,
		  vcm_holder_id(cfg->holder));
	observer = reg->observer;
	vcm_stream_unlock(&reg->stream);
	if (observer)
		observer->created(id);
	return vcm;
}
EXPORT_SYMBOL_GPL(vcm_create);

/* Stage 1: both locks; after it nothing joins, reserves or binds. */
static void vcm_make_dead_locked(struct vcm *vcm)
{
	lockdep_assert_held(&vcm_registry.stream.lock);
	vcm_stream_lock(&vcm->stream);
	vcm->dead = true;
	vcm_stream_unlock(&vcm->stream);
	while (!list_empty(&vcm->assocs))
		vcm_assoc_end_locked(list_first_entry(&vcm->assocs, struct vcm_assoc, node));
}

/* Stage 2: the lock is given up between reservations, so that memory is released outside it. */
static void vcm_make_empty(struct vcm *vcm)
{
	struct vcm_res *res;
	struct vcm_phys *phys;

	for (;;) {
		vcm_stream_lock(&vcm->stream);
		res = vcm_res_first(vcm);
		if (!res)
			break;
		while (vcm_res_inner(res))
			res = vcm_res_inner(res);
		phys = vcm_unbind_locked(res);
		vcm_res_drop_locked(res);
		vcm_stream_unlock(&vcm->stream);
		if (phys)
			vcm_binding_release(vcm, phys);
	}
	vcm_stream_unlock(&vcm->stream);
}

/* Stage 3. */
static void vcm_make_gone(struct vcm *vcm)
{
	struct vcm_registry *reg = &vcm_registry;
	const struct vcm_observer *observer;

	vcm_stream_lock(&reg->stream);
	list_del(&vcm->node);
	vcm->gone = true;
	vcm_probe(destroy, reg->stream.id, vcm_stream_next(&reg->stream), vcm->id, vcm->id,
		  vcm->refs.total, 0);
	observer = reg->observer;
	vcm_stream_unlock(&reg->stream);
	if (observer)
		observer->destroyed(vcm->id);
}

/*
 * Drop one reference of @holder; the last one, or @destroy, ends the context.  Return: 0, or
 * -ENOENT when @holder has none: then nothing happens.
 */
static int vcm_release(struct vcm *vcm, struct vcm_holder *holder, bool destroy)
{
	const u32 who = vcm_holder_id(holder);	/* @holder may go with its reference */
	const struct vcm_failure what = { VCM_OP_UNREF, vcm->id, { VCM_KIND_CONTEXT, who } };
	struct vcm_registry *reg = &vcm_registry;
	bool last = false, ends = false;
	int err;

	vcm_stream_lock(&reg->stream);
	err = vcm_refs_put(&vcm->refs, holder);
	if (!err) {
		last = !vcm->refs.total;
		ends = (last || destroy) && !vcm->dead;
	}
	if (err && !vcm->gone)
		vcm_fail_locked(&reg->stream, vcm->id, &what, err);
	else if (!vcm->gone)
		vcm_probe(unref, reg->stream.id, vcm_stream_next(&reg->stream), vcm->id, vcm->id,
			  vcm->refs.total, 0, VCM_KIND_CONTEXT, who);
	if (ends) {
		refcount_inc(&vcm->mem);	/* the last holder may let go before the end */
		vcm_make_dead_locked(vcm);
	}
	vcm_stream_unlock(&reg->stream);
	if (ends) {
		vcm_os_put_and_wait(&vcm->faults);
		vcm_make_empty(vcm);
		vcm_make_gone(vcm);
		vcm_mem_put(vcm);
	}
	if (last)
		vcm_mem_put(vcm);
	return err;
}

/**
 * vcm_destroy() - end a context and give up a reference of nobody named
 * @vcm: the context
 *
 * Deactivates and ends every association, tells of the faults that are on their way, unbinds and
 * frees every reservation, each with its event.  Cannot fail.  Whoever holds a reference to the
 * context, to a reservation or an association still has to give it up; until then their pointers
 * are valid, and calls on them give -ENODEV.  In the proposals a live reservation made this a
 * warning and a leak.
 *
 * Context: may sleep.
 */
void vcm_destroy(struct vcm *vcm)
{
	vcm_release(vcm, NULL, true);
}
EXPORT_SYMBOL_GPL(vcm_destroy);

/**
 * vcm_destroy_as() - end a context and give up a reference of @holder
 * @vcm:    the context
 * @holder: who has a reference
 *
 * Context: may sleep.
 */
void vcm_destroy_as(struct vcm *vcm, struct vcm_holder *holder)
{
	vcm_release(vcm, holder, true);
}
EXPORT_SYMBOL_GPL(vcm_destroy_as);

/**
 * vcm_get_as() - take a reference for a holder
 * @vcm:    a context that the caller holds a reference to
 * @holder: whose it shall be, NULL for nobody named
 *
 * Context: may sleep. Return: 0, -EOVERFLOW at 2^31 references, -ENOMEM unless @holder is NULL
 * or has one already.
 */
int vcm_get_as(struct vcm *vcm, struct vcm_holder *holder)
{
	const struct vcm_failure what = {
		VCM_OP_REF, vcm->id, { VCM_KIND_CONTEXT, vcm_holder_id(holder) }
	};
	struct vcm_registry *reg = &vcm_registry;
	int err;

	vcm_stream_lock(&reg->stream);
	err = vcm_refs_get(&vcm->refs, holder);
	if (err && !vcm->gone)
		vcm_fail_locked(&reg->stream, vcm->id, &what, err);
	else if (!vcm->gone)
		vcm_probe(ref, reg->stream.id, vcm_stream_next(&reg->stream), vcm->id, vcm->id,
			  vcm->refs.total, 0, VCM_KIND_CONTEXT, vcm_holder_id(holder));
	vcm_stream_unlock(&reg->stream);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_get_as);

/**
 * vcm_get() - take a reference for nobody named
 * @vcm: a context that the caller holds a reference to
 *
 * Context: may sleep. Return: @vcm.
 */
struct vcm *vcm_get(struct vcm *vcm)
{
	WARN_ON_ONCE(vcm_get_as(vcm, NULL));
	return vcm;
}
EXPORT_SYMBOL_GPL(vcm_get);

/**
 * vcm_put_as() - give up a reference of a holder; the last one ends the context
 * @vcm:    the context
 * @holder: whose it is, NULL for nobody named
 *
 * Context: may sleep. Return: 0, or -ENOENT when @holder has none: a defect of the caller,
 * told by an event, that takes no reference from others.
 */
int vcm_put_as(struct vcm *vcm, struct vcm_holder *holder)
{
	return vcm_release(vcm, holder, false);
}
EXPORT_SYMBOL_GPL(vcm_put_as);

/**
 * vcm_put() - give up a reference of nobody named; the last one ends the context
 * @vcm: the context
 *
 * Context: may sleep.
 */
void vcm_put(struct vcm *vcm)
{
	vcm_release(vcm, NULL, false);
}
EXPORT_SYMBOL_GPL(vcm_put);

/* Drop what keeps the struct; nothing can reach it after the last. */
void vcm_mem_put(struct vcm *vcm)
{
	if (refcount_dec_and_test(&vcm->mem))
		vcm_os_free(vcm);
}

/**
 * vcm_id() - the id of a context, as in events
 * @vcm: the context
 *
 * Context: any. Return: the id, never 0.
 */
__u32 vcm_id(const struct vcm *vcm)
{
	return vcm->id;
}
EXPORT_SYMBOL_GPL(vcm_id);

/**
 * vcm_info() - what a context is at this moment
 * @vcm:  the context
 * @info: out
 *
 * Context: may sleep.
 */
void vcm_info(struct vcm *vcm, struct vcm_info *info)
{
	const struct vcm_dom *dom;

	vcm_stream_lock(&vcm_registry.stream);
	vcm_stream_lock(&vcm->stream);
	*info = (struct vcm_info) {
		.start = vcm->ranges.start,
		.last = vcm->ranges.last,
		.reservations = vcm->nr_res,
		.refs = vcm->refs.total,
		.domains = vcm->nr_domains,
		.saved = vcm->saved,
	};
	vcm_reach(vcm, &info->reach_start, &info->reach_last);
	if (vcm->nr_domains)
		info->pgsizes = ~(u64)0;
	list_for_each_entry(dom, &vcm->domains, node)
		info->pgsizes &= dom->caps.pgsizes;
	vcm_stream_unlock(&vcm->stream);
	vcm_stream_unlock(&vcm_registry.stream);
}
EXPORT_SYMBOL_GPL(vcm_info);
