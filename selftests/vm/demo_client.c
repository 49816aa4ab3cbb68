// SPDX-License-Identifier: GPL-2.0-only
/*
 * demo_client.c - a user of /dev/vcm to read and to copy from.
 *
 * Makes a context, reserves ranges of it, binds memory to them, lets a device use it, moves data
 * through the device by DMA and compares every byte, provokes IOMMU faults, and takes all down
 * again.  Each step says what it did; with --show, a command runs after each so that one can see
 * it from outside.
 *
 * The device is QEMU's edu.  It has a buffer of 4 KiB and copies between that and memory when
 * its driver, vcm_edu, is told to through debugfs.  The addresses it is given are addresses of
 * the context: the IOMMU translates them, and nothing else does.  edu never learns that the
 * IOMMU refused an access, so a blocked transfer looks finished and only the data tells.
 *
 * What is left at exit goes with the file of /dev/vcm: closing it destroys its contexts.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "uapi/vcm.h"

#define WINDOW_START	0x10000000ull
#define WINDOW_LAST	0x1fffffffull
#define FIXED_START	0x18000000ull
#define STEP		2048u	/* bytes of one transfer; edu can do 4095 */

/* A reservation, the memory bound to it, and our own view of that memory. */
struct buffer {
	__u64 start;
	__u64 len;
	__u64 res;
	__u64 phys;
	unsigned char *bytes;
};

static int vcm_fd;
static __u32 vcm;
static __u64 assoc;
static const char *device = "0000:00:05.0";
static const char *show;
static volatile sig_atomic_t stopped;

/* Every call of /dev/vcm has a struct that begins with its size; a failure ends the demo. */
static void call(unsigned long cmd, void *arg, const char *what)
{
	if (ioctl(vcm_fd, cmd, arg))
		err(1, "%s", what);
}

/* Let somebody else look at the state. */
static void look(const char *title)
{
	printf("-- %s\n", title);
	fflush(stdout);
	if (show && system(show))
		errx(1, "'%s' failed", show);
}

static void create(void)
{
	struct vcm_ioc_create arg = {
		.size = sizeof(arg), .start = WINDOW_START, .last = WINDOW_LAST,
	};

	call(VCM_IOC_CREATE, &arg, "create");
	vcm = arg.vcm;
}

static void destroy(void)
{
	struct vcm_ioc_destroy arg = { .size = sizeof(arg), .vcm = vcm };

	call(VCM_IOC_DESTROY, &arg, "destroy");
}

/* Take a range: where there is room, or with @fixed exactly at @b->start. */
static void reserve(struct buffer *b, __u64 len, bool fixed)
{
	struct vcm_ioc_reserve arg = {
		.size = sizeof(arg), .vcm = vcm, .len = len, .start = fixed ? b->start : 0,
		.flags = fixed ? VCM_RESERVE_FIXED : 0,
	};

	call(VCM_IOC_RESERVE, &arg, "reserve");
	b->start = arg.start;
	b->len = len;
	b->res = arg.res;
}

/* One more or one less reference; returns what is left. */
static unsigned int reference(struct buffer *b, unsigned long cmd)
{
	struct vcm_ioc_res arg = { .size = sizeof(arg), .vcm = vcm, .res = b->res };

	call(cmd, &arg, cmd == VCM_IOC_REF ? "ref" : "unreserve");
	return arg.refs;
}

/* Allocate memory as large as the reservation, and map it into this process too. */
static void allocate(struct buffer *b)
{
	struct vcm_ioc_phys_alloc arg = { .size = sizeof(arg), .len = b->len };

	call(VCM_IOC_PHYS_ALLOC, &arg, "phys_alloc");
	b->phys = arg.phys;
	b->bytes = mmap(NULL, b->len, PROT_READ | PROT_WRITE, MAP_SHARED, vcm_fd, arg.mmap_offset);
	if (b->bytes == MAP_FAILED)
		err(1, "mmap");
}

