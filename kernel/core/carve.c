// SPDX-License-Identifier: GPL-2.0-only
/*
 * carve.c - carve-outs: physical memory set aside for VCM, handed out in one piece each.
 *
 * The memory types and banks of VCMM.  Whoever adds a carve-out has made sure that it is nobody
 * else's; the core has it from then on.  What is taken from one becomes memory like any other:
 * counted, bound, cleared before it is seen, and given back at the last put.
 *
 * I10 is kept here.  A carve-out cannot go while anything of it is handed out.
 *
 * Locking: vcm_registry.carve_lock, and nothing below it.  Memory is cleared without it: a piece
 * that is taken is nobody else's.
 */
#include "core.h"

#define VCM_CARVE_ALIGN_MAX	(VCM_PAGE_SHIFT + VCM_MAX_ORDER)

/**
 * struct vcm_carved - one piece
 * @range:    where it is; in @carveout.ranges
 * @carveout: what it is a piece of; stays as long as this does
 */
struct vcm_carved {
	struct vcm_range range;
	struct vcm_carveout *carveout;
};

static u64 vcm_carved_len(const struct vcm_carved *carved)
{
	return carved->range.last - carved->range.start + 1;
}

static void vcm_carved_release(void *priv)
{
	struct vcm_carved *carved = priv;
	struct vcm_carveout *carveout = carved->carveout;

	mutex_lock(&vcm_registry.carve_lock);
	vcm_gaps_remove(&carveout->ranges, &carved->range);
	carveout->held -= vcm_carved_len(carved);
	carveout->pieces--;
	mutex_unlock(&vcm_registry.carve_lock);
	vcm_os_free(carved);
}

static const struct vcm_phys_ops vcm_carved_ops = {
	.release = vcm_carved_release,
};

/* Take @len bytes of @carveout, aligned as large pages want it if there is such a place. */
static int vcm_carve_from(struct vcm_carveout *carveout, u64 len, struct vcm_carved *carved)
{
	struct vcm_gap_req req = {
		.len = len,
		.lower = carveout->ranges.start,
		.limit = carveout->ranges.last,
		.align = min((u32)fls64(len) - 1, (u32)VCM_CARVE_ALIGN_MAX),
	};
	u64 start;
	int err = vcm_gaps_find(&carveout->ranges, &req, &start);

	lockdep_assert_held(&vcm_registry.carve_lock);
	if (err) {
		req.align = VCM_PAGE_SHIFT;
		err = vcm_gaps_find(&carveout->ranges, &req, &start);
	}
	if (err)
		return -ENOMEM;
	carved->range.start = start;
	carved->range.last = start + (len - 1);
	carved->carveout = carveout;
	vcm_gaps_insert(&carveout->ranges, &carved->range);
	carveout->held += len;
	carveout->pieces++;
	return 0;
}

/* From the carve-out that @req names, or from the first that has room. */
static int vcm_carve_locked(const struct vcm_phys_req *req, struct vcm_carved *carved)
{
	const bool named = req->flags & VCM_PHYS_NODE;
	struct vcm_carveout *carveout;
	int err = -EOPNOTSUPP;
	u32 nr = 0;

	list_for_each_entry(carveout, &vcm_registry.carveouts, node) {
		err = -EINVAL;
		if (named && nr++ != req->node)
			continue;
		err = vcm_carve_from(carveout, req->len, carved);
		if (named || !err)
			break;
	}
	return err;
}

/*
 * Memory of a carve-out, cleared.
 * @req:   has passed vcm_phys_req_check()
 * @desc:  out: how to give it back
 * @chunk: out: where it is
 * Return: 0 or the errno of vcm_phys_alloc().
 */
int vcm_carve(const struct vcm_phys_req *req, struct vcm_phys_desc *desc, struct vcm_chunk *chunk)
{
	struct vcm_carved *carved = vcm_os_zalloc(sizeof(*carved));
	int err;

	if (!carved)
		return -ENOMEM;
	mutex_lock(&vcm_registry.carve_lock);
	err = vcm_carve_locked(req, carved);
	mutex_unlock(&vcm_registry.carve_lock);
	if (err) {
		vcm_os_free(carved);
		return err;
	}
	err = vcm_os_carve_clear(carved->range.start, req->len, req->cache);
	if (err) {
		vcm_carved_release(carved);
		return err;
	}
	*chunk = (struct vcm_chunk) { .pa = carved->range.start, .len = req->len };
	desc->ops = &vcm_carved_ops;
	desc->priv = carved;
	return 0;
}

