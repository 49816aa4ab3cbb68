/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * oracle.h - what the documentation of the API promises, as plain arrays and linear searches.
 *
 * The random test asks the oracle before each call what the call has to give, and tells it
 * after a success.  It shares no code and no idea with the core: no tree, no list, no events.
 */
#ifndef UNIT_ORACLE_H
#define UNIT_ORACLE_H

#include "fake.h"
#include "state.h"

#define ORACLE_CONTEXTS	3
#define ORACLE_RES	14
#define ORACLE_PHYS	6
#define ORACLE_DEVICES	5
#define ORACLE_KINDS	3
#define ORACLE_HOLDERS	4	/* the first is nobody */

/* References that the test holds, by holder. */
struct oracle_refs {
	u32 of[ORACLE_HOLDERS];
};

/**
 * struct oracle_res - a reservation
 * @res:    NULL when the place is free
 * @refs:   references that the test holds; those of what is inside come on top
 * @parent: index of the sub-window it is inside of, -1 for none
 * @before: bytes of guard below
 * @after:  bytes of guard above
 * @phys:   index of the memory bound, -1 for none
 * @dead:   its context is destroyed
 */
struct oracle_res {
	struct vcm_res *res;
	struct oracle_refs refs;
	int parent;
	u64 start;
	u64 len;
	u64 before;
	u64 after;
	u64 off;
	u64 bound_len;
	u32 align;
	u32 flags;
	u32 prot;
	int phys;
	bool dead;
};

/* An association that the test holds; @assoc is NULL when there is none. */
struct oracle_assoc {
	struct vcm_assoc *assoc;
	u32 active;
	bool dead;
};

/* A context that the test holds; @vcm is NULL when the place is free. */
struct oracle_context {
	struct vcm *vcm;
	u64 start;
	u64 last;
	struct oracle_refs refs;
	bool dead;
	bool saved;
	struct oracle_res res[ORACLE_RES];
	struct oracle_assoc assoc[ORACLE_DEVICES];
};

/* Memory; the place is free when there is neither a reference nor a binding. */
struct oracle_phys {
	struct vcm_phys *phys;
	u64 id;
	u64 len;
	struct oracle_refs refs;
	u32 bindings;
};

/**
 * struct oracle - everything
 * @user:   context that each device is attached in, -1 for none
 * @holder: the holders, the first is NULL
 */
struct oracle {
	struct oracle_context context[ORACLE_CONTEXTS];
	struct oracle_phys phys[ORACLE_PHYS];
	struct fake_device *fake[ORACLE_DEVICES];
	int user[ORACLE_DEVICES];
	struct vcm_holder *holder[ORACLE_HOLDERS];
};

/**
 * struct oracle_bind - what is to be bound
 * @phys: index of the memory
 */
struct oracle_bind {
	u32 phys;
	u64 off;
	u64 len;
	u32 prot;
	enum vcm_cache cache;
};

u32 oracle_total(const struct oracle_refs *refs);
/* References to a reservation, the test's and those from inside. */
u32 oracle_res_refs(const struct oracle_context *context, u32 res);

/* What a call has to return. */
int oracle_create(const struct vcm_cfg *cfg);
int oracle_reserve(const struct oracle *oracle, const struct oracle_context *context,
		   const struct vcm_req *req, int parent, u64 *start);
int oracle_phys_alloc(const struct vcm_phys_req *req);
int oracle_bind(const struct oracle *oracle, const struct oracle_context *context,
		const struct oracle_res *res, const struct oracle_bind *with);
int oracle_rebind(const struct oracle *oracle, const struct oracle_context *context,
		  const struct oracle_res *res, const struct oracle_bind *with);
int oracle_unbind(const struct oracle_res *res);
int oracle_activate(const struct oracle *oracle, u32 context, u32 dev);
int oracle_switch(const struct oracle *oracle, u32 from, u32 to, u32 dev);
int oracle_save(const struct oracle_context *context);
int oracle_restore(const struct oracle *oracle, u32 context);

/* Where an address leads: index of the reservation, or -1; and the memory behind it. */
int oracle_find(const struct oracle_context *context, u64 iova);
bool oracle_memory_at(const struct oracle_context *context, u64 iova, int *phys, u64 *off);
int oracle_translate(const struct oracle_context *from, u64 iova, const struct oracle_context *to,
		     u64 *out);

/* What success changes. */
void oracle_bound(struct oracle *oracle, struct oracle_res *res, const struct oracle_bind *with);
void oracle_unbound(struct oracle *oracle, struct oracle_res *res);
void oracle_dropped(struct oracle *oracle, struct oracle_context *context, u32 res);
void oracle_inactive(struct oracle *oracle, u32 context, u32 dev);
void oracle_device_gone(struct oracle *oracle, u32 dev);
void oracle_context_gone(struct oracle *oracle, u32 context);
void oracle_forget(struct oracle_context *context);
void oracle_saved(struct oracle *oracle, u32 context, bool saved);

/* What every device that is attached in @context reaches. */
void oracle_reach(const struct oracle *oracle, const struct oracle_context *context, u64 *start,
		  u64 *last);

/* Mapping domains that @context has. */
u32 oracle_domains(const struct oracle *oracle, const struct oracle_context *context);

/* Compare with a snapshot.  Return: NULL, or what is wrong. */
const char *oracle_compare(const struct oracle *oracle, const struct state *state);

#endif
