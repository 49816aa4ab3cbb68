// SPDX-License-Identifier: GPL-2.0-only
/*
 * config.c - configfs/vcm_sim: make and remove IOMMUs.
 *
 *   vcm_sim/<instance>/           one IOMMU
 *     format, page_sizes, start, last, contexts, tlb_sets, tlb_ways, latency_us,
 *     table_pages, stall          what it shall be; -EBUSY while live
 *     iommu                       its name in /sys/class/iommu
 *     live                        1 registers it, 0 takes it back
 *   vcm_sim/<instance>/<device>/  a device behind it, see config_dev.c
 *
 * What is live cannot be removed: rmdir fails with -EBUSY, as does 0 to `live` of an instance
 * with a live device.  A folder pins the module.
 *
 * Locking: vcm_sim_lock, inside the locks of configfs.
 */
#include <linux/configfs.h>
#include <linux/ctype.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "config.h"
#include "sim.h"

DEFINE_MUTEX(vcm_sim_lock);	/* what is live, and lists */
LIST_HEAD(vcm_sim_mmus);
DEFINE_SPINLOCK(vcm_sim_mmus_lock);

static struct vcm_sim_mmu *vcm_sim_mmu_of(struct config_item *item)
{
	return container_of(to_config_group(item), struct vcm_sim_mmu, group);
}

static ssize_t vcm_sim_mmu_format_show(struct config_item *item, char *page)
{
	struct vcm_sim_mmu *mmu = vcm_sim_mmu_of(item);
	ssize_t len;

	mutex_lock(&vcm_sim_lock);
	len = sysfs_emit(page, "%s\n", vcm_sim_cfg_format(&mmu->cfg));
	mutex_unlock(&vcm_sim_lock);
	return len;
}

static ssize_t vcm_sim_mmu_format_store(struct config_item *item, const char *page, size_t len)
{
	struct vcm_sim_mmu *mmu = vcm_sim_mmu_of(item);
	char name[VCM_SIM_NAME_LEN];
	int err = -EBUSY;

	if (strscpy(name, page, sizeof(name)) < 0)
		return -EINVAL;
	mutex_lock(&vcm_sim_lock);
	if (!mmu->live)
		err = vcm_sim_cfg_set_format(&mmu->cfg, strim(name));
	mutex_unlock(&vcm_sim_lock);
	return err ? err : len;
}
CONFIGFS_ATTR(vcm_sim_mmu_, format);

/* A number of the configuration, that cannot change while the instance is live. */
static ssize_t vcm_sim_number_store(struct vcm_sim_mmu *mmu, u64 *to, u64 max, const char *page,
				    size_t len)
{
	int err = -EBUSY;
	u64 value;

	if (kstrtou64(page, 0, &value) || value > max)
		return -EINVAL;
	mutex_lock(&vcm_sim_lock);
	if (!mmu->live) {
		*to = value;
		err = 0;
	}
	mutex_unlock(&vcm_sim_lock);
	return err ? err : len;
}

#define VCM_SIM_NUMBER(_name, _fmt, _max)						\
static ssize_t vcm_sim_mmu_##_name##_show(struct config_item *item, char *page)		\
{											\
	struct vcm_sim_mmu *mmu = vcm_sim_mmu_of(item);					\
	ssize_t len;									\
											\
	mutex_lock(&vcm_sim_lock);							\
	len = sysfs_emit(page, _fmt "\n", mmu->cfg._name);				\
	mutex_unlock(&vcm_sim_lock);							\
	return len;									\
}											\
static ssize_t vcm_sim_mmu_##_name##_store(struct config_item *item, const char *page,	\
					   size_t len)					\
{											\
	struct vcm_sim_mmu *mmu = vcm_sim_mmu_of(item);					\
											\
	return vcm_sim_number_store(mmu, &mmu->cfg._name, _max, page, len);		\
}											\
CONFIGFS_ATTR(vcm_sim_mmu_, _name)

VCM_SIM_NUMBER(page_sizes, "%#llx", U64_MAX);
VCM_SIM_NUMBER(start, "%#llx", U64_MAX);
VCM_SIM_NUMBER(last, "%#llx", U64_MAX);
VCM_SIM_NUMBER(contexts, "%llu", VCM_SIM_CONTEXTS_MAX);
VCM_SIM_NUMBER(tlb_sets, "%llu", VCM_SIM_TLB_MAX);
VCM_SIM_NUMBER(tlb_ways, "%llu", VCM_SIM_TLB_MAX);
VCM_SIM_NUMBER(latency_us, "%llu", USEC_PER_SEC);
VCM_SIM_NUMBER(table_pages, "%llu", U32_MAX);
VCM_SIM_NUMBER(stall, "%llu", 1);

static ssize_t vcm_sim_mmu_iommu_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "sim-%s\n", vcm_sim_mmu_of(item)->name);
}
CONFIGFS_ATTR_RO(vcm_sim_mmu_, iommu);

