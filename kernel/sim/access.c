// SPDX-License-Identifier: GPL-2.0-only
/*
 * access.c - what a device puts on its bus: bytes at an address, translated or not.
 *
 * An access is cut at pages; each piece is looked up in the IOTLB, walked for when it is not
 * there, and moved to or from real memory before the lock of the instance is given up.  So an
 * invalidation that has returned is the end of the old translation (S3).
 *
 * A fault is counted and kept under the lock and reported outside it, but inside the section
 * that attach_dev() waits for, so the domain that it is reported for cannot go away meanwhile.
 * Who handles it (answer 0) has the access tried again.  If nobody does, the access is
 * terminated, or held up until somebody resumes the device, who decides.  Nothing is locked then.
 */
#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/platform_device.h>
#include <linux/sched/signal.h>

#include "sim.h"

#define VCM_SIM_RETRIES	1000	/* of one piece, by a handler that says it handled the fault */
#define VCM_SIM_STEP_MAX	50	/* microseconds that a step of a walk may spin */

/**
 * struct vcm_sim_piece - a part of an access, within one page
 * @iova:    address
 * @buf:     the device's side
 * @len:     in: bytes wanted; out: bytes moved
 * @write:   the device writes
 * @walked:  the IOTLB did not have it
 * @reason:  out: of a fault
 * @resumes: out: of the device, when it was tried
 * @domain:  out: to report a fault for
 */
struct vcm_sim_piece {
	u64 iova;
	u8 *buf;
	u64 len;
	bool write;
	bool walked;
	u32 reason;
	u32 resumes;
	struct iommu_domain *domain;
};

/* Names of reasons, in order. */
const char *vcm_sim_reason_name(u32 reason)
{
	static const char *const names[VCM_SIM_REASONS] = {
		[VCM_PT_OK] = "none",
		[VCM_PT_TRANSLATION] = "translation",
		[VCM_PT_PERMISSION] = "permission",
		[VCM_PT_MULTIHIT] = "multi-hit",
		[VCM_PT_WALK] = "table-walk",
		[VCM_SIM_REASON_BANK] = "bank",
	};

	return reason < VCM_SIM_REASONS ? names[reason] : "?";
}

/* A part of the time that a walk takes is between its levels, when tables may change. */
static void vcm_sim_step(void *priv, u32 depth)
{
	const struct vcm_sim_mmu *mmu = priv;

	if (mmu->cfg.latency_us)
		udelay(min(mmu->cfg.latency_us, VCM_SIM_STEP_MAX));
}

/* A walk that finds no memory behind the address of the first table. */
static u32 vcm_sim_translate_broken(struct vcm_sim_mmu *mmu, const struct vcm_pt_regs *regs,
				    u64 iova, u32 access, struct vcm_pt_walk *walk)
{
	u64 walks = mmu->tlb.stats.walks;
	struct vcm_pt_regs broken = *regs;
	u32 reason;

	broken.root = ~0ULL << PAGE_SHIFT;
	reason = vcm_iotlb_translate(&mmu->tlb, &broken, iova, access, walk);
	if (mmu->tlb.stats.walks != walks)
		mmu->erratum.walk_error--;
	return reason;
}

static u32 vcm_sim_translate_locked(struct vcm_sim_dev *sdev, struct vcm_sim_piece *piece,
				    struct vcm_pt_walk *walk)
{
	struct vcm_sim_mmu *mmu = sdev->mmu;
	struct vcm_sim_bank *bank = sdev->bank;
	u32 access = piece->write ? VCM_PT_WRITE : VCM_PT_READ;
	u64 walks = mmu->tlb.stats.walks;
	u32 reason;

	lockdep_assert_held(&mmu->lock);
	piece->domain = &bank->domain->iommu;
	if (!bank->programmed)
		return VCM_SIM_REASON_BANK;
	if (mmu->erratum.walk_error)
		reason = vcm_sim_translate_broken(mmu, &bank->regs, piece->iova, access, walk);
	else
		reason = vcm_iotlb_translate(&mmu->tlb, &bank->regs, piece->iova, access, walk);
	piece->walked |= mmu->tlb.stats.walks != walks;
	return reason;
}

