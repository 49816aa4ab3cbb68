// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault.c - why a device faulted: every rule of `vcmstat fault`, provoked by a device.
 *
 * Each case makes one mistake with the real edu device and with a simulated one, has another
 * process do what caused it where somebody did, and compares the first verdict: rule, culprit,
 * address, device, source.  What was seen is printed as a table.  Cases use addresses of their own,
 * so a late verdict is of no other.
 *
 * A device cannot make every mistake behind every IOMMU; the table says why not.
 */
#include "fault_util.h"

#define MOMENT_NS	4000000ull

static void never_reserved(struct __test_metadata *_metadata, struct lab *lab)
{
	provoke_read(lab, lab->at + 0x80000);
}

static void not_bound(struct __test_metadata *_metadata, struct lab *lab)
{
	__u64 res;

	test_reserve_at(lab->fd, lab->vcm, lab->at, PAGE, &res);
	provoke_read(lab, lab->at);
}

static void unbound(struct __test_metadata *_metadata, struct lab *lab)
{
	bind_here(lab, PAGE, PAGE, VCM_PROT_READ | VCM_PROT_WRITE);
	by_another(lab, _vcm_unbind(lab->fd, lab->vcm, lab->res));
	provoke_write(lab, lab->at + 8);
}

static void freed(struct __test_metadata *_metadata, struct lab *lab)
{
	bind_here(lab, PAGE, PAGE, VCM_PROT_READ | VCM_PROT_WRITE);
	by_another(lab, _vcm_unreserve(lab->fd, lab->vcm, lab->res, NULL));
	provoke_write(lab, lab->at + 8);
}

static void past_binding(struct __test_metadata *_metadata, struct lab *lab)
{
	bind_here(lab, 2 * PAGE, PAGE, VCM_PROT_READ | VCM_PROT_WRITE);
	provoke_read(lab, lab->at + PAGE + 16);
}

static void past_end(struct __test_metadata *_metadata, struct lab *lab)
{
	bind_here(lab, PAGE, PAGE, VCM_PROT_READ | VCM_PROT_WRITE);
	provoke_write(lab, lab->at + PAGE + 64);
}

static void before_start(struct __test_metadata *_metadata, struct lab *lab)
{
	lab->at += PAGE;
	bind_here(lab, PAGE, PAGE, VCM_PROT_READ | VCM_PROT_WRITE);
	provoke_write(lab, lab->at - 64);
}

static void guard(struct __test_metadata *_metadata, struct lab *lab)
{
	struct vcm_ioc_reserve req = {
		.vcm = lab->vcm, .flags = VCM_RESERVE_FIXED, .start = lab->at, .len = PAGE,
		.guard_after = PAGE,
	};

	test_ok(_vcm_reserve(lab->fd, &req));
	provoke_read(lab, lab->at + PAGE + 4);
}

static void read_only(struct __test_metadata *_metadata, struct lab *lab)
{
	bind_here(lab, PAGE, PAGE, VCM_PROT_READ);
	provoke_write(lab, lab->at + 8);
}

static void write_only(struct __test_metadata *_metadata, struct lab *lab)
{
	if (!lab->sim && !iommu_is_virtio()) {
		lab->why = "this IOMMU lets read what may be written";
		return;
	}
	bind_here(lab, PAGE, PAGE, VCM_PROT_WRITE);
	provoke_read(lab, lab->at + 8);
}

static void not_active(struct __test_metadata *_metadata, struct lab *lab)
{
	bind_here(lab, PAGE, PAGE, VCM_PROT_READ | VCM_PROT_WRITE);
	by_another(lab, _vcm_deactivate(lab->fd, lab->vcm, lab->assoc, NULL));
	provoke_write(lab, lab->at + 8);
}

static void saved(struct __test_metadata *_metadata, struct lab *lab)
{
	bind_here(lab, PAGE, PAGE, VCM_PROT_READ | VCM_PROT_WRITE);
	by_another(lab, _vcm_save(lab->fd, lab->vcm));
	provoke_write(lab, lab->at + 8);
}

static void not_associated(struct __test_metadata *_metadata, struct lab *lab)
{
	bind_here(lab, PAGE, PAGE, VCM_PROT_READ | VCM_PROT_WRITE);
	test_deactivate(lab->fd, lab->vcm, lab->assoc, NULL);
	by_another(lab, _vcm_deassoc(lab->fd, lab->vcm, lab->assoc));
	provoke_write(lab, lab->at + 8);
}

