// SPDX-License-Identifier: GPL-2.0-only
/*
 * handles.c - the ids that an open file owns.
 *
 * Adding takes the caller's reference over, also when it fails: then the object is given up
 * again, so that no ioctl has to.  Dropping gives the references up.  Both leave the tables
 * and the core in step.
 *
 * Locking: vcm_file.lock; vcm_file_destroy() runs when no other call of the file can.
 */
#include <linux/sched.h>
#include <linux/slab.h>

#include "user/user.h"

/* Make the tables of a file.  Return: them, or NULL. */
struct vcm_file *vcm_file_create(void)
{
	struct vcm_file *vf = kzalloc(sizeof(*vf), GFP_KERNEL_ACCOUNT);

	if (!vf)
		return NULL;
	mutex_init(&vf->lock);
	xa_init(&vf->contexts);
	xa_init(&vf->physes);
	xa_init_flags(&vf->slots, XA_FLAGS_ALLOC);
	return vf;
}

/* Give everything up. */
void vcm_file_destroy(struct vcm_file *vf)
{
	struct vcm_hphys *hphys;
	struct vcm_hctx *hctx;
	unsigned long id;

	mutex_lock(&vf->lock);
	xa_for_each(&vf->contexts, id, hctx)
		vcm_file_drop_context(vf, hctx);
	xa_for_each(&vf->physes, id, hphys)
		vcm_file_drop_phys(vf, hphys);
	mutex_unlock(&vf->lock);
	xa_destroy(&vf->contexts);
	xa_destroy(&vf->physes);
	xa_destroy(&vf->slots);
	mutex_destroy(&vf->lock);
	kfree(vf);
}

/* Find a context.  Return: it, or NULL. */
struct vcm_hctx *vcm_file_context(struct vcm_file *vf, u32 id)
{
	lockdep_assert_held(&vf->lock);
	return xa_load(&vf->contexts, id);
}

/* Own @vcm.  Return: 0, or -ENOMEM and @vcm is destroyed. */
int vcm_file_add_context(struct vcm_file *vf, struct vcm *vcm)
{
	struct vcm_hctx *hctx;
	int err = -ENOMEM;

	lockdep_assert_held(&vf->lock);
	hctx = kzalloc(sizeof(*hctx), GFP_KERNEL_ACCOUNT);
	if (!hctx)
		goto err_destroy;
	hctx->vcm = vcm;
	xa_init(&hctx->res);
	xa_init(&hctx->assocs);
	err = xa_insert(&vf->contexts, vcm_id(vcm), hctx, GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_free;
	return 0;

err_free:
	kfree(hctx);
err_destroy:
	vcm_destroy(vcm);
	return err;
}

/* Destroy a context and give up what the file holds in it. */
void vcm_file_drop_context(struct vcm_file *vf, struct vcm_hctx *hctx)
{
	u32 vcm = vcm_id(hctx->vcm);
	struct vcm_assoc *assoc;
	struct vcm_hres *hres;
	unsigned long id;

	lockdep_assert_held(&vf->lock);
	xa_erase(&vf->contexts, vcm);
	vcm_destroy(hctx->vcm);
	/* All dead now; the structs go with the references. */
	xa_for_each(&hctx->assocs, id, assoc)
		vcm_deassoc(assoc);
	xa_for_each(&hctx->res, id, hres) {
		for (; hres->count; hres->count--)
			vcm_unreserve(hres->res);
		kfree(hres);
		cond_resched();
	}
	xa_destroy(&hctx->assocs);
	xa_destroy(&hctx->res);
	kfree(hctx);
}

/* Find a reservation.  Return: it, or NULL. */
struct vcm_hres *vcm_file_res(struct vcm_file *vf, u32 vcm, u64 id)
{
	struct vcm_hctx *hctx = vcm_file_context(vf, vcm);

	return hctx && id <= ULONG_MAX ? xa_load(&hctx->res, id) : NULL;
}

/* Own @res.  Return: 0, or -ENOMEM and @res is given up. */
int vcm_hctx_add_res(struct vcm_hctx *hctx, struct vcm_res *res)
{
	struct vcm_hres *hres;
	int err = -ENOMEM;

	hres = kzalloc(sizeof(*hres), GFP_KERNEL_ACCOUNT);
	if (!hres)
		goto err_unreserve;
	hres->res = res;
	hres->count = 1;
	err = xa_insert(&hctx->res, vcm_res_id(res), hres, GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_free;
	return 0;

err_free:
	kfree(hres);
err_unreserve:
	vcm_unreserve(res);
	return err;
}

/* Give one reference up; with the last one the id is gone. */
void vcm_hctx_drop_res(struct vcm_hctx *hctx, struct vcm_hres *hres)
{
	u64 id = vcm_res_id(hres->res);

	vcm_unreserve(hres->res);
	if (--hres->count)
		return;
	xa_erase(&hctx->res, id);
	kfree(hres);
}

/* Find memory.  Return: it, or NULL. */
struct vcm_hphys *vcm_file_phys(struct vcm_file *vf, u64 id)
{
	lockdep_assert_held(&vf->lock);
	return id <= ULONG_MAX ? xa_load(&vf->physes, id) : NULL;
}

/* Own @phys.  Return: 0 with *@mmap_offset set, or -errno and @phys is given up. */
int vcm_file_add_phys(struct vcm_file *vf, struct vcm_phys *phys, u64 *mmap_offset)
{
	const u32 max_slot = (1u << (63 - VCM_MMAP_SLOT_SHIFT)) - 1;
	struct vcm_hphys *hphys;
	int err = -ENOMEM;

	lockdep_assert_held(&vf->lock);
	hphys = kzalloc(sizeof(*hphys), GFP_KERNEL_ACCOUNT);
	if (!hphys)
		goto err_put;
	hphys->phys = phys;
	err = xa_alloc(&vf->slots, &hphys->slot, hphys, XA_LIMIT(0, max_slot), GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_free;
	err = xa_insert(&vf->physes, vcm_phys_id(phys), hphys, GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_slot;
	*mmap_offset = (u64)hphys->slot << VCM_MMAP_SLOT_SHIFT;
	return 0;

err_slot:
	xa_erase(&vf->slots, hphys->slot);
err_free:
	kfree(hphys);
err_put:
	vcm_phys_put(phys);
	return err;
}

/* Give memory up. */
void vcm_file_drop_phys(struct vcm_file *vf, struct vcm_hphys *hphys)
{
	lockdep_assert_held(&vf->lock);
	xa_erase(&vf->physes, vcm_phys_id(hphys->phys));
	xa_erase(&vf->slots, hphys->slot);
	vcm_phys_put(hphys->phys);
	kfree(hphys);
}
