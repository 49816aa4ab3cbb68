/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iommu_x86.bpf.h - what is read of the IOMMU drivers of x86, for kernels of other machines, whose
 * types do not have it.
 *
 * Programs that use it are not loaded there, but are compiled.  Offsets come from the kernel that
 * a program is loaded on, as always, so only names and kinds matter.
 */
#ifndef VCM_IOMMU_X86_BPF_H
#define VCM_IOMMU_X86_BPF_H

#ifndef __TARGET_ARCH_x86

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct intel_iommu {
	void *reg;
	__u64 cap;
	__u16 segment;
};

struct dmar_domain {
	struct iommu_domain domain;
	__u8 use_first_level: 1;
	void *pgd;
	int agaw;
};

struct amd_iommu_pci_seg {
	struct llist_head dev_data_list;
	__u16 id;
};

struct amd_iommu {
	struct amd_iommu_pci_seg *pci_seg;
	void *mmio_base;
	__u8 *evt_buf;
};

struct amd_io_pgtable {
	int mode;
	__u64 *root;
	__u64 *pgd;
};

enum protection_domain_mode { PD_MODE_NONE, PD_MODE_V1, PD_MODE_V2 };

struct protection_domain {
	struct iommu_domain domain;
	struct amd_io_pgtable iop;
	enum protection_domain_mode pd_mode;
};

struct iommu_dev_data {
	struct llist_node dev_data_list;
	struct protection_domain *domain;
	__u16 devid;
};

#pragma clang attribute pop

#endif

#endif
