// SPDX-License-Identifier: GPL-2.0-only
/*
 * rebind.c - part of memory behind a reservation, other memory at the same address, and what
 * memory does not allow.
 */
#include "fake.h"
#include "unit.h"

/* A context active on two IOMMUs, with a bound reservation of four pages. */
struct pair {
	struct vcm *vcm;
	struct fake_device *fake[2];
	struct vcm_assoc *assoc[2];
	struct vcm_res *res;
	struct vcm_phys *phys;
};

static void pair_begin(struct pair *pair)
{
	static const char *const name[2] = { "one", "two" };

	pair->vcm = unit_context(0, ~0ull);
	for (u32 i = 0; i < 2; i++) {
		pair->fake[i] = fake_device(name[i], i);
		pair->assoc[i] = unit_assoc(pair->vcm, pair->fake[i]);
		CHECK_ERR(0, vcm_activate(pair->assoc[i]));
	}
	pair->res = unit_res_at(pair->vcm, 8 * PAGE, 4);
	pair->phys = unit_phys(4);
	CHECK_ERR(0, vcm_bind(pair->res, pair->phys, 0, RW));
	unit_events_clear();
}

static void pair_end(struct pair *pair)
{
	unit_verify();
	vcm_destroy(pair->vcm);
	for (u32 i = 0; i < 2; i++)
		CHECK_ERR(0, vcm_deassoc(pair->assoc[i]));
	vcm_unreserve(pair->res);
	vcm_phys_put(pair->phys);
}

static u64 pa_of(const struct vcm_phys *phys)
{
	u32 nr;

	return vcm_phys_chunks(phys, &nr)->pa;
}

TEST(part_of_memory_is_bound)
{
	struct vcm_phys *phys = unit_phys(8);
	struct pair pair;
	struct vcm_bind_req req = { phys, 2 * PAGE, 3 * PAGE, VCM_PROT_READ, VCM_CACHE_WB };
	struct vcm_res_info info;

	pair_begin(&pair);
	CHECK_ERR(0, vcm_unbind(pair.res));
	CHECK_ERR(0, vcm_bind_range(pair.res, &req));
	unit_verify();
	for (u32 i = 0; i < 2; i++) {
		CHECK_EQ(pa_of(phys) + 4 * PAGE,
			 fake_translate(pair.fake[i], 10 * PAGE, VCM_PROT_READ));
		CHECK_EQ(0, fake_translate(pair.fake[i], 11 * PAGE, VCM_PROT_READ));
	}
	vcm_res_info(pair.res, &info);
	CHECK_EQ(3 * PAGE, info.bound_len);
	CHECK_EQ(2 * PAGE, info.off);
	CHECK_ERR(0, vcm_unbind(pair.res));
	req.len = 0;
	CHECK_ERR(-ENOSPC, vcm_bind_range(pair.res, &req));
	req.off = 4 * PAGE;
	CHECK_ERR(0, vcm_bind_range(pair.res, &req));
	vcm_phys_put(phys);
	pair_end(&pair);
}

TEST(each_errno_of_bind_range)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 4);
	struct vcm_phys *phys = unit_phys(8);
	struct vcm_bind_req req = { phys, 0, 2 * PAGE + 1, RW, VCM_CACHE_WB };

	CHECK_ERR(-EINVAL, vcm_bind_range(res, &req));
	req.len = 9 * PAGE;
	CHECK_ERR(-EINVAL, vcm_bind_range(res, &req));
	req.len = 5 * PAGE;
	CHECK_ERR(-ENOSPC, vcm_bind_range(res, &req));
	req.off = 6 * PAGE;
	req.len = 3 * PAGE;
	CHECK_ERR(-EINVAL, vcm_bind_range(res, &req));
	req.len = -PAGE;
	CHECK_ERR(-EINVAL, vcm_bind_range(res, &req));
	req.len = 2 * PAGE;
	req.cache = VCM_CACHE_WC;
	CHECK_ERR(-EBUSY, vcm_bind_range(res, &req));
	req.cache = VCM_CACHE_WB;
	CHECK_ERR(0, vcm_bind_range(res, &req));
	CHECK_ERR(-EALREADY, vcm_bind_range(res, &req));
	vcm_unreserve(res);
	vcm_phys_put(phys);
	vcm_destroy(vcm);
}

