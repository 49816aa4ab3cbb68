// SPDX-License-Identifier: GPL-2.0-only
/*
 * space_threads.c - several threads in one space.
 */
#include <pthread.h>
#include <sched.h>

#include "unit.h"
#include "pool.h"

#define THREADS		4
#define SPACE_PAGES	64
#define EACH		(SPACE_PAGES / THREADS)
#define STEPS		4000
#define SHORT		8	/* pages, the longest range of the mixed test */
#define HELD		6	/* ranges of one thread there */

static struct {
	struct vcm_space *space;
	pthread_barrier_t line;
	u64 begun;		/* flushes of the imagined device */
	u64 ended;
	u64 mine[SPACE_PAGES];	/* 0 free, else the thread that has the page */
	u64 wait[SPACE_PAGES];	/* flushes that had begun when the page was given back */
} all;

static struct vcm_piece *piece_alloc(void *priv)
{
	(void)priv;
	return vcm_os_zalloc(sizeof(struct vcm_piece));
}

static void piece_free(void *priv, struct vcm_piece *piece)
{
	(void)priv;
	vcm_os_free(piece);
}

/* A flush takes its time; another may begin and end meanwhile. */
static int flush(void *priv)
{
	u64 number = __atomic_add_fetch(&all.begun, 1, __ATOMIC_SEQ_CST);
	u64 ended = __atomic_load_n(&all.ended, __ATOMIC_SEQ_CST);

	(void)priv;
	sched_yield();
	while (ended < number &&
	       !__atomic_compare_exchange_n(&all.ended, &ended, number, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		;
	return 0;
}

static const struct vcm_space_ops ops = { piece_alloc, piece_free, flush };

static void begin(u32 pools)
{
	const struct vcm_space_cfg cfg = {
		.last = SPACE_PAGES * PAGE - 1, .pools = pools, .cached = 4, .ops = &ops,
	};

	all.space = vcm_space_create(&cfg);
	CHECK(!IS_ERR(all.space));
	CHECK(!pthread_barrier_init(&all.line, NULL, THREADS));
}

static void run(void *(*work)(void *))
{
	pthread_t threads[THREADS];

	for (u64 i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, work, (void *)(i + 1)));
	for (u64 i = 0; i < THREADS; i++)
		CHECK(!pthread_join(threads[i], NULL));
	pthread_barrier_destroy(&all.line);
	CHECK_NONE(vcm_space_check(all.space));
	vcm_space_destroy(all.space);
}

static struct vcm_piece *take(u64 pages)
{
	const struct vcm_gap_req req = { .len = pages * PAGE, .limit = ~0ull };

	return vcm_space_take(all.space, &req);
}

/* Thread @me has the pages of @piece from here on; nobody had, and every flush is over. */
static void claim(const struct vcm_piece *piece, u64 me)
{
	for (u64 at = piece->range.start / PAGE; at <= piece->range.last / PAGE; at++) {
		u64 nobody = 0;

		CHECK(__atomic_compare_exchange_n(&all.mine[at], &nobody, me, false,
						  __ATOMIC_RELAXED, __ATOMIC_RELAXED));
		CHECK(__atomic_load_n(&all.ended, __ATOMIC_SEQ_CST) >=
		      __atomic_load_n(&all.wait[at], __ATOMIC_RELAXED));
	}
}

static void disclaim(const struct vcm_piece *piece, bool later)
{
	u64 wait = later ? __atomic_load_n(&all.begun, __ATOMIC_SEQ_CST) + 1 : 0;

	for (u64 at = piece->range.start / PAGE; at <= piece->range.last / PAGE; at++) {
		__atomic_store_n(&all.wait[at], wait, __ATOMIC_RELAXED);
		__atomic_store_n(&all.mine[at], 0, __ATOMIC_RELAXED);
	}
}

/*
 * Every thread has its share of a space at most, so there is a page for whoever has less: not
 * finding it would be a cache, a pool or a drain that shows.
 */
static void *share(void *data)
{
	struct vcm_piece *held[EACH];
	u64 me = (u64)data, seed = unit_seed() + me;
	u32 nr = 0;

	pthread_barrier_wait(&all.line);
	for (u32 step = 0; step < STEPS; step++) {
		u64 dice = unit_random(&seed);

		if (nr < EACH && (dice & 1 || !nr)) {
			held[nr] = take(1);
			CHECK(!IS_ERR(held[nr]));
			claim(held[nr++], me);
		} else {
			disclaim(held[--nr], false);
			vcm_space_give(all.space, held[nr]);
		}
		if (!(dice >> 8 & 63))
			vcm_space_shrink(all.space);
	}
	while (nr) {
		disclaim(held[--nr], false);
		vcm_space_give(all.space, held[nr]);
	}
	return NULL;
}

TEST(page_that_is_free_is_found_whoever_had_it)
{
	for (u32 pools = 1; pools <= 4; pools *= 2) {
		begin(pools);
		run(share);
	}
}

static struct vcm_piece *take_some(u64 dice)
{
	u64 at = dice % (SPACE_PAGES - SHORT) * PAGE, pages = 1 + (dice >> 8) % SHORT;

	if (dice >> 16 & 7)
		return take(pages);
	return vcm_space_take_at(all.space, at, at + pages * PAGE - 1);
}

static void give_some(struct vcm_piece *piece, u64 dice)
{
	bool later = dice & 1;

	disclaim(piece, later);
	if (later)
		vcm_space_give_later(all.space, piece);
	else
		vcm_space_give(all.space, piece);
}

static void *mix(void *data)
{
	struct vcm_piece *held[HELD] = { };
	u64 me = (u64)data, seed = unit_seed() + me;

	pthread_barrier_wait(&all.line);
	for (u32 step = 0; step < STEPS; step++) {
		u64 dice = unit_random(&seed);
		struct vcm_piece **one = &held[(dice >> 32) % HELD];

		if (*one) {
			give_some(*one, dice);
			*one = NULL;
			continue;
		}
		*one = take_some(dice);
		if (IS_ERR(*one))
			*one = NULL;
		else
			claim(*one, me);
		if (!(dice >> 24 & 127))
			CHECK_ERR(0, vcm_space_flush(all.space));
	}
	for (u32 i = 0; i < HELD; i++)
		if (held[i])
			give_some(held[i], 0);
	return NULL;
}

TEST(range_has_one_owner_and_none_before_its_flush)
{
	for (u32 pools = 1; pools <= 4; pools *= 2) {
		begin(pools);
		run(mix);
		memset(all.wait, 0, sizeof(all.wait));
	}
}
