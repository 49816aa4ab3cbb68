// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - run tests and say how they went, in TAP.
 *
 *   unit [-l] [-s SEED] [-n STEPS] [PATTERN...]
 *
 * A test runs when its name contains one of the patterns, or there is none.  Each has a process
 * of its own: a crash, a sanitizer report or a lock-up fails that test and no other.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

#define UNIT_SECONDS 120	/* a test that takes longer has locked up */
#define UNIT_STEPS 1000	/* of a random test, that a busy machine does in a second */

static struct unit_test *unit_first;
static struct unit_test **unit_end = &unit_first;

static struct {
	u64 seed;
	u64 steps;
	bool list;
} unit_options;

void unit_add(struct unit_test *test)
{
	*unit_end = test;
	unit_end = &test->next;
}

u64 unit_seed(void)
{
	return unit_options.seed;
}

u64 unit_steps(u64 otherwise)
{
	return unit_options.steps ? unit_options.steps : otherwise;
}

static void unit_name(const struct unit_test *test, char *name, size_t room)
{
	const char *file = strrchr(test->file, '/');

	file = file ? file + 1 : test->file;
	snprintf(name, room, "%.*s.%s", (int)strcspn(file, "."), file, test->name);
}

static bool unit_is_wanted(const struct unit_test *test, char **patterns)
{
	char name[128];

	unit_name(test, name, sizeof(name));
	if (!*patterns)
		return true;
	for (; *patterns; patterns++)
		if (strstr(name, *patterns))
			return true;
	return false;
}

static bool unit_parse(int argc, char **argv)
{
	const char *env = getenv("VCM_SEED"), *ops = getenv("VCM_OPS");
	int opt;

	unit_options.seed = time(NULL) * 1000003ull + getpid();
	if (env)
		unit_options.seed = strtoull(env, NULL, 0);
	if (ops)
		unit_options.steps = strtoull(ops, NULL, 0);
	while ((opt = getopt(argc, argv, "ls:n:")) != -1) {
		if (opt == 'l')
			unit_options.list = true;
		else if (opt == 's')
			unit_options.seed = strtoull(optarg, NULL, 0);
		else if (opt == 'n')
			unit_options.steps = strtoull(optarg, NULL, 0);
		else
			return false;
	}
	return true;
}

static _Noreturn void unit_child(const struct unit_test *test)
{
	alarm(UNIT_SECONDS + unit_options.steps / UNIT_STEPS);
	unit_setup();
	test->run();
	unit_teardown();
	exit(0);
}

/* Return: 0 when the test passed. */
static int unit_run(const struct unit_test *test)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		unit_child(test);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		printf("# no process for the test\n");
		return -1;
	}
	if (WIFSIGNALED(status))
		printf("# ended by signal %d%s\n", WTERMSIG(status),
		       WTERMSIG(status) == SIGALRM ? ": it locked up" : "");
	return status;
}

int main(int argc, char **argv)
{
	int nr = 0, failed = 0, passed = 0;
	struct unit_test *test;
	char name[128];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!unit_parse(argc, argv)) {
		fprintf(stderr, "usage: %s [-l] [-s SEED] [-n STEPS] [PATTERN...]\n", argv[0]);
		return 2;
	}
	for (test = unit_first; test; test = test->next)
		nr += unit_is_wanted(test, argv + optind);
	if (!nr) {
		fprintf(stderr, "%s: no test has such a name\n", argv[0]);
		return 2;
	}
	if (!unit_options.list)
		printf("TAP version 13\n# seed %llu\n1..%d\n", unit_options.seed, nr);
	for (test = unit_first; test; test = test->next) {
		int bad;

		if (!unit_is_wanted(test, argv + optind))
			continue;
		unit_name(test, name, sizeof(name));
		if (unit_options.list) {
			printf("%s\n", name);
			continue;
		}
		bad = unit_run(test);
		failed += !!bad;
		passed += !bad;
		printf("%s %d %s\n", bad ? "not ok" : "ok", passed + failed, name);
	}
	if (!unit_options.list)
		printf("# %d passed, %d failed\n", passed, failed);
	return !!failed;
}
