// SPDX-License-Identifier: GPL-2.0-only
/*
 * seq.c - events: numbered without a gap in their stream, under its lock, complete.
 *
 * The model behind every test refuses a gap; here is what it cannot see.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "fake.h"
#include "unit.h"
#include "vcm_probe.h"

#define COUNT(type, name, fmt, text)	+ 1
#define NR_ARGS(name, nr, text)		[nr] = 0 VCM_EV_##name(COUNT),

static const u16 nr_args[VCM_EVENT_END] = { VCM_EVENTS(NR_ARGS) };

/* The events of a device that moves and faults. */
static void move_everything(struct vcm *vcm, struct vcm_assoc *from, struct vcm *other)
{
	struct fake_device *fake = vcm_device_priv(from->dev);
	struct vcm_assoc *to = unit_assoc(other, fake);
	struct vcm_fault fault = { .access = VCM_ACCESS_READ };

	CHECK_ERR(0, vcm_activate(from));
	CHECK_ERR(0, vcm_save(vcm));
	CHECK_ERR(0, vcm_restore(vcm));
	CHECK_ERR(0, vcm_switch(from, to));
	CHECK(vcm_fault_begin(fake_dom(fake), &fault.domain) == other);
	vcm_fault_end(other, &fault, fake);
	CHECK_ERR(0, vcm_deactivate(to));
	CHECK_ERR(0, vcm_deassoc(to));
}

/* Make every event there is, at least once. */
static void do_everything(void)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull), *other = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = vcm_assoc_device(vcm, fake->dev);
	struct vcm_res *res = unit_res_at(vcm, 0, 2);
	struct vcm_phys *phys = vcm_phys_get(unit_phys(2));

	vcm_put(vcm_get(vcm));
	CHECK_ERR(0, vcm_ref_reserve(res));
	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	CHECK_ERR(-EALREADY, vcm_bind(res, phys, 0, RW));
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 0, PAGE));
	CHECK_PTR_ERR(-EINVAL, vcm_reserve_at(other, 0, 0));
	CHECK_ERR(0, vcm_unbind(res));
	CHECK_ERR(-ENXIO, vcm_unbind(res));
	CHECK_ERR(0, vcm_deactivate(assoc));
	CHECK_ERR(-ENXIO, vcm_deactivate(assoc));
	move_everything(vcm, assoc, other);
	CHECK_ERR(0, vcm_deassoc(assoc));
	vcm_phys_put(phys);
	vcm_phys_put(phys);
	vcm_unreserve(res);
	vcm_unreserve(res);
	vcm_destroy(vcm);
	vcm_destroy(other);
}

static void (*hear)(const struct vcm_event *event);
static u32 heard[VCM_EVENT_END];

static void check_lock(const struct vcm_event *event)
{
	const struct vcm_stream *stream = &vcm_registry.stream;
	const struct vcm *vcm;

	list_for_each_entry(vcm, &vcm_registry.contexts, node)
		if (vcm->stream.id == event->stream)
			stream = &vcm->stream;
	CHECK_EQ(stream->id, event->stream);
	CHECK_EQ(stream->seq, event->seq);
	CHECK(os_mutex_is_mine(&stream->lock));
	heard[event->type]++;
	hear(event);
}

TEST(events_come_under_the_lock_of_their_stream)
{
	hear = vcm_probe_sink;
	vcm_probe_sink = check_lock;
	do_everything();
	vcm_probe_sink = hear;
	for (u32 type = 1; type < VCM_EVENT_END; type++)
		CHECK(heard[type]);
}

TEST(each_stream_counts_from_1_without_a_gap)
{
	u64 seq[3] = {};

	do_everything();
	for (u32 i = 0; i < unit_events(); i++) {
		const struct vcm_event *event = unit_event(i);

		CHECK(event->stream < 3);
		CHECK_EQ(++seq[event->stream], event->seq);
		CHECK(!event->stream || event->vcm == event->stream);
	}
	for (u32 i = 0; i < 3; i++)
		CHECK(seq[i]);
}

