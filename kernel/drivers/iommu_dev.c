// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommu_dev.c - struct device on one side, struct vcm_device on the other.
 *
 * A driver makes its device known in probe(), after setting up its interrupts (iommu_msi.c), and
 * withdraws it in remove().  Nothing is taken from a device that was not made known, so no file
 * descriptor can take over a disk.
 *
 * Locking: vcm_iommu_devs_lock is outside the locks of the core.
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "drivers/drivers.h"
#include "vcm.h"

/**
 * struct vcm_iommu_dev - a device that is known
 * @node: in vcm_iommu_devs; vcm_iommu_devs_lock
 * @dev:  counted; immutable
 * @vdev: what the core knows it as; immutable
 */
struct vcm_iommu_dev {
	struct list_head node;
	struct device *dev;
	struct vcm_device *vdev;
};

static LIST_HEAD(vcm_iommu_devs);
static DEFINE_MUTEX(vcm_iommu_devs_lock);

static struct vcm_iommu_dev *vcm_iommu_dev_find_locked(const struct device *dev)
{
	struct vcm_iommu_dev *known;

	lockdep_assert_held(&vcm_iommu_devs_lock);
	list_for_each_entry(known, &vcm_iommu_devs, node)
		if (known->dev == dev)
			return known;
	return NULL;
}

static const char *vcm_iommu_name(const struct device *dev)
{
	const struct iommu_device *iommu = dev->iommu ? dev->iommu->iommu_dev : NULL;

	return iommu && iommu->dev ? dev_name(iommu->dev) : "";
}

static int vcm_device_make_known(struct device *dev, u32 flags)
{
	struct vcm_iommu_dev *known;
	int err = 0;

	if (!device_iommu_mapped(dev))
		return -ENODEV;
	known = vcm_driver_zalloc(sizeof(*known));
	if (!known)
		return -ENOMEM;
	mutex_lock(&vcm_iommu_devs_lock);
	known->dev = dev;
	known->vdev = vcm_device_register(dev_name(dev), vcm_iommu_name(dev), flags, dev);
	if (IS_ERR(known->vdev)) {
		err = PTR_ERR(known->vdev);
	} else {
		get_device(dev);
		list_add_tail(&known->node, &vcm_iommu_devs);
	}
	mutex_unlock(&vcm_iommu_devs_lock);
	if (err)
		kvfree(known);
	return err;
}

/**
 * vcm_add_device() - let kernel code associate a device with contexts
 * @dev: a device behind an IOMMU, bound to the calling driver
 *
 * Context: may sleep. Return: 0, -ENODEV when it is behind no IOMMU, -EEXIST when it is known
 * already, -ENOMEM.
 */
int vcm_add_device(struct device *dev)
{
	return vcm_device_make_known(dev, 0);
}
EXPORT_SYMBOL_GPL(vcm_add_device);

/**
 * vcm_offer_device() - let kernel code and users of /dev/vcm associate a device
 * @dev: a device behind an IOMMU, bound to the calling driver
 *
 * Context: may sleep. Return: as vcm_add_device().
 */
int vcm_offer_device(struct device *dev)
{
	return vcm_device_make_known(dev, VCM_DEVICE_USER);
}
EXPORT_SYMBOL_GPL(vcm_offer_device);

/**
 * vcm_withdraw_device() - undo vcm_add_device() or vcm_offer_device()
 * @dev: the device
 *
 * Detaches it from every context and ends its associations; their owners find them dead.  To
 * be called by remove() while the device is still bound, with its DMA stopped.
 *
 * Context: may sleep.
 */
void vcm_withdraw_device(struct device *dev)
{
	struct vcm_iommu_dev *known;

	mutex_lock(&vcm_iommu_devs_lock);
	known = vcm_iommu_dev_find_locked(dev);
	if (known)
		list_del(&known->node);
	mutex_unlock(&vcm_iommu_devs_lock);
	if (!known)
		return;
	vcm_device_unregister(known->vdev);
	put_device(known->dev);
	kvfree(known);
}
EXPORT_SYMBOL_GPL(vcm_withdraw_device);

/**
 * vcm_assoc() - associate a device with a context
 * @vcm: the context
 * @dev: a device that its driver has added or offered
 *
 * Context: may sleep. Return: as vcm_assoc_device(); -ENODEV when @dev is not known.
 */
struct vcm_assoc *vcm_assoc(struct vcm *vcm, struct device *dev)
{
	struct vcm_assoc *assoc = ERR_PTR(-ENODEV);
	struct vcm_iommu_dev *known;

	mutex_lock(&vcm_iommu_devs_lock);
	known = vcm_iommu_dev_find_locked(dev);
	if (known)
		assoc = vcm_assoc_device(vcm, known->vdev);
	mutex_unlock(&vcm_iommu_devs_lock);
	return assoc;
}
EXPORT_SYMBOL_GPL(vcm_assoc);
