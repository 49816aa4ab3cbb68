// SPDX-License-Identifier: GPL-2.0-only
/*
 * drivers.c - the same body over every driver of contexts, and what each of them refuses.
 *
 * With o2o, contig and vmm the address of a binding comes from the memory.
 */
#include "vcm_space.h"

FIXTURE(drivers) {
	struct stats before;
	int fd;
	__u32 vcm;
	struct vcm_ioc_map map;	/* two pages of contiguous memory, bound */
	unsigned char *uva;
};

FIXTURE_VARIANT(drivers) {
	__u32 kind;
	const char *name;
	bool places;		/* the address comes from the memory */
	bool devices;		/* a device can be associated */
	bool fused;		/* nothing is reserved without memory */
};

FIXTURE_VARIANT_ADD(drivers, iommu) {
	.kind = VCM_DRIVER_IOMMU, .name = "iommu", .devices = true,
};

FIXTURE_VARIANT_ADD(drivers, o2o) {
	.kind = VCM_DRIVER_O2O, .name = "o2o", .places = true, .devices = true,
};

FIXTURE_VARIANT_ADD(drivers, contig) {
	.kind = VCM_DRIVER_CONTIG, .name = "contig", .places = true, .devices = true,
};

FIXTURE_VARIANT_ADD(drivers, vmm) {
	.kind = VCM_DRIVER_VMM, .name = "vmm", .places = true, .fused = true,
};

FIXTURE_SETUP(drivers)
{
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create_driver(self->fd, variant->kind, 0, ~0ull, &self->vcm);
	self->map = (struct vcm_ioc_map) { .vcm = self->vcm, .len = 2 * PAGE };
	if (variant->kind != VCM_DRIVER_CONTIG)
		self->map.orders = 1u << 1;
	test_make_binding(self->fd, &self->map);
	self->uva = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd,
			 self->map.mmap_offset);
	ASSERT_NE(MAP_FAILED, self->uva);
}

FIXTURE_TEARDOWN(drivers)
{
	expect_invariants();
	EXPECT_EQ(0, munmap(self->uva, 2 * PAGE));
	EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
}

TEST_F(drivers, a_binding_is_where_it_says_and_memory_is_zeroed)
{
	struct vcm_ioc_res_info info;
	struct vcm_ioc_find find;

	test_res_info(self->fd, self->vcm, self->map.res, &info);
	EXPECT_EQ(self->map.start, info.start);
	EXPECT_EQ(2 * PAGE, info.len);
	EXPECT_EQ(2 * PAGE, info.bound_len);
	EXPECT_EQ(self->map.phys, info.phys);
	test_find(self->fd, self->vcm, self->map.start + PAGE, 0, &find);
	EXPECT_EQ(self->map.res, find.res);
	for (__u64 i = 0; i < 2 * PAGE; i++)
		ASSERT_EQ(0, self->uva[i]);
}

TEST_F(drivers, debugfs_names_the_driver)
{
	char text[4096], want[64];

	snprintf(want, sizeof(want), "\n%u %s ", self->vcm, variant->name);
	ASSERT_LT(0, _file_read(VCM_DEBUGFS "/contexts", text, sizeof(text)));
	EXPECT_TRUE(strstr(text, want)) TH_LOG("%s", text);
}

TEST_F(drivers, bindings_of_different_memory_do_not_overlap)
{
	struct vcm_ioc_map more[8];

	for (int i = 0; i < 8; i++) {
		more[i] = (struct vcm_ioc_map) { .vcm = self->vcm, .len = 2 * PAGE };
		if (variant->kind != VCM_DRIVER_CONTIG)
			more[i].orders = 1u << 1;
		test_make_binding(self->fd, &more[i]);
		for (int k = 0; k < i; k++)
			EXPECT_LE(2 * PAGE, more[i].start > more[k].start ?
				  more[i].start - more[k].start : more[k].start - more[i].start);
	}
	for (int i = 0; i < 8; i += 2)
		test_unmap(self->fd, self->vcm, more[i].res);
}

TEST_F(drivers, an_address_that_comes_from_the_memory_is_taken_once)
{
	struct vcm_ioc_map again = { .vcm = self->vcm, .phys = self->map.phys };

	if (variant->places) {
		test_refused(EADDRINUSE, _vcm_map(self->fd, &again));
		test_unmap(self->fd, self->vcm, self->map.res);
	}
	test_map(self->fd, &again);
	if (variant->kind != VCM_DRIVER_VMM && variant->places)
		EXPECT_EQ(self->map.start, again.start);
}

TEST_F(drivers, memory_lives_as_long_as_its_binding)
{
	struct stats now;

	test_phys_free(self->fd, self->map.phys);
	EXPECT_EQ(0, munmap(self->uva, 2 * PAGE));
	self->uva = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages + 2, now.pages);
	test_unmap(self->fd, self->vcm, self->map.res);
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages, now.pages);
}

