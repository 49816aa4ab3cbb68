// SPDX-License-Identifier: GPL-2.0-only
/*
 * unit.c - the model that listens to every event, and the leak gate behind every test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake.h"
#include "os_test.h"
#include "unit.h"
#include "vcm_probe.h"

#define UNIT_EVENT_NAME(name, nr, text) [nr] = #name,

static struct {
	struct state model;
	struct vcm_event *events;
	char *names;
	u32 nr;
	u32 room;
	u32 warnings;
	bool silent;
} unit;

void unit_expect_warnings(u32 nr)
{
	unit.warnings += nr;
}

static void unit_hear(const struct vcm_event *event)
{
	CHECK_NONE(model_apply(&unit.model, event));
	if (unit.silent)
		return;
	if (unit.nr == unit.room) {
		unit.room = unit.room ? unit.room * 2 : 64;
		unit.events = realloc(unit.events, unit.room * sizeof(*unit.events));
		CHECK(unit.events);
	}
	unit.events[unit.nr++] = *event;
}

struct state *unit_model(void)
{
	return &unit.model;
}

void unit_events_clear(void)
{
	unit.nr = 0;
}

u32 unit_events(void)
{
	return unit.nr;
}

const struct vcm_event *unit_event(u32 nr)
{
	CHECK(nr < unit.nr);
	return &unit.events[nr];
}

void unit_log_events(bool on)
{
	unit.silent = !on;
}

const char *unit_event_names(void)
{
	static const char *const names[VCM_EVENT_END] = { VCM_EVENTS(UNIT_EVENT_NAME) };
	size_t room = 1 + unit.nr * 16, len = 0;

	unit.names = realloc(unit.names, room);
	CHECK(unit.names);
	unit.names[0] = '\0';
	for (u32 i = 0; i < unit.nr; i++)
		len += snprintf(unit.names + len, room - len, "%s%s", i ? " " : "",
				names[unit.events[i].type]);
	return unit.names;
}

void unit_snapshot(struct state *state)
{
	void *data = NULL;
	size_t len = 0;

	memset(state, 0, sizeof(*state));
	CHECK_ERR(0, vcm_snap_take(&data, &len));
	CHECK_NONE(state_decode(state, data, len));
	vcm_os_free(data);
}

void unit_verify(void)
{
	struct state state;

	CHECK_NONE(vcm_check());
	CHECK_NONE(fake_check());
	unit_snapshot(&state);
	CHECK_NONE(state_compare(&unit.model, &state, true));
	state_clear(&state);
}

void unit_setup(void)
{
	os_bug_told = unit_fail;
	vcm_core_init();
	model_init(&unit.model);
	vcm_probe_sink = unit_hear;
}

void unit_teardown(void)
{
	unit_verify();
	fake_teardown();
	unit_verify();
	CHECK(list_empty(&vcm_registry.contexts));
	CHECK(list_empty(&vcm_registry.physes));
	CHECK(list_empty(&vcm_registry.devices));
	CHECK_EQ(0, vcm_os_objects_held());
	CHECK_EQ(0, vcm_os_pages_held());
	CHECK_EQ(0, os_vmaps_held());
	CHECK(list_empty(&vcm_registry.holders));
	CHECK_EQ(0, os_locks_lost());
	CHECK_EQ(unit.warnings, os_warnings());
	vcm_probe_sink = NULL;
	state_clear(&unit.model);
	free(unit.events);
	free(unit.names);
	memset(&unit, 0, sizeof(unit));
}

struct vcm *unit_context(u64 start, u64 last)
{
	const struct vcm_cfg cfg = { .start = start, .last = last, .driver = &fake_driver };
	struct vcm *vcm = vcm_create(&cfg);

	CHECK_PTR_ERR(0, vcm);
	return vcm;
}

struct vcm_res *unit_res_at(struct vcm *vcm, u64 start, u64 pages)
{
	struct vcm_res *res = vcm_reserve_at(vcm, start, pages * PAGE);

	CHECK_PTR_ERR(0, res);
	return res;
}

struct vcm_phys *unit_phys(u64 pages)
{
	const struct vcm_phys_req req = { .len = pages * PAGE };
	struct vcm_phys *phys = vcm_phys_alloc(&req);

	CHECK_PTR_ERR(0, phys);
	return phys;
}

struct vcm *unit_context_of(const struct vcm_driver *driver)
{
	const struct vcm_cfg cfg = { .last = ~0ull, .driver = driver };
	struct vcm *vcm = vcm_create(&cfg);

	CHECK_PTR_ERR(0, vcm);
	return vcm;
}

struct vcm_holder *unit_holder(const char *name)
{
	struct vcm_holder *holder = vcm_holder_create(name);

	CHECK(holder);
	return holder;
}

struct vcm_assoc *unit_assoc(struct vcm *vcm, struct fake_device *fake)
{
	struct vcm_assoc *assoc = vcm_assoc_device(vcm, fake->dev);

	CHECK_PTR_ERR(0, assoc);
	return assoc;
}

static u32 released;

/* Outside the locks, and not while a device reaches it. */
static void release(void *priv)
{
	CHECK_EQ(0, os_foreign_mapped((uintptr_t)priv));
	CHECK_NONE(vcm_check());
	released++;
}

u32 unit_released(void)
{
	return released;
}

struct vcm_phys *unit_wrap(u32 nr, u64 pages, bool readonly)
{
	static const struct vcm_phys_ops ops = { release };
	const struct vcm_chunk chunk = { os_foreign(nr), pages * PAGE };
	const struct vcm_phys_desc desc = {
		.chunks = &chunk,
		.nr_chunks = 1,
		.source = VCM_SOURCE_ARRAY,
		.ops = &ops,
		.priv = (void *)(uintptr_t)nr,
		.readonly = readonly,
	};
	struct vcm_phys *phys = vcm_phys_wrap(&desc);

	CHECK_PTR_ERR(0, phys);
	return phys;
}
