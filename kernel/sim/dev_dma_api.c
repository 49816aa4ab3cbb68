// SPDX-License-Identifier: GPL-2.0-only
/*
 * dev_dma_api.c - the DMA API on a simulated device, as any driver uses it.
 *
 * Nothing here knows that the device is simulated, except that its engine is started by a call.
 * Each run maps memory, lets the device move it, compares, undoes the mapping, and lets the
 * device try once more: with strict unmapping it must not get through.
 */
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "dev_driver.h"
#include "sim_dev.h"

#define VCM_SIM_SG_PAGES	8
#define VCM_SIM_COHERENT	(4 * PAGE_SIZE)

static u8 vcm_sim_pattern(u32 seed, u64 i)
{
	return ((i + 1) * 0x9e3779b97f4a7c15ULL + seed) >> 56;
}

static void vcm_sim_pattern_fill(u8 *at, u64 len, u32 seed)
{
	u64 i;

	for (i = 0; i < len; i++)
		at[i] = vcm_sim_pattern(seed, i);
}

static u64 vcm_sim_pattern_wrong(const u8 *at, u64 len, u32 seed)
{
	u64 i, wrong = 0;

	for (i = 0; i < len; i++)
		wrong += at[i] != vcm_sim_pattern(seed, i);
	return wrong;
}

static int vcm_sim_to_device(struct device *dev, dma_addr_t iova, u64 off, u64 len)
{
	struct vcm_sim_cmd cmd = {
		.op = VCM_SIM_OP_TO_DEVICE, .src = iova, .dst = off, .len = len,
	};

	return vcm_sim_dev_run(dev, &cmd);
}

static int vcm_sim_from_device(struct device *dev, dma_addr_t iova, u64 off, u64 len)
{
	struct vcm_sim_cmd cmd = {
		.op = VCM_SIM_OP_FROM_DEVICE, .src = off, .dst = iova, .len = len,
	};

	return vcm_sim_dev_run(dev, &cmd);
}

/* Unmapping that is lazy leaves the old translation for a while, on purpose. */
static bool vcm_sim_is_strict(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && domain->type == IOMMU_DOMAIN_DMA;
}

/* The device must not get at what is not mapped any more. */
static void vcm_sim_expect_gone(struct device *dev, dma_addr_t iova,
				struct vcm_sim_dma_result *result)
{
	if (vcm_sim_is_strict(dev) && vcm_sim_to_device(dev, iova, 0, 16) != -EFAULT)
		result->leaks++;
}

/* One page, there and back, each with a mapping of its own. */
static int vcm_sim_api_page(struct device *dev, struct vcm_sim_dma_result *result)
{
	struct page *page = alloc_page(GFP_KERNEL);
	dma_addr_t iova;
	int err;

	if (!page)
		return -ENOMEM;
	vcm_sim_pattern_fill(page_address(page), PAGE_SIZE, 1);
	iova = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	err = dma_mapping_error(dev, iova);
	if (err)
		goto out_free;
	result->maps++;
	err = vcm_sim_to_device(dev, iova, 0, PAGE_SIZE);
	dma_unmap_page(dev, iova, PAGE_SIZE, DMA_TO_DEVICE);
	result->unmaps++;
	vcm_sim_expect_gone(dev, iova, result);
	if (err)
		goto out_free;
	memset(page_address(page), 0, PAGE_SIZE);
	iova = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	err = dma_mapping_error(dev, iova);
	if (err)
		goto out_free;
	result->maps++;
	err = vcm_sim_from_device(dev, iova, 0, PAGE_SIZE);
	dma_unmap_page(dev, iova, PAGE_SIZE, DMA_FROM_DEVICE);
	result->unmaps++;
	result->bytes += PAGE_SIZE;
	result->wrong += vcm_sim_pattern_wrong(page_address(page), PAGE_SIZE, 1);
out_free:
	__free_page(page);
	return err;
}

/* The device may do no more than the direction says. */
static int vcm_sim_api_direction(struct device *dev, struct vcm_sim_dma_result *result)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	dma_addr_t iova;
	int err;

	if (!page)
		return -ENOMEM;
	iova = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	err = dma_mapping_error(dev, iova);
	if (err)
		goto out_free;
	result->maps++;
	vcm_sim_pattern_fill(vcm_sim_dev_buffer(dev), PAGE_SIZE, 2);
	if (vcm_sim_from_device(dev, iova, 0, PAGE_SIZE) != -EFAULT)
		result->leaks++;
	dma_unmap_page(dev, iova, PAGE_SIZE, DMA_TO_DEVICE);
	result->unmaps++;
out_free:
	__free_page(page);
	return err;
}

