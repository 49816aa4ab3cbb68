/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcmstat.h - what the verbs share: global settings, the run loop, the table of commands.
 */
#ifndef VCMSTAT_H
#define VCMSTAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "filter.h"
#include "opts.h"
#include "sink.h"

struct follow;

/* What the rows of global_opts, input_opts and strict_opts set. */
struct settings {
	bool json;
	bool verbose;
	bool no_color;
	bool ascii;
	bool strict;
	const char *until;	/* stop reading a recording there */
	const char *input;	/* snapshot or recording to read in place of the module */
	const char *output;	/* file to write in place of stdout */
	const char *source;	/* NULL for auto */
	struct filter filter;
	uint64_t ring;		/* bytes of the event ring */
	bool stacks;		/* who ended a mapping, and from where, is wanted */
	uint64_t past;		/* for so many events, when it is */
	FILE *out;
};

/* Headings of the commands in the help, in its order. */
enum command_task {
	TASK_SEE,
	TASK_WATCH,
	TASK_KEEP,
	TASK_CHECK,
	TASK_END,
};

#define COMMAND_SHARED 4

struct command {
	const char *name;
	enum command_task task;
	const char *summary;		/* a line */
	const char *examples;		/* lines of "  vcmstat ...", each below 80 columns */
	const struct opt *opts;		/* its own, with its positional arguments */
	const struct opt *shared[COMMAND_SHARED];	/* tables below, NULL behind the last */
	const char *live;	/* why only the running module will do, NULL when a file does too */
	bool whole_output;	/* --output appears when all is written, or not at all */
	int (*run)(const struct settings *set);
};

/* commands.c: every command and every shared option is a row there and nowhere else. */
extern const struct command *const commands[];	/* ends with NULL */
extern const struct opt global_opts[];	/* before the command or behind it */
extern const struct opt input_opts[];	/* commands that show one state */
extern const struct opt until_opts[];	/* commands that read a recording */
extern const struct opt filter_opts[];	/* commands that show objects or events */
extern const struct opt strict_opts[];	/* commands that can miss an event */
extern const struct opt past_opts[];	/* commands that set stacks */
extern struct settings settings;
extern bool want_help, want_version, want_schema;

const struct command *command_named(const char *name);
/* All tables of @cmd (NULL: the global ones alone), own first; @tables of COMMAND_TABLES. */
#define COMMAND_TABLES (COMMAND_SHARED + 3)
void command_tables(const struct command *cmd, const struct opt **tables);

extern const struct command cmd_completion;
extern const struct command cmd_events;
extern const struct command cmd_export;
extern const struct command cmd_fault;
extern const struct command cmd_hist;
extern const struct command cmd_iommu;
extern const struct command cmd_leak;
extern const struct command cmd_list;
extern const struct command cmd_map;
extern const struct command cmd_rates;
extern const struct command cmd_record;
extern const struct command cmd_refs;
extern const struct command cmd_replay;
extern const struct command cmd_top;
extern const struct command cmd_verify;

/* help.c */
void help_print(FILE *out, const struct command *cmd);

void fill_header(struct header *h, const char *source, const char *faults);

/*
 * load.c: the state of the running module, or what set->input holds: a snapshot, or the state at
 * the end of a recording.  An exit code, EXIT_LOST when set->strict and something is missing; or
 * -1.
 */
int load_state(const struct settings *set, struct model *m, struct error *err);
/* The functions of the running kernel; one that hides its addresses gives none. */
struct ksyms;
void load_symbols(struct ksyms *symbols);
/*
 * Tell @sink all that the file or folder @path holds, the first @limit events when that is not 0;
 * an exit code as of load_verdict(), or -1.
 */
int load_tell(const struct settings *set, const char *path, struct sink *sink, uint64_t limit,
	      struct error *err);
/* "snapshot", "recording" or "ctf": where load_state() has it from. */
const char *load_source(void);
/* What there is to say of a recording that was played, on stderr; as load_state(). */
struct play;
struct rec;
int load_verdict(const struct settings *set, const struct play *p, const struct rec *r,
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
	bool own_keys;		/* whoever asked reads them, on RUN_KEY */
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
/* Intervals and the end count from now on: making ready may have taken a while. */
void run_restart(struct run *run);
enum run_wake run_wait(struct run *run);
/* Sleep until that moment; false when something said stop first. */
bool run_until(struct run *run, uint64_t when_ns);
void run_end(struct run *run);

#endif
