// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim_multi.c - IOMMUs of several kinds in one context, and several contexts on one IOMMU.
 *
 * What VCM was proposed for: a graphics core behind an MMU like MSM's, a network card behind a
 * TCE table, and a PCI device behind VT-d share one address space.
 */
#include <sched.h>

#include "sim_util.h"

#define WINDOW_START	0x10000000ull
#define WINDOW_LAST	0x1fffffffull
#define SRC_IOVA	0x10000000ull
#define DST_IOVA	0x10100000ull
#define FREE_IOVA	0x10200000ull	/* for the test's own use */
#define LEN		(2 * PAGE)
#define FIRST		((16384 + PAGE - 1) / PAGE)	/* pages of a first table of armv7s */
#define PART		256		/* bytes that edu moves: it is slow */

#define ARM	"sim-arm.gpu"
#define ARM2	"sim-arm.video"
#define TCE	"sim-tce.net"

FIXTURE(multi) {
	struct stats before;
	int fd;
	__u32 vcm;
	struct area src;
	struct area dst;
};

FIXTURE_SETUP(multi)
{
	const struct sim_cfg arm = { .format = "armv7s", .contexts = 3 };
	const struct sim_cfg tce = { .format = "tce" };

	if (!sim_exists())
		SKIP(return, "vcm_sim and vcm_sim_dev are not loaded");
	sim_remove_all();
	test_stats_read(&self->before);
	test_sim_mmu_add("arm", &arm);
	test_sim_dev_add("arm", "gpu");
	test_sim_dev_add("arm", "video");
	test_sim_mmu_add("tce", &tce);
	test_sim_dev_add("tce", "net");
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, WINDOW_START, WINDOW_LAST, &self->vcm);
	area_create(self->fd, self->vcm, &self->src, SRC_IOVA, LEN, 0);
	area_create(self->fd, self->vcm, &self->dst, DST_IOVA, LEN, 0);
	pattern_fill(self->src.mem.uva, LEN, 1);
}

FIXTURE_TEARDOWN(multi)
{
	expect_invariants();
	test_mem_free(self->fd, &self->src.mem);
	test_mem_free(self->fd, &self->dst.mem);
	EXPECT_EQ(0, close(self->fd));
	sim_remove_all();
	expect_stats(&self->before);
}

/* How many of PART bytes that @dev sees at @iova are not the pattern of @seed. */
static __u64 seen_wrong(struct __test_metadata *_metadata, FIXTURE_DATA(multi) *self,
			const char *dev, __u64 iova, __u32 seed)
{
	memset(self->dst.mem.uva, 0, LEN);
	test_dma_to(dev, iova, 0, PART);
	test_dma_from(dev, DST_IOVA, 0, PART);
	return pattern_wrong(self->dst.mem.uva, PART, seed);
}

static __u32 mapped_in(struct __test_metadata *_metadata, FIXTURE_DATA(multi) *self, __u64 res)
{
	struct vcm_ioc_res_info info;

	test_res_info(self->fd, self->vcm, res, &info);
	return info.mapped;
}

