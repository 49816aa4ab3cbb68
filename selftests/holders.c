// SPDX-License-Identifier: GPL-2.0-only
/*
 * holders.c - who holds what: debugfs/vcm/reference_counts against what files really hold.
 */
#include <sys/wait.h>

#include "vcm_space.h"

FIXTURE(holders) {
	struct stats before;
	int fd;
	__u32 vcm;
	char me[64];		/* the holder of this process */
};

/* The name of the holder of a process that opens the device file. */
static void holder_name(char *name, size_t room, pid_t pid)
{
	char comm[32] = "";

	_file_read("/proc/self/comm", comm, sizeof(comm));
	comm[strcspn(comm, "\n")] = '\0';
	snprintf(name, room, "%s/%d", comm, pid);
}

FIXTURE_SETUP(holders)
{
	test_stats_read(&self->before);
	holder_name(self->me, sizeof(self->me), getpid());
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, 0, ~0ull, &self->vcm);
}

FIXTURE_TEARDOWN(holders)
{
	expect_invariants();
	if (self->fd >= 0)
		EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
}

/* References of all holders called @holder to an object; NULL for any holder. */
static unsigned int held(struct __test_metadata *_metadata, const char *kind, __u32 vcm, __u64 id,
			 const char *holder)
{
	static char text[TEXT_MAX];
	char want[64], name[128];
	unsigned int count, sum = 0;
	int len = snprintf(want, sizeof(want), "\n%s %u %llu ", kind, vcm, id);

	ASSERT_LT(0, _file_read(VCM_DEBUGFS "/reference_counts", text, sizeof(text)));
	for (const char *at = text; (at = strstr(at, want)); at += len)
		if (sscanf(at + len, "%u %127[^\n]", &count, name) == 2 &&
		    (!holder || !strcmp(holder, name)))
			sum += count;
	return sum;
}

TEST_F(holders, a_file_holds_what_it_made)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };
	__u64 res, start;

	test_reserve_any(self->fd, self->vcm, PAGE, &res, &start);
	test_phys_alloc(self->fd, &alloc);
	EXPECT_EQ(1, held(_metadata, "context", self->vcm, self->vcm, self->me));
	EXPECT_EQ(1, held(_metadata, "reservation", self->vcm, res, self->me));
	EXPECT_EQ(1, held(_metadata, "phys", 0, alloc.phys, self->me));
	EXPECT_EQ(1, held(_metadata, "phys", 0, alloc.phys, NULL));
}

TEST_F(holders, every_reference_of_a_file_is_counted)
{
	__u64 res, start;
	__u32 refs;

	test_reserve_any(self->fd, self->vcm, PAGE, &res, &start);
	for (int i = 0; i < 4; i++)
		test_ref(self->fd, self->vcm, res, &refs);
	EXPECT_EQ(5, refs);
	EXPECT_EQ(refs, held(_metadata, "reservation", self->vcm, res, self->me));
	for (__u32 left = 5; left-- > 0;) {
		test_unreserve(self->fd, self->vcm, res, NULL);
		EXPECT_EQ(left, held(_metadata, "reservation", self->vcm, res, NULL));
	}
}

TEST_F(holders, a_binding_is_a_use_and_no_reference)
{
	struct vcm_ioc_map map = { .vcm = self->vcm, .len = PAGE };

	test_make_binding(self->fd, &map);
	EXPECT_EQ(1, held(_metadata, "phys", 0, map.phys, self->me));
	EXPECT_EQ(1, held(_metadata, "phys", 0, map.phys, NULL));
	test_phys_free(self->fd, map.phys);
	EXPECT_EQ(0, held(_metadata, "phys", 0, map.phys, NULL));
}

TEST_F(holders, mappings_and_dma_bufs_are_of_nobody_named)
{
	struct mem mem;
	int buf;

	test_mem_alloc(self->fd, PAGE, 0, &mem);
	EXPECT_EQ(1, held(_metadata, "phys", 0, mem.phys, "-"));
	buf = _vcm_export_dmabuf(self->fd, mem.phys);
	ASSERT_LE(0, buf);
	EXPECT_EQ(2, held(_metadata, "phys", 0, mem.phys, "-"));
	EXPECT_EQ(1, held(_metadata, "phys", 0, mem.phys, self->me));
	EXPECT_EQ(0, close(buf));
	EXPECT_EQ(1, held(_metadata, "phys", 0, mem.phys, "-"));
	test_mem_free(self->fd, &mem);
	EXPECT_EQ(0, held(_metadata, "phys", 0, mem.phys, NULL));
}

