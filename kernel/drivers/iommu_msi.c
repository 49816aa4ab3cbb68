// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommu_msi.c - interrupts of a device that translates them like any DMA.
 *
 * A message signalled interrupt is a write of the device.  x86 recognises its address before any
 * table; elsewhere (arm64) it is translated, and what the device was told to write to, its
 * doorbell, is an address of the domain that it was in when the interrupt was set up.  In a
 * context that address would lead nowhere, so each doorbell is reserved there when the device is
 * associated and mapped, where the device expects it, while the device is attached.
 *
 * Whoever gives such a device to a context sets up its interrupts before that: the address that
 * the kernel gives to an interrupt which is set up while a context is active is not translated by
 * anything.
 *
 * dma-iommu does the same for domains with a cookie, but only for interrupts that are set up while
 * their device is in that domain (drivers/iommu/dma-iommu.c, iommu_dma_prepare_msi()).
 *
 * Locking: called with the registry lock of the core held; the lock of the device's interrupts is
 * taken inside.
 */
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/msi.h>

#include "compat.h"
#include "drivers/drivers.h"

/**
 * struct vcm_doorbell - what one device writes to when it interrupts
 * @node: in a list of the domain; registry lock
 * @dev:  the device, to be compared only
 * @iova: what it was told, on a boundary of @len
 * @pa:   where that has to lead
 * @len:  smallest page of the IOMMU
 */
struct vcm_doorbell {
	struct list_head node;
	const struct device *dev;
	u64 iova;
	phys_addr_t pa;
	u64 len;
};

/* Are the interrupts of @dev translated?  Its IOMMU then sets addresses aside for them. */
static bool vcm_msi_translated(struct device *dev)
{
	struct iommu_resv_region *region;
	bool found = false;
	LIST_HEAD(regions);

	if (!dev->msi.data)
		return false;
	iommu_get_resv_regions(dev, &regions);
	list_for_each_entry(region, &regions, list)
		found |= region->type == IOMMU_RESV_SW_MSI;
	iommu_put_resv_regions(dev, &regions);
	return found;
}

/* Fill @bell with what @desc makes its device write to.  Return: false when nothing is there. */
static bool vcm_msi_doorbell(const struct msi_desc *desc, struct iommu_domain *now,
			     struct vcm_doorbell *bell)
{
	u64 iova = (u64)desc->msg.address_hi << 32 | desc->msg.address_lo;

	bell->len = now->pgsize_bitmap ? 1ull << __ffs(now->pgsize_bitmap) : PAGE_SIZE;
	bell->iova = iova & ~(bell->len - 1);
	bell->pa = iommu_iova_to_phys(now, bell->iova);
	return iova && bell->pa;
}

static bool vcm_msi_has(const struct list_head *bells, u64 iova)
{
	const struct vcm_doorbell *bell;

	list_for_each_entry(bell, bells, node)
		if (bell->iova == iova)
			return true;
	return false;
}

/**
 * vcm_msi_forget() - free what vcm_msi_find() found
 * @bells: the list, empty afterwards
 */
void vcm_msi_forget(struct list_head *bells)
{
	struct vcm_doorbell *bell, *next;

	list_for_each_entry_safe(bell, next, bells, node) {
		list_del(&bell->node);
		kvfree(bell);
	}
}

/**
 * vcm_msi_find() - what a device writes to when it interrupts
 * @dev:   the device, in the domain that its interrupts were set up in
 * @bells: an empty list, for each doorbell once
 *
 * Context: may sleep. Return: 0, or -ENOMEM with an empty list.
 */
int vcm_msi_find(struct device *dev, struct list_head *bells)
{
	struct iommu_domain *now = iommu_get_domain_for_dev(dev);
	struct vcm_doorbell found = { .dev = dev }, *bell;
	struct msi_desc *desc;
	int err = 0;

	if (!now || !vcm_msi_translated(dev))
		return 0;
	vcm_msi_lock(dev);
	msi_for_each_desc(desc, dev, MSI_DESC_ASSOCIATED) {
		if (!vcm_msi_doorbell(desc, now, &found) || vcm_msi_has(bells, found.iova))
			continue;
		bell = vcm_driver_zalloc(sizeof(*bell));
		if (!bell) {
			err = -ENOMEM;
			break;
		}
		*bell = found;
		list_add_tail(&bell->node, bells);
	}
	vcm_msi_unlock(dev);
	if (err)
		vcm_msi_forget(bells);
	return err;
}

/**
 * vcm_msi_nth() - one of the doorbells of a device
 * @dev:   the device
 * @n:     which, from 0
 * @start: where it begins
 * @last:  its last byte
 *
 * Context: may sleep. Return: 0, -ENOENT when there are not so many, -ENOMEM.
 */
int vcm_msi_nth(struct device *dev, u32 n, u64 *start, u64 *last)
{
	const struct vcm_doorbell *bell;
	LIST_HEAD(bells);
	int err = vcm_msi_find(dev, &bells);

	if (err)
		return err;
	err = -ENOENT;
	list_for_each_entry(bell, &bells, node) {
		if (n--)
			continue;
		*start = bell->iova;
		*last = bell->iova + (bell->len - 1);
		err = 0;
		break;
	}
	vcm_msi_forget(&bells);
	return err;
}

static int vcm_msi_map_one(struct iommu_domain *domain, const struct vcm_doorbell *bell)
{
	phys_addr_t there = iommu_iova_to_phys(domain, bell->iova);

	/* Another device of the domain has the same one, or something else is in the way. */
	if (there)
		return there == bell->pa ? 0 : -EADDRINUSE;
	if (vcm_should_fail())
		return -ENOMEM;
	return iommu_map(domain, bell->iova, bell->pa, bell->len,
			 IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO, GFP_KERNEL_ACCOUNT);
}

/**
 * vcm_msi_map() - let the interrupts of a device through
 * @domain: what the device is attached to now
 * @mapped: doorbells in @domain, those of @bells join them
 * @dev:    the device
 * @bells:  what vcm_msi_find() found before it was attached; empty afterwards
 *
 * Context: may sleep. Return: 0; -EADDRINUSE when something else is mapped there, which is so when
 * an interrupt was set up after the device was associated; -ENOMEM.  With an error nothing of the
 * device is mapped.
 */
int vcm_msi_map(struct iommu_domain *domain, struct list_head *mapped, struct device *dev,
		struct list_head *bells)
{
	struct vcm_doorbell *bell, *next;
	int err = 0;

	list_for_each_entry_safe(bell, next, bells, node) {
		err = vcm_msi_map_one(domain, bell);
		if (err)
			break;
		list_move_tail(&bell->node, mapped);
	}
	if (err) {
		vcm_msi_unmap(domain, mapped, dev);
		vcm_msi_forget(bells);
	}
	return err;
}

/**
 * vcm_msi_unmap() - undo vcm_msi_map()
 * @domain: what the device was attached to
 * @mapped: doorbells in @domain
 * @dev:    the device
 *
 * A doorbell that another device of the domain has as well stays.
 *
 * Context: may sleep.
 */
void vcm_msi_unmap(struct iommu_domain *domain, struct list_head *mapped, struct device *dev)
{
	struct vcm_doorbell *bell, *next;

	list_for_each_entry_safe(bell, next, mapped, node) {
		if (bell->dev != dev)
			continue;
		list_del(&bell->node);
		if (!vcm_msi_has(mapped, bell->iova))
			iommu_unmap(domain, bell->iova, bell->len);
		kvfree(bell);
	}
}
