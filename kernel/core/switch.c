// SPDX-License-Identifier: GPL-2.0-only
/*
 * switch.c - a device from one context to another, and a context off its IOMMUs and back.
 *
 * vcm_switch() keeps the old mapping domain whole until the device is attached to the new one,
 * so that it can go back.  Between the two the device translates through neither and faults.
 *
 * vcm_save() and vcm_restore() are for an IOMMU that loses its registers and tables with its
 * power, as OMAP's did (omap_iommu_save_ctx): everything the context knows is kept.
 *
 * Locking: the registry lock, and inside it the lock of one context at a time.
 */
#include "core.h"
#include "vcm_probe.h"

static int vcm_switch_check(const struct vcm_assoc *from, const struct vcm_assoc *to)
{
	if (from->dead || to->dead)
		return -ENODEV;
	if (from == to || from->dev != to->dev)
		return -EINVAL;
	if (!from->active)
		return -ENXIO;
	if (to->active || from->vcm->saved || to->vcm->saved)
		return -EBUSY;
	return 0;
}

static void vcm_switch_pause(struct vcm_assoc *from)
{
	vcm_stream_lock(&from->vcm->stream);
	vcm_assoc_pause_locked(from);
	vcm_stream_unlock(&from->vcm->stream);
}

static int vcm_switch_back(struct vcm_assoc *from)
{
	int err;

	vcm_stream_lock(&from->vcm->stream);
	err = vcm_assoc_unpause_locked(from);
	vcm_stream_unlock(&from->vcm->stream);
	return err;
}

/* The domain that @from used has lost the device for good. */
static void vcm_switch_leave(struct vcm_assoc *from)
{
	vcm_stream_lock(&from->vcm->stream);
	vcm_assoc_leave_locked(from);
	vcm_stream_unlock(&from->vcm->stream);
}

static int vcm_resume_assoc(struct vcm_assoc *assoc)
{
	int err;

	vcm_stream_lock(&assoc->vcm->stream);
	err = vcm_assoc_attach_locked(assoc);
	vcm_stream_unlock(&assoc->vcm->stream);
	return err;
}

static int vcm_switch_locked(struct vcm_assoc *from, struct vcm_assoc *to)
{
	u32 domain;
	int err;

	err = vcm_switch_check(from, to);
	if (err)
		return err;
	vcm_switch_pause(from);
	err = vcm_resume_assoc(to);
	if (err && !vcm_switch_back(from))
		return err;
	domain = from->dom->id;
	vcm_switch_leave(from);
	if (err) {
		vcm_assoc_lost_locked(from, domain);
		return -ENOTRECOVERABLE;
	}
	to->active = from->active;
	from->active = 0;
	return 0;
}

/**
 * vcm_switch() - move a device from one context to another
 * @from: an active association of the device
 * @to:   another association of it, not active
 *
 * All activations of @from become activations of @to.  The device is attached to nothing of
 * either context for the time of the switch and faults on any DMA it does then; it is never
 * attached to both.  The MSM System MMU drivers called this switching the page table.
 *
 * Context: may sleep. Return: 0; -EINVAL when the two are not of one device, -ENXIO when @from
 * is not active, -EBUSY when @to is or a context is saved, -ENODEV when one has ended, or the
 * error of vcm_activate(), with the device back in the context of @from; -ENOTRECOVERABLE when
 * it could be attached to neither, then it is active in none.
 */
int vcm_switch(struct vcm_assoc *from, struct vcm_assoc *to)
{
	const struct vcm_failure what = { VCM_OP_SWITCH, to->id, { from->dev->id, from->id } };
	struct vcm_registry *reg = &vcm_registry;
	int err;

	vcm_stream_lock(&reg->stream);
	err = vcm_switch_locked(from, to);
	if (err && !to->vcm->gone)
		vcm_fail_locked(&reg->stream, to->vcm->id, &what, err);
	else if (!err)
		vcm_probe(switch, reg->stream.id, vcm_stream_next(&reg->stream), to->vcm->id,
			  to->id, to->active, 0, to->dev->id, to->dom->id, from->vcm->id, from->id,
			  from->active);
	vcm_stream_unlock(&reg->stream);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_switch);

static void vcm_suspend_assoc(struct vcm_assoc *assoc)
{
	vcm_stream_lock(&assoc->vcm->stream);
	vcm_assoc_detach_locked(assoc);
	vcm_stream_unlock(&assoc->vcm->stream);
}

static void vcm_suspend_all(struct vcm *vcm)
{
	struct vcm_assoc *assoc;

	list_for_each_entry(assoc, &vcm->assocs, node)
		if (assoc->dom)
			vcm_suspend_assoc(assoc);
}

/**
 * vcm_save() - take a context off its IOMMUs and keep all of it
 * @vcm: the context
 *
 * Its devices are detached; reservations, bindings and the counts of activations stay.  Until
 * vcm_restore() bindings and activations may change, and nothing reaches hardware.
 *
 * Context: may sleep. Return: 0, -EALREADY, -ENODEV when it was destroyed.
 */
int vcm_save(struct vcm *vcm)
{
	const struct vcm_failure what = { VCM_OP_SAVE, vcm->id, {} };
	struct vcm_registry *reg = &vcm_registry;
	int err = 0;

	vcm_stream_lock(&reg->stream);
	if (vcm->dead)
		err = -ENODEV;
	else if (vcm->saved)
		err = -EALREADY;
	if (!err) {
		vcm_suspend_all(vcm);
		vcm->saved = true;
		vcm_probe(save, reg->stream.id, vcm_stream_next(&reg->stream), vcm->id, vcm->id,
			  vcm->refs.total, 0);
	} else if (!vcm->gone) {
		vcm_fail_locked(&reg->stream, vcm->id, &what, err);
	}
	vcm_stream_unlock(&reg->stream);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_save);

static int vcm_resume_all(struct vcm *vcm)
{
	struct vcm_assoc *assoc;
	int err;

	list_for_each_entry(assoc, &vcm->assocs, node) {
		err = assoc->active ? vcm_resume_assoc(assoc) : 0;
		if (err) {
			vcm_suspend_all(vcm);
			return err;
		}
	}
	return 0;
}

/**
 * vcm_restore() - put a saved context back on its IOMMUs
 * @vcm: the context
 *
 * Every active device is attached, and every binding is live for it, at the same addresses.
 *
 * Context: may sleep. Return: 0, -EINVAL when it is not saved, -ENODEV when it was destroyed,
 * or the error of vcm_activate(), with the context saved as before.
 */
int vcm_restore(struct vcm *vcm)
{
	const struct vcm_failure what = { VCM_OP_RESTORE, vcm->id, {} };
	struct vcm_registry *reg = &vcm_registry;
	struct vcm_assoc *assoc;
	int err;

	vcm_stream_lock(&reg->stream);
	if (vcm->dead)
		err = -ENODEV;
	else
		err = vcm->saved ? vcm_resume_all(vcm) : -EINVAL;
	if (!err) {
		vcm->saved = false;
		list_for_each_entry(assoc, &vcm->assocs, node)
			if (assoc->active)
				vcm_tell_activate(assoc);
		vcm_probe(restore, reg->stream.id, vcm_stream_next(&reg->stream), vcm->id, vcm->id,
			  vcm->refs.total, 0);
	} else if (!vcm->gone) {
		vcm_fail_locked(&reg->stream, vcm->id, &what, err);
	}
	vcm_stream_unlock(&reg->stream);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_restore);
