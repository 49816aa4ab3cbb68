// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_diag_text.c - verdicts for people: sentences broken between words, no line above 79 columns.
 */
#include <inttypes.h>
#include <string.h>

#include "out_diag.h"

#define COLUMNS	79
#define STACK_LINES 8
#define INDENT	12	/* of what a verdict says, behind its confidence */

/*
 * @text from column @col on, broken between words; what follows is indented by @indent and @end
 * stands at the end of each line but the last.
 */
static void wrap(FILE *out, const char *text, size_t col, size_t indent, const char *end)
{
	const size_t room = COLUMNS - strlen(end);
	bool first = true;
	size_t len;

	for (; *text; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		if (!first && col + 1 + len > room) {
			fprintf(out, "%s\n%*s", end, (int)indent, "");
			col = indent;
			first = true;
		}
		fprintf(out, "%s%.*s", first ? "" : " ", (int)len, text);
		col += len + !first;
		first = false;
	}
	fputc('\n', out);
}

/* The innermost functions of a stack, a line each. */
static void put_stack(FILE *out, const char *stack)
{
	unsigned int i;
	size_t len;

	for (i = 0; i < STACK_LINES && *stack; i++) {
		len = strcspn(stack, ";");
		fprintf(out, "%*s%.*s\n", INDENT + 6, "",
			(int)(len < COLUMNS - INDENT - 6 ? len : COLUMNS - INDENT - 6), stack);
		stack += len + (stack[len] == ';');
	}
}

static void put_evidence(FILE *out, const struct diag_evidence *e)
{
	char line[sizeof(e->text) + 64];

	if (e->is_event)
		snprintf(line, sizeof(line), "%u:%" PRIu64 " %s, by %s/%u", e->stream, e->seq,
			 e->text, e->comm, e->pid);
	else
		snprintf(line, sizeof(line), "%s", e->text);
	fprintf(out, "%*s- ", INDENT, "");
	wrap(out, line, INDENT + 2, INDENT + 2, "");
	put_stack(out, e->stack);
}

static void put_verdict(FILE *out, const struct diag_verdict *v, bool first)
{
	char line[DIAG_TEXT + 96];
	unsigned int i;

	snprintf(line, sizeof(line), "%s: %s%s", v->rule->id, v->text,
		 v->after_loss ? " (events are missing: less sure)" : "");
	fprintf(out, "  %-*s", INDENT - 2, diag_confidence_text(v->confidence));
	wrap(out, line, INDENT, INDENT, "");
	for (i = 0; first && i < v->nr_evidence; i++)
		put_evidence(out, &v->evidence[i]);
}

static void text_fault(FILE *out, struct json *j, uint64_t nr, const struct diag_fault *f,
		       const struct diag_result *res)
{
	char device[VCM_DEVICE_NAME_LEN], line[256];
	unsigned int i;

	(void)j;
	snprintf(line, sizeof(line), "fault %" PRIu64 " at %.6f: %s %s %" PRIx64 " (%s%s%s)", nr,
		 (double)f->ts_ns / 1e9,
		 f->device[0] ? name_text(device, sizeof(device), f->device, sizeof(f->device)) :
		 "unknown device", diag_access_text(f->access), f->iova, f->source,
		 f->reason ? ", " : "", f->reason ? f->reason : "");
	wrap(out, line, 0, INDENT, "");
	for (i = 0; i < res->nr; i++)
		put_verdict(out, &res->verdict[i], !i);
	if (res->verdict[0].next[0]) {
		fputs("  next      ", out);
		wrap(out, res->verdict[0].next, INDENT, INDENT, " \\");
	}
}

static void text_repeat(FILE *out, struct json *j, const struct diag_repeat *r)
{
	(void)j;
	fprintf(out, "fault %" PRIu64 " again: %" PRIu64 " times, %" PRIx64 " to %" PRIx64
		", last at %.6f\n", r->fault, r->count, r->lowest, r->highest,
		(double)r->last_ns / 1e9);
}

static void text_storm(FILE *out, struct json *j, const struct diag_storm *s)
{
	char device[VCM_DEVICE_NAME_LEN];

	(void)j;
	fprintf(out, "storm: %" PRIu64 " more faults of %s in %.6f s, only counted\n", s->count,
		s->device[0] ? name_text(device, sizeof(device), s->device, sizeof(s->device)) :
		"an unknown device", (double)(s->last_ns - s->first_ns) / 1e9);
}

static void text_counts(FILE *out, struct json *j, const struct diag_counts *c)
{
	(void)j;
	fprintf(out, "# %" PRIu64 " faults: %" PRIu64 " judged, %" PRIu64 " repeats, %" PRIu64
		" unknown", c->faults, c->judged, c->folded, c->unknown);
	if (c->stormed)
		fprintf(out, ", %" PRIu64 " only counted", c->stormed);
	fputc('\n', out);
}

const struct diag_writer diag_writer_text = {
	.fault = text_fault,
	.repeat = text_repeat,
	.storm = text_storm,
	.counts = text_counts,
};

void out_diag_rules(FILE *out)
{
	unsigned int i;

	for (i = 0; i < DIAG_RULE_END; i++) {
		fprintf(out, "%-15s ", diag_rules[i].id);
		wrap(out, diag_rules[i].text, 16, 16, "");
	}
}
