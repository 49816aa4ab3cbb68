/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_util.h - simulated IOMMUs and devices for the tests, and their DMA.
 *
 * Instances and devices are made and removed through configfs, used through debugfs.  A device
 * of a test is named by struct dev whether it is simulated or edu: dma_*() starts the same
 * command on either.  Only a simulated one says that it was blocked (-EFAULT).
 */
#ifndef SIM_UTIL_H
#define SIM_UTIL_H

#include <dirent.h>
#include <sys/stat.h>

#include "vcm_dma.h"

#define SIM_CONFIG	"/sys/kernel/config/vcm_sim"
#define SIM_DEBUGFS	"/sys/kernel/debug/vcm_sim"
#define SIM_BUFFER	65536	/* bytes of the memory inside of a device */

static inline bool sim_exists(void)
{
	return !access(SIM_CONFIG, W_OK) && !access("/sys/module/vcm_sim_dev", R_OK);
}

/* Write a line of printf() form to a file.  Return: 0 or -errno. */
static inline int __attribute__((format(printf, 2, 3)))
_line_write(const char *path, const char *fmt, ...)
{
	char line[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	return _file_write(path, line);
}

/* An attribute of configfs; @where is an instance or instance/device. */
static inline int _sim_set(const char *where, const char *attr, const char *value)
{
	char path[640];

	snprintf(path, sizeof(path), SIM_CONFIG "/%s/%s", where, attr);
	return _file_write(path, value);
}

static inline int _sim_set_u64(const char *where, const char *attr, __u64 value)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", value);
	return _sim_set(where, attr, text);
}

static inline int _sim_mkdir(const char *where)
{
	char path[640];

	snprintf(path, sizeof(path), SIM_CONFIG "/%s", where);
	return mkdir(path, 0755) ? -errno : 0;
}

static inline int _sim_rmdir(const char *where)
{
	char path[640];

	snprintf(path, sizeof(path), SIM_CONFIG "/%s", where);
	return rmdir(path) ? -errno : 0;
}

/* What an instance shall be; 0 is the default of the format. */
struct sim_cfg {
	const char *format;
	__u64 page_sizes;
	__u64 start;
	__u64 last;
	__u64 contexts;
	__u64 tlb_sets;
	__u64 tlb_ways;
	__u64 latency_us;
	__u64 table_pages;
	__u64 stall;
};

