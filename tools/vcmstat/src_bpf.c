// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_bpf.c - events by BPF programs on the tracepoints of the module, faults by src_fault.c.
 *
 * Three ways to attach, see bpf/stream.bpf.c.  Reading the BTF
 * of a module needs CAP_SYS_ADMIN.  Attached programs pin the module; they go
 * when this process does, however it ends.  Faults are an extra: where no source of them can be
 * attached, events work without.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "source.h"
#include "src_fault.h"
#include "src_rung.h"
#include "stream.skel.h"
#include "tracefmt.h"

#define TRACEFS		"/sys/kernel/tracing"
#define RECORD_BYTES	(sizeof(struct vcm_event) + 8)	/* with the head of the ring */

struct src_bpf {
	struct source src;
	struct vcm_stream_bpf *stream;
	struct fault_capture *faults;
	struct ring_buffer *events_ring;
	int fd;		/* readable when the ring of events or one of faults is */
	size_t left;	/* events this drain may still deliver */
	uint64_t missed_before;	/* as in count_missed(), when all was attached */
};

static int on_event(void *arg, void *data, size_t len)
{
	struct src_bpf *bpf = arg;

	if (len >= sizeof(struct vcm_event))
		bpf->src.event(bpf->src.arg, data);
	return --bpf->left ? 0 : -ECANCELED;
}

static void on_fault(void *arg, const struct vcm_fault *fault)
{
	struct src_bpf *bpf = arg;

	bpf->src.fault(bpf->src.arg, fault);
}

static int src_bpf_snapshot(struct source *src, void **buf, size_t *len, struct error *err)
{
	(void)src;
	return src_snap_read(NULL, buf, len, err);
}

static void count_fault_losses(struct src_bpf *bpf)
{
	struct source_losses *all = &bpf->src.losses;
	struct fault_losses now;
	unsigned int i;

	fault_losses(bpf->faults, &now);
	all->faults = 0;
	all->overflow = 0;
	for (i = 0; i < VCM_FAULT_SOURCES; i++) {
		all->faults += now.dropped[i];
		all->overflow += now.overflow[i];
	}
}

/*
 * Events for which the kernel did not run the program, because another one, or a system call on a
 * map, was at work on that processor.
 */
static uint64_t count_missed(const struct src_bpf *bpf)
{
	struct bpf_program *prog;
	uint64_t missed = 0;

	bpf_object__for_each_program(prog, bpf->stream->obj) {
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);

		if (bpf_program__autoload(prog) &&
		    !bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
			missed += info.recursion_misses;
	}
	return missed;
}

static int src_bpf_drain(struct source *src, size_t max, struct error *err)
{
	struct src_bpf *bpf = (struct src_bpf *)src;
	int ret;

	bpf->left = max ? max : 1;
	ret = ring_buffer__consume(bpf->events_ring);
	if (ret < 0 && ret != -ECANCELED)
		return error_set(err, EXIT_FAILED, "cannot read the event ring: %s",
				 strerror(-ret));
	fault_poll(bpf->faults);
	src->losses.events = __atomic_load_n(&bpf->stream->bss->vcm_dropped, __ATOMIC_ACQUIRE) +
			     count_missed(bpf) - bpf->missed_before;
	src->losses.past = __atomic_load_n(&bpf->stream->bss->vcm_past_gone, __ATOMIC_RELAXED);
	count_fault_losses(bpf);
	return (int)(max - bpf->left);
}

static int src_bpf_past(struct source *src, uint32_t stream, uint64_t seq, struct past *out)
{
	const struct vcm_stream_bpf *bpf = ((struct src_bpf *)src)->stream;
	const struct vcm_past_key key = { .seq = seq, .stream = stream };
	struct vcm_past past;

	if (!bpf->rodata->vcm_past_max ||
	    bpf_map_lookup_elem(bpf_map__fd(bpf->maps.vcm_pasts), &key, &past))
		return -1;
	past_set(out, &past);
	return 0;
}

static int src_bpf_fd(struct source *src)
{
	return ((struct src_bpf *)src)->fd;
}

static void src_bpf_close(struct source *src)
{
	struct src_bpf *bpf = (struct src_bpf *)src;

	ring_buffer__free(bpf->events_ring);
	vcm_stream_bpf__destroy(bpf->stream);
	if (bpf->faults)
		fault_close(bpf->faults);
	if (bpf->fd >= 0)
		close(bpf->fd);
	free(bpf);
}

static const struct source_ops src_bpf_ops = {
	.snapshot = src_bpf_snapshot,
	.drain = src_bpf_drain,
	.fd = src_bpf_fd,
	.past = src_bpf_past,
	.close = src_bpf_close,
};

static int refused(struct error *err, const char *what, int error)
{
	error = error < 0 ? -error : error;
	if (error == EPERM || error == EACCES)
		return error_set(err, EXIT_PERMISSION,
				 "no permission to %s the BPF programs: run as root", what);
	if (error == ESRCH || error == ENOENT)
		return error_set(err, EXIT_ABSENT,
				 "module vcm lacks a tracepoint that this vcmstat knows: "
				 "are they of the same version?");
	return error_set(err, EXIT_FAILED, "cannot %s the BPF programs: %s (-v tells more)", what,
			 strerror(error));
}

