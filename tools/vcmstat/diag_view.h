/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diag_view.h - the state that a fault met: that of the model, with what came later undone.
 */
#ifndef VCMSTAT_DIAG_VIEW_H
#define VCMSTAT_DIAG_VIEW_H

#include "diag.h"

struct diag_view {
	const struct model *m;
	const struct diag_fault *f;
	struct table before;	/* what later events changed, as it was: const struct change * */
};

/* Where an iteration over rows of one kind is. */
struct diag_iter {
	size_t at;
	size_t undone;
};

void diag_view_init(struct diag_view *v, const struct model *m, const struct diag_fault *f);
void diag_view_fini(struct diag_view *v);

/* Did that happen after the fault? */
bool diag_is_after(const struct diag_fault *f, const struct change *c);

/* Every reservation, or association, of the moment; NULL when there are no more. */
const struct vcm_snap_res *diag_next_res(const struct diag_view *v, struct diag_iter *it);
const struct vcm_snap_assoc *diag_next_assoc(const struct diag_view *v, struct diag_iter *it);
const struct vcm_snap_context *diag_context(const struct diag_view *v, uint32_t vcm);

/* What lies around an address in one context. */
struct diag_spot {
	const struct vcm_snap_res *in;		/* has the address; no sub-window */
	const struct vcm_snap_res *window;	/* sub-window around it */
	const struct vcm_snap_res *guarded;	/* has it in a guard page */
	bool guard_is_behind;			/* behind the end of @guarded */
	const struct vcm_snap_res *below;	/* nearest with memory that ends before */
	const struct vcm_snap_res *above;	/* nearest with memory that begins behind */
};

void diag_look(const struct diag_view *v, uint32_t vcm, uint64_t iova, struct diag_spot *spot);

/* Bytes of guard before and behind. */
uint64_t diag_guard_before(const struct vcm_snap_res *r);
uint64_t diag_guard_behind(const struct vcm_snap_res *r);

static inline bool diag_contains(uint64_t start, uint64_t len, uint64_t iova)
{
	return iova >= start && iova - start < len;
}

#endif
