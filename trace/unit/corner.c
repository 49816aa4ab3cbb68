// SPDX-License-Identifier: GPL-2.0-only
/*
 * corner.c - what no other test comes past; `make coverage` says what that is.
 */
#include <stdlib.h>

#include "fake.h"
#include "os_test.h"
#include "space.h"
#include "unit.h"

TEST(kernel_mapping_that_nobody_has_cannot_be_given_up)
{
	struct vcm_phys *phys = unit_phys(1);

	vcm_vunmap(phys);
	unit_expect_warnings(1);
	CHECK_EQ(0, os_vmaps_made());
	unit_verify();
	CHECK_PTR_ERR(0, vcm_vmap(phys));
	vcm_vunmap(phys);
	CHECK_EQ(0, os_vmaps_held());
	vcm_phys_put(phys);
}

/* A driver that only places has none of the operations for devices, whichever it is. */
TEST(single_device_operation_is_no_driver)
{
	struct vcm_driver place = fake_fused_driver, driver[7];
	struct vcm_cfg cfg = { .last = ~0ull };

	place.flags = 0;
	for (u32 i = 0; i < ARRAY_SIZE(driver); i++)
		driver[i] = place;
	driver[0].domain_alloc = fake_driver.domain_alloc;
	driver[1].domain_free = fake_driver.domain_free;
	driver[2].attach = fake_driver.attach;
	driver[3].detach = fake_driver.detach;
	driver[4].map = fake_driver.map;
	driver[5].unmap = fake_driver.unmap;
	driver[6].place = NULL;
	for (u32 i = 0; i < ARRAY_SIZE(driver); i++) {
		cfg.driver = &driver[i];
		CHECK_PTR_ERR(-EINVAL, vcm_create(&cfg));
	}
	cfg.driver = &place;
	vcm_destroy(vcm_create(&cfg));
}

TEST(memory_from_elsewhere_may_not_be_longer_than_there_is)
{
	static const struct vcm_phys_ops ops = { .release = free };
	const struct vcm_chunk chunks[2] = { { 0, (u64)1 << 63 }, { 0, (u64)1 << 63 } };
	const struct vcm_phys_desc desc = { .chunks = chunks, .nr_chunks = 2,
					    .source = VCM_SOURCE_SGT, .ops = &ops };

	CHECK_PTR_ERR(-EINVAL, vcm_phys_wrap(&desc));
}

TEST(memory_above_the_largest_chunk_is_several)
{
	const u64 largest = PAGE << VCM_MAX_ORDER;
	const struct vcm_phys_req req = { .len = 3 * largest, .orders = 1 << VCM_MAX_ORDER };
	struct vcm_phys *phys = vcm_phys_alloc(&req);
	const struct vcm_chunk *chunk;
	u32 nr;

	CHECK_PTR_ERR(0, phys);
	chunk = vcm_phys_chunks(phys, &nr);
	CHECK_EQ(3, nr);
	for (u32 i = 0; i < nr; i++)
		CHECK_EQ(largest, chunk[i].len);
	vcm_phys_put(phys);
}

/* A device that comes later takes only what no other device has taken, below and above it. */
TEST(region_that_is_partly_taken_is_taken_in_pieces)
{
	struct fake_device *small = fake_device("small", 0), *large = fake_device("large", 0);
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);
	struct vcm_assoc *first, *second;

	small->region[small->regions++] = (struct fake_region) { 8 * PAGE, 9 * PAGE - 1 };
	large->region[large->regions++] = (struct fake_region) { 7 * PAGE, 10 * PAGE - 1 };
	first = unit_assoc(vcm, small);
	CHECK_EQ(1, vcm->nr_res);
	second = unit_assoc(vcm, large);
	CHECK_EQ(3, vcm->nr_res);
	CHECK_EQ(3 * PAGE, vcm->bytes_reserved);
	unit_verify();
	CHECK_ERR(0, vcm_deassoc(first));
	CHECK_EQ(3, vcm->nr_res);
	CHECK_ERR(0, vcm_deassoc(second));
	CHECK_EQ(0, vcm->nr_res);
	vcm_destroy(vcm);
}

static u32 notes_freed;

static void free_note(struct vcm_phys_note *note)
{
	(void)note;
	notes_freed++;
}

TEST(note_goes_with_the_memory_it_is_about)
{
	struct vcm_phys_note note = { .free = free_note };
	struct vcm_phys *phys = unit_phys(1);

	CHECK(!vcm_phys_note(phys));
	vcm_phys_set_note(phys, &note);
	CHECK(vcm_phys_note(phys) == &note);
	CHECK_EQ(0, notes_freed);
	vcm_phys_put(phys);
	CHECK_EQ(1, notes_freed);
}

static struct vcm_piece *no_piece(void *priv)
{
	(void)priv;
	return NULL;
}

static void free_piece(void *priv, struct vcm_piece *piece)
{
	(void)priv;
	(void)piece;
}

TEST(space_that_makes_no_sense_is_refused)
{
	static const struct vcm_space_ops ops = {
		.piece_alloc = no_piece,
		.piece_free = free_piece,
	};
	static const struct vcm_space_ops half = { .piece_alloc = no_piece };
	const struct vcm_space_cfg good = { .last = 64 * PAGE - 1, .pools = 1, .ops = &ops };
	struct vcm_space_cfg bad[] = { good, good, good, good, good, good, good };

	bad[0].start = 1;
	bad[1].last--;
	bad[2].start = 128 * PAGE;
	bad[3].pools = 0;
	bad[4].pools = VCM_POOLS_MAX + 1;
	bad[5].ops = NULL;
	bad[6].ops = &half;
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_PTR_ERR(-EINVAL, vcm_space_create(&bad[i]));
	for (u32 i = 1; i <= 2; i++) {
		os_fail_nth(i, OS_FAIL_OBJECTS);
		CHECK_PTR_ERR(-ENOMEM, vcm_space_create(&good));
	}
	os_fail_nth(0, 0);
	vcm_space_destroy(vcm_space_create(&good));
}

TEST(reservation_or_domain_of_nobody_is_seen)
{
	struct fake_device *fake = fake_device("dev", 0);
	struct vcm *vcm = unit_context(0, 64 * PAGE - 1);
	struct vcm_res *res = unit_res_at(vcm, 8 * PAGE, 1);
	struct vcm_assoc *assoc = unit_assoc(vcm, fake);
	struct vcm_refs refs = res->refs;
	struct vcm_dom *dom;

	res->refs.total = 0;
	res->refs.unnamed = 0;
	CHECK_STR("I2: a reservation in the tree without reference", vcm_check());
	res->refs.total = refs.total;
	res->refs.unnamed = refs.unnamed;
	CHECK_ERR(0, vcm_activate(assoc));
	dom = assoc->dom;
	assoc->dom = NULL;
	assoc->active = 0;
	CHECK_STR("I4: device count of a mapping domain", vcm_check());
	assoc->dom = dom;
	assoc->active = 1;
	CHECK_NONE(vcm_check());
	CHECK_ERR(0, vcm_deactivate(assoc));
	CHECK_ERR(0, vcm_deassoc(assoc));
	vcm_unreserve(res);
	vcm_destroy(vcm);
}
