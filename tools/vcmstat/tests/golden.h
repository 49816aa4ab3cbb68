/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * golden.h - texts that must stay as they are, in files of VCMSTAT_GOLDEN.
 *
 * With VCMSTAT_GOLDEN_WRITE set they are written instead of compared, and git shows what changed.
 */
#ifndef VCMSTAT_GOLDEN_H
#define VCMSTAT_GOLDEN_H

#include <stdio.h>

struct model;

/* A stream whose text golden_compare() takes after it was closed. */
FILE *golden_begin(void);
const char *golden_text(void);
/* The text and that of the file @name are the same, or the test fails. */
void golden_compare(const char *name);
/* Columns of the longest line. */
unsigned int golden_widest(void);
void golden_end(void);
/* The scene of gen.h as a model. */
void golden_scene(struct model *m);

#endif
