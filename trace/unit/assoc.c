// SPDX-License-Identifier: GPL-2.0-only
/*
 * assoc.c - associations: counted activation, which domain a device gets, what a failure leaves.
 */
#include "fake.h"
#include "unit.h"

static struct vcm_assoc *join(struct vcm *vcm, struct fake_device *fake)
{
	struct vcm_assoc *assoc = vcm_assoc_device(vcm, fake->dev);

	CHECK_PTR_ERR(0, assoc);
	return assoc;
}

static u32 domain_of(const struct vcm_assoc *assoc)
{
	struct state state;
	u32 domain;

	unit_snapshot(&state);
	domain = state_assoc(&state, vcm_assoc_id(assoc))->domain;
	state_clear(&state);
	return domain;
}

TEST(association_is_one_for_each_pair)
{
	struct fake_device *one = fake_device("one", 0), *two = fake_device("two", 0);
	struct vcm *vcm = unit_context(0, ~0ull), *other = unit_context(0, ~0ull);
	struct vcm_assoc *assoc[3] = { join(vcm, one), join(vcm, two), join(other, one) };

	for (u32 i = 0; i < 3; i++)
		CHECK_EQ(i + 1, vcm_assoc_id(assoc[i]));
	unit_events_clear();
	CHECK_PTR_ERR(-EEXIST, vcm_assoc_device(vcm, one->dev));
	CHECK_STR("error", unit_event_names());
	CHECK_EQ(VCM_OP_ASSOC, unit_event(0)->arg[0]);
	CHECK_EQ(one->dev->id, unit_event(0)->arg[1]);
	for (u32 i = 0; i < 3; i++)
		CHECK_ERR(0, vcm_deassoc(assoc[i]));
	CHECK_STR("error deassoc deassoc deassoc", unit_event_names());
	CHECK_ERR(0, vcm_deassoc(join(vcm, one)));
	vcm_destroy(vcm);
	vcm_destroy(other);
}

TEST(activation_is_counted)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = join(vcm, fake);

	unit_events_clear();
	CHECK_ERR(-ENXIO, vcm_deactivate(assoc));
	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_EQ(1, fake_counts.calls[FAKE_ATTACH]);
	CHECK_EQ(2, vcm_assoc_activations(assoc));
	CHECK_ERR(-EBUSY, vcm_deassoc(assoc));
	CHECK_ERR(0, vcm_deactivate(assoc));
	CHECK(fake->on);
	unit_verify();
	CHECK_ERR(0, vcm_deactivate(assoc));
	CHECK(!fake->on);
	CHECK_EQ(0, vcm_assoc_activations(assoc));
	CHECK_ERR(-ENXIO, vcm_deactivate(assoc));
	CHECK_ERR(0, vcm_deassoc(assoc));
	CHECK_STR("error activate activate error deactivate deactivate error deassoc",
		  unit_event_names());
	CHECK_EQ(2, unit_event(2)->refs);
	CHECK_EQ(VCM_OP_DEASSOC, unit_event(3)->arg[0]);
	CHECK_EQ(0, unit_event(5)->refs);
	CHECK_EQ(unit_event(1)->arg[1], unit_event(5)->arg[1]);
	CHECK_EQ(VCM_OP_DEACTIVATE, unit_event(6)->arg[0]);
	vcm_destroy(vcm);
}

TEST(devices_of_one_kind_share_a_domain)
{
	struct fake_device *fake[4] = { fake_device("a", 0), fake_device("b", 1),
					fake_device("c", 0), fake_device("d", 1) };
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc[4];

	for (u32 i = 0; i < 4; i++) {
		assoc[i] = join(vcm, fake[i]);
		CHECK_ERR(0, vcm_activate(assoc[i]));
	}
	CHECK_EQ(2, fake_counts.domains);
	CHECK_EQ(domain_of(assoc[0]), domain_of(assoc[2]));
	CHECK_EQ(domain_of(assoc[1]), domain_of(assoc[3]));
	CHECK(domain_of(assoc[0]) != domain_of(assoc[1]));
	CHECK_ERR(0, vcm_deactivate(assoc[0]));
	CHECK_EQ(2, fake_counts.domains);
	unit_verify();
	CHECK_ERR(0, vcm_deactivate(assoc[2]));
	CHECK_EQ(1, fake_counts.domains);
	unit_verify();
	CHECK_EQ(0, domain_of(assoc[2]));
	vcm_destroy(vcm);
	for (u32 i = 0; i < 4; i++)
		CHECK_ERR(0, vcm_deassoc(assoc[i]));
}

