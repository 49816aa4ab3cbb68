// SPDX-License-Identifier: GPL-2.0-only
/* waiting.c - see waiting.h. */
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "waiting.h"

struct waiting_place {
	struct vcm_event event;
	uint32_t next;
};

struct waiting_stream {
	struct waiting_chain chain;
	uint32_t stream;
	uint32_t vcm;	/* of the first event */
};

void waiting_init(struct waiting *w)
{
	memset(w, 0, sizeof(*w));
	table_init(&w->stream, sizeof(struct waiting_stream));
}

void waiting_fini(struct waiting *w)
{
	table_fini(&w->stream);
	free(w->place);
	waiting_init(w);
}

static struct waiting_place *at(struct waiting *w, uint32_t place)
{
	w->steps++;
	return &w->place[place - 1];
}

static void grow(struct waiting *w)
{
	uint32_t cap = w->cap ? 2 * w->cap : 64;

	w->place = xrealloc(w->place, cap * sizeof(*w->place));
	while (w->cap < cap) {
		w->place[w->cap].next = w->free;
		w->free = ++w->cap;
	}
}

/* The chain @tail behind the chain @c, in one step however long they are. */
static void append(struct waiting *w, struct waiting_chain *c, const struct waiting_chain *tail)
{
	if (c->last)
		at(w, c->last)->next = tail->first;
	else
		c->first = tail->first;
	c->last = tail->last;
}

void waiting_add(struct waiting *w, const struct vcm_event *ev)
{
	struct waiting_chain one = { w->free, w->free };
	struct waiting_stream *s;
	struct waiting_place *p;

	if (w->nr == WAITING_MAX) {
		w->lost++;
		return;
	}
	if (!w->free) {
		grow(w);
		one = (struct waiting_chain){ w->free, w->free };
	}
	p = at(w, one.first);
	w->free = p->next;
	p->event = *ev;
	p->next = 0;
	s = table_add(&w->stream, ev->stream, 0);
	if (!s->chain.first) {
		s->stream = ev->stream;
		s->vcm = ev->vcm;
	}
	append(w, &s->chain, &one);
	w->nr++;
}

void waiting_known(struct waiting *w, uint32_t stream)
{
	const struct waiting_stream *s = table_find(&w->stream, stream, 0);

	if (!s)
		return;
	append(w, &w->ready, &s->chain);
	table_remove(&w->stream, stream, 0);
}

/* Each place once: what is freed was added before. */
static void forget(struct waiting *w, struct waiting_chain *c)
{
	while (c->first) {
		struct waiting_place *p = at(w, c->first);
		uint32_t next = p->next;

		p->next = w->free;
		w->free = c->first;
		c->first = next;
		w->nr--;
	}
	c->last = 0;
}

void waiting_forget(struct waiting *w, uint32_t stream)
{
	struct waiting_stream *s = table_find(&w->stream, stream, 0);

	if (!s)
		return;
	forget(w, &s->chain);
	table_remove(&w->stream, stream, 0);
}

void waiting_forget_context(struct waiting *w, uint32_t vcm)
{
	size_t i = 0;

	while (i < w->stream.nr) {
		const struct waiting_stream *s = table_row(&w->stream, i);

		w->steps++;
		if (s->vcm == vcm)
			waiting_forget(w, s->stream);	/* the last row comes to this place */
		else
			i++;
	}
}

bool waiting_take(struct waiting *w, struct vcm_event *ev)
{
	struct waiting_chain one = { w->ready.first, w->ready.first };
	struct waiting_place *p;

	if (!one.first)
		return false;
	p = at(w, one.first);
	*ev = p->event;
	w->ready.first = p->next;
	if (!p->next)
		w->ready.last = 0;
	p->next = 0;
	forget(w, &one);
	return true;
}

uint64_t waiting_give_up(struct waiting *w)
{
	uint64_t nr = w->nr + w->lost;

	forget(w, &w->ready);
	while (w->stream.nr) {
		const struct waiting_stream *s = table_row(&w->stream, 0);

		waiting_forget(w, s->stream);
	}
	w->lost = 0;
	return nr;
}