TEST_F(drivers, the_same_byte_is_found_in_a_context_of_another_driver)
{
	struct vcm_ioc_map map = { .phys = self->map.phys };
	__u64 out;

	test_create(self->fd, 0x100000, 0xffffff, &map.vcm);
	test_map(self->fd, &map);
	test_translate(self->fd, self->vcm, self->map.start + PAGE + 3, map.vcm, &out);
	EXPECT_EQ(map.start + PAGE + 3, out);
	test_translate(self->fd, map.vcm, map.start + 5, self->vcm, &out);
	EXPECT_EQ(self->map.start + 5, out);
}

TEST_F(drivers, destroying_the_context_ends_its_bindings)
{
	struct stats now;

	test_destroy(self->fd, self->vcm);
	test_stats_read(&now);
	EXPECT_EQ(self->before.bytes_bound, now.bytes_bound);
	EXPECT_EQ(self->before.reservations, now.reservations);
	EXPECT_EQ(self->before.pages + 2, now.pages);
}

TEST_F(drivers, a_driver_that_places_refuses_a_choice)
{
	struct vcm_ioc_map map = {
		.vcm = self->vcm, .phys = self->map.phys, .flags = VCM_RESERVE_FIXED,
		.start = 0x100000,
	};

	if (!variant->places)
		SKIP(return, "the driver takes any address");
	test_unmap(self->fd, self->vcm, self->map.res);
	test_refused(EOPNOTSUPP, _vcm_map(self->fd, &map));
	map.flags = 0;
	map.len = PAGE;
	test_refused(EOPNOTSUPP, _vcm_map(self->fd, &map));
}

TEST_F(drivers, memory_is_not_exchanged_where_it_gives_the_address)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };
	int err;

	test_phys_alloc(self->fd, &alloc);
	err = _vcm_rebind(self->fd, self->vcm, self->map.res, alloc.phys);
	EXPECT_EQ(variant->places ? -EOPNOTSUPP : 0, err);
}

TEST_F(drivers, a_range_without_memory_is_for_those_who_can)
{
	struct vcm_ioc_reserve req = { .vcm = self->vcm, .len = PAGE };

	if (variant->fused) {
		test_refused(EOPNOTSUPP, _vcm_reserve(self->fd, &req));
		return;
	}
	test_reserve(self->fd, &req);
}

TEST_F(drivers, memory_is_bound_only_where_the_driver_can_have_it)
{
	__u64 res;

	if (!variant->places || variant->fused)
		SKIP(return, "the driver takes any address, or none");
	test_unmap(self->fd, self->vcm, self->map.res);
	test_reserve_at(self->fd, self->vcm, self->map.start - 2 * PAGE, 2 * PAGE, &res);
	test_refused(EOPNOTSUPP, _vcm_bind(self->fd, self->vcm, res, self->map.phys));
	test_reserve_at(self->fd, self->vcm, self->map.start, 2 * PAGE, &res);
	test_bind(self->fd, self->vcm, res, self->map.phys);
}

TEST_F(drivers, scattered_memory_is_bound_only_where_it_is_translated)
{
	struct vcm_ioc_phys_alloc alloc = { .len = 64 * PAGE, .orders = 1 };
	struct vcm_ioc_map map = { .vcm = self->vcm };
	bool direct = variant->places && !variant->fused;
	int err, tries = 0;

	do {
		test_phys_alloc(self->fd, &alloc);
		map.phys = alloc.phys;
		err = _vcm_map(self->fd, &map);
		/* single pages that happen to be neighbours are as good as one piece */
	} while (direct && !err && ++tries < 8);
	EXPECT_EQ(direct ? -EOPNOTSUPP : 0, err);
}

TEST_F(drivers, a_device_joins_where_it_can_be_translated_for)
{
	__u64 assoc;

	if (!edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	if (!variant->devices) {
		test_refused(EOPNOTSUPP, _vcm_assoc(self->fd, self->vcm, edu_name(), &assoc));
		return;
	}
	test_assoc(self->fd, self->vcm, edu_name(), &assoc);
	if (!variant->places) {
		test_activate(self->fd, self->vcm, assoc, NULL);
		return;
	}
	if (default_domain_translates(edu_name()))
		test_refused(EOPNOTSUPP, _vcm_activate(self->fd, self->vcm, assoc, NULL));
	else
		SKIP(return, "the default domain of the device does not translate");
}

TEST_F(drivers, what_is_outside_the_window_is_refused)
{
	struct vcm_ioc_map map = { .phys = self->map.phys };

	if (!variant->places)
		SKIP(return, "the driver takes any address");
	test_create_driver(self->fd, variant->kind, 0, PAGE - 1, &map.vcm);
	test_refused(ERANGE, _vcm_map(self->fd, &map));
}

TEST(an_unknown_driver_is_refused)
{
	int fd = _vcm_open();
	__u32 vcm;

	ASSERT_LE(0, fd);
	test_refused(EOPNOTSUPP, _vcm_create_driver(fd, 5, 0, ~0ull, &vcm));
	test_refused(EOPNOTSUPP, _vcm_create_driver(fd, ~0u, 0, ~0ull, &vcm));
	EXPECT_EQ(0, close(fd));
}

TEST_HARNESS_MAIN
