// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c - vcm_check() sees what it is there for.
 *
 * Each invariant is broken by hand, one field at a time, in a core that is otherwise sound; the
 * check has to name it, and to be content again when the field is put back.
 */
#include "fake.h"
#include "unit.h"

/* @field is @value for the length of one vcm_check(), which has to say @want. */
#define BREAK(field, value, want)						\
	do {									\
		__typeof__(field) whole = (field);				\
										\
		(field) = (value);						\
		CHECK_STR(want, vcm_check());					\
		(field) = whole;						\
		CHECK_NONE(vcm_check());					\
	} while (0)

/* A context with one device active, a bound reservation and two bare ones above it. */
struct sound {
	struct vcm *vcm;
	struct vcm_res *res[3];
	struct vcm_phys *phys;
	struct vcm_assoc *assoc;
};

static void sound_begin(struct sound *sound, const char *name)
{
	struct fake_device *fake = fake_device(name, 0);

	sound->vcm = unit_context(0, 64 * PAGE - 1);
	for (u32 i = 0; i < 3; i++)
		sound->res[i] = unit_res_at(sound->vcm, (8 + i * 8) * PAGE, 2);
	sound->phys = unit_phys(2);
	CHECK_ERR(0, vcm_bind(sound->res[0], sound->phys, PAGE, RW));
	sound->assoc = vcm_assoc_device(sound->vcm, fake->dev);
	CHECK_PTR_ERR(0, sound->assoc);
	CHECK_ERR(0, vcm_activate(sound->assoc));
	CHECK_NONE(vcm_check());
}

static void sound_end(const struct sound *sound)
{
	vcm_destroy(sound->vcm);
	for (u32 i = 0; i < 3; i++)
		vcm_unreserve(sound->res[i]);
	vcm_phys_put(sound->phys);
	CHECK_ERR(0, vcm_deassoc(sound->assoc));
}

TEST(ranges_out_of_order_or_window_are_seen)
{
	static const char *const want = "G1: order, overlap or window";
	struct vcm_range *low, *mid;
	struct sound sound;

	sound_begin(&sound, "dev");
	low = &sound.res[0]->range;
	mid = &sound.res[1]->range;
	BREAK(mid->start, low->last, want);
	BREAK(mid->last, mid->start - 1, want);
	BREAK(mid->last, 64 * PAGE, want);
	BREAK(sound.vcm->ranges.start, low->start + 1, want);
	BREAK(sound.vcm->ranges.last, mid->last - 1, want);
	BREAK(low->last, 64 * PAGE - 1, "G1: a range above the window");
	sound_end(&sound);
}

TEST(tree_that_disagrees_with_itself_is_seen)
{
	struct vcm_range *root, *low, *high;
	struct sound sound;

	sound_begin(&sound, "dev");
	low = &sound.res[0]->range;
	root = &sound.res[1]->range;
	high = &sound.res[2]->range;
	CHECK(sound.vcm->ranges.root == root);
	BREAK(low->gap, PAGE, "G2: gap");
	BREAK(high->gap, high->gap + 1, "G2: gap");
	BREAK(low->max_gap, 1, "G2: max_gap");
	BREAK(root->max_gap, root->max_gap + 1, "G2: max_gap");
	BREAK(root->height, 3, "G2: height");
	BREAK(high->parent, low, "G2: a child does not know its parent");
	BREAK(low->parent, NULL, "I1: the sums of a context");	/* the walk ends early */
	sound_end(&sound);
}

TEST(tree_out_of_balance_is_seen)
{
	struct vcm_range range[3];
	struct vcm_gaps gaps;

	vcm_gaps_init(&gaps, 0, 3 * PAGE - 1);
	gaps.root = &range[0];
	for (u32 i = 0; i < 3; i++)
		range[i] = (struct vcm_range) {
			.start = i * PAGE,
			.last = (i + 1) * PAGE - 1,
			.parent = i ? &range[i - 1] : NULL,
			.child = { NULL, i < 2 ? &range[i + 1] : NULL },
			.height = 3 - i,
		};
	CHECK_STR("G3: out of balance", vcm_gaps_check(&gaps));
	gaps.root = &range[1];
	range[1].parent = NULL;
	CHECK_STR("G2: gap", vcm_gaps_check(&gaps));
}

