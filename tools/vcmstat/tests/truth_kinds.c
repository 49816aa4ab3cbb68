// SPDX-License-Identifier: GPL-2.0-only
/*
 * truth_kinds.c - the stories: each brings one fault about and knows why.
 *
 * A story says who did it when somebody did, and tells of the fault by the module's event, or by
 * an IOMMU: at once, or while other things go on.
 */
#include <string.h>

#include "tap.h"
#include "truth.h"

static unsigned int any_device(struct truth *t)
{
	return (unsigned int)truth_below(t, TRUTH_DEVICES);
}

/* By the event, or by an IOMMU, perhaps so late that other things have happened meanwhile. */
static void set_telling(struct truth *t, struct truth_case *c, bool has_event)
{
	static const char *const sources[] = { "vtd", "amd", "virtio", "report" };

	if (has_event && truth_below(t, 5) < 2)
		return;
	c->source = sources[truth_below(t, 4)];
	c->stamp_ns = truth_below(t, 150 * US);
	c->tell_ns = truth_one_in(t, 3) ? truth_below(t, 5 * MS) : 0;
}

static void access_it(struct truth *t, struct truth_case c, enum truth_outcome outcome)
{
	set_telling(t, &c, outcome == TRUTH_FAULTS);
	truth_access(t, &c, outcome);
	t->least_wait_ns = 300 * US;	/* or nobody could tell what was before it */
}

/* Time passes between what somebody did and the fault, and other things happen. */
static void meanwhile(struct truth *t)
{
	while (!truth_one_in(t, 3))
		truth_chance(t);
	truth_turn(t, truth_time(t, 5 * US, 3000 * MS));
}

/* A device that uses a context in which it has a buffer. */
static struct truth_res *buffer_of(struct truth *t, unsigned int device, const char *prot,
				   uint64_t guard)
{
	struct truth_res *r;

	truth_turn(t, truth_time(t, 20 * US, 100 * MS));
	r = truth_reserve(t, (unsigned int)truth_below(t, TRUTH_CONTEXTS),
			  TRUTH_PAGE * (1 + truth_below(t, 8)), guard);
	t->pinned_res = r;
	t->pinned_device = device;
	truth_bind(t, r, r->len, prot);
	truth_use(t, device, r->context);
	meanwhile(t);
	return r;
}

static uint64_t inside(struct truth *t, const struct truth_res *r)
{
	return r->start + (truth_below(t, r->len) & ~3ull);
}

static void never_reserved(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "rw", 0);
	struct truth_case c = { .rule = "never-reserved", .device = device };

	do {
		c.iova = 0x1000000 + (truth_below(t, 0x30000000) & ~3ull);
	} while (truth_was_used(t, r->context, c.iova) || truth_was_used(t, 0, c.iova) ||
		 truth_was_used(t, 1, c.iova) || truth_was_used(t, 2, c.iova) ||
		 !truth_is_free(t, r->context, c.iova - 0x20000, 0x40000));
	c.write = truth_one_in(t, 2);
	access_it(t, c, TRUTH_FAULTS);
}

static void not_bound(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "rw", 0);
	struct truth_res *other = truth_reserve(t, r->context, 4 * TRUTH_PAGE, 0);

	t->pinned_res = other;
	meanwhile(t);
	access_it(t, (struct truth_case){ .rule = "not-bound", .device = device,
		  .iova = inside(t, other), .write = truth_one_in(t, 2) }, TRUTH_FAULTS);
}

static void unbound(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "rw", 0);
	struct truth_case c = { .rule = "unbound", .device = device, .pid = truth_pid(t->actor) };

	truth_unbind(t, r);
	meanwhile(t);
	c.iova = inside(t, r);
	c.write = truth_one_in(t, 2);
	access_it(t, c, TRUTH_FAULTS);
}

static void freed(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "rw", 0);
	struct truth_case c = { .rule = "freed", .device = device, .pid = truth_pid(t->actor),
				.iova = inside(t, r), .write = truth_one_in(t, 2) };

	t->pinned = (struct truth_past){ r->context, r->start, r->len };
	truth_put(t, r);
	meanwhile(t);
	access_it(t, c, TRUTH_FAULTS);
}