static inline int _sim_cfg_set(const char *mmu, const struct sim_cfg *cfg)
{
	int err = _sim_set(mmu, "format", cfg->format);

#define SIM_CFG_SET(member)						\
	do {								\
		if (!err && cfg->member)				\
			err = _sim_set_u64(mmu, #member, cfg->member);	\
	} while (0)
	SIM_CFG_SET(page_sizes);
	SIM_CFG_SET(start);
	SIM_CFG_SET(last);
	SIM_CFG_SET(contexts);
	SIM_CFG_SET(tlb_sets);
	SIM_CFG_SET(tlb_ways);
	SIM_CFG_SET(latency_us);
	SIM_CFG_SET(table_pages);
	SIM_CFG_SET(stall);
#undef SIM_CFG_SET
	return err;
}

/* Make an instance and register it. */
static inline int _sim_mmu_add(const char *mmu, const struct sim_cfg *cfg)
{
	int err = _sim_mkdir(mmu);

	if (!err)
		err = _sim_cfg_set(mmu, cfg);
	return err ? err : _sim_set(mmu, "live", "1");
}

/* Make a device behind it and plug it in. */
static inline int _sim_dev_add(const char *mmu, const char *dev)
{
	char where[512];
	int err;

	snprintf(where, sizeof(where), "%s/%s", mmu, dev);
	err = _sim_mkdir(where);
	return err ? err : _sim_set(where, "live", "1");
}

static inline int _sim_dev_remove(const char *mmu, const char *dev)
{
	char where[512];

	snprintf(where, sizeof(where), "%s/%s", mmu, dev);
	_sim_set(where, "live", "0");
	return _sim_rmdir(where);
}

/* Remove an instance with all its devices. */
static inline int _sim_mmu_remove(const char *mmu)
{
	struct dirent *entry;
	char path[640];
	DIR *dir;

	snprintf(path, sizeof(path), SIM_CONFIG "/%s", mmu);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			_sim_dev_remove(mmu, entry->d_name);
	closedir(dir);
	_sim_set(mmu, "live", "0");
	return _sim_rmdir(mmu);
}

/* Remove every instance: what a test left that was killed. */
static inline void sim_remove_all(void)
{
	struct dirent *entry;
	DIR *dir = opendir(SIM_CONFIG);

	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			_sim_mmu_remove(entry->d_name);
	if (dir)
		closedir(dir);
}

#define test_sim_mmu_add(...)		test_ok(_sim_mmu_add(__VA_ARGS__))
#define test_sim_dev_add(...)		test_ok(_sim_dev_add(__VA_ARGS__))
#define test_sim_mmu_remove(...)	test_ok(_sim_mmu_remove(__VA_ARGS__))
#define test_sim_dev_remove(...)	test_ok(_sim_dev_remove(__VA_ARGS__))

/* A file of an instance, or of a device. */
static inline int _sim_mmu_write(const char *mmu, const char *file, const char *line)
{
	char path[256];

	snprintf(path, sizeof(path), SIM_DEBUGFS "/mmu/%s/%s", mmu, file);
	return _file_write(path, line);
}

static inline int _sim_dev_write(const char *dev, const char *file, const char *line)
{
	char path[256];

	snprintf(path, sizeof(path), SIM_DEBUGFS "/dev/%s/%s", dev, file);
	return _file_write(path, line);
}

static inline ssize_t _sim_dev_read(const char *dev, const char *file, char *text, size_t room)
{
	char path[256];

	snprintf(path, sizeof(path), SIM_DEBUGFS "/dev/%s/%s", dev, file);
	return _file_read(path, text, room);
}

static inline __u64 _sim_dev_value(const char *dev, const char *file, const char *key)
{
	__u64 value = ~0ull;
	char text[1024];

	if (_sim_dev_read(dev, file, text, sizeof(text)) > 0)
		_text_value(text, key, &value);
	return value;
}

/* A counter of an instance, all ones when there is none of that name. */
static inline __u64 sim_stat(const char *mmu, const char *key)
{
	char path[256], text[4096];
	__u64 value = ~0ull;

	snprintf(path, sizeof(path), SIM_DEBUGFS "/mmu/%s/stats", mmu);
	if (_file_read(path, text, sizeof(text)) > 0)
		_text_value(text, key, &value);
	return value;
}

/* The last fault of an instance. */
struct sim_fault {
	__u64 nr;
	__u64 iova;
	char dev[64];
	char access[16];
	char reason[32];
	char how[16];
};

static inline int _sim_fault_last(const char *mmu, struct sim_fault *fault)
{
	char path[256], text[16384], *line, *next;

	snprintf(path, sizeof(path), SIM_DEBUGFS "/mmu/%s/faults", mmu);
	if (_file_read(path, text, sizeof(text)) <= 0)
		return -ENOENT;
	*fault = (struct sim_fault) { 0 };
	for (line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (*line != '#' && sscanf(line, "%llu %*u %63s %*d %15s %llx %31s %15s",
					   &fault->nr, fault->dev, fault->access, &fault->iova,
					   fault->reason, fault->how) != 6)
			return -EPROTO;
	}
	return fault->nr ? 0 : -ENOENT;
}

/* The last fault of @mmu is of @dev, for @why, by @how ("read" or "write") at @at. */
#define expect_sim_fault(mmu, name, why, how_, at) do {				\
	struct sim_fault __fault;						\
										\
	ASSERT_EQ(0, _sim_fault_last(mmu, &__fault));				\
	EXPECT_STREQ(name, __fault.dev);					\
	EXPECT_STREQ(why, __fault.reason);					\
	EXPECT_STREQ(how_, __fault.access);					\
	EXPECT_EQ((__u64)(at), __fault.iova);					\
} while (0)

