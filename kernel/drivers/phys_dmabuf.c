// SPDX-License-Identifier: GPL-2.0-only
/*
 * phys_dmabuf.c - memory shared with other drivers: dma-bufs in and out.
 *
 * An exporter maps for a device.  The device that imports here is a platform device of VCM's
 * own that is behind no IOMMU, so the addresses it is given are physical ones, and contexts
 * translate to them.  The mapping is kept until the memory is released.
 *
 * What is exported is memory of VCM's own, and holds a reference to it.
 *
 * Takes the reservation lock of the dma-buf; no lock of the core may be held.
 */
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "compat.h"
#include "drivers/drivers.h"
#include "vcm.h"

static struct platform_device *vcm_dmabuf_dev;

/**
 * struct vcm_imported - a dma-buf that is in use
 * @attach: VCM's device attached to it
 * @sgt:    its addresses
 */
struct vcm_imported {
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
};

static void vcm_imported_release(void *priv)
{
	struct vcm_imported *imported = priv;
	struct dma_buf *dmabuf = imported->attach->dmabuf;

	dma_buf_unmap_attachment_unlocked(imported->attach, imported->sgt, DMA_BIDIRECTIONAL);
	dma_buf_detach(dmabuf, imported->attach);
	dma_buf_put(dmabuf);
	kvfree(imported);
}

static const struct vcm_phys_ops vcm_imported_ops = {
	.release = vcm_imported_release,
};

static struct vcm_imported *vcm_imported_create(struct dma_buf *dmabuf)
{
	struct vcm_imported *imported = vcm_driver_zalloc(sizeof(*imported));
	int err;

	if (!imported)
		return ERR_PTR(-ENOMEM);
	get_dma_buf(dmabuf);
	imported->attach = vcm_should_fail() ? ERR_PTR(-ENOMEM) :
			   dma_buf_attach(dmabuf, &vcm_dmabuf_dev->dev);
	if (IS_ERR(imported->attach)) {
		err = PTR_ERR(imported->attach);
		goto err_put;
	}
	imported->sgt = vcm_should_fail() ? ERR_PTR(-ENOMEM) :
			dma_buf_map_attachment_unlocked(imported->attach, DMA_BIDIRECTIONAL);
	if (IS_ERR(imported->sgt)) {
		err = PTR_ERR(imported->sgt);
		goto err_detach;
	}
	return imported;

err_detach:
	dma_buf_detach(dmabuf, imported->attach);
err_put:
	dma_buf_put(dmabuf);
	kvfree(imported);
	return ERR_PTR(err);
}

/* The chunks that the addresses of @sgt form, to be freed by kvfree(); or ERR_PTR(). */
static struct vcm_chunk *vcm_chunks_of_sgt(const struct sg_table *sgt)
{
	struct vcm_chunk *chunks;
	struct scatterlist *sg;
	unsigned int i;

	chunks = vcm_driver_zalloc(array_size(sgt->nents, sizeof(*chunks)));
	if (!chunks)
		return ERR_PTR(-ENOMEM);
	for_each_sgtable_dma_sg(sgt, sg, i) {
		chunks[i].pa = sg_dma_address(sg);
		chunks[i].len = sg_dma_len(sg);
	}
	return chunks;
}

/**
 * vcm_phys_import_dmabuf() - make a dma-buf into memory of VCM
 * @dmabuf: the dma-buf; a reference of its own is taken
 * @holder: whose the first reference is, NULL for nobody named
 *
 * Context: may sleep. Return: the memory with one reference, or ERR_PTR(): -EINVAL when it is
 * not made of whole pages, -ENOMEM, or what the exporter says.
 */
struct vcm_phys *vcm_phys_import_dmabuf(struct dma_buf *dmabuf, struct vcm_holder *holder)
{
	struct vcm_phys_desc desc = {
		.source = VCM_SOURCE_DMABUF,
		.ops = &vcm_imported_ops,
		.holder = holder,
	};
	struct vcm_imported *imported = vcm_imported_create(dmabuf);
	struct vcm_chunk *chunks;
	struct vcm_phys *phys;

	if (IS_ERR(imported))
		return ERR_CAST(imported);
	desc.priv = imported;
	desc.nr_chunks = imported->sgt->nents;
	chunks = vcm_chunks_of_sgt(imported->sgt);
	if (IS_ERR(chunks)) {
		phys = ERR_CAST(chunks);
	} else {
		desc.chunks = chunks;
		phys = vcm_phys_wrap(&desc);
		kvfree(chunks);
	}
	if (IS_ERR(phys))
		vcm_imported_release(imported);
	return phys;
}
EXPORT_SYMBOL_GPL(vcm_phys_import_dmabuf);

/**
 * vcm_phys_import_dmabuf_fd() - make a dma-buf into memory of VCM
 * @fd:     of the dma-buf
 * @holder: whose the first reference is, NULL for nobody named
 *
 * Context: process, may sleep. Return: as vcm_phys_import_dmabuf(); -EBADF, -EINVAL when @fd is
 * something else.
 */