/* Somebody else has the range by now, and has not put memory there. */
static void freed_and_reused(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "rw", 0);
	struct truth_case c = { .rule = "freed", .device = device, .pid = truth_pid(t->actor),
				.iova = inside(t, r), .write = truth_one_in(t, 2) };
	struct truth_past was = { r->context, r->start, r->len };

	t->pinned = was;
	truth_put(t, r);
	meanwhile(t);
	t->pinned.context = TRUTH_NONE;
	t->pinned_res = truth_reserve_at(t, was.context, was.start, was.len);
	meanwhile(t);
	access_it(t, c, TRUTH_FAULTS);
}

static void past_binding(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "rw", 0), *other;
	struct truth_case c = { .rule = "past-binding", .device = device };

	other = truth_reserve(t, r->context, 4 * TRUTH_PAGE, 0);
	t->pinned_res = other;
	truth_bind(t, other, TRUTH_PAGE * (1 + truth_below(t, 3)), "rw");
	meanwhile(t);
	c.iova = other->start + other->bound_len +
		 truth_below(t, other->len - other->bound_len);
	c.write = truth_one_in(t, 2);
	access_it(t, c, TRUTH_FAULTS);
}

static uint64_t overrun(struct truth *t)
{
	return truth_below(t, truth_one_in(t, 4) ? 8 * TRUTH_PAGE : TRUTH_PAGE) & ~3ull;
}

static void past_end(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "rw", 0);
	struct truth_case c = { .rule = "past-end", .device = device };
	uint64_t by = overrun(t);

	if (!truth_is_free(t, r->context, r->start + r->len, 2 * by + TRUTH_PAGE))
		return;
	c.iova = r->start + r->len + by;
	c.write = truth_one_in(t, 2);
	access_it(t, c, TRUTH_FAULTS);
}

static void before_start(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "rw", 0);
	struct truth_case c = { .rule = "before-start", .device = device };
	uint64_t by = overrun(t) + 4;

	if (!truth_is_free(t, r->context, r->start - 2 * by - TRUTH_PAGE, 2 * by + TRUTH_PAGE))
		return;
	c.iova = r->start - by;
	c.write = truth_one_in(t, 2);
	access_it(t, c, TRUTH_FAULTS);
}

static void guard(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "rw", 2 * TRUTH_PAGE);
	struct truth_case c = { .rule = "guard", .device = device };
	uint64_t by = truth_below(t, 2 * TRUTH_PAGE) & ~3ull;

	c.iova = truth_one_in(t, 2) ? r->start + r->len + by : r->start - 4 - by;
	c.write = truth_one_in(t, 2);
	access_it(t, c, TRUTH_FAULTS);
}

static void read_only(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "r", 0);

	truth_turn(t, 50 * MS);		/* far from the switch, if there was one */
	access_it(t, (struct truth_case){ .rule = "read-only", .device = device,
		  .iova = inside(t, r), .write = true }, TRUTH_FAULTS);
}

static void write_only(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "w", 0);

	truth_turn(t, 50 * MS);
	access_it(t, (struct truth_case){ .rule = "write-only", .device = device,
		  .iova = inside(t, r) }, TRUTH_FAULTS);
}

static void not_active(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "rw", 0);
	struct truth_case c = { .rule = "not-active", .device = device,
				.pid = truth_pid(t->actor) };

	truth_leave(t, device);
	meanwhile(t);
	c.iova = inside(t, r);
	c.write = truth_one_in(t, 2);
	access_it(t, c, TRUTH_IS_OFF);
}

static void saved(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "rw", 0);
	struct truth_case c = { .rule = "saved", .device = device, .pid = truth_pid(t->actor) };
	unsigned int context = r->context;

	truth_save(t, context, true);
	truth_turn(t, truth_time(t, 20 * US, 100 * MS));
	c.iova = inside(t, r);
	access_it(t, c, TRUTH_IS_OFF);
	truth_turn(t, 10 * MS);
	truth_save(t, context, false);
}

static void stranger(struct truth *t)
{
	struct truth_res *r = buffer_of(t, any_device(t), "rw", 0);

	access_it(t, (struct truth_case){ .rule = "not-associated", .device = TRUTH_STRANGER,
		  .iova = inside(t, r) }, TRUTH_IS_OFF);
}

