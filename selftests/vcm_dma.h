/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_dma.h - the edu device, and the faults of its IOMMU, for the tests.
 *
 * A DMA is started through debugfs/vcm_edu and is over when the write returns.  The device never
 * learns that it was blocked; faults are read from `vcmstat events --json`, which reports each
 * at most some milliseconds after the DMA.  Their order is not guaranteed, so "no fault" is
 * shown by provoking a known one afterwards and finding nothing else before it.
 *
 * The AMD IOMMU that QEMU 7.2 emulates blocks and tells nobody; what is about faults is skipped
 * there, when a blocked DMA has shown it.
 */
#ifndef VCM_DMA_H
#define VCM_DMA_H

#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "vcm_state.h"

#define EDU_DEBUGFS	"/sys/kernel/debug/vcm_edu"
#define EDU_DRIVER	"/sys/bus/pci/drivers/vcm_edu"
#define EDU_MAX		4095	/* bytes one transfer may move */
#define DEADLINE_MS	(60000 * VCM_SLOW)

static inline int _edu_write_dev(const char *dev, const char *file, const char *line)
{
	char path[256];

	snprintf(path, sizeof(path), EDU_DEBUGFS "/%s/%s", dev, file);
	return _file_write(path, line);
}

static inline int _edu_write(const char *file, const char *line)
{
	return _edu_write_dev(edu_name(), file, line);
}

/* Memory at @iova -> buffer of the device. */
static inline int _edu_read_ram_dev(const char *dev, __u64 iova, __u32 off, __u32 len)
{
	char line[80];

	snprintf(line, sizeof(line), "to 0x%llx %u %u", iova, off, len);
	return _edu_write_dev(dev, "dma", line);
}

/* Buffer of the device -> memory at @iova. */
static inline int _edu_write_ram_dev(const char *dev, __u64 iova, __u32 off, __u32 len)
{
	char line[80];

	snprintf(line, sizeof(line), "from 0x%llx %u %u", iova, off, len);
	return _edu_write_dev(dev, "dma", line);
}

#define _edu_read_ram(...)	_edu_read_ram_dev(edu_name(), __VA_ARGS__)
#define _edu_write_ram(...)	_edu_write_ram_dev(edu_name(), __VA_ARGS__)

static inline int _edu_run(__u32 rounds, __u32 buffers)
{
	char line[80];

	snprintf(line, sizeof(line), "%u %u", rounds, buffers);
	return _edu_write("run", line);
}

static inline int _edu_result(const char *key, __u64 *value)
{
	char path[256], text[1024];
	ssize_t n;

	snprintf(path, sizeof(path), EDU_DEBUGFS "/%s/result", edu_name());
	n = _file_read(path, text, sizeof(text));
	return n < 0 ? n : _text_value(text, key, value);
}

#define test_edu_read_ram_dev(...)	test_ok(_edu_read_ram_dev(__VA_ARGS__))
#define test_edu_write_ram_dev(...)	test_ok(_edu_write_ram_dev(__VA_ARGS__))
#define test_edu_read_ram(...)	test_ok(_edu_read_ram(__VA_ARGS__))
#define test_edu_write_ram(...)	test_ok(_edu_write_ram(__VA_ARGS__))
#define test_edu_run(...)	test_ok(_edu_run(__VA_ARGS__))
#define test_edu_result(...)	test_ok(_edu_result(__VA_ARGS__))

static inline bool edu_exists_dev(const char *dev)
{
	char path[256];

	snprintf(path, sizeof(path), EDU_DEBUGFS "/%s/dma", dev);
	return !access(path, W_OK);
}

static inline bool edu_exists(void)
{
	return edu_exists_dev(edu_name());
}

/*
 * Outside every context a device uses its default domain.  If that one does not translate, a
 * DMA meant to be blocked would go to the machine's memory.
 */
