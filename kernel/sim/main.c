// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - what of vcm_sim.ko comes up, in which order, and down in reverse.
 *
 * Every folder below configfs/vcm_sim holds a reference to the module, so at exit there is no
 * instance and no device.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "sim.h"

static int __init vcm_sim_init(void)
{
	int err;

	vcm_sim_debugfs_init();
	err = vcm_sim_config_init();
	if (err)
		vcm_sim_debugfs_exit();
	return err;
}

static void __exit vcm_sim_exit(void)
{
	vcm_sim_config_exit();
	vcm_sim_debugfs_exit();
}

module_init(vcm_sim_init);
module_exit(vcm_sim_exit);

MODULE_DESCRIPTION("Simulated IOMMUs, and devices behind them that do DMA");
MODULE_LICENSE("GPL");
