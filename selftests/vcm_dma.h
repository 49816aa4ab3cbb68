/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_dma.h - the edu device, and the faults of its IOMMU, for the tests.
 *
 * A DMA is started through debugfs/vcm_edu and is over when the write returns.  The device never
 * learns that it was blocked; faults are read from `vcmstat events --json`, which reports each
 * at most some milliseconds after the DMA.  Their order is not guaranteed, so "no fault" is
 * shown by provoking a known one afterwards and finding nothing else before it.
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
#define DEADLINE_MS	(20000 * VCM_SLOW)

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

static inline __u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

/* `vcmstat events --json` and the part of its output that was not looked at yet. */
struct watch {
	pid_t pid;
	int fd;
	size_t len;
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

/* Start watching; on return no later event or fault is missed. */
static inline int _watch_start(struct watch *watch)
{
	const char *path = vcmstat_path();
	char line[4096];
	int fds[2];

	if (!path)
		return -ENOENT;
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	watch->len = 0;
	watch->fd = fds[0];
	watch->pid = fork();
	if (watch->pid < 0)
		return -errno;
	if (!watch->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fds[1], STDOUT_FILENO);
		execl(path, "vcmstat", "events", "--json", NULL);
		_exit(127);
	}
	close(fds[1]);
	return _watch_find(watch, "\"type\":\"ready\"", line, sizeof(line));
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

/* The next fault is by the edu device, at @iova, for @access ("read" or "write"). */
#define expect_fault(watch, iova, access) do {					\
	char __line[4096], __want[128];						\
										\
	ASSERT_EQ(0, _watch_find(watch, "\"type\":\"fault\"", __line, sizeof(__line))); \
	EXPECT_TRUE(strstr(__line, "\"source\":\"vtd\"")) TH_LOG("%s", __line);	\
	snprintf(__want, sizeof(__want), "\"device\":\"%s\"", edu_name());	\
	EXPECT_TRUE(strstr(__line, __want)) TH_LOG("%s", __line);		\
	snprintf(__want, sizeof(__want), "\"iova\":%llu,", (__u64)(iova));	\
	EXPECT_TRUE(strstr(__line, __want)) TH_LOG("no %s in %s", __want, __line); \
	snprintf(__want, sizeof(__want), "\"access\":\"%s\"", access);		\
	EXPECT_TRUE(strstr(__line, __want)) TH_LOG("%s", __line);		\
} while (0)

#endif
