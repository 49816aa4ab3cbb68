/* SPDX-License-Identifier: GPL-2.0-only */
/* ksyms.h - addresses of the kernel as names, from the text of /proc/kallsyms. */
#ifndef VCMSTAT_KSYMS_H
#define VCMSTAT_KSYMS_H

#include <stdint.h>
#include <stdio.h>

struct ksym {
	uint64_t addr;
	char *name;	/* with " [module]" when it is of one */
};

struct ksyms {
	struct ksym *sym;
	size_t nr;
};

/* Functions only.  A kernel that hides addresses gives none. */
void ksyms_read(struct ksyms *k, FILE *in);
void ksyms_fini(struct ksyms *k);
/* One more, unless there is one at its address. */
void ksyms_add(struct ksyms *k, uint64_t addr, const char *name);
/* The one that @addr is in, or NULL. */
const struct ksym *ksyms_find(const struct ksyms *k, uint64_t addr);
/* "vcm_reserve+0x2a [vcm]", the number when it is not known; @buf of @len. */
const char *ksyms_text(const struct ksyms *k, uint64_t addr, char *buf, size_t len);

#endif
