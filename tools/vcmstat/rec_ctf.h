/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rec_ctf.h - what LTTng recorded of the core in user space, read as a recording.
 *
 * A trace begins with a core in which nothing happened yet.  When it was begun later, the first
 * numbers are missing: that is a loss like any other.  Devices and holders have no events, so they
 * have no names.
 */
#ifndef VCMSTAT_REC_CTF_H
#define VCMSTAT_REC_CTF_H

#include "rec.h"

/*
 * The trace in, or below, the folder @path.  Each process has a core of its own: @pid is the one
 * whose events are read, 0 when the trace has only one.
 */
struct rec *rec_ctf_open(const char *path, uint64_t pid, struct error *err);

#endif
