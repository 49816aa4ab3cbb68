// SPDX-License-Identifier: GPL-2.0-only
/*
 * wrap.c - what memory can be asked for, memory from elsewhere, and the kernel's own mapping.
 */
#include "fake.h"
#include "os_test.h"
#include "unit.h"

TEST(contiguous_memory_is_one_chunk)
{
	struct vcm_phys_req req = { .len = 13 * PAGE, .flags = VCM_PHYS_CONTIG };
	struct vcm_phys *phys = vcm_phys_alloc(&req);
	const struct vcm_chunk *chunk;
	u32 nr;

	CHECK_PTR_ERR(0, phys);
	chunk = vcm_phys_chunks(phys, &nr);
	CHECK_EQ(1, nr);
	CHECK_EQ(13 * PAGE, chunk->len);
	CHECK_EQ(VCM_SOURCE_CONTIG, unit_event(0)->arg[4]);
	CHECK_EQ(0, unit_event(0)->arg[2]);
	CHECK(os_pages_last()->last_resort);
	CHECK(vcm_phys_is_own(phys));
	vcm_phys_put(phys);
	os_pages_limit(3);
	CHECK_PTR_ERR(-ENOMEM, vcm_phys_alloc(&req));
	req.orders = 1;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_alloc(&req));
}

TEST(node_is_asked_for_when_it_is_given)
{
	struct vcm_phys_req req = { .len = PAGE, .node = 3 };
	struct vcm_phys *phys = vcm_phys_alloc(&req);

	CHECK_EQ(-1, os_pages_last()->node);
	vcm_phys_put(phys);
	req.flags = VCM_PHYS_NODE;
	phys = vcm_phys_alloc(&req);
	CHECK_EQ(3, os_pages_last()->node);
	vcm_phys_put(phys);
	req.node = ~0u;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_alloc(&req));
	req.node = 1u << 31;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_alloc(&req));
}

TEST(last_chunk_size_is_the_last_resort)
{
	struct vcm_phys_req req = { .len = 8 * PAGE, .orders = 1 << 3 | 1 << 1 };
	struct vcm_phys *phys = vcm_phys_alloc(&req);

	CHECK_EQ(8, os_pages_last()->nr);
	CHECK(!os_pages_last()->last_resort);
	vcm_phys_put(phys);
	os_pages_limit(2);
	phys = vcm_phys_alloc(&req);
	CHECK_EQ(2, os_pages_last()->nr);
	CHECK(os_pages_last()->last_resort);
	vcm_phys_put(phys);
}

TEST(cache_attribute_is_that_of_the_pages)
{
	struct vcm_phys_req req = { .len = 3 * PAGE, .cache = VCM_CACHE_WC };
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 3);
	struct vcm_phys *phys = vcm_phys_alloc(&req);
	struct vcm_bind_req bind = { phys, 0, 0, RW, VCM_CACHE_WB };

	CHECK_EQ(VCM_CACHE_WC, vcm_phys_cache(phys));
	CHECK_EQ(VCM_CACHE_WC, os_pages_last()->cache);
	CHECK_ERR(-EBUSY, vcm_bind_range(res, &bind));
	bind.cache = VCM_CACHE_WC;
	CHECK_ERR(0, vcm_bind_range(res, &bind));
	CHECK_ERR(0, vcm_unbind(res));
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));	/* follows the memory */
	CHECK_PTR_ERR(0, vcm_vmap(phys));
	vcm_vunmap(phys);
	vcm_unreserve(res);
	vcm_phys_put(phys);
	os_pages_refuse(1 << VCM_CACHE_UC);
	req.cache = VCM_CACHE_UC;
	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_phys_alloc(&req));
	req.cache = 3;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_alloc(&req));
	req.cache = VCM_CACHE_WB;
	req.flags = 1 << 3;
	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_phys_alloc(&req));
	vcm_destroy(vcm);
}

static u32 given_back;

static void give_back(void *priv)
{
	CHECK(priv == &given_back);
	unit_verify();
	given_back++;
}

