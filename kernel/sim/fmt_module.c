// SPDX-License-Identifier: GPL-2.0-only
/*
 * fmt_module.c - vcm_fmt.ko: the page-table formats and the IOTLB model as a library.
 *
 * A module of its own so that the simulated IOMMUs and the tests of the formats use the same
 * objects.  formats/ itself knows nothing of the kernel but the seam.
 */
#include <linux/module.h>

MODULE_DESCRIPTION("VCM: page-table formats of simulated IOMMUs");
MODULE_LICENSE("GPL");
