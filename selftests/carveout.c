// SPDX-License-Identifier: GPL-2.0-only
/*
 * carveout.c - memory set aside at boot: which memory may be, and that it is memory like any other.
 *
 * The guest is booted with memmap=, so that there is a range that the system does not use; these
 * tests name it to the module themselves where it was not named when it was loaded.
 */
#include <ctype.h>

#include "vcm_fail.h"
#include "vcm_space.h"

#define PARAMETER	"/sys/module/vcm/parameters/carveout"
#define CARVEOUTS	VCM_DEBUGFS "/carveouts"
#define MEMTYPES	"/sys/kernel/debug/x86/pat_memtype_list"

struct aside {
	__u64 start;
	__u64 len;
	bool added;		/* by this test, which removes it */
};

/* A number with a suffix, as in memmap=16M$0x70000000. */
static __u64 number(const char **text)
{
	char *end;
	__u64 value = strtoull(*text, &end, 0);

	switch (toupper(*end)) {
	case 'G':	value <<= 10;	/* fallthrough */
	case 'M':	value <<= 10;	/* fallthrough */
	case 'K':	value <<= 10;
			end++;
	}
	*text = *end ? end + 1 : end;
	return value;
}

/* What the boot loader said.  Return: 0, or -ENOENT. */
static int _aside_read(struct aside *aside)
{
	static char text[TEXT_MAX];
	const char *at;

	if (_file_read("/proc/cmdline", text, sizeof(text)) < 0)
		return -ENOENT;
	at = strstr(text, "memmap=");
	if (!at || !strchr(at, '$'))
		return -ENOENT;
	at += strlen("memmap=");
	aside->len = number(&at);
	aside->start = number(&at);
	return 0;
}

static int _aside_write(const char *format, __u64 a, __u64 b)
{
	char line[80];

	snprintf(line, sizeof(line), format, a, b);
	return _file_write(PARAMETER, line);
}

static int _aside_add(const struct aside *aside)
{
	return _aside_write("0x%llx@0x%llx", aside->len, aside->start);
}

static int _aside_remove(const struct aside *aside)
{
	return _aside_write("-0x%llx", aside->start, 0);
}

/* The line of debugfs for @aside.  Return: 0, or -ENOENT when it is not there. */
static int _aside_usage(const struct aside *aside, __u64 *held, __u64 *pieces)
{
	char text[4096], want[64];
	const char *line;
	__u64 len;

	snprintf(want, sizeof(want), "%016llx %016llx ", aside->start,
		 aside->start + aside->len - 1);
	if (_file_read(CARVEOUTS, text, sizeof(text)) < 0)
		return -ENOENT;
	line = strstr(text, want);
	if (!line || sscanf(line + strlen(want), "%llu %llu %llu", &len, held, pieces) != 3)
		return -ENOENT;
	return len == aside->len ? 0 : -EPROTO;
}

/* There is a carve-out from here on, if the guest has memory for it.  Return: 0 or -errno. */
static int _aside_begin(struct aside *aside)
{
	__u64 held, pieces;
	int err = _aside_read(aside);

	if (!err && _aside_usage(aside, &held, &pieces)) {
		err = _aside_add(aside);
		aside->added = !err;
	}
	return err;
}

static int _aside_end(const struct aside *aside)
{
	return aside->added ? _aside_remove(aside) : 0;
}

#define need_aside(aside) do {							\
	int __err = _aside_begin(aside);					\
										\
	if (__err == -ENOENT)							\
		SKIP(return, "no memory is set aside: boot with memmap=16M$0x70000000"); \
	test_ok(__err);								\
} while (0)

FIXTURE(carveout) {
	struct stats before;
	int fd;
	struct space space;
	struct aside aside;
};

FIXTURE_SETUP(carveout)
{
	need_aside(&self->aside);
	space_open(_metadata, &self->before, &self->fd, &self->space);
}

FIXTURE_TEARDOWN(carveout)
{
	space_close(_metadata, &self->before, self->fd, &self->space);
	EXPECT_EQ(0, _aside_end(&self->aside));
}

