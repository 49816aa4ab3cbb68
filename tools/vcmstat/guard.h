/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard.h - a trace instance that goes when its owner does, however that ends.
 *
 * BPF programs are gone with the last descriptor; an instance of tracefs is a directory and stays.
 * So a child that no signal of the terminal ends waits for the end of its parent, which it sees by
 * a pipe, and then removes the directory.  It holds nothing else of the parent open.
 */
#ifndef VCMSTAT_GUARD_H
#define VCMSTAT_GUARD_H

struct guard {
	int fd;		/* its end is the sign */
	int pid;
};

/* @dir: the instance, which need not be there yet.  -1 with errno. */
int guard_begin(struct guard *g, const char *dir);
/* Let it remove the directory now, and wait until it has. */
void guard_end(struct guard *g);

#endif
