/* SPDX-License-Identifier: GPL-2.0-only */
/* use.h - all that commands do with a model and with a file that holds one. */
#ifndef VCMSTAT_FUZZ_USE_H
#define VCMSTAT_FUZZ_USE_H

#include <stddef.h>

struct model;

/* Print @m in every way; what it encodes to has to load again and to be the same. */
void fuzz_use(const struct model *m);

/* Read the bytes as any command that takes --input would, and use what they lead to. */
void fuzz_play(const unsigned char *data, size_t size);

#endif
