// SPDX-License-Identifier: GPL-2.0-only
/*
 * state.c - tables of snapshot records: decode, look up, compare.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

static const size_t state_sizes[STATE_TABLES] = {
	[VCM_SNAP_STREAM] = sizeof(struct vcm_snap_stream),
	[VCM_SNAP_DEVICE] = sizeof(struct vcm_snap_device),
	[VCM_SNAP_CONTEXT] = sizeof(struct vcm_snap_context),
	[VCM_SNAP_ASSOC] = sizeof(struct vcm_snap_assoc),
	[VCM_SNAP_PHYS] = sizeof(struct vcm_snap_phys),
	[VCM_SNAP_RES] = sizeof(struct vcm_snap_res),
	[VCM_SNAP_HOLDER] = sizeof(struct vcm_snap_holder),
	[VCM_SNAP_HOLD] = sizeof(struct vcm_snap_hold),
};

static const char *const state_names[STATE_TABLES] = {
	[VCM_SNAP_STREAM] = "streams",
	[VCM_SNAP_DEVICE] = "devices",
	[VCM_SNAP_CONTEXT] = "contexts",
	[VCM_SNAP_ASSOC] = "associations",
	[VCM_SNAP_PHYS] = "memory",
	[VCM_SNAP_RES] = "reservations",
	[VCM_SNAP_HOLDER] = "holders",
	[VCM_SNAP_HOLD] = "holds",
};

/* The place of each type in a snapshot, from 1. */
static const unsigned int state_order[STATE_TABLES] = {
	[VCM_SNAP_STREAM] = 1,
	[VCM_SNAP_DEVICE] = 2,
	[VCM_SNAP_HOLDER] = 3,
	[VCM_SNAP_CONTEXT] = 4,
	[VCM_SNAP_ASSOC] = 5,
	[VCM_SNAP_PHYS] = 6,
	[VCM_SNAP_RES] = 7,
	[VCM_SNAP_HOLD] = 8,
};

/* What a table is sorted by; records with equal keys are in the order in which they came. */
struct state_key {
	u64 part[3];
};

size_t state_record_size(unsigned int type)
{
	return type < STATE_TABLES ? state_sizes[type] : 0;
}

static struct state_key state_key_of(unsigned int type, const void *record)
{
	const struct vcm_snap_hold *hold = record;
	const struct vcm_snap_res *res = record;
	u64 id;

	switch (type) {
	case VCM_SNAP_STREAM:
		id = ((const struct vcm_snap_stream *)record)->stream;
		break;
	case VCM_SNAP_DEVICE:
		id = ((const struct vcm_snap_device *)record)->dev;
		break;
	case VCM_SNAP_HOLDER:
		id = ((const struct vcm_snap_holder *)record)->holder;
		break;
	case VCM_SNAP_CONTEXT:
		id = ((const struct vcm_snap_context *)record)->vcm;
		break;
	case VCM_SNAP_ASSOC:
		id = ((const struct vcm_snap_assoc *)record)->assoc;
		break;
	case VCM_SNAP_PHYS:
		id = ((const struct vcm_snap_phys *)record)->phys;
		break;
	case VCM_SNAP_RES:
		return (struct state_key) { { res->vcm, res->start, res->res } };
	default:
		return (struct state_key) { { hold->kind, hold->vcm, hold->id } };
	}
	return (struct state_key) { { 0, 0, id } };
}

static bool state_key_below(struct state_key a, struct state_key b)
{
	u32 i = 0;

	while (i < 2 && a.part[i] == b.part[i])
		i++;
	return a.part[i] < b.part[i];
}

void *state_record(const struct state *state, unsigned int type, u32 nr)
{
	return state->table[type].data + nr * state_sizes[type];
}

