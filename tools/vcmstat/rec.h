/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rec.h - what happened, read back from a file: a recording, NDJSON, or a saved snapshot; or from
 * a folder with a trace.
 *
 * The first byte of a file tells which.  Items come in the order in which they were told to the
 * sink that wrote the file.  A file is complete when it has its end record; a writer that was
 * killed leaves one without, whose last record may be half there: everything before is read, and
 * ended and cut tell.  Anything else that is not as it was written is an error: EXIT_DAMAGED or
 * EXIT_VERSION.
 *
 * Records of types that this build does not know are skipped and counted.
 */
#ifndef VCMSTAT_REC_H
#define VCMSTAT_REC_H

#include "sink.h"

/* Numbers are those of the file: append, never renumber. */
enum rec_type {
	REC_HEADER = 1,
	REC_STATE = 2,
	REC_EVENT = 3,
	REC_FAULT = 4,
	REC_GAP = 5,
	REC_DROPPED = 6,
	REC_NAME = 7,
	REC_TICK = 8,
	REC_END = 9,
	REC_PAST = 10,
	REC_SYMBOL = 11,
};

/* Members are meant for the types behind them and point to what is good until the next item. */
struct rec_item {
	enum rec_type type;
	struct header header;		/* HEADER */
	struct model *state;		/* STATE; whoever wants it takes it and leaves it empty */
	bool resync;			/* STATE: after a loss */
	struct vcm_event event;		/* EVENT */
	struct vcm_fault fault;		/* FAULT */
	struct model_gap gap;		/* GAP */
	uint64_t dropped;		/* DROPPED */
	uint32_t stream;		/* PAST */
	uint64_t seq;			/* PAST */
	struct past past;		/* PAST */
	struct ksym symbol;		/* SYMBOL */
	unsigned int name_type;		/* NAME: VCM_SNAP_* of the row */
	const void *name;		/* NAME */
	uint64_t ts_ns;			/* TICK */
	struct totals totals;		/* TICK, END */
	const char *cause;		/* END */
};

/* The cause in the end record of what was made from a recording without one. */
#define REC_CUT "the recording was cut off"

struct rec;

struct rec_ops {
	/* 1 with an item, 0 at the end, -1 with @err. */
	int (*next)(struct rec *r, struct rec_item *item, struct error *err);
	void (*close)(struct rec *r);
};

struct rec {
	const struct rec_ops *ops;
	const char *kind;	/* "recording", "NDJSON", "snapshot", "trace" */
	const char *end;	/* cause of the end of what has no end record and needs none */
	const char *path;
	FILE *in;		/* NULL of a folder */
	uint64_t size;		/* bytes of the file, 0 when it is none */
	bool ended;		/* the end record was read */
	bool cut;		/* the file ends inside a record */
	uint64_t skipped;	/* records of unknown types */
};

/*
 * What a folder is read with; NULL, as at first, when nothing can.  Whoever has a reader for
 * traces sets it, so that the others need no library for them.
 */
extern struct rec *(*rec_open_folder)(const char *path, struct error *err);

/* @path: "-" for stdin. */
struct rec *rec_open(const char *path, struct error *err);
void rec_close(struct rec *r);
/* Bytes read so far. */
uint64_t rec_position(const struct rec *r);

static inline int rec_next(struct rec *r, struct rec_item *item, struct error *err)
{
	return r->ops->next(r, item, err);
}

/* rec_file.c, rec_json.c, rec_snap.c: a reader of @in, which rec_open() closes. */
struct rec *rec_file_new(void);
struct rec *rec_json_new(void);
struct rec *rec_snap_new(void);

#endif
