/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.h - every kernel facility that kernel/user may use, for its build in user space.
 *
 * The headers beside this one have the names under which the kernel offers the same things, and
 * only include this.  As in vcm_os.h, what is here is a stub, a dup or custom.
 */
#ifndef SHIM_USER_LINUX_KERNEL_H
#define SHIM_USER_LINUX_KERNEL_H

#include <limits.h>
#include <stdio.h>

#include <linux/types.h>

#include "vcm_os.h"

/* ---- stub ---------------------------------------------------------------------------------- */

#define __user
#define GFP_KERNEL_ACCOUNT	0
#define module_param(name, type, perm)	extern __typeof__(name) name
#define MODULE_PARM_DESC(name, text)	extern __typeof__(name) name
#define cond_resched()		((void)0)

static inline void mutex_destroy(struct mutex *mutex)
{
	pthread_mutex_destroy(&mutex->lock);
}

/* Who opened the file. */
struct task_struct {
	char comm[16];
};

extern struct task_struct *current;

static inline int task_tgid_nr(const struct task_struct *task)
{
	(void)task;
	return 1;
}

/* Nothing is mapped into a process here: mmap() is the business of the guest's tests. */
#define VM_SHARED		0x08ul
#define VM_DONTEXPAND		0x40000ul
#define VM_DONTDUMP		0x4000000ul
#define PAGE_SHIFT		VCM_PAGE_SHIFT
#define PAGE_SIZE		(1ul << PAGE_SHIFT)
#define PHYS_PFN(pa)		((pa) >> PAGE_SHIFT)
#define pfn_to_page(pfn)	((struct page *)(uintptr_t)(pfn))
#define pgprot_writecombine(prot) ((prot) | 1)
#define pgprot_noncached(prot)	((prot) | 2)

struct page;
struct vm_area_struct;

struct vm_operations_struct {
	void (*open)(struct vm_area_struct *vma);
	void (*close)(struct vm_area_struct *vma);
};

struct vm_area_struct {
	unsigned long vm_start, vm_end, vm_flags, vm_pgoff, vm_page_prot;
	const struct vm_operations_struct *vm_ops;
	void *vm_private_data;
};

static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}

static inline int vm_insert_page(struct vm_area_struct *vma, unsigned long uva, struct page *page)
{
	return uva >= vma->vm_start && uva < vma->vm_end && page ? 0 : -EFAULT;
}

static inline int remap_pfn_range(struct vm_area_struct *vma, unsigned long uva, unsigned long pfn,
				  unsigned long len, unsigned long prot)
{
	(void)prot;
	return uva == vma->vm_start && len == vma->vm_end - uva && pfn ? 0 : -EFAULT;
}

/* ---- dup ----------------------------------------------------------------------------------- */

#define offsetofend(type, member)	(offsetof(type, member) + sizeof(((type *)0)->member))

struct file {
	void *private_data;
};

/* An array of pointers by number: a list, because the tests have few. */
struct xa_node {
	struct xa_node *next;
	unsigned long index;
	void *entry;
};

struct xarray {
	struct xa_node *first;
};

#define XA_FLAGS_ALLOC		1
#define XA_LIMIT(low, high)	((high) | 0 * (low))

void xa_init_flags(struct xarray *xa, unsigned int flags);
#define xa_init(xa)		xa_init_flags(xa, 0)
void *xa_load(struct xarray *xa, unsigned long index);
int xa_insert(struct xarray *xa, unsigned long index, void *entry, unsigned int gfp);
int xa_alloc(struct xarray *xa, u32 *index, void *entry, u32 highest, unsigned int gfp);
void *xa_erase(struct xarray *xa, unsigned long index);
/* The first at or above *@index, with its number there; NULL when there is none. */
void *xa_find_from(struct xarray *xa, unsigned long *index);
#define xa_for_each(xa, index, entry)						\
	for ((index) = 0; ((entry) = xa_find_from(xa, &(index))); (index)++)

/* ---- custom -------------------------------------------------------------------------------- */

#define kzalloc(len, gfp)	vcm_os_zalloc(len)
#define kfree(ptr)		vcm_os_free(ptr)

/* Entries left are a leak that shows. */
void xa_destroy(struct xarray *xa);

/*
 * The memory of the caller.  Each access is checked against the one area that a test allows, and
 * the moments at which it may be taken away.
 */
unsigned long copy_to_user(void *to, const void *from, unsigned long len);
unsigned long copy_from_user(void *to, const void *from, unsigned long len);
int copy_struct_from_user(void *to, size_t room, const void *from, size_t len);
#define get_user(x, from)	(copy_from_user(&(x), from, sizeof(x)) ? -EFAULT : 0)

#endif