static void gone_guest(struct truth *t)
{
	struct truth_res *r;
	struct truth_case c = { .rule = "not-associated", .device = TRUTH_GUEST };

	truth_turn(t, 1 * MS);
	truth_assoc_guest(t, true);
	do {
		r = buffer_of(t, any_device(t), "rw", 0);
	} while (r->context);
	c.iova = inside(t, r);
	if (truth_one_in(t, 2)) {
		truth_use(t, TRUTH_GUEST, 0);
		meanwhile(t);
		truth_leave(t, TRUTH_GUEST);
	}
	meanwhile(t);
	c.pid = truth_pid(t->actor);
	truth_assoc_guest(t, false);
	meanwhile(t);
	access_it(t, c, TRUTH_IS_OFF);
}

/* The device has gone over to another context and still uses an address of the one it left. */
static void wrong_context(struct truth *t)
{
	unsigned int device = any_device(t), to;
	struct truth_res *r = buffer_of(t, device, "rw", 0);
	struct truth_case c = { .rule = "wrong-context", .device = device,
				.pid = truth_pid(t->actor) };

	to = (r->context + 1) % TRUTH_CONTEXTS;
	c.iova = inside(t, r);
	if (!truth_is_free(t, to, r->start, r->len))
		return;
	truth_use(t, device, to);
	t->pinned = (struct truth_past){ to, r->start, r->len };
	meanwhile(t);
	access_it(t, c, TRUTH_FAULTS);
}

/* Likewise, and the other context has something at the same address: nothing usable for it. */
static void same_address(struct truth *t)
{
	unsigned int device = any_device(t), to;
	struct truth_res *r = buffer_of(t, device, "rw", 0), *other;
	struct truth_case c = { .rule = "wrong-context", .device = device, .write = true };

	to = (r->context + 1) % TRUTH_CONTEXTS;
	c.iova = inside(t, r);
	if (!truth_is_free(t, to, r->start, r->len))
		return;
	other = truth_reserve_at(t, to, r->start, r->len);
	if (truth_one_in(t, 2))
		truth_bind(t, other, other->len, "r");
	truth_turn(t, truth_time(t, 20 * US, 100 * MS));
	c.pid = truth_pid(t->actor);
	truth_use(t, device, to);
	truth_turn(t, truth_time(t, 5 * US, 5 * MS));
	access_it(t, c, TRUTH_FAULTS);
}

/* Memory comes just after the device was let go; told of before it came, or after. */
static void too_early(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "rw", 0), *other;
	struct truth_case c = { .rule = "race", .device = device, .write = truth_one_in(t, 2) };
	uint64_t early = truth_time(t, 20 * US, 5 * MS);

	other = truth_reserve(t, r->context, 4 * TRUTH_PAGE, 0);
	c.iova = inside(t, other);
	if (truth_was_used(t, TRUTH_NONE, c.iova))
		return;
	c.source = truth_one_in(t, 3) ? "amd" : truth_one_in(t, 2) ? "vtd" : NULL;
	if (c.source)
		c.stamp_ns = truth_one_in(t, 2) ? early + truth_below(t, 2 * MS) + 20 * US :
			     early / 2;
	truth_turn(t, 20 * MS);
	truth_access(t, &c, TRUTH_FAULTS);
	truth_turn(t, early);
	t->cases[t->nr_case - 1].pid = truth_pid(t->actor);
	truth_bind(t, other, other->len, "rw");
	t->least_wait_ns = 20 * MS;
}

/* Memory is exchanged by two calls, and the device comes in between. */
static void exchange(struct truth *t)
{
	unsigned int device = any_device(t), actor;
	struct truth_res *r = buffer_of(t, device, "rw", 0);
	struct truth_case c = { .rule = "race", .device = device, .write = truth_one_in(t, 2) };

	actor = t->actor;
	c.pid = truth_pid(actor);
	c.iova = inside(t, r);
	c.source = truth_one_in(t, 2) ? "report" : NULL;
	truth_unbind(t, r);
	truth_access(t, &c, TRUTH_FAULTS);
	truth_turn(t, truth_time(t, 20 * US, 1 * MS));
	truth_resume(t, actor);
	truth_bind(t, r, r->len, "rw");
	t->least_wait_ns = 20 * MS;
}

/* The tables allow it again, for a while already; the device has the old translation. */
static void stale_iotlb(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "rw", 0);
	struct truth_case c = { .rule = "stale-iotlb", .device = device };

	if (!truth_one_in(t, 4)) {
		truth_unbind(t, r);
		meanwhile(t);
		truth_bind(t, r, r->len, "rw");
	}
	truth_turn(t, truth_time(t, 20 * MS, 3000 * MS));
	c.iova = inside(t, r);
	access_it(t, c, TRUTH_IS_ALLOWED);
}

