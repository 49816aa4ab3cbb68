// SPDX-License-Identifier: GPL-2.0-only
/*
 * bank.c - the registers of an instance: context banks, invalidation, power.
 *
 * A bank makes one domain usable.  The first device that is attached to a domain takes a bank
 * for it, the last that leaves gives it back; when an instance has none left, a device of its
 * own bank may still go from one domain to another.  The System MMU of MSM had two or three
 * banks a unit and its driver switched page tables in just this way.
 *
 * Outside of every context a device has a bank to itself, which is not one of those: the IOMMU
 * core may not be refused when it takes a device back to its default domain.
 *
 * What a bank translated may not be used after it was given back, so that invalidates.
 */
#include <linux/srcu.h>

#include "sim.h"

static struct vcm_sim_bank *vcm_sim_bank_find_locked(struct vcm_sim_mmu *mmu)
{
	u32 i;

	lockdep_assert_held(&mmu->lock);
	for (i = 0; i < mmu->cfg.contexts; i++)
		if (!mmu->banks[i].domain)
			return &mmu->banks[i];
	return NULL;
}

/* What a driver writes to the registers; without power they do not take it. */
static void vcm_sim_bank_program_locked(struct vcm_sim_mmu *mmu, struct vcm_sim_bank *bank)
{
	lockdep_assert_held(&mmu->lock);
	bank->regs = bank->domain->pt.regs;
	bank->programmed = mmu->powered;
}

static void vcm_sim_invalidate_locked(struct vcm_sim_mmu *mmu, enum vcm_iotlb_kind kind, u32 asid,
				      u64 start, u64 last)
{
	const struct vcm_iotlb_inv inv = {
		.kind = kind, .asid = asid, .iova = start, .last = last,
	};

	lockdep_assert_held(&mmu->lock);
	vcm_iotlb_flush(&mmu->tlb, &inv);
}

/* The device leaves its bank, which is free when nobody else uses it. */
static void vcm_sim_bank_leave_locked(struct vcm_sim_dev *sdev)
{
	struct vcm_sim_bank *bank = sdev->bank;
	struct vcm_sim_mmu *mmu = sdev->mmu;

	lockdep_assert_held(&mmu->lock);
	sdev->bank = NULL;
	sdev->bypass = false;
	if (!bank || --bank->users)
		return;
	vcm_sim_invalidate_locked(mmu, VCM_IOTLB_RANGE, bank->regs.asid, 0, U64_MAX);
	bank->domain->bank = NULL;
	bank->domain = NULL;
	bank->programmed = false;
}

/* The number of the device's bank; -1 when it is its own, or none. */
int vcm_sim_bank_nr(const struct vcm_sim_dev *sdev)
{
	return sdev->bank && sdev->bank != &sdev->own ? sdev->bank - sdev->mmu->banks : -1;
}

/* The bank that @domain has or gets for @sdev; NULL when there is none left. */
static struct vcm_sim_bank *vcm_sim_bank_for_locked(struct vcm_sim_dev *sdev,
						    struct vcm_sim_domain *domain)
{
	struct vcm_sim_bank *bank = domain->bank;

	if (!bank && domain->iommu.type & __IOMMU_DOMAIN_DMA_API)
		bank = &sdev->own;
	if (!bank)
		bank = vcm_sim_bank_find_locked(sdev->mmu);
	/* the one that it has will be free when it has left */
	if (!bank && sdev->bank && sdev->bank != &sdev->own && sdev->bank->users == 1)
		bank = sdev->bank;
	return bank;
}

/*
 * Let the device translate through @domain.  When this returns no access through the former one
 * is under way (S3).  Return: 0, or -ENOSPC when no bank is left.
 */
int vcm_sim_bank_switch(struct vcm_sim_dev *sdev, struct vcm_sim_domain *domain)
{
	struct vcm_sim_mmu *mmu = sdev->mmu;
	struct vcm_sim_bank *bank;

	spin_lock_irq(&mmu->lock);
	bank = vcm_sim_bank_for_locked(sdev, domain);
	if (bank && (bank != sdev->bank || bank->domain != domain)) {
		vcm_sim_bank_leave_locked(sdev);
		bank->domain = domain;
		bank->users++;
		domain->bank = bank;
		sdev->bank = bank;
		vcm_sim_bank_program_locked(mmu, bank);
	}
	spin_unlock_irq(&mmu->lock);
	if (!bank)
		return -ENOSPC;
	synchronize_srcu(&mmu->in_flight);
	return 0;
}

/* Let it translate through nothing: to no memory at all, or with @bypass to all of it. */
void vcm_sim_bank_leave(struct vcm_sim_dev *sdev, bool bypass)
{
	struct vcm_sim_mmu *mmu = sdev->mmu;

	spin_lock_irq(&mmu->lock);
	vcm_sim_bank_leave_locked(sdev);
	sdev->bypass = bypass;
	spin_unlock_irq(&mmu->lock);
	synchronize_srcu(&mmu->in_flight);
}

static bool vcm_sim_errs(u32 *times)
{
	if (!*times)
		return false;
	--*times;
	return true;
}

