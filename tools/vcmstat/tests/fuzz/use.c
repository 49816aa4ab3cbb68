// SPDX-License-Identifier: GPL-2.0-only
/* use.c - see use.h.  A violation ends the program, which is how a fuzz target says no. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "out_diag.h"
#include "play.h"
#include "use.h"

static void fuzz_print(const struct model *m)
{
	static FILE *out;
	struct sink *json;

	if (!out)
		out = fopen("/dev/null", "w");
	out_list(out, m);
	out_refs(out, m, 0);
	out_debugfs(out, m, NULL);
	json = out_json_new(out);
	json->ops->state(json, m, true);
	json->ops->close(json);
}

void fuzz_use(const struct model *m)
{
	struct error err = { 0 };
	struct model again;
	void *first, *second;
	size_t len, second_len;

	fuzz_print(m);
	first = model_encode(m, &len);
	model_init(&again);
	if (model_compare(m, first, len, &err))
		abort();
	if (!model_load(&again, first, len, &err)) {
		second = model_encode(&again, &second_len);
		if (len != second_len || memcmp(first, second, len))
			abort();
		free(second);
	} else if (!m->conflicts) {
		abort();
	}
	model_fini(&again);
	free(first);
}

/* A file without a disk that holds @data.  Return: its path. */
static const char *fuzz_file(const unsigned char *data, size_t size)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("input", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	return path;
}

/* Faults are judged; the input is to have no say in whether that ends well. */
static struct sink *fuzz_judge(void)
{
	static const struct filter all;
	const struct diag_cfg cfg = { .all = true, .filter = &all };
	static FILE *out;

	if (!out)
		out = fopen("/dev/null", "w");
	return out_diag_new(out, &cfg);
}

void fuzz_play(const unsigned char *data, size_t size)
{
	struct sink *judge = fuzz_judge();
	struct error err = { 0 };
	struct play p;
	struct rec *r;

	play_init(&p, judge);
	r = rec_open(fuzz_file(data, size), &err);
	if (r && !play_all(&p, r, &err))
		fuzz_use(&p.model);
	else if (!err.code || !err.text[0])
		abort();	/* refused, and not why */
	if (r)
		rec_close(r);
	play_fini(&p);
	judge->ops->close(judge);
}
