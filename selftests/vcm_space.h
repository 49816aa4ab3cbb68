/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_space.h - a context with a source and a destination for the edu device, and a process
 * that does DMA all the time.
 *
 * "The device sees" means: it copied memory into its buffer and from there to the destination,
 * where this process compares.  A blocked DMA looks like any other to the device: its buffer
 * keeps what it had, which load_device() makes known.
 */
#ifndef VCM_SPACE_H
#define VCM_SPACE_H

#include "vcm_dma.h"

#define SPACE_START	0x10000000ull
#define SPACE_LAST	0x1fffffffull
#define SRC_IOVA	0x10000000ull
#define DST_IOVA	0x10100000ull
#define FREE_IOVA	0x10200000ull	/* for the test's own use */
#define UNMAPPED_IOVA	0x18000000ull	/* never bound */

struct space {
	int fd;
	__u32 vcm;
	__u64 assoc;
	__u64 src_res;
	__u64 dst_res;
	struct mem src;		/* one page, the pattern of a seed */
	struct mem dst;		/* one page */
};

/* The second device. */
static inline const char *edu2_name(void)
{
	const char *name = getenv("VCM_EDU2");

	return name ? name : "0000:00:06.0";
}

static inline void space_create(struct __test_metadata *_metadata, int fd, struct space *space,
				__u32 seed)
{
	space->fd = fd;
	test_create(fd, SPACE_START, SPACE_LAST, &space->vcm);
	test_mem_alloc(fd, PAGE, 0, &space->src);
	test_mem_alloc(fd, PAGE, 0, &space->dst);
	test_reserve_at(fd, space->vcm, SRC_IOVA, PAGE, &space->src_res);
	test_reserve_at(fd, space->vcm, DST_IOVA, PAGE, &space->dst_res);
	test_bind(fd, space->vcm, space->src_res, space->src.phys);
	test_bind(fd, space->vcm, space->dst_res, space->dst.phys);
	pattern_fill(space->src.uva, PAGE, seed);
	if (edu_exists())
		test_assoc(fd, space->vcm, edu_name(), &space->assoc);
}

/* The context goes with the file. */
static inline void space_destroy(struct __test_metadata *_metadata, struct space *space)
{
	test_mem_free(space->fd, &space->src);
	test_mem_free(space->fd, &space->dst);
}

/* A file with a space in it; how things were before goes to @before. */
static inline void space_open(struct __test_metadata *_metadata, struct stats *before, int *fd,
			      struct space *space)
{
	test_stats_read(before);
	*fd = _vcm_open();
	ASSERT_LE(0, *fd);
	space_create(_metadata, *fd, space, 1);
}

/* Close it: everything is as it was before. */
static inline void space_close(struct __test_metadata *_metadata, const struct stats *before,
			       int fd, struct space *space)
{
	expect_invariants();
	space_destroy(_metadata, space);
	EXPECT_EQ(0, close(fd));
	expect_stats(before);
}

static inline void space_activate(struct __test_metadata *_metadata, struct space *space)
{
	test_activate(space->fd, space->vcm, space->assoc, NULL);
}

/* Bind @phys at FREE_IOVA for a device that is active from now on.  Return: the reservation. */
static inline __u64 space_show(struct __test_metadata *_metadata, struct space *space, __u64 phys,
			       __u64 len)
{
	__u64 res;

	test_reserve_at(space->fd, space->vcm, FREE_IOVA, len, &res);
	test_bind(space->fd, space->vcm, res, phys);
	space_activate(_metadata, space);
	return res;
}

/* How many of @len bytes that the device sees at @iova are not the pattern of @seed. */
static inline __u64 seen_wrong(struct __test_metadata *_metadata, struct space *space, __u64 iova,
			       __u32 len, __u32 seed)
{
	memset(space->dst.uva, 0, PAGE);
	test_edu_read_ram(iova, 0, len);
	test_edu_write_ram(DST_IOVA, 0, len);
	return pattern_wrong(space->dst.uva, len, seed);
}

/* Put the pattern of @seed into the buffer of the device. */
static inline void load_device(struct __test_metadata *_metadata, struct space *space, __u32 len,
			       __u32 seed)
{
	pattern_fill(space->dst.uva, PAGE, seed);
	test_edu_read_ram(DST_IOVA, 0, len);
}

#define DMA_STEP	4096ull		/* the buffer of the device, and a page or less */

