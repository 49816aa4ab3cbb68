// SPDX-License-Identifier: GPL-2.0-only
/* feed.c - see feed.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "feed.h"

#define SLICE	50000	/* items at once, so that keys and ticks are not kept waiting */

static int open_live(struct feed *f, const struct settings *set, struct sink *sink,
		     struct error *err)
{
	struct header h;

	f->src = src_open(set, true, err);
	if (!f->src)
		return -1;
	follow_init(&f->follow, f->src, sink);
	fill_header(&h, f->src->name, f->src->faults);
	sink->ops->header(sink, &h);
	return follow_start(&f->follow, err);
}

/* What comes first, so that whoever opened knows what it is. */
static int play_header(struct feed *f, struct error *err)
{
	static struct header h;
	int ret;

	fill_header(&h, f->rec->kind, "none");
	f->play.as = &h;
	ret = rec_next(f->rec, &f->item, err);
	if (ret <= 0)
		return ret;
	return play_take(&f->play, f->rec, &f->item, err) < 0 ? -1 : 0;
}

static int open_recording(struct feed *f, const struct settings *set, struct sink *sink,
			  struct error *err)
{
	f->rec = rec_open(set->input, err);
	if (!f->rec)
		return -1;
	play_init(&f->play, sink);
	if (set->until && play_until_parse(&f->play.until, set->until, err))
		return -1;
	if (f->speed <= 0)
		f->always = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	return play_header(f, err);
}

int feed_open(struct feed *f, const struct settings *set, struct sink *sink, double speed,
	      struct error *err)
{
	memset(f, 0, sizeof(*f));
	f->speed = speed;
	f->always = -1;
	return set->input ? open_recording(f, set, sink, err) : open_live(f, set, sink, err);
}

void feed_close(struct feed *f)
{
	if (f->src) {
		follow_fini(&f->follow);
		f->src->ops->close(f->src);
	}
	if (f->rec) {
		play_fini(&f->play);
		rec_close(f->rec);
	}
	if (f->always >= 0)
		close(f->always);
}

/* What happened at @ts_ns is due; what has no time always is. */
static bool is_due(struct feed *f, uint64_t ts_ns, uint64_t now)
{
	if (!ts_ns || f->speed <= 0)
		return true;
	if (!f->begun) {
		f->begun = true;
		f->begin_ns = now;
		f->first_ns = ts_ns;
	}
	return ts_ns <= f->first_ns ||
	       (double)(ts_ns - f->first_ns) <= (double)(now - f->begin_ns) * f->speed;
}

static int end_recording(struct feed *f)
{
	f->ended = true;
	play_end(&f->play, f->rec);
	if (f->always >= 0)
		close(f->always);
	f->always = -1;
	return 1;
}

static int play_some(struct feed *f, struct error *err)
{
	uint64_t now = now_ns();
	unsigned int i;
	int ret;

	for (i = 0; i < SLICE && !f->ended; i++) {
		ret = f->pending ? 1 : rec_next(f->rec, &f->item, err);
		if (ret < 0)
			return -1;
		if (!ret)
			return end_recording(f);
		f->pending = !is_due(f, play_time(&f->item), now);
		if (f->pending)
			return 0;
		ret = play_take(&f->play, f->rec, &f->item, err);
		if (ret <= 0)
			return ret ? -1 : end_recording(f);
	}
	return f->ended;
}

int feed_poll(struct feed *f, struct error *err)
{
	if (f->src)
		return follow_poll(&f->follow, err);
	return f->ended ? 1 : play_some(f, err);
}

int feed_fd(const struct feed *f)
{
	return f->src ? f->src->ops->fd(f->src) : f->always;
}

int feed_verdict(struct feed *f, const struct settings *set, struct error *err)
{
	const struct totals *t = feed_totals(f);
	bool lost = totals_lost(t) || t->fault_dropped;

	if (f->rec && f->ended)
		return load_verdict(set, &f->play, f->rec, err);
	if (!lost && feed_model(f)->conflicts)
		return error_set(err, EXIT_FAILED, "the events contradict the state: %s",
				 feed_model(f)->conflict);
	return lost && set->strict ? EXIT_LOST : EXIT_OK;
}
