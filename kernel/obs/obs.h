/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * obs.h - observers: views of the core that read it and never change it.
 *
 * vcm_obs_init() makes debugfs/vcm/ and what is in it, vcm_obs_exit() removes it.  Without
 * debugfs there are no views, and nothing else is missing.
 */
#ifndef VCM_OBS_H
#define VCM_OBS_H

#include <linux/types.h>

struct bpf_iter_vcm;
struct dentry;
struct vcm_iter_rec;

void vcm_obs_init(void);
void vcm_obs_exit(void);

/* kfunc.c; the three are called by BPF programs */
void vcm_kfunc_init(void);
int bpf_iter_vcm_new(struct bpf_iter_vcm *it);
struct vcm_iter_rec *bpf_iter_vcm_next(struct bpf_iter_vcm *it);
void bpf_iter_vcm_destroy(struct bpf_iter_vcm *it);

/* snapshot.c */
int vcm_obs_snapshot(void **data, size_t *len);

/* snapfile.c */
void vcm_snapfile_add(struct dentry *dir);

#endif
