/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * past.h - who made an event that ended or changed something, and from where in the code.
 *
 * Kept for the last of them only, by the source while it runs (struct source_ops) or in a
 * recording made with --stacks.
 */
#ifndef VCMSTAT_PAST_H
#define VCMSTAT_PAST_H

#include <stddef.h>
#include <stdint.h>

#include "vcm_bpf.h"

struct past {
	uint64_t ts_ns;
	uint32_t pid;
	uint32_t tid;
	char comm[16];		/* not terminated when it fills the array */
	unsigned int nr;	/* frames, 0 when the stack could not be taken */
	uint64_t frames[VCM_LEAK_FRAMES];	/* innermost first; see ksyms.h */
};

struct ksyms;
struct sink;
struct source;

/* What the BPF programs recorded. */
void past_set(struct past *past, const struct vcm_past *from);
/* The innermost frame that is neither of a BPF program nor of what called it. */
unsigned int past_first_frame(const struct past *past, const struct ksyms *k);
/* "vcm_unbind+0x2a [vcm];vfs_ioctl+0x1": innermost first and from there; as much as @len takes. */
const char *past_stack(const struct past *past, const struct ksyms *k, char *buf, size_t len);

/*
 * Tells a sink the past of events as they come, and the name of each function in it once before.
 * Where the source knows nothing of an event the sink hears nothing.
 */
struct past_teller;
struct past_teller *past_teller_new(struct source *src, struct sink *sink,
				    const struct ksyms *names);
void past_teller_free(struct past_teller *t);
void past_tell(struct past_teller *t, const struct vcm_event *ev);
/* Events that have a past and of which the source knew none. */
uint64_t past_missing(const struct past_teller *t);

#endif
