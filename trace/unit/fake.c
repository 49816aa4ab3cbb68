// SPDX-License-Identifier: GPL-2.0-only
/*
 * fake.c - the driver of the tests; see fake.h.
 *
 * It fails the test when the core breaks the contract of struct vcm_driver: a table entry made
 * twice or removed without having been made, one made without a device, a device in two
 * domains, a domain freed while in use.  That memory stays as long as it is translated, os.c
 * watches.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fake.h"
#include "os_test.h"
#include "unit.h"

#define FAKE_BUCKETS	64
#define FAKE_DEVICES	64

/* One entry of a page table. */
struct fake_page {
	struct fake_page *next;
	u64 iova;
	u64 pa;
	u32 prot;
};

/**
 * struct vcm_domain - the driver's idea of a mapping domain
 * @dom:     the core's
 * @kind:    kind of the IOMMU
 * @devices: number of devices that translate through it
 * @attached: there was one
 * @device:  which; the lock of a context keeps them
 * @pages:   in the table
 * @bucket:  the table
 */
struct vcm_domain {
	struct vcm_dom *dom;
	u32 kind;
	u32 devices;
	bool attached;
	struct fake_device *device[FAKE_DEVICES];
	u64 pages;
	struct fake_page *bucket[FAKE_BUCKETS];
};

static struct fake_device fake_devices[FAKE_DEVICES];
static u32 fake_nr_devices;

static struct {
	u64 left;
	u64 times;
	enum fake_op op;
	int err;
	bool fired;
} fake_failure;

struct fake_counts fake_counts;

#define FAKE_MISUSE(what)	unit_fail(__FILE__, __LINE__, what)

void (*fake_unplaced)(void);

void fake_fail_nth(enum fake_op op, u64 nth, int err)
{
	fake_fail_from(op, nth, 1, err);
}

void fake_fail_from(enum fake_op op, u64 nth, u64 times, int err)
{
	fake_failure.op = op;
	fake_failure.left = nth;
	fake_failure.times = times;
	fake_failure.err = err;
	fake_failure.fired = false;
}

bool fake_fail_fired(void)
{
	return fake_failure.fired;
}

/* Count a call.  Return: 0, or the error that it was told to fail with. */
static int fake_called(enum fake_op op)
{
	__atomic_add_fetch(&fake_counts.calls[op], 1, __ATOMIC_RELAXED);
	if (!fake_failure.left || fake_failure.op != op || --fake_failure.left)
		return 0;
	fake_failure.left = --fake_failure.times > 0;
	fake_failure.fired = true;
	return fake_failure.err;
}

static struct fake_page **fake_find(const struct vcm_domain *domain, u64 iova)
{
	struct fake_page *const *at = &domain->bucket[(iova >> VCM_PAGE_SHIFT) % FAKE_BUCKETS];

	while (*at && (*at)->iova != iova)
		at = &(*at)->next;
	return (struct fake_page **)at;
}

static struct vcm_domain *fake_domain_alloc(struct vcm_device *dev, struct vcm_dom *dom)
{
	const struct fake_device *fake = vcm_device_priv(dev);
	int err = fake_called(FAKE_ALLOC);
	struct vcm_domain *domain;

	if (err)
		return ERR_PTR(err);
	domain = calloc(1, sizeof(*domain));
	CHECK(domain);
	domain->kind = fake->kind;
	domain->dom = dom;
	__atomic_add_fetch(&fake_counts.domains, 1, __ATOMIC_RELAXED);
	return domain;
}

static void fake_domain_free(struct vcm_domain *domain)
{
	if (domain->devices || domain->pages)
		FAKE_MISUSE("a domain freed while a device or a translation is left");
	__atomic_sub_fetch(&fake_counts.domains, 1, __ATOMIC_RELAXED);
	free(domain);
}

static int fake_attach(struct vcm_domain *domain, struct vcm_device *dev,
		       struct vcm_domain_caps *caps)
{
	struct fake_device *fake = vcm_device_priv(dev);
	int err;

	if (!fake->dev)
		FAKE_MISUSE("a device attached after it went away");
	if (fake->kind != domain->kind)
		return -EINVAL;
	err = fake_called(FAKE_ATTACH);
	if (err)
		return err;
	if (fake->on)
		return -EBUSY;
	*caps = fake->caps;
	fake->on = domain;
	domain->device[domain->devices++] = fake;
	domain->attached = true;
	return 0;
}

static void fake_detach(struct vcm_domain *domain, struct vcm_device *dev)
{
	struct fake_device *fake = vcm_device_priv(dev);
	u32 at = 0;

	if (fake->on != domain)
		FAKE_MISUSE("a device detached from a domain that it is not attached to");
	fake->on = NULL;
	while (domain->device[at] != fake)
		at++;
	domain->device[at] = domain->device[--domain->devices];
}

