// SPDX-License-Identifier: GPL-2.0-only
/*
 * torture.c - the parent: starts lives, ends them at random moments and checks what they left.
 *
 *   torture [-s SEED] [-t SECONDS]
 *
 * A life ends in one of three ways: killed by the parent when the log has a random length, killed
 * by itself in the middle of a record, or after so many routines, and then it may leave nothing.
 * At the end the last log is damaged by hand, to show that the check would have noticed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "torture.h"

#define LIFE_SECONDS	60	/* one that takes longer has locked up */

/* Sums over all lives. */
static struct {
	u64 lives;
	u64 killed;
	u64 suicides;
	u64 ended;
	u64 events;
	u64 torn;
	u64 snapshots;
	u64 faults;
	u64 rounds;
} sum;

static u64 seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static struct torture_log *map_log(void)
{
	void *log = mmap(NULL, sizeof(*torture_log), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(log != MAP_FAILED);
	return log;
}

static void forget_log(void)
{
	CHECK(!madvise(torture_log, sizeof(*torture_log), MADV_REMOVE));
}

/* Wait until the log has @length events or the life is over; kill it.  Return: its status. */
static int end_life(pid_t pid, u64 length)
{
	const struct timespec nap = { .tv_nsec = 20000 };
	u64 begin = seconds_now();
	int status;

	while (!waitpid(pid, &status, WNOHANG)) {
		if (__atomic_load_n(&torture_log->next, __ATOMIC_RELAXED) < length &&
		    seconds_now() - begin < LIFE_SECONDS) {
			nanosleep(&nap, NULL);
			continue;
		}
		kill(pid, SIGKILL);
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(seconds_now() - begin < LIFE_SECONDS);
		break;
	}
	return status;
}

static u64 log_length(void)
{
	return min(torture_log->next, (u64)TORTURE_ROOM);
}

static void check_log(int status)
{
	u32 torn, snapshots;

	CHECK_NONE(torture_verify(torture_log, log_length(), &torn, &snapshots));
	if (WIFEXITED(status))
		CHECK_EQ(0, torn);
	sum.events += log_length() - torn;
	sum.torn += torn;
	sum.snapshots += snapshots;
	sum.faults += torture_log->faults;
	sum.rounds += torture_log->rounds;
}

static void one_life(u64 *random)
{
	u64 seed = unit_random(random), way = unit_random(random) % 4;
	u64 length = unit_random(random) % (1 << (4 + unit_random(random) % 12));
	u64 rounds = way ? ~0ull >> 1 : 50 + unit_random(random) % 4000;
	int status;
	pid_t pid;

	forget_log();
	torture_log->suicide = way == 1 ? 1 + length : 0;
	fflush(NULL);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid)
		torture_live(seed, rounds);
	status = end_life(pid, way < 2 ? TORTURE_ROOM : length);
	CHECK(WIFEXITED(status) ? !WEXITSTATUS(status) : WTERMSIG(status) == SIGKILL);
	CHECK(!way == WIFEXITED(status) || torture_log->next >= TORTURE_ROOM - TORTURE_MARGIN);
	sum.lives++;
	sum.killed += way > 1 && !WIFEXITED(status);
	sum.suicides += way == 1 && !WIFEXITED(status);
	sum.ended += WIFEXITED(status);
	check_log(status);
}

/* Take an event out of the middle of the log, or change one: both have to be noticed. */
static void check_the_check(void)
{
	u64 length, at;
	u32 torn, snapshots;
	pid_t pid;
	int status;

	forget_log();
	fflush(NULL);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid)
		torture_live(1, 300);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	length = log_length();
	CHECK_NONE(torture_verify(torture_log, length, &torn, &snapshots));
	/* One of the registry that is not its last: the next has to show it. */
	for (at = length - 1; torture_log->record[at].event.type != VCM_EVENT_destroy;)
		at--;
	torture_log->record[at].ready = 0;
	CHECK_STR("seq has a gap", torture_verify(torture_log, length, &torn, &snapshots));
	torture_log->record[at].ready = 1;
	torture_log->record[at].event.vcm++;
	CHECK(torture_verify(torture_log, length, &torn, &snapshots));
}

int main(int argc, char **argv)
{
	const char *env = getenv("VCM_SEED");
	u64 seed = env ? strtoull(env, NULL, 0) : time(NULL) * 1000003ull + getpid();
	u64 begin = seconds_now(), seconds = 5, random;
	int opt;

	while ((opt = getopt(argc, argv, "s:t:")) != -1) {
		if (opt != 's' && opt != 't')
			return 2;
		*(opt == 's' ? &seed : &seconds) = strtoull(optarg, NULL, 0);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n# seed %llu\n1..3\n", seed);
	random = seed;
	torture_log = map_log();
	while (seconds_now() - begin < seconds)
		one_life(&random);
	printf("# %llu lives: %llu killed, %llu in the middle of a record, %llu to the end\n",
	       sum.lives, sum.killed, sum.suicides, sum.ended);
	printf("# %llu events, %llu records without an end, %llu snapshots, %llu routines\n",
	       sum.events, sum.torn, sum.snapshots, sum.rounds);
	printf("# %llu failures injected\n", sum.faults);
	printf("ok 1 torture.every_log_is_a_history_without_a_gap\n");
	printf("%sok 2 torture.lives_ended_in_every_way\n",
	       sum.killed && sum.suicides && sum.ended && sum.faults ? "" : "not ");
	check_the_check();
	printf("ok 3 torture.damaged_log_is_noticed\n");
	return !(sum.killed && sum.suicides && sum.ended && sum.faults);
}