static void release(struct buffer *b)
{
	struct vcm_ioc_phys_free arg = { .size = sizeof(arg), .phys = b->phys };

	if (munmap(b->bytes, b->len))
		err(1, "munmap");
	call(VCM_IOC_PHYS_FREE, &arg, "phys_free");
}

static void bind_memory(struct buffer *b, __u32 prot)
{
	struct vcm_ioc_bind arg = {
		.size = sizeof(arg), .vcm = vcm, .res = b->res, .phys = b->phys, .prot = prot,
	};

	call(VCM_IOC_BIND, &arg, "bind");
}

static void unbind_memory(struct buffer *b)
{
	struct vcm_ioc_res arg = { .size = sizeof(arg), .vcm = vcm, .res = b->res };

	call(VCM_IOC_UNBIND, &arg, "unbind");
}

static void associate(void)
{
	struct vcm_ioc_assoc arg = { .size = sizeof(arg), .vcm = vcm };

	if (snprintf(arg.name, sizeof(arg.name), "%s", device) >= (int)sizeof(arg.name))
		errx(1, "the name of the device is too long");
	call(VCM_IOC_ASSOC, &arg, "assoc");
	assoc = arg.assoc;
}

static void on_assoc(unsigned long cmd, const char *what)
{
	struct vcm_ioc_assoc_op arg = { .size = sizeof(arg), .vcm = vcm, .assoc = assoc };

	call(cmd, &arg, what);
}

/* Tell the device to copy between memory at @iova and its own buffer. */
static void dma(const char *direction, __u64 iova, unsigned int len)
{
	char path[128], line[80];
	int fd, nr;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vcm_edu/%s/dma", device);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	nr = snprintf(line, sizeof(line), "%s 0x%llx 0 %u", direction, iova, len);
	/* A signal may stop the wait for the device; the transfer is then made again. */
	while (write(fd, line, nr) != nr) {
		if (errno != EINTR)
			err(1, "dma %s", line);
	}
	close(fd);
}

/* Copy @len bytes from one buffer to the other, through the device and both ways by DMA. */
static void copy(const struct buffer *from, const struct buffer *to, __u64 len)
{
	__u64 done;

	for (done = 0; done < len; done += STEP) {
		dma("to", from->start + done, STEP);
		dma("from", to->start + done, STEP);
	}
}

/* Bytes that differ from place to place and from round to round. */
static void fill(struct buffer *b, __u64 len, unsigned int round)
{
	__u64 i;

	for (i = 0; i < len; i++)
		b->bytes[i] = (unsigned char)(i * 7 + (i >> 8) * 31 + round * 13 + 1);
}

static void verify(const struct buffer *a, const struct buffer *b, __u64 len)
{
	__u64 i;

	for (i = 0; i < len; i++) {
		if (a->bytes[i] != b->bytes[i])
			errx(1, "byte %" PRIu64 " is %02x, should be %02x", (uint64_t)i,
			     b->bytes[i], a->bytes[i]);
	}
}

static void show_references(struct buffer *b)
{
	unsigned int two, three, back;

	two = reference(b, VCM_IOC_REF);
	three = reference(b, VCM_IOC_REF);
	look("the same range with two more references");
	back = reference(b, VCM_IOC_UNRESERVE);
	printf("references of reservation %" PRIu64 ": 1 -> %u -> %u -> %u -> %u\n",
	       (uint64_t)b->res, two, three, back, reference(b, VCM_IOC_UNRESERVE));
}

/*
 * The device reads where nothing was ever bound, and writes where something was bound until a
 * moment ago.  The IOMMU must refuse both, and the memory must stay as it was.
 */
static void show_faults(const struct buffer *spare, struct buffer *out)
{
	__u64 i;

	dma("to", spare->start, 64);
	printf("DMA read of %llx: reserved, nothing bound\n", spare->start);
	unbind_memory(out);
	memset(out->bytes, 0x5a, STEP);
	dma("from", out->start, 64);
	for (i = 0; i < STEP; i++) {
		if (out->bytes[i] != 0x5a)
			errx(1, "the device wrote memory that was unbound");
	}
	printf("DMA write to %llx: unbound just now, memory unchanged\n", out->start);
}

