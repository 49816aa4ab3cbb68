// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_nobpf.c - in place of src_bpf.c and src_iter.c where there is no clang or no libbpf, and in
 * the program that the tests run: all but the live stream works.
 */
#include "hist.h"
#include "leak.h"
#include "source.h"
#include "src_fault.h"
#include "src_iommu.h"

#define WITHOUT "this vcmstat is built without BPF, which events of the running module need"

struct source *src_bpf_open(const char *rung, size_t ring_bytes, uint32_t past, int verbose,
			    struct error *err)
{
	(void)rung;
	(void)ring_bytes;
	(void)past;
	(void)verbose;
	if (!src_snap_check(err))
		error_set(err, EXIT_ABSENT, WITHOUT);
	return NULL;
}

const char *src_bpf_version(void)
{
	return "none";
}

int src_iter_read(void **buf, size_t *len, struct error *err)
{
	(void)buf;
	(void)len;
	return error_set(err, EXIT_ABSENT, WITHOUT);
}

void src_iter_prepare(int verbose)
{
	(void)verbose;
}

void src_iter_unload(void)
{
}

struct src_hist *src_hist_open(int verbose, struct error *err)
{
	(void)verbose;
	if (!src_snap_check(err))
		error_set(err, EXIT_ABSENT, WITHOUT);
	return NULL;
}

const char *src_hist_name(const struct src_hist *s)
{
	(void)s;
	return "none";
}

int src_hist_read(struct src_hist *s, struct hists *out, struct error *err)
{
	(void)s;
	(void)out;
	return error_set(err, EXIT_ABSENT, WITHOUT);
}

void src_hist_close(struct src_hist *s)
{
	(void)s;
}

struct src_leak *src_leak_open(int verbose, struct error *err)
{
	(void)verbose;
	if (!src_snap_check(err))
		error_set(err, EXIT_ABSENT, WITHOUT);
	return NULL;
}

const char *src_leak_name(const struct src_leak *s)
{
	(void)s;
	return "none";
}

int src_leak_read(struct src_leak *s, struct leaks *l, struct error *err)
{
	(void)s;
	(void)l;
	return error_set(err, EXIT_ABSENT, WITHOUT);
}

void src_leak_close(struct src_leak *s)
{
	(void)s;
}

struct src_iommu *src_iommu_open(const struct src_iommu_config *config, struct error *err)
{
	(void)config;
	error_set(err, EXIT_ABSENT, "this vcmstat is built without BPF, which following the "
		  "mappings of the kernel needs");
	return NULL;
}

const char *src_iommu_name(const struct src_iommu *s)
{
	(void)s;
	return "none";
}

int src_iommu_read(struct src_iommu *s, struct iommu_host *h, unsigned int what,
		   struct error *err)
{
	(void)s;
	(void)h;
	(void)what;
	return error_set(err, EXIT_ABSENT, WITHOUT);
}

long src_iommu_tables(struct src_iommu *s, uint64_t ptr, struct vcm_host_run **runs,
		      struct error *err)
{
	(void)s;
	(void)ptr;
	*runs = NULL;
	return error_set(err, EXIT_ABSENT, WITHOUT);
}

void src_iommu_close(struct src_iommu *s)
{
	(void)s;
}

struct fault_capture *fault_open(const struct fault_config *config)
{
	(void)config;
	return NULL;
}

void fault_close(struct fault_capture *f)
{
	(void)f;
}

const char *fault_names(const struct fault_capture *f)
{
	(void)f;
	return "none";
}

unsigned int fault_sources(const struct fault_capture *f)
{
	(void)f;
	return 0;
}

int fault_poll(struct fault_capture *f)
{
	(void)f;
	return 0;
}

int fault_fd(const struct fault_capture *f)
{
	(void)f;
	return -1;
}

void fault_losses(const struct fault_capture *f, struct fault_losses *losses)
{
	(void)f;
	*losses = (struct fault_losses){ 0 };
}