static int _carve(int fd, __u64 len, __u32 cache, struct mem *mem)
{
	const struct vcm_ioc_phys_alloc arg = {
		.len = len, .flags = VCM_PHYS_CARVEOUT, .cache = cache,
	};

	return _vcm_mem_alloc_arg(fd, arg, mem);
}

#define test_carve(...)	test_ok(_carve(__VA_ARGS__))

/* The physical address of @phys, which a context without translation tells. */
static __u64 pa_of(struct __test_metadata *_metadata, int fd, __u64 phys)
{
	struct vcm_ioc_map map = { .phys = phys };

	test_create_driver(fd, VCM_DRIVER_O2O, 0, ~0ull, &map.vcm);
	test_map(fd, &map);
	test_destroy(fd, map.vcm);
	return map.start;
}

TEST_F(carveout, memory_is_one_chunk_of_it)
{
	struct mem mem[3];
	__u64 pa[3];

	for (int i = 0; i < 3; i++) {
		test_carve(self->fd, (i + 1) * PAGE, 0, &mem[i]);
		EXPECT_EQ(1, mem[i].chunks);
		pa[i] = pa_of(_metadata, self->fd, mem[i].phys);
		EXPECT_LE(self->aside.start, pa[i]);
		EXPECT_GE(self->aside.start + self->aside.len, pa[i] + mem[i].len);
		for (int k = 0; k < i; k++)
			EXPECT_TRUE(pa[k] + mem[k].len <= pa[i] || pa[i] + mem[i].len <= pa[k]);
	}
	for (int i = 0; i < 3; i++)
		test_mem_free(self->fd, &mem[i]);
}

TEST_F(carveout, what_is_held_shows_in_debugfs_and_the_statistics)
{
	__u64 held, pieces;
	struct stats now;
	struct mem mem;

	test_carve(self->fd, 5 * PAGE, 0, &mem);
	test_ok(_aside_usage(&self->aside, &held, &pieces));
	EXPECT_EQ(5 * PAGE, held);
	EXPECT_EQ(1, pieces);
	test_stats_read(&now);
	EXPECT_EQ(self->before.bytes_carved + 5 * PAGE, now.bytes_carved);
	EXPECT_EQ(self->before.pages + 2, now.pages);	/* those of the space */
	test_mem_free(self->fd, &mem);
	test_ok(_aside_usage(&self->aside, &held, &pieces));
	EXPECT_EQ(0, held + pieces);
}

TEST_F(carveout, the_snapshot_says_where_memory_comes_from)
{
	struct vcm_snap_header *head;
	struct state state;
	unsigned int nr = 0;
	struct mem mem;

	test_carve(self->fd, PAGE, VCM_CACHE_WC, &mem);
	test_state_read(&state);
	head = (void *)state.data;
	for (size_t at = head->header_len; at < state.len;) {
		struct vcm_snap_rec *rec = (void *)(state.data + at);
		struct vcm_snap_phys *phys = (void *)(rec + 1);

		if (rec->type == VCM_SNAP_PHYS && phys->source == VCM_SOURCE_CARVEOUT) {
			EXPECT_EQ(mem.phys, phys->phys);
			EXPECT_EQ(VCM_CACHE_WC, phys->cache);
			EXPECT_EQ(1, phys->chunks);
			nr++;
		}
		at += sizeof(*rec) + rec->len;
	}
	EXPECT_EQ(1, nr);
	free(state.data);
	test_mem_free(self->fd, &mem);
}

TEST_F(carveout, the_resource_list_says_whose_it_is)
{
	static char text[TEXT_MAX];
	char want[80];

	snprintf(want, sizeof(want), "%08llx-%08llx : vcm carve-out", self->aside.start,
		 self->aside.start + self->aside.len - 1);
	ASSERT_LT(0, _file_read("/proc/iomem", text, sizeof(text)));
	EXPECT_TRUE(strstr(text, want)) TH_LOG("no %s in\n%s", want, text);
	ASSERT_LT(0, _file_read(PARAMETER, text, sizeof(text)));
	snprintf(want, sizeof(want), "%llu@0x%llx", self->aside.len, self->aside.start);
	EXPECT_TRUE(strstr(text, want)) TH_LOG("%s", text);
}