TEST_F(holders, what_is_inside_holds_its_sub_window)
{
	struct vcm_ioc_reserve outer = {
		.vcm = self->vcm, .len = 8 * PAGE, .flags = VCM_RESERVE_BOUND,
	};
	struct vcm_ioc_reserve inner = { .vcm = self->vcm, .len = PAGE };

	test_reserve(self->fd, &outer);
	inner.within = outer.res;
	test_reserve(self->fd, &inner);
	inner.start = 0;
	test_reserve(self->fd, &inner);
	EXPECT_EQ(1, held(_metadata, "reservation", self->vcm, outer.res, self->me));
	EXPECT_EQ(2, held(_metadata, "reservation", self->vcm, outer.res, "-"));
	EXPECT_EQ(1, held(_metadata, "reservation", self->vcm, inner.res, self->me));
}

TEST_F(holders, a_device_holds_the_regions_that_it_needs)
{
	struct vcm_ioc_find find;
	__u64 one, two;

	if (!edu_exists() || !edu_exists_dev(edu2_name()))
		SKIP(return, "no two edu devices");
	test_assoc(self->fd, self->vcm, edu_name(), &one);
	test_find(self->fd, self->vcm, 0xfee00000, 0, &find);
	EXPECT_EQ(1, held(_metadata, "reservation", self->vcm, find.res, edu_name()));
	EXPECT_EQ(1, held(_metadata, "reservation", self->vcm, find.res, NULL));
	test_assoc(self->fd, self->vcm, edu2_name(), &two);
	EXPECT_EQ(1, held(_metadata, "reservation", self->vcm, find.res, edu2_name()));
	EXPECT_EQ(2, held(_metadata, "reservation", self->vcm, find.res, NULL));
	test_deassoc(self->fd, self->vcm, one);
	EXPECT_EQ(0, held(_metadata, "reservation", self->vcm, find.res, edu_name()));
	EXPECT_EQ(1, held(_metadata, "reservation", self->vcm, find.res, edu2_name()));
}

/* A child makes a context, tells its id and waits. */
static void child_run(int to_parent, int from_parent)
{
	__u32 vcm;
	char byte;

	if (_vcm_create(_vcm_open(), 0, ~0ull, &vcm) ||
	    write(to_parent, &vcm, sizeof(vcm)) != sizeof(vcm))
		_exit(1);
	_exit(read(from_parent, &byte, 1) ? 2 : 0);
}

TEST_F(holders, another_process_is_another_holder)
{
	int up[2], down[2], status;
	char name[64];
	__u32 vcm;
	pid_t pid;

	ASSERT_EQ(0, pipe(up));
	ASSERT_EQ(0, pipe(down));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(down[1]);
		child_run(up[1], down[0]);
	}
	ASSERT_EQ(sizeof(vcm), read(up[0], &vcm, sizeof(vcm)));
	holder_name(name, sizeof(name), pid);
	EXPECT_STRNE(name, self->me);
	EXPECT_EQ(1, held(_metadata, "context", vcm, vcm, name));
	EXPECT_EQ(0, held(_metadata, "context", vcm, vcm, self->me));
	EXPECT_EQ(0, held(_metadata, "context", self->vcm, self->vcm, name));
	close(down[1]);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, held(_metadata, "context", vcm, vcm, NULL));
}

TEST_F(holders, nothing_is_held_by_a_file_that_was_closed)
{
	struct vcm_ioc_map map = { .vcm = self->vcm, .len = PAGE };
	char text[TEXT_MAX / 8];

	test_make_binding(self->fd, &map);
	EXPECT_EQ(0, close(self->fd));
	self->fd = -1;
	ASSERT_LT(0, _file_read(VCM_DEBUGFS "/reference_counts", text, sizeof(text)));
	EXPECT_FALSE(strstr(text, self->me)) TH_LOG("%s", text);
}

TEST_HARNESS_MAIN
