// SPDX-License-Identifier: GPL-2.0-only
/*
 * edu.c - a real device: associations, activation, and DMA through the emulated IOMMU.
 *
 * The device has a small buffer of its own; "the device sees" means: it copied memory into that
 * buffer and from there to another reservation, where this process compares.  A DMA that the
 * IOMMU blocked looks like any other to the device, so tests compare memory and read faults.
 */
#include "vcm_dma.h"

#define WINDOW_START	0x10000000ull
#define WINDOW_LAST	0x1fffffffull
#define SRC_IOVA	0x10000000ull
#define DST_IOVA	0x10100000ull
#define FREE_IOVA	0x10200000ull	/* for the test's own use */
#define UNMAPPED_IOVA	0x18000000ull	/* never bound */
#define SENTINEL_IOVA	0x18800000ull	/* never bound, for expect_no_fault() */

#define SECRET		1000		/* seeds of patterns */
#define OTHER		2000

FIXTURE(edu) {
	struct stats before;
	int fd;
	__u32 vcm;
	__u64 assoc;
	struct mem src;		/* two pages in two chunks; the device may only read */
	struct mem dst;		/* the same; read and write */
	__u64 src_res;
	__u64 dst_res;
};

FIXTURE_SETUP(edu)
{
	if (!edu_exists())
		SKIP(return, "no edu device %s with the sample driver", edu_name());
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, WINDOW_START, WINDOW_LAST, &self->vcm);
	test_assoc(self->fd, self->vcm, edu_name(), &self->assoc);
	test_mem_alloc(self->fd, 2 * PAGE, 1u << 0, &self->src);
	test_mem_alloc(self->fd, 2 * PAGE, 1u << 0, &self->dst);
	test_reserve_at(self->fd, self->vcm, SRC_IOVA, 2 * PAGE, &self->src_res);
	test_reserve_at(self->fd, self->vcm, DST_IOVA, 2 * PAGE, &self->dst_res);
	test_bind(self->fd, self->vcm, self->src_res, self->src.phys, .prot = VCM_PROT_READ);
	test_bind(self->fd, self->vcm, self->dst_res, self->dst.phys);
}

FIXTURE_TEARDOWN(edu)
{
	expect_invariants();
	if (self->fd >= 0) {
		EXPECT_EQ(0, munmap(self->src.uva, self->src.len));
		EXPECT_EQ(0, munmap(self->dst.uva, self->dst.len));
		EXPECT_EQ(0, close(self->fd));
	}
	expect_stats(&self->before);
}

/* How many of @len bytes that the device sees at @iova are not the pattern of @seed. */
static __u64 seen_wrong(struct __test_metadata *_metadata, FIXTURE_DATA(edu) *self, __u64 iova,
			__u32 len, __u32 seed)
{
	memset(self->dst.uva, 0, self->dst.len);
	test_edu_read_ram(iova, 0, len);
	test_edu_write_ram(DST_IOVA, 0, len);
	return pattern_wrong(self->dst.uva, len, seed);
}

/* Put the pattern of @seed into the buffer of the device. */
static void load_device(struct __test_metadata *_metadata, FIXTURE_DATA(edu) *self, __u32 len,
			__u32 seed)
{
	pattern_fill(self->src.uva, len, seed);
	test_edu_read_ram(SRC_IOVA, 0, len);
}

/* A reservation and memory of @pages single pages at FREE_IOVA, bound for reading and writing. */
static __u64 bind_free(struct __test_metadata *_metadata, FIXTURE_DATA(edu) *self,
		       unsigned int pages, struct mem *mem)
{
	__u64 res;

	test_mem_alloc(self->fd, pages * PAGE, 1u << 0, mem);
	test_reserve_at(self->fd, self->vcm, FREE_IOVA, pages * PAGE, &res);
	test_bind(self->fd, self->vcm, res, mem->phys);
	return res;
}

/*
 * The memory at FREE_IOVA is in reach; @gone takes the reach away; the device writes and reads
 * there once more.  Neither may have any effect.
 */
