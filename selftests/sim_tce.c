// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim_tce.c - many at once in one window of a TCE table, as the drivers of a big server are.
 *
 * The pooled allocator was made for this: ranges come and go on all processors, and the table is
 * flat.  What is tested is that nobody gets what another has, in addresses or in translations:
 * each thread writes bytes of its own through the device and finds them.
 */
#include <pthread.h>

#include "sim_util.h"

#define WINDOW_START	0x10000000ull
#define WINDOW_LAST	0x103fffffull	/* a thousand pages */
#define THREADS		4
#define ROUNDS		40
#define MAX_PAGES	16

#define MMU	"p0"

FIXTURE(tce) {
	struct stats before;
	int fd;
	__u32 vcm;
};

FIXTURE_SETUP(tce)
{
	const struct sim_cfg cfg = { .format = "tce" };

	if (!sim_exists())
		SKIP(return, "vcm_sim and vcm_sim_dev are not loaded");
	sim_remove_all();
	test_stats_read(&self->before);
	test_sim_mmu_add(MMU, &cfg);
	test_sim_dev_add(MMU, "a");
	test_sim_dev_add(MMU, "b");
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, WINDOW_START, WINDOW_LAST, &self->vcm);
	dev_join(_metadata, self->fd, self->vcm, "sim-" MMU ".a");
	dev_join(_metadata, self->fd, self->vcm, "sim-" MMU ".b");
}

FIXTURE_TEARDOWN(tce)
{
	expect_invariants();
	EXPECT_EQ(0, close(self->fd));
	sim_remove_all();
	expect_stats(&self->before);
}

/* One of the threads. */
struct worker {
	pthread_t thread;
	int fd;
	__u32 vcm;
	__u64 seed;
	const char *dev;
	const char *failed;	/* what went wrong first */
	int err;
	__u64 moved;
};

static __u64 next_random(__u64 *state)
{
	__u64 z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static int fail(struct worker *w, const char *what, int err)
{
	w->failed = what;
	w->err = err;
	return -1;
}

/* Bind memory somewhere, let the device fill it and read it back, and unbind it. */
static int round_trip(struct worker *w)
{
	__u64 len = (1 + next_random(&w->seed) % MAX_PAGES) * PAGE;
	unsigned char byte = next_random(&w->seed);
	struct vcm_ioc_map map = { .vcm = w->vcm };
	struct mem mem;
	int err;

	err = _vcm_mem_alloc(w->fd, len, 1u << 0, &mem);
	if (err)
		return fail(w, "memory", err);
	map.phys = mem.phys;
	err = _vcm_map(w->fd, &map);
	if (err)
		return fail(w, "map", err);
	err = _dma_fill(w->dev, map.start, len, byte);
	if (err)
		return fail(w, "fill", err);
	for (__u64 at = 0; at < len; at++)
		if (mem.uva[at] != byte)
			return fail(w, "a byte of another", mem.uva[at]);
	err = _dma_copy(w->dev, map.start, map.start + len / 2, len / 2);
	if (err)
		return fail(w, "copy", err);
	err = _vcm_unmap(w->fd, w->vcm, map.res);
	if (err)
		return fail(w, "unmap", err);
	w->moved += 2 * len;	/* filled; half of it read, and written */
	err = _vcm_mem_free(w->fd, &mem);
	return err ? fail(w, "free", err) : 0;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < ROUNDS && !round_trip(w); i++)
		;
	return NULL;
}

TEST_F_TIMEOUT(tce, nobody_gets_what_another_has, 300)
{
	const char *text = getenv("VCM_SEED");
	__u64 seed = text ? strtoull(text, NULL, 0) : now_ms(), moved = 0;
	struct worker workers[THREADS] = { 0 };

	TH_LOG("VCM_SEED=%llu", seed);
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker) {
			.fd = self->fd, .vcm = self->vcm, .seed = seed + i,
			.dev = i % 2 ? "sim-" MMU ".a" : "sim-" MMU ".b",
		};
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, work, &workers[i]));
	}
	for (int i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, pthread_join(workers[i].thread, NULL));
		EXPECT_EQ(NULL, workers[i].failed)
			TH_LOG("thread %d: %s (%d)", i, workers[i].failed, workers[i].err);
		moved += workers[i].moved;
	}
	EXPECT_EQ(0, sim_stat(MMU, "faults"));
	EXPECT_EQ(moved, sim_stat(MMU, "bytes"));
	/* and the window is free from end to end */
	EXPECT_EQ(0, _vcm_reserve_at(self->fd, self->vcm, WINDOW_START,
				     WINDOW_LAST - WINDOW_START + 1, &moved));
}

TEST_HARNESS_MAIN
