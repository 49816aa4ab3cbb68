// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_iter.c - a snapshot by the iterator that the module has for BPF programs.
 *
 * The records are put together to the bytes of a snapshot file, so that the two can be compared.
 * The room for them is set when the program is loaded; when there were more, it is loaded anew.
 * It stays loaded and its records are read from shared memory: while a system call loads a program
 * or looks into a map, the kernel lets no program of a tracepoint run on that processor, so that a
 * task that takes the processor from it meanwhile makes events that nobody sees.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iter.skel.h"
#include "source.h"
#include "uapi/vcm.h"

#define SLOTS_MIN	4096u
#define SLOTS_MAX	(16u << 20)

/* The program as it was loaded last. */
static struct {
	struct vcm_iter_bpf *bpf;
	const struct vcm_iter_slot *slot;
	uint32_t slots;
} loaded;

static int open_error(int error, struct error *err)
{
	error = error < 0 ? -error : error;
	if ((error == EPERM || error == EACCES) && geteuid())
		return error_set(err, EXIT_PERMISSION,
				 "no permission to load the iterating program: run as root");
	if (error == ESRCH || error == ENOENT)
		return error_set(err, EXIT_ABSENT, "module vcm has no iterator in its BTF");
	if (error == EACCES)	/* what the verifier says of a function that is not registered */
		return error_set(err, EXIT_ABSENT, "this kernel does not let BPF programs call "
				 "the iterator of module vcm");
	return error_set(err, EXIT_FAILED, "cannot load the iterating program: %s (-v tells more)",
			 strerror(error));
}

static size_t slot_bytes(void)
{
	return loaded.slots * sizeof(struct vcm_iter_slot);
}

void src_iter_unload(void)
{
	if (loaded.slot)
		munmap((void *)loaded.slot, slot_bytes());
	vcm_iter_bpf__destroy(loaded.bpf);
	memset(&loaded, 0, sizeof(loaded));
}

static int load(uint32_t slots, struct error *err)
{
	void *slot;
	int ret;

	src_iter_unload();
	loaded.bpf = vcm_iter_bpf__open();
	if (!loaded.bpf)
		return open_error(errno, err);
	bpf_map__set_max_entries(loaded.bpf->maps.vcm_iter_slots, slots);
	ret = vcm_iter_bpf__load(loaded.bpf);
	if (ret) {
		src_iter_unload();
		return open_error(ret, err);
	}
	loaded.slots = slots;
	slot = mmap(NULL, slot_bytes(), PROT_READ, MAP_SHARED,
		    bpf_map__fd(loaded.bpf->maps.vcm_iter_slots), 0);
	if (slot != MAP_FAILED) {
		loaded.slot = slot;
		return 0;
	}
	ret = error_set(err, EXIT_FAILED, "cannot map the records of the iterator: %s",
			strerror(errno));
	src_iter_unload();
	return ret;
}

static int run(struct error *err)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int ret;

	loaded.bpf->bss->vcm_iter_records = 0;
	loaded.bpf->bss->vcm_iter_dropped = 0;
	ret = bpf_prog_test_run_opts(bpf_program__fd(loaded.bpf->progs.vcm_iter_run), &opts);
	if (!ret)
		ret = (int)opts.retval;
	if (!ret)
		return 0;
	return error_set(err, EXIT_FAILED, "cannot iterate: %s", strerror(ret < 0 ? -ret : ret));
}

/* One record behind the @len bytes of @bytes. */
static int append(uint32_t at, unsigned char *bytes, size_t *len, struct error *err)
{
	const struct vcm_iter_slot *slot = &loaded.slot[at];
	struct vcm_snap_rec rec = { .type = (__u16)slot->type, .len = slot->len };

	if (slot->len > sizeof(slot->data))
		return error_set(err, EXIT_FAILED, "cannot read record %u of the iterator", at);
	memcpy(bytes + *len, &rec, sizeof(rec));
	memcpy(bytes + *len + sizeof(rec), slot->data, slot->len);
	*len += sizeof(rec) + slot->len;
	return 0;
}

static int join(void **buf, size_t *len, struct error *err)
{
	struct vcm_snap_header h = { .magic = VCM_SNAP_MAGIC, .version = VCM_SNAP_VERSION,
				     .header_len = sizeof(h),
				     .nr_records = loaded.bpf->bss->vcm_iter_records };
	size_t room = sizeof(struct vcm_snap_rec) + VCM_ITER_PAYLOAD;
	unsigned char *bytes = xcalloc(1, sizeof(h) + room * h.nr_records);
	uint32_t i;

	*len = sizeof(h);
	for (i = 0; i < h.nr_records; i++) {
		if (append(i, bytes, len, err)) {
			free(bytes);
			return -1;
		}
	}
	h.total_len = *len;
	memcpy(bytes, &h, sizeof(h));
	*buf = bytes;
	return 0;
}

int src_iter_read(void **buf, size_t *len, struct error *err)
{
	uint32_t more;

	if (!loaded.bpf && load(SLOTS_MIN, err))
		return -1;
	for (;;) {
		if (run(err))
			return -1;
		more = loaded.bpf->bss->vcm_iter_dropped;
		if (!more)
			return join(buf, len, err);
		if (2ull * loaded.slots + more > SLOTS_MAX)
			return error_set(err, EXIT_FAILED, "more records than can be iterated");
		if (load(2 * loaded.slots + more, err))
			return -1;
	}
}

void src_iter_prepare(int verbose)
{
	struct error err = { 0 };

	if (!verbose)
		libbpf_set_print(NULL);
	if (!loaded.bpf)
		load(SLOTS_MIN, &err);
}
