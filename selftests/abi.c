// SPDX-License-Identifier: GPL-2.0-only
/*
 * abi.c - the rules that every ioctl of /dev/vcm obeys, tried on each of them.
 *
 * A variant is one call with arguments that are right.  Each test makes one thing wrong, looks
 * for the one errno that uapi/vcm.h promises, and that the snapshot is the same afterwards.
 */
#include <stddef.h>
#include <sys/wait.h>

#include "vcm_dma.h"

#define TAIL		64		/* bytes a later version might add */
#define KNOWN_PROT	(VCM_PROT_READ | VCM_PROT_WRITE)
#define NOBODY		65534

/* Any argument; the first members are the same in all. */
union arg {
	struct {
		__u32 size;
		__u32 flags;
		__u32 vcm;
	};
	struct vcm_ioc_create create;
	struct vcm_ioc_destroy destroy;
	struct vcm_ioc_reserve reserve;
	struct vcm_ioc_res res;
	struct vcm_ioc_res_info res_info;
	struct vcm_ioc_phys_alloc phys_alloc;
	struct vcm_ioc_phys_free phys_free;
	struct vcm_ioc_bind bind;
	struct vcm_ioc_assoc assoc;
	struct vcm_ioc_assoc_op assoc_op;
	unsigned char byte[256];
};

FIXTURE(abi) {
	struct stats before;
	int fd;
	__u32 vcm;		/* with an association */
	__u32 other;		/* without */
	__u64 bound;		/* reservation of vcm */
	__u64 unbound;		/* reservation of vcm */
	__u64 phys;		/* in bound */
	__u64 spare;		/* memory in no binding */
	__u64 assoc;
	union arg arg;		/* of the call, all right */
};

FIXTURE_VARIANT(abi) {
	unsigned long cmd;
	size_t len;		/* of the struct */
	size_t rsvd;		/* offset of a member that must be zero, 0 for none */
	__u32 flags;		/* that the call knows */
	bool writes;		/* the call writes its struct */
	bool names_vcm;		/* a context is among the arguments */
	bool edu;		/* an association is among the arguments */
	void (*fill)(union arg *arg, FIXTURE_DATA(abi) *self);
};

static void fill_create(union arg *arg, FIXTURE_DATA(abi) *self)
{
	arg->create.last = 0xfffff;
}

static void fill_destroy(union arg *arg, FIXTURE_DATA(abi) *self)
{
	arg->destroy.vcm = self->other;
}

static void fill_reserve(union arg *arg, FIXTURE_DATA(abi) *self)
{
	arg->reserve.vcm = self->vcm;
	arg->reserve.len = PAGE;
}

static void fill_unbound(union arg *arg, FIXTURE_DATA(abi) *self)
{
	arg->res.vcm = self->vcm;
	arg->res.res = self->unbound;
}

static void fill_bound(union arg *arg, FIXTURE_DATA(abi) *self)
{
	arg->res.vcm = self->vcm;
	arg->res.res = self->bound;
}

static void fill_res_info(union arg *arg, FIXTURE_DATA(abi) *self)
{
	arg->res_info.vcm = self->vcm;
	arg->res_info.res = self->bound;
}

static void fill_phys_alloc(union arg *arg, FIXTURE_DATA(abi) *self)
{
	arg->phys_alloc.len = PAGE;
}

static void fill_phys_free(union arg *arg, FIXTURE_DATA(abi) *self)
{
	arg->phys_free.phys = self->spare;
}

static void fill_bind(union arg *arg, FIXTURE_DATA(abi) *self)
{
	arg->bind.vcm = self->vcm;
	arg->bind.res = self->unbound;
	arg->bind.phys = self->spare;
	arg->bind.prot = KNOWN_PROT;
}

static void fill_assoc(union arg *arg, FIXTURE_DATA(abi) *self)
{
	arg->assoc.vcm = self->other;
	snprintf(arg->assoc.name, sizeof(arg->assoc.name), "%s", edu_name());
}

static void fill_assoc_op(union arg *arg, FIXTURE_DATA(abi) *self)
{
	arg->assoc_op.vcm = self->vcm;
	arg->assoc_op.assoc = self->assoc;
}

static void fill_deactivate(union arg *arg, FIXTURE_DATA(abi) *self)
{
	fill_assoc_op(arg, self);
	_vcm_activate(self->fd, self->vcm, self->assoc, NULL);
}

FIXTURE_VARIANT_ADD(abi, create) {
	.cmd = VCM_IOC_CREATE, .len = sizeof(struct vcm_ioc_create),
	.writes = true, .fill = fill_create,
};