/* A place is taken before another goes, on each CPU at the same time. */
#define PAST_SLACK 1024

static void size_past(struct vcm_stream_bpf *bpf, uint32_t past)
{
	bpf->rodata->vcm_past_max = past;
	if (!past)
		return;
	bpf_map__set_max_entries(bpf->maps.vcm_past_ring, past);
	bpf_map__set_max_entries(bpf->maps.vcm_pasts, past + PAST_SLACK);
}

static int open_stream(struct src_bpf *bpf, size_t ring_bytes, uint32_t past, struct error *err)
{
	const struct rung rung = { bpf->src.name, bpf->src.name };
	int ret;

	bpf->stream = vcm_stream_bpf__open();
	if (!bpf->stream)
		return refused(err, "open", errno);
	bpf_map__set_max_entries(bpf->stream->maps.vcm_events, (__u32)ring_bytes);
	size_past(bpf->stream, past);
	src_rung_choose(bpf->stream->obj, &rung);
	ret = vcm_stream_bpf__load(bpf->stream);
	if (ret)
		return refused(err, "load", ret);
	bpf->events_ring = ring_buffer__new(bpf_map__fd(bpf->stream->maps.vcm_events), on_event,
					    bpf, NULL);
	return bpf->events_ring ? 0 : refused(err, "read from", errno);
}

/* After everything else was loaded, which can keep these programs from being run. */
static int attach_stream(struct src_bpf *bpf, struct error *err)
{
	int ret = vcm_stream_bpf__attach(bpf->stream);

	bpf->src.attached_ns = now_ns();
	bpf->missed_before = count_missed(bpf);
	return ret ? refused(err, "attach", ret) : 0;
}

static int read_text(const char *path, char *text, size_t len)
{
	FILE *in = fopen(path, "re");
	size_t n;

	if (!in)
		return -1;
	n = fread(text, 1, len - 1, in);
	text[n] = '\0';
	fclose(in);
	return 0;
}

static int add_to_epoll(int epoll, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };

	return fd < 0 ? 0 : epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
}

static int open_faults(struct src_bpf *bpf, int verbose, struct error *err)
{
	const struct fault_config config = { .sources = FAULT_ALL, .without_events = true,
					     .verbose = verbose, .handler = on_fault, .arg = bpf };

	bpf->faults = fault_open(&config);
	bpf->src.faults = fault_names(bpf->faults);
	bpf->fd = epoll_create1(EPOLL_CLOEXEC);
	if (bpf->fd < 0 || add_to_epoll(bpf->fd, ring_buffer__epoll_fd(bpf->events_ring)) ||
	    add_to_epoll(bpf->fd, fault_fd(bpf->faults)))
		return error_set(err, EXIT_FAILED, "cannot wait for events: %s", strerror(errno));
	return 0;
}

/* The programs of the tp rung expect the fields where the compiler put them: are they there? */
static int check_formats(struct error *err)
{
	struct format format;
	unsigned int type;

	for (type = 1; type < VCM_EVENT_END; type++) {
		char text[4096], path[96];

		if (!schema_event(type))
			continue;
		snprintf(path, sizeof(path), TRACEFS "/events/vcm/%s/format",
			 schema_event(type)->name);
		if (read_text(path, text, sizeof(text)))
			return error_set(err, EXIT_ABSENT, "cannot read %s, which source tp needs: "
					 "%s", path, strerror(errno));
		if (format_parse(&format, type, text, err) || format_is_compiled(&format, err))
			return -1;
	}
	return 0;
}

static int check_rung(const char *rung, struct error *err)
{
	if (src_snap_check(err))
		return -1;
	if (!strcmp(rung, "tp"))
		return check_formats(err);
	if (!strcmp(rung, "tp_btf") && access(MODULE_BTF, F_OK))
		return error_set(err, EXIT_ABSENT, "module vcm has no BTF, which source tp_btf "
				 "needs: was it built with pahole, and for this very kernel?");
	return 0;
}

struct source *src_bpf_open(const char *rung, size_t ring_bytes, uint32_t past, int verbose,
			    struct error *err)
{
	struct src_bpf *bpf;

	if (check_rung(rung, err))
		return NULL;
	if (!verbose)
		libbpf_set_print(NULL);
	bpf = xcalloc(1, sizeof(*bpf));
	bpf->src.ops = &src_bpf_ops;
	bpf->src.name = rung;
	bpf->src.capacity = ring_bytes / RECORD_BYTES;
	bpf->fd = -1;
	if (open_stream(bpf, ring_bytes, past, err) || open_faults(bpf, verbose, err) ||
	    attach_stream(bpf, err)) {
		src_bpf_close(&bpf->src);
		return NULL;
	}
	return &bpf->src;
}

const char *src_bpf_version(void)
{
	return libbpf_version_string();
}
