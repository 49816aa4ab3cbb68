// SPDX-License-Identifier: GPL-2.0-only
/*
 * flow.c - the core in vcm.ko, through the API of vcm.h, with the devices of trace/scenario/soft.c.
 */
#include "kunit.h"
#include "soft.h"
#include "vcm.h"

#define CORE_PAGES	24
#define CORE_LEN	(CORE_PAGES * VCM_PAGE_SIZE)

/**
 * struct core_flow - everything that one flow makes, in the order in which it is made
 */
struct core_flow {
	struct vcm_holder *holder;
	struct vcm *vcm;
	struct vcm_res *res;
	struct vcm_phys *phys;
	struct vcm_phys *other;
	struct vcm_assoc *assoc;
	bool bound;
	bool active;
};

static struct soft_device *device;
static long mapped;

/* Told of every page that a simulated IOMMU translates. */
static void core_watch(u64 pa, bool is)
{
	mapped += is ? 1 : -1;
}

static int core_begin(struct kunit *test)
{
	const struct soft_cfg cfg = { .kind = 1, .fmt = vcm_fmt_find("x86"), .last = U32_MAX };

	KUNIT_ASSERT_NOT_NULL(test, cfg.fmt);
	device = soft_device_plug("kunit", &cfg);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, device);
	mapped = 0;
	soft_watch = core_watch;
	return 0;
}

static void core_end(struct kunit *test)
{
	soft_watch = NULL;
	soft_device_unplug(device);
}

static int core_make_context(struct core_flow *flow)
{
	const struct vcm_cfg cfg = { .last = U32_MAX, .driver = &soft_driver };
	struct vcm_req req = { .len = CORE_LEN, .align = 21 };

	flow->holder = vcm_holder_create("kunit");
	if (IS_ERR(flow->holder))
		return PTR_ERR(flow->holder);
	flow->vcm = vcm_create(&cfg);
	if (IS_ERR(flow->vcm))
		return PTR_ERR(flow->vcm);
	req.holder = flow->holder;
	flow->res = vcm_reserve(flow->vcm, &req);
	return PTR_ERR_OR_ZERO(flow->res);
}

static int core_make_memory(struct core_flow *flow)
{
	const struct vcm_phys_req req = { .len = CORE_LEN };
	int err;

	flow->phys = vcm_phys_alloc(&req);
	if (IS_ERR(flow->phys))
		return PTR_ERR(flow->phys);
	flow->other = vcm_phys_alloc(&req);
	if (IS_ERR(flow->other))
		return PTR_ERR(flow->other);
	err = vcm_bind(flow->res, flow->phys, 0, VCM_PROT_READ);
	flow->bound = !err;
	return err;
}

static int core_make_live(struct core_flow *flow)
{
	int err;

	flow->assoc = vcm_assoc_device(flow->vcm, soft_device_vdev(device));
	if (IS_ERR(flow->assoc))
		return PTR_ERR(flow->assoc);
	err = vcm_activate(flow->assoc);
	flow->active = !err;
	return err;
}

/* Undo what there is, the last first. */
static void core_undo(struct core_flow *flow)
{
	if (flow->active)
		vcm_deactivate(flow->assoc);
	if (!IS_ERR_OR_NULL(flow->assoc))
		vcm_deassoc(flow->assoc);
	if (flow->bound)
		vcm_unbind(flow->res);
	if (!IS_ERR_OR_NULL(flow->other))
		vcm_phys_put(flow->other);
	if (!IS_ERR_OR_NULL(flow->phys))
		vcm_phys_put(flow->phys);
	if (!IS_ERR_OR_NULL(flow->res))
		vcm_unreserve_as(flow->res, flow->holder);
	if (!IS_ERR_OR_NULL(flow->vcm))
		vcm_destroy(flow->vcm);
	if (!IS_ERR_OR_NULL(flow->holder))
		vcm_holder_put(flow->holder);
}

static int core_make(struct core_flow *flow)
{
	int err = core_make_context(flow);

	if (!err)
		err = core_make_memory(flow);
	if (!err)
		err = core_make_live(flow);
	return err;
}

