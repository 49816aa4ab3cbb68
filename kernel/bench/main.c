// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - vcm_bench.ko: one measurement at a time, asked for and answered through debugfs.
 *
 * Write "BENCH IMPL LIVE THREADS OPS BUDGET SEED UNIT" to <debugfs>/vcm_bench/run; the write
 * returns when the job is done, or with its error.  Reading gives the results of the last job,
 * one JSON object a line.  UNIT is instr where the time stamp counter counts instructions (QEMU
 * with -icount shift=0; the job `calibrate` shows it) or ns.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "clock.h"
#include "oracle.h"
#include "peer.h"

#define BENCH_TEXT	4096
#define BENCH_WORKERS	64
#define BENCH_LOOPS	1000000

/**
 * struct bench_ask - a job as asked for
 * @bench:   which workload
 * @impl:    with what
 * @unit:    of the clock
 * @job:     the rest
 * @threads: how many at once
 */
struct bench_ask {
	char bench[16];
	char impl[24];
	char unit[8];
	struct bench_job job;
	u32 threads;
};

static const struct bench_impl *const bench_impls[] = {
	&bench_vcm,
	&bench_tree,
	&bench_iova_fast,
	&bench_iova,
	&bench_drm,
	&bench_maple,
	&bench_genpool,
};

static DEFINE_MUTEX(bench_lock);	/* one job at a time, and bench_text */
static char bench_text[BENCH_TEXT];
static int bench_len;
static struct dentry *bench_dir;
static struct kmem_cache *bench_nodes;

unsigned long bench_enter(void)
{
	unsigned long flags;

	local_irq_save(flags);
	return flags;
}

void bench_leave(unsigned long flags)
{
	local_irq_restore(flags);
}

void bench_pause(void)
{
	cond_resched();
}

void *bench_alloc(u64 len)
{
	return vzalloc(len);
}

void bench_free(void *ptr)
{
	vfree(ptr);
}

/* What the allocator's files use of the seam that is not in its header. */
void *vcm_os_zalloc(size_t len)
{
	return kvzalloc(len, GFP_KERNEL);
}

void vcm_os_free(const void *ptr)
{
	kvfree(ptr);
}

void *bench_node_alloc(void)
{
	return kmem_cache_alloc(bench_nodes, GFP_ATOMIC);
}

void bench_node_free(void *node)
{
	kmem_cache_free(bench_nodes, node);
}

static void __printf(1, 2) bench_say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	bench_len += vscnprintf(bench_text + bench_len, BENCH_TEXT - bench_len, fmt, args);
	va_end(args);
}

static const char *bench_series_name(const struct bench_ask *ask, enum bench_series series)
{
	static const char * const names[BENCH_SERIES] = { "", "-fill", "-free", "-ok", "-fail" };

	return names[series];
}

static void bench_tell(const struct bench_ask *ask, const struct bench_report *report)
{
	for (u32 i = 0; i < BENCH_SERIES; i++) {
		const struct bench_result *result = &report->series[i];

		if (!result->nr)
			continue;
		bench_say("{\"bench\":\"range-%s%s\",\"impl\":\"%s\",\"live\":%llu,",
			  ask->bench, bench_series_name(ask, i), ask->impl, ask->job.live);
		bench_say("\"threads\":%u,\"unit\":\"%s\",\"mean\":%llu,\"p50\":%llu,\"p99\":%llu,",
			  ask->threads, ask->unit, result->mean, result->p50, result->p99);
		bench_say("\"p999\":%llu,\"max\":%llu,\"n\":%llu", result->p999, result->max,
			  result->nr);
		if (!i && report->asked)
			bench_say(",\"asked\":%llu,\"found\":%llu", report->asked, report->found);
		bench_say("}\n");
	}
}

