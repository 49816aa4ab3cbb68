// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the module's table of contents: what comes up, in which order, and down in reverse.
 *
 * The character device comes last, when everything behind it is there.  The module cannot be
 * removed while a file of /dev/vcm or a module that uses the API is there, so nothing of the
 * core is left at exit.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "core/core.h"
#include "drivers/drivers.h"
#include "obs/obs.h"
#include "user/user.h"

static int __init vcm_init(void)
{
	int err;

	vcm_core_init();
	err = vcm_carveouts_init();
	if (err)
		return err;
	err = vcm_iommu_init();
	if (err)
		goto err_carveouts_exit;
	err = vcm_dmabuf_init();
	if (err)
		goto err_iommu_exit;
	vcm_obs_init();
	err = vcm_user_init();
	if (err)
		goto err_obs_exit;
	return 0;

err_obs_exit:
	vcm_obs_exit();
	vcm_dmabuf_exit();
err_iommu_exit:
	vcm_iommu_exit();
err_carveouts_exit:
	vcm_carveouts_exit();
	return err;
}

static void __exit vcm_exit(void)
{
	vcm_user_exit();
	vcm_obs_exit();
	vcm_dmabuf_exit();
	vcm_iommu_exit();
	vcm_carveouts_exit();
}

module_init(vcm_init);
module_exit(vcm_exit);

MODULE_DESCRIPTION("Virtual Contiguous Memory manager");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
