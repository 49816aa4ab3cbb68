/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim.h - the parts of vcmsim: what is around a scenario, and who is told of it.
 *
 * vcmsim has one thread.  Views are called from inside the core, with the lock of the event's
 * stream held, and must not call it.
 */
#ifndef SIM_H
#define SIM_H

#include <stdio.h>

#include "vcm_os.h"
#include "vcm_events.h"

#define SIM_EXIT_OK	0
#define SIM_EXIT_FAILED	1	/* an expectation was not met */
#define SIM_EXIT_USAGE	2
#define SIM_EXIT_INPUT	3	/* a file cannot be read, or is no scenario */
#define SIM_EXIT_BROKEN	4	/* the core broke a rule of its own */

struct scn_host;

/**
 * struct sim_arg - a field of an event
 * @name: of the schema
 * @fmt:  dec, hex or the name of an enum
 */
struct sim_arg {
	const char *name;
	const char *fmt;
};

/**
 * struct sim_event - an event of the schema
 * @name:   as the tracepoint
 * @nr_arg: fields of its own
 * @arg:    those
 */
struct sim_event {
	const char *name;
	u32 nr_arg;
	struct sim_arg arg[VCM_EVENT_ARGS];
};

/* schema.c; NULL for a number that there is not */
const struct sim_event *sim_event(u32 type);
const char *sim_enum(const char *fmt, u64 value);

/**
 * struct sim_view - how a run is shown
 * @begin: before the first file
 * @file:  a file begins
 * @line:  a line of it is about to be played
 * @event: an event came
 * @refused: a device that is attached to nothing tried to access memory
 * @state: the scenario is at its end and holds what it holds
 * @end:   after the last file
 */
struct sim_view {
	void (*begin)(void);
	void (*file)(const char *path);
	void (*line)(u32 line, const char *text, size_t len);
	void (*event)(const struct vcm_event *event);
	void (*refused)(const char *device, u64 iova, bool write);
	void (*state)(void);
	void (*end)(u64 events);
};

extern const struct sim_view sim_text;
extern const struct sim_view sim_json;
extern const struct sim_view sim_quiet;

/* state.c: the state as a table */
void sim_print_state(FILE *out);

/* world.c */
void sim_world_begin(const struct sim_view *view);
u64 sim_world_events(void);
const struct scn_host *sim_host(void);
/* Is everything given up?  Return: NULL, or what is left. */
const char *sim_world_left(void);

/* play.c: play one file.  Return: SIM_EXIT_* */
int sim_play_file(const char *path, const struct sim_view *view, bool keep);
int sim_check_file(const char *path);

/* generate.c: a random scenario */
void sim_generate(FILE *out, u64 seed, u32 steps);

#endif
