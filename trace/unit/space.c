// SPDX-License-Identifier: GPL-2.0-only
/*
 * space.c - spaces: caches and pools that nobody sees, and ranges that wait for a flush.
 */
#include <pthread.h>
#include <stdio.h>

#include "unit.h"
#include "pool.h"
#include "bench/oracle.h"

#define PAGES(nr)	((nr) * PAGE - 1)
#define ORACLE_OPS	100000	/* of each configuration; -n for more */

static struct {
	u64 allocs;
	u64 frees;
	u64 flushes;
	int flush_err;
	void (*in_flush)(void);
} seen;

static struct vcm_piece *piece_alloc(void *priv)
{
	(void)priv;
	seen.allocs++;
	return vcm_os_zalloc(sizeof(struct vcm_piece));
}

static void piece_free(void *priv, struct vcm_piece *piece)
{
	(void)priv;
	seen.frees++;
	vcm_os_free(piece);
}

static int flush(void *priv)
{
	(void)priv;
	if (seen.in_flush)
		seen.in_flush();
	seen.flushes++;
	return seen.flush_err;
}

static const struct vcm_space_ops ops = { piece_alloc, piece_free, flush };

static struct vcm_space *make(u64 last, u32 pools, u32 cached)
{
	const struct vcm_space_cfg cfg = {
		.last = last, .pools = pools, .cached = cached, .ops = &ops,
	};
	struct vcm_space *space = vcm_space_create(&cfg);

	CHECK(!IS_ERR(space));
	return space;
}

static struct vcm_piece *take(struct vcm_space *space, u64 pages)
{
	const struct vcm_gap_req req = { .len = pages * PAGE, .limit = ~0ull };

	return vcm_space_take(space, &req);
}

static struct vcm_piece *at(struct vcm_space *space, u64 page, u64 pages)
{
	return vcm_space_take_at(space, page * PAGE, page * PAGE + PAGES(pages));
}

static void on_cpu(u32 cpu)
{
	os_cpu = cpu + 1;
}

TEST(range_given_back_is_taken_again_without_an_allocation)
{
	struct vcm_space *space = make(PAGES(1024), 4, 8);
	struct vcm_piece *piece = take(space, 3);
	u64 start = piece->range.start;

	vcm_space_give(space, piece);
	CHECK_EQ(0, seen.frees);
	piece = take(space, 3);
	CHECK_EQ(start, piece->range.start);
	CHECK_EQ(1, seen.allocs);
	vcm_space_give(space, piece);
	CHECK_NONE(vcm_space_check(space));
	vcm_space_destroy(space);
	CHECK_EQ(1, seen.frees);
}

TEST(what_another_processor_caches_is_found)
{
	struct vcm_space *space = make(PAGES(64), 4, 64);
	struct vcm_piece *piece[64], *all;

	on_cpu(1);
	for (u32 i = 0; i < 64; i++)
		piece[i] = take(space, 1);
	CHECK_PTR_ERR(-ENOSPC, take(space, 1));
	for (u32 i = 0; i < 64; i++)
		vcm_space_give(space, piece[i]);
	on_cpu(2);
	all = take(space, 64);	/* spans all pools, all of it was cached elsewhere */
	CHECK(!IS_ERR(all));
	CHECK_EQ(0, all->range.start);
	CHECK_NONE(vcm_space_check(space));
	CHECK_PTR_ERR(-ENOSPC, take(space, 1));
	vcm_space_give(space, all);
	vcm_space_destroy(space);
	CHECK_EQ(seen.allocs, seen.frees);
}

TEST(fixed_address_is_had_out_of_a_cache)
{
	struct vcm_space *space = make(PAGES(64), 1, 8);
	struct vcm_piece *low = at(space, 4, 2), *high = at(space, 6, 2), *piece;

	on_cpu(3);
	vcm_space_give(space, low);
	on_cpu(0);
	CHECK_PTR_ERR(-EADDRINUSE, at(space, 5, 2));
	vcm_space_give(space, high);
	piece = at(space, 5, 2);
	CHECK_EQ(5 * PAGE, piece->range.start);
	CHECK_NONE(vcm_space_check(space));
	CHECK_PTR_ERR(-EADDRINUSE, at(space, 6, 1));
	CHECK_PTR_ERR(-ERANGE, at(space, 63, 2));
	vcm_space_give(space, piece);
	vcm_space_destroy(space);
}

