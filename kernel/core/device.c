// SPDX-License-Identifier: GPL-2.0-only
/*
 * device.c - devices that a driver has made known.
 *
 * The core has a name and a number of a device; what it is, only the driver side knows (@priv).
 * A device that goes away takes its associations with it, in every context, before
 * vcm_device_unregister() returns: afterwards the driver is not called for it any more.
 *
 * Locking: the registry lock.
 */
#include "core.h"

static struct vcm_device *vcm_device_find_locked(const char *name)
{
	struct vcm_device *dev;

	lockdep_assert_held(&vcm_registry.stream.lock);
	list_for_each_entry(dev, &vcm_registry.devices, node)
		if (!strcmp(dev->name, name))
			return dev;
	return NULL;
}

/**
 * vcm_device_register() - make a device known to the core
 * @name:  as its bus names it
 * @iommu: IOMMU that it is behind, "" when unknown
 * @flags: VCM_DEVICE_USER when user space may associate it
 * @priv:  for the members of struct vcm_driver
 *
 * Context: may sleep. Return: the device or ERR_PTR(): -EEXIST, -ENAMETOOLONG, -ENOMEM.
 */
struct vcm_device *vcm_device_register(const char *name, const char *iommu, __u32 flags,
				       void *priv)
{
	struct vcm_registry *reg = &vcm_registry;
	struct vcm_device *dev;
	int err = 0;

	if (strlen(name) >= sizeof(dev->name))
		return ERR_PTR(-ENAMETOOLONG);
	dev = vcm_os_zalloc(sizeof(*dev));
	if (!dev)
		return ERR_PTR(-ENOMEM);
	dev->holder = vcm_holder_create(name);
	if (!dev->holder) {
		vcm_os_free(dev);
		return ERR_PTR(-ENOMEM);
	}
	strscpy(dev->name, name, sizeof(dev->name));
	strscpy(dev->iommu, iommu, sizeof(dev->iommu));
	refcount_set(&dev->mem, 1);
	dev->flags = flags;
	dev->priv = priv;
	vcm_stream_lock(&reg->stream);
	if (vcm_device_find_locked(name)) {
		err = -EEXIST;
	} else {
		dev->id = ++reg->next_dev;
		list_add_tail(&dev->node, &reg->devices);
	}
	vcm_stream_unlock(&reg->stream);
	if (!err)
		return dev;
	vcm_device_put(dev);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(vcm_device_register);

static void vcm_device_detach_locked(struct vcm *vcm, const struct vcm_device *dev)
{
	struct vcm_assoc *assoc, *next;

	list_for_each_entry_safe(assoc, next, &vcm->assocs, node)
		if (assoc->dev == dev)
			vcm_assoc_end_locked(assoc);
}

/**
 * vcm_device_unregister() - forget a device
 * @dev: the device
 *
 * Ends its associations in every context, detaching it where it is active.  Owners of the
 * associations keep valid, dead pointers.  Cannot fail.
 *
 * Context: may sleep.
 */
void vcm_device_unregister(struct vcm_device *dev)
{
	struct vcm_registry *reg = &vcm_registry;
	struct vcm *vcm;

	vcm_stream_lock(&reg->stream);
	dev->gone = true;
	list_for_each_entry(vcm, &reg->contexts, node)
		vcm_device_detach_locked(vcm, dev);
	list_del(&dev->node);
	vcm_stream_unlock(&reg->stream);
	vcm_device_put(dev);
}
EXPORT_SYMBOL_GPL(vcm_device_unregister);

/**
 * vcm_device_priv() - what the driver side registered
 * @dev: the device
 *
 * Context: any. Return: the pointer.
 */
void *vcm_device_priv(const struct vcm_device *dev)
{
	return dev->priv;
}
EXPORT_SYMBOL_GPL(vcm_device_priv);

/*
 * Find a device that user space may associate.  Return: the device, counted: give it up by
 * vcm_device_put(); NULL when there is none.
 */
struct vcm_device *vcm_device_find_user(const char *name)
{
	struct vcm_registry *reg = &vcm_registry;
	struct vcm_device *dev;

	vcm_stream_lock(&reg->stream);
	dev = vcm_device_find_locked(name);
	if (dev && !(dev->flags & VCM_DEVICE_USER))
		dev = NULL;
	if (dev)
		refcount_inc(&dev->mem);
	vcm_stream_unlock(&reg->stream);
	return dev;
}

/* Drop what keeps the struct. */
void vcm_device_put(struct vcm_device *dev)
{
	if (!refcount_dec_and_test(&dev->mem))
		return;
	vcm_holder_put(dev->holder);
	vcm_os_free(dev);
}
