// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - physical memory: chunk sizes, contiguous memory, cache attributes, memory of a
 * process, and who keeps pages alive.
 */
#include <pthread.h>
#include <sys/resource.h>

#include "vcm_space.h"

#define NOBODY	65534
#define MAX_NODE 1024	/* of any machine */

FIXTURE(memory) {
	struct stats before;
	int fd;
	struct space space;	/* without a device when there is none */
};

FIXTURE_SETUP(memory)
{
	space_open(_metadata, &self->before, &self->fd, &self->space);
}

FIXTURE_TEARDOWN(memory)
{
	space_close(_metadata, &self->before, self->fd, &self->space);
}

TEST_F_TIMEOUT(memory, a_chunk_has_every_order_up_to_the_largest, 120)
{
	struct stats now;

	for (int order = 0; order <= VCM_MAX_ORDER; order++) {
		struct vcm_ioc_phys_alloc alloc = {
			.len = PAGE << order, .orders = 1u << order,
		};

		test_phys_alloc(self->fd, &alloc) TH_LOG("order %d", order);
		EXPECT_EQ(1, alloc.chunks);
		test_stats_read(&now);
		EXPECT_EQ(self->before.pages + 2 + (1ull << order), now.pages);
		test_phys_free(self->fd, alloc.phys);
	}
}

TEST_F_TIMEOUT(memory, the_largest_chunk_is_zeroed_and_live_to_its_last_byte, 120)
{
	const __u64 len = PAGE << VCM_MAX_ORDER;
	struct mem mem;

	if (!edu_exists())
		SKIP(return, "no edu device");
	for (int round = 0; round < 2; round++) {
		test_mem_alloc(self->fd, len, 1u << VCM_MAX_ORDER, &mem);
		for (__u64 at = 0; at < len; at += 8)
			ASSERT_EQ(0, *(__u64 *)(mem.uva + at));
		memset(mem.uva, 0x5a, len);
		if (!round)
			test_mem_free(self->fd, &mem);
	}
	space_show(_metadata, &self->space, mem.phys, len);
	EXPECT_EQ(0, dma_wrong(_metadata, &self->space, FREE_IOVA, mem.uva, PAGE));
	EXPECT_EQ(0, dma_wrong(_metadata, &self->space, FREE_IOVA + len - PAGE,
			       mem.uva + len - PAGE, PAGE));
	test_mem_free(self->fd, &mem);
}

TEST_F_TIMEOUT(memory, contiguous_memory_is_one_chunk_of_any_length, 120)
{
	const __u64 pages[] = { 1, 2, 3, 5, 100, 511, 1000, 1025, 3000 };
	struct stats now;

	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++) {
		struct vcm_ioc_phys_alloc alloc = {
			.len = pages[i] * PAGE, .flags = VCM_PHYS_CONTIG,
		};

		test_phys_alloc(self->fd, &alloc) TH_LOG("%llu pages", pages[i]);
		EXPECT_EQ(1, alloc.chunks);
		test_stats_read(&now);
		EXPECT_EQ(self->before.pages + 2 + pages[i], now.pages);
		test_phys_free(self->fd, alloc.phys);
	}
}

TEST_F(memory, contiguous_memory_takes_no_orders)
{
	struct vcm_ioc_phys_alloc alloc = {
		.len = PAGE, .flags = VCM_PHYS_CONTIG, .orders = 1,
	};

	test_refused(EINVAL, _vcm_phys_alloc(self->fd, &alloc));
	alloc = (struct vcm_ioc_phys_alloc) { .len = 1ull << 33, .flags = VCM_PHYS_CONTIG };
	test_refused(ENOMEM, _vcm_phys_alloc(self->fd, &alloc));
}

TEST_F(memory, the_node_must_exist)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE, .flags = VCM_PHYS_NODE };
	const __u32 bad[] = { MAX_NODE, MAX_NODE - 1, 1u << 31, ~0u, ~0u - 1 };

	test_phys_alloc(self->fd, &alloc);
	test_phys_free(self->fd, alloc.phys);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		alloc = (struct vcm_ioc_phys_alloc) {
			.len = PAGE, .flags = VCM_PHYS_NODE, .node = bad[i],
		};
		test_refused(EINVAL, _vcm_phys_alloc(self->fd, &alloc));
	}
}

