// SPDX-License-Identifier: GPL-2.0-only
/* truth_world.c - see truth.h: the world of the stories, and the scenario that makes it. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "tap.h"
#include "truth.h"

#define POOL_START	0x10000000ull	/* where most addresses are, so that they meet */
#define POOL_LEN	0x00300000ull

uint64_t truth_below(struct truth *t, uint64_t n)
{
	return tap_random(&t->random) % n;
}

bool truth_one_in(struct truth *t, uint64_t n)
{
	return !truth_below(t, n);
}

uint64_t truth_time(struct truth *t, uint64_t least_ns, uint64_t most_ns)
{
	double part = (double)truth_below(t, 1000000) / 1e6;

	return (uint64_t)((double)least_ns * pow((double)most_ns / (double)least_ns, part));
}

uint32_t truth_pid(unsigned int actor)
{
	return 400 + actor;
}

static void put_mark(struct truth *t, struct truth_mark mark)
{
	CHECK(t->nr_mark < TRUTH_MARKS);
	if (mark.wait_ns < t->least_wait_ns)
		mark.wait_ns = t->least_wait_ns;
	t->least_wait_ns = 0;
	mark.actor = t->actor;
	fprintf(t->text, "expect ERANGE reserve clock mark 4K at 0x%" PRIx64 "\n",
		(uint64_t)(TRUTH_MARK_BASE + t->nr_mark * TRUTH_PAGE));
	t->mark[t->nr_mark++] = mark;
}

void truth_turn(struct truth *t, uint64_t wait_ns)
{
	t->actor = (unsigned int)truth_below(t, TRUTH_ACTORS);
	put_mark(t, (struct truth_mark){ .wait_ns = wait_ns, .fault = TRUTH_NONE });
}

void truth_resume(struct truth *t, unsigned int actor)
{
	t->actor = actor;
	put_mark(t, (struct truth_mark){ .wait_ns = US, .fault = TRUTH_NONE });
}

struct truth_case *truth_access(struct truth *t, const struct truth_case *c,
				enum truth_outcome outcome)
{
	static const char *const expected[] = { "expect fault ", "expect off ", "" };

	CHECK(t->nr_case < TRUTH_CASES);
	put_mark(t, (struct truth_mark){ .wait_ns = 2 * US, .fault = t->nr_case,
					 .allowed = outcome == TRUTH_IS_ALLOWED });
	fprintf(t->text, "%s%s d%u 0x%" PRIx64 "\n", expected[outcome], c->write ? "write" : "read",
		c->device, c->iova);
	t->cases[t->nr_case] = *c;
	return &t->cases[t->nr_case++];
}

void truth_begin(struct truth *t, uint64_t seed, FILE *text)
{
	unsigned int i, c;

	memset(t, 0, sizeof(*t));
	t->random = seed;
	t->text = text;
	t->pinned_device = TRUTH_NONE;
	t->pinned.context = TRUTH_NONE;
	fprintf(text, "context clock 0x0..0xffff\nmemory m 1M\nmemory high 1M\n");
	for (c = 0; c <= TRUTH_CONTEXTS; c++)
		fprintf(text, "context c%u 0x0..0x3fffffffff\n", c);
	for (i = 0; i <= TRUTH_GUEST; i++)
		fprintf(text, "device d%u\n", i);
	fprintf(text, "device d%u region 0xfee00000..0xfeefffff\nassoc c%u d%u a%u%u\n"
		"activate a%u%u\n", TRUTH_REGION, TRUTH_CONTEXTS, TRUTH_REGION, TRUTH_REGION,
		TRUTH_CONTEXTS, TRUTH_REGION, TRUTH_CONTEXTS);
	for (i = 0; i < TRUTH_DEVICES; i++) {
		for (c = 0; c < TRUTH_CONTEXTS; c++)
			fprintf(text, "assoc c%u d%u a%u%u\n", c, i, i, c);
	}
	for (i = 0; i < TRUTH_REGION; i++)
		t->in[i] = TRUTH_NONE;
	t->in[TRUTH_REGION] = TRUTH_CONTEXTS;
}

static bool meets(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a < b + b_len && b < a + a_len;
}

bool truth_is_free(const struct truth *t, unsigned int context, uint64_t start, uint64_t len)
{
	unsigned int i;

	if (t->pinned.context == context && meets(start, len, t->pinned.start, t->pinned.len))
		return false;
	for (i = 0; i < TRUTH_RES; i++) {
		const struct truth_res *r = &t->res[i];

		if (r->used && r->context == context &&
		    meets(start, len, r->start - r->before, r->before + r->len + r->behind))
			return false;
	}
	return true;
}

bool truth_was_used(const struct truth *t, unsigned int context, uint64_t iova)
{
	unsigned int i;

	for (i = 0; i < t->nr_past; i++) {
		const struct truth_past *p = &t->past[i];

		if (p->context == context && iova >= p->start && iova - p->start < p->len)
			return true;
	}
	return false;
}

static struct truth_res *free_slot(struct truth *t)
{
	unsigned int i;

	for (i = 0; i < TRUTH_RES; i++) {
		if (!t->res[i].used)
			return &t->res[i];
	}
	return NULL;
}

/* Beside something, where something was, or anywhere. */
static uint64_t pick_start(struct truth *t, unsigned int context)
{
	const struct truth_res *r = &t->res[truth_below(t, TRUTH_RES)];
	const struct truth_past *p = &t->past[t->nr_past ? truth_below(t, t->nr_past) : 0];

	switch (truth_below(t, 3)) {
	case 0:
		if (r->used && r->context == context)
			return r->start + r->len + r->behind;
		break;
	case 1:
		if (t->nr_past && p->context == context)
			return p->start;
		break;
	}
	return POOL_START + truth_below(t, POOL_LEN / TRUTH_PAGE) * TRUTH_PAGE;
}

