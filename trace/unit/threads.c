// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads.c - four threads on the same contexts, for the thread sanitizer and for the promise of
 * the snapshot under load.
 *
 * Threads share contexts, a reservation and memory, and each has reservations, a device and a
 * context of its own; what belongs to one thread alone has to give exact results.  Nothing here
 * orders the threads but the locks of the core: each thread keeps its own log, and a relaxed
 * ticket tells afterwards in which order the events were emitted.
 *
 * Afterwards: no stream has a gap, the events make sense in the order of their tickets, and each
 * snapshot taken meanwhile is exactly the events up to the numbers that it names.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fake.h"
#include "unit.h"
#include "vcm_probe.h"

#define THREADS		4
#define ROUNDS		1500
#define SHARED		2	/* contexts */
#define OWN		8	/* reservations of a thread */
#define SNAPSHOTS	6	/* a thread */

struct entry {
	u64 ticket;
	struct vcm_event event;
};

struct snapshot {
	void *data;
	size_t len;
};

/**
 * struct worker - one thread and all that only it touches
 * @bound: is @res bound, by index
 * @on:    shared context that the device is active in, -1 for none
 * @holder: whose some of its references are
 */
struct worker {
	pthread_t thread;
	u64 random;
	struct fake_device *fake;
	struct vcm_assoc *assoc[SHARED];
	struct vcm_res *res[OWN];
	struct vcm_phys *phys;
	bool bound[OWN];
	int on;
	struct vcm_holder *holder;
	struct entry *log;
	u32 nr;
	u32 room;
	struct snapshot snapshot[SNAPSHOTS];
	u32 snapshots;
};

static struct worker workers[THREADS];
static __thread struct worker *self;
static u64 tickets;
static pthread_barrier_t start_line;

static struct vcm *shared[SHARED];
static struct vcm_res *common;		/* everybody counts, binds and unbinds it */
static struct vcm_phys *memory;

static void log_event(const struct vcm_event *event)
{
	if (self->nr == self->room) {
		self->room = self->room ? self->room * 2 : 1024;
		self->log = realloc(self->log, self->room * sizeof(*self->log));
		CHECK(self->log);
	}
	self->log[self->nr++] = (struct entry) {
		.ticket = __atomic_add_fetch(&tickets, 1, __ATOMIC_RELAXED),
		.event = *event,
	};
}

static u64 dice(u64 n)
{
	return (unit_random(&self->random) >> 8) % n;
}

static void join_shared(u32 nr)
{
	self->assoc[nr] = vcm_assoc_device(shared[nr], self->fake->dev);
	CHECK_PTR_ERR(0, self->assoc[nr]);
}

static void use_own_res(u32 i)
{
	const struct vcm_req req = { .len = (1 + dice(4)) * PAGE, .align = 12 + dice(3) };
	struct vcm_phys *phys = dice(2) ? memory : self->phys;
	int err;

	if (!self->res[i]) {
		self->res[i] = vcm_reserve(shared[i % SHARED], &req);
		CHECK_PTR_ERR(0, self->res[i]);
	} else if (!dice(3)) {
		vcm_unreserve(self->res[i]);
		self->res[i] = NULL;
		self->bound[i] = false;
	} else if (self->bound[i]) {
		CHECK_ERR(0, vcm_unbind(self->res[i]));
		self->bound[i] = false;
	} else {
		err = vcm_bind(self->res[i], phys, PAGE, RW);
		CHECK_ERR(vcm_phys_len(phys) - PAGE > vcm_res_len(self->res[i]) ? -ENOSPC : 0, err);
		self->bound[i] = !err;
	}
}

static void use_common(void)
{
	const struct vcm_bind_req req = { memory, PAGE, PAGE, RW, VCM_CACHE_WB };
	struct vcm_res_info info;
	int err;

	CHECK_ERR(0, vcm_ref_reserve_as(common, self->holder));
	err = dice(2) ? vcm_bind(common, memory, 0, RW) : vcm_unbind(common);
	CHECK(!err || err == -EALREADY || err == -ENXIO);
	err = vcm_rebind(common, &req);
	CHECK(!err || err == -ENXIO);
	vcm_res_info(common, &info);
	CHECK(info.refs > 1);
	CHECK_ERR(0, vcm_unreserve_as(common, self->holder));
	CHECK_ERR(-ENOENT, vcm_unreserve_as(common, self->holder));
}

static int see(const struct vcm_res_info *info, void *data)
{
	return info->phys == vcm_phys_id(data) ? 0 : -EIO;
}

