// SPDX-License-Identifier: GPL-2.0-only
/*
 * resv.c - addresses that a device cannot use, reserved while it is associated.
 *
 * IOMMU drivers map over an MSI window or a firmware region without complaint and the DMA then
 * goes elsewhere, so such regions are taken like any other range, by a holder that has the name
 * of the device.  Where regions of devices overlap they share the reservation, one reference each;
 * the rest of a region is a reservation of its own, so what is taken is always the union.
 *
 * Locking: the registry lock; the lock of the context is taken inside.
 */
#include "core.h"

/**
 * struct vcm_resv - one region of one association, or a piece of it
 * @node: in vcm_assoc.resvs; registry lock
 * @res:  the reservation, one reference of the device's holder
 */
struct vcm_resv {
	struct list_head node;
	struct vcm_res *res;
};

/* The lowest region of a device that has a part of [@start, @last]; or NULL. */
static struct vcm_res *vcm_resv_in(const struct vcm *vcm, u64 start, u64 last)
{
	struct vcm_res *res;

	for (res = vcm_res_first(vcm); res && res->start <= last; res = vcm_res_next(res))
		if ((res->flags & VCM_RESERVE_SYSTEM) && res->start + (res->len - 1) >= start)
			return res;
	return NULL;
}

/*
 * Another device's reservation of @start, with a reference for @holder; NULL when there is none.
 * *@last is lowered to what the answer is true for.  Found and taken in one hold of the lock:
 * somebody else may have the last reference.
 */
static struct vcm_res *vcm_resv_share(struct vcm *vcm, u64 start, u64 *last,
				      struct vcm_holder *holder)
{
	struct vcm_res *res;
	int err = 0;

	vcm_stream_lock(&vcm->stream);
	res = vcm_resv_in(vcm, start, *last);
	if (res && res->start > start) {
		*last = res->start - 1;
		res = NULL;
	} else if (res) {
		*last = min(*last, res->start + (res->len - 1));
		err = vcm_res_get_locked(res, holder);
	}
	vcm_stream_unlock(&vcm->stream);
	return err ? ERR_PTR(err) : res;
}

/* Take @start and what follows it up to *@last, which is lowered to what one reservation has. */
static struct vcm_res *vcm_resv_take(struct vcm *vcm, u64 start, u64 *last,
				     struct vcm_holder *holder)
{
	struct vcm_res *res = vcm_resv_share(vcm, start, last, holder);
	const struct vcm_req req = {
		.start = start,
		.len = *last - start + 1,
		.flags = VCM_RESERVE_FIXED | VCM_RESERVE_SYSTEM,
		.holder = holder,
	};

	return res ? res : vcm_res_make(vcm, &req);
}

/* As vcm_resv_take(), for @assoc.  Return: 0 or -errno. */
static int vcm_resv_add_piece(struct vcm_assoc *assoc, u64 start, u64 *last)
{
	struct vcm_resv *resv = vcm_os_zalloc(sizeof(*resv));

	if (!resv)
		return -ENOMEM;
	resv->res = vcm_resv_take(assoc->vcm, start, last, assoc->dev->holder);
	if (IS_ERR(resv->res)) {
		int err = PTR_ERR(resv->res);

		vcm_os_free(resv);
		return err;
	}
	list_add_tail(&resv->node, &assoc->resvs);
	return 0;
}

/* Take the part of [@start, @last] that is in the window, in as many pieces as it needs. */
static int vcm_resv_add(struct vcm_assoc *assoc, u64 start, u64 last)
{
	const struct vcm *vcm = assoc->vcm;
	u64 end;
	int err;

	start = max(start & ~(VCM_PAGE_SIZE - 1), vcm->ranges.start);
	last = min(last | (VCM_PAGE_SIZE - 1), vcm->ranges.last);
	for (; start <= last; start = end + 1) {
		end = last;
		err = vcm_resv_add_piece(assoc, start, &end);
		if (err || end == last)
			return err;
	}
	return 0;
}

/* Reserve what the device of @assoc cannot use.  Return: 0, or -errno with nothing taken. */
int vcm_resv_claim(struct vcm_assoc *assoc)
{
	const struct vcm_driver *driver = assoc->vcm->driver;
	u64 start, last;
	int err = 0;

	lockdep_assert_held(&vcm_registry.stream.lock);
	if (!driver->reserved)
		return 0;
	for (u32 i = 0; !err; i++) {
		err = driver->reserved(assoc->dev, i, &start, &last);
		if (err == -ENOENT)
			return 0;
		if (!err)
			err = vcm_resv_add(assoc, start, last);
	}
	vcm_resv_release(assoc);
	return err;
}

/* Give it back. */
void vcm_resv_release(struct vcm_assoc *assoc)
{
	lockdep_assert_held(&vcm_registry.stream.lock);
	while (!list_empty(&assoc->resvs)) {
		struct vcm_resv *resv = list_first_entry(&assoc->resvs, struct vcm_resv, node);

		list_del(&resv->node);
		vcm_unreserve_as(resv->res, assoc->dev->holder);
		vcm_os_free(resv);
	}
}
