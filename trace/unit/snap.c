// SPDX-License-Identifier: GPL-2.0-only
/*
 * snap.c - the snapshot: every field of every record, the order of records, and its own failures.
 */
#include "fake.h"
#include "os_test.h"
#include "unit.h"

TEST(empty_snapshot_is_a_header_and_the_registry_stream)
{
	const struct vcm_snap_header *head;
	void *data = NULL;
	size_t len = 0;

	CHECK_ERR(0, vcm_snap_take(&data, &len));
	head = data;
	CHECK_EQ(sizeof(*head) + sizeof(struct vcm_snap_rec) + sizeof(struct vcm_snap_stream), len);
	CHECK_EQ(1, head->nr_records);
	CHECK_EQ(len, head->total_len);
	CHECK_EQ(VCM_SNAP_STREAM, ((const struct vcm_snap_rec *)(head + 1))->type);
	vcm_os_free(data);
}

TEST(records_have_the_lengths_of_the_format)
{
	CHECK_EQ(24, sizeof(struct vcm_snap_header));
	CHECK_EQ(8, sizeof(struct vcm_snap_rec));
	CHECK_EQ(16, sizeof(struct vcm_snap_stream));
	CHECK_EQ(88, sizeof(struct vcm_snap_device));
	CHECK_EQ(40, sizeof(struct vcm_snap_context));
	CHECK_EQ(24, sizeof(struct vcm_snap_assoc));
	CHECK_EQ(40, sizeof(struct vcm_snap_phys));
	CHECK_EQ(80, sizeof(struct vcm_snap_res));
	CHECK_EQ(40, sizeof(struct vcm_snap_holder));
	CHECK_EQ(24, sizeof(struct vcm_snap_hold));
}

static void check_bytes(const struct state *state, unsigned int type, const void *want)
{
	CHECK_EQ(1, state->table[type].nr);
	CHECK(!memcmp(want, state_record(state, type, 0), state_record_size(type)));
}

