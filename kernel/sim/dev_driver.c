// SPDX-License-Identifier: GPL-2.0-only
/*
 * dev_driver.c - vcm_sim_dev.ko: the driver of the simulated devices.
 *
 * It offers each device to VCM, as the sample driver does with edu, and that is all that ties
 * vcm_sim.ko to vcm.ko: without this module the simulated IOMMUs are there for the kernel alone.
 *
 * debugfs/vcm_sim_dev/<name>/
 *   dma_api     write page, direction, sg or coherent: use that part of the DMA API once, see
 *               dev_dma_api.c; outside of every context
 *   result      read: counters of all runs
 *
 * Locking: vcm_sim_drv.lock, one run at a time.
 */
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "dev_driver.h"
#include "sim_dev.h"
#include "vcm.h"

static struct dentry *vcm_sim_drv_root;

static ssize_t vcm_sim_dma_api_write(struct file *file, const char __user *ubuf, size_t len,
				     loff_t *pos)
{
	struct vcm_sim_drv *drv = file->private_data;
	char what[16];
	int err;

	if (!len || len >= sizeof(what))
		return -EINVAL;
	if (copy_from_user(what, ubuf, len))
		return -EFAULT;
	what[len] = '\0';
	if (mutex_lock_interruptible(&drv->lock))
		return -EINTR;
	err = vcm_sim_dma_api(drv->dev, strim(what), &drv->result);
	mutex_unlock(&drv->lock);
	return err ? err : len;
}

static const struct file_operations vcm_sim_dma_api_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = vcm_sim_dma_api_write,
	.llseek = noop_llseek,
};

static int vcm_sim_result_show(struct seq_file *m, void *v)
{
	struct vcm_sim_drv *drv = m->private;
	struct vcm_sim_dma_result result;

	mutex_lock(&drv->lock);
	result = drv->result;
	mutex_unlock(&drv->lock);
	seq_printf(m, "maps: %llu\n", result.maps);
	seq_printf(m, "unmaps: %llu\n", result.unmaps);
	seq_printf(m, "bytes: %llu\n", result.bytes);
	seq_printf(m, "wrong: %llu\n", result.wrong);
	seq_printf(m, "leaks: %llu\n", result.leaks);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_sim_result);

static int vcm_sim_drv_probe(struct platform_device *pdev)
{
	struct vcm_sim_drv *drv = kzalloc(sizeof(*drv), GFP_KERNEL);
	int err;

	if (!drv)
		return -ENOMEM;
	drv->dev = &pdev->dev;
	mutex_init(&drv->lock);
	err = vcm_offer_device(&pdev->dev);
	if (err) {
		kfree(drv);
		return err;
	}
	platform_set_drvdata(pdev, drv);
	drv->dir = debugfs_create_dir(dev_name(&pdev->dev), vcm_sim_drv_root);
	debugfs_create_file("dma_api", 0200, drv->dir, drv, &vcm_sim_dma_api_fops);
	debugfs_create_file("result", 0400, drv->dir, drv, &vcm_sim_result_fops);
	return 0;
}

/* Nobody is in a run any more when the device leaves its contexts. */
static void vcm_sim_drv_remove(struct platform_device *pdev)
{
	struct vcm_sim_drv *drv = platform_get_drvdata(pdev);

	debugfs_remove(drv->dir);
	vcm_withdraw_device(&pdev->dev);
	kfree(drv);
}

static struct platform_driver vcm_sim_drv = {
	.driver = { .name = VCM_SIM_DEV_DRIVER },
	.probe = vcm_sim_drv_probe,
	.remove = vcm_sim_drv_remove,
};

static int __init vcm_sim_drv_init(void)
{
	int err;

	vcm_sim_drv_root = debugfs_create_dir("vcm_sim_dev", NULL);
	err = platform_driver_register(&vcm_sim_drv);
	if (err)
		debugfs_remove(vcm_sim_drv_root);
	return err;
}
module_init(vcm_sim_drv_init);

static void __exit vcm_sim_drv_exit(void)
{
	platform_driver_unregister(&vcm_sim_drv);
	debugfs_remove(vcm_sim_drv_root);
}
module_exit(vcm_sim_drv_exit);

MODULE_DESCRIPTION("Driver of the devices that vcm_sim simulates: offers them to VCM");
MODULE_LICENSE("GPL");
