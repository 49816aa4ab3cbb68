/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * table.h - rows of one fixed size, found by a pair of numbers.
 *
 * Rows lie densely in an array, in no order; removing one moves the last into its place, so a
 * pointer to a row is good until the next add or remove.
 */
#ifndef VCMSTAT_TABLE_H
#define VCMSTAT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_key {
	uint64_t a;
	uint64_t b;
};

struct table {
	size_t row;		/* bytes of a row */
	size_t nr;		/* rows in use */
	size_t cap;		/* rows allocated; the index has twice as many slots */
	struct table_key *keys;
	unsigned char *rows;
	uint32_t *index;	/* position + 1, 0 for a free slot */
};

void table_init(struct table *t, size_t row);
void table_fini(struct table *t);
void *table_find(const struct table *t, uint64_t a, uint64_t b);
/* A new row of zero bytes, or the row that is there already. */
void *table_add(struct table *t, uint64_t a, uint64_t b);
bool table_remove(struct table *t, uint64_t a, uint64_t b);

static inline void *table_row(const struct table *t, size_t i)
{
	return t->rows + i * t->row;
}

#endif
