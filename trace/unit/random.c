// SPDX-License-Identifier: GPL-2.0-only
/*
 * random.c - random calls against the oracle, with failures injected, checked after every one.
 *
 * The seed is printed first and determines everything.  What counts is calls that are to change
 * something; look-ups come on top.  After each call: its errno and address
 * are the oracle's, vcm_check() is content, the tables of the driver hold exactly what is bound,
 * and the events replayed so far are the snapshot, byte for byte.
 */
#include <stdio.h>
#include <unistd.h>

#include "calls.h"
#include "unit.h"
#include "vcm_probe.h"

#define CALLS		200000
#define COMPARE_EVERY	16	/* calls between two comparisons with all of the oracle */

static u64 digest;

static void (*hear)(const struct vcm_event *event);

static void digest_add(u64 word)
{
	digest = (digest ^ word) * 0x100000001b3;
}

/* Add what an event says to the digest of the run, without who and when. */
static void digest_event(const struct vcm_event *event)
{
	digest_add(event->type | (u64)event->nr_arg << 16 | (u64)event->stream << 32);
	digest_add(event->seq);
	digest_add(event->id);
	digest_add(event->vcm | (u64)event->refs << 32);
	digest_add(event->err);
	for (u32 i = 0; i < event->nr_arg; i++)
		digest_add(event->arg[i]);
	hear(event);
}

static void compare_all(void)
{
	struct state snapshot;

	unit_snapshot(&snapshot);
	CHECK_NONE(oracle_compare(&oracle, &snapshot));
	state_clear(&snapshot);
}

static void run(u64 seed, u64 calls)
{
	u64 compared = 0;

	unit_log_events(false);
	hear = vcm_probe_sink;
	vcm_probe_sink = digest_event;
	calls_begin(seed);
	while (calls_made < calls) {
		calls_step();
		unit_verify();
		if (calls_made - compared < COMPARE_EVERY)
			continue;
		compare_all();
		compared = calls_made;
	}
	compare_all();
	calls_give_all_up();
	vcm_probe_sink = hear;
}

TEST(random_calls_agree_with_the_oracle)
{
	u64 calls = unit_steps(CALLS);

	printf("# seed %llu, %llu calls\n", unit_seed(), calls);
	fflush(stdout);
	run(unit_seed(), calls);
	printf("# digest %016llx, %llu calls made, %llu of them with a failure injected\n", digest,
	       calls_made, calls_injected);
}

/* The digest of a run in a process of its own. */
static u64 digest_of(u64 seed)
{
	u64 result = 0;
	int end[2];
	pid_t pid;

	CHECK(!pipe(end));
	fflush(NULL);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		run(seed, 2000);
		_exit(write(end[1], &digest, sizeof(digest)) != sizeof(digest));
	}
	close(end[1]);
	CHECK(read(end[0], &result, sizeof(result)) == sizeof(result));
	close(end[0]);
	return result;
}

TEST(seed_determines_the_run)
{
	u64 first = digest_of(unit_seed());

	CHECK_EQ(first, digest_of(unit_seed()));
	CHECK(first != digest_of(unit_seed() + 1));
}
