// SPDX-License-Identifier: GPL-2.0-only
/*
 * space_cache.c - pieces that a processor keeps, by their exact length: the way that most takes
 * and gives go.
 *
 * A shelf holds pieces of one number of pages, so that what is handed out is never longer than
 * asked for and nothing is lost by rounding.  Shelves are short lists: the piece given last is
 * tried first, its lines are still warm.
 *
 * Every instruction of vcm_space_take_len() and vcm_space_give() is paid for by each of them, so
 * what is rare is elsewhere, behind one branch.
 *
 * Locking: the lock of the stock; the lock of a pool may be held.
 */
#include "space.h"

static void vcm_stock_unlink(struct vcm_stock *stock, struct vcm_shelf *shelf,
			     struct vcm_piece **link)
{
	struct vcm_piece *piece = *link;

	WRITE_ONCE(*link, piece->next);
	shelf->nr--;
	WRITE_ONCE(stock->count, stock->count - VCM_COUNT_PIECE);
	WRITE_ONCE(piece->range.state, VCM_PIECE_TAKEN);
}

/**
 * vcm_space_take_len() - take a range that nothing special is wanted of
 * @space: the space
 * @len:   bytes
 * @align: alignment, log2 of bytes, below 64
 * @limit: last address that may be used
 *
 * Context: that of the callbacks, otherwise any. Return: as vcm_space_take().
 */
struct vcm_piece *vcm_space_take_len(struct vcm_space *space, u64 len, u32 align, u64 limit)
{
	struct vcm_stock *stock = &space->stocks[vcm_os_cpu()];
	u32 size = vcm_size_of(len >> VCM_PAGE_SHIFT);
	struct vcm_piece *piece;
	struct vcm_shelf *shelf;
	unsigned long flags;

	if (size == VCM_NO_SIZE)
		goto tree;
	shelf = &stock->shelf[size];
	if (!READ_ONCE(shelf->first))
		goto tree;
	spin_lock_irqsave(&stock->lock, flags);
	piece = shelf->first;
	if (piece && piece->range.last <= limit &&
	    (align <= VCM_PAGE_SHIFT || !(piece->range.start & (((u64)1 << align) - 1)))) {
		vcm_stock_unlink(stock, shelf, &shelf->first);
		spin_unlock_irqrestore(&stock->lock, flags);
		return piece;
	}
	spin_unlock_irqrestore(&stock->lock, flags);
tree:
	if (vcm_pools_are_full(space, len))
		return ERR_PTR(-ENOSPC);
	return vcm_space_take_more(space, len, align, limit);
}

/**
 * vcm_space_give() - give a range back, to be used again at once
 * @space: the space
 * @piece: taken
 *
 * Context: that of piece_free, otherwise any.
 */