TEST(memory_from_elsewhere_is_given_back_once)
{
	static const struct vcm_phys_ops ops = { give_back };
	const struct vcm_chunk chunks[2] = { { os_foreign(0), 2 * PAGE }, { os_foreign(5), PAGE } };
	struct vcm_holder *holder = unit_holder("importer");
	const struct vcm_phys_desc desc = {
		.chunks = chunks, .nr_chunks = 2, .cache = VCM_CACHE_UC, .source = VCM_SOURCE_SGT,
		.ops = &ops, .priv = &given_back, .holder = holder,
	};
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_assoc *assoc = unit_assoc(vcm, fake);
	struct vcm_res *res = unit_res_at(vcm, 0, 3);
	struct vcm_phys *phys;

	CHECK_ERR(0, vcm_activate(assoc));
	unit_events_clear();
	phys = vcm_phys_wrap(&desc);
	CHECK_PTR_ERR(0, phys);
	CHECK_EQ(3 * PAGE, vcm_phys_len(phys));
	CHECK(!vcm_phys_is_own(phys));
	CHECK_EQ(VCM_SOURCE_SGT, unit_event(0)->arg[4]);
	CHECK_EQ(VCM_CACHE_UC, unit_event(0)->arg[3]);
	CHECK_EQ(vcm_holder_id(holder), unit_event(0)->arg[5]);
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	CHECK_EQ(os_foreign(5), fake_translate(fake, 2 * PAGE, RW));
	CHECK_ERR(0, vcm_phys_put_as(phys, holder));
	CHECK_EQ(0, given_back);
	CHECK_ERR(0, vcm_unbind(res));
	CHECK_EQ(1, given_back);
	CHECK_EQ(0, vcm_os_pages_held());
	vcm_unreserve(res);
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
	vcm_holder_put(holder);
}

TEST(memory_from_elsewhere_has_to_be_pages)
{
	static const struct vcm_phys_ops ops = { give_back }, none = {};
	struct vcm_chunk chunks[2] = { { os_foreign(0), PAGE }, { os_foreign(1), PAGE } };
	struct vcm_phys_desc desc = { .chunks = chunks, .nr_chunks = 2,
				      .source = VCM_SOURCE_SGT, .ops = &ops };

	desc.nr_chunks = 0;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_wrap(&desc));
	desc.nr_chunks = 2;
	desc.ops = NULL;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_wrap(&desc));
	desc.ops = &none;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_wrap(&desc));
	desc.ops = &ops;
	desc.cache = 7;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_wrap(&desc));
	desc.cache = VCM_CACHE_WB;
	chunks[1].len = 0;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_wrap(&desc));
	chunks[1].len = PAGE / 2;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_wrap(&desc));
	chunks[1].len = PAGE;
	chunks[1].pa++;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_wrap(&desc));
	chunks[1].pa--;
	chunks[1].len = -PAGE;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_wrap(&desc));
	chunks[1] = (struct vcm_chunk) { -PAGE, 2 * PAGE };
	CHECK_PTR_ERR(-EINVAL, vcm_phys_wrap(&desc));
	chunks[1] = (struct vcm_chunk) { os_foreign(1), PAGE };
	desc.source = VCM_SOURCE_CARVEOUT;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_wrap(&desc));
	CHECK_EQ(10, unit_events());
	CHECK_EQ(VCM_OP_IMPORT, unit_event(0)->arg[0]);
	CHECK_EQ(VCM_SOURCE_SGT, unit_event(0)->arg[1]);
	CHECK_EQ(0, given_back);
}

TEST(kernel_mapping_is_shared_and_counted)
{
	struct vcm_phys *phys = unit_phys(3), *other = unit_phys(1);
	void *kva[3];

	unit_events_clear();
	kva[0] = vcm_vmap(phys);
	kva[1] = vcm_vmap(phys);
	kva[2] = vcm_vmap(other);
	CHECK_PTR_ERR(0, kva[0]);
	CHECK(kva[0] == kva[1] && kva[2] != kva[0]);
	CHECK_EQ(2, os_vmaps_made());
	unit_verify();
	vcm_vunmap(phys);
	CHECK_EQ(2, os_vmaps_held());
	vcm_vunmap(phys);
	CHECK_EQ(1, os_vmaps_held());
	vcm_vunmap(other);
	CHECK_STR("", unit_event_names());
	CHECK_PTR_ERR(0, vcm_vmap(phys));
	vcm_phys_put(phys);
	CHECK_EQ(4, vcm_os_pages_held());	/* a kernel mapping keeps the memory */
	unit_verify();
	vcm_vunmap(phys);
	CHECK_EQ(1, vcm_os_pages_held());
	CHECK_STR("unref phys_free", unit_event_names());
	vcm_phys_put(other);
}

TEST(kernel_mapping_that_fails_is_told)
{
	struct vcm_phys *phys = unit_phys(1);

	unit_events_clear();
	os_fail_nth(1, OS_FAIL_VMAP);
	CHECK_PTR_ERR(-ENOMEM, vcm_vmap(phys));
	CHECK_STR("error", unit_event_names());
	CHECK_EQ(VCM_OP_VMAP, unit_event(0)->arg[0]);
	CHECK_EQ(vcm_phys_id(phys), unit_event(0)->id);
	unit_verify();
	CHECK_PTR_ERR(0, vcm_vmap(phys));
	vcm_vunmap(phys);
	vcm_phys_put(phys);
}
