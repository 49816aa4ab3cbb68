// SPDX-License-Identifier: GPL-2.0-only
/*
 * events_doc.c - docs/events.md, expanded from vcm_events.h and printed.
 *
 * Owns the words around the tables; everything in them is the schema's.  events.sh runs it.
 */
#include <stdio.h>
#include <string.h>

#include "vcm_events.h"

/* "__u64" is "u64" to a reader. */
static void doc_field(const char *type, const char *name, const char *fmt, const char *text)
{
	const int is_plain = !strcmp(fmt, "dec") || !strcmp(fmt, "hex");

	printf("| `%s` | %s | %s%s%s | %s |\n", name, type + 2, is_plain ? "" : "[", fmt,
	       is_plain ? "" : "](#values)", text);
}

#define FIELD(type, name, fmt, text)	doc_field(#type, #name, #fmt, text);
#define COUNT(type, name, fmt, text)	+ 1

static void doc_table(void)
{
	printf("| Field | Type | Shown as | Meaning |\n|---|---|---|---|\n");
}

#define EVENT(name, nr, text)							\
	printf("\n### vcm_" #name "\n\n");					\
	printf("Number %d: %s.\n", nr, text);					\
	if (0 VCM_EV_##name(COUNT)) {						\
		printf("\n");							\
		doc_table();							\
		VCM_EV_##name(FIELD)						\
	}

#define VALUE(NAME, nr, str)	printf("%s%d `%s`", nr_value++ ? ", " : "", nr, str);

#define ENUM(list)								\
	do {									\
		int nr_value = 0;						\
										\
		printf("| %s | ", #list);					\
		VCM_ENUM_##list(VALUE)						\
		printf(" |\n");							\
	} while (0)

static const char doc_begin[] =
"# Events\n"
"\n"
"<!-- Made from kernel/include/vcm_events.h by `make events-doc`; do not edit. -->\n"
"\n"
"Every change of the state of VCM is an event, and so is every operation that failed. The kernel\n"
"has them as tracepoints `vcm:vcm_*` (ftrace, perf, BPF), the user-space build as LTTng-UST\n"
"tracepoints of the same names, and `vcmstat events --json` and `vcmsim --json` print them with\n"
"the same fields. All of that, and this page, is made from one header.\n"
"\n"
"* An event is emitted after the change it tells of, with the lock of its stream held.\n"
"* `seq` counts the events of a stream from 1 without a gap: a missing number is a lost event.\n"
"* Applying the events of a stream to a snapshot of it gives the state of the kernel.\n"
"* Stream 0 is the registry: contexts, memory, associations. A context has streams of its own for\n"
"  its reservations, which its `vcm_create` names.\n"
"* Numbers are ABI: they are appended to and never reused.\n"
"\n"
"## Fields of every event\n"
"\n";

static const char doc_middle[] =
"\n"
"Recorders add when it was (`ts_ns`, CLOCK_MONOTONIC) and who caused it (`pid`, `tid`, `comm`;\n"
"with LTTng the context fields `vpid`, `vtid` and `procname`).\n"
"\n"
"## Events\n";

int main(void)
{
	fputs(doc_begin, stdout);
	doc_table();
	VCM_EVENT_HEAD(FIELD)
	fputs(doc_middle, stdout);
	VCM_EVENTS(EVENT)
	printf("\n## Values\n\n| Shown as | Values |\n|---|---|\n");
	ENUM(driver);
	ENUM(kind);
	ENUM(cache);
	ENUM(source);
	ENUM(access);
	ENUM(op);
	return 0;
}
