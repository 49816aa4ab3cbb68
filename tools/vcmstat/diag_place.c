// SPDX-License-Identifier: GPL-2.0-only
/*
 * diag_place.c - rules about where the address is: given back, beside something, nowhere; and
 * about what kind of number it is.
 */
#include <inttypes.h>

#include "diag_priv.h"

#define NEAR_BYTES	65536u		/* beside a reservation, or as far as that is long */
#define NEAR_MAX	(16u << 20)
#define OLD_NS		3000000000u	/* whoever has the range since then is nearer */

/* Where a device that uses a context looked for memory and no reservation is. */
static bool is_nowhere(const struct diag_look *l)
{
	return l->attached && !l->spot.in;
}

/* A device that still uses what is gone does it soon; later, other causes are nearer. */
static int weigh_freed(const struct diag_look *l)
{
	if (l->spot.in)
		return l->ended->ts_ns + OLD_NS >= l->f->ts_ns ? 67 : 55;
	if (!l->bound_before)
		return 52;
	if (l->spot.guarded)
		return 55;
	return diag_is_fresh(l, l->ended) ? 72 : 57;
}

bool diag_judge_freed(const struct diag_look *l, struct diag_verdict *v)
{
	const struct change *c = l->ended;
	char res[DIAG_RES_TEXT], who[DIAG_WHO_TEXT];

	if (!l->attached || !c || c->type != VCM_EVENT_unreserve)
		return false;
	if (l->spot.in && (!l->bound_before || l->unbound || diag_is_allowed(l)))
		return false;	/* whoever has it now has used it since */
	v->weight = weigh_freed(l);
	v->confidence = l->spot.in || !l->bound_before ? DIAG_LIKELY : DIAG_CERTAIN;
	v->vcm = l->vcm;
	v->res = c->id;
	diag_say(v, "the address was of reservation %s, given back %s",
		 diag_res_text(res, &c->was.res), diag_who_text(who, l, c));
	diag_blame(l, v, c);
	if (l->bound_before)
		diag_show_change(l, v, l->bound_before);
	else
		diag_say(v, "; no memory was bound to it as far back as is known");
	if (l->spot.in) {
		diag_say(v, "; now it is of %s", diag_res_text(res, l->spot.in));
		diag_show_res(l, v, l->spot.in);
	}
	diag_next_history(l, v);
	return true;
}

static uint64_t behind(const struct diag_look *l)
{
	const struct vcm_snap_res *r = l->spot.below;

	return r ? l->f->iova - (r->start + r->len) : UINT64_MAX;
}

/* Of the last byte that may be meant. */
static uint64_t ahead(const struct diag_look *l)
{
	const struct vcm_snap_res *r = l->spot.above;
	uint64_t bytes = r ? r->start - l->f->iova : UINT64_MAX;

	return r && bytes >= l->f->grain ? bytes - (l->f->grain - 1) : bytes;
}

static bool is_near(const struct vcm_snap_res *r, uint64_t bytes)
{
	return bytes < NEAR_BYTES || (bytes < r->len && bytes < NEAR_MAX);
}

static void weigh_near(struct diag_verdict *v, uint64_t bytes)
{
	v->weight = bytes < DIAG_PAGE ? 58 : 50;
	v->confidence = bytes < DIAG_PAGE ? DIAG_LIKELY : DIAG_POSSIBLE;
	v->bytes = bytes;
	v->has_bytes = true;
}

bool diag_judge_past_end(const struct diag_look *l, struct diag_verdict *v)
{
	char res[DIAG_RES_TEXT], bytes[48];

	if (!is_nowhere(l) || l->spot.guarded || !l->spot.below ||
	    !is_near(l->spot.below, behind(l)) || behind(l) > ahead(l))
		return false;
	weigh_near(v, behind(l));
	diag_say(v, "%s behind the end of reservation %s", diag_bytes_text(bytes, l, v->bytes),
		 diag_res_text(res, l->spot.below));
	diag_about(l, v, l->spot.below);
	if (l->spot.above)
		diag_show_res(l, v, l->spot.above);
	diag_next_state(l, v);
	return true;
}

