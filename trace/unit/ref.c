// SPDX-License-Identifier: GPL-2.0-only
/*
 * ref.c - references: counted up and down with an event each, and refused where they would wrap.
 */
#include "fake.h"
#include "unit.h"

TEST(context_counts_its_references)
{
	struct vcm *vcm = unit_context(0, ~0ull);

	vcm_get(vcm);
	vcm_get(vcm);
	vcm_put(vcm);
	CHECK_STR("create ref ref unref", unit_event_names());
	CHECK_EQ(3, unit_event(2)->refs);
	CHECK_EQ(2, unit_event(3)->refs);
	CHECK_EQ(VCM_KIND_CONTEXT, unit_event(3)->arg[0]);
	unit_verify();
	vcm_put(vcm);
	unit_events_clear();
	vcm_put(vcm);
	CHECK_STR("unref destroy", unit_event_names());
}

TEST(reservation_counts_its_references)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 1);

	unit_events_clear();
	CHECK_ERR(0, vcm_ref_reserve(res));
	CHECK_EQ(2, unit_event(0)->refs);
	CHECK_EQ(VCM_KIND_RES, unit_event(0)->arg[0]);
	vcm_unreserve(res);
	unit_verify();
	vcm_unreserve(res);
	CHECK_STR("ref unref unreserve", unit_event_names());
	CHECK_EQ(1, unit_event(1)->refs);
	CHECK_EQ(0, unit_event(2)->refs);
	vcm_destroy(vcm);
}

TEST(last_reference_to_a_reservation_unbinds_it)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 2);
	struct vcm_phys *phys = unit_phys(2);

	CHECK_ERR(0, vcm_ref_reserve(res));
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	unit_events_clear();
	vcm_unreserve(res);
	CHECK_STR("unref", unit_event_names());
	vcm_unreserve(res);
	CHECK_STR("unref unbind unreserve", unit_event_names());
	vcm_phys_put(phys);
	vcm_destroy(vcm);
}

TEST(memory_counts_its_references)
{
	struct vcm_phys *phys = unit_phys(1);

	vcm_phys_get(phys);
	CHECK_EQ(2, unit_event(1)->refs);
	CHECK_EQ(VCM_KIND_PHYS, unit_event(1)->arg[0]);
	CHECK_EQ(0, unit_event(1)->vcm);
	vcm_phys_put(phys);
	unit_verify();
	vcm_phys_put(phys);
	CHECK_STR("phys_alloc ref unref phys_free", unit_event_names());
}

TEST(reference_to_a_reservation_stops_before_it_wraps)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 1);

	res->refs.unnamed = res->refs.total = ((u32)1 << 31) - 1;
	state_res(unit_model(), vcm_id(vcm), 1)->refs = res->refs.total;
	CHECK_ERR(0, vcm_ref_reserve(res));
	unit_events_clear();
	CHECK_ERR(-EOVERFLOW, vcm_ref_reserve(res));
	CHECK_STR("error", unit_event_names());
	CHECK_EQ(VCM_OP_REF, unit_event(0)->arg[0]);
	CHECK_EQ((u32)1 << 31, res->refs.total);
	res->refs.unnamed = res->refs.total = 1;
	vcm_unreserve(res);
	vcm_destroy(vcm);
}

TEST(activation_stops_before_it_wraps)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = vcm_assoc_device(vcm, fake->dev);

	CHECK_ERR(0, vcm_activate(assoc));
	assoc->active = ((u32)1 << 31) - 1;
	state_assoc(unit_model(), vcm_assoc_id(assoc))->active = assoc->active;
	CHECK_ERR(0, vcm_activate(assoc));
	unit_events_clear();
	CHECK_ERR(-EOVERFLOW, vcm_activate(assoc));
	CHECK_STR("error", unit_event_names());
	CHECK_EQ((u32)1 << 31, assoc->active);
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
}
