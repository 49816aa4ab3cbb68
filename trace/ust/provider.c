// SPDX-License-Identifier: GPL-2.0-only
/*
 * provider.c - libvcm-ust.so: the LTTng-UST tracepoints of VCM, to be preloaded.
 *
 *   LD_PRELOAD=libvcm-ust.so vcmsim ...
 *
 * A program that is built from the core and exports vcm_probe_hooks gets its tracepoints filled
 * in before main(); any other program is left alone.  Programs that fork need liblttng-ust-fork.so
 * preloaded as well.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "vcm_ust.h"

/* Of the program; absent in one that is not built from the core. */
extern struct vcm_probe_hooks vcm_probe_hooks __attribute__((weak));

/* Asked for only when somebody listens, so the check that LTTng does first has been done. */
#define VCM_UST_FIRE(event, nr, text)						\
static void vcm_ust_fire_##event(const void *args)				\
{										\
	lttng_ust_do_tracepoint(vcm, vcm_##event, args);			\
}

VCM_EVENTS(VCM_UST_FIRE)

#define VCM_UST_HOOK(event, nr, text)						\
	vcm_probe_hooks.on[nr] = &lttng_ust_tracepoint_vcm___vcm_##event.state;	\
	vcm_probe_hooks.fire[nr] = vcm_ust_fire_##event;

static void __attribute__((constructor)) vcm_ust_init(void)
{
	if (!&vcm_probe_hooks)
		return;
	VCM_EVENTS(VCM_UST_HOOK)
}
