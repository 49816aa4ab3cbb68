/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_util.h - /dev/vcm for the tests.
 *
 * _vcm_x() makes the call and returns 0 or -errno; test_x() asserts that it succeeds, and
 * test_err_x() that it fails with one errno and nothing else.  The macros need the _metadata
 * of the harness, so they work in tests, fixtures and helpers that are given it.
 */
#ifndef VCM_UTIL_H
#define VCM_UTIL_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "uapi/vcm.h"
#include "vcm_events.h"

/* How many times slower than on the stock kernel a test may be; check-debug.sh sets it. */
#ifndef VCM_SLOW
#define VCM_SLOW	1
#endif

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	(30 * VCM_SLOW)
#undef TEST_F_TIMEOUT
#define TEST_F_TIMEOUT(fixture, test, seconds) \
	__TEST_F_IMPL(fixture, test, -1, (seconds) * VCM_SLOW)

#define VCM_PATH	"/dev/vcm"
#define PAGE		((__u64)sysconf(_SC_PAGESIZE))
#define PAGE_SHIFT	__builtin_ctzll(PAGE)

/* Only on x86 the kernel can change how pages are cached; memory of another kind is refused. */
#ifdef __x86_64__
#define CACHE_CHANGES	true
#else
#define CACHE_CHANGES	false
#endif

/* A reservation or memory that does not exist in any test. */
#define NO_ID		0x7fffffffu

/* The name of the edu device that the tests use. */
static inline const char *edu_name(void)
{
	const char *name = getenv("VCM_EDU");

	return name ? name : "0000:00:05.0";
}

static inline int _vcm_ioctl(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) ? -errno : 0;
}

