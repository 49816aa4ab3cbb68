// SPDX-License-Identifier: GPL-2.0-only
/*
 * bind.c - bindings: live in every mapping domain or in none, and every errno of vcm_bind().
 */
#include "fake.h"
#include "os_test.h"
#include "unit.h"

#define KINDS 3

/* A context active on three IOMMUs that cannot share a domain. */
struct trio {
	struct vcm *vcm;
	struct fake_device *fake[KINDS];
	struct vcm_assoc *assoc[KINDS];
};

static void trio_begin(struct trio *trio)
{
	static const char *const name[KINDS] = { "one", "two", "three" };

	trio->vcm = unit_context(0, ~0ull);
	for (u32 i = 0; i < KINDS; i++) {
		trio->fake[i] = fake_device(name[i], i);
		trio->assoc[i] = vcm_assoc_device(trio->vcm, trio->fake[i]->dev);
		CHECK_PTR_ERR(0, trio->assoc[i]);
	}
}

static void trio_activate(struct trio *trio)
{
	for (u32 i = 0; i < KINDS; i++)
		CHECK_ERR(0, vcm_activate(trio->assoc[i]));
}

static void trio_end(struct trio *trio)
{
	vcm_destroy(trio->vcm);
	for (u32 i = 0; i < KINDS; i++)
		CHECK_ERR(0, vcm_deassoc(trio->assoc[i]));
}

static u64 pa_of(const struct vcm_phys *phys)
{
	u32 nr;

	return vcm_phys_chunks(phys, &nr)->pa;
}

TEST(binding_while_active_is_live_everywhere)
{
	struct vcm_phys *phys = unit_phys(2);
	struct vcm_res_info info;
	struct vcm_res *res;
	struct trio trio;

	trio_begin(&trio);
	trio_activate(&trio);
	res = unit_res_at(trio.vcm, 8 * PAGE, 4);
	unit_events_clear();
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	CHECK_STR("bind map map map", unit_event_names());
	for (u32 i = 0; i < KINDS; i++)
		CHECK_EQ(pa_of(phys) + PAGE + 5, fake_translate(trio.fake[i], 9 * PAGE + 5, RW));
	CHECK_EQ(0, fake_translate(trio.fake[0], 10 * PAGE, VCM_PROT_READ));
	vcm_res_info(res, &info);
	CHECK_EQ(KINDS, info.mapped);
	unit_events_clear();
	CHECK_ERR(0, vcm_unbind(res));
	CHECK_STR("unmap unmap unmap unbind", unit_event_names());
	CHECK_EQ(KINDS, fake_counts.flushes);
	for (u32 i = 0; i < KINDS; i++)
		CHECK_EQ(0, fake_translate(trio.fake[i], 8 * PAGE, VCM_PROT_READ));
	vcm_unreserve(res);
	vcm_phys_put(phys);
	trio_end(&trio);
}

TEST(binding_while_inactive_goes_live_at_activation)
{
	struct vcm_phys *phys = unit_phys(2);
	struct vcm_res *res;
	struct trio trio;

	trio_begin(&trio);
	res = unit_res_at(trio.vcm, 0, 2);
	CHECK_ERR(0, vcm_bind(res, phys, PAGE, VCM_PROT_WRITE));
	CHECK_EQ(0, fake_counts.calls[FAKE_MAP]);
	CHECK_EQ(0, fake_translate(trio.fake[0], 0, VCM_PROT_WRITE));
	unit_events_clear();
	CHECK_ERR(0, vcm_activate(trio.assoc[0]));
	CHECK_STR("map activate", unit_event_names());
	CHECK_EQ(pa_of(phys) + PAGE, fake_translate(trio.fake[0], 0, VCM_PROT_WRITE));
	CHECK_EQ(0, fake_translate(trio.fake[0], 0, VCM_PROT_READ));
	vcm_unreserve(res);
	vcm_phys_put(phys);
	trio_end(&trio);
}

/* The part of the state that a failed call must not change. */
static void check_unchanged(struct state *before)
{
	struct state after;

	unit_verify();
	unit_snapshot(&after);
	CHECK_NONE(state_compare(before, &after, false));
	state_clear(&after);
}