/* A loop of two instructions: what the clock shows for one of them, in thousandths. */
static int bench_calibrate(const struct bench_ask *ask)
{
	unsigned long flags = bench_enter(), left = BENCH_LOOPS;
	u64 from = bench_clock(), to;

#ifdef CONFIG_X86
	asm volatile("1: dec %0\n\tjnz 1b" : "+r" (left));
#else
	while (--left)
		barrier();
#endif
	to = bench_clock();
	bench_leave(flags);
	bench_say("{\"bench\":\"calibrate\",\"unit\":\"%s\",\"milli\":%llu,\"overhead\":%llu}\n",
		  ask->unit, (to - from) * 1000 / (2 * BENCH_LOOPS), bench_overhead());
	return 0;
}

/**
 * struct bench_thread - one of several workers
 * @worker: its ranges
 * @ops:    pairs to do
 * @done:   pairs done
 * @go:     of all threads
 * @end:    this one has ended
 */
struct bench_thread {
	struct bench_worker *worker;
	u64 ops;
	u64 done;
	struct completion *go;
	struct completion end;
};

static int bench_thread_main(void *data)
{
	struct bench_thread *thread = data;

	wait_for_completion(thread->go);
	thread->done = bench_worker_run(thread->worker, thread->ops);
	complete(&thread->end);
	return 0;
}

static int bench_threads_start(struct bench_thread *threads, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		struct task_struct *task;

		init_completion(&threads[i].end);
		task = kthread_create(bench_thread_main, &threads[i], "vcm_bench/%u", i);
		if (IS_ERR(task))
			return PTR_ERR(task);
		kthread_bind(task, i % num_online_cpus());
		wake_up_process(task);
	}
	return 0;
}

static u64 bench_threads_time(struct bench_thread *threads, u32 nr, struct completion *go)
{
	u64 from = ktime_get_ns();

	complete_all(go);
	for (u32 i = 0; i < nr; i++)
		wait_for_completion(&threads[i].end);
	return ktime_get_ns() - from;
}

/* @nr workers in one space, each with its share of the live ranges. */
static int bench_threads_run(struct bench_ask *ask, struct bench_thread *threads, void *space)
{
	struct bench_job job = ask->job;
	struct completion go;
	u64 time, done = 0;
	u32 i;
	int err = 0;

	init_completion(&go);
	job.live /= ask->threads;
	for (i = 0; i < ask->threads && !err; i++) {
		job.seed = ask->job.seed + i;
		threads[i].go = &go;
		threads[i].ops = job.ops / ask->threads;
		threads[i].worker = bench_worker_create(&job, space);
		err = threads[i].worker ? 0 : -ENOMEM;
	}
	if (!err)
		err = bench_threads_start(threads, ask->threads);
	if (!err) {
		time = bench_threads_time(threads, ask->threads, &go);
		for (i = 0; i < ask->threads; i++)
			done += threads[i].done;
		bench_say("{\"bench\":\"range-threads\",\"impl\":\"%s\",\"live\":%llu,",
			  ask->impl, ask->job.live);
		bench_say("\"threads\":%u,\"unit\":\"ns\",\"mean\":%llu,\"n\":%llu}\n",
			  ask->threads, done ? time / done : 0, done);
	}
	for (i = 0; i < ask->threads; i++)
		if (threads[i].worker)
			bench_worker_destroy(threads[i].worker);
	return err;
}

static int bench_threads(struct bench_ask *ask)
{
	struct bench_thread *threads;
	void *space;
	int err;

	if (!ask->threads || ask->threads > BENCH_WORKERS)
		return -EINVAL;
	threads = kcalloc(ask->threads, sizeof(*threads), GFP_KERNEL);
	space = ask->job.impl->create(((u64)1 << 48) - 1);
	err = threads && space ? bench_threads_run(ask, threads, space) : -ENOMEM;
	if (space)
		ask->job.impl->destroy(space);
	kfree(threads);
	return err;
}

