// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_tracefs.c - events by the trace buffer of the kernel, in an instance of our own.
 *
 * Works without BTF and without BPF.  Every CPU has a buffer; they are read one after the other
 * and the events put in order by reorder.h.  What found no room is counted by the kernel for each
 * CPU.  The buffer tells threads by number only; what process they belong to is asked of /proc
 * while they live, and their name of what tracefs remembers.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kbuffer.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>
#include <unistd.h>

#include "tracefmt.h"
#include "guard.h"
#include "reorder.h"
#include "source.h"
#include "table.h"

#define PREFIX		"vcmstat-"
#define EVENT_BYTES	48	/* one in the trace buffer has at least */
#define TASKS_MAX	65536	/* names remembered */

struct cpu {
	struct tracefs_cpu *reader;
	void *page;
	struct kbuffer *kbuf;
	char stats[40];		/* file with its counters */
};

struct task {
	uint32_t pid;
	char comm[16];
};

struct src_tracefs {
	struct source src;
	struct tracefs_instance *instance;
	struct guard guard;
	struct format format[VCM_EVENT_END];
	struct format *by_id[UINT16_MAX + 1];
	struct cpu *cpu;
	int nr_cpu;
	struct reorder reorder;
	struct table tasks;
	bool asked;		/* the names of tracefs, in this drain */
};

static int read_formats(struct src_tracefs *t, struct error *err)
{
	unsigned int type;
	char path[80], *text;
	int ret;

	for (type = 1; type < VCM_EVENT_END; type++) {
		if (!schema_event(type))
			continue;
		snprintf(path, sizeof(path), "events/vcm/%s/format", schema_event(type)->name);
		text = tracefs_instance_file_read(NULL, path, NULL);
		if (!text)
			return error_set(err, EXIT_ABSENT, "no event %s in tracefs: is it "
					 "mounted, and the module of this version?",
					 schema_event(type)->name);
		ret = format_parse(&t->format[type], type, text, err);
		free(text);
		if (ret)
			return -1;
		t->by_id[t->format[type].id] = &t->format[type];
	}
	return 0;
}

static void task_add(struct src_tracefs *t, uint32_t tid, uint32_t pid, const char *comm)
{
	struct task *task;

	if (t->tasks.nr >= TASKS_MAX)
		table_fini(&t->tasks);
	task = table_add(&t->tasks, tid, 0);
	task->pid = pid;
	memcpy(task->comm, comm, strnlen(comm, sizeof(task->comm)));
}

/* "tid comm" a line, of the threads that were traced lately. */
static void ask_tracefs(struct src_tracefs *t)
{
	char *text = tracefs_instance_file_read(NULL, "saved_cmdlines", NULL), *line, *save;

	t->asked = true;
	if (!text)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *name;
		unsigned long tid = strtoul(line, &name, 10);

		if (*name == ' ' && tid && !table_find(&t->tasks, tid, 0))
			task_add(t, (uint32_t)tid, (uint32_t)tid, name + 1);
	}
	free(text);
}

static bool ask_proc(struct src_tracefs *t, uint32_t tid)
{
	char path[40], text[512], name[17] = "";
	const char *at;
	unsigned int pid;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/status", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	at = strstr(text, "\nTgid:");
	if (!at || sscanf(at, "\nTgid: %u", &pid) != 1 || sscanf(text, "Name: %16[^\n]", name) != 1)
		return false;
	task_add(t, tid, pid, name);
	return true;
}

static void name_task(struct src_tracefs *t, struct vcm_event *ev)
{
	const struct task *task = table_find(&t->tasks, ev->tid, 0);

	ev->pid = ev->tid;
	if (!task && !ask_proc(t, ev->tid) && !t->asked)
		ask_tracefs(t);
	task = task ? task : table_find(&t->tasks, ev->tid, 0);
	if (!task)
		return;
	ev->pid = task->pid;
	memcpy(ev->comm, task->comm, sizeof(ev->comm));
}