TEST(failure_in_any_iommu_leaves_the_others_as_they_were)
{
	struct vcm_phys *phys = unit_phys(2);
	struct state before;
	struct vcm_res *res;
	struct trio trio;

	trio_begin(&trio);
	trio_activate(&trio);
	res = unit_res_at(trio.vcm, 0, 2);
	unit_snapshot(&before);
	unit_events_clear();
	for (u32 nth = 1; nth <= KINDS; nth++) {
		u64 unmaps = fake_counts.calls[FAKE_UNMAP];

		fake_fail_nth(FAKE_MAP, nth, -ENOMEM);
		CHECK_ERR(-ENOMEM, vcm_bind(res, phys, 0, RW));
		CHECK(fake_fail_fired());
		CHECK_EQ(nth - 1, fake_counts.calls[FAKE_UNMAP] - unmaps);
		for (u32 i = 0; i < KINDS; i++)
			CHECK_EQ(0, fake_translate(trio.fake[i], 0, VCM_PROT_READ));
		check_unchanged(&before);
	}
	CHECK_STR("error error error", unit_event_names());
	CHECK_EQ(VCM_OP_BIND, unit_event(2)->arg[0]);
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	state_clear(&before);
	vcm_unreserve(res);
	vcm_phys_put(phys);
	trio_end(&trio);
}

TEST(each_errno_of_bind)
{
	struct vcm_phys *phys = unit_phys(2), *big = unit_phys(3);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 2);

	CHECK_ERR(-EINVAL, vcm_bind(res, phys, 0, 0));
	CHECK_ERR(-EOPNOTSUPP, vcm_bind(res, phys, 0, RW | 4));
	CHECK_ERR(-EINVAL, vcm_bind(res, phys, 1, RW));
	CHECK_ERR(-EINVAL, vcm_bind(res, phys, 2 * PAGE, RW));
	CHECK_ERR(-EINVAL, vcm_bind(res, phys, -PAGE, RW));
	CHECK_ERR(-ENOSPC, vcm_bind(res, big, 0, RW));
	CHECK_ERR(-ENXIO, vcm_unbind(res));
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	unit_events_clear();
	CHECK_ERR(-EALREADY, vcm_bind(res, phys, 0, RW));
	CHECK_ERR(-EALREADY, vcm_bind(res, phys, PAGE, VCM_PROT_READ));
	CHECK_ERR(-EADDRINUSE, vcm_bind(res, big, PAGE, RW));
	CHECK_ERR(-EADDRINUSE, vcm_bind(res, big, 0, RW));
	CHECK_STR("error error error error", unit_event_names());
	CHECK_EQ(1, unit_event(2)->id);
	CHECK_EQ(PAGE, unit_event(2)->arg[2]);
	CHECK_EQ(vcm_phys_id(big), unit_event(2)->arg[3]);
	CHECK_ERR(0, vcm_unbind(res));
	CHECK_ERR(0, vcm_bind(res, big, PAGE, RW));
	vcm_unreserve(res);
	vcm_phys_put(phys);
	vcm_phys_put(big);
	vcm_destroy(vcm);
}

TEST(range_outside_the_aperture_of_one_iommu_is_live_in_none)
{
	struct vcm_phys *phys = unit_phys(2);
	struct vcm_res *low, *high, *edge;
	struct trio trio;

	trio_begin(&trio);
	trio.fake[1]->caps.start = 4 * PAGE;
	trio.fake[1]->caps.last = 16 * PAGE - 1;
	trio_activate(&trio);
	low = unit_res_at(trio.vcm, 3 * PAGE, 2);
	edge = unit_res_at(trio.vcm, 14 * PAGE, 3);
	high = unit_res_at(trio.vcm, 1 << 20, 2);
	CHECK_ERR(-ERANGE, vcm_bind(low, phys, 0, RW));
	CHECK_ERR(-ERANGE, vcm_bind(high, phys, 0, RW));
	/* The binding ends where the aperture does, the reservation above it. */
	CHECK_ERR(0, vcm_bind(edge, phys, 0, RW));
	unit_verify();
	vcm_unreserve(low);
	vcm_unreserve(edge);
	vcm_unreserve(high);
	vcm_phys_put(phys);
	trio_end(&trio);
}

