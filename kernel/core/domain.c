// SPDX-License-Identifier: GPL-2.0-only
/*
 * domain.c - mapping domains: one for each group of IOMMUs that can share page tables.
 *
 * A domain holds every binding of its context (I3) and exists while it has active devices (I4).
 * A device joins the first domain that its IOMMU can use, or gets a new one into which every
 * binding is mapped before the activation succeeds.
 *
 * What all devices of a context can reach is the window of the context cut to the apertures of
 * its domains; ranges are placed there.
 *
 * Locking: the list changes under the registry lock and the lock of the context; the rest is
 * under the lock of the context.
 */
#include "core.h"
#include "vcm_probe.h"

/* Can a domain with @caps translate [@start, @start + @len)? */
bool vcm_caps_cover(const struct vcm_domain_caps *caps, u64 start, u64 len)
{
	return start >= caps->start && start + (len - 1) <= caps->last;
}

/* Could [@start, @start + @len) be mapped in every domain?  Return: 0 or -ERANGE. */
int vcm_map_check(const struct vcm *vcm, u64 start, u64 len)
{
	const struct vcm_dom *dom;

	list_for_each_entry(dom, &vcm->domains, node)
		if (!vcm_caps_cover(&dom->caps, start, len))
			return -ERANGE;
	return 0;
}

/* Make the binding of @res live in @dom. */
int vcm_dom_map(struct vcm *vcm, struct vcm_dom *dom, const struct vcm_res *res)
{
	if (!vcm_caps_cover(&dom->caps, res->start, res->bound_len))
		return -ERANGE;
	if (vcm_os_should_fail())
		return -ENOMEM;
	return vcm->driver->map(dom->domain, res->start, res->bound_len, res->phys, res->off,
				res->prot);
}

/* A short unmap is a defect below the driver: the event carries the error, the range is gone. */
int vcm_dom_unmap(struct vcm *vcm, struct vcm_dom *dom, const struct vcm_res *res)
{
	int err = vcm->driver->unmap(dom->domain, res->start, res->bound_len);

	WARN_ON_ONCE(err);
	return err;
}

/* Tell that the binding of @res is live in @dom. */
void vcm_tell_map(struct vcm *vcm, const struct vcm_dom *dom, const struct vcm_res *res)
{
	vcm_probe(map, vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
		  res->refs.total, 0, res->start, res->bound_len, dom->id, res->prot);
}

/* Tell that it was removed from there. */
void vcm_tell_unmap(struct vcm *vcm, const struct vcm_dom *dom, const struct vcm_res *res, int err)
{
	vcm_probe(unmap, vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res->id,
		  res->refs.total, err, res->start, res->bound_len, dom->id);
}

static struct vcm_res *vcm_bound_from(struct vcm_res *res)
{
	while (res && !res->phys)
		res = vcm_res_next(res);
	return res;
}

/* The lowest bound reservation, and the next one. */
static struct vcm_res *vcm_bound_first(const struct vcm *vcm)
{
	return vcm_bound_from(vcm_res_first(vcm));
}

static struct vcm_res *vcm_bound_next(struct vcm_res *res)
{
	return vcm_bound_from(vcm_res_next(res));
}

/* Make every binding of @vcm live in @dom, a domain that is not on its list yet; all or none. */
static int vcm_dom_fill(struct vcm *vcm, struct vcm_dom *dom)
{
	struct vcm_res *res, *failed;
	int err;

	for (res = vcm_bound_first(vcm); res; res = vcm_bound_next(res)) {
		err = vcm_dom_map(vcm, dom, res);
		if (err)
			goto err_unmap;
	}
	for (res = vcm_bound_first(vcm); res; res = vcm_bound_next(res))
		vcm_tell_map(vcm, dom, res);
	return 0;

err_unmap:
	failed = res;
	for (res = vcm_bound_first(vcm); res != failed; res = vcm_bound_next(res))
		vcm_dom_unmap(vcm, dom, res);
	return err;
}

/* Remove every binding of @vcm from @dom. */
static void vcm_dom_drain(struct vcm *vcm, struct vcm_dom *dom)
{
	struct vcm_res *res;

	for (res = vcm_bound_first(vcm); res; res = vcm_bound_next(res))
		vcm_tell_unmap(vcm, dom, res, vcm_dom_unmap(vcm, dom, res));
}

/* Can @caps translate what is bound, in pages no larger than the smallest binding? */
static int vcm_caps_check(const struct vcm *vcm, const struct vcm_domain_caps *caps)
{
	const struct vcm_res *res;

	if (!caps->pgsizes || (u64)1 << __ffs64(caps->pgsizes) > VCM_PAGE_SIZE)
		return -EOPNOTSUPP;
	for (res = vcm_bound_first(vcm); res; res = vcm_bound_next((struct vcm_res *)res))
		if (!vcm_caps_cover(caps, res->start, res->bound_len))
			return -ERANGE;
	return 0;
}

static void vcm_caps_cut(struct vcm_domain_caps *caps, const struct vcm_domain_caps *by)
{
	caps->start = max(caps->start, by->start);
	caps->last = min(caps->last, by->last);
	caps->pgsizes &= by->pgsizes;
}

/* What every device of @dom can use; a device that left no longer limits the others. */
static void vcm_dom_recap(struct vcm_dom *dom)
{
	const struct vcm_assoc *assoc;

	dom->caps = (struct vcm_domain_caps) { .last = ~(u64)0, .pgsizes = ~(u64)0 };
	list_for_each_entry(assoc, &dom->vcm->assocs, node)
		if (assoc->dom == dom)
			vcm_caps_cut(&dom->caps, &assoc->caps);
}