TEST(reservation_that_is_not_what_the_context_says_is_seen)
{
	struct sound sound, other;
	struct vcm_res *bare;

	sound_begin(&sound, "one");
	sound_begin(&other, "two");
	bare = sound.res[2];
	BREAK(bare->vcm, other.vcm, "I1: a reservation of another context");
	BREAK(sound.vcm->nr_res, 2, "I1: the sums of a context");
	BREAK(sound.vcm->bytes_reserved, 7 * PAGE, "I1: the sums of a context");
	BREAK(sound.vcm->bytes_bound, 0, "I1: the sums of a context");
	BREAK(bare->refs.total, 0, "I8: holds do not add up to the references");
	BREAK(bare->dead, true, "I2: a reservation in the tree without reference");
	sound_end(&sound);
	sound_end(&other);
}

TEST(binding_that_does_not_fit_is_seen)
{
	struct vcm_res *bound, *bare;
	struct sound sound;

	sound_begin(&sound, "dev");
	bound = sound.res[0];
	bare = sound.res[1];
	BREAK(bare->off, PAGE, "I2: unbound, yet not clear");
	BREAK(bare->bound_len, PAGE, "I2: unbound, yet not clear");
	BREAK(bare->prot, RW, "I2: unbound, yet not clear");
	BREAK(bound->bound_len, 0, "I2: the binding does not fit the reservation");
	BREAK(bound->bound_len, 3 * PAGE, "I2: the binding does not fit the reservation");
	BREAK(bound->bound_len, 2 * PAGE, "I2: the binding does not fit the memory");
	BREAK(bound->off, 2 * PAGE, "I2: the binding does not fit the memory");
	BREAK(bound->prot, 0, "I2: the binding does not fit the memory");
	BREAK(bound->phys, NULL, "I2: unbound, yet not clear");
	sound_end(&sound);
}

TEST(mapping_domain_that_is_not_in_step_is_seen)
{
	struct vcm_dom *dom;
	struct sound sound;

	sound_begin(&sound, "dev");
	dom = sound.assoc->dom;
	BREAK(sound.vcm->nr_domains, 0, "I3: number of mapping domains");
	BREAK(sound.vcm->nr_domains, 2, "I3: number of mapping domains");
	BREAK(dom->caps.last, 9 * PAGE - 2, "I3: a binding outside the aperture");
	BREAK(dom->caps.start, 8 * PAGE + 1, "I3: a binding outside the aperture");
	BREAK(dom->devices, 0, "I4: device count of a mapping domain");
	BREAK(dom->devices, 2, "I4: device count of a mapping domain");
	BREAK(sound.assoc->active, 0,
	      "I4: an association that is active without a domain, or the reverse");
	BREAK(sound.assoc->dom, NULL,
	      "I4: an association that is active without a domain, or the reverse");
	BREAK(sound.assoc->dead, true,
	      "I4: an association that is active without a domain, or the reverse");
	sound_end(&sound);
}

TEST(memory_that_does_not_add_up_is_seen)
{
	struct vcm_chunk *chunk;
	struct sound sound;

	sound_begin(&sound, "dev");
	chunk = sound.phys->chunks;
	BREAK(chunk->len, PAGE, "I5: chunks do not add up");
	BREAK(sound.phys->nr_chunks, 0, "I5: chunks do not add up");
	BREAK(sound.phys->uses.refs, 0,
	      "I6: memory with fewer uses than it has references and bindings");
	BREAK(sound.phys->uses.refs, 1,
	      "I6: memory with fewer uses than it has references and bindings");
	sound_end(&sound);
}

TEST(lists_out_of_the_order_of_ids_are_seen)
{
	struct fake_device *late = fake_device("late", 0);
	struct vcm_phys *phys = unit_phys(1);
	struct sound sound, other;
	struct vcm_assoc *assoc;

	sound_begin(&sound, "one");
	sound_begin(&other, "two");
	assoc = vcm_assoc_device(sound.vcm, late->dev);
	BREAK(phys->id, 4, "I7: memory out of order");
	BREAK(phys->id, 0, "I7: memory out of order");
	BREAK(sound.vcm->id, vcm_id(other.vcm), "I7: contexts out of order");
	BREAK(sound.assoc->id, assoc->id, "I7: associations out of order");
	sound_end(&sound);
	sound_end(&other);
	vcm_phys_put(phys);
	CHECK_ERR(0, vcm_deassoc(assoc));
}

