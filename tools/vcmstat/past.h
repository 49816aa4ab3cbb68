/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * past.h - who made an event that ended or changed something, and from where in the code.
 *
 * Kept for the last of them only, by the source while it runs (struct source_ops) or in a
 * recording made with --stacks.
 */
#ifndef VCMSTAT_PAST_H
#define VCMSTAT_PAST_H

#include <stdint.h>

#include "vcm_bpf.h"

struct past {
	uint64_t ts_ns;
	uint32_t pid;
	uint32_t tid;
	char comm[16];		/* not terminated when it fills the array */
	unsigned int nr;	/* frames, 0 when the stack could not be taken */
	uint64_t frames[VCM_LEAK_FRAMES];	/* innermost first; see ksyms.h */
};

#endif