static inline bool dev_is_sim(const char *dev)
{
	return !strncmp(dev, "sim-", 4);
}

/* One command of the engine of @dev; edu knows "to" and "from". */
static inline int __attribute__((format(printf, 2, 3)))
_dma(const char *dev, const char *fmt, ...)
{
	char line[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	return dev_is_sim(dev) ? _sim_dev_write(dev, "dma", line) :
				 _edu_write_dev(dev, "dma", line);
}

#define _dma_to(dev, iova, off, len) \
	_dma(dev, "to 0x%llx %u %u", (__u64)(iova), (unsigned int)(off), (unsigned int)(len))
#define _dma_from(dev, iova, off, len) \
	_dma(dev, "from 0x%llx %u %u", (__u64)(iova), (unsigned int)(off), (unsigned int)(len))
#define _dma_copy(dev, src, dst, len) \
	_dma(dev, "copy 0x%llx 0x%llx %llu", (__u64)(src), (__u64)(dst), (__u64)(len))
#define _dma_fill(dev, iova, len, byte) \
	_dma(dev, "fill 0x%llx %llu %u", (__u64)(iova), (__u64)(len), (unsigned int)(byte))
#define _dma_sum(dev, iova, len) \
	_dma(dev, "sum 0x%llx %llu", (__u64)(iova), (__u64)(len))

#define test_dma_to(...)	test_ok(_dma_to(__VA_ARGS__))
#define test_dma_from(...)	test_ok(_dma_from(__VA_ARGS__))
#define test_dma_copy(...)	test_ok(_dma_copy(__VA_ARGS__))
#define test_dma_fill(...)	test_ok(_dma_fill(__VA_ARGS__))
#define test_dma_sum(...)	test_ok(_dma_sum(__VA_ARGS__))

/* The checksum that the engine computes: 64-bit FNV-1a. */
static inline __u64 fnv(const unsigned char *data, __u64 len)
{
	__u64 sum = 0xcbf29ce484222325ull;

	while (len--)
		sum = (sum ^ *data++) * 0x100000001b3ull;
	return sum;
}

/* The checksum of the last command of @dev. */
static inline __u64 dma_sum(const char *dev)
{
	char text[64];

	return _sim_dev_read(dev, "dma", text, sizeof(text)) > 0 ? strtoull(text, NULL, 0) : 0;
}

/* Associate and activate a device.  Return: the association. */
static inline __u64 dev_join(struct __test_metadata *_metadata, int fd, __u32 vcm,
			     const char *dev)
{
	__u64 assoc;

	test_assoc(fd, vcm, dev, &assoc);
	test_activate(fd, vcm, assoc, NULL);
	return assoc;
}

/* Memory bound at an address. */
struct area {
	__u64 iova;
	__u64 len;
	__u32 orders;
	__u64 res;
	struct mem mem;
};

/* @area: iova, len, and orders as for _vcm_mem_alloc() */
static inline void area_bind(struct __test_metadata *_metadata, int fd, __u32 vcm,
			     struct area *area)
{
	test_mem_alloc(fd, area->len, area->orders, &area->mem);
	test_reserve_at(fd, vcm, area->iova, area->len, &area->res);
	test_bind(fd, vcm, area->res, area->mem.phys);
}

#define area_create(fd, vcm, at, _iova, _len, _orders) do {			\
	*(at) = (struct area) { .iova = (_iova), .len = (_len), .orders = (_orders) }; \
	area_bind(_metadata, fd, vcm, at);					\
} while (0)

#endif
