// SPDX-License-Identifier: GPL-2.0-only
/*
 * assoc.c - associations: a device and a context, and the count of activations.
 *
 * The first activation attaches the device to a mapping domain (domain.c), the last one detaches
 * it.  Counted activation is from RFCv2, where it belonged to the context; association as a
 * step of its own is from VCMM; switching a device between contexts while it is in use is what
 * the MSM System MMU did with its context banks.
 *
 * While a context is saved (vcm_save()) activations are counted and nothing is attached.
 *
 * Locking: the registry lock, and inside it the lock of the context while domains change.
 */
#include "core.h"
#include "vcm_probe.h"

#define VCM_ACTIVE_MAX ((u32)1 << 31)

/*
 * The association with the lowest id above @id, in any context; NULL after the last.  Lists are
 * short; the registry lock is held.
 */
const struct vcm_assoc *vcm_assoc_after(u64 id)
{
	const struct vcm_assoc *assoc, *best = NULL;
	const struct vcm *vcm;

	list_for_each_entry(vcm, &vcm_registry.contexts, node)
		list_for_each_entry(assoc, &vcm->assocs, node)
			if (assoc->id > id && (!best || assoc->id < best->id))
				best = assoc;
	return best;
}

static int vcm_assoc_add_locked(struct vcm *vcm, struct vcm_device *dev, struct vcm_assoc *assoc)
{
	struct vcm_registry *reg = &vcm_registry;
	struct vcm_assoc *other;
	int err;

	lockdep_assert_held(&reg->stream.lock);

	if (vcm->dead || dev->gone)
		return -ENODEV;
	if (!vcm->driver->domain_alloc)
		return -EOPNOTSUPP;
	list_for_each_entry(other, &vcm->assocs, node)
		if (other->dev == dev)
			return -EEXIST;
	INIT_LIST_HEAD(&assoc->resvs);
	assoc->vcm = vcm;
	assoc->dev = dev;
	err = vcm_resv_claim(assoc);
	if (err)
		return err;
	refcount_inc(&vcm->mem);
	refcount_inc(&dev->mem);
	assoc->id = ++reg->next_assoc;
	list_add_tail(&assoc->node, &vcm->assocs);
	vcm_probe(assoc, reg->stream.id, vcm_stream_next(&reg->stream), vcm->id, assoc->id, 0, 0,
		  dev->id);
	return 0;
}

/**
 * vcm_assoc_device() - associate a device with a context
 * @vcm: the context
 * @dev: the device; the caller keeps it from going away during the call
 *
 * A device may be associated with many contexts and a context with many devices.
 *
 * The addresses that the device's IOMMU treats specially (MSI windows, firmware's regions) are
 * reserved in the context, so that nobody is given an address that cannot work.
 *
 * Context: may sleep. Return: the association, or ERR_PTR(): -EEXIST, -ENODEV when the device
 * or the context is gone, -EADDRINUSE when such an address is reserved by somebody already,
 * -EOPNOTSUPP when the driver of the context has no devices, -ENOMEM.
 */
struct vcm_assoc *vcm_assoc_device(struct vcm *vcm, struct vcm_device *dev)
{
	const struct vcm_failure what = { VCM_OP_ASSOC, 0, { dev->id } };
	struct vcm_assoc *assoc = vcm_os_zalloc(sizeof(*assoc));
	struct vcm_registry *reg = &vcm_registry;
	int err;

