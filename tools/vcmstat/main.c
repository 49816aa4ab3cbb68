// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - from the command line to the command, and back to the exit code.
 */
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_CTF
#include "rec_ctf.h"
#endif
#include "schema_json.h"
#include "source.h"
#include "vcmstat.h"

#ifndef VERSION
#error "VERSION comes from the Makefile"
#endif

static char *part;	/* name of what becomes --output in the end */

void fill_header(struct header *h, const char *source, const char *faults)
{
	static struct utsname uts;
	struct timespec real;
	static char filter[256];

	uname(&uts);
	h->version = VERSION;
	h->kernel = uts.release;
	h->source = source;
	h->faults = faults;
	h->ts_ns = now_ns();
	clock_gettime(CLOCK_REALTIME, &real);
	h->realtime_ns = (uint64_t)real.tv_sec * 1000000000u + (uint64_t)real.tv_nsec;
	h->filter = filter_text(&settings.filter, filter, sizeof(filter));
}

#ifdef HAVE_TRACEFS
static const char with_tracefs[] = " tracefs";
#else
static const char with_tracefs[] = "";
#endif

#ifdef HAVE_NCURSES
static const char with_screen[] = " screen";
#else
static const char with_screen[] = "";
#endif

#ifdef HAVE_CTF
static const char with_ctf[] = " ctf";

static struct rec *open_trace(const char *path, struct error *err)
{
	uint64_t pid = settings.filter.pid;

	/* everything in what is read is of that process, and no event has the names of holders */
	settings.filter.pid = 0;
	return rec_ctf_open(path, pid, err);
}
#else
static const char with_ctf[] = "";
#endif

static void version(void)
{
	bool bpf = strcmp(src_bpf_version(), "none");

	printf("vcmstat %s\nlibbpf %s\nsources:%s%s snapshot recording%s\n"
	       "faults: %s\noutputs: text json debugfs%s\nsnapshot version: %u\n",
	       VERSION, src_bpf_version(), bpf ? " tp_btf raw_tp tp" : "", with_tracefs, with_ctf,
	       bpf ? "vtd amd virtio report" : "none", with_screen, VCM_SNAP_VERSION);
}

/* Asked for a text about vcmstat itself. */
static bool wants_text(void)
{
	return want_help || want_version || want_schema;
}

/*
 * A source that is a file, or ctf:FOLDER, is what the command reads in place of the module, as if
 * it were named by --input.
 */
static int choose_source(const struct command *cmd, struct error *err)
{
	const char *path;
	struct stat st;

	if (src_path(settings.source, &path, err))
		return -1;
	if (!path)
		return 0;
	if (settings.input)
		return error_set(err, EXIT_USAGE, "--source %s and --input %s: one of them",
				 settings.source, settings.input);
	if (cmd->live)
		return error_set(err, EXIT_USAGE, "%s needs the running module: %s",
				 cmd->name, cmd->live);
	if (path != settings.source && !stat(path, &st) && !S_ISDIR(st.st_mode))
		return error_set(err, EXIT_DAMAGED, "%s: not a folder, so not a CTF trace", path);
	settings.input = path;
	settings.source = NULL;
	return 0;
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
	if (at >= argc) {
		cmd = isatty(STDOUT_FILENO) && !settings.json && !settings.output ?
		      &cmd_top : &cmd_list;
		return choose_source(cmd, err) ? NULL : cmd;
	}
	cmd = argv[at][0] >= '0' && argv[at][0] <= '9' ? &cmd_rates : command_named(argv[at]);
	if (!cmd) {
		error_set(err, EXIT_USAGE, "no such command: '%s' (see --help)", argv[at]);
		return NULL;
	}
	command_tables(cmd, tables);
	if (cmd == &cmd_rates && strcmp(argv[at], cmd->name))
		at--;	/* the word is its interval */
	if (opts_parse(tables, argc - at - 1, argv + at + 1, false, err) < 0)
		return NULL;
	if (filter_range(&settings.filter, err) || choose_source(cmd, err))
		return NULL;
	missing = wants_text() ? NULL : opts_missing(tables);
	if (missing)
		error_set(err, EXIT_USAGE, "%s needs %s (see vcmstat %s --help)", cmd->name,
			  missing, cmd->name);
	*named = true;
	return cmd;
}

/* Beside the file that is to be, so that a rename puts it there. */
static FILE *open_part(void)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	part = xcalloc(1, strlen(settings.output) + sizeof(".XXXXXX"));
	sprintf(part, "%s.XXXXXX", settings.output);
	fd = mkostemp(part, O_CLOEXEC);
	if (fd < 0)
		return NULL;
	fchmod(fd, 0666 & ~mask);
	return fdopen(fd, "w");
}

/* A device, a pipe or a link is written to, not replaced. */
static bool can_replace(const char *path)
{
	struct stat st;

	return lstat(path, &st) ? errno == ENOENT : S_ISREG(st.st_mode);
}

static int open_output(const struct command *cmd, struct error *err)
{
	if (!settings.output || !strcmp(settings.output, "-"))
		return 0;
	settings.out = cmd->whole_output && can_replace(settings.output) ?
		       open_part() : fopen(settings.output, "we");
	if (settings.out)
		return 0;
	settings.out = stdout;
	return error_set(err, errno == EACCES ? EXIT_PERMISSION : EXIT_FAILED,
			 "cannot write %s: %s", settings.output, strerror(errno));
}

/* A full disk shows here at the latest. */
static int finish(int code)
{
	bool good = !fflush(settings.out) && !ferror(settings.out);
	bool whole = code == EXIT_OK || code == EXIT_LOST || code == EXIT_FOUND;
	struct error err = { 0 };

	if (part && good && whole)
		good = !fsync(fileno(settings.out)) && !rename(part, settings.output);
	if (part && !(good && whole))
		unlink(part);
	free(part);
	if (good || !whole)
		return code;
	error_set(&err, EXIT_FAILED, "cannot write: %s", strerror(errno));
	return error_print(&err);
}

static int print_text(const struct command *cmd)
{
	if (want_version)
		version();
	else if (want_schema)
		schema_json(stdout);
	else
		help_print(stdout, cmd);
	return finish(EXIT_OK);
}

int main(int argc, char **argv)
{
	const char *no_color = getenv("NO_COLOR");
	struct error err = { 0 };
	bool named = false;
	const struct command *cmd = parse(argc - 1, argv + 1, &named, &err);

	settings.out = stdout;
#ifdef HAVE_CTF
	rec_open_folder = open_trace;
#endif
	setlocale(LC_CTYPE, "");
	settings.ascii |= strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	settings.no_color |= no_color && *no_color;
	if (!err.code && (settings.ring & (settings.ring - 1)))
		error_set(&err, EXIT_USAGE, "--ring: %llu is not a power of two",
			  (unsigned long long)settings.ring);
	if (err.code)
		return error_print(&err);
	if (wants_text())
		return print_text(named ? cmd : NULL);
	if (open_output(cmd, &err))
		return error_print(&err);
	return finish(cmd->run(&settings));
}
