/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user.h - what an open file of /dev/vcm owns, and the ioctl table's functions.
 *
 * A file owns handles: ids to which it holds references.  Ids are those of events; an id of
 * another file is not found.  Closing the file gives everything up.
 *
 * Locking: vcm_file.lock serialises the calls of one file.  It is outside the locks of the core
 * and inside mmap_lock, so no call touches user memory while holding it.
 */
#ifndef VCM_USER_H
#define VCM_USER_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "vcm.h"

struct file;
struct vm_area_struct;

/**
 * struct vcm_file - an open file of /dev/vcm
 * @lock:     see above
 * @contexts: struct vcm_hctx by context id; under @lock
 * @physes:   struct vcm_hphys by memory id; under @lock
 * @slots:    the same by mmap slot; under @lock
 */
struct vcm_file {
	struct mutex lock;	/* the calls of one file, one after the other */
	struct xarray contexts;
	struct xarray physes;
	struct xarray slots;
};

/**
 * struct vcm_hctx - a context that a file owns
 * @vcm:    the context, one reference
 * @res:    struct vcm_hres by reservation id
 * @assocs: struct vcm_assoc by association id
 */
struct vcm_hctx {
	struct vcm *vcm;
	struct xarray res;
	struct xarray assocs;
};

/**
 * struct vcm_hres - references to a reservation that a file owns
 * @res:   the reservation
 * @count: references, at least one
 */
struct vcm_hres {
	struct vcm_res *res;
	u32 count;
};

/**
 * struct vcm_hphys - memory that a file owns
 * @phys: the memory, one reference
 * @slot: mmap slot
 */
struct vcm_hphys {
	struct vcm_phys *phys;
	u32 slot;
};

/* Each slot of the mmap offset space holds one memory object of up to 2^40 bytes. */
#define VCM_MMAP_SLOT_SHIFT 40

int vcm_user_init(void);
void vcm_user_exit(void);

/* handles.c; vcm_file.lock held, except for the first two */
struct vcm_file *vcm_file_create(void);
void vcm_file_destroy(struct vcm_file *vf);
struct vcm_hctx *vcm_file_context(struct vcm_file *vf, u32 id);
int vcm_file_add_context(struct vcm_file *vf, struct vcm *vcm);
void vcm_file_drop_context(struct vcm_file *vf, struct vcm_hctx *hctx);
struct vcm_hres *vcm_file_res(struct vcm_file *vf, u32 vcm, u64 id);
int vcm_hctx_add_res(struct vcm_hctx *hctx, struct vcm_res *res);
void vcm_hctx_drop_res(struct vcm_hctx *hctx, struct vcm_hres *hres);
struct vcm_hphys *vcm_file_phys(struct vcm_file *vf, u64 id);
int vcm_file_add_phys(struct vcm_file *vf, struct vcm_phys *phys, u64 *mmap_offset);
void vcm_file_drop_phys(struct vcm_file *vf, struct vcm_hphys *hphys);

/* ioctl.c */
long vcm_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* ioctl_context.c, ioctl_res.c, ioctl_phys.c, ioctl_assoc.c: @arg is the struct of the call */
int vcm_ioctl_create(struct vcm_file *vf, void *arg);
int vcm_ioctl_destroy(struct vcm_file *vf, void *arg);
int vcm_ioctl_reserve(struct vcm_file *vf, void *arg);
int vcm_ioctl_unreserve(struct vcm_file *vf, void *arg);
int vcm_ioctl_ref(struct vcm_file *vf, void *arg);
int vcm_ioctl_res_info(struct vcm_file *vf, void *arg);
int vcm_ioctl_bind(struct vcm_file *vf, void *arg);
int vcm_ioctl_unbind(struct vcm_file *vf, void *arg);
int vcm_ioctl_phys_alloc(struct vcm_file *vf, void *arg);
int vcm_ioctl_phys_free(struct vcm_file *vf, void *arg);
int vcm_ioctl_assoc(struct vcm_file *vf, void *arg);
int vcm_ioctl_deassoc(struct vcm_file *vf, void *arg);
int vcm_ioctl_activate(struct vcm_file *vf, void *arg);
int vcm_ioctl_deactivate(struct vcm_file *vf, void *arg);

/* ioctl_phys.c */
int vcm_user_mmap(struct file *file, struct vm_area_struct *vma);

#endif
