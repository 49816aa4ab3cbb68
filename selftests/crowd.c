// SPDX-License-Identifier: GPL-2.0-only
/*
 * crowd.c - run a program while functions of the kernel have no room for more of fentry.
 *
 *	crowd FUNCTION... -- COMMAND [ARGUMENT]...
 *
 * The kernel lets so many programs at the entry of one function and no more.  With that many of
 * ours there, which do nothing, others have to see the function by other means.  Ours are there as
 * long as the command runs.  Ends with what the command ends with, or 125 when it was not run.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOT_RUN		125
#define MANY		1024	/* more than any kernel lets in */

static int load(int function)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = (__u32)function);

	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "crowd", "GPL", insns, 2, &opts);
}

/* One more, which the command inherits.  Return: 0 or -errno. */
static int add(int function)
{
	int prog = load(function), link, err;

	if (prog < 0)
		return prog;
	link = bpf_raw_tracepoint_open(NULL, prog);
	err = link < 0 ? link : fcntl(link, F_SETFD, 0) ? -errno : 0;
	close(prog);
	return err;
}

static int crowd(const char *name)
{
	int function = libbpf_find_vmlinux_btf_id(name, BPF_TRACE_FENTRY);
	int nr, err = 0;

	if (function < 0) {
		fprintf(stderr, "crowd: no function %s: %s\n", name, strerror(-function));
		return -1;
	}
	for (nr = 0; !err && nr < MANY; nr++)
		err = add(function);
	if (err != -E2BIG) {
		fprintf(stderr, "crowd: %s: %s after %d programs\n", name, strerror(-err), nr);
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int end = 1;

	while (end < argc && strcmp(argv[end], "--"))
		end++;
	if (end == 1 || end + 1 >= argc) {
		fputs("usage: crowd FUNCTION... -- COMMAND [ARGUMENT]...\n", stderr);
		return NOT_RUN;
	}
	for (int i = 1; i < end; i++)
		if (crowd(argv[i]))
			return NOT_RUN;
	execvp(argv[end + 1], argv + end + 1);
	perror(argv[end + 1]);
	return NOT_RUN;
}
