// SPDX-License-Identifier: GPL-2.0-only
/*
 * switch.c - a device from one context to another, and a context off its IOMMUs and back.
 */
#include "fake.h"
#include "unit.h"

/* Two contexts with one binding each, and a device of both; active twice in the first. */
struct twin {
	struct vcm *vcm[2];
	struct vcm_res *res[2];
	struct vcm_phys *phys[2];
	struct fake_device *fake;
	struct vcm_assoc *assoc[2];
};

static void twin_begin(struct twin *twin)
{
	twin->fake = fake_device("dev", 0);
	for (u32 i = 0; i < 2; i++) {
		twin->vcm[i] = unit_context(0, ~0ull);
		twin->phys[i] = unit_phys(1);
		twin->res[i] = unit_res_at(twin->vcm[i], 0, 1);
		CHECK_ERR(0, vcm_bind(twin->res[i], twin->phys[i], 0, RW));
		twin->assoc[i] = unit_assoc(twin->vcm[i], twin->fake);
	}
	CHECK_ERR(0, vcm_activate(twin->assoc[0]));
	CHECK_ERR(0, vcm_activate(twin->assoc[0]));
	unit_events_clear();
}

static void twin_end(struct twin *twin)
{
	unit_verify();
	for (u32 i = 0; i < 2; i++) {
		vcm_destroy(twin->vcm[i]);
		vcm_unreserve(twin->res[i]);
		vcm_phys_put(twin->phys[i]);
		CHECK_ERR(0, vcm_deassoc(twin->assoc[i]));
	}
}

static u64 pa_of(const struct vcm_phys *phys)
{
	u32 nr;

	return vcm_phys_chunks(phys, &nr)->pa;
}

TEST(switch_moves_every_activation)
{
	struct twin twin;

	twin_begin(&twin);
	CHECK_EQ(pa_of(twin.phys[0]), fake_translate(twin.fake, 0, RW));
	CHECK_ERR(0, vcm_switch(twin.assoc[0], twin.assoc[1]));
	CHECK_STR("map unmap switch", unit_event_names());
	CHECK_EQ(pa_of(twin.phys[1]), fake_translate(twin.fake, 0, RW));
	CHECK_EQ(0, vcm_assoc_activations(twin.assoc[0]));
	CHECK_EQ(2, vcm_assoc_activations(twin.assoc[1]));
	CHECK_EQ(2, unit_event(2)->refs);
	CHECK_EQ(vcm_id(twin.vcm[1]), unit_event(2)->vcm);
	CHECK_EQ(vcm_id(twin.vcm[0]), unit_event(2)->arg[2]);
	unit_verify();
	CHECK_EQ(1, fake_counts.domains);
	CHECK_ERR(0, vcm_switch(twin.assoc[1], twin.assoc[0]));
	CHECK_ERR(0, vcm_deactivate(twin.assoc[0]));
	CHECK_ERR(0, vcm_deactivate(twin.assoc[0]));
	twin_end(&twin);
}

