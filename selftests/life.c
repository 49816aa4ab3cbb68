// SPDX-License-Identifier: GPL-2.0-only
/*
 * life.c - how long contexts, reservations, memory and files live, and what ends with what.
 */
#include <sys/wait.h>

#include "vcm_state.h"

#define WINDOW_START	0x100000ull
#define WINDOW_LAST	0x1ffffffull
#define FREED		20000ull	/* objects of one to three pages */

FIXTURE(life) {
	struct stats before;
	int fd;
	__u32 vcm;
};

FIXTURE_SETUP(life)
{
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, WINDOW_START, WINDOW_LAST, &self->vcm);
}

FIXTURE_TEARDOWN(life)
{
	if (self->fd >= 0)
		EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
	expect_invariants();
}

/* A context full of things: @nr reservations, all but the first bound, each with 3 references. */
static void crowd(struct __test_metadata *_metadata, int fd, __u32 vcm, unsigned int nr)
{
	struct vcm_ioc_phys_alloc alloc;
	__u64 res, start;
	__u32 refs;

	for (unsigned int i = 0; i < nr; i++) {
		test_reserve_any(fd, vcm, 4 * PAGE, &res, &start);
		test_ref(fd, vcm, res, &refs);
		test_ref(fd, vcm, res, &refs);
		if (!i)
			continue;
		alloc = (struct vcm_ioc_phys_alloc) { .len = (i % 4 + 1) * PAGE };
		test_phys_alloc(fd, &alloc);
		test_bind(fd, vcm, res, alloc.phys);
		if (i % 2)
			test_phys_free(fd, alloc.phys);
	}
}

TEST_F(life, every_step_of_the_flow_shows_in_the_statistics)
{
	struct vcm_ioc_phys_alloc alloc = { .len = 3 * PAGE };
	struct stats *before = &self->before, now;
	__u64 res, start;

	test_reserve_any(self->fd, self->vcm, 4 * PAGE, &res, &start);
	test_phys_alloc(self->fd, &alloc);
	test_bind(self->fd, self->vcm, res, alloc.phys);
	test_stats_read(&now);
	EXPECT_EQ(before->contexts + 1, now.contexts);
	EXPECT_EQ(before->reservations + 1, now.reservations);
	EXPECT_EQ(before->memory_objects + 1, now.memory_objects);
	EXPECT_EQ(before->pages + 3, now.pages);
	EXPECT_EQ(before->bytes_reserved + 4 * PAGE, now.bytes_reserved);
	EXPECT_EQ(before->bytes_bound + 3 * PAGE, now.bytes_bound);
	EXPECT_EQ(before->bytes_mapped, now.bytes_mapped);
	EXPECT_EQ(before->references + 3, now.references);

	test_unbind(self->fd, self->vcm, res);
	test_stats_read(&now);
	EXPECT_EQ(before->bytes_bound, now.bytes_bound);
	EXPECT_EQ(before->pages + 3, now.pages);

	test_phys_free(self->fd, alloc.phys);
	test_unreserve(self->fd, self->vcm, res, NULL);
	test_destroy(self->fd, self->vcm);
	expect_stats(before);
}

TEST_F(life, references_are_counted_up_and_down)
{
	struct vcm_ioc_res_info info;
	__u64 res, start;
	__u32 refs;

	test_reserve_any(self->fd, self->vcm, PAGE, &res, &start);
	for (__u32 want = 2; want <= 5; want++) {
		test_ref(self->fd, self->vcm, res, &refs);
		EXPECT_EQ(want, refs);
		test_res_info(self->fd, self->vcm, res, &info);
		EXPECT_EQ(want, info.refs);
	}
	for (__u32 left = 5; left-- > 0;) {
		test_unreserve(self->fd, self->vcm, res, &refs);
		EXPECT_EQ(left, refs);
	}
	test_err_res_info(ENOENT, self->fd, self->vcm, res, &info);
	test_err_ref(ENOENT, self->fd, self->vcm, res, NULL);
	test_err_unreserve(ENOENT, self->fd, self->vcm, res, NULL);
}

