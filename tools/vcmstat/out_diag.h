/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * out_diag.h - a sink that says why each fault happened, and how it is printed.
 *
 * A fault is held back for a moment, until what happened around it has been told too; then it is
 * judged.  Verdicts that say the same of the same device are told once and counted; the same fault
 * in the same state is not even judged again.  A device that has many different faults in a second
 * is counted and not judged any more, until it calms down.
 */
#ifndef VCMSTAT_OUT_DIAG_H
#define VCMSTAT_OUT_DIAG_H

#include "diag.h"
#include "filter.h"
#include "json.h"
#include "sink.h"

struct diag_cfg {
	bool json;
	bool all;		/* nothing folded, no storm */
	uint64_t limit;		/* faults after so many are not told of, 0 for no limit */
	uint32_t mask_bits;	/* of every device, 0 when not known */
	const char *input;	/* as in struct diag */
	const struct filter *filter;
	/* Where in the code an event was made, in @buf; it stays empty when nobody knows. */
	void (*stack)(void *arg, uint32_t stream, uint64_t seq, char *buf, size_t len);
	void *arg;
};

/* What came of the faults that pass the filter. */
struct diag_counts {
	uint64_t faults;	/* all of them */
	uint64_t judged;	/* by the rules */
	uint64_t folded;	/* like one that was told before */
	uint64_t stormed;	/* counted only */
	uint64_t unknown;	/* judged, and nothing explains them */
};

/* Faults like one that was told. */
struct diag_repeat {
	uint64_t fault;		/* number of that one */
	uint64_t count;
	uint64_t last_ns;
	uint64_t lowest;
	uint64_t highest;
};

/* Faults of one device that were not judged. */
struct diag_storm {
	char device[VCM_DEVICE_NAME_LEN];
	uint64_t count;
	uint64_t first_ns;
	uint64_t last_ns;
};

/* How results are written; out_diag_text.c and out_diag_json.c. */
struct diag_writer {
	void (*fault)(FILE *out, struct json *j, uint64_t nr, const struct diag_fault *f,
		      const struct diag_result *res);
	void (*repeat)(FILE *out, struct json *j, const struct diag_repeat *r);
	void (*storm)(FILE *out, struct json *j, const struct diag_storm *s);
	void (*counts)(FILE *out, struct json *j, const struct diag_counts *c);
};

extern const struct diag_writer diag_writer_text;
extern const struct diag_writer diag_writer_json;

struct sink *out_diag_new(FILE *out, const struct diag_cfg *cfg);
/* Judge what was held until @now_ns; for a live source, whose time goes on without events. */
void out_diag_settle(struct sink *s, uint64_t now_ns);
/* Good until the sink is closed. */
const struct diag_counts *out_diag_counts(const struct sink *s);

/* out_diag_text.c: every rule, one a line. */
void out_diag_rules(FILE *out);
void out_diag_rules_json(struct json *j);

#endif
