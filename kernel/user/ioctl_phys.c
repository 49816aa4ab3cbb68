// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl_phys.c - physical memory: PHYS_ALLOC, PHYS_FREE, PIN_USER, IMPORT_DMABUF,
 * EXPORT_DMABUF, and mmap.
 *
 * A mapping holds a reference of its own, counted like any other, so memory that a process can
 * see is never released.
 *
 * Pinning takes mmap_lock inside vcm_file.lock, so mmap, which is called under mmap_lock, does
 * without the lock of the file.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>

#include "user/user.h"

/* VCM_IOC_PHYS_ALLOC */
int vcm_ioctl_phys_alloc(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_phys_alloc *io = arg;
	const struct vcm_phys_req req = {
		.len = io->len,
		.orders = io->orders,
		.cache = io->cache,
		.flags = io->flags,
		.node = io->node,
		.holder = vf->holder,
	};
	struct vcm_phys *phys;

	if (io->len > (u64)1 << VCM_MMAP_SLOT_SHIFT)
		return -ENOMEM;
	phys = vcm_phys_alloc(&req);
	if (IS_ERR(phys))
		return PTR_ERR(phys);
	io->phys = vcm_phys_id(phys);
	vcm_phys_chunks(phys, &io->chunks);
	return vcm_file_add_phys(vf, phys, &io->mmap_offset);
}

/* VCM_IOC_PHYS_FREE */
int vcm_ioctl_phys_free(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_phys_free *io = arg;
	struct vcm_hphys *hphys;

	if (io->flags)
		return -EOPNOTSUPP;
	hphys = vcm_file_phys(vf, io->phys);
	if (!hphys)
		return -ENOENT;
	vcm_file_drop_phys(vf, hphys);
	return 0;
}

/* VCM_IOC_PIN_USER */
int vcm_ioctl_pin_user(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_pin *io = arg;
	struct vcm_phys *phys;
	u64 mmap_offset;

	if (io->flags & ~VCM_PIN_WRITE)
		return -EOPNOTSUPP;
	phys = vcm_phys_pin_user(io->uva, io->len, io->flags & VCM_PIN_WRITE, vf->holder);
	if (IS_ERR(phys))
		return PTR_ERR(phys);
	io->phys = vcm_phys_id(phys);
	return vcm_file_add_phys(vf, phys, &mmap_offset);
}

/* VCM_IOC_IMPORT_DMABUF */
int vcm_ioctl_import_dmabuf(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_dmabuf *io = arg;
	struct vcm_phys *phys;
	u64 mmap_offset;

	if (io->flags)
		return -EOPNOTSUPP;
	if (io->rsvd || io->phys)
		return -EINVAL;
	phys = vcm_phys_import_dmabuf_fd(io->fd, vf->holder);
	if (IS_ERR(phys))
		return PTR_ERR(phys);
	io->phys = vcm_phys_id(phys);
	io->len = vcm_phys_len(phys);
	return vcm_file_add_phys(vf, phys, &mmap_offset);
}

/* VCM_IOC_EXPORT_DMABUF */
int vcm_ioctl_export_dmabuf(struct vcm_file *vf, void *arg)
{
	struct vcm_ioc_dmabuf *io = arg;
	struct vcm_hphys *hphys;
	int fd;

	if (io->flags)
		return -EOPNOTSUPP;
	if (io->rsvd || io->fd)
		return -EINVAL;
	hphys = vcm_file_phys(vf, io->phys);
	if (!hphys)
		return -ENOENT;
	fd = vcm_phys_export_dmabuf_fd(hphys->phys);
	if (fd < 0)
		return fd;
	io->fd = fd;
	io->len = vcm_phys_len(hphys->phys);
	return 0;
}

static void vcm_vma_open(struct vm_area_struct *vma)
{
	vcm_phys_get(vma->vm_private_data);
}

static void vcm_vma_close(struct vm_area_struct *vma)
{
	vcm_phys_put(vma->vm_private_data);
}

static const struct vm_operations_struct vcm_vm_ops = {
	.open = vcm_vma_open,
	.close = vcm_vma_close,
};

/* Insert the pages of @phys from @off on into @vma. */
static int vcm_vma_fill(struct vm_area_struct *vma, const struct vcm_phys *phys, u64 off)
{
	const struct vcm_chunk *chunk;
	unsigned long uva = vma->vm_start;
	u32 nr_chunks;
	int err;

	chunk = vcm_phys_chunks(phys, &nr_chunks);
	while (uva < vma->vm_end) {
		if (off >= chunk->len) {
			off -= chunk->len;
			chunk++;
			continue;
		}
		err = vcm_should_fail() ? -ENOMEM :
		      vm_insert_page(vma, uva, pfn_to_page(PHYS_PFN(chunk->pa + off)));
		if (err)
			return err;
		uva += PAGE_SIZE;
		off += PAGE_SIZE;
	}
	return 0;
}

/* The same for memory of a carve-out: one chunk, perhaps without pages. */
static int vcm_vma_fill_carved(struct vm_area_struct *vma, const struct vcm_phys *phys, u64 off)
{
	const struct vcm_chunk *chunk;
	u32 nr_chunks;

	chunk = vcm_phys_chunks(phys, &nr_chunks);
	if (vcm_should_fail())
		return -ENOMEM;
	return remap_pfn_range(vma, vma->vm_start, PHYS_PFN(chunk->pa + off),
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

/* Map @phys from @off on; the caller has a reference, which becomes the mapping's. */
static int vcm_mmap_phys(struct vcm_phys *phys, struct vm_area_struct *vma, u64 off)
{
	u64 len = vma->vm_end - vma->vm_start;
	int err;

	if (!vcm_phys_is_own(phys) && vcm_phys_source(phys) != VCM_SOURCE_CARVEOUT)
		return -EOPNOTSUPP;
	if (off > vcm_phys_len(phys) || len > vcm_phys_len(phys) - off)
		return -EINVAL;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	if (vcm_phys_cache(phys) == VCM_CACHE_WC)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	else if (vcm_phys_cache(phys) == VCM_CACHE_UC)
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	if (vcm_phys_is_own(phys))
		err = vcm_vma_fill(vma, phys, off);
	else
		err = vcm_vma_fill_carved(vma, phys, off);
	if (err)
		return err;
	vma->vm_ops = &vcm_vm_ops;
	vma->vm_private_data = phys;
	return 0;
}

/**
 * vcm_user_mmap() - map memory of a file into a process
 * @file: an open file of /dev/vcm
 * @vma:  where; its offset is the mmap_offset of VCM_IOC_PHYS_ALLOC plus one into the memory
 *
 * Context: process, mmap_lock held. Return: 0, -EINVAL for a private mapping or one beyond the
 * memory, -ENOENT for an offset of no memory of this file, -EOPNOTSUPP for memory from elsewhere,
 * -ENOMEM.
 */
int vcm_user_mmap(struct file *file, struct vm_area_struct *vma)
{
	const unsigned int slot_shift = VCM_MMAP_SLOT_SHIFT - PAGE_SHIFT;
	u64 off = (u64)(vma->vm_pgoff & ((1UL << slot_shift) - 1)) << PAGE_SHIFT;
	struct vcm_phys *phys;
	int err;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	phys = vcm_file_phys_at(file->private_data, vma->vm_pgoff >> slot_shift);
	if (!phys)
		return -ENOENT;
	err = vcm_mmap_phys(phys, vma, off);
	if (err)
		vcm_phys_put(phys);
	return err;
}
