// SPDX-License-Identifier: GPL-2.0-only
/* guard.c - see guard.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"

#define REMOVE_TRIES	100
#define REMOVE_WAIT_MS	50

static void turn_off(const char *dir)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/events/enable", dir);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, "0", 1);	/* removing it turns the events off too */
	close(fd);
}

/* The files of a killed owner close a little after the pipe. */
static void remove_dir(const char *dir)
{
	int try;

	for (try = 0; try < REMOVE_TRIES; try++) {
		turn_off(dir);
		if (!rmdir(dir) || errno != EBUSY)
			return;
		poll(NULL, 0, REMOVE_WAIT_MS);
	}
}

static void detach(int keep)
{
	int null = open("/dev/null", O_RDWR);
	int fd;

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (fd = 0; fd < 3; fd++)
		dup2(null, fd);
	dup2(keep, 3);
	close_range(4, ~0u, 0);
}

int guard_begin(struct guard *g, const char *dir)
{
	int pipes[2], saved;
	char byte;

	if (pipe2(pipes, O_CLOEXEC))
		return -1;
	fflush(NULL);	/* or the child could write what waits a second time */
	g->pid = fork();
	if (g->pid < 0) {
		saved = errno;
		close(pipes[0]);
		close(pipes[1]);
		errno = saved;
		return -1;
	}
	if (!g->pid) {
		detach(pipes[0]);
		while (read(3, &byte, 1) < 0 && errno == EINTR)
			;
		remove_dir(dir);
		_exit(0);
	}
	close(pipes[0]);
	g->fd = pipes[1];
	return 0;
}

void guard_end(struct guard *g)
{
	if (g->pid <= 0)
		return;
	close(g->fd);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
	g->pid = 0;
}
