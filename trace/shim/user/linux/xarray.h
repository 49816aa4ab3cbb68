/* SPDX-License-Identifier: GPL-2.0-only */
/* xarray.h - see kernel.h. */
#include <linux/kernel.h>
