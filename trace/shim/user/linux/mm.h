/* SPDX-License-Identifier: GPL-2.0-only */
/* mm.h - see kernel.h. */
#include <linux/kernel.h>
