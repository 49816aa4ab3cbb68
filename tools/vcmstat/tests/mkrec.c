// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkrec.c - make a recording without a kernel:  mkrec FILE EVENTS RATE [SEED]
 *
 * At least EVENTS events of the toy of gen.h, RATE a second by their times, in the format of
 * 'vcmstat record'.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gen.h"
#include "sink.h"

struct maker {
	struct sink *sink;
	uint64_t nr;
	double rate;
};

static void emit(void *arg, const struct vcm_event *ev)
{
	struct maker *m = arg;
	struct vcm_event timed = *ev;

	timed.ts_ns = 1000000000 + (uint64_t)((double)m->nr++ / m->rate * 1e9);
	m->sink->ops->event(m->sink, &timed);
}

int main(int argc, char **argv)
{
	static const struct header header = { "test", "6.12.0-test", "tp_btf", "none" };
	struct totals t = { 0 };
	struct error err = { 0 };
	struct maker m;
	struct model first;
	struct gen g;
	size_t len;
	void *buf;
	FILE *out;

	if (argc < 4) {
		fputs("usage: mkrec FILE EVENTS RATE [SEED]\n", stderr);
		return EXIT_USAGE;
	}
	out = fopen(argv[1], "we");
	if (!out) {
		perror(argv[1]);
		return EXIT_FAILED;
	}
	m = (struct maker){ .sink = out_rec_new(out), .rate = atof(argv[3]) };
	gen_init(&g, argc > 4 ? strtoull(argv[4], NULL, 0) : 1);
	model_init(&first);
	buf = gen_snapshot(&g, &len);
	if (model_load(&first, buf, len, &err))
		return error_print(&err);
	free(buf);
	m.sink->ops->header(m.sink, &header);
	m.sink->ops->state(m.sink, &first, false);
	model_fini(&first);
	g.emit = emit;
	g.arg = &m;
	while (m.nr < strtoull(argv[2], NULL, 0))
		gen_step(&g);
	t.events = m.nr;
	m.sink->ops->end(m.sink, &t, "complete");
	m.sink->ops->close(m.sink);
	return fclose(out) ? EXIT_FAILED : EXIT_OK;
}
