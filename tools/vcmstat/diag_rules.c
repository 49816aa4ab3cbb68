// SPDX-License-Identifier: GPL-2.0-only
/*
 * diag_rules.c - rules about what the address is, or was, in the context: reserved, bound,
 * allowed, changed just now; and the table of all rules.
 *
 * A judge looks at one thing and says whether it explains the fault, how surely if nothing else
 * does, and how heavily it weighs beside others.
 */
#include "diag_priv.h"

#define EXCHANGE_NS 2000000u	/* to put other memory behind an address takes less */
#define REPEATS 8	/* faults of a device in about a second that are a verdict of their own */

const struct diag_rule diag_rules[DIAG_RULE_END] = {
#define DIAG_RULE_ROW(name, id, text) [DIAG_##name] = { id, text },
	DIAG_RULES(DIAG_RULE_ROW)
};

static bool judge_not_bound(const struct diag_look *l, struct diag_verdict *v)
{
	const struct vcm_snap_res *in = l->spot.in;
	char res[DIAG_RES_TEXT];

	if (!l->attached || !in || in->phys || l->unbound || in->rflags & VCM_RESERVE_SYSTEM)
		return false;
	v->weight = 60;
	v->confidence = DIAG_CERTAIN;
	diag_say(v, "reservation %s of context %u has the address and no memory, and had none as "
		 "far back as is known", diag_res_text(res, in), l->vcm);
	diag_about(l, v, in);
	diag_next_history(l, v);
	return true;
}

static bool judge_unbound(const struct diag_look *l, struct diag_verdict *v)
{
	const struct vcm_snap_res *in = l->spot.in;
	char res[DIAG_RES_TEXT], who[DIAG_WHO_TEXT];

	if (!l->attached || !in || in->phys || !l->unbound)
		return false;
	v->weight = 72;
	v->confidence = DIAG_CERTAIN;
	diag_say(v, "the memory of reservation %s was unbound %s; the device still uses it",
		 diag_res_text(res, in), diag_who_text(who, l, l->unbound));
	diag_blame(l, v, l->unbound);
	diag_about(l, v, in);
	diag_next_history(l, v);
	return true;
}

static bool judge_past_binding(const struct diag_look *l, struct diag_verdict *v)
{
	const struct vcm_snap_res *in = l->spot.in;
	char res[DIAG_RES_TEXT], bytes[48], len[16];

	if (!l->attached || !in || !in->phys || l->f->iova - in->start < in->bound_len)
		return false;
	v->weight = 70;
	v->confidence = DIAG_CERTAIN;
	v->bytes = l->f->iova - in->start - in->bound_len;
	v->has_bytes = true;
	diag_say(v, "%s behind the %s of memory that reservation %s has",
		 diag_bytes_text(bytes, l, v->bytes), size_text(len, in->bound_len),
		 diag_res_text(res, in));
	diag_about(l, v, in);
	diag_next_state(l, v);
	return true;
}

static bool judge_protection(const struct diag_look *l, struct diag_verdict *v, __u32 only,
			     enum diag_access refused)
{
	const struct vcm_snap_res *in = l->spot.in;
	const __u32 both = VCM_PROT_READ | VCM_PROT_WRITE;
	char res[DIAG_RES_TEXT], who[DIAG_WHO_TEXT];

	if (!diag_is_backed(l) || (in->prot & both) != only)
		return false;
	if (l->f->access != refused && l->f->access != DIAG_ACCESS_UNKNOWN)
		return false;
	v->weight = 70;
	v->confidence = l->f->access == refused ? DIAG_CERTAIN : DIAG_LIKELY;
	diag_say(v, "the device %s %s, which is bound for %s only",
		 l->f->access != refused ? "had an access refused to" :
		 refused == DIAG_WRITE ? "wrote to" : "read", diag_res_text(res, in),
		 only == VCM_PROT_READ ? "reading" : "writing");
	if (l->unbound && diag_allows(&l->unbound->was.res, refused)) {
		diag_say(v, "; it was allowed until %s", diag_who_text(who, l, l->unbound));
		diag_blame(l, v, l->unbound);
	}
	diag_about(l, v, in);
	diag_next_state(l, v);
	return true;
}

static bool judge_read_only(const struct diag_look *l, struct diag_verdict *v)
{
	return judge_protection(l, v, VCM_PROT_READ, DIAG_WRITE);
}

static bool judge_write_only(const struct diag_look *l, struct diag_verdict *v)
{
	return judge_protection(l, v, VCM_PROT_WRITE, DIAG_READ);
}

/* Memory was taken away and put there in one go, and the fault fell in between. */
static bool is_exchange(const struct diag_look *l)
{
	const struct change *from = l->unbound, *to = l->soon;

	return from && to->id == from->id && to->tid == from->tid &&
	       to->ts_ns < from->ts_ns + EXCHANGE_NS;
}

