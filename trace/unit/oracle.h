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
#define ORACLE_RES	12
#define ORACLE_PHYS	6
#define ORACLE_DEVICES	5
#define ORACLE_KINDS	3

/**
 * struct oracle_res - a reservation that the test holds
 * @res:   NULL when the place is free
 * @refs:  references that the test holds
 * @dead:  its context is destroyed
 * @phys:  index of the memory bound, -1 for none
 */
struct oracle_res {
	struct vcm_res *res;
	u64 start;
	u64 len;
	u64 off;
	u64 bound_len;
	u32 align;
	u32 flags;
	u32 prot;
	u32 refs;
	int phys;
	bool dead;
};

/* An association that the test holds; @assoc is NULL when there is none. */
struct oracle_assoc {
	struct vcm_assoc *assoc;
	u32 active;
	bool dead;
};

/**
 * struct oracle_context - a context that the test holds
 * @vcm:  NULL when the place is free
 * @caps: of the domain of each kind, while a device of it is active
 */
struct oracle_context {
	struct vcm *vcm;
	u64 start;
	u64 last;
	u32 refs;
	bool dead;
	struct oracle_res res[ORACLE_RES];
	struct oracle_assoc assoc[ORACLE_DEVICES];
	struct vcm_domain_caps caps[ORACLE_KINDS];
};

/* Memory; the place is free when @refs and @bindings are 0. */
struct oracle_phys {
	struct vcm_phys *phys;
	u64 id;
	u64 len;
	u32 refs;
	u32 bindings;
};

/**
 * struct oracle - everything
 * @user: context that each device is active in, -1 for none
 */
struct oracle {
	struct oracle_context context[ORACLE_CONTEXTS];
	struct oracle_phys phys[ORACLE_PHYS];
	struct fake_device *fake[ORACLE_DEVICES];
	int user[ORACLE_DEVICES];
};

/* What a call has to return. */
int oracle_create(const struct vcm_cfg *cfg);
int oracle_reserve(const struct oracle_context *context, const struct vcm_req *req, u64 *start);
int oracle_phys_alloc(const struct vcm_phys_req *req);
int oracle_bind(const struct oracle *oracle, const struct oracle_context *context,
		const struct oracle_res *res, const struct oracle_res *with);
int oracle_unbind(const struct oracle_res *res);
int oracle_activate(const struct oracle *oracle, u32 context, u32 dev,
		    struct vcm_domain_caps *caps);

/* What success changes. */
void oracle_unbound(struct oracle *oracle, struct oracle_res *res);
void oracle_inactive(struct oracle *oracle, u32 context, u32 dev);
void oracle_device_gone(struct oracle *oracle, u32 dev);
void oracle_context_gone(struct oracle *oracle, u32 context);
void oracle_forget(struct oracle_context *context);

/* Mapping domains that @context has. */
u32 oracle_domains(const struct oracle *oracle, const struct oracle_context *context);

/* Compare with a snapshot.  Return: NULL, or what is wrong. */
const char *oracle_compare(const struct oracle *oracle, const struct state *state);

#endif
