// SPDX-License-Identifier: GPL-2.0-only
/*
 * kill_test.c - the program is ended at random points by INT, TERM, PIPE and KILL: every line it
 * wrote is whole and parses, no number is missing in silence, and its exit code says how it ended.
 *
 * VCMSTAT_KILLS of them (200 unless set); the seed is printed, VCMSTAT_SEED gives it again.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "jsonin.h"
#include "schema.h"
#include "table.h"
#include "tap.h"
#include "util.h"

#define EVENTS "4000"

static char *folder;
static char recording[64];

/* What is known of the output of one run. */
struct reader {
	char *text;
	size_t len;
	size_t cap;
	struct table seq;	/* of streams: uint64_t */
	uint64_t lines;
	uint64_t events;
	bool ended;
};

static pid_t start(int *fd)
{
	char path[256];
	int pipes[2];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/vcmstat", folder);
	CHECK_EQ(pipe(pipes), 0);
	fcntl(pipes[0], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (!pid) {
		dup2(pipes[1], STDOUT_FILENO);
		close(pipes[1]);
		close(pipes[0]);
		execl(path, path, "replay", recording, "--json", (char *)NULL);
		_exit(127);
	}
	close(pipes[1]);
	*fd = pipes[0];
	return pid;
}

/* Read until the end, or until @until_ns; then false. */
static bool read_until(struct reader *r, int fd, uint64_t until_ns)
{
	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		uint64_t now = now_ns();
		ssize_t n;

		if (now >= until_ns)
			return false;
		poll(&wait, 1, until_ns == UINT64_MAX ? -1 : (int)((until_ns - now) / 1000000));
		if (!wait.revents)
			continue;
		if (r->cap - r->len < 65536)
			r->text = xrealloc(r->text, r->cap = 2 * r->cap + 65536);
		n = read(fd, r->text + r->len, r->cap - r->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return true;
		r->len += (size_t)n;
	}
}

static void take_event(struct reader *r, const struct jsonin *j)
{
	uint64_t stream, seq, *last, first, nr, i;

	CHECK(jsonin_u64(j, "stream", UINT32_MAX, &stream));
	CHECK(jsonin_u64(j, "seq", UINT64_MAX, &seq));
	last = table_find(&r->seq, stream, 0);
	CHECK(last != NULL);
	if (last)
		CHECK_EQ(seq, *last + 1);
	*(uint64_t *)table_add(&r->seq, stream, 0) = seq;
	r->events++;
	if (strcmp(jsonin_text(j, "event"), "vcm_create"))
		return;
	CHECK(jsonin_u64(j, "first_stream", UINT32_MAX, &first));
	CHECK(jsonin_u64(j, "nr_streams", UINT32_MAX, &nr));
	for (i = 0; i < nr; i++)
		*(uint64_t *)table_add(&r->seq, first + i, 0) = 0;
}

static void take_line(struct reader *r, char *line, size_t len)
{
	const char *type;
	struct jsonin j;
	uint64_t stream;
	bool good = jsonin_parse(&j, line, len);

	if (!good)
		tap_note("line %llu: %s: %.80s", (unsigned long long)r->lines + 1, j.error, line);
	CHECK(good);
	if (!good)
		return;
	type = jsonin_text(&j, "type");
	CHECK(type && !r->ended);
	CHECK(!r->lines == !strcmp(type, "header"));
	r->lines++;
	if (!strcmp(type, "event"))
		take_event(r, &j);
	if (!strcmp(type, "stream") && jsonin_u64(&j, "stream", UINT32_MAX, &stream))
		jsonin_u64(&j, "seq", UINT64_MAX, table_add(&r->seq, stream, 0));
	CHECK(strcmp(type, "lost"));	/* nothing is missing in the recording */
	r->ended = !strcmp(type, "end");
}

static void check_output(struct reader *r)
{
	char *line = r->text, *end;

	while (r->len && (end = memchr(line, '\n', r->len - (size_t)(line - r->text)))) {
		*end = '\0';
		take_line(r, line, (size_t)(end - line));
		line = end + 1;
	}
	/* what a kill leaves without its end is no line */
}

static void check_end(const struct reader *r, int signal, int status)
{
	if (signal == SIGKILL) {
		CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL :
		      WEXITSTATUS(status) == EXIT_OK && r->ended);
	} else if (signal == SIGPIPE) {
		CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGPIPE :
		      WEXITSTATUS(status) == EXIT_FAILED ||
		      WEXITSTATUS(status) == EXIT_OK);	/* all of it was in the pipe */
	} else {
		/* before it listens to signals they end it as any program */
		CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == signal && !r->lines :
		      WEXITSTATUS(status) == EXIT_OK && r->ended);
	}
}

static void kill_once(uint64_t *random, int signal, uint64_t whole_ns)
{
	struct reader r = { 0 };
	int status, fd;
	pid_t pid;

	table_init(&r.seq, sizeof(uint64_t));
	pid = start(&fd);
	read_until(&r, fd, now_ns() + tap_random(random) % whole_ns);
	if (signal == SIGPIPE)
		close(fd);
	else
		kill(pid, signal);
	if (signal != SIGPIPE) {
		read_until(&r, fd, UINT64_MAX);
		close(fd);
	}
	waitpid(pid, &status, 0);
	check_output(&r);
	check_end(&r, signal, status);
	table_fini(&r.seq);
	free(r.text);
}

static uint64_t whole_run(uint64_t *events)
{
	struct reader r = { 0 };
	uint64_t begin = now_ns(), ns;
	int status, fd;
	pid_t pid;

	table_init(&r.seq, sizeof(uint64_t));
	pid = start(&fd);
	CHECK(read_until(&r, fd, UINT64_MAX));
	waitpid(pid, &status, 0);
	ns = now_ns() - begin;
	close(fd);
	CHECK_EQ(status, 0);
	check_output(&r);
	CHECK(r.ended);
	*events = r.events;
	table_fini(&r.seq);
	free(r.text);
	return ns;
}

static void test_kills(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGPIPE, SIGKILL };
	const char *kills = getenv("VCMSTAT_KILLS");
	unsigned long i, nr = kills ? strtoul(kills, NULL, 0) : 200;
	uint64_t random = tap_seed(), whole, events;

	whole = whole_run(&events);
	CHECK(events >= strtoull(EVENTS, NULL, 0));
	for (i = 0; i < nr; i++)
		kill_once(&random, signals[i % ARRAY_LEN(signals)], whole);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_kills, "ended at random by INT, TERM, PIPE, KILL: every line parses"),
};

int main(int argc, char **argv)
{
	char command[512];
	int ret;

	(void)argc;
	folder = dirname(argv[0]);
	snprintf(recording, sizeof(recording), "/tmp/vcmstat-kill-%d.vcm", getpid());
	snprintf(command, sizeof(command), "%s/mkrec %s " EVENTS " 1000", folder, recording);
	if (system(command))
		return 1;
	ret = tap_main("kill", tests, ARRAY_LEN(tests));
	unlink(recording);
	return ret;
}
