// SPDX-License-Identifier: GPL-2.0-only
/*
 * stress_test.c - events from another thread, as fast as it can: counted, never wedged.
 *
 *   stress_test                     as a test
 *   stress_test RATE SECONDS BYTES BURST
 *	figures: first BURST events as fast as memory gives them, then RATE a second (0: as fast as
 *	they are made), into a ring of BYTES, followed as top does, drawn once a second
 *
 * The writer is the toy of gen.h; its lock stands for those of the kernel.  Events go into a ring
 * under it, or are dropped and counted when there is no room, as the BPF programs do it.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "follow.h"
#include "gen.h"
#include "grid.h"
#include "tap.h"
#include "tui.h"

#define RECORD_BYTES (sizeof(struct vcm_event) + 8)

struct stress {
	struct source src;
	struct gen gen;
	pthread_mutex_t lock;
	struct vcm_event *ring;
	uint64_t head;		/* written */
	uint64_t tail;		/* read */
	uint64_t dropped;
	uint64_t rate;
	bool stop;

	/* a stretch made before, so that making it does not limit the rate */
	struct vcm_event *stretch;
	uint64_t nr_stretch;
	struct piece {
		uint64_t end;	/* events before it ends */
		void *snapshot;	/* of the state then */
		size_t len;
	} *piece;
	size_t nr_piece;
	size_t at_piece;	/* pieces written, under the lock */
	void *first;		/* snapshot before all of it */
	size_t first_len;
	double burst;		/* events a second of the stretch */
};

static void emit(void *arg, const struct vcm_event *ev)
{
	struct stress *s = arg;
	uint64_t tail = __atomic_load_n(&s->tail, __ATOMIC_ACQUIRE);

	if (s->head - tail == s->src.capacity) {
		__atomic_fetch_add(&s->dropped, 1, __ATOMIC_RELEASE);
		return;
	}
	s->ring[s->head % s->src.capacity] = *ev;
	__atomic_store_n(&s->head, s->head + 1, __ATOMIC_RELEASE);
}

static void keep(void *arg, const struct vcm_event *ev)
{
	struct stress *s = arg;

	s->stretch[s->nr_stretch++] = *ev;
}

#define PIECE_STEPS 500

/* @nr events and the states between them. */
static void prepare(struct stress *s, uint64_t nr)
{
	uint64_t room = nr + PIECE_STEPS * 1000;
	int i;

	s->stretch = xcalloc(room, sizeof(*s->stretch));
	s->piece = xcalloc(nr / 10 + 1, sizeof(*s->piece));
	s->gen.emit = keep;
	while (s->nr_stretch < nr) {
		struct piece *p = &s->piece[s->nr_piece++];

		for (i = 0; i < PIECE_STEPS; i++)
			gen_step(&s->gen);
		p->end = s->nr_stretch;
		p->snapshot = gen_snapshot(&s->gen, &p->len);
	}
	s->gen.emit = emit;
}

/* All of the stretch at once, a piece under each hold of the lock; then on as usual. */
static void write_stretch(struct stress *s)
{
	uint64_t begin = now_ns(), i = 0;

	while (s->at_piece < s->nr_piece) {
		pthread_mutex_lock(&s->lock);
		for (; i < s->piece[s->at_piece].end; i++)
			emit(s, &s->stretch[i]);
		s->at_piece++;
		pthread_mutex_unlock(&s->lock);
	}
	s->burst = (double)i / ((double)(now_ns() - begin) / 1e9);
}