TEST(hole_on_a_border_of_pools_is_found_to_the_page)
{
	struct vcm_space *space = make(PAGES(64), 4, 8);	/* pools of 16 pages */
	struct vcm_piece *low = at(space, 0, 13), *high = at(space, 35, 29), *piece;

	CHECK_PTR_ERR(-ENOSPC, take(space, 23));
	piece = take(space, 22);
	CHECK_EQ(13 * PAGE, piece->range.start);
	CHECK_NONE(vcm_space_check(space));
	CHECK_PTR_ERR(-EADDRINUSE, at(space, 16, 1));
	CHECK_PTR_ERR(-EADDRINUSE, at(space, 34, 1));
	vcm_space_give(space, piece);
	CHECK_NONE(vcm_space_check(space));
	piece = at(space, 15, 18);
	CHECK_NONE(vcm_space_check(space));
	CHECK_EQ(15 * PAGE, piece->range.start);
	vcm_space_give(space, piece);
	vcm_space_give(space, low);
	vcm_space_give(space, high);
	vcm_space_destroy(space);
}

TEST(range_waits_until_a_flush_that_began_later_has_ended)
{
	struct vcm_space *space = make(PAGES(16), 1, 8);
	struct vcm_piece *piece = take(space, 16);

	seen.flush_err = -EIO;
	vcm_space_give_later(space, piece);
	CHECK_PTR_ERR(-ENOSPC, take(space, 1));
	CHECK_PTR_ERR(-EADDRINUSE, at(space, 3, 1));
	CHECK_ERR(-EIO, vcm_space_flush(space));
	CHECK_PTR_ERR(-ENOSPC, take(space, 1));
	seen.flush_err = 0;
	piece = take(space, 1);		/* flushes by itself */
	CHECK(!IS_ERR(piece));
	vcm_space_give_later(space, piece);
	piece = at(space, 0, 16);	/* and so does a fixed address */
	CHECK(!IS_ERR(piece));
	vcm_space_give(space, piece);
	vcm_space_destroy(space);
}

static struct vcm_space *flushing;
static struct vcm_piece *flushed_late;

/* While one flush is on its way, a range is given back: that flush does not count for it. */
static void give_in_flush(void)
{
	seen.in_flush = NULL;
	vcm_space_give_later(flushing, flushed_late);
}

TEST(range_given_back_during_a_flush_waits_for_the_next)
{
	struct vcm_space_stats stats;
	struct vcm_piece *early;

	flushing = make(PAGES(16), 1, 8);
	early = take(flushing, 1);
	flushed_late = take(flushing, 1);
	vcm_space_give_later(flushing, early);
	seen.in_flush = give_in_flush;
	CHECK_ERR(0, vcm_space_flush(flushing));
	vcm_space_stats(flushing, &stats);
	CHECK_EQ(1, stats.later);
	CHECK_EQ(PAGE, stats.later_bytes);
	CHECK_EQ(1, stats.cached);
	CHECK_ERR(0, vcm_space_flush(flushing));
	vcm_space_stats(flushing, &stats);
	CHECK_EQ(0, stats.later);
	CHECK_EQ(2, stats.flushes);
	vcm_space_destroy(flushing);
}

/* A flush ends while an older one is still on its way; the older one must not take it back. */
static void flush_in_flush(void)
{
	seen.in_flush = NULL;
	CHECK_ERR(0, vcm_space_flush(flushing));
	vcm_space_give_later(flushing, flushed_late);
}

TEST(flush_that_is_overtaken_lets_nothing_go_too_early)
{
	struct vcm_space_stats stats;

	flushing = make(PAGES(16), 1, 8);
	flushed_late = take(flushing, 1);
	seen.in_flush = flush_in_flush;
	CHECK_ERR(0, vcm_space_flush(flushing));
	vcm_space_stats(flushing, &stats);
	CHECK_EQ(1, stats.later);
	CHECK_ERR(0, vcm_space_flush(flushing));
	vcm_space_stats(flushing, &stats);
	CHECK_EQ(0, stats.later);
	vcm_space_destroy(flushing);
}