TEST(memory_that_is_read_only_is_not_bound_for_writing)
{
	struct vcm_phys *phys = unit_wrap(0, 2, true);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 2);
	struct vcm_bind_req req = { phys, 0, 0, RW, VCM_CACHE_WB };

	CHECK_ERR(-EACCES, vcm_bind(res, phys, 0, RW));
	CHECK_ERR(-EACCES, vcm_bind(res, phys, 0, VCM_PROT_WRITE));
	CHECK_ERR(0, vcm_bind(res, phys, 0, VCM_PROT_READ));
	CHECK_ERR(-EACCES, vcm_rebind(res, &req));
	req.prot = VCM_PROT_READ;
	CHECK_ERR(0, vcm_rebind(res, &req));
	vcm_phys_put(phys);
	CHECK_EQ(0, unit_released());
	vcm_unreserve(res);
	CHECK_EQ(1, unit_released());
	vcm_destroy(vcm);
}

TEST(rebind_exchanges_the_memory_at_the_same_address)
{
	struct vcm_phys *phys = unit_phys(2);
	struct vcm_bind_req req = { phys, PAGE, 0, VCM_PROT_WRITE, VCM_CACHE_WB };
	struct pair pair;

	pair_begin(&pair);
	CHECK_ERR(0, vcm_rebind(pair.res, &req));
	CHECK_STR("unmap unmap unbind bind map map", unit_event_names());
	unit_verify();
	for (u32 i = 0; i < 2; i++) {
		CHECK_EQ(pa_of(phys) + PAGE,
			 fake_translate(pair.fake[i], 8 * PAGE, VCM_PROT_WRITE));
		CHECK_EQ(0, fake_translate(pair.fake[i], 9 * PAGE, VCM_PROT_READ));
	}
	CHECK_EQ(PAGE, pair.vcm->bytes_bound);
	vcm_phys_put(phys);
	CHECK_EQ(6, vcm_os_pages_held());
	req.phys = pair.phys;
	req.off = 0;
	CHECK_ERR(0, vcm_rebind(pair.res, &req));
	CHECK_EQ(4, vcm_os_pages_held());
	pair_end(&pair);
}

TEST(rebind_to_another_part_of_the_same_memory)
{
	struct pair pair;
	struct vcm_bind_req req = { NULL, 3 * PAGE, 0, RW, VCM_CACHE_WB };

	pair_begin(&pair);
	req.phys = pair.phys;
	CHECK_ERR(0, vcm_rebind(pair.res, &req));
	CHECK_EQ(pa_of(pair.phys) + 3 * PAGE, fake_translate(pair.fake[1], 8 * PAGE, RW));
	pair_end(&pair);
}

TEST(each_errno_of_rebind)
{
	struct vcm_phys *phys = unit_phys(8);
	struct vcm_bind_req req = { phys, 0, PAGE, 0, VCM_CACHE_WB };
	struct pair pair;

	pair_begin(&pair);
	CHECK_ERR(-EINVAL, vcm_rebind(pair.res, &req));
	req.prot = 8;
	CHECK_ERR(-EOPNOTSUPP, vcm_rebind(pair.res, &req));
	req.prot = RW;
	req.off = 8 * PAGE;
	CHECK_ERR(-EINVAL, vcm_rebind(pair.res, &req));
	req.off = 0;
	req.len = 5 * PAGE;
	CHECK_ERR(-ENOSPC, vcm_rebind(pair.res, &req));
	req.len = PAGE;
	req.cache = VCM_CACHE_UC;
	CHECK_ERR(-EBUSY, vcm_rebind(pair.res, &req));
	req.cache = VCM_CACHE_WB;
	CHECK_STR("error error error error error", unit_event_names());
	CHECK_EQ(VCM_OP_REBIND, unit_event(0)->arg[0]);
	CHECK_ERR(0, vcm_unbind(pair.res));
	CHECK_ERR(-ENXIO, vcm_rebind(pair.res, &req));
	vcm_get(pair.vcm);
	vcm_destroy(pair.vcm);
	CHECK_ERR(-ENODEV, vcm_rebind(pair.res, &req));
	vcm_phys_put(phys);
	pair_end(&pair);
}

