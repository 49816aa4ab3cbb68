// SPDX-License-Identifier: GPL-2.0-only
/*
 * instance.c - one simulated IOMMU: made, registered with the kernel, and taken back.
 *
 * The firmware node is what ties a device to its IOMMU.  It is of this file and of no bus: an
 * IOMMU that registers without one is taken for the IOMMU of every device that has none, VT-d
 * is such a one.
 *
 * What was asked for may change until the instance is live.  Counters begin anew then.
 */
#include <linux/iommu.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "sim.h"

static const struct fwnode_operations vcm_sim_fwnode_ops;

/* Make an instance with the defaults of the first format.  Return: it, or NULL. */
struct vcm_sim_mmu *vcm_sim_mmu_alloc(const char *name)
{
	struct vcm_sim_mmu *mmu = kzalloc(sizeof(*mmu), GFP_KERNEL);

	if (!mmu)
		return NULL;
	strscpy(mmu->name, name, sizeof(mmu->name));
	spin_lock_init(&mmu->lock);
	INIT_LIST_HEAD(&mmu->devs);
	INIT_LIST_HEAD(&mmu->node);
	fwnode_init(&mmu->fwnode, &vcm_sim_fwnode_ops);
	vcm_sim_cfg_default(&mmu->cfg);
	return mmu;
}

void vcm_sim_mmu_free(struct vcm_sim_mmu *mmu)
{
	kfree(mmu);
}

static int vcm_sim_tlb_create(struct vcm_sim_mmu *mmu)
{
	u32 sets = mmu->cfg.tlb_sets, ways = mmu->cfg.tlb_ways;
	struct vcm_iotlb_slot *slots = kvcalloc((size_t)sets * ways, sizeof(*slots), GFP_KERNEL);
	int err;

	if (!slots)
		return -ENOMEM;
	err = vcm_iotlb_init(&mmu->tlb, sets, ways, slots);
	if (err)
		kvfree(slots);
	return err;
}

static void vcm_sim_tlb_destroy(struct vcm_sim_mmu *mmu)
{
	kvfree(mmu->tlb.slots);
	mmu->tlb.slots = NULL;
}

static int vcm_sim_mmu_register(struct vcm_sim_mmu *mmu)
{
	int err;

	mmu->iommu = (struct iommu_device) { .fwnode = &mmu->fwnode };
	err = iommu_device_sysfs_add(&mmu->iommu, NULL, NULL, "sim-%s", mmu->name);
	if (err)
		return err;
	err = iommu_device_register(&mmu->iommu, &vcm_sim_iommu_ops, NULL);
	if (err)
		iommu_device_sysfs_remove(&mmu->iommu);
	return err;
}

static void vcm_sim_mmu_reset(struct vcm_sim_mmu *mmu)
{
	memset(&mmu->stats, 0, sizeof(mmu->stats));
	memset(&mmu->faults, 0, sizeof(mmu->faults));
	memset(&mmu->erratum, 0, sizeof(mmu->erratum));
	mmu->powered = true;
	mmu->next_stream = 0;
	atomic_long_set(&mmu->table_pages, 0);
}

/* Return: 0, or -errno with nothing left. */
int vcm_sim_mmu_go_live(struct vcm_sim_mmu *mmu)
{
	int err;

	lockdep_assert_held(&vcm_sim_lock);
	err = vcm_sim_cfg_check(&mmu->cfg);
	if (err)
		return err;
	vcm_sim_mmu_reset(mmu);
	mmu->banks = kcalloc(mmu->cfg.contexts, sizeof(*mmu->banks), GFP_KERNEL);
	if (!mmu->banks)
		return -ENOMEM;
	err = vcm_sim_tlb_create(mmu);
	if (err)
		goto err_free_banks;
	err = init_srcu_struct(&mmu->in_flight);
	if (err)
		goto err_tlb_destroy;
	err = vcm_sim_mmu_register(mmu);
	if (err)
		goto err_cleanup_srcu;
	spin_lock_irq(&vcm_sim_mmus_lock);
	list_add_tail(&mmu->node, &vcm_sim_mmus);
	spin_unlock_irq(&vcm_sim_mmus_lock);
	mmu->live = true;
	vcm_sim_debugfs_mmu_add(mmu);
	return 0;

err_cleanup_srcu:
	cleanup_srcu_struct(&mmu->in_flight);
err_tlb_destroy:
	vcm_sim_tlb_destroy(mmu);
err_free_banks:
	kfree(mmu->banks);
	return err;
}

/* Return: 0, or -EBUSY while a device behind it is live. */
int vcm_sim_mmu_go_dead(struct vcm_sim_mmu *mmu)
{
	lockdep_assert_held(&vcm_sim_lock);
	if (!list_empty(&mmu->devs))
		return -EBUSY;
	vcm_sim_debugfs_mmu_remove(mmu);
	spin_lock_irq(&vcm_sim_mmus_lock);
	list_del_init(&mmu->node);
	spin_unlock_irq(&vcm_sim_mmus_lock);
	mmu->live = false;
	iommu_device_unregister(&mmu->iommu);
	iommu_device_sysfs_remove(&mmu->iommu);
	cleanup_srcu_struct(&mmu->in_flight);
	vcm_sim_tlb_destroy(mmu);
	kfree(mmu->banks);
	WARN_ON_ONCE(atomic_long_read(&mmu->table_pages));
	return 0;
}
