/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * torture.h - the log that outlives its writer, and the routines that fill it.
 *
 * A *life* is a process in which several threads run simple routines on one core, all at once,
 * while allocations and calls of drivers fail.  Every event goes to a log in memory that the
 * parent shares.  The parent ends lives at random moments, by SIGKILL, and then holds the log
 * against what it must be:
 *
 *   L1  each stream has the numbers from 1 on without a gap
 *   L2  the events, in the order of their tickets, are a history that makes sense
 *   L3  a record that was not finished belongs to the last event of its stream, and there is at
 *       most one for each thread: who emits an event holds the lock of its stream
 *   L4  a snapshot that a life took is what the events up to its numbers lead to
 */
#ifndef TORTURE_H
#define TORTURE_H

#include "fake.h"
#include "unit.h"

#define TORTURE_THREADS		4
#define TORTURE_ROOM		(1u << 17)	/* events of a life */
#define TORTURE_MARGIN		(1u << 14)	/* of them, for giving everything up */
#define TORTURE_SNAPSHOTS	16
#define TORTURE_SNAPSHOT_LEN	(1u << 16)
#define TORTURE_SHARED		2		/* contexts that all threads use */

/* An event; @ready is set when it is whole. */
struct torture_record {
	struct vcm_event event;
	u32 ready;
};

struct torture_snapshot {
	u32 ready;
	u32 len;
	u8 data[TORTURE_SNAPSHOT_LEN];
};

/**
 * struct torture_log - what a life leaves
 * @next:      tickets given
 * @snapshots: places for snapshots given
 * @suicide:   the ticket in the middle of whose record the life ends itself, 0 for none
 * @faults:    allocations and calls that failed on demand
 * @rounds:    routines that came to their end
 */
struct torture_log {
	u64 next;
	u64 snapshots;
	u64 suicide;
	u64 faults;
	u64 rounds;
	struct torture_record record[TORTURE_ROOM];
	struct torture_snapshot snapshot[TORTURE_SNAPSHOTS];
};

/* One thread of a life, and what only it touches. */
struct torture_worker {
	pthread_t thread;
	u64 random;
	struct fake_device *fake;
	struct vcm_assoc *assoc[TORTURE_SHARED];
	struct vcm_holder *holder;
};

/* What all threads of a life use. */
struct torture_shared {
	struct vcm *context[TORTURE_SHARED];
	struct vcm_res *res;	/* in context 0: everybody binds and unbinds it */
	struct vcm_phys *phys;
};

extern struct torture_log *torture_log;
extern struct torture_shared torture_shared;
extern __thread struct torture_worker *torture_self;

/* life.c: the process; does not return. */
_Noreturn void torture_live(u64 seed, u64 rounds);
void torture_keep_snapshot(void);

/* routines.c */
u64 torture_dice(u64 n);
void torture_join(u32 nr);
void torture_routine(void);
u32 torture_routines(void);

/* verify.c: NULL, or what is wrong with the log; it is clipped to @upto events. */
const char *torture_verify(const struct torture_log *log, u64 upto, u32 *torn, u32 *snapshots);

#endif
