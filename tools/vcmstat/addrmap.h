/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * addrmap.h - the address space of a context as a row of cells.
 *
 * A cell stands for one aligned piece of a power of two, the same for all.  Where nothing is taken
 * over more than a few cells there is one cell for all of it, a break; so a sparse space of 2^48
 * bytes fits a line.  The piece is the smallest for which the whole has at most as many cells as
 * were asked for.  Addresses are first and last, which are inclusive and may be the end of 64 bits.
 */
#ifndef VCMSTAT_ADDRMAP_H
#define VCMSTAT_ADDRMAP_H

#include "model.h"

enum addrmap_state {
	ADDRMAP_FREE,
	ADDRMAP_FREED,		/* free, and was not lately */
	ADDRMAP_RESERVED,
	ADDRMAP_BOUND,
	ADDRMAP_ACTIVE,
	ADDRMAP_FAULT,		/* a device faulted here lately */
	ADDRMAP_BREAK,		/* not drawn: nothing there */
	ADDRMAP_STATES,
};

struct addrmap_cell {
	uint64_t first;
	uint64_t last;
	uint64_t taken;		/* bytes of reservations */
	enum addrmap_state state;	/* the most that anything in it is */
	uint32_t refs;		/* the most that one reservation in it has */
	uint32_t nr;		/* reservations that meet it */
};

struct addrmap {
	struct addrmap_cell *cell;
	size_t nr;
	unsigned int shift;	/* log2 of the bytes of a cell */
};

struct addrmap_want {
	uint32_t vcm;
	uint64_t first;		/* what to show; 0 and UINT64_MAX for the window */
	uint64_t last;
	size_t cells;		/* at most, at least 3 */
	unsigned int shift;	/* of a cell, 0 for the smallest that fits */
};

/* False when the context is not there. */
bool addrmap_build(struct addrmap *a, const struct model *m, const struct addrmap_want *want);
void addrmap_fini(struct addrmap *a);
/* '.', 'x', 'r', 'b', 'a', 'F', '~' */
char addrmap_letter(enum addrmap_state state);

#endif
