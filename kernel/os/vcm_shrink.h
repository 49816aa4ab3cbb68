/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_shrink.h - caches that the kernel may empty when memory is short, for owners of spaces.
 */
#ifndef VCM_SHRINK_H
#define VCM_SHRINK_H

#include <linux/types.h>

struct shrinker;

/**
 * struct vcm_shrinkable - what can be given back
 * @name:  after "vcm-"
 * @count: things that could be freed now, about
 * @free:  free them.  Return: how many that were
 * @priv:  for both
 *
 * Both are called in reclaim: they take no lock under which anybody allocates memory, and
 * allocate none.
 */
struct vcm_shrinkable {
	const char *name;
	u64 (*count)(void *priv);
	u64 (*free)(void *priv);
	void *priv;
};

struct shrinker *vcm_shrinker_create(const struct vcm_shrinkable *what);
void vcm_shrinker_destroy(struct shrinker *shrinker);

#endif