/* Move bytes within one page of memory.  Return: 0, or -EIO where there is none. */
static int vcm_sim_move(u64 pa, const struct vcm_sim_piece *piece)
{
	u8 *kva;

	if (!pfn_valid(PHYS_PFN(pa)))
		return -EIO;
	kva = kmap_local_page(pfn_to_page(PHYS_PFN(pa)));
	if (piece->write)
		memcpy(kva + offset_in_page(pa), piece->buf, piece->len);
	else
		memcpy(piece->buf, kva + offset_in_page(pa), piece->len);
	kunmap_local(kva);
	return 0;
}

/* S4 */
static void vcm_sim_fault_locked(struct vcm_sim_dev *sdev, const struct vcm_sim_piece *piece)
{
	struct vcm_sim_mmu *mmu = sdev->mmu;
	u64 nr = 1;
	u32 i;

	lockdep_assert_held(&mmu->lock);
	mmu->stats.faults[piece->reason]++;
	sdev->stats.faults++;
	for (i = 0; i < VCM_SIM_REASONS; i++)
		nr += mmu->stats.faults[i];
	nr--;
	mmu->faults[nr % VCM_SIM_FAULTS] = (struct vcm_sim_fault) {
		.nr = nr,
		.ns = ktime_get_ns(),
		.iova = piece->iova,
		.bank = vcm_sim_bank_nr(sdev),
		.reason = piece->reason,
		.write = piece->write,
		.stall = mmu->cfg.stall,
	};
	strscpy(mmu->faults[nr % VCM_SIM_FAULTS].dev, sdev->name);
}

/* Return: 0 with piece->len bytes moved, -EFAULT with piece->reason, or -EIO. */
static int vcm_sim_piece_locked(struct vcm_sim_dev *sdev, struct vcm_sim_piece *piece)
{
	struct vcm_pt_walk walk = { .step = vcm_sim_step, .priv = sdev->mmu };
	u64 pa = piece->iova;
	int err;

	piece->resumes = sdev->resumes;
	piece->domain = NULL;
	piece->len = min_t(u64, piece->len, PAGE_SIZE - offset_in_page(piece->iova));
	sdev->mmu->stats.accesses++;
	if (!sdev->mmu->powered)
		return -EIO;
	if (!sdev->bank) {
		piece->domain = vcm_sim_iommu_ops.blocked_domain;
		piece->reason = sdev->bypass ? VCM_PT_OK : VCM_PT_TRANSLATION;
	} else {
		piece->reason = vcm_sim_translate_locked(sdev, piece, &walk);
		if (piece->reason == VCM_PT_OK) {
			pa = vcm_pt_walk_pa(&walk, piece->iova);
			piece->len = min(piece->len, walk.iova + walk.len - piece->iova);
		}
	}
	if (piece->reason != VCM_PT_OK) {
		vcm_sim_fault_locked(sdev, piece);
		return -EFAULT;
	}
	err = vcm_sim_move(pa, piece);
	if (!err) {
		sdev->mmu->stats.bytes += piece->len;
		sdev->stats.bytes += piece->len;
	}
	return err;
}

/* Try it once and report its fault.  Return: as above; -EAGAIN when a handler wants it again. */
static int vcm_sim_try(struct vcm_sim_dev *sdev, struct vcm_sim_piece *piece)
{
	struct vcm_sim_mmu *mmu = sdev->mmu;
	int idx, err = -ENODEV;

	idx = srcu_read_lock(&mmu->in_flight);
	if (READ_ONCE(sdev->gone))
		goto out;
	spin_lock_irq(&mmu->lock);
	err = vcm_sim_piece_locked(sdev, piece);
	spin_unlock_irq(&mmu->lock);
	if (err == -EFAULT &&
	    !report_iommu_fault(piece->domain, &sdev->pdev->dev, piece->iova,
				piece->write ? IOMMU_FAULT_WRITE : IOMMU_FAULT_READ))
		err = -EAGAIN;
out:
	srcu_read_unlock(&mmu->in_flight, idx);
	return err;
}

