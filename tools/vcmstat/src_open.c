// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_open.c - which source: the one that was asked for, or the best that works here.
 *
 * Best first: tp_btf costs least and needs the BTF of the module; raw_tp needs BPF only; tp needs
 * tracefs beside; tracefs needs no BPF; snapshot needs nothing and has no events.  What was tried
 * and why it was not taken is said with -v, the one in use always.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "source.h"
#include "vcmstat.h"

#define CTF "ctf:"

static struct source *open_tracefs(const struct settings *set, struct error *err)
{
#ifdef HAVE_TRACEFS
	return src_tracefs_open(set->ring, err);
#else
	(void)set;
	error_set(err, EXIT_ABSENT, "source tracefs is not compiled in: build with libtracefs-dev");
	return NULL;
#endif
}

static struct source *open_rung(const struct settings *set, const char *name, struct error *err)
{
	if (!strcmp(name, "snapshot"))
		return src_poll_open(set->input, err);
	if (set->input) {
		error_set(err, EXIT_USAGE, "--input goes with --source snapshot only");
		return NULL;
	}
	if (!strcmp(name, "tracefs"))
		return open_tracefs(set, err);
	return src_bpf_open(name, set->ring, set->stacks ? set->past : 0, set->verbose, err);
}

static struct source *open_best(const struct settings *set, bool polled, struct error *err)
{
	static const char * const rungs[] = { "tp_btf", "raw_tp", "tp", "tracefs", "snapshot" };
	struct error first = { 0 };
	size_t i, nr = ARRAY_LEN(rungs) - !polled;

	if (set->input)
		return open_rung(set, "snapshot", err);
	if (src_snap_check(err))
		return NULL;
	for (i = 0; i < nr; i++) {
		struct error why = { 0 };
		struct source *src = open_rung(set, rungs[i], &why);

		if (src)
			return src;
		if (set->verbose)
			fprintf(stderr, "vcmstat: not %s: %s\n", rungs[i], why.text);
		if (!first.code)
			first = why;
	}
	*err = first;
	return NULL;
}

static const char words[] = " auto tp_btf raw_tp tp tracefs snapshot ";

static bool is_word(const char *name)
{
	char word[16];

	snprintf(word, sizeof(word), " %.12s ", name);
	return strlen(name) <= 12 && strstr(words, word);
}

/* What is no word has to be there, or look like a path: then whoever opens it tells. */
int src_path(const char *source, const char **path, struct error *err)
{
	*path = NULL;
	if (!source || is_word(source))
		return 0;
	if (!strncmp(source, CTF, strlen(CTF)))
		*path = source + strlen(CTF);
	else if (strchr(source, '/') || !access(source, F_OK))
		*path = source;
	else
		return error_set(err, EXIT_USAGE, "--source: '%s' is no file, and not one of:%s"
				 CTF "FOLDER", source, words);
	return 0;
}

struct source *src_open(const struct settings *set, bool polled, struct error *err)
{
	const char *name = set->source ? set->source : "auto";

	if (!strcmp(name, "auto"))
		return open_best(set, polled, err);
	if (!strcmp(name, "snapshot") && !polled) {
		error_set(err, EXIT_USAGE, "source snapshot has no events, which this command "
			  "needs");
		return NULL;
	}
	return open_rung(set, name, err);
}
