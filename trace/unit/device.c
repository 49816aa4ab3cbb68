// SPDX-License-Identifier: GPL-2.0-only
/*
 * device.c - devices that come and go, also while they are in use.
 */
#include "fake.h"
#include "unit.h"

TEST(name_of_a_device_is_unique_and_fits)
{
	char name[VCM_DEVICE_NAME_LEN + 1] = "0000:00:05.0";
	struct fake_device *fake = fake_device(name, 0);

	CHECK_PTR_ERR(-EEXIST, vcm_device_register(name, "", 0, NULL));
	memset(name, 'x', VCM_DEVICE_NAME_LEN);
	CHECK_PTR_ERR(-ENAMETOOLONG, vcm_device_register(name, "", 0, NULL));
	name[VCM_DEVICE_NAME_LEN - 1] = '\0';
	fake_unregister(fake);
	fake_register(fake, name);
	CHECK_STR(name, fake->dev->name);
	CHECK(vcm_device_priv(fake->dev) == fake);
}

TEST(user_space_finds_only_devices_that_were_offered)
{
	struct vcm_device *kept = vcm_device_register("kept", "", 0, NULL);
	struct vcm_device *offered = vcm_device_register("offered", "", VCM_DEVICE_USER, NULL);

	CHECK(!vcm_device_find_user("kept"));
	CHECK(!vcm_device_find_user("offer"));
	CHECK(!vcm_device_find_user(""));
	CHECK(vcm_device_find_user("offered") == offered);
	vcm_device_unregister(offered);
	CHECK(!vcm_device_find_user("offered"));
	CHECK_STR("offered", offered->name);	/* held by the one who found it */
	vcm_device_put(offered);
	vcm_device_unregister(kept);
}

TEST(device_that_goes_away_is_detached_everywhere)
{
	struct fake_device *fake = fake_device("dev", 0), *mate = fake_device("mate", 0);
	struct vcm *one = unit_context(0, ~0ull), *two = unit_context(0, ~0ull);
	struct vcm_assoc *assoc[3] = { vcm_assoc_device(one, fake->dev),
				       vcm_assoc_device(two, fake->dev),
				       vcm_assoc_device(one, mate->dev) };
	struct vcm_res *res = unit_res_at(one, 0, 1);
	struct vcm_phys *phys = unit_phys(1);

	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	CHECK_ERR(0, vcm_activate(assoc[0]));
	CHECK_ERR(0, vcm_activate(assoc[0]));
	CHECK_ERR(0, vcm_activate(assoc[2]));
	unit_events_clear();
	fake_unregister(fake);
	CHECK_STR("deactivate deassoc deassoc", unit_event_names());
	CHECK_EQ(0, unit_event(0)->refs);
	CHECK(!fake->on && mate->on);
	CHECK(fake_translate(mate, 0, RW));
	CHECK_ERR(-ENODEV, vcm_activate(assoc[0]));
	CHECK_ERR(-ENODEV, vcm_deactivate(assoc[1]));
	CHECK_STR("deactivate deassoc deassoc error error", unit_event_names());
	fake_unregister(mate);
	CHECK_STR("deactivate deassoc deassoc error error unmap deactivate deassoc",
		  unit_event_names());
	unit_verify();
	for (u32 i = 0; i < 3; i++)
		CHECK_ERR(0, vcm_deassoc(assoc[i]));
	CHECK_EQ(8, unit_events());
	vcm_unreserve(res);
	vcm_phys_put(phys);
	vcm_destroy(one);
	vcm_destroy(two);
}

TEST(device_that_is_gone_cannot_be_associated)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = vcm_assoc_device(vcm, fake->dev);
	struct vcm_device *dev = fake->dev;

	fake_unregister(fake);
	unit_events_clear();
	CHECK_PTR_ERR(-ENODEV, vcm_assoc_device(vcm, dev));	/* kept by the association */
	CHECK_STR("error", unit_event_names());
	CHECK_ERR(0, vcm_deassoc(assoc));
	vcm_destroy(vcm);
}

TEST(device_outlives_its_name_in_dead_associations)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *old = vcm_assoc_device(vcm, fake->dev), *assoc;

	fake_unregister(fake);
	fake_register(fake, "dev");
	assoc = vcm_assoc_device(vcm, fake->dev);
	CHECK_PTR_ERR(0, assoc);
	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_ERR(-ENODEV, vcm_activate(old));
	CHECK_ERR(0, vcm_deassoc(old));
	CHECK(fake->on);
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
}
