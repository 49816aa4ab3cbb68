// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm.c - a device that faults faster than anybody looks.
 *
 * Whatever is reported is told, or counted by who could not keep it: vcmstat outside of contexts,
 * the module in one.  Faults of a context come in their order, and what is missing at its place.
 */
#include "fault_util.h"
#include "vcm_fail.h"

#define UNMAPPED_IOVA	0x18000000ull	/* of a storm, and behind it */
#define STORM		100000
#define FLOOD		20000
#define KEPT		16384	/* of a domain, until they are told */
#define ONCE		1000

/* @nr faults of the simulated device, each at the next address. */
static void make_faults(struct __test_metadata *_metadata, const struct lab *lab, __u64 nr)
{
	char path[256], text[80];
	__u64 faulted = 0;
	int fd;

	snprintf(path, sizeof(path), SIM_DEBUGFS "/dev/%s/dma", lab->dev);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	for (__u64 i = 0; i < nr; i++) {
		snprintf(text, sizeof(text), "sum 0x%llx 1", UNMAPPED_IOVA + i);
		faulted += write(fd, text, strlen(text)) < 0 && errno == EFAULT;
	}
	close(fd);
	ASSERT_EQ(nr, faulted);
}

/*
 * The faults, then the last record of vcmstat, which ends.  The end of a context comes after the
 * last of its faults; what other reports say is there when a DMA returns.
 */
static void storm(struct __test_metadata *_metadata, struct lab *lab, bool in_context, __u64 nr,
		  char *line, size_t room)
{
	static const char *const argv[] = { "vcmstat", "fault", "--json", NULL };

	if (in_context)
		lab_begin(_metadata, lab, 0);
	test_ok(_watch_start_as(&lab->watch, argv));
	make_faults(_metadata, lab, nr);
	if (in_context)
		lab_end(_metadata, lab);
	test_ok(kill(lab->watch.pid, SIGTERM));
	test_ok(_watch_find(&lab->watch, "\"type\":\"end\"", line, room));
	expect_watch_exit(&lab->watch, EXIT_FOUND);
}

/* The next fault of the context that is told, or those that are told to be lost. */
static void next_faults(struct __test_metadata *_metadata, struct watch *watch, __u64 *iova,
			__u64 *lost)
{
	char line[4096];
	__u64 op;

	do {
		test_ok(_watch_find(watch, "\"event\":\"vcm_", line, sizeof(line)));
		ASSERT_EQ(NULL, strstr(line, "\"event\":\"vcm_destroy\"")) TH_LOG("%s", line);
		*lost = 0;
		if (strstr(line, "\"event\":\"vcm_error\"")) {
			ASSERT_EQ(0, _json_u64(line, "op", &op));
			ASSERT_EQ(VCM_OP_FAULT, op) TH_LOG("%s", line);
			ASSERT_EQ(0, _json_u64(line, "arg0", iova));
			ASSERT_EQ(0, _json_u64(line, "arg1", lost));
			ASSERT_LT(0, *lost) TH_LOG("%s", line);
		}
	} while (!*lost && (!strstr(line, "\"event\":\"vcm_fault\"") ||
			    _json_u64(line, "iova", iova)));
}

FIXTURE(storm) {
	struct lab lab;
};

FIXTURE_SETUP(storm)
{
	if (!vcmstat_path())
		SKIP(return, "no vcmstat; set VCMSTAT to its path");
	if (!sim_exists())
		SKIP(return, "vcm_sim and vcm_sim_dev are not loaded");
	lab_open(_metadata, &self->lab, true);
}

FIXTURE_TEARDOWN(storm)
{
	lab_close(_metadata, &self->lab);
}

/* Outside every context: told by the driver of the IOMMU, as any driver would. */
TEST_F_TIMEOUT(storm, of_a_hundred_thousand_every_fault_is_told_or_counted, 900)
{
	__u64 told, dropped;
	char line[4096];

	storm(_metadata, &self->lab, false, STORM, line, sizeof(line));
	ASSERT_EQ(0, _json_u64(line, "faults", &told));
	ASSERT_EQ(0, _json_u64(line, "fault_dropped", &dropped));
	TH_LOG("%llu told, %llu found no room", told, dropped);
	EXPECT_EQ(STORM, told + dropped);
	EXPECT_LT(0, told);
}

