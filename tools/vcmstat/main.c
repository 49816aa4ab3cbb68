// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - from the command line to the command, and back to the exit code.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "source.h"
#include "vcmstat.h"

#ifndef VERSION
#error "VERSION comes from the Makefile"
#endif

void fill_header(struct header *h, const char *source, const char *faults)
{
	static struct utsname uts;
	struct timespec real;

	uname(&uts);
	h->version = VERSION;
	h->kernel = uts.release;
	h->source = source;
	h->faults = faults;
	h->ts_ns = now_ns();
	clock_gettime(CLOCK_REALTIME, &real);
	h->realtime_ns = (uint64_t)real.tv_sec * 1000000000u + (uint64_t)real.tv_nsec;
}

static void version(void)
{
	printf("vcmstat %s\nlibbpf %s\nsources: tp_btf snapshot recording\n"
	       "faults: vtd\noutputs: text json debugfs screen\nsnapshot version: %u\n",
	       VERSION, src_bpf_version(), VCM_SNAP_VERSION);
}

/* What to run; *@named: it was asked for by its name. */
static const struct command *parse(int argc, char **argv, bool *named, struct error *err)
{
	const struct opt *tables[COMMAND_TABLES];
	const struct command *cmd;
	const char *missing;
	int at;

	command_tables(NULL, tables);
	at = opts_parse(tables, argc, argv, true, err);
	if (at < 0)
		return NULL;
	if (at >= argc)
		return isatty(STDOUT_FILENO) && !settings.json && !settings.output ?
		       &cmd_top : &cmd_list;
	cmd = command_named(argv[at]);
	if (!cmd) {
		error_set(err, EXIT_USAGE, "no such command: '%s' (see --help)", argv[at]);
		return NULL;
	}
	command_tables(cmd, tables);
	if (opts_parse(tables, argc - at - 1, argv + at + 1, false, err) < 0)
		return NULL;
	missing = want_help || want_version ? NULL : opts_missing(tables);
	if (missing)
		error_set(err, EXIT_USAGE, "%s needs %s (see vcmstat %s --help)", cmd->name,
			  missing, cmd->name);
	*named = true;
	return cmd;
}

static int open_output(struct error *err)
{
	settings.out = stdout;
	if (!settings.output || !strcmp(settings.output, "-"))
		return 0;
	settings.out = fopen(settings.output, "we");
	if (settings.out)
		return 0;
	return error_set(err, errno == EACCES ? EXIT_PERMISSION : EXIT_FAILED,
			 "cannot write %s: %s", settings.output, strerror(errno));
}

/* A full disk shows here at the latest. */
static int finish(int code)
{
	struct error err = { 0 };

	if (!fflush(settings.out) && !ferror(settings.out))
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
	if (want_version || want_help) {
		if (want_version)
			version();
		else
			help_print(stdout, named ? cmd : NULL);
		return finish(EXIT_OK);
	}
	if (open_output(&err))
		return error_print(&err);
	return finish(cmd->run(&settings));
}
