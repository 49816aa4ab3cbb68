// SPDX-License-Identifier: GPL-2.0-only
/*
 * diag_device.c - rules about the device: which context it uses, and which it should.
 */
#include <inttypes.h>

#include "diag_priv.h"

/* The context of the address is one of the device, and the address is there. */
static bool has_place(const struct diag_look *l)
{
	return l->vcm && l->spot.in;
}

static const struct change *left_of(const struct diag_look *l, uint32_t vcm)
{
	unsigned int i;

	for (i = 0; i < l->nr_link; i++) {
		if (l->link[i].vcm == vcm)
			return l->link[i].left;
	}
	return NULL;
}

/* What was there for the device, if it could get at it. */
static void say_place(const struct diag_look *l, struct diag_verdict *v)
{
	v->vcm = l->vcm;
	if (has_place(l))
		diag_about(l, v, l->spot.in);
	else
		diag_say(v, "; the address is not reserved there, it may be one of the device's "
			 "own driver");
}

bool diag_judge_not_active(const struct diag_look *l, struct diag_verdict *v)
{
	const struct change *left = left_of(l, l->vcm);
	char who[DIAG_WHO_TEXT];

	if (l->attached || l->is_saved || !l->nr_now)
		return false;
	v->weight = 80;
	v->confidence = has_place(l) ? DIAG_CERTAIN : DIAG_LIKELY;
	diag_say(v, "the device is associated with context %u and not active: nothing of it is "
		 "translated for the device", l->vcm);
	if (left) {
		diag_say(v, "; the last activation ended %s", diag_who_text(who, l, left));
		diag_blame(l, v, left);
	}
	say_place(l, v);
	diag_next_device(l, v);
	return true;
}

bool diag_judge_saved(const struct diag_look *l, struct diag_verdict *v)
{
	const struct change *c = l->recent;
	char who[DIAG_WHO_TEXT];

	if (!l->is_saved)
		return false;
	v->weight = 82;
	v->confidence = DIAG_CERTAIN;
	v->vcm = l->vcm;
	diag_say(v, "context %u is saved: its devices are off until it is restored", l->vcm);
	if (c && c->type == VCM_EVENT_save) {
		diag_say(v, "; saved %s", diag_who_text(who, l, c));
		diag_blame(l, v, c);
	}
	if (l->spot.in)
		diag_about(l, v, l->spot.in);
	diag_next_history(l, v);
	return true;
}

bool diag_judge_not_associated(const struct diag_look *l, struct diag_verdict *v)
{
	const struct change *left = left_of(l, l->vcm);
	char who[DIAG_WHO_TEXT];

	if (l->attached || l->nr_now || !l->f->device[0])
		return false;
	v->weight = 80;
	v->confidence = left ? DIAG_CERTAIN : DIAG_LIKELY;
	diag_say(v, "the device is not associated with any context");
	if (left) {
		diag_say(v, "; its association with context %u ended %s", l->vcm,
			 diag_who_text(who, l, left));
		diag_blame(l, v, left);
	}
	if (has_place(l)) {
		diag_say(v, "; context %u has the address", l->vcm);
		diag_about(l, v, l->spot.in);
	} else if (!left) {
		diag_say(v, ", and no context has the address: it may be one of the device's own "
			 "driver");
	}
	v->vcm = l->vcm;
	diag_next_device(l, v);
	return true;
}

static bool is_newer(const struct change *a, const struct change *b)
{
	return a && (!b || a->ts_ns > b->ts_ns);
}

/*
 * Just after the device has left, this is what it is; later, what is at the address in the context
 * that it uses explains the fault better.
 */
static int weigh_other(const struct diag_look *l)
{
	const struct change *left = l->other->left;
	const struct change *ended = l->unbound ? l->unbound : l->ended;

	if (diag_is_fresh(l, left) && is_newer(left, ended))
		return 74;
	if (l->spot.in)
		return l->spot.in->phys ? 66 : 58;
	if (l->spot.guarded)
		return 66;
	return is_newer(left, ended) ? 58 : 56;
}

bool diag_judge_wrong_context(const struct diag_look *l, struct diag_verdict *v)
{
	const struct change *left = l->other ? l->other->left : NULL;
	const struct change *ended = l->unbound ? l->unbound : l->ended;
	char res[DIAG_RES_TEXT], who[DIAG_WHO_TEXT];

	if (!l->attached || !l->other || diag_is_allowed(l))
		return false;
	v->weight = weigh_other(l);
	v->confidence = left && !ended && !l->spot.in ? DIAG_CERTAIN : DIAG_LIKELY;
	diag_say(v, "the device uses context %u, and the address is of %s in another context of it",
		 l->vcm, diag_res_text(res, &l->other_res));
	if (left) {
		diag_say(v, ", which it left %s", diag_who_text(who, l, left));
		diag_blame(l, v, left);
	}
	diag_about(l, v, &l->other_res);
	if (l->spot.in)
		diag_show_res(l, v, l->spot.in);
	diag_next_device(l, v);
	return true;
}
