// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the workloads of kernel/bench on the allocator of the core, natively.
 *
 *   vcm-bench [-o OPS] [-r ROUNDS]
 *
 * Prints JSON, one object a line, in the format of the kernel module.  Times of single
 * operations are those of the time stamp counter, in ns; the figure for threads is wall time,
 * from the first thread that begins to the last that ends.  Of many short rounds the fastest
 * counts, and "cpu" is the least processor time of a pair: others use the machine too.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"

#define BENCH_THREADS	2
#define BENCH_LIVE	100000	/* of all threads */

static const u64 lives[] = { 1000, 10000, 100000, 1000000 };
static double ns_per_tick = 1;

#if defined(__x86_64__)
static u64 ticks(void)
{
	return __builtin_ia32_rdtsc();
}
#else
static u64 ticks(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}
#endif

static u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void calibrate(void)
{
	u64 from = now_ns(), ticks_from = ticks();

	while (now_ns() - from < 20000000)
		;
	ns_per_tick = (double)(now_ns() - from) / (ticks() - ticks_from);
}

u64 bench_clock(void)
{
	return ticks() * ns_per_tick;
}

unsigned long bench_enter(void)
{
	return 0;
}

void bench_leave(unsigned long flags)
{
	(void)flags;
}

void bench_pause(void)
{
}

/* Fresh pages, touched before anything is measured. */
void *bench_alloc(u64 len)
{
	u64 *block = calloc(1, len + sizeof(u64));

	if (!block)
		return NULL;
	memset(block, 0, len);
	return block;
}

void bench_free(void *ptr)
{
	free(ptr);
}

void *bench_node_alloc(void)
{
	return malloc(BENCH_NODE);
}

void bench_node_free(void *node)
{
	free(node);
}

static const char *const series_names[BENCH_SERIES] = { "", "-fill", "-free", "-ok", "-fail" };

static void tell(const char *bench, const struct bench_job *job, const struct bench_report *report)
{
	for (u32 i = 0; i < BENCH_SERIES; i++) {
		const struct bench_result *result = &report->series[i];

		if (!result->nr)
			continue;
		printf("{\"bench\":\"native-%s%s\",\"impl\":\"%s\",\"live\":%llu,\"threads\":1,",
		       bench, series_names[i], job->impl->name, job->live);
		printf("\"unit\":\"ns\",\"mean\":%llu,\"p50\":%llu,\"p99\":%llu,\"p999\":%llu,",
		       result->mean, result->p50, result->p99, result->p999);
		printf("\"max\":%llu,\"n\":%llu}\n", result->max, result->nr);
	}
}

static void single(const struct bench_impl *impl, u64 ops)
{
	for (u32 i = 0; i < ARRAY_SIZE(lives); i++) {
		struct bench_job job = {
			.impl = impl, .live = lives[i], .ops = ops, .budget = ~0ull, .seed = 1,
		};
		struct bench_report report = { };

		if (bench_churn(&job, &report)) {
			fprintf(stderr, "vcm-bench: churn failed\n");
			exit(1);
		}
		tell("churn", &job, &report);
		fflush(stdout);
	}
}

/**
 * struct thread - one of several workers
 * @thread: of the library
 * @worker: its ranges
 * @ops:    pairs to do
 * @from:   when it began
 * @to:     when it ended
 * @cpu:    processor time between, ns
 */
struct thread {
	pthread_t thread;
	struct bench_worker *worker;
	u64 ops;
	u64 from;
	u64 to;
	u64 cpu;
};

/**
 * struct cost - of a pair, all threads together
 * @wall: ns
 * @cpu:  ns of processor time
 */
struct cost {
	double wall;
	double cpu;
};

static pthread_barrier_t line;

static u64 cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void *thread_main(void *data)
{
	struct thread *thread = data;

	pthread_barrier_wait(&line);
	thread->from = now_ns();
	thread->cpu = cpu_ns();
	if (bench_worker_run(thread->worker, thread->ops) != thread->ops)
		exit(1);
	thread->cpu = cpu_ns() - thread->cpu;
	thread->to = now_ns();
	return NULL;
}

/* @nr threads at once, @rounds times; the least of each cost goes to *@best. */
static void together(const struct bench_impl *impl, u32 nr, u64 ops, u32 rounds, struct cost *best)
{
	struct bench_job job = { .impl = impl, .live = BENCH_LIVE / nr };
	struct thread threads[BENCH_THREADS];
	void *space = impl->create(((u64)1 << 48) - 1);
	u32 i;

	pthread_barrier_init(&line, NULL, nr);
	for (i = 0; i < nr; i++) {
		job.seed = i + 1;
		threads[i].ops = ops / nr;
		threads[i].worker = bench_worker_create(&job, space);
		if (!threads[i].worker)
			exit(1);
	}
	while (rounds--) {
		u64 from = ~0ull, to = 0, cpu = 0;

		for (i = 0; i < nr; i++)
			pthread_create(&threads[i].thread, NULL, thread_main, &threads[i]);
		for (i = 0; i < nr; i++) {
			pthread_join(threads[i].thread, NULL);
			from = min(from, threads[i].from);
			to = max(to, threads[i].to);
			cpu += threads[i].cpu;
		}
		best->wall = min(best->wall, (double)(to - from) / ops);
		best->cpu = min(best->cpu, (double)cpu / ops);
	}
	for (i = 0; i < nr; i++)
		bench_worker_destroy(threads[i].worker);
	impl->destroy(space);
}

static void several(const struct bench_impl *impl, u64 ops, u32 rounds)
{
	for (u32 nr = 1; nr <= BENCH_THREADS; nr++) {
		struct cost best = { 1e9, 1e9 };

		together(impl, nr, ops, rounds, &best);
		printf("{\"bench\":\"native-threads\",\"impl\":\"%s\",\"live\":%u,", impl->name,
		       BENCH_LIVE);
		printf("\"threads\":%u,\"unit\":\"ns\",\"mean\":%.1f,", nr, best.wall);
		printf("\"cpu\":%.1f,\"n\":%llu}\n", best.cpu, ops * rounds);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	u64 ops = 40000;
	u32 rounds = 150;
	int opt;

	while ((opt = getopt(argc, argv, "o:r:")) != -1) {
		if (opt == 'o') {
			ops = strtoull(optarg, NULL, 0);
		} else if (opt == 'r') {
			rounds = strtoul(optarg, NULL, 0);
		} else {
			fprintf(stderr, "usage: %s [-o OPS] [-r ROUNDS]\n", argv[0]);
			return 2;
		}
	}
	calibrate();
	single(&bench_vcm, ops);
	single(&bench_tree, ops);
	several(&bench_vcm, ops, rounds);
	several(&bench_tree, ops, rounds);
	return 0;
}
