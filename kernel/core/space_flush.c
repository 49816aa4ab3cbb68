// SPDX-License-Identifier: GPL-2.0-only
/*
 * space_flush.c - ranges that must not be used again before a flush.
 *
 * An owner that has removed a translation, and has not invalidated what devices remember of it,
 * gives the range back by vcm_space_give_later().  It then waits, taken, with the number of the
 * flush that had begun last; a flush that begins later has a higher number, and only the end of
 * such a one lets the range go (S4).  Where in the window the range lies plays no part, and a
 * flush that had begun before does not count: those are the two holes in the lazy flush of the
 * pooled allocators of 2015.
 *
 * The flush itself is the owner's callback, without any lock.
 */
#include "space.h"

/* Pieces that wait, not exact while others use the space. */
u64 vcm_space_waiting(struct vcm_space *space)
{
	u64 nr = 0;

	for (u32 i = 0; i < space->nr_cpus; i++)
		nr += READ_ONCE(space->stocks[i].nr_later);
	return nr;
}

static u32 vcm_flush_begun(struct vcm_space *space)
{
	u32 begun;

	/* Interrupts are off: a stock is locked. */
	spin_lock(&space->flush_lock);
	begun = space->begun;
	spin_unlock(&space->flush_lock);
	return begun;
}

/**
 * vcm_space_give_later() - give a range back, to be used again after a flush
 * @space: the space
 * @piece: taken; nothing is translated there any more, but devices may not know yet
 *
 * Flushes by itself when this processor has given back many; when that fails they go on waiting.
 *
 * Context: that of the callbacks, otherwise any.
 */
void vcm_space_give_later(struct vcm_space *space, struct vcm_piece *piece)
{
	struct vcm_stock *stock = &space->stocks[vcm_os_cpu()];
	unsigned long flags;
	bool many;

	spin_lock_irqsave(&stock->lock, flags);
	WRITE_ONCE(piece->range.state, piece->range.state | VCM_PIECE_LATER);
	piece->range.tag = vcm_flush_begun(space);
	piece->next = NULL;
	*stock->later_end = piece;
	stock->later_end = &piece->next;
	WRITE_ONCE(stock->nr_later, stock->nr_later + 1);
	stock->later_bytes += vcm_piece_len(piece);
	many = stock->nr_later % VCM_LATER_MAX == 0;
	spin_unlock_irqrestore(&stock->lock, flags);
	if (many)
		vcm_space_flush(space);
}

/* Unlink what waits for a flush not younger than @ended.  Return: a chain. */
static struct vcm_piece *vcm_later_unlink(struct vcm_stock *stock, u32 ended)
{
	struct vcm_piece *chain, *piece;
	struct vcm_piece **link;
	unsigned long flags;

	spin_lock_irqsave(&stock->lock, flags);
	chain = stock->later;
	for (link = &stock->later; (piece = *link); link = &piece->next) {
		if ((s32)(ended - piece->range.tag) <= 0)
			break;
		WRITE_ONCE(stock->nr_later, stock->nr_later - 1);
		stock->later_bytes -= vcm_piece_len(piece);
	}
	if (link == &stock->later)
		chain = NULL;
	else
		*link = NULL;
	stock->later = piece;
	if (!piece)
		stock->later_end = &stock->later;
	spin_unlock_irqrestore(&stock->lock, flags);
	return chain;
}

static void vcm_later_release(struct vcm_space *space, u32 ended)
{
	struct vcm_piece *chain, *next;

	for (u32 i = 0; i < space->nr_cpus; i++) {
		for (chain = vcm_later_unlink(&space->stocks[i], ended); chain; chain = next) {
			next = chain->next;
			vcm_piece_settle(chain, chain->range.state & ~VCM_PIECE_LATER);
			vcm_space_give(space, chain);
		}
	}
}

/**
 * vcm_space_flush() - flush, and let go what waits for it
 * @space: the space
 *
 * Any number may run at once; each lets go only what had been given back when it began.
 *
 * Context: that of the callbacks, otherwise any. Return: 0, or the error of the flush, after
 * which everything waits as before.
 */
int vcm_space_flush(struct vcm_space *space)
{
	unsigned long flags;
	u32 number, ended;
	int err;

	spin_lock_irqsave(&space->flush_lock, flags);
	number = ++space->begun;
	spin_unlock_irqrestore(&space->flush_lock, flags);

	err = space->cfg.ops->flush ? space->cfg.ops->flush(space->cfg.priv) : -EOPNOTSUPP;
	if (err)
		return err;

	spin_lock_irqsave(&space->flush_lock, flags);
	if ((s32)(number - space->ended) > 0)
		space->ended = number;
	ended = space->ended;
	space->flushes++;
	spin_unlock_irqrestore(&space->flush_lock, flags);
	vcm_later_release(space, ended);
	return 0;
}
