// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_poll.c - no events at all: the state, looked at again and again.
 *
 * Needs nothing but the snapshot file, so it works where nothing may be attached.  What happened
 * between two looks shows as the numbers that the streams have moved on.  Also reads one saved
 * snapshot, which stays what it is.
 */
#include <stdlib.h>

#include "source.h"

struct src_poll {
	struct source src;
	const char *path;	/* NULL: of the running module */
};

static int src_poll_snapshot(struct source *src, void **buf, size_t *len, struct error *err)
{
	return src_snap_read(((struct src_poll *)src)->path, buf, len, err);
}

static int src_poll_drain(struct source *src, size_t max, struct error *err)
{
	(void)src;
	(void)max;
	(void)err;
	return 0;
}

static int src_poll_fd(struct source *src)
{
	(void)src;
	return -1;
}

static void src_poll_close(struct source *src)
{
	free(src);
}

static const struct source_ops src_poll_ops = {
	.snapshot = src_poll_snapshot,
	.drain = src_poll_drain,
	.fd = src_poll_fd,
	.close = src_poll_close,
};

struct source *src_poll_open(const char *path, struct error *err)
{
	struct src_poll *poll;

	if (!path && src_snap_check(err))
		return NULL;
	poll = xcalloc(1, sizeof(*poll));
	poll->src.ops = &src_poll_ops;
	poll->src.name = "snapshot";
	poll->src.faults = "none";
	poll->src.polled = true;
	poll->path = path;
	return &poll->src;
}