static void region(struct truth *t)
{
	truth_turn(t, truth_time(t, 20 * US, 100 * MS));
	access_it(t, (struct truth_case){ .rule = "region", .device = TRUTH_REGION,
		  .iova = 0xfee00000 + truth_below(t, 0x100000), .write = true }, TRUTH_FAULTS);
}

static void beyond_mask(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_case c = { .rule = "beyond-mask", .device = device };

	buffer_of(t, device, "rw", 0);
	c.iova = (1ull << TRUTH_MASK_BITS) + truth_below(t, 1ull << 47);
	access_it(t, c, TRUTH_FAULTS);
}

static void truncated(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_res *r = buffer_of(t, device, "rw", 0), *high;
	struct truth_case c = { .rule = "truncated", .device = device };
	uint64_t start = 0x100000000ull * (1 + truth_below(t, 8)) + 0x60000000 +
			 truth_below(t, 0x8000) * TRUTH_PAGE;

	if (!truth_is_free(t, r->context, start, 4 * TRUTH_PAGE))
		return;
	high = truth_reserve_at(t, r->context, start, 4 * TRUTH_PAGE);
	truth_bind(t, high, high->len, "rw");
	t->pinned_res = high;
	meanwhile(t);
	c.iova = inside(t, high) & 0xffffffff;
	access_it(t, c, TRUTH_FAULTS);
}

static void null(struct truth *t)
{
	unsigned int device = any_device(t);
	struct truth_case c = { .rule = "null", .device = device };

	buffer_of(t, device, "rw", 0);
	c.iova = truth_one_in(t, 2) ? 0 : truth_below(t, TRUTH_PAGE) & ~3ull;
	access_it(t, c, TRUTH_FAULTS);
}

static void poison(struct truth *t)
{
	static const uint64_t patterns[] = {
		0x6b6b6b6b6b6b6b6b, 0x5a5a5a5a5a5a5a5a, 0xffffffffffffffff, 0xdead000000000100,
		0xdeadbeef, 0x6b6b6b6b, 0xa5a5a5a5a5a5a5a5, 0xfffffffffffffff4,
	};
	unsigned int device = any_device(t);
	struct truth_case c = { .rule = "poison", .device = device };

	buffer_of(t, device, "rw", 0);
	c.iova = patterns[truth_below(t, 8)];
	c.write = truth_one_in(t, 2);
	access_it(t, c, TRUTH_FAULTS);
}

static const struct {
	const char *name;
	void (*tell)(struct truth *t);
} kinds[] = {
	{ "an address that nobody had", never_reserved },
	{ "a range without memory", not_bound },
	{ "memory that was unbound", unbound },
	{ "a range that was given back", freed },
	{ "the same, and somebody else has it", freed_and_reused },
	{ "behind the memory of a range", past_binding },
	{ "behind the end of a range", past_end },
	{ "before the start of a range", before_start },
	{ "a guard page", guard },
	{ "a write where only reading is allowed", read_only },
	{ "a read where only writing is allowed", write_only },
	{ "a device that was deactivated", not_active },
	{ "a device of a saved context", saved },
	{ "a device of no context", stranger },
	{ "a device whose association ended", gone_guest },
	{ "a device that was switched", wrong_context },
	{ "the same, with the address in both", same_address },
	{ "a device that is faster than the driver", too_early },
	{ "memory that is being exchanged", exchange },
	{ "an IOTLB that was not invalidated", stale_iotlb },
	{ "a region of the IOMMU", region },
	{ "more bits than the device has", beyond_mask },
	{ "fewer bits than the address has", truncated },
	{ "a pointer that was never set", null },
	{ "a pointer in memory that is gone", poison },
};

const unsigned int truth_nr_kinds = sizeof(kinds) / sizeof(kinds[0]);

const char *truth_kind(unsigned int i)
{
	return kinds[i].name;
}

void truth_story(struct truth *t)
{
	unsigned int i = (unsigned int)truth_below(t, truth_nr_kinds), before = t->nr_case;

	truth_make_room(t);
	kinds[i].tell(t);
	t->pinned_device = TRUTH_NONE;
	t->pinned_res = NULL;
	t->pinned.context = TRUTH_NONE;
	if (t->nr_case > before)
		t->cases[before].kind = kinds[i].name;
	truth_chance(t);
}
