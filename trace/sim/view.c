// SPDX-License-Identifier: GPL-2.0-only
/*
 * view.c - a run as text: each line of the scenario, and below it the events that it caused.
 */
#define _GNU_SOURCE
#include "sim.h"
#include "vcm.h"

static void nothing(void)
{
}

static void no_file(const char *path)
{
	(void)path;
}

static void no_line(u32 line, const char *text, size_t len)
{
	(void)line;
	(void)text;
	(void)len;
}

static void no_event(const struct vcm_event *event)
{
	(void)event;
}

static void no_refusal(const char *device, u64 iova, bool write)
{
	(void)device;
	(void)iova;
	(void)write;
}

static void no_end(u64 events)
{
	(void)events;
}

static void text_file(const char *path)
{
	printf("== %s\n", path);
}

static void text_line(u32 line, const char *text, size_t len)
{
	printf("%4u  %.*s\n", line, (int)len, text);
}

static void text_value(const struct sim_arg *arg, u64 value)
{
	const char *name = sim_enum(arg->fmt, value);

	printf(" %s=", arg->name);
	if (!strcmp(arg->name, "prot"))
		printf("%c%c", value & VCM_PROT_READ ? 'r' : '-',
		       value & VCM_PROT_WRITE ? 'w' : '-');
	else if (name)
		fputs(name, stdout);
	else
		printf(!strcmp(arg->fmt, "hex") ? "0x%llx" : "%llu", value);
}

static void text_event(const struct vcm_event *event)
{
	const struct sim_event *schema = sim_event(event->type);

	printf("        %3u:%-3llu %-14s vcm=%u id=%llu refs=%u", event->stream, event->seq,
	       schema->name, event->vcm, event->id, event->refs);
	if (event->err)
		printf(" err=%s", strerrorname_np(-event->err));
	for (u32 i = 0; i < schema->nr_arg; i++)
		text_value(&schema->arg[i], event->arg[i]);
	putchar('\n');
}

static void text_refused(const char *device, u64 iova, bool write)
{
	printf("        refused        %s %s 0x%llx: attached to nothing\n", device,
	       write ? "write" : "read", iova);
}

static void text_state(void)
{
	printf("-- what is there at the end\n");
	sim_print_state(stdout);
	printf("-- what the player gives up\n");
}

static void text_end(u64 events)
{
	printf("%llu events\n", events);
}

const struct sim_view sim_text = {
	.begin = nothing,
	.file = text_file,
	.line = text_line,
	.event = text_event,
	.refused = text_refused,
	.state = text_state,
	.end = text_end,
};

const struct sim_view sim_quiet = {
	.begin = nothing,
	.file = no_file,
	.line = no_line,
	.event = no_event,
	.refused = no_refusal,
	.state = nothing,
	.end = no_end,
};
