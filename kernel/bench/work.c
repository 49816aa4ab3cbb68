// SPDX-License-Identifier: GPL-2.0-only
/*
 * work.c - the workloads.
 *
 *   churn    N ranges live; free one at random, allocate one of a random size
 *   full     2^20 one-page ranges that fill their space; free one, allocate one, fail one
 *   aligned  the same full space, with one aligned hole of 16 pages; find it
 *
 * One measurement is taken at a time with nothing else running on the processor, so that what a
 * series shows is the allocator alone.  The cost of reading the clock is taken off.
 */
#include "bench.h"

#define BENCH_SPACE_LAST	(((u64)1 << 48) - 1)
#define BENCH_LEAST		100	/* measurements, whatever they cost */
#define BENCH_FILLS		((u64)10000)	/* timed at most */
#define BENCH_HOLE		16	/* pages */

/**
 * struct bench_run - a job at work
 * @job:    which
 * @space:  of the allocator
 * @slots:  the ranges
 * @nr:     how many
 * @random: state of the random numbers
 * @empty:  what reading the clock twice costs
 * @sample: measurements of each series
 * @count:  how many
 * @room:   how many fit
 * @sorted: for the end
 * @sum:    of all series
 */
struct bench_run {
	const struct bench_job *job;
	void *space;
	struct bench_slot *slots;
	u64 nr;
	u64 random;
	u64 empty;
	u32 *sample[BENCH_SERIES];
	u64 count[BENCH_SERIES];
	u64 room;
	u32 *sorted;
	u64 sum;
};

struct bench_worker {
	struct bench_run run;
};

