// SPDX-License-Identifier: GPL-2.0-only
/*
 * handles.c - the ids that an open file owns.
 *
 * Adding takes the caller's reference over, also when it fails: then the object is given up
 * again, so that no ioctl has to.  Dropping gives the references up.  Both leave the tables
 * and the core in step.
 *
 * Locking: vcm_file.lock, and inside it vcm_file.slots_lock for what mmap may find;
 * vcm_file_destroy() runs when no other call of the file can.
 */
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "core/core.h"
#include "user/user.h"

static unsigned int max_objects = 1 << 20;
module_param(max_objects, uint, 0644);
MODULE_PARM_DESC(max_objects, "objects that one open file of /dev/vcm may own");

/* Make the tables of a file, for the calling process.  Return: them, or NULL. */
struct vcm_file *vcm_file_create(void)
{
	struct vcm_file *vf = vcm_os_zalloc(sizeof(*vf));
	char name[VCM_HOLDER_NAME_LEN];

	if (!vf)
		return NULL;
	snprintf(name, sizeof(name), "%s/%d", current->comm, task_tgid_nr(current));
	vf->holder = vcm_holder_create(name);
	if (!vf->holder) {
		vcm_os_free(vf);
		return NULL;
	}
	mutex_init(&vf->lock);
	mutex_init(&vf->slots_lock);
	xa_init(&vf->contexts);
	xa_init(&vf->physes);
	xa_init_flags(&vf->slots, XA_FLAGS_ALLOC);
	return vf;
}

/* Count one more object.  Return: 0 or -EMFILE. */
static int vcm_file_charge(struct vcm_file *vf)
{
	lockdep_assert_held(&vf->lock);
	if (vf->objects >= READ_ONCE(max_objects))
		return -EMFILE;
	vf->objects++;
	return 0;
}

/* Put @entry into @xa, as one more object of the file. */
static int vcm_file_insert(struct vcm_file *vf, struct xarray *xa, u64 id, void *entry)
{
	int err = vcm_file_charge(vf);

	if (err)
		return err;
	err = vcm_os_should_fail() ? -ENOMEM : xa_insert(xa, id, entry, GFP_KERNEL_ACCOUNT);
	if (err)
		vf->objects--;
	return err;
}

static void vcm_file_erase(struct vcm_file *vf, struct xarray *xa, u64 id)
{
	lockdep_assert_held(&vf->lock);
	xa_erase(xa, id);
	vf->objects--;
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
	mutex_destroy(&vf->slots_lock);
	mutex_destroy(&vf->lock);
	vcm_holder_put(vf->holder);
	vcm_os_free(vf);
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
	hctx = vcm_os_zalloc(sizeof(*hctx));
	if (!hctx)
		goto err_destroy;
	hctx->vcm = vcm;
	xa_init(&hctx->res);
	xa_init(&hctx->assocs);
	err = vcm_file_insert(vf, &vf->contexts, vcm_id(vcm), hctx);
	if (err)
		goto err_free;
	return 0;

err_free:
	vcm_os_free(hctx);
err_destroy:
	vcm_destroy_as(vcm, vf->holder);
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
	vcm_file_erase(vf, &vf->contexts, vcm);
	vcm_destroy_as(hctx->vcm, vf->holder);
	/* All dead now; the structs go with the references. */
	xa_for_each(&hctx->assocs, id, assoc)
		vcm_hctx_drop_assoc(vf, hctx, assoc);
	xa_for_each(&hctx->res, id, hres) {
		for (; hres->count > 1; hres->count--)
			vcm_unreserve_as(hres->res, vf->holder);
		vcm_hctx_drop_res(vf, hctx, hres);
		cond_resched();
	}
	xa_destroy(&hctx->assocs);
	xa_destroy(&hctx->res);
	vcm_os_free(hctx);
}

/* Find a reservation.  Return: it, or NULL. */
struct vcm_hres *vcm_file_res(struct vcm_file *vf, u32 vcm, u64 id)
{
	struct vcm_hctx *hctx = vcm_file_context(vf, vcm);

	return hctx && id <= ULONG_MAX ? xa_load(&hctx->res, id) : NULL;
}

/* Own @res.  Return: 0, or -ENOMEM and @res is given up. */
int vcm_hctx_add_res(struct vcm_file *vf, struct vcm_hctx *hctx, struct vcm_res *res)
{
	struct vcm_hres *hres;
	int err = -ENOMEM;

	hres = vcm_os_zalloc(sizeof(*hres));
	if (!hres)
		goto err_unreserve;
	hres->res = res;
	hres->count = 1;
	err = vcm_file_insert(vf, &hctx->res, vcm_res_id(res), hres);
	if (err)
		goto err_free;
	return 0;

err_free:
	vcm_os_free(hres);
err_unreserve:
	vcm_unreserve_as(res, vf->holder);
	return err;
}

static void vcm_hres_count_down(struct vcm_file *vf, struct vcm_hctx *hctx,
				struct vcm_hres *hres, u64 id)
{
	if (--hres->count)
		return;
	vcm_file_erase(vf, &hctx->res, id);
	vcm_os_free(hres);
}

