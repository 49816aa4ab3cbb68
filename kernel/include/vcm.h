/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm.h - the in-kernel API of the Virtual Contiguous Memory manager.
 *
 * A context (struct vcm) is one virtual address space that any number of devices can share.
 * Ranges of it are reserved (struct vcm_res), physical memory (struct vcm_phys) is bound to
 * them, and a device associated with the context (struct vcm_assoc) sees every binding while
 * its association is active.  The steps are independent: reserve, bind and activate in any
 * order; a binding made while nothing is active goes live at the first activation.
 *
 * The calls and their names come from the two VCM proposals of 2010 (Z. Pfeffer; M. Nazarewicz
 * and KyongHo Cho); each kernel-doc block says where it differs from them.
 *
 * Errors are ERR_PTR() or 0/-errno.  A call that fails changes nothing and is an event
 * (vcm_error).  No call here may be made from atomic context; none calls back.
 *
 * start/last are inclusive, start/len half open, lengths are bytes.
 */
#ifndef VCM_H
#define VCM_H

#include <linux/types.h>

#include "vcm_events.h"
#include "uapi/vcm.h"

struct device;
struct vcm;
struct vcm_assoc;
struct vcm_device;
struct vcm_domain;
struct vcm_driver;
struct vcm_phys;
struct vcm_res;

/**
 * struct vcm_cfg - what a context shall be
 * @start:  first address of the window, page aligned; 0 is an ordinary address
 * @last:   last address of the window; @last + 1 is page aligned or wraps to 0
 * @driver: driver behind the context, usually &vcm_iommu_driver
 */
struct vcm_cfg {
	__u64 start;
	__u64 last;
	const struct vcm_driver *driver;
};

/**
 * struct vcm_req - what range to reserve
 * @len:   bytes, a multiple of the page size
 * @start: with VCM_RESERVE_FIXED, the first address
 * @limit: last address that may be used, 0 for the end of the window
 * @align: alignment, log2 of bytes; below the page size means the page size
 * @flags: VCM_RESERVE_* flags
 */
struct vcm_req {
	__u64 len;
	__u64 start;
	__u64 limit;
	__u32 align;
	__u32 flags;
};

/**
 * struct vcm_phys_req - what memory to allocate
 * @len:    bytes, a multiple of the smallest chunk size allowed
 * @orders: chunk sizes allowed, bit n for 2^n pages; 0 for all up to VCM_MAX_ORDER
 */
struct vcm_phys_req {
	__u64 len;
	__u32 orders;
};

/**
 * struct vcm_chunk - one physically contiguous piece of memory
 * @pa:  physical address
 * @len: bytes
 */
struct vcm_chunk {
	__u64 pa;
	__u64 len;
};

/**
 * struct vcm_res_info - a reservation at one moment
 * @id:        id, unique in its context
 * @start:     first address
 * @len:       bytes
 * @phys:      id of the memory bound, 0 for none
 * @off:       offset into it
 * @bound_len: bytes bound
 * @refs:      references
 * @prot:      VCM_PROT_* flags of the binding
 * @mapped:    mapping domains in which the binding is live
 */
struct vcm_res_info {
	__u64 id;
	__u64 start;
	__u64 len;
	__u64 phys;
	__u64 off;
	__u64 bound_len;
	__u32 refs;
	__u32 prot;
	__u32 mapped;
};

/* Contexts: kernel/core/context.c */
struct vcm *vcm_create(const struct vcm_cfg *cfg);
void vcm_destroy(struct vcm *vcm);
struct vcm *vcm_get(struct vcm *vcm);
void vcm_put(struct vcm *vcm);
__u32 vcm_id(const struct vcm *vcm);

/* Reservations: kernel/core/res.c */
struct vcm_res *vcm_reserve(struct vcm *vcm, const struct vcm_req *req);
struct vcm_res *vcm_reserve_at(struct vcm *vcm, __u64 start, __u64 len);
int vcm_ref_reserve(struct vcm_res *res);
void vcm_unreserve(struct vcm_res *res);
__u64 vcm_res_start(const struct vcm_res *res);
__u64 vcm_res_len(const struct vcm_res *res);
__u64 vcm_res_id(const struct vcm_res *res);
void vcm_res_info(struct vcm_res *res, struct vcm_res_info *info);

