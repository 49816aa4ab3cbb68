// SPDX-License-Identifier: GPL-2.0-only
/*
 * gap.c - free-range search: an intrusive AVL tree of the taken ranges, ordered by address.
 *
 * Each node also carries the free bytes below it (@gap) and the largest such number in its
 * subtree (@max_gap), so that subtrees without a hole large enough are never entered and a
 * request that no hole can hold fails at the root.  The hole above the last range belongs to
 * no node and is looked at last.
 *
 * G1  in address order, each range ends below the start of the next, all inside the window
 * G2  gap, max_gap and height of every node agree with its neighbours and children
 * G3  the heights of two siblings differ by at most one
 * G4  the lowest and the highest range are known
 *
 * Ranges are [start, last]; last + 1 may wrap, so it is formed only below another range.
 * Locking is the caller's.  Nothing here allocates, sleeps or fails once a range is chosen.
 *
 * The idea of searching holes through a subtree maximum is that of the kernel's vmalloc and
 * drm_mm; unlike them an aligned request finds a hole of exactly its size.
 */
#include "gap.h"

enum { LOW, HIGH };

static u32 vcm_range_height(const struct vcm_range *range)
{
	return range ? range->height : 0;
}

static u64 vcm_range_max(const struct vcm_range *range)
{
	return range ? range->max_gap : 0;
}

static void vcm_range_update(struct vcm_range *range)
{
	range->height = 1 + max(vcm_range_height(range->child[LOW]),
				vcm_range_height(range->child[HIGH]));
	range->max_gap = max(range->gap, max(vcm_range_max(range->child[LOW]),
					     vcm_range_max(range->child[HIGH])));
}

/* Put @to where @from hangs below its parent. */
static void vcm_gaps_replace(struct vcm_gaps *gaps, struct vcm_range *from, struct vcm_range *to)
{
	struct vcm_range *parent = from->parent;

	if (!parent)
		gaps->root = to;
	else
		parent->child[parent->child[HIGH] == from] = to;
	if (to)
		to->parent = parent;
}

static void vcm_range_adopt(struct vcm_range *parent, int side, struct vcm_range *child)
{
	parent->child[side] = child;
	if (child)
		child->parent = parent;
}

/* Rotate @top down to @side; its child of the other side takes its place and is returned. */
static struct vcm_range *vcm_gaps_rotate(struct vcm_gaps *gaps, struct vcm_range *top, int side)
{
	struct vcm_range *up = top->child[!side];

	vcm_gaps_replace(gaps, top, up);
	vcm_range_adopt(top, !side, up->child[side]);
	vcm_range_adopt(up, side, top);
	vcm_range_update(top);
	vcm_range_update(up);
	return up;
}

/* Rotate below @top, whose @side is too tall.  Return: what is there now. */
static struct vcm_range *vcm_gaps_balance(struct vcm_gaps *gaps, struct vcm_range *top, int side)
{
	struct vcm_range *tall = top->child[side];

	if (vcm_range_height(tall->child[!side]) > vcm_range_height(tall->child[side]))
		vcm_gaps_rotate(gaps, tall, side);
	return vcm_gaps_rotate(gaps, top, !side);
}

/*
 * Bring G2 and G3 about from @range upwards.  @changed, if there is one, lies on the way and has
 * another gap than it had.  Above it, the first subtree that is as it was ends the work.
 *
 * This is where the time of a change goes: each child is looked at once.
 */
static void vcm_gaps_fix(struct vcm_gaps *gaps, struct vcm_range *range,
			 const struct vcm_range *changed)
{
	for (; range; range = range->parent) {
		const struct vcm_range *low = range->child[LOW], *high = range->child[HIGH];
		const u32 low_height = vcm_range_height(low), high_height = vcm_range_height(high);
		const u32 height = range->height;
		const u64 max_gap = range->max_gap;

		if (range == changed)
			changed = NULL;
		range->height = 1 + max(low_height, high_height);
		range->max_gap = max(range->gap, max(vcm_range_max(low), vcm_range_max(high)));
		if (low_height > high_height + 1 || high_height > low_height + 1)
			range = vcm_gaps_balance(gaps, range, high_height > low_height);
		if (!changed && range->height == height && range->max_gap == max_gap)
			return;
	}
}

