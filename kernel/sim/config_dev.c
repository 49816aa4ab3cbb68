// SPDX-License-Identifier: GPL-2.0-only
/*
 * config_dev.c - configfs/vcm_sim/<instance>/<device>/: make and remove devices.
 *
 *   dma_bits        address lines of the device; -EBUSY while live
 *   default_domain  what it uses outside of every context: auto (as the kernel was told), dma
 *                   (strict), dma-fq (lazy) or identity; -EBUSY while live
 *   name            its name on the platform bus
 *   live            1 puts it there, 0 takes it away, like a device that is unplugged
 *
 * Locking: vcm_sim_lock, inside the locks of configfs.
 */
#include <linux/configfs.h>
#include <linux/iommu.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "config.h"
#include "sim.h"

static const struct {
	const char *name;
	int type;
} vcm_sim_defaults[] = {
	{ "dma", IOMMU_DOMAIN_DMA },
	{ "auto", 0 },
	{ "dma-fq", IOMMU_DOMAIN_DMA_FQ },
	{ "identity", IOMMU_DOMAIN_IDENTITY },
};

static struct vcm_sim_dev *vcm_sim_dev_of(struct config_item *item)
{
	return container_of(to_config_group(item), struct vcm_sim_dev, group);
}

static ssize_t vcm_sim_dev_dma_bits_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%u\n", READ_ONCE(vcm_sim_dev_of(item)->dma_bits));
}

static ssize_t vcm_sim_dev_dma_bits_store(struct config_item *item, const char *page, size_t len)
{
	struct vcm_sim_dev *sdev = vcm_sim_dev_of(item);
	int err = -EBUSY;
	u32 bits;

	if (kstrtou32(page, 0, &bits) || bits < 16 || bits > 64)
		return -EINVAL;
	mutex_lock(&vcm_sim_lock);
	if (!sdev->live) {
		WRITE_ONCE(sdev->dma_bits, bits);
		err = 0;
	}
	mutex_unlock(&vcm_sim_lock);
	return err ? err : len;
}
CONFIGFS_ATTR(vcm_sim_dev_, dma_bits);

static ssize_t vcm_sim_dev_default_domain_show(struct config_item *item, char *page)
{
	u32 i = READ_ONCE(vcm_sim_dev_of(item)->default_domain);

	return sysfs_emit(page, "%s\n", vcm_sim_defaults[i].name);
}

static int vcm_sim_default_find(const char *page)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(vcm_sim_defaults); i++)
		if (sysfs_streq(page, vcm_sim_defaults[i].name))
			return i;
	return -EINVAL;
}

static ssize_t vcm_sim_dev_default_domain_store(struct config_item *item, const char *page,
						size_t len)
{
	struct vcm_sim_dev *sdev = vcm_sim_dev_of(item);
	int i = vcm_sim_default_find(page);
	int err = -EBUSY;

	if (i < 0)
		return i;
	mutex_lock(&vcm_sim_lock);
	if (!sdev->live) {
		WRITE_ONCE(sdev->default_domain, i);
		err = 0;
	}
	mutex_unlock(&vcm_sim_lock);
	return err ? err : len;
}
CONFIGFS_ATTR(vcm_sim_dev_, default_domain);

/* What the IOMMU core shall use for it outside of every context; 0 for its own choice. */
int vcm_sim_dev_default_type(const struct vcm_sim_dev *sdev)
{
	return vcm_sim_defaults[sdev->default_domain].type;
}

static ssize_t vcm_sim_dev_name_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%s\n", vcm_sim_dev_of(item)->name);
}
CONFIGFS_ATTR_RO(vcm_sim_dev_, name);

static ssize_t vcm_sim_dev_live_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", READ_ONCE(vcm_sim_dev_of(item)->live));
}

static int vcm_sim_dev_set_live(struct vcm_sim_dev *sdev, bool live)
{
	if (live == sdev->live)
		return live ? -EBUSY : -ENXIO;
	if (live)
		return vcm_sim_dev_go_live(sdev);
	vcm_sim_dev_go_dead(sdev);
	return 0;
}

static ssize_t vcm_sim_dev_live_store(struct config_item *item, const char *page, size_t len)
{
	struct vcm_sim_dev *sdev = vcm_sim_dev_of(item);
	int err = 0;
	bool live;

	if (kstrtobool(page, &live))
		return -EINVAL;
	if (live)
		err = vcm_sim_config_pin(item);
	if (err)
		return err;
	mutex_lock(&vcm_sim_lock);
	err = vcm_sim_dev_set_live(sdev, live);
	mutex_unlock(&vcm_sim_lock);
	/* whoever went dead, or did not go live, gives its pin back */
	if (live == !!err)
		vcm_sim_config_unpin(item);
	return err ? err : len;
}
CONFIGFS_ATTR(vcm_sim_dev_, live);

static struct configfs_attribute *vcm_sim_dev_attrs[] = {
	&vcm_sim_dev_attr_dma_bits,
	&vcm_sim_dev_attr_default_domain,
	&vcm_sim_dev_attr_name,
	&vcm_sim_dev_attr_live,
	NULL
};

static void vcm_sim_dev_release(struct config_item *item)
{
	vcm_sim_dev_free(vcm_sim_dev_of(item));
}

static struct configfs_item_operations vcm_sim_dev_item_ops = {
	.release = vcm_sim_dev_release,
};

static const struct config_item_type vcm_sim_dev_type = {
	.ct_item_ops = &vcm_sim_dev_item_ops,
	.ct_attrs = vcm_sim_dev_attrs,
	.ct_owner = THIS_MODULE,
};

/* A folder for a new device; that of its IOMMU stays as long as this one is there. */
struct config_group *vcm_sim_config_dev(struct vcm_sim_mmu *mmu, const char *name)
{
	struct vcm_sim_dev *sdev = vcm_sim_dev_alloc(mmu, name);

	if (!sdev)
		return ERR_PTR(-ENOMEM);
	config_group_init_type_name(&sdev->group, name, &vcm_sim_dev_type);
	return &sdev->group;
}
