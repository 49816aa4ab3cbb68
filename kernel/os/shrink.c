// SPDX-License-Identifier: GPL-2.0-only
/*
 * shrink.c - a shrinker of the kernel over whatever can say how much it keeps, and free it.
 *
 * It frees all or nothing: what is kept is small, bounded, and kept for speed alone.
 */
#include <linux/shrinker.h>

#include "vcm_shrink.h"

static unsigned long vcm_shrinker_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	const struct vcm_shrinkable *what = shrinker->private_data;

	return what->count(what->priv) ?: SHRINK_EMPTY;
}

static unsigned long vcm_shrinker_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	const struct vcm_shrinkable *what = shrinker->private_data;

	return what->free(what->priv) ?: SHRINK_STOP;
}

/**
 * vcm_shrinker_create() - have memory taken back when it is short
 * @what: stays until vcm_shrinker_destroy()
 *
 * Context: may sleep. Return: the shrinker, or NULL when there is no memory for it.
 */
struct shrinker *vcm_shrinker_create(const struct vcm_shrinkable *what)
{
	struct shrinker *shrinker = shrinker_alloc(0, "vcm-%s", what->name);

	if (!shrinker)
		return NULL;
	shrinker->count_objects = vcm_shrinker_count;
	shrinker->scan_objects = vcm_shrinker_scan;
	shrinker->private_data = (void *)what;
	shrinker_register(shrinker);
	return shrinker;
}

/**
 * vcm_shrinker_destroy() - undo vcm_shrinker_create()
 * @shrinker: the shrinker; on return no callback runs
 *
 * Context: may sleep.
 */
void vcm_shrinker_destroy(struct shrinker *shrinker)
{
	shrinker_free(shrinker);
}
