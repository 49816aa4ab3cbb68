// SPDX-License-Identifier: GPL-2.0-only
/*
 * switch.c - a device from one context to another while it runs, and a context off its IOMMUs
 * and back.
 */
#include "vcm_space.h"

#define BEYOND	(1ull << 57)	/* outside the aperture, where that has an end */

FIXTURE(switch) {
	struct stats before;
	int fd;
	struct space one;	/* 1 in the source */
	struct space two;	/* 2 in the source, at the same address */
};

FIXTURE_SETUP(switch)
{
	if (!edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	space_create(_metadata, self->fd, &self->one, 1);
	space_create(_metadata, self->fd, &self->two, 2);
}

FIXTURE_TEARDOWN(switch)
{
	expect_invariants();
	space_destroy(_metadata, &self->one);
	space_destroy(_metadata, &self->two);
	EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
}

static struct vcm_ioc_switch request(const struct space *from, const struct space *to)
{
	return (struct vcm_ioc_switch) {
		.from_vcm = from->vcm, .from = from->assoc, .to_vcm = to->vcm, .to = to->assoc,
	};
}

static int move(const struct space *from, const struct space *to)
{
	struct vcm_ioc_switch req = request(from, to);

	return _vcm_switch(from->fd, &req);
}

/* How many mapping domains have the source of @space. */
static __u32 mapped(struct __test_metadata *_metadata, const struct space *space)
{
	struct vcm_ioc_res_info info;

	test_res_info(space->fd, space->vcm, space->src_res, &info);
	return info.mapped;
}

TEST_F(switch, one_address_has_other_bytes_afterwards_and_the_first_again_on_return)
{
	space_activate(_metadata, &self->one);
	for (int round = 0; round < 3; round++) {
		EXPECT_EQ(0, seen_wrong(_metadata, &self->one, SRC_IOVA, EDU_MAX, 1));
		test_ok(move(&self->one, &self->two));
		EXPECT_EQ(0, seen_wrong(_metadata, &self->two, SRC_IOVA, EDU_MAX, 2));
		test_ok(move(&self->two, &self->one));
	}
}

TEST_F(switch, the_context_that_was_left_is_out_of_reach)
{
	space_activate(_metadata, &self->one);
	load_device(_metadata, &self->one, 64, 5);
	ASSERT_EQ(0, seen_wrong(_metadata, &self->one, SRC_IOVA, 64, 1));
	test_ok(move(&self->one, &self->two));
	memset(self->one.dst.uva, 0, PAGE);
	test_edu_write_ram(SRC_IOVA, 0, 64);
	test_edu_write_ram(DST_IOVA, 0, 64);
	EXPECT_EQ(0, pattern_wrong(self->one.src.uva, PAGE, 1));
	for (__u64 i = 0; i < PAGE; i++)
		ASSERT_EQ(0, self->one.dst.uva[i]);
	EXPECT_EQ(0, mapped(_metadata, &self->one));
	EXPECT_EQ(1, mapped(_metadata, &self->two));
}

TEST_F(switch, all_activations_move)
{
	struct vcm_ioc_switch req = request(&self->one, &self->two);
	__u32 active;

	for (int i = 0; i < 3; i++)
		space_activate(_metadata, &self->one);
	test_switch(self->fd, &req);
	EXPECT_EQ(3, req.active);
	test_refused(ENXIO, _vcm_deactivate(self->fd, self->one.vcm, self->one.assoc, NULL));
	for (__u32 left = 3; left-- > 0;) {
		test_deactivate(self->fd, self->two.vcm, self->two.assoc, &active);
		EXPECT_EQ(left, active);
	}
}

TEST_F(switch, what_is_not_active_cannot_be_moved)
{
	test_refused(ENXIO, move(&self->one, &self->two));
}

TEST_F(switch, a_move_to_where_the_device_is_active_is_refused)
{
	test_save(self->fd, self->two.vcm);
	space_activate(_metadata, &self->two);
	space_activate(_metadata, &self->one);
	test_refused(EBUSY, move(&self->one, &self->two));
	test_refused(EBUSY, move(&self->two, &self->one));
	test_refused(EINVAL, move(&self->one, &self->one));
}

TEST_F(switch, a_saved_context_takes_no_part)
{
	space_activate(_metadata, &self->one);
	test_save(self->fd, self->two.vcm);
	test_refused(EBUSY, move(&self->one, &self->two));
	test_restore(self->fd, self->two.vcm);
	test_save(self->fd, self->one.vcm);
	test_refused(EBUSY, move(&self->one, &self->two));
}

TEST_F(switch, associations_of_two_devices_are_refused)
{
	struct space other = self->two;

	if (!edu_exists_dev(edu2_name()))
		SKIP(return, "no second edu device %s", edu2_name());
	test_assoc(self->fd, self->two.vcm, edu2_name(), &other.assoc);
	space_activate(_metadata, &self->one);
	test_refused(EINVAL, move(&self->one, &other));
	other.assoc = NO_ID;
	test_refused(ENOENT, move(&self->one, &other));
	test_refused(ENOENT, move(&other, &self->one));
}

TEST_F(switch, a_refused_move_leaves_the_device_where_it_was)
{
	struct space wide = { .fd = self->fd };
	struct vcm_ioc_map map = { .flags = VCM_RESERVE_FIXED, .start = BEYOND };

	if (reach_last(edu_name()) >= BEYOND)
		SKIP(return, "nothing is beyond the aperture of this IOMMU");
	test_create(self->fd, 0, ~0ull, &wide.vcm);
	test_assoc(self->fd, wide.vcm, edu_name(), &wide.assoc);
	map.vcm = wide.vcm;
	map.phys = self->two.src.phys;
	test_map(self->fd, &map);
	space_activate(_metadata, &self->one);
	ASSERT_EQ(0, seen_wrong(_metadata, &self->one, SRC_IOVA, EDU_MAX, 1));
	test_refused(ERANGE, move(&self->one, &wide));
	EXPECT_EQ(0, seen_wrong(_metadata, &self->one, SRC_IOVA, EDU_MAX, 1));
	test_unmap(self->fd, wide.vcm, map.res);
	test_ok(move(&self->one, &wide));
}

TEST_F(switch, the_other_device_of_the_context_stays)
{
	__u64 second;

	if (!edu_exists_dev(edu2_name()))
		SKIP(return, "no second edu device %s", edu2_name());
	test_assoc(self->fd, self->one.vcm, edu2_name(), &second);
	test_activate(self->fd, self->one.vcm, second, NULL);
	space_activate(_metadata, &self->one);
	test_ok(move(&self->one, &self->two));
	EXPECT_EQ(1, mapped(_metadata, &self->one));
	memset(self->one.dst.uva, 0, PAGE);
	test_edu_read_ram_dev(edu2_name(), SRC_IOVA, 0, EDU_MAX);
	test_edu_write_ram_dev(edu2_name(), DST_IOVA, 0, EDU_MAX);
	EXPECT_EQ(0, pattern_wrong(self->one.dst.uva, EDU_MAX, 1));
	EXPECT_EQ(0, seen_wrong(_metadata, &self->two, SRC_IOVA, EDU_MAX, 2));
}

/* Both contexts have one destination here, so a round shows whichever source it read. */
TEST_F_TIMEOUT(switch, a_dma_meanwhile_sees_one_context_or_the_other, 120)
{
	struct space two = self->two;
	struct dma_child child;

	test_rebind(self->fd, two.vcm, two.dst_res, self->one.dst.phys);
	two.dst = self->one.dst;
	space_activate(_metadata, &self->one);
	ASSERT_EQ(0, seen_wrong(_metadata, &self->one, SRC_IOVA, EDU_MAX, 1));
	dma_child_start(_metadata, &child, self->one.dst.uva, 1, 2);
	for (int round = 0; round < 12; round++) {
		for (int i = 0; i < 20; i++) {
			test_ok(move(&self->one, &self->two));
			test_ok(move(&self->two, &self->one));
		}
		dma_child_round(_metadata, &child);
	}
	dma_child_stop(_metadata, &child);
	EXPECT_EQ(0, seen_wrong(_metadata, &self->one, SRC_IOVA, EDU_MAX, 1));
	test_ok(move(&self->one, &self->two));
	EXPECT_EQ(0, seen_wrong(_metadata, &two, SRC_IOVA, EDU_MAX, 2));
}

/* Activations of @space as debugfs/vcm/assocs shows them. */
static unsigned int shown_active(struct __test_metadata *_metadata, const struct space *space)
{
	unsigned int vcm, dev, active, domain;
	unsigned long long assoc;
	char text[8192];

	ASSERT_LT(0, _file_read(VCM_DEBUGFS "/assocs", text, sizeof(text)));
	for (const char *at = text; (at = strchr(at, '\n')); ) {
		if (sscanf(++at, "%llu %u %u %u %u", &assoc, &vcm, &dev, &active, &domain) == 5 &&
		    assoc == space->assoc)
			return active;
	}
	return ~0u;
}

TEST_F(switch, a_saved_context_is_out_of_reach_and_comes_back_whole)
{
	struct space *one = &self->one;
	struct vcm_ioc_info info;

	if (!default_domain_translates(edu_name()))
		SKIP(return, "the default domain of the device does not translate");
	for (int i = 0; i < 2; i++)
		space_activate(_metadata, one);
	ASSERT_EQ(0, seen_wrong(_metadata, one, SRC_IOVA, EDU_MAX, 1));
	test_save(self->fd, one->vcm);
	test_info(self->fd, one->vcm, &info);
	EXPECT_EQ(VCM_SNAP_CONTEXT_SAVED, info.state);
	EXPECT_EQ(0, info.domains);
	EXPECT_EQ(0, mapped(_metadata, one));
	EXPECT_EQ(2, shown_active(_metadata, one));
	pattern_fill(one->src.uva, PAGE, 5);
	test_edu_write_ram(SRC_IOVA, 0, 64);
	EXPECT_EQ(0, pattern_wrong(one->src.uva, PAGE, 5));
	test_restore(self->fd, one->vcm);
	EXPECT_EQ(0, seen_wrong(_metadata, one, SRC_IOVA, EDU_MAX, 5));
	EXPECT_EQ(1, mapped(_metadata, one));
	EXPECT_EQ(2, shown_active(_metadata, one));
	test_info(self->fd, one->vcm, &info);
	EXPECT_EQ(0, info.state);
}

TEST_F(switch, a_context_is_saved_once_and_restored_once)
{
	test_refused(EINVAL, _vcm_restore(self->fd, self->one.vcm));
	test_save(self->fd, self->one.vcm);
	test_refused(EALREADY, _vcm_save(self->fd, self->one.vcm));
	test_restore(self->fd, self->one.vcm);
	test_refused(EINVAL, _vcm_restore(self->fd, self->one.vcm));
}

TEST_F(switch, what_changes_while_saved_is_true_after_the_return)
{
	struct space *one = &self->one;

	space_activate(_metadata, one);
	test_save(self->fd, one->vcm);
	test_rebind(self->fd, one->vcm, one->src_res, self->two.src.phys);
	space_activate(_metadata, one);
	EXPECT_EQ(2, shown_active(_metadata, one));
	test_restore(self->fd, one->vcm);
	EXPECT_EQ(0, seen_wrong(_metadata, one, SRC_IOVA, EDU_MAX, 2));
	test_save(self->fd, one->vcm);
	test_deactivate(self->fd, one->vcm, one->assoc, NULL);
	test_deactivate(self->fd, one->vcm, one->assoc, NULL);
	test_refused(ENXIO, _vcm_deactivate(self->fd, one->vcm, one->assoc, NULL));
	test_restore(self->fd, one->vcm);
	EXPECT_EQ(0, mapped(_metadata, one));
	/* nobody has the device, so the other context can */
	space_activate(_metadata, &self->two);
}

TEST_F(switch, a_context_whose_device_is_taken_stays_saved)
{
	space_activate(_metadata, &self->one);
	test_save(self->fd, self->one.vcm);
	space_activate(_metadata, &self->two);
	EXPECT_EQ(0, seen_wrong(_metadata, &self->two, SRC_IOVA, EDU_MAX, 2));
	test_refused(EBUSY, _vcm_restore(self->fd, self->one.vcm));
	EXPECT_EQ(0, seen_wrong(_metadata, &self->two, SRC_IOVA, EDU_MAX, 2));
	test_deactivate(self->fd, self->two.vcm, self->two.assoc, NULL);
	test_restore(self->fd, self->one.vcm);
	EXPECT_EQ(0, seen_wrong(_metadata, &self->one, SRC_IOVA, EDU_MAX, 1));
}

TEST_F(switch, a_saved_context_can_end)
{
	space_activate(_metadata, &self->one);
	test_save(self->fd, self->one.vcm);
	test_destroy(self->fd, self->one.vcm);
	space_activate(_metadata, &self->two);
	EXPECT_EQ(0, seen_wrong(_metadata, &self->two, SRC_IOVA, EDU_MAX, 2));
}

TEST_HARNESS_MAIN
