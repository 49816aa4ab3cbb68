// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommu_fault.c - the rules: from an address that was refused to what is known of it.
 *
 * A rule that names a culprit needs a record of it.  What is nearest comes before what is merely
 * near, and where nothing is known nothing is said.
 */
#include <string.h>

#include "faultfmt.h"
#include "iommu_fault.h"
#include "util.h"

#define PAGE		4096u
#define NEAR		65536u		/* farther from a mapping has nothing to do with it */
#define MSI_FIRST	0xfee00000u	/* x86: writes there are interrupts */
#define MSI_LAST	0xfeefffffu

void iommu_faults_init(struct iommu_faults *f)
{
	memset(f, 0, sizeof(*f));
	table_init(&f->seen, sizeof(struct iommu_seen));
}

void iommu_faults_fini(struct iommu_faults *f)
{
	table_fini(&f->seen);
}

void iommu_faults_told(struct iommu_faults *f)
{
	if (f->seen.nr < IOMMU_FAULTS_MAX)
		return;
	table_fini(&f->seen);
	table_init(&f->seen, sizeof(struct iommu_seen));
	f->judged = 0;
}

/* Devices that the source did not number are told apart by their names. */
static uint64_t device_key(const struct vcm_fault *fault)
{
	uint64_t key = fault->device;
	size_t i;

	for (i = 0; fault->device == VCM_FAULT_NO_DEVICE && i < sizeof(fault->name); i++)
		key = key * 31 + (unsigned char)fault->name[i];
	return key << 2 | fault->access;
}

void iommu_faults_add(struct iommu_faults *f, const struct vcm_fault *fault)
{
	uint64_t device = device_key(fault), page = fault->iova / PAGE;
	struct iommu_seen *seen = table_find(&f->seen, device, page);

	f->all++;
	if (!seen && f->seen.nr == IOMMU_FAULTS_MAX) {
		f->others++;
		return;
	}
	if (!seen) {
		seen = table_add(&f->seen, device, page);
		seen->first = *fault;
	}
	seen->count++;
}

static const struct iommu_dom *domain_of(const struct iommu_host *h, const struct vcm_fault *fault,
					 const struct vcm_host_device **device)
{
	char name[FAULT_DEVICE_LEN];

	*device = iommu_host_device(h, fault_device(name, fault));
	if (fault->domain)
		return iommu_host_dom_at(h, fault->domain);
	return *device ? iommu_host_dom_at(h, (*device)->domain) : NULL;
}

static uint64_t difference(uint64_t later, uint64_t earlier)
{
	return later > earlier ? later - earlier : 0;
}

/*
 * The unmapping of that address that came last before the fault, NULL when none is remembered;
 * into *@after one that came since.
 */
static const struct iommu_gone *gone_of(const struct iommu_host *h, uint32_t number,
					const struct vcm_fault *fault,
					const struct iommu_gone **after)
{
	const struct iommu_gone *best = NULL;
	size_t i;

	*after = NULL;
	for (i = 0; i < h->nr_gone; i++) {
		const struct iommu_gone *g = &h->gone[i];

		if (g->key.domain != number || fault->iova < g->key.iova ||
		    fault->iova - g->key.iova >= g->gone.len)
			continue;
		if (g->gone.undone.ts_ns > fault->ts_ns)
			*after = g;
		else if (!best || g->gone.undone.ts_ns > best->gone.undone.ts_ns)
			best = g;
	}
	return best;
}

static void about_gone(struct iommu_verdict *v, const struct iommu_gone *g,
		       const struct vcm_fault *fault)
{
	v->rule = IOMMU_RULE_UNMAPPED;
	v->iova = g->key.iova;
	v->len = g->gone.len;
	v->off = fault->iova - g->key.iova;
	v->made = g->gone.made;
	v->undone = g->gone.undone;
	v->ago_ns = difference(fault->ts_ns, g->gone.undone.ts_ns);
	if (g->gone.made.ts_ns)
		v->held_ns = difference(g->gone.undone.ts_ns, g->gone.made.ts_ns);
}

