// SPDX-License-Identifier: GPL-2.0-only
/*
 * abi.c - the rules that every ioctl of /dev/vcm obeys, tried on each of them.
 *
 * A variant is one call with arguments that are right.  Each test makes one thing wrong, looks
 * for the one errno that uapi/vcm.h promises, and that the snapshot is the same afterwards.
 */
#include <sys/wait.h>

#include "calls.h"

#define TAIL		64		/* bytes a later version might add */
#define NOBODY		65534

FIXTURE(abi) {
	struct stats before;
	struct world w;
	union arg arg;		/* of the call, all right */
	int fd;			/* of w */
};

FIXTURE_VARIANT(abi) {
	const struct call *call;
};

#define ABI_VARIANT(name) FIXTURE_VARIANT_ADD(abi, name) { .call = &call_##name };
CALLS(ABI_VARIANT)

FIXTURE_SETUP(abi)
{
	if (variant->call->edu && !edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	test_stats_read(&self->before);
	world_create(_metadata, &self->w, variant->call, &self->arg, false);
	self->fd = self->w.fd;
}

FIXTURE_TEARDOWN(abi)
{
	world_destroy(_metadata, &self->w, variant->call, &self->arg);
	expect_stats(&self->before);
	expect_invariants();
}

TEST_F(abi, right_arguments_are_accepted)
{
	test_ok(_vcm_ioctl(self->fd, variant->call->cmd, &self->arg));
}

TEST_F(abi, a_longer_struct_whose_tail_is_zero_is_accepted)
{
	self->arg.size = variant->call->len + TAIL;
	test_ok(_vcm_ioctl(self->fd, variant->call->cmd, &self->arg));
	EXPECT_EQ(0, self->arg.byte[variant->call->len]);
}

TEST_F(abi, a_longer_struct_with_a_byte_set_is_refused)
{
	self->arg.size = variant->call->len + TAIL;
	self->arg.byte[variant->call->len] = 1;
	test_refused(E2BIG, _vcm_ioctl(self->fd, variant->call->cmd, &self->arg));
	self->arg.byte[variant->call->len] = 0;
	self->arg.byte[variant->call->len + TAIL - 1] = 1;
	test_refused(E2BIG, _vcm_ioctl(self->fd, variant->call->cmd, &self->arg));
}

TEST_F(abi, a_shorter_struct_is_refused)
{
	__u32 size;

	for (size = 0; size < variant->call->min; size++) {
		self->arg.size = size;
		test_refused(EINVAL, _vcm_ioctl(self->fd, variant->call->cmd, &self->arg));
	}
}

TEST_F(abi, an_unknown_flag_is_refused)
{
	for (int bit = 0; bit < 32; bit++) {
		if (variant->call->flags & 1u << bit)
			continue;
		self->arg.flags = 1u << bit;
		test_refused(EOPNOTSUPP, _vcm_ioctl(self->fd, variant->call->cmd, &self->arg));
	}
}

TEST_F(abi, the_first_version_of_a_struct_is_accepted)
{
	if (variant->call->min == variant->call->len)
		SKIP(return, "the struct has not grown");
	memset(self->arg.byte + variant->call->min, 0xff, TAIL);
	self->arg.size = variant->call->min;
	test_ok(_vcm_ioctl(self->fd, variant->call->cmd, &self->arg));
	for (int i = 0; i < TAIL; i++)
		EXPECT_EQ(0xff, self->arg.byte[variant->call->min + i]);
}

TEST_F(abi, a_reserved_member_that_is_set_is_refused)
{
	union arg arg;

	if (!variant->call->zero[0])
		SKIP(return, "the struct has no reserved member");
	for (int i = 0; i < 2 && variant->call->zero[i]; i++) {
		arg = self->arg;
		arg.byte[variant->call->zero[i]] = 1;
		test_refused(EINVAL, _vcm_ioctl(self->fd, variant->call->cmd, &arg));
	}
}

TEST_F(abi, a_bad_pointer_is_refused)
{
	unsigned char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *split = page + PAGE - 8;

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + PAGE, PAGE));
	memcpy(split, &self->arg, 8);
	test_refused(EFAULT, _vcm_ioctl(self->fd, variant->call->cmd, NULL));
	test_refused(EFAULT, _vcm_ioctl(self->fd, variant->call->cmd, (void *)0xdead0000));
	test_refused(EFAULT, _vcm_ioctl(self->fd, variant->call->cmd, (void *)-4096L));
	test_refused(EFAULT, _vcm_ioctl(self->fd, variant->call->cmd,
					(void *)0xffff888000000000ul));
	test_refused(EFAULT, _vcm_ioctl(self->fd, variant->call->cmd, split));
	EXPECT_EQ(0, munmap(page, PAGE));
}