#define expect_unreachable_after(self, mem, gone) do {				\
	load_device(_metadata, self, 64, OTHER);				\
	test_edu_write_ram(FREE_IOVA, 0, 64);					\
	ASSERT_EQ(0, pattern_wrong((mem)->uva, 64, OTHER));			\
	pattern_fill((mem)->uva, 64, SECRET);					\
	test_ok(gone);								\
	test_edu_write_ram(FREE_IOVA, 0, 64);					\
	EXPECT_EQ(0, pattern_wrong((mem)->uva, 64, SECRET));			\
	test_edu_read_ram(FREE_IOVA, 0, 64);					\
} while (0)

/* No fault was reported since @watch was last looked at: the next one is a provoked one. */
#define expect_no_fault(watch) do {						\
	test_edu_read_ram(SENTINEL_IOVA, 0, 16);				\
	expect_fault(watch, SENTINEL_IOVA, "read");				\
} while (0)

#define skip_where_silent() do {						\
	__u64 __before = amd_interrupts();					\
										\
	if (iommu_is_amd()) {							\
		test_edu_read_ram(UNMAPPED_IOVA, 0, 16);			\
		if (iommu_is_silent(__before))					\
			SKIP(return, "a blocked DMA brought no interrupt of the AMD IOMMU"); \
	}									\
} while (0)

TEST_F(edu, only_an_offered_device_can_be_associated)
{
	__u64 assoc;

	test_refused(ENODEV, _vcm_assoc(self->fd, self->vcm, "0000:00:1f.0", &assoc));
	test_refused(ENODEV, _vcm_assoc(self->fd, self->vcm, "no such device", &assoc));
	test_refused(ENODEV, _vcm_assoc(self->fd, self->vcm, "0000:00:05", &assoc));
}

TEST_F(edu, a_name_that_is_empty_or_not_terminated_is_refused)
{
	struct vcm_ioc_assoc arg = { .size = sizeof(arg), .vcm = self->vcm };

	test_refused(EINVAL, _vcm_ioctl(self->fd, VCM_IOC_ASSOC, &arg));
	memset(arg.name, 'x', sizeof(arg.name));
	test_refused(EINVAL, _vcm_ioctl(self->fd, VCM_IOC_ASSOC, &arg));
}

TEST_F(edu, a_device_is_associated_with_a_context_once)
{
	__u64 assoc;

	test_refused(EEXIST, _vcm_assoc(self->fd, self->vcm, edu_name(), &assoc));
	test_deassoc(self->fd, self->vcm, self->assoc);
	test_refused(ENOENT, _vcm_deassoc(self->fd, self->vcm, self->assoc));
	test_assoc(self->fd, self->vcm, edu_name(), &assoc);
}

TEST_F(edu, an_active_association_cannot_be_ended)
{
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_refused(EBUSY, _vcm_deassoc(self->fd, self->vcm, self->assoc));
	test_deactivate(self->fd, self->vcm, self->assoc, NULL);
	test_deassoc(self->fd, self->vcm, self->assoc);
}

TEST_F(edu, what_is_not_active_cannot_be_deactivated)
{
	test_refused(ENXIO, _vcm_deactivate(self->fd, self->vcm, self->assoc, NULL));
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_deactivate(self->fd, self->vcm, self->assoc, NULL);
	test_refused(ENXIO, _vcm_deactivate(self->fd, self->vcm, self->assoc, NULL));
}

TEST_F(edu, activations_are_counted_and_bindings_live_until_the_last)
{
	struct vcm_ioc_res_info info;
	struct stats now;
	__u32 active;

	for (__u32 want = 1; want <= 3; want++) {
		test_activate(self->fd, self->vcm, self->assoc, &active);
		EXPECT_EQ(want, active);
	}
	test_stats_read(&now);
	EXPECT_EQ(self->before.bytes_mapped + 4 * PAGE, now.bytes_mapped);
	for (__u32 left = 3; left-- > 0;) {
		test_res_info(self->fd, self->vcm, self->src_res, &info);
		EXPECT_EQ(1, info.mapped);
		test_deactivate(self->fd, self->vcm, self->assoc, &active);
		EXPECT_EQ(left, active);
	}
	test_res_info(self->fd, self->vcm, self->src_res, &info);
	EXPECT_EQ(0, info.mapped);
}

