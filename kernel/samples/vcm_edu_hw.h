/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_edu_hw.h - the edu device itself: registers, DMA engine, interrupt.  Nothing of VCM.
 */
#ifndef VCM_EDU_HW_H
#define VCM_EDU_HW_H

#include <linux/completion.h>
#include <linux/pci.h>
#include <linux/types.h>

#define VCM_EDU_VENDOR	0x1234
#define VCM_EDU_DEVICE	0x11e8

/*
 * edu has a buffer of 4096 bytes, but QEMU 7.2 aborts when a transfer touches the last of them:
 * the end of a transfer has to stay below the end of the buffer.
 */
#define VCM_EDU_DMA_MAX	4095

enum vcm_edu_dir {
	VCM_EDU_TO_DEVICE,	/* RAM -> buffer of the device */
	VCM_EDU_FROM_DEVICE,	/* buffer of the device -> RAM */
};

/**
 * struct vcm_edu_hw - one edu device
 * @pdev: immutable, like @regs and @irq
 * @regs: BAR 0
 * @irq:  MSI that tells the end of a transfer; 0 when there is none and the engine is polled
 * @deaf: an interrupt was lost: the engine is polled from then on; under the caller's lock
 * @done: completed by the interrupt
 */
struct vcm_edu_hw {
	struct pci_dev *pdev;
	void __iomem *regs;
	int irq;
	bool deaf;
	struct completion done;
};

int vcm_edu_hw_init(struct vcm_edu_hw *hw, struct pci_dev *pdev);
void vcm_edu_hw_stop(struct vcm_edu_hw *hw);
void vcm_edu_hw_fini(struct vcm_edu_hw *hw);
int vcm_edu_hw_dma(struct vcm_edu_hw *hw, enum vcm_edu_dir dir, u64 iova, u32 off, u32 len);

#endif