static inline bool default_domain_translates(const char *dev)
{
	char path[256], type[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group/type", dev);
	return _file_read(path, type, sizeof(type)) > 0 && !strncmp(type, "DMA", 3);
}

/* How far @dev reaches in a context without limits; 0 when it cannot be asked. */
static inline __u64 reach_last(const char *dev)
{
	struct vcm_ioc_info info = {};
	int fd = _vcm_open();
	__u64 assoc;
	__u32 vcm;

	if (fd < 0)
		return 0;
	if (!_vcm_create(fd, 0, ~0ull, &vcm) && !_vcm_assoc(fd, vcm, dev, &assoc) &&
	    !_vcm_activate(fd, vcm, assoc, NULL) && _vcm_info(fd, vcm, &info))
		info.reach_last = 0;
	close(fd);
	return info.reach_last;
}

/* Data that differs for every seed and offset. */
static inline unsigned char pattern(__u32 seed, __u64 i)
{
	return ((i + 1) * 0x9e3779b97f4a7c15ull + seed * 0xc2b2ae3d27d4eb4full) >> 56;
}

static inline void pattern_fill(unsigned char *to, __u64 len, __u32 seed)
{
	for (__u64 i = 0; i < len; i++)
		to[i] = pattern(seed, i);
}

/* Bytes of @at that are not the pattern. */
static inline __u64 pattern_wrong(const unsigned char *at, __u64 len, __u32 seed)
{
	__u64 wrong = 0;

	for (__u64 i = 0; i < len; i++)
		wrong += at[i] != pattern(seed, i);
	return wrong;
}

static inline __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static inline __u64 now_ms(void)
{
	return now_ns() / 1000000;
}

/* `vcmstat events --json` and the part of its output that was not looked at yet. */
struct watch {
	pid_t pid;
	int fd;
	size_t len;
	__u64 fault;	/* address of the last fault */
	char text[65536];
};

/* vcmstat: $VCMSTAT, or where the build puts it, seen from this program. */
static inline const char *vcmstat_path(void)
{
	static const char *const near[] = { "../vcmstat/vcmstat", "../../vcmstat/vcmstat" };
	static char path[4352];
	char self[4096];
	ssize_t n;

	if (getenv("VCMSTAT"))
		return getenv("VCMSTAT");
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return NULL;
	self[n] = '\0';
	dirname(self);
	for (size_t i = 0; i < ARRAY_SIZE(near); i++) {
		snprintf(path, sizeof(path), "%s/%s", self, near[i]);
		if (!access(path, X_OK))
			return path;
	}
	return NULL;
}

/* Take the next line into @line, waiting until @until.  Return: 0, -ETIMEDOUT or -EPIPE. */
static inline int _watch_line(struct watch *watch, char *line, size_t room, __u64 until)
{
	for (;;) {
		char *end = memchr(watch->text, '\n', watch->len);
		struct pollfd wait = { .fd = watch->fd, .events = POLLIN };
		__u64 now = now_ms();
		ssize_t n;

		if (end) {
			n = end + 1 - watch->text;
			snprintf(line, room, "%.*s", (int)n - 1, watch->text);
			watch->len -= n;
			memmove(watch->text, watch->text + n, watch->len);
			return 0;
		}
		if (now >= until || poll(&wait, 1, until - now) <= 0)
			return -ETIMEDOUT;
		n = read(watch->fd, watch->text + watch->len, sizeof(watch->text) - watch->len);
		if (n <= 0)
			return -EPIPE;
		watch->len += n;
	}
}

/* Skip to the next line that holds @text. */
static inline int _watch_find(struct watch *watch, const char *text, char *line, size_t room)
{
	__u64 until = now_ms() + DEADLINE_MS;
	int err;

	do
		err = _watch_line(watch, line, room, until);
	while (!err && !strstr(line, text));
	return err;
}

/* Start watching with vcmstat @argv; on return no later event or fault is missed. */
static inline int _watch_start_as(struct watch *watch, const char *const *argv)
{
	const char *path = vcmstat_path();
	char line[4096];
	int fds[2];

	if (!path)
		return -ENOENT;
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	watch->len = 0;
	watch->fault = ~0ull;
	watch->fd = fds[0];
	watch->pid = fork();
	if (watch->pid < 0)
		return -errno;
	if (!watch->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fds[1], STDOUT_FILENO);
		execv(path, (char *const *)argv);
		_exit(127);
	}
	close(fds[1]);
	return _watch_find(watch, "\"type\":\"ready\"", line, sizeof(line));
}

static inline int _watch_start(struct watch *watch)
{
	static const char *const argv[] = { "vcmstat", "events", "--json", NULL };

	return _watch_start_as(watch, argv);
}

