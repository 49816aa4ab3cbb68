// SPDX-License-Identifier: GPL-2.0-only
/*
 * limits.c - how many objects one file may own, and the largest numbers there are.
 */
#include "vcm_space.h"

#define MAX_OBJECTS "/sys/module/vcm/parameters/max_objects"

FIXTURE(limits) {
	struct stats before;
	int fd;
	__u32 vcm;
	char usual[32];
	unsigned char *uva;
};

static int set_limit(unsigned int objects)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", objects);
	return _file_write(MAX_OBJECTS, text);
}

FIXTURE_SETUP(limits)
{
	test_stats_read(&self->before);
	ASSERT_LT(0, _file_read(MAX_OBJECTS, self->usual, sizeof(self->usual)));
	self->uva = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->uva);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, 0, ~0ull, &self->vcm);
}

FIXTURE_TEARDOWN(limits)
{
	test_ok(_file_write(MAX_OBJECTS, self->usual));
	EXPECT_EQ(0, munmap(self->uva, PAGE));
	EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
	expect_invariants();
}

TEST_F(limits, a_file_owns_so_many_objects_and_no_more)
{
	__u64 res[4], more, start;

	test_ok(set_limit(5));
	for (int i = 0; i < 4; i++)
		test_reserve_any(self->fd, self->vcm, PAGE, &res[i], &start);
	test_refused(EMFILE, _vcm_reserve_any(self->fd, self->vcm, PAGE, &more, &start));
	test_unreserve(self->fd, self->vcm, res[1], NULL);
	test_reserve_any(self->fd, self->vcm, PAGE, &res[1], &start);
	test_refused(EMFILE, _vcm_reserve_any(self->fd, self->vcm, PAGE, &more, &start));
}

TEST_F(limits, every_kind_of_object_counts)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };
	struct vcm_ioc_map map = { .vcm = self->vcm, .len = PAGE };
	__u64 id, start;
	int buf;
	__u32 vcm;

	test_phys_alloc(self->fd, &alloc);
	buf = _vcm_export_dmabuf(self->fd, alloc.phys);
	ASSERT_LE(0, buf);
	test_ok(set_limit(2));
	test_refused(EMFILE, _vcm_create(self->fd, 0, ~0ull, &vcm));
	test_refused(EMFILE, _vcm_reserve_any(self->fd, self->vcm, PAGE, &id, &start));
	test_refused(EMFILE, _vcm_phys_alloc(self->fd, &alloc));
	test_refused(EMFILE, _vcm_make_binding(self->fd, &map));
	test_refused(EMFILE, _vcm_pin_user(self->fd, self->uva, PAGE, 0, &id));
	test_refused(EMFILE, _vcm_import_dmabuf(self->fd, buf, &id, NULL));
	if (edu_exists())
		test_refused(EMFILE, _vcm_assoc(self->fd, self->vcm, edu_name(), &id));
	EXPECT_EQ(0, close(buf));
}

/* It makes two objects: neither stays when there is room for one. */
TEST_F(limits, a_binding_with_its_memory_is_two_objects)
{
	struct vcm_ioc_map map = { .vcm = self->vcm, .len = PAGE };

	test_ok(set_limit(2));
	test_refused(EMFILE, _vcm_make_binding(self->fd, &map));
	test_ok(set_limit(3));
	map = (struct vcm_ioc_map) { .vcm = self->vcm, .len = PAGE };
	test_make_binding(self->fd, &map);
	map = (struct vcm_ioc_map) { .vcm = self->vcm, .phys = map.phys };
	test_refused(EMFILE, _vcm_map(self->fd, &map));
}

TEST_F(limits, references_are_no_objects)
{
	__u64 res, start;

	test_reserve_any(self->fd, self->vcm, PAGE, &res, &start);
	test_ok(set_limit(2));
	for (int i = 0; i < 100; i++)
		test_ref(self->fd, self->vcm, res, NULL);
	for (int i = 0; i < 101; i++)
		test_unreserve(self->fd, self->vcm, res, NULL);
	test_reserve_any(self->fd, self->vcm, PAGE, &res, &start);
}

TEST_F(limits, every_file_has_a_limit_of_its_own)
{
	int other = _vcm_open();
	__u64 res, start;
	__u32 vcm;

	ASSERT_LE(0, other);
	test_ok(set_limit(2));
	test_reserve_any(self->fd, self->vcm, PAGE, &res, &start);
	test_refused(EMFILE, _vcm_reserve_any(self->fd, self->vcm, PAGE, &res, &start));
	test_create(other, 0, ~0ull, &vcm);
	test_reserve_any(other, vcm, PAGE, &res, &start);
	test_refused(EMFILE, _vcm_create(other, 0, ~0ull, &vcm));
	EXPECT_EQ(0, close(other));
}

TEST_F(limits, a_lower_limit_takes_nothing_away)
{
	__u64 res[3], more, start;

	for (int i = 0; i < 3; i++)
		test_reserve_any(self->fd, self->vcm, PAGE, &res[i], &start);
	test_ok(set_limit(1));
	test_refused(EMFILE, _vcm_reserve_any(self->fd, self->vcm, PAGE, &more, &start));
	for (int i = 0; i < 3; i++)
		test_unreserve(self->fd, self->vcm, res[i], NULL);
	test_refused(EMFILE, _vcm_reserve_any(self->fd, self->vcm, PAGE, &more, &start));
	test_ok(set_limit(2));
	test_reserve_any(self->fd, self->vcm, PAGE, &more, &start);
}

TEST_F(limits, destroying_a_context_makes_room_for_all_that_was_in_it)
{
	__u64 res, start;

	test_ok(set_limit(10));
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 9; i++)
			test_reserve_any(self->fd, self->vcm, PAGE, &res, &start);
		test_refused(EMFILE, _vcm_reserve_any(self->fd, self->vcm, PAGE, &res, &start));
		test_destroy(self->fd, self->vcm);
		test_create(self->fd, 0, ~0ull, &self->vcm);
	}
}

TEST_HARNESS_MAIN