TEST_F(life, the_range_is_taken_until_the_last_reference_is_dropped)
{
	__u64 res, again, start;

	test_reserve_any(self->fd, self->vcm, PAGE, &res, &start);
	test_ref(self->fd, self->vcm, res, NULL);
	test_unreserve(self->fd, self->vcm, res, NULL);
	test_err_reserve_at(EADDRINUSE, self->fd, self->vcm, start, PAGE, &again);
	test_unreserve(self->fd, self->vcm, res, NULL);
	test_reserve_at(self->fd, self->vcm, start, PAGE, &again);
	EXPECT_NE(res, again);
}

TEST_F(life, the_last_reference_takes_the_binding_with_it)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };
	struct stats now;
	__u64 res, start;

	test_reserve_any(self->fd, self->vcm, PAGE, &res, &start);
	test_phys_alloc(self->fd, &alloc);
	test_bind(self->fd, self->vcm, res, alloc.phys);
	test_phys_free(self->fd, alloc.phys);
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages + 1, now.pages);
	test_unreserve(self->fd, self->vcm, res, NULL);
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages, now.pages);
	EXPECT_EQ(self->before.bytes_bound, now.bytes_bound);
}

TEST_F(life, destroying_a_context_ends_everything_in_it)
{
	struct stats now;

	crowd(_metadata, self->fd, self->vcm, 40);
	test_destroy(self->fd, self->vcm);
	test_stats_read(&now);
	EXPECT_EQ(self->before.contexts, now.contexts);
	EXPECT_EQ(self->before.reservations, now.reservations);
	EXPECT_EQ(self->before.bytes_reserved, now.bytes_reserved);
	EXPECT_EQ(self->before.bytes_bound, now.bytes_bound);
	/* memory that was not given up belongs to the file, not to the context */
	EXPECT_LT(self->before.memory_objects, now.memory_objects);
}

TEST_F(life, a_context_is_destroyed_once)
{
	test_destroy(self->fd, self->vcm);
	test_refused(ENOENT, _vcm_destroy(self->fd, self->vcm));
}

TEST_F(life, nothing_in_a_destroyed_context_can_be_named)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };
	struct vcm_ioc_res_info info;
	__u64 res, other, start;

	test_reserve_any(self->fd, self->vcm, PAGE, &res, &start);
	test_phys_alloc(self->fd, &alloc);
	test_destroy(self->fd, self->vcm);
	test_err_reserve_any(ENOENT, self->fd, self->vcm, PAGE, &other, &start);
	test_err_unreserve(ENOENT, self->fd, self->vcm, res, NULL);
	test_err_ref(ENOENT, self->fd, self->vcm, res, NULL);
	test_err_res_info(ENOENT, self->fd, self->vcm, res, &info);
	test_err_bind(ENOENT, self->fd, self->vcm, res, alloc.phys);
	test_err_unbind(ENOENT, self->fd, self->vcm, res);
}

TEST_F(life, closing_the_file_ends_everything)
{
	__u32 more;

	crowd(_metadata, self->fd, self->vcm, 20);
	test_create(self->fd, 0, ~0ull, &more);
	crowd(_metadata, self->fd, more, 20);
	EXPECT_EQ(0, close(self->fd));
	self->fd = -1;
	expect_stats(&self->before);
}

TEST_F(life, the_last_of_two_descriptors_ends_everything)
{
	struct stats now;
	__u64 res, start;
	int fd = dup(self->fd);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, close(self->fd));
	self->fd = fd;
	test_reserve_any(fd, self->vcm, PAGE, &res, &start);
	test_stats_read(&now);
	EXPECT_EQ(self->before.contexts + 1, now.contexts);
}