struct vcm_phys *vcm_phys_import_dmabuf_fd(int fd, struct vcm_holder *holder)
{
	struct dma_buf *dmabuf = dma_buf_get(fd);
	struct vcm_phys *phys;

	if (IS_ERR(dmabuf))
		return ERR_CAST(dmabuf);
	phys = vcm_phys_import_dmabuf(dmabuf, holder);
	dma_buf_put(dmabuf);
	return phys;
}

static struct sg_table *vcm_exported_map(struct dma_buf_attachment *attach,
					 enum dma_data_direction dir)
{
	const struct vcm_chunk *chunk;
	struct scatterlist *sg;
	struct sg_table *sgt;
	unsigned int i;
	u32 nr_chunks;
	int err;

	chunk = vcm_phys_chunks(attach->dmabuf->priv, &nr_chunks);
	sgt = vcm_driver_zalloc(sizeof(*sgt));
	if (!sgt)
		return ERR_PTR(-ENOMEM);
	err = vcm_should_fail() ? -ENOMEM : sg_alloc_table(sgt, nr_chunks, GFP_KERNEL);
	if (err)
		goto err_free;
	for_each_sgtable_sg(sgt, sg, i)
		sg_set_page(sg, pfn_to_page(PHYS_PFN(chunk[i].pa)), chunk[i].len, 0);
	err = vcm_should_fail() ? -ENOMEM : dma_map_sgtable(attach->dev, sgt, dir, 0);
	if (err)
		goto err_free_table;
	return sgt;

err_free_table:
	sg_free_table(sgt);
err_free:
	kvfree(sgt);
	return ERR_PTR(err);
}

static void vcm_exported_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
			       enum dma_data_direction dir)
{
	dma_unmap_sgtable(attach->dev, sgt, dir, 0);
	sg_free_table(sgt);
	kvfree(sgt);
}

static void vcm_exported_release(struct dma_buf *dmabuf)
{
	vcm_phys_put(dmabuf->priv);
}

static int vcm_exported_vmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	void *kva = vcm_vmap(dmabuf->priv);

	if (IS_ERR(kva))
		return PTR_ERR(kva);
	iosys_map_set_vaddr(map, kva);
	return 0;
}

static void vcm_exported_vunmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	vcm_vunmap(dmabuf->priv);
}

static const struct dma_buf_ops vcm_exported_ops = {
	.map_dma_buf = vcm_exported_map,
	.unmap_dma_buf = vcm_exported_unmap,
	.release = vcm_exported_release,
	.vmap = vcm_exported_vmap,
	.vunmap = vcm_exported_vunmap,
};

/**
 * vcm_phys_export_dmabuf() - hand memory to other drivers
 * @phys: memory of vcm_phys_alloc(), cached
 *
 * Context: may sleep. Return: the dma-buf, which holds a reference to @phys of nobody named; or
 * ERR_PTR(): -EOPNOTSUPP for memory from elsewhere or with another cache attribute, -ENOMEM.
 */
struct dma_buf *vcm_phys_export_dmabuf(struct vcm_phys *phys)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *dmabuf;

	if (!vcm_phys_is_own(phys) || vcm_phys_cache(phys) != VCM_CACHE_WB)
		return ERR_PTR(-EOPNOTSUPP);
	info.ops = &vcm_exported_ops;
	info.size = vcm_phys_len(phys);
	info.flags = O_RDWR;
	info.priv = vcm_phys_get(phys);
	dmabuf = vcm_should_fail() ? ERR_PTR(-ENOMEM) : dma_buf_export(&info);
	if (IS_ERR(dmabuf))
		vcm_phys_put(phys);
	return dmabuf;
}
EXPORT_SYMBOL_GPL(vcm_phys_export_dmabuf);

/**
 * vcm_phys_export_dmabuf_fd() - hand memory to other processes and drivers
 * @phys: as for vcm_phys_export_dmabuf()
 *
 * Context: process, may sleep. Return: a file descriptor, closed on exec; or -errno.
 */
int vcm_phys_export_dmabuf_fd(struct vcm_phys *phys)
{
	struct dma_buf *dmabuf = vcm_phys_export_dmabuf(phys);
	int fd;

	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	fd = vcm_should_fail() ? -ENOMEM : dma_buf_fd(dmabuf, O_CLOEXEC);
	if (fd < 0)
		dma_buf_put(dmabuf);
	return fd;
}

/* Make the device that imports.  Return: 0 or -errno. */
int vcm_dmabuf_init(void)
{
	struct platform_device *pdev;
	int err;

	pdev = platform_device_register_simple("vcm-dmabuf", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	err = dma_coerce_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (!err && device_iommu_mapped(&pdev->dev))
		err = -EBUSY;
	if (err) {
		platform_device_unregister(pdev);
		return err;
	}
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	vcm_dmabuf_dev = pdev;
	return 0;
}

/* Remove it. */
void vcm_dmabuf_exit(void)
{
	platform_device_unregister(vcm_dmabuf_dev);
}

VCM_IMPORT_NS(DMA_BUF);