bool diag_judge_before_start(const struct diag_look *l, struct diag_verdict *v)
{
	char res[DIAG_RES_TEXT], bytes[48];

	if (!is_nowhere(l) || l->spot.guarded || !l->spot.above ||
	    !is_near(l->spot.above, ahead(l)) || ahead(l) >= behind(l))
		return false;
	weigh_near(v, ahead(l));
	diag_say(v, "%s before the start of reservation %s", diag_bytes_text(bytes, l, v->bytes),
		 diag_res_text(res, l->spot.above));
	diag_about(l, v, l->spot.above);
	if (l->spot.below)
		diag_show_res(l, v, l->spot.below);
	diag_next_state(l, v);
	return true;
}

bool diag_judge_guard(const struct diag_look *l, struct diag_verdict *v)
{
	const struct vcm_snap_res *r = l->spot.guarded;
	char res[DIAG_RES_TEXT], bytes[48];

	if (!is_nowhere(l) || !r)
		return false;
	v->weight = 70;
	v->confidence = DIAG_CERTAIN;
	v->has_bytes = true;
	if (l->spot.guard_is_behind)
		v->bytes = l->f->iova - (r->start + r->len);
	else
		v->bytes = r->start - l->f->iova - (l->f->grain - 1);
	diag_say(v, "in a guard page of reservation %s, %s %s", diag_res_text(res, r),
		 diag_bytes_text(bytes, l, v->bytes),
		 l->spot.guard_is_behind ? "behind its end" : "before its start");
	diag_about(l, v, r);
	diag_next_state(l, v);
	return true;
}

static void say_window(const struct diag_look *l, struct diag_verdict *v)
{
	const struct vcm_snap_context *c = diag_context(&l->view, l->vcm);
	char res[DIAG_RES_TEXT];

	if (l->spot.window)
		diag_say(v, ", inside the sub-window %s", diag_res_text(res, l->spot.window));
	else if (c && (l->f->iova < c->start || l->f->iova > c->last))
		diag_say(v, ", which is outside the window of the context");
}

bool diag_judge_never_reserved(const struct diag_look *l, struct diag_verdict *v)
{
	bool known = diag_knows_begin(l, l->vcm);

	if (!is_nowhere(l) || l->ended || l->spot.guarded)
		return false;
	v->weight = 30;
	v->confidence = known ? DIAG_CERTAIN : DIAG_LIKELY;
	v->vcm = l->vcm;
	diag_say(v, "no reservation of context %u has or had %" PRIx64 "%s", l->vcm, l->f->iova,
		 known ? "" : " as far back as is known");
	say_window(l, v);
	diag_show_neighbours(l, v);
	diag_next_state(l, v);
	return true;
}

bool diag_judge_beyond_mask(const struct diag_look *l, struct diag_verdict *v)
{
	const struct diag_fault *f = l->f;
	bool beyond = f->mask_bits && f->mask_bits < 64 && f->iova >> f->mask_bits;

	if (!beyond && !f->too_wide)
		return false;
	v->weight = 85;
	v->confidence = DIAG_CERTAIN;
	v->vcm = l->vcm;
	if (beyond)
		diag_say(v, "%" PRIx64 " does not fit in the %u bits that the device has been given"
			 " as its mask", f->iova, f->mask_bits);
	else
		diag_say(v, "%" PRIx64 " is wider than the IOMMU can translate", f->iova);
	diag_next_device(l, v);
	return true;
}

/* The byte of @r whose address has the same low 32 bits, 0 for none. */
static uint64_t same_low_bits(const struct vcm_snap_res *r, uint64_t iova)
{
	uint64_t first = (r->start & ~0xffffffffull) | iova;

	if (diag_contains(r->start, r->bound_len, first))
		return first;
	first += 1ull << 32;
	return diag_contains(r->start, r->bound_len, first) ? first : 0;
}

