// SPDX-License-Identifier: GPL-2.0-only
/*
 * world.c - what is around a scenario in user space: the core, memory from elsewhere, the kernel's
 * own address space, and the checks after each command.
 */
#include <stdlib.h>

#include "core.h"
#include "os_test.h"
#include "scenario.h"
#include "sim.h"
#include "soft.h"
#include "vcm_probe.h"

#define SIM_FOREIGN_MAX	((u64)1 << 30)

static struct {
	const struct sim_view *view;
	u64 events;
	u64 foreign_used;	/* bit n for piece n of os_foreign() */
} sim;

static void sim_hear(const struct vcm_event *event)
{
	sim.events++;
	sim.view->event(event);
}

/* Begin with an empty core whose events go to @view. */
void sim_world_begin(const struct sim_view *view)
{
	sim.view = view;
	vcm_core_init();
	vcm_probe_sink = sim_hear;
	view->begin();
}

u64 sim_world_events(void)
{
	return sim.events;
}

static void sim_page(u64 pa, bool mapped)
{
	if (mapped)
		os_page_map(pa);
	else
		os_page_unmap(pa);
}

static void sim_refused(const char *device, u64 iova, enum vcm_access access)
{
	sim.view->refused(device, iova, access == VCM_ACCESS_WRITE);
}

static int sim_foreign(u64 len, u64 *pa)
{
	u32 nr = 0;

	if (!len || !IS_ALIGNED(len, VCM_PAGE_SIZE))
		return -EINVAL;
	while (nr < 64 && sim.foreign_used >> nr & 1)
		nr++;
	if (nr == 64 || len > SIM_FOREIGN_MAX)
		return -ENOMEM;
	sim.foreign_used |= (u64)1 << nr;
	*pa = os_foreign(nr);
	return 0;
}

static void sim_foreign_free(u64 pa, u64 len)
{
	(void)len;
	for (u32 nr = 0; nr < 64; nr++)
		if (os_foreign(nr) == pa)
			sim.foreign_used &= ~((u64)1 << nr);
}

static int sim_vmm_place(struct vcm_phys *phys, u64 *start)
{
	void *kva = vcm_vmap(phys);

	if (IS_ERR(kva))
		return PTR_ERR(kva);
	*start = (uintptr_t)kva;
	return 0;
}

static void sim_vmm_unplace(struct vcm_phys *phys)
{
	vcm_vunmap(phys);
}

static const struct vcm_driver sim_vmm_driver = {
	.name = "vmm",
	.kind = VCM_DRIVER_VMM,
	.flags = VCM_DRVF_FUSED,
	.place = sim_vmm_place,
	.unplace = sim_vmm_unplace,
};

static void sim_line(void *data, u32 line, const char *text, size_t len)
{
	(void)data;
	sim.view->line(line, text, len);
}

static const char *sim_after(void *data)
{
	(void)data;
	return os_warnings() ? "the core warned of a defect" : vcm_check();
}

const struct scn_host *sim_host(void)
{
	static const struct scn_host host = {
		.foreign = sim_foreign,
		.foreign_free = sim_foreign_free,
		.vmm = &sim_vmm_driver,
		.line = sim_line,
		.after = sim_after,
	};

	soft_watch = sim_page;
	soft_refused = sim_refused;
	return &host;
}

const char *sim_world_left(void)
{
	if (!list_empty(&vcm_registry.contexts))
		return "a context is left";
	if (!list_empty(&vcm_registry.physes))
		return "memory is left";
	if (!list_empty(&vcm_registry.devices))
		return "a device is left";
	if (!list_empty(&vcm_registry.holders))
		return "a holder is left";
	if (sim.foreign_used)
		return "memory from elsewhere was not given back";
	if (vcm_os_pages_held() || os_vmaps_held())
		return "pages are left";
	return vcm_os_objects_held() ? "objects are left" : vcm_check();
}
