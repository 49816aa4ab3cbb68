/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * truth.h - faults whose cause is known, because this brought it about.
 *
 * A world of contexts, reservations and devices is kept here and written down as a scenario, which
 * vcmsim plays on the real core: every access that is to fault is expected to, so that this
 * bookkeeping and the core agree or the run fails.  What vcmsim tells is given the times and the
 * processes of the story, and its faults the looks of what an IOMMU tells: late, of the page only,
 * without a context.  The engine is not used for any of it.
 *
 * A mark in the scenario, a request that fails, says where in the events a part of the story is.
 */
#ifndef VCMSTAT_TRUTH_H
#define VCMSTAT_TRUTH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TRUTH_CONTEXTS	3
#define TRUTH_DEVICES	3	/* that are associated with every context */
#define TRUTH_STRANGER	TRUTH_DEVICES		/* never associated */
#define TRUTH_GUEST	(TRUTH_DEVICES + 1)	/* comes and goes */
#define TRUTH_REGION	(TRUTH_DEVICES + 2)	/* cannot use a region; has a context of its own */
#define TRUTH_RES	32
#define TRUTH_PAST	4096
#define TRUTH_CASES	64
#define TRUTH_MARKS	8192
#define TRUTH_ACTORS	6
#define TRUTH_NONE	(~0u)
#define TRUTH_PAGE	4096ull
#define TRUTH_MARK_BASE	0x100000000000ull
#define TRUTH_MASK_BITS	44

#define US 1000ull
#define MS 1000000ull

struct truth_res {
	bool used;
	bool bound;
	unsigned int context;
	uint64_t start;
	uint64_t len;
	uint64_t before;	/* bytes of guard */
	uint64_t behind;
	uint64_t bound_len;
	const char *prot;	/* "r", "w", "rw" */
};

/* A range that a reservation has or had. */
struct truth_past {
	unsigned int context;
	uint64_t start;
	uint64_t len;
};

/* How a fault is told, and what of. */
struct truth_case {
	const char *kind;	/* of story */
	const char *rule;	/* that is right */
	uint32_t pid;		/* culprit, 0 when there is none */
	unsigned int device;
	uint64_t iova;
	bool write;
	const char *source;	/* NULL: the module's own event */
	uint64_t stamp_ns;	/* from the access to the time in the record */
	uint64_t tell_ns;	/* from there to when it is told */
	uint64_t ts_ns;		/* of the record, once it was played */
	bool judged;
};

struct truth_mark {
	unsigned int actor;
	uint64_t wait_ns;	/* before it */
	unsigned int fault;	/* case whose access follows, TRUTH_NONE for none */
	bool allowed;		/* the core will allow it: the fault is made up */
};

struct truth {
	uint64_t random;
	FILE *text;
	unsigned int actor;
	uint64_t least_wait_ns;		/* before the next mark */
	struct truth_res res[TRUTH_RES];
	struct truth_past past[TRUTH_PAST];
	unsigned int nr_past;
	unsigned int in[TRUTH_REGION + 1];	/* context a device uses, TRUTH_NONE for none */
	bool guest_is_here;
	struct truth_mark mark[TRUTH_MARKS];
	unsigned int nr_mark;
	struct truth_case cases[TRUTH_CASES];
	unsigned int nr_case;
	/* what chance must leave alone while a story is under way */
	unsigned int pinned_device;
	const struct truth_res *pinned_res;
	struct truth_past pinned;	/* a range that nobody gets */
};

/* truth_world.c */
void truth_begin(struct truth *t, uint64_t seed, FILE *text);
uint64_t truth_below(struct truth *t, uint64_t n);
bool truth_one_in(struct truth *t, uint64_t n);
/* Between @least and @most, small ones as often as large ones. */
uint64_t truth_time(struct truth *t, uint64_t least_ns, uint64_t most_ns);
uint32_t truth_pid(unsigned int actor);
/* Somebody else goes on, after a while. */
void truth_turn(struct truth *t, uint64_t wait_ns);
/* That actor goes on at once. */
void truth_resume(struct truth *t, unsigned int actor);
struct truth_res *truth_reserve(struct truth *t, unsigned int context, uint64_t len,
				uint64_t guard);
struct truth_res *truth_reserve_at(struct truth *t, unsigned int context, uint64_t start,
				   uint64_t len);
void truth_bind(struct truth *t, struct truth_res *r, uint64_t len, const char *prot);
void truth_unbind(struct truth *t, struct truth_res *r);
void truth_put(struct truth *t, struct truth_res *r);
/* Let the device use the context, in whatever way it takes. */
void truth_use(struct truth *t, unsigned int device, unsigned int context);
void truth_leave(struct truth *t, unsigned int device);
void truth_assoc_guest(struct truth *t, bool here);
void truth_save(struct truth *t, unsigned int context, bool save);
/* Nothing of the context, guards included, is in the range. */
bool truth_is_free(const struct truth *t, unsigned int context, uint64_t start, uint64_t len);
bool truth_was_used(const struct truth *t, unsigned int context, uint64_t iova);
/* Something that has nothing to do with the story happens. */
void truth_chance(struct truth *t);

/* Half of the reservations go, if there are many. */
void truth_make_room(struct truth *t);

/* What is to become of the access. */
enum truth_outcome {
	TRUTH_FAULTS,
	TRUTH_IS_OFF,		/* the device is attached to nothing */
	TRUTH_IS_ALLOWED,	/* by the tables; the fault is made up */
};

/* truth_kinds.c: a story that ends with an access. */
struct truth_case *truth_access(struct truth *t, const struct truth_case *c,
				enum truth_outcome outcome);
void truth_story(struct truth *t);
extern const unsigned int truth_nr_kinds;
const char *truth_kind(unsigned int i);

/* truth_play.c: by vcmsim, with @out getting NDJSON; -1 with a message. */
int truth_play(struct truth *t, const char *vcmsim, const char *scenario, FILE *out);

#endif
