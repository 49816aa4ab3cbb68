// SPDX-License-Identifier: GPL-2.0-only
/* rec.c - which reader a file needs; see rec.h. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "rec.h"
#include "rec_format.h"

#define IN_BUFFER (1u << 16)

static struct rec *reader_for(int first)
{
	const unsigned char *magic = (const unsigned char *)REC_MAGIC;

	if (first == magic[0])
		return rec_file_new();
	if (first == (VCM_SNAP_MAGIC & 0xff))
		return rec_snap_new();
	return rec_json_new();
}

struct rec *(*rec_open_folder)(const char *path, struct error *err);

static bool is_folder(const char *path)
{
	struct stat st;

	return strcmp(path, "-") && !stat(path, &st) && S_ISDIR(st.st_mode);
}

static struct rec *open_folder(const char *path, struct error *err)
{
	if (rec_open_folder)
		return rec_open_folder(path, err);
	error_set(err, EXIT_ABSENT, "%s is a folder, and reading traces is not compiled in: build "
		  "with libbabeltrace2-dev", path);
	return NULL;
}

static struct rec *open_file(const char *path, struct error *err)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	struct stat st;
	struct rec *r;
	int first;

	if (!in) {
		error_set(err, errno == EACCES ? EXIT_PERMISSION : EXIT_FAILED,
			  "cannot read %s: %s", path, strerror(errno));
		return NULL;
	}
	setvbuf(in, NULL, _IOFBF, IN_BUFFER);
	first = getc(in);
	if (first == EOF) {
		if (ferror(in))
			error_set(err, EXIT_FAILED, "cannot read %s: %s", path, strerror(errno));
		else
			error_set(err, EXIT_DAMAGED, "%s: empty, not a recording", path);
		if (in != stdin)
			fclose(in);
		return NULL;
	}
	ungetc(first, in);
	r = reader_for(first);
	r->in = in;
	r->path = path;
	if (!fstat(fileno(in), &st) && S_ISREG(st.st_mode))
		r->size = (uint64_t)st.st_size;
	return r;
}

struct rec *rec_open(const char *path, struct error *err)
{
	return is_folder(path) ? open_folder(path, err) : open_file(path, err);
}

void rec_close(struct rec *r)
{
	FILE *in = r->in;

	r->ops->close(r);
	if (in && in != stdin)
		fclose(in);
}

uint64_t rec_position(const struct rec *r)
{
	long at = r->size ? ftell(r->in) : 0;

	return at > 0 ? (uint64_t)at : 0;
}
