/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fault_util.h - a context with one device in it, a mistake, and the verdict on it.
 *
 * A case begins with a context of its own in which the device is active, and ends with nothing.
 * provoke_*() does a DMA of four bytes, for which every IOMMU tells one fault.
 */
#ifndef FAULT_UTIL_H
#define FAULT_UTIL_H

#include <libgen.h>
#include <sys/syscall.h>

#include "sim_util.h"

#define WINDOW_START	0x10000000ull
#define WINDOW_LAST	0x1ffffffffull
#define CASE_BYTES	0x1000000ull	/* between the addresses of two cases */
#define MASK_BITS	40		/* what vcmstat is told that devices can address */
#define EXIT_FOUND	4
#define BUG_DEBUGFS	"/sys/kernel/debug/vcm_bug"
#define SIM_MMU		"d0"
#define SIM_DEV		"sim-d0.a"

struct lab;

struct fault_case {
	const char *rule;
	void (*make)(struct __test_metadata *_metadata, struct lab *lab);
};

struct lab {
	const char *dev;
	bool sim;
	int fd;
	struct watch watch;

	/* of the case */
	__u32 vcm;
	__u32 other;		/* a second context, 0 without */
	__u64 assoc;
	__u64 res;
	struct mem mem;		/* what bind_here() took */
	__u64 at;		/* its address */
	__u64 iova;		/* where the DMA went, and how */
	const char *access;
	const char *seen_as;	/* the device, as the verdict has it */
	pid_t pid;		/* who is to blame, 0 for nobody */
	bool any_rank;		/* the verdict need not be the first */
	const char *why;	/* cannot be provoked here */
	char line[4096];	/* the verdict, when the case has it already */

	char table[8192];
};

/* Another process does it, and is to blame. */
#define by_another(lab, call) do {						\
	int __status;								\
										\
	(lab)->pid = fork();							\
	ASSERT_LE(0, (lab)->pid);						\
	if (!(lab)->pid)							\
		_exit(-(call));							\
	ASSERT_EQ((lab)->pid, waitpid((lab)->pid, &__status, 0));		\
	ASSERT_EQ(0, __status);							\
} while (0)

/* A simulated device says that it was blocked; edu never learns. */
#define provoke(lab, op, how, to) do {						\
	(lab)->iova = (to);							\
	(lab)->access = (how);							\
	EXPECT_EQ((lab)->sim ? -EFAULT : 0, op((lab)->dev, (lab)->iova, 0, 4));	\
} while (0)

#define provoke_read(lab, to)	provoke(lab, _dma_to, "read", to)
#define provoke_write(lab, to)	provoke(lab, _dma_from, "write", to)

/* Reserve @room bytes at lab->at and bind memory of @len bytes there. */
#define bind_here(lab, room, len, may) do {					\
	test_mem_alloc((lab)->fd, len, 1u << 0, &(lab)->mem);			\
	test_reserve_at((lab)->fd, (lab)->vcm, (lab)->at, room, &(lab)->res);	\
	test_bind((lab)->fd, (lab)->vcm, (lab)->res, (lab)->mem.phys, .prot = (may)); \
} while (0)

/* vcm_bug.ko of the build that the test is of, or of VCM_BUG_MODULE.  Return: 0 or -errno. */
static inline int _bug_load(void)
{
	const char *named = getenv("VCM_BUG_MODULE");
	char path[PATH_MAX] = "";
	int fd, err;

	if (!named && readlink("/proc/self/exe", path, sizeof(path) - 32) > 0) {
		dirname(path);
		strcat(path, "/../../mod/vcm_bug.ko");
	}
	fd = open(named ? named : path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return err;
}

static inline int _bug_unload(void)
{
	return syscall(SYS_delete_module, "vcm_bug", 0) ? -errno : 0;
}

static inline void lab_open(struct __test_metadata *_metadata, struct lab *lab, bool sim)
{
	const struct sim_cfg cfg = { .format = "x86" };

	lab->sim = sim;
	lab->dev = sim ? SIM_DEV : edu_name();
	lab->watch.pid = 0;
	if (sim) {
		sim_remove_all();
		test_sim_mmu_add(SIM_MMU, &cfg);
		test_sim_dev_add(SIM_MMU, "a");
	}
	lab->fd = _vcm_open();
	ASSERT_LE(0, lab->fd);
}

static inline void lab_close(struct __test_metadata *_metadata, struct lab *lab)
{
	if (lab->watch.pid > 0) {
		kill(lab->watch.pid, SIGKILL);
		waitpid(lab->watch.pid, NULL, 0);
		close(lab->watch.fd);
	}
	if (lab->fd >= 0)
		EXPECT_EQ(0, close(lab->fd));
	if (lab->sim)
		sim_remove_all();
}

/* The edu device is outside every context; page 0 is never mapped there. */
static inline bool edu_is_silent(struct __test_metadata *_metadata)
{
	__u64 before = amd_interrupts();

	test_edu_read_ram(16, 0, 4);
	return iommu_is_silent(before);
}

static inline void lab_watch(struct __test_metadata *_metadata, struct lab *lab)
{
	static const char *const argv[] = {
		"vcmstat", "fault", "--json", "--all", "--mask", "40", NULL
	};

	test_ok(_watch_start_as(&lab->watch, argv));
}

/* It has been told to end: it does, with @code. */
#define expect_watch_exit(watch, code) do {					\
	int __status;								\
										\
	ASSERT_EQ((watch)->pid, waitpid((watch)->pid, &__status, 0));		\
	(watch)->pid = 0;							\
	close((watch)->fd);							\
	EXPECT_TRUE(WIFEXITED(__status));					\
	EXPECT_EQ(code, WEXITSTATUS(__status));					\
} while (0)

