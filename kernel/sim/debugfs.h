/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debugfs.h - what the files of debugfs share.
 */
#ifndef VCM_SIM_DEBUGFS_H
#define VCM_SIM_DEBUGFS_H

#include <linux/types.h>

#define VCM_SIM_WORDS	7	/* most words of a line */

/**
 * struct vcm_sim_line - a line that was written, cut into words
 * @text: the line
 * @word: its words
 * @nr:   how many
 */
struct vcm_sim_line {
	char text[160];
	char *word[VCM_SIM_WORDS];
	int nr;
};

int vcm_sim_line_get(struct vcm_sim_line *line, const char __user *ubuf, size_t len);

#endif