static ssize_t vcm_sim_mmu_live_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", READ_ONCE(vcm_sim_mmu_of(item)->live));
}

static int vcm_sim_mmu_set_live(struct vcm_sim_mmu *mmu, bool live)
{
	if (live == mmu->live)
		return live ? -EBUSY : -ENXIO;
	return live ? vcm_sim_mmu_go_live(mmu) : vcm_sim_mmu_go_dead(mmu);
}

static ssize_t vcm_sim_mmu_live_store(struct config_item *item, const char *page, size_t len)
{
	struct vcm_sim_mmu *mmu = vcm_sim_mmu_of(item);
	bool live;
	int err;

	if (kstrtobool(page, &live))
		return -EINVAL;
	if (live)
		err = vcm_sim_config_pin(item);
	else
		err = 0;
	if (err)
		return err;
	mutex_lock(&vcm_sim_lock);
	err = vcm_sim_mmu_set_live(mmu, live);
	mutex_unlock(&vcm_sim_lock);
	/* whoever went dead, or did not go live, gives its pin back */
	if (live == !!err)
		vcm_sim_config_unpin(item);
	return err ? err : len;
}
CONFIGFS_ATTR(vcm_sim_mmu_, live);

static struct configfs_attribute *vcm_sim_mmu_attrs[] = {
	&vcm_sim_mmu_attr_format,
	&vcm_sim_mmu_attr_page_sizes,
	&vcm_sim_mmu_attr_start,
	&vcm_sim_mmu_attr_last,
	&vcm_sim_mmu_attr_contexts,
	&vcm_sim_mmu_attr_tlb_sets,
	&vcm_sim_mmu_attr_tlb_ways,
	&vcm_sim_mmu_attr_latency_us,
	&vcm_sim_mmu_attr_table_pages,
	&vcm_sim_mmu_attr_stall,
	&vcm_sim_mmu_attr_iommu,
	&vcm_sim_mmu_attr_live,
	NULL
};

static void vcm_sim_mmu_release(struct config_item *item)
{
	vcm_sim_mmu_free(vcm_sim_mmu_of(item));
}

static struct configfs_item_operations vcm_sim_mmu_item_ops = {
	.release = vcm_sim_mmu_release,
};

/* Names become names of devices in sysfs. */
static int vcm_sim_name_check(const char *name)
{
	const char *at;

	if (strlen(name) >= VCM_SIM_NAME_LEN)
		return -ENAMETOOLONG;
	for (at = name; *at; at++)
		if (!isalnum(*at) && *at != '_' && *at != '-')
			return -EINVAL;
	return 0;
}

static struct config_group *vcm_sim_make_dev(struct config_group *group, const char *name)
{
	int err = vcm_sim_name_check(name);

	if (err)
		return ERR_PTR(err);
	return vcm_sim_config_dev(vcm_sim_mmu_of(&group->cg_item), name);
}

static struct configfs_group_operations vcm_sim_mmu_group_ops = {
	.make_group = vcm_sim_make_dev,
};

static const struct config_item_type vcm_sim_mmu_type = {
	.ct_item_ops = &vcm_sim_mmu_item_ops,
	.ct_group_ops = &vcm_sim_mmu_group_ops,
	.ct_attrs = vcm_sim_mmu_attrs,
	.ct_owner = THIS_MODULE,
};

static struct config_group *vcm_sim_make_mmu(struct config_group *group, const char *name)
{
	int err = vcm_sim_name_check(name);
	struct vcm_sim_mmu *mmu;

	if (err)
		return ERR_PTR(err);
	mmu = vcm_sim_mmu_alloc(name);
	if (!mmu)
		return ERR_PTR(-ENOMEM);
	config_group_init_type_name(&mmu->group, name, &vcm_sim_mmu_type);
	return &mmu->group;
}

static struct configfs_group_operations vcm_sim_root_ops = {
	.make_group = vcm_sim_make_mmu,
};

static const struct config_item_type vcm_sim_root_type = {
	.ct_group_ops = &vcm_sim_root_ops,
	.ct_owner = THIS_MODULE,
};

static struct configfs_subsystem vcm_sim_subsystem = {
	.su_group = {
		.cg_item = {
			.ci_namebuf = "vcm_sim",
			.ci_type = &vcm_sim_root_type,
		},
	},
};

/* Nobody removes the folder until vcm_sim_config_unpin(). */
int vcm_sim_config_pin(struct config_item *item)
{
	return configfs_depend_item_unlocked(&vcm_sim_subsystem, item);
}

void vcm_sim_config_unpin(struct config_item *item)
{
	configfs_undepend_item(item);
}

int vcm_sim_config_init(void)
{
	config_group_init(&vcm_sim_subsystem.su_group);
	mutex_init(&vcm_sim_subsystem.su_mutex);
	return configfs_register_subsystem(&vcm_sim_subsystem);
}

void vcm_sim_config_exit(void)
{
	configfs_unregister_subsystem(&vcm_sim_subsystem);
}
