/* SPDX-License-Identifier: GPL-2.0-only */
/* moduleparam.h - see kernel.h. */
#include <linux/kernel.h>
