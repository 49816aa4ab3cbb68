/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user.h - what an open file of /dev/vcm owns, and the ioctl table's functions.
 *
 * A file owns handles: ids to which it holds references.  Ids are those of events; an id of
 * another file is not found.  Closing the file gives everything up.
 *
 * Locking: vcm_file.lock serialises the calls of one file.  It is outside the locks of the core
 * and outside mmap_lock, which pinning takes.  mmap, which is called under mmap_lock, takes
 * vcm_file.slots_lock instead; that is inside of both.
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
 * @slots_lock: the only lock of a file that mmap takes; inside @lock and mmap_lock
 * @slots:    struct vcm_phys by mmap slot; under @slots_lock
 * @holder:   whose the references are; has the name of the opener
 * @objects:  contexts, reservations, associations and memory owned; under @lock
 */
struct vcm_file {
	struct mutex lock;	/* the calls of one file, one after the other */
	struct xarray contexts;
	struct xarray physes;
	struct mutex slots_lock;	/* what can be mapped; calls may wait for mmap_lock */
	struct xarray slots;
	struct vcm_holder *holder;
	unsigned int objects;
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
int vcm_hctx_add_res(struct vcm_file *vf, struct vcm_hctx *hctx, struct vcm_res *res);
void vcm_hctx_drop_res(struct vcm_file *vf, struct vcm_hctx *hctx, struct vcm_hres *hres);
int vcm_hctx_unmap_res(struct vcm_file *vf, struct vcm_hctx *hctx, struct vcm_hres *hres);
int vcm_hctx_add_assoc(struct vcm_file *vf, struct vcm_hctx *hctx, struct vcm_assoc *assoc);
int vcm_hctx_drop_assoc(struct vcm_file *vf, struct vcm_hctx *hctx, struct vcm_assoc *assoc);
struct vcm_assoc *vcm_file_assoc(struct vcm_file *vf, u32 vcm, u64 id);
struct vcm_hphys *vcm_file_phys(struct vcm_file *vf, u64 id);
struct vcm_phys *vcm_file_phys_at(struct vcm_file *vf, u64 slot);
int vcm_file_add_phys(struct vcm_file *vf, struct vcm_phys *phys, u64 *mmap_offset);
void vcm_file_drop_phys(struct vcm_file *vf, struct vcm_hphys *hphys);

/* ioctl.c */
long vcm_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* The calls: @arg is the struct of the call, zeroed beyond what user space gave. */
#define VCM_IOCTL_FN(name) int vcm_ioctl_##name(struct vcm_file *vf, void *arg)

/* ioctl_context.c */
VCM_IOCTL_FN(create);
VCM_IOCTL_FN(destroy);
VCM_IOCTL_FN(save);
VCM_IOCTL_FN(restore);
VCM_IOCTL_FN(info);

/* ioctl_res.c */
VCM_IOCTL_FN(reserve);
VCM_IOCTL_FN(unreserve);
VCM_IOCTL_FN(ref);
VCM_IOCTL_FN(res_info);

int vcm_ioc_res_find(struct vcm_file *vf, const struct vcm_ioc_res *io, struct vcm_hres **hres);

/* ioctl_bind.c */
VCM_IOCTL_FN(bind);
VCM_IOCTL_FN(rebind);
VCM_IOCTL_FN(unbind);
VCM_IOCTL_FN(map);
VCM_IOCTL_FN(make_binding);
VCM_IOCTL_FN(unmap);

/* ioctl_find.c */
VCM_IOCTL_FN(find);
VCM_IOCTL_FN(phys_find);
VCM_IOCTL_FN(translate);

/* ioctl_phys.c */
VCM_IOCTL_FN(phys_alloc);
VCM_IOCTL_FN(phys_free);
VCM_IOCTL_FN(pin_user);
VCM_IOCTL_FN(import_dmabuf);
VCM_IOCTL_FN(export_dmabuf);

/* ioctl_assoc.c */
VCM_IOCTL_FN(assoc);
VCM_IOCTL_FN(deassoc);
VCM_IOCTL_FN(activate);
VCM_IOCTL_FN(deactivate);
VCM_IOCTL_FN(switch);

/* ioctl_phys.c */
int vcm_user_mmap(struct file *file, struct vm_area_struct *vma);

#endif