static struct vcm_range *vcm_range_edge(struct vcm_range *range, int side)
{
	while (range && range->child[side])
		range = range->child[side];
	return range;
}

static struct vcm_range *vcm_range_step(struct vcm_range *range, int side)
{
	if (range->child[side])
		return vcm_range_edge(range->child[side], !side);
	while (range->parent && range->parent->child[side] == range)
		range = range->parent;
	return range->parent;
}

/**
 * vcm_gaps_init() - make an empty set
 * @gaps:  the set
 * @start: first address of the window
 * @last:  last address of the window, not below @start
 */
void vcm_gaps_init(struct vcm_gaps *gaps, u64 start, u64 last)
{
	gaps->start = start;
	gaps->last = last;
	gaps->root = NULL;
	gaps->edge[LOW] = NULL;
	gaps->edge[HIGH] = NULL;
}

/**
 * vcm_gaps_first() - the lowest range
 * @gaps: the set
 *
 * Return: the range or NULL.
 */
struct vcm_range *vcm_gaps_first(const struct vcm_gaps *gaps)
{
	return gaps->edge[LOW];
}

/**
 * vcm_range_next() - the next range in address order
 * @range: a range of a set
 *
 * Return: the range or NULL.
 */
struct vcm_range *vcm_range_next(struct vcm_range *range)
{
	return vcm_range_step(range, HIGH);
}

/* The lowest range in the subtree of @range, itself included, with @need free bytes below it. */
static struct vcm_range *vcm_range_lowest(struct vcm_range *range, u64 need)
{
	while (range) {
		if (vcm_range_max(range->child[LOW]) >= need) {
			range = range->child[LOW];
			continue;
		}
		if (range->gap >= need)
			break;
		range = range->child[HIGH];
	}
	return range;
}

/* The next range above @range with @need free bytes below it. */
static struct vcm_range *vcm_range_higher(struct vcm_range *range, u64 need)
{
	if (vcm_range_max(range->child[HIGH]) >= need)
		return vcm_range_lowest(range->child[HIGH], need);
	for (; range->parent; range = range->parent) {
		struct vcm_range *parent = range->parent;

		if (parent->child[HIGH] == range)
			continue;
		if (parent->gap >= need)
			return parent;
		if (vcm_range_max(parent->child[HIGH]) >= need)
			return vcm_range_lowest(parent->child[HIGH], need);
	}
	return NULL;
}

/* The lowest range above @lower with @need free bytes below it. */
static struct vcm_range *vcm_gaps_from(const struct vcm_gaps *gaps, u64 lower, u64 need)
{
	struct vcm_range *range = gaps->root, *above = NULL;

	if (lower <= gaps->start)
		return vcm_range_lowest(gaps->root, need);
	while (range) {
		if (range->start > lower)
			above = range;
		range = range->child[range->start > lower ? LOW : HIGH];
	}
	if (!above || above->gap >= need)
		return above;
	return vcm_range_higher(above, need);
}

/* Round @addr up to a multiple of @unit, a power of two.  Return: false when that wraps. */
static bool vcm_round_up(u64 *addr, u64 unit)
{
	if (check_add_overflow(*addr, unit - 1, addr))
		return false;
	*addr &= ~(unit - 1);
	return true;
}

/**
 * vcm_gap_fits() - does a request fit into a hole?
 * @req:   the request
 * @start: first address of the hole
 * @last:  last address of the hole
 * @fit:   out: the address it has there, the lowest
 *
 * Return: true when it fits.
 */
bool vcm_gap_fits(const struct vcm_gap_req *req, u64 start, u64 last, u64 *fit)
{
	u64 unit = (u64)1 << req->align;
	u64 body, end;

	if (check_add_overflow(start, req->before, &body))
		return false;
	body = max(body, req->lower);
	if (!vcm_round_up(&body, unit) || check_add_overflow(body, req->len - 1, &end))
		return false;
	if (req->boundary && (body ^ end) >= req->boundary) {
		if (!vcm_round_up(&body, max(unit, req->boundary)) ||
		    check_add_overflow(body, req->len - 1, &end))
			return false;
	}
	*fit = body;
	return end <= min(last, req->limit) && last - end >= req->after;
}