TEST_F(memory, an_unknown_cache_attribute_is_einval)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE, .cache = VCM_CACHE_UC + 1 };

	test_refused(EINVAL, _vcm_phys_alloc(self->fd, &alloc));
	alloc.cache = ~0u;
	test_refused(EINVAL, _vcm_phys_alloc(self->fd, &alloc));
}

FIXTURE(cache) {
	struct stats before;
	int fd;
	struct space space;
	struct mem mem;		/* two pages */
};

FIXTURE_VARIANT(cache) {
	__u32 cache;
};

FIXTURE_VARIANT_ADD(cache, wb) { .cache = VCM_CACHE_WB };
FIXTURE_VARIANT_ADD(cache, wc) { .cache = VCM_CACHE_WC };
FIXTURE_VARIANT_ADD(cache, uc) { .cache = VCM_CACHE_UC };

FIXTURE_SETUP(cache)
{
	const struct vcm_ioc_phys_alloc alloc = {
		.len = 2 * PAGE, .orders = 1, .cache = variant->cache,
	};

	if (!CACHE_CHANGES && variant->cache != VCM_CACHE_WB)
		SKIP(return, "this kernel cannot change how pages are cached");
	space_open(_metadata, &self->before, &self->fd, &self->space);
	test_mem_alloc_arg(self->fd, alloc, &self->mem);
}

FIXTURE_TEARDOWN(cache)
{
	EXPECT_EQ(0, munmap(self->mem.uva, self->mem.len));
	space_close(_metadata, &self->before, self->fd, &self->space);
}

TEST_F(cache, what_a_process_writes_it_reads)
{
	pattern_fill(self->mem.uva, self->mem.len, 5);
	EXPECT_EQ(0, pattern_wrong(self->mem.uva, self->mem.len, 5));
}

TEST_F(cache, only_a_binding_that_counts_on_it_is_accepted)
{
	__u64 res, start;

	test_reserve_any(self->fd, self->space.vcm, 2 * PAGE, &res, &start);
	for (__u32 cache = 0; cache < 5; cache++) {
		if (cache == variant->cache)
			continue;
		test_refused(EBUSY, _vcm_bind(self->fd, self->space.vcm, res, self->mem.phys,
					      .cache = cache));
	}
	test_bind(self->fd, self->space.vcm, res, self->mem.phys, .cache = variant->cache);
}

TEST_F(cache, the_device_reads_and_writes_every_byte)
{
	__u64 res;

	if (!edu_exists())
		SKIP(return, "no edu device");
	test_reserve_at(self->fd, self->space.vcm, FREE_IOVA, 2 * PAGE, &res);
	test_bind(self->fd, self->space.vcm, res, self->mem.phys, .cache = variant->cache);
	space_activate(_metadata, &self->space);
	EXPECT_EQ(0, dma_wrong(_metadata, &self->space, FREE_IOVA, self->mem.uva, 2 * PAGE));
}

TEST_F(cache, a_mapping_follows_the_memory)
{
	struct vcm_ioc_map map = { .vcm = self->space.vcm, .phys = self->mem.phys };

	test_map(self->fd, &map);
	test_unmap(self->fd, self->space.vcm, map.res);
}

/* Where x86 keeps the memory type of a page that is not write-back: two of its flags. */
#define KPF_ARCH	(1ull << 38)
#define KPF_ARCH_2	(1ull << 41)

/* Entry @nr of a file of 64-bit entries.  Return: 0 or -errno. */
static int _entry_read(const char *path, __u64 nr, __u64 *entry)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (pread(fd, entry, sizeof(*entry), nr * sizeof(*entry)) != sizeof(*entry))
		err = -EIO;
	close(fd);
	return err;
}

/* The memory type flags of page frame @pfn. */
static __u64 type_flags(struct __test_metadata *_metadata, __u64 pfn)
{
	__u64 flags;

	test_ok(_entry_read("/proc/kpageflags", pfn, &flags));
	return flags & (KPF_ARCH | KPF_ARCH_2);
}

