/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diag_priv.h - between the parts of the engine: diag.c asks and ranks, diag_past.c searches the
 * history, diag_rules.c and diag_place.c judge, diag_text.c words it.
 */
#ifndef VCMSTAT_DIAG_PRIV_H
#define VCMSTAT_DIAG_PRIV_H

#include "diag_view.h"

/* Faults are told of so much later than they happen, at most. */
#define DIAG_LATE_NS 10000000u

/* A context that the device is, or was, associated with. */
struct diag_link {
	uint32_t vcm;
	uint32_t active;
	const struct change *left;	/* what ended the last activation, or the association */
};

#define DIAG_LINKS 8

/* What was found out once for all rules. */
struct diag_look {
	const struct diag *d;
	const struct diag_fault *f;
	struct diag_view view;
	uint32_t dev;			/* 0 when the model does not know it */
	struct diag_link link[DIAG_LINKS];	/* those of now first */
	unsigned int nr_link;
	unsigned int nr_now;		/* of them, those that are associations still */
	bool attached;			/* the device uses a context */
	bool is_saved;			/* that one is off its IOMMUs */

	uint32_t vcm;			/* the context in question, 0 for none */
	struct diag_spot spot;		/* of the address there */
	const struct change *ended;	/* the last that took the address from somebody there */
	const struct change *unbound;	/* the last that took the memory of spot.in */
	const struct change *bound_before;	/* the unbinding that went before @ended */
	const struct change *recent;	/* the last that changed what the device can reach there */
	const struct change *soon;	/* the first after the fault that made it possible */

	/* another context of the device where the access would have been good */
	const struct diag_link *other;
	struct vcm_snap_res other_res;
	struct diag_result *out;
};

/* diag_past.c */
void diag_find_links(struct diag_look *l);
const struct change *diag_find_ended(const struct diag_look *l, uint32_t vcm);
const struct change *diag_find_unbound(const struct diag_look *l, uint32_t vcm, uint64_t res);
const struct change *diag_find_recent(const struct diag_look *l);
const struct change *diag_find_soon(const struct diag_look *l);
/* Does the history hold the begin of the context, so that what is not in it never was? */
bool diag_knows_begin(const struct diag_look *l, uint32_t vcm);

/* diag_rules.c: of the state of the place; diag_place.c: of where it is, and what it is. */
typedef bool (*diag_judge)(const struct diag_look *l, struct diag_verdict *v);
extern const diag_judge diag_judges[DIAG_RULE_END];
bool diag_judge_freed(const struct diag_look *l, struct diag_verdict *v);
bool diag_judge_past_end(const struct diag_look *l, struct diag_verdict *v);
bool diag_judge_before_start(const struct diag_look *l, struct diag_verdict *v);
bool diag_judge_guard(const struct diag_look *l, struct diag_verdict *v);
bool diag_judge_never_reserved(const struct diag_look *l, struct diag_verdict *v);
bool diag_judge_beyond_mask(const struct diag_look *l, struct diag_verdict *v);
bool diag_judge_truncated(const struct diag_look *l, struct diag_verdict *v);
bool diag_judge_null(const struct diag_look *l, struct diag_verdict *v);
bool diag_judge_poison(const struct diag_look *l, struct diag_verdict *v);
bool diag_judge_not_active(const struct diag_look *l, struct diag_verdict *v);
bool diag_judge_saved(const struct diag_look *l, struct diag_verdict *v);
bool diag_judge_not_associated(const struct diag_look *l, struct diag_verdict *v);
bool diag_judge_wrong_context(const struct diag_look *l, struct diag_verdict *v);

static inline bool diag_is_write(const struct diag_look *l)
{
	return l->f->access == DIAG_WRITE;
}

static inline bool diag_allows(const struct vcm_snap_res *r, enum diag_access access)
{
	if (access == DIAG_ACCESS_UNKNOWN)
		return (r->prot & (VCM_PROT_READ | VCM_PROT_WRITE)) ==
		       (VCM_PROT_READ | VCM_PROT_WRITE);
	return r->prot & (access == DIAG_WRITE ? VCM_PROT_WRITE : VCM_PROT_READ);
}

/* So short a time before the fault that the device has most probably met just that. */
static inline bool diag_is_fresh(const struct diag_look *l, const struct change *c)
{
	return c && c->ts_ns + DIAG_LATE_NS >= l->f->ts_ns;
}

/* There is memory at the address, in the context that the device uses. */
static inline bool diag_is_backed(const struct diag_look *l)
{
	const struct vcm_snap_res *in = l->spot.in;

	return l->attached && in && in->phys && l->f->iova - in->start < in->bound_len;
}

static inline bool diag_is_allowed(const struct diag_look *l)
{
	return diag_is_backed(l) && diag_allows(l->spot.in, l->f->access);
}

/* diag_text.c */
void diag_say(struct diag_verdict *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "3/12 [10000000 +16K]"; @buf of DIAG_RES_TEXT */
#define DIAG_RES_TEXT 64
const char *diag_res_text(char *buf, const struct vcm_snap_res *r);
/* " 1.2 ms ago by app/812", as of the fault; @buf of DIAG_WHO_TEXT */
#define DIAG_WHO_TEXT 64
const char *diag_who_text(char *buf, const struct diag_look *l, const struct change *c);
/* The culprit: who, and when. */
void diag_blame(const struct diag_look *l, struct diag_verdict *v, const struct change *c);
void diag_show_change(const struct diag_look *l, struct diag_verdict *v, const struct change *c);
void diag_show_res(const struct diag_look *l, struct diag_verdict *v,
		   const struct vcm_snap_res *r);
void diag_show_neighbours(const struct diag_look *l, struct diag_verdict *v);
/* The reservation that the verdict is about; it becomes evidence. */
void diag_about(const struct diag_look *l, struct diag_verdict *v, const struct vcm_snap_res *r);
/* What to do next: look at the state of the moment, at what happened there, at the device. */
void diag_next_state(const struct diag_look *l, struct diag_verdict *v);
void diag_next_history(const struct diag_look *l, struct diag_verdict *v);
void diag_next_device(const struct diag_look *l, struct diag_verdict *v);
/* "64", or where in a page is not known "0 to 4095"; @buf of 48 */
const char *diag_bytes_text(char *buf, const struct diag_look *l, uint64_t bytes);

#endif
