/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h - where events and snapshots come from.
 *
 * A source records from the moment it is open.  Whatever happened before snapshot() returned is
 * then delivered by drain(), or counted by dropped(): nothing is in between.
 */
#ifndef VCMSTAT_SOURCE_H
#define VCMSTAT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "past.h"
#include "util.h"
#include "vcm_bpf.h"
#include "vcm_events.h"

struct source;

struct source_ops {
	/* A snapshot taken now; the caller frees it. */
	int (*snapshot)(struct source *src, void **buf, size_t *len, struct error *err);

	/* Give what waits to the handlers, at most about @max events; the number, or -1. */
	int (*drain)(struct source *src, size_t max, struct error *err);

	/* Readable when much waits; -1 when there is nothing to wait for. */
	int (*fd)(struct source *src);

	/*
	 * Optional: who made the event @seq of @stream, when it is of a kind that ends or changes
	 * something and is still kept.  0, or -1 when nothing is known of it.
	 */
	int (*past)(struct source *src, uint32_t stream, uint64_t seq, struct past *out);

	void (*close)(struct source *src);
};

/* What was not delivered, since the source was opened. */
struct source_losses {
	uint64_t events;	/* found no room */
	uint64_t faults;	/* found no room */
	uint64_t overflow;	/* times the IOMMU itself could not keep a fault */
	uint64_t past;		/* kept for past() and given up for later ones */
};

struct source {
	const struct source_ops *ops;
	const char *name;	/* as in the header record */
	bool polled;		/* has no events: look at the state again and again */
	const char *faults;	/* fault source in use, "none" without */
	size_t capacity;	/* events that can wait */
	uint64_t attached_ns;	/* since when every kind of event is told of, 0 for always */
	struct source_losses losses;	/* updated by drain() */

	/* handlers, set by the reader */
	void (*event)(void *arg, const struct vcm_event *ev);
	void (*fault)(void *arg, const struct vcm_fault *fault);
	void *arg;
};

/*
 * src_open.c: the source that the settings ask for, NULL with @err.  @polled: one without events
 * will do.
 */
struct settings;
struct source *src_open(const struct settings *set, bool polled, struct error *err);

/*
 * The file or folder that @source (of --source) names; *@path is NULL when it names a way to the
 * module.  -1 with @err when it names nothing.
 */
int src_path(const char *source, const char **path, struct error *err);

/*
 * src_bpf.c: every tracepoint of the module; @rung is tp_btf, raw_tp or tp.  @past: how many events
 * past() can tell of, 0 for none.
 */
struct source *src_bpf_open(const char *rung, size_t ring_bytes, uint32_t past, int verbose,
			    struct error *err);
/* src_tracefs.c: the same by a trace buffer. */
struct source *src_tracefs_open(size_t ring_bytes, struct error *err);
/* src_poll.c: the state only, of the running module or, with @path, a saved one. */
struct source *src_poll_open(const char *path, struct error *err);
const char *src_bpf_version(void);

/* src_snap.c: a snapshot from a file, NULL for the one of the running module. */
int src_snap_read(const char *path, void **buf, size_t *len, struct error *err);
/* Why VCM cannot be observed here, as far as can be told before trying. */
int src_snap_check(struct error *err);

/*
 * src_iter.c: a snapshot by the iterator for BPF programs; EXIT_ABSENT in @err when the module has
 * none.  The program stays loaded until src_iter_unload(); src_iter_prepare() loads it if it
 * can, and says nothing.
 */
void src_iter_prepare(int verbose);
int src_iter_read(void **buf, size_t *len, struct error *err);
void src_iter_unload(void);

#endif
