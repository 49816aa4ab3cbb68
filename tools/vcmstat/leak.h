/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * leak.h - references that are held for long, with where they were taken.
 */
#ifndef VCMSTAT_LEAK_H
#define VCMSTAT_LEAK_H

#include "filter.h"
#include "json.h"
#include "ksyms.h"
#include "vcm_bpf.h"

/* One that is held: what the programs recorded. */
struct leak_entry {
	struct vcm_leak_key key;
	struct vcm_leak leak;
	uint64_t frame[VCM_LEAK_FRAMES];	/* innermost first, 0 behind the last */
};

struct leaks {
	struct leak_entry *entry;
	size_t nr;
	uint64_t missed;	/* references that found no room */
	uint64_t before;	/* held, but since before anybody looked */
};

struct leak_look {
	uint64_t now_ns;
	uint64_t older_ns;
	bool stacks;
};

void leaks_fini(struct leaks *l);
/*
 * leak.c: leave those that @m says are still held and that are older than asked for, oldest first;
 * count in before what @m has and nobody recorded.
 */
void leaks_select(struct leaks *l, const struct model *m, const struct leak_look *look);
void out_leaks(FILE *out, const struct leaks *l, const struct model *m, const struct ksyms *k,
	       const struct leak_look *look);
void out_leaks_json(struct json *j, const struct leaks *l, const struct model *m,
		    const struct ksyms *k, const struct leak_look *look);

/* src_leak.c: of the running module. */
struct src_leak;
struct src_leak *src_leak_open(int verbose, struct error *err);
const char *src_leak_name(const struct src_leak *s);
/* Everything recorded; take the snapshot after it. */
int src_leak_read(struct src_leak *s, struct leaks *l, struct error *err);
void src_leak_close(struct src_leak *s);

#endif
