// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommu_fault.c - faults on their way from an IOMMU driver to a process.
 *
 * IOMMU drivers report faults in any context, VCM tells of them where it may sleep.  What one
 * domain has reported waits in a queue and is delivered by one work item, so it is told in the
 * order in which it was reported; the domain may be gone by then, and its queue stays until then.
 *
 * A device can fault faster than anybody is told.  The queue is bounded, and what finds no room or
 * no memory is counted in the fault before it: how many there were is told, and where.
 *
 * Locking: the queue's spinlock, inside everything; nothing is called under it.
 */
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/preempt.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "drivers/drivers.h"

#define VCM_FAULTS_MAX 16384	/* of one domain that wait */

/**
 * struct vcm_faults_lost - faults in a row that could not be kept
 * @vcm:   where they happened; counted while @nr
 * @first: the first of them
 * @nr:    how many
 */
struct vcm_faults_lost {
	struct vcm *vcm;
	struct vcm_fault first;
	u64 nr;
};

/**
 * struct vcm_iommu_fault - one fault
 * @node:  in the queue; @lock of the queue
 * @vcm:   where it happened; counted
 * @dev:   the device, to be compared only
 * @fault: what happened
 * @lost:  what came behind it; @lock of the queue while it is in there
 */
struct vcm_iommu_fault {
	struct list_head node;
	struct vcm *vcm;
	const struct device *dev;
	struct vcm_fault fault;
	struct vcm_faults_lost lost;
};

/**
 * struct vcm_faults - what a domain has reported
 * @refs: the domain, and @work while it is queued or runs
 * @lock: of @list, @nr and @lost
 * @list: struct vcm_iommu_fault, the oldest first
 * @nr:   how many, at most VCM_FAULTS_MAX
 * @lost: what came before all in @list
 * @work: delivers them
 * @dom:  the domain, for reports; not after it is freed
 */
struct vcm_faults {
	refcount_t refs;
	spinlock_t lock;	/* the list */
	struct list_head list;
	unsigned int nr;
	struct vcm_faults_lost lost;
	struct work_struct work;
	struct vcm_dom *dom;
};

static struct workqueue_struct *vcm_faults_wq;

/* The oldest of the queue, or NULL; @lost is what came before it. */
static struct vcm_iommu_fault *vcm_faults_next(struct vcm_faults *faults,
					       struct vcm_faults_lost *lost)
{
	struct vcm_iommu_fault *item;

	spin_lock_irq(&faults->lock);
	*lost = faults->lost;
	faults->lost.nr = 0;
	item = list_first_entry_or_null(&faults->list, struct vcm_iommu_fault, node);
	if (item) {
		list_del(&item->node);
		faults->nr--;
		faults->lost = item->lost;
	}
	spin_unlock_irq(&faults->lock);
	return item;
}

static void vcm_faults_work(struct work_struct *work)
{
	struct vcm_faults *faults = container_of(work, struct vcm_faults, work);
	struct vcm_faults_lost lost;
	struct vcm_iommu_fault *item;

	do {
		item = vcm_faults_next(faults, &lost);
		if (lost.nr)
			vcm_fault_lost(lost.vcm, &lost.first, lost.nr);
		if (item)
			vcm_fault_end(item->vcm, &item->fault, item->dev);
		kfree(item);
	} while (item || lost.nr);
	vcm_faults_put(faults);
}

static void vcm_faults_lose_locked(struct vcm_faults *faults, const struct vcm_fault *fault)
{
	struct vcm_faults_lost *lost = &faults->lost;

	if (!list_empty(&faults->list))
		lost = &list_last_entry(&faults->list, struct vcm_iommu_fault, node)->lost;
	if (!lost->nr++) {
		lost->first = *fault;
		lost->vcm = vcm_fault_begin(faults->dom, &lost->first.domain);
	}
}

/* Put @item into the queue.  Return: whether there was room. */
static bool vcm_faults_keep_locked(struct vcm_faults *faults, struct vcm_iommu_fault *item,
				   const struct vcm_fault *fault, const struct device *dev)
{
	if (!item || faults->nr == VCM_FAULTS_MAX)
		return false;
	item->fault = *fault;
	item->vcm = vcm_fault_begin(faults->dom, &item->fault.domain);
	item->dev = dev;
	list_add_tail(&item->node, &faults->list);
	faults->nr++;
	return true;
}

/*
 * Called by IOMMU drivers that report faults, in any context.  The answer is always that nobody
 * handled it, so the driver goes on to log and terminate.  Its name is known to bpf/fault.bpf.c.
 * Whose failure points an interrupt would use up is chance, so it has none.
 */
static int vcm_iommu_fault(struct iommu_domain *iommu, struct device *dev, unsigned long iova,
			   int flags, void *token)
{
	bool fail = in_task() && vcm_should_fail();
	struct vcm_iommu_fault *item = fail ? NULL :
				       kzalloc(sizeof(*item), GFP_ATOMIC | __GFP_NOWARN);
	const struct vcm_fault fault = {
		.iova = iova,
		.access = flags & IOMMU_FAULT_WRITE ? VCM_ACCESS_WRITE : VCM_ACCESS_READ,
	};
	struct vcm_faults *faults = token;
	unsigned long irq;
	bool kept;

	spin_lock_irqsave(&faults->lock, irq);
	kept = vcm_faults_keep_locked(faults, item, &fault, dev);
	if (!kept)
		vcm_faults_lose_locked(faults, &fault);
	spin_unlock_irqrestore(&faults->lock, irq);
	if (!kept)
		kfree(item);
	refcount_inc(&faults->refs);
	if (!queue_work(vcm_faults_wq, &faults->work))
		refcount_dec(&faults->refs);	/* not the last: the domain has one */
	return -ENOSYS;
}

/**
 * vcm_faults_follow() - deliver what a domain reports
 * @iommu: the domain, of an IOMMU driver
 * @dom:   the same of the core; its context is told
 *
 * Context: may sleep. Return: to be given up by vcm_faults_put() when @iommu is freed, or NULL
 * without memory.
 */
struct vcm_faults *vcm_faults_follow(struct iommu_domain *iommu, struct vcm_dom *dom)
{
	struct vcm_faults *faults = vcm_driver_zalloc(sizeof(*faults));

	if (!faults)
		return NULL;
	refcount_set(&faults->refs, 1);
	spin_lock_init(&faults->lock);
	INIT_LIST_HEAD(&faults->list);
	INIT_WORK(&faults->work, vcm_faults_work);
	faults->dom = dom;
	iommu_set_fault_handler(iommu, vcm_iommu_fault, faults);
	return faults;
}

/**
 * vcm_faults_put() - what a domain has reported is of no more interest to somebody
 * @faults: may be freed here; not before what waits is delivered
 *
 * Context: may sleep.
 */
void vcm_faults_put(struct vcm_faults *faults)
{
	if (refcount_dec_and_test(&faults->refs))
		kvfree(faults);
}

/* Make ready to deliver faults.  Return: 0 or -ENOMEM. */
int vcm_iommu_init(void)
{
	vcm_faults_wq = alloc_workqueue("vcm_fault", WQ_UNBOUND, 0);
	return vcm_faults_wq ? 0 : -ENOMEM;
}

/* Deliver what is on its way, and stop. */
void vcm_iommu_exit(void)
{
	destroy_workqueue(vcm_faults_wq);
}
