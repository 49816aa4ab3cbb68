// SPDX-License-Identifier: GPL-2.0-only
/*
 * run.c - one place that waits: for the source, the clock, the keyboard, a signal.
 *
 * INT, TERM and HUP are read from a descriptor, so they never interrupt anything: a command always
 * ends by draining and by its end record.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "vcmstat.h"

#define LOOK_NS	50000000u	/* sources wake us only when much waits */

void run_restart(struct run *run)
{
	uint64_t now = now_ns();

	run->next_tick = now + (uint64_t)(run->interval * 1e9);
	run->deadline = run->seconds > 0 ? now + (uint64_t)(run->seconds * 1e9) : UINT64_MAX;
}

int run_begin(struct run *run, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	run->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (run->signal_fd < 0)
		return error_set(err, EXIT_FAILED, "signalfd: %s", strerror(errno));
	run_restart(run);
	return 0;
}

void run_end(struct run *run)
{
	close(run->signal_fd);
}

static enum run_wake stop(struct run *run, const char *cause)
{
	run->cause = cause;
	return RUN_STOP;
}

static enum run_wake take_signal(struct run *run)
{
	struct signalfd_siginfo info;

	if (read(run->signal_fd, &info, sizeof(info)) != sizeof(info))
		return RUN_DATA;
	switch (info.ssi_signo) {
	case SIGWINCH:
		return RUN_RESIZE;
	case SIGINT:
		return stop(run, "SIGINT");
	case SIGHUP:
		return stop(run, "SIGHUP");
	default:
		return stop(run, "SIGTERM");
	}
}

/* Milliseconds until the next moment that matters, rounded up. */
static int patience(const struct run *run, uint64_t now)
{
	uint64_t until = now + LOOK_NS;

	if (run->interval > 0 && run->next_tick < until)
		until = run->next_tick;
	if (run->deadline < until)
		until = run->deadline;
	return until <= now ? 0 : (int)((until - now + 999999) / 1000000);
}

static enum run_wake take_key(struct run *run)
{
	ssize_t n;

	if (run->own_keys)
		return RUN_KEY;
	n = read(run->key_fd, &run->key, 1);
	if (n == 1)
		return RUN_KEY;
	if (!n)
		return stop(run, "end of input");
	return errno == EINTR || errno == EAGAIN ? RUN_DATA : stop(run, "keyboard is gone");
}

enum run_wake run_wait(struct run *run)
{
	struct pollfd fds[4] = {
		{ .fd = run->signal_fd, .events = POLLIN },
		{ .fd = run->key_fd, .events = POLLIN },
		{ .fd = STDOUT_FILENO },	/* only tells when nobody reads any more */
		{ .fd = run->data_fd, .events = POLLIN },
	};
	uint64_t now = now_ns();

	poll(fds, ARRAY_LEN(fds), patience(run, now));
	if (fds[0].revents)
		return take_signal(run);
	if (fds[1].revents)
		return take_key(run);
	if (fds[2].revents)
		return stop(run, "output is gone");
	now = now_ns();
	if (now >= run->deadline)
		return stop(run, "time is up");
	if (run->interval > 0 && now >= run->next_tick) {
		uint64_t step = (uint64_t)(run->interval * 1e9);

		run->next_tick += step;
		if (run->next_tick <= now)	/* after a stall: go on from here */
			run->next_tick = now + step;
		return RUN_TICK;
	}
	return RUN_DATA;
}

bool run_until(struct run *run, uint64_t when_ns)
{
	struct pollfd fds[2] = {
		{ .fd = run->signal_fd, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	uint64_t now;

	while ((now = now_ns()) < when_ns) {
		struct timespec left = { .tv_sec = (time_t)((when_ns - now) / 1000000000u),
					 .tv_nsec = (long)((when_ns - now) % 1000000000u) };

		ppoll(fds, ARRAY_LEN(fds), &left, NULL);
		if (fds[0].revents && take_signal(run) == RUN_STOP)
			return false;
		if (fds[1].revents) {
			stop(run, "output is gone");
			return false;
		}
	}
	return true;
}