/* End watching.  Return: the exit code of vcmstat, or -errno. */
static inline int _watch_stop(struct watch *watch)
{
	char line[4096];
	int status, err;

	kill(watch->pid, SIGTERM);
	err = _watch_find(watch, "\"type\":\"end\"", line, sizeof(line));
	if (err)
		kill(watch->pid, SIGKILL);
	waitpid(watch->pid, &status, 0);
	close(watch->fd);
	if (err)
		return err;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

#define test_watch_start(...)	test_ok(_watch_start(__VA_ARGS__))
#define test_watch_stop(...)	test_ok(_watch_stop(__VA_ARGS__))

/* The value of a member of a line of NDJSON.  Return: 0, or -ENOENT. */
static inline int _json_u64(const char *line, const char *name, __u64 *value)
{
	char want[64];
	const char *at;

	snprintf(want, sizeof(want), "\"%s\":", name);
	at = strstr(line, want);
	if (!at)
		return -ENOENT;
	*value = strtoull(at + strlen(want), NULL, 10);
	return 0;
}

/* The IOMMU of the machine; its faults are told in its own way. */
static inline bool iommu_is_amd(void)
{
	return !access("/sys/class/iommu/ivhd0", F_OK);
}

static inline bool iommu_is_vtd(void)
{
	return !access("/sys/class/iommu/dmar0", F_OK);
}

/* The driver is there without a device too. */
static inline bool iommu_is_virtio(void)
{
	return !iommu_is_vtd() && !iommu_is_amd() &&
	       !access("/sys/bus/virtio/drivers/virtio_iommu", F_OK);
}

/* How often the IOMMU has interrupted: of what it blocked it tells by an interrupt. */
static inline __u64 amd_interrupts(void)
{
	char line[1024];
	__u64 sum = 0;
	FILE *in = fopen("/proc/interrupts", "re");

	while (in && fgets(line, sizeof(line), in)) {
		char *at = strchr(line, ':'), *end;
		unsigned long long nr;

		if (!at || !strstr(line, "AMD-Vi"))
			continue;
		while (nr = strtoull(++at, &end, 10), end != at) {
			sum += nr;
			at = end;
		}
	}
	if (in)
		fclose(in);
	return sum;
}

/* The device did a DMA that was blocked: did its IOMMU keep silent about it? */
static inline bool iommu_is_silent(__u64 interrupts_before)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	__u64 until = now_ms() + 1000 * VCM_SLOW;

	if (!iommu_is_amd())
		return false;
	while (now_ms() < until) {
		if (amd_interrupts() != interrupts_before)
			return false;
		nanosleep(&ms, NULL);
	}
	return true;
}

/*
 * The next fault that is no later part of the last one: an IOMMU may tell of each four bytes that
 * a DMA tried.
 */
static inline int _watch_fault(struct watch *watch, char *line, size_t room)
{
	__u64 iova;
	int err;

	do {
		err = _watch_find(watch, "\"type\":\"fault\"", line, room);
		if (err)
			return err;
		if (_json_u64(line, "iova", &iova))
			return -EPROTO;
	} while (iova > watch->fault && iova - watch->fault < EDU_MAX);
	watch->fault = iova;
	return 0;
}

/*
 * The next fault is by the edu device, at @iova, for @access ("read" or "write").  Only
 * virtio-iommu does not say the access, where there is no mapping at all.
 */
#define expect_fault(watch, iova, how) do {					\
	const char *__source = iommu_is_virtio() ? "virtio" : iommu_is_amd() ? "amd" : "vtd"; \
	char __line[4096], __want[128];						\
										\
	ASSERT_EQ(0, _watch_fault(watch, __line, sizeof(__line)));		\
	snprintf(__want, sizeof(__want), "\"source\":\"%s\"", __source);	\
	EXPECT_TRUE(strstr(__line, __want)) TH_LOG("%s", __line);		\
	snprintf(__want, sizeof(__want), "\"device\":\"%s\"", edu_name());	\
	EXPECT_TRUE(strstr(__line, __want)) TH_LOG("%s", __line);		\
	snprintf(__want, sizeof(__want), "\"iova\":%llu,", (__u64)(iova));	\
	EXPECT_TRUE(strstr(__line, __want)) TH_LOG("no %s in %s", __want, __line); \
	snprintf(__want, sizeof(__want), "\"access\":\"%s\"", how);		\
	EXPECT_TRUE(strstr(__line, __want) || (iommu_is_virtio() &&		\
		    strstr(__line, "\"access\":\"unknown\"")))			\
		TH_LOG("no %s in %s", __want, __line);				\
} while (0)

#endif
