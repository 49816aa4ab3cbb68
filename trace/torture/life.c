// SPDX-License-Identifier: GPL-2.0-only
/*
 * life.c - a process that tortures a core until it is killed, or has done enough and leaves
 * nothing behind.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os_test.h"
#include "torture.h"
#include "vcm_probe.h"

struct torture_log *torture_log;

static struct torture_worker workers[TORTURE_THREADS];
static pthread_barrier_t start_line;
static u64 rounds_left;

/* Called with the lock of the stream held, which is what L3 rests on. */
static void write_record(const struct vcm_event *event)
{
	u64 ticket = __atomic_fetch_add(&torture_log->next, 1, __ATOMIC_RELAXED);
	struct torture_record *record = &torture_log->record[ticket];

	CHECK(ticket < TORTURE_ROOM);
	if (torture_log->suicide && ticket + 1 == torture_log->suicide) {
		memcpy(&record->event, event, sizeof(*event) / 2);
		kill(getpid(), SIGKILL);
	}
	record->event = *event;
	__atomic_store_n(&record->ready, 1, __ATOMIC_RELEASE);
}

void torture_keep_snapshot(void)
{
	void *data = NULL;
	size_t len = 0;
	u64 place;
	int err = vcm_snap_take(&data, &len);

	CHECK(!err || err == -ENOMEM);
	if (err)
		return;
	place = __atomic_fetch_add(&torture_log->snapshots, 1, __ATOMIC_RELAXED);
	if (place < TORTURE_SNAPSHOTS && len <= TORTURE_SNAPSHOT_LEN) {
		struct torture_snapshot *snapshot = &torture_log->snapshot[place];

		memcpy(snapshot->data, data, len);
		snapshot->len = len;
		__atomic_store_n(&snapshot->ready, 1, __ATOMIC_RELEASE);
	}
	vcm_os_free(data);
}

static bool may_go_on(void)
{
	return __atomic_load_n(&torture_log->next, __ATOMIC_RELAXED) <
	       TORTURE_ROOM - TORTURE_MARGIN &&
	       (s64)__atomic_sub_fetch(&rounds_left, 1, __ATOMIC_RELAXED) > 0;
}

static void *work(void *arg)
{
	torture_self = arg;
	pthread_barrier_wait(&start_line);
	while (may_go_on())
		torture_routine();
	return NULL;
}

static void begin(u64 seed)
{
	static const char *const names[TORTURE_THREADS] = { "dev0", "dev1", "dev2", "dev3" };

	unit_setup();
	vcm_probe_sink = write_record;
	for (u32 i = 0; i < TORTURE_SHARED; i++)
		torture_shared.context[i] = unit_context(0, ~0ull);
	torture_shared.res = unit_res_at(torture_shared.context[0], -64 * PAGE, 4);
	torture_shared.phys = unit_phys(4);
	for (u32 i = 0; i < TORTURE_THREADS; i++) {
		torture_self = &workers[i];
		torture_self->random = seed + i;
		torture_self->holder = unit_holder(names[i]);
		torture_self->fake = fake_device(names[i], i % 2);
		for (u32 nr = 0; nr < TORTURE_SHARED; nr++)
			torture_join(nr);
	}
}

/* Nothing may be left, of objects, pages, references and locks. */
static void end(void)
{
	os_fail_nth(0, 0);
	for (u32 i = 0; i < TORTURE_SHARED; i++)
		vcm_destroy(torture_shared.context[i]);
	vcm_unreserve(torture_shared.res);
	vcm_phys_put(torture_shared.phys);
	for (u32 i = 0; i < TORTURE_THREADS; i++) {
		for (u32 nr = 0; nr < TORTURE_SHARED; nr++)
			if (workers[i].assoc[nr])
				CHECK_ERR(0, vcm_deassoc(workers[i].assoc[nr]));
		vcm_holder_put(workers[i].holder);
	}
	CHECK_NONE(vcm_check());
	CHECK_NONE(fake_check());
	fake_teardown();
	CHECK(list_empty(&vcm_registry.contexts));
	CHECK(list_empty(&vcm_registry.physes));
	CHECK(list_empty(&vcm_registry.holders));
	CHECK_EQ(0, vcm_os_objects_held());
	CHECK_EQ(0, vcm_os_pages_held());
	CHECK_EQ(0, os_vmaps_held());
	CHECK_EQ(0, os_locks_lost());
	CHECK_EQ(0, os_warnings());
}

_Noreturn void torture_live(u64 seed, u64 rounds)
{
	rounds_left = rounds;
	begin(seed);
	CHECK(!pthread_barrier_init(&start_line, NULL, TORTURE_THREADS));
	for (u32 i = 0; i < TORTURE_THREADS; i++)
		CHECK(!pthread_create(&workers[i].thread, NULL, work, &workers[i]));
	for (u32 i = 0; i < TORTURE_THREADS; i++)
		CHECK(!pthread_join(workers[i].thread, NULL));
	end();
	state_clear(unit_model());
	exit(0);
}