TEST_F(edu, a_device_is_active_in_one_context_at_a_time)
{
	__u64 assoc;
	__u32 vcm;

	test_create(self->fd, WINDOW_START, WINDOW_LAST, &vcm);
	test_assoc(self->fd, vcm, edu_name(), &assoc);
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_refused(EBUSY, _vcm_activate(self->fd, vcm, assoc, NULL));
	pattern_fill(self->src.uva, 64, SECRET);
	EXPECT_EQ(0, seen_wrong(_metadata, self, SRC_IOVA, 64, SECRET));
	test_deactivate(self->fd, self->vcm, self->assoc, NULL);
	test_activate(self->fd, vcm, assoc, NULL);
}

TEST_F(edu, dma_moves_every_byte_both_ways)
{
	static const struct { __u32 src, dst, len; } moves[] = {
		{ 0, 0, 1 }, { 0, 0, EDU_MAX }, { 4095, 1, 2 }, { 2000, 3000, 4001 },
		{ 8191, 8191, 1 }, { 4097, 4097, EDU_MAX }, { 4094, 1, 3 }, { 1, 4094, 3 },
	};

	test_activate(self->fd, self->vcm, self->assoc, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(moves); i++) {
		__u32 src = moves[i].src, dst = moves[i].dst, len = moves[i].len;

		/*
		 * QEMU's virtio-iommu takes an access that begins with the last byte of a mapping
		 * for one into the mapping that follows, and reads before the start of its memory.
		 */
		if (iommu_is_virtio() && src == PAGE - 1) {
			TH_LOG("the emulated IOMMU is wrong about the last byte of a page");
			continue;
		}
		pattern_fill(self->src.uva + src, len, i);
		memset(self->dst.uva, 0xee, self->dst.len);
		test_edu_read_ram(SRC_IOVA + src, 0, len);
		test_edu_write_ram(DST_IOVA + dst, 0, len);
		EXPECT_EQ(0, pattern_wrong(self->dst.uva + dst, len, i));
		for (__u64 at = 0; at < self->dst.len; at++)
			if (at < dst || at >= dst + len)
				ASSERT_EQ(0xee, self->dst.uva[at]);
	}
}

TEST_F(edu, one_memory_at_two_addresses_is_one_memory)
{
	__u64 res;

	test_reserve_at(self->fd, self->vcm, FREE_IOVA, 2 * PAGE, &res);
	test_bind(self->fd, self->vcm, res, self->dst.phys);
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	load_device(_metadata, self, 64, SECRET);
	test_edu_write_ram(FREE_IOVA + PAGE, 0, 64);
	EXPECT_EQ(0, pattern_wrong(self->dst.uva + PAGE, 64, SECRET));
}

TEST_F(edu, an_offset_into_memory_is_where_the_binding_begins)
{
	struct mem mem;
	__u64 res;

	test_mem_alloc(self->fd, 2 * PAGE, 1u << 1, &mem);
	pattern_fill(mem.uva, PAGE, OTHER);
	pattern_fill(mem.uva + PAGE, PAGE, SECRET);
	test_reserve_at(self->fd, self->vcm, FREE_IOVA, PAGE, &res);
	test_bind(self->fd, self->vcm, res, mem.phys, .off = PAGE);
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	EXPECT_EQ(0, seen_wrong(_metadata, self, FREE_IOVA, EDU_MAX, SECRET));
	test_mem_free(self->fd, &mem);
}

TEST_F(edu, a_binding_made_while_active_is_live_at_once)
{
	struct vcm_ioc_res_info info;
	struct mem mem;
	__u64 res;

	test_activate(self->fd, self->vcm, self->assoc, NULL);
	res = bind_free(_metadata, self, 1, &mem);
	test_res_info(self->fd, self->vcm, res, &info);
	EXPECT_EQ(1, info.mapped);
	pattern_fill(mem.uva, PAGE, SECRET);
	EXPECT_EQ(0, seen_wrong(_metadata, self, FREE_IOVA, EDU_MAX, SECRET));
	test_mem_free(self->fd, &mem);
}

