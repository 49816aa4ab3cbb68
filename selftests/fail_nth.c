// SPDX-License-Identifier: GPL-2.0-only
/*
 * fail_nth.c - every call with each of its failure points failing once.
 *
 * A failure point is an allocation of the module, or a call of a driver or another subsystem that
 * can fail.  A call that fails at one returns -ENOMEM and changes nothing: the snapshot is the same
 * but for the numbers of the streams, and so are the pages and objects that the module has.  The
 * number of points is printed, "points <call> <n>"; a call that allocates and has none would make
 * the test a pretence, so every call says how many it has at least.
 */
#include "calls.h"
#include "vcm_fail.h"

/* Allocations of the core and pages that it holds. */
static __u64 held(struct __test_metadata *_metadata)
{
	char text[4096];
	__u64 objects, pages;

	ASSERT_LT(0, _file_read(VCM_DEBUGFS "/stats", text, sizeof(text)));
	test_ok(_text_value(text, "objects", &objects));
	test_ok(_text_value(text, "pages", &pages));
	return (objects << 32) + pages;
}

FIXTURE(fail) {
	struct stats before;
	struct world w;
	union arg arg;
	int fail;
	bool live;
};

FIXTURE_VARIANT(fail) {
	const char *name;
	const struct call *call;
};

#define FAIL_VARIANT(_name)							\
	FIXTURE_VARIANT_ADD(fail, _name) { .name = #_name, .call = &call_##_name };
CALLS(FAIL_VARIANT)

FIXTURE_SETUP(fail)
{
	self->live = edu_exists();
	if (variant->call->edu && !self->live)
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	test_stats_read(&self->before);
	self->fail = _fail_open();
	ASSERT_LE(0, self->fail);
	world_create(_metadata, &self->w, variant->call, &self->arg, self->live);
}

FIXTURE_TEARDOWN(fail)
{
	EXPECT_EQ(0, close(self->fail));
	world_destroy(_metadata, &self->w, variant->call, &self->arg);
	expect_stats(&self->before);
}

TEST_F(fail, a_failure_at_any_point_changes_nothing)
{
	const struct call *call = variant->call;
	union arg arg = self->arg;
	__u64 before = held(_metadata);
	unsigned int points;

#define MADE_CALL ({								\
	/* what the last failure left in the struct is not an argument */	\
	self->arg = arg;							\
	EXPECT_EQ(before, held(_metadata));					\
	_vcm_ioctl(self->w.fd, call->cmd, &self->arg); })
	test_sweep(self->fail, &points, false, MADE_CALL, (void)0);
	TH_LOG("points %s %u", variant->name, points);
	if (self->live)
		EXPECT_LE(call->points, points);
}

/* Calls in circumstances that have more points than the plain ones. */
FIXTURE(more) {
	struct stats before;
	int fd;
	int fail;
	__u32 vcm;
};

FIXTURE_SETUP(more)
{
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	self->fail = _fail_open();
	ASSERT_LE(0, self->fail);
	test_create(self->fd, 0, ~0ull, &self->vcm);
}

FIXTURE_TEARDOWN(more)
{
	EXPECT_EQ(0, close(self->fail));
	EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
	expect_invariants();
}

TEST_F(more, opening_the_device_file)
{
	unsigned int points;
	int fd = -1;

	test_sweep(self->fail, &points, false, (fd = _vcm_open()) < 0 ? fd : 0, (void)0);
	TH_LOG("points open %u", points);
	EXPECT_LE(2, points);
	EXPECT_EQ(0, close(fd));
}

TEST_F(more, opening_the_snapshot)
{
	unsigned int points;
	struct state state = {};

	test_sweep(self->fail, &points, false, _state_read(&state), (void)0);
	TH_LOG("points snapshot %u", points);
	EXPECT_LE(2, points);
	free(state.data);
}

TEST_F(more, memory_in_many_chunks)
{
	struct vcm_ioc_phys_alloc alloc = { .len = 40 * PAGE, .orders = 1 };
	unsigned int points;

	test_sweep(self->fail, &points, false, _vcm_phys_alloc(self->fd, &alloc), (void)0);
	TH_LOG("points phys_alloc of 40 chunks %u", points);
	EXPECT_LE(40 + 3, points);
}