static void core_device_reaches_what_is_bound(struct kunit *test)
{
	struct core_flow flow = {};
	u64 start;

	KUNIT_ASSERT_EQ(test, core_make(&flow), 0);
	start = vcm_res_start(flow.res);
	KUNIT_EXPECT_EQ(test, start & ((1 << 21) - 1), 0);
	KUNIT_EXPECT_EQ(test, mapped, CORE_PAGES);
	KUNIT_EXPECT_EQ(test, soft_device_access(device, start, VCM_ACCESS_READ), 0);
	KUNIT_EXPECT_EQ(test, soft_device_access(device, start, VCM_ACCESS_WRITE), -EFAULT);
	KUNIT_EXPECT_EQ(test, soft_device_access(device, start + CORE_LEN, VCM_ACCESS_READ),
			-EFAULT);
	core_undo(&flow);
	KUNIT_EXPECT_EQ(test, mapped, 0);
}

static void core_memory_is_exchanged_behind_an_address(struct kunit *test)
{
	struct core_flow flow = {};
	struct vcm_bind_req req = { .prot = VCM_PROT_READ | VCM_PROT_WRITE };
	u64 before, after, start;

	KUNIT_ASSERT_EQ(test, core_make(&flow), 0);
	start = vcm_res_start(flow.res);
	KUNIT_EXPECT_EQ(test, vcm_iova_to_phys(flow.vcm, start, &before), 0);
	req.phys = flow.other;
	KUNIT_EXPECT_EQ(test, vcm_rebind(flow.res, &req), 0);
	KUNIT_EXPECT_EQ(test, vcm_iova_to_phys(flow.vcm, start, &after), 0);
	KUNIT_EXPECT_NE(test, before, after);
	KUNIT_EXPECT_EQ(test, soft_device_access(device, start, VCM_ACCESS_WRITE), 0);
	core_undo(&flow);
	KUNIT_EXPECT_EQ(test, mapped, 0);
}

/* References outlive the context, whose calls then say so, and are given up one by one. */
static void core_destroy_undoes_what_is_left(struct kunit *test)
{
	struct core_flow flow = {};

	KUNIT_ASSERT_EQ(test, core_make(&flow), 0);
	vcm_destroy(flow.vcm);
	KUNIT_EXPECT_EQ(test, mapped, 0);
	KUNIT_EXPECT_EQ(test, soft_device_access(device, 0, VCM_ACCESS_READ), -ENOLINK);
	KUNIT_EXPECT_EQ(test, vcm_unbind(flow.res), -ENODEV);
	KUNIT_EXPECT_EQ(test, vcm_activate(flow.assoc), -ENODEV);
	flow.active = false;
	flow.bound = false;
	flow.vcm = NULL;
	core_undo(&flow);
}

static int core_run(struct kunit *test)
{
	struct core_flow flow = {};
	int err = core_make(&flow);
	struct vcm_bind_req req = { .phys = flow.other, .prot = VCM_PROT_READ };

	if (!err)
		err = vcm_rebind(flow.res, &req);
	if (!err)
		err = vcm_save(flow.vcm) ?: vcm_restore(flow.vcm);
	core_undo(&flow);
	return err;
}

static void core_nothing_mapped(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, mapped, 0);
}

static void core_survives_each_failing_allocation(struct kunit *test)
{
	struct vcm_nth nth = { .run = core_run, .after = core_nothing_mapped };

	vcm_nth_sweep(test, &nth);
	KUNIT_EXPECT_GE(test, nth.failed - nth.hidden, 10);
}

static struct kunit_case core_cases[] = {
	KUNIT_CASE(core_device_reaches_what_is_bound),
	KUNIT_CASE(core_memory_is_exchanged_behind_an_address),
	KUNIT_CASE(core_destroy_undoes_what_is_left),
	KUNIT_CASE(core_survives_each_failing_allocation),
	{}
};

struct kunit_suite vcm_core_suite = {
	.name = "vcm_core",
	.init = core_begin,
	.exit = core_end,
	.test_cases = core_cases,
};
