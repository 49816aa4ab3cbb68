// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe.c - who and when of an event, the sink it goes to, and hooks that nobody has filled in.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "vcm_probe.h"

void (*vcm_probe_sink)(const struct vcm_event *event);

static const int vcm_probe_never;

struct vcm_probe_hooks vcm_probe_hooks = {
	.on = { [0 ... VCM_EVENT_END - 1] = &vcm_probe_never },
};

static __thread struct {
	pid_t pid;
	pid_t tid;
	char comm[16];
} vcm_probe_self;

/* Names and numbers are asked once a thread; a fork makes them stale. */
static void vcm_probe_know_self(void)
{
	pid_t pid = getpid();

	if (vcm_probe_self.pid == pid)
		return;
	vcm_probe_self.pid = pid;
	vcm_probe_self.tid = gettid();
	prctl(PR_GET_NAME, vcm_probe_self.comm);
}

void vcm_probe_emit(struct vcm_event *event)
{
	struct timespec now;

	if (!vcm_probe_sink)
		return;
	vcm_probe_know_self();
	clock_gettime(CLOCK_MONOTONIC, &now);
	event->ts_ns = (__u64)now.tv_sec * 1000000000 + now.tv_nsec;
	event->pid = vcm_probe_self.pid;
	event->tid = vcm_probe_self.tid;
	event->cpu = sched_getcpu();
	memcpy(event->comm, vcm_probe_self.comm, sizeof(event->comm));
	vcm_probe_sink(event);
}