static struct truth_res *make(struct truth *t, const struct truth_res *like)
{
	struct truth_res *r = free_slot(t);

	CHECK(r != NULL);
	*r = *like;
	r->used = true;
	fprintf(t->text, "reserve c%u r%u 0x%" PRIx64 " at 0x%" PRIx64, r->context,
		(unsigned int)(r - t->res), r->len, r->start);
	if (r->before)
		fprintf(t->text, " guard-before 0x%" PRIx64 " guard-after 0x%" PRIx64, r->before,
			r->behind);
	fputc('\n', t->text);
	CHECK(t->nr_past < TRUTH_PAST);
	t->past[t->nr_past++] = (struct truth_past){ r->context, r->start, r->len };
	return r;
}

struct truth_res *truth_reserve_at(struct truth *t, unsigned int context, uint64_t start,
				   uint64_t len)
{
	const struct truth_res like = { .context = context, .start = start, .len = len };

	CHECK(truth_is_free(t, context, start, len));
	return make(t, &like);
}

struct truth_res *truth_reserve(struct truth *t, unsigned int context, uint64_t len,
				uint64_t guard)
{
	struct truth_res like = { .context = context, .len = len, .before = guard,
				  .behind = guard };

	do {
		like.start = pick_start(t, context);
	} while (!truth_is_free(t, context, like.start - guard, guard + len + guard));
	return make(t, &like);
}

void truth_bind(struct truth *t, struct truth_res *r, uint64_t len, const char *prot)
{
	fprintf(t->text, "bind r%u m len 0x%" PRIx64 " prot %s\n", (unsigned int)(r - t->res), len,
		prot);
	r->bound = true;
	r->bound_len = len;
	r->prot = prot;
}

void truth_unbind(struct truth *t, struct truth_res *r)
{
	fprintf(t->text, "unbind r%u\n", (unsigned int)(r - t->res));
	r->bound = false;
}

void truth_put(struct truth *t, struct truth_res *r)
{
	fprintf(t->text, "put r%u\n", (unsigned int)(r - t->res));
	r->used = false;
	r->bound = false;
}

void truth_use(struct truth *t, unsigned int device, unsigned int context)
{
	unsigned int from = t->in[device];

	if (from == context)
		return;
	if (from == TRUTH_NONE)
		fprintf(t->text, "activate a%u%u\n", device, context);
	else if (truth_one_in(t, 2))
		fprintf(t->text, "switch a%u%u a%u%u\n", device, from, device, context);
	else
		fprintf(t->text, "deactivate a%u%u\nactivate a%u%u\n", device, from, device,
			context);
	t->in[device] = context;
}

void truth_leave(struct truth *t, unsigned int device)
{
	fprintf(t->text, "deactivate a%u%u\n", device, t->in[device]);
	t->in[device] = TRUTH_NONE;
}

void truth_assoc_guest(struct truth *t, bool here)
{
	if (here)
		fprintf(t->text, "assoc c0 d%u a%u0\n", TRUTH_GUEST, TRUTH_GUEST);
	else
		fprintf(t->text, "deassoc a%u0\n", TRUTH_GUEST);
	t->guest_is_here = here;
}

void truth_save(struct truth *t, unsigned int context, bool save)
{
	fprintf(t->text, "%s c%u\n", save ? "save" : "restore", context);
}

static unsigned int nr_used(const struct truth *t)
{
	unsigned int i, nr = 0;

	for (i = 0; i < TRUTH_RES; i++)
		nr += t->res[i].used;
	return nr;
}

void truth_make_room(struct truth *t)
{
	while (nr_used(t) > TRUTH_RES / 2) {
		struct truth_res *r = &t->res[truth_below(t, TRUTH_RES)];

		if (!r->used)
			continue;
		truth_turn(t, truth_time(t, 20 * US, 10 * MS));
		truth_put(t, r);
	}
}

void truth_chance(struct truth *t)
{
	static const char *const prots[] = { "rw", "rw", "r", "w" };
	struct truth_res *r = &t->res[truth_below(t, TRUTH_RES)];
	unsigned int device = (unsigned int)truth_below(t, TRUTH_DEVICES);
	uint64_t what = truth_below(t, 8);

	truth_turn(t, truth_time(t, 20 * US, 100 * MS));
	if (nr_used(t) > TRUTH_RES - 8)
		what = 7;
	else if (nr_used(t) < TRUTH_RES / 2)
		what = truth_below(t, 3);
	if (what < 3) {
		r = truth_reserve(t, (unsigned int)truth_below(t, TRUTH_CONTEXTS),
				  TRUTH_PAGE * (1 + truth_below(t, 8)),
				  truth_one_in(t, 4) ? TRUTH_PAGE * (1 + truth_below(t, 2)) : 0);
		if (!truth_one_in(t, 4))
			truth_bind(t, r, r->len, prots[truth_below(t, 4)]);
	} else if (what < 4 && device != t->pinned_device) {
		truth_use(t, device, (unsigned int)truth_below(t, TRUTH_CONTEXTS));
	} else if (r->used && r != t->pinned_res) {
		if (what < 6 && r->bound)
			truth_unbind(t, r);
		else if (what < 6)
			truth_bind(t, r, r->len, prots[truth_below(t, 4)]);
		else
			truth_put(t, r);
	}
}