/* Look at what the others change. */
static void look_up(void)
{
	u64 start = vcm_res_start(common), out;
	struct vcm_res *res = vcm_find_res(shared[0], start);
	struct vcm_phys *phys = vcm_res_phys(common);
	int err;

	CHECK(res == common);
	vcm_unreserve(res);
	if (!IS_ERR(phys))
		vcm_phys_put(phys);
	err = vcm_translate(shared[0], start, shared[0], &out);
	CHECK(!err || err == -ENOENT);
	CHECK_ERR(0, vcm_phys_for_each_res(memory, see, memory));
	CHECK_PTR_ERR(0, vcm_vmap(memory));
	CHECK_ERR(0, vcm_phys_get_as(memory, self->holder));
	vcm_vunmap(memory);
	CHECK_ERR(0, vcm_phys_put_as(memory, self->holder));
}

static void use_device(void)
{
	u32 nr = dice(SHARED);
	int err = vcm_activate(self->assoc[nr]);

	CHECK_ERR(self->on >= 0 && self->on != (int)nr ? -EBUSY : 0, err);
	if (err) {
		CHECK_ERR(0, vcm_deactivate(self->assoc[self->on]));
		self->on = -1;
		return;
	}
	if (self->on >= 0)
		CHECK_ERR(0, vcm_deactivate(self->assoc[nr]));
	self->on = nr;
}

/* From one of the shared contexts to the other; every binding of it goes live on the way. */
static void move_device(void)
{
	struct vcm_assoc *from = self->assoc[self->on > 0], *to = self->assoc[self->on <= 0];

	CHECK_ERR(self->on < 0 ? -ENXIO : 0, vcm_switch(from, to));
	if (self->on >= 0)
		self->on = !self->on;
}

/* The device goes away in use, and comes back. */
static void replug(void)
{
	char name[VCM_DEVICE_NAME_LEN];

	strscpy(name, self->fake->dev->name, sizeof(name));
	fake_unregister(self->fake);
	fake_register(self->fake, name);
	for (u32 i = 0; i < SHARED; i++) {
		CHECK_ERR(-ENODEV, vcm_activate(self->assoc[i]));
		CHECK_ERR(0, vcm_deassoc(self->assoc[i]));
		join_shared(i);
	}
	self->on = -1;
}

/* A context of its own comes and goes, with references left when it is destroyed. */
static void use_own_context(void)
{
	struct vcm *vcm = vcm_get(unit_context(0, ~0ull));
	struct vcm_res *res = unit_res_at(vcm, 0, 8);
	struct vcm_phys *phys = unit_phys(3);

	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	vcm_phys_put(phys);
	CHECK_ERR(0, vcm_save(vcm));
	CHECK_ERR(0, vcm_restore(vcm));
	CHECK_ERR(0, vcm_get_as(vcm, self->holder));
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_put_as(vcm, self->holder));
	CHECK_ERR(-ENODEV, vcm_unbind(res));
	vcm_put(vcm);
	vcm_unreserve(res);
}

/* Every snapshot races with the other threads; those spread over the run are kept and replayed. */
static void look(u32 round)
{
	struct snapshot snapshot;

	CHECK_NONE(vcm_check());
	CHECK_ERR(0, vcm_snap_take(&snapshot.data, &snapshot.len));
	if (self->snapshots < SNAPSHOTS && round > ROUNDS / SNAPSHOTS * self->snapshots)
		self->snapshot[self->snapshots++] = snapshot;
	else
		vcm_os_free(snapshot.data);
}

static void *work(void *arg)
{
	self = arg;
	pthread_barrier_wait(&start_line);
	for (u32 round = 0; round < ROUNDS; round++) {
		u64 what = dice(100);

		if (what < 60)
			use_own_res(dice(OWN));
		else if (what < 70)
			use_common();
		else if (what < 75)
			look_up();
		else if (what < 80)
			use_device();
		else if (what < 85)
			move_device();
		else if (what < 87)
			replug();
		else if (what < 95)
			use_own_context();
		else if (what < 96)
			vcm_phys_put(vcm_phys_get(memory));
		else
			look(round);
	}
	return NULL;
}

