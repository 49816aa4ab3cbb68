// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommu_fault.c - faults on their way from an IOMMU driver to a process.
 *
 * IOMMU drivers report faults in any context, VCM tells of them where it may sleep.  What one
 * domain has reported waits in a queue and is delivered by one work item, so it is told in the
 * order in which it was reported; the domain may be gone by then, and its queue stays until then.
 *
 * Locking: the queue's spinlock, inside everything; nothing is called under it.
 */
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "drivers/drivers.h"

/**
 * struct vcm_iommu_fault - one fault
 * @node:  in the queue; @lock of the queue
 * @vcm:   where it happened; counted
 * @dev:   the device, to be compared only
 * @fault: what happened
 */
struct vcm_iommu_fault {
	struct list_head node;
	struct vcm *vcm;
	const struct device *dev;
	struct vcm_fault fault;
};

/**
 * struct vcm_faults - what a domain has reported
 * @refs: the domain, and @work while it is queued or runs
 * @lock: of @list
 * @list: struct vcm_iommu_fault, the oldest first
 * @work: delivers them
 * @dom:  the domain, for reports; not after it is freed
 */
struct vcm_faults {
	refcount_t refs;
	spinlock_t lock;	/* the list */
	struct list_head list;
	struct work_struct work;
	struct vcm_dom *dom;
};

static struct workqueue_struct *vcm_faults_wq;

static struct vcm_iommu_fault *vcm_faults_next(struct vcm_faults *faults)
{
	struct vcm_iommu_fault *item;

	spin_lock_irq(&faults->lock);
	item = list_first_entry_or_null(&faults->list, struct vcm_iommu_fault, node);
	if (item)
		list_del(&item->node);
	spin_unlock_irq(&faults->lock);
	return item;
}

static void vcm_faults_work(struct work_struct *work)
{
	struct vcm_faults *faults = container_of(work, struct vcm_faults, work);
	struct vcm_iommu_fault *item;

	while ((item = vcm_faults_next(faults))) {
		vcm_fault_end(item->vcm, &item->fault, item->dev);
		kfree(item);
	}
	vcm_faults_put(faults);
}

/*
 * Called by IOMMU drivers that report faults, in any context.  The answer is always that nobody
 * handled it, so the driver goes on to log and terminate.  Its name is known to bpf/fault.bpf.c.
 */
static int vcm_iommu_fault(struct iommu_domain *iommu, struct device *dev, unsigned long iova,
			   int flags, void *token)
{
	struct vcm_iommu_fault *item = kzalloc(sizeof(*item), GFP_ATOMIC);
	struct vcm_faults *faults = token;
	unsigned long irq;

	if (!item) {
		pr_warn_ratelimited("vcm: no memory to tell of a fault at %#lx\n", iova);
		return -ENOSYS;
	}
	item->vcm = vcm_fault_begin(faults->dom, &item->fault.domain);
	item->dev = dev;
	item->fault.iova = iova;
	item->fault.access = flags & IOMMU_FAULT_WRITE ? VCM_ACCESS_WRITE : VCM_ACCESS_READ;
	spin_lock_irqsave(&faults->lock, irq);
	list_add_tail(&item->node, &faults->list);
	spin_unlock_irqrestore(&faults->lock, irq);
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