TEST(rebind_outside_of_an_aperture_changes_nothing)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm_assoc *assoc = unit_assoc(vcm, fake);
	struct vcm_res *res = unit_res_at(vcm, 8 * PAGE, 4);
	struct vcm_phys *phys = unit_phys(4);
	struct vcm_bind_req req = { phys, 0, 0, RW, VCM_CACHE_WB };

	fake->caps.last = 10 * PAGE - 1;
	CHECK_ERR(0, vcm_bind(res, phys, 2 * PAGE, RW));
	CHECK_ERR(0, vcm_activate(assoc));
	unit_events_clear();
	CHECK_ERR(-ERANGE, vcm_rebind(res, &req));
	CHECK_STR("error", unit_event_names());
	unit_verify();
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
	vcm_unreserve(res);
	vcm_phys_put(phys);
}

TEST(failed_rebind_puts_the_old_memory_back)
{
	struct vcm_phys *phys = unit_phys(2);
	struct vcm_bind_req req = { phys, 0, 0, VCM_PROT_READ, VCM_CACHE_WB };
	struct state before, after;
	struct pair pair;

	pair_begin(&pair);
	unit_snapshot(&before);
	for (u32 nth = 1; nth <= 2; nth++) {
		unit_events_clear();
		fake_fail_nth(FAKE_MAP, nth, -EIO);
		CHECK_ERR(-EIO, vcm_rebind(pair.res, &req));
		CHECK_STR("unmap unmap unbind bind map map error", unit_event_names());
		unit_verify();
		unit_snapshot(&after);
		CHECK_NONE(state_compare(&before, &after, false));
		state_clear(&after);
		CHECK_EQ(pa_of(pair.phys), fake_translate(pair.fake[1], 8 * PAGE, RW));
	}
	CHECK_EQ(4 * PAGE, pair.vcm->bytes_bound);
	state_clear(&before);
	vcm_phys_put(phys);
	pair_end(&pair);
}

/* The one call that can fail and change something; nothing of either memory is left behind. */
TEST(rebind_that_can_go_neither_way_leaves_nothing_bound)
{
	struct vcm_phys *phys = unit_phys(2);
	struct vcm_bind_req req = { phys, 0, 0, RW, VCM_CACHE_WB };
	struct vcm_res_info info;
	struct pair pair;

	pair_begin(&pair);
	fake_fail_from(FAKE_MAP, 2, 2, -EIO);
	CHECK_ERR(-ENOTRECOVERABLE, vcm_rebind(pair.res, &req));
	CHECK_STR("unmap unmap unbind error", unit_event_names());
	CHECK_ERR(-ENOTRECOVERABLE, unit_event(3)->err);
	unit_verify();
	vcm_res_info(pair.res, &info);
	CHECK_EQ(0, info.phys | info.bound_len | info.off | info.prot);
	CHECK_EQ(0, pair.vcm->bytes_bound);
	for (u32 i = 0; i < 2; i++)
		CHECK_EQ(0, fake_translate(pair.fake[i], 8 * PAGE, VCM_PROT_READ));
	vcm_phys_put(phys);
	CHECK_EQ(4, vcm_os_pages_held());
	CHECK_ERR(0, vcm_bind(pair.res, pair.phys, 0, RW));
	pair_end(&pair);
}

TEST(regions_of_devices_are_never_bound)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_phys *phys = unit_phys(1);
	struct vcm_assoc *assoc;
	struct vcm_res *res;

	fake->region[fake->regions++] = (struct fake_region) { PAGE, 2 * PAGE - 1 };
	assoc = unit_assoc(vcm, fake);
	res = vcm_find_res(vcm, PAGE);
	CHECK_PTR_ERR(0, res);
	CHECK_ERR(-EINVAL, vcm_bind(res, phys, 0, RW));
	vcm_unreserve(res);
	CHECK_ERR(0, vcm_deassoc(assoc));
	vcm_phys_put(phys);
	vcm_destroy(vcm);
}