TEST_F(life, a_child_goes_on_with_the_file_that_its_parent_closed)
{
	int to_child[2], status;
	struct stats now;
	__u64 res, start;
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(to_child));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(to_child[1]);
		if (read(to_child[0], &byte, 1) != 1)
			_exit(1);
		if (_vcm_reserve_any(self->fd, self->vcm, PAGE, &res, &start))
			_exit(2);
		_exit(_vcm_destroy(self->fd, self->vcm) ? 3 : 0);
	}
	EXPECT_EQ(0, close(self->fd));
	self->fd = -1;
	test_stats_read(&now);
	EXPECT_EQ(self->before.contexts + 1, now.contexts);
	EXPECT_EQ(1, write(to_child[1], "", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	expect_stats(&self->before);
}

TEST_F(life, a_killed_process_leaves_nothing)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		int fd = _vcm_open();
		struct mem mem;
		__u32 vcm;

		test_create(fd, WINDOW_START, WINDOW_LAST, &vcm);
		crowd(_metadata, fd, vcm, 20);
		test_mem_alloc(fd, 16 * PAGE, 0, &mem);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	EXPECT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	test_destroy(self->fd, self->vcm);
	expect_stats(&self->before);
}

TEST_F(life, contexts_are_address_spaces_of_their_own)
{
	__u64 one, two, again;
	__u32 other;

	test_create(self->fd, WINDOW_START, WINDOW_LAST, &other);
	EXPECT_NE(self->vcm, other);
	test_reserve_at(self->fd, self->vcm, WINDOW_START, PAGE, &one);
	test_reserve_at(self->fd, other, WINDOW_START, PAGE, &two);
	test_destroy(self->fd, other);
	test_err_reserve_at(EADDRINUSE, self->fd, self->vcm, WINDOW_START, PAGE, &again);
}

TEST_F(life, memory_is_freed_once)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };

	test_phys_alloc(self->fd, &alloc);
	test_phys_free(self->fd, alloc.phys);
	test_refused(ENOENT, _vcm_phys_free(self->fd, alloc.phys));
	test_refused(ENOENT, _vcm_phys_free(self->fd, 0));
	test_refused(ENOENT, _vcm_phys_free(self->fd, ~0ull));
}

TEST_F(life, memory_is_zeroed_even_after_somebody_used_it)
{
	unsigned char zero[4096] = {};
	struct mem mem;

	for (int round = 0; round < 8; round++) {
		test_mem_alloc(self->fd, 16 * PAGE, 0, &mem);
		for (__u64 off = 0; off < mem.len; off += sizeof(zero))
			EXPECT_EQ(0, memcmp(mem.uva + off, zero, sizeof(zero)));
		memset(mem.uva, 0x5a, mem.len);
		test_mem_free(self->fd, &mem);
	}
}

/* Available memory of the machine, in pages. */
static __u64 pages_available(struct __test_metadata *_metadata)
{
	char text[4096];
	__u64 kib;

	ASSERT_LT(0, _file_read("/proc/meminfo", text, sizeof(text)));
	test_ok(_text_value(text, "MemAvailable", &kib));
	return kib * 1024 / PAGE;
}

/* The module counts its pages itself; this asks the machine, with room for its own noise. */
TEST_F_TIMEOUT(life, freed_pages_reach_the_page_allocator, 120)
{
	__u64 before = pages_available(_metadata);

	for (__u64 i = 0; i < FREED; i++) {
		struct vcm_ioc_phys_alloc alloc = { .len = (1 + i % 3) * PAGE, .orders = 1 };

		test_phys_alloc(self->fd, &alloc);
		test_phys_free(self->fd, alloc.phys);
	}
	EXPECT_LT(before, pages_available(_metadata) + FREED / 2);
}

TEST_F(life, a_mapping_outlives_the_memory_it_shows)
{
	struct stats now;
	struct mem mem;

	test_mem_alloc(self->fd, 4 * PAGE, 0, &mem);
	memset(mem.uva, 0xa5, mem.len);
	test_phys_free(self->fd, mem.phys);
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages + 4, now.pages);
	EXPECT_EQ(0xa5, mem.uva[0]);
	EXPECT_EQ(0xa5, mem.uva[mem.len - 1]);
	EXPECT_EQ(0, munmap(mem.uva, mem.len));
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages, now.pages);
	EXPECT_EQ(self->before.memory_objects, now.memory_objects);
}