static struct vcm_carveout *vcm_carveout_overlap(u64 start, u64 last)
{
	struct vcm_carveout *carveout;

	lockdep_assert_held(&vcm_registry.carve_lock);
	list_for_each_entry(carveout, &vcm_registry.carveouts, node)
		if (carveout->ranges.start <= last && start <= carveout->ranges.last)
			return carveout;
	return NULL;
}

/**
 * vcm_carveout_add() - let memory be handed out that was set aside
 * @start: physical address, page aligned
 * @len:   bytes, a multiple of the page size, not 0
 *
 * Nobody but VCM may use the range until vcm_carveout_remove().
 *
 * Context: may sleep. Return: 0, -EINVAL, -EEXIST when part of it is in a carve-out, -ENOMEM.
 */
int vcm_carveout_add(__u64 start, __u64 len)
{
	struct vcm_carveout *carveout;
	u64 last;
	int err = 0;

	if (!len || !IS_ALIGNED(start | len, VCM_PAGE_SIZE) ||
	    check_add_overflow(start, len - 1, &last))
		return -EINVAL;
	carveout = vcm_os_zalloc(sizeof(*carveout));
	if (!carveout)
		return -ENOMEM;
	vcm_gaps_init(&carveout->ranges, start, last);
	mutex_lock(&vcm_registry.carve_lock);
	if (vcm_carveout_overlap(start, last))
		err = -EEXIST;
	else
		list_add_tail(&carveout->node, &vcm_registry.carveouts);
	mutex_unlock(&vcm_registry.carve_lock);
	if (err)
		vcm_os_free(carveout);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_carveout_add);

/**
 * vcm_carveout_remove() - undo vcm_carveout_add()
 * @start: as it was added
 *
 * Context: may sleep. Return: 0, -ENOENT, -EBUSY while anything of it is handed out.
 */
int vcm_carveout_remove(__u64 start)
{
	struct vcm_carveout *carveout;
	int err = 0;

	mutex_lock(&vcm_registry.carve_lock);
	carveout = vcm_carveout_overlap(start, start);
	if (!carveout || carveout->ranges.start != start)
		err = -ENOENT;
	else if (carveout->pieces)
		err = -EBUSY;
	else
		list_del(&carveout->node);
	mutex_unlock(&vcm_registry.carve_lock);
	if (!err)
		vcm_os_free(carveout);
	return err;
}
EXPORT_SYMBOL_GPL(vcm_carveout_remove);

/* Does one carve-out hold all of [@pa, @pa + @len)? */
bool vcm_carveouts_have(u64 pa, u64 len)
{
	const struct vcm_carveout *carveout;
	bool have;

	mutex_lock(&vcm_registry.carve_lock);
	carveout = vcm_carveout_overlap(pa, pa);
	have = carveout && carveout->ranges.last - pa >= len - 1;
	mutex_unlock(&vcm_registry.carve_lock);
	return have;
}

static const char *vcm_carveout_check(const struct vcm_carveout *carveout)
{
	const char *bad = vcm_gaps_check(&carveout->ranges);
	struct vcm_range *range;
	u64 held = 0;
	u32 pieces = 0;

	for (range = vcm_gaps_first(&carveout->ranges); range && !bad;
	     range = vcm_range_next(range)) {
		held += range->last - range->start + 1;
		pieces++;
	}
	if (!bad && (held != carveout->held || pieces != carveout->pieces))
		bad = "I10: a carve-out that does not know what it handed out";
	return bad;
}

/* I10 as code.  Return: what is wrong, or NULL. */
const char *vcm_carveouts_check(void)
{
	const struct vcm_carveout *carveout;
	const char *bad = NULL;

	mutex_lock(&vcm_registry.carve_lock);
	list_for_each_entry(carveout, &vcm_registry.carveouts, node) {
		if (!bad)
			bad = vcm_carveout_check(carveout);
	}
	mutex_unlock(&vcm_registry.carve_lock);
	return bad;
}