/* The physical address of byte @off of @phys. */
static u64 fake_pa_of(const struct vcm_phys *phys, u64 off)
{
	const struct vcm_chunk *chunk;
	u32 nr;

	for (chunk = vcm_phys_chunks(phys, &nr); nr; nr--, chunk++) {
		if (off < chunk->len)
			return chunk->pa + off;
		off -= chunk->len;
	}
	FAKE_MISUSE("an offset outside the memory");
}

static void fake_check_apertures(const struct vcm_domain *domain, u64 start, u64 last)
{
	for (u32 i = 0; i < domain->devices; i++)
		if (start < domain->device[i]->caps.start || last > domain->device[i]->caps.last)
			FAKE_MISUSE("map outside the aperture of a device");
}

static int fake_map(struct vcm_domain *domain, u64 start, u64 len, struct vcm_phys *phys,
		    u64 off, u32 prot)
{
	int err = fake_called(FAKE_MAP);

	/* A switch may have taken the device away for a moment. */
	if (!domain->attached)
		FAKE_MISUSE("map before a device was attached");
	if (!len || !IS_ALIGNED(start | len | off, PAGE) || !prot || prot & ~RW)
		FAKE_MISUSE("map of something odd");
	fake_check_apertures(domain, start, start + (len - 1));
	if (err)
		return err;
	for (u64 at = 0; at < len; at += PAGE) {
		struct fake_page **link = fake_find(domain, start + at);

		if (*link)
			FAKE_MISUSE("map over what is mapped");
		*link = malloc(sizeof(**link));
		CHECK(*link);
		**link = (struct fake_page) {
			.iova = start + at,
			.pa = fake_pa_of(phys, off + at),
			.prot = prot,
		};
		os_page_map((*link)->pa);
		domain->pages++;
	}
	return 0;
}

/* A short unmap removes the entries all the same, as a driver that lost count would. */
static int fake_unmap(struct vcm_domain *domain, u64 start, u64 len)
{
	int err = fake_called(FAKE_UNMAP);

	for (u64 at = 0; at < len; at += PAGE) {
		struct fake_page **link = fake_find(domain, start + at);
		struct fake_page *page = *link;

		if (!page)
			FAKE_MISUSE("unmap of what is not mapped");
		os_page_unmap(page->pa);
		*link = page->next;
		free(page);
		domain->pages--;
	}
	__atomic_add_fetch(&fake_counts.flushes, domain->devices, __ATOMIC_RELAXED);
	return err;
}

static int fake_reserved(struct vcm_device *dev, u32 n, u64 *start, u64 *last)
{
	const struct fake_device *fake = vcm_device_priv(dev);
	int err = fake_called(FAKE_RESERVED);

	if (err)
		return err;
	if (n >= fake->regions)
		return -ENOENT;
	*start = fake->region[n].start;
	*last = fake->region[n].last;
	return 0;
}

/* The address of @phys when it is in one piece. */
static int fake_o2o_place(struct vcm_phys *phys, u64 *start)
{
	u32 nr;
	const struct vcm_chunk *chunk = vcm_phys_chunks(phys, &nr);
	int err = fake_called(FAKE_PLACE);

	if (err)
		return err;
	*start = chunk->pa;
	return nr == 1 ? 0 : -EOPNOTSUPP;
}

static int fake_o2o_check(const struct vcm_phys *phys, u64 off, u64 len, u64 start)
{
	for (u64 at = 0; at < len; at += PAGE)
		if (fake_pa_of(phys, off + at) != start + at)
			return -EOPNOTSUPP;
	return 0;
}

/* Placing takes no lock of the core and may call the API; so does its undoing. */
static int fake_fused_place(struct vcm_phys *phys, u64 *start)
{
	int err = fake_called(FAKE_PLACE);
	void *kva;

	if (err)
		return err;
	kva = vcm_vmap(phys);
	if (IS_ERR(kva))
		return PTR_ERR(kva);
	*start = (uintptr_t)kva;
	return 0;
}

static void fake_fused_unplace(struct vcm_phys *phys)
{
	void (*told)(void) = fake_unplaced;

	vcm_vunmap(phys);
	fake_unplaced = NULL;
	if (told)
		told();
}

#define FAKE_DEVICE_OPS								\
	.domain_alloc = fake_domain_alloc,					\
	.domain_free = fake_domain_free,					\
	.attach = fake_attach,							\
	.detach = fake_detach,							\
	.map = fake_map,							\
	.unmap = fake_unmap

const struct vcm_driver fake_driver = {
	.name = "fake",
	.kind = VCM_DRIVER_IOMMU,
	FAKE_DEVICE_OPS,
	.reserved = fake_reserved,
};

