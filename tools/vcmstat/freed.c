// SPDX-License-Identifier: GPL-2.0-only
/* freed.c - see freed.h. */
#include <stdlib.h>

#include "freed.h"
#include "util.h"

void freed_fini(struct freed_ring *r)
{
	free(r->slot);
	*r = (struct freed_ring){ 0 };
}

void freed_add(struct freed_ring *r, const struct freed *f)
{
	if (!r->slot)
		r->slot = xcalloc(FREED_MAX, sizeof(*r->slot));
	r->slot[r->nr++ % FREED_MAX] = *f;
}

const struct freed *freed_at(const struct freed_ring *r, uint64_t i)
{
	return i < r->nr && i < FREED_MAX ? &r->slot[(r->nr - 1 - i) % FREED_MAX] : NULL;
}

const struct freed *freed_find(const struct freed_ring *r, uint32_t vcm, uint64_t iova)
{
	const struct freed *f;
	uint64_t i;

	for (i = 0; (f = freed_at(r, i)); i++) {
		if (f->vcm == vcm && iova >= f->start && iova - f->start < f->len)
			return f;
	}
	return NULL;
}