/* Random operations beside a map of pages, on every kind of space. */
static int bench_oracle(const struct bench_ask *ask)
{
	struct oracle_counts counts = {};
	const char *bad = NULL;

	for (u32 i = 0; i < 16 && !bad; i++) {
		const struct oracle_cfg cfg = {
			.seed = ask->job.seed + i,
			.ops = ask->job.ops / 16,
			.pools = 1u << (i >> 2),
			.cached = i & 1 ? 8 : 0,
			.top = i & 2,
		};

		bad = vcm_oracle_run(&cfg, &counts);
		cond_resched();
	}
	bench_say("{\"bench\":\"oracle\",\"impl\":\"vcm\",\"n\":%llu,\"takes\":%llu,", ask->job.ops,
		  counts.takes);
	bench_say("\"exact\":%llu,", counts.exact);
	bench_say("\"fixed\":%llu,\"refused\":%llu,\"gives\":%llu,\"later\":%llu,\"spans\":%llu,",
		  counts.fixed, counts.refused, counts.gives, counts.later, counts.spans);
	bench_say("\"first\":%llu,\"last\":%llu,\"bad\":\"%s\"}\n", counts.first, counts.last,
		  bad ? bad : "");
	return bad ? -EPROTO : 0;
}

static int bench_run(struct bench_ask *ask)
{
	struct bench_report report = {};
	int err;

	bench_len = 0;
	bench_clock_set(!strcmp(ask->unit, "instr"));
	if (!strcmp(ask->bench, "calibrate"))
		return bench_calibrate(ask);
	if (!strcmp(ask->bench, "oracle"))
		return bench_oracle(ask);
	for (u32 i = 0; i < ARRAY_SIZE(bench_impls); i++)
		if (!strcmp(ask->impl, bench_impls[i]->name))
			ask->job.impl = bench_impls[i];
	if (!ask->job.impl || !ask->job.live)
		return -EINVAL;
	if (ask->job.impl->max_live && ask->job.live > ask->job.impl->max_live)
		return -EDOM;
	if (!strcmp(ask->bench, "threads"))
		return bench_threads(ask);
	if (!strcmp(ask->bench, "churn"))
		err = bench_churn(&ask->job, &report);
	else if (!strcmp(ask->bench, "full"))
		err = bench_full(&ask->job, &report);
	else if (!strcmp(ask->bench, "aligned"))
		err = bench_aligned(&ask->job, &report);
	else
		return -EINVAL;
	if (!err)
		bench_tell(ask, &report);
	return err;
}

static ssize_t bench_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	struct bench_ask ask = {};
	char line[160];
	int err;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, text, len))
		return -EFAULT;
	line[len] = '\0';
	if (sscanf(line, "%15s %23s %llu %u %llu %llu %llu %7s", ask.bench, ask.impl, &ask.job.live,
		   &ask.threads, &ask.job.ops, &ask.job.budget, &ask.job.seed, ask.unit) != 8)
		return -EINVAL;
	mutex_lock(&bench_lock);
	err = bench_run(&ask);
	mutex_unlock(&bench_lock);
	return err ? err : len;
}

static ssize_t bench_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	ssize_t done;

	mutex_lock(&bench_lock);
	done = simple_read_from_buffer(to, len, pos, bench_text, bench_len);
	mutex_unlock(&bench_lock);
	return done;
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.read = bench_read,
	.write = bench_write,
	.llseek = default_llseek,
};

static int __init bench_init(void)
{
	bench_nodes = kmem_cache_create("vcm_bench_node", BENCH_NODE, 0, 0, NULL);
	if (!bench_nodes)
		return -ENOMEM;
	bench_dir = debugfs_create_dir("vcm_bench", NULL);
	debugfs_create_file("run", 0600, bench_dir, NULL, &bench_fops);
	return 0;
}

static void __exit bench_exit(void)
{
	debugfs_remove(bench_dir);
	kmem_cache_destroy(bench_nodes);
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("Range allocators, measured beside each other");
MODULE_LICENSE("GPL");
