// SPDX-License-Identifier: GPL-2.0-only
/* holds.c - see holds.h. */
#include <stdlib.h>
#include <string.h>

#include "holds.h"
#include "util.h"

void holds_init(struct table *t)
{
	table_init(t, sizeof(struct holds));
}

void holds_fini(struct table *t)
{
	size_t i;

	for (i = 0; i < t->nr; i++)
		free(((struct holds *)table_row(t, i))->hold);
	table_fini(t);
}

/* The id is unique for its kind and context. */
static uint64_t second_key(uint32_t kind, uint32_t vcm)
{
	return (uint64_t)kind << 32 | vcm;
}

const struct holds *holds_of(const struct table *t, uint32_t kind, uint32_t vcm, uint64_t id)
{
	return table_find(t, id, second_key(kind, vcm));
}

uint64_t holds_sum(const struct holds *h)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; h && i < h->nr; i++)
		sum += h->hold[i].count;
	return sum;
}

static struct vcm_snap_hold *find(const struct holds *h, uint32_t holder)
{
	uint32_t i;

	for (i = 0; h && i < h->nr; i++) {
		if (h->hold[i].holder == holder)
			return &h->hold[i];
	}
	return NULL;
}

bool holds_get(struct table *t, const struct vcm_snap_hold *what)
{
	struct holds *h = table_add(t, what->id, second_key(what->kind, what->vcm));
	struct vcm_snap_hold *mine = find(h, what->holder);

	if (mine) {
		if (what->count > UINT32_MAX - mine->count)
			return false;
		mine->count += what->count;
		return true;
	}
	if (h->nr == h->cap) {
		h->cap = h->cap ? 2 * h->cap : 2;
		h->hold = xrealloc(h->hold, h->cap * sizeof(*h->hold));
	}
	h->hold[h->nr++] = *what;
	return true;
}

bool holds_put(struct table *t, const struct vcm_snap_hold *what)
{
	struct holds *h = table_find(t, what->id, second_key(what->kind, what->vcm));
	struct vcm_snap_hold *mine = find(h, what->holder);

	if (!mine)
		return false;
	if (--mine->count)
		return true;
	h->nr--;
	memmove(mine, mine + 1, (size_t)(h->hold + h->nr - mine) * sizeof(*mine));
	if (!h->nr)
		holds_drop(t, what->kind, what->vcm, what->id);
	return true;
}

void holds_drop(struct table *t, uint32_t kind, uint32_t vcm, uint64_t id)
{
	struct holds *h = table_find(t, id, second_key(kind, vcm));

	if (!h)
		return;
	free(h->hold);
	table_remove(t, id, second_key(kind, vcm));
}
