// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim_omap.c - what the OMAP drivers did with their MMU: iommu, iovmm, save and restore.
 *
 * iovmm had four families of calls, for memory given or made and for addresses fixed or chosen,
 * and a kernel mapping of each; the MMU loses registers and IOTLB with its power, and keeps
 * entries of the IOTLB locked that must not wait for a walk.
 */
#include "sim_util.h"

#define WINDOW_START	0x10000000ull
#define WINDOW_LAST	0x1fffffffull
#define FIXED_IOVA	0x12340000ull
#define PAGES_IOVA	0x11000000ull
#define PAGES		256		/* more than the IOTLB has room for */

#define MMU	"o0"
#define DEV	"sim-o0.isp"

FIXTURE(omap) {
	struct stats before;
	int fd;
	__u32 vcm;
	__u64 assoc;
	struct area fixed;
};

FIXTURE_SETUP(omap)
{
	const struct sim_cfg cfg = { .format = "omap" };

	if (!sim_exists())
		SKIP(return, "vcm_sim and vcm_sim_dev are not loaded");
	sim_remove_all();
	test_stats_read(&self->before);
	test_sim_mmu_add(MMU, &cfg);
	test_sim_dev_add(MMU, "isp");
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, WINDOW_START, WINDOW_LAST, &self->vcm);
	area_create(self->fd, self->vcm, &self->fixed, FIXED_IOVA, 4 * PAGE, 1u << 0);
	self->assoc = dev_join(_metadata, self->fd, self->vcm, DEV);
}

FIXTURE_TEARDOWN(omap)
{
	expect_invariants();
	test_mem_free(self->fd, &self->fixed.mem);
	EXPECT_EQ(0, close(self->fd));
	sim_remove_all();
	expect_stats(&self->before);
}

/* Bytes that the device does not find, or does not put, at @iova. */
static __u64 wrong_at(struct __test_metadata *_metadata, __u64 iova, unsigned char *uva, __u64 len,
		      __u32 seed)
{
	pattern_fill(uva, len, seed);
	test_dma_sum(DEV, iova, len);
	EXPECT_EQ(fnv(uva, len), dma_sum(DEV));
	test_dma_to(DEV, iova, 0, len);
	memset(uva, 0, len);
	test_dma_from(DEV, iova, 0, len);
	return pattern_wrong(uva, len, seed);
}

/* iommu_vmap() and iommu_vmalloc() with a fixed address and without. */
TEST_F(omap, addresses_are_fixed_or_chosen)
{
	struct vcm_ioc_map make = { .vcm = self->vcm, .len = 3 * PAGE };
	struct vcm_ioc_map map = { .vcm = self->vcm };
	struct mem given;
	void *uva;
	__u64 res;

	EXPECT_EQ(0, wrong_at(_metadata, FIXED_IOVA, self->fixed.mem.uva, 4 * PAGE, 1));
	EXPECT_EQ(-EADDRINUSE, _vcm_reserve_at(self->fd, self->vcm, FIXED_IOVA + 3 * PAGE,
					       2 * PAGE, &res));
	/* memory given, address chosen */
	test_mem_alloc(self->fd, 2 * PAGE, 0, &given);
	map.phys = given.phys;
	test_map(self->fd, &map);
	EXPECT_TRUE(map.start + 2 * PAGE <= FIXED_IOVA || map.start >= FIXED_IOVA + 4 * PAGE);
	EXPECT_EQ(0, wrong_at(_metadata, map.start, given.uva, 2 * PAGE, 2));
	/* memory made, address chosen */
	test_make_binding(self->fd, &make);
	uva = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd,
		   make.mmap_offset);
	ASSERT_NE(MAP_FAILED, uva);
	EXPECT_EQ(0, wrong_at(_metadata, make.start, uva, 3 * PAGE, 3));
	EXPECT_EQ(0, munmap(uva, 3 * PAGE));
	/* memory made, address fixed */
	make = (struct vcm_ioc_map) {
		.vcm = self->vcm, .flags = VCM_RESERVE_FIXED, .start = 0x1ffff000, .len = PAGE,
	};
	test_make_binding(self->fd, &make);
	EXPECT_EQ(0x1ffff000, make.start);
	test_dma_fill(DEV, 0x1ffff000, PAGE, 4);
	test_unmap(self->fd, self->vcm, make.res);
	EXPECT_EQ(-EFAULT, _dma_fill(DEV, 0x1ffff000, PAGE, 4));
	test_unmap(self->fd, self->vcm, map.res);
	EXPECT_EQ(-EFAULT, _dma_to(DEV, map.start, 0, 1));
	test_mem_free(self->fd, &given);
}

