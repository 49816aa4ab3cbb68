/* SPDX-License-Identifier: GPL-2.0-only */
/* slab.h - see kernel.h. */
#include <linux/kernel.h>
