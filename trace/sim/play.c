// SPDX-License-Identifier: GPL-2.0-only
/*
 * play.c - one scenario file: read, checked, played, given up.
 */
#include <stdlib.h>

#include "scenario.h"
#include "sim.h"

/* The whole file, or NULL with a message. */
static char *sim_read(const char *path, size_t *len)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	size_t room = 0, got;
	char *text = NULL;

	*len = 0;
	if (!in) {
		fprintf(stderr, "vcmsim: %s: %s\n", path, strerror(errno));
		return NULL;
	}
	do {
		if (room - *len < 4096) {
			room = room * 2 + 8192;
			text = realloc(text, room);
			if (!text)
				abort();
		}
		got = fread(text + *len, 1, room - *len, in);
		*len += got;
	} while (got);
	if (ferror(in)) {
		fprintf(stderr, "vcmsim: %s: %s\n", path, strerror(errno));
		free(text);
		text = NULL;
	}
	if (in != stdin)
		fclose(in);
	return text;
}

static void sim_complain(const char *path, const struct scn_error *error)
{
	char text[160];

	scn_error_text(error, text, sizeof(text));
	fflush(stdout);
	if (error->line)
		fprintf(stderr, "%s:%u: %s\n", path, error->line, text);
	else
		fprintf(stderr, "%s: at the end: %s\n", path, text);
}

static struct scn *sim_player(void)
{
	struct scn *scn = calloc(1, sizeof(*scn));

	if (!scn)
		abort();
	scn_init(scn, sim_host());
	return scn;
}

int sim_check_file(const char *path)
{
	struct scn *scn = sim_player();
	int code = SIM_EXIT_INPUT;
	size_t len;
	char *text = sim_read(path, &len);

	if (text && !scn_check(scn, text, len))
		code = SIM_EXIT_OK;
	else if (text)
		sim_complain(path, &scn->error);
	free(text);
	free(scn);
	return code;
}

static int sim_give_up(struct scn *scn, const char *path)
{
	const char *left;

	if (scn_end(scn)) {
		sim_complain(path, &scn->error);
		return SIM_EXIT_BROKEN;
	}
	left = sim_world_left();
	if (!left)
		return SIM_EXIT_OK;
	fprintf(stderr, "%s: after the end: %s\n", path, left);
	return SIM_EXIT_BROKEN;
}

int sim_play_file(const char *path, const struct sim_view *view, bool keep)
{
	int code = sim_check_file(path), end;
	struct scn *scn;
	char *text;
	size_t len;

	if (code)
		return code;
	text = sim_read(path, &len);
	if (!text)
		return SIM_EXIT_INPUT;
	scn = sim_player();
	view->file(path);
	if (scn_play(scn, text, len)) {
		sim_complain(path, &scn->error);
		code = SIM_EXIT_FAILED;
	}
	view->state();
	end = keep ? SIM_EXIT_OK : sim_give_up(scn, path);
	free(text);
	if (!keep)
		free(scn);
	return code ? code : end;
}