static const char *const sums = "I8: holds do not add up to the references";
static const char *const hollow = "I8: a hold of nobody or of nothing";

TEST(holds_that_do_not_add_up_are_seen)
{
	struct vcm_holder *holder = unit_holder("holder");
	struct vcm_hold *hold[3];
	struct sound sound;

	sound_begin(&sound, "dev");
	CHECK_ERR(0, vcm_get_as(sound.vcm, holder));
	CHECK_ERR(0, vcm_ref_reserve_as(sound.res[1], holder));
	CHECK_ERR(0, vcm_phys_get_as(sound.phys, holder));
	hold[0] = &sound.vcm->refs.first;
	hold[1] = &sound.res[1]->refs.first;
	hold[2] = &sound.phys->refs.first;
	for (u32 i = 0; i < 3; i++) {
		BREAK(hold[i]->count, 0, hollow);
		BREAK(hold[i]->count, 2, sums);
		BREAK(hold[i]->holder, NULL, hollow);
	}
	BREAK(sound.vcm->refs.total, 3, sums);
	BREAK(sound.vcm->refs.unnamed, 0, sums);
	BREAK(sound.phys->refs.unnamed, 3, sums);
	BREAK(sound.res[1]->refs.total, 1, sums);
	CHECK_ERR(0, vcm_put_as(sound.vcm, holder));
	CHECK_ERR(0, vcm_unreserve_as(sound.res[1], holder));
	CHECK_ERR(0, vcm_phys_put_as(sound.phys, holder));
	vcm_holder_put(holder);
	sound_end(&sound);
}

TEST(sub_window_that_is_not_one_is_seen)
{
	struct vcm_req req = { .len = 4 * PAGE, .flags = VCM_RESERVE_BOUND };
	struct vcm_res *bound, *inside[2];
	struct vcm_holder *holder = unit_holder("holder");
	struct sound sound;

	sound_begin(&sound, "dev");
	bound = vcm_reserve(sound.vcm, &req);
	req = (struct vcm_req) { .len = PAGE, .within = bound };
	for (u32 i = 0; i < 2; i++)
		inside[i] = vcm_reserve(sound.vcm, &req);
	BREAK(bound->phys, sound.phys, "I9: a sub-window or a region of a device that is bound");
	BREAK(sound.res[0]->flags, VCM_RESERVE_SYSTEM,
	      "I9: a sub-window or a region of a device that is bound");
	BREAK(bound->inner.last, PAGE, "G1: order, overlap or window");
	BREAK(bound->inside, 1,
	      "I9: something inside a sub-window without a reference to it");
	BREAK(inside[1]->range.gap, PAGE, "G2: gap");
	/* References there are, but of somebody else. */
	CHECK_ERR(0, vcm_ref_reserve_as(bound, holder));
	CHECK_ERR(0, vcm_ref_reserve_as(bound, holder));
	vcm_unreserve(bound);
	bound->refs.unnamed--;
	bound->refs.total--;
	CHECK_STR("I9: something inside a sub-window without a reference to it", vcm_check());
	bound->refs.unnamed++;
	bound->refs.total++;
	CHECK_NONE(vcm_check());
	for (u32 i = 0; i < 2; i++) {
		CHECK_ERR(0, vcm_unreserve_as(bound, holder));
		vcm_unreserve(inside[i]);
	}
	vcm_holder_put(holder);
	sound_end(&sound);
}

TEST(saved_context_with_a_domain_is_seen)
{
	struct sound sound;

	sound_begin(&sound, "dev");
	BREAK(sound.vcm->saved, true,
	      "I4: an association that is active without a domain, or the reverse");
	sound_end(&sound);
}

TEST(memory_with_a_use_too_few_is_seen)
{
	struct sound sound;
	void *kva;

	sound_begin(&sound, "dev");
	kva = vcm_vmap(sound.phys);
	CHECK_PTR_ERR(0, kva);
	BREAK(sound.phys->uses.refs, 2,
	      "I6: memory with fewer uses than it has references and bindings");
	BREAK(sound.phys->kva_users, 2,
	      "I6: memory with fewer uses than it has references and bindings");
	vcm_vunmap(sound.phys);
	sound_end(&sound);
}
