/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ref.h - references that know whose they are.
 *
 * An object has a number of references, each belonging to a holder or to nobody named.  Giving
 * a reference up that the holder does not have is refused and told, instead of taking one from
 * somebody else.  Nobody's references need no memory, so taking one cannot fail.
 *
 * Locking: the lock of the object's stream.
 */
#ifndef VCM_REF_H
#define VCM_REF_H

#include "vcm_os.h"

struct vcm_holder;

/**
 * struct vcm_hold - the references of one holder to one object
 * @node:   in vcm_refs.holds
 * @holder: counted; whose
 * @count:  how many, at least one while listed
 */
struct vcm_hold {
	struct list_head node;
	struct vcm_holder *holder;
	u32 count;
};

/**
 * struct vcm_refs - all references to one object
 * @total:   how many
 * @unnamed: how many of them are nobody's
 * @holds:   struct vcm_hold
 * @first:   room for one, so that making an object needs no other allocation
 */
struct vcm_refs {
	u32 total;
	u32 unnamed;
	struct list_head holds;
	struct vcm_hold first;
};

#define VCM_REFS_MAX ((u32)1 << 31)

void vcm_refs_init(struct vcm_refs *refs, struct vcm_holder *holder);
int vcm_refs_get(struct vcm_refs *refs, struct vcm_holder *holder);
int vcm_refs_put(struct vcm_refs *refs, struct vcm_holder *holder);
const char *vcm_refs_check(const struct vcm_refs *refs);

u32 vcm_holder_id(const struct vcm_holder *holder);

#endif
