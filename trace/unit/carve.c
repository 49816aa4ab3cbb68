// SPDX-License-Identifier: GPL-2.0-only
/*
 * carve.c - memory set aside for VCM: where pieces are, when they come back, and who may have it.
 */
#include "fake.h"
#include "os_test.h"
#include "sweep.h"

#define BASE	os_foreign(0)

/* A carve-out of @pages; foreign memory @nr, which begins with a large alignment. */
static u64 carveout(u32 nr, u64 pages)
{
	CHECK_ERR(0, vcm_carveout_add(os_foreign(nr), pages * PAGE));
	return os_foreign(nr);
}

static struct vcm_phys *carve(u64 pages)
{
	const struct vcm_phys_req req = { .len = pages * PAGE, .flags = VCM_PHYS_CARVEOUT };

	return vcm_phys_alloc(&req);
}

/* From the carve-out with number @nr. */
static struct vcm_phys *carve_of(u32 nr, u64 pages)
{
	const struct vcm_phys_req req = {
		.len = pages * PAGE, .flags = VCM_PHYS_CARVEOUT | VCM_PHYS_NODE, .node = nr,
	};

	return vcm_phys_alloc(&req);
}

static u64 pa_of(const struct vcm_phys *phys)
{
	u32 nr;
	const struct vcm_chunk *chunk = vcm_phys_chunks(phys, &nr);

	CHECK_EQ(1, nr);
	CHECK_EQ(vcm_phys_len(phys), chunk->len);
	return chunk->pa;
}

TEST(piece_is_one_chunk_that_was_cleared)
{
	u64 start = carveout(0, 64);
	struct vcm_phys *phys = carve(5);

	CHECK_PTR_ERR(0, phys);
	CHECK_EQ(start, pa_of(phys));
	CHECK_EQ(start, os_cleared()->pa);
	CHECK_EQ(5 * PAGE, os_cleared()->len);
	CHECK_EQ(VCM_SOURCE_CARVEOUT, vcm_phys_source(phys));
	CHECK(!vcm_phys_is_own(phys));
	CHECK_STR("phys_alloc", unit_event_names());
	CHECK_EQ(VCM_SOURCE_CARVEOUT, unit_event(0)->arg[4]);
	CHECK_EQ(0, unit_event(0)->arg[2]);
	CHECK_EQ(0, vcm_os_pages_held());
	unit_verify();
	vcm_phys_put(phys);
	CHECK_STR("phys_alloc phys_free", unit_event_names());
	CHECK_ERR(0, vcm_carveout_remove(start));
}

TEST(without_a_carve_out_there_is_nothing_to_have)
{
	CHECK_PTR_ERR(-EOPNOTSUPP, carve(1));
	CHECK_PTR_ERR(-EOPNOTSUPP, carve_of(0, 1));
	CHECK_STR("error error", unit_event_names());
	CHECK_EQ(VCM_OP_PHYS_ALLOC, unit_event(0)->arg[0]);
	CHECK_EQ(VCM_PHYS_CARVEOUT, unit_event(0)->arg[3]);
}

TEST(every_page_can_be_had_and_comes_back)
{
	struct vcm_phys *phys[16];
	u64 start = carveout(0, 16);

	for (u32 round = 0; round < 3; round++) {
		for (u32 i = 0; i < 16; i++) {
			phys[i] = carve(1);
			CHECK_PTR_ERR(0, phys[i]);
			for (u32 k = 0; k < i; k++)
				CHECK(pa_of(phys[i]) != pa_of(phys[k]));
		}
		CHECK_PTR_ERR(-ENOMEM, carve(1));
		unit_verify();
		for (u32 i = 0; i < 16; i++)
			vcm_phys_put(phys[(i * 7 + round) % 16]);
		phys[0] = carve(16);
		CHECK_EQ(start, pa_of(phys[0]));
		CHECK_PTR_ERR(-ENOMEM, carve(1));
		vcm_phys_put(phys[0]);
		CHECK_PTR_ERR(-ENOMEM, carve(17));
	}
	CHECK_ERR(0, vcm_carveout_remove(start));
}

