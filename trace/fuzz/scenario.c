// SPDX-License-Identifier: GPL-2.0-only
/*
 * scenario.c - fuzz target: the bytes are the text of a scenario.
 *
 * Any text is refused or played, and what was played is given up again: nothing may be left in the
 * core, and vcm_check() has to be content after every command.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core.h"
#include "os_test.h"
#include "scenario.h"
#include "soft.h"

#define FOREIGN		16
#define FOREIGN_MAX	((u64)1 << 30)
#define LINES_MAX	200

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static u32 foreign_used;	/* bit n for piece n of os_foreign() */

static _Noreturn void refuse(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

static int foreign(u64 len, u64 *pa)
{
	u32 nr = 0;

	if (!len || !IS_ALIGNED(len, VCM_PAGE_SIZE))
		return -EINVAL;
	while (nr < FOREIGN && foreign_used >> nr & 1)
		nr++;
	if (nr == FOREIGN || len > FOREIGN_MAX)
		return -ENOMEM;
	foreign_used |= 1u << nr;
	*pa = os_foreign(nr);
	return 0;
}

static void foreign_free(u64 pa, u64 len)
{
	(void)len;
	for (u32 nr = 0; nr < FOREIGN; nr++)
		if (os_foreign(nr) == pa)
			foreign_used &= ~(1u << nr);
}

static int place(struct vcm_phys *phys, u64 *start)
{
	void *kva = vcm_vmap(phys);

	if (IS_ERR(kva))
		return PTR_ERR(kva);
	*start = (uintptr_t)kva;
	return 0;
}

static void unplace(struct vcm_phys *phys)
{
	vcm_vunmap(phys);
}

static const struct vcm_driver vmm = {
	.name = "vmm",
	.kind = VCM_DRIVER_VMM,
	.flags = VCM_DRVF_FUSED,
	.place = place,
	.unplace = unplace,
};

static const char *after(void *data)
{
	const char *bad = vcm_check();

	(void)data;
	if (os_warnings())
		refuse("the core warned of a defect");
	if (bad)
		refuse(bad);
	return NULL;
}

static void page(u64 pa, bool mapped)
{
	if (mapped)
		os_page_map(pa);
	else
		os_page_unmap(pa);
}

/* More memory or longer tables only cost time: a size that a scenario needs has few digits. */
static bool is_small(const u8 *data, size_t size)
{
	u32 lines = 0, digits = 0;

	for (size_t i = 0; i < size; i++) {
		lines += data[i] == '\n';
		digits = (data[i] >= '0' && data[i] <= '9') ? digits + 1 : 0;
		if (data[i] == 'T' || data[i] == 'G' || digits > 7)
			return false;
	}
	return lines <= LINES_MAX;
}

static void check_nothing_left(void)
{
	if (!list_empty(&vcm_registry.contexts) || !list_empty(&vcm_registry.physes) ||
	    !list_empty(&vcm_registry.devices) || !list_empty(&vcm_registry.holders))
		refuse("an object is left");
	if (foreign_used || vcm_os_pages_held() || os_vmaps_held() || vcm_os_objects_held())
		refuse("memory is left");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct scn_host host = {
		.foreign = foreign,
		.foreign_free = foreign_free,
		.vmm = &vmm,
		.after = after,
	};
	struct scn *scn;
	char *text;

	if (!is_small(data, size))
		return 0;
	memset(&vcm_registry, 0, sizeof(vcm_registry));
	vcm_core_init();
	soft_watch = page;
	scn = calloc(1, sizeof(*scn));
	text = malloc(size + 1);
	if (!scn || !text)
		refuse("no memory for the test");
	memcpy(text, data, size);
	scn_init(scn, &host);
	if (!scn_check(scn, text, size)) {
		scn_init(scn, &host);
		scn_play(scn, text, size);
		scn_end(scn);
		check_nothing_left();
	} else if (!scn->error.what) {
		refuse("refused, and not why");
	}
	free(text);
	free(scn);
	return 0;
}