bool diag_judge_truncated(const struct diag_look *l, struct diag_verdict *v)
{
	const struct vcm_snap_res *r;
	struct diag_iter it = { 0 };
	char res[DIAG_RES_TEXT];
	uint64_t meant = 0;

	if (!is_nowhere(l) || l->f->iova >> 32)
		return false;
	while ((r = diag_next_res(&l->view, &it))) {
		if (r->vcm != l->vcm || !r->phys || !((r->start + (r->len - 1)) >> 32))
			continue;
		meant = same_low_bits(r, l->f->iova);
		if (meant)
			break;
	}
	if (!meant || !(meant >> 32))
		return false;
	v->weight = 59;
	v->confidence = DIAG_LIKELY;
	diag_say(v, "the low 32 bits of %" PRIx64 " in reservation %s: the upper ones were lost",
		 meant, diag_res_text(res, r));
	diag_about(l, v, r);
	diag_next_device(l, v);
	return true;
}

bool diag_judge_null(const struct diag_look *l, struct diag_verdict *v)
{
	if (l->spot.in || l->f->iova >= DIAG_PAGE)
		return false;
	v->weight = 56;
	v->confidence = DIAG_LIKELY;
	v->vcm = l->vcm;
	diag_say(v, "an address of page 0 that nobody reserved: a pointer that was never set");
	diag_next_device(l, v);
	return true;
}

struct poison {
	uint64_t value;
	uint64_t mask;		/* bits that have to agree */
	const char *what;
};

/* Whole words are certain: by chance nobody has them. */
static const struct poison poisons[] = {
	{ 0x6b6b6b6b6b6b6b6b, ~0ull, "memory that was freed (POISON_FREE)" },
	{ 0x5a5a5a5a5a5a5a5a, ~0ull, "memory that was never written (POISON_INUSE)" },
	{ 0xa5a5a5a5a5a5a5a5, ~0ull, "the end of an object (POISON_END)" },
	{ 0xaaaaaaaaaaaaaaaa, ~0ull, "a page that is not in use (PAGE_POISON)" },
	{ 0xcccccccccccccccc, ~0ull, "memory of a stack or of init that is gone" },
	{ 0xdead000000000000, 0xffffffffffff0000, "an entry of a list that was removed" },
	{ 0xffffffffffffffff, ~0ull, "an address that could not be mapped (DMA_MAPPING_ERROR)" },
	{ 0xffffffffffff0000, 0xffffffffffff0000, "a small negative number: an error code" },
	{ 0xdeadbeef, 0xffffffff, "the pattern deadbeef" },
	{ 0xbaadf00d, 0xffffffff, "the pattern baadf00d" },
	{ 0xcafebabe, 0xffffffff, "the pattern cafebabe" },
	{ 0xfeedface, 0xffffffff, "the pattern feedface" },
	{ 0x6b6b6b6b, 0xffffffff, "memory that was freed (POISON_FREE)" },
	{ 0x5a5a5a5a, 0xffffffff, "memory that was never written (POISON_INUSE)" },
	{ 0xffffffff, 0xffffffff, "all ones in 32 bits: an error, or a device that is gone" },
};

/* A pattern, with as much of it as the IOMMU tells, and up to 4 KiB of an offset into an object. */
static const struct poison *poison_of(const struct diag_fault *f)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(poisons); i++) {
		const struct poison *p = &poisons[i];
		uint64_t mask = p->mask & ~(f->grain - 1);
		bool is_short = !(p->value >> 32);

		if (is_short && f->iova >> 32 && f->iova >> 32 != p->value)
			continue;
		if ((f->iova & mask) == (p->value & mask))
			return p;
	}
	return NULL;
}

bool diag_judge_poison(const struct diag_look *l, struct diag_verdict *v)
{
	const struct poison *p = poison_of(l->f);

	if (l->spot.in || !p)
		return false;
	v->weight = 90;
	v->confidence = p->value >> 32 && l->f->grain == 1 ? DIAG_CERTAIN : DIAG_LIKELY;
	v->vcm = l->vcm;
	diag_say(v, "%" PRIx64 " is %s%s", l->f->iova, l->f->grain > 1 ? "in the page of " : "",
		 p->what);
	diag_next_device(l, v);
	return true;
}