TEST_F(multi, three_kinds_of_iommu_see_the_same_bytes_at_the_same_address)
{
	const char *const dev[] = { ARM, TCE, edu_name() };

	if (!edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	for (int i = 0; i < ARRAY_SIZE(dev); i++)
		dev_join(_metadata, self->fd, self->vcm, dev[i]);
	EXPECT_EQ(3, mapped_in(_metadata, self, self->src.res));
	for (int i = 0; i < ARRAY_SIZE(dev); i++)
		EXPECT_EQ(0, seen_wrong(_metadata, self, dev[i], SRC_IOVA, 1));
	/* what one writes the next reads */
	for (int i = 0; i < ARRAY_SIZE(dev); i++) {
		pattern_fill(self->dst.mem.uva, PART, 10 + i);
		test_dma_to(dev[i], DST_IOVA, 0, PART);
		test_dma_from(dev[i], SRC_IOVA, 0, PART);
		EXPECT_EQ(0, seen_wrong(_metadata, self, dev[(i + 1) % ARRAY_SIZE(dev)],
					SRC_IOVA, 10 + i));
	}
	/* and unbinding takes it from all of them */
	test_unbind(self->fd, self->vcm, self->src.res);
	EXPECT_EQ(-EFAULT, _dma_to(ARM, SRC_IOVA, 0, PART));
	EXPECT_EQ(-EFAULT, _dma_to(TCE, SRC_IOVA, 0, PART));
	pattern_fill(self->src.mem.uva, PART, 20);
	test_dma_from(edu_name(), SRC_IOVA, 0, PART);
	EXPECT_EQ(0, pattern_wrong(self->src.mem.uva, PART, 20));
}

TEST_F(multi, a_late_joiner_sees_what_was_bound_before_and_after)
{
	struct area area;

	dev_join(_metadata, self->fd, self->vcm, ARM);
	area_create(self->fd, self->vcm, &area, FREE_IOVA, PAGE, 0);
	pattern_fill(area.mem.uva, PAGE, 2);
	EXPECT_EQ(-EFAULT, _dma_to(TCE, FREE_IOVA, 0, PART));
	dev_join(_metadata, self->fd, self->vcm, TCE);
	EXPECT_EQ(2, mapped_in(_metadata, self, area.res));
	EXPECT_EQ(0, seen_wrong(_metadata, self, TCE, FREE_IOVA, 2));
	EXPECT_EQ(0, seen_wrong(_metadata, self, TCE, SRC_IOVA, 1));
	/* a device of the same IOMMU joins the domain that is there */
	dev_join(_metadata, self->fd, self->vcm, ARM2);
	EXPECT_EQ(2, mapped_in(_metadata, self, area.res));
	EXPECT_EQ(0, seen_wrong(_metadata, self, ARM2, FREE_IOVA, 2));
	test_mem_free(self->fd, &area.mem);
}

TEST_F(multi, a_device_that_leaves_takes_nothing_from_the_others)
{
	__u64 arm = dev_join(_metadata, self->fd, self->vcm, ARM);

	dev_join(_metadata, self->fd, self->vcm, TCE);
	test_dma_to(ARM, SRC_IOVA, 0, PART);
	test_deactivate(self->fd, self->vcm, arm, NULL);
	EXPECT_EQ(-EFAULT, _dma_to(ARM, SRC_IOVA, 0, PART));
	EXPECT_EQ(0, seen_wrong(_metadata, self, TCE, SRC_IOVA, 1));
	/* one that is unplugged while it is active too */
	test_activate(self->fd, self->vcm, arm, NULL);
	test_dma_to(ARM, SRC_IOVA, 0, PART);
	test_sim_dev_remove("arm", "gpu");
	EXPECT_EQ(1, mapped_in(_metadata, self, self->src.res));
	EXPECT_EQ(0, seen_wrong(_metadata, self, TCE, SRC_IOVA, 1));
}

TEST_F(multi, an_iommu_without_memory_for_tables_changes_nothing_for_the_others)
{
	const struct sim_cfg cfg = { .format = "armv7s", .table_pages = 2 * FIRST };
	const struct sim_cfg more = { .format = "armv7s", .table_pages = 2 * FIRST + 2 };
	struct area area;
	__u64 assoc, res;
	struct mem mem;

	dev_join(_metadata, self->fd, self->vcm, ARM);
	dev_join(_metadata, self->fd, self->vcm, TCE);
	/*
	 * Enough for the first tables of two domains, its own for no context and the one of this
	 * context.  None is left for a second table.
	 */
	test_sim_mmu_add("poor", &cfg);
	test_sim_dev_add("poor", "a");
	test_assoc(self->fd, self->vcm, "sim-poor.a", &assoc);
	test_refused(ENOMEM, _vcm_activate(self->fd, self->vcm, assoc, NULL));
	EXPECT_EQ(2, mapped_in(_metadata, self, self->src.res));
	EXPECT_EQ(0, seen_wrong(_metadata, self, ARM, SRC_IOVA, 1));
	EXPECT_EQ(0, seen_wrong(_metadata, self, TCE, SRC_IOVA, 1));
	EXPECT_EQ(FIRST, sim_stat("poor", "table_pages"));
	test_sim_mmu_remove("poor");

	/* with two more it joins, and the next binding is the one that fails: in all or in none */
	test_sim_mmu_add("poor", &more);
	test_sim_dev_add("poor", "a");
	dev_join(_metadata, self->fd, self->vcm, "sim-poor.a");
	EXPECT_EQ(3, mapped_in(_metadata, self, self->src.res));
	test_mem_alloc(self->fd, PAGE, 0, &mem);
	test_reserve_at(self->fd, self->vcm, 0x14000000, PAGE, &res);
	test_refused(ENOMEM, _vcm_bind(self->fd, self->vcm, res, mem.phys));
	EXPECT_EQ(-EFAULT, _dma_to(ARM, 0x14000000, 0, 16));
	EXPECT_EQ(-EFAULT, _dma_to(TCE, 0x14000000, 0, 16));
	EXPECT_EQ(-EFAULT, _dma_to("sim-poor.a", 0x14000000, 0, 16));
	EXPECT_EQ(0, seen_wrong(_metadata, self, "sim-poor.a", SRC_IOVA, 1));
	/* where its tables reach it can be bound */
	area_create(self->fd, self->vcm, &area, SRC_IOVA + LEN, PAGE, 0);
	EXPECT_EQ(3, mapped_in(_metadata, self, area.res));
	test_mem_free(self->fd, &area.mem);
	test_mem_free(self->fd, &mem);
}

TEST_F(multi, a_binding_outside_an_aperture_keeps_the_iommu_out)
{
	const struct sim_cfg cfg = { .format = "x86", .last = 0x100fffffull };
	__u64 assoc;

	test_sim_mmu_add("low", &cfg);
	test_sim_dev_add("low", "a");
	dev_join(_metadata, self->fd, self->vcm, ARM);
	test_assoc(self->fd, self->vcm, "sim-low.a", &assoc);
	test_refused(ERANGE, _vcm_activate(self->fd, self->vcm, assoc, NULL));
	EXPECT_EQ(1, mapped_in(_metadata, self, self->dst.res));
	/* without the binding it may join, and then such a binding is refused */
	test_unbind(self->fd, self->vcm, self->dst.res);
	test_activate(self->fd, self->vcm, assoc, NULL);
	test_refused(ERANGE, _vcm_bind(self->fd, self->vcm, self->dst.res, self->dst.mem.phys));
}

TEST_F(multi, ranges_are_placed_where_every_active_iommu_can_reach)
{
	const struct sim_cfg cfg = { .format = "armv7s", .start = 0x11000000, .last = 0x110fffff };
	struct vcm_ioc_info info;
	__u64 res, start;
	__u32 vcm;

	test_sim_mmu_add("small", &cfg);
	test_sim_dev_add("small", "a");
	test_create(self->fd, WINDOW_START, WINDOW_LAST, &vcm);
	dev_join(_metadata, self->fd, vcm, ARM);
	dev_join(_metadata, self->fd, vcm, "sim-small.a");
	test_info(self->fd, vcm, &info);
	EXPECT_EQ(0x11000000, info.reach_start);
	EXPECT_EQ(0x110fffff, info.reach_last);
	for (__u64 at = cfg.start; at < cfg.last; at += PAGE) {
		test_reserve_any(self->fd, vcm, PAGE, &res, &start);
		EXPECT_LE(0x11000000, start);
		EXPECT_GE(0x11100000 - PAGE, start);
	}
	EXPECT_EQ(-ENOSPC, _vcm_reserve_any(self->fd, vcm, PAGE, &res, &start));
}

TEST_F(multi, an_iommu_with_large_pages_only_is_refused)
{
	const struct sim_cfg cfg = { .format = "armv7s", .page_sizes = 0x10000 };
	__u64 assoc;

	test_sim_mmu_add("large", &cfg);
	test_sim_dev_add("large", "a");
	dev_join(_metadata, self->fd, self->vcm, ARM);
	test_assoc(self->fd, self->vcm, "sim-large.a", &assoc);
	test_refused(EOPNOTSUPP, _vcm_activate(self->fd, self->vcm, assoc, NULL));
	EXPECT_EQ(0, seen_wrong(_metadata, self, ARM, SRC_IOVA, 1));
}

TEST_F(multi, two_contexts_on_one_iommu_are_two_memories)
{
	struct area src, dst;
	__u32 vcm;

	test_create(self->fd, WINDOW_START, WINDOW_LAST, &vcm);
	area_create(self->fd, vcm, &src, SRC_IOVA, LEN, 0);
	area_create(self->fd, vcm, &dst, FREE_IOVA, LEN, 0);
	pattern_fill(src.mem.uva, LEN, 2);
	dev_join(_metadata, self->fd, self->vcm, ARM);
	dev_join(_metadata, self->fd, vcm, ARM2);
	/* turn and turn about, so that both have the address in the IOTLB */
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(0, seen_wrong(_metadata, self, ARM, SRC_IOVA, 1));
		test_dma_copy(ARM2, SRC_IOVA, FREE_IOVA, LEN);
		EXPECT_EQ(0, pattern_wrong(dst.mem.uva, LEN, 2));
	}
	EXPECT_EQ(-EFAULT, _dma_to(ARM, FREE_IOVA, 0, 16));
	EXPECT_EQ(-EFAULT, _dma_to(ARM2, DST_IOVA, 0, 16));
	/* unbinding in one is nothing to the other */
	test_unbind(self->fd, vcm, src.res);
	EXPECT_EQ(-EFAULT, _dma_to(ARM2, SRC_IOVA, 0, 16));
	EXPECT_EQ(0, seen_wrong(_metadata, self, ARM, SRC_IOVA, 1));
	test_mem_free(self->fd, &src.mem);
	test_mem_free(self->fd, &dst.mem);
}

