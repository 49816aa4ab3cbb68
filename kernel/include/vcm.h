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
 * (vcm_error).  No call here may be made from atomic context.
 *
 * start/last are inclusive, start/len half open, lengths are bytes.
 */
#ifndef VCM_H
#define VCM_H

#include <linux/types.h>

#include "vcm_events.h"
#include "uapi/vcm.h"

struct device;
struct dma_buf;
struct page;
struct sg_table;
struct vcm;
struct vcm_assoc;
struct vcm_device;
struct vcm_dom;
struct vcm_domain;
struct vcm_driver;
struct vcm_holder;
struct vcm_phys;
struct vcm_res;

/**
 * struct vcm_cfg - what a context shall be
 * @start:  first address of the window, page aligned; 0 is an ordinary address
 * @last:   last address of the window; @last + 1 is page aligned or wraps to 0
 * @driver: driver behind the context, usually &vcm_iommu_driver
 * @holder: whose the first reference is, NULL for nobody named
 */
struct vcm_cfg {
	__u64 start;
	__u64 last;
	const struct vcm_driver *driver;
	struct vcm_holder *holder;
};

/**
 * struct vcm_req - what range to reserve
 * @len:          bytes, a multiple of the page size
 * @start:        with VCM_RESERVE_FIXED, the first address; else the first that may be used
 * @limit:        last address that may be used, 0 for the end of the window
 * @boundary:     power of two, not below @len, that the range may not cross a multiple of;
 *                0 for none
 * @guard_before: bytes kept free below the range, a multiple of the page size, below 2^16 pages
 * @guard_after:  bytes kept free above it, likewise
 * @align:        alignment, log2 of bytes; below the page size means the page size
 * @flags:        VCM_RESERVE_* flags
 * @within:       a reservation made with VCM_RESERVE_BOUND to stay inside of, NULL for the
 *                context; it lives as long as what is inside
 * @holder:       whose the first reference is, NULL for nobody named
 */
struct vcm_req {
	__u64 len;
	__u64 start;
	__u64 limit;
	__u64 boundary;
	__u64 guard_before;
	__u64 guard_after;
	__u32 align;
	__u32 flags;
	struct vcm_res *within;
	struct vcm_holder *holder;
};

/**
 * struct vcm_phys_req - what memory to allocate
 * @len:    bytes, a multiple of the smallest chunk size allowed
 * @orders: chunk sizes allowed, bit n for 2^n pages; 0 for all up to 2^10
 * @cache:  cache attribute, for every mapping of the memory
 * @flags:  VCM_PHYS_* flags
 * @node:   with VCM_PHYS_NODE, NUMA node to prefer, or which carve-out to use
 * @holder: whose the first reference is, NULL for nobody named
 */