static bool vcm_gaps_find_tail(const struct vcm_gaps *gaps, const struct vcm_gap_req *req,
			       u64 *start)
{
	const struct vcm_range *highest = gaps->edge[HIGH];

	if (!highest)
		return vcm_gap_fits(req, gaps->start, gaps->last, start);
	if (highest->last >= gaps->last)
		return false;
	return vcm_gap_fits(req, highest->last + 1, gaps->last, start);
}

/* Look at the holes of at least @need bytes in address order.  Return: the range above a fit. */
static struct vcm_range *vcm_gaps_find_hole(const struct vcm_gaps *gaps,
					    const struct vcm_gap_req *req, u64 need, u64 *start)
{
	struct vcm_range *range = vcm_gaps_from(gaps, req->lower, need);

	while (range && range->start - range->gap <= req->limit) {
		if (vcm_gap_fits(req, range->start - range->gap, range->start - 1, start))
			return range;
		range = vcm_range_higher(range, need);
	}
	return NULL;
}

/* vcm_gaps_find(), also telling the range above the hole: NULL when there is none. */
static int vcm_gaps_search(const struct vcm_gaps *gaps, const struct vcm_gap_req *req, u64 *start,
			   struct vcm_range **above)
{
	u64 slack = max(((u64)1 << req->align) - 1, req->boundary ? req->boundary - 1 : 0);
	u64 least, need;

	*above = NULL;
	if (check_add_overflow(req->len, req->before, &least) ||
	    check_add_overflow(least, req->after, &least))
		return -ENOSPC;
	if (slack > VCM_PAGE_SIZE - 1 && !check_add_overflow(least, slack, &need))
		*above = vcm_gaps_find_hole(gaps, req, need, start);
	if (!*above)
		*above = vcm_gaps_find_hole(gaps, req, least, start);
	if (*above)
		return 0;
	return vcm_gaps_find_tail(gaps, req, start) ? 0 : -ENOSPC;
}

/**
 * vcm_gaps_find() - find a free range
 * @gaps:  the set
 * @req:   what to search for
 * @start: out: first address of the range found; may be changed on failure
 *
 * A hole that has room for the alignment and the boundary too always fits, so such holes are
 * tried first: O(log n).  When there is none, every hole of at least @len is looked at, and a
 * fit is found if one exists; without alignment above the page size both are the same search.
 *
 * Return: 0 or -ENOSPC.
 */
int vcm_gaps_find(const struct vcm_gaps *gaps, const struct vcm_gap_req *req, u64 *start)
{
	struct vcm_range *above;

	return vcm_gaps_search(gaps, req, start, &above);
}

/**
 * vcm_gaps_overlap() - the lowest range that shares an address with [@start, @last]
 * @gaps:  the set
 * @start: first address
 * @last:  last address
 *
 * Return: the range or NULL.
 */
struct vcm_range *vcm_gaps_overlap(const struct vcm_gaps *gaps, u64 start, u64 last)
{
	struct vcm_range *range = gaps->root, *found = NULL;

	while (range) {
		if (range->last < start) {
			range = range->child[HIGH];
			continue;
		}
		if (range->start <= last)
			found = range;
		range = range->child[LOW];
	}
	return found;
}

/* Hang @range, whose addresses are set, below @above; NULL: above everything. */
static void vcm_gaps_link(struct vcm_gaps *gaps, struct vcm_range *range, struct vcm_range *above)
{
	struct vcm_range *highest = gaps->edge[HIGH], *parent;
	u64 free_from = gaps->start;

	range->child[LOW] = NULL;
	range->child[HIGH] = NULL;
	range->max_gap = 0;
	range->height = 0;
	if (above) {
		free_from = above->start - above->gap;
		above->gap = above->start - range->last - 1;
		parent = above->child[LOW] ? vcm_range_edge(above->child[LOW], HIGH) : above;
		if (gaps->edge[LOW] == above)
			gaps->edge[LOW] = range;
	} else {
		parent = highest;
		if (highest)
			free_from = highest->last + 1;
		else
			gaps->edge[LOW] = range;
		gaps->edge[HIGH] = range;
	}
	range->gap = range->start - free_from;
	range->parent = parent;
	if (parent)
		parent->child[parent != above] = range;
	else
		gaps->root = range;
	vcm_gaps_fix(gaps, range, above);
}