TEST_F_TIMEOUT(carveout, all_of_it_can_be_had_and_is_zeroed_each_time, 120)
{
	struct vcm_ioc_phys_alloc more = { .len = PAGE, .flags = VCM_PHYS_CARVEOUT };
	struct mem mem;

	for (int round = 0; round < 2; round++) {
		test_carve(self->fd, self->aside.len, 0, &mem);
		test_refused(ENOMEM, _vcm_phys_alloc(self->fd, &more));
		for (__u64 at = 0; at < mem.len; at += 8)
			ASSERT_EQ(0, *(__u64 *)(mem.uva + at));
		memset(mem.uva, 0x5a, mem.len);
		test_mem_free(self->fd, &mem);
	}
}

TEST_F(carveout, it_lives_as_long_as_its_binding)
{
	struct vcm_ioc_phys_alloc all = { .len = self->aside.len, .flags = VCM_PHYS_CARVEOUT };
	struct mem mem;
	__u64 res;

	test_carve(self->fd, 2 * PAGE, 0, &mem);
	test_reserve_at(self->fd, self->space.vcm, FREE_IOVA, 2 * PAGE, &res);
	test_bind(self->fd, self->space.vcm, res, mem.phys);
	test_mem_free(self->fd, &mem);
	test_refused(ENOMEM, _vcm_phys_alloc(self->fd, &all));
	EXPECT_EQ(-EBUSY, _aside_remove(&self->aside));
	test_unbind(self->fd, self->space.vcm, res);
	test_phys_alloc(self->fd, &all);
	test_phys_free(self->fd, all.phys);
}

TEST_F(carveout, it_lives_as_long_as_a_process_sees_it)
{
	__u64 held, pieces;
	struct mem mem;

	test_carve(self->fd, 2 * PAGE, 0, &mem);
	test_phys_free(self->fd, mem.phys);
	EXPECT_EQ(-EBUSY, _aside_remove(&self->aside));
	memset(mem.uva, 1, mem.len);
	test_ok(_aside_usage(&self->aside, &held, &pieces));
	EXPECT_EQ(2 * PAGE, held);
	EXPECT_EQ(0, munmap(mem.uva, mem.len));
	test_ok(_aside_usage(&self->aside, &held, &pieces));
	EXPECT_EQ(0, held);
}

TEST_F(carveout, what_is_no_part_of_it_is_not_mapped)
{
	struct mem mem;

	test_carve(self->fd, 2 * PAGE, 0, &mem);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, self->fd, mem.offset));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->fd, mem.offset));
	test_mem_free(self->fd, &mem);
}

TEST_F(carveout, the_kernel_maps_it_once)
{
	struct vcm_ioc_map map = {};
	struct mem mem[3];
	__u32 vmm;

	test_create_driver(self->fd, VCM_DRIVER_VMM, 0, ~0ull, &vmm);
	for (__u32 cache = 0; cache < 3; cache++) {
		test_carve(self->fd, 3 * PAGE, cache, &mem[cache]);
		map = (struct vcm_ioc_map) { .vcm = vmm, .phys = mem[cache].phys };
		test_map(self->fd, &map);
		EXPECT_NE(0, map.start);
		test_mem_free(self->fd, &mem[cache]);
		test_unmap(self->fd, vmm, map.res);
	}
}

