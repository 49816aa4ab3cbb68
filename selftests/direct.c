// SPDX-License-Identifier: GPL-2.0-only
/*
 * direct.c - contexts without translation (o2o, contig) with a device whose IOMMU passes its DMA
 * through.
 *
 * The default domain of the second device is exchanged for an identity domain, as a machine that
 * is booted with iommu=pt has, and put back at the end.  Its driver is not bound meanwhile.
 */
#include "vcm_space.h"

/* Exchange the default domain of @dev, whose driver comes back afterwards.  Return: 0 or -errno. */
static int _domain_write(const char *dev, const char *type)
{
	char path[256];
	int err, back;

	err = _file_write(EDU_DRIVER "/unbind", dev);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group/type", dev);
	err = _file_write(path, type);
	back = _file_write(EDU_DRIVER "/bind", dev);
	return err ? err : back;
}

/* What it is now, without the end of the line. */
static int _domain_read(const char *dev, char *type, size_t room)
{
	char path[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group/type", dev);
	n = _file_read(path, type, room);
	if (n <= 0)
		return -ENOENT;
	type[n - 1] = '\0';
	return 0;
}

FIXTURE(direct) {
	struct stats before;
	char domain[32];	/* as it was */
	int fd;
	__u32 vcm;
	__u64 assoc;
	struct vcm_ioc_map map;	/* two pages in one piece */
	unsigned char *uva;
};

FIXTURE_VARIANT(direct) {
	__u32 kind;
	__u32 orders;
};

FIXTURE_VARIANT_ADD(direct, o2o) { .kind = VCM_DRIVER_O2O, .orders = 1u << 1 };
FIXTURE_VARIANT_ADD(direct, contig) { .kind = VCM_DRIVER_CONTIG };

FIXTURE_SETUP(direct)
{
	char now[32];

	if (!edu_exists_dev(edu2_name()))
		SKIP(return, "no second edu device");
	ASSERT_EQ(0, _domain_read(edu2_name(), self->domain, sizeof(self->domain)));
	ASSERT_EQ(0, _domain_write(edu2_name(), "identity"));
	ASSERT_EQ(0, _domain_read(edu2_name(), now, sizeof(now)));
	ASSERT_STREQ("identity", now);
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create_driver(self->fd, variant->kind, 0, ~0ull, &self->vcm);
	self->map = (struct vcm_ioc_map) {
		.vcm = self->vcm, .len = 2 * PAGE, .orders = variant->orders,
	};
	test_make_binding(self->fd, &self->map);
	self->uva = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd,
			 self->map.mmap_offset);
	ASSERT_NE(MAP_FAILED, self->uva);
	test_assoc(self->fd, self->vcm, edu2_name(), &self->assoc);
}

FIXTURE_TEARDOWN(direct)
{
	if (self->uva) {
		expect_invariants();
		EXPECT_EQ(0, munmap(self->uva, 2 * PAGE));
		EXPECT_EQ(0, close(self->fd));
		expect_stats(&self->before);
	}
	if (self->domain[0])
		EXPECT_EQ(0, _domain_write(edu2_name(), self->domain));
}

/* Bytes that are wrong after the device copied the first page to the second. */
static __u64 copied_wrong(struct __test_metadata *_metadata, unsigned char *uva, __u64 iova,
			  __u32 seed)
{
	pattern_fill(uva, PAGE, seed);
	memset(uva + PAGE, 0, PAGE);
	test_edu_read_ram_dev(edu2_name(), iova, 0, EDU_MAX);
	test_edu_write_ram_dev(edu2_name(), iova + PAGE, 0, EDU_MAX);
	return pattern_wrong(uva + PAGE, EDU_MAX, seed);
}

TEST_F(direct, a_device_that_is_not_translated_for_is_activated)
{
	struct vcm_ioc_res_info info;
	struct vcm_ioc_info context;
	__u32 active;

	test_activate(self->fd, self->vcm, self->assoc, &active);
	EXPECT_EQ(1, active);
	test_activate(self->fd, self->vcm, self->assoc, &active);
	EXPECT_EQ(2, active);
	test_res_info(self->fd, self->vcm, self->map.res, &info);
	EXPECT_EQ(1, info.mapped);
	test_info(self->fd, self->vcm, &context);
	EXPECT_EQ(1, context.domains);
	EXPECT_EQ(PAGE, context.pgsizes);
	test_deactivate(self->fd, self->vcm, self->assoc, NULL);
	test_deactivate(self->fd, self->vcm, self->assoc, &active);
	EXPECT_EQ(0, active);
	test_res_info(self->fd, self->vcm, self->map.res, &info);
	EXPECT_EQ(0, info.mapped);
}

TEST_F(direct, the_device_finds_memory_at_the_address_of_its_binding)
{
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	EXPECT_EQ(0, copied_wrong(_metadata, self->uva, self->map.start, 3));
}

TEST_F(direct, memory_bound_while_active_is_there_at_once)
{
	struct vcm_ioc_map map = {
		.vcm = self->vcm, .len = 2 * PAGE, .orders = variant->orders,
	};
	unsigned char *uva;

	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_make_binding(self->fd, &map);
	uva = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, map.mmap_offset);
	ASSERT_NE(MAP_FAILED, uva);
	EXPECT_EQ(0, copied_wrong(_metadata, uva, map.start, 4));
	test_unmap(self->fd, self->vcm, map.res);
	EXPECT_EQ(0, munmap(uva, 2 * PAGE));
}

/* A context of the same device that translates, in between. */
TEST_F(direct, translation_comes_and_goes_by_a_switch)
{
	struct vcm_ioc_map map = {
		.phys = self->map.phys, .flags = VCM_RESERVE_FIXED, .start = FREE_IOVA,
	};
	struct vcm_ioc_switch there = { .from_vcm = self->vcm, .from = self->assoc };
	struct vcm_ioc_switch back = { .to_vcm = self->vcm, .to = self->assoc };

	test_create(self->fd, SPACE_START, SPACE_LAST, &map.vcm);
	test_map(self->fd, &map);
	there.to_vcm = map.vcm;
	test_assoc(self->fd, map.vcm, edu2_name(), (__u64 *)&there.to);
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_switch(self->fd, &there);
	EXPECT_EQ(0, copied_wrong(_metadata, self->uva, FREE_IOVA, 5));
	back.from_vcm = there.to_vcm;
	back.from = there.to;
	test_switch(self->fd, &back);
	EXPECT_EQ(0, copied_wrong(_metadata, self->uva, self->map.start, 6));
}

TEST_F(direct, a_context_that_was_saved_is_put_back)
{
	struct vcm_ioc_res_info info;

	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_save(self->fd, self->vcm);
	test_res_info(self->fd, self->vcm, self->map.res, &info);
	EXPECT_EQ(0, info.mapped);
	test_restore(self->fd, self->vcm);
	test_res_info(self->fd, self->vcm, self->map.res, &info);
	EXPECT_EQ(1, info.mapped);
	EXPECT_EQ(0, copied_wrong(_metadata, self->uva, self->map.start, 7));
}

TEST_HARNESS_MAIN