	vcm_stream_lock(&reg->stream);
	err = assoc ? vcm_assoc_add_locked(vcm, dev, assoc) : -ENOMEM;
	if (err && !vcm->gone)
		vcm_fail_locked(&reg->stream, vcm->id, &what, err);
	vcm_stream_unlock(&reg->stream);
	if (!err)
		return assoc;
	vcm_os_free(assoc);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(vcm_assoc_device);

static int vcm_attach_locked(struct vcm_assoc *assoc)
{
	int err;

	vcm_stream_lock(&assoc->vcm->stream);
	err = vcm_assoc_attach_locked(assoc);
	vcm_stream_unlock(&assoc->vcm->stream);
	return err;
}

static void vcm_detach_locked(struct vcm_assoc *assoc)
{
	vcm_stream_lock(&assoc->vcm->stream);
	vcm_assoc_detach_locked(assoc);
	vcm_stream_unlock(&assoc->vcm->stream);
}

static u32 vcm_dom_id(const struct vcm_dom *dom)
{
	return dom ? dom->id : 0;
}

/* Tell how active an association is, and where. */
void vcm_tell_activate(struct vcm_assoc *assoc)
{
	struct vcm_registry *reg = &vcm_registry;

	vcm_probe(activate, reg->stream.id, vcm_stream_next(&reg->stream), assoc->vcm->id,
		  assoc->id, assoc->active, 0, assoc->dev->id, vcm_dom_id(assoc->dom));
}

static int vcm_activate_locked(struct vcm_assoc *assoc)
{
	int err;

	if (assoc->dead)
		return -ENODEV;
	if (assoc->active >= VCM_ACTIVE_MAX)
		return -EOVERFLOW;
	if (!assoc->active && !assoc->vcm->saved) {
		err = vcm_attach_locked(assoc);
		if (err)
			return err;
	}
	assoc->active++;
	return 0;
}

/**
 * vcm_activate() - let the device of an association use the context
 * @assoc: the association
 *
 * Counted: the first call attaches the device and returns with every binding live for it.
 * Between the attachment and the last mapping the device faults on what is not mapped yet.
 *
 * Context: may sleep. Return: 0, -ENODEV when the device or the context is gone, -EBUSY when
 * the device is in use by another owner or context, -ERANGE when a binding is outside the
 * aperture, -EOPNOTSUPP when the IOMMU has only pages larger than the CPU's, -EOVERFLOW, or
 * the error of the IOMMU.
 */
int vcm_activate(struct vcm_assoc *assoc)
{
	const struct vcm_failure what = { VCM_OP_ACTIVATE, assoc->id, { assoc->dev->id } };
	struct vcm_registry *reg = &vcm_registry;
	struct vcm *vcm = assoc->vcm;
	int err;

	vcm_stream_lock(&reg->stream);
	err = vcm_activate_locked(assoc);
	if (!err)
		vcm_tell_activate(assoc);
	else if (!vcm->gone)
		vcm_fail_locked(&reg->stream, vcm->id, &what, err);
	vcm_stream_unlock(&reg->stream);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_activate);

static void vcm_tell_deactivate(struct vcm_assoc *assoc, u32 domain)
{
	struct vcm_registry *reg = &vcm_registry;

	vcm_probe(deactivate, reg->stream.id, vcm_stream_next(&reg->stream), assoc->vcm->id,
		  assoc->id, assoc->active, 0, assoc->dev->id, domain);
}

/* @count activations end; there are at least so many. */
static void vcm_deactivate_locked(struct vcm_assoc *assoc, u32 count)
{
	u32 domain = vcm_dom_id(assoc->dom);

	assoc->active -= count;
	if (!assoc->active && assoc->dom)
		vcm_detach_locked(assoc);
	vcm_tell_deactivate(assoc, domain);
}

/**
 * vcm_deactivate() - end one activation
 * @assoc: the association
 *
 * The last one detaches the device: on return it reaches nothing of the context.
 *
 * Context: may sleep. Return: 0, -ENXIO when it is not active, -ENODEV when the device or the
 * context is gone.
 */
int vcm_deactivate(struct vcm_assoc *assoc)
{
	const struct vcm_failure what = { VCM_OP_DEACTIVATE, assoc->id, { assoc->dev->id } };
	struct vcm_registry *reg = &vcm_registry;
	int err = 0;

	vcm_stream_lock(&reg->stream);
	if (assoc->dead)
		err = -ENODEV;
	else if (!assoc->active)
		err = -ENXIO;
	else
		vcm_deactivate_locked(assoc, 1);
	if (err && !assoc->vcm->gone)
		vcm_fail_locked(&reg->stream, assoc->vcm->id, &what, err);
	vcm_stream_unlock(&reg->stream);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_deactivate);

/* The device of an active association is attached to nothing any more, and was to @domain. */
void vcm_assoc_lost_locked(struct vcm_assoc *assoc, u32 domain)
{
	lockdep_assert_held(&vcm_registry.stream.lock);
	assoc->active = 0;
	vcm_tell_deactivate(assoc, domain);
}

/* End an association whatever its state; the struct stays with its owner. */
void vcm_assoc_end_locked(struct vcm_assoc *assoc)
{
	struct vcm_registry *reg = &vcm_registry;

	lockdep_assert_held(&reg->stream.lock);
	if (assoc->active)
		vcm_deactivate_locked(assoc, assoc->active);
	list_del(&assoc->node);
	assoc->dead = true;
	vcm_resv_release(assoc);
	vcm_probe(deassoc, reg->stream.id, vcm_stream_next(&reg->stream), assoc->vcm->id, assoc->id,
		  0, 0, assoc->dev->id);
}

/**
 * vcm_deassoc() - end an association and give it up
 * @assoc: the association; not valid after success
 *
 * Context: may sleep. Return: 0, or -EBUSY while it is active.
 */
int vcm_deassoc(struct vcm_assoc *assoc)
{
	const struct vcm_failure what = { VCM_OP_DEASSOC, assoc->id, { assoc->dev->id } };
	struct vcm_registry *reg = &vcm_registry;
	struct vcm *vcm = assoc->vcm;
	int err = 0;

	vcm_stream_lock(&reg->stream);
	if (assoc->active) {
		err = -EBUSY;
		vcm_fail_locked(&reg->stream, vcm->id, &what, err);
	} else if (!assoc->dead) {
		vcm_assoc_end_locked(assoc);
	}
	vcm_stream_unlock(&reg->stream);
	if (err)
		return err;
	vcm_device_put(assoc->dev);
	vcm_os_free(assoc);
	vcm_mem_put(vcm);
	return 0;
}
EXPORT_SYMBOL_GPL(vcm_deassoc);

/**
 * vcm_assoc_id() - the id of an association, as in events
 * @assoc: the association
 *
 * Context: any. Return: the id, never 0.
 */
__u64 vcm_assoc_id(const struct vcm_assoc *assoc)
{
	return assoc->id;
}
EXPORT_SYMBOL_GPL(vcm_assoc_id);

/**
 * vcm_assoc_activations() - how often an association is active
 * @assoc: the association
 *
 * Context: may sleep. Return: the count at this moment.
 */
__u32 vcm_assoc_activations(const struct vcm_assoc *assoc)
{
	u32 active;

	vcm_stream_lock(&vcm_registry.stream);
	active = assoc->active;
	vcm_stream_unlock(&vcm_registry.stream);
	return active;
}
EXPORT_SYMBOL_GPL(vcm_assoc_activations);
