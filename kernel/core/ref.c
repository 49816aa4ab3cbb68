// SPDX-License-Identifier: GPL-2.0-only
/*
 * ref.c - references that know whose they are, and the holders.
 *
 * A holder is a name with a number; the number is in events, the name in snapshots.  Tagged
 * holds are an idea of OpenZFS and of DRBD's kref_debug; here they are always on, because the
 * question who still holds it is asked on production machines.
 *
 * A holder stays listed while a reference of it is left, so that a leak keeps its name.
 *
 * Locking: holds are under the lock of their object's stream, the list of holders under
 * vcm_registry.holders_lock, which is inside every other lock of the core.
 */
#include "core.h"

/* The number of a holder, 0 for nobody named. */
u32 vcm_holder_id(const struct vcm_holder *holder)
{
	return holder ? holder->id : 0;
}

/**
 * vcm_holder_create() - make a holder of references
 * @name: for people; cut to VCM_HOLDER_NAME_LEN - 1 bytes
 *
 * Context: may sleep. Return: the holder, to be given up by vcm_holder_put(), or NULL.
 */
struct vcm_holder *vcm_holder_create(const char *name)
{
	struct vcm_registry *reg = &vcm_registry;
	struct vcm_holder *holder = vcm_os_zalloc(sizeof(*holder));

	if (!holder)
		return NULL;
	strscpy(holder->name, name, sizeof(holder->name));
	refcount_set(&holder->mem, 1);
	mutex_lock(&reg->holders_lock);
	holder->id = ++reg->next_holder;
	list_add_tail(&holder->node, &reg->holders);
	mutex_unlock(&reg->holders_lock);
	return holder;
}
EXPORT_SYMBOL_GPL(vcm_holder_create);

/**
 * vcm_holder_put() - give a holder up
 * @holder: the holder, or NULL
 *
 * Context: may sleep.
 */
void vcm_holder_put(struct vcm_holder *holder)
{
	struct vcm_registry *reg = &vcm_registry;

	if (!holder || !refcount_dec_and_test(&holder->mem))
		return;
	mutex_lock(&reg->holders_lock);
	list_del(&holder->node);
	mutex_unlock(&reg->holders_lock);
	vcm_os_free(holder);
}
EXPORT_SYMBOL_GPL(vcm_holder_put);

static void vcm_hold_start(struct vcm_refs *refs, struct vcm_hold *hold, struct vcm_holder *holder)
{
	refcount_inc(&holder->mem);
	hold->holder = holder;
	hold->count = 1;
	list_add_tail(&hold->node, &refs->holds);
}

static void vcm_hold_end(struct vcm_refs *refs, struct vcm_hold *hold)
{
	list_del(&hold->node);
	vcm_holder_put(hold->holder);
	hold->holder = NULL;
	if (hold != &refs->first)
		vcm_os_free(hold);
}

static struct vcm_hold *vcm_hold_find(struct vcm_refs *refs, const struct vcm_holder *holder)
{
	struct vcm_hold *hold;

	list_for_each_entry(hold, &refs->holds, node)
		if (hold->holder == holder)
			return hold;
	return NULL;
}

/* Begin with one reference of @holder, NULL for nobody named. */
void vcm_refs_init(struct vcm_refs *refs, struct vcm_holder *holder)
{
	INIT_LIST_HEAD(&refs->holds);
	refs->total = 1;
	if (holder)
		vcm_hold_start(refs, &refs->first, holder);
	else
		refs->unnamed = 1;
}

static int vcm_hold_get(struct vcm_refs *refs, struct vcm_holder *holder)
{
	struct vcm_hold *hold = vcm_hold_find(refs, holder);

	if (hold) {
		hold->count++;
		return 0;
	}
	hold = refs->first.holder ? vcm_os_zalloc(sizeof(*hold)) : &refs->first;
	if (!hold)
		return -ENOMEM;
	vcm_hold_start(refs, hold, holder);
	return 0;
}

/*
 * Take one reference for @holder.  Return: 0, -EOVERFLOW, or -ENOMEM; nobody's (NULL) needs no
 * memory.
 */
int vcm_refs_get(struct vcm_refs *refs, struct vcm_holder *holder)
{
	int err = 0;

	if (refs->total >= VCM_REFS_MAX)
		return -EOVERFLOW;
	if (holder)
		err = vcm_hold_get(refs, holder);
	else
		refs->unnamed++;
	if (!err)
		refs->total++;
	return err;
}

/* Give one reference of @holder up.  Return: 0, or -ENOENT when @holder has none. */
int vcm_refs_put(struct vcm_refs *refs, struct vcm_holder *holder)
{
	struct vcm_hold *hold = holder ? vcm_hold_find(refs, holder) : NULL;

	if (holder ? !hold : !refs->unnamed)
		return -ENOENT;
	refs->total--;
	if (!holder)
		refs->unnamed--;
	else if (!--hold->count)
		vcm_hold_end(refs, hold);
	return 0;
}

/* Do the holds add up?  Return: NULL, or what is wrong. */
const char *vcm_refs_check(const struct vcm_refs *refs)
{
	const struct vcm_hold *hold;
	u64 sum = refs->unnamed;

	list_for_each_entry(hold, &refs->holds, node) {
		if (!hold->count || !hold->holder)
			return "I8: a hold of nobody or of nothing";
		sum += hold->count;
	}
	return sum == refs->total ? NULL : "I8: holds do not add up to the references";
}