static int vcm_dom_attach(struct vcm_dom *dom, struct vcm_device *dev,
			  struct vcm_domain_caps *caps)
{
	*caps = (struct vcm_domain_caps) {};
	if (vcm_os_should_fail())
		return -ENOMEM;
	return dom->vcm->driver->attach(dom->domain, dev, caps);
}

/* Let the device of @assoc use @dom.  Return: 0; -EINVAL when its IOMMU cannot; or an error. */
static int vcm_dom_join(struct vcm_dom *dom, struct vcm_assoc *assoc)
{
	struct vcm *vcm = dom->vcm;
	int err;

	err = vcm_dom_attach(dom, assoc->dev, &assoc->caps);
	if (err)
		return err;
	err = vcm_caps_check(vcm, &assoc->caps);
	if (err) {
		vcm->driver->detach(dom->domain, assoc->dev);
		return err;
	}
	assoc->dom = dom;
	dom->devices++;
	vcm_dom_recap(dom);
	return 0;
}

static struct vcm_dom *vcm_dom_alloc(struct vcm *vcm, struct vcm_device *dev)
{
	struct vcm_dom *dom = vcm_os_zalloc(sizeof(*dom));
	int err;

	if (!dom)
		return ERR_PTR(-ENOMEM);
	dom->vcm = vcm;
	dom->domain = vcm_os_should_fail() ? ERR_PTR(-ENOMEM) :
					     vcm->driver->domain_alloc(dev, dom);
	if (!IS_ERR(dom->domain))
		return dom;
	err = PTR_ERR(dom->domain);
	vcm_os_free(dom);
	return ERR_PTR(err);
}

static void vcm_dom_free(struct vcm_dom *dom)
{
	dom->vcm->driver->domain_free(dom->domain);
	vcm_os_free(dom);
}

/* A new domain for the device of @assoc with every binding live in it. */
static int vcm_dom_create(struct vcm_assoc *assoc)
{
	struct vcm *vcm = assoc->vcm;
	struct vcm_dom *dom;
	int err;

	dom = vcm_dom_alloc(vcm, assoc->dev);
	if (IS_ERR(dom))
		return PTR_ERR(dom);
	err = vcm_dom_join(dom, assoc);
	if (err)
		goto err_free;
	dom->id = ++vcm_registry.next_domain;
	err = vcm_dom_fill(vcm, dom);
	if (err)
		goto err_detach;
	list_add_tail(&dom->node, &vcm->domains);
	vcm->nr_domains++;
	return 0;

err_detach:
	vcm->driver->detach(dom->domain, assoc->dev);
	assoc->dom = NULL;
err_free:
	vcm_dom_free(dom);
	return err;
}

static void vcm_assert_both(const struct vcm_assoc *assoc)
{
	lockdep_assert_held(&vcm_registry.stream.lock);
	lockdep_assert_held(&assoc->vcm->stream.lock);
}

/*
 * Attach the device of @assoc to a domain of its context, an old or a new one.  Both locks are
 * held.  Return: 0, or -errno with nothing changed.
 */
int vcm_assoc_attach_locked(struct vcm_assoc *assoc)
{
	struct vcm_dom *dom;
	int err;

	vcm_assert_both(assoc);
	list_for_each_entry(dom, &assoc->vcm->domains, node) {
		err = vcm_dom_join(dom, assoc);
		if (err != -EINVAL)
			return err;
	}
	return vcm_dom_create(assoc);
}

/* Detach it, without leaving its domain: vcm_assoc_unpause_locked() or _leave_locked() is due. */
void vcm_assoc_pause_locked(struct vcm_assoc *assoc)
{
	vcm_assert_both(assoc);
	assoc->vcm->driver->detach(assoc->dom->domain, assoc->dev);
}

/* Attach it again to the domain that it has not left.  Return: 0 or -errno. */
int vcm_assoc_unpause_locked(struct vcm_assoc *assoc)
{
	struct vcm_domain_caps caps;

	vcm_assert_both(assoc);
	return vcm_dom_attach(assoc->dom, assoc->dev, &caps);
}

/* Take every binding out of a domain that loses its last device. */
static void vcm_dom_retire(struct vcm_dom *dom)
{
	if (dom->devices > 1)
		return;
	vcm_dom_drain(dom->vcm, dom);
	list_del(&dom->node);
	dom->vcm->nr_domains--;
}

/* The device of @assoc no longer counts in its domain, which goes with its last. */
static void vcm_dom_drop(struct vcm_assoc *assoc)
{
	struct vcm_dom *dom = assoc->dom;

	assoc->dom = NULL;
	if (--dom->devices)
		vcm_dom_recap(dom);
	else
		vcm_dom_free(dom);
}

/* Leave the domain that the device was detached from by vcm_assoc_pause_locked(). */
void vcm_assoc_leave_locked(struct vcm_assoc *assoc)
{
	vcm_assert_both(assoc);
	vcm_dom_retire(assoc->dom);
	vcm_dom_drop(assoc);
}

/* Detach the device of @assoc; what is unmapped for that is unmapped while it is attached. */
void vcm_assoc_detach_locked(struct vcm_assoc *assoc)
{
	vcm_assert_both(assoc);
	vcm_dom_retire(assoc->dom);
	assoc->vcm->driver->detach(assoc->dom->domain, assoc->dev);
	vcm_dom_drop(assoc);
}

/* What every device of @vcm can reach. */
void vcm_reach(const struct vcm *vcm, u64 *start, u64 *last)
{
	const struct vcm_dom *dom;

	*start = vcm->ranges.start;
	*last = vcm->ranges.last;
	list_for_each_entry(dom, &vcm->domains, node) {
		*start = max(*start, dom->caps.start);
		*last = min(*last, dom->caps.last);
	}
}
