// SPDX-License-Identifier: GPL-2.0-only
/*
 * objects.c - what the names of a scenario stand for, and the references it holds.
 *
 * An object whose last reference was given up keeps its place in the list, so that a message can
 * say that it is gone; its name may be used again.
 */
#include "scenario.h"

/* End the scenario: its author is wrong.  Return: SCN_BAD. */
int scn_bad(struct scn *scn, const char *what, const char *near)
{
	scn->error.what = what;
	strscpy(scn->error.near, near, sizeof(scn->error.near));
	return SCN_BAD;
}

static struct scn_object *scn_lookup(struct scn *scn, const char *name)
{
	for (u32 i = 0; i < scn->nr_object; i++)
		if (!strcmp(scn->object[i].name, name))
			return &scn->object[i];
	return NULL;
}

/* The object of a name, or NULL with the error set. */
struct scn_object *scn_find_any(struct scn *scn, const char *name)
{
	struct scn_object *object = scn_lookup(scn, name);

	if (!object)
		scn_bad(scn, "nothing has the name", name);
	else if (!object->held)
		scn_bad(scn, "the scenario gave up its last reference to", name);
	return object && object->held ? object : NULL;
}

static const char *scn_kind_text(enum scn_kind kind)
{
	switch (kind) {
	case SCN_CONTEXT: return "not a context";
	case SCN_RES: return "not a reservation";
	case SCN_PHYS: return "not memory";
	case SCN_ASSOC: return "not an association";
	case SCN_DEVICE: return "not a device";
	default: return "not a holder";
	}
}

/* The same, of one kind. */
struct scn_object *scn_find(struct scn *scn, const char *name, enum scn_kind kind)
{
	struct scn_object *object = scn_find_any(scn, name);

	if (!object || object->kind == kind)
		return object;
	scn_bad(scn, scn_kind_text(kind), name);
	return NULL;
}

struct scn_object *scn_find_ptr(struct scn *scn, const void *ptr)
{
	for (u32 i = 0; i < scn->nr_object; i++)
		if (scn->object[i].held && scn->object[i].ptr == ptr)
			return &scn->object[i];
	return NULL;
}

/* A place for a new object, which counts from scn_made() on; NULL with the error set. */
struct scn_object *scn_new(struct scn *scn, const char *name, enum scn_kind kind)
{
	struct scn_object *object = scn_lookup(scn, name);

	if (object && object->held) {
		scn_bad(scn, "there is something already that has the name", name);
		return NULL;
	}
	if (!object) {
		if (scn->nr_object == SCN_OBJECTS) {
			scn_bad(scn, "too many names; the first too many is", name);
			return NULL;
		}
		object = &scn->object[scn->nr_object++];
	}
	memset(object, 0, sizeof(*object));
	strscpy(object->name, name, sizeof(object->name));
	object->kind = kind;
	return object;
}

u32 scn_index(const struct scn *scn, const struct scn_object *object)
{
	return object - scn->object;
}

static struct scn_hold *scn_hold_of(struct scn *scn, const struct scn_object *object, u32 holder)
{
	const u32 index = scn_index(scn, object);

	for (u32 i = 0; i < scn->nr_hold; i++)
		if (scn->hold[i].object == index && scn->hold[i].holder == holder)
			return &scn->hold[i];
	return NULL;
}

/* Count a reference.  Return: 0, or SCN_BAD when there is no room to count it. */
int scn_hold_add(struct scn *scn, const struct scn_object *object, u32 holder)
{
	struct scn_hold *hold = scn_hold_of(scn, object, holder);

	if (!hold && scn->nr_hold == SCN_HOLDS)
		return scn_bad(scn, "too many holders of things; too much is", object->name);
	if (!hold) {
		hold = &scn->hold[scn->nr_hold++];
		*hold = (struct scn_hold) { scn_index(scn, object), holder, 0 };
	}
	hold->count++;
	scn->object[hold->object].held++;
	return 0;
}

/* Does the scenario hold a reference of @holder to @object? */
bool scn_holds(struct scn *scn, const struct scn_object *object, u32 holder)
{
	const struct scn_hold *hold = scn_hold_of(scn, object, holder);

	return hold && hold->count;
}

/* Count it no more.  The core has agreed that there was one. */
void scn_hold_drop(struct scn *scn, struct scn_object *object, u32 holder)
{
	struct scn_hold *hold = scn_hold_of(scn, object, holder);

	if (WARN_ON_ONCE(!hold || !hold->count))
		return;
	hold->count--;
	object->held--;
}

/*
 * What a call of the core gave for a new object: @ptr, perhaps an ERR_PTR().  Return: 0, -errno
 * or SCN_BAD.
 */
int scn_made(struct scn *scn, struct scn_object *object, void *ptr, u32 holder)
{
	if (IS_ERR(ptr))
		return PTR_ERR(ptr);
	object->ptr = ptr;
	return scn_hold_add(scn, object, holder);
}

/* Who "holder NAME" of a command is: 0, or SCN_BAD. */
int scn_holder_of(struct scn *scn, const struct scn_cmd *cmd, u32 *index,
		  struct vcm_holder **holder)
{
	const struct scn_object *object;

	*index = SCN_NOBODY;
	*holder = NULL;
	if (!(cmd->given >> SCN_HELD_BY & 1))
		return 0;
	object = scn_find(scn, cmd->opt[SCN_HELD_BY].name, SCN_HOLDER);
	if (!object)
		return SCN_BAD;
	*index = scn_index(scn, object);
	*holder = object->ptr;
	return 0;
}

/* The address that is meant: a number, or where a reservation begins plus a number. */
int scn_iova(struct scn *scn, const struct scn_arg *arg, u64 *iova)
{
	const struct scn_object *object;

	*iova = arg->num;
	if (!arg->name[0])
		return 0;
	object = scn_find(scn, arg->name, SCN_RES);
	if (!object)
		return SCN_BAD;
	*iova += vcm_res_start(object->ptr);
	return 0;
}
