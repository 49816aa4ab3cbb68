// SPDX-License-Identifier: GPL-2.0-only
/*
 * table.c - open addressing over a dense array.
 *
 * The index is never more than half full and deletion shifts the chain back, so there are no
 * tombstones and a lookup ends at the first free slot.  Running out of memory ends the program:
 * an observer has nothing to save.
 */
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "util.h"

void table_init(struct table *t, size_t row)
{
	memset(t, 0, sizeof(*t));
	t->row = row;
}

void table_fini(struct table *t)
{
	free(t->keys);
	free(t->rows);
	free(t->index);
	table_init(t, t->row);
}

static size_t table_home(const struct table *t, uint64_t a, uint64_t b)
{
	uint64_t h = (a * 0x9e3779b97f4a7c15ull) ^ (b * 0xc2b2ae3d27d4eb4full);

	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9ull;
	return (size_t)(h >> 32) & (2 * t->cap - 1);
}

static size_t table_next(const struct table *t, size_t slot)
{
	return (slot + 1) & (2 * t->cap - 1);
}

/* The slot that holds the key, or the free slot where it would go. */
static size_t table_slot(const struct table *t, uint64_t a, uint64_t b)
{
	size_t slot = table_home(t, a, b);

	while (t->index[slot]) {
		const struct table_key *k = &t->keys[t->index[slot] - 1];

		if (k->a == a && k->b == b)
			break;
		slot = table_next(t, slot);
	}
	return slot;
}

static void table_grow(struct table *t)
{
	size_t cap = t->cap ? 2 * t->cap : 16, i;

	t->keys = xrealloc(t->keys, cap * sizeof(*t->keys));
	t->rows = xrealloc(t->rows, cap * t->row);
	free(t->index);
	t->index = xcalloc(2 * cap, sizeof(*t->index));
	t->cap = cap;
	for (i = 0; i < t->nr; i++)
		t->index[table_slot(t, t->keys[i].a, t->keys[i].b)] = (uint32_t)i + 1;
}

void *table_find(const struct table *t, uint64_t a, uint64_t b)
{
	size_t slot;

	if (!t->nr)
		return NULL;
	slot = table_slot(t, a, b);
	return t->index[slot] ? table_row(t, t->index[slot] - 1) : NULL;
}

void *table_add(struct table *t, uint64_t a, uint64_t b)
{
	void *row = table_find(t, a, b);

	if (row)
		return row;
	if (t->nr == t->cap)
		table_grow(t);
	t->keys[t->nr] = (struct table_key){ .a = a, .b = b };
	t->index[table_slot(t, a, b)] = (uint32_t)t->nr + 1;
	row = table_row(t, t->nr++);
	memset(row, 0, t->row);
	return row;
}

/* Close the hole at @slot: pull back every entry that may not stay behind a free slot. */
static void table_unslot(struct table *t, size_t slot)
{
	size_t hole = slot, mask = 2 * t->cap - 1;

	t->index[hole] = 0;
	for (slot = table_next(t, slot); t->index[slot]; slot = table_next(t, slot)) {
		const struct table_key *k = &t->keys[t->index[slot] - 1];
		size_t home = table_home(t, k->a, k->b);

		if (((slot - home) & mask) < ((slot - hole) & mask))
			continue;
		t->index[hole] = t->index[slot];
		t->index[slot] = 0;
		hole = slot;
	}
}

bool table_remove(struct table *t, uint64_t a, uint64_t b)
{
	size_t slot, pos, last;

	if (!table_find(t, a, b))
		return false;
	slot = table_slot(t, a, b);
	pos = t->index[slot] - 1;
	table_unslot(t, slot);

	last = --t->nr;
	if (pos != last) {
		t->index[table_slot(t, t->keys[last].a, t->keys[last].b)] = (uint32_t)pos + 1;
		t->keys[pos] = t->keys[last];
		memcpy(table_row(t, pos), table_row(t, last), t->row);
	}
	return true;
}