/* A page that goes back with its attribute would be uncached memory for whoever gets it next. */
TEST_F(cache, pages_have_it_while_they_are_held_and_not_a_moment_longer)
{
	__u64 pfn[2];

#ifndef __x86_64__
	SKIP(return, "the flags that tell are those of x86");
#endif
	for (int i = 0; i < 2; i++) {
		test_ok(_entry_read("/proc/self/pagemap",
				    (uintptr_t)(self->mem.uva + i * PAGE) / PAGE, &pfn[i]));
		pfn[i] &= (1ull << 55) - 1;
		ASSERT_NE(0, pfn[i]);
		EXPECT_EQ(variant->cache != VCM_CACHE_WB, !!type_flags(_metadata, pfn[i]));
	}
	test_phys_free(self->fd, self->mem.phys);
	EXPECT_EQ(variant->cache != VCM_CACHE_WB, !!type_flags(_metadata, pfn[0]));
	ASSERT_EQ(0, munmap(self->mem.uva, self->mem.len));
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(0, type_flags(_metadata, pfn[i]));
	self->mem.uva = mmap(NULL, self->mem.len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

FIXTURE(pin) {
	struct stats before;
	int fd;
	struct space space;
	unsigned char *uva;	/* four pages, private */
};

FIXTURE_SETUP(pin)
{
	space_open(_metadata, &self->before, &self->fd, &self->space);
	self->uva = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0);
	ASSERT_NE(MAP_FAILED, self->uva);
}

FIXTURE_TEARDOWN(pin)
{
	space_close(_metadata, &self->before, self->fd, &self->space);
	EXPECT_EQ(0, munmap(self->uva, 4 * PAGE));
}

TEST_F(pin, the_device_reads_and_writes_every_byte_of_the_process)
{
	__u64 phys;

	if (!edu_exists())
		SKIP(return, "no edu device");
	test_pin_user(self->fd, self->uva, 4 * PAGE, VCM_PIN_WRITE, &phys);
	space_show(_metadata, &self->space, phys, 4 * PAGE);
	EXPECT_EQ(0, dma_wrong(_metadata, &self->space, FREE_IOVA, self->uva, 4 * PAGE));
}

TEST_F(pin, memory_pinned_for_reading_cannot_be_bound_for_writing)
{
	__u64 phys, res;

	pattern_fill(self->uva, PAGE, 7);
	test_pin_user(self->fd, self->uva, PAGE, 0, &phys);
	test_reserve_at(self->fd, self->space.vcm, FREE_IOVA, PAGE, &res);
	test_refused(EACCES, _vcm_bind(self->fd, self->space.vcm, res, phys));
	test_refused(EACCES, _vcm_bind(self->fd, self->space.vcm, res, phys,
				       .prot = VCM_PROT_WRITE));
	test_bind(self->fd, self->space.vcm, res, phys, .prot = VCM_PROT_READ);
	if (!edu_exists())
		SKIP(return, "no edu device");
	space_activate(_metadata, &self->space);
	EXPECT_EQ(0, seen_wrong(_metadata, &self->space, FREE_IOVA, EDU_MAX, 7));
	load_device(_metadata, &self->space, 64, 8);
	test_edu_write_ram(FREE_IOVA, 0, 64);
	EXPECT_EQ(0, pattern_wrong(self->uva, PAGE, 7));
}

TEST_F(pin, what_is_not_whole_pages_of_the_process_is_refused)
{
	unsigned char *uva = self->uva;
	__u64 phys;

	test_refused(EINVAL, _vcm_pin_user(self->fd, uva + 1, PAGE, 0, &phys));
	test_refused(EINVAL, _vcm_pin_user(self->fd, uva, PAGE - 1, 0, &phys));
	test_refused(EINVAL, _vcm_pin_user(self->fd, uva, 0, 0, &phys));
	test_refused(EINVAL, _vcm_pin_user(self->fd, (void *)-PAGE, 2 * PAGE, 0, &phys));
	test_refused(ENOMEM, _vcm_pin_user(self->fd, uva, 1ull << 50, 0, &phys));
	ASSERT_EQ(0, munmap(uva + PAGE, PAGE));
	test_refused(EFAULT, _vcm_pin_user(self->fd, uva, 2 * PAGE, 0, &phys));
	test_refused(EFAULT, _vcm_pin_user(self->fd, NULL, PAGE, 0, &phys));
	test_refused(EFAULT, _vcm_pin_user(self->fd, (void *)0xffff888000000000ul, PAGE, 0,
					   &phys));
	ASSERT_EQ(0, mprotect(uva, PAGE, PROT_READ));
	test_refused(EFAULT, _vcm_pin_user(self->fd, uva, PAGE, VCM_PIN_WRITE, &phys));
}

TEST_F(pin, the_device_keeps_pages_that_the_process_unmapped)
{
	unsigned char *fresh;
	__u64 phys;

	if (!edu_exists())
		SKIP(return, "no edu device");
	pattern_fill(self->uva, 4 * PAGE, 9);
	test_pin_user(self->fd, self->uva, 4 * PAGE, VCM_PIN_WRITE, &phys);
	space_show(_metadata, &self->space, phys, 4 * PAGE);
	fresh = mmap(self->uva, 4 * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ASSERT_EQ(self->uva, fresh);
	memset(fresh, 0, 4 * PAGE);
	EXPECT_EQ(0, seen_wrong(_metadata, &self->space, FREE_IOVA, EDU_MAX, 9));
	test_edu_write_ram(FREE_IOVA + PAGE, 0, EDU_MAX);
	for (__u64 i = 0; i < 4 * PAGE; i++)
		ASSERT_EQ(0, fresh[i]);
}

/* Two threads of a process: one pins memory that is not there yet, the other maps memory. */
struct both {
	int fd;
	__u64 offset;
	bool over;
	int bad;
	unsigned int rounds[2];
};

static void *pinner(void *data)
{
	struct both *both = data;
	__u64 phys;

	while (!__atomic_load_n(&both->over, __ATOMIC_RELAXED)) {
		void *uva = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (uva == MAP_FAILED ||
		    _vcm_pin_user(both->fd, uva, 4 * PAGE, VCM_PIN_WRITE, &phys) ||
		    _vcm_phys_free(both->fd, phys) || munmap(uva, 4 * PAGE))
			both->bad = 1;
		both->rounds[0]++;
	}
	return NULL;
}

static void *mapper(void *data)
{
	struct both *both = data;

	while (!__atomic_load_n(&both->over, __ATOMIC_RELAXED)) {
		void *uva = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, both->fd, both->offset);

		if (uva == MAP_FAILED || munmap(uva, PAGE))
			both->bad = 2;
		both->rounds[1]++;
	}
	return NULL;
}

/* Pinning takes mmap_lock, mmap is called with it: a lock that both take would be their end. */
TEST_F(pin, pinning_and_mapping_do_not_wait_for_each_other)
{
	struct both both = { .fd = self->fd, .offset = self->space.src.offset };
	pthread_t thread[2];

	ASSERT_EQ(0, pthread_create(&thread[0], NULL, pinner, &both));
	ASSERT_EQ(0, pthread_create(&thread[1], NULL, mapper, &both));
	sleep(2);
	__atomic_store_n(&both.over, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_join(thread[i], NULL));
	TH_LOG("pinned %u times, mapped %u times", both.rounds[0], both.rounds[1]);
	EXPECT_EQ(0, both.bad);
	EXPECT_LT(0, both.rounds[0]);
	EXPECT_LT(0, both.rounds[1]);
}

/* As a user who may lock four pages and no more.  Return: what went wrong, 0 for nothing. */
static int pin_as_nobody(int fd, unsigned char *uva)
{
	const struct rlimit limit = { .rlim_cur = 4 * PAGE, .rlim_max = 4 * PAGE };
	__u64 phys, more;

	if (setrlimit(RLIMIT_MEMLOCK, &limit) || setgid(NOBODY) || setuid(NOBODY))
		return 1;
	if (_vcm_pin_user(fd, uva, 5 * PAGE, VCM_PIN_WRITE, &phys) != -ENOMEM)
		return 2;
	if (_vcm_pin_user(fd, uva, 3 * PAGE, VCM_PIN_WRITE, &phys))
		return 3;
	if (_vcm_pin_user(fd, uva, 2 * PAGE, VCM_PIN_WRITE, &more) != -ENOMEM)
		return 4;
	if (_vcm_pin_user(fd, uva, PAGE, VCM_PIN_WRITE, &more))
		return 5;
	if (_vcm_phys_free(fd, phys) || _vcm_pin_user(fd, uva, 3 * PAGE, 0, &phys))
		return 6;
	return 0;
}

TEST_F(pin, pinned_pages_count_against_the_limit_of_the_user)
{
	unsigned char *uva = mmap(NULL, 5 * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	ASSERT_NE(MAP_FAILED, uva);
	/* twice: what the first child pinned is given back although it is gone */
	for (int round = 0; round < 2; round++) {
		int fd = _vcm_open();

		ASSERT_LE(0, fd);
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			_exit(pin_as_nobody(fd, uva));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, WEXITSTATUS(status));
		EXPECT_EQ(0, close(fd));
	}
	EXPECT_EQ(0, munmap(uva, 5 * PAGE));
}

TEST_HARNESS_MAIN
