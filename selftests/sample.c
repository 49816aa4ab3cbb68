// SPDX-License-Identifier: GPL-2.0-only
/*
 * sample.c - the sample driver: its run on demand, its refusals, and its removal while in use.
 */
#include "vcm_dma.h"

#define WINDOW_START	0x10000000ull
#define WINDOW_LAST	0x1fffffffull

FIXTURE(sample) {
	struct stats before;
	int fd;
	__u32 vcm;
	__u64 assoc;
	__u64 res;
	struct mem mem;
};

FIXTURE_SETUP(sample)
{
	if (!edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, WINDOW_START, WINDOW_LAST, &self->vcm);
	test_assoc(self->fd, self->vcm, edu_name(), &self->assoc);
	test_mem_alloc(self->fd, PAGE, 0, &self->mem);
	test_reserve_at(self->fd, self->vcm, WINDOW_START, PAGE, &self->res);
	test_bind(self->fd, self->vcm, self->res, self->mem.phys);
}

FIXTURE_TEARDOWN(sample)
{
	if (!edu_exists())
		EXPECT_EQ(0, _file_write(EDU_DRIVER "/bind", edu_name()));
	EXPECT_TRUE(edu_exists());
	expect_invariants();
	EXPECT_EQ(0, close(self->fd));
	EXPECT_EQ(0, munmap(self->mem.uva, self->mem.len));
	expect_stats(&self->before);
}

/* Wait until debugfs/vcm/stats says that something is mapped.  Return: 0 or -errno. */
static int wait_mapped(void)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	__u64 until = now_ms() + DEADLINE_MS;
	struct stats now;
	int err;

	do {
		err = _stats_read(&now);
		if (err || now.bytes_mapped)
			return err;
		nanosleep(&pause, NULL);
	} while (now_ms() < until);
	return -ETIMEDOUT;
}

/* How often edu devices have interrupted any processor.  Return: -ENOENT when none can. */
static long interrupts(void)
{
	char line[4096];
	FILE *file = fopen("/proc/interrupts", "r");
	long sum = -ENOENT;

	while (file && fgets(line, sizeof(line), file)) {
		char *at = strchr(line, ':'), *end;

		if (!at || !strstr(line, "vcm_edu"))
			continue;
		sum = sum < 0 ? 0 : sum;
		for (long n = strtol(++at, &end, 10); end != at; n = strtol(at, &end, 10)) {
			sum += n;
			at = end;
		}
	}
	if (file)
		fclose(file);
	return sum;
}

/* Where an IOMMU translates interrupts too, they have to lead somewhere in the context. */
TEST_F(sample, the_device_interrupts_while_the_context_is_active)
{
	long before = interrupts();

	if (before < 0)
		SKIP(return, "the edu device has no interrupt");
	for (long round = 1; round <= 3; round++) {
		test_activate(self->fd, self->vcm, self->assoc, NULL);
		test_edu_read_ram(WINDOW_START, 0, 1);
		EXPECT_EQ(before + round, interrupts());
		test_deactivate(self->fd, self->vcm, self->assoc, NULL);
	}
}

TEST_F_TIMEOUT(sample, a_run_moves_and_verifies_every_byte, 120)
{
	static const char *const keys[] = {
		"runs", "buffers", "bytes_to_device", "bytes_from_device", "bytes_verified",
		"mismatches",
	};
	const __u64 bytes = 2 * (1 + 2 + 3 + 1) * PAGE;
	const __u64 want[] = { 2, 8, bytes, bytes, bytes, 0 };
	__u64 before[ARRAY_SIZE(keys)], after;
	struct stats stats;

	test_stats_read(&stats);
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
		test_edu_result(keys[i], &before[i]);
	test_edu_run(2, 4);
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++) {
		test_edu_result(keys[i], &after);
		EXPECT_EQ(want[i], after - before[i]) TH_LOG("%s", keys[i]);
	}
	expect_stats(&stats);
}

TEST_F(sample, a_run_is_refused_while_the_device_is_in_use)
{
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_refused(EBUSY, _edu_run(1, 3));
	test_deactivate(self->fd, self->vcm, self->assoc, NULL);
	test_edu_run(1, 1);
}