/* Put a copy of @record where it belongs.  Return: the copy. */
void *state_insert(struct state *state, unsigned int type, const void *record)
{
	struct state_table *table = &state->table[type];
	struct state_key key = state_key_of(type, record);
	size_t size = state_sizes[type];
	u32 at = table->nr;

	if (table->nr == table->room) {
		table->room = table->room ? table->room * 2 : 16;
		table->data = realloc(table->data, table->room * size);
		if (!table->data)
			abort();
	}
	while (at && state_key_below(key, state_key_of(type, state_record(state, type, at - 1))))
		at--;
	memmove(table->data + (at + 1) * size, table->data + at * size, (table->nr - at) * size);
	memcpy(table->data + at * size, record, size);
	table->nr++;
	return table->data + at * size;
}

void state_remove(struct state *state, unsigned int type, void *record)
{
	struct state_table *table = &state->table[type];
	unsigned char *from = (unsigned char *)record + state_sizes[type];
	unsigned char *end = table->data + table->nr * state_sizes[type];

	memmove(record, from, end - from);
	table->nr--;
}

void state_clear(struct state *state)
{
	for (unsigned int type = 0; type < STATE_TABLES; type++)
		free(state->table[type].data);
	memset(state, 0, sizeof(*state));
}

static void *state_find(const struct state *state, unsigned int type, u64 id)
{
	for (u32 i = 0; i < state->table[type].nr; i++) {
		void *record = state_record(state, type, i);

		if (state_key_of(type, record).part[2] == id)
			return record;
	}
	return NULL;
}

struct vcm_snap_stream *state_stream(const struct state *state, u32 stream)
{
	return state_find(state, VCM_SNAP_STREAM, stream);
}

struct vcm_snap_context *state_context(const struct state *state, u32 vcm)
{
	return state_find(state, VCM_SNAP_CONTEXT, vcm);
}

struct vcm_snap_assoc *state_assoc(const struct state *state, u64 assoc)
{
	return state_find(state, VCM_SNAP_ASSOC, assoc);
}

struct vcm_snap_phys *state_phys(const struct state *state, u64 phys)
{
	return state_find(state, VCM_SNAP_PHYS, phys);
}

struct vcm_snap_res *state_res(const struct state *state, u32 vcm, u64 res)
{
	for (u32 i = 0; i < state->table[VCM_SNAP_RES].nr; i++) {
		struct vcm_snap_res *rec = state_record(state, VCM_SNAP_RES, i);

		if (rec->vcm == vcm && rec->res == res)
			return rec;
	}
	return NULL;
}

struct vcm_snap_hold *state_hold(const struct state *state, u32 kind, u32 vcm, u64 id, u32 holder)
{
	for (u32 i = 0; i < state->table[VCM_SNAP_HOLD].nr; i++) {
		struct vcm_snap_hold *rec = state_record(state, VCM_SNAP_HOLD, i);

		if (rec->kind == kind && rec->vcm == vcm && rec->id == id && rec->holder == holder)
			return rec;
	}
	return NULL;
}

u32 state_held(const struct state *state, u32 kind, u32 vcm, u64 id)
{
	u32 sum = 0;

	for (u32 i = 0; i < state->table[VCM_SNAP_HOLD].nr; i++) {
		const struct vcm_snap_hold *rec = state_record(state, VCM_SNAP_HOLD, i);

		if (rec->kind == kind && rec->vcm == vcm && rec->id == id)
			sum += rec->count;
	}
	return sum;
}

const char *state_holder_name(const struct state *state, u32 holder)
{
	const struct vcm_snap_holder *rec = state_find(state, VCM_SNAP_HOLDER, holder);

	return rec ? rec->name : NULL;
}

/* The place of the object of a hold among those before it in the snapshot; 0 for none. */
static u64 state_rank(const struct state *state, const struct vcm_snap_hold *hold)
{
	const unsigned char *found = NULL;
	unsigned int type = VCM_SNAP_PHYS;

	if (hold->kind == VCM_KIND_CONTEXT) {
		type = VCM_SNAP_CONTEXT;
		found = (void *)state_context(state, hold->id);
	} else if (hold->kind == VCM_KIND_RES) {
		type = VCM_SNAP_RES;
		found = (void *)state_res(state, hold->vcm, hold->id);
	} else if (hold->kind == VCM_KIND_PHYS) {
		found = (void *)state_phys(state, hold->id);
	}
	if (!found)
		return 0;
	return ((u64)hold->kind << 32) + (found - state->table[type].data) / state_sizes[type] + 1;
}