static inline void lab_begin(struct __test_metadata *_metadata, struct lab *lab, size_t nr)
{
	lab->mem.len = 0;
	lab->other = 0;
	lab->pid = 0;
	lab->why = NULL;
	lab->access = NULL;
	lab->seen_as = lab->dev;
	lab->any_rank = false;
	lab->line[0] = '\0';
	lab->at = WINDOW_START + (nr + 1) * CASE_BYTES;
	test_create(lab->fd, WINDOW_START, WINDOW_LAST, &lab->vcm);
	lab->assoc = dev_join(_metadata, lab->fd, lab->vcm, lab->dev);
}

static inline void lab_end(struct __test_metadata *_metadata, struct lab *lab)
{
	test_ok(_vcm_destroy(lab->fd, lab->vcm));
	if (lab->other)
		test_ok(_vcm_destroy(lab->fd, lab->other));
	if (lab->mem.len)
		test_mem_free(lab->fd, &lab->mem);
}

/* Is it a verdict on the last DMA, and the one that counts? */
static inline bool is_verdict(const struct lab *lab, const char *line, const char *rule)
{
	__u64 iova, grain, rank;
	char want[64];

	if (!strstr(line, "\"type\":\"verdict\"") || _json_u64(line, "iova", &iova) ||
	    _json_u64(line, "grain", &grain) || _json_u64(line, "rank", &rank))
		return false;
	snprintf(want, sizeof(want), "\"rule\":\"%s\"", rule);
	return iova == (lab->iova & ~(grain - 1)) &&
	       (lab->any_rank ? !!strstr(line, want) : rank == 1);
}

static inline int find_verdict(struct lab *lab, const char *rule, char *line, size_t room)
{
	__u64 until = now_ms() + DEADLINE_MS;
	int err;

	do
		err = _watch_line(&lab->watch, line, room, until);
	while (!err && !is_verdict(lab, line, rule));
	return err;
}

/* The text of a member, "" without. */
static inline const char *json_text(const char *line, const char *name, char *text, size_t room)
{
	char want[64];
	const char *at;

	snprintf(want, sizeof(want), "\"%s\":\"", name);
	at = strstr(line, want);
	at = at ? at + strlen(want) : "";
	snprintf(text, room, "%.*s", (int)strcspn(at, "\""), at);
	return text;
}

static inline void add_row(struct lab *lab, const char *rule, const char *line)
{
	char source[16], got[32], sure[16], who[48] = "nobody";
	size_t at = strlen(lab->table);

	if (lab->why) {
		snprintf(lab->table + at, sizeof(lab->table) - at, "# %-15s %s\n", rule, lab->why);
		return;
	}
	if (lab->pid)
		snprintf(who, sizeof(who), "pid %d", lab->pid);
	snprintf(lab->table + at, sizeof(lab->table) - at,
		 "# %-15s %-7s %-5s %10llx  %-15s %-9s %s\n", rule,
		 json_text(line, "source", source, sizeof(source)), lab->access, lab->iova,
		 json_text(line, "rule", got, sizeof(got)),
		 json_text(line, "confidence", sure, sizeof(sure)), who);
}

/* Rule, culprit, device, access and source are right; virtio-iommu may not know the access. */
static inline void check_verdict(struct __test_metadata *_metadata, struct lab *lab,
				 const char *rule, const char *line)
{
	char text[64];
	__u64 pid = ~0ull;

	EXPECT_STREQ(rule, json_text(line, "rule", text, sizeof(text))) TH_LOG("%s", line);
	EXPECT_EQ(0, _json_u64(line, "pid", &pid));
	EXPECT_EQ(lab->pid, pid) TH_LOG("%s", line);
	EXPECT_STREQ(lab->seen_as, json_text(line, "device", text, sizeof(text)));
	json_text(line, "access", text, sizeof(text));
	if (!iommu_is_virtio() || lab->sim || strcmp(text, "unknown"))
		EXPECT_STREQ(lab->access, text) TH_LOG("%s", line);
	json_text(line, "source", text, sizeof(text));
	if (lab->sim) {
		EXPECT_TRUE(!strcmp(text, "vcm") || !strcmp(text, "report")) TH_LOG("%s", line);
	} else {
		EXPECT_STREQ(iommu_is_virtio() ? "virtio" : iommu_is_amd() ? "amd" : "vtd", text);
	}
}

static inline void lab_case(struct __test_metadata *_metadata, struct lab *lab,
			    const struct fault_case *c, size_t nr)
{
	lab_begin(_metadata, lab, nr);
	c->make(_metadata, lab);
	if (!lab->why) {
		int err = lab->line[0] ? 0 :
			  find_verdict(lab, c->rule, lab->line, sizeof(lab->line));

		EXPECT_EQ(0, err) TH_LOG("%s: no verdict on %llx", c->rule, lab->iova);
		if (!err)
			check_verdict(_metadata, lab, c->rule, lab->line);
	}
	add_row(lab, c->rule, lab->line);
	lab_end(_metadata, lab);
}

static inline void lab_print(const struct lab *lab)
{
	const char *iommu = lab->sim ? "simulated" : iommu_is_virtio() ? "virtio-iommu" :
			    iommu_is_amd() ? "AMD-Vi" : "VT-d";

	printf("# %s behind %s\n# %-15s %-7s %-5s %10s  %-15s %-9s %s\n%s", lab->dev, iommu,
	       "provocation", "source", "how", "iova", "first verdict", "sure", "by", lab->table);
	fflush(stdout);
}

#endif
