// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmap.c - one kernel mapping of memory, shared and counted.
 *
 * Every further alias of memory is a burden on machines with virtually indexed caches, so all
 * users of vcm_vmap() get the same one, with the memory's cache attribute.
 *
 * Locking: the registry lock.
 */
#include "core.h"
#include "vcm_probe.h"

/* What a carve-out is made of may have no struct page. */
static void *vcm_kva_make(const struct vcm_phys *phys)
{
	if (phys->source == VCM_SOURCE_CARVEOUT)
		return vcm_os_carve_map(phys->chunks->pa, phys->len, phys->cache);
	return vcm_os_vmap(phys->chunks, phys->nr_chunks, phys->cache);
}

static void vcm_kva_drop(const struct vcm_phys *phys)
{
	if (phys->source == VCM_SOURCE_CARVEOUT)
		vcm_os_carve_unmap(phys->kva, phys->cache);
	else
		vcm_os_vunmap(phys->kva);
}

static int vcm_vmap_locked(struct vcm_phys *phys)
{
	lockdep_assert_held(&vcm_registry.stream.lock);
	if (!phys->kva_users) {
		phys->kva = vcm_kva_make(phys);
		if (!phys->kva)
			return -ENOMEM;
	}
	phys->kva_users++;
	vcm_phys_use(phys);
	return 0;
}

/**
 * vcm_vmap() - map memory into the kernel, contiguously
 * @phys: the memory; the caller holds a reference
 *
 * Context: may sleep. Return: the address, the same for every caller; or ERR_PTR(-ENOMEM).
 * Each success is undone by one vcm_vunmap().
 */
void *vcm_vmap(struct vcm_phys *phys)
{
	const struct vcm_failure what = { VCM_OP_VMAP, phys->id, { 0, phys->len } };
	struct vcm_registry *reg = &vcm_registry;
	int err;

	vcm_stream_lock(&reg->stream);
	err = vcm_vmap_locked(phys);
	if (err)
		vcm_fail_locked(&reg->stream, 0, &what, err);
	vcm_stream_unlock(&reg->stream);
	return err ? ERR_PTR(err) : phys->kva;
}
EXPORT_SYMBOL_GPL(vcm_vmap);

/**
 * vcm_vunmap() - give a kernel mapping up
 * @phys: the memory
 *
 * Context: may sleep.
 */
void vcm_vunmap(struct vcm_phys *phys)
{
	struct vcm_registry *reg = &vcm_registry;

	vcm_stream_lock(&reg->stream);
	if (WARN_ON_ONCE(!phys->kva_users)) {
		vcm_stream_unlock(&reg->stream);
		return;
	}
	if (!--phys->kva_users) {
		vcm_kva_drop(phys);
		phys->kva = NULL;
	}
	vcm_stream_unlock(&reg->stream);
	vcm_phys_unuse(phys);
}
EXPORT_SYMBOL_GPL(vcm_vunmap);