const struct vcm_driver fake_o2o_driver = {
	.name = "fake-o2o",
	.kind = VCM_DRIVER_O2O,
	FAKE_DEVICE_OPS,
	.check = fake_o2o_check,
	.place = fake_o2o_place,
};

const struct vcm_driver fake_contig_driver = {
	.name = "fake-contig",
	.kind = VCM_DRIVER_CONTIG,
	.flags = VCM_DRVF_CONTIG,
	FAKE_DEVICE_OPS,
	.check = fake_o2o_check,
	.place = fake_o2o_place,
};

const struct vcm_driver fake_fused_driver = {
	.name = "fake-fused",
	.kind = VCM_DRIVER_VMM,
	.flags = VCM_DRVF_FUSED,
	.place = fake_fused_place,
	.unplace = fake_fused_unplace,
};

struct vcm_dom *fake_dom(const struct fake_device *fake)
{
	CHECK(fake->on);
	return fake->on->dom;
}

struct fake_device *fake_device(const char *name, u32 kind)
{
	struct fake_device *fake = &fake_devices[fake_nr_devices++];

	CHECK(fake_nr_devices <= FAKE_DEVICES);
	fake->kind = kind;
	fake->caps = (struct vcm_domain_caps) { .last = ~0ull, .pgsizes = PAGE | PAGE << 9 };
	fake_register(fake, name);
	return fake;
}

void fake_register(struct fake_device *fake, const char *name)
{
	struct vcm_device *dev = vcm_device_register(name, "fake-iommu", 0, fake);

	CHECK_PTR_ERR(0, dev);
	fake->dev = dev;
}

void fake_unregister(struct fake_device *fake)
{
	struct vcm_device *dev = fake->dev;

	vcm_device_unregister(dev);
	fake->dev = NULL;
	CHECK(!fake->on);
}

void fake_teardown(void)
{
	for (u32 i = 0; i < fake_nr_devices; i++) {
		CHECK(!fake_devices[i].on);
		if (fake_devices[i].dev)
			fake_unregister(&fake_devices[i]);
	}
	fake_nr_devices = 0;
	CHECK_EQ(0, fake_counts.domains);
}

u64 fake_translate(const struct fake_device *fake, u64 iova, u32 prot)
{
	const struct fake_page *page;

	if (!fake->on)
		return 0;
	page = *fake_find(fake->on, iova & ~(PAGE - 1));
	if (!page || (page->prot & prot) != prot)
		return 0;
	return page->pa + (iova & (PAGE - 1));
}

/* Every page of a binding has its entry; *@pages counts them. */
static const char *fake_check_res(const struct vcm_domain *domain, const struct vcm_res *res,
				  u64 *pages)
{
	for (u64 at = 0; at < res->bound_len; at += PAGE) {
		const struct fake_page *page = *fake_find(domain, res->start + at);

		if (!page)
			return "a bound page that a domain does not translate";
		if (page->pa != fake_pa_of(res->phys, res->off + at) || page->prot != res->prot)
			return "a bound page that a domain translates wrongly";
		++*pages;
	}
	return NULL;
}

static const char *fake_check_dom(const struct vcm *vcm, const struct vcm_dom *dom)
{
	struct vcm_res *res;
	const char *bad;
	u64 pages = 0;

	if (dom->domain->dom != dom || dom->vcm != vcm)
		return "a domain that is not what the driver was told";
	for (res = vcm_res_first(vcm); res; res = vcm_res_next(res)) {
		bad = fake_check_res(dom->domain, res, &pages);
		if (bad)
			return bad;
	}
	if (pages != dom->domain->pages)
		return "a domain translates what is not bound";
	return dom->devices == dom->domain->devices ? NULL : "devices of a domain";
}

/* With no call running, memory has exactly the uses that can be seen. */
static const char *fake_check_uses(const struct vcm_phys *phys)
{
	u32 uses = (phys->refs.total > 0) + phys->kva_users;
	const struct vcm *vcm;
	struct vcm_res *res;

	list_for_each_entry(vcm, &vcm_registry.contexts, node)
		for (res = vcm_res_first(vcm); res; res = vcm_res_next(res))
			uses += res->phys == phys;
	return uses == refcount_read(&phys->uses) ? NULL : "memory with uses of nobody";
}

const char *fake_check(void)
{
	const struct vcm_phys *phys;
	const struct vcm_dom *dom;
	const struct vcm *vcm;
	const char *bad;
	u64 domains = 0;

	list_for_each_entry(phys, &vcm_registry.physes, node) {
		bad = fake_check_uses(phys);
		if (bad)
			return bad;
	}
	list_for_each_entry(vcm, &vcm_registry.contexts, node) {
		list_for_each_entry(dom, &vcm->domains, node) {
			bad = fake_check_dom(vcm, dom);
			if (bad)
				return bad;
			domains++;
		}
	}
	return domains == fake_counts.domains ? NULL : "a domain of no context is left";
}