struct vcm_phys_req {
	__u64 len;
	__u32 orders;
	enum vcm_cache cache;
	__u32 flags;
	__u32 node;
	struct vcm_holder *holder;
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
 * struct vcm_phys_note - what a driver has worked out about memory and keeps with it
 */
struct vcm_phys_note {
	/** @free: called once, with no lock of the core held, before the memory is released. */
	void (*free)(struct vcm_phys_note *note);
};

/**
 * struct vcm_phys_ops - memory from elsewhere
 */
struct vcm_phys_ops {
	/**
	 * @release: give the memory back.  Called once, with no lock of the core held, when no
	 * reference and no binding is left; may sleep; mandatory.
	 */
	void (*release)(void *priv);
};

/**
 * struct vcm_phys_desc - memory from elsewhere
 * @chunks:    where it is; copied
 * @nr_chunks: length of @chunks, not 0; each page aligned and a multiple of the page size
 * @cache:     cache attribute that it has
 * @source:    where it comes from; not VCM_SOURCE_CARVEOUT, see vcm_phys_alloc()
 * @ops:       how to give it back
 * @priv:      for @ops
 * @readonly:  devices may not write to it
 * @holder:    whose the first reference is, NULL for nobody named
 */
struct vcm_phys_desc {
	const struct vcm_chunk *chunks;
	__u32 nr_chunks;
	enum vcm_cache cache;
	enum vcm_source source;
	const struct vcm_phys_ops *ops;
	void *priv;
	bool readonly;
	struct vcm_holder *holder;
};

/**
 * struct vcm_bind_req - what to bind, and how
 * @phys:  the memory
 * @off:   offset into it, page aligned
 * @len:   bytes from there, page aligned; 0 for all
 * @prot:  VCM_PROT_* flags, at least one
 * @cache: the cache attribute that the caller counts on; must be the memory's
 */
struct vcm_bind_req {
	struct vcm_phys *phys;
	__u64 off;
	__u64 len;
	__u32 prot;
	enum vcm_cache cache;
};

/**
 * struct vcm_fault - a fault that an IOMMU told the kernel of
 * @iova:   address the device used
 * @vcm:    context
 * @dev:    device, 0 when unknown
 * @domain: mapping domain
 * @access: what the device tried
 */
struct vcm_fault {
	__u64 iova;
	__u32 vcm;
	__u32 dev;
	__u32 domain;
	enum vcm_access access;
};

typedef void (*vcm_fault_fn)(const struct vcm_fault *fault, void *data);

/**
 * struct vcm_res_info - a reservation at one moment
 * @id:        id, unique in its context
 * @vcm:       its context
 * @start:     first address
 * @len:       bytes
 * @phys:      id of the memory bound, 0 for none
 * @off:       offset into it
 * @bound_len: bytes bound
 * @refs:      references
 * @prot:      VCM_PROT_* flags of the binding
 * @mapped:    mapping domains in which the binding is live
 * @flags:     VCM_RESERVE_* flags
 */
struct vcm_res_info {
	__u64 id;
	__u64 start;
	__u64 len;
	__u64 phys;
	__u64 off;
	__u64 bound_len;
	__u32 vcm;
	__u32 refs;
	__u32 prot;
	__u32 mapped;
	__u32 flags;
};

/**
 * struct vcm_info - a context at one moment
 * @start:        first address of the window
 * @last:         last address of the window
 * @reach_start:  first address that every active device can reach
 * @reach_last:   last address that every active device can reach
 * @pgsizes:      page sizes that every active IOMMU has; 0 when none is active
 * @reservations: number
 * @refs:         references
 * @domains:      mapping domains
 * @saved:        off its IOMMUs
 */
struct vcm_info {
	__u64 start;
	__u64 last;
	__u64 reach_start;
	__u64 reach_last;
	__u64 pgsizes;
	__u64 reservations;
	__u32 refs;
	__u32 domains;
	bool saved;
};

typedef int (*vcm_res_fn)(const struct vcm_res_info *info, void *data);

/* Holders of references: kernel/core/ref.c */
struct vcm_holder *vcm_holder_create(const char *name);
void vcm_holder_put(struct vcm_holder *holder);

/* Contexts: kernel/core/context.c */
struct vcm *vcm_create(const struct vcm_cfg *cfg);
void vcm_destroy(struct vcm *vcm);
struct vcm *vcm_get(struct vcm *vcm);
void vcm_put(struct vcm *vcm);
int vcm_get_as(struct vcm *vcm, struct vcm_holder *holder);
int vcm_put_as(struct vcm *vcm, struct vcm_holder *holder);
void vcm_destroy_as(struct vcm *vcm, struct vcm_holder *holder);
__u32 vcm_id(const struct vcm *vcm);
void vcm_info(struct vcm *vcm, struct vcm_info *info);

/* Reservations: kernel/core/res.c */
struct vcm_res *vcm_reserve(struct vcm *vcm, const struct vcm_req *req);
struct vcm_res *vcm_reserve_at(struct vcm *vcm, __u64 start, __u64 len);
int vcm_ref_reserve(struct vcm_res *res);
int vcm_ref_reserve_as(struct vcm_res *res, struct vcm_holder *holder);
void vcm_unreserve(struct vcm_res *res);
int vcm_unreserve_as(struct vcm_res *res, struct vcm_holder *holder);
__u64 vcm_res_start(const struct vcm_res *res);
__u64 vcm_res_len(const struct vcm_res *res);
__u64 vcm_res_id(const struct vcm_res *res);
void vcm_res_info(struct vcm_res *res, struct vcm_res_info *info);
struct vcm_phys *vcm_res_phys(struct vcm_res *res);

/* Look-ups: kernel/core/lookup.c */
struct vcm_res *vcm_find_res(struct vcm *vcm, __u64 iova);
int vcm_find_info(struct vcm *vcm, __u64 iova, struct vcm_res_info *info);
int vcm_find_next(struct vcm *vcm, __u64 iova, __u64 id, struct vcm_res_info *info);
int vcm_for_each_res(struct vcm *vcm, vcm_res_fn fn, void *data);
int vcm_phys_for_each_res(struct vcm_phys *phys, vcm_res_fn fn, void *data);
int vcm_translate(struct vcm *from, __u64 iova, struct vcm *to, __u64 *out);
int vcm_iova_to_phys(struct vcm *vcm, __u64 iova, __u64 *pa);

/* Physical memory: kernel/core/phys.c */
struct vcm_phys *vcm_phys_alloc(const struct vcm_phys_req *req);
struct vcm_phys *vcm_phys_wrap(const struct vcm_phys_desc *desc);
struct vcm_phys *vcm_phys_get(struct vcm_phys *phys);
int vcm_phys_get_as(struct vcm_phys *phys, struct vcm_holder *holder);
void vcm_phys_put(struct vcm_phys *phys);
int vcm_phys_put_as(struct vcm_phys *phys, struct vcm_holder *holder);
__u64 vcm_phys_id(const struct vcm_phys *phys);
__u64 vcm_phys_len(const struct vcm_phys *phys);
enum vcm_cache vcm_phys_cache(const struct vcm_phys *phys);
enum vcm_source vcm_phys_source(const struct vcm_phys *phys);
bool vcm_phys_is_own(const struct vcm_phys *phys);
const struct vcm_chunk *vcm_phys_chunks(const struct vcm_phys *phys, __u32 *nr_chunks);
struct vcm_phys_note *vcm_phys_note(const struct vcm_phys *phys);
void vcm_phys_set_note(struct vcm_phys *phys, struct vcm_phys_note *note);

/* Memory set aside for VCM: kernel/core/carve.c */
int vcm_carveout_add(__u64 start, __u64 len);
int vcm_carveout_remove(__u64 start);

/* Memory from elsewhere: kernel/drivers/phys_import.c, phys_user.c, phys_dmabuf.c */
struct vcm_phys *vcm_phys_import_sgt(const struct sg_table *sgt, struct vcm_holder *holder);
struct vcm_phys *vcm_phys_import_pages(struct page *const *pages, __u64 nr_pages,
				       struct vcm_holder *holder);
struct vcm_phys *vcm_phys_pin_user(__u64 uva, __u64 len, bool write, struct vcm_holder *holder);
struct vcm_phys *vcm_phys_import_dmabuf(struct dma_buf *dmabuf, struct vcm_holder *holder);
struct vcm_phys *vcm_phys_import_dmabuf_fd(int fd, struct vcm_holder *holder);
struct dma_buf *vcm_phys_export_dmabuf(struct vcm_phys *phys);
int vcm_phys_export_dmabuf_fd(struct vcm_phys *phys);

/* Bindings: kernel/core/bind.c */
int vcm_bind(struct vcm_res *res, struct vcm_phys *phys, __u64 off, __u32 prot);
int vcm_bind_range(struct vcm_res *res, const struct vcm_bind_req *req);
int vcm_rebind(struct vcm_res *res, const struct vcm_bind_req *req);
int vcm_unbind(struct vcm_res *res);

/* The steps fused: kernel/core/map.c */
struct vcm_res *vcm_map(struct vcm *vcm, struct vcm_phys *phys, const struct vcm_req *where,
			__u32 prot);
int vcm_unmap(struct vcm_res *res, struct vcm_holder *holder);
struct vcm_res *vcm_make_binding(struct vcm *vcm, const struct vcm_phys_req *what,
				 const struct vcm_req *where, __u32 prot);
int vcm_destroy_binding(struct vcm_res *res, struct vcm_holder *holder);

/* The kernel's own mapping: kernel/core/kmap.c */
void *vcm_vmap(struct vcm_phys *phys);
void vcm_vunmap(struct vcm_phys *phys);

/* Associations: kernel/drivers/iommu_dev.c over kernel/core/assoc.c */
struct vcm_assoc *vcm_assoc(struct vcm *vcm, struct device *dev);
int vcm_deassoc(struct vcm_assoc *assoc);
int vcm_activate(struct vcm_assoc *assoc);
int vcm_deactivate(struct vcm_assoc *assoc);
__u64 vcm_assoc_id(const struct vcm_assoc *assoc);
__u32 vcm_assoc_activations(const struct vcm_assoc *assoc);

/* Several contexts, and none: kernel/core/switch.c */
int vcm_switch(struct vcm_assoc *from, struct vcm_assoc *to);
int vcm_save(struct vcm *vcm);
int vcm_restore(struct vcm *vcm);

/* Faults: kernel/core/fault.c */
void vcm_set_fault_handler(struct vcm *vcm, vcm_fault_fn fn, void *data);

int vcm_add_device(struct device *dev);
int vcm_offer_device(struct device *dev);
void vcm_withdraw_device(struct device *dev);

/* Devices as the core sees them: kernel/core/device.c; called by the driver side */
struct vcm_device *vcm_device_register(const char *name, const char *iommu, __u32 flags,
				       void *priv);
void vcm_device_unregister(struct vcm_device *dev);
void *vcm_device_priv(const struct vcm_device *dev);
struct vcm_assoc *vcm_assoc_device(struct vcm *vcm, struct vcm_device *dev);

/* Faults on their way from a driver: kernel/core/fault.c */
struct vcm *vcm_fault_begin(struct vcm_dom *dom, __u32 *domain);
void vcm_fault_end(struct vcm *vcm, struct vcm_fault *fault, const void *priv);
void vcm_fault_lost(struct vcm *vcm, const struct vcm_fault *first, __u64 nr);

/* Failures on demand: kernel/os/inject.c; asked by drivers before what can fail */
bool vcm_should_fail(void);

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

#define VCM_DRVF_FUSED	(1u << 0)	/* addresses come from memory: vcm_map() only */
#define VCM_DRVF_CONTIG	(1u << 1)	/* memory must be contiguous */

/**
 * struct vcm_driver - what stands behind a context
 *
 * The core calls every member with the registry lock or the lock of one context held, never
 * with a spinlock, except where a member says otherwise; members may sleep and must not call
 * the API of vcm.h except the vcm_phys_ functions that only read.  A driver for devices has all
 * of @domain_alloc to @unmap; one without has none of them, and a @place.
 * A driver embeds nothing: it hands out its own struct behind the opaque struct vcm_domain.
 */
struct vcm_driver {
	/** @name: for people */
	const char *name;

