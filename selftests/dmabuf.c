// SPDX-License-Identifier: GPL-2.0-only
/*
 * dmabuf.c - memory that comes from and goes to other drivers, and who keeps its pages.
 *
 * The other exporter is the kernel's udmabuf, which makes a dma-buf of a memfd.
 */
#include <linux/udmabuf.h>

#include "vcm_space.h"

#define PAGES	3

FIXTURE(dmabuf) {
	struct stats before;
	int fd;
	struct space space;
};

FIXTURE_SETUP(dmabuf)
{
	space_open(_metadata, &self->before, &self->fd, &self->space);
}

FIXTURE_TEARDOWN(dmabuf)
{
	space_close(_metadata, &self->before, self->fd, &self->space);
}

/* A dma-buf of a memfd, which is mapped at *@uva.  Return: a descriptor, or -errno. */
static int udmabuf(__u64 len, unsigned char **uva)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = len };
	int memfd = memfd_create("vcm", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	int dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), fd = -ENOENT;

	if (dev < 0)
		goto out;
	fd = -EIO;
	if (ftruncate(memfd, len) || fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		goto out;
	*uva = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	if (*uva == MAP_FAILED)
		goto out;
	create.memfd = memfd;
	fd = ioctl(dev, UDMABUF_CREATE, &create);
	if (fd < 0)
		fd = -errno;
out:
	close(memfd);
	if (dev >= 0)
		close(dev);
	return fd;
}

TEST_F(dmabuf, the_device_reads_and_writes_every_byte_of_an_imported_buffer)
{
	unsigned char *uva;
	int buf = udmabuf(PAGES * PAGE, &uva);
	__u64 phys, len;

	if (buf == -ENOENT || !edu_exists())
		SKIP(return, "no /dev/udmabuf, or no edu device");
	ASSERT_LE(0, buf);
	test_import_dmabuf(self->fd, buf, &phys, &len);
	EXPECT_EQ(PAGES * PAGE, len);
	space_show(_metadata, &self->space, phys, len);
	EXPECT_EQ(0, dma_wrong(_metadata, &self->space, FREE_IOVA, uva, len));
	EXPECT_EQ(0, close(buf));
	EXPECT_EQ(0, dma_wrong(_metadata, &self->space, FREE_IOVA, uva, len));
	EXPECT_EQ(0, munmap(uva, len));
}

TEST_F(dmabuf, part_of_an_imported_buffer_can_be_bound)
{
	unsigned char *uva;
	int buf = udmabuf(PAGES * PAGE, &uva);
	__u64 phys, res;

	if (buf == -ENOENT || !edu_exists())
		SKIP(return, "no /dev/udmabuf, or no edu device");
	ASSERT_LE(0, buf);
	test_import_dmabuf(self->fd, buf, &phys, NULL);
	EXPECT_EQ(0, close(buf));
	test_reserve_at(self->fd, self->space.vcm, FREE_IOVA, 2 * PAGE, &res);
	test_bind(self->fd, self->space.vcm, res, phys, .off = PAGE, .len = PAGE);
	space_activate(_metadata, &self->space);
	memset(uva, 0xee, PAGES * PAGE);
	EXPECT_EQ(0, dma_wrong(_metadata, &self->space, FREE_IOVA, uva + PAGE, PAGE));
	test_edu_write_ram(FREE_IOVA + PAGE, 0, 64);
	for (__u64 i = 0; i < PAGE; i++)
		ASSERT_EQ(0xeeee, uva[i] << 8 | uva[2 * PAGE + i]);
	EXPECT_EQ(0, munmap(uva, PAGES * PAGE));
}

TEST_F(dmabuf, what_is_no_dma_buf_is_refused)
{
	int file = open("/dev/null", O_RDWR | O_CLOEXEC);
	__u64 phys;

	test_refused(EBADF, _vcm_import_dmabuf(self->fd, -1, &phys, NULL));
	test_refused(EBADF, _vcm_import_dmabuf(self->fd, 1000, &phys, NULL));
	test_refused(EINVAL, _vcm_import_dmabuf(self->fd, file, &phys, NULL));
	test_refused(EINVAL, _vcm_import_dmabuf(self->fd, self->fd, &phys, NULL));
	EXPECT_EQ(0, close(file));
}