/* Physical memory: kernel/core/phys.c */
struct vcm_phys *vcm_phys_alloc(const struct vcm_phys_req *req);
struct vcm_phys *vcm_phys_get(struct vcm_phys *phys);
void vcm_phys_put(struct vcm_phys *phys);
__u64 vcm_phys_id(const struct vcm_phys *phys);
__u64 vcm_phys_len(const struct vcm_phys *phys);
const struct vcm_chunk *vcm_phys_chunks(const struct vcm_phys *phys, __u32 *nr_chunks);

/* Bindings: kernel/core/bind.c */
int vcm_bind(struct vcm_res *res, struct vcm_phys *phys, __u64 off, __u32 prot);
int vcm_unbind(struct vcm_res *res);

/* Associations: kernel/drivers/iommu_dev.c over kernel/core/assoc.c */
struct vcm_assoc *vcm_assoc(struct vcm *vcm, struct device *dev);
int vcm_deassoc(struct vcm_assoc *assoc);
int vcm_activate(struct vcm_assoc *assoc);
int vcm_deactivate(struct vcm_assoc *assoc);
__u64 vcm_assoc_id(const struct vcm_assoc *assoc);
__u32 vcm_assoc_activations(const struct vcm_assoc *assoc);

int vcm_add_device(struct device *dev);
int vcm_offer_device(struct device *dev);
void vcm_withdraw_device(struct device *dev);

/* Devices as the core sees them: kernel/core/device.c; called by the driver side */
struct vcm_device *vcm_device_register(const char *name, const char *iommu, __u32 flags,
				       void *priv);
void vcm_device_unregister(struct vcm_device *dev);
void *vcm_device_priv(const struct vcm_device *dev);
struct vcm_assoc *vcm_assoc_device(struct vcm *vcm, struct vcm_device *dev);

#define VCM_DEVICE_USER (1u << 0)	/* user space may associate it */

/**
 * struct vcm_domain_caps - what a mapping domain can translate
 * @start:   first address of the aperture
 * @last:    last address of the aperture
 * @pgsizes: page sizes of the tables, bit n for 2^n bytes
 */
struct vcm_domain_caps {
	__u64 start;
	__u64 last;
	__u64 pgsizes;
};

/**
 * struct vcm_driver - what stands behind a context
 *
 * The core calls every member with the registry lock or the lock of one context held, never
 * with a spinlock; members may sleep and must not call the API of vcm.h.  All are mandatory.
 * A driver embeds nothing: it hands out its own struct behind the opaque struct vcm_domain.
 */
struct vcm_driver {
	/** @name: for people */
	const char *name;

	/** @kind: for events and snapshots */
	enum vcm_driver_kind kind;

	/**
	 * @domain_alloc: make an empty mapping domain that @dev can use.
	 *
	 * Return: the domain or ERR_PTR(); the core gives up the activation with this error.
	 */
	struct vcm_domain *(*domain_alloc)(struct vcm_device *dev);

	/** @domain_free: free a domain that has no device and no mapping.  Cannot fail. */
	void (*domain_free)(struct vcm_domain *domain);

	/**
	 * @attach: let @dev translate through @domain.
	 *
	 * Return: 0 with *@caps filled in (they may depend on the devices attached); -EINVAL
	 * when @dev is behind an IOMMU that cannot use this domain, the core then tries the
	 * next or a new one; any other error ends the activation.
	 */
	int (*attach)(struct vcm_domain *domain, struct vcm_device *dev,
		      struct vcm_domain_caps *caps);

	/** @detach: undo @attach.  Nothing of @domain is reachable by @dev afterwards. */
	void (*detach)(struct vcm_domain *domain, struct vcm_device *dev);

	/**
	 * @map: translate [@start, @start + @len) to @phys from @off on.
	 *
	 * Called only with at least one device attached, for ranges inside the aperture in
	 * which nothing is mapped.
	 *
	 * Return: 0, or an error after which nothing of the range is mapped.
	 */
	int (*map)(struct vcm_domain *domain, __u64 start, __u64 len,
		   struct vcm_phys *phys, __u64 off, __u32 prot);

	/**
	 * @unmap: remove exactly what one @map made.
	 *
	 * On return no table entry and no IOTLB entry for the range is left on any device of
	 * the domain.
	 *
	 * Return: 0; -EIO when the tables held less than was mapped, which is a defect below
	 * this driver and reported by the core.
	 */
	int (*unmap)(struct vcm_domain *domain, __u64 start, __u64 len);
};

extern const struct vcm_driver vcm_iommu_driver;

#endif
