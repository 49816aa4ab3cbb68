/* SPDX-License-Identifier: GPL-2.0-only */
/* use.h - all that commands do with a model, for inputs that were accepted. */
#ifndef VCMSTAT_FUZZ_USE_H
#define VCMSTAT_FUZZ_USE_H

struct model;

/* Print @m in every way; what it encodes to has to load again and to be the same. */
void fuzz_use(const struct model *m);

#endif
