/* SPDX-License-Identifier: GPL-2.0-only */
/* fs.h - see kernel.h. */
#include <linux/kernel.h>
