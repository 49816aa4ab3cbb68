// SPDX-License-Identifier: GPL-2.0-only
/*
 * fail_write.c - fail_write N FILE TEXT: write TEXT while the Nth allocation of this task fails.
 *
 * Prints "ERRNO LEFT": that of the write, 0 for none, and what is left of N, which is not 0 when
 * the write made fewer allocations than N.  Between arming and disarming the task makes two system
 * calls and touches no new page, so every allocation that is counted is one of the write; a shell
 * duplicates descriptors around each command, and those would be counted too.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		err(2, "%s", path);
	return fd;
}

int main(int argc, char **argv)
{
	char text[256], left[16] = { 0 };
	int nth, fd, error = 0;
	size_t len;

	if (argc != 4 || strlen(argv[3]) + 2 > sizeof(text)) {
		fprintf(stderr, "usage: fail_write N FILE TEXT\n");
		return 2;
	}
	len = (size_t)snprintf(text, sizeof(text), "%s\n", argv[3]);
	nth = open_or_die("/proc/self/fail-nth", O_RDWR);
	fd = open_or_die(argv[2], O_WRONLY);
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		err(2, "mlockall");
	if (write(nth, argv[1], strlen(argv[1])) < 0)
		err(2, "/proc/self/fail-nth: %s", argv[1]);
	if (write(fd, text, len) < 0)
		error = errno;
	if (pread(nth, left, sizeof(left) - 1, 0) < 0 || pwrite(nth, "0", 1, 0) < 0)
		err(2, "/proc/self/fail-nth");
	printf("%d %d\n", error, atoi(left));
	return 0;
}
