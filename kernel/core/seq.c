// SPDX-License-Identifier: GPL-2.0-only
/*
 * seq.c - event streams: one lock, one gap-free number.
 *
 * Whoever changes state holds the lock of its stream, and takes the number and emits the event
 * before giving the lock up.  That is what makes a missing number a lost event and a snapshot
 * with its number exact.
 */
#include "core.h"
#include "vcm_probe.h"

/* Tell that a call failed and changed nothing. */
void vcm_fail_locked(struct vcm_stream *stream, u32 vcm, const struct vcm_failure *what, int err)
{
	vcm_probe(error, stream->id, vcm_stream_next(stream), vcm, what->id, 0, err, what->op,
		  what->arg[0], what->arg[1], what->arg[2]);
}