/* Ahead of its rate it waits a millisecond. */
static void *writer(void *arg)
{
	const struct timespec ms = { 0, 1000000 };
	uint64_t begin, steps = 0;
	struct stress *s = arg;

	write_stretch(s);
	begin = now_ns();
	while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
		if (s->rate && !(steps++ % 16) &&
		    (double)(s->gen.emitted - s->nr_stretch) * 1e9 >
		    (double)s->rate * (double)(now_ns() - begin))
			nanosleep(&ms, NULL);
		pthread_mutex_lock(&s->lock);
		gen_step(&s->gen);
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

static int stress_snapshot(struct source *src, void **buf, size_t *len, struct error *err)
{
	struct stress *s = (struct stress *)src;

	(void)err;
	pthread_mutex_lock(&s->lock);
	if (s->at_piece == s->nr_piece) {
		*buf = gen_snapshot(&s->gen, len);
	} else {
		const void *at = s->at_piece ? s->piece[s->at_piece - 1].snapshot : s->first;

		*len = s->at_piece ? s->piece[s->at_piece - 1].len : s->first_len;
		*buf = xcalloc(1, *len);
		memcpy(*buf, at, *len);
	}
	pthread_mutex_unlock(&s->lock);
	return 0;
}

static int stress_drain(struct source *src, size_t max, struct error *err)
{
	struct stress *s = (struct stress *)src;
	size_t done = 0;

	(void)err;
	while (done < max && s->tail != __atomic_load_n(&s->head, __ATOMIC_ACQUIRE)) {
		struct vcm_event ev = s->ring[s->tail % s->src.capacity];

		__atomic_store_n(&s->tail, s->tail + 1, __ATOMIC_RELEASE);
		src->event(src->arg, &ev);
		done++;
	}
	src->losses.events = __atomic_load_n(&s->dropped, __ATOMIC_ACQUIRE);
	return (int)done;
}

static const struct source_ops stress_ops = {
	.snapshot = stress_snapshot,
	.drain = stress_drain,
};

struct outcome {
	uint64_t made;		/* by the writer, after the first state */
	double burst;
	uint64_t frames;
	double seconds;
	double cpu;		/* of the reader */
	struct totals totals;
	bool equal;
};

static double thread_cpu(void)
{
	struct rusage use;

	getrusage(RUSAGE_THREAD, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void draw(struct top *top, struct follow *f, struct tui *tui)
{
	struct tui_data d = { top, &f->model, &f->totals };
	struct grid g;

	top_mark(top, now_ns());
	grid_init(&g, 24, 80, false);
	tui_draw(tui, &g, &d);
	grid_fini(&g);
	top_unmark(top);
}

static void follow_for(struct follow *f, struct top *top, double seconds, struct outcome *o)
{
	const struct timespec look = { 0, 20000000 };
	uint64_t begin = now_ns(), next = begin + 1000000000;
	struct error err = { 0 };
	struct tui tui;

	tui_init(&tui, &(struct filter){ 0 });
	while ((double)(now_ns() - begin) < seconds * 1e9) {
		CHECK_EQ(follow_poll(f, &err), 0);
		if (now_ns() >= next) {
			draw(top, f, &tui);
			next += 1000000000;
			o->frames++;
		}
		nanosleep(&look, NULL);
	}
	o->seconds = (double)(now_ns() - begin) / 1e9;
}

/* @burst: so many events first, as fast as they can be copied. */
static void run(uint64_t rate, double seconds, size_t bytes, uint64_t burst, struct outcome *o)
{
	static const struct header header = { "1.2.3", "none", "stress", "none" };
	struct stress *s = xcalloc(1, sizeof(*s));
	struct error err = { 0 };
	struct follow f;
	struct top top;
	pthread_t thread;
	bool lost = false;

	memset(o, 0, sizeof(*o));
	s->src.ops = &stress_ops;
	s->src.name = "stress";
	s->src.capacity = bytes / RECORD_BYTES;
	s->ring = xcalloc(s->src.capacity, sizeof(*s->ring));
	s->rate = rate;
	pthread_mutex_init(&s->lock, NULL);
	gen_init(&s->gen, tap_seed());
	s->gen.emit = emit;
	s->gen.arg = s;
	s->first = gen_snapshot(&s->gen, &s->first_len);
	if (burst)
		prepare(s, burst);
	top_init(&top, now_ns());
	top.sink.ops->header(&top.sink, &header);
	follow_init(&f, &s->src, &top.sink);
	CHECK_EQ(follow_start(&f, &err), 0);	/* before the writer, so that all is counted */
	o->cpu = thread_cpu();
	CHECK_EQ(pthread_create(&thread, NULL, writer, s), 0);
	follow_for(&f, &top, seconds, o);
	o->cpu = thread_cpu() - o->cpu;
	__atomic_store_n(&s->stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	CHECK_EQ(follow_finish(&f, &err), 0);
	o->made = s->gen.emitted;
	o->burst = s->burst;
	o->totals = f.totals;
	o->equal = !follow_verify(&f, &lost, &err) && !lost;
	if (err.code)
		tap_note("%s", err.text);
	follow_fini(&f);
	top_fini(&top);
	while (s->nr_piece)
		free(s->piece[--s->nr_piece].snapshot);
	free(s->first);
	free(s->piece);
	free(s->stretch);
	free(s->ring);
	free(s);
}

static void test_flood(void)
{
	struct outcome o;

	run(0, 1.5, 64 << 10, 300000, &o);
	tap_note("%" PRIu64 " events, %" PRIu64 " told, %" PRIu64 " lost", o.made, o.totals.events,
		 totals_lost(&o.totals));
	CHECK(o.totals.dropped > 0);
	CHECK_EQ(o.totals.events + o.totals.dropped, o.made);
	CHECK(o.totals.resyncs > 0);
	CHECK(o.frames > 0);
	CHECK(o.equal);
}

static void test_quiet(void)
{
	struct outcome o;

	run(2000, 1.0, 4 << 20, 0, &o);
	CHECK(o.made > 0);
	CHECK_EQ(totals_lost(&o.totals), 0);
	CHECK_EQ(o.totals.events, o.made);
	CHECK(o.equal);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_flood, "a flood is counted to the last event, and the state is made good"),
	TAP_TEST(test_quiet, "what fits is told without a loss"),
};

int main(int argc, char **argv)
{
	struct outcome o;
	uint64_t burst;

	if (argc != 5)
		return tap_main("stress", tests, ARRAY_LEN(tests));
	burst = strtoull(argv[4], NULL, 0);
	run(strtoull(argv[1], NULL, 0), atof(argv[2]), strtoull(argv[3], NULL, 0), burst, &o);
	if (o.burst > 0)
		printf("burst of %.0f events/s, then ", o.burst);
	printf("%.0f events/s for %.1f s: %" PRIu64 " made, %" PRIu64 " told, %" PRIu64
	       " lost, %" PRIu64 " resyncs, state %s, reader %.1f%% of a CPU\n",
	       (double)(o.made - burst) / o.seconds, o.seconds, o.made, o.totals.events,
	       totals_lost(&o.totals), o.totals.resyncs, o.equal ? "equal" : "DIFFERS",
	       o.cpu / o.seconds * 100);
	return o.equal && o.totals.events + totals_lost(&o.totals) == o.made ? 0 : 1;
}