TEST(switch_leaves_the_domain_to_the_devices_that_stay)
{
	struct fake_device *mate;
	struct vcm_assoc *assoc;
	struct vcm_info info;
	struct twin twin;

	twin_begin(&twin);
	mate = fake_device("mate", 0);
	mate->caps.last = (1 << 20) - 1;
	assoc = unit_assoc(twin.vcm[0], mate);
	CHECK_ERR(0, vcm_activate(assoc));
	unit_events_clear();
	CHECK_ERR(0, vcm_switch(twin.assoc[0], twin.assoc[1]));
	CHECK_STR("map switch", unit_event_names());
	CHECK_EQ(pa_of(twin.phys[0]), fake_translate(mate, 0, RW));
	vcm_info(twin.vcm[1], &info);
	CHECK_EQ(~0ull, info.reach_last);
	unit_verify();
	CHECK_ERR(0, vcm_switch(twin.assoc[1], twin.assoc[0]));
	CHECK_STR("map switch unmap switch", unit_event_names());
	vcm_info(twin.vcm[0], &info);
	CHECK_EQ((1 << 20) - 1, info.reach_last);
	twin_end(&twin);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

TEST(each_errno_of_switch)
{
	struct fake_device *other;
	struct vcm_assoc *assoc;
	struct twin twin;

	twin_begin(&twin);
	other = fake_device("other", 0);
	assoc = unit_assoc(twin.vcm[1], other);
	unit_events_clear();
	CHECK_ERR(-EINVAL, vcm_switch(twin.assoc[0], twin.assoc[0]));
	CHECK_ERR(-EINVAL, vcm_switch(twin.assoc[0], assoc));
	CHECK_ERR(-ENXIO, vcm_switch(twin.assoc[1], twin.assoc[0]));
	CHECK_ERR(0, vcm_save(twin.vcm[1]));
	CHECK_ERR(-EBUSY, vcm_switch(twin.assoc[0], twin.assoc[1]));
	CHECK_ERR(0, vcm_activate(twin.assoc[1]));
	CHECK_ERR(-EBUSY, vcm_restore(twin.vcm[1]));
	CHECK_ERR(-EBUSY, vcm_switch(twin.assoc[0], twin.assoc[1]));
	CHECK_ERR(0, vcm_deactivate(twin.assoc[1]));
	CHECK_ERR(0, vcm_restore(twin.vcm[1]));
	CHECK_ERR(0, vcm_save(twin.vcm[0]));
	CHECK_ERR(-EBUSY, vcm_switch(twin.assoc[0], twin.assoc[1]));
	CHECK_ERR(0, vcm_restore(twin.vcm[0]));
	unit_verify();
	fake_unregister(twin.fake);
	CHECK_ERR(-ENODEV, vcm_switch(twin.assoc[0], twin.assoc[1]));
	CHECK_EQ(VCM_OP_SWITCH, unit_event(unit_events() - 1)->arg[0]);
	twin_end(&twin);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

/* Each failure on the way there brings the device back to where it was. */
TEST(failed_switch_brings_the_device_back)
{
	static const enum fake_op op[3] = { FAKE_ALLOC, FAKE_ATTACH, FAKE_MAP };
	struct state before, after;
	struct twin twin;

	twin_begin(&twin);
	unit_snapshot(&before);
	for (u32 i = 0; i < 3; i++) {
		fake_fail_nth(op[i], 1, -EIO);
		CHECK_ERR(-EIO, vcm_switch(twin.assoc[0], twin.assoc[1]));
		CHECK(fake_fail_fired());
		CHECK_EQ(pa_of(twin.phys[0]), fake_translate(twin.fake, 0, RW));
		unit_verify();
		unit_snapshot(&after);
		CHECK_NONE(state_compare(&before, &after, false));
		state_clear(&after);
	}
	CHECK_STR("error error error", unit_event_names());
	CHECK_EQ(1, fake_counts.domains);
	state_clear(&before);
	twin_end(&twin);
}

TEST(device_that_can_go_neither_way_is_active_nowhere)
{
	struct twin twin;
	u32 domain;

	twin_begin(&twin);
	domain = fake_dom(twin.fake)->id;
	fake_fail_from(FAKE_ATTACH, 1, 2, -EIO);
	CHECK_ERR(-ENOTRECOVERABLE, vcm_switch(twin.assoc[0], twin.assoc[1]));
	CHECK_STR("unmap deactivate error", unit_event_names());
	CHECK_EQ(domain, unit_event(1)->arg[1]);
	CHECK_EQ(0, unit_event(1)->refs);
	CHECK(!twin.fake->on);
	CHECK_EQ(0, fake_counts.domains);
	CHECK_EQ(0, vcm_assoc_activations(twin.assoc[0]));
	unit_verify();
	CHECK_ERR(0, vcm_activate(twin.assoc[1]));
	twin_end(&twin);
}

TEST(save_takes_a_context_off_and_restore_puts_it_back)
{
	struct vcm_info info;
	struct twin twin;

	twin_begin(&twin);
	CHECK_ERR(-EINVAL, vcm_restore(twin.vcm[0]));
	CHECK_ERR(0, vcm_save(twin.vcm[0]));
	CHECK_STR("error unmap save", unit_event_names());
	CHECK(!twin.fake->on);
	vcm_info(twin.vcm[0], &info);
	CHECK(info.saved);
	CHECK_EQ(0, info.domains);
	CHECK_EQ(2, vcm_assoc_activations(twin.assoc[0]));
	CHECK_ERR(-EALREADY, vcm_save(twin.vcm[0]));
	unit_verify();
	unit_events_clear();
	CHECK_ERR(0, vcm_restore(twin.vcm[0]));
	CHECK_STR("map activate restore", unit_event_names());
	CHECK_EQ(2, unit_event(1)->refs);
	CHECK_EQ(pa_of(twin.phys[0]), fake_translate(twin.fake, 0, RW));
	CHECK_ERR(-EINVAL, vcm_restore(twin.vcm[0]));
	vcm_get(twin.vcm[0]);
	vcm_destroy(twin.vcm[0]);
	CHECK_ERR(-ENODEV, vcm_save(twin.vcm[0]));
	CHECK_ERR(-ENODEV, vcm_restore(twin.vcm[0]));
	twin_end(&twin);
}

TEST(saved_context_may_change_and_reaches_no_hardware)
{
	struct fake_device *other;
	struct vcm_assoc *assoc;
	struct vcm_res *res;
	struct twin twin;
	u64 attaches;

	twin_begin(&twin);
	other = fake_device("other", 1);
	assoc = unit_assoc(twin.vcm[0], other);
	CHECK_ERR(0, vcm_save(twin.vcm[0]));
	attaches = fake_counts.calls[FAKE_ATTACH];
	unit_events_clear();
	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_ERR(0, vcm_deactivate(twin.assoc[0]));
	CHECK_ERR(0, vcm_deactivate(twin.assoc[0]));
	CHECK_ERR(-ENXIO, vcm_deactivate(twin.assoc[0]));
	CHECK_ERR(-EBUSY, vcm_deassoc(assoc));
	res = unit_res_at(twin.vcm[0], 4 * PAGE, 1);
	CHECK_ERR(0, vcm_bind(res, twin.phys[1], 0, RW));
	CHECK_ERR(0, vcm_unbind(twin.res[0]));
	CHECK_STR("activate activate deactivate deactivate error error reserve bind unbind",
		  unit_event_names());
	CHECK_EQ(0, unit_event(0)->arg[1]);
	CHECK_EQ(attaches, fake_counts.calls[FAKE_ATTACH]);
	unit_verify();
	CHECK_ERR(0, vcm_restore(twin.vcm[0]));
	CHECK(!twin.fake->on);
	CHECK_EQ(0, fake_translate(other, 0, RW));
	CHECK_EQ(pa_of(twin.phys[1]), fake_translate(other, 4 * PAGE, RW));
	twin_end(&twin);
	vcm_unreserve(res);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

TEST(failed_restore_leaves_the_context_saved)
{
	static const enum fake_op op[3] = { FAKE_ALLOC, FAKE_ATTACH, FAKE_MAP };
	struct state before, after;
	struct fake_device *other;
	struct vcm_assoc *assoc;
	struct twin twin;

	twin_begin(&twin);
	other = fake_device("other", 1);
	assoc = unit_assoc(twin.vcm[0], other);
	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_ERR(0, vcm_save(twin.vcm[0]));
	unit_snapshot(&before);
	for (u32 i = 0; i < 6; i++) {
		fake_fail_nth(op[i / 2], 1 + i % 2, -EIO);
		CHECK_ERR(-EIO, vcm_restore(twin.vcm[0]));
		CHECK(fake_fail_fired());
		CHECK(!twin.fake->on && !other->on);
		CHECK_EQ(0, fake_counts.domains);
		unit_verify();
		unit_snapshot(&after);
		CHECK_NONE(state_compare(&before, &after, false));
		state_clear(&after);
	}
	CHECK_ERR(0, vcm_restore(twin.vcm[0]));
	CHECK(twin.fake->on && other->on);
	state_clear(&before);
	twin_end(&twin);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

TEST(saved_context_lets_everything_go)
{
	struct twin twin;

	twin_begin(&twin);
	CHECK_ERR(0, vcm_save(twin.vcm[0]));
	unit_events_clear();
	fake_unregister(twin.fake);
	CHECK_STR("deactivate deassoc deassoc", unit_event_names());
	unit_verify();
	twin_end(&twin);
}

TEST(saved_context_is_destroyed_like_any_other)
{
	struct twin twin;

	twin_begin(&twin);
	CHECK_ERR(0, vcm_save(twin.vcm[0]));
	unit_events_clear();
	vcm_get(twin.vcm[0]);
	vcm_destroy(twin.vcm[0]);
	CHECK_STR("ref unref deactivate deassoc unbind unreserve destroy", unit_event_names());
	CHECK_EQ(0, unit_event(2)->arg[1]);
	twin_end(&twin);
}
