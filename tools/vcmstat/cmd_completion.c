// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_completion.c - vcmstat completion: the tables of options for a shell, or for a test.
 *
 * The shell function needs nothing but bash.  What it knows are two questions with their answers
 * written out: which words fit behind a command, and what a value of an option is.
 */
#include <string.h>

#include "vcmstat.h"

static struct {
	const char *what;
} env = { .what = "bash" };

static const struct opt opts[] = {
	{ OPT_CHOICE, NULL, 0, "what", &env.what,
	  "bash (default), or table: every option as a line of columns split by tabs",
	  .choices = "bash table" },
	{ OPT_END },
};

static const char *kind_of(const struct opt *o)
{
	switch (o->type) {
	case OPT_FLAG: return "flag";
	case OPT_FILE: return "file";
	case OPT_DIR: return "dir";
	case OPT_CHOICE: return "words";
	default: return "value";
	}
}

static void print_words(FILE *out, const struct command *cmd)
{
	const struct opt *tables[COMMAND_TABLES], *const *table, *o;

	command_tables(cmd, tables);
	fprintf(out, "\t%s) echo '", cmd ? cmd->name : "''");
	opts_each(table, o, tables) {
		if (o->name)
			fprintf(out, "--%s ", o->name);
		if (o->name && o->letter)
			fprintf(out, "-%c ", o->letter);
	}
	fputs("' ;;\n", out);
}

static void print_values(FILE *out, const struct command *cmd)
{
	const struct opt *tables[COMMAND_TABLES], *const *table, *o;
	unsigned int nr = 0;

	command_tables(cmd, tables);
	opts_each(table, o, tables) {
		if (o->type == OPT_FLAG)
			continue;
		fprintf(out, "\t%s:", cmd ? cmd->name : "");
		if (o->name)
			fprintf(out, "--%s", o->name);
		else
			fprintf(out, "%u", ++nr);
		if (o->name && o->letter)
			fprintf(out, "|%s:-%c", cmd ? cmd->name : "", o->letter);
		fprintf(out, ") echo '%s %s' ;;\n", kind_of(o), o->choices ? o->choices : "");
	}
}

static void print_cases(FILE *out, void (*print)(FILE *out, const struct command *cmd))
{
	const struct command *const *cmd;

	print(out, NULL);
	for (cmd = commands; *cmd; cmd++)
		print(out, *cmd);
	fputs("\tesac\n}\n\n", out);
}

static void print_bash(FILE *out)
{
	const struct command *const *cmd;

	fputs("# bash completion of vcmstat, made by 'vcmstat completion'\n\n"
	      "_vcmstat_words() {\t# COMMAND: its options\n\tcase $1 in\n", out);
	print_cases(out, print_words);
	fputs("_vcmstat_value() {\t# COMMAND:OPTION, COMMAND:NR: what the value is\n"
	      "\tcase $1 in\n", out);
	print_cases(out, print_values);
	fputs("_vcmstat() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev='' cmd='' nr=1 i word kind values\n"
	      "\tlocal commands='", out);
	for (cmd = commands; *cmd; cmd++)
		fprintf(out, "%s%s", cmd == commands ? "" : " ", (*cmd)->name);
	fputs("'\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tword=${COMP_WORDS[i]}\n"
	      "\t\tkind=''\n"
	      "\t\t[ \"$word\" = = ] && continue\n"
	      "\t\t[ -n \"$prev\" ] && { prev=''; continue; }\n"
	      "\t\t" "read -r kind _ <<<\"$(_vcmstat_value \"$cmd:$word\")\"\n"
	      "\t\tcase $word in\n"
	      "\t\t-*) [ -n \"$kind\" ] && prev=$word ;;\n"
	      "\t\t*) if [ -z \"$cmd\" ]; then cmd=$word; else nr=$((nr + 1)); fi ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\t[ \"$cur\" = = ] && cur=''\n"
	      "\t" "read -r kind values <<<\"$(_vcmstat_value \"$cmd:${prev:-$nr}\")\"\n"
	      "\tcase $prev:$kind:$cur in\n"
	      "\t:*:-*) values=$(_vcmstat_words \"$cmd\") ;;\n"
	      "\t*:file:*) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return ;;\n"
	      "\t*:dir:*) mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); return ;;\n"
	      "\t::*) [ -z \"$cmd\" ] && values=$commands ;;\n"
	      "\tesac\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$cur\")\n"
	      "}\n"
	      "complete -F _vcmstat -o filenames vcmstat\n", out);
}

/* command, long, letter, kind, what the value is called, choices; "-" where there is none. */
static void print_table(FILE *out)
{
	const struct command *const *cmd;

	for (cmd = commands; *cmd; cmd++) {
		const struct opt *tables[COMMAND_TABLES], *const *table, *o;

		command_tables(*cmd, tables);
		opts_each(table, o, tables)
			fprintf(out, "%s\t%s\t%c\t%s\t%s\t%s\t%s\n", (*cmd)->name,
				o->name ? o->name : "-", o->letter ? o->letter : '-', kind_of(o),
				o->arg ? o->arg : "-", o->choices ? o->choices : "-",
				*table == global_opts ? "global" : "own");
	}
}

static int run_completion(const struct settings *set)
{
	if (!strcmp(env.what, "table"))
		print_table(set->out);
	else
		print_bash(set->out);
	return EXIT_OK;
}

const struct command cmd_completion = {
	.name = "completion",
	.task = TASK_CHECK,
	.summary = "the completion function for bash",
	.examples =
		"  . <(vcmstat completion)           complete in this shell\n",
	.opts = opts,
	.run = run_completion,
};
