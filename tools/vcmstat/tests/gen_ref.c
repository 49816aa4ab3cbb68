// SPDX-License-Identifier: GPL-2.0-only
/* gen_ref.c - whose the references of the toy VCM are. */
#include <string.h>

#include "gen_priv.h"

static unsigned int find(const struct gen_holds *h, uint32_t holder)
{
	unsigned int i;

	for (i = 0; i < h->nr && h->hold[i].holder != holder; i++)
		;
	return i;
}

static void get(struct gen_holds *h, uint32_t holder)
{
	unsigned int at = find(h, holder);

	if (!holder)
		return;
	if (at == h->nr) {
		h->hold[h->nr].holder = holder;
		h->hold[h->nr++].count = 0;
	}
	h->hold[at].count++;
}

static void put(struct gen_holds *h, uint32_t holder)
{
	unsigned int at = find(h, holder);

	if (!holder || --h->hold[at].count)
		return;
	for (h->nr--; at < h->nr; at++)
		h->hold[at] = h->hold[at + 1];
}

static bool has(const struct gen_holds *h, uint32_t refs, uint32_t holder)
{
	unsigned int i;

	if (holder)
		return find(h, holder) < h->nr;
	for (i = 0; i < h->nr; i++)
		refs -= h->hold[i].count;
	return refs > 0;
}

uint32_t gen_first_hold(struct gen *g, struct gen_holds *h)
{
	uint32_t holder = (uint32_t)gen_below(g, g->holders + 1);

	memset(h, 0, sizeof(*h));
	get(h, holder);
	return holder;
}

uint32_t gen_put_any(struct gen *g, struct gen_holds *h, __u32 *refs)
{
	uint32_t holder;

	do
		holder = (uint32_t)gen_below(g, g->holders + 1);
	while (!has(h, *refs, holder));
	put(h, holder);
	--*refs;
	return holder;
}

bool gen_change_holds(struct gen *g, struct gen_holds *h, __u32 *refs, bool nobody,
		      uint32_t *holder)
{
	uint32_t who = (uint32_t)gen_below(g, g->holders + 1);

	*holder = who;
	if (gen_below(g, 2)) {
		get(h, who);
		++*refs;
		return true;
	}
	if (*refs < 2 || !has(h, *refs, who) || (!who && !nobody)) {
		*holder = UINT32_MAX;
		return false;
	}
	put(h, who);
	--*refs;
	return false;
}
