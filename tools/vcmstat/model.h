/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model.h - the state of VCM as a snapshot and the events after it tell it.
 *
 * Pure: no file, no kernel, no output.  A model is loaded from a snapshot, changed by events and
 * encoded back into the bytes that the kernel would write, so that "snapshot plus stream" can be
 * compared with a later snapshot byte for byte (device, holder and count records excepted: they
 * only describe, and have no events).
 *
 * Rules
 *   - the seq of every stream is kept; an event that the state contains already is stale and
 *     changes nothing, a missing number is a gap and reported once
 *   - within a stream events come in order; between streams no order is assumed.  Events of a
 *     stream whose vcm_create has not arrived are held until it has, events of a destroyed
 *     context are still applied to what is left of it
 *   - an event that contradicts the state (frees what is not there) is counted as a conflict:
 *     after a gap it is the consequence, without a gap it is a defect of the kernel
 */
#ifndef VCMSTAT_MODEL_H
#define VCMSTAT_MODEL_H

#include "freed.h"
#include "history.h"
#include "holds.h"
#include "schema.h"
#include "table.h"
#include "util.h"
#include "waiting.h"

enum model_result {
	MODEL_APPLIED,	/* the next event of its stream */
	MODEL_STALE,	/* contained in the state already */
	MODEL_HELD,	/* stream not known yet; model_release() gives it back */
	MODEL_GAP,	/* applied, but events before it are missing: see model.gap */
};

#define MODEL_FAULTS 64

struct model_gap {
	uint32_t stream;
	uint64_t expected;
	uint64_t got;
};

struct model {
	/* rows are the structs of the snapshot */
	struct table stream;
	struct table device;
	struct table holder;
	struct table context;
	struct table assoc;
	struct table phys;
	struct table res;	/* found by context, id */
	struct table holds;	/* of contexts, reservations and memory, see holds.h */
	struct table count;	/* of the kernel, as of the snapshot; found by event, operation */

	struct table dead;	/* streams of destroyed contexts: struct model_dead */
	struct waiting waiting;	/* events of streams not known yet */

	struct freed_ring freed;		/* what was */
	struct history history;			/* and what changed it */
	struct vcm_event *fault;		/* the last MODEL_FAULTS, a ring */
	uint64_t nr_fault;			/* ever */
	struct model_gap gap;			/* the last one */
	uint64_t ops[VCM_EVENT_END];		/* events applied, by type */
	uint64_t conflicts;
	char conflict[ERROR_LEN];		/* the first one, in words */
};

void model_init(struct model *m);
void model_fini(struct model *m);

enum model_result model_apply(struct model *m, const struct vcm_event *ev);
/* An event that was held and can be applied by now; false when there is none. */
bool model_release(struct model *m, struct vcm_event *ev);
/* No stream will become known any more: how many events were held or found no room. */
uint64_t model_give_up_held(struct model *m);
/* The seq that the model has reached in a stream, NULL when it never heard of the stream. */
const __u64 *model_seq(const struct model *m, uint32_t stream);

/*
 * Contexts that are gone and yet have reservations: at least one event at the end of one of their
 * streams is missing.  Call with *@at 0, then again; false when there are no more.  To be asked
 * only when nothing is on its way.
 */
bool model_leftover(const struct model *m, size_t *at, struct model_gap *gap);

/* The @i-th fault that an event told of, 0 the newest; NULL when it is not kept. */
const struct vcm_event *model_fault_at(const struct model *m, uint64_t i);

/* @m is a new state of what @old showed: what only @old knows of the past goes over to it. */
void model_inherit(struct model *m, struct model *old);

/* @part shows the past of @m until it is returned, which must be before either ends. */
void model_lend_past(struct model *part, const struct model *m);
void model_return_past(struct model *part);

/* "reserved", "bound", "active", or "window" for a sub-window. */
const char *model_res_state(const struct vcm_snap_res *r);

/* model_snap.c.  -1 with @err when the bytes are not a snapshot that this build can read. */
int model_load(struct model *m, const void *buf, size_t len, struct error *err);
/* The state as a snapshot, records in their order; the caller frees it. */
void *model_encode(const struct model *m, size_t *len);
/* -1 with the first difference between the model and a snapshot in @err. */
int model_compare(const struct model *m, const void *buf, size_t len, struct error *err);
/* Take a record in; NULL, or why it cannot be.  Used by readers of state. */
const char *model_add_record(struct model *m, unsigned int type, const void *payload);

/* Learn the names in a snapshot that the model does not know, and nothing else. */
typedef void (*model_name_fn)(void *arg, unsigned int type, const void *row);
int model_learn_names(struct model *m, const void *buf, size_t len, model_name_fn told,
		      void *arg, struct error *err);

/* model_view.c: the rows of one table in the order of the snapshot; the caller frees it. */
const void **model_sorted(const struct model *m, unsigned int type, size_t *nr);

/* What belongs to one context, or to all. */
struct model_sum {
	uint64_t contexts;
	uint64_t reservations;
	uint64_t reserved;	/* bytes, of a sub-window only what is taken inside it */
	uint64_t bound;
	uint64_t mapped;	/* bytes of bindings live in at least one domain */
	uint64_t bindings;
	uint64_t refs;		/* of reservations */
	uint64_t associations;
	uint64_t active;	/* associations that are active */
	uint64_t memory;	/* pieces of physical memory, in the sum of all only */
	uint64_t memory_bytes;
};

void model_total(const struct model *m, struct model_sum *sum);
/* One per context, in the order of model_sorted(); the caller frees it. */
struct model_sum *model_sums(const struct model *m);
uint64_t model_bindings_of(const struct model *m, uint64_t phys);
uint64_t model_ops(const struct model *m);
/* The references to an object that are nobody's, of @refs in all. */
uint32_t model_unnamed(const struct holds *h, uint32_t refs);
/* "app/412", NULL when the name is not known. */
const char *model_holder_name(const struct model *m, uint32_t holder);

#endif
