// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_nobpf.c - in place of src_bpf.c and src_iter.c where there is no clang or no libbpf, and in
 * the program that the tests run: all but the live stream works.
 */
#include "source.h"

#define WITHOUT "this vcmstat is built without BPF, which events of the running module need"

struct source *src_bpf_open(const char *rung, size_t ring_bytes, int verbose, struct error *err)
{
	(void)rung;
	(void)ring_bytes;
	(void)verbose;
	if (!src_snap_check(err))
		error_set(err, EXIT_ABSENT, WITHOUT);
	return NULL;
}

const char *src_bpf_version(void)
{
	return "none";
}

int src_iter_read(void **buf, size_t *len, struct error *err)
{
	(void)buf;
	(void)len;
	return error_set(err, EXIT_ABSENT, WITHOUT);
}