/* Give one reference up; with the last one the id is gone. */
void vcm_hctx_drop_res(struct vcm_file *vf, struct vcm_hctx *hctx, struct vcm_hres *hres)
{
	u64 id = vcm_res_id(hres->res);

	vcm_unreserve_as(hres->res, vf->holder);
	vcm_hres_count_down(vf, hctx, hres, id);
}

/* The same if memory is bound.  Return: 0, or -errno and the reference is kept. */
int vcm_hctx_unmap_res(struct vcm_file *vf, struct vcm_hctx *hctx, struct vcm_hres *hres)
{
	u64 id = vcm_res_id(hres->res);
	int err = vcm_unmap(hres->res, vf->holder);

	if (!err)
		vcm_hres_count_down(vf, hctx, hres, id);
	return err;
}

/* Own @assoc.  Return: 0, or -errno and @assoc is given up. */
int vcm_hctx_add_assoc(struct vcm_file *vf, struct vcm_hctx *hctx, struct vcm_assoc *assoc)
{
	int err = vcm_file_insert(vf, &hctx->assocs, vcm_assoc_id(assoc), assoc);

	if (err)
		vcm_deassoc(assoc);
	return err;
}

/* Give @assoc up.  Return: 0, or -EBUSY while it is active. */
int vcm_hctx_drop_assoc(struct vcm_file *vf, struct vcm_hctx *hctx, struct vcm_assoc *assoc)
{
	u64 id = vcm_assoc_id(assoc);
	int err = vcm_deassoc(assoc);

	if (!err)
		vcm_file_erase(vf, &hctx->assocs, id);
	return err;
}

/* Find an association.  Return: it, or NULL. */
struct vcm_assoc *vcm_file_assoc(struct vcm_file *vf, u32 vcm, u64 id)
{
	struct vcm_hctx *hctx = vcm_file_context(vf, vcm);

	return hctx && id <= ULONG_MAX ? xa_load(&hctx->assocs, id) : NULL;
}

/* Find memory.  Return: it, or NULL. */
struct vcm_hphys *vcm_file_phys(struct vcm_file *vf, u64 id)
{
	lockdep_assert_held(&vf->lock);
	return id <= ULONG_MAX ? xa_load(&vf->physes, id) : NULL;
}

/*
 * Find memory by its mmap slot.  Return: it, with a reference of nobody named; or NULL.  vf->lock
 * is not taken: its holder may be waiting for the mmap_lock that the caller has.
 */
struct vcm_phys *vcm_file_phys_at(struct vcm_file *vf, u64 slot)
{
	struct vcm_phys *phys;

	mutex_lock(&vf->slots_lock);
	phys = slot <= ULONG_MAX ? xa_load(&vf->slots, slot) : NULL;
	if (phys)
		vcm_phys_get(phys);
	mutex_unlock(&vf->slots_lock);
	return phys;
}

static int vcm_slot_take(struct vcm_file *vf, struct vcm_hphys *hphys)
{
	const u32 max_slot = (1u << (63 - VCM_MMAP_SLOT_SHIFT)) - 1;
	int err;

	if (vcm_os_should_fail())
		return -ENOMEM;
	mutex_lock(&vf->slots_lock);
	err = xa_alloc(&vf->slots, &hphys->slot, hphys->phys, XA_LIMIT(0, max_slot),
		       GFP_KERNEL_ACCOUNT);
	mutex_unlock(&vf->slots_lock);
	return err;
}

/* Before the reference of the file goes: who finds memory by its slot takes one of their own. */
static void vcm_slot_give(struct vcm_file *vf, const struct vcm_hphys *hphys)
{
	mutex_lock(&vf->slots_lock);
	xa_erase(&vf->slots, hphys->slot);
	mutex_unlock(&vf->slots_lock);
}

/* Own @phys.  Return: 0 with *@mmap_offset set, or -errno and @phys is given up. */
int vcm_file_add_phys(struct vcm_file *vf, struct vcm_phys *phys, u64 *mmap_offset)
{
	struct vcm_hphys *hphys;
	int err = -ENOMEM;

	lockdep_assert_held(&vf->lock);
	hphys = vcm_os_zalloc(sizeof(*hphys));
	if (!hphys)
		goto err_put;
	hphys->phys = phys;
	err = vcm_slot_take(vf, hphys);
	if (err)
		goto err_free;
	err = vcm_file_insert(vf, &vf->physes, vcm_phys_id(phys), hphys);
	if (err)
		goto err_slot;
	*mmap_offset = (u64)hphys->slot << VCM_MMAP_SLOT_SHIFT;
	return 0;

err_slot:
	vcm_slot_give(vf, hphys);
err_free:
	vcm_os_free(hphys);
err_put:
	vcm_phys_put_as(phys, vf->holder);
	return err;
}

/* Give memory up. */
void vcm_file_drop_phys(struct vcm_file *vf, struct vcm_hphys *hphys)
{
	lockdep_assert_held(&vf->lock);
	vcm_file_erase(vf, &vf->physes, vcm_phys_id(hphys->phys));
	vcm_slot_give(vf, hphys);
	vcm_phys_put_as(hphys->phys, vf->holder);
	vcm_os_free(hphys);
}
