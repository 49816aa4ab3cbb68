/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcmstat.h - what the verbs share: global settings, the run loop, the table of commands.
 */
#ifndef VCMSTAT_H
#define VCMSTAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "opts.h"
#include "sink.h"

struct follow;

struct settings {
	bool json;
	bool verbose;
	bool no_color;
	const char *snapshot;	/* file to read in place of debugfs */
	uint64_t ring;		/* bytes of the event ring */
	FILE *out;
};

extern const struct opt global_opts[];

struct command {
	const char *name;
	const char *args;
	const char *summary;
	const char *examples;
	const struct opt *opts;
	int (*run)(const struct settings *set);
};

extern const struct command cmd_list;
extern const struct command cmd_events;
extern const struct command cmd_refs;
extern const struct command cmd_top;
extern const struct command cmd_verify;

void fill_header(struct header *h, const char *source, const char *faults);

/*
 * load.c: the state of the running module, of a saved snapshot, or at the end of a recording
 * (@events, else NULL).  An exit code, EXIT_LOST when @strict and something is missing; or -1.
 */
int load_state(const struct settings *set, const char *events, bool strict, struct model *m,
	       struct error *err);

/* run.c: waiting for time, data, keys and signals. */
enum run_wake {
	RUN_DATA,	/* look at the source; also several times a second without need */
	RUN_TICK,	/* an interval is over */
	RUN_KEY,	/* see run.key */
	RUN_RESIZE,
	RUN_STOP,	/* see run.cause */
};

struct run {
	int data_fd;		/* -1 for none */
	int key_fd;		/* -1 for none */
	double interval;	/* seconds between ticks, 0 for none */
	double seconds;		/* stop after, 0 for never */

	/* private, but key and cause */
	int signal_fd;
	uint64_t next_tick;
	uint64_t deadline;
	char key;
	const char *cause;
};

int run_begin(struct run *run, struct error *err);
enum run_wake run_wait(struct run *run);
void run_end(struct run *run);

#endif