static void wrong_context(struct __test_metadata *_metadata, struct lab *lab)
{
	struct vcm_ioc_switch req = { .from_vcm = lab->vcm, .from = lab->assoc };
	__u64 assoc;

	bind_here(lab, PAGE, PAGE, VCM_PROT_READ | VCM_PROT_WRITE);
	test_create(lab->fd, WINDOW_START, WINDOW_LAST, &lab->other);
	test_assoc(lab->fd, lab->other, lab->dev, &assoc);
	req.to_vcm = lab->other;
	req.to = assoc;
	by_another(lab, _vcm_switch(lab->fd, &req));
	provoke_write(lab, lab->at + 8);
}

/* The fault was told, and the binding made, in one moment by the clock of both. */
static bool is_moment(const char *line, __u64 begin, __u64 end)
{
	__u64 told;

	return !_json_u64(line, "ts_ns", &told) && end - begin < MOMENT_NS &&
	       told + MOMENT_NS > begin && told < end + MOMENT_NS;
}

/*
 * The mapping comes too late, by less than a fault is told late by.  Of a machine that was too slow
 * for that nothing else can be asked, so only a try within the moment counts.
 */
static void race(struct __test_metadata *_metadata, struct lab *lab)
{
	__u64 begin, end;
	struct mem mem;
	int i;

	if (!lab->sim) {
		lab->why = "a DMA of edu takes longer than the moment";
		return;
	}
	test_mem_alloc(lab->fd, PAGE, 0, &mem);
	for (i = 0; i < 50; i++) {
		lab->at += 16 * PAGE;
		test_reserve_at(lab->fd, lab->vcm, lab->at, PAGE, &lab->res);
		provoke_read(lab, lab->at);
		begin = now_ns();
		test_bind(lab->fd, lab->vcm, lab->res, mem.phys);
		end = now_ns();
		ASSERT_EQ(0, find_verdict(lab, "race", lab->line, sizeof(lab->line)));
		if (is_moment(lab->line, begin, end))
			break;
		test_unbind(lab->fd, lab->vcm, lab->res);
	}
	lab->pid = getpid();
	if (i == 50)
		lab->why = "this machine is too slow";
	test_mem_free(lab->fd, &mem);
}

/* A translation that allows less stays cached when its invalidation is lost. */
static void stale_iotlb(struct __test_metadata *_metadata, struct lab *lab)
{
	struct mem mem;
	__u64 until;

	if (!lab->sim) {
		lab->why = "this IOMMU loses no invalidation";
		return;
	}
	bind_here(lab, PAGE, PAGE, VCM_PROT_READ);
	test_ok(_dma_to(lab->dev, lab->at, 0, 4));
	test_mem_alloc(lab->fd, PAGE, 0, &mem);
	test_ok(_sim_mmu_write(SIM_MMU, "erratum", "skip 1"));
	test_unbind(lab->fd, lab->vcm, lab->res);
	test_bind(lab->fd, lab->vcm, lab->res, mem.phys);
	/* the rule is about time: what changed just now is a race and no stale translation */
	for (until = now_ms() + 50; now_ms() < until;)
		;
	provoke_write(lab, lab->at + 8);
	test_mem_free(lab->fd, &mem);
}

/* Set aside for one device of the context, and used by another, which has no such range. */
static void region(struct __test_metadata *_metadata, struct lab *lab)
{
	if (!lab->sim || !edu_exists()) {
		lab->why = "to this IOMMU it is an interrupt";
		return;
	}
	dev_join(_metadata, lab->fd, lab->vcm, edu_name());
	lab->at = 0xfee00000;
	provoke_write(lab, lab->at + 0x1000);
}

static void beyond_mask(struct __test_metadata *_metadata, struct lab *lab)
{
	provoke_read(lab, 1ull << MASK_BITS);
}

static void truncated(struct __test_metadata *_metadata, struct lab *lab)
{
	__u64 low = lab->at;

	if (!lab->sim) {
		lab->why = "edu has no more than 32 bits";
		return;
	}
	lab->at += 1ull << 32;
	bind_here(lab, PAGE, PAGE, VCM_PROT_READ | VCM_PROT_WRITE);
	provoke_write(lab, low + 8);
}

static void null(struct __test_metadata *_metadata, struct lab *lab)
{
	provoke_read(lab, 16);
}

static void poison(struct __test_metadata *_metadata, struct lab *lab)
{
	provoke_read(lab, 0x6b6b6b6b);
}

