// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_snap.c - the snapshot file, and why it may be out of reach.
 *
 * The reasons are told apart because each has another remedy: the module is not loaded, debugfs
 * is not mounted, the user may not look.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "source.h"

#define DEBUGFS		"/sys/kernel/debug"
#define SNAPSHOT	DEBUGFS "/vcm/snapshot"
#define MODULE		"/sys/module/vcm"

int src_snap_check(struct error *err)
{
	struct statfs fs;

	if (access(MODULE, F_OK))
		return error_set(err, EXIT_ABSENT,
				 "module vcm is not loaded: load it with modprobe vcm");
	if (statfs(DEBUGFS, &fs) || fs.f_type != DEBUGFS_MAGIC)
		return error_set(err, EXIT_ABSENT,
				 "debugfs is not mounted: mount -t debugfs none " DEBUGFS);
	if (geteuid() && access(SNAPSHOT, R_OK) && errno == EACCES)
		return error_set(err, EXIT_PERMISSION,
				 "no permission to read " SNAPSHOT ": run as root");
	return 0;
}

static int open_error(const char *path, int live, struct error *err)
{
	int saved = errno;

	if (live && src_snap_check(err))
		return -1;
	if (saved == EACCES || saved == EPERM)
		return error_set(err, EXIT_PERMISSION, "no permission to read %s%s", path,
				 live ? ": run as root" : "");
	return error_set(err, live && saved == ENOENT ? EXIT_ABSENT : EXIT_FAILED,
			 "cannot read %s: %s", path, strerror(saved));
}

int src_snap_read(const char *path, void **buf, size_t *len, struct error *err)
{
	int live = !path, fd, saved;
	size_t cap = 1 << 16, used = 0;
	char *bytes;
	ssize_t n;

	if (live)
		path = SNAPSHOT;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return open_error(path, live, err);
	bytes = xrealloc(NULL, cap);
	while ((n = read(fd, bytes + used, cap - used)) > 0 || (n < 0 && errno == EINTR)) {
		used += n > 0 ? (size_t)n : 0;
		if (used == cap)
			bytes = xrealloc(bytes, cap *= 2);
	}
	saved = errno;
	close(fd);
	if (n < 0) {
		free(bytes);
		return error_set(err, EXIT_FAILED, "cannot read %s: %s", path, strerror(saved));
	}
	*buf = bytes;
	*len = used;
	return 0;
}