static inline int _vcm_open(void)
{
	int fd = open(VCM_PATH, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* @driver: enum vcm_driver_kind, 0 for the default. */
static inline int _vcm_create_driver(int fd, __u32 driver, __u64 start, __u64 last, __u32 *vcm)
{
	struct vcm_ioc_create arg = {
		.size = sizeof(arg), .driver = driver, .start = start, .last = last,
	};
	int err = _vcm_ioctl(fd, VCM_IOC_CREATE, &arg);

	*vcm = arg.vcm;
	return err;
}

static inline int _vcm_create(int fd, __u64 start, __u64 last, __u32 *vcm)
{
	return _vcm_create_driver(fd, 0, start, last, vcm);
}

static inline int _vcm_context_op(int fd, unsigned long cmd, __u32 vcm)
{
	struct vcm_ioc_destroy arg = { .size = sizeof(arg), .vcm = vcm };

	return _vcm_ioctl(fd, cmd, &arg);
}

static inline int _vcm_destroy(int fd, __u32 vcm)
{
	return _vcm_context_op(fd, VCM_IOC_DESTROY, vcm);
}

static inline int _vcm_save(int fd, __u32 vcm)
{
	return _vcm_context_op(fd, VCM_IOC_SAVE, vcm);
}

static inline int _vcm_restore(int fd, __u32 vcm)
{
	return _vcm_context_op(fd, VCM_IOC_RESTORE, vcm);
}

static inline int _vcm_info(int fd, __u32 vcm, struct vcm_ioc_info *info)
{
	*info = (struct vcm_ioc_info) { .size = sizeof(*info), .vcm = vcm };
	return _vcm_ioctl(fd, VCM_IOC_INFO, info);
}

/* @arg: vcm, len and whatever else the test cares for. */
static inline int _vcm_reserve(int fd, struct vcm_ioc_reserve *arg)
{
	arg->size = sizeof(*arg);
	return _vcm_ioctl(fd, VCM_IOC_RESERVE, arg);
}

static inline int _vcm_reserve_any(int fd, __u32 vcm, __u64 len, __u64 *res, __u64 *start)
{
	struct vcm_ioc_reserve arg = { .vcm = vcm, .len = len };
	int err = _vcm_reserve(fd, &arg);

	*res = arg.res;
	*start = arg.start;
	return err;
}

static inline int _vcm_reserve_at(int fd, __u32 vcm, __u64 start, __u64 len, __u64 *res)
{
	struct vcm_ioc_reserve arg = {
		.vcm = vcm, .flags = VCM_RESERVE_FIXED, .start = start, .len = len,
	};
	int err = _vcm_reserve(fd, &arg);

	*res = arg.res;
	return err;
}

static inline int _vcm_res_op(int fd, unsigned long cmd, __u32 vcm, __u64 res, __u32 *refs)
{
	struct vcm_ioc_res arg = { .size = sizeof(arg), .vcm = vcm, .res = res };
	int err = _vcm_ioctl(fd, cmd, &arg);

	if (refs)
		*refs = arg.refs;
	return err;
}

static inline int _vcm_unreserve(int fd, __u32 vcm, __u64 res, __u32 *refs)
{
	return _vcm_res_op(fd, VCM_IOC_UNRESERVE, vcm, res, refs);
}

static inline int _vcm_ref(int fd, __u32 vcm, __u64 res, __u32 *refs)
{
	return _vcm_res_op(fd, VCM_IOC_REF, vcm, res, refs);
}

static inline int _vcm_unbind(int fd, __u32 vcm, __u64 res)
{
	return _vcm_res_op(fd, VCM_IOC_UNBIND, vcm, res, NULL);
}

static inline int _vcm_unmap(int fd, __u32 vcm, __u64 res)
{
	return _vcm_res_op(fd, VCM_IOC_UNMAP, vcm, res, NULL);
}

static inline int _vcm_res_info(int fd, __u32 vcm, __u64 res, struct vcm_ioc_res_info *info)
{
	*info = (struct vcm_ioc_res_info) { .size = sizeof(*info), .vcm = vcm, .res = res };
	return _vcm_ioctl(fd, VCM_IOC_RES_INFO, info);
}

/* @arg: len and orders. */
static inline int _vcm_phys_alloc(int fd, struct vcm_ioc_phys_alloc *arg)
{
	arg->size = sizeof(*arg);
	return _vcm_ioctl(fd, VCM_IOC_PHYS_ALLOC, arg);
}

static inline int _vcm_phys_free(int fd, __u64 phys)
{
	struct vcm_ioc_phys_free arg = { .size = sizeof(arg), .phys = phys };

	return _vcm_ioctl(fd, VCM_IOC_PHYS_FREE, &arg);
}

/* Memory of another exporter, or of this module, by its dma-buf. */
static inline int _vcm_import_dmabuf(int fd, int dmabuf, __u64 *phys, __u64 *len)
{
	struct vcm_ioc_dmabuf arg = { .size = sizeof(arg), .fd = dmabuf };
	int err = _vcm_ioctl(fd, VCM_IOC_IMPORT_DMABUF, &arg);

	*phys = arg.phys;
	if (len)
		*len = arg.len;
	return err;
}

/* Return: a descriptor, or -errno. */
static inline int _vcm_export_dmabuf(int fd, __u64 phys)
{
	struct vcm_ioc_dmabuf arg = { .size = sizeof(arg), .phys = phys };
	int err = _vcm_ioctl(fd, VCM_IOC_EXPORT_DMABUF, &arg);

	return err ? err : arg.fd;
}

static inline int _vcm_pin_user(int fd, const void *uva, __u64 len, __u32 flags, __u64 *phys)
{
	struct vcm_ioc_pin arg = {
		.size = sizeof(arg), .flags = flags, .uva = (uintptr_t)uva, .len = len,
	};
	int err = _vcm_ioctl(fd, VCM_IOC_PIN_USER, &arg);

	*phys = arg.phys;
	return err;
}

/* @arg: vcm, res, phys, prot and off. */
static inline int _vcm_bind_arg(int fd, unsigned long cmd, struct vcm_ioc_bind arg)
{
	arg.size = sizeof(arg);
	return _vcm_ioctl(fd, cmd, &arg);
}

#define _vcm_bind_op(fd, cmd, _vcm, _res, _phys, ...)				\
	_vcm_bind_arg(fd, cmd, (struct vcm_ioc_bind) {				\
		.vcm = (_vcm), .res = (_res), .phys = (_phys),			\
		.prot = VCM_PROT_READ | VCM_PROT_WRITE, ##__VA_ARGS__ })

/* fd, vcm, res, phys, then members such as .prot or .off */
#define _vcm_bind(fd, ...)	_vcm_bind_op(fd, VCM_IOC_BIND, __VA_ARGS__)
#define _vcm_rebind(fd, ...)	_vcm_bind_op(fd, VCM_IOC_REBIND, __VA_ARGS__)

/* @arg: vcm, phys and whatever else the test cares for; readable and writable by default. */
static inline int _vcm_map_op(int fd, unsigned long cmd, struct vcm_ioc_map *arg)
{
	arg->size = sizeof(*arg);
	if (!arg->prot)
		arg->prot = VCM_PROT_READ | VCM_PROT_WRITE;
	return _vcm_ioctl(fd, cmd, arg);
}

static inline int _vcm_map(int fd, struct vcm_ioc_map *arg)
{
	return _vcm_map_op(fd, VCM_IOC_MAP, arg);
}

static inline int _vcm_make_binding(int fd, struct vcm_ioc_map *arg)
{
	return _vcm_map_op(fd, VCM_IOC_MAKE_BINDING, arg);
}

static inline int _vcm_assoc(int fd, __u32 vcm, const char *name, __u64 *assoc)
{
	struct vcm_ioc_assoc arg = { .size = sizeof(arg), .vcm = vcm };
	int err;

	snprintf(arg.name, sizeof(arg.name), "%s", name);
	err = _vcm_ioctl(fd, VCM_IOC_ASSOC, &arg);
	*assoc = arg.assoc;
	return err;
}

static inline int _vcm_assoc_op(int fd, unsigned long cmd, __u32 vcm, __u64 assoc, __u32 *active)
{
	struct vcm_ioc_assoc_op arg = { .size = sizeof(arg), .vcm = vcm, .assoc = assoc };
	int err = _vcm_ioctl(fd, cmd, &arg);

	if (active)
		*active = arg.active;
	return err;
}

static inline int _vcm_deassoc(int fd, __u32 vcm, __u64 assoc)
{
	return _vcm_assoc_op(fd, VCM_IOC_DEASSOC, vcm, assoc, NULL);
}

static inline int _vcm_activate(int fd, __u32 vcm, __u64 assoc, __u32 *active)
{
	return _vcm_assoc_op(fd, VCM_IOC_ACTIVATE, vcm, assoc, active);
}

static inline int _vcm_deactivate(int fd, __u32 vcm, __u64 assoc, __u32 *active)
{
	return _vcm_assoc_op(fd, VCM_IOC_DEACTIVATE, vcm, assoc, active);
}

/* @arg: the contexts and associations. */
static inline int _vcm_switch(int fd, struct vcm_ioc_switch *arg)
{
	arg->size = sizeof(*arg);
	return _vcm_ioctl(fd, VCM_IOC_SWITCH, arg);
}

static inline int _vcm_find(int fd, __u32 vcm, __u64 iova, __u32 flags, struct vcm_ioc_find *arg)
{
	*arg = (struct vcm_ioc_find) {
		.size = sizeof(*arg), .flags = flags, .vcm = vcm, .iova = iova,
	};
	return _vcm_ioctl(fd, VCM_IOC_FIND, arg);
}

/* The reservation that follows the one that @arg holds, and holds then. */
static inline int _vcm_find_after(int fd, struct vcm_ioc_find *arg)
{
	arg->size = sizeof(*arg);
	arg->flags = VCM_FIND_AFTER;
	arg->iova = arg->start;
	return _vcm_ioctl(fd, VCM_IOC_FIND, arg);
}

static inline int _vcm_phys_find(int fd, __u64 phys, __u32 index, struct vcm_ioc_phys_find *arg)
{
	*arg = (struct vcm_ioc_phys_find) { .size = sizeof(*arg), .phys = phys, .index = index };
	return _vcm_ioctl(fd, VCM_IOC_PHYS_FIND, arg);
}

static inline int _vcm_translate(int fd, __u32 vcm, __u64 iova, __u32 to_vcm, __u64 *out)
{
	struct vcm_ioc_translate arg = {
		.size = sizeof(arg), .vcm = vcm, .to_vcm = to_vcm, .iova = iova,
	};
	int err = _vcm_ioctl(fd, VCM_IOC_TRANSLATE, &arg);

	*out = arg.out;
	return err;
}

/* Memory and its mapping into this process. */
struct mem {
	__u64 phys;
	__u64 len;
	__u64 offset;
	__u32 chunks;
	unsigned char *uva;
};

/* @arg: as for _vcm_phys_alloc() */
static inline int _vcm_mem_alloc_arg(int fd, struct vcm_ioc_phys_alloc arg, struct mem *mem)
{
	__u64 len = arg.len;
	int err = _vcm_phys_alloc(fd, &arg);

	if (err)
		return err;
	*mem = (struct mem) {
		.phys = arg.phys, .len = len, .offset = arg.mmap_offset, .chunks = arg.chunks,
	};
	mem->uva = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, arg.mmap_offset);
	if (mem->uva != MAP_FAILED)
		return 0;
	err = -errno;
	_vcm_phys_free(fd, arg.phys);
	return err;
}

static inline int _vcm_mem_alloc(int fd, __u64 len, __u32 orders, struct mem *mem)
{
	const struct vcm_ioc_phys_alloc arg = { .len = len, .orders = orders };

	return _vcm_mem_alloc_arg(fd, arg, mem);
}

static inline int _vcm_mem_free(int fd, struct mem *mem)
{
	if (munmap(mem->uva, mem->len))
		return -errno;
	return _vcm_phys_free(fd, mem->phys);
}

#define test_ok(call)		ASSERT_EQ(0, call)
#define test_err(err, call)	EXPECT_EQ(-(err), call)

#define test_create(...)	test_ok(_vcm_create(__VA_ARGS__))
#define test_destroy(...)	test_ok(_vcm_destroy(__VA_ARGS__))
#define test_reserve(...)	test_ok(_vcm_reserve(__VA_ARGS__))
#define test_reserve_any(...)	test_ok(_vcm_reserve_any(__VA_ARGS__))
#define test_reserve_at(...)	test_ok(_vcm_reserve_at(__VA_ARGS__))
#define test_unreserve(...)	test_ok(_vcm_unreserve(__VA_ARGS__))
#define test_ref(...)		test_ok(_vcm_ref(__VA_ARGS__))
#define test_res_info(...)	test_ok(_vcm_res_info(__VA_ARGS__))
#define test_phys_alloc(...)	test_ok(_vcm_phys_alloc(__VA_ARGS__))
#define test_phys_free(...)	test_ok(_vcm_phys_free(__VA_ARGS__))
#define test_bind(...)		test_ok(_vcm_bind(__VA_ARGS__))
#define test_unbind(...)	test_ok(_vcm_unbind(__VA_ARGS__))
#define test_assoc(...)		test_ok(_vcm_assoc(__VA_ARGS__))
#define test_deassoc(...)	test_ok(_vcm_deassoc(__VA_ARGS__))
#define test_activate(...)	test_ok(_vcm_activate(__VA_ARGS__))
#define test_deactivate(...)	test_ok(_vcm_deactivate(__VA_ARGS__))
#define test_mem_alloc(...)	test_ok(_vcm_mem_alloc(__VA_ARGS__))
#define test_mem_free(...)	test_ok(_vcm_mem_free(__VA_ARGS__))
#define test_create_driver(...)	test_ok(_vcm_create_driver(__VA_ARGS__))
#define test_save(...)	test_ok(_vcm_save(__VA_ARGS__))
#define test_restore(...)	test_ok(_vcm_restore(__VA_ARGS__))
#define test_info(...)	test_ok(_vcm_info(__VA_ARGS__))
#define test_unmap(...)	test_ok(_vcm_unmap(__VA_ARGS__))
#define test_rebind(...)	test_ok(_vcm_rebind(__VA_ARGS__))
#define test_map(...)	test_ok(_vcm_map(__VA_ARGS__))
#define test_make_binding(...)	test_ok(_vcm_make_binding(__VA_ARGS__))
#define test_switch(...)	test_ok(_vcm_switch(__VA_ARGS__))
#define test_find(...)	test_ok(_vcm_find(__VA_ARGS__))
#define test_phys_find(...)	test_ok(_vcm_phys_find(__VA_ARGS__))
#define test_translate(...)	test_ok(_vcm_translate(__VA_ARGS__))
#define test_pin_user(...)	test_ok(_vcm_pin_user(__VA_ARGS__))
#define test_import_dmabuf(...)	test_ok(_vcm_import_dmabuf(__VA_ARGS__))
#define test_mem_alloc_arg(...)	test_ok(_vcm_mem_alloc_arg(__VA_ARGS__))

#define test_err_create(err, ...)	test_err(err, _vcm_create(__VA_ARGS__))
#define test_err_destroy(err, ...)	test_err(err, _vcm_destroy(__VA_ARGS__))
#define test_err_reserve(err, ...)	test_err(err, _vcm_reserve(__VA_ARGS__))
#define test_err_reserve_any(err, ...)	test_err(err, _vcm_reserve_any(__VA_ARGS__))
#define test_err_reserve_at(err, ...)	test_err(err, _vcm_reserve_at(__VA_ARGS__))
#define test_err_unreserve(err, ...)	test_err(err, _vcm_unreserve(__VA_ARGS__))
#define test_err_ref(err, ...)		test_err(err, _vcm_ref(__VA_ARGS__))
#define test_err_res_info(err, ...)	test_err(err, _vcm_res_info(__VA_ARGS__))
#define test_err_phys_alloc(err, ...)	test_err(err, _vcm_phys_alloc(__VA_ARGS__))
#define test_err_phys_free(err, ...)	test_err(err, _vcm_phys_free(__VA_ARGS__))
#define test_err_bind(err, ...)		test_err(err, _vcm_bind(__VA_ARGS__))
#define test_err_unbind(err, ...)	test_err(err, _vcm_unbind(__VA_ARGS__))
#define test_err_assoc(err, ...)	test_err(err, _vcm_assoc(__VA_ARGS__))
#define test_err_deassoc(err, ...)	test_err(err, _vcm_deassoc(__VA_ARGS__))
#define test_err_activate(err, ...)	test_err(err, _vcm_activate(__VA_ARGS__))
#define test_err_deactivate(err, ...)	test_err(err, _vcm_deactivate(__VA_ARGS__))
#define test_err_mem_alloc(err, ...)	test_err(err, _vcm_mem_alloc(__VA_ARGS__))
#define test_err_find(err, ...)	test_err(err, _vcm_find(__VA_ARGS__))
#define test_err_phys_find(err, ...)	test_err(err, _vcm_phys_find(__VA_ARGS__))
#define test_err_translate(err, ...)	test_err(err, _vcm_translate(__VA_ARGS__))
#define test_err_pin_user(err, ...)	test_err(err, _vcm_pin_user(__VA_ARGS__))
#define test_err_import_dmabuf(err, ...)	test_err(err, _vcm_import_dmabuf(__VA_ARGS__))

#endif