TEST(event_says_who_and_when)
{
	const struct vcm_event *event;
	struct timespec now;
	u64 before = 0;

	do_everything();
	clock_gettime(CLOCK_MONOTONIC, &now);
	for (u32 i = 0; i < unit_events(); i++) {
		event = unit_event(i);
		CHECK_EQ(nr_args[event->type], event->nr_arg);
		CHECK(event->nr_arg <= VCM_EVENT_ARGS);
		for (u32 arg = event->nr_arg; arg < VCM_EVENT_ARGS; arg++)
			CHECK_EQ(0, event->arg[arg]);
		CHECK(event->ts_ns && event->ts_ns >= before);
		CHECK_EQ(getpid(), event->pid);
		CHECK_EQ(getpid(), event->tid);
		CHECK(event->comm[0]);
		before = event->ts_ns;
	}
	CHECK(before <= (u64)now.tv_sec * 1000000000 + now.tv_nsec);
}

/* A failed call is one error event in the stream of its subject, with its errno. */
static void check_error(u32 stream, enum vcm_op op, int err)
{
	const struct vcm_event *event;

	CHECK_EQ(1, unit_events());
	event = unit_event(0);
	CHECK_EQ(VCM_EVENT_error, event->type);
	CHECK_EQ(stream, event->stream);
	CHECK_EQ(stream, event->vcm);
	CHECK_EQ(op, event->arg[0]);
	CHECK_ERR(err, event->err);
	unit_events_clear();
}

TEST(failed_call_is_one_event_where_its_subject_is)
{
	const struct vcm_phys_req none = {};
	const struct vcm_cfg bad = { .start = 1, .last = 0 };
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 1);
	struct vcm_phys *phys = unit_phys(2);

	unit_events_clear();
	CHECK_PTR_ERR(-EINVAL, vcm_create(&bad));
	check_error(0, VCM_OP_CREATE, -EINVAL);
	CHECK_PTR_ERR(-EINVAL, vcm_phys_alloc(&none));
	check_error(0, VCM_OP_PHYS_ALLOC, -EINVAL);
	CHECK_PTR_ERR(-EADDRINUSE, vcm_reserve_at(vcm, 0, PAGE));
	check_error(1, VCM_OP_RESERVE, -EADDRINUSE);
	CHECK_ERR(-ENOSPC, vcm_bind(res, phys, 0, RW));
	check_error(1, VCM_OP_BIND, -ENOSPC);
	CHECK_ERR(-EINVAL, vcm_bind(res, phys, 1, RW));
	check_error(1, VCM_OP_BIND, -EINVAL);
	CHECK_ERR(-ENXIO, vcm_unbind(res));
	check_error(1, VCM_OP_UNBIND, -ENXIO);
	vcm_unreserve(res);
	vcm_phys_put(phys);
	vcm_destroy(vcm);
}

TEST(failed_call_on_a_device_is_one_event_of_the_registry)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = vcm_assoc_device(vcm, fake->dev);

	unit_events_clear();
	CHECK_PTR_ERR(-EEXIST, vcm_assoc_device(vcm, fake->dev));
	CHECK_ERR(-ENXIO, vcm_deactivate(assoc));
	fake_fail_nth(FAKE_ATTACH, 1, -EIO);
	CHECK_ERR(-EIO, vcm_activate(assoc));
	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_ERR(-EBUSY, vcm_deassoc(assoc));
	CHECK_STR("error error error activate error", unit_event_names());
	CHECK_EQ(VCM_OP_ASSOC, unit_event(0)->arg[0]);
	CHECK_EQ(VCM_OP_DEACTIVATE, unit_event(1)->arg[0]);
	CHECK_EQ(VCM_OP_ACTIVATE, unit_event(2)->arg[0]);
	CHECK_EQ(VCM_OP_DEASSOC, unit_event(4)->arg[0]);
	for (u32 i = 0; i < 5; i++) {
		CHECK_EQ(0, unit_event(i)->stream);
		CHECK_EQ(vcm_id(vcm), unit_event(i)->vcm);
	}
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
}
