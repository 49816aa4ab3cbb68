// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault.c - faults that an IOMMU tells the kernel of.
 *
 * A report may come in interrupt context and is delivered later, in a process: the event under
 * the lock of the context, then the handler outside every lock of the core.  By then the DMA
 * has been terminated, and reservations may have changed.  The end of a context waits for what
 * is on its way, so that no fault is lost because its context ended.
 *
 * Only some IOMMU drivers report in the kernel (AMD and most ARM ones; not VT-d and not
 * virtio-iommu); docs/design.md has the table.
 *
 * Locking: vcm.fault_lock is outside all others and only keeps a handler from being exchanged
 * while it runs.
 */
#include "core.h"
#include "vcm_probe.h"

/**
 * vcm_fault_begin() - note that a domain faulted
 * @dom:    the domain, as given to vcm_driver.domain_alloc
 * @domain: out: its id
 *
 * Context: any, while @dom exists. Return: the context, to be given to vcm_fault_end().
 */
struct vcm *vcm_fault_begin(struct vcm_dom *dom, __u32 *domain)
{
	refcount_inc(&dom->vcm->mem);
	refcount_inc(&dom->vcm->faults);
	*domain = dom->id;
	return dom->vcm;
}
EXPORT_SYMBOL_GPL(vcm_fault_begin);

static u32 vcm_fault_device(const void *priv)
{
	struct vcm_registry *reg = &vcm_registry;
	struct vcm_device *dev;
	u32 id = 0;

	vcm_stream_lock(&reg->stream);
	list_for_each_entry(dev, &reg->devices, node)
		if (dev->priv == priv)
			id = dev->id;
	vcm_stream_unlock(&reg->stream);
	return id;
}

static void vcm_fault_tell(struct vcm *vcm, const struct vcm_fault *fault)
{
	const struct vcm_res *res;

	vcm_stream_lock(&vcm->stream);
	res = vcm_res_at(vcm, fault->iova);
	vcm_probe(fault, vcm->stream.id, vcm_stream_next(&vcm->stream), vcm->id, res ? res->id : 0,
		  res ? res->refs.total : 0, 0, fault->iova, fault->access, fault->dev,
		  fault->domain);
	vcm_stream_unlock(&vcm->stream);
}

/**
 * vcm_fault_end() - deliver a fault
 * @vcm:   what vcm_fault_begin() returned; given up
 * @fault: what happened; @dev is filled in here
 * @priv:  the device, as it was registered
 *
 * Owed for each vcm_fault_begin(): the end of the context waits for it.
 *
 * Context: process, no lock of the core held.
 */
void vcm_fault_end(struct vcm *vcm, struct vcm_fault *fault, const void *priv)
{
	fault->vcm = vcm->id;
	fault->dev = vcm_fault_device(priv);
	vcm_fault_tell(vcm, fault);
	mutex_lock(&vcm->fault_lock);
	if (vcm->fault_fn)
		vcm->fault_fn(fault, vcm->fault_data);
	mutex_unlock(&vcm->fault_lock);
	vcm_os_put_and_wake(&vcm->faults);
	vcm_mem_put(vcm);
}
EXPORT_SYMBOL_GPL(vcm_fault_end);

/**
 * vcm_fault_lost() - tell of faults that a driver could not keep until they could be delivered
 * @vcm:   what vcm_fault_begin() returned for the first of them; given up
 * @first: the first of them; @dev is not looked at
 * @nr:    how many
 *
 * One event, "fault failed": the handler is not called.  Owed as vcm_fault_end() is.
 *
 * Context: process, no lock of the core held.
 */
void vcm_fault_lost(struct vcm *vcm, const struct vcm_fault *first, __u64 nr)
{
	const struct vcm_failure what = { VCM_OP_FAULT, 0, { first->iova, nr, first->domain } };

	vcm_stream_lock(&vcm->stream);
	vcm_fail_locked(&vcm->stream, vcm->id, &what, -ENOBUFS);
	vcm_stream_unlock(&vcm->stream);
	vcm_os_put_and_wake(&vcm->faults);
	vcm_mem_put(vcm);
}
EXPORT_SYMBOL_GPL(vcm_fault_lost);

/**
 * vcm_set_fault_handler() - be told of the faults of a context
 * @vcm:  the context
 * @fn:   called for each fault, NULL for nobody
 * @data: for @fn
 *
 * @fn runs in process context with no lock of the core held; it may call this API, except this
 * function, what ends @vcm, which waits for it, and what ends a context whose handler does so in
 * turn.  It returns nothing: the DMA has been terminated, and no answer could change that.  (VCMM
 * had three contradicting meanings for its return value.)  On return from here the former handler
 * is not running and will not be called.
 *
 * Context: may sleep.
 */
void vcm_set_fault_handler(struct vcm *vcm, vcm_fault_fn fn, void *data)
{
	mutex_lock(&vcm->fault_lock);
	vcm->fault_fn = fn;
	vcm->fault_data = data;
	mutex_unlock(&vcm->fault_lock);
}
EXPORT_SYMBOL_GPL(vcm_set_fault_handler);
