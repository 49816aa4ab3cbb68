/* SPDX-License-Identifier: GPL-2.0-only */
/* mutex.h - see kernel.h. */
#include <linux/kernel.h>
