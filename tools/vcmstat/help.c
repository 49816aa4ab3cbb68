// SPDX-License-Identifier: GPL-2.0-only
/*
 * help.c - --help from the tables: commands by task, options by task, exit codes, examples last.
 */
#include "vcmstat.h"

static const char *const task_names[TASK_END] = {
	[TASK_SEE] = "see what there is",
	[TASK_WATCH] = "watch it change",
	[TASK_KEEP] = "keep it, and turn it into other formats",
	[TASK_CHECK] = "check and set up",
};

static const struct { int code; const char *text; } exits[] = {
#define EXIT_ROW(name, nr, text) { nr, text },
	VCMSTAT_EXITS(EXIT_ROW)
};

static void print_commands(FILE *out)
{
	const struct command *const *cmd;
	unsigned int task;

	for (task = 0; task < TASK_END; task++) {
		fprintf(out, "\n%s:\n", task_names[task]);
		for (cmd = commands; *cmd; cmd++) {
			if ((*cmd)->task == task)
				fprintf(out, "  %-12s %s\n", (*cmd)->name, (*cmd)->summary);
		}
	}
}

static void print_exits(FILE *out)
{
	size_t i;

	fputs("\nexit codes:\n", out);
	for (i = 0; i < ARRAY_LEN(exits); i++)
		fprintf(out, "  %d  %s\n", exits[i].code, exits[i].text);
}

static void print_examples(FILE *out, const struct command *only)
{
	const struct command *const *cmd;

	fputs("\nexamples:\n", out);
	for (cmd = commands; *cmd; cmd++) {
		if (!only || only == *cmd)
			fputs((*cmd)->examples, out);
	}
}

void help_print(FILE *out, const struct command *cmd)
{
	const struct opt *tables[COMMAND_TABLES];
	char args[64];

	command_tables(cmd, tables);
	if (cmd) {
		opts_args(args, sizeof(args), tables);
		fprintf(out, "usage: vcmstat %s [options]%s%s\n\n%s\n", cmd->name,
			args[0] ? " " : "", args, cmd->summary);
	} else {
		fputs("usage: vcmstat [options] [command [options] [arguments]]\n\n"
		      "Shows the contexts, reservations, bindings and references of VCM, live.\n"
		      "Without a command: top on a terminal, list elsewhere.  'vcmstat COMMAND\n"
		      "--help' has the options of a command, 'man vcmstat-COMMAND' all of it.\n",
		      out);
		print_commands(out);
	}
	opts_help(out, tables);
	print_exits(out);
	print_examples(out, cmd);
}