static void vcm_sim_sg_free(struct scatterlist *sg)
{
	u32 i;

	for (i = 0; i < VCM_SIM_SG_PAGES; i++)
		if (sg_page(&sg[i]))
			__free_page(sg_page(&sg[i]));
}

static int vcm_sim_sg_fill(struct scatterlist *sg)
{
	struct page *page;
	u32 i;

	sg_init_table(sg, VCM_SIM_SG_PAGES);
	for (i = 0; i < VCM_SIM_SG_PAGES; i++) {
		page = alloc_page(GFP_KERNEL);
		if (!page)
			return -ENOMEM;
		vcm_sim_pattern_fill(page_address(page), PAGE_SIZE, 100 + i);
		sg_set_page(&sg[i], page, PAGE_SIZE, 0);
	}
	return 0;
}

/* Read all that the list was mapped to into the device, one piece behind the other. */
static int vcm_sim_sg_read(struct device *dev, struct scatterlist *sgl, int nents)
{
	struct scatterlist *sg;
	u64 off = 0;
	int i, err;

	for_each_sg(sgl, sg, nents, i) {
		err = vcm_sim_to_device(dev, sg_dma_address(sg), off, sg_dma_len(sg));
		if (err)
			return err;
		off += sg_dma_len(sg);
	}
	return off == VCM_SIM_SG_PAGES * PAGE_SIZE ? 0 : -EIO;
}

/* Pages that are not next to each other; the device sees one range. */
static int vcm_sim_api_sg(struct device *dev, struct vcm_sim_dma_result *result)
{
	struct scatterlist sg[VCM_SIM_SG_PAGES];
	int err = vcm_sim_sg_fill(sg);
	dma_addr_t iova;
	int nents;
	u32 i;

	if (err)
		goto out_free;
	nents = dma_map_sg(dev, sg, VCM_SIM_SG_PAGES, DMA_TO_DEVICE);
	if (!nents) {
		err = -EIO;
		goto out_free;
	}
	result->maps++;
	iova = sg_dma_address(sg);
	err = vcm_sim_sg_read(dev, sg, nents);
	dma_unmap_sg(dev, sg, VCM_SIM_SG_PAGES, DMA_TO_DEVICE);
	result->unmaps++;
	vcm_sim_expect_gone(dev, iova, result);
	for (i = 0; !err && i < VCM_SIM_SG_PAGES; i++) {
		result->bytes += PAGE_SIZE;
		result->wrong += vcm_sim_pattern_wrong(vcm_sim_dev_buffer(dev) + i * PAGE_SIZE,
						       PAGE_SIZE, 100 + i);
	}
out_free:
	vcm_sim_sg_free(sg);
	return err;
}

/* Memory that both see all the time. */
static int vcm_sim_api_coherent(struct device *dev, struct vcm_sim_dma_result *result)
{
	struct vcm_sim_cmd fill = { .op = VCM_SIM_OP_FILL, .len = VCM_SIM_COHERENT, .value = 0x5a };
	dma_addr_t iova;
	u64 i;
	u8 *kva;
	int err;

	kva = dma_alloc_coherent(dev, VCM_SIM_COHERENT, &iova, GFP_KERNEL);
	if (!kva)
		return -ENOMEM;
	result->maps++;
	vcm_sim_pattern_fill(kva, VCM_SIM_COHERENT, 3);
	err = vcm_sim_to_device(dev, iova, 0, VCM_SIM_COHERENT);
	result->wrong += vcm_sim_pattern_wrong(vcm_sim_dev_buffer(dev), VCM_SIM_COHERENT, 3);
	fill.dst = iova;
	if (!err)
		err = vcm_sim_dev_run(dev, &fill);
	for (i = 0; i < VCM_SIM_COHERENT; i++)
		result->wrong += kva[i] != 0x5a;
	result->bytes += 2 * VCM_SIM_COHERENT;
	dma_free_coherent(dev, VCM_SIM_COHERENT, kva, iova);
	result->unmaps++;
	vcm_sim_expect_gone(dev, iova, result);
	return err;
}

/* Use a part of the DMA API once.  Return: 0; -EINVAL: no such part; or what failed. */
int vcm_sim_dma_api(struct device *dev, const char *what, struct vcm_sim_dma_result *result)
{
	if (!strcmp(what, "page"))
		return vcm_sim_api_page(dev, result);
	if (!strcmp(what, "direction"))
		return vcm_sim_api_direction(dev, result);
	if (!strcmp(what, "sg"))
		return vcm_sim_api_sg(dev, result);
	if (!strcmp(what, "coherent"))
		return vcm_sim_api_coherent(dev, result);
	return -EINVAL;
}
