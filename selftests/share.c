// SPDX-License-Identifier: GPL-2.0-only
/*
 * share.c - two devices: one context for both, and one context for each.
 */
#include "vcm_dma.h"

#define WINDOW_START	0x10000000ull
#define WINDOW_LAST	0x1fffffffull
#define SRC_IOVA	0x10000000ull
#define DST_IOVA	0x10100000ull
#define LEN		256

/* The second device; without one everything here is skipped. */
static const char *second_name(void)
{
	const char *name = getenv("VCM_EDU2");

	return name ? name : "0000:00:06.0";
}

/* One address space with a source and a destination of one page each. */
struct space {
	__u32 vcm;
	__u64 src_res;
	struct mem src;
	struct mem dst;
};

FIXTURE(share) {
	struct stats before;
	int fd;
	const char *dev[2];
	struct space one;
	struct space two;
};

static void space_create(struct __test_metadata *_metadata, int fd, struct space *space, int seed)
{
	__u64 dst;

	test_create(fd, WINDOW_START, WINDOW_LAST, &space->vcm);
	test_mem_alloc(fd, PAGE, 0, &space->src);
	test_mem_alloc(fd, PAGE, 0, &space->dst);
	test_reserve_at(fd, space->vcm, SRC_IOVA, PAGE, &space->src_res);
	test_reserve_at(fd, space->vcm, DST_IOVA, PAGE, &dst);
	test_bind(fd, space->vcm, space->src_res, space->src.phys);
	test_bind(fd, space->vcm, dst, space->dst.phys);
	pattern_fill(space->src.uva, PAGE, seed);
}

FIXTURE_SETUP(share)
{
	self->dev[0] = edu_name();
	self->dev[1] = second_name();
	if (!edu_exists_dev(self->dev[0]) || !edu_exists_dev(self->dev[1]))
		SKIP(return, "no two edu devices %s and %s", self->dev[0], self->dev[1]);
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	space_create(_metadata, self->fd, &self->one, 1);
	space_create(_metadata, self->fd, &self->two, 2);
}

FIXTURE_TEARDOWN(share)
{
	for (int i = 0; i < 2; i++)
		if (!edu_exists_dev(self->dev[i]))
			EXPECT_EQ(0, _file_write(EDU_DRIVER "/bind", self->dev[i]));
	expect_invariants();
	test_mem_free(self->fd, &self->one.src);
	test_mem_free(self->fd, &self->one.dst);
	test_mem_free(self->fd, &self->two.src);
	test_mem_free(self->fd, &self->two.dst);
	EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
}

/* Associate and activate a device.  Return: the association. */
static __u64 join(struct __test_metadata *_metadata, int fd, struct space *space, const char *dev)
{
	__u64 assoc;

	test_assoc(fd, space->vcm, dev, &assoc);
	test_activate(fd, space->vcm, assoc, NULL);
	return assoc;
}

/* How many bytes that @dev sees at the source are not the pattern of @seed. */
static __u64 seen_wrong(struct __test_metadata *_metadata, struct space *space, const char *dev,
			int seed)
{
	memset(space->dst.uva, 0, PAGE);
	test_edu_read_ram_dev(dev, SRC_IOVA, 0, LEN);
	test_edu_write_ram_dev(dev, DST_IOVA, 0, LEN);
	return pattern_wrong(space->dst.uva, LEN, seed);
}

TEST_F(share, two_devices_of_a_context_see_the_same_memory)
{
	struct vcm_ioc_res_info info;

	join(_metadata, self->fd, &self->one, self->dev[0]);
	join(_metadata, self->fd, &self->one, self->dev[1]);
	EXPECT_EQ(0, seen_wrong(_metadata, &self->one, self->dev[0], 1));
	EXPECT_EQ(0, seen_wrong(_metadata, &self->one, self->dev[1], 1));
	/* one IOMMU, so one mapping serves both */
	test_res_info(self->fd, self->one.vcm, self->one.src_res, &info);
	EXPECT_EQ(1, info.mapped);
}