/* Everything in the page that was read; the time of the last event, 0 without one. */
static uint64_t take_page(struct src_tracefs *t, int cpu)
{
	struct kbuffer *kbuf = t->cpu[cpu].kbuf;
	unsigned long long ts = 0;
	uint64_t last = 0;
	const void *record;
	struct vcm_event ev;
	uint16_t id;

	kbuffer_load_subbuffer(kbuf, t->cpu[cpu].page);
	for (record = kbuffer_read_event(kbuf, &ts); record;
	     record = kbuffer_next_event(kbuf, &ts)) {
		memcpy(&id, record, sizeof(id));
		last = ts;
		if (!t->by_id[id] || kbuffer_event_size(kbuf) < t->by_id[id]->len)
			continue;
		format_decode(t->by_id[id], record, &ev);
		ev.ts_ns = ts;
		ev.cpu = (__u32)cpu;
		name_task(t, &ev);
		reorder_add(&t->reorder, &ev);
	}
	return last;
}

/* Read until nothing is left that is older than @safe_ns. */
static int read_cpu(struct src_tracefs *t, int cpu, uint64_t safe_ns, struct error *err)
{
	int n;

	do {
		n = tracefs_cpu_read(t->cpu[cpu].reader, t->cpu[cpu].page, true);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return error_set(err, EXIT_FAILED, "cannot read the trace buffer: %s",
					 strerror(errno));
	} while (n > 0 && take_page(t, cpu) <= safe_ns);
	return 0;
}

static uint64_t counter(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* What the buffers could not keep, over all CPUs. */
static uint64_t count_losses(const struct src_tracefs *t)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < t->nr_cpu; i++) {
		char *text = tracefs_instance_file_read(t->instance, t->cpu[i].stats, NULL);

		if (!text)
			continue;
		sum += counter(text, "\ndropped events: ") + counter(text, "\noverrun: ") +
		       counter(text, "\ncommit overrun: ");
		free(text);
	}
	return sum;
}

static int src_tracefs_drain(struct source *src, size_t max, struct error *err)
{
	struct src_tracefs *t = (struct src_tracefs *)src;
	uint64_t safe_ns = now_ns();
	const struct vcm_event *ev;
	size_t done = 0;
	int i;

	t->asked = false;
	for (i = 0; i < t->nr_cpu; i++) {
		if (read_cpu(t, i, safe_ns, err))
			return -1;
	}
	reorder_settle(&t->reorder, safe_ns);
	while (done < max && (ev = reorder_next(&t->reorder))) {
		src->event(src->arg, ev);
		done++;
	}
	src->losses.events = count_losses(t);
	return (int)done;
}

static int src_tracefs_snapshot(struct source *src, void **buf, size_t *len, struct error *err)
{
	(void)src;
	return src_snap_read(NULL, buf, len, err);
}

static int src_tracefs_fd(struct source *src)
{
	(void)src;
	return -1;	/* looked at several times a second */
}

static void src_tracefs_close(struct source *src)
{
	struct src_tracefs *t = (struct src_tracefs *)src;
	int i;

	for (i = 0; i < t->nr_cpu; i++) {
		if (t->cpu[i].reader)
			tracefs_cpu_close(t->cpu[i].reader);
		if (t->cpu[i].kbuf)
			kbuffer_free(t->cpu[i].kbuf);
		free(t->cpu[i].page);
	}
	if (t->instance)
		tracefs_instance_free(t->instance);
	guard_end(&t->guard);
	reorder_fini(&t->reorder);
	table_fini(&t->tasks);
	free(t->cpu);
	free(t);
}

static const struct source_ops src_tracefs_ops = {
	.snapshot = src_tracefs_snapshot,
	.drain = src_tracefs_drain,
	.fd = src_tracefs_fd,
	.close = src_tracefs_close,
};

/* A guard that was killed too leaves its instance behind. */
static void remove_stale(const char *instances)
{
	DIR *dir = opendir(instances);
	struct dirent *entry;
	char path[512];

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		long pid = strncmp(entry->d_name, PREFIX, strlen(PREFIX)) ? 0 :
			   strtol(entry->d_name + strlen(PREFIX), NULL, 10);

		if (pid <= 0 || !kill((pid_t)pid, 0) || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), "%s/%s", instances, entry->d_name);
		rmdir(path);
	}
	closedir(dir);
}

