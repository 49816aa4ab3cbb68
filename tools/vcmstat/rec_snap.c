// SPDX-License-Identifier: GPL-2.0-only
/* rec_snap.c - a saved snapshot, read as a recording of a state and its end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rec.h"

struct rec_snap {
	struct rec rec;
	struct model state;
};

static void *read_all(FILE *in, size_t *len)
{
	size_t cap = 1 << 16, n;
	char *bytes = xrealloc(NULL, cap);

	*len = 0;
	while ((n = fread(bytes + *len, 1, cap - *len, in)) > 0) {
		*len += n;
		if (*len == cap)
			bytes = xrealloc(bytes, cap *= 2);
	}
	return bytes;
}

static int snap_next(struct rec *r, struct rec_item *item, struct error *err)
{
	struct rec_snap *s = (struct rec_snap *)r;
	struct error why = { 0 };
	size_t len;
	void *buf;
	int ret;

	if (r->ended)
		return 0;
	buf = read_all(r->in, &len);
	if (ferror(r->in)) {
		free(buf);
		return error_set(err, EXIT_FAILED, "cannot read %s: %s", r->path, strerror(errno));
	}
	ret = model_load(&s->state, buf, len, &why);
	free(buf);
	if (ret)
		return error_set(err, why.code, "%s: %s", r->path, why.text);
	r->ended = true;
	*item = (struct rec_item){ .type = REC_STATE, .state = &s->state };
	return 1;
}

static void snap_close(struct rec *r)
{
	model_fini(&((struct rec_snap *)r)->state);
	free(r);
}

static const struct rec_ops rec_snap_ops = { .next = snap_next, .close = snap_close };

struct rec *rec_snap_new(void)
{
	struct rec_snap *s = xcalloc(1, sizeof(*s));

	s->rec.ops = &rec_snap_ops;
	s->rec.kind = "snapshot";
	s->rec.end = "complete";
	model_init(&s->state);
	return &s->rec;
}
