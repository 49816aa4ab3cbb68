// SPDX-License-Identifier: GPL-2.0-only
/* history.c - see history.h. */
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "util.h"

void history_fini(struct history *h)
{
	free(h->slot);
	*h = (struct history){ 0 };
}

struct change *history_add(struct history *h, const struct vcm_event *ev)
{
	struct change *c;

	if (!h->slot)
		h->slot = xcalloc(HISTORY_MAX, sizeof(*h->slot));
	c = &h->slot[h->nr++ % HISTORY_MAX];
	*c = (struct change){ .ts_ns = ev->ts_ns, .seq = ev->seq, .id = ev->id,
			      .stream = ev->stream, .vcm = ev->vcm, .pid = ev->pid,
			      .tid = ev->tid, .type = ev->type };
	memcpy(c->comm, ev->comm, sizeof(c->comm));
	return c;
}

const struct change *history_at(const struct history *h, uint64_t i)
{
	return i < h->nr && i < HISTORY_MAX ? &h->slot[(h->nr - 1 - i) % HISTORY_MAX] : NULL;
}