/* Two banks; outside of every context a device needs none of them. */
TEST_F(multi, a_context_needs_a_bank)
{
	const struct sim_cfg cfg = { .format = "armv7s", .contexts = 2 };
	const char *const dev[] = { "sim-two.a", "sim-two.b", "sim-two.c" };
	__u64 assoc[3], first;
	__u32 vcm[3];

	test_sim_mmu_add("two", &cfg);
	for (int i = 0; i < 3; i++) {
		const char name[] = { 'a' + i, '\0' };

		test_sim_dev_add("two", name);
		test_create(self->fd, WINDOW_START, WINDOW_LAST, &vcm[i]);
		test_assoc(self->fd, vcm[i], dev[i], &assoc[i]);
	}
	EXPECT_EQ(0, sim_stat("two", "banks_used"));
	test_activate(self->fd, vcm[0], assoc[0], NULL);
	test_activate(self->fd, vcm[1], assoc[1], NULL);
	EXPECT_EQ(2, sim_stat("two", "banks_used"));
	test_refused(ENOSPC, _vcm_activate(self->fd, vcm[2], assoc[2], NULL));
	/* it can share the bank of the first, and the first can leave it */
	test_assoc(self->fd, vcm[0], dev[2], &first);
	test_activate(self->fd, vcm[0], first, NULL);
	test_deactivate(self->fd, vcm[0], assoc[0], NULL);
	EXPECT_EQ(2, sim_stat("two", "banks_used"));
	/* a device that has a bank to itself can change contexts, though none is free */
	test_ok(_vcm_ioctl(self->fd, VCM_IOC_SWITCH, &(struct vcm_ioc_switch) {
		.size = sizeof(struct vcm_ioc_switch), .from_vcm = vcm[0], .from = first,
		.to_vcm = vcm[2], .to = assoc[2] }));
	EXPECT_EQ(2, sim_stat("two", "banks_used"));
	test_deactivate(self->fd, vcm[2], assoc[2], NULL);
	EXPECT_EQ(1, sim_stat("two", "banks_used"));
}

