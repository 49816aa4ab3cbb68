/* SPDX-License-Identifier: GPL-2.0-only */
/* string.h - see kernel.h. */
#include <linux/kernel.h>