TEST_F(life, a_mapping_outlives_the_file)
{
	struct stats now;
	struct mem mem;

	test_mem_alloc(self->fd, 2 * PAGE, 0, &mem);
	mem.uva[PAGE] = 0x77;
	EXPECT_EQ(0, close(self->fd));
	self->fd = -1;
	test_stats_read(&now);
	EXPECT_LE(self->before.pages + 2, now.pages);
	EXPECT_EQ(0x77, mem.uva[PAGE]);
	EXPECT_EQ(0, munmap(mem.uva, mem.len));
	expect_stats(&self->before);
}

TEST_F(life, unmapping_half_keeps_the_memory)
{
	struct stats now;
	struct mem mem;

	test_mem_alloc(self->fd, 2 * PAGE, 0, &mem);
	memset(mem.uva, 0x3c, mem.len);
	test_phys_free(self->fd, mem.phys);
	EXPECT_EQ(0, munmap(mem.uva, PAGE));
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages + 2, now.pages);
	EXPECT_EQ(0x3c, mem.uva[PAGE]);
	EXPECT_EQ(0, munmap(mem.uva + PAGE, PAGE));
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages, now.pages);
}

TEST_F(life, a_child_keeps_the_mapping_it_inherited)
{
	int to_child[2], status;
	struct stats now;
	struct mem mem;
	char byte;
	pid_t pid;

	test_mem_alloc(self->fd, PAGE, 0, &mem);
	mem.uva[0] = 0x42;
	ASSERT_EQ(0, pipe(to_child));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(to_child[1]);
		if (read(to_child[0], &byte, 1) != 1)
			_exit(1);
		_exit(mem.uva[0] != 0x42);
	}
	test_mem_free(self->fd, &mem);
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages + 1, now.pages);
	EXPECT_EQ(1, write(to_child[1], "", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages, now.pages);
}

TEST_F(life, all_mappings_show_the_same_bytes)
{
	unsigned char *whole, *second;
	struct mem mem;

	test_mem_alloc(self->fd, 2 * PAGE, 1, &mem);
	whole = mmap(NULL, mem.len, PROT_READ, MAP_SHARED, self->fd, mem.offset);
	ASSERT_NE(MAP_FAILED, whole);
	second = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, mem.offset + PAGE);
	ASSERT_NE(MAP_FAILED, second);
	mem.uva[0] = 1;
	mem.uva[PAGE + 5] = 2;
	EXPECT_EQ(1, whole[0]);
	EXPECT_EQ(2, whole[PAGE + 5]);
	EXPECT_EQ(2, second[5]);
	EXPECT_EQ(0, munmap(whole, mem.len));
	EXPECT_EQ(0, munmap(second, PAGE));
	test_mem_free(self->fd, &mem);
}

TEST_F(life, only_memory_of_this_file_can_be_mapped_and_no_more_than_there_is)
{
	int other = _vcm_open();
	struct mem mem;

	ASSERT_LE(0, other);
	test_mem_alloc(self->fd, 2 * PAGE, 0, &mem);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, self->fd, mem.offset));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, self->fd,
				   mem.offset + PAGE));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
				   mem.offset + mem.len));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, other, mem.offset));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
				   0x7ffffffffffff000ll));
	EXPECT_EQ(MAP_FAILED, mremap(mem.uva, mem.len, 4 * PAGE, MREMAP_MAYMOVE));
	test_phys_free(self->fd, mem.phys);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, mem.offset));
	EXPECT_EQ(0, munmap(mem.uva, mem.len));
	EXPECT_EQ(0, close(other));
}

TEST_HARNESS_MAIN
