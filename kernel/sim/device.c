// SPDX-License-Identifier: GPL-2.0-only
/*
 * device.c - a simulated device: from a folder of configfs to a platform device behind its IOMMU.
 *
 * The device is on the platform bus because the IOMMU core probes no other bus that a module can
 * put devices on.  Its fwspec, which names the IOMMU, is in place before anybody can see it, so
 * the core finds group and default domain while the device is added; a driver is probed after
 * that, as with any other IOMMU.
 *
 * Locking: vcm_sim_lock keeps a device from going live twice.
 */
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "sim.h"

/*
 * What iommu_fwspec_init() makes.  That one needs a lock that no module can take; before the
 * device is added nobody else can see it, so there is nothing to lock.  The core frees both.
 */
static int vcm_sim_dev_fwspec(struct vcm_sim_dev *sdev, struct device *dev)
{
	struct iommu_fwspec *fwspec = kzalloc(struct_size(fwspec, ids, 1), GFP_KERNEL);
	struct dev_iommu *iommu = kzalloc(sizeof(*iommu), GFP_KERNEL);

	if (!fwspec || !iommu) {
		kfree(fwspec);
		kfree(iommu);
		return -ENOMEM;
	}
	fwspec->iommu_fwnode = fwnode_handle_get(&sdev->mmu->fwnode);
	fwspec->num_ids = 1;
	fwspec->ids[0] = sdev->stream;
	mutex_init(&iommu->lock);
	iommu->fwspec = fwspec;
	dev->iommu = iommu;
	return 0;
}

/* After a failed add the core may have freed them or not. */
static void vcm_sim_dev_unfwspec(struct device *dev)
{
	struct dev_iommu *iommu = dev->iommu;

	if (!iommu)
		return;
	dev->iommu = NULL;
	fwnode_handle_put(iommu->fwspec->iommu_fwnode);
	kfree(iommu->fwspec);
	kfree(iommu);
}

static int vcm_sim_dev_fill(struct vcm_sim_dev *sdev, struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;

	pdev->platform_dma_mask = DMA_BIT_MASK(sdev->dma_bits);
	dev->coherent_dma_mask = DMA_BIT_MASK(sdev->dma_bits);
	return platform_device_add_data(pdev, &sdev, sizeof(sdev));
}

/*
 * On the bus the device has a name of its own; to drivers all of them are of one kind, and the
 * platform bus tells kinds by name.  So the name is the kind's from here on, and a driver that
 * is there already is asked once more.  That there may be none is no error.
 */
static void vcm_sim_dev_match(struct platform_device *pdev)
{
	int bound;

	pdev->name = VCM_SIM_DEV_DRIVER;
	bound = device_attach(&pdev->dev);
	if (bound < 0)
		dev_warn(&pdev->dev, "no driver takes it (%d)\n", bound);
}

/* Put the device on the bus.  Return: 0, or -errno with nothing left. */
static int vcm_sim_dev_add(struct vcm_sim_dev *sdev)
{
	struct platform_device *pdev;
	int err;

	pdev = platform_device_alloc(sdev->name, PLATFORM_DEVID_NONE);
	if (!pdev)
		return -ENOMEM;
	err = vcm_sim_dev_fill(sdev, pdev);
	if (!err)
		err = vcm_sim_dev_fwspec(sdev, &pdev->dev);
	if (err)
		goto err_put;
	err = platform_device_add(pdev);
	if (err)
		goto err_unfwspec;
	/* the bus swallows what the IOMMU core says */
	if (!device_iommu_mapped(&pdev->dev)) {
		platform_device_unregister(pdev);
		return -ENODEV;
	}
	sdev->pdev = pdev;
	vcm_sim_dev_match(pdev);
	return 0;

err_unfwspec:
	vcm_sim_dev_unfwspec(&pdev->dev);
err_put:
	platform_device_put(pdev);
	return err;
}

/* Make a device that is ready to go live.  Return: it, or NULL. */
struct vcm_sim_dev *vcm_sim_dev_alloc(struct vcm_sim_mmu *mmu, const char *name)
{
	struct vcm_sim_dev *sdev = kzalloc(sizeof(*sdev), GFP_KERNEL);

	if (!sdev)
		return NULL;
	sdev->mmu = mmu;
	sdev->dma_bits = 64;
	snprintf(sdev->name, sizeof(sdev->name), "sim-%s.%s", mmu->name, name);
	init_waitqueue_head(&sdev->resume_wait);
	vcm_sim_engine_setup(sdev);
	return sdev;
}

/* Free it; it is not live. */
void vcm_sim_dev_free(struct vcm_sim_dev *sdev)
{
	kfree(sdev);
}

/* Return: 0; -ENODEV when its IOMMU is not live; else as the calls below. */
int vcm_sim_dev_go_live(struct vcm_sim_dev *sdev)
{
	int err;

	lockdep_assert_held(&vcm_sim_lock);
	if (!sdev->mmu->live)
		return -ENODEV;
	sdev->gone = false;
	err = vcm_sim_engine_start(sdev);
	if (err)
		return err;
	sdev->stream = sdev->mmu->next_stream++;
	err = vcm_sim_dev_add(sdev);
	if (err)
		goto err_engine_stop;
	spin_lock_irq(&sdev->mmu->lock);
	list_add_tail(&sdev->node, &sdev->mmu->devs);
	spin_unlock_irq(&sdev->mmu->lock);
	sdev->live = true;
	vcm_sim_debugfs_dev_add(sdev);
	return 0;

err_engine_stop:
	vcm_sim_engine_stop(sdev);
	return err;
}

/*
 * Take it off its bus.  DMA that is held up by a fault is terminated first, or nobody would get
 * out of the engine; the driver goes before the engine stops, because it may use it until then.
 */
void vcm_sim_dev_go_dead(struct vcm_sim_dev *sdev)
{
	lockdep_assert_held(&vcm_sim_lock);
	WRITE_ONCE(sdev->gone, true);
	wake_up_all(&sdev->resume_wait);
	synchronize_srcu(&sdev->mmu->in_flight);
	vcm_sim_debugfs_dev_remove(sdev);
	platform_device_unregister(sdev->pdev);
	sdev->pdev = NULL;
	vcm_sim_engine_stop(sdev);
	spin_lock_irq(&sdev->mmu->lock);
	list_del(&sdev->node);
	spin_unlock_irq(&sdev->mmu->lock);
	sdev->live = false;
}
