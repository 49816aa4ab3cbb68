/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * leak_log.h - since when each holder has its references, by the events of a recording.
 *
 * What bpf/leak.bpf.c keeps of the running module, but for the stack, which no event has.
 */
#ifndef VCMSTAT_LEAK_LOG_H
#define VCMSTAT_LEAK_LOG_H

#include "leak.h"
#include "table.h"
#include "vcm_events.h"

struct leak_log {
	struct table held;	/* struct leak_entry */
	uint64_t now_ns;	/* of the last event */
};

void leak_log_init(struct leak_log *log);
void leak_log_fini(struct leak_log *log);
void leak_log_event(struct leak_log *log, const struct vcm_event *ev);
/* A copy of what is held, for leaks_select(). */
void leak_log_read(const struct leak_log *log, struct leaks *l);

#endif