/*
 * Does every one of @len bytes at @iova, which is @uva here, go to the device and come from it?
 * Step by step, and the last bytes of a step in a transfer of their own: two, because of QEMU's
 * virtio-iommu (kernel/samples/vcm_edu_hw.c).
 */
static inline __u64 dma_wrong(struct __test_metadata *_metadata, struct space *space, __u64 iova,
			      unsigned char *uva, __u64 len)
{
	__u64 wrong = 0;

	for (__u64 at = 0; at < len; at += DMA_STEP) {
		pattern_fill(uva + at, DMA_STEP, at + 1);
		wrong += seen_wrong(_metadata, space, iova + at, EDU_MAX, at + 1);
		load_device(_metadata, space, EDU_MAX, at + 2);
		test_edu_write_ram(iova + at, 0, EDU_MAX);
		test_edu_write_ram(iova + at + DMA_STEP - 2, 0, 2);
		wrong += pattern_wrong(uva + at, DMA_STEP - 2, at + 2);
		wrong += pattern_wrong(uva + at + DMA_STEP - 2, 2, at + 2);
	}
	return wrong;
}

/* Why a child ended by itself. */
#define DMA_CHILD_FAILED	1	/* a transfer was refused */
#define DMA_CHILD_MIXED		2	/* see dma_is_whole() */
#define DMA_CHILD_ALONE		3

/* A child that lets the device read SRC_IOVA and write DST_IOVA until it is told to stop. */
struct dma_child {
	pid_t pid;
	int stop;		/* closed to stop it */
	int rounds;		/* a byte for each round, '0' when the device read nothing */
};

static inline bool dma_is_zero(const unsigned char *dst)
{
	for (__u64 i = 0; i < EDU_MAX; i++)
		if (dst[i])
			return false;
	return true;
}

/*
 * What a round found at the destination @dst: one of two patterns whole, or the zeros that a
 * device has read where its IOMMU let it read nothing.  A mixture is neither.
 */
static inline bool dma_is_whole(const unsigned char *dst, __u32 one, __u32 two)
{
	return !pattern_wrong(dst, EDU_MAX, one) || !pattern_wrong(dst, EDU_MAX, two) ||
	       dma_is_zero(dst);
}

/* A blocked write leaves the destination with what the round before put there. */
static inline void dma_child_run(const unsigned char *dst, __u32 one, __u32 two, int stop,
				 int rounds)
{
	struct pollfd end = { .fd = stop, .events = POLLIN };

	while (!poll(&end, 1, 0)) {
		if (_edu_read_ram(SRC_IOVA, 0, EDU_MAX) || _edu_write_ram(DST_IOVA, 0, EDU_MAX))
			_exit(DMA_CHILD_FAILED);
		if (!dma_is_whole(dst, one, two))
			_exit(DMA_CHILD_MIXED);
		if (write(rounds, dma_is_zero(dst) ? "0" : "1", 1) != 1)
			_exit(DMA_CHILD_ALONE);
	}
	_exit(0);
}

static inline void dma_child_start(struct __test_metadata *_metadata, struct dma_child *child,
				   const unsigned char *dst, __u32 one, __u32 two)
{
	int stop[2], rounds[2];

	ASSERT_EQ(0, pipe(stop));
	ASSERT_EQ(0, pipe(rounds));
	child->pid = fork();
	ASSERT_LE(0, child->pid);
	if (!child->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(stop[1]);
		close(rounds[0]);
		dma_child_run(dst, one, two, stop[0], rounds[1]);
	}
	close(stop[0]);
	close(rounds[1]);
	child->stop = stop[1];
	child->rounds = rounds[0];
}

static inline void dma_child_ended(struct __test_metadata *_metadata, struct dma_child *child)
{
	int status = 0;

	waitpid(child->pid, &status, 0);
	ASSERT_TRUE(false) TH_LOG("the child has ended, status %#x", status);
}

/* Wait for one more round. */
static inline void dma_child_round(struct __test_metadata *_metadata, struct dma_child *child)
{
	struct pollfd wait = { .fd = child->rounds, .events = POLLIN };
	char byte[64];

	ASSERT_EQ(1, poll(&wait, 1, DEADLINE_MS));
	if (read(child->rounds, byte, sizeof(byte)) <= 0)
		dma_child_ended(_metadata, child);
}

static inline void dma_child_stop(struct __test_metadata *_metadata, struct dma_child *child)
{
	int status;

	close(child->stop);
	ASSERT_EQ(child->pid, waitpid(child->pid, &status, 0));
	close(child->rounds);
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

#endif