/* In a context: the module makes an event of each; what its driver reports is the same fault. */
TEST_F_TIMEOUT(storm, a_fault_of_a_context_is_told_once, 300)
{
	__u64 told, dropped, lost;
	char line[4096];

	storm(_metadata, &self->lab, true, ONCE, line, sizeof(line));
	ASSERT_EQ(0, _json_u64(line, "faults", &told));
	ASSERT_EQ(0, _json_u64(line, "fault_dropped", &dropped));
	ASSERT_EQ(0, _json_u64(line, "lost", &lost));
	EXPECT_EQ(ONCE, told);
	EXPECT_EQ(0, dropped);
	EXPECT_EQ(0, lost);
}

/* And in the order in which they happened, the last before the context ends. */
TEST_F_TIMEOUT(storm, faults_of_a_context_are_told_in_order, 300)
{
	struct watch *watch = &self->lab.watch;
	__u64 iova, lost;

	lab_begin(_metadata, &self->lab, 0);
	test_watch_start(watch);
	make_faults(_metadata, &self->lab, ONCE);
	lab_end(_metadata, &self->lab);
	for (__u64 i = 0; i < ONCE; i++) {
		next_faults(_metadata, watch, &iova, &lost);
		ASSERT_EQ(0, lost);
		ASSERT_EQ(UNMAPPED_IOVA + i, iova);
	}
	ASSERT_EQ(0, _watch_stop(watch));
}

/* Nothing can wait for memory where a fault is reported. */
TEST_F(storm, a_fault_without_memory_is_told_as_lost)
{
	struct watch *watch = &self->lab.watch;
	int fail = _fail_open();
	__u64 iova, lost;

	ASSERT_LE(0, fail);
	lab_begin(_metadata, &self->lab, 0);
	test_watch_start(watch);
	test_fail_set(fail, 1);
	make_faults(_metadata, &self->lab, 2);
	EXPECT_EQ(1, _fail_hits(fail));
	test_fail_set(fail, 0);
	EXPECT_EQ(0, close(fail));
	lab_end(_metadata, &self->lab);
	next_faults(_metadata, watch, &iova, &lost);
	EXPECT_EQ(1, lost);
	EXPECT_EQ(UNMAPPED_IOVA, iova);
	next_faults(_metadata, watch, &iova, &lost);
	EXPECT_EQ(0, lost);
	EXPECT_EQ(UNMAPPED_IOVA + 1, iova);
	ASSERT_EQ(0, _watch_stop(watch));
}

/* While nobody can be told, in a context that cannot wait: what is more than is kept is lost. */
TEST_F_TIMEOUT(storm, a_flood_is_told_without_a_gap, 300)
{
	struct watch *watch = &self->lab.watch;
	__u64 iova, lost, dropped;
	char line[4096];
	int err = _bug_load();

	if (err == -ENOENT)
		SKIP(return, "no vcm_bug.ko for this kernel");
	ASSERT_EQ(0, err);
	lab_begin(_metadata, &self->lab, 0);
	test_watch_start(watch);
	err = _line_write(BUG_DEBUGFS "/flood", "%s 0x%llx %u", self->lab.dev, UNMAPPED_IOVA,
			  FLOOD);
	EXPECT_EQ(0, _bug_unload());
	ASSERT_EQ(0, err);
	lab_end(_metadata, &self->lab);
	for (__u64 i = 0; i < KEPT; i++) {
		next_faults(_metadata, watch, &iova, &lost);
		ASSERT_EQ(0, lost);
		ASSERT_EQ(UNMAPPED_IOVA + i * PAGE, iova);
	}
	next_faults(_metadata, watch, &iova, &lost);
	EXPECT_EQ(FLOOD - KEPT, lost);
	EXPECT_EQ(UNMAPPED_IOVA + KEPT * PAGE, iova);
	test_ok(kill(watch->pid, SIGTERM));
	test_ok(_watch_find(watch, "\"type\":\"end\"", line, sizeof(line)));
	EXPECT_EQ(0, _json_u64(line, "fault_dropped", &dropped));
	EXPECT_EQ(lost, dropped);
	expect_watch_exit(watch, 0);
}

TEST_HARNESS_MAIN