static int open_instance(struct src_tracefs *t, size_t ring_bytes, struct error *err)
{
	char dir[256], path[320], name[32];

	snprintf(dir, sizeof(dir), "%s/instances", tracefs_tracing_dir());
	remove_stale(dir);
	snprintf(name, sizeof(name), PREFIX "%d", getpid());
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (guard_begin(&t->guard, path))
		return error_set(err, EXIT_FAILED, "cannot fork: %s", strerror(errno));
	t->instance = tracefs_instance_create(name);
	if (!t->instance)
		return error_set(err, errno == EACCES || errno == EPERM ? EXIT_PERMISSION :
				 EXIT_FAILED, "cannot make a trace instance: %s",
				 strerror(errno));
	if (tracefs_instance_set_buffer_size(t->instance, ring_bytes / 1024 /
					     (size_t)t->nr_cpu + 1, -1) ||
	    tracefs_option_disable(t->instance, TRACEFS_OPTION_OVERWRITE) ||
	    tracefs_instance_file_write(t->instance, "trace_clock", "mono") < 0)
		return error_set(err, EXIT_FAILED, "cannot set up a trace instance: %s",
				 strerror(errno));
	return 0;
}

/* The kernel rounds sizes up; a page of each CPU can be with the reader. */
static int open_cpus(struct src_tracefs *t, struct error *err)
{
	size_t bytes;
	int i;

	for (i = 0; i < t->nr_cpu; i++) {
		struct cpu *cpu = &t->cpu[i];

		snprintf(cpu->stats, sizeof(cpu->stats), "per_cpu/cpu%d/stats", i);
		cpu->reader = tracefs_cpu_open(t->instance, i, true);
		if (!cpu->reader)
			return error_set(err, EXIT_FAILED, "cannot open the trace buffer of CPU "
					 "%d: %s", i, strerror(errno));
		bytes = (size_t)tracefs_cpu_read_size(cpu->reader);
		cpu->page = xcalloc(1, bytes);
		bytes = 3 * bytes + 1024 * (size_t)tracefs_instance_get_buffer_size(t->instance, i);
		t->src.capacity += bytes / EVENT_BYTES;
		cpu->kbuf = kbuffer_alloc(sizeof(long) == 8 ? KBUFFER_LSIZE_8 : KBUFFER_LSIZE_4,
					  KBUFFER_ENDIAN_LITTLE);
	}
	return 0;
}

static int open_all(struct src_tracefs *t, size_t ring_bytes, struct error *err)
{
	if (!tracefs_tracing_dir())
		return error_set(err, EXIT_ABSENT, "tracefs is not mounted: mount -t tracefs none "
				 "/sys/kernel/tracing");
	if (read_formats(t, err) || open_instance(t, ring_bytes, err) || open_cpus(t, err))
		return -1;
	if (tracefs_event_enable(t->instance, "vcm", NULL))
		return error_set(err, EXIT_FAILED, "cannot turn the events on: %s",
				 strerror(errno));
	t->src.attached_ns = now_ns();
	return 0;
}

struct source *src_tracefs_open(size_t ring_bytes, struct error *err)
{
	struct src_tracefs *t;

	if (src_snap_check(err))
		return NULL;
	t = xcalloc(1, sizeof(*t));
	t->src.ops = &src_tracefs_ops;
	t->src.name = "tracefs";
	t->src.faults = "none";
	t->nr_cpu = (int)sysconf(_SC_NPROCESSORS_CONF);
	t->cpu = xcalloc((size_t)t->nr_cpu, sizeof(*t->cpu));
	table_init(&t->tasks, sizeof(struct task));
	if (open_all(t, ring_bytes, err)) {
		src_tracefs_close(&t->src);
		return NULL;
	}
	return &t->src;
}
