// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmm.c - the kernel's own address space as a context: the CPU as one more device.
 *
 * The address of memory is that of its one kernel mapping (vcm_vmap()), so ranges cannot be
 * reserved apart from memory, and no device can be associated.  vcm_vmm[1] of RFCv2 was this,
 * as a static object; here it is made like any other context.
 */
#include <linux/err.h>
#include <linux/export.h>

#include "vcm.h"

static int vcm_vmm_place(struct vcm_phys *phys, u64 *start)
{
	void *kva = vcm_vmap(phys);

	if (IS_ERR(kva))
		return PTR_ERR(kva);
	*start = (unsigned long)kva;
	return 0;
}

static void vcm_vmm_unplace(struct vcm_phys *phys)
{
	vcm_vunmap(phys);
}

const struct vcm_driver vcm_vmm_driver = {
	.name = "vmm",
	.kind = VCM_DRIVER_VMM,
	.flags = VCM_DRVF_FUSED,
	.place = vcm_vmm_place,
	.unplace = vcm_vmm_unplace,
};
EXPORT_SYMBOL_GPL(vcm_vmm_driver);