TEST(large_pieces_are_aligned_when_they_can_be)
{
	u64 start = carveout(0, 1024 + 512);
	struct vcm_phys *small = carve(1), *large = carve(512), *odd = carve(700);

	CHECK_EQ(start, pa_of(small));
	CHECK_EQ(start + 512 * PAGE, pa_of(large));
	CHECK_PTR_ERR(-ENOMEM, odd);
	odd = carve(400);
	CHECK_EQ(start + 1024 * PAGE, pa_of(odd));
	vcm_phys_put(large);
	vcm_phys_put(odd);
	odd = carve(1024 + 511);	/* fits, and nowhere aligned */
	CHECK_EQ(start + PAGE, pa_of(odd));
	vcm_phys_put(odd);
	vcm_phys_put(small);
	CHECK_ERR(0, vcm_carveout_remove(start));
}

TEST(carve_outs_are_banks)
{
	u64 first = carveout(3, 4), second = carveout(1, 8);
	struct vcm_phys *phys[3] = { carve_of(1, 2), carve(3), carve(3) };

	CHECK_EQ(second, pa_of(phys[0]));
	CHECK_EQ(first, pa_of(phys[1]));
	CHECK_EQ(second + 2 * PAGE, pa_of(phys[2]));	/* there is no room in the first */
	CHECK_PTR_ERR(-EINVAL, carve_of(2, 1));
	CHECK_PTR_ERR(-ENOMEM, carve_of(0, 2));
	CHECK_PTR_ERR(-EINVAL, carve_of(~0u, 1));
	for (u32 i = 0; i < 3; i++)
		vcm_phys_put(phys[i]);
	CHECK_ERR(0, vcm_carveout_remove(first));
	phys[0] = carve_of(0, 8);
	CHECK_EQ(second, pa_of(phys[0]));
	vcm_phys_put(phys[0]);
	CHECK_ERR(0, vcm_carveout_remove(second));
}

TEST(what_cannot_be_a_carve_out_is_refused)
{
	u64 start = carveout(0, 4);
	struct vcm_phys *phys = carve(1);

	CHECK_ERR(-EINVAL, vcm_carveout_add(start, 0));
	CHECK_ERR(-EINVAL, vcm_carveout_add(start + 1, PAGE));
	CHECK_ERR(-EINVAL, vcm_carveout_add(start, PAGE + 1));
	CHECK_ERR(-EINVAL, vcm_carveout_add(-PAGE, 2 * PAGE));
	CHECK_ERR(-EEXIST, vcm_carveout_add(start, 4 * PAGE));
	CHECK_ERR(-EEXIST, vcm_carveout_add(start + 3 * PAGE, 2 * PAGE));
	CHECK_ERR(-EEXIST, vcm_carveout_add(start - PAGE, 16 * PAGE));
	CHECK_ERR(0, vcm_carveout_add(start + 4 * PAGE, PAGE));
	CHECK_ERR(0, vcm_carveout_add(start - PAGE, PAGE));
	CHECK_ERR(-ENOENT, vcm_carveout_remove(start + PAGE));
	CHECK_ERR(-ENOENT, vcm_carveout_remove(start + 5 * PAGE));
	CHECK_ERR(-EBUSY, vcm_carveout_remove(start));
	vcm_phys_put(phys);
	CHECK_ERR(0, vcm_carveout_remove(start));
	CHECK_ERR(-ENOENT, vcm_carveout_remove(start));
	CHECK_ERR(0, vcm_carveout_remove(start + 4 * PAGE));
	CHECK_ERR(0, vcm_carveout_remove(start - PAGE));
}

TEST(request_for_a_piece_has_no_chunk_sizes)
{
	struct vcm_phys_req req = { .len = PAGE, .flags = VCM_PHYS_CARVEOUT, .orders = 1 };
	u64 start = carveout(0, 4);
	struct vcm_phys *phys;

	CHECK_PTR_ERR(-EINVAL, vcm_phys_alloc(&req));
	req.orders = 0;
	req.len = PAGE + 1;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_alloc(&req));
	req.len = (vcm_os_pages_total() + 1) * PAGE;
	CHECK_PTR_ERR(-ENOMEM, vcm_phys_alloc(&req));
	req.len = -PAGE;
	CHECK_PTR_ERR(-ENOMEM, vcm_phys_alloc(&req));
	req.len = 3 * PAGE;
	req.flags |= VCM_PHYS_CONTIG;	/* it is contiguous anyway */
	phys = vcm_phys_alloc(&req);
	CHECK_EQ(VCM_SOURCE_CARVEOUT, vcm_phys_source(phys));
	vcm_phys_put(phys);
	CHECK_ERR(0, vcm_carveout_remove(start));
}