TEST_F(share, what_one_device_writes_the_other_reads)
{
	join(_metadata, self->fd, &self->one, self->dev[0]);
	join(_metadata, self->fd, &self->one, self->dev[1]);
	ASSERT_EQ(0, seen_wrong(_metadata, &self->one, self->dev[0], 1));
	memset(self->one.src.uva, 0, PAGE);
	test_edu_write_ram_dev(self->dev[0], SRC_IOVA, 0, LEN);
	EXPECT_EQ(0, seen_wrong(_metadata, &self->one, self->dev[1], 1));
}

TEST_F(share, a_device_that_leaves_takes_nothing_from_the_other)
{
	struct vcm_ioc_res_info info;
	__u64 first;

	if (!default_domain_translates(self->dev[0]))
		SKIP(return, "the default domain of the device does not translate");
	first = join(_metadata, self->fd, &self->one, self->dev[0]);
	join(_metadata, self->fd, &self->one, self->dev[1]);
	ASSERT_EQ(0, seen_wrong(_metadata, &self->one, self->dev[0], 1));
	test_deactivate(self->fd, self->one.vcm, first, NULL);
	test_res_info(self->fd, self->one.vcm, self->one.src_res, &info);
	EXPECT_EQ(1, info.mapped);
	EXPECT_EQ(0, seen_wrong(_metadata, &self->one, self->dev[1], 1));
	/* the one that left holds other bytes than the source and cannot put them there */
	pattern_fill(self->one.src.uva, PAGE, 3);
	test_edu_write_ram_dev(self->dev[0], SRC_IOVA, 0, LEN);
	EXPECT_EQ(0, pattern_wrong(self->one.src.uva, PAGE, 3));
}

TEST_F(share, unbinding_takes_memory_from_both)
{
	join(_metadata, self->fd, &self->one, self->dev[0]);
	join(_metadata, self->fd, &self->one, self->dev[1]);
	ASSERT_EQ(0, seen_wrong(_metadata, &self->one, self->dev[0], 1));
	ASSERT_EQ(0, seen_wrong(_metadata, &self->one, self->dev[1], 1));
	test_unbind(self->fd, self->one.vcm, self->one.src_res);
	pattern_fill(self->one.src.uva, PAGE, 3);
	for (int i = 0; i < 2; i++) {
		test_edu_write_ram_dev(self->dev[i], SRC_IOVA, 0, LEN);
		EXPECT_EQ(0, pattern_wrong(self->one.src.uva, PAGE, 3));
		EXPECT_NE(0, seen_wrong(_metadata, &self->one, self->dev[i], 3));
	}
}

TEST_F(share, one_address_in_two_contexts_is_two_memories)
{
	join(_metadata, self->fd, &self->one, self->dev[0]);
	join(_metadata, self->fd, &self->two, self->dev[1]);
	EXPECT_EQ(0, seen_wrong(_metadata, &self->one, self->dev[0], 1));
	EXPECT_EQ(0, seen_wrong(_metadata, &self->two, self->dev[1], 2));
	test_destroy(self->fd, self->one.vcm);
	EXPECT_EQ(0, seen_wrong(_metadata, &self->two, self->dev[1], 2));
}

TEST_F(share, a_device_can_move_to_another_context)
{
	__u64 first;

	first = join(_metadata, self->fd, &self->one, self->dev[0]);
	EXPECT_EQ(0, seen_wrong(_metadata, &self->one, self->dev[0], 1));
	test_deactivate(self->fd, self->one.vcm, first, NULL);
	join(_metadata, self->fd, &self->two, self->dev[0]);
	EXPECT_EQ(0, seen_wrong(_metadata, &self->two, self->dev[0], 2));
	EXPECT_EQ(0, pattern_wrong(self->one.dst.uva, LEN, 1));
}

TEST_F(share, removing_the_driver_of_one_device_leaves_the_other_active)
{
	__u64 first;

	first = join(_metadata, self->fd, &self->one, self->dev[0]);
	join(_metadata, self->fd, &self->one, self->dev[1]);
	test_ok(_file_write(EDU_DRIVER "/unbind", self->dev[0]));
	test_refused(ENODEV, _vcm_activate(self->fd, self->one.vcm, first, NULL));
	EXPECT_EQ(0, seen_wrong(_metadata, &self->one, self->dev[1], 1));
}

TEST_HARNESS_MAIN