static void tour(void)
{
	struct buffer in = { 0 }, out = { .start = FIXED_START }, spare = { 0 };
	const __u64 len = 16 * 1024;

	create();
	reserve(&in, len, false);
	reserve(&out, len, true);
	reserve(&spare, 1024 * 1024, false);
	look("three ranges are reserved");
	allocate(&in);
	allocate(&out);
	bind_memory(&in, VCM_PROT_READ);
	bind_memory(&out, VCM_PROT_WRITE);
	look("memory is bound to two of them; no device can reach it yet");
	associate();
	on_assoc(VCM_IOC_ACTIVATE, "activate");
	look("the device is associated and active: the bindings are live in its IOMMU");
	show_references(&in);
	fill(&in, len, 0);
	copy(&in, &out, len);
	verify(&in, &out, len);
	printf("DMA: %" PRIu64 " bytes to the device, %" PRIu64 " bytes from it, %" PRIu64
	       " bytes verified\n", (uint64_t)len, (uint64_t)len, (uint64_t)len);
	show_faults(&spare, &out);
	on_assoc(VCM_IOC_DEACTIVATE, "deactivate");
	on_assoc(VCM_IOC_DEASSOC, "deassoc");
	reference(&in, VCM_IOC_UNRESERVE);
	reference(&out, VCM_IOC_UNRESERVE);
	reference(&spare, VCM_IOC_UNRESERVE);
	release(&in);
	release(&out);
	destroy();
	look("all is given back");
}

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

/* Work without end for somebody who watches; the pace is that of the device. */
static void work(void)
{
	struct buffer in = { 0 }, out = { 0 }, extra[4];
	const __u64 len = 4 * STEP;
	struct sigaction on_stop = { .sa_handler = stop };
	unsigned int round, i;

	sigaction(SIGTERM, &on_stop, NULL);
	sigaction(SIGINT, &on_stop, NULL);
	create();
	associate();
	on_assoc(VCM_IOC_ACTIVATE, "activate");
	reserve(&in, len, false);
	reserve(&out, len, false);
	allocate(&in);
	allocate(&out);
	for (round = 0; !stopped; round++) {
		bind_memory(&in, VCM_PROT_READ);
		bind_memory(&out, VCM_PROT_WRITE);
		for (i = 0; i < round % 5 && i < 4; i++)
			reserve(&extra[i], (i + 1) * 64 * 1024ull, false);
		reference(&in, VCM_IOC_REF);
		fill(&in, len, round);
		copy(&in, &out, len);
		verify(&in, &out, len);
		reference(&in, VCM_IOC_UNRESERVE);
		while (i > 0)
			reference(&extra[--i], VCM_IOC_UNRESERVE);
		unbind_memory(&in);
		unbind_memory(&out);
		if (round % 4 == 3)
			dma("to", out.start, 64);
	}
	release(&in);
	release(&out);
	destroy();
}

static void usage(FILE *to)
{
	fputs("usage: demo_client [--device NAME] [--show COMMAND] [--work]\n"
	      "  --device NAME    device to use, default 0000:00:05.0\n"
	      "  --show COMMAND   run this after each step\n"
	      "  --work           work until SIGTERM instead of the tour\n", to);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "show", required_argument, NULL, 's' },
		{ "work", no_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool forever = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'd':
			device = optarg;
			break;
		case 's':
			show = optarg;
			break;
		case 'w':
			forever = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return 2;
	}
	vcm_fd = open("/dev/vcm", O_RDWR | O_CLOEXEC);
	if (vcm_fd < 0)
		err(1, "/dev/vcm");
	if (forever)
		work();
	else
		tour();
	close(vcm_fd);
	return 0;
}
