// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim_fault.c - every way in which an access of a device can fail, and what becomes of it.
 *
 * A fault is counted and kept by its IOMMU, with its reason, and told to the kernel, where it is
 * an event of the context; both must know of each, however many there are.
 */
#include <sched.h>

#include "sim_util.h"

#define WINDOW_START	0x10000000ull
#define WINDOW_LAST	0x1fffffffull
#define SRC_IOVA	0x10000000ull
#define DST_IOVA	0x10100000ull
#define BIG_IOVA	0x11000000ull	/* a multiple of a megabyte */
#define MEGABYTE	0x100000ull
#define UNMAPPED_IOVA	0x18000000ull	/* never bound */
#define STORM		5000		/* faults of each of two devices */

#define DEV	"sim-f0.a"
#define DEV2	"sim-f0.b"
#define MMU	"f0"

/* Two devices of one IOMMU in one context. */
struct world {
	struct stats before;
	int fd;
	__u32 vcm;
	struct area src;
	struct area dst;
};

static void world_create(struct __test_metadata *_metadata, struct world *self, bool stall)
{
	const struct sim_cfg cfg = { .format = "armv7s", .stall = stall };

	sim_remove_all();
	test_stats_read(&self->before);
	test_sim_mmu_add(MMU, &cfg);
	test_sim_dev_add(MMU, "a");
	test_sim_dev_add(MMU, "b");
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, WINDOW_START, WINDOW_LAST, &self->vcm);
	area_create(self->fd, self->vcm, &self->src, SRC_IOVA, PAGE, 0);
	area_create(self->fd, self->vcm, &self->dst, DST_IOVA, PAGE, 0);
	dev_join(_metadata, self->fd, self->vcm, DEV);
	dev_join(_metadata, self->fd, self->vcm, DEV2);
	pattern_fill(self->src.mem.uva, PAGE, 1);
}

static void world_destroy(struct __test_metadata *_metadata, struct world *self)
{
	expect_invariants();
	test_mem_free(self->fd, &self->src.mem);
	test_mem_free(self->fd, &self->dst.mem);
	EXPECT_EQ(0, close(self->fd));
	sim_remove_all();
	expect_stats(&self->before);
}

/* Both ways to end an access that faults. */
FIXTURE(fault) {
	struct world w;
};

FIXTURE_VARIANT(fault) {
	bool stall;
};

FIXTURE_VARIANT_ADD(fault, terminate) { .stall = false };
FIXTURE_VARIANT_ADD(fault, stall) { .stall = true };

FIXTURE_SETUP(fault)
{
	if (!sim_exists())
		SKIP(return, "vcm_sim and vcm_sim_dev are not loaded");
	world_create(_metadata, &self->w, variant->stall);
}

FIXTURE_TEARDOWN(fault)
{
	world_destroy(_metadata, &self->w);
}

/* An access that faults is held up. */
FIXTURE(held) {
	struct world w;
};

FIXTURE_SETUP(held)
{
	if (!sim_exists())
		SKIP(return, "vcm_sim and vcm_sim_dev are not loaded");
	world_create(_metadata, &self->w, true);
}

FIXTURE_TEARDOWN(held)
{
	world_destroy(_metadata, &self->w);
}

/* An access that faults is terminated. */
FIXTURE(storm) {
	struct world w;
};

FIXTURE_SETUP(storm)
{
	if (!sim_exists())
		SKIP(return, "vcm_sim and vcm_sim_dev are not loaded");
	world_create(_metadata, &self->w, false);
}

FIXTURE_TEARDOWN(storm)
{
	world_destroy(_metadata, &self->w);
}

/* Events of a context so far. */
static __u64 events_of(struct __test_metadata *_metadata, __u32 vcm)
{
	static unsigned char data[TEXT_MAX];
	const struct vcm_snap_header *head = (void *)data;
	const struct vcm_snap_stream *stream;
	const struct vcm_snap_rec *rec;
	size_t at;

	ASSERT_LT(0, _file_read(VCM_DEBUGFS "/snapshot", data, sizeof(data)));
	for (at = head->header_len; at < head->total_len; at += sizeof(*rec) + rec->len) {
		rec = (void *)(data + at);
		stream = (void *)(rec + 1);
		if (rec->type == VCM_SNAP_STREAM && stream->vcm == vcm)
			return stream->seq;
	}
	return 0;
}

/* Events are told a little after the fault. */
static __u64 events_reach(struct __test_metadata *_metadata, __u32 vcm, __u64 want)
{
	__u64 until = now_ms() + DEADLINE_MS, now;

	while ((now = events_of(_metadata, vcm)) < want && now_ms() < until)
		sched_yield();
	return now;
}