TEST_F(more, memory_that_can_do_with_smaller_chunks)
{
	struct vcm_ioc_phys_alloc alloc = { .len = 6 * PAGE, .orders = 1 | 1 << 2 };
	unsigned int points;

	test_sweep(self->fail, &points, true, _vcm_phys_alloc(self->fd, &alloc),
		   test_phys_free(self->fd, alloc.phys));
	TH_LOG("points phys_alloc in two sizes %u", points);
	EXPECT_EQ(3, alloc.chunks);
}

TEST_F(more, contiguous_and_uncached_memory)
{
	struct vcm_ioc_phys_alloc contig = { .len = 5 * PAGE, .flags = VCM_PHYS_CONTIG };
	struct vcm_ioc_phys_alloc wc = { .len = 5 * PAGE, .orders = 1, .cache = VCM_CACHE_WC };
	unsigned int points;

	test_sweep(self->fail, &points, false, _vcm_phys_alloc(self->fd, &contig), (void)0);
	EXPECT_LE(4, points);
	test_sweep(self->fail, &points, false, _vcm_phys_alloc(self->fd, &wc), (void)0);
	EXPECT_LE(8, points);
}

TEST_F(more, a_kernel_mapping)
{
	struct vcm_ioc_phys_alloc alloc = { .len = 3 * PAGE, .orders = 1 };
	struct vcm_ioc_map map = {};
	unsigned int points;
	__u32 vmm;

	test_create_driver(self->fd, VCM_DRIVER_VMM, 0, ~0ull, &vmm);
	test_phys_alloc(self->fd, &alloc);
#define MAP_IT ({								\
	map = (struct vcm_ioc_map) { .vcm = vmm, .phys = alloc.phys };		\
	_vcm_map(self->fd, &map); })
	test_sweep(self->fail, &points, false, MAP_IT, (void)0);
	TH_LOG("points map in vmm %u", points);
	EXPECT_LE(5, points);
}

TEST_F(more, a_reservation_inside_a_sub_window)
{
	struct vcm_ioc_reserve outer = {
		.vcm = self->vcm, .len = 16 * PAGE, .flags = VCM_RESERVE_BOUND,
	};
	struct vcm_ioc_reserve inner = { .vcm = self->vcm, .len = PAGE, .guard_after = PAGE };
	unsigned int points;

	test_reserve(self->fd, &outer);
	inner.within = outer.res;
	test_sweep(self->fail, &points, false, _vcm_reserve(self->fd, &inner), (void)0);
	TH_LOG("points reserve in a sub-window %u", points);
	EXPECT_LE(3, points);
}

/* Into this process, and out again.  Return: 0 or -errno. */
static int map_here(int fd, const struct vcm_ioc_phys_alloc *alloc)
{
	void *uva = mmap(NULL, alloc->len, PROT_READ, MAP_SHARED, fd, alloc->mmap_offset);

	return uva == MAP_FAILED ? -errno : munmap(uva, alloc->len);
}

TEST_F(more, a_mapping_into_a_process)
{
	struct vcm_ioc_phys_alloc alloc = { .len = 5 * PAGE, .orders = 1 };
	unsigned int points;

	test_phys_alloc(self->fd, &alloc);
	test_sweep(self->fail, &points, false, map_here(self->fd, &alloc), (void)0);
	TH_LOG("points mmap of 5 pages %u", points);
	EXPECT_LE(5, points);
}

TEST_F(more, an_import_of_many_chunks)
{
	struct vcm_ioc_phys_alloc alloc = { .len = 40 * PAGE, .orders = 1 };
	unsigned int points;
	__u64 phys;
	int buf;

	test_phys_alloc(self->fd, &alloc);
	buf = _vcm_export_dmabuf(self->fd, alloc.phys);
	ASSERT_LE(0, buf);
	test_sweep(self->fail, &points, false,
		   _vcm_import_dmabuf(self->fd, buf, &phys, NULL), (void)0);
	TH_LOG("points import_dmabuf of 40 chunks %u", points);
	EXPECT_LE(12, points);
	EXPECT_EQ(0, close(buf));
}

/*
 * The IOMMU is given a list at a time; what the lists before one that fails mapped is undone.  How
 * many there are depends on how scattered the pages are: neighbours are one entry.
 */
