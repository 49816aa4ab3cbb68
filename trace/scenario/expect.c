// SPDX-License-Identifier: GPL-2.0-only
/*
 * expect.c - look at an object: "expect OBJECT KEY VALUE...".
 *
 * Each kind of object has a function that says what a key of it is.
 */
#include "scenario.h"

/**
 * struct scn_seen - what was found under a key
 * @num:  a number
 * @phys: id of memory, for SCN_KEY_MEMORY
 */
struct scn_seen {
	u64 num;
	u64 phys;
};

static int scn_see_context(const struct scn_object *object, enum scn_key key,
			   struct scn_seen *seen)
{
	struct vcm_info info;

	vcm_info(object->ptr, &info);
	switch (key) {
	case SCN_KEY_REFS:
		seen->num = info.refs;
		return 0;
	case SCN_KEY_RESERVATIONS:
		seen->num = info.reservations;
		return 0;
	case SCN_KEY_DOMAINS:
		seen->num = info.domains;
		return 0;
	case SCN_KEY_SAVED:
		seen->num = info.saved;
		return 0;
	case SCN_KEY_FAULTS:
		seen->num = object->faults;
		return 0;
	default:
		return -1;
	}
}

static int scn_see_res(const struct scn_object *object, enum scn_key key, struct scn_seen *seen)
{
	struct vcm_res_info info;

	vcm_res_info(object->ptr, &info);
	switch (key) {
	case SCN_KEY_REFS:
		seen->num = info.refs;
		return 0;
	case SCN_KEY_AT:
		seen->num = info.start;
		return 0;
	case SCN_KEY_LEN:
		seen->num = info.len;
		return 0;
	case SCN_KEY_BOUND:
		seen->num = info.bound_len;
		return 0;
	case SCN_KEY_OFF:
		seen->num = info.off;
		return 0;
	case SCN_KEY_PROT:
		seen->num = info.prot;
		return 0;
	case SCN_KEY_MAPPED:
		seen->num = info.mapped;
		return 0;
	case SCN_KEY_MEMORY:
		seen->phys = info.phys;
		return 0;
	default:
		return -1;
	}
}

static int scn_see_other(const struct scn_object *object, enum scn_key key, struct scn_seen *seen)
{
	if (object->kind == SCN_PHYS && key == SCN_KEY_LEN)
		seen->num = vcm_phys_len(object->ptr);
	else if (object->kind == SCN_ASSOC && key == SCN_KEY_ACTIVE)
		seen->num = vcm_assoc_activations(object->ptr);
	else if (object->kind == SCN_DEVICE && key == SCN_KEY_FAULTS)
		seen->num = object->faults;
	else
		return -1;
	return 0;
}

static int scn_see(const struct scn_object *object, enum scn_key key, struct scn_seen *seen)
{
	*seen = (struct scn_seen) {};
	if (object->kind == SCN_CONTEXT)
		return scn_see_context(object, key, seen);
	if (object->kind == SCN_RES)
		return scn_see_res(object, key, seen);
	return scn_see_other(object, key, seen);
}

/* Turn what is wanted into a number.  Return: 0 or SCN_BAD. */
static int scn_want(struct scn *scn, const struct scn_check *check, u64 *num)
{
	const struct scn_object *phys;

	if (scn_key_type(check->key) != 'm')
		return scn_iova(scn, &check->want, num);
	*num = 0;
	if (!strcmp(check->want.name, "none"))
		return 0;
	phys = scn_find(scn, check->want.name, SCN_PHYS);
	if (!phys)
		return SCN_BAD;
	*num = vcm_phys_id(phys->ptr);
	return 0;
}

static int scn_look(struct scn *scn, const struct scn_object *object,
		    const struct scn_check *check)
{
	struct scn_seen seen;
	u64 want;

	if (scn_see(object, check->key, &seen))
		return scn_bad(scn, "no such thing can be expected of", object->name);
	if (scn_want(scn, check, &want))
		return SCN_BAD;
	if (want == seen.num + seen.phys)
		return 0;
	scn_bad(scn, "not as expected:", scn_key_name(check->key));
	scn->error.number = true;
	scn->error.want = want;
	scn->error.got = seen.num + seen.phys;
	return SCN_BAD;
}

int scn_play_expect(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *object = scn_find_any(scn, cmd->arg[0].name);
	int got = object ? 0 : SCN_BAD;

	for (u32 i = 0; i < cmd->nr_check && !got; i++)
		got = scn_look(scn, object, &cmd->check[i]);
	return got;
}
