// SPDX-License-Identifier: GPL-2.0-only
/*
 * phys.c - physical memory: chunk sizes, falling back to smaller ones, and when it is released.
 */
#include "fake.h"
#include "os_test.h"
#include "unit.h"

static struct vcm_phys *alloc(u64 pages, u32 orders)
{
	const struct vcm_phys_req req = { .len = pages * PAGE, .orders = orders };

	return vcm_phys_alloc(&req);
}

/* The chunks of @phys are @pages[] long, 0 ends the list; they are aligned and disjoint. */
static void check_chunks(const struct vcm_phys *phys, const u32 *pages)
{
	const struct vcm_chunk *chunk;
	u64 len = 0;
	u32 nr;

	chunk = vcm_phys_chunks(phys, &nr);
	for (u32 i = 0; i < nr; i++) {
		CHECK_EQ(pages[i] * PAGE, chunk[i].len);
		CHECK(IS_ALIGNED(chunk[i].pa, chunk[i].len));
		for (u32 j = 0; j < i; j++)
			CHECK(chunk[i].pa >= chunk[j].pa + chunk[j].len ||
			      chunk[j].pa >= chunk[i].pa + chunk[i].len);
		len += chunk[i].len;
	}
	CHECK_EQ(0, pages[nr]);
	CHECK_EQ(vcm_phys_len(phys), len);
}

TEST(largest_chunks_come_first)
{
	struct vcm_phys *phys = alloc(1024 + 512 + 7, 0);

	CHECK_PTR_ERR(0, phys);
	check_chunks(phys, (const u32 []) { 1024, 512, 4, 2, 1, 0 });
	CHECK_EQ(1024 + 512 + 7, vcm_os_pages_held());
	CHECK_EQ(1, vcm_phys_id(phys));
	CHECK_STR("phys_alloc", unit_event_names());
	CHECK_EQ(5, unit_event(0)->arg[1]);
	CHECK_EQ(0x7ff, unit_event(0)->arg[2]);
	vcm_phys_put(phys);
	CHECK_EQ(0, vcm_os_pages_held());
}

TEST(chunks_above_the_largest_order_are_repeated)
{
	struct vcm_phys *phys = alloc(3 * 1024, 0);

	CHECK_PTR_ERR(0, phys);
	check_chunks(phys, (const u32 []) { 1024, 1024, 1024, 0 });
	vcm_phys_put(phys);
}

TEST(only_allowed_chunk_sizes_are_used)
{
	struct vcm_phys *phys = alloc(22, 1 << 1 | 1 << 3);

	CHECK_PTR_ERR(0, phys);
	check_chunks(phys, (const u32 []) { 8, 8, 2, 2, 2, 0 });
	vcm_phys_put(phys);
	phys = alloc(20, 1);
	CHECK_PTR_ERR(0, phys);
	check_chunks(phys, (const u32 []) { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
					    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0 });
	vcm_phys_put(phys);
}

TEST(smaller_chunks_stand_in_when_large_ones_are_out)
{
	struct vcm_phys *phys;

	os_pages_limit(2);
	phys = alloc(18, 0);
	CHECK_PTR_ERR(0, phys);
	check_chunks(phys, (const u32 []) { 4, 4, 4, 4, 2, 0 });
	vcm_phys_put(phys);
	CHECK_PTR_ERR(-ENOMEM, alloc(16, 1 << 3 | 1 << 4));
	CHECK_EQ(0, vcm_os_pages_held());
}

TEST(bad_lengths_and_orders_are_refused)
{
	const struct vcm_phys_req odd = { .len = PAGE + 1 };

	CHECK_PTR_ERR(-EINVAL, alloc(0, 0));
	CHECK_PTR_ERR(-EINVAL, vcm_phys_alloc(&odd));
	CHECK_PTR_ERR(-EINVAL, alloc(1, 1 << 1));
	CHECK_PTR_ERR(-EINVAL, alloc(3, 1 << 2 | 1 << 1));
	CHECK_PTR_ERR(-EINVAL, alloc(1 << 13, 1 << 13));
	CHECK_PTR_ERR(-EINVAL, alloc(1, 1u << 31 | 1));
	CHECK_PTR_ERR(-ENOMEM, alloc(vcm_os_pages_total() + 1, 0));
	CHECK_PTR_ERR(-ENOMEM, alloc(-PAGE / PAGE, 0));
	CHECK_STR("error error error error error error error error", unit_event_names());
	CHECK_EQ(VCM_OP_PHYS_ALLOC, unit_event(3)->arg[0]);
	CHECK_EQ(3 * PAGE, unit_event(3)->arg[2]);
	CHECK_EQ(6, unit_event(3)->arg[1]);
}

TEST(memory_is_released_with_the_last_put)
{
	struct vcm_phys *phys = alloc(2, 0);

	CHECK(vcm_phys_get(phys) == phys);
	vcm_phys_put(phys);
	CHECK_EQ(2, vcm_os_pages_held());
	vcm_phys_put(phys);
	CHECK_EQ(0, vcm_os_pages_held());
	CHECK_STR("phys_alloc ref unref phys_free", unit_event_names());
	CHECK_EQ(2 * PAGE, unit_event(3)->arg[0]);
}

TEST(memory_stays_until_the_last_binding_goes)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *a = unit_res_at(vcm, 0, 2), *b = unit_res_at(vcm, 4 * PAGE, 2);
	struct vcm_phys *phys = alloc(2, 0);

	CHECK_ERR(0, vcm_bind(a, phys, 0, RW));
	CHECK_ERR(0, vcm_bind(b, phys, 0, RW));
	unit_events_clear();
	vcm_phys_put(phys);
	CHECK_EQ(0, unit_event(0)->refs);
	CHECK_ERR(0, vcm_unbind(a));
	CHECK_EQ(2, vcm_os_pages_held());
	unit_verify();
	vcm_unreserve(b);
	CHECK_EQ(0, vcm_os_pages_held());
	CHECK_STR("unref unbind unbind unreserve phys_free", unit_event_names());
	vcm_unreserve(a);
	vcm_destroy(vcm);
}

TEST(device_cannot_reach_memory_when_it_is_released)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 2);
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm_assoc *assoc = vcm_assoc_device(vcm, fake->dev);
	struct vcm_phys *phys = alloc(2, 0);

	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	vcm_phys_put(phys);
	CHECK(fake_translate(fake, PAGE, RW));
	os_hooks.pages_freed = unit_verify;
	vcm_unreserve(res);
	CHECK(!os_hooks.pages_freed);
	CHECK(!fake_translate(fake, PAGE, VCM_PROT_READ));
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
}