TEST(caches_keep_no_more_than_they_say_and_shrink_to_nothing)
{
	struct vcm_space *space = make(PAGES(4096), 2, 4);
	struct vcm_space_stats stats;
	struct vcm_piece *piece[64];

	for (u32 i = 0; i < 64; i++)
		piece[i] = take(space, 1 + i % 4);
	for (u32 i = 0; i < 64; i++)
		vcm_space_give(space, piece[i]);
	vcm_space_stats(space, &stats);
	CHECK_EQ(16, stats.cached);
	CHECK_EQ(4 * (1 + 2 + 3 + 4) * PAGE, stats.cached_bytes);
	CHECK(stats.cached <= stats.cached_max);
	CHECK_EQ(16, vcm_space_shrink(space));
	CHECK_EQ(0, vcm_space_shrink(space));
	vcm_space_stats(space, &stats);
	CHECK_EQ(0, stats.cached_bytes);
	vcm_space_destroy(space);
}

TEST(many_that_wait_are_flushed_without_being_asked_to)
{
	struct vcm_space *space = make(PAGES(4096), 2, 4);

	for (u32 i = 0; i < 600; i++)
		vcm_space_give_later(space, take(space, 1));
	CHECK_EQ(2, seen.flushes);
	vcm_space_destroy(space);
}

TEST(space_that_makes_no_sense_is_refused)
{
	const struct vcm_space_ops none = { };
	struct vcm_space_cfg cfg = { .start = 1, .last = 0, .pools = 1, .ops = &ops };

	CHECK_PTR_ERR(-EINVAL, vcm_space_create(&cfg));
	cfg.last = ~0ull;
	cfg.pools = 0;
	CHECK_PTR_ERR(-EINVAL, vcm_space_create(&cfg));
	cfg.pools = VCM_POOLS_MAX + 1;
	CHECK_PTR_ERR(-EINVAL, vcm_space_create(&cfg));
	cfg.pools = 1;
	cfg.ops = &none;
	CHECK_PTR_ERR(-EINVAL, vcm_space_create(&cfg));
}

TEST(all_of_the_address_space_is_one_range)
{
	const struct vcm_gap_req req = { .len = ~0ull, .limit = ~0ull, .after = 1 };
	struct vcm_space *space = make(~0ull, 16, 8);
	struct vcm_piece *piece;

	CHECK_PTR_ERR(-ENOSPC, vcm_space_take(space, &req));	/* 2^64 bytes */
	piece = vcm_space_take_at(space, 0, ~0ull);
	CHECK(!IS_ERR(piece));
	CHECK_NONE(vcm_space_check(space));
	CHECK_PTR_ERR(-ENOSPC, take(space, 1));
	vcm_space_give(space, piece);
	CHECK_NONE(vcm_space_check(space));
	vcm_space_destroy(space);
}

static void move(u64 dice)
{
	on_cpu(dice % OS_CPUS);
}

TEST(random_operations_agree_with_a_map_of_pages)
{
	static const u32 pools[] = { 1, 2, 4, 16 };
	struct oracle_counts counts = { };
	struct oracle_cfg cfg = { .seed = unit_seed(), .move = move };

	cfg.ops = unit_steps(ORACLE_OPS * 16) / 16;
	for (u32 i = 0; i < 16; i++) {
		cfg.pools = pools[i % 4];
		cfg.cached = i & 4 ? 8 : 0;
		cfg.top = i & 8;
		cfg.seed++;
		CHECK_NONE(vcm_oracle_run(&cfg, &counts));
	}
	printf("# %llu taken, %llu of them in the only place, %llu fixed, %llu refused\n",
	       counts.takes, counts.exact, counts.fixed, counts.refused);
	printf("# %llu given, %llu later, %llu flushes, %llu spans, %llu drains\n", counts.gives,
	       counts.later, counts.flushes, counts.spans, counts.drains);
	if (cfg.ops < ORACLE_OPS)
		return;		/* under valgrind, too few to come by everything */
	CHECK(counts.exact && counts.refused && counts.fixed && counts.spans && counts.drains);
	CHECK(counts.first && counts.last);	/* address 0 and the last page of all */
}