static u64 bench_random(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

/* 60% one page, 20% 1-16, 15% 16-64, 5% 512 pages; in bytes. */
static u64 bench_size(u64 *state)
{
	u64 dice = bench_random(state) >> 8, of100 = dice % 100;

	dice /= 100;
	if (of100 < 60)
		return VCM_PAGE_SIZE;
	if (of100 < 80)
		return (1 + dice % 16) * VCM_PAGE_SIZE;
	if (of100 < 95)
		return (16 + dice % 49) * VCM_PAGE_SIZE;
	return 512 * VCM_PAGE_SIZE;
}

/**
 * bench_overhead() - what reading the clock twice costs
 *
 * Return: the least of many tries.
 */
u64 bench_overhead(void)
{
	u64 least = ~0ull;

	for (u32 i = 0; i < 1000; i++) {
		unsigned long flags = bench_enter();
		u64 from = bench_clock(), to = bench_clock();

		bench_leave(flags);
		least = min(least, to - from);
	}
	return least;
}

static void bench_record(struct bench_run *run, enum bench_series series, u64 cost)
{
	cost = cost > run->empty ? cost - run->empty : 0;
	run->sum += cost;
	if (run->count[series] < run->room)
		run->sample[series][run->count[series]++] = min(cost, (u64)(u32)~0u);
}

static void bench_close(struct bench_run *run)
{
	for (u64 i = 0; i < run->nr && run->slots; i++) {
		if (run->slots[i].len)
			run->job->impl->free(run->space, &run->slots[i]);
		if (run->slots[i].node && run->job->impl->unprepare)
			run->job->impl->unprepare(&run->slots[i]);
		if (!(i & 1023))
			bench_pause();
	}
	bench_free(run->slots);
	bench_free(run->sorted);
	for (u32 i = 0; i < BENCH_SERIES; i++)
		bench_free(run->sample[i]);
}

/* Slots and room for the measurements.  Return: 0 or -ENOMEM, after which bench_close(). */
static int bench_open(struct bench_run *run, u64 nr, u64 room)
{
	const struct bench_impl *impl = run->job->impl;

	run->nr = nr;
	run->room = room;
	run->random = run->job->seed;
	run->empty = bench_overhead();
	run->slots = bench_alloc(nr * sizeof(*run->slots));
	run->sorted = bench_alloc(room * sizeof(u32));
	if (!run->slots || !run->sorted)
		return -ENOMEM;
	for (u32 i = 0; i < BENCH_SERIES; i++) {
		run->sample[i] = bench_alloc(room * sizeof(u32));
		if (!run->sample[i])
			return -ENOMEM;
	}
	for (u64 i = 0; i < nr && impl->prepare; i++)
		if (impl->prepare(&run->slots[i]))
			return -ENOMEM;
	return 0;
}

static int bench_take(struct bench_run *run, struct bench_slot *slot, u64 len, u64 align)
{
	int err;

	slot->len = len;
	err = run->job->impl->alloc(run->space, slot, align);
	if (err)
		slot->len = 0;
	return err;
}

static void bench_give(struct bench_run *run, struct bench_slot *slot)
{
	run->job->impl->free(run->space, slot);
	slot->len = 0;
}

static int bench_take_timed(struct bench_run *run, struct bench_slot *slot, u64 len, u64 align,
			    enum bench_series series)
{
	unsigned long flags = bench_enter();
	u64 from = bench_clock();
	int err = bench_take(run, slot, len, align);
	u64 to = bench_clock();

	bench_leave(flags);
	bench_record(run, series, to - from);
	return err;
}

static void bench_give_timed(struct bench_run *run, struct bench_slot *slot,
			     enum bench_series series)
{
	unsigned long flags = bench_enter();
	u64 from = bench_clock(), to;

	bench_give(run, slot);
	to = bench_clock();
	bench_leave(flags);
	bench_record(run, series, to - from);
}

/* Not every allocation is timed: reading a clock that counts instructions is slow. */
static int bench_fill(struct bench_run *run, bool one_page)
{
	u64 step = run->nr / BENCH_FILLS + 1;

	for (u64 i = 0; i < run->nr; i++) {
		u64 len = one_page ? VCM_PAGE_SIZE : bench_size(&run->random);
		struct bench_slot *slot = &run->slots[i];
		int err;

		if (i % step)
			err = bench_take(run, slot, len, VCM_PAGE_SIZE);
		else
			err = bench_take_timed(run, slot, len, VCM_PAGE_SIZE, BENCH_FILL);
		if (err)
			return err;
		if (!(i & 1023))
			bench_pause();
	}
	return 0;
}

/* Is there time for another measurement? */
static bool bench_goes_on(struct bench_run *run, enum bench_series series)
{
	u64 done = run->count[series];

	if (!(done & 63))
		bench_pause();
	return done < run->job->ops && (done < BENCH_LEAST || run->sum < run->job->budget);
}

#define BENCH_DIGIT	11	/* bits */

/* Ascending; @spare is as large as @values.  Three passes leave the result in @spare. */
static void bench_sort(u32 *values, u32 *spare, u64 nr)
{
	static u32 count[1 << BENCH_DIGIT];	/* one job at a time */
	u32 *from = values, *to = spare;

	for (u32 shift = 0; shift < 32; shift += BENCH_DIGIT) {
		u32 *swap = from, sum = 0;

		memset(count, 0, sizeof(count));
		for (u64 i = 0; i < nr; i++)
			count[from[i] >> shift & ((1 << BENCH_DIGIT) - 1)]++;
		for (u32 digit = 0; digit < ARRAY_SIZE(count); digit++) {
			u32 here = count[digit];

			count[digit] = sum;
			sum += here;
		}
		for (u64 i = 0; i < nr; i++)
			to[count[from[i] >> shift & ((1 << BENCH_DIGIT) - 1)]++] = from[i];
		from = to;
		to = swap;
	}
}

static void bench_summarise(struct bench_run *run, struct bench_report *report)
{
	for (u32 i = 0; i < BENCH_SERIES; i++) {
		struct bench_result *result = &report->series[i];
		u64 nr = run->count[i], sum = 0;
		const u32 *sample = run->sorted;

		result->nr = nr;
		if (!nr)
			continue;
		for (u64 k = 0; k < nr; k++)
			sum += run->sample[i][k];
		bench_sort(run->sample[i], run->sorted, nr);
		result->mean = sum / nr;
		result->p50 = sample[nr / 2];
		result->p99 = sample[nr - 1 - nr / 100];
		result->p999 = sample[nr - 1 - nr / 1000];
		result->max = sample[nr - 1];
	}
}

/* One free and one allocation, measured together; a new size each time. */
static int bench_churn_step(struct bench_run *run)
{
	struct bench_slot *slot = &run->slots[bench_random(&run->random) % run->nr];
	u64 len = bench_size(&run->random);
	unsigned long flags = bench_enter();
	u64 from = bench_clock(), to;
	int err;

	bench_give(run, slot);
	err = bench_take(run, slot, len, VCM_PAGE_SIZE);
	to = bench_clock();
	bench_leave(flags);
	bench_record(run, BENCH_MAIN, to - from);
	return err;
}

/**
 * bench_churn() - N live ranges, one freed and one allocated at a time
 * @job:    what to measure
 * @report: out; BENCH_MAIN is a pair, BENCH_FILL the allocations before
 *
 * Return: 0 or -errno.
 */
int bench_churn(const struct bench_job *job, struct bench_report *report)
{
	struct bench_run run = { .job = job };
	int err = -ENOMEM;

	run.space = job->impl->create(BENCH_SPACE_LAST);
	if (!run.space)
		return err;
	err = bench_open(&run, job->live, max(job->ops, BENCH_FILLS));
	if (!err)
		err = bench_fill(&run, false);
	run.sum = 0;
	while (!err && bench_goes_on(&run, BENCH_MAIN))
		err = bench_churn_step(&run);
	bench_summarise(&run, report);
	bench_close(&run);
	job->impl->destroy(run.space);
	return err;
}

/* A full space of @job->live pages.  Return: 0 or -errno. */
static int bench_full_open(struct bench_run *run, u64 extra)
{
	u64 nr = run->job->live;
	int err;

	run->space = run->job->impl->create(nr * VCM_PAGE_SIZE - 1);
	if (!run->space)
		return -ENOMEM;
	err = bench_open(run, nr + extra, max(run->job->ops, BENCH_FILLS));
	if (err)
		return err;
	run->nr = nr;
	err = bench_fill(run, true);
	run->nr = nr + extra;
	run->sum = 0;
	return err;
}

static void bench_full_close(struct bench_run *run, struct bench_report *report)
{
	bench_summarise(run, report);
	bench_close(run);
	if (run->space)
		run->job->impl->destroy(run->space);
}

/* One freed, one allocated, one that cannot be: as Peng Zhang measured it in 2022. */
static int bench_full_step(struct bench_run *run, struct bench_report *report)
{
	u64 nr = run->nr - 1, before = run->sum;
	struct bench_slot *slot = &run->slots[bench_random(&run->random) % nr];
	struct bench_slot *spare = &run->slots[nr];
	u64 cost;

	bench_give_timed(run, slot, BENCH_FREE);
	report->asked++;
	if (!bench_take_timed(run, slot, VCM_PAGE_SIZE, VCM_PAGE_SIZE, BENCH_OK))
		report->found++;
	if (!bench_take_timed(run, spare, VCM_PAGE_SIZE, VCM_PAGE_SIZE, BENCH_FAIL))
		return -EEXIST;	/* there was no room for it */
	cost = run->sum - before;
	run->sum = before;
	bench_record(run, BENCH_MAIN, cost + run->empty);
	return slot->len ? 0 : -ENOSPC;
}

/**
 * bench_full() - a full space: free one, allocate one, fail one
 * @job:    what to measure; @live pages fill the space
 * @report: out; BENCH_MAIN is the three together
 *
 * Return: 0 or -errno.
 */
int bench_full(const struct bench_job *job, struct bench_report *report)
{
	struct bench_run run = { .job = job };
	int err = bench_full_open(&run, 1);

	while (!err && bench_goes_on(&run, BENCH_MAIN))
		err = bench_full_step(&run, report);
	bench_full_close(&run, report);
	return err;
}

/* Slots by address: in a space full of single pages every page has one. */
static int bench_index(struct bench_run *run, u32 *by_page, u64 nr)
{
	for (u64 i = 0; i < nr; i++) {
		if (run->slots[i].start >> VCM_PAGE_SHIFT >= nr)
			return -ERANGE;
		by_page[run->slots[i].start >> VCM_PAGE_SHIFT] = i;
	}
	return 0;
}

static int bench_aligned_step(struct bench_run *run, u32 *by_page, struct bench_report *report)
{
	u64 nr = run->nr - 1;
	u64 first = bench_random(&run->random) % (nr / BENCH_HOLE) * BENCH_HOLE;
	struct bench_slot *spare = &run->slots[nr];
	u32 moved[BENCH_HOLE];
	int err;

	for (u32 i = 0; i < BENCH_HOLE; i++) {
		moved[i] = by_page[first + i];
		bench_give(run, &run->slots[moved[i]]);
	}
	report->asked++;
	err = bench_take_timed(run, spare, BENCH_HOLE * VCM_PAGE_SIZE, BENCH_HOLE * VCM_PAGE_SIZE,
			       BENCH_MAIN);
	if (!err) {
		report->found++;
		bench_give_timed(run, spare, BENCH_FREE);
	}
	for (u32 i = 0; i < BENCH_HOLE; i++) {
		struct bench_slot *slot = &run->slots[moved[i]];

		err = bench_take(run, slot, VCM_PAGE_SIZE, VCM_PAGE_SIZE);
		if (err)
			return err;
		by_page[slot->start >> VCM_PAGE_SHIFT] = moved[i];
	}
	return 0;
}

/**
 * bench_aligned() - an aligned hole of exactly the size asked for, in a full space
 * @job:    what to measure; @live pages fill the space
 * @report: out; BENCH_MAIN is the search; asked and found say how often it found the hole
 *
 * Return: 0 or -errno.
 */
int bench_aligned(const struct bench_job *job, struct bench_report *report)
{
	struct bench_run run = { .job = job };
	u32 *by_page = bench_alloc(job->live * sizeof(*by_page));
	int err = by_page ? bench_full_open(&run, 1) : -ENOMEM;

	if (!err)
		err = bench_index(&run, by_page, job->live);
	while (!err && bench_goes_on(&run, BENCH_MAIN))
		err = bench_aligned_step(&run, by_page, report);
	bench_full_close(&run, report);
	bench_free(by_page);
	return err;
}

/**
 * bench_worker_create() - a thread's share of a churn
 * @job:   @live ranges of its own
 * @space: shared with the other workers
 *
 * Return: the worker with its ranges, or NULL.
 */
struct bench_worker *bench_worker_create(const struct bench_job *job, void *space)
{
	struct bench_worker *worker = bench_alloc(sizeof(*worker));

	if (!worker)
		return NULL;
	worker->run.job = job;
	worker->run.space = space;
	if (bench_open(&worker->run, job->live, BENCH_FILLS) || bench_fill(&worker->run, false)) {
		bench_worker_destroy(worker);
		return NULL;
	}
	return worker;
}

/**
 * bench_worker_run() - churn
 * @worker: of the calling thread
 * @ops:    pairs
 *
 * Return: pairs that were done.
 */
u64 bench_worker_run(struct bench_worker *worker, u64 ops)
{
	struct bench_run *run = &worker->run;
	u64 done;

	for (done = 0; done < ops; done++) {
		struct bench_slot *slot = &run->slots[bench_random(&run->random) % run->nr];

		if (!slot->len)
			break;
		bench_give(run, slot);
		if (bench_take(run, slot, bench_size(&run->random), VCM_PAGE_SIZE))
			break;
		if (!(done & 4095))
			bench_pause();
	}
	return done;
}

/**
 * bench_worker_destroy() - give a worker's ranges back
 * @worker: not running
 */
void bench_worker_destroy(struct bench_worker *worker)
{
	bench_close(&worker->run);
	bench_free(worker);
}