static void begin(void)
{
	static const char *const names[THREADS] = { "dev0", "dev1", "dev2", "dev3" };

	for (u32 i = 0; i < SHARED; i++)
		shared[i] = unit_context(0, ~0ull);
	common = unit_res_at(shared[0], -64 * PAGE, 4);
	memory = unit_phys(4);
	for (u32 i = 0; i < THREADS; i++) {
		self = &workers[i];
		self->random = unit_seed() + i;
		self->fake = fake_device(names[i], i % 2);
		self->phys = unit_phys(2);
		self->holder = unit_holder(names[i]);
		self->on = -1;
		for (u32 nr = 0; nr < SHARED; nr++)
			join_shared(nr);
	}
	self = NULL;
}

static void end(void)
{
	for (u32 i = 0; i < SHARED; i++)
		vcm_destroy(shared[i]);
	vcm_unreserve(common);
	vcm_phys_put(memory);
	for (u32 i = 0; i < THREADS; i++) {
		struct worker *worker = &workers[i];

		for (u32 nr = 0; nr < SHARED; nr++)
			CHECK_ERR(0, vcm_deassoc(worker->assoc[nr]));
		for (u32 nr = 0; nr < OWN; nr++)
			if (worker->res[nr])
				vcm_unreserve(worker->res[nr]);
		vcm_phys_put(worker->phys);
		vcm_holder_put(worker->holder);
		free(worker->log);
	}
}

static int entry_compare(const void *a, const void *b)
{
	const struct entry *one = a, *two = b;

	return one->ticket < two->ticket ? -1 : one->ticket > two->ticket;
}

/* The logs of all threads in the order of the tickets; *@nr is how many events. */
static struct entry *merge(u32 *nr)
{
	struct entry *all;

	*nr = 0;
	for (u32 i = 0; i < THREADS; i++)
		*nr += workers[i].nr;
	all = calloc(*nr, sizeof(*all));
	CHECK(all);
	*nr = 0;
	for (u32 i = 0; i < THREADS; i++) {
		memcpy(all + *nr, workers[i].log, workers[i].nr * sizeof(*all));
		*nr += workers[i].nr;
	}
	qsort(all, *nr, sizeof(*all), entry_compare);
	return all;
}

/* Is @event one of those that @snapshot contains? */
static bool is_before(const struct state *snapshot, const struct state *model,
		      const struct vcm_event *event)
{
	const struct vcm_snap_stream *stream = state_stream(snapshot, event->stream);

	if (stream)
		return event->seq <= stream->seq;
	/* The stream came and went before, or is yet to come. */
	return state_stream(model, event->stream);
}

/* Apply to @base the events that @snapshot contains; the result has to be the snapshot. */
static void check_snapshot(const struct snapshot *snapshot, const struct state *base,
			   const struct entry *all, u32 nr)
{
	struct state want, model = {};

	memset(&want, 0, sizeof(want));
	CHECK_NONE(state_decode(&want, snapshot->data, snapshot->len));
	for (unsigned int type = VCM_SNAP_STREAM; type < STATE_TABLES; type++)
		for (u32 i = 0; i < base->table[type].nr; i++)
			state_insert(&model, type, state_record(base, type, i));
	for (u32 i = 0; i < nr; i++)
		if (is_before(&want, &model, &all[i].event))
			CHECK_NONE(model_apply(&model, &all[i].event));
	CHECK_NONE(state_compare(&model, &want, true));
	state_clear(&model);
	state_clear(&want);
	vcm_os_free(snapshot->data);
}

TEST(threads_leave_streams_without_gaps_and_snapshots_that_are_true)
{
	void (*hear)(const struct vcm_event *event) = vcm_probe_sink;
	struct entry *all;
	struct state base;
	u32 nr, snapshots = 0;

	printf("# seed %llu\n", unit_seed());
	unit_log_events(false);
	begin();
	unit_snapshot(&base);
	vcm_probe_sink = log_event;
	CHECK(!pthread_barrier_init(&start_line, NULL, THREADS));
	for (u32 i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&workers[i].thread, NULL, work, &workers[i]));
	for (u32 i = 0; i < THREADS; i++)
		CHECK(!pthread_join(workers[i].thread, NULL));
	all = merge(&nr);
	for (u32 i = 0; i < THREADS; i++)
		for (u32 at = 0; at < workers[i].snapshots; at++, snapshots++)
			check_snapshot(&workers[i].snapshot[at], &base, all, nr);
	vcm_probe_sink = hear;
	for (u32 i = 0; i < nr; i++)
		hear(&all[i].event);
	unit_verify();
	printf("# %u events, %u snapshots under load\n", nr, snapshots);
	CHECK(snapshots >= THREADS);
	state_clear(&base);
	free(all);
	end();
}