void vcm_space_give(struct vcm_space *space, struct vcm_piece *piece)
{
	u32 cpu = vcm_os_cpu(), size = piece->range.tag;
	struct vcm_stock *stock = &space->stocks[cpu];
	struct vcm_shelf *shelf;
	unsigned long flags;

	if (size == VCM_NO_SIZE)
		goto tree;
	shelf = &stock->shelf[size];
	spin_lock_irqsave(&stock->lock, flags);
	if (shelf->nr < space->cfg.cached) {
		WRITE_ONCE(piece->range.cpu, cpu);
		WRITE_ONCE(piece->range.state, VCM_PIECE_CACHED);
		piece->next = shelf->first;
		WRITE_ONCE(shelf->first, piece);
		shelf->nr++;
		/* Before this returns, vcm_pools_are_full() can tell. */
		smp_store_release(&stock->count, stock->count + VCM_COUNT_PIECE + VCM_COUNT_GIVE);
		spin_unlock_irqrestore(&stock->lock, flags);
		return;
	}
	spin_unlock_irqrestore(&stock->lock, flags);
tree:
	vcm_space_give_tree(space, piece);
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

/**
 * vcm_stock_take() - a piece of this processor for any kind of request
 * @space: the space
 * @req:   what is wanted
 * @len:   bytes of it with what shall be free around it
 *
 * Return: the piece, taken; or NULL.
 */
struct vcm_piece *vcm_stock_take(struct vcm_space *space, const struct vcm_gap_req *req, u64 len)
{
	struct vcm_stock *stock = &space->stocks[vcm_os_cpu()];
	u32 size = vcm_size_of(len >> VCM_PAGE_SHIFT), left = VCM_LOOK;
	struct vcm_piece *piece, **link;
	struct vcm_shelf *shelf;
	unsigned long flags;

	if (size == VCM_NO_SIZE)
		return NULL;
	shelf = &stock->shelf[size];
	spin_lock_irqsave(&stock->lock, flags);
	for (link = &shelf->first; (piece = *link) && left; link = &piece->next, left--)
		if (vcm_piece_suits(piece, req))
			break;
	if (piece && left)
		vcm_stock_unlink(stock, shelf, link);
	spin_unlock_irqrestore(&stock->lock, flags);
	return left ? piece : NULL;
}

/* A range became free in a tree: whoever is failing has to look again. */
void vcm_stock_gave(struct vcm_space *space)
{
	struct vcm_stock *stock = &space->stocks[vcm_os_cpu()];
	unsigned long flags;

	spin_lock_irqsave(&stock->lock, flags);
	/* After the tree has it, for vcm_pools_are_full(). */
	smp_store_release(&stock->count, stock->count + VCM_COUNT_GIVE);
	spin_unlock_irqrestore(&stock->lock, flags);
}

/*
 * Take a piece out of whichever stock it is in; the lock of its pool is held.  Return: false when
 * it is not in one any more, or never was.
 */
bool vcm_stock_drop(struct vcm_space *space, struct vcm_piece *piece)
{
	struct vcm_piece **link;
	struct vcm_shelf *shelf;
	struct vcm_stock *stock;
	unsigned long flags;
	bool found = false;

	if (READ_ONCE(piece->range.state) != VCM_PIECE_CACHED)
		return false;
	stock = &space->stocks[READ_ONCE(piece->range.cpu)];
	shelf = &stock->shelf[vcm_size_of(vcm_piece_len(piece) >> VCM_PAGE_SHIFT)];
	spin_lock_irqsave(&stock->lock, flags);
	for (link = &shelf->first; *link; link = &(*link)->next) {
		if (*link != piece)
			continue;
		vcm_stock_unlink(stock, shelf, link);
		found = true;
		break;
	}
	spin_unlock_irqrestore(&stock->lock, flags);
	return found;
}

/* Take everything off the shelves; all pools are locked.  Return: a chain. */
struct vcm_piece *vcm_stock_empty(struct vcm_stock *stock)
{
	struct vcm_piece *chain = NULL, *piece;
	unsigned long flags;

	if (!vcm_stock_pieces(stock))
		return NULL;
	spin_lock_irqsave(&stock->lock, flags);
	for (u32 i = 0; i < VCM_SIZES && vcm_stock_pieces(stock); i++) {
		struct vcm_shelf *shelf = &stock->shelf[i];

		while ((piece = shelf->first)) {
			vcm_stock_unlink(stock, shelf, &shelf->first);
			piece->next = chain;
			chain = piece;
		}
	}
	spin_unlock_irqrestore(&stock->lock, flags);
	return chain;
}

/* Addresses on all shelves; the lock is held. */
u64 vcm_stock_bytes(const struct vcm_stock *stock)
{
	const struct vcm_piece *piece;
	u64 bytes = 0;

	for (u32 i = 0; i < VCM_SIZES; i++) {
		piece = stock->shelf[i].first;
		if (piece)
			bytes += stock->shelf[i].nr * vcm_piece_len(piece);
	}
	return bytes;
}