TEST_F(abi, an_answer_that_cannot_be_written_undoes_the_call)
{
	unsigned char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!variant->call->writes)
		SKIP(return, "the call writes nothing");
	ASSERT_NE(MAP_FAILED, page);
	memcpy(page, &self->arg, sizeof(self->arg));
	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ));
	test_refused(EFAULT, _vcm_ioctl(self->fd, variant->call->cmd, page));
	EXPECT_EQ(0, munmap(page, PAGE));
}

TEST_F(abi, a_context_that_does_not_exist_is_refused)
{
	if (!variant->call->names_vcm)
		SKIP(return, "the call names no context");
	self->arg.vcm = 0;
	test_refused(ENOENT, _vcm_ioctl(self->fd, variant->call->cmd, &self->arg));
	self->arg.vcm = NO_ID;
	test_refused(ENOENT, _vcm_ioctl(self->fd, variant->call->cmd, &self->arg));
}

TEST_F(abi, the_same_call_by_another_file_is_refused)
{
	int fd = _vcm_open();

	ASSERT_LE(0, fd);
	if (variant->call->makes)
		SKIP(return, "the call names no object");
	test_refused(ENOENT, _vcm_ioctl(fd, variant->call->cmd, &self->arg));
	EXPECT_EQ(0, close(fd));
}

TEST(unknown_calls_are_refused)
{
	struct vcm_ioc_create arg = { .size = sizeof(arg), .last = 0xfffff };
	int fd = _vcm_open();

	ASSERT_LE(0, fd);
	test_refused(ENOTTY, _vcm_ioctl(fd, _IO(VCM_IOC_TYPE, 0x00), &arg));
	test_refused(ENOTTY, _vcm_ioctl(fd, _IO(VCM_IOC_TYPE, 0x1d), &arg));
	test_refused(ENOTTY, _vcm_ioctl(fd, _IO(VCM_IOC_TYPE, 0xff), &arg));
	test_refused(ENOTTY, _vcm_ioctl(fd, _IO(VCM_IOC_TYPE + 1, 0x01), &arg));
	test_refused(ENOTTY, _vcm_ioctl(fd, _IOWR(VCM_IOC_TYPE, 0x01, arg), &arg));
	test_refused(ENOTTY, _vcm_ioctl(fd, 0, &arg));
	test_refused(ENOTTY, _vcm_ioctl(fd, ~0ul, &arg));
	EXPECT_EQ(0, close(fd));
}

TEST(reading_and_writing_the_device_file_is_refused)
{
	int fd = _vcm_open();
	char byte = 0;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, close(fd));
}

/* Open a file as nobody in a child.  Return: its errno, 0 when it could. */
static int open_as_nobody(const char *path)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(255);
		_exit(open(path, O_RDONLY) < 0 ? errno : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 255;
	return WEXITSTATUS(status);
}

TEST(only_root_may_open_the_device_file_and_the_snapshot)
{
	EXPECT_EQ(EACCES, open_as_nobody(VCM_PATH));
	EXPECT_EQ(EACCES, open_as_nobody(VCM_DEBUGFS "/snapshot"));
	EXPECT_EQ(0, open_as_nobody("/dev/null"));
}

TEST_HARNESS_MAIN
