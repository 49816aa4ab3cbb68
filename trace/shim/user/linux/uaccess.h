/* SPDX-License-Identifier: GPL-2.0-only */
/* uaccess.h - see kernel.h. */
#include <linux/kernel.h>
