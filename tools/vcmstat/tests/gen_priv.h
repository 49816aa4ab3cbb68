/* SPDX-License-Identifier: GPL-2.0-only */
/* gen_priv.h - between the parts of the toy VCM: gen.c, gen_ref.c and gen_assoc.c. */
#ifndef VCMSTAT_GEN_PRIV_H
#define VCMSTAT_GEN_PRIV_H

#include "gen.h"

/* What an event tells beside its own fields. */
struct gen_head {
	unsigned int type;
	uint32_t stream;
	uint64_t *seq;
	uint32_t vcm;
	uint64_t id;
	uint32_t refs;
};

/* @nr own fields follow as uint64_t. */
void gen_emit(struct gen *g, struct gen_head head, int nr, ...);

#define U(x) ((uint64_t)(x))
#define REGISTRY(g, type, vcm, id, refs, ...)					\
	gen_emit(g, (struct gen_head){ VCM_EVENT_##type, 0, &(g)->registry_seq, vcm, id,	\
				       refs }, __VA_ARGS__)
#define CONTEXT(g, type, r, ...) gen_emit(g, gen_head_of(g, VCM_EVENT_##type, r), __VA_ARGS__)

uint64_t gen_below(struct gen *g, uint64_t n);
unsigned int gen_slot_of(const struct gen *g, uint32_t vcm);
struct gen_head gen_head_of(struct gen *g, unsigned int type, const struct vcm_snap_res *r);
void gen_map_one(struct gen *g, struct vcm_snap_res *r);
void gen_unmap_one(struct gen *g, struct vcm_snap_res *r);

/* gen_ref.c: an object is made; the holder of its reference, 0 for nobody named. */
uint32_t gen_first_hold(struct gen *g, struct gen_holds *h);
/* Somebody gives one of @refs up; who. */
uint32_t gen_put_any(struct gen *g, struct gen_holds *h, __u32 *refs);
/*
 * True: *@holder took a reference.  False: *@holder gave one up that was not the last, or
 * nothing happened (UINT32_MAX); nobody's are given up only with @nobody.
 */
bool gen_change_holds(struct gen *g, struct gen_holds *h, __u32 *refs, bool nobody,
		      uint32_t *holder);

/* gen_assoc.c */
unsigned int gen_domains_of(const struct gen *g, uint32_t vcm);
void gen_step_assoc(struct gen *g);
void gen_end_assocs(struct gen *g, uint32_t vcm);
/* Two parts of the scene: devices come; one moves, a context is saved. */
void gen_scene_assocs(struct gen *g);
void gen_scene_moves(struct gen *g);

#endif
