// SPDX-License-Identifier: GPL-2.0-only
/*
 * space_cache.c - pieces that a processor keeps, by their exact length.
 *
 * A shelf holds pieces of one number of pages, so that what is handed out is never longer than
 * asked for and nothing is lost by rounding.  Shelves are short lists: the piece given last is
 * tried first, its lines are still warm.
 *
 * Locking: the lock of the cache; the lock of a pool may be held.
 */
#include "space.h"

/* The shelf for @len bytes, or -1 when there is none. */
int vcm_size_of(u64 len)
{
	u64 pages = len >> VCM_PAGE_SHIFT;

	if (len & (VCM_PAGE_SIZE - 1))
		return -1;
	if (pages - 1 < VCM_SIZES_ALL)
		return pages - 1;
	if (pages & (pages - 1) || pages > VCM_SIZES_ALL << (VCM_SIZES - VCM_SIZES_ALL) || !pages)
		return -1;
	return VCM_SIZES_ALL - 1 + __ffs64(pages / VCM_SIZES_ALL);
}

static bool vcm_piece_suits(const struct vcm_piece *piece, const struct vcm_gap_req *req)
{
	u64 body = piece->range.start + req->before, end = body + (req->len - 1);

	if (body & (((u64)1 << req->align) - 1))
		return false;
	if (body < req->lower || end > req->limit)
		return false;
	return !req->boundary || (body ^ end) < req->boundary;
}

static void vcm_stock_unlink(struct vcm_stock *cache, struct vcm_shelf *shelf,
			     struct vcm_piece **link)
{
	struct vcm_piece *piece = *link;

	*link = piece->next;
	shelf->nr--;
	WRITE_ONCE(cache->pieces, cache->pieces - 1);
	cache->bytes -= vcm_piece_len(piece);
	WRITE_ONCE(piece->range.state, VCM_PIECE_TAKEN);
}

/**
 * vcm_stock_take() - a piece of this processor
 * @space: the space
 * @req:   what is wanted
 * @len:   bytes of it with what shall be free around it
 *
 * Return: the piece, taken; or NULL.
 */
struct vcm_piece *vcm_stock_take(struct vcm_space *space, const struct vcm_gap_req *req, u64 len)
{
	struct vcm_stock *cache = &space->caches[vcm_os_cpu()];
	struct vcm_piece *piece, **link;
	struct vcm_shelf *shelf;
	unsigned long flags;
	int size = vcm_size_of(len);
	u32 left = VCM_LOOK;

	if (size < 0)
		return NULL;
	shelf = &cache->shelf[size];
	spin_lock_irqsave(&cache->lock, flags);
	for (link = &shelf->first; (piece = *link); link = &piece->next) {
		if (vcm_piece_suits(piece, req)) {
			vcm_stock_unlink(cache, shelf, link);
			break;
		}
		if (!--left) {
			piece = NULL;
			break;
		}
	}
	spin_unlock_irqrestore(&cache->lock, flags);
	return piece;
}

/**
 * vcm_stock_give() - keep a piece
 * @space: the space
 * @piece: taken, inside its pool
 *
 * Return: true when it is free now; false when there is no place for it.
 */
bool vcm_stock_give(struct vcm_space *space, struct vcm_piece *piece)
{
	u32 cpu = vcm_os_cpu();
	struct vcm_stock *cache = &space->caches[cpu];
	struct vcm_shelf *shelf;
	unsigned long flags;
	u64 len = vcm_piece_len(piece);
	int size = vcm_size_of(len);
	bool keep;

	if (size < 0)
		return false;
	shelf = &cache->shelf[size];
	spin_lock_irqsave(&cache->lock, flags);
	keep = shelf->nr < space->cfg.cached;
	if (keep) {
		WRITE_ONCE(piece->range.cpu, cpu);
		WRITE_ONCE(piece->range.state, VCM_PIECE_CACHED);
		piece->next = shelf->first;
		shelf->first = piece;
		shelf->nr++;
		WRITE_ONCE(cache->pieces, cache->pieces + 1);
		cache->bytes += len;
		smp_store_release(&cache->gives, cache->gives + 1);
	}
	spin_unlock_irqrestore(&cache->lock, flags);
	return keep;
}

/* A range became free in a tree: whoever is failing has to look again. */
void vcm_stock_gave(struct vcm_space *space)
{
	struct vcm_stock *cache = &space->caches[vcm_os_cpu()];
	unsigned long flags;

	spin_lock_irqsave(&cache->lock, flags);
	smp_store_release(&cache->gives, cache->gives + 1);
	spin_unlock_irqrestore(&cache->lock, flags);
}

/*
 * Take a piece out of whichever cache it is in; the lock of its pool is held.  Return: false when
 * it is not in one any more, or never was.
 */
bool vcm_stock_drop(struct vcm_space *space, struct vcm_piece *piece)
{
	struct vcm_piece **link;
	struct vcm_shelf *shelf;
	struct vcm_stock *cache;
	unsigned long flags;
	bool found = false;

	if (READ_ONCE(piece->range.state) != VCM_PIECE_CACHED)
		return false;
	cache = &space->caches[READ_ONCE(piece->range.cpu)];
	shelf = &cache->shelf[vcm_size_of(vcm_piece_len(piece))];
	spin_lock_irqsave(&cache->lock, flags);
	for (link = &shelf->first; *link; link = &(*link)->next) {
		if (*link != piece)
			continue;
		vcm_stock_unlink(cache, shelf, link);
		found = true;
		break;
	}
	spin_unlock_irqrestore(&cache->lock, flags);
	return found;
}

/* Take everything off the shelves; all pools are locked.  Return: a chain. */
struct vcm_piece *vcm_stock_empty(struct vcm_stock *cache)
{
	struct vcm_piece *chain = NULL, *piece;
	unsigned long flags;

	if (!READ_ONCE(cache->pieces))
		return NULL;
	spin_lock_irqsave(&cache->lock, flags);
	for (u32 i = 0; i < VCM_SIZES && cache->pieces; i++) {
		struct vcm_shelf *shelf = &cache->shelf[i];

		while ((piece = shelf->first)) {
			vcm_stock_unlink(cache, shelf, &shelf->first);
			piece->next = chain;
			chain = piece;
		}
	}
	spin_unlock_irqrestore(&cache->lock, flags);
	return chain;
}
