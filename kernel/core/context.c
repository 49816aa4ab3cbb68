// SPDX-License-Identifier: GPL-2.0-only
/*
 * context.c - contexts: create, count, and tear down in stages that cannot fail.
 *
 * A context is made complete before vcm_create() puts it on the list of the registry, and
 * nothing fails after that.  Its end has three stages:
 *   1. dead: under both locks; no call finds or changes it any more, devices are detached
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
	INIT_LIST_HEAD(&vcm_registry.contexts);
	INIT_LIST_HEAD(&vcm_registry.physes);
	INIT_LIST_HEAD(&vcm_registry.devices);
}

/* Tell @observer of contexts from now on; NULL for nobody.  Not while contexts come or go. */
void vcm_set_observer(const struct vcm_observer *observer)
{
	vcm_stream_lock(&vcm_registry.stream);
	vcm_registry.observer = observer;
	vcm_stream_unlock(&vcm_registry.stream);
}

static bool vcm_driver_is_complete(const struct vcm_driver *driver)
{
	return driver && driver->name && driver->domain_alloc && driver->domain_free &&
	       driver->attach && driver->detach && driver->map && driver->unmap;
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
	INIT_LIST_HEAD(&vcm->assocs);
	INIT_LIST_HEAD(&vcm->domains);
	vcm_gaps_init(&vcm->ranges, cfg->start, cfg->last);
	refcount_set(&vcm->mem, 1);
	vcm->driver = cfg->driver;
	vcm->refs = 1;
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
	vcm_probe_create(reg->stream.id, vcm_stream_next(&reg->stream), id, id, vcm->refs, 0,
			 cfg->start, cfg->last, cfg->driver->kind, vcm->stream.id, 1);
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
	struct vcm_range *range;
	struct vcm_phys *phys;

	for (;;) {
		vcm_stream_lock(&vcm->stream);
		range = vcm_gaps_first(&vcm->ranges);
		if (!range)
			break;
		phys = vcm_unbind_locked(vcm_res_of(range));
		vcm_res_drop_locked(vcm_res_of(range));
		vcm_stream_unlock(&vcm->stream);
		if (phys)
			vcm_phys_unuse(phys);
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
	vcm_probe_destroy(reg->stream.id, vcm_stream_next(&reg->stream), vcm->id, vcm->id,
			  vcm->refs, 0);
	observer = reg->observer;
	vcm_stream_unlock(&reg->stream);
	if (observer)
		observer->destroyed(vcm->id);
}

/* Drop one reference; the last one, or @destroy, ends the context. */
static void vcm_release(struct vcm *vcm, bool destroy)
{
	struct vcm_registry *reg = &vcm_registry;
	bool last, ends;

	vcm_stream_lock(&reg->stream);
	vcm->refs--;
	last = !vcm->refs;
	ends = (last || destroy) && !vcm->dead;
	if (!vcm->gone)
		vcm_probe_unref(reg->stream.id, vcm_stream_next(&reg->stream), vcm->id, vcm->id,
				vcm->refs, 0, VCM_KIND_CONTEXT);
	if (ends) {
		refcount_inc(&vcm->mem);	/* the last holder may let go before the end */
		vcm_make_dead_locked(vcm);
	}
	vcm_stream_unlock(&reg->stream);
	if (ends) {
		vcm_make_empty(vcm);
		vcm_make_gone(vcm);
		vcm_mem_put(vcm);
	}
	if (last)
		vcm_mem_put(vcm);
}

/**
 * vcm_destroy() - end a context and give up the caller's reference
 * @vcm: the context
 *
 * Deactivates and ends every association, unbinds and frees every reservation, each with its
 * event.  Cannot fail.  Whoever holds a reference to the context, to a reservation or an
 * association still has to give it up; until then their pointers are valid, and calls on them
 * give -ENODEV.  In the proposals a live reservation made this a warning and a leak.
 *
 * Context: may sleep.
 */
void vcm_destroy(struct vcm *vcm)
{
	vcm_release(vcm, true);
}
EXPORT_SYMBOL_GPL(vcm_destroy);

/**
 * vcm_get() - take a reference
 * @vcm: a context that the caller holds a reference to
 *
 * Context: may sleep. Return: @vcm.
 */
struct vcm *vcm_get(struct vcm *vcm)
{
	struct vcm_registry *reg = &vcm_registry;

	vcm_stream_lock(&reg->stream);
	vcm->refs++;
	if (!vcm->gone)
		vcm_probe_ref(reg->stream.id, vcm_stream_next(&reg->stream), vcm->id, vcm->id,
			      vcm->refs, 0, VCM_KIND_CONTEXT);
	vcm_stream_unlock(&reg->stream);
	return vcm;
}
EXPORT_SYMBOL_GPL(vcm_get);

/**
 * vcm_put() - give up a reference; the last one ends the context as vcm_destroy() does
 * @vcm: the context
 *
 * Context: may sleep.
 */
void vcm_put(struct vcm *vcm)
{
	vcm_release(vcm, false);
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
