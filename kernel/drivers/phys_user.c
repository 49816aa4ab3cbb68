// SPDX-License-Identifier: GPL-2.0-only
/*
 * phys_user.c - memory of a process, pinned.
 *
 * Pinned pages count against the RLIMIT_MEMLOCK of the user who pinned them, for as long as
 * they are pinned, whoever releases them.
 *
 * Takes mmap_lock while pinning; must not be called with it held.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/slab.h>

#include "drivers/drivers.h"
#include "vcm.h"

/**
 * struct vcm_pinned - pages of a process
 * @user:  charged
 * @write: devices may write to them
 * @nr:    length of @pages
 * @pages: pinned
 */
struct vcm_pinned {
	struct user_struct *user;
	bool write;
	u64 nr;
	struct page *pages[] __counted_by(nr);
};

static int vcm_user_charge(struct user_struct *user, u64 nr)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	long old = atomic_long_read(&user->locked_vm);

	do {
		if (old + nr > limit && !capable(CAP_IPC_LOCK))
			return -ENOMEM;
	} while (!atomic_long_try_cmpxchg(&user->locked_vm, &old, old + nr));
	return 0;
}

static void vcm_pinned_free(struct vcm_pinned *pinned)
{
	atomic_long_sub(pinned->nr, &pinned->user->locked_vm);
	free_uid(pinned->user);
	kvfree(pinned);
}

static void vcm_pinned_release(void *priv)
{
	struct vcm_pinned *pinned = priv;

	unpin_user_pages_dirty_lock(pinned->pages, pinned->nr, pinned->write);
	vcm_pinned_free(pinned);
}

static const struct vcm_phys_ops vcm_pinned_ops = {
	.release = vcm_pinned_release,
};

static struct vcm_pinned *vcm_pinned_alloc(u64 nr, bool write)
{
	struct vcm_pinned *pinned;

	if (nr > totalram_pages())
		return NULL;
	pinned = vcm_driver_zalloc(struct_size(pinned, pages, nr));
	if (!pinned)
		return NULL;
	pinned->nr = nr;
	pinned->write = write;
	pinned->user = get_uid(current_user());
	if (vcm_user_charge(pinned->user, nr)) {
		free_uid(pinned->user);
		kvfree(pinned);
		return NULL;
	}
	return pinned;
}

/* Pin all or none. */
static int vcm_pinned_fill(struct vcm_pinned *pinned, u64 uva)
{
	unsigned int flags = FOLL_LONGTERM | (pinned->write ? FOLL_WRITE : 0);
	u64 done = 0;
	int err = 0;

	while (done < pinned->nr && !err) {
		int want = min_t(u64, pinned->nr - done, INT_MAX >> PAGE_SHIFT);
		int got = vcm_should_fail() ? -ENOMEM :
			  pin_user_pages_fast(uva + (done << PAGE_SHIFT), want, flags,
					      pinned->pages + done);

		if (got > 0)
			done += got;
		else
			err = got ? got : -EFAULT;
	}
	if (err)
		unpin_user_pages(pinned->pages, done);
	return err;
}

static struct vcm_phys *vcm_pinned_wrap(struct vcm_pinned *pinned, struct vcm_holder *holder)
{
	struct vcm_phys_desc desc = {
		.source = VCM_SOURCE_USER,
		.ops = &vcm_pinned_ops,
		.priv = pinned,
		.readonly = !pinned->write,
		.holder = holder,
	};
	struct vcm_chunk *chunks;
	struct vcm_phys *phys;

	chunks = vcm_chunks_of_pages(pinned->pages, pinned->nr, &desc.nr_chunks);
	if (!chunks)
		return ERR_PTR(-ENOMEM);
	desc.chunks = chunks;
	phys = vcm_phys_wrap(&desc);
	kvfree(chunks);
	return phys;
}

/**
 * vcm_phys_pin_user() - make memory of the calling process into memory of VCM
 * @uva:    address, page aligned
 * @len:    bytes, a multiple of the page size, not 0
 * @write:  devices may write to it
 * @holder: whose the first reference is, NULL for nobody named
 *
 * Context: process, may sleep, mmap_lock not held. Return: the memory with one reference, or
 * ERR_PTR(): -EINVAL, -EFAULT when part of it is not mapped, -ENOMEM also above
 * RLIMIT_MEMLOCK.
 */
struct vcm_phys *vcm_phys_pin_user(__u64 uva, __u64 len, bool write, struct vcm_holder *holder)
{
	struct vcm_pinned *pinned;
	struct vcm_phys *phys;
	int err;

	if (!len || !PAGE_ALIGNED(uva | len) || uva + (len - 1) < uva)
		return ERR_PTR(-EINVAL);
	pinned = vcm_pinned_alloc(len >> PAGE_SHIFT, write);
	if (!pinned)
		return ERR_PTR(-ENOMEM);
	err = vcm_pinned_fill(pinned, uva);
	if (err) {
		vcm_pinned_free(pinned);
		return ERR_PTR(err);
	}
	phys = vcm_pinned_wrap(pinned, holder);
	if (IS_ERR(phys))
		vcm_pinned_release(pinned);
	return phys;
}
EXPORT_SYMBOL_GPL(vcm_phys_pin_user);