/**
 * vcm_gaps_take() - find a free range and take it
 * @gaps:  the set
 * @req:   what to search for, as for vcm_gaps_find()
 * @range: out: what was found with what shall be free around it; in the set
 *
 * The hole that was found says where in the tree the range goes, so it is not looked for twice.
 *
 * Return: 0 or -ENOSPC.
 */
int vcm_gaps_take(struct vcm_gaps *gaps, const struct vcm_gap_req *req, struct vcm_range *range)
{
	struct vcm_range *above;
	u64 start;

	if (vcm_gaps_search(gaps, req, &start, &above))
		return -ENOSPC;
	range->start = start - req->before;
	range->last = start + (req->len - 1) + req->after;
	vcm_gaps_link(gaps, range, above);
	return 0;
}

/**
 * vcm_gaps_insert() - take a range
 * @gaps:  the set
 * @range: start and last are set, inside the window and overlapping nothing
 */
void vcm_gaps_insert(struct vcm_gaps *gaps, struct vcm_range *range)
{
	struct vcm_range *at = gaps->root, *above = NULL;

	while (at) {
		if (at->start > range->start)
			above = at;
		at = at->child[at->start < range->start];
	}
	vcm_gaps_link(gaps, range, above);
}

/**
 * vcm_gaps_remove() - give a range back
 * @gaps:  the set
 * @range: a range of it
 */
void vcm_gaps_remove(struct vcm_gaps *gaps, struct vcm_range *range)
{
	struct vcm_range *next = vcm_range_step(range, HIGH);
	struct vcm_range *deepest;

	if (gaps->edge[LOW] == range)
		gaps->edge[LOW] = next;
	if (gaps->edge[HIGH] == range)
		gaps->edge[HIGH] = vcm_range_step(range, LOW);
	if (next)
		next->gap += range->gap + (range->last - range->start) + 1;

	if (range->child[HIGH]) {
		/*
		 * Next is in the subtree and takes the place of @range, also in the eyes of
		 * what is above: vcm_gaps_fix() compares with what was there.
		 */
		deepest = next->parent == range ? next : next->parent;
		if (next->parent != range) {
			vcm_gaps_replace(gaps, next, next->child[HIGH]);
			vcm_range_adopt(next, HIGH, range->child[HIGH]);
		}
		vcm_gaps_replace(gaps, range, next);
		vcm_range_adopt(next, LOW, range->child[LOW]);
		next->height = range->height;
		next->max_gap = range->max_gap;
	} else {
		deepest = range->parent;
		vcm_gaps_replace(gaps, range, range->child[LOW]);
	}
	vcm_gaps_fix(gaps, deepest, next);
}

/**
 * vcm_gaps_set_start() - move the lower end of the window
 * @gaps:  the set
 * @start: first address of the window, not above the lowest range
 */
void vcm_gaps_set_start(struct vcm_gaps *gaps, u64 start)
{
	struct vcm_range *lowest = gaps->edge[LOW];

	gaps->start = start;
	if (!lowest)
		return;
	lowest->gap = lowest->start - start;
	vcm_gaps_fix(gaps, lowest, lowest);
}

/**
 * vcm_gaps_tail() - the free bytes above everything
 * @gaps: the set
 *
 * Return: how many, all of the window when it is empty; at most 2^64 - 1.
 */
u64 vcm_gaps_tail(const struct vcm_gaps *gaps)
{
	const struct vcm_range *highest = gaps->edge[HIGH];
	u64 room = gaps->last - gaps->start;

	if (!highest)
		return max(room, room + 1);
	return highest->last < gaps->last ? gaps->last - highest->last : 0;
}
