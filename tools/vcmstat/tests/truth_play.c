// SPDX-License-Identifier: GPL-2.0-only
/*
 * truth_play.c - what vcmsim tells of a scenario becomes the story: times, processes, and faults
 * as IOMMUs tell them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "jsonin.h"
#include "tap.h"
#include "truth.h"

#define BEGIN_NS	100000000000ull
#define STEP_NS		1000u
#define WAITING		64

struct waiting {
	uint64_t due_ns;	/* 0 for a free place */
	char line[256];
};

struct player {
	struct truth *t;
	FILE *out;
	uint64_t now_ns;
	unsigned int actor;
	unsigned int fault;	/* case that the next fault belongs to */
	struct waiting waiting[WAITING];
};

static void tell_due(struct player *p)
{
	unsigned int i;

	for (i = 0; i < WAITING; i++) {
		if (p->waiting[i].due_ns && p->waiting[i].due_ns <= p->now_ns) {
			fputs(p->waiting[i].line, p->out);
			p->waiting[i].due_ns = 0;
		}
	}
}

static void tell_record(struct player *p, struct truth_case *c)
{
	bool is_vtd = !strcmp(c->source, "vtd");
	const char *access = !strcmp(c->source, "virtio") && !strcmp(c->rule, "not-bound") ?
			     "unknown" : c->write ? "write" : "read";
	unsigned int i;

	c->ts_ns = p->now_ns + c->stamp_ns;
	for (i = 0; i < WAITING && p->waiting[i].due_ns; i++)
		;
	CHECK(i < WAITING);
	p->waiting[i].due_ns = c->ts_ns + c->tell_ns;
	snprintf(p->waiting[i].line, sizeof(p->waiting[i].line),
		 "{\"type\":\"fault\",\"source\":\"%s\",\"ts_ns\":%" PRIu64 ",\"device\":\"d%u\","
		 "\"iova\":%" PRIu64 ",\"access\":\"%s\",\"reason\":%u}\n", c->source, c->ts_ns,
		 c->device, is_vtd ? c->iova & ~(uint64_t)(TRUTH_PAGE - 1) : c->iova, access,
		 !is_vtd ? 0 : c->write ? 5 : 6);
}

/* Copy @line with the numbers of the story in place of those of the run. */
static void tell_event(struct player *p, const char *line, const char *event)
{
	const char *at;
	size_t len;

	while (*line) {
		at = strchr(line, ',');
		len = at ? (size_t)(at - line) : strlen(line);
		if (!strncmp(line, "\"ts_ns\":", 8))
			fprintf(p->out, "\"ts_ns\":%" PRIu64, p->now_ns);
		else if (!strncmp(line, "\"pid\":", 6) || !strncmp(line, "\"tid\":", 6))
			fprintf(p->out, "%.5s:%u", line, truth_pid(p->actor));
		else if (!strncmp(line, "\"comm\":", 7))
			fprintf(p->out, "\"comm\":\"actor%u\"", p->actor);
		else if (event && !strncmp(line, "\"event\":", 8))
			fprintf(p->out, "\"event\":\"%s\"%s", event,
				",\"op\":1,\"arg0\":0,\"arg1\":0,\"arg2\":0");
		else
			fprintf(p->out, "%.*s", (int)len, line);
		if (line[len - 1] == '\n' && !strncmp(line, "\"comm\":", 7))
			fputs("}\n", p->out);	/* an event without fields of its own */
		line += len;
		if (*line == ',')
			fputc(*line++, p->out);
	}
}

static void take_mark(struct player *p, uint64_t nr)
{
	const struct truth_mark *mark = &p->t->mark[nr];

	CHECK(nr < p->t->nr_mark);
	p->now_ns += mark->wait_ns;
	p->actor = mark->actor;
	p->fault = mark->fault;
	if (!mark->allowed)
		return;
	tell_record(p, &p->t->cases[p->fault]);
	p->fault = TRUTH_NONE;
}

/* An access has faulted: as the story wants it told. */
static void take_fault(struct player *p, const char *line, bool is_event)
{
	struct truth_case *c = &p->t->cases[p->fault];

	CHECK(p->fault != TRUTH_NONE);
	p->fault = TRUTH_NONE;
	if (c->source)
		tell_record(p, c);
	else
		c->ts_ns = p->now_ns;
	if (is_event)	/* its number in the stream has to be there, whatever is told */
		tell_event(p, line, c->source ? "vcm_error" : NULL);
}

static void take_line(struct player *p, struct jsonin *j, const char *line)
{
	const char *type = jsonin_text(j, "type"), *event = jsonin_text(j, "event");
	uint64_t op = 0, arg = 0;

	p->now_ns += STEP_NS;
	if (type && !strcmp(type, "fault")) {
		take_fault(p, line, false);
		return;
	}
	if (type && !strcmp(type, "end"))
		p->now_ns += 1000 * MS;
	if (event && !strcmp(event, "vcm_error") && jsonin_u64(j, "op", UINT64_MAX, &op) &&
	    jsonin_u64(j, "arg0", UINT64_MAX, &arg) && arg >= TRUTH_MARK_BASE)
		take_mark(p, (arg - TRUTH_MARK_BASE) / TRUTH_PAGE);
	tell_due(p);
	if (event && !strcmp(event, "vcm_fault"))
		take_fault(p, line, true);
	else if (event)
		tell_event(p, line, NULL);
	else
		fputs(line, p->out);
}

int truth_play(struct truth *t, const char *vcmsim, const char *scenario, FILE *out)
{
	struct player p = { .t = t, .out = out, .now_ns = BEGIN_NS, .fault = TRUTH_NONE };
	struct jsonin j = { 0 };
	char command[1024];
	char *line = NULL, *copy;
	size_t room = 0;
	FILE *in;

	snprintf(command, sizeof(command), "'%s' --json --keep '%s'", vcmsim, scenario);
	in = popen(command, "re");
	CHECK(in != NULL);
	while (getline(&line, &room, in) > 0) {
		copy = strndup(line, strcspn(line, "\n"));
		CHECK(copy && jsonin_parse(&j, copy, strlen(copy)));
		take_line(&p, &j, line);
		free(copy);
	}
	free(line);
	return pclose(in);
}
