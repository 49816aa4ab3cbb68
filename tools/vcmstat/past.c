// SPDX-License-Identifier: GPL-2.0-only
/* past.c - see past.h. */
#include <stdlib.h>
#include <string.h>

#include "ksyms.h"
#include "past.h"
#include "sink.h"
#include "source.h"
#include "table.h"

struct past_teller {
	struct source *src;
	struct sink *sink;
	const struct ksyms *names;
	struct table told;	/* beginnings of functions */
	uint64_t missing;
};

void past_set(struct past *past, const struct vcm_past *from)
{
	memset(past, 0, sizeof(*past));
	past->ts_ns = from->ts_ns;
	past->pid = from->pid;
	past->tid = from->tid;
	memcpy(past->comm, from->comm, sizeof(past->comm));
	past->nr = from->nr < VCM_PAST_FRAMES ? from->nr : VCM_PAST_FRAMES;
	memcpy(past->frames, from->frame, past->nr * sizeof(past->frames[0]));
}

static bool is_of_tracing(const char *name)
{
	static const char * const begin[] = {
		"bpf_prog_", "bpf_trace_run", "trace_call_bpf", "perf_trace_", "__traceiter_",
		"__bpf_trace_", "perf_call_bpf_", "bpf_get_stack",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(begin); i++) {
		if (!strncmp(name, begin[i], strlen(begin[i])))
			return true;
	}
	return false;
}

unsigned int past_first_frame(const struct past *past, const struct ksyms *k)
{
	const struct ksym *sym;
	unsigned int i;

	for (i = 0; i < past->nr; i++) {
		sym = ksyms_find(k, past->frames[i]);
		if (!sym || !is_of_tracing(sym->name))
			return i;
	}
	return 0;	/* names nobody knows: all of it */
}

const char *past_stack(const struct past *past, const struct ksyms *k, char *buf, size_t len)
{
	unsigned int i, first = past_first_frame(past, k);
	char name[200];
	size_t at = 0;

	buf[0] = '\0';
	for (i = first; i < past->nr && at < len; i++)
		at += (size_t)snprintf(buf + at, len - at, "%s%s", i > first ? ";" : "",
				       ksyms_text(k, past->frames[i], name, sizeof(name)));
	return buf;
}

struct past_teller *past_teller_new(struct source *src, struct sink *sink,
				    const struct ksyms *names)
{
	struct past_teller *t = xcalloc(1, sizeof(*t));

	t->src = src;
	t->sink = sink;
	t->names = names;
	table_init(&t->told, sizeof(char));
	return t;
}

void past_teller_free(struct past_teller *t)
{
	if (t)
		table_fini(&t->told);
	free(t);
}

static void tell_name(struct past_teller *t, uint64_t frame)
{
	const struct ksym *sym = ksyms_find(t->names, frame);

	if (!sym || table_find(&t->told, sym->addr, 0))
		return;
	table_add(&t->told, sym->addr, 0);
	sink_symbol(t->sink, sym);
}

void past_tell(struct past_teller *t, const struct vcm_event *ev)
{
	struct past past;
	unsigned int i;

	if (!vcm_past_is_kept(ev->type) || !t->src->ops->past)
		return;
	if (t->src->ops->past(t->src, ev->stream, ev->seq, &past)) {
		t->missing++;
		return;
	}
	for (i = 0; i < past.nr; i++)
		tell_name(t, past.frames[i]);
	sink_past(t->sink, ev->stream, ev->seq, &past);
}

uint64_t past_missing(const struct past_teller *t)
{
	return t->missing;
}