/* A later mapping of the reservation that is there, or of the first that ever was. */
static bool is_of_this(const struct diag_look *l, const struct change *c)
{
	return l->spot.in ? c->id == l->spot.in->res && !diag_is_backed(l) : !l->ended;
}

/* Allowed by then, or soon after: the device was early, or the report late. */
static bool judge_race(const struct diag_look *l, struct diag_verdict *v)
{
	bool allowed = diag_is_allowed(l);
	const struct change *c = allowed ? l->recent : l->soon;
	char age[24];

	if (!l->attached || !c || (allowed ? !diag_is_fresh(l, c) : !is_of_this(l, c)))
		return false;
	v->weight = allowed || is_exchange(l) ||
		    !(diag_is_fresh(l, l->unbound) || diag_is_fresh(l, l->ended)) ? 75 : 50;
	v->confidence = DIAG_LIKELY;
	if (allowed)
		diag_say(v, "the access is allowed now, but what it met changed %s before the fault"
			 " was told of", diag_time_text(age, l->f->ts_ns - c->ts_ns));
	else
		diag_say(v, "the mapping was made %s after the fault: the device was let go too "
			 "early", diag_time_text(age, c->ts_ns - l->f->ts_ns));
	diag_blame(l, v, c);
	if (l->spot.in)
		diag_about(l, v, l->spot.in);
	diag_next_history(l, v);
	return true;
}

static bool judge_stale_iotlb(const struct diag_look *l, struct diag_verdict *v)
{
	char age[24], res[DIAG_RES_TEXT];

	if (!diag_is_allowed(l) || diag_is_fresh(l, l->recent))
		return false;
	v->weight = 40;
	v->confidence = l->unbound || l->ended ? DIAG_LIKELY : DIAG_POSSIBLE;
	diag_say(v, "the tables have allowed the access to reservation %s for %s: an IOTLB that "
		 "was not invalidated is suspected", diag_res_text(res, l->spot.in),
		 l->recent ? diag_time_text(age, l->f->ts_ns - l->recent->ts_ns) :
		 "as long as is known");
	if (l->unbound)
		diag_show_change(l, v, l->unbound);
	else if (l->ended)
		diag_show_change(l, v, l->ended);
	if (l->recent)
		diag_show_change(l, v, l->recent);
	diag_about(l, v, l->spot.in);
	diag_next_history(l, v);
	return true;
}

static bool judge_region(const struct diag_look *l, struct diag_verdict *v)
{
	const struct vcm_snap_res *in = l->spot.in;
	char res[DIAG_RES_TEXT];

	if (!in || !(in->rflags & VCM_RESERVE_SYSTEM))
		return false;
	v->weight = 80;
	v->confidence = DIAG_CERTAIN;
	diag_say(v, "%s is set aside because an IOMMU of the context cannot translate it, as it is "
		 "with interrupt messages", diag_res_text(res, in));
	diag_about(l, v, in);
	diag_next_state(l, v);
	return true;
}

static bool judge_repeating(const struct diag_look *l, struct diag_verdict *v)
{
	char age[24];

	if (l->d->repeats < REPEATS || !l->f->device[0])
		return false;
	v->weight = 0;
	v->confidence = DIAG_CERTAIN;
	diag_say(v, "the device has had %llu faults in the %s before this one: nobody stops it",
		 (unsigned long long)l->d->repeats, diag_time_text(age, l->d->repeats_ns));
	v->vcm = l->vcm;
	diag_next_device(l, v);
	return true;
}

const diag_judge diag_judges[DIAG_RULE_END] = {
	[DIAG_never_reserved] = diag_judge_never_reserved,
	[DIAG_not_bound] = judge_not_bound,
	[DIAG_unbound] = judge_unbound,
	[DIAG_freed] = diag_judge_freed,
	[DIAG_past_binding] = judge_past_binding,
	[DIAG_past_end] = diag_judge_past_end,
	[DIAG_before_start] = diag_judge_before_start,
	[DIAG_guard] = diag_judge_guard,
	[DIAG_read_only] = judge_read_only,
	[DIAG_write_only] = judge_write_only,
	[DIAG_not_active] = diag_judge_not_active,
	[DIAG_saved] = diag_judge_saved,
	[DIAG_not_associated] = diag_judge_not_associated,
	[DIAG_wrong_context] = diag_judge_wrong_context,
	[DIAG_race] = judge_race,
	[DIAG_stale_iotlb] = judge_stale_iotlb,
	[DIAG_region] = judge_region,
	[DIAG_beyond_mask] = diag_judge_beyond_mask,
	[DIAG_truncated] = diag_judge_truncated,
	[DIAG_null] = diag_judge_null,
	[DIAG_poison] = diag_judge_poison,
	[DIAG_repeating] = judge_repeating,
};