static void about_map(struct iommu_verdict *v, const struct iommu_mapping *m, enum iommu_rule rule,
		      const struct vcm_fault *fault)
{
	v->rule = rule;
	v->iova = m->key.iova;
	v->len = m->live.len;
	v->made = m->live.made;
	if (rule == IOMMU_RULE_LATER)
		v->ago_ns = difference(m->live.made.ts_ns, fault->ts_ns);
	else if (m->live.made.ts_ns)
		v->held_ns = difference(fault->ts_ns, m->live.made.ts_ns);
}

static bool permits(const struct iommu_mapping *m, const struct vcm_fault *fault)
{
	if (fault->access == VCM_FAULT_UNKNOWN)
		return true;
	return m->live.prot & (fault->access == VCM_FAULT_WRITE ? 2 : 1);
}

/* Something has the address now, or had it. */
static bool judge_exact(const struct iommu_host *h, const struct vcm_fault *fault,
			const struct iommu_mapping *m, struct iommu_verdict *v)
{
	const struct iommu_gone *after, *g = gone_of(h, v->domain, fault, &after);
	bool later = m && m->live.made.ts_ns > fault->ts_ns;

	if (m && !later) {
		about_map(v, m, permits(m, fault) ? IOMMU_RULE_STALE : IOMMU_RULE_PROT, fault);
		return true;
	}
	if (after) {	/* of what is remembered of an address only the last is sure */
		about_gone(v, after, fault);
		v->rule = after->gone.made.ts_ns <= fault->ts_ns ? IOMMU_RULE_STALE :
			  IOMMU_RULE_REUSED;
	} else if (g) {
		about_gone(v, g, fault);
	} else if (later) {
		about_map(v, m, IOMMU_RULE_LATER, fault);
	}
	return after || g || later;
}

static bool judge_place(const struct iommu_dom *d, const struct vcm_host_device *device,
			const struct vcm_fault *fault, struct iommu_verdict *v)
{
	if (fault->iova >= MSI_FIRST && fault->iova <= MSI_LAST)
		v->rule = IOMMU_RULE_RESERVED;
	else if (fault->iova > d->about.last || fault->iova < d->about.start ||
		 (device && device->dma_mask && fault->iova > device->dma_mask))
		v->rule = IOMMU_RULE_BEYOND;
	else if (fault->iova < PAGE)
		v->rule = IOMMU_RULE_NULL_PAGE;
	else
		return false;
	return true;
}

/* The mapping behind the one at @below, or the first of the domain. */
static const struct iommu_mapping *above(const struct iommu_host *h,
					 const struct iommu_mapping *below, uint64_t iova,
					 uint32_t number)
{
	const struct iommu_mapping *m = below ? below + 1 : h->map;

	while (m < h->map + h->nr_map && m->key.domain < number)
		m++;
	if (m == h->map + h->nr_map || m->key.domain != number || m->key.iova < iova)
		return NULL;
	return m;
}

static bool judge_near(const struct iommu_host *h, const struct vcm_fault *fault,
		       const struct iommu_mapping *below, struct iommu_verdict *v)
{
	const struct iommu_mapping *next = above(h, below, fault->iova, v->domain);

	if (below && fault->iova - below->key.iova - below->live.len < NEAR) {
		about_map(v, below, IOMMU_RULE_PAST_END, fault);
		v->off = fault->iova - below->key.iova - below->live.len;
		return true;
	}
	if (!next || next->key.iova - fault->iova >= NEAR)
		return false;
	about_map(v, next, IOMMU_RULE_BEFORE, fault);
	v->off = next->key.iova - fault->iova;
	return true;
}

void iommu_judge(const struct iommu_host *h, const struct vcm_fault *fault,
		 struct iommu_verdict *v)
{
	const struct iommu_mapping *m, *below;
	const struct vcm_host_device *device;
	const struct iommu_dom *d = domain_of(h, fault, &device);

	memset(v, 0, sizeof(*v));
	v->made.stack = -1;
	v->undone.stack = -1;
	v->rule = device ? IOMMU_RULE_NO_TABLE : IOMMU_RULE_UNKNOWN_DEVICE;
	if (!d)
		return;
	v->domain = d->slot.domain;
	m = iommu_host_find(h, v->domain, fault->iova, &below);
	if (judge_exact(h, fault, m, v) || judge_place(d, device, fault, v) ||
	    judge_near(h, fault, below, v))
		return;
	v->rule = iommu_dom_whole(d) ? IOMMU_RULE_NEVER : IOMMU_RULE_NO_TABLE;
}