TEST(piece_stays_until_the_last_binding_goes)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 2);
	struct vcm_assoc *assoc = unit_assoc(vcm, fake);
	u64 start = carveout(0, 2);
	struct vcm_phys *phys = carve(2);

	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_ERR(0, vcm_bind(res, phys, 0, RW));
	CHECK_EQ(start + PAGE, fake_translate(fake, PAGE, RW));
	CHECK_EQ(2, os_foreign_mapped(0));
	vcm_phys_put(phys);
	CHECK_PTR_ERR(-ENOMEM, carve(1));
	CHECK_ERR(-EBUSY, vcm_carveout_remove(start));
	unit_verify();
	CHECK_ERR(0, vcm_unbind(res));
	CHECK_EQ(0, os_foreign_mapped(0));
	phys = carve(2);	/* os.c refuses to clear what is translated */
	CHECK_PTR_ERR(0, phys);
	vcm_phys_put(phys);
	vcm_unreserve(res);
	vcm_destroy(vcm);
	CHECK_ERR(0, vcm_deassoc(assoc));
	CHECK_ERR(0, vcm_carveout_remove(start));
}

TEST(piece_has_one_cache_attribute)
{
	struct vcm_phys_req req = {
		.len = 2 * PAGE, .flags = VCM_PHYS_CARVEOUT, .cache = VCM_CACHE_WC,
	};
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 2);
	u64 start = carveout(0, 2);
	struct vcm_phys *phys = vcm_phys_alloc(&req);
	struct vcm_bind_req bind = { phys, 0, 0, RW, VCM_CACHE_WB };

	CHECK_EQ(VCM_CACHE_WC, os_cleared()->cache);
	CHECK_EQ(VCM_CACHE_WC, vcm_phys_cache(phys));
	CHECK_ERR(-EBUSY, vcm_bind_range(res, &bind));
	bind.cache = VCM_CACHE_WC;
	CHECK_ERR(0, vcm_bind_range(res, &bind));
	CHECK_PTR_ERR(0, vcm_vmap(phys));
	CHECK_EQ(1, os_vmaps_held());
	vcm_vunmap(phys);
	vcm_unreserve(res);
	vcm_phys_put(phys);
	os_pages_refuse(1 << VCM_CACHE_UC);
	req.cache = VCM_CACHE_UC;
	CHECK_PTR_ERR(-EOPNOTSUPP, vcm_phys_alloc(&req));
	req.cache = VCM_CACHE_UC + 1;
	CHECK_PTR_ERR(-EINVAL, vcm_phys_alloc(&req));
	CHECK_ERR(0, vcm_carveout_remove(start));
	vcm_destroy(vcm);
}

static void add_carveout(struct bench *bench)
{
	(void)bench;
	carveout(0, 4);
}

static void remove_carveout(struct bench *bench)
{
	(void)bench;
	CHECK_ERR(0, vcm_carveout_remove(BASE));
}

static int run_carve(struct bench *bench)
{
	return made(bench, carve(4));
}

static void undo_carve(struct bench *bench)
{
	vcm_phys_put(bench->made);
}

TEST(failed_carving_takes_nothing)
{
	sweep_around(&(struct call) { run_carve, undo_carve, { [OBJECTS] = 3, [VMAPS] = 1 } },
		     add_carveout, remove_carveout);
}

static int run_add(struct bench *bench)
{
	(void)bench;
	return vcm_carveout_add(BASE, PAGE);
}

TEST(failed_adding_adds_nothing)
{
	sweep_all(&(struct call) { run_add, remove_carveout, { [OBJECTS] = 1 } });
}

TEST(wrong_books_are_found)
{
	u64 start = carveout(0, 4);
	struct vcm_phys *phys = carve(2);
	struct vcm_carveout *carveout;

	carveout = list_first_entry(&vcm_registry.carveouts, struct vcm_carveout, node);
	CHECK_EQ(2 * PAGE, carveout->held);
	carveout->held -= PAGE;
	CHECK_STR("I10: a carve-out that does not know what it handed out", vcm_check());
	carveout->held += PAGE;
	carveout->pieces++;
	CHECK_STR("I10: a carve-out that does not know what it handed out", vcm_check());
	carveout->pieces--;
	phys->chunks->pa += 3 * PAGE;
	CHECK_STR("I10: memory of a carve-out outside of every carve-out", vcm_check());
	phys->chunks->pa -= 3 * PAGE;
	CHECK_NONE(vcm_check());
	vcm_phys_put(phys);
	CHECK_ERR(0, vcm_carveout_remove(start));
}