TEST_F(sample, a_run_of_nothing_or_of_too_much_is_refused)
{
	test_refused(EINVAL, _edu_run(0, 1));
	test_refused(EINVAL, _edu_run(1, 0));
	test_refused(EINVAL, _edu_run(1, 100000));
	test_refused(EINVAL, _edu_run(~0u, 1));
	test_refused(EINVAL, _edu_write("run", "1"));
	test_refused(EINVAL, _edu_write("run", "1 2 3"));
	test_refused(EINVAL, _edu_write("run", "one two"));
	test_refused(EINVAL, _edu_write("run", "-1 1"));
	test_refused(EINVAL, _edu_write("run", "\n"));
}

TEST_F(sample, a_transfer_that_the_device_cannot_do_is_refused)
{
	static const char *const bad[] = {
		"to", "to 0x10000000 0", "to 0x10000000 0 1 2", "both 0x10000000 0 1",
		"to 0x10000000 0 0", "to 0x10000000 0 4096", "to 0x10000000 1 4095",
		"from 0x10000000 4095 1", "from 0x10000000 4096 1", "from 0x10000000 0xffffffff 2",
		"to 0x10000000 0 0xffffffff", "to 0x10000000 -1 1", "to here 0 1",
		"to 0x1ffffffffffffffff 0 1",
		"to 0x10000000 0 1                                                             1",
	};

	test_activate(self->fd, self->vcm, self->assoc, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, _edu_write("dma", bad[i])) TH_LOG("%s", bad[i]);
	}
	test_edu_read_ram(WINDOW_START, 0, 1);
}

TEST_F(sample, removing_the_driver_detaches_the_device_and_a_new_one_works)
{
	struct vcm_ioc_res_info info;
	struct stats now;
	__u64 assoc;

	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_ok(_file_write(EDU_DRIVER "/unbind", edu_name()));

	test_res_info(self->fd, self->vcm, self->res, &info);
	EXPECT_EQ(0, info.mapped);
	EXPECT_EQ(self->mem.phys, info.phys);
	test_stats_read(&now);
	EXPECT_EQ(self->before.associations, now.associations);
	EXPECT_EQ(self->before.bytes_mapped, now.bytes_mapped);
	test_refused(ENODEV, _vcm_activate(self->fd, self->vcm, self->assoc, NULL));
	test_refused(ENODEV, _vcm_deactivate(self->fd, self->vcm, self->assoc, NULL));
	test_refused(ENODEV, _vcm_assoc(self->fd, self->vcm, edu_name(), &assoc));
	test_deassoc(self->fd, self->vcm, self->assoc);
	test_refused(ENOENT, _vcm_deassoc(self->fd, self->vcm, self->assoc));

	test_ok(_file_write(EDU_DRIVER "/bind", edu_name()));
	test_assoc(self->fd, self->vcm, edu_name(), &assoc);
	test_activate(self->fd, self->vcm, assoc, NULL);
	pattern_fill(self->mem.uva, 64, 1);
	test_edu_read_ram(WINDOW_START, 0, 64);
	memset(self->mem.uva, 0, 64);
	test_edu_write_ram(WINDOW_START, 0, 64);
	EXPECT_EQ(0, pattern_wrong(self->mem.uva, 64, 1));
}

TEST_F(sample, a_dead_association_can_be_left_to_the_file)
{
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_ok(_file_write(EDU_DRIVER "/unbind", edu_name()));
	test_destroy(self->fd, self->vcm);
	test_ok(_file_write(EDU_DRIVER "/bind", edu_name()));
}

TEST_F_TIMEOUT(sample, removing_the_driver_ends_a_run, 120)
{
	int status, err;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(-_edu_run(1000, 3));
	err = wait_mapped();
	if (err)
		kill(pid, SIGKILL);
	ASSERT_EQ(0, err);
	test_ok(_file_write(EDU_DRIVER "/unbind", edu_name()));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(ENODEV, WEXITSTATUS(status));
	test_ok(_file_write(EDU_DRIVER "/bind", edu_name()));
}

TEST_F_TIMEOUT(sample, killing_the_writer_ends_a_run, 120)
{
	int status, err;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(-_edu_run(1000, 3));
	err = wait_mapped();
	kill(pid, SIGKILL);
	ASSERT_EQ(0, err);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	test_edu_run(1, 1);
}

TEST_HARNESS_MAIN
