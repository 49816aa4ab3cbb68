// SPDX-License-Identifier: GPL-2.0-only
/* reorder.c - see reorder.h. */
#include <stdlib.h>
#include <string.h>

#include "reorder.h"
#include "util.h"

void reorder_fini(struct reorder *r)
{
	free(r->ev);
	memset(r, 0, sizeof(*r));
}

void reorder_add(struct reorder *r, const struct vcm_event *ev)
{
	if (r->nr == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 1024;
		r->ev = xrealloc(r->ev, r->cap * sizeof(*r->ev));
	}
	r->ev[r->nr++] = *ev;
}

static int order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_stream(const void *x, const void *y)
{
	const struct vcm_event *a = x, *b = y;
	int by = order(a->stream, b->stream);

	return by ? by : order(a->seq, b->seq);
}

static int by_time(const void *x, const void *y)
{
	const struct vcm_event *a = x, *b = y;
	int by = order(a->ts_ns, b->ts_ns);

	return by ? by : by_stream(x, y);
}

/* A clock that differs a little between CPUs must not turn two events of a stream round. */
static void forbid_steps_back(struct vcm_event *ev, size_t nr)
{
	size_t i;

	for (i = 1; i < nr; i++) {
		if (ev[i].stream == ev[i - 1].stream && ev[i].ts_ns < ev[i - 1].ts_ns)
			ev[i].ts_ns = ev[i - 1].ts_ns;
	}
}

void reorder_settle(struct reorder *r, uint64_t safe_ns)
{
	size_t low = 0, high;

	if (r->at < r->sorted)	/* those go first */
		return;
	memmove(r->ev, r->ev + r->at, (r->nr - r->at) * sizeof(*r->ev));
	r->nr -= r->at;
	r->at = 0;
	r->sorted = 0;
	if (!r->nr)
		return;
	qsort(r->ev, r->nr, sizeof(*r->ev), by_stream);
	forbid_steps_back(r->ev, r->nr);
	qsort(r->ev, r->nr, sizeof(*r->ev), by_time);
	for (high = r->nr; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (r->ev[middle].ts_ns <= safe_ns)
			low = middle + 1;
		else
			high = middle;
	}
	r->sorted = low;
}

const struct vcm_event *reorder_next(struct reorder *r)
{
	return r->at < r->sorted ? &r->ev[r->at++] : NULL;
}