TEST(every_field_is_where_the_format_says)
{
	const struct vcm_req req = { .len = 4 * PAGE, .align = 16 };
	const struct vcm_phys_req mem = { .len = 3 * PAGE, .orders = 3 };
	struct fake_device *fake = fake_device("0000:00:05.0", 0);
	struct vcm *vcm = unit_context(PAGE, ~0ull);
	struct vcm_assoc *assoc = vcm_assoc_device(vcm, fake->dev);
	struct vcm_phys *phys = vcm_phys_alloc(&mem);
	struct vcm_res *res = vcm_reserve(vcm, &req);
	struct state state;

	vcm_get(vcm);
	vcm_phys_get(phys);
	CHECK_ERR(0, vcm_ref_reserve(res));
	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_ERR(0, vcm_activate(assoc));
	CHECK_ERR(0, vcm_bind(res, phys, PAGE, VCM_PROT_WRITE));
	unit_snapshot(&state);
	check_bytes(&state, VCM_SNAP_CONTEXT, &(struct vcm_snap_context) {
		.vcm = 1, .refs = 2, .start = PAGE, .last = ~0ull,
		.driver = VCM_DRIVER_IOMMU, .first_stream = 1, .nr_streams = 1 });
	check_bytes(&state, VCM_SNAP_ASSOC, &(struct vcm_snap_assoc) {
		.assoc = 1, .vcm = 1, .dev = 1, .active = 2, .domain = assoc->dom->id });
	check_bytes(&state, VCM_SNAP_PHYS, &(struct vcm_snap_phys) {
		.phys = 1, .len = 3 * PAGE, .refs = 2, .chunks = 2, .orders = 3,
		.source = VCM_SOURCE_PAGES });
	check_bytes(&state, VCM_SNAP_RES, &(struct vcm_snap_res) {
		.res = 1, .vcm = 1, .refs = 2, .start = 1 << 16, .len = 4 * PAGE, .phys = 1,
		.off = PAGE, .bound_len = 2 * PAGE, .prot = VCM_PROT_WRITE, .mapped = 1,
		.align = 16 });
	check_bytes(&state, VCM_SNAP_DEVICE, &(struct vcm_snap_device) {
		.dev = 1, .name = "0000:00:05.0", .iommu = "fake-iommu" });
	CHECK_EQ(7, state_stream(&state, 0)->seq);
	CHECK_EQ(4, state_stream(&state, 1)->seq);
	CHECK_EQ(1, state_stream(&state, 1)->vcm);
	state_clear(&state);
	vcm_destroy(vcm);
	vcm_put(vcm);
	vcm_unreserve(res);
	vcm_unreserve(res);
	vcm_phys_put(phys);
	vcm_phys_put(phys);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

/* state_decode() refuses records out of order; this makes a state in which order is not a gift. */
TEST(records_are_ordered_whatever_came_first)
{
	struct fake_device *fake[3] = { fake_device("a", 0), fake_device("b", 0),
					fake_device("c", 0) };
	struct vcm *vcm[2] = { unit_context(0, ~0ull), unit_context(0, ~0ull) };
	struct vcm_res *res[6];
	struct vcm_assoc *assoc[6];
	struct state state;

	for (u32 i = 0; i < 6; i++) {
		res[i] = unit_res_at(vcm[i % 2], (6 - i) * PAGE, 1);
		assoc[i] = vcm_assoc_device(vcm[i % 2], fake[i % 3]->dev);
		CHECK_PTR_ERR(0, assoc[i]);
	}
	unit_snapshot(&state);
	CHECK_EQ(6, state.table[VCM_SNAP_RES].nr);
	CHECK_EQ(6, state.table[VCM_SNAP_ASSOC].nr);
	CHECK_EQ(3, state.table[VCM_SNAP_STREAM].nr);
	CHECK_EQ(3, state.table[VCM_SNAP_DEVICE].nr);
	state_clear(&state);
	vcm_destroy(vcm[0]);
	vcm_destroy(vcm[1]);
	for (u32 i = 0; i < 6; i++) {
		vcm_unreserve(res[i]);
		CHECK_ERR(0, vcm_deassoc(assoc[i]));
	}
}

TEST(large_state_fits)
{
	enum { NR = 2000 };
	struct vcm *vcm = unit_context(0, ~0ull);
	static struct vcm_res *res[NR];
	struct state state;

	for (u32 i = 0; i < NR; i++)
		res[i] = unit_res_at(vcm, (u64)i * 7 % NR * 2 * PAGE, 1);
	unit_snapshot(&state);
	CHECK_EQ(NR, state.table[VCM_SNAP_RES].nr);
	state_clear(&state);
	unit_verify();
	for (u32 i = 0; i < NR; i++)
		vcm_unreserve(res[i]);
	vcm_destroy(vcm);
}

TEST(snapshot_changes_nothing_and_fails_cleanly)
{
	struct vcm *vcm = unit_context(0, ~0ull);
	struct vcm_res *res = unit_res_at(vcm, 0, 1);
	struct vcm_phys *phys = unit_phys(1);
	u64 held = vcm_os_objects_held();
	void *data = NULL;
	size_t len = 0;
	u32 swept = 0;

	unit_events_clear();
	for (;; swept++) {
		int err;

		os_fail_nth(swept + 1, OS_FAIL_OBJECTS);
		err = vcm_snap_take(&data, &len);
		CHECK_ERR(os_fail_fired() ? -ENOMEM : 0, err);
		if (!err)
			break;
		CHECK_EQ(held, vcm_os_objects_held());
	}
	os_fail_nth(0, 0);
	CHECK(swept >= 5);	/* four sections and their sum */
	CHECK_EQ(0, unit_events());
	CHECK_EQ(held + 1, vcm_os_objects_held());
	vcm_os_free(data);
	vcm_unreserve(res);
	vcm_phys_put(phys);
	vcm_destroy(vcm);
}
