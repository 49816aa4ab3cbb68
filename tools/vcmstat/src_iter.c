// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_iter.c - a snapshot by the iterator that the module has for BPF programs.
 *
 * The records are put together to the bytes of a snapshot file, so that the two can be compared.
 * The room for them is set when the program is loaded; when there were more, it is loaded anew.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iter.skel.h"
#include "source.h"
#include "uapi/vcm.h"

#define SLOTS_MIN	1024u
#define SLOTS_MAX	(16u << 20)

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

static struct vcm_iter_bpf *load(uint32_t slots, struct error *err)
{
	struct vcm_iter_bpf *bpf = vcm_iter_bpf__open();
	int ret;

	if (!bpf) {
		open_error(errno, err);
		return NULL;
	}
	bpf_map__set_max_entries(bpf->maps.vcm_iter_slots, slots);
	ret = vcm_iter_bpf__load(bpf);
	if (!ret)
		return bpf;
	vcm_iter_bpf__destroy(bpf);
	open_error(ret, err);
	return NULL;
}

static int run(struct vcm_iter_bpf *bpf, struct error *err)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int ret = bpf_prog_test_run_opts(bpf_program__fd(bpf->progs.vcm_iter_run), &opts);

	if (!ret)
		ret = (int)opts.retval;
	if (!ret)
		return 0;
	return error_set(err, EXIT_FAILED, "cannot iterate: %s", strerror(ret < 0 ? -ret : ret));
}

/* One record behind the @len bytes of @bytes. */
static int append(const struct vcm_iter_bpf *bpf, uint32_t at, unsigned char *bytes, size_t *len,
		  struct error *err)
{
	int fd = bpf_map__fd(bpf->maps.vcm_iter_slots);
	struct vcm_iter_slot slot;
	struct vcm_snap_rec rec;

	if (bpf_map_lookup_elem(fd, &at, &slot) || slot.len > sizeof(slot.data))
		return error_set(err, EXIT_FAILED, "cannot read record %u of the iterator", at);
	rec = (struct vcm_snap_rec){ .type = (__u16)slot.type, .len = slot.len };
	memcpy(bytes + *len, &rec, sizeof(rec));
	memcpy(bytes + *len + sizeof(rec), slot.data, slot.len);
	*len += sizeof(rec) + slot.len;
	return 0;
}

static int join(const struct vcm_iter_bpf *bpf, void **buf, size_t *len, struct error *err)
{
	struct vcm_snap_header h = { .magic = VCM_SNAP_MAGIC, .version = VCM_SNAP_VERSION,
				     .header_len = sizeof(h),
				     .nr_records = bpf->bss->vcm_iter_records };
	size_t room = sizeof(struct vcm_snap_rec) + VCM_ITER_PAYLOAD;
	unsigned char *bytes = xcalloc(1, sizeof(h) + room * h.nr_records);
	uint32_t i;

	*len = sizeof(h);
	for (i = 0; i < h.nr_records; i++) {
		if (append(bpf, i, bytes, len, err)) {
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
	uint32_t slots = SLOTS_MIN, more;
	struct vcm_iter_bpf *bpf;
	int ret;

	for (;;) {
		bpf = load(slots, err);
		if (!bpf)
			return -1;
		ret = run(bpf, err);
		more = ret ? 0 : bpf->bss->vcm_iter_dropped;
		if (!more)
			break;
		vcm_iter_bpf__destroy(bpf);
		if (2ull * slots + more > SLOTS_MAX)
			return error_set(err, EXIT_FAILED, "more records than can be iterated");
		slots = 2 * slots + more;
	}
	if (!ret)
		ret = join(bpf, buf, len, err);
	vcm_iter_bpf__destroy(bpf);
	return ret;
}