/* Holds are in the order of their objects, which came before. */
static const char *state_decode_hold(const struct state *state, const struct vcm_snap_hold *hold,
				     u64 *rank_before)
{
	u64 rank = state_rank(state, hold);

	if (!rank || !hold->count || !state_holder_name(state, hold->holder))
		return "a hold of nothing, of nobody, or to nothing";
	if (rank < *rank_before)
		return "holds out of the order of their objects";
	*rank_before = rank;
	return NULL;
}

static const char *state_decode_record(struct state *state, const struct vcm_snap_rec *rec,
				       unsigned int *type_before)
{
	const struct state_table *table;

	if (rec->type < VCM_SNAP_STREAM || rec->type >= STATE_TABLES || rec->rsvd)
		return "a record of no known type";
	if (rec->len != state_sizes[rec->type] || rec->len % 8)
		return "a record of another length than its type has";
	if (state_order[rec->type] < *type_before)
		return "records out of the order of their types";
	*type_before = state_order[rec->type];
	table = &state->table[rec->type];
	if (state_insert(state, rec->type, rec + 1) !=
	    table->data + (table->nr - 1) * state_sizes[rec->type] && rec->type != VCM_SNAP_HOLD)
		return "records of one type out of order";
	return NULL;
}

const char *state_decode(struct state *state, const void *data, size_t len)
{
	const struct vcm_snap_header *head = data;
	const unsigned char *from = data;
	unsigned int type_before = 0;
	size_t at = sizeof(*head);
	u64 rank_before = 0;
	u32 records = 0;

	if (len < sizeof(*head) || head->magic != VCM_SNAP_MAGIC ||
	    head->version != VCM_SNAP_VERSION || head->header_len != sizeof(*head) || head->rsvd)
		return "the header of the snapshot";
	if (head->total_len != len)
		return "the length in the header";
	while (at < len) {
		const struct vcm_snap_rec *rec = (const void *)(from + at);
		const char *bad;

		if (len - at < sizeof(*rec) || len - at - sizeof(*rec) < rec->len)
			return "a record that is cut off";
		bad = state_decode_record(state, rec, &type_before);
		if (!bad && rec->type == VCM_SNAP_HOLD)
			bad = state_decode_hold(state, (const void *)(rec + 1), &rank_before);
		if (bad)
			return bad;
		at += sizeof(*rec) + rec->len;
		records++;
	}
	return records == head->nr_records ? NULL : "the number of records in the header";
}

static void state_print(const char *side, unsigned int type, const void *record)
{
	const u32 *word = record;

	printf("# %s %s:", side, state_names[type]);
	for (size_t i = 0; record && i < state_sizes[type] / sizeof(*word); i++)
		printf(" %x", word[i]);
	printf("%s\n", record ? "" : " none");
}

/* Say on the terminal where two tables part. */
static const char *state_differ(const struct state *a, const struct state *b, unsigned int type)
{
	u32 i = 0;

	while (i < a->table[type].nr && i < b->table[type].nr &&
	       !memcmp(state_record(a, type, i), state_record(b, type, i), state_sizes[type]))
		i++;
	state_print("first ", type, i < a->table[type].nr ? state_record(a, type, i) : NULL);
	state_print("second", type, i < b->table[type].nr ? state_record(b, type, i) : NULL);
	return state_names[type];
}

/* Devices and holders have no events and are not compared. */
const char *state_compare(const struct state *a, const struct state *b, bool with_streams)
{
	for (unsigned int type = VCM_SNAP_STREAM; type < STATE_TABLES; type++) {
		size_t len = a->table[type].nr * state_sizes[type];

		if (type == VCM_SNAP_DEVICE || type == VCM_SNAP_HOLDER ||
		    (type == VCM_SNAP_STREAM && !with_streams))
			continue;
		if (a->table[type].nr != b->table[type].nr ||
		    (len && memcmp(a->table[type].data, b->table[type].data, len)))
			return state_differ(a, b, type);
	}
	return NULL;
}
