/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * src_rung.h - the ways to attach the same BPF programs, of which a kernel may lack the better.
 *
 * A rung is the kinds of program that go together.  Who opens programs tries one rung after the
 * other and says, when none worked, why the last did not.
 */
#ifndef VCMSTAT_SRC_RUNG_H
#define VCMSTAT_SRC_RUNG_H

#include <bpf/libbpf.h>

#include "util.h"

#define MODULE_BTF	"/sys/kernel/btf/vcm"	/* what tp_btf and fentry of the module need */

struct rung {
	const char *name;	/* as it is told */
	const char *kinds;	/* "fentry fexit": of its programs, as their sections begin */
};

/* Only programs of @rung are loaded and attached. */
void src_rung_choose(struct bpf_object *obj, const struct rung *rung);

/* The same of programs that are open and need nothing else.  Return: 0 or -errno. */
int src_rung_attach(struct bpf_object_skeleton *skeleton, const struct rung *rung);

/* "cannot @what: ...", because of @ret, a -errno of libbpf.  Return: -1 */
int src_rung_refused(const char *what, int ret, struct error *err);

#endif