/* iommu_kmap(): the kernel's own mapping is a context, and a byte is found in both. */
TEST_F(omap, the_kernel_and_the_device_map_the_same_memory)
{
	struct vcm_ioc_map map = { .phys = self->fixed.mem.phys };
	__u64 iova;

	test_create_driver(self->fd, VCM_DRIVER_VMM, 0, ~0ull, &map.vcm);
	test_map(self->fd, &map);
	for (__u64 at = 0; at < 4 * PAGE; at += 1000) {
		test_translate(self->fd, map.vcm, map.start + at, self->vcm, &iova);
		EXPECT_EQ(FIXED_IOVA + at, iova);
	}
	EXPECT_EQ(0, wrong_at(_metadata, FIXED_IOVA, self->fixed.mem.uva, 4 * PAGE, 5));
	test_unmap(self->fd, map.vcm, map.res);
	EXPECT_EQ(0, wrong_at(_metadata, FIXED_IOVA, self->fixed.mem.uva, 4 * PAGE, 6));
}

/* omap_iommu_save_ctx() and _restore_ctx() around off mode. */
TEST_F(omap, a_context_survives_the_loss_of_power)
{
	EXPECT_EQ(0, wrong_at(_metadata, FIXED_IOVA, self->fixed.mem.uva, 4 * PAGE, 1));
	pattern_fill(self->fixed.mem.uva, 4 * PAGE, 2);
	test_save(self->fd, self->vcm);
	EXPECT_EQ(-EFAULT, _dma_to(DEV, FIXED_IOVA, 0, 1));
	test_ok(_sim_mmu_write(MMU, "power", "off"));
	EXPECT_EQ(-EIO, _dma_to(DEV, FIXED_IOVA, 0, 1));
	test_ok(_sim_mmu_write(MMU, "power", "on"));
	test_restore(self->fd, self->vcm);
	EXPECT_EQ(0, pattern_wrong(self->fixed.mem.uva, 4 * PAGE, 2));
	test_dma_sum(DEV, FIXED_IOVA, 4 * PAGE);
	EXPECT_EQ(fnv(self->fixed.mem.uva, 4 * PAGE), dma_sum(DEV));
}

TEST_F(omap, without_restore_the_registers_are_lost)
{
	test_dma_to(DEV, FIXED_IOVA, 0, 1);
	test_ok(_sim_mmu_write(MMU, "power", "off"));
	test_ok(_sim_mmu_write(MMU, "power", "on"));
	EXPECT_EQ(-EFAULT, _dma_to(DEV, FIXED_IOVA, 0, 1));
	expect_sim_fault(MMU, DEV, "bank", "read", FIXED_IOVA);
	/* what a resume function of the IOMMU driver would do */
	test_ok(_sim_mmu_write(MMU, "power", "restore"));
	EXPECT_EQ(0, wrong_at(_metadata, FIXED_IOVA, self->fixed.mem.uva, 4 * PAGE, 3));
}

/* So many pages that whatever is not locked is evicted. */
static void touch_all(struct __test_metadata *_metadata)
{
	for (__u64 i = 0; i < PAGES; i++)
		test_dma_to(DEV, PAGES_IOVA + i * PAGE, 0, 1);
}

TEST_F(omap, a_locked_translation_stays_until_its_range_is_unmapped)
{
	struct area pages;
	char line[64];
	__u64 walks;

	area_create(self->fd, self->vcm, &pages, PAGES_IOVA, PAGES * PAGE, 1u << 0);
	test_dma_to(DEV, FIXED_IOVA, 0, 1);
	touch_all(_metadata);
	walks = sim_stat(MMU, "tlb_walks");
	test_dma_to(DEV, FIXED_IOVA, 0, 1);
	EXPECT_EQ(walks + 1, sim_stat(MMU, "tlb_walks"));

	/* the second page, so that it is not there already */
	snprintf(line, sizeof(line), "0 0x%llx", FIXED_IOVA + PAGE);
	test_ok(_sim_mmu_write(MMU, "lock", line));
	touch_all(_metadata);
	walks = sim_stat(MMU, "tlb_walks");
	test_dma_to(DEV, FIXED_IOVA + PAGE, 0, 1);
	EXPECT_EQ(walks, sim_stat(MMU, "tlb_walks"));

	test_unbind(self->fd, self->vcm, self->fixed.res);
	EXPECT_EQ(-EFAULT, _dma_to(DEV, FIXED_IOVA + PAGE, 0, 1));
	EXPECT_EQ(-EFAULT, _sim_mmu_write(MMU, "lock", line));
	EXPECT_EQ(-EINVAL, _sim_mmu_write(MMU, "lock", "99 0"));
	EXPECT_EQ(-ENXIO, _sim_mmu_write(MMU, "lock", "1 0"));
	test_mem_free(self->fd, &pages.mem);
}

TEST_HARNESS_MAIN