TEST_F(carveout, a_request_that_makes_no_sense_is_refused)
{
	struct vcm_ioc_phys_alloc arg = { .len = PAGE, .flags = VCM_PHYS_CARVEOUT, .orders = 1 };

	test_refused(EINVAL, _vcm_phys_alloc(self->fd, &arg));
	arg.orders = 0;
	arg.len = PAGE + 1;
	test_refused(EINVAL, _vcm_phys_alloc(self->fd, &arg));
	arg.len = self->aside.len + PAGE;
	test_refused(ENOMEM, _vcm_phys_alloc(self->fd, &arg));
	arg.len = PAGE;
	arg.flags |= VCM_PHYS_NODE;
	arg.node = 77;
	test_refused(EINVAL, _vcm_phys_alloc(self->fd, &arg));
	arg.node = 0;
	test_phys_alloc(self->fd, &arg);
	test_refused(EOPNOTSUPP, _vcm_export_dmabuf(self->fd, arg.phys));
	test_phys_free(self->fd, arg.phys);
}

TEST_F(carveout, memory_that_is_somebody_elses_is_refused)
{
	const struct aside all = self->aside, ram = { .start = 0x1000000, .len = PAGE };
	const struct aside nothing = { .start = 1ull << 40, .len = PAGE };
	const struct aside edge = { .start = all.start + all.len - PAGE, .len = 2 * PAGE };

	test_refused(EBUSY, _aside_add(&ram));
	test_refused(ENXIO, _aside_add(&nothing));
	test_ok(_aside_remove(&all));
	EXPECT_EQ(-EBUSY, _aside_add(&edge));	/* the second page is the system's */
	test_ok(_aside_add(&all));
	EXPECT_NE(0, _aside_add(&all));
	EXPECT_NE(0, _aside_write("0x%llx@0x%llx", PAGE, all.start + PAGE));
}

TEST_F(carveout, what_is_no_range_is_refused)
{
	const char *const bad[] = {
		"\n", "x", "16M", "16M@", "@0x70000000", "-", "-x", "16M@0x70000000x",
		"0@0x70000000", "16M@0x70000001", "4097@0x70000000", "4096@-4096",
		"16M@0x70000000,16M@0x71000000", "16M$0x70000000", "0xfffffffffffff000@0x70000000",
	};

	test_ok(_aside_remove(&self->aside));
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_GT(0, _file_write(PARAMETER, bad[i])) TH_LOG("'%s'", bad[i]);
	}
	EXPECT_EQ(-ENOENT, _aside_remove(&self->aside));
	test_ok(_aside_add(&self->aside));
}

TEST_F(carveout, without_one_there_is_nothing_to_have)
{
	struct vcm_ioc_phys_alloc arg = { .len = PAGE, .flags = VCM_PHYS_CARVEOUT };

	test_ok(_aside_remove(&self->aside));
	test_refused(EOPNOTSUPP, _vcm_phys_alloc(self->fd, &arg));
	test_ok(_aside_add(&self->aside));
}

TEST_F(carveout, a_second_one_is_a_bank_of_its_own)
{
	const __u64 half = self->aside.len / 2;
	const struct aside low = { .start = self->aside.start, .len = half };
	const struct aside high = { .start = low.start + half, .len = half };
	struct vcm_ioc_phys_alloc arg = {
		.len = PAGE, .flags = VCM_PHYS_CARVEOUT | VCM_PHYS_NODE, .node = 1,
	};

	test_ok(_aside_remove(&self->aside));
	test_ok(_aside_add(&high));
	test_ok(_aside_add(&low));
	test_phys_alloc(self->fd, &arg);
	EXPECT_EQ(low.start, pa_of(_metadata, self->fd, arg.phys));
	EXPECT_EQ(-EBUSY, _aside_remove(&low));
	EXPECT_EQ(0, _aside_remove(&high));
	test_phys_free(self->fd, arg.phys);
	EXPECT_EQ(0, _aside_remove(&low));
	test_ok(_aside_add(&self->aside));
}

TEST_F(carveout, a_failure_at_any_point_takes_nothing)
{
	struct vcm_ioc_phys_alloc arg = { .len = 3 * PAGE, .flags = VCM_PHYS_CARVEOUT };
	int fail = _fail_open();
	unsigned int points;

	ASSERT_LE(0, fail);
	test_sweep(fail, &points, false, _vcm_phys_alloc(self->fd, &arg), (void)0);
	TH_LOG("points phys_alloc of a carve-out %u", points);
	EXPECT_LE(7, points);
	test_phys_free(self->fd, arg.phys);
	test_ok(_aside_remove(&self->aside));
	test_sweep(fail, &points, false, _aside_add(&self->aside), (void)0);
	TH_LOG("points adding a carve-out %u", points);
	EXPECT_LE(2, points);
	EXPECT_EQ(0, close(fail));
}