/* A command of DEV in a child, which a fault holds up.  Return: the child. */
static pid_t start_command(struct __test_metadata *_metadata, const char *line)
{
	__u64 until = now_ms() + DEADLINE_MS;
	unsigned int held = 0;
	char text[64];
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(-_sim_dev_write(DEV, "dma", line));
	while (!held && now_ms() < until) {
		ASSERT_LT(0, _sim_dev_read(DEV, "stalled", text, sizeof(text)));
		ASSERT_EQ(1, sscanf(text, "%u", &held));
	}
	EXPECT_EQ(1, held);
	return pid;
}

/* What a command ended with. */
static int end_command(struct __test_metadata *_metadata, pid_t pid)
{
	int status;

	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

/* A command that faults, whatever happens to it then. */
static void fault_by(struct __test_metadata *_metadata, bool stall, const char *line)
{
	pid_t pid;

	if (!stall) {
		EXPECT_EQ(-EFAULT, _sim_dev_write(DEV, "dma", line));
		return;
	}
	pid = start_command(_metadata, line);
	test_ok(_sim_dev_write(DEV, "resume", "terminate"));
	EXPECT_EQ(-EFAULT, end_command(_metadata, pid));
}

static void expect_told(struct __test_metadata *_metadata, struct watch *watch, __u64 iova,
			int access)
{
	char line[4096], want[64];

	test_ok(_watch_find(watch, "\"event\":\"vcm_fault\"", line, sizeof(line)));
	snprintf(want, sizeof(want), "\"iova\":%llu,\"access\":%d,", iova, access);
	EXPECT_TRUE(strstr(line, want)) TH_LOG("no %s in %s", want, line);
}

/* Map a page, let it be cached, lose its invalidation, and map a megabyte there. */
static void make_multihit(struct __test_metadata *_metadata, struct world *self,
			  struct mem *page, struct mem *big)
{
	const struct vcm_ioc_phys_alloc contig = { .len = MEGABYTE, .flags = VCM_PHYS_CONTIG };
	__u64 res;

	test_mem_alloc(self->fd, PAGE, 0, page);
	test_mem_alloc_arg(self->fd, contig, big);
	test_reserve_at(self->fd, self->vcm, BIG_IOVA, MEGABYTE, &res);
	test_bind(self->fd, self->vcm, res, page->phys);
	test_dma_to(DEV, BIG_IOVA, 0, 16);
	test_ok(_sim_mmu_write(MMU, "erratum", "skip 1"));
	test_unbind(self->fd, self->vcm, res);
	test_bind(self->fd, self->vcm, res, big->phys);
	test_dma_to(DEV, BIG_IOVA + MEGABYTE / 2, 0, 16);
}

TEST_F_TIMEOUT(fault, each_reason_is_told_with_address_and_access, 120)
{
	struct mem page, big, ro;
	struct watch watch;
	char line[80];
	__u64 res;

	if (!vcmstat_path())
		SKIP(return, "no vcmstat; set VCMSTAT to its path");
	test_mem_alloc(self->w.fd, PAGE, 0, &ro);
	test_reserve_at(self->w.fd, self->w.vcm, DST_IOVA + PAGE, PAGE, &res);
	test_bind(self->w.fd, self->w.vcm, res, ro.phys, .prot = VCM_PROT_READ);
	make_multihit(_metadata, &self->w, &page, &big);
	test_watch_start(&watch);

	snprintf(line, sizeof(line), "sum 0x%llx 4", UNMAPPED_IOVA + 3);
	fault_by(_metadata, variant->stall, line);
	expect_sim_fault(MMU, DEV, "translation", "read", UNMAPPED_IOVA + 3);
	expect_told(_metadata, &watch, UNMAPPED_IOVA + 3, VCM_ACCESS_READ);

	snprintf(line, sizeof(line), "fill 0x%llx 4 1", DST_IOVA + PAGE);
	fault_by(_metadata, variant->stall, line);
	expect_sim_fault(MMU, DEV, "permission", "write", DST_IOVA + PAGE);
	expect_told(_metadata, &watch, DST_IOVA + PAGE, VCM_ACCESS_WRITE);

	snprintf(line, sizeof(line), "fill 0x%llx 4 1", BIG_IOVA + 8);
	fault_by(_metadata, variant->stall, line);
	expect_sim_fault(MMU, DEV, "multi-hit", "write", BIG_IOVA + 8);
	expect_told(_metadata, &watch, BIG_IOVA + 8, VCM_ACCESS_WRITE);

	test_ok(_sim_mmu_write(MMU, "erratum", "walk 1"));
	snprintf(line, sizeof(line), "sum 0x%llx 4", SRC_IOVA);
	fault_by(_metadata, variant->stall, line);
	expect_sim_fault(MMU, DEV, "table-walk", "read", SRC_IOVA);
	expect_told(_metadata, &watch, SRC_IOVA, VCM_ACCESS_READ);

	test_ok(_sim_mmu_write(MMU, "power", "off"));
	test_ok(_sim_mmu_write(MMU, "power", "on"));
	snprintf(line, sizeof(line), "fill 0x%llx 4 1", DST_IOVA);
	fault_by(_metadata, variant->stall, line);
	expect_sim_fault(MMU, DEV, "bank", "write", DST_IOVA);
	expect_told(_metadata, &watch, DST_IOVA, VCM_ACCESS_WRITE);

	EXPECT_EQ(5, sim_stat(MMU, "faults"));
	test_watch_stop(&watch);
	test_mem_free(self->w.fd, &page);
	test_mem_free(self->w.fd, &big);
	test_mem_free(self->w.fd, &ro);
}

TEST_F(held, an_access_sees_what_was_bound_meanwhile)
{
	struct mem mem;
	char line[80];
	__u64 res;
	pid_t pid;

	test_mem_alloc(self->w.fd, PAGE, 0, &mem);
	pattern_fill(mem.uva, PAGE, 7);
	test_reserve_at(self->w.fd, self->w.vcm, UNMAPPED_IOVA, PAGE, &res);
	snprintf(line, sizeof(line), "copy 0x%llx 0x%llx %llu", UNMAPPED_IOVA, DST_IOVA, PAGE);
	pid = start_command(_metadata, line);
	/* another device is not held up */
	test_dma_to(DEV2, SRC_IOVA, 0, 16);
	/* still nothing there: it is held up again */
	test_ok(_sim_dev_write(DEV, "resume", "retry"));
	while (sim_stat(MMU, "faults") < 2)
		sched_yield();
	test_bind(self->w.fd, self->w.vcm, res, mem.phys);
	while (_sim_dev_write(DEV, "resume", "retry") == -ENXIO)
		sched_yield();
	EXPECT_EQ(0, end_command(_metadata, pid));
	EXPECT_EQ(0, pattern_wrong(self->w.dst.mem.uva, PAGE, 7));
	EXPECT_EQ(-ENXIO, _sim_dev_write(DEV, "resume", "retry"));
	test_mem_free(self->w.fd, &mem);
}

TEST_F(held, an_access_keeps_nobody_from_leaving)
{
	char line[80];
	pid_t pid;

	snprintf(line, sizeof(line), "sum 0x%llx 4", UNMAPPED_IOVA);
	pid = start_command(_metadata, line);
	test_sim_dev_remove(MMU, "a");
	EXPECT_EQ(-ENODEV, end_command(_metadata, pid));
	test_dma_to(DEV2, SRC_IOVA, 0, 16);
}

TEST_F(held, a_process_can_be_killed)
{
	char line[80];
	int status;
	pid_t pid;

	snprintf(line, sizeof(line), "sum 0x%llx 4", UNMAPPED_IOVA);
	pid = start_command(_metadata, line);
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	test_dma_to(DEV, SRC_IOVA, 0, 16);
}

/* Faults of one device, one after the other. */
static int storm(const char *dev)
{
	char path[256], line[80];
	int fd, n;

	snprintf(path, sizeof(path), SIM_DEBUGFS "/dev/%s/dma", dev);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return 1;
	for (n = 0; n < STORM; n++) {
		snprintf(line, sizeof(line), "sum 0x%llx 1", UNMAPPED_IOVA + n);
		if (write(fd, line, strlen(line)) >= 0 || errno != EFAULT)
			return 1;
	}
	return 0;
}

/* All of them, and nothing else, are events; the machine goes on. */
TEST_F_TIMEOUT(storm, every_fault_is_counted_to_the_last, 300)
{
	__u64 events = events_of(_metadata, self->w.vcm);
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(storm(DEV2));
	EXPECT_EQ(0, storm(DEV));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(2 * STORM, sim_stat(MMU, "faults"));
	EXPECT_EQ(2 * STORM, sim_stat(MMU, "fault_translation"));
	EXPECT_EQ(events + 2 * STORM,
		  events_reach(_metadata, self->w.vcm, events + 2 * STORM));
	test_dma_copy(DEV, SRC_IOVA, DST_IOVA, PAGE);
	EXPECT_EQ(0, pattern_wrong(self->w.dst.mem.uva, PAGE, 1));
	EXPECT_EQ(events + 2 * STORM, events_of(_metadata, self->w.vcm));
}

TEST_HARNESS_MAIN
