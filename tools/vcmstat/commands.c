// SPDX-License-Identifier: GPL-2.0-only
/*
 * commands.c - the one table of commands, and the options that several of them share.
 *
 * To add a command: a file cmd_<verb>.c with its row, that row here and in vcmstat.h, and a man
 * page docs/man/vcmstat-<verb>.rst.  Help, completion and the test that all four agree follow.
 */
#include <string.h>

#include "vcm_bpf.h"
#include "vcmstat.h"

/* In the order of the help, within their tasks. */
const struct command *const commands[] = {
	&cmd_list,
	&cmd_map,
	&cmd_refs,
	&cmd_top,
	&cmd_rates,
	&cmd_hist,
	&cmd_leak,
	&cmd_iommu,
	&cmd_events,
	&cmd_fault,
	&cmd_record,
	&cmd_replay,
	&cmd_export,
	&cmd_verify,
	&cmd_completion,
	NULL,
};

struct settings settings = { .ring = VCM_RING_BYTES, .past = VCM_PAST_MAX };
bool want_help, want_version, want_schema;

const struct opt global_opts[] = {
	{ OPT_FLAG, "json", 'j', NULL, &settings.json, "NDJSON: one object a line",
	  .task = "output" },
	{ OPT_FILE, "output", 'o', "FILE", &settings.output, "write there, - is stdout" },
	{ OPT_FLAG, "no-color", 0, NULL, &settings.no_color, "plain screen; NO_COLOR does it too" },
	{ OPT_FLAG, "ascii", 0, NULL, &settings.ascii,
	  "nothing but ASCII; a locale without UTF-8 does it too" },
	{ OPT_FILE, "source", 0, "SOURCE", &settings.source,
	  "auto, tp_btf, raw_tp, tp, tracefs or snapshot; or in place of the module a recorded "
	  "FILE, or ctf:FOLDER with a trace of LTTng", .task = "source" },
	{ OPT_U64, "ring", 0, "BYTES", &settings.ring,
	  "room for events in the kernel, a power of two (default 4M)", .min = 4096,
	  .max = 1u << 30 },
	{ OPT_FLAG, "verbose", 'v', NULL, &settings.verbose, "libbpf's own messages" },
	{ OPT_FLAG, "help", 'h', NULL, &want_help, "this text, or that of the command",
	  .task = "about vcmstat" },
	{ OPT_FLAG, "version", 'V', NULL, &want_version, "version and what is compiled in" },
	{ OPT_FLAG, "schema", 0, NULL, &want_schema, "JSON Schema of the lines of --json" },
	{ OPT_END },
};

const struct opt input_opts[] = {
	{ OPT_FILE, "input", 'i', "FILE", &settings.input,
	  "a recording, NDJSON, snapshot or folder of a trace in place of the running module, - is "
	  "stdin",
	  .task = "source" },
	{ OPT_END },
};

const struct opt until_opts[] = {
	{ OPT_TEXT, "until", 0, "WHEN", &settings.until,
	  "stop there: seconds as in TIME, +seconds since the first event, STREAM:SEQ, or the "
	  "first event of a kind", .task = "source" },
	{ OPT_END },
};

const struct opt strict_opts[] = {
	{ OPT_FLAG, "strict", 0, NULL, &settings.strict, "exit with 5 when events are missing",
	  .task = "source" },
	{ OPT_END },
};

const struct opt past_opts[] = {
	{ OPT_U64, "past", 0, "N", &settings.past,
	  "know who made the last N events that end or change something (default 16384)",
	  .min = 1, .max = 1u << 20, .task = "source" },
	{ OPT_END },
};

const struct opt filter_opts[] = {
	{ OPT_U64, "context", 'c', "N", &settings.filter.vcm,
	  "only what is in that context, and the memory bound there", .min = 1, .max = UINT32_MAX,
	  .task = "filter" },
	{ OPT_TEXT, "device", 0, "NAME", &settings.filter.device,
	  "only contexts of that device" },
	{ OPT_TEXT, "holder", 0, "NAME", &settings.filter.holder,
	  "only what that holder has references to" },
	{ OPT_CHOICE, "state", 0, "STATE", &settings.filter.state,
	  "only reservations that are: reserved, bound, active or window",
	  .choices = "reserved bound active window" },
	{ OPT_TEXT, "range", 0, "RANGE", &settings.filter.range,
	  "only what meets ADDRESS, FIRST-LAST or FIRST+LEN" },
	{ OPT_U64, "pid", 0, "PID", &settings.filter.pid,
	  "only what that process did or holds", .min = 1, .max = UINT32_MAX },
	{ OPT_TEXT, "comm", 0, "NAME", &settings.filter.comm,
	  "only what processes of that name did or hold" },
	{ OPT_END },
};

const struct command *command_named(const char *name)
{
	const struct command *const *cmd;

	for (cmd = commands; *cmd; cmd++) {
		if (!strcmp((*cmd)->name, name))
			return *cmd;
	}
	return NULL;
}

void command_tables(const struct command *cmd, const struct opt **tables)
{
	unsigned int nr = 0, i;

	if (cmd) {
		tables[nr++] = cmd->opts;
		for (i = 0; i < COMMAND_SHARED && cmd->shared[i]; i++)
			tables[nr++] = cmd->shared[i];
	}
	tables[nr++] = global_opts;
	tables[nr] = NULL;
}