	/** @kind: for events and snapshots */
	enum vcm_driver_kind kind;

	/** @flags: VCM_DRVF_* flags */
	__u32 flags;

	/**
	 * @domain_alloc: make an empty mapping domain that @dev can use.  @dom is for
	 * vcm_fault_begin(), until @domain_free.
	 *
	 * Return: the domain or ERR_PTR(); the core gives up the activation with this error.
	 */
	struct vcm_domain *(*domain_alloc)(struct vcm_device *dev, struct vcm_dom *dom);

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
	 * Called only after a first @attach, for ranges inside the aperture in which nothing is
	 * mapped.  For the time of a vcm_switch() there may be no device attached.
	 *
	 * Return: 0, or an error after which nothing of the range is mapped.
	 */
	int (*map)(struct vcm_domain *domain, __u64 start, __u64 len,
		   struct vcm_phys *phys, __u64 off, __u32 prot);

	/**
	 * @unmap: remove exactly what one @map made.
	 *
	 * On return no table entry and no IOTLB entry for the range is left on any device of
	 * the domain.  There may be no device attached any more.
	 *
	 * Return: 0; -EIO when the tables held less than was mapped, which is a defect below
	 * this driver and reported by the core.
	 */
	int (*unmap)(struct vcm_domain *domain, __u64 start, __u64 len);

	/**
	 * @reserved: the @n-th region that @dev cannot use for DMA; optional.
	 *
	 * Return: 0 with the region, -ENOENT when there are not so many; any other error ends the
	 * association.
	 */
	int (*reserved)(struct vcm_device *dev, __u32 n, __u64 *start, __u64 *last);

	/**
	 * @check: may @len bytes of @phys from @off on be at @start?  Optional.
	 *
	 * Return: 0, or what vcm_bind() shall return.
	 */
	int (*check)(const struct vcm_phys *phys, __u64 off, __u64 len, __u64 start);

	/**
	 * @place: the address that @phys has in a context of this driver; optional.  Called
	 * without any lock of the core, may call the API.
	 *
	 * Return: 0 with the address, or what vcm_map() shall return.
	 */
	int (*place)(struct vcm_phys *phys, __u64 *start);

	/**
	 * @unplace: undo @place, after the binding is gone; optional.  Called like @place.
	 */
	void (*unplace)(struct vcm_phys *phys);
};

extern const struct vcm_driver vcm_contig_driver;
extern const struct vcm_driver vcm_iommu_driver;
extern const struct vcm_driver vcm_o2o_driver;
extern const struct vcm_driver vcm_vmm_driver;

#endif