/* An invalidation that reaches another instance than it was meant for. */
static void vcm_sim_flush_another(const struct vcm_sim_mmu *mmu, u32 asid, u64 start, u64 last)
{
	struct vcm_sim_mmu *other;
	unsigned long flags;

	spin_lock_irqsave(&vcm_sim_mmus_lock, flags);
	list_for_each_entry(other, &vcm_sim_mmus, node) {
		if (other == mmu)
			continue;
		spin_lock(&other->lock);
		vcm_sim_invalidate_locked(other, VCM_IOTLB_RANGE, asid, start, last);
		spin_unlock(&other->lock);
		break;
	}
	spin_unlock_irqrestore(&vcm_sim_mmus_lock, flags);
}

/* Invalidate what the IOTLB holds of [@start, @last]; any context. */
void vcm_sim_flush_range(struct vcm_sim_domain *domain, u64 start, u64 last)
{
	struct vcm_sim_mmu *mmu = domain->mmu;
	u32 asid = domain->pt.regs.asid;
	bool skip, wrong;
	unsigned long flags;

	spin_lock_irqsave(&mmu->lock, flags);
	skip = vcm_sim_errs(&mmu->erratum.skip_range);
	wrong = !skip && vcm_sim_errs(&mmu->erratum.wrong_range);
	if (skip || wrong)
		mmu->stats.skipped++;
	else
		vcm_sim_invalidate_locked(mmu, VCM_IOTLB_RANGE, asid, start, last);
	spin_unlock_irqrestore(&mmu->lock, flags);
	if (wrong)
		vcm_sim_flush_another(mmu, asid, start, last);
}

/* Invalidate all that it holds of a domain; any context. */
void vcm_sim_flush_domain(struct vcm_sim_domain *domain)
{
	struct vcm_sim_mmu *mmu = domain->mmu;
	unsigned long flags;

	spin_lock_irqsave(&mmu->lock, flags);
	vcm_sim_invalidate_locked(mmu, VCM_IOTLB_ASID, domain->pt.regs.asid, 0, 0);
	spin_unlock_irqrestore(&mmu->lock, flags);
}

static int vcm_sim_lock_entry_locked(struct vcm_sim_mmu *mmu, u32 nr, u64 iova)
{
	const struct vcm_sim_bank *bank = &mmu->banks[nr];
	struct vcm_pt_walk walk = {};
	struct vcm_iotlb_slot page;

	if (nr >= mmu->cfg.contexts)
		return -EINVAL;
	if (!bank->domain || !bank->programmed)
		return -ENXIO;
	/* nobody would invalidate it in a domain that unmaps lazily */
	if (bank->domain->iommu.type != IOMMU_DOMAIN_UNMANAGED)
		return -EOPNOTSUPP;
	if (vcm_pt_walk(&bank->regs, iova, 0, &walk) != VCM_PT_OK)
		return -EFAULT;
	page = (struct vcm_iotlb_slot) {
		.iova = walk.iova,
		.pa = walk.pa,
		.len = walk.len,
		.prot = walk.prot,
		.asid = bank->regs.asid,
		.locked = true,
	};
	return vcm_iotlb_load(&mmu->tlb, &page);
}

/*
 * Load the translation of an address and lock it, as OMAP's driver did for what must not wait
 * for a walk.  Return: 0; -EINVAL: no such bank, -ENXIO: it is not in use, -EFAULT: nothing is
 * mapped there, -EOPNOTSUPP: not a domain of a context, or what vcm_iotlb_load() says.
 */
int vcm_sim_lock_entry(struct vcm_sim_mmu *mmu, u32 bank, u64 iova)
{
	int err;

	spin_lock_irq(&mmu->lock);
	err = vcm_sim_lock_entry_locked(mmu, bank, iova);
	spin_unlock_irq(&mmu->lock);
	return err;
}

/* Every bank that has a domain, those of devices too. */
static void vcm_sim_each_bank_locked(struct vcm_sim_mmu *mmu,
				     void (*fn)(struct vcm_sim_mmu *mmu, struct vcm_sim_bank *bank))
{
	struct vcm_sim_dev *sdev;
	u32 i;

	lockdep_assert_held(&mmu->lock);
	for (i = 0; i < mmu->cfg.contexts; i++)
		if (mmu->banks[i].domain)
			fn(mmu, &mmu->banks[i]);
	list_for_each_entry(sdev, &mmu->devs, node)
		if (sdev->own.domain)
			fn(mmu, &sdev->own);
}

static void vcm_sim_bank_forget_locked(struct vcm_sim_mmu *mmu, struct vcm_sim_bank *bank)
{
	bank->programmed = false;
}

/* Without power registers and IOTLB forget; with it again they are as after a reset. */
void vcm_sim_power(struct vcm_sim_mmu *mmu, bool on)
{
	spin_lock_irq(&mmu->lock);
	mmu->powered = on;
	vcm_sim_each_bank_locked(mmu, vcm_sim_bank_forget_locked);
	vcm_sim_invalidate_locked(mmu, VCM_IOTLB_RESET, 0, 0, 0);
	spin_unlock_irq(&mmu->lock);
	synchronize_srcu(&mmu->in_flight);
}

/* Write all registers again from what the driver knows, as its resume function would. */
void vcm_sim_reprogram(struct vcm_sim_mmu *mmu)
{
	spin_lock_irq(&mmu->lock);
	vcm_sim_each_bank_locked(mmu, vcm_sim_bank_program_locked);
	spin_unlock_irq(&mmu->lock);
}
