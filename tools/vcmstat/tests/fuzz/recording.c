// SPDX-License-Identifier: GPL-2.0-only
/* recording.c - fuzz target: the bytes are a recording of 'vcmstat events --json'. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model.h"
#include "source.h"
#include "use.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* A file without a disk that holds @data.  Return: its path. */
static const char *as_file(const unsigned char *data, size_t size)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("recording", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	return path;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct json_recording rec;
	struct error err = { 0 };
	struct model m;

	model_init(&m);
	if (!src_json_read(as_file(data, size), &m, &rec, &err))
		fuzz_use(&m);
	model_fini(&m);
	return 0;
}
