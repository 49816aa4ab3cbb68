// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the table of commands, the global options, help and version.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "source.h"
#include "vcmstat.h"

#ifndef VERSION
#error "VERSION comes from the Makefile"
#endif

static const struct command *const commands[] = {
	&cmd_events,
	&cmd_list,
	&cmd_refs,
	&cmd_top,
	&cmd_verify,
};

static struct settings settings = { .ring = VCM_RING_BYTES };
static bool want_help, want_version;

const struct opt global_opts[] = {
	{ OPT_FLAG, "json", 'j', NULL, &settings.json, "NDJSON: one object a line" },
	{ OPT_TEXT, "snapshot", 0, "FILE", &settings.snapshot,
	  "read a saved snapshot in place of debugfs" },
	{ OPT_U64, "ring", 0, "BYTES", &settings.ring,
	  "event ring, a power of two (default 4M)", .min = 4096, .max = 1u << 30 },
	{ OPT_FLAG, "no-color", 0, NULL, &settings.no_color, "plain screen; NO_COLOR does it too" },
	{ OPT_FLAG, "verbose", 'v', NULL, &settings.verbose, "libbpf's own messages" },
	{ OPT_FLAG, "help", 'h', NULL, &want_help, "this text, or that of the command" },
	{ OPT_FLAG, "version", 'V', NULL, &want_version, "version and what is compiled in" },
	{ OPT_END },
};

void fill_header(struct header *h, const char *source, const char *faults)
{
	static struct utsname uts;

	uname(&uts);
	h->version = VERSION;
	h->kernel = uts.release;
	h->source = source;
	h->faults = faults;
}

static void help(const struct command *cmd)
{
	size_t i;

	if (cmd) {
		printf("usage: vcmstat %s [options] %s\n\n%s\n", cmd->name, cmd->args,
		       cmd->summary);
		opts_help(stdout, "options", cmd->opts);
	} else {
		puts("usage: vcmstat [options] [command [options] [interval [count]]]\n\n"
		     "Shows the contexts, reservations, bindings and references of VCM, live.\n"
		     "Without a command: top on a terminal, list elsewhere.\n\ncommands:");
		for (i = 0; i < ARRAY_LEN(commands); i++)
			printf("  %-24s %s\n", commands[i]->name, commands[i]->summary);
	}
	opts_help(stdout, "global options", global_opts);
	puts("\nexit codes:\n"
	     "  0 done            1 failed          2 bad arguments   3 module or feature absent\n"
	     "  4 faults found    5 events lost     6 no permission");
	puts("\nexamples:");
	for (i = 0; i < ARRAY_LEN(commands); i++) {
		if (!cmd || cmd == commands[i])
			fputs(commands[i]->examples, stdout);
	}
}

static void version(void)
{
	printf("vcmstat %s\nlibbpf %s\nsources: tp_btf snapshot recording\n"
	       "faults: vtd\noutputs: text json debugfs screen\nsnapshot version: %u\n",
	       VERSION, src_bpf_version(), VCM_SNAP_VERSION);
}

static const struct command *command_named(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(commands); i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

/* What to run; *@named: it was asked for by its name. */
static const struct command *parse(int argc, char **argv, bool *named, struct error *err)
{
	const struct opt *tables[3] = { global_opts };
	const struct command *cmd;
	int at = opts_parse(tables, argc, argv, true, err);

	if (at < 0)
		return NULL;
	if (at >= argc)
		return isatty(STDOUT_FILENO) && !settings.json && !settings.snapshot ?
		       &cmd_top : &cmd_list;
	cmd = command_named(argv[at]);
	if (!cmd) {
		error_set(err, EXIT_USAGE, "no such command: '%s' (see --help)", argv[at]);
		return NULL;
	}
	tables[1] = cmd->opts;
	if (opts_parse(tables, argc - at - 1, argv + at + 1, false, err) < 0)
		return NULL;
	*named = true;
	return cmd;
}

static int finish(int code)
{
	struct error err = { 0 };

	if (!fflush(stdout) && !ferror(stdout))
		return code;
	if (code == EXIT_OK) {
		error_set(&err, EXIT_FAILED, "cannot write: %s", strerror(errno));
		return error_print(&err);
	}
	return code;
}

int main(int argc, char **argv)
{
	const char *no_color = getenv("NO_COLOR");
	struct error err = { 0 };
	bool named = false;
	const struct command *cmd = parse(argc - 1, argv + 1, &named, &err);

	settings.out = stdout;
	settings.no_color |= no_color && *no_color;
	if (!err.code && (settings.ring & (settings.ring - 1)))
		error_set(&err, EXIT_USAGE, "--ring: %llu is not a power of two",
			  (unsigned long long)settings.ring);
	if (err.code)
		return error_print(&err);
	if (want_version) {
		version();
		return finish(EXIT_OK);
	}
	if (want_help) {
		help(named ? cmd : NULL);
		return finish(EXIT_OK);
	}
	return finish(cmd->run(&settings));
}