FIXTURE(carved) {
	struct stats before;
	int fd;
	struct space space;
	struct aside aside;
	struct mem mem;
};

FIXTURE_VARIANT(carved) {
	__u32 cache;
};

FIXTURE_VARIANT_ADD(carved, wb) { .cache = VCM_CACHE_WB };
FIXTURE_VARIANT_ADD(carved, wc) { .cache = VCM_CACHE_WC };
FIXTURE_VARIANT_ADD(carved, uc) { .cache = VCM_CACHE_UC };

FIXTURE_SETUP(carved)
{
	need_aside(&self->aside);
	space_open(_metadata, &self->before, &self->fd, &self->space);
	test_carve(self->fd, 2 * PAGE, variant->cache, &self->mem);
}

FIXTURE_TEARDOWN(carved)
{
	EXPECT_EQ(0, munmap(self->mem.uva, self->mem.len));
	space_close(_metadata, &self->before, self->fd, &self->space);
	EXPECT_EQ(0, _aside_end(&self->aside));
}

TEST_F(carved, the_device_reads_and_writes_every_byte)
{
	__u64 res;

	if (!edu_exists())
		SKIP(return, "no edu device");
	test_reserve_at(self->fd, self->space.vcm, FREE_IOVA, 2 * PAGE, &res);
	test_bind(self->fd, self->space.vcm, res, self->mem.phys, .cache = variant->cache);
	space_activate(_metadata, &self->space);
	EXPECT_EQ(0, dma_wrong(_metadata, &self->space, FREE_IOVA, self->mem.uva, 2 * PAGE));
}

/* The memory type that the processor is told for @pa: what pat_memtype_list says, or "". */
static void memtype_of(__u64 pa, char *type, size_t room)
{
	static char text[TEXT_MAX];
	char *save, *line;
	__u64 start, end;

	type[0] = '\0';
	if (_file_read(MEMTYPES, text, sizeof(text)) < 0)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "PAT: [mem %llx-%llx]", &start, &end) == 2 &&
		    start <= pa && pa < end)
			snprintf(type, room, "%s", strchr(line, ']') + 2);
}

TEST_F(carved, the_processor_is_told_its_cache_attribute_and_told_when_it_ends)
{
	const char *const want[] = { "write-back", "write-combining", "uncached-minus" };
	__u64 pa = pa_of(_metadata, self->fd, self->mem.phys);
	char type[64];

	if (access(MEMTYPES, R_OK))
		SKIP(return, "no " MEMTYPES);
	memtype_of(pa, type, sizeof(type));
	EXPECT_STREQ(want[variant->cache], type);
	ASSERT_EQ(0, munmap(self->mem.uva, self->mem.len));
	memtype_of(pa, type, sizeof(type));
	EXPECT_STREQ("", type);
	self->mem.uva = mmap(NULL, self->mem.len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

TEST_F(carved, a_part_of_it_can_be_bound)
{
	__u64 res;

	if (!edu_exists())
		SKIP(return, "no edu device");
	test_reserve_at(self->fd, self->space.vcm, FREE_IOVA, 2 * PAGE, &res);
	test_bind(self->fd, self->space.vcm, res, self->mem.phys, .off = PAGE, .len = PAGE,
		  .cache = variant->cache);
	space_activate(_metadata, &self->space);
	memset(self->mem.uva, 0xee, PAGE);
	EXPECT_EQ(0, dma_wrong(_metadata, &self->space, FREE_IOVA, self->mem.uva + PAGE, PAGE));
	for (__u64 i = 0; i < PAGE; i++)
		ASSERT_EQ(0xee, self->mem.uva[i]);
}

TEST_HARNESS_MAIN