FIXTURE_VARIANT_ADD(abi, destroy) {
	.cmd = VCM_IOC_DESTROY, .len = sizeof(struct vcm_ioc_destroy),
	.rsvd = offsetof(struct vcm_ioc_destroy, rsvd), .names_vcm = true, .fill = fill_destroy,
};

FIXTURE_VARIANT_ADD(abi, reserve) {
	.cmd = VCM_IOC_RESERVE, .len = sizeof(struct vcm_ioc_reserve),
	.flags = VCM_RESERVE_FIXED, .writes = true, .names_vcm = true, .fill = fill_reserve,
};

FIXTURE_VARIANT_ADD(abi, unreserve) {
	.cmd = VCM_IOC_UNRESERVE, .len = sizeof(struct vcm_ioc_res),
	.rsvd = offsetof(struct vcm_ioc_res, refs), .writes = true, .names_vcm = true,
	.fill = fill_unbound,
};

FIXTURE_VARIANT_ADD(abi, ref) {
	.cmd = VCM_IOC_REF, .len = sizeof(struct vcm_ioc_res),
	.rsvd = offsetof(struct vcm_ioc_res, refs), .writes = true, .names_vcm = true,
	.fill = fill_unbound,
};

FIXTURE_VARIANT_ADD(abi, res_info) {
	.cmd = VCM_IOC_RES_INFO, .len = sizeof(struct vcm_ioc_res_info),
	.writes = true, .names_vcm = true, .fill = fill_res_info,
};

FIXTURE_VARIANT_ADD(abi, phys_alloc) {
	.cmd = VCM_IOC_PHYS_ALLOC, .len = sizeof(struct vcm_ioc_phys_alloc),
	.writes = true, .fill = fill_phys_alloc,
};

FIXTURE_VARIANT_ADD(abi, phys_free) {
	.cmd = VCM_IOC_PHYS_FREE, .len = sizeof(struct vcm_ioc_phys_free),
	.fill = fill_phys_free,
};

FIXTURE_VARIANT_ADD(abi, bind) {
	.cmd = VCM_IOC_BIND, .len = sizeof(struct vcm_ioc_bind),
	.names_vcm = true, .fill = fill_bind,
};

FIXTURE_VARIANT_ADD(abi, unbind) {
	.cmd = VCM_IOC_UNBIND, .len = sizeof(struct vcm_ioc_res),
	.rsvd = offsetof(struct vcm_ioc_res, refs), .names_vcm = true, .fill = fill_bound,
};

FIXTURE_VARIANT_ADD(abi, assoc) {
	.cmd = VCM_IOC_ASSOC, .len = sizeof(struct vcm_ioc_assoc),
	.rsvd = offsetof(struct vcm_ioc_assoc, rsvd), .writes = true, .names_vcm = true,
	.edu = true, .fill = fill_assoc,
};

FIXTURE_VARIANT_ADD(abi, deassoc) {
	.cmd = VCM_IOC_DEASSOC, .len = sizeof(struct vcm_ioc_assoc_op),
	.rsvd = offsetof(struct vcm_ioc_assoc_op, active), .names_vcm = true, .edu = true,
	.fill = fill_assoc_op,
};

FIXTURE_VARIANT_ADD(abi, activate) {
	.cmd = VCM_IOC_ACTIVATE, .len = sizeof(struct vcm_ioc_assoc_op),
	.rsvd = offsetof(struct vcm_ioc_assoc_op, active), .writes = true, .names_vcm = true,
	.edu = true, .fill = fill_assoc_op,
};

FIXTURE_VARIANT_ADD(abi, deactivate) {
	.cmd = VCM_IOC_DEACTIVATE, .len = sizeof(struct vcm_ioc_assoc_op),
	.rsvd = offsetof(struct vcm_ioc_assoc_op, active), .writes = true, .names_vcm = true,
	.edu = true, .fill = fill_deactivate,
};

FIXTURE_SETUP(abi)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };
	__u64 start;

	if (variant->edu && !edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, 0x100000, 0x1fffff, &self->vcm);
	test_create(self->fd, 0x100000, 0x1fffff, &self->other);
	test_reserve_any(self->fd, self->vcm, PAGE, &self->bound, &start);
	test_reserve_any(self->fd, self->vcm, PAGE, &self->unbound, &start);
	test_phys_alloc(self->fd, &alloc);
	self->phys = alloc.phys;
	test_phys_alloc(self->fd, &alloc);
	self->spare = alloc.phys;
	test_bind(self->fd, self->vcm, self->bound, self->phys);
	if (variant->edu)
		test_assoc(self->fd, self->vcm, edu_name(), &self->assoc);
	variant->fill(&self->arg, self);
	self->arg.size = variant->len;
}