TEST(one_memory_may_be_bound_many_times)
{
	struct vcm *vcm = unit_context(0, ~0ull), *other = unit_context(0, ~0ull);
	struct vcm_phys *phys = unit_phys(4);
	struct vcm_res *res[3];

	res[0] = unit_res_at(vcm, 0, 4);
	res[1] = unit_res_at(vcm, 8 * PAGE, 4);
	res[2] = unit_res_at(other, 0, 1);
	CHECK_ERR(0, vcm_bind(res[0], phys, 0, RW));
	CHECK_ERR(0, vcm_bind(res[1], phys, 0, VCM_PROT_READ));
	CHECK_ERR(0, vcm_bind(res[2], phys, 3 * PAGE, RW));
	unit_verify();
	vcm_phys_put(phys);
	for (u32 i = 0; i < 3; i++) {
		CHECK_EQ(4, vcm_os_pages_held());
		vcm_unreserve(res[i]);
	}
	CHECK_EQ(0, vcm_os_pages_held());
	vcm_destroy(vcm);
	vcm_destroy(other);
}

TEST(memory_in_many_chunks_is_translated_chunk_by_chunk)
{
	const struct vcm_phys_req req = { .len = 7 * PAGE };
	struct vcm_phys *phys = vcm_phys_alloc(&req);
	const struct vcm_chunk *chunk;
	struct vcm_res *res;
	struct trio trio;
	u32 nr;

	trio_begin(&trio);
	trio_activate(&trio);
	res = unit_res_at(trio.vcm, 0, 8);
	CHECK_ERR(0, vcm_bind(res, phys, 2 * PAGE, RW));
	chunk = vcm_phys_chunks(phys, &nr);
	CHECK_EQ(3, nr);
	CHECK_EQ(chunk[0].pa + 2 * PAGE, fake_translate(trio.fake[2], 0, RW));
	CHECK_EQ(chunk[1].pa, fake_translate(trio.fake[2], 2 * PAGE, RW));
	CHECK_EQ(chunk[2].pa, fake_translate(trio.fake[2], 4 * PAGE, RW));
	vcm_unreserve(res);
	vcm_phys_put(phys);
	trio_end(&trio);
}

TEST(short_unmap_is_told_and_the_range_is_free_all_the_same)
{
	struct vcm_phys *phys = unit_phys(2);
	struct vcm_res *res;
	struct trio trio;

	trio_begin(&trio);
	trio_activate(&trio);
	res = unit_res_at(trio.vcm, 0, 2);
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	unit_events_clear();
	fake_fail_nth(FAKE_UNMAP, 2, -EIO);
	unit_expect_warnings(1);
	CHECK_ERR(0, vcm_unbind(res));
	CHECK_STR("unmap unmap unmap unbind", unit_event_names());
	CHECK_ERR(0, unit_event(0)->err);
	CHECK_ERR(-EIO, unit_event(1)->err);
	CHECK_ERR(0, unit_event(2)->err);
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	vcm_unreserve(res);
	vcm_phys_put(phys);
	trio_end(&trio);
}

static struct trio hooked;

/* The range is free for others only when no IOMMU translates it any more. */
static void range_is_clear(void)
{
	struct vcm_res *res = unit_res_at(hooked.vcm, 0, 2);

	for (u32 i = 0; i < KINDS; i++)
		CHECK_EQ(0, fake_translate(hooked.fake[i], 0, VCM_PROT_READ));
	vcm_unreserve(res);
}

TEST(tables_are_clear_before_the_range_and_the_range_before_the_memory)
{
	struct vcm_phys *phys = unit_phys(2);
	struct vcm_res *res;

	trio_begin(&hooked);
	trio_activate(&hooked);
	res = unit_res_at(hooked.vcm, 0, 2);
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	vcm_phys_put(phys);
	unit_events_clear();
	os_hooks.pages_freed = range_is_clear;
	vcm_unreserve(res);
	CHECK(!os_hooks.pages_freed);
	CHECK_STR("unmap unmap unmap unbind unreserve phys_free reserve unreserve",
		  unit_event_names());
	trio_end(&hooked);
}