static void vcm_sim_stall_count(struct vcm_sim_dev *sdev, const struct vcm_sim_piece *piece,
				int by)
{
	spin_lock_irq(&sdev->mmu->lock);
	sdev->stalled += by;
	sdev->stalled_at = piece->iova;
	spin_unlock_irq(&sdev->mmu->lock);
}

static bool vcm_sim_is_resumed(struct vcm_sim_dev *sdev, const struct vcm_sim_piece *piece)
{
	return READ_ONCE(sdev->resumes) != piece->resumes || READ_ONCE(sdev->gone) ||
	       (current->flags & PF_KTHREAD && kthread_should_stop());
}

/* Hold the access up.  Return: -EAGAIN to try again, -EFAULT, -ENODEV or -EINTR. */
static int vcm_sim_stall(struct vcm_sim_dev *sdev, const struct vcm_sim_piece *piece)
{
	int err;

	vcm_sim_stall_count(sdev, piece, 1);
	err = wait_event_killable(sdev->resume_wait, vcm_sim_is_resumed(sdev, piece));
	vcm_sim_stall_count(sdev, piece, -1);
	if (err)
		return -EINTR;
	if (READ_ONCE(sdev->gone))
		return -ENODEV;
	if (READ_ONCE(sdev->resumes) == piece->resumes)
		return -EINTR;
	return READ_ONCE(sdev->resume_retry) ? -EAGAIN : -EFAULT;
}

/* Let accesses that are held up go on, or terminate them.  Return: 0, -ENXIO: there is none. */
int vcm_sim_resume(struct vcm_sim_dev *sdev, bool retry)
{
	int err = -ENXIO;

	spin_lock_irq(&sdev->mmu->lock);
	if (sdev->stalled) {
		WRITE_ONCE(sdev->resume_retry, retry);
		WRITE_ONCE(sdev->resumes, sdev->resumes + 1);
		err = 0;
	}
	spin_unlock_irq(&sdev->mmu->lock);
	if (!err)
		wake_up_all(&sdev->resume_wait);
	return err;
}

/* One piece, to its end. */
static int vcm_sim_access_piece(struct vcm_sim_dev *sdev, struct vcm_sim_piece *piece)
{
	u64 len = piece->len, latency = sdev->mmu->cfg.latency_us;
	u32 tries = 0;
	int err;

	do {
		piece->len = len;
		err = vcm_sim_try(sdev, piece);
		if (err == -EFAULT && sdev->mmu->cfg.stall)
			err = vcm_sim_stall(sdev, piece);
	} while (err == -EAGAIN && ++tries < VCM_SIM_RETRIES);
	if (latency && piece->walked)
		usleep_range(latency, latency + latency / 4 + 1);
	return err == -EAGAIN ? -EFAULT : err;
}

/*
 * Read or write @len bytes at @iova as the device; may sleep.
 *
 * Return: 0; -EFAULT after a fault that terminated it, -EIO where there is no memory or no power,
 * -ENODEV when the device goes away, -EINTR when it was held up and the caller is to end.  After
 * an error the bytes before it have been moved.
 */
int vcm_sim_access(struct vcm_sim_dev *sdev, u64 iova, void *buf, u64 len, bool write)
{
	int err;

	while (len) {
		struct vcm_sim_piece piece = {
			.iova = iova, .buf = buf, .len = len, .write = write,
		};

		err = vcm_sim_access_piece(sdev, &piece);
		if (err)
			return err;
		iova += piece.len;
		buf += piece.len;
		len -= piece.len;
	}
	return 0;
}