TEST(late_joiner_gets_every_binding)
{
	struct fake_device *early = fake_device("early", 0), *late = fake_device("late", 1);
	struct fake_device *mate = fake_device("mate", 1);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc[3] = { join(vcm, early), join(vcm, late), join(vcm, mate) };
	struct vcm_phys *phys = unit_phys(2);
	struct vcm_res *res[3];

	CHECK_ERR(0, vcm_activate(assoc[0]));
	for (u32 i = 0; i < 3; i++)
		res[i] = unit_res_at(vcm, i * 4 * PAGE, 2);
	CHECK_ERR(0, vcm_bind(res[0], phys, 0, RW));
	CHECK_ERR(0, vcm_bind(res[2], phys, PAGE, VCM_PROT_READ));
	unit_events_clear();
	CHECK_ERR(0, vcm_activate(assoc[1]));
	CHECK_STR("map map activate", unit_event_names());
	CHECK_ERR(0, vcm_activate(assoc[2]));
	CHECK_STR("map map activate activate", unit_event_names());
	for (u64 iova = 0; iova < 12 * PAGE; iova += PAGE)
		for (u32 prot = 1; prot <= RW; prot++) {
			u64 pa = fake_translate(early, iova, prot);

			CHECK_EQ(pa, fake_translate(late, iova, prot));
			CHECK_EQ(pa, fake_translate(mate, iova, prot));
		}
	CHECK(fake_translate(late, PAGE, RW));
	vcm_destroy(vcm);
	for (u32 i = 0; i < 3; i++) {
		vcm_unreserve(res[i]);
		CHECK_ERR(0, vcm_deassoc(assoc[i]));
	}
	vcm_phys_put(phys);
}

TEST(failed_replay_leaves_no_domain_and_no_translation)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = join(vcm, fake);
	struct vcm_phys *phys = unit_phys(1);
	struct vcm_res *res[3];

	for (u32 i = 0; i < 3; i++) {
		res[i] = unit_res_at(vcm, i * 2 * PAGE, 1);
		CHECK_ERR(0, vcm_bind(res[i], phys, 0, RW));
	}
	unit_events_clear();
	for (u32 nth = 1; nth <= 3; nth++) {
		fake_fail_nth(FAKE_MAP, nth, -EIO);
		CHECK_ERR(-EIO, vcm_activate(assoc));
		CHECK(!fake->on);
		CHECK_EQ(0, fake_counts.domains);
		unit_verify();
	}
	CHECK_EQ(0 + 1 + 2, fake_counts.calls[FAKE_UNMAP]);
	CHECK_STR("error error error", unit_event_names());
	CHECK_ERR(0, vcm_activate(assoc));
	for (u32 i = 0; i < 3; i++)
		vcm_unreserve(res[i]);
	vcm_phys_put(phys);
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

TEST(failures_of_the_driver_end_the_activation)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = join(vcm, fake);

	fake_fail_nth(FAKE_ALLOC, 1, -ENOMEM);
	CHECK_ERR(-ENOMEM, vcm_activate(assoc));
	fake_fail_nth(FAKE_ATTACH, 1, -EIO);
	CHECK_ERR(-EIO, vcm_activate(assoc));
	fake_fail_nth(FAKE_ATTACH, 1, -EINVAL);
	CHECK_ERR(-EINVAL, vcm_activate(assoc));
	CHECK_EQ(0, fake_counts.domains);
	CHECK_ERR(0, vcm_activate(assoc));
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

TEST(device_is_active_in_one_context_at_a_time)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *one = unit_context(0, ~0ull), *two = unit_context(0, ~0ull);
	struct vcm_assoc *first = join(one, fake), *second = join(two, fake);

	CHECK_ERR(0, vcm_activate(first));
	CHECK_ERR(-EBUSY, vcm_activate(second));
	unit_verify();
	CHECK_ERR(0, vcm_deactivate(first));
	CHECK_ERR(0, vcm_activate(second));
	vcm_destroy(one);
	vcm_destroy(two);
	CHECK_ERR(0, vcm_deassoc(first));
	CHECK_ERR(0, vcm_deassoc(second));
}

TEST(aperture_that_misses_a_binding_refuses_the_activation)
{
	struct fake_device *wide = fake_device("wide", 0), *narrow = fake_device("narrow", 0);
	struct fake_device *alien = fake_device("alien", 1);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc[3] = { join(vcm, wide), join(vcm, narrow), join(vcm, alien) };
	struct vcm_res *res = unit_res_at(vcm, 16 * PAGE, 1);
	struct vcm_phys *phys = unit_phys(1);

	narrow->caps.last = 16 * PAGE - 1;
	alien->caps.start = 17 * PAGE;
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	CHECK_ERR(-ERANGE, vcm_activate(assoc[1]));	/* with a new domain */
	CHECK_ERR(0, vcm_activate(assoc[0]));
	CHECK_ERR(-ERANGE, vcm_activate(assoc[1]));	/* in that of the other device */
	CHECK_ERR(-ERANGE, vcm_activate(assoc[2]));
	CHECK(!narrow->on && !alien->on);
	unit_verify();
	CHECK_ERR(0, vcm_unbind(res));
	CHECK_ERR(0, vcm_activate(assoc[1]));
	CHECK_ERR(-ERANGE, vcm_bind(res, phys, 0, RW));	/* narrowed by the second device */
	unit_verify();
	vcm_unreserve(res);
	vcm_phys_put(phys);
	vcm_destroy(vcm);
	for (u32 i = 0; i < 3; i++)
		CHECK_ERR(0, vcm_deassoc(assoc[i]));
}

TEST(iommu_with_large_pages_only_is_not_supported)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = join(vcm, fake);

	fake->caps.pgsizes = PAGE << 4 | PAGE << 9;
	CHECK_ERR(-EOPNOTSUPP, vcm_activate(assoc));
	fake->caps.pgsizes = 0;
	CHECK_ERR(-EOPNOTSUPP, vcm_activate(assoc));
	CHECK(!fake->on);
	fake->caps.pgsizes = PAGE >> 2 | PAGE << 9;
	CHECK_ERR(0, vcm_activate(assoc));
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
}
