/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * vcm_memory.h - calls of /dev/vcm on physical memory and bindings; included by vcm.h, whose
 * rules hold here.
 */
#ifndef UAPI_VCM_MEMORY_H
#define UAPI_VCM_MEMORY_H

#include <linux/types.h>

/**
 * struct vcm_ioc_phys_alloc - allocate physical memory (VCM_IOC_PHYS_ALLOC)
 * @size:   sizeof(struct vcm_ioc_phys_alloc)
 * @flags:  VCM_PHYS_CONTIG, VCM_PHYS_CARVEOUT (with either @orders must be 0), VCM_PHYS_NODE
 * @len:    bytes, a multiple of the page size
 * @orders: chunk sizes allowed, bit n for 2^n pages, n <= VCM_MAX_ORDER; 0 for any up to 2^10
 * @chunks: out: physically contiguous pieces allocated
 * @phys:   out: id of the memory
 * @mmap_offset: out: offset for mmap(2) of this file that maps the memory
 * @cache:  enum vcm_cache, for every mapping of the memory
 * @node:   with VCM_PHYS_NODE, NUMA node; with VCM_PHYS_CARVEOUT too, which carve-out, from 0 in
 *          the order of debugfs/vcm/carveouts
 *
 * Memory is zeroed.  -ENOMEM also when @len cannot be made of the chunk sizes available.
 * -EINVAL when @len is not a multiple of the smallest chunk size allowed.  -EOPNOTSUPP for
 * VCM_PHYS_CARVEOUT when nothing was set aside (module parameter carveout).
 */
struct vcm_ioc_phys_alloc {
	__u32 size;
	__u32 flags;
	__u64 len;
	__u32 orders;
	__u32 chunks;
	__u64 phys;
	__u64 mmap_offset;
	__u32 cache;
	__u32 node;
};

/**
 * struct vcm_ioc_phys_free - give physical memory up (VCM_IOC_PHYS_FREE)
 * @size:  sizeof(struct vcm_ioc_phys_free)
 * @flags: must be 0
 * @phys:  memory
 *
 * The pages are released when the last binding and the last mmap(2) of them are gone too.
 */
struct vcm_ioc_phys_free {
	__u32 size;
	__u32 flags;
	__u64 phys;
};

/**
 * struct vcm_ioc_bind - bind memory to a reservation (VCM_IOC_BIND, VCM_IOC_REBIND)
 * @size:  sizeof(struct vcm_ioc_bind)
 * @flags: must be 0
 * @vcm:   context
 * @prot:  VCM_PROT_* flags, at least one
 * @res:   reservation
 * @phys:  memory
 * @off:   offset into the memory, page aligned
 * @len:   bytes from there, page aligned; 0 for all
 * @cache: enum vcm_cache that the caller counts on
 * @rsvd:  must be 0
 *
 * -EALREADY: this memory is bound there already.  -EADDRINUSE: other memory is.
 * -ENOSPC: the part is larger than the reservation.  -EBUSY: the memory has another cache
 * attribute.  -ERANGE: the range is outside the aperture of an IOMMU that the context is active
 * on.
 *
 * VCM_IOC_REBIND exchanges what is bound: -ENXIO when nothing is, not the first two;
 * -ENOTRECOVERABLE when neither the new nor the old memory could be mapped, then nothing is
 * bound.
 */
struct vcm_ioc_bind {
	__u32 size;
	__u32 flags;
	__u32 vcm;
	__u32 prot;
	__u64 res;
	__u64 phys;
	__u64 off;
	__u64 len;
	__u32 cache;
	__u32 rsvd;
};

/**
 * struct vcm_ioc_map - reserve and bind in one (VCM_IOC_MAP, VCM_IOC_MAKE_BINDING)
 * @size:   sizeof(struct vcm_ioc_map)
 * @flags:  VCM_RESERVE_FIXED
 * @vcm:    context
 * @prot:   VCM_PROT_* flags, at least one
 * @phys:   VCM_IOC_MAP: memory; VCM_IOC_MAKE_BINDING: out: memory made, owned by this file too
 * @start:  as in struct vcm_ioc_reserve
 * @len:    bytes; VCM_IOC_MAP: 0 for the length of the memory
 * @limit:  as in struct vcm_ioc_reserve
 * @align:  as in struct vcm_ioc_reserve
 * @orders: VCM_IOC_MAKE_BINDING: as in struct vcm_ioc_phys_alloc; else must be 0
 * @res:    out: id of the reservation
 * @mmap_offset: VCM_IOC_MAKE_BINDING: out: as in struct vcm_ioc_phys_alloc
 *
 * The errors of the calls that these fuse.  With a driver whose addresses come from the memory
 * (o2o, contig, vmm) @start is out only, and these are the calls to use.
 */
struct vcm_ioc_map {
	__u32 size;
	__u32 flags;
	__u32 vcm;
	__u32 prot;
	__u64 phys;
	__u64 start;
	__u64 len;
	__u64 limit;
	__u32 align;
	__u32 orders;
	__u64 res;
	__u64 mmap_offset;
};

#define VCM_PIN_WRITE (1u << 0)	/* devices may write to it */

/**
 * struct vcm_ioc_pin - memory of the calling process (VCM_IOC_PIN_USER)
 * @size:  sizeof(struct vcm_ioc_pin)
 * @flags: VCM_PIN_WRITE
 * @uva:   address, page aligned
 * @len:   bytes, a multiple of the page size
 * @phys:  out: id of the memory
 *
 * The pages count against RLIMIT_MEMLOCK until they are released: -ENOMEM above it.  Bindings
 * with VCM_PROT_WRITE need VCM_PIN_WRITE (-EACCES).  -EFAULT: nothing is mapped there.
 */
struct vcm_ioc_pin {
	__u32 size;
	__u32 flags;
	__u64 uva;
	__u64 len;
	__u64 phys;
};

/**
 * struct vcm_ioc_dmabuf - VCM_IOC_IMPORT_DMABUF, VCM_IOC_EXPORT_DMABUF
 * @size:  sizeof(struct vcm_ioc_dmabuf)
 * @flags: must be 0
 * @fd:    import: the dma-buf; export: out, closed on exec
 * @rsvd:  must be 0
 * @phys:  import: out: id of the memory; export: memory
 * @len:   out: bytes
 *
 * Import: -EBADF: not a dma-buf; -EINVAL: not made of whole pages.  Export: memory that was
 * imported cannot be exported (-EOPNOTSUPP).
 */
struct vcm_ioc_dmabuf {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 rsvd;
	__u64 phys;
	__u64 len;
};

#endif
