/* SPDX-License-Identifier: GPL-2.0-only */
/* err.h - see kernel.h. */
#include <linux/kernel.h>
