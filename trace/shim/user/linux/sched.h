/* SPDX-License-Identifier: GPL-2.0-only */
/* sched.h - see kernel.h. */
#include <linux/kernel.h>