TEST_F(more, a_binding_that_is_mapped_in_several_lists)
{
	struct vcm_ioc_phys_alloc alloc = { .len = 100 * PAGE, .orders = 1 };
	__u64 assoc, res, start;
	unsigned int points;

	if (!edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	test_assoc(self->fd, self->vcm, edu_name(), &assoc);
	test_activate(self->fd, self->vcm, assoc, NULL);
	test_phys_alloc(self->fd, &alloc);
	test_reserve_any(self->fd, self->vcm, alloc.len, &res, &start);
	test_sweep(self->fail, &points, false,
		   _vcm_bind(self->fd, self->vcm, res, alloc.phys), (void)0);
	TH_LOG("points bind of 100 chunks %u", points);
	EXPECT_LE(3, points);
}

/* What a driver does from its first call to its last, with memory from each source it may have. */
TEST_F(more, a_run_of_the_sample)
{
	unsigned int points;

	if (!edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	test_sweep(self->fail, &points, false, _edu_run(1, 2), (void)0);
	TH_LOG("points run of the sample %u", points);
	EXPECT_LE(30, points);
}

/* The driver of the device offers it when it is bound, and is not bound when that fails. */
TEST_F(more, an_offer_of_a_device)
{
	unsigned int points;

	if (!edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	ASSERT_EQ(0, _file_write(EDU_DRIVER "/unbind", edu_name()));
	test_sweep(self->fail, &points, false, _file_write(EDU_DRIVER "/bind", edu_name()),
		   (void)0);
	TH_LOG("points offer %u", points);
	EXPECT_LE(3, points);
	EXPECT_TRUE(edu_exists());
}

/* The window of this context covers addresses that the device cannot use. */
TEST_F(more, an_association_that_reserves_for_the_device)
{
	unsigned int points;
	__u64 assoc;

	if (!edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	test_sweep(self->fail, &points, false,
		   _vcm_assoc(self->fd, self->vcm, edu_name(), &assoc), (void)0);
	TH_LOG("points assoc with reserved regions %u", points);
	EXPECT_LE(4, points);
}

/* Two devices share the reservation of one region; the second needs a hold of its own. */
TEST_F(more, the_second_association_that_reserves)
{
	const char *second = getenv("VCM_EDU2") ?: "0000:00:06.0";
	unsigned int points;
	__u64 assoc;

	if (!edu_exists() || !edu_exists_dev(second))
		SKIP(return, "no two edu devices");
	test_assoc(self->fd, self->vcm, edu_name(), &assoc);
	test_sweep(self->fail, &points, false,
		   _vcm_assoc(self->fd, self->vcm, second, &assoc), (void)0);
	TH_LOG("points second assoc %u", points);
	EXPECT_LE(4, points);
}

TEST_F(more, an_activation_with_many_bindings)
{
	struct vcm_ioc_map map;
	unsigned int points;
	__u64 assoc;

	if (!edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	test_assoc(self->fd, self->vcm, edu_name(), &assoc);
	for (int i = 0; i < 10; i++) {
		map = (struct vcm_ioc_map) { .vcm = self->vcm, .len = 3 * PAGE, .orders = 1 };
		test_make_binding(self->fd, &map);
	}
	test_sweep(self->fail, &points, false,
		   _vcm_activate(self->fd, self->vcm, assoc, NULL), (void)0);
	TH_LOG("points activate with 10 bindings %u", points);
	EXPECT_LE(23, points);
}

TEST_F(more, the_knob_is_for_one_task_at_a_time)
{
	int other = _fail_open(), status;
	pid_t pid;

	ASSERT_LE(0, other);
	test_fail_set(self->fail, 1);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(_fail_set(other, 1) == -EBUSY ? 0 : 1);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(-EINVAL, pwrite(other, "x", 1, 0) < 0 ? -errno : 0);
	EXPECT_EQ(0, _fail_hits(self->fail));
	test_fail_set(self->fail, 0);
	EXPECT_EQ(0, close(other));
}

TEST_F(more, closing_the_knob_ends_it)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };
	int other = _fail_open();

	ASSERT_LE(0, other);
	test_fail_set(other, 1);
	EXPECT_EQ(0, close(other));
	test_phys_alloc(self->fd, &alloc);
}

TEST_HARNESS_MAIN