/* The verdict comes beside that of the fault itself. */
static void repeating(struct __test_metadata *_metadata, struct lab *lab)
{
	__u64 res;

	if (!lab->sim) {
		lab->why = "edu does ten DMAs in a second at most";
		return;
	}
	for (int i = 0; i < 40; i++)
		provoke_read(lab, lab->at + 0x40000 + i * PAGE);
	test_reserve_at(lab->fd, lab->vcm, lab->at, PAGE, &res);
	provoke_read(lab, lab->at);
	lab->any_rank = true;
}

/* Every IOMMU here knows its devices, so that takes a driver that reports one without a name. */
static void unknown(struct __test_metadata *_metadata, struct lab *lab)
{
	char text[32];
	int err = lab->sim ? _bug_load() : -ENOENT;

	if (err) {
		lab->why = lab->sim ? "no vcm_bug.ko for this kernel" :
			   "this IOMMU knows its devices";
		return;
	}
	lab->iova = lab->at;
	lab->access = "read";
	lab->seen_as = "";
	snprintf(text, sizeof(text), "0x%llx", lab->iova);
	err = _file_write(BUG_DEBUGFS "/nameless", text);
	EXPECT_EQ(0, _bug_unload());
	ASSERT_EQ(0, err);
}

static const struct fault_case cases[] = {
	{ "never-reserved", never_reserved },
	{ "not-bound", not_bound },
	{ "unbound", unbound },
	{ "freed", freed },
	{ "past-binding", past_binding },
	{ "past-end", past_end },
	{ "before-start", before_start },
	{ "guard", guard },
	{ "read-only", read_only },
	{ "write-only", write_only },
	{ "not-active", not_active },
	{ "saved", saved },
	{ "not-associated", not_associated },
	{ "wrong-context", wrong_context },
	{ "race", race },
	{ "stale-iotlb", stale_iotlb },
	{ "region", region },
	{ "beyond-mask", beyond_mask },
	{ "truncated", truncated },
	{ "null", null },
	{ "poison", poison },
	{ "repeating", repeating },
	{ "unknown", unknown },
};

FIXTURE(fault) {
	struct stats before;
	struct lab lab;
};

FIXTURE_VARIANT(fault) {
	bool sim;
};

FIXTURE_VARIANT_ADD(fault, edu) { .sim = false };
FIXTURE_VARIANT_ADD(fault, sim) { .sim = true };

FIXTURE_SETUP(fault)
{
	struct lab *lab = &self->lab;

	if (!vcmstat_path())
		SKIP(return, "no vcmstat; set VCMSTAT to its path");
	if (variant->sim && !sim_exists())
		SKIP(return, "vcm_sim and vcm_sim_dev are not loaded");
	if (!variant->sim && (!edu_exists() || !default_domain_translates(edu_name())))
		SKIP(return, "no edu device with the sample driver and a translating IOMMU");
	lab_open(_metadata, lab, variant->sim);
	if (!variant->sim && iommu_is_amd() && edu_is_silent(_metadata))
		SKIP(return, "a blocked DMA brought no interrupt of the AMD IOMMU: it tells "
		     "nothing; the simulated device reports there as its driver would");
	test_stats_read(&self->before);
}

FIXTURE_TEARDOWN(fault)
{
	lab_close(_metadata, &self->lab);
	expect_invariants();
}

TEST_F_TIMEOUT(fault, every_rule_says_why_who_and_where, 900)
{
	struct lab *lab = &self->lab;

	lab_watch(_metadata, lab);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		lab_case(_metadata, lab, &cases[i], i);
	lab_print(lab);
	test_ok(kill(lab->watch.pid, SIGTERM));
	expect_watch_exit(&lab->watch, EXIT_FOUND);
	expect_stats(&self->before);
}

TEST_F_TIMEOUT(fault, where_nothing_faults_there_is_no_verdict, 300)
{
	struct lab *lab = &self->lab;
	char line[4096];
	__u64 faults;

	lab_watch(_metadata, lab);
	lab_begin(_metadata, lab, 0);
	bind_here(lab, 2 * PAGE, 2 * PAGE, VCM_PROT_READ | VCM_PROT_WRITE);
	test_ok(_dma_to(lab->dev, lab->at + PAGE - 8, 0, 16));
	test_ok(_dma_from(lab->dev, lab->at + PAGE - 8, 0, 16));
	test_unbind(lab->fd, lab->vcm, lab->res);
	lab_end(_metadata, lab);
	test_ok(kill(lab->watch.pid, SIGTERM));
	test_ok(_watch_find(&lab->watch, "\"fault", line, sizeof(line)));
	ASSERT_EQ(0, _json_u64(line, "faults", &faults)) TH_LOG("%s", line);
	EXPECT_EQ(0, faults);
	expect_watch_exit(&lab->watch, 0);
}

TEST_HARNESS_MAIN