TEST_F(edu, large_memory_is_live_from_its_first_to_its_last_byte)
{
	struct mem mem;
	__u64 res;

	test_mem_alloc(self->fd, 1024 * PAGE, 0, &mem);
	test_reserve_at(self->fd, self->vcm, 0x10400000, mem.len, &res);
	test_bind(self->fd, self->vcm, res, mem.phys);
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	for (__u64 at = 0; at < mem.len; at += mem.len / 4) {
		pattern_fill(mem.uva + at, 64, at);
		EXPECT_EQ(0, seen_wrong(_metadata, self, 0x10400000 + at, 64, at));
	}
	load_device(_metadata, self, 16, SECRET);
	test_edu_write_ram(0x10400000 + mem.len - 16, 0, 16);
	EXPECT_EQ(0, pattern_wrong(mem.uva + mem.len - 16, 16, SECRET));
	test_mem_free(self->fd, &mem);
}

TEST_F(edu, memory_that_was_unbound_is_out_of_reach)
{
	struct mem mem;
	__u64 res;

	test_activate(self->fd, self->vcm, self->assoc, NULL);
	res = bind_free(_metadata, self, 1, &mem);
	expect_unreachable_after(self, &mem, _vcm_unbind(self->fd, self->vcm, res));
	test_edu_write_ram(DST_IOVA, 0, 64);
	EXPECT_NE(0, pattern_wrong(self->dst.uva, 64, SECRET));
	test_mem_free(self->fd, &mem);
}

TEST_F(edu, memory_whose_reservation_ended_is_out_of_reach)
{
	struct mem mem;
	__u64 res;

	test_activate(self->fd, self->vcm, self->assoc, NULL);
	res = bind_free(_metadata, self, 1, &mem);
	expect_unreachable_after(self, &mem, _vcm_unreserve(self->fd, self->vcm, res, NULL));
	test_edu_write_ram(DST_IOVA, 0, 64);
	EXPECT_NE(0, pattern_wrong(self->dst.uva, 64, SECRET));
	test_mem_free(self->fd, &mem);
}

TEST_F(edu, a_device_that_was_deactivated_reaches_nothing)
{
	struct mem mem;

	if (!default_domain_translates(edu_name()))
		SKIP(return, "the default domain of the device does not translate");
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	bind_free(_metadata, self, 1, &mem);
	expect_unreachable_after(self, &mem,
				 _vcm_deactivate(self->fd, self->vcm, self->assoc, NULL));
	test_mem_free(self->fd, &mem);
}

TEST_F(edu, a_device_of_a_destroyed_context_reaches_nothing)
{
	struct mem mem;

	if (!default_domain_translates(edu_name()))
		SKIP(return, "the default domain of the device does not translate");
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	bind_free(_metadata, self, 1, &mem);
	expect_unreachable_after(self, &mem, _vcm_destroy(self->fd, self->vcm));
	test_mem_free(self->fd, &mem);
}

TEST_F(edu, the_old_page_is_not_reached_through_a_new_binding)
{
	struct mem old, new;
	__u64 res;

	test_activate(self->fd, self->vcm, self->assoc, NULL);
	res = bind_free(_metadata, self, 1, &old);
	test_mem_alloc(self->fd, PAGE, 0, &new);
	pattern_fill(old.uva, PAGE, SECRET);
	pattern_fill(new.uva, PAGE, OTHER);
	/* the translation of the old page is in the IOTLB now */
	ASSERT_EQ(0, seen_wrong(_metadata, self, FREE_IOVA, 64, SECRET));
	test_unbind(self->fd, self->vcm, res);
	test_bind(self->fd, self->vcm, res, new.phys);
	EXPECT_EQ(0, seen_wrong(_metadata, self, FREE_IOVA, 64, OTHER));
	load_device(_metadata, self, 64, 3);
	test_edu_write_ram(FREE_IOVA, 0, 64);
	EXPECT_EQ(0, pattern_wrong(old.uva, PAGE, SECRET));
	EXPECT_EQ(0, pattern_wrong(new.uva, 64, 3));
	test_mem_free(self->fd, &old);
	test_mem_free(self->fd, &new);
}

TEST_F(edu, the_device_cannot_write_what_it_may_only_read)
{
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	load_device(_metadata, self, 64, OTHER);
	pattern_fill(self->src.uva, 2 * PAGE, SECRET);
	test_edu_write_ram(SRC_IOVA, 0, 64);
	test_edu_write_ram(SRC_IOVA + PAGE, 0, 64);
	EXPECT_EQ(0, pattern_wrong(self->src.uva, 2 * PAGE, SECRET));
	EXPECT_EQ(0, seen_wrong(_metadata, self, SRC_IOVA, 64, SECRET));
}

