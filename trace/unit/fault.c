// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault.c - faults that a driver reports: one event, and one call of the handler outside the locks.
 */
#include <pthread.h>

#include "fake.h"
#include "os_test.h"
#include "unit.h"

static struct vcm_fault seen;
static u32 calls;

/* Takes every lock of the core but that of the handler. */
static void handler(const struct vcm_fault *fault, void *data)
{
	struct vcm_res *res = vcm_find_res(data, fault->iova);

	unit_verify();
	if (!IS_ERR(res))
		vcm_unreserve(res);
	seen = *fault;
	calls++;
}

static void report(struct fake_device *fake, struct vcm *vcm, u64 iova, enum vcm_access access)
{
	struct vcm_fault fault = { .iova = iova, .access = access };

	CHECK(vcm_fault_begin(fake_dom(fake), &fault.domain) == vcm);
	vcm_fault_end(vcm, &fault, fake);
}

TEST(fault_is_an_event_and_a_call)
{
	struct fake_device *fake[2] = { fake_device("a", 0), fake_device("b", 0) };
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = unit_assoc(vcm, fake[1]);
	struct vcm_res *res = unit_res_at(vcm, 8 * PAGE, 2);

	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_ERR(0, vcm_ref_reserve(res));
	unit_events_clear();
	report(fake[1], vcm, 9 * PAGE + 8, VCM_ACCESS_WRITE);
	CHECK_STR("fault", unit_event_names());
	CHECK_EQ(vcm_res_id(res), unit_event(0)->id);
	CHECK_EQ(2, unit_event(0)->refs);
	CHECK_EQ(9 * PAGE + 8, unit_event(0)->arg[0]);
	CHECK_EQ(VCM_ACCESS_WRITE, unit_event(0)->arg[1]);
	CHECK_EQ(fake[1]->dev->id, unit_event(0)->arg[2]);
	CHECK_EQ(assoc->dom->id, unit_event(0)->arg[3]);
	CHECK_EQ(0, calls);
	vcm_set_fault_handler(vcm, handler, vcm);
	report(fake[1], vcm, 10 * PAGE, VCM_ACCESS_READ);
	CHECK_EQ(0, unit_event(1)->id);
	CHECK_EQ(1, calls);
	CHECK_EQ(10 * PAGE, seen.iova);
	CHECK_EQ(vcm_id(vcm), seen.vcm);
	CHECK_EQ(fake[1]->dev->id, seen.dev);
	CHECK_EQ(assoc->dom->id, seen.domain);
	CHECK_EQ(VCM_ACCESS_READ, seen.access);
	report(fake[1], vcm, 9 * PAGE, VCM_ACCESS_READ);
	CHECK_EQ(2, calls);
	vcm_set_fault_handler(vcm, NULL, NULL);
	report(fake[1], vcm, 0, VCM_ACCESS_READ);
	CHECK_EQ(2, calls);
	vcm_unreserve(res);
	vcm_unreserve(res);
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

TEST(fault_of_an_unknown_device_has_none)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = unit_assoc(vcm, fake);
	struct vcm_fault fault = { .iova = 5, .access = VCM_ACCESS_READ };

	CHECK_ERR(0, vcm_activate(assoc));
	vcm_fault_begin(fake_dom(fake), &fault.domain);
	vcm_fault_end(vcm, &fault, &fault);
	CHECK_EQ(0, fault.dev);
	CHECK_EQ(0, unit_event(unit_events() - 1)->arg[2]);
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

TEST(fault_inside_a_sub_window_is_of_the_innermost)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = unit_assoc(vcm, fake);
	struct vcm_req req = { .len = 8 * PAGE, .flags = VCM_RESERVE_BOUND };
	struct vcm_res *bound = vcm_reserve(vcm, &req), *res;

	req = (struct vcm_req) { .len = PAGE, .within = bound };
	res = vcm_reserve(vcm, &req);
	CHECK_ERR(0, vcm_activate(assoc));
	unit_events_clear();
	report(fake, vcm, PAGE - 1, VCM_ACCESS_READ);
	report(fake, vcm, PAGE, VCM_ACCESS_READ);
	CHECK_EQ(vcm_res_id(res), unit_event(0)->id);
	CHECK_EQ(vcm_res_id(bound), unit_event(1)->id);
	vcm_destroy(vcm);
	vcm_unreserve(bound);
	vcm_unreserve(res);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

static struct {
	struct vcm *vcm;
	struct fake_device *fake;
	struct vcm_fault fault;
	pthread_t thread;
	bool handled;
} late;

static void late_begin(struct vcm *vcm, struct fake_device *fake)
{
	late.vcm = vcm;
	late.fake = fake;
	late.fault = (struct vcm_fault) { .iova = PAGE + 5, .access = VCM_ACCESS_READ };
	CHECK(vcm_fault_begin(fake_dom(fake), &late.fault.domain) == vcm);
}

static void late_end(void)
{
	fake_unregister(late.fake);
	vcm_fault_end(late.vcm, &late.fault, late.fake);
}

/* Between the two halves of a report the device may go; its context waits. */
TEST(fault_on_its_way_is_told_before_its_context_ends)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = unit_assoc(vcm, fake);
	struct vcm_res *res = unit_res_at(vcm, PAGE, 1);

	CHECK_ERR(0, vcm_activate(assoc));
	late_begin(vcm, fake);
	unit_events_clear();
	os_hooks.waiting = late_end;
	vcm_destroy(vcm);
	CHECK_STR("unref deactivate deassoc fault unreserve destroy", unit_event_names());
	CHECK_EQ(vcm_res_id(res), unit_event(3)->id);
	CHECK_EQ(0, late.fault.dev);
	CHECK_EQ(0, unit_event(3)->arg[2]);
	vcm_unreserve(res);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

/* What could not be kept is told as failed, without the handler, and its context waits for it. */
static void lost_end(void)
{
	vcm_fault_lost(late.vcm, &late.fault, 7);
}

TEST(fault_that_was_lost_is_told_before_its_context_ends)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = unit_assoc(vcm, fake);
	u32 domain;

	CHECK_ERR(0, vcm_activate(assoc));
	domain = assoc->dom->id;
	calls = 0;
	vcm_set_fault_handler(vcm, handler, vcm);
	late_begin(vcm, fake);
	unit_events_clear();
	os_hooks.waiting = lost_end;
	vcm_destroy(vcm);
	CHECK_STR("unref deactivate deassoc error destroy", unit_event_names());
	CHECK_EQ(vcm_id(vcm), unit_event(3)->vcm);
	CHECK_EQ(0, unit_event(3)->id);
	CHECK_EQ(-ENOBUFS, unit_event(3)->err);
	CHECK_EQ(VCM_OP_FAULT, unit_event(3)->arg[0]);
	CHECK_EQ(PAGE + 5, unit_event(3)->arg[1]);
	CHECK_EQ(7, unit_event(3)->arg[2]);
	CHECK_EQ(domain, unit_event(3)->arg[3]);
	CHECK_EQ(0, calls);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

static void late_handler(const struct vcm_fault *fault, void *data)
{
	bool *handled = data;

	unit_verify();
	*handled = fault->iova == late.fault.iova;
}

static void *late_thread(void *arg)
{
	vcm_fault_end(late.vcm, &late.fault, late.fake);
	return arg;
}

static void late_start(void)
{
	CHECK_EQ(0, pthread_create(&late.thread, NULL, late_thread, NULL));
}

/* The thread sanitizer sees whether the handler is over, whichever of both is first. */
TEST(fault_handler_has_returned_when_its_context_has_ended)
{
	for (int i = 0; i < 20; i++) {
		struct fake_device *fake = fake_device("dev", 0);
		struct vcm *vcm = unit_context(0, ~0ull);
		struct vcm_assoc *assoc = unit_assoc(vcm, fake);

		late.handled = false;
		vcm_set_fault_handler(vcm, late_handler, &late.handled);
		CHECK_ERR(0, vcm_activate(assoc));
		late_begin(vcm, fake);
		os_hooks.waiting = late_start;
		vcm_put(vcm);
		CHECK(late.handled);
		CHECK_EQ(0, pthread_join(late.thread, NULL));
		CHECK_ERR(0, vcm_deassoc(assoc));
		fake_unregister(fake);
	}
}
