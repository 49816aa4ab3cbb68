// SPDX-License-Identifier: GPL-2.0-only
/*
 * gen_recording.c - gen_recording SEED OPERATIONS: a recording of the toy VCM of gen.h on stdout,
 * for tests that want one of any length.
 */
#include <stdlib.h>

#include "gen.h"
#include "play.h"

static const struct vcm_fault fault = { .iova = 0x180800, .device = 0x28, .reason = 5,
					.access = VCM_FAULT_WRITE };

static void tell(void *arg, const struct vcm_event *ev)
{
	struct sink *s = arg;

	s->ops->event(s, ev);
}

int main(int argc, char **argv)
{
	const struct header h = { "test", "6.12.0-test", "gen", "vtd", 1, 1795600000000000000 };
	long nr = argc > 2 ? atol(argv[2]) : 100, i;
	struct sink *s = out_rec_new(stdout);
	struct vcm_fault at = fault;
	struct totals t = { 0 };
	struct error err = { 0 };
	struct model m;
	struct gen g;
	size_t len;
	void *buf;

	gen_init(&g, argc > 1 ? strtoull(argv[1], NULL, 0) : 1);
	for (i = 0; i < 40; i++)
		gen_step(&g);
	buf = gen_snapshot(&g, &len);
	model_init(&m);
	if (model_load(&m, buf, len, &err))
		return error_print(&err);
	free(buf);
	s->ops->header(s, &h);
	s->ops->state(s, &m, false);
	model_fini(&m);
	g.emit = tell;
	g.arg = s;
	g.emitted = 0;
	for (i = 0; i < nr; i++) {
		gen_step(&g);
		if (i % 1000 != 500)
			continue;
		at.ts_ns = g.clock + 1;
		s->ops->fault(s, &at);
		t.faults++;
	}
	t.events = g.emitted;
	s->ops->end(s, &t, "complete");
	s->ops->close(s);
	return fflush(stdout) || ferror(stdout);
}
