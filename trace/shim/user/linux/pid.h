/* SPDX-License-Identifier: GPL-2.0-only */
/* pid.h - see kernel.h. */
#include <linux/kernel.h>
