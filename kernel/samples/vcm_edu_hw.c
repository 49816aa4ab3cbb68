// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcm_edu_hw.c - the edu device of QEMU: registers, DMA engine, interrupt.  Nothing of VCM.
 *
 * Traps of the device
 *   - a command takes 100 ms of virtual time
 *   - a transfer that reaches the end of its buffer makes QEMU abort, see VCM_EDU_DMA_MAX
 *   - it never learns that the IOMMU blocked a transfer: a blocked write is dropped, a blocked
 *     read leaves its buffer with zeros or old bytes, and the end looks the same
 *   - its DMA mask is 28 bits unless QEMU was told otherwise, and cannot be read
 *   - behind virtio-iommu a transfer that starts at the last byte of a page is translated by the
 *     page after it, if that is mapped elsewhere (QEMU 7.2 and 10.0)
 *   - its interrupt is a write to memory.  Where the IOMMU translates those too (arm64) it has
 *     to be set up before the device is made known, see drivers/iommu_msi.c
 *
 * Locking: one transfer at a time, the caller sees to that.
 */
#include <linux/bits.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/jiffies.h>

#include "vcm_edu_hw.h"

#define VCM_EDU_ID		0x00
#define VCM_EDU_ID_MASK		0xff
#define VCM_EDU_ID_EDU		0xed
#define VCM_EDU_IRQ_STATUS	0x24
#define VCM_EDU_IRQ_ACK		0x64
#define VCM_EDU_DMA_SRC		0x80
#define VCM_EDU_DMA_DST		0x88
#define VCM_EDU_DMA_COUNT	0x90
#define VCM_EDU_DMA_CMD		0x98

#define VCM_EDU_CMD_RUN		BIT(0)
#define VCM_EDU_CMD_TO_RAM	BIT(1)
#define VCM_EDU_CMD_IRQ		BIT(2)

#define VCM_EDU_IRQ_DMA		BIT(8)
#define VCM_EDU_BUFFER		0x40000	/* where the device sees its own buffer */

#define VCM_EDU_TIMEOUT_MS	5000
#define VCM_EDU_POLL_US		2000

static irqreturn_t vcm_edu_hw_irq(int irq, void *data)
{
	struct vcm_edu_hw *hw = data;
	u32 status = readl(hw->regs + VCM_EDU_IRQ_STATUS);

	if (!status)
		return IRQ_NONE;
	writel(status, hw->regs + VCM_EDU_IRQ_ACK);
	if (status & VCM_EDU_IRQ_DMA)
		complete(&hw->done);
	return IRQ_HANDLED;
}

/* Without an interrupt the device works too, so no error leaves this function. */
static void vcm_edu_hw_irq_init(struct vcm_edu_hw *hw)
{
	struct pci_dev *pdev = hw->pdev;
	int err = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI);

	if (err < 0) {
		pci_info(pdev, "no MSI (%d), the engine is polled\n", err);
		return;
	}
	err = request_irq(pci_irq_vector(pdev, 0), vcm_edu_hw_irq, 0, "vcm_edu", hw);
	if (err) {
		pci_info(pdev, "no interrupt (%d), the engine is polled\n", err);
		pci_free_irq_vectors(pdev);
		return;
	}
	hw->irq = pci_irq_vector(pdev, 0);
}

/* Take the device over; it may do DMA afterwards, when told to. */
int vcm_edu_hw_init(struct vcm_edu_hw *hw, struct pci_dev *pdev)
{
	int err;

	hw->pdev = pdev;
	init_completion(&hw->done);
	err = pci_enable_device(pdev);
	if (err)
		return err;
	err = pci_request_region(pdev, 0, "vcm_edu");
	if (err)
		goto err_disable;
	hw->regs = pci_iomap(pdev, 0, 0);
	if (!hw->regs) {
		err = -ENOMEM;
		goto err_release;
	}
	if ((readl(hw->regs + VCM_EDU_ID) & VCM_EDU_ID_MASK) != VCM_EDU_ID_EDU) {
		err = -ENODEV;
		goto err_iounmap;
	}
	/* Its address registers have 64 bits; what it may use of them is said where it is made. */
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		goto err_iounmap;
	vcm_edu_hw_irq_init(hw);
	pci_set_master(pdev);
	return 0;

err_iounmap:
	pci_iounmap(pdev, hw->regs);
err_release:
	pci_release_region(pdev, 0);
err_disable:
	pci_disable_device(pdev);
	return err;
}

static int vcm_edu_hw_poll(struct vcm_edu_hw *hw)
{
	u32 cmd;

	return read_poll_timeout(readl, cmd, !(cmd & VCM_EDU_CMD_RUN), VCM_EDU_POLL_US,
				 VCM_EDU_TIMEOUT_MS * USEC_PER_MSEC, false,
				 hw->regs + VCM_EDU_DMA_CMD);
}

/* The interrupt is the usual end; a lost one costs time, once. */
static int vcm_edu_hw_wait(struct vcm_edu_hw *hw)
{
	unsigned long timeout = msecs_to_jiffies(VCM_EDU_TIMEOUT_MS);

	if (hw->irq && !hw->deaf) {
		if (wait_for_completion_timeout(&hw->done, timeout))
			return 0;
		pci_info(hw->pdev, "an interrupt was lost, polling from now on\n");
		hw->deaf = true;
	}
	return vcm_edu_hw_poll(hw);
}

/* No DMA leaves the device after this, not even a transfer that timed out. */
void vcm_edu_hw_stop(struct vcm_edu_hw *hw)
{
	pci_clear_master(hw->pdev);
	if (vcm_edu_hw_poll(hw))
		pci_err(hw->pdev, "the DMA engine does not stop\n");
}

/* Give the device back; after vcm_edu_hw_stop(). */
void vcm_edu_hw_fini(struct vcm_edu_hw *hw)
{
	if (hw->irq) {
		free_irq(hw->irq, hw);
		pci_free_irq_vectors(hw->pdev);
	}
	pci_iounmap(hw->pdev, hw->regs);
	pci_release_region(hw->pdev, 0);
	pci_disable_device(hw->pdev);
}

/*
 * Move @len bytes between RAM at @iova and the device's buffer at @off; sleeps until done.
 * 0 says that the engine came to its end, not that the IOMMU let the transfer through.
 */
int vcm_edu_hw_dma(struct vcm_edu_hw *hw, enum vcm_edu_dir dir, u64 iova, u32 off, u32 len)
{
	bool to_ram = dir == VCM_EDU_FROM_DEVICE;
	u64 buffer = VCM_EDU_BUFFER + off;
	u32 cmd = VCM_EDU_CMD_RUN;

	if (!len || len > VCM_EDU_DMA_MAX || off > VCM_EDU_DMA_MAX - len)
		return -EINVAL;
	if (readl(hw->regs + VCM_EDU_DMA_CMD) & VCM_EDU_CMD_RUN)
		return -EBUSY;
	if (to_ram)
		cmd |= VCM_EDU_CMD_TO_RAM;
	if (hw->irq && !hw->deaf)
		cmd |= VCM_EDU_CMD_IRQ;

	reinit_completion(&hw->done);
	writeq(to_ram ? buffer : iova, hw->regs + VCM_EDU_DMA_SRC);
	writeq(to_ram ? iova : buffer, hw->regs + VCM_EDU_DMA_DST);
	writeq(len, hw->regs + VCM_EDU_DMA_COUNT);
	writeq(cmd, hw->regs + VCM_EDU_DMA_CMD);
	return vcm_edu_hw_wait(hw);
}
