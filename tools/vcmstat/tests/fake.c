// SPDX-License-Identifier: GPL-2.0-only
/* fake.c - see fake.h. */
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "tap.h"

static void fake_emit(void *arg, const struct vcm_event *ev)
{
	struct fake *f = arg;

	if (f->attaching && (ev->type == VCM_EVENT_create || ev->type == VCM_EVENT_destroy))
		return;
	if (f->nr == f->src.capacity || f->drop_next) {
		f->drop_next -= !!f->drop_next;
		f->src.losses.events++;
		return;
	}
	f->ring[f->nr++] = *ev;
}

void fake_steps(struct fake *f, int nr)
{
	while (nr-- > 0)
		gen_step(&f->gen);
}

void fake_one_event(struct fake *f)
{
	uint64_t before = f->gen.emitted;

	while (f->gen.emitted == before)
		gen_step(&f->gen);
}

static int fake_snapshot(struct source *src, void **buf, size_t *len, struct error *err)
{
	struct fake *f = (struct fake *)src;

	(void)err;
	fake_steps(f, f->steps_around);
	*buf = gen_snapshot(&f->gen, len);
	fake_steps(f, f->steps_around);
	if (f->drop_behind) {
		f->drop_behind = false;
		f->drop_next = 1;
		fake_one_event(f);
	}
	f->snapshots++;
	return 0;
}

/* The first event of a stream picked at random: order within streams is kept. */
static size_t pick(struct fake *f)
{
	size_t at = tap_random(&f->random) % f->nr, i;

	for (i = 0; i < at; i++) {
		if (f->ring[i].stream == f->ring[at].stream)
			return i;
	}
	return at;
}

static int fake_drain(struct source *src, size_t max, struct error *err)
{
	struct fake *f = (struct fake *)src;
	size_t done = 0;

	(void)err;
	while (f->nr && done < max) {
		size_t at = f->shuffle ? pick(f) : 0;
		struct vcm_event ev = f->ring[at];

		memmove(f->ring + at, f->ring + at + 1, (--f->nr - at) * sizeof(ev));
		src->event(src->arg, &ev);
		done++;
	}
	return (int)done;
}

static int fake_fd(struct source *src)
{
	(void)src;
	return -1;
}

static void fake_close(struct source *src)
{
	(void)src;
}

static const struct source_ops fake_ops = {
	.snapshot = fake_snapshot,
	.drain = fake_drain,
	.fd = fake_fd,
	.close = fake_close,
};

void fake_init(struct fake *f, uint64_t seed, size_t capacity)
{
	memset(f, 0, sizeof(*f));
	f->src.ops = &fake_ops;
	f->src.name = "fake";
	f->src.faults = "none";
	f->src.capacity = capacity;
	f->ring = xcalloc(capacity, sizeof(*f->ring));
	f->random = seed ^ 0x5555;
	gen_init(&f->gen, seed);
	f->gen.emit = fake_emit;
	f->gen.arg = f;
}

void fake_fini(struct fake *f)
{
	free(f->ring);
}