FIXTURE_TEARDOWN(abi)
{
	if (self->fd > 0)
		EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
	expect_invariants();
}

TEST_F(abi, right_arguments_are_accepted)
{
	test_ok(_vcm_ioctl(self->fd, variant->cmd, &self->arg));
}

TEST_F(abi, a_longer_struct_whose_tail_is_zero_is_accepted)
{
	self->arg.size = variant->len + TAIL;
	test_ok(_vcm_ioctl(self->fd, variant->cmd, &self->arg));
	EXPECT_EQ(0, self->arg.byte[variant->len]);
}

TEST_F(abi, a_longer_struct_with_a_byte_set_is_refused)
{
	self->arg.size = variant->len + TAIL;
	self->arg.byte[variant->len] = 1;
	test_refused(E2BIG, _vcm_ioctl(self->fd, variant->cmd, &self->arg));
	self->arg.byte[variant->len] = 0;
	self->arg.byte[variant->len + TAIL - 1] = 1;
	test_refused(E2BIG, _vcm_ioctl(self->fd, variant->cmd, &self->arg));
}

TEST_F(abi, a_shorter_struct_is_refused)
{
	__u32 size;

	for (size = 0; size < variant->len; size++) {
		self->arg.size = size;
		test_refused(EINVAL, _vcm_ioctl(self->fd, variant->cmd, &self->arg));
	}
}

TEST_F(abi, an_unknown_flag_is_refused)
{
	for (int bit = 0; bit < 32; bit++) {
		if (variant->flags & 1u << bit)
			continue;
		self->arg.flags = 1u << bit;
		test_refused(EOPNOTSUPP, _vcm_ioctl(self->fd, variant->cmd, &self->arg));
	}
}

TEST_F(abi, a_reserved_member_that_is_set_is_refused)
{
	if (!variant->rsvd)
		SKIP(return, "the struct has no reserved member");
	self->arg.byte[variant->rsvd] = 1;
	test_refused(EINVAL, _vcm_ioctl(self->fd, variant->cmd, &self->arg));
}

TEST_F(abi, a_bad_pointer_is_refused)
{
	unsigned char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *split = page + PAGE - 8;

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + PAGE, PAGE));
	memcpy(split, &self->arg, 8);
	test_refused(EFAULT, _vcm_ioctl(self->fd, variant->cmd, NULL));
	test_refused(EFAULT, _vcm_ioctl(self->fd, variant->cmd, (void *)0xdead0000));
	test_refused(EFAULT, _vcm_ioctl(self->fd, variant->cmd, (void *)-4096L));
	test_refused(EFAULT, _vcm_ioctl(self->fd, variant->cmd, (void *)0xffff888000000000ul));
	test_refused(EFAULT, _vcm_ioctl(self->fd, variant->cmd, split));
	EXPECT_EQ(0, munmap(page, PAGE));
}

TEST_F(abi, an_answer_that_cannot_be_written_undoes_the_call)
{
	unsigned char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!variant->writes)
		SKIP(return, "the call writes nothing");
	ASSERT_NE(MAP_FAILED, page);
	memcpy(page, &self->arg, sizeof(self->arg));
	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ));
	test_refused(EFAULT, _vcm_ioctl(self->fd, variant->cmd, page));
	EXPECT_EQ(0, munmap(page, PAGE));
}

TEST_F(abi, a_context_that_does_not_exist_is_refused)
{
	if (!variant->names_vcm)
		SKIP(return, "the call names no context");
	self->arg.vcm = 0;
	test_refused(ENOENT, _vcm_ioctl(self->fd, variant->cmd, &self->arg));
	self->arg.vcm = NO_ID;
	test_refused(ENOENT, _vcm_ioctl(self->fd, variant->cmd, &self->arg));
}

TEST_F(abi, the_same_call_by_another_file_is_refused)
{
	int fd = _vcm_open();

	ASSERT_LE(0, fd);
	if (variant->cmd == VCM_IOC_CREATE || variant->cmd == VCM_IOC_PHYS_ALLOC)
		SKIP(return, "the call names no object");
	test_refused(ENOENT, _vcm_ioctl(fd, variant->cmd, &self->arg));
	EXPECT_EQ(0, close(fd));
}

TEST(unknown_calls_are_refused)
{
	struct vcm_ioc_create arg = { .size = sizeof(arg), .last = 0xfffff };
	int fd = _vcm_open();

	ASSERT_LE(0, fd);
	test_refused(ENOTTY, _vcm_ioctl(fd, _IO(VCM_IOC_TYPE, 0x00), &arg));
	test_refused(ENOTTY, _vcm_ioctl(fd, _IO(VCM_IOC_TYPE, 0x0f), &arg));
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