TEST_F_TIMEOUT(edu, a_blocked_dma_is_a_fault_that_vcmstat_sees, 120)
{
	struct watch watch;

	if (!vcmstat_path())
		SKIP(return, "no vcmstat; set VCMSTAT to its path");
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	skip_where_silent();
	test_watch_start(&watch);
	test_edu_read_ram(UNMAPPED_IOVA, 0, 16);
	expect_fault(&watch, UNMAPPED_IOVA, "read");
	test_edu_write_ram(UNMAPPED_IOVA + PAGE, 0, 16);
	expect_fault(&watch, UNMAPPED_IOVA + PAGE, "write");
	/* read-only, and not touched before: a cached translation would block it silently */
	test_edu_write_ram(SRC_IOVA + PAGE, 0, 16);
	expect_fault(&watch, SRC_IOVA + PAGE, "write");
	/* the page behind the last one that is bound */
	test_edu_read_ram(SRC_IOVA + 2 * PAGE, 0, 16);
	expect_fault(&watch, SRC_IOVA + 2 * PAGE, "read");
	test_watch_stop(&watch);
}

TEST_F_TIMEOUT(edu, an_unbound_address_faults_and_a_bound_one_does_not, 120)
{
	struct watch watch;
	struct mem mem;
	__u64 res;

	if (!vcmstat_path())
		SKIP(return, "no vcmstat; set VCMSTAT to its path");
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	skip_where_silent();
	res = bind_free(_metadata, self, 1, &mem);
	test_watch_start(&watch);
	test_edu_read_ram(FREE_IOVA, 0, 16);
	test_edu_write_ram(FREE_IOVA, 0, 16);
	expect_no_fault(&watch);
	test_unbind(self->fd, self->vcm, res);
	test_edu_write_ram(FREE_IOVA, 0, 16);
	expect_fault(&watch, FREE_IOVA, "write");
	test_bind(self->fd, self->vcm, res, mem.phys);
	test_edu_write_ram(FREE_IOVA, 0, 16);
	expect_no_fault(&watch);
	test_watch_stop(&watch);
	test_mem_free(self->fd, &mem);
}

/* A mapping keeps the file open, so memory cannot be looked at afterwards; the fault can. */
TEST_F_TIMEOUT(edu, a_device_of_a_closed_file_reaches_nothing, 120)
{
	struct watch watch;
	struct mem mem;

	if (!vcmstat_path())
		SKIP(return, "no vcmstat; set VCMSTAT to its path");
	if (!default_domain_translates(edu_name()))
		SKIP(return, "the default domain of the device does not translate");
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	skip_where_silent();
	bind_free(_metadata, self, 1, &mem);
	test_watch_start(&watch);
	test_edu_write_ram(FREE_IOVA, 0, 16);
	expect_no_fault(&watch);
	EXPECT_EQ(0, munmap(mem.uva, mem.len));
	EXPECT_EQ(0, munmap(self->src.uva, self->src.len));
	EXPECT_EQ(0, munmap(self->dst.uva, self->dst.len));
	EXPECT_EQ(0, close(self->fd));
	self->fd = -1;
	expect_stats(&self->before);
	test_edu_write_ram(FREE_IOVA, 0, 16);
	expect_fault(&watch, FREE_IOVA, "write");
	test_watch_stop(&watch);
}

TEST_F(edu, events_of_an_activation_name_the_device_and_its_domain)
{
	char line[4096], want[64];
	struct watch watch;

	if (!vcmstat_path())
		SKIP(return, "no vcmstat; set VCMSTAT to its path");
	test_watch_start(&watch);
	test_activate(self->fd, self->vcm, self->assoc, NULL);
	test_ok(_watch_find(&watch, "\"event\":\"vcm_map\"", line, sizeof(line)));
	EXPECT_TRUE(strstr(line, "\"start\":268435456,")) TH_LOG("%s", line);
	test_ok(_watch_find(&watch, "\"event\":\"vcm_activate\"", line, sizeof(line)));
	snprintf(want, sizeof(want), "\"id\":%llu,\"refs\":1,", self->assoc);
	EXPECT_TRUE(strstr(line, want)) TH_LOG("%s", line);
	test_watch_stop(&watch);
}

TEST_HARNESS_MAIN