/* One device goes from context to context, as MSM's did, and the other does not notice. */
TEST_F(multi, a_page_table_is_switched_while_other_devices_work)
{
	__u64 here, there, rounds;
	struct area src, dst;
	char line[128];
	__u32 vcm;

	test_create(self->fd, WINDOW_START, WINDOW_LAST, &vcm);
	area_create(self->fd, vcm, &src, SRC_IOVA, LEN, 0);
	area_create(self->fd, vcm, &dst, DST_IOVA, LEN, 0);
	pattern_fill(src.mem.uva, LEN, 2);
	here = dev_join(_metadata, self->fd, self->vcm, ARM);
	dev_join(_metadata, self->fd, self->vcm, ARM2);
	test_assoc(self->fd, vcm, ARM, &there);
	snprintf(line, sizeof(line), "start copy 0x%llx 0x%llx %llu", SRC_IOVA, DST_IOVA + PAGE,
		 PAGE);
	test_ok(_sim_dev_write(ARM2, "burst", line));
	for (int i = 0; i < 25; i++) {
		struct vcm_ioc_switch arg = {
			.size = sizeof(arg), .from_vcm = i % 2 ? vcm : self->vcm,
			.to_vcm = i % 2 ? self->vcm : vcm, .from = i % 2 ? there : here,
			.to = i % 2 ? here : there,
		};

		test_ok(_vcm_ioctl(self->fd, VCM_IOC_SWITCH, &arg));
		rounds = _sim_dev_value(ARM2, "burst", "rounds");
		memset(dst.mem.uva, 0, PAGE);
		memset(self->dst.mem.uva, 0, PAGE);
		test_dma_copy(ARM, SRC_IOVA, DST_IOVA, PART);
		if (i % 2) {
			ASSERT_EQ(0, pattern_wrong(self->dst.mem.uva, PART, 1));
		} else {
			ASSERT_EQ(0, pattern_wrong(dst.mem.uva, PART, 2));
		}
		while (_sim_dev_value(ARM2, "burst", "rounds") == rounds)
			sched_yield();
	}
	test_ok(_sim_dev_write(ARM2, "burst", "stop"));
	EXPECT_EQ(0, _sim_dev_value(ARM2, "burst", "failed"));
	EXPECT_EQ(0, pattern_wrong(self->dst.mem.uva + PAGE, PAGE, 1));
	EXPECT_EQ(0, sim_stat("arm", "faults"));
	test_mem_free(self->fd, &src.mem);
	test_mem_free(self->fd, &dst.mem);
}

/* What keeps the tests honest that look at one IOMMU only. */
TEST_F(multi, an_invalidation_of_the_wrong_iommu_leaves_the_old_page_in_reach)
{
	dev_join(_metadata, self->fd, self->vcm, ARM);
	dev_join(_metadata, self->fd, self->vcm, TCE);
	test_dma_to(ARM, SRC_IOVA, 0, 16);
	test_dma_to(TCE, SRC_IOVA, 0, 16);
	test_ok(_sim_mmu_write("arm", "erratum", "wrong 1"));
	test_unbind(self->fd, self->vcm, self->src.res);
	EXPECT_EQ(-EFAULT, _dma_fill(TCE, SRC_IOVA, 16, 0xbb));
	EXPECT_EQ(0, pattern_wrong(self->src.mem.uva, LEN, 1));
	test_dma_fill(ARM, SRC_IOVA, 16, 0xaa);
	EXPECT_EQ(0xaa, self->src.mem.uva[15]);
}

TEST_HARNESS_MAIN
