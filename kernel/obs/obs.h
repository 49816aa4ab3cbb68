/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * obs.h - observers: views of the core that read it and never change it.
 *
 * vcm_obs_init() makes debugfs/vcm/ and what is in it, vcm_obs_exit() removes it.  Without
 * debugfs there are no views, and nothing else is missing.
 */
#ifndef VCM_OBS_H
#define VCM_OBS_H

struct dentry;

void vcm_obs_init(void);
void vcm_obs_exit(void);

/* snapfile.c */
void vcm_snapfile_add(struct dentry *dir);

#endif
