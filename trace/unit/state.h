/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state.h - the state of VCM as tables of snapshot records, from a snapshot or from events.
 *
 * Knows the event schema and the snapshot format, and nothing of the core: what it says about
 * the core is therefore worth something.  Tables are in the order that the format prescribes,
 * so two states are equal when their bytes are.
 */
#ifndef UNIT_STATE_H
#define UNIT_STATE_H

#include <stddef.h>

#include "vcm_events.h"
#include "uapi/vcm.h"

#define STATE_TABLES (VCM_SNAP_HOLD + 1)

/**
 * struct state_table - records of one type
 * @data: the records
 * @nr:   how many
 * @room: how many fit
 */
struct state_table {
	unsigned char *data;
	u32 nr;
	u32 room;
};

/**
 * struct state - everything that a snapshot holds
 * @table: by enum vcm_snap_type
 */
struct state {
	struct state_table table[STATE_TABLES];
};

size_t state_record_size(unsigned int type);
void *state_record(const struct state *state, unsigned int type, u32 nr);
void *state_insert(struct state *state, unsigned int type, const void *record);
void state_remove(struct state *state, unsigned int type, void *record);
void state_clear(struct state *state);

struct vcm_snap_stream *state_stream(const struct state *state, u32 stream);
struct vcm_snap_context *state_context(const struct state *state, u32 vcm);
struct vcm_snap_assoc *state_assoc(const struct state *state, u64 assoc);
struct vcm_snap_phys *state_phys(const struct state *state, u64 phys);
struct vcm_snap_res *state_res(const struct state *state, u32 vcm, u64 res);

/* The references of @holder to an object; @vcm is 0 for memory.  NULL when it has none. */
struct vcm_snap_hold *state_hold(const struct state *state, u32 kind, u32 vcm, u64 id, u32 holder);
/* How many references of an object have a holder. */
u32 state_held(const struct state *state, u32 kind, u32 vcm, u64 id);
/* The name of a holder, NULL when it has no record. */
const char *state_holder_name(const struct state *state, u32 holder);

/* Each returns NULL, or what is wrong. */
const char *state_decode(struct state *state, const void *data, size_t len);
const char *state_compare(const struct state *a, const struct state *b, bool with_streams);

/* model.c: the state before any event, and after one more. */
void model_init(struct state *state);
const char *model_apply(struct state *state, const struct vcm_event *event);

#endif