TEST_F(dmabuf, an_imported_buffer_is_neither_exported_nor_mapped_again)
{
	int buf = _vcm_export_dmabuf(self->fd, self->space.src.phys);
	__u64 phys;

	ASSERT_LE(0, buf);
	test_import_dmabuf(self->fd, buf, &phys, NULL);
	test_refused(EOPNOTSUPP, _vcm_export_dmabuf(self->fd, phys));
	EXPECT_EQ(0, close(buf));
}

TEST_F(dmabuf, only_cached_memory_is_exported)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE, .cache = VCM_CACHE_WC };

	if (CACHE_CHANGES) {
		test_phys_alloc(self->fd, &alloc);
		test_refused(EOPNOTSUPP, _vcm_export_dmabuf(self->fd, alloc.phys));
	} else {
		test_refused(EOPNOTSUPP, _vcm_phys_alloc(self->fd, &alloc));
	}
	test_refused(ENOENT, _vcm_export_dmabuf(self->fd, NO_ID));
}

TEST_F(dmabuf, another_file_imports_what_this_one_exported)
{
	int other = _vcm_open(), buf;
	struct space there;
	struct mem mem;
	__u64 phys, len;

	if (!edu_exists())
		SKIP(return, "no edu device");
	ASSERT_LE(0, other);
	test_mem_alloc(self->fd, PAGES * PAGE, 1, &mem);
	buf = _vcm_export_dmabuf(self->fd, mem.phys);
	ASSERT_LE(0, buf);
	EXPECT_EQ(FD_CLOEXEC, fcntl(buf, F_GETFD));
	test_import_dmabuf(other, buf, &phys, &len);
	EXPECT_EQ(PAGES * PAGE, len);
	EXPECT_EQ(0, close(buf));
	space_create(_metadata, other, &there, 2);
	space_show(_metadata, &there, phys, len);
	EXPECT_EQ(0, dma_wrong(_metadata, &there, FREE_IOVA, mem.uva, len));
	space_destroy(_metadata, &there);
	EXPECT_EQ(0, close(other));
	test_mem_free(self->fd, &mem);
}

TEST_F(dmabuf, an_exported_buffer_keeps_the_pages)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGES * PAGE };
	struct stats before, now;
	int buf;

	test_stats_read(&before);
	test_phys_alloc(self->fd, &alloc);
	buf = _vcm_export_dmabuf(self->fd, alloc.phys);
	ASSERT_LE(0, buf);
	test_phys_free(self->fd, alloc.phys);
	test_stats_read(&now);
	EXPECT_EQ(before.pages + PAGES, now.pages);
	EXPECT_EQ(before.memory_objects + 1, now.memory_objects);
	EXPECT_EQ(0, close(buf));
	expect_stats(&before);
}

/* Memory, its dma-buf, its import, a binding of that: each keeps what is below it. */
TEST_F(dmabuf, pages_go_with_the_last_use_of_a_chain)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGES * PAGE };
	struct stats before, now;
	__u64 phys, res, start;
	int buf;

	test_reserve_any(self->fd, self->space.vcm, PAGES * PAGE, &res, &start);
	test_stats_read(&before);
	test_phys_alloc(self->fd, &alloc);
	buf = _vcm_export_dmabuf(self->fd, alloc.phys);
	ASSERT_LE(0, buf);
	test_import_dmabuf(self->fd, buf, &phys, NULL);
	test_bind(self->fd, self->space.vcm, res, phys);
	test_phys_free(self->fd, phys);
	EXPECT_EQ(0, close(buf));
	test_phys_free(self->fd, alloc.phys);
	test_stats_read(&now);
	EXPECT_EQ(before.pages + PAGES, now.pages);
	EXPECT_EQ(before.memory_objects + 2, now.memory_objects);
	test_unbind(self->fd, self->space.vcm, res);
	expect_stats(&before);
}

TEST_F(dmabuf, a_buffer_outlives_the_file_that_exported_it)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };
	int other = _vcm_open(), buf;
	struct stats now;
	__u64 phys;

	ASSERT_LE(0, other);
	test_phys_alloc(other, &alloc);
	buf = _vcm_export_dmabuf(other, alloc.phys);
	ASSERT_LE(0, buf);
	EXPECT_EQ(0, close(other));
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages + 3, now.pages);
	test_import_dmabuf(self->fd, buf, &phys, NULL);
	EXPECT_EQ(0, close(buf));
	test_phys_free(self->fd, phys);
	test_stats_read(&now);
	EXPECT_EQ(self->before.pages + 2, now.pages);
}

TEST_HARNESS_MAIN
